"""Where a lever can stand: round values around the one in the file, as far as the schema allows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simlib.present.desk.inputs import Input, Setting
from simlib.scenario.moved import form_in
from simlib.scenario.quantity import parse_number

STEPS = 20  # on each side of the value in the file
FACTOR = 4.0  # how many times a positive value can be raised, or its odds for a share
ODDS = 8.0
ROUND = 2  # significant digits of a step
NEARLY = 0.99  # of the way to one value of a table: the others stay possible
LATE = 24  # the largest value of a whole number that is 0 in the file, e.g. months of delay
WIDTHS = {
    2.0: "half as sure",
    1.4: "less sure",
    1.0: "as in the file",
    0.7: "surer",
    0.5: "twice as sure",
    0.25: "4 times as sure",
    0.0: "certain",
}


def centres(found: Input) -> tuple[float, ...]:
    """Return the centres from the lowest to the highest, the file's own among them; that alone where nothing can move."""
    now = found.as_it_is.to
    below, above = (_allowed(found, values) for values in _both_ways(found, now))
    return tuple(sorted({*below, now, *above}))


def widths(found: Input) -> tuple[float, ...]:
    """Return the widths that the schema allows, from the least sure to certain; that of the file alone for a number."""
    form = form_in(found.written)
    if form in (None, "discrete"):
        return (1.0,)
    return tuple(width for width in WIDTHS if found.allowed(Setting(found.as_it_is.to, width)))


def _allowed(found: Input, values: Iterator[float]) -> Iterator[float]:
    """Yield values away from the file's up to the first that the schema refuses."""
    for value in values:
        if not found.allowed(Setting(value)):
            return
        yield value


def _both_ways(found: Input, now: float) -> tuple[Iterator[float], Iterator[float]]:
    """Return the values below the file's and those above it, each from it outwards."""
    ways = [[_step(found, now, sign * step) for step in range(1, STEPS + 1)] for sign in (-1, 1)]
    below, above = (list(dict.fromkeys(value for value in way if value is not None)) for way in ways)
    return (value for value in below if value < now), (value for value in above if value > now)


def _step(found: Input, now: float, step: int) -> float | None:
    """Return the value so many steps away: by ratios where it is positive, by odds for a share, else by equal steps."""
    share, whole = step / STEPS, found.is_whole
    if form_in(found.written) == "discrete":
        values = [parse_number(value) for value in found.written["discrete"]]
        end = max(values) if step > 0 else min(values)
        return round(now + abs(share) * NEARLY * (end - now), 6)
    if found.bounds.low == -1:
        return _round(now + 2 * share * max(abs(now), 0.025))
    if now == 0:
        most = LATE if whole else 0.5 if found.bounds.high == 1 else _span(found)
        return None if most is None else float(round(most * share)) if whole else round(most * share, 3)
    if found.bounds.high == 1 and 0 < now < 1:
        odds = now / (1 - now) * ODDS**share
        return _round(odds / (1 + odds))
    value = now * FACTOR ** (share if now > 0 else -share)
    return float(round(value)) if whole else _round(value)


def _span(found: Input) -> float | None:
    """Return how wide the distribution of an input is; None for a number."""
    form = form_in(found.written)
    numbers = [parse_number(value) for value in found.written[form].values()] if form else []
    return max(numbers) - min(numbers) if numbers else None


def _round(value: float) -> float:
    digits = ROUND if value == 0 else ROUND - 1 - math.floor(math.log10(abs(value)))
    return round(value, digits)
