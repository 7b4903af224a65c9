"""Histories as dated series: the reference histories that ship with simlib, and a user's own CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from simlib.data import HISTORIES, figures
from simlib.scenario.faults import Fault, ScenarioError

Row = dict[str, str]
Misplaced = Callable[[pd.PeriodIndex], list[tuple[int, str]]]  # periods → which are wrong, and what is

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


def shipped(text: str) -> pd.Series | None:
    """Return a reference history by its name, table:metric:column=value; None where the name begins with no table.

    Raises ValueError, naming what exists, where the rest of the name does not.

    >>> print(shipped("netflix:paid_memberships:region=total")["2017Q3"], shipped("members.csv"))
    104.02 None
    """
    name, *words = text.split(":")
    if name not in HISTORIES or not words:
        return None
    metric, *choices = words
    which = dict(choice.partition("=")[::2] for choice in choices)
    return _as_series(figures(name, metric, which), _FREQUENCY[name])


def read_history(path: str | Path, column: str | None = None) -> pd.Series:
    """Return a user's history from a CSV file: a header, periods in the first column, numbers in the others.

    Periods are years, quarters or months, written 2017, 2017Q3, 2017-09 or by their last day, 2017-09-30, one
    row each, oldest first, none left out. `column` may be left out where there is one column of numbers. `.attrs` holds
    the `file` and the `lines` of the figures.
    Raises ScenarioError (a ValueError) with every fault as file:line.
    """
    return _read(str(path), column, _out_of_step)


def read_history_with_gaps(path: str | Path, column: str | None = None) -> pd.Series:
    """Return a user's history as `read_history` does, but on a PeriodIndex that skips periods left out."""
    return _read(str(path), column, _out_of_order)


def ended_by(series: pd.Series, until: str) -> pd.Series:
    """Return the part of a history whose periods had ended by `until`; raise ValueError where none had.

    >>> members = history("netflix", "paid_memberships", region="total")
    >>> print(ended_by(members, "2017-11-30").index[-1])
    2017Q3
    """
    known = series[series.index.end_time <= pd.Period(_last_day(until)).end_time]
    if known.empty:
        raise ValueError(f"begins with {series.index[0]}; nothing was known by {until}")
    return known


def missing(series: pd.Series) -> list[str]:
    """Return the stretches of periods that a history leaves out, e.g. 2012Q2 to 2012Q3.

    >>> missing(history("netflix", "paid_memberships", region="US", until="2013"))
    ['2012Q2 to 2012Q3']
    """
    pairs = zip(series.index, series.index[1:], strict=False)
    left_out = [(before + 1, after - 1) for before, after in pairs if after > before + 1]
    return [str(first) if first == last else f"{first} to {last}" for first, last in left_out]


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


def _read(file: str, column: str | None, misplaced: Misplaced) -> pd.Series:
    """Return a history; raise ScenarioError with every fault, those of the order of its periods being `misplaced`."""
    (first, *others), rows = _csv(file)
    column = others[0] if column is None and len(others) == 1 else column
    if column not in others:
        named = f"has no column {column!r}" if column else "does not say which column to read"
        beside = f"beside {first!r} there are: {', '.join(others) or 'none'}"
        raise ScenarioError([Fault(file, 1, "", f"{named}; {beside}")])
    if not rows:
        raise ScenarioError([Fault(file, 2, "", "there is no row; a history needs at least one period")])
    wrong = [(line, said) for line, row in rows for said in _row_faults(row, first, column)]
    dated = [(line, pd.Period(row[first])) for line, row in rows if _is_period(row[first])]
    written = dated[0][1].freqstr if dated else "M"
    said = "stands among periods written another way, as {}; write all periods the same way"
    wrong += [(line, f"found {at}; it {said.format(dated[0][1])}") for line, at in dated if at.freqstr != written]
    lines = [line for line, at in dated if at.freqstr == written]
    index = _evenly_spaced(
        pd.PeriodIndex([at for _, at in dated if at.freqstr == written], freq=written, name="period")
    )
    wrong += [(lines[at], said) for at, said in misplaced(index)]
    if wrong:
        raise ScenarioError(Fault(file, line, "", said) for line, said in wrong)
    series = pd.Series([float(row[column]) for _, row in rows], index, name=column)
    series.attrs = {"file": file, "lines": tuple(lines)}
    return series


def _csv(file: str) -> tuple[list[str], list[tuple[int, Row]]]:
    """Return the header, and each row with its line."""
    try:
        raw = Path(file).read_bytes()
        text = raw.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError([Fault(file, line, "", "cannot be read as CSV: is not UTF-8; save it as UTF-8")]) from None
    except (OSError, ValueError, csv.Error) as error:
        said = getattr(error, "strerror", None) or error
        raise ScenarioError([Fault(file, None, "", f"cannot be read as CSV: {said}")]) from None
    if not text.strip():
        raise ScenarioError([Fault(file, 1, "", "the file is empty; a history needs a header and its periods")])
    header = list(reader.fieldnames or [""])
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ScenarioError([Fault(file, 1, "", f"has several columns {twice[0]!r}; give each a name of its own")])
    return header, rows


def _row_faults(row: Row, first: str, column: str) -> list[str]:
    period, value, faults = row[first], row[column], []
    if None in row:
        faults.append("has more cells than the header; write thousands without a comma")
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


def _evenly_spaced(periods: pd.PeriodIndex) -> pd.PeriodIndex:
    """Return periods as years, quarters or months; last days as the ends of whatever leaves the fewest gaps."""
    steps = _STEPS if periods.freqstr == "D" else (periods.freqstr,)
    return min((periods.asfreq(step) for step in steps), key=lambda candidate: len(_out_of_step(candidate)))


def _out_of_step(index: pd.PeriodIndex) -> list[tuple[int, str]]:
    """Return which periods are not the next after the one before, and what is wrong with them."""
    return [(at, _found(index, at)) for at in range(1, len(index)) if index[at] != index[at - 1] + 1]


def _out_of_order(index: pd.PeriodIndex) -> list[tuple[int, str]]:
    """Return which periods are not later than the one before, and what is wrong with them."""
    return [(at, _found(index, at)) for at in range(1, len(index)) if index[at] <= index[at - 1]]


def _found(index: pd.PeriodIndex, at: int) -> str:
    again = " again" if index[at] in index[:at] else ""
    return f"found {index[at]}{again} after {index[at - 1]}; next comes {index[at - 1] + 1}"
