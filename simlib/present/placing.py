"""Reports put in place: written aside, moved in one step, so that a reader never sees half of one.

What is written aside lies in a folder that is locked as long as its process lives. One that is not locked was left by a
process that was killed, and is taken away; those of others at work on the same reports are let be.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from simlib.present.making import Made
from simlib.present.shelves import STAMP, runs

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
        self.out = out
        self.aside = out / f"{ASIDE}{secrets.token_hex(6)}"
        self._lock: int | None = None

    def __enter__(self) -> Placing:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            _clear_dead(self.out)
            self._lock = _locked(self.aside.with_suffix(".lock"))
            self.aside.mkdir()
        except OSError as error:
            self.__exit__(None, None, None)
            raise self.refused(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _cleared(self.aside)
        if self._lock is not None:
            os.close(self._lock)

    def put(self, shelf: str, made: Made) -> Path:
        """Return the page of a report put on its shelf, and there the latest unless its notebook failed."""
        place = self.out / shelf
        try:
            draft = self._draft(made)
            place.mkdir(parents=True, exist_ok=True)
            page = _moved(draft, place, made.key) / "report.html"
            if made.failure is None:
                self.write(place / LATEST, made.files["report.html"])
        except OSError as error:
            raise self.refused(error) from error
        return page

    def index(self, content: bytes) -> None:
        """Put the page over all reports in place."""
        try:
            self.write(self.out / "index.html", content)
        except OSError as error:
            raise self.refused(error) from error

    def write(self, file: Path, content: bytes) -> None:
        """Put one file in place in one step."""
        aside = self.aside / secrets.token_hex(6)
        aside.write_bytes(content)
        aside.replace(file)

    def refused(self, error: OSError) -> ReportError:
        """Return the sentence of what cannot be written."""
        return ReportError(f"{self.out}: the report cannot be written there: {error.strerror or error}")

    def _draft(self, made: Made) -> Path:
        """Return a folder aside that holds all files of a report."""
        draft = self.aside / secrets.token_hex(6)
        for name, content in made.files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_bytes(content)
        return draft


def _moved(draft: Path, shelf: Path, key: str) -> Path:
    """Move a finished folder into place in one step, later by its name than all that are there whatever the clock says."""
    while True:
        now = f"{datetime.now(UTC):{STAMP}}"
        last = max((name.partition("-")[0] for name in runs(shelf)), default="")
        if now <= last:
            now = f"{datetime.strptime(last, STAMP) + timedelta(seconds=1):{STAMP}}"
        place = shelf / f"{now}-{key}"
        try:
            return draft.rename(place)
        except OSError:
            if not place.exists():
                raise


def _locked(file: Path) -> int:
    """Return a file made and locked until this process ends; where nothing can be locked, only made."""
    while True:
        lock = os.open(file, os.O_CREAT | os.O_RDWR)
        _lock(lock, wait=True)
        if file.exists() and file.stat().st_ino == os.fstat(lock).st_ino:
            return lock
        os.close(lock)  # another took it for dead before it was locked


def _clear_dead(out: Path) -> None:
    """Take away what killed processes left aside."""
    for file in out.glob(f"{ASIDE}*.lock"):
        try:
            lock = os.open(file, os.O_RDWR)
        except OSError:
            continue  # taken away by another
        try:
            if _lock(lock):
                _cleared(file.with_suffix(""))
        finally:
            os.close(lock)


def _cleared(aside: Path) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    with suppress(OSError):
        aside.with_suffix(".lock").unlink()


def _lock(lock: int, wait: bool = False) -> bool:
    """Tell whether a file could be locked, so that nobody living holds it; never where files cannot be locked."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
