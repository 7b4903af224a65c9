"""Dated figures of a history: how periods are written, how they must follow one another, and a CSV file of them.

Only the standard library is imported, so that a check reads a history as fast as the rest of a scenario.
"""

from __future__ import annotations

import calendar
import csv
import datetime
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from simlib.scenario.faults import Fault, ScenarioError, found
from simlib.scenario.files import Read, content

STEPS = (12, 3, 1)  # months in a period: years, quarters or months
LARGEST = 1e30  # as in a scenario
MOST_ROWS, MOST_COLUMNS = 5_000, 200  # four centuries of months
ALIKE = "stands among periods written another way, as {}; write all periods the same way"
_PERIOD = re.compile(r"(\d{4})(?:Q([1-4])|-(\d\d)(?:-(\d\d))?)?")
_DAY = r"\d{4}-\d\d-\d\d"
_WRITE = "write 2017, 2017Q3, 2017-09 or its last day, 2017-09-30"


class Ended(NamedTuple):
    """The last month of a period, counted from year 0, and the months in it; None where a last day leaves that open."""

    month: int
    step: int | None


class Columns(NamedTuple):
    """The names of a file's columns, where its own header does not tell them."""

    period: str | None = None
    value: str | None = None


BY_HEADER = Columns()


class Row(NamedTuple):
    """One figure as it is written."""

    line: int
    period: str
    value: str
    is_whole: bool  # no more cells than the header has


class Order(NamedTuple):
    """Whether periods may be left out: which step their last months have, and which of them are misplaced and why."""

    step: Callable[[Sequence[int]], int]
    misplaced: Callable[[Sequence[int], int], list[tuple[int, str]]]


def ended(period: str) -> Ended:
    """Return when a period ended; raise ValueError, saying what to write, for what is none.

    >>> ended("2017Q3"), ended("2017-09-30")
    (Ended(month=24212, step=3), Ended(month=24212, step=None))
    """
    match = _PERIOD.fullmatch(period)
    year, quarter, month, day = map(int, match.groups(default="0")) if match else (0, 0, 0, 0)
    if year == 0 or month > 12 or (match[3] and month == 0):
        raise ValueError(f"found {found(period)} for a period; {_WRITE}")
    if match[4] and day != calendar.monthrange(year, month)[1]:
        raise ValueError(f"found {found(period)}, which is no last day of a month, for a period; {_WRITE}")
    last = quarter * 3 or month or 12
    return Ended(12 * year + last - 1, None if match[4] else 3 if quarter else 1 if month else 12)


def last_day(period: str) -> str:
    """Return the day, as 2017-09-30, with which a period, or a day itself, ended; raise ValueError for what is none.

    >>> last_day("2017Q3"), last_day("2017-11-15")
    ('2017-09-30', '2017-11-15')
    """
    try:
        return (
            datetime.date.fromisoformat(period).isoformat()
            if re.fullmatch(_DAY, period)
            else day_of(ended(period).month)
        )
    except ValueError:
        raise ValueError(f"until is a period, e.g. 2017Q3 or 2017-09-30; found {period!r}") from None


def day_of(month: int) -> str:
    """Return the last day of a month, counted from year 0.

    >>> day_of(24212)
    '2017-09-30'
    """
    year, month = month // 12, month % 12 + 1
    return f"{year:04d}-{month:02d}-{calendar.monthrange(year, month)[1]}"


def named(month: int, step: int) -> str:
    """Return what a period is called by its last month: 2017, 2017Q3, 2017-09.

    >>> named(24212, 3), named(24212, 12)
    ('2017Q3', '2017-09')
    """
    year, last = month // 12, month % 12 + 1
    if step == 12 and last == 12:
        return f"{year}"
    return f"{year}Q{last // 3}" if step == 3 and last % 3 == 0 else f"{year}-{last:02d}"


def _apart(months: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(months)]


def _even(months: Sequence[int]) -> int:
    """Return the step that leaves the fewest periods out."""
    return min(STEPS, key=lambda step: sum(apart != step for apart in _apart(months)))


def _common(months: Sequence[int]) -> int:
    """Return the longest step in which all last months lie."""
    return next(step for step in STEPS if math.gcd(*_apart(months)) % step == 0)


def _out_of_step(months: Sequence[int], step: int) -> list[tuple[int, str]]:
    return [(at, _found(months, at, step)) for at in range(1, len(months)) if months[at] != months[at - 1] + step]


def _out_of_order(months: Sequence[int], step: int) -> list[tuple[int, str]]:
    return [(at, _found(months, at, step)) for at in range(1, len(months)) if months[at] <= months[at - 1]]


