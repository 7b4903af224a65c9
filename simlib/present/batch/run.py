"""A batch run: jobs to workers, what they made put in place as it comes, the index at the end whatever happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from simlib.present.batch.index import write_index
from simlib.present.batch.plan import AGAIN, Planned, made_meanwhile
from simlib.present.kernels import Kernels, Stopped
from simlib.present.making import Job, Made, making, refusal
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


class Workers(Protocol):
    """Whoever makes reports: threads of this process, or a cluster; `number` is how many may be under way at a time."""

    number: int

    def submit(self, job: Job) -> Future[Made]:
        """Return the files of a job's report, when they will be there."""

    def told(self, error: Exception) -> str:
        """Return the sentence of what kept a report from being made."""

    def stop(self) -> None:
        """End what runs, and leave nothing behind."""


class Threads:
    """Threads of this process, each with a kernel at a time."""

    def __init__(self, number: int, kernels: Kernels):
        self.number, self.pool, self.kernels = number, ThreadPoolExecutor(number), kernels

    def submit(self, job: Job) -> Future[Made]:
        """Return the files of a job's report, when they will be there."""
        return self.pool.submit(making, job, self.kernels)

    def told(self, error: Exception) -> str:
        """Return the sentence of what kept a report from being made."""
        return f"simlib itself failed: {type(error).__name__}: {error}"

    def stop(self) -> None:
        """End what runs, and leave nothing behind."""
        self.kernels.stop()
        self.pool.shutdown(cancel_futures=True)


class Batch:
    """The reports of a plan, made by workers and put in place as they come.

    With `fail_fast` nothing is started after a failure.
    """

    def __init__(self, plan: Sequence[Planned], workers: Workers, fail_fast: bool, tell: Callable[[Ended], None]):
        self.plan, self.workers, self.fail_fast, self.tell = plan, workers, fail_fast, tell
        self.ended: dict[int, Ended] = {}

    def run(self, out: Path) -> Path:
        """Make what is to be made and return the index page over all reports.

        KeyboardInterrupt ends what runs and passes through: what is finished stays, and the index tells of it. So does
        ReportError where nothing can be written.
        """
        with Placing(out) as place:
            self._without_work(place)
            try:
                if not (self.fail_fast and self.has_failed):
                    self._work(place)
            finally:
                self.workers.stop()
                index = write_index(out)
        return index

    @property
    def has_failed(self) -> bool:
        """Tell whether a report failed so far."""
        return any(each.status == Status.FAILED for each in self.ended.values())

    @property
    def reports(self) -> list[Ended]:
        """What became of each report, in the plan's order."""
        return [self.ended.get(number, Ended(each, Status.NOT_STARTED)) for number, each in enumerate(self.plan)]

    def _without_work(self, place: Placing) -> None:
        """End what needs no kernel: what is up to date, and what has faults."""
        for number, each in enumerate(self.plan):
            if each.faults:
                made = refusal(each.asked.file, each.asked.title, each.faults)
                self._end(number, Status.FAILED, place.put(each.asked.shelf, made), each.faults)
            elif each.job is None:
                self._end(number, Status.SKIPPED, each.page)

    def _work(self, place: Placing) -> None:
        """Make what is to be made."""
        waiting = deque(number for number, each in enumerate(self.plan) if each.job)
        running: dict[Future[Made], int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.workers.number:
                    self._start(waiting.popleft(), running, place.out)
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    self._finish(running.pop(future), future, place)
                    if self.fail_fast and self.has_failed:
                        return
        finally:
            for future, number in running.items():
                if future.done() and number not in self.ended:
                    self._finish(number, future, place)

    def _start(self, number: int, running: dict[Future[Made], int], out: Path) -> None:
        """Start a report, unless another batch on the same folder has made it meanwhile."""
        job = self.plan[number].job
        page = None if self.plan[number].why == AGAIN else made_meanwhile(job, out)
        if page:
            self._end(number, Status.SKIPPED, page)
        else:
            running[self.workers.submit(job)] = number

    def _finish(self, number: int, future: Future[Made], place: Placing) -> None:
        """Put in place what was made."""
        try:
            made = future.result()
        except (Stopped, CancelledError):
            return
        except Exception as error:
            self._end(number, Status.FAILED, None, self.workers.told(error))
            return
        try:
            page = place.put(self.plan[number].job.shelf, made)
        except ReportError as error:
            self._end(number, Status.FAILED, None, str(error))
            raise
        failed = made.failure is not None
        self._end(number, Status.FAILED if failed else Status.MADE, page, (failed and made.failure.error) or "")

    def _end(self, number: int, status: Status, page: Path | None = None, error: str = "") -> None:
        self.ended[number] = Ended(self.plan[number], status, page, error)
        self.tell(self.ended[number])
