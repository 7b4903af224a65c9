"""The small picture of a report in the index: a zone or a spread on a line that begins at zero, drawn as inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from simlib.present import values

WIDE, HIGH, EDGE = 160, 38, 6  # pixels; the dot of a value at the very end still fits
ROOM = 8  # pixels of a bar that still shows with a gap in it
Picture = Mapping[str, Any]


def is_drawable(found: Any) -> bool:
    """Tell whether something is a picture of a kind that is known here, with all of its numbers.

    >>> is_drawable({"kind": "zone", "of": "fee", "unit": "USD", "low": 1.0, "high": 2.0, "mark": 1.5, "says": "1 to 2"})
    True
    """
    if not isinstance(found, dict) or found.get("kind") not in KINDS:
        return False
    numbers = [found.get(end) for end in ("low", "high", "mark") if end != "mark" or found["kind"] != "gap"]
    texts = [found.get(key) for key in ("of", "unit", "says")]
    return all(isinstance(number, int | float) for number in numbers) and all(isinstance(text, str) for text in texts)


def scale_of(pictures: Iterable[Picture]) -> tuple[float, float]:
    """Return the ends of an axis that holds some pictures, and zero.

    >>> scale_of([{"low": 2.0, "high": 5.0}, {"low": 3.0, "high": 4.0}])
    (0.0, 5.0)
    """
    ends = [0.0, *(float(picture[end]) for picture in pictures for end in ("low", "high"))]
    return min(ends), max(ends)


def picture(drawn: Picture, scale: tuple[float, float]) -> str:
    """Return a picture on an axis that others share, its ends below it, with its numbers as words for who cannot see it."""
    low, high = scale
    width = (high - low) or 1.0

    def at(value: float) -> float:
        return round(EDGE + (WIDE - 2 * EDGE) * (value - low) / width, 1)

    zero = f'<path class="zero" d="M{at(0.0)} 5v16"/>'
    says = escape(drawn["says"])
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{says}"><title>{says}</title>'
        f'<path class="axis" d="M{EDGE} 13H{WIDE - EDGE}"/>{zero}{KINDS[drawn["kind"]](drawn, at)}'
        f"{_ends(scale, drawn['unit'])}</svg>"
    )


def _ends(scale: tuple[float, float], unit: str) -> str:
    """Return the ends of an axis in few letters."""
    left, right = values.brief(scale[0], unit if unit == "share" else ""), values.brief(scale[1], unit)
    texts = (left, "start", 0), (right, "end", WIDE)
    return "".join(
        f'<text class="ends" x="{at}" y="35" text-anchor="{anchor}">{escape(text)}</text>' for text, anchor, at in texts
    )


def _zone(drawn: Picture, at: Callable[[float], float]) -> str:
    """Draw floor to ceiling as a bar, with a gap at the fee to ask for where there is room for one."""
    low, high, mark = (at(drawn[end]) for end in ("low", "high", "mark"))
    width = max(round(high - low, 1), 2)
    bar = f'<rect class="zone" x="{low}" y="7" width="{width}" height="12" rx="{min(width, 4) / 2}"/>'
    return bar + (f'<rect class="ask" x="{mark - 1:.1f}" y="7" width="2" height="12"/>' if width >= ROOM else "")


def _gap(drawn: Picture, at: Callable[[float], float]) -> str:
    """Draw a floor that lies above the ceiling: two ends, and nothing that holds them together."""
    low, high = at(drawn["low"]), at(drawn["high"])
    ends = "".join(f'<rect class="end" x="{end - 1.5}" y="7" width="3" height="12"/>' for end in (low, high))
    return f'<path class="apart" d="M{low} 13H{high}"/>{ends}'


def _spread(drawn: Picture, at: Callable[[float], float]) -> str:
    """Draw P10 to P90 as a line, the median as a dot."""
    low, high, mark = (at(drawn[end]) for end in ("low", "high", "mark"))
    return f'<path class="bar" d="M{low} 13H{high}"/><circle class="dot" cx="{mark}" cy="13" r="5"/>'


KINDS = {"zone": _zone, "gap": _gap, "spread": _spread}
