"""Values of a scenario in words: as the file writes them, and numbers in their unit."""

from __future__ import annotations

import math
from typing import Any

from simlib.present import words


def is_share(written: Any) -> bool:
    """Tell whether a value is written in percent.

    >>> is_share("2.5%"), is_share({"uniform": {"low": "1%", "high": "4%"}}), is_share({"discrete": {"1": "100%"}})
    (True, True, False)
    """
    if isinstance(written, dict):
        if "discrete" in written:
            return all(is_share(value) for value in written["discrete"])
        return any(is_share(value) for value in written.values())
    return isinstance(written, str) and written.rstrip().endswith("%")


def said(written: Any) -> str:
    """Return a value as it is written, its form in words.

    >>> said("62%"), said({"pert": {"low": 1, "mode": 2, "high": 40}}), said({"lognormal": {"p10": 0.4, "p90": 2.5}})
    ('62\u202f%', 'likeliest 2, from 1 to 40', 'lognormal, P10 0.4, P90 2.5')
    """
    match written:
        case {"pert": shape} | {"triangular": shape}:
            return f"likeliest {_token(shape['mode'])}, from {_token(shape['low'])} to {_token(shape['high'])}"
        case {"uniform": shape}:
            return f"anywhere from {_token(shape['low'])} to {_token(shape['high'])}"
        case {"discrete": table}:
            return words.listed(f"{_token(item)} ({_token(share)})" for item, share in table.items())
        case {"normal": shape} | {"lognormal": shape} | {"beta": shape}:
            moments = (f"{key.upper() if key[0] == 'p' else key} {_token(value)}" for key, value in shape.items())
            return f"{next(iter(written))}, {', '.join(moments)}"
        case {"value": inner} | {"amount": inner}:
            return said(inner)
        case {"until": month, "forecast_periods": steps}:
            ahead = f", then a forecast for {steps} step{'s' if steps > 1 else ''}" if steps else ""
            return f"as known in {words.month(month)}{ahead}"
        case {"fact": _}:
            return "by territory, from the table of facts"
        case dict():
            return _over_time(written)
    return _token(written)


def _over_time(written: dict[str, Any]) -> str:
    """Return a value that moves, in words."""
    match written:
        case {"ramp": shape}:
            until = f"{said(shape['from'])} until {words.month(shape['start'])}"
            return f"{until}, then to {said(shape['to'])} in {shape['months']} months"
        case {"growth": shape}:
            return f"{said(shape['start'])} at the start, growing a year by: {said(shape['annual'])}"
        case {"steps": table}:
            return ", ".join(f"{said(item)} from {words.month(month)}" for month, item in table.items())
        case {"random_walk": shape}:
            wanders = f"a random walk of {_token(shape['annual_volatility'])} a year"
            return f"{said(shape['start'])} at the start, then {wanders}"
    return str(written)


def _token(written: Any) -> str:
    """Return a number as the file writes it, with our spaces; money in words without its currency and unit."""
    if isinstance(written, int | float):
        text = f"{written:,.10g}" if abs(written) >= 10_000 else f"{written:.10g}"
    else:
        number = str(written).partition(" per ")[0].replace("%", " %")
        text = words.GAP.join(part for part in number.split() if not (len(part) == 3 and part.isupper()))
    return text.replace("-", words.MINUS)


def in_unit(value: float, unit: str) -> str:
    """Return a number of the register in its unit.

    >>> in_unit(0.031, "share a month"), in_unit(10_000, "USD per episode"), in_unit(0.47, "a year"), in_unit(0.4, "")
    ('3.1\u202f% a month', 'USD\u202f10\u202fthousand per episode', '0.47 a year', '0.4')
    """
    first, _, rest = unit.partition(" ")
    if first == "share":
        return f"{words.percent(value)} {rest}".strip()
    if _is_money(unit):
        return f"{words.money(value, first)} {rest}".strip()
    return f"{words.count(value, digits=2)} {unit}".strip()


def give_or_take(value: float, error: float, unit: str) -> str:
    """Return a number of the register in its unit with its Monte Carlo error.

    >>> give_or_take(9_716, 623, "USD per episode"), give_or_take(0.553, 0.012, "share"), give_or_take(5, 0, "months")
    ('USD\u202f9,700 ± 620 per episode', '55.3\u202f% ± 1.2\u202f%', '5 months')
    """
    if not 0 < error < math.inf:
        return in_unit(value, unit)
    first, _, rest = unit.partition(" ")
    near = words.rounded(value, error / 10, 3)
    if first == "share":
        return f"{words.percent(near, 3)} ± {words.percent(error)} {rest}".strip()
    if _is_money(unit):
        return f"{words.money(near, first, digits=3)} ± {words.count(error, digits=2)} {rest}".strip()
    return f"{words.count(near)} ± {words.count(error, digits=2)} {unit}".strip()


def _is_money(unit: str) -> bool:
    first, _, rest = unit.partition(" ")
    return len(first) == 3 and first.isupper() and not rest.startswith("for")


def between(low: float, high: float, unit: str) -> str:
    """Return a range of the register in its unit.

    >>> between(0.031, 0.05, "share a month"), between(36, 51, "hours a month"), between(600, 2500, "USD per episode")
    ('3.1 to 5\u202f% a month', '36 to 51 hours a month', 'USD\u202f600 to 2,500 per episode')
    """
    first, _, rest = unit.partition(" ")
    if first == "share":
        return f"{words.between(low, high, 'share', '')} {rest}".strip()
    if _is_money(unit):
        return f"{words.span(low, high, first)} {rest}".strip()
    return f"{words.span(low, high)} {unit}".strip()


def brief(value: float, unit: str) -> str:
    """Return a number of the register where there is little room.

    >>> brief(0.031, "share a month"), brief(160_000, "TWD per episode"), brief(51, "hours a month")
    ('3.1\u202f%', 'TWD\u202f160k', '51')
    """
    first = unit.partition(" ")[0]
    if first == "share":
        return words.percent(value)
    return (f"{first}{words.GAP}" if len(first) == 3 and first.isupper() else "") + words.short(value)
