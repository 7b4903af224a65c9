"""A cluster of two workers on this machine, each a process, that listens to nobody else."""

from contextlib import contextmanager

from distributed import LocalCluster


@contextmanager
def two_workers():
    """Yield the scheduler's address; every port is a free one."""
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as local:
        yield local.scheduler_address
