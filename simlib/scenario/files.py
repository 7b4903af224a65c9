"""Reading a file that somebody names: an ordinary one of a bounded size, or a sentence why not, at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

Read = Callable[[str | os.PathLike[str], str], bytes]  # of a path, and of what was meant to be there
OF_THE_SYSTEM = ("/proc/", "/sys/")  # where files are windows on what runs, and may hold secrets
MOST_BYTES = 2_000_000  # the largest scenario that ships has 20 kB; a hundred times that is a mistake


def content(path: str | os.PathLike[str], meant: str) -> bytes:
    """Return the bytes of an ordinary file; raise ValueError, saying what is there instead and what was `meant`.

    A device, a pipe or a socket is refused before a byte is read, for it may have no end, or never begin.

    >>> content("/dev/null", "a scenario is a page or two of YAML")
    Traceback (most recent call last):
    ValueError: is not a file, but a device, a pipe or a socket; a scenario is a page or two of YAML
    """
    if "\0" in os.fspath(path):
        raise ValueError("is not a name that a file can have")
    if os.path.realpath(path).startswith(OF_THE_SYSTEM):
        raise ValueError(f"is not a file, but something of the system's own; {meant}")
    try:
        told = os.stat(path)  # before it is opened: to open a pipe wakes whoever writes to it
        if stat.S_ISDIR(told.st_mode):
            raise ValueError(f"is a folder; {meant}")
        if not stat.S_ISREG(told.st_mode):
            raise ValueError(f"is not a file, but a device, a pipe or a socket; {meant}")
        if told.st_size > MOST_BYTES:
            raise _too_large(meant)
        with open(path, "rb", opener=_opened) as file:
            found = file.read(MOST_BYTES + 1)  # some files of the system's own say that they are empty, and are not
    except FileNotFoundError:
        raise ValueError(f"is not a file; {meant}") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or 'unknown reason'}") from None
    if found is None:
        raise ValueError("cannot be read: it has nothing to tell yet")
    if len(found) > MOST_BYTES:
        raise _too_large(meant)
    return found


class Reading:
    """Reads each file once and keeps it, so that what was checked can be handed on; `files` has their absolute names."""

    def __init__(self):
        self.files: dict[str, bytes] = {}

    def __call__(self, path: str | os.PathLike[str], meant: str) -> bytes:
        """Return what a file held when it was read first; raise ValueError as `content` does."""
        name = os.path.join(os.getcwd(), path)
        if name not in self.files:
            self.files[name] = content(path, meant)
        return self.files[name]


def _opened(path: str, flags: int) -> int:
    """Open a file without waiting for what may be there by now instead, as a pipe that nobody writes to."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _too_large(meant: str) -> ValueError:
    return ValueError(f"is larger than {MOST_BYTES // 1_000_000} MB; {meant}")
