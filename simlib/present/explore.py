"""The strategist's desk in a notebook: move what a scenario assumes, see what it changes, save what is worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simlib.present.desk.desk import Desk

_THERE: list[Desk] = []  # the desk of this kernel: each has a process beside it


def explore(scenario: str, overrides: Mapping[str, Any] | None = None) -> Desk:
    """Return the desk of a scenario's file, which a notebook shows; values set by path count as tweaked.

    A fault in the file is a sentence in the desk. The desk that was there before is closed: a kernel has one.
    """
    while _THERE:
        _THERE.pop().close()
    _THERE.append(Desk(scenario, dict(overrides or {})))
    return _THERE[-1]
