"""Processes of this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from threading import Thread
from time import sleep
from typing import Any

from simlib.workers.crew import MOST_DEATHS, Crew, CrewError, at_work

ALL_CORES = -1
IDLE = 60  # seconds after which a process that nobody needs ends
MOMENT = 1.0  # seconds
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    ),
    "1",
)  # as many processes as cores: threads of linear algebra besides would trip over one another


class Processes(Crew):
    """Processes that are started when they are first needed, and kept until they have been idle for a while."""

    def __init__(self, number: int):
        self.number = number

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Hand a call over; processes of which one has died are replaced by new ones."""
        try:
            return self._pool().submit(call, *given)
        except BrokenExecutor:  # one died since they were looked at
            return self._pool().submit(call, *given)

    def died(self, error: BaseException) -> bool:
        """Tell whether an error is a process's death."""
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        return isinstance(
            error, TerminatedWorkerError
        )  # and not another that breaks them, as a result that cannot be read

    def told(self, error: BaseException) -> BaseException:
        """Return a sentence for processes that die every time."""
        if not self.died(error):
            return error
        return CrewError(
            f"of {self.number} processes one died {MOST_DEATHS} times in a row; memory may be short: write fewer"
        )

    def stop(self) -> None:
        """Kill the processes."""
        self._pool().shutdown(kill_workers=True)

    def _pool(self) -> Any:
        from joblib.externals.loky import get_reusable_executor

        return get_reusable_executor(self.number, timeout=IDLE, initializer=_follow_the_parent, env=ONE_THREAD)


@contextmanager
def processes(jobs: int) -> Iterator[None]:
    """Work inside the block on as many processes of this machine, one a core with ALL_CORES; with 1 in this one."""
    from joblib import cpu_count

    number = cpu_count() if jobs == ALL_CORES else jobs
    with at_work(Processes(number) if number > 1 else None):
        yield


def _follow_the_parent() -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the parent, and outlive it by no more than a moment."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        sleep(MOMENT)
    os._exit(1)
