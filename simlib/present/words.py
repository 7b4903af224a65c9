"""Numbers and dates as people write them: USD 1.2 million, 2.4 %, October 2017."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

GAP = "\u202f"  # a narrow space that does not break, between a number and its word
ROUNDING = 1e-12  # what is smaller is left over from arithmetic
MINUS = "\u2212"
NOTHING = "\u2013"  # where there is no number
MULTIPLES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand"))
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def rounded(value: float, error: float | None = None, digits: int = 2) -> float:
    """Return a number with as many digits as its Monte Carlo error leaves meaning, at least one, and at most `digits`.

    >>> rounded(715_855), rounded(715_855, error=23_665, digits=3), rounded(1_220_117, error=69_854, digits=3)
    (720000.0, 720000.0, 1200000.0)
    >>> rounded(30_000, error=65_000)
    30000.0
    """
    if value == 0 or not math.isfinite(value):
        return value
    place = math.floor(math.log10(abs(value))) - digits + 1
    if error and math.isfinite(error):
        place = min(max(place, round(math.log10(error))), math.floor(math.log10(abs(value))))
    return float(round(value, -place))


def count(value: float, error: float | None = None, digits: int = 3) -> str:
    """Return a number of people, hours or things.

    >>> count(104_030_000), count(2_068), count(-0.0049), count(32)
    ('104\u202fmillion', '2,070', '\u22120.0049', '32')
    """
    if not math.isfinite(value):
        return NOTHING
    number, multiple = _scaled(rounded(value if abs(value) > ROUNDING else 0.0, error, digits))
    return _digits(number, digits) + (GAP + multiple if multiple else "")


def money(value: float, currency: str, error: float | None = None, digits: int = 2) -> str:
    """Return an amount of money.

    >>> money(1_207_849, "USD"), money(-17_409, "USD"), money(8.72, "USD", digits=3)
    ('USD\u202f1.2\u202fmillion', '\u2212USD\u202f17\u202fthousand', 'USD\u202f8.72')
    """
    if not math.isfinite(value):
        return NOTHING
    sign = MINUS if rounded(value, error, digits) < 0 else ""
    return f"{sign}{currency}{GAP}{count(abs(value), error, digits)}"


def short(value: float, digits: int = 2, error: float | None = None) -> str:
    """Return a number where there is little room, with no more digits than its Monte Carlo error leaves meaning.

    >>> short(-687_941), short(1_370_000), short(0), short(1_324_000, 3, error=90_000)
    ('\u2212690k', '1.4m', '0', '1.3m')
    """
    said = count(value, error, digits)
    for word, letter in (("thousand", "k"), ("million", "m"), ("billion", "bn")):
        said = said.replace(GAP + word, letter)
    return said


def whole(value: float, decimals: int = 0) -> str:
    """Return a number rounded to one, or to so many decimals, as a ledger shows it.

    >>> whole(-22_215.4), whole(-0.2), whole(-54.72, 1), whole(0.04, 1)
    ('\u221222,215', '0', '\u221254.7', '0')
    """
    if not math.isfinite(value):
        return NOTHING
    said = f"{abs(value):,.{decimals}f}"
    if float(said.replace(",", "")) == 0:
        return "0"
    return MINUS + said if value < 0 else said


def span(low: float, high: float, currency: str = "", digits: int = 2) -> str:
    """Return a range, the multiple said once where both ends share it.

    Ends that are near one another are written to the same place.

    >>> span(172_403, 360_503, "USD"), span(229_226, 1_374_167), span(90_900_000, 103_500_000)
    ('USD\u202f172 to 361\u202fthousand', '230\u202fthousand to 1.4\u202fmillion', '91 to 104\u202fmillion')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOTHING
    near = low * high > 0 and max(abs(low), abs(high)) < 3 * min(abs(low), abs(high))
    apart = _place(high) - _place(low) if near else 0
    least = digits + (near and not apart)
    both = (least + max(-apart, 0), least + max(apart, 0))
    ends = [_scaled(rounded(end, digits=own)) for end, own in zip((low, high), both, strict=True)]
    shared = (ends[0][1] == ends[1][1] and low * high >= 0) or ends[0][0] == 0
    written = [
        _digits(number, own) + (GAP + word if word else "") for (number, word), own in zip(ends, both, strict=True)
    ]
    first = _digits(ends[0][0], both[0]) if shared else written[0]
    return (currency + GAP if currency else "") + f"{first} to {written[1]}"


