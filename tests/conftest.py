"""How tests run: property tests on a slow machine, the same examples in every run of CI, Ctrl-C for what they start.

And the cluster that some of them work on.
"""

import math
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from simlib.cli import shared

slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", slow)
settings.register_profile("ci", slow, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # in the background of a shell, and inherited by whatever is started
    signal.signal(signal.SIGINT, signal.default_int_handler)


shared.BETWEEN_LINES = math.inf  # on a busy machine anything may take long, and then tells how far it is


@pytest.fixture(scope="module")
def scheduler():
    """The address of a scheduler with two workers, each a process."""
    from cluster_for_tests import two_workers

    with two_workers() as address:
        yield address


@pytest.fixture
def patient(monkeypatch):
    """A worker that another test has killed may take its time to be back on a busy machine."""
    monkeypatch.setattr("simlib.workers.cluster.PATIENCE", 60)
