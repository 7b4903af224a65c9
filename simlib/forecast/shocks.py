"""Shocks known by their date, a lock-down or a crackdown: taken out of a history before anything is learnt from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from simlib.forecast.sampled import Array

BEFORE = 4  # increments whose mean is what would have happened; a year's, where there are seasons


def positions(index: pd.PeriodIndex, shocks: Iterable[str]) -> tuple[int, ...]:
    """Return where the periods of shocks stand in a history; raise ValueError for one before, after, or that is none.

    >>> positions(pd.period_range("2019Q1", periods=8, freq="Q"), ["2020Q1", "2020-06-30"])
    (4, 5)
    """
    found = []
    for written in shocks:
        try:
            period = pd.Period(written, freq=index.freq)
        except ValueError:
            raise ValueError(f"a shock is a period, e.g. 2020Q1 or 2020-03-31; found {written!r}") from None
        if not index[0] < period <= index[-1]:
            raise ValueError(f"a shock is within the history, after {index[0]} and by {index[-1]}; found {written}")
        found.append(index.get_loc(period))
    return tuple(sorted(set(found)))


def without_shocks(values: Array, shocks: Sequence[int], season: int) -> Array:
    """Return a history (period,) in which the step into each shock was as the year before: earlier levels are moved.

    The last level stays as it is, so that a forecast starts from it. A level that was never negative does not become so.

    >>> print(without_shocks(np.array([1.0, 2.0, 3.0, 9.0, 10.0]), [3], 1))
    [ 6.  7.  8.  9. 10.]
    """
    told = values.copy()
    for shock in shocks:
        steps = np.diff(told[max(shock - 1 - max(BEFORE, season), 0) : shock])
        usual = steps.mean() if len(steps) else 0.0
        told[:shock] += told[shock] - told[shock - 1] - usual
    return np.maximum(told, 0) if values.min() >= 0 else told