def _found(months: Sequence[int], at: int, step: int) -> str:
    seen, before, due = (named(month, step) for month in (months[at], months[at - 1], months[at - 1] + step))
    return f"found {seen}{' again' if months[at] in months[:at] else ''} after {before}; next comes {due}"


EVERY_PERIOD = Order(_even, _out_of_step)
GAPS_STAY = Order(_common, _out_of_order)


def misplaced(periods: Sequence[tuple[str, Ended]], order: Order) -> tuple[int, list[tuple[int, str]]]:
    """Return the months in a period, and which of the periods are written another way than the first, or out of order.

    >>> misplaced([("2017Q1", ended("2017Q1")), ("2017Q3", ended("2017Q3"))], EVERY_PERIOD)
    (3, [(1, 'found 2017Q3 after 2017Q1; next comes 2017Q2')])
    """
    first, form = periods[0][0], periods[0][1].step
    wrong = [
        (at, f"found {text}; it {ALIKE.format(first)}") for at, (text, end) in enumerate(periods) if end.step != form
    ]
    alike = [at for at, (_, end) in enumerate(periods) if end.step == form]
    months = [periods[at][1].month for at in alike]
    step = order.step(months) if form is None else form
    return step, wrong + [(alike[at], said) for at, said in order.misplaced(months, step)]


def read_rows(file: str, columns: Columns = BY_HEADER, reading: Read = content) -> tuple[str, list[Row]]:
    """Return the name of the column of figures in a CSV file, and its rows.

    Periods stand in the column that is named, or in `period_end`, or in the first; figures in the column that is named, or
    in `value`, or in the only other one. Raises ScenarioError for a file that cannot be read, or does not tell its columns.
    """
    header, rows = _csv(file, reading)
    period = columns.period or ("period_end" if "period_end" in header else None)
    value = columns.value or ("value" if "value" in header and period != "value" else None)
    period = period or next((name for name in header if name != value), header[0])
    others = [name for name in header if name != period]
    value = value or (others[0] if len(others) == 1 else None)
    for name, beside in ((period, header), (value, others)):
        if name not in beside:
            said = f"has no column {name!r}" if name else "does not say which column to read"
            there = f"beside {period!r} there are" if beside is others else "there are"
            raise ScenarioError([Fault(file, 1, "", f"{said}; {there}: {', '.join(beside) or 'none'}")])
    if not rows:
        raise ScenarioError([Fault(file, 1, "", "there is no row below; a history needs at least one period")])
    return value, [Row(line, row[period], row[value], None not in row) for line, row in rows]


def _csv(file: str, reading: Read) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the header, and each row with its line."""
    text = _text(file, reading)
    head = text.partition("\n")[0]
    parted = next((mark for mark in ";\t" if mark in head and "," not in head), ",")  # as spreadsheets may part them
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", delimiter=parted)
    try:
        header = list(reader.fieldnames or [""])
        if len(header) > MOST_COLUMNS:
            raise ScenarioError([Fault(file, 1, "", f"has {len(header):,} columns; a history needs two")])
        rows = [(reader.line_num, row) for row in islice(reader, MOST_ROWS + 1)]
    except csv.Error as error:
        raise ScenarioError([Fault(file, reader.line_num or 1, "", f"cannot be read as CSV: {error}")]) from None
    if len(rows) > MOST_ROWS:
        said = f"is row {len(rows):,}; a history has at most {MOST_ROWS:,}"
        raise ScenarioError([Fault(file, rows[-1][0], "", said)])
    if not text.strip():
        raise ScenarioError([Fault(file, 1, "", "the file is empty; a history needs a header and its periods")])
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ScenarioError([Fault(file, 1, "", f"has several columns {twice[0]!r}; give each a name of its own")])
    return header, rows


def _text(file: str, reading: Read) -> str:
    """Return the text of a file; raise ScenarioError for what is none."""
    try:
        raw = reading(file, "a history is a table of periods and their figures")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError([Fault(file, line, "", "cannot be read as CSV: is not UTF-8; save it as UTF-8")]) from None
    except ValueError as error:
        raise ScenarioError([Fault(file, None, "", f"cannot be read as CSV: {error}")]) from None


def row_faults(row: Row) -> Iterator[str]:
    """Yield what is wrong with one figure, its place among the others aside."""
    if not row.is_whole:
        yield "has more cells than the header; write thousands without a comma"
    try:
        ended(row.period)
    except ValueError as error:
        yield str(error)
    try:
        number = float(row.value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        yield f"found {found(row.value)} for a number; write digits and a decimal point, e.g. 104.02"
    elif abs(number) > LARGEST:
        yield f"found {found(row.value)}, which is more than anybody counts; at most {LARGEST:g}"
