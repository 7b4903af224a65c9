"""A cluster of two workers on this machine, each a process, that listens to nobody else."""

import time
from contextlib import contextmanager

from distributed import LocalCluster


@contextmanager
def two_workers():
    """Yield the scheduler's address; every port is a free one."""
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as local:
        yield local.scheduler_address


def eventually(fact, seconds=60):
    """Wait until a fact is true, and return it; what it is by then where it never is."""
    ends = time.monotonic() + seconds
    while not (found := fact()) and time.monotonic() < ends:
        time.sleep(0.1)
    return found
