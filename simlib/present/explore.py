"""The strategist's desk in a notebook: move what a scenario assumes, see what it changes, save what is worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simlib.present.desk.desk import Desk


def explore(scenario: str, overrides: Mapping[str, Any] | None = None) -> Desk:
    """Return the desk of a scenario's file, which a notebook shows; values set by path count as tweaked.

    A fault in the file is a sentence in the desk.
    """
    return Desk(scenario, dict(overrides or {}))
