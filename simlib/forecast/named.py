"""Histories by their name or their file, and the part of one that was known at a time."""

from __future__ import annotations

import pandas as pd

from simlib.forecast.series import read_history, shipped


def history_of(text: str, column: str | None = None) -> pd.Series:
    """Return a history that ships by its name, table:metric:column=value, or from a CSV file.

    Raises ValueError: what exists, for a name; every fault with its line, for a file.

    >>> print(history_of("netflix:paid_memberships:region=total")["2017Q3"])
    104.02
    """
    found = shipped(text)
    return read_history(text, column) if found is None else found


def ended_by(series: pd.Series, until: str) -> pd.Series:
    """Return the part of a history whose periods had ended by a period's last day; raise ValueError where none had.

    >>> print(ended_by(history_of("netflix:revenue:region=total"), "2017-11-30").index[-1])
    2017Q3
    """
    try:
        day = pd.Period(until).end_time
    except ValueError:
        raise ValueError(f"until is a period, e.g. 2017Q3 or 2017-09-30; found {until!r}") from None
    known = series[series.index.end_time <= day]
    if known.empty:
        raise ValueError(f"the history begins with {series.index[0]}; nothing was known by {until}")
    return known
