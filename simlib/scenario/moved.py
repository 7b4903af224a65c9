"""A number or a distribution moved to another centre and another width, in the notation in which it is written.

What lies between bounds is moved on its log-odds, what is positive on its logarithm, anything else as it stands: so that a
share stays a share, a price stays above nothing, and the order of percentiles is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from simlib.scenario.quantity import FORMS, MULTIPLES, Distribution, parse_number, spell_money

DIGITS = 4  # significant, of what is written; more where the spread is small beside the centre
MOST_DIGITS = 12
DISTRIBUTIONS = [name for name, form in FORMS.items() if issubclass(form, Distribution)]
FARTHEST = 600.0  # log-odds, and tilt of a table: beyond, a share is 0 or 1
WIDEST = 0.95  # of the standard deviation that a beta of some mean can have at most


class Bounds(NamedTuple):
    """What a value may lie between."""

    low: float = -math.inf
    high: float = math.inf


class _Scale(NamedTuple):
    """The way to a scale on which values are moved, and the way back."""

    to: Callable[[float], float]
    back: Callable[[float], float]


def form_in(written: Any) -> str | None:
    """Return the form of a distribution as it is written; None for a plain number.

    >>> form_in({"pert": {"low": 1, "mode": 2, "high": 4}}), form_in("62%")
    ('pert', None)
    """
    return next((name for name in DISTRIBUTIONS if isinstance(written, dict) and name in written), None)


def centre(written: Any) -> float:
    """Return the centre: the number itself, the mean, the mode, or the middle of two ends.

    >>> centre("62%"), centre({"pert": {"low": 1, "mode": 2, "high": 4}}), centre({"lognormal": {"p10": 1, "p90": 4}})
    (0.62, 2.0, 2.0)
    """
    form = form_in(written)
    if form is None:
        return _number(written)
    numbers = _numbers(written, form)
    if form == "discrete":
        return sum(parse_number(value) * share for value, share in numbers.items())
    if form == "lognormal" and "p10" in numbers:
        return math.sqrt(numbers["p10"] * numbers["p90"])
    ends = [numbers[key] for key in ("p10", "p90", "low", "high") if key in numbers]
    return next((numbers[key] for key in ("mean", "mode") if key in numbers), sum(ends) / 2)


def moved(written: Any, to: float, width: float = 1.0, bounds: Bounds = Bounds()) -> Any:  # noqa: B008
    """Return a number or a distribution with its centre moved and its width multiplied; a width of 0 leaves one number.

    The other fields of a distribution are kept. A discrete one keeps its values, and the odds move.

    >>> moved({"lognormal": {"p10": "10 thousand", "p90": "40 thousand"}}, 40e3)
    {'lognormal': {'p10': '20 thousand', 'p90': '80 thousand'}}
    >>> moved({"pert": {"low": "30%", "mode": "50%", "high": "75%"}}, 0.5, 2, Bounds(0, 1))
    {'pert': {'low': '15.52%', 'mode': '50%', 'high': '90%'}}
    >>> moved("80 thousand USD per episode", 95e3), moved({"uniform": {"low": 1, "high": 3}}, 2.5, 0)
    ('95 thousand USD per episode', 2.5)
    """
    form, was = form_in(written), centre(written)
    if width == 1 and math.isclose(to, was, rel_tol=1e-12):
        return written
    if form is None:
        return like(written, to)
    shape = written[form]
    if width == 0:
        return like(next(iter(shape if form == "discrete" else shape.values())), to, _needed(written, form, to))
    if form == "discrete":
        return {**written, form: _tilted(shape, to)}
    new = _shaped(form, _numbers(written, form), (was, to), width, bounds)
    digits = _needed(written, form, *new.values())
    return {**written, form: {key: like(shape[key], value, digits) for key, value in new.items()}}


def like(written: Any, number: float, digits: int = DIGITS) -> Any:
    """Return a number in the notation of another: in percent, in thousands, as money; whole where that was whole.

    >>> like("2.5%", 0.03), like("52 million", 6.1e7), like(32, 24.0), like("80 thousand USD per episode", 1e5)
    ('3%', '61 million', 24, '100 thousand USD per episode')
    """
    if isinstance(written, str):
        _, _, rest = written.strip().partition(" ")
        if written.rstrip().endswith("%"):
            return f"{_digits(100 * number, digits)}%"
        word, _, tail = rest.partition(" ")
        multiple, tail = (MULTIPLES[word], f" {rest}") if word in MULTIPLES and word else (1.0, f" {rest}")
        return f"{_digits(number / multiple, digits)}{tail}".strip()
    value = float(_digits(number, digits))
    return int(value) if value.is_integer() and isinstance(written, int) else value


def _number(written: Any) -> float:
    spelled = spell_money(written)
    return parse_number(spelled["amount"] if isinstance(spelled, dict) else spelled)


def _digits(value: float, digits: int) -> str:
    return f"{float(f'{value:.{digits}g}'):.{MOST_DIGITS}g}"


def _needed(written: dict[str, Any], form: str, *values: float) -> int:
    """Return how many digits tell values apart as well as the spread of a distribution asks."""
    before = _numbers(written, form)
    known = [parse_number(value) for value in before] if form == "discrete" else [*before.values(), *values]
    spread = before.get("sd") or max(known) - min(known)
    size = max(abs(value) for value in (*known, *values))
    more = math.floor(math.log10(size / spread)) if spread and size else 0
    return min(DIGITS + max(more, 0), MOST_DIGITS)


def _numbers(written: dict[str, Any], form: str) -> dict[str, float]:
    return {key: parse_number(value) for key, value in written[form].items()}


def _shaped(
    form: str, numbers: dict[str, float], moves: tuple[float, float], width: float, bounds: Bounds
) -> dict[str, float]:
    """Return the numbers of a distribution whose centre moves from one value to another."""
    was, to = moves
    if "sd" in numbers:
        return {"mean": to, "sd": _spread(form, numbers["sd"], moves, width)}
    if form == "uniform":
        half = (numbers["high"] - numbers["low"]) / 2 * width * (to / was if bounds.low == 0 and was > 0 else 1)
        half = min(half, to - bounds.low, bounds.high - to)  # the same on both sides, so that the centre stays
        return {"low": to - half, "high": to + half}
    scale = _scale(form, numbers, moves, bounds)
    new = {key: scale.back(scale.to(to) + width * (scale.to(value) - scale.to(was))) for key, value in numbers.items()}
    return {**new, "mode": to} if "mode" in new else new


def _spread(form: str, sd: float, moves: tuple[float, float], width: float) -> float:
    """Return the standard deviation at another mean: of a lognormal that of the logarithm is kept, of a beta the weight."""
    was, to = moves
    if form == "lognormal":
        return to * math.sqrt(math.expm1(width**2 * math.log1p((sd / was) ** 2)))
    if form == "beta":
        most = math.sqrt(to * (1 - to))
        return min(sd * width * most / math.sqrt(was * (1 - was)), WIDEST * most)
    return sd * width


def _scale(form: str, numbers: dict[str, float], moves: tuple[float, float], bounds: Bounds) -> _Scale:
    """Return the scale on which values within bounds are moved; from a bound, or to one, they move as they stand."""
    low, high = bounds
    if form == "normal":
        return _Scale(float, float)
    if form != "lognormal" and math.isfinite(high) and math.isfinite(low) and all(low < at < high for at in moves):
        span = high - low
        return _Scale(lambda value: _logit((value - low) / span), lambda score: low + span * _logistic(score))
    if (form == "lognormal" or not math.isfinite(high)) and min(*numbers.values()) >= 0 and min(moves) > 0:
        return _Scale(lambda value: math.log(value) if value > 0 else -math.inf, math.exp)
    return _Scale(float, lambda value: min(max(value, low), high))


def _logit(share: float) -> float:
    if 0 < share < 1:
        return math.log(share / (1 - share))
    return -math.inf if share <= 0 else math.inf


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-score)) if score > -FARTHEST else 0.0


def _tilted(table: dict[str, Any], to: float) -> dict[str, Any]:
    """Return a table of values whose odds are tilted until its mean is another: p ∝ p exp(θ value)."""
    from scipy.optimize import brentq  # late, so that a scenario is read without it

    values, shares = [parse_number(value) for value in table], [parse_number(share) for share in table.values()]
    span = max(values) - min(values) or 1.0

    def odds(tilt: float) -> list[float]:
        powers = [tilt * value / span for value in values]
        weights = [share * math.exp(power - max(powers)) for power, share in zip(powers, shares, strict=True)]
        return [weight / sum(weights) for weight in weights]

    def gap(tilt: float) -> float:
        return sum(value * share for value, share in zip(values, odds(tilt), strict=True)) - to

    tilted = [round(share, DIGITS) for share in odds(brentq(gap, -FARTHEST, FARTHEST))]
    likeliest = tilted.index(max(tilted))
    tilted[likeliest] += 1 - sum(tilted)  # what rounding left over
    return {value: like("50%", share) for value, share in zip(table, tilted, strict=True)}