def percent(share: float, digits: int = 2, error: float | None = None) -> str:
    """Return a share in percent, with no more digits than its Monte Carlo error leaves meaning.

    >>> percent(0.0241), percent(0.842), percent(-0.02), percent(1), percent(0.2178, 3, error=0.012)
    ('2.4\u202f%', '84\u202f%', '\u22122\u202f%', '100\u202f%', '22\u202f%')
    """
    if not math.isfinite(share):
        return NOTHING
    percents = 100 * share if abs(share) > ROUNDING else 0.0
    return _digits(rounded(percents, 100 * error if error else None, digits), digits) + GAP + "%"


def chance(share: float) -> str:
    """Return a share of draws; what is rare is not called never, nor what is common always.

    >>> chance(0.842), chance(0.9981), chance(0.002), chance(0), chance(math.nan)
    ('84\u202f%', 'over 99\u202f%', 'under 1\u202f%', '0\u202f%', '\u2013')
    """
    if 0 < share < 0.01:
        return f"under 1{GAP}%"
    if 0.99 < share < 1:
        return f"over 99{GAP}%"
    return percent(share)


def amount(value: float, unit: str, currency: str, error: float | None = None, more: int = 0) -> str:
    """Return a number in its unit: money, a share, a date, years, or a count; with more digits than usual, where asked for.

    >>> amount(0.25, "share", "USD"), amount(1.5e6, "USD", "USD"), amount(1.48, "years", "USD")
    ('25\u202f%', 'USD\u202f1.5\u202fmillion', '1.48 years')
    >>> amount(0.19121, "share", "USD", 0.0007, more=1), amount(0.19121, "share", "USD", 0.0007, more=2)
    ('19.1\u202f%', '19.1\u202f%')
    >>> amount(2023.6, "date", "USD")
    'August 2023'
    """
    if not math.isfinite(value):
        return NOTHING
    if unit == "share":
        return percent(value, 2 + more, error)
    if unit == "date":
        return date(value)
    if unit == currency:
        return money(value, currency, error, 2 + more)
    return f"{count(value, error, 3 + more)} {unit}".strip()


def between(low: float, high: float, unit: str, currency: str) -> str:
    """Return a range in its unit.

    >>> between(0.11, 0.243, "share", "USD"), between(1e6, 2.5e6, "members", "USD"), between(2021.0, 2023.6, "date", "USD")
    ('11 to 24\u202f%', '1 to 2.5\u202fmillion members', 'January 2021 to August 2023')
    """
    if unit == "date" and math.isfinite(low + high):
        return f"{date(low)} to {date(high)}"
    if unit == "share" and math.isfinite(low + high):
        return f"{percent(low).removesuffix(GAP + '%')} to {percent(high)}"
    return span(low, high, unit) if unit == currency else f"{span(low, high)} {unit}".strip()


def month(period: str) -> str:
    """Return a month in words.

    >>> month("2017-10")
    'October 2017'
    """
    return f"{MONTHS[int(period[5:7]) - 1]} {period[:4]}"


def date(year: float) -> str:
    """Return the month in which a date falls that is told as a year and its fraction.

    >>> date(2023.0), date(2022.999)
    ('January 2023', 'December 2022')
    """
    if not math.isfinite(year):
        return NOTHING
    months = math.floor(12 * year + ROUNDING * year)
    return month(f"{months // 12}-{months % 12 + 1:02d}")


def apart(unit: str) -> str:
    """Return the unit of a difference, or of an error: dates lie years apart.

    >>> apart("date"), apart("share")
    ('years', 'share')
    """
    return "years" if unit == "date" else unit


def listed(items: Iterable[str]) -> str:
    """Return items as a sentence lists them.

    >>> listed(["Youku", "Netflix", "the tax authority"])
    'Youku, Netflix and the tax authority'
    """
    *most, last = [*items] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text as lines whose columns stand below one another.

    >>> print(aligned([("", "mean"), ("fee", "3"), ("a share", "40")]))
             mean
    fee      3
    a share  40
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _scaled(value: float) -> tuple[float, str]:
    """Return a number and its multiple; below ten thousand there is none."""
    for multiple, word in MULTIPLES:
        if abs(value) >= multiple * (10 if word == "thousand" else 1):
            return value / multiple, word
    return value, ""


def _place(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _digits(value: float, digits: int) -> str:
    """Return a number with thousands separated, without zeros at the end, with a true minus."""
    decimals = max(digits - 1 - _place(value), 0) if value else 0
    written = f"{abs(value):,.{decimals}f}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return (MINUS if value < 0 and written != "0" else "") + written
