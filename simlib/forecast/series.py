"""Histories as dated series: the reference histories that ship with simlib, and a user's own CSV."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pandas as pd

from simlib.data import figures
from simlib.scenario.faults import Fault, ScenarioError

Row = dict[str, str]

_FREQUENCY = {"adoption": "Y-DEC", "china": "M", "netflix": "Q-DEC"}  # of the index: no finer than the table needs
_PERIOD = re.compile(r"\d{4}(Q[1-4]|-\d\d(-\d\d)?)?")
_STEPS = ("Y-DEC", "Q-DEC", "M")  # what a user's last days may be the ends of, the longest first


def history(name: str, metric: str, *, until: str | None = None, **which: str) -> pd.Series:
    """Return a reference history, oldest first, on a PeriodIndex that skips periods without a figure.

    `which` chooses by the table's other columns, as in `region="US"`; it may be left out where there is
    nothing to choose. `until`, as in "2017Q3" or "2017-11-30", keeps the periods that had ended by then
    (figures are published some weeks later). `.attrs` holds `unit`, `source`, and `status`: a dict
    from how sure a figure is to its periods.
    Raises ValueError, naming what exists, for a history, metric or choice that does not.

    >>> members = history("netflix", "paid_memberships", region="US", until="2017Q3")
    >>> print(members.index[-1], members.iloc[-1], members.attrs["unit"])
    2017Q3 51.35 million
    """
    rows = figures(name, metric, which)
    known = rows if until is None else [row for row in rows if row["period_end"] <= _last_day(until)]
    if not known:
        raise ValueError(f"{name} {metric} begins with {rows[0]['period_end']}; nothing was known by {until}")
    return _as_series(known, _FREQUENCY[name])


def read_history(path: str | Path, column: str | None = None) -> pd.Series:
    """Return a user's history from a CSV file: a header, periods in the first column, numbers in the others.

    Periods are years, quarters or months, written 2017, 2017Q3, 2017-09 or by their last day, 2017-09-30, one
    row each, oldest first, none left out. `column` may be left out where there is one column of numbers.
    Raises ScenarioError (a ValueError) with every fault as file:line.
    """
    file = str(path)
    (first, *others), rows = _csv(file)
    column = others[0] if column is None and len(others) == 1 else column
    if column not in others:
        named = f"has no column {column!r}" if column else "does not say which column to read"
        beside = f"beside {first!r} there are: {', '.join(others) or 'none'}"
        raise ScenarioError([Fault(file, 1, "", f"{named}; {beside}")])
    if not rows:
        raise ScenarioError([Fault(file, 2, "", "there is no row; a history needs at least one period")])
    wrong = [(line, fault) for line, row in rows for fault in _row_faults(row[first], row[column])]
    if wrong:
        raise ScenarioError(Fault(file, line, "", fault) for line, fault in wrong)
    index = _evenly_spaced(file, [line for line, _ in rows], [pd.Period(row[first]) for _, row in rows])
    return pd.Series([float(row[column]) for _, row in rows], index, name=column)


def _last_day(until: str) -> str:
    if not _is_period(until):
        raise ValueError(f"until is a period, e.g. 2017Q3 or 2017-09-30; found {until!r}")
    return pd.Period(until).end_time.date().isoformat()


def _as_series(rows: list[Row], frequency: str) -> pd.Series:
    index = pd.PeriodIndex([row["period_end"] for row in rows], freq=frequency, name="period")
    series = pd.Series([float(row["value"]) for row in rows], index, name=rows[0]["metric"])
    status: dict[str, tuple[str, ...]] = {}
    for row, period in zip(rows, index, strict=True):
        status[row["status"]] = (*status.get(row["status"], ()), str(period))
    sources = dict.fromkeys(row["source"] for row in rows)
    series.attrs = {"unit": rows[0]["unit"], "source": "; ".join(sources), "status": status}
    return series


def _csv(file: str) -> tuple[list[str], list[tuple[int, Row]]]:
    """Return the header, and each row with its line."""
    try:
        with open(file, encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restval="")
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError([Fault(file, None, "", f"cannot be read as CSV: {error}")]) from None
    return list(reader.fieldnames or [""]), rows


def _row_faults(period: str, value: str) -> list[str]:
    faults = []
    if not _is_period(period):
        faults.append(f"found {period!r} for a period; write 2017, 2017Q3, 2017-09 or its last day, 2017-09-30")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        faults.append(f"found {value!r} for a number; write digits and a decimal point, e.g. 104.02")
    return faults


def _is_period(text: str) -> bool:
    try:
        return bool(_PERIOD.fullmatch(text) and pd.Period(text))
    except ValueError:
        return False


def _evenly_spaced(file: str, lines: list[int], periods: list[pd.Period]) -> pd.PeriodIndex:
    """Return periods as one index without gaps; of last days, the ends of whatever leaves the fewest gaps."""
    written = dict.fromkeys(period.freqstr for period in periods)
    if len(written) > 1:
        at = next(at for at, period in enumerate(periods) if period.freqstr != periods[0].freqstr)
        fault = f"found {periods[at]} after {periods[at - 1]}; write all periods the same way"
        raise ScenarioError([Fault(file, lines[at], "", fault)])
    steps = _STEPS if "D" in written else written
    candidates = [pd.PeriodIndex(periods, name="period").asfreq(step) for step in steps]
    index = min(candidates, key=lambda candidate: len(_gaps(candidate)))
    if gaps := _gaps(index):
        found = [f"found {index[at]} after {index[at - 1]}; next comes {index[at - 1] + 1}" for at in gaps]
        raise ScenarioError(Fault(file, lines[at], "", fault) for at, fault in zip(gaps, found, strict=True))
    return index


def _gaps(index: pd.PeriodIndex) -> list[int]:
    return [at for at in range(1, len(index)) if index[at] != index[at - 1] + 1]
