"""Histories as dated series: the reference histories that ship with simlib, and a user's own CSV."""

from __future__ import annotations

import pandas as pd

from simlib.data import HISTORIES, figures
from simlib.scenario.dated import (
    BY_HEADER,
    EVERY_PERIOD,
    Columns,
    Order,
    ended,
    last_day,
    misplaced,
    read_rows,
    row_faults,
)
from simlib.scenario.faults import Fault, ScenarioError

TablesRow = dict[str, str]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")  # as pandas names them
_FREQUENCY = {"adoption": "Y-DEC", "china": "M", "netflix": "Q-DEC"}  # of the index: no finer than the table needs
UNSURE = ("unverified", "sum-checked only", "low reliability", "third-party estimate")  # statuses that are remarked on


def find_history(
    text: str, columns: Columns = BY_HEADER, until: str | None = None, order: Order = EVERY_PERIOD
) -> pd.Series:
    """Return a history by its name, e.g. netflix:paid_memberships:region=US, or from a CSV file, up to `until`.

    A file has years, quarters or months, written 2017, 2017Q3, 2017-09 or by their last day, one row each, oldest first;
    `columns` names those that `period_end` and `value` are not. `order` says whether periods may be left out of a file; a
    history that ships may have gaps. `.attrs["label"]` is what to call it; a file's has `file` and `lines` too.
    Raises ScenarioError with every fault as file:line, or with what exists.

    >>> print(find_history("netflix:paid_memberships:region=total", until="2017-11-30").iloc[-1])
    104.02
    """
    name, *words = text.split(":")
    try:
        if name in HISTORIES and words:
            metric, *choices = words
            which = dict(choice.partition("=")[::2] for choice in choices)
            series = _as_series(figures(name, metric, which), _FREQUENCY[name])
            series.attrs["label"] = " ".join([name, metric, *which.values()])
        else:
            series = _read(text, columns, order)
            series.attrs["label"] = f"{text.replace(chr(92), '/').rsplit('/', 1)[-1]} {series.name}"
        return series if until is None else ended_by(series, until)
    except ScenarioError:
        raise
    except ValueError as error:
        raise ScenarioError([Fault(text, None, "", str(error))]) from None


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
    known = rows if until is None else [row for row in rows if row["period_end"] <= last_day(until)]
    if not known:
        raise ValueError(f"{name} {metric} begins with {rows[0]['period_end']}; nothing was known by {until}")
    return _as_series(known, _FREQUENCY[name])


def ended_by(series: pd.Series, until: str) -> pd.Series:
    """Return the part of a history whose periods had ended by `until`; raise ValueError where none had.

    >>> members = history("netflix", "paid_memberships", region="total")
    >>> print(ended_by(members, "2017-11-30").index[-1])
    2017Q3
    """
    known = series[series.index.end_time <= pd.Period(last_day(until)).end_time]
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


def _as_series(rows: list[TablesRow], frequency: str) -> pd.Series:
    index = pd.PeriodIndex([row["period_end"] for row in rows], freq=frequency, name="period")
    series = pd.Series([float(row["value"]) for row in rows], index, name=rows[0]["metric"])
    status: dict[str, tuple[str, ...]] = {}
    for row, period in zip(rows, index, strict=True):
        status[row["status"]] = (*status.get(row["status"], ()), str(period))
    sources = dict.fromkeys(row["source"] for row in rows)
    series.attrs = {"unit": rows[0]["unit"], "source": "; ".join(sources), "status": status}
    return series


def remarks(series: pd.Series) -> list[str]:
    """Return which figures of a history are not sure, and why, a clause for each status.

    >>> remarks(history("netflix", "paid_memberships", region="total", until="2012Q3"))
    ['of 5 figures 2 are unverified: 2012Q2, 2012Q3']
    """
    said, there = [], set(series.index.astype(str))
    for status, periods in series.attrs.get("status", {}).items():
        used = [period for period in periods if period in there]
        if used and status in UNSURE:
            said.append(f"of {len(series)} figures {len(used)} are {status}: {some(used)}")
    return said


def some(words: list[str]) -> str:
    """Return the first of several words, and how many more there are."""
    return ", ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")


def _read(file: str, columns: Columns, order: Order) -> pd.Series:
    """Return a history; raise ScenarioError with every fault, those of the order of its periods among them."""
    name, rows = read_rows(file, columns)
    wrong = [(row.line, said) for row in rows for said in row_faults(row)]
    dated = []
    for row in rows:
        try:
            dated.append((row.line, row.period, ended(row.period)))
        except ValueError:
            continue  # is among the row's own faults
    if dated:
        step, others = misplaced([(text, end) for _, text, end in dated], order)
        wrong += [(dated[at][0], said) for at, said in others]
    if wrong:
        raise ScenarioError(Fault(file, line, "", said) for line, said in wrong)
    index = index_of([end.month for _, _, end in dated], step)
    series = pd.Series([float(row.value) for row in rows], index, name=name)
    series.attrs = {"file": file, "lines": tuple(row.line for row in rows)}
    return series


def index_of(months: list[int], step: int) -> pd.PeriodIndex:
    """Return periods by their last months, counted from year 0, `step` months in each.

    >>> print(*index_of([24212, 24215], 3))
    2017Q3 2017Q4
    """
    by_month = pd.PeriodIndex([f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months], freq="M", name="period")
    if step == 1:
        return by_month
    year_ends = _MONTHS[months[0] % 12 if step == 12 else months[0] % 3 + 9]
    return by_month.asfreq(f"{'Y' if step == 12 else 'Q'}-{year_ends}")
