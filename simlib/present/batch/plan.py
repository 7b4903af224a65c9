"""What a batch will do for each report that is asked for, and why: make it, or let it be for it is up to date."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from simlib.present import key, telling
from simlib.present.batch.why import UP_TO_DATE, reason
from simlib.present.layout import found
from simlib.present.making import Job
from simlib.present.placing import ReportError
from simlib.present.report import report_job, shelf_of, slug
from simlib.present.shelves import Run, newest
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import Scenario, load, overriding

if TYPE_CHECKING:
    from simlib.simulation.sweep import Cell

AGAIN, FAULTY = "asked for again", "cannot be run"


class Asked(NamedTuple):
    """A report that is asked for: of a scenario's file with values set, or of a cell of its sweep, on a shelf of its own."""

    file: Path
    notebook: str
    given: Mapping[str, Any]
    below: str = ""
    settings: str = ""

    @property
    def shelf(self) -> str:
        """The shelf of its runs."""
        return shelf_of(self.file, self.notebook, self.below)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"{self.file} ({self.settings})" if self.settings else str(self.file)


class Planned(NamedTuple):
    """What will be done: a job to run, or none where the report is up to date or its scenario has faults."""

    asked: Asked
    why: str
    job: Job | None = None
    page: Path | None = None
    faults: str = ""


def planned(file: Path, notebook: str, given: Mapping[str, Any], out: Path, force: bool) -> Iterator[Planned]:
    """Yield what will be done for a scenario's report, or for those of all cells of its sweep.

    A scenario with faults is told with each of them. What was made from the very same files is not even checked.
    """
    own = Asked(file, notebook, given)
    last = next(newest(out / own.shelf), None)
    if not force and last and _is_untouched(own, last) and not last.manifest["has_sweep"]:
        yield Planned(own, UP_TO_DATE, page=last.page)
        return
    try:
        checked = load(found(file), given)
    except ScenarioError as error:
        yield Planned(own, FAULTY, faults=str(error))
        return
    if checked.sweep is None:
        yield _planned(own, lambda: checked, last, force)
    else:
        yield from _cells(own, checked, out, force)


def _cells(own: Asked, whole: Scenario, out: Path, force: bool) -> Iterator[Planned]:
    """Yield what will be done for each cell of a sweep, all of which are of the file as it was read once."""
    from simlib.simulation.sweep import cells, in_sweep

    for cell in cells(whole):
        asked = Asked(own.file, own.notebook, {**own.given, **cell.settings}, slug(cell.label, r".%\-"), cell.label)
        last = next(newest(out / asked.shelf), None)

        def checked(cell: Cell = cell) -> Scenario:
            try:
                return overriding(whole, cell.settings)
            except ScenarioError as error:
                raise in_sweep(whole, cell, error) from None

        if not force and last and _is_untouched(asked, last):
            yield Planned(asked, UP_TO_DATE, page=last.page)
        else:
            yield _planned(asked, checked, last, force)


def _planned(asked: Asked, checked: Callable[[], Scenario], last: Run | None, force: bool) -> Planned:
    """Return what will be done for one report."""
    try:
        job = report_job(found(asked.file), checked(), asked.notebook, asked.given, asked.below, asked.settings)
    except (ScenarioError, ReportError) as error:
        return Planned(asked, FAULTY, faults=str(error))
    why = AGAIN if force else reason(job, last)
    return Planned(asked, why, page=last.page) if why == UP_TO_DATE else Planned(asked, why, job)


def made_meanwhile(job: Job, out: Path) -> Path | None:
    """Return the page of a job's report where another has made it since."""
    last = next(newest(out / job.shelf), None)
    return last.page if last and reason(job, last) == UP_TO_DATE else None


class Standing(NamedTuple):
    """How a scenario's last report stands: its run, and why it would be made again, or that it is up to date."""

    run: Run
    why: str


def standing(file: Path, out: Path, notebook: str = telling.DEAL_REPORT) -> Standing | None:
    """Return how the last report of a scenario stands, with the values that were set for it; None where there is none."""
    last = next(newest(out / shelf_of(file, notebook)), None)
    if last is None:
        return None
    asked = Asked(file, notebook, last.manifest.get("given", {}))
    if _is_untouched(asked, last):
        return Standing(last, UP_TO_DATE)
    again = _planned(asked, lambda: load(found(file), asked.given), last, force=False)
    return Standing(last, f"{again.why}: {again.faults}" if again.faults else again.why)


def shared_shelves(asked: Iterable[Asked]) -> None:
    """Raise ReportError where two reports would lie on one shelf."""
    shelves: dict[str, Asked] = {}
    for each in asked:
        other = shelves.setdefault(each.shelf, each)
        if other is not each:
            mend = "write one value in another way" if each.settings else "rename one of them"
            raise ReportError(f"{each.name} and {other.name} would share the folder {each.shelf}; {mend}")


def _is_untouched(asked: Asked, last: Run) -> bool:
    """Tell whether all that a run was made from is still the same to the byte, so that it need not even be checked."""
    then = last.manifest
    if not last.is_done or then.get("given") != dict(asked.given) or "key" not in then:
        return False
    code = key.code(telling.file_of(asked.notebook).read_bytes())
    top = os.path.abspath(found(asked.file)).removesuffix(then["file"].replace("/", os.sep))
    return code.items() <= then["key"].items() and all(
        _digest(Path(top) / name) == digest for name, digest in then["sha256"].items()
    )


def _digest(file: Path) -> str:
    try:
        return key.digest(file.read_bytes())
    except OSError:
        return ""
