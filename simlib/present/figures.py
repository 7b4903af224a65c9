"""The few numbers of a report that stand in the index over all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def figures(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a summary found, in its own first sentence."""
    return {"finding": next(iter(summary.get("decision", ())), "")}
