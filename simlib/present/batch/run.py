"""A batch run: jobs to workers, what they made put in place as it comes, the index at the end whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from simlib.present.batch.index import write_index
from simlib.present.batch.plan import Planned
from simlib.present.making import Job, Made, making
from simlib.present.placing import Placing, ReportError


class Status(StrEnum):
    """How a report of a batch ended."""

    MADE = "made"
    SKIPPED = "skipped"
    FAILED = "failed"
    NOT_STARTED = "not started"


class Ended(NamedTuple):
    """What became of a report: its page where there is one, and the sentence of what went wrong."""

    planned: Planned
    status: Status
    page: Path | None = None
    error: str = ""
    seconds: float | None = None


class Workers(Protocol):
    """Whoever makes reports: threads of this process, or a cluster."""

    def submit(self, job: Job) -> Future[Made]:
        """Return the files of a job's report, when they will be there."""

    def stop(self) -> None:
        """End what runs, and leave nothing behind."""


class Threads:
    """Threads of this process, each with a kernel at a time."""

    def __init__(self, jobs: int, kernels: Any = None):
        self.pool, self.kernels = ThreadPoolExecutor(jobs), kernels

    def submit(self, job: Job) -> Future[Made]:
        """Return the files of a job's report, when they will be there."""
        return self.pool.submit(making, job, self.kernels)

    def stop(self) -> None:
        """End what runs, and leave nothing behind."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        if self.kernels is not None:
            self.kernels.stop()
        self.pool.shutdown()


def run_batch(
    plan: Sequence[Planned], out: Path, workers: Workers, jobs: int, fail_fast: bool, tell: Callable[[Ended], None]
) -> tuple[list[Ended], Path]:
    """Return what became of each report, in the plan's order, and the index page over all.

    At most `jobs` are under way at a time. With `fail_fast` nothing is started after a failure. A report that cannot be
    written ends the batch, for the next could not be either. KeyboardInterrupt ends what runs and passes through; what is
    finished stays, and the index tells of it.
    """
    ended: dict[int, Ended] = {}

    def end(number: int, *how: Any) -> None:
        ended[number] = Ended(plan[number], *how)
        tell(ended[number])

    for number, each in enumerate(plan):
        if each.job is None:
            end(number, *((Status.FAILED, None, each.faults) if each.faults else (Status.SKIPPED, each.page)))
    waiting = [number for number, each in enumerate(plan) if each.job is not None]
    with Placing(out) as place:
        try:
            if not (fail_fast and any(each.faults for each in plan)):
                _work(plan, waiting, place, workers, jobs, fail_fast, end)
        finally:
            workers.stop()
            index = write_index(out)
    for number in sorted({*range(len(plan))} - ended.keys()):
        end(number, Status.NOT_STARTED)
    return [ended[number] for number in range(len(plan))], index
