"""What a forecast would have been worth: made from every past origin, scored against what came, beside plain forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from simlib.forecast import scores
from simlib.forecast.ensemble import Forecaster, ForecastError, checked
from simlib.forecast.plain import BENCHMARKS, quantiles
from simlib.workers.crew import each

Told = dict[str, tuple[scores.Array, bool]]  # benchmark → its quantiles, and whether it could be fitted

OURS = "simlib"
FIRST = 12  # observations before the first origin, where nobody says otherwise: three years of quarters
SCORES = ("crps", "pinball", "mase", "msis", "in_80", "in_95")


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Every forecast scored.

    `scored` has a row for each method, origin and horizon: method, origin (the last period that was known), period, h,
    value, crps, pinball (in the history's unit), mase, msis (in its own changes), in_80, in_95, pit. `stood_in` counts
    the origins at which drift stood in for a benchmark that could not be fitted.
    """

    history: pd.Series
    horizon: int
    scored: pd.DataFrame
    stood_in: dict[str, int]
    seed: int


def backtest(
    history: pd.Series,
    horizon: int,
    first: int = FIRST,
    seed: int = 0,
    shocks: Iterable[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Backtest:
    """Return the scores of forecasts from every origin of a history from `first` observations on, and of the benchmarks.

    No observation after an origin reaches what is forecast from it. Whoever is at work fits the benchmarks, and they are the
    same. `progress` is told how many origins are done. Raises ForecastError for a history without room for an origin and
    what comes after.
    """
    season, shocks = checked(history), tuple(shocks)
    if not 3 <= first < len(history):
        raise ForecastError(f"the first origin has from 3 to {len(history) - 1} observations before it; found {first}")
    ours, values = Forecaster(history, seed, shocks), history.to_numpy(float)
    origins = range(first, len(history))
    rows, stood_in = [], dict.fromkeys(BENCHMARKS, 0)
    known = (values[:origin] for origin in origins)
    plains = each(partial(_benchmarks, season, horizon), known)
    for done, (origin, plain) in enumerate(zip(origins, plains, strict=True), 1):
        told = {OURS: ours.forecast(origin, horizon).quantiles}
        for name, (found, fitted) in plain.items():
            told[name] = found
            stood_in[name] += not fitted
        rows += [_scored(history, origin, name, found, season) for name, found in told.items()]
        if progress:
            progress(done)
    return Backtest(history, horizon, pd.concat(rows, ignore_index=True), stood_in, seed)


def _benchmarks(season: int, horizon: int, values: scores.Array) -> Told:
    return {name: quantiles(name, values, season, horizon) for name in BENCHMARKS}


def _scored(history: pd.Series, origin: int, method: str, found: scores.Array, season: int) -> pd.DataFrame:
    """Return the scores of one forecast (period, level) against as much as came of it."""
    seen = history.iloc[origin : origin + len(found)]
    found, values = found[: len(seen)], seen.to_numpy(float)
    unit = scores.scale(history.iloc[:origin], season)
    return pd.DataFrame(
        {
            "method": method,
            "origin": str(history.index[origin - 1]),
            "period": seen.index.astype(str),
            "h": np.arange(1, len(seen) + 1),
            "value": values,
            "crps": scores.crps(found, values),
            "pinball": scores.pinball(found, values),
            "mase": np.abs(values - scores.at(found, 0.5)) / unit,
            "msis": scores.msis(found, values) / unit,
            "in_80": scores.covered(found, values, 0.8),
            "in_95": scores.covered(found, values, 0.95),
            "pit": scores.pit(found, values),
        }
    )


def origin(history: pd.Series, last_known: str | None) -> int:
    """Return how many observations are known at the first origin: those by a period, or FIRST, or half of a short history.

    Raises ForecastError for a period that leaves none, or nothing to score.
    """
    if last_known is None:
        return min(FIRST, max(len(history) // 2, 3))
    try:
        period = pd.Period(last_known, freq=history.index.freq)
    except ValueError:
        raise ForecastError(f"an origin is a period, e.g. 2014Q4 or 2014-12-31; found {last_known!r}") from None
    known = int((history.index <= period).sum())
    if not 3 <= known < len(history):
        raise ForecastError(f"an origin is from {history.index[2]} to {history.index[-2]}; found {last_known}")
    return known


def means(test: Backtest, by: str | None = None) -> pd.DataFrame:
    """Return the mean of each score, by method, and by `h`, `origin`, `period` or `year` too.

    A period's year is that in its name; `relative` is CRPS over drift's.
    """
    keys = ["method"] if by is None else ["method", by]
    scored = test.scored.assign(year=test.scored.period.str[:4])
    table = scored.groupby(keys, sort=False)[list(SCORES)].mean().reset_index()
    drift = table[table.method == "drift"].drop(columns="method")
    base = drift.crps.iloc[0] if by is None else table[by].map(drift.set_index(by).crps)
    return table.assign(forecasts=scored.groupby(keys, sort=False).size().to_numpy(), relative=table.crps / base)
