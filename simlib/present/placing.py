"""Reports put in place: written aside, moved in one step, so that a reader never sees half of one.

Nothing is forced onto the disk first: it is the death of a process that is provided for, not a power cut.
"""

from __future__ import annotations

import os
import secrets
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from simlib.present.aside import Aside, claimed, released
from simlib.present.key import digest
from simlib.present.making import Made
from simlib.present.shelves import STAMP, runs, shelves

ASIDE = ".making-"
LATEST = "latest.html"


class ReportError(RuntimeError):
    """A report that could not be finished, said in a sentence; `page` is what there is of it."""

    def __init__(self, message: str, page: Path | None = None):
        self.page = page
        super().__init__(message)


class Placing:
    """A place below which reports are put; raises ReportError where nothing can be written there."""

    def __init__(self, out: Path):
        self.out, self._aside = out, Aside(out, ASIDE)
        self._claims: dict[Path, int] = {}

    def __enter__(self) -> Placing:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self.aside = self._aside.__enter__()
        except OSError as error:
            self.__exit__(None, None, None)
            raise self.refused(error) from error
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for file, lock in self._claims.items():
            released(lock, file)
        self._claims.clear()
        self._aside.__exit__(kind, error, trace)

    def claim(self, shelf: str, key: str) -> bool:
        """Tell whether a report is ours to make; not so while another process makes the very same."""
        file = self._claim(shelf, key)
        try:
            lock = claimed(file)
        except OSError as error:
            raise self.refused(error) from error
        if lock is not None:
            self._claims[file] = lock
        return lock is not None

    def give_up(self, shelf: str, key: str) -> None:
        """Let others make a report that was claimed."""
        file = self._claim(shelf, key)
        if file in self._claims:
            released(self._claims.pop(file), file)

    def put(self, shelf: str, made: Made) -> Path:
        """Return the page of a report put on its shelf, and there the latest unless its notebook failed."""
        place = self.out / shelf
        try:
            draft = self._draft(made)
            place.mkdir(parents=True, exist_ok=True)
            page = _moved(draft, place, made.key, self.out) / "report.html"
        except OSError as error:
            raise self.refused(error) from error
        if made.failure is None:
            self.latest(page)
        return page

    def latest(self, page: Path) -> None:
        """See that the latest page of a shelf is this one: the same file, or where that cannot be, a copy."""
        latest, aside = page.parents[1] / LATEST, self.aside / secrets.token_hex(6)
        try:
            if latest.exists() and latest.samefile(page):
                return
            try:
                os.link(page, aside)
            except OSError:
                shutil.copyfile(page, aside)
            aside.replace(latest)
        except OSError as error:
            raise self.refused(error) from error

    def write(self, file: Path, content: bytes) -> None:
        """Put one file in place in one step."""
        aside = self.aside / secrets.token_hex(6)
        try:
            aside.write_bytes(content)
            file.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(file)
        except OSError as error:
            raise self.refused(error) from error

    def refused(self, error: OSError) -> ReportError:
        """Return the sentence of what cannot be written."""
        return ReportError(f"{self.out}: the report cannot be written there: {error.strerror or error}")

    def _claim(self, shelf: str, key: str) -> Path:
        return self.out / f"{ASIDE}{digest([shelf, key])[:16]}.lock"

    def _draft(self, made: Made) -> Path:
        """Return a folder aside that holds all files of a report."""
        draft = self.aside / secrets.token_hex(6)
        for name, content in made.files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_bytes(content)
        return draft


def _moved(draft: Path, shelf: Path, key: str, out: Path) -> Path:
    """Move a finished folder into place in one step.

    By its name it is later than all that were made of the scenario, its cells and its notebooks, whatever the clock says.
    """
    above = [folder for folder in shelf.parents if out in folder.parents]
    while True:
        now = f"{datetime.now(UTC):{STAMP}}"
        near = (shelf, *above, *shelves(shelf))
        last = max((name.partition("-")[0] for place in near for name in runs(place)), default="")
        if now <= last:
            now = f"{datetime.strptime(last, STAMP) + timedelta(seconds=1):{STAMP}}"
        place = shelf / f"{now}-{key}"
        try:
            return draft.rename(place)
        except OSError:
            if not place.exists():
                raise
