"""A batch run: jobs to workers, what they made put in place as it comes, the index at the end whatever happens."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from simlib.present.batch.index import index
from simlib.present.batch.plan import AGAIN, Planned, made_meanwhile
from simlib.present.kernels import Kernels, Stopped
from simlib.present.layout import INDEX
from simlib.present.making import Job, Made, making, refusal, unmade
from simlib.present.placing import Placing, ReportError
from simlib.present.shelves import CELLS, cells_of
from simlib.scenario.faults import legible

PAUSE = 0.2  # seconds between looks at what another batch on the same folder makes


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
        self.running: dict[Future[Made], int] = {}

    def run(self, out: Path) -> Path:
        """Make what is to be made and return the index page over all reports.

        KeyboardInterrupt ends what runs and passes through: what is finished stays, and the index tells of it. So does
        ReportError where nothing can be written.
        """
        with Placing(out) as place:
            try:
                self._without_work(place)
                if not (self.fail_fast and self.has_failed):
                    self._work(place)
            finally:
                try:
                    self.workers.stop()
                    self._collect(place)
                finally:
                    place.write(out / INDEX, index(out).encode())
        return out / INDEX

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
        for shelf, cells in self._swept(place.out):
            place.write(place.out / shelf / CELLS, json.dumps(cells).encode())
        for number, each in enumerate(self.plan):
            if each.faults:
                made = refusal(each.asked.file, legible(each.asked.file.name), each.asked.settings, each.faults)
                self._end(number, Status.FAILED, place.put(each.asked.shelf, made), each.faults)
            elif each.job is None:
                place.latest(each.page)
                self._end(number, Status.SKIPPED, each.page)

    def _swept(self, out: Path) -> Iterator[tuple[str, list[str]]]:
        """Yield the shelf and the cells of each scenario that has a sweep, or had one."""
        cells: dict[str, list[str]] = {}
        for each in self.plan:
            shelf, _, _ = each.asked.shelf.partition("/")
            cells.setdefault(shelf, []).extend([each.asked.below] if each.asked.below else [])
        yield from ((shelf, names) for shelf, names in cells.items() if names or cells_of(out / shelf))

    def _work(self, place: Placing) -> None:
        """Make what is to be made."""
        waiting = deque(number for number, each in enumerate(self.plan) if each.job)
        while waiting or self.running:
            if self.fail_fast and self.has_failed:
                waiting.clear()
            held = []  # another batch is at these: what comes next goes first
            while waiting and len(self.running) < self.workers.number:
                number = waiting.popleft()
                held += [] if self._start(number, place) else [number]
            waiting.extend(held)
            if not self.running:
                time.sleep(PAUSE if held else 0)
                continue
            for future in wait(self.running, PAUSE if held else None, FIRST_COMPLETED).done:
                self._finish(self.running.pop(future), future, place)

    def _start(self, number: int, place: Placing) -> bool:
        """Start a report, unless another batch on the same folder has made it meanwhile; tell whether it need not wait."""
        job, why = self.plan[number].job, self.plan[number].why
        if why != AGAIN and not place.claim(job.shelf, job.key):
            return False
        if why != AGAIN and (page := made_meanwhile(job, place.out)):  # only now nobody else can make it any more
            place.give_up(job.shelf, job.key)
            self._end(number, Status.SKIPPED, page)
        else:
            self.running[self.workers.submit(job)] = number
        return True

    def _collect(self, place: Placing) -> None:
        """Put in place what was finished when everything was stopped."""
        for future, number in self.running.items():
            if future.done():
                self._finish(number, future, place)

    def _finish(self, number: int, future: Future[Made], place: Placing) -> None:
        """Put in place what was made, or the page that says why nothing was."""
        job = self.plan[number].job
        try:
            made = future.result()
        except (Stopped, CancelledError):
            return
        except Exception as error:
            made = unmade(job, self.workers.told(error))
        try:
            page = place.put(job.shelf, made)
        except ReportError as error:
            self._end(number, Status.FAILED, None, str(error))
            raise
        place.give_up(job.shelf, job.key)
        failed = made.failure is not None
        self._end(number, Status.FAILED if failed else Status.MADE, page, (failed and made.failure.error) or "")

    def _end(self, number: int, status: Status, page: Path | None = None, error: str = "") -> None:
        self.ended[number] = Ended(self.plan[number], status, page, error)
        self.tell(self.ended[number])
