"""A folder of one's own among those of others, locked as long as its process lives; the next takes away what a kill left."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType

try:
    import fcntl
except ImportError:  # Windows
    _CAN_LOCK = False
else:
    _CAN_LOCK = True


class Aside:
    """A folder in which a process keeps what is not finished, named by a prefix and a word of its own.

    Where files cannot be locked (Windows, some network file systems) what killed processes left is let be.
    """

    def __init__(self, parent: Path, prefix: str):
        self.parent, self.prefix = parent, prefix
        self.path = parent / f"{prefix}{secrets.token_hex(6)}"
        self._lock: int | None = None

    def __enter__(self) -> Path:
        self._clear_dead()
        self._lock = locked(self._lock_file)
        self.path.mkdir(mode=0o700)
        return self.path

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            released(self._lock, self._lock_file)
            self._lock = None

    @property
    def _lock_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")

    def _clear_dead(self) -> None:
        """Take away what killed processes of this user left."""
        for file in self.parent.glob(f"{self.prefix}*.lock"):
            lock = _opened(file)
            if lock is not None and _holds(lock, file):
                shutil.rmtree(file.with_suffix(""), ignore_errors=True)
                released(lock, file)
            elif lock is not None:
                os.close(lock)


def locked(file: Path) -> int:
    """Return the lock of a file that nobody else knows of."""
    while (lock := claimed(file)) is None:
        pass  # another took it for dead before it was locked
    return lock


def claimed(file: Path) -> int | None:
    """Return the lock of a file, or None where it is held already; where nothing can be locked, every claim is granted."""
    lock = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    if not _CAN_LOCK or _holds(lock, file):
        return lock
    os.close(lock)
    return None


def released(lock: int, file: Path) -> None:
    """Give a lock back, its file taken away first, so that nobody waits for what is gone."""
    with suppress(OSError):
        file.unlink()
    os.close(lock)


def _opened(file: Path) -> int | None:
    """Return an open file of this user's own; None for what is not, or is gone."""
    try:
        lock = os.open(file, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    if hasattr(os, "geteuid") and os.fstat(lock).st_uid != os.geteuid():
        os.close(lock)
        return None
    return lock


def _holds(lock: int, file: Path) -> bool:
    """Tell whether a file could be locked and is still there by its name."""
    if not _CAN_LOCK:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(lock).st_ino == file.stat().st_ino
    except OSError:
        return False
