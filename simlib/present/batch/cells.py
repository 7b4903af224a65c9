"""The cells of a sweep told apart: with as many digits as that takes, each no finer than its own error, where it has one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from simlib.present import words

MOST = 3  # digits beyond the usual ones
Figures = Mapping[str, Any]


class Told(NamedTuple):
    """A mean in words, a remark where other cells say the same, and how many digits it has beyond the usual ones."""

    said: str
    alike: str
    more: int


def told_apart(cells: Sequence[Figures]) -> list[dict[str, Told]]:
    """Return, for each cell, the means that all have by name.

    >>> means = [{"Pay": {"value": share, "error": 0.0007, "unit": "share", "currency": "CNY"}} for share in (0.19, 0.1902)]
    >>> told_apart([{"means": mean} for mean in means])[0]
    {'Pay': Told(said='19\u202f%', alike='as 1 other', more=0)}
    """
    told: list[dict[str, Told]] = [{} for _ in cells]
    for name in _shared(cells):
        texts, more = _apart([cell["means"][name] for cell in cells])
        counted = Counter(texts)
        for cell, text in zip(told, texts, strict=True):
            others = counted[text] - 1
            alike = f"as {others} other{'s' * (others > 1)}" if others else ""
            cell[name] = Told(text, alike, more)
    return told


def worded(figures: Figures, name: str, more: int) -> str | None:
    """Return a mean in words with so many digits beyond the usual ones, None where it is none."""
    means = figures.get("means")
    found = means.get(name) if isinstance(means, dict) else None
    return words.amount(**found, more=more) if _is_mean(found) else None


def _shared(cells: Sequence[Figures]) -> list[str]:
    """Return the names of the means that every cell has."""
    every = [cell.get("means") for cell in cells]
    if len(cells) < 2 or not all(isinstance(means, dict) for means in every):
        return []
    return [name for name in every[0] if all(_is_mean(means.get(name)) for means in every)]


def _is_mean(found: Any) -> bool:
    """Tell whether something is a mean with its error and its unit."""
    if not isinstance(found, dict) or found.keys() != {"value", "error", "unit", "currency"}:
        return False
    numbers = isinstance(found["value"], int | float) and isinstance(found["error"], int | float | None)
    return numbers and isinstance(found["unit"], str) and isinstance(found["currency"], str)


def _apart(means: Sequence[Mapping[str, Any]]) -> tuple[list[str], int]:
    """Return means in words, with the fewest digits that tell as many of them apart as can be, and how many more."""
    ways = [([words.amount(**mean, more=more) for mean in means], more) for more in range(MOST + 1)]
    return max(ways, key=lambda way: len(set(way[0])))
