"""Plain forecasts to be beaten: drift, seasonal naive, exponential smoothing and ARIMA, as quantiles of a normal."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from simlib.forecast.sampled import Array
from simlib.forecast.scores import LEVELS

ORDERS = ((0, 1, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1), (0, 2, 1))  # of ARIMA, from which Akaike's criterion chooses
Plain = Callable[[Array, int, int], Array]  # values, season, horizon → (period, level)


def drift(values: Array, season: int, horizon: int) -> Array:
    """Return quantiles of a random walk with drift (Hyndman & Athanasopoulos 2021, section 5.2 and table 5.2).

    >>> print(drift(np.array([1.0, 2.0, 3.0]), 1, 2)[:, 10])
    [4. 5.]
    """
    increments, ahead = np.diff(values), np.arange(1, horizon + 1)
    sd = increments.std(ddof=1) * np.sqrt(ahead * (1 + ahead / len(increments)))
    return _normal(values[-1] + ahead * increments.mean(), sd)


def seasonal_naive(values: Array, season: int, horizon: int) -> Array:
    """Return quantiles around what was seen a season ago (Hyndman & Athanasopoulos 2021, table 5.2).

    >>> print(seasonal_naive(np.array([1.0, 5.0, 1.0, 5.0, 1.0, 5.0]), 2, 3)[:, 10])
    [1. 5. 1.]
    """
    season = season if len(values) > season + 1 else 1
    ahead = np.arange(horizon)
    off = values[season:] - values[:-season]
    sd = np.sqrt(np.mean(off**2) * (ahead // season + 1))
    return _normal(values[len(values) - season + ahead % season], sd)


def ets(values: Array, season: int, horizon: int) -> Array:
    """Return quantiles of the additive exponential smoothing that Akaike's corrected criterion prefers.

    With a trend or a damped one; with a season too, where three years are known. Hyndman, Koehler, Ord & Snyder (2008).
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    known = pd.Series(values)
    shapes = [{"trend": "add"}, {"trend": "add", "damped_trend": True}]
    if 1 < season <= len(values) / 3:
        shapes += [shape | {"seasonal": "add", "seasonal_periods": season} for shape in shapes]
    best = min((ETSModel(known, error="add", **shape).fit(disp=False) for shape in shapes), key=_aicc)
    table = best.get_prediction(len(values), len(values) + horizon - 1).summary_frame(alpha=0.2)
    return _normal(table["mean"], (table["pi_upper"] - table["mean"]) / ndtri(0.9))


def arima(values: Array, season: int, horizon: int) -> Array:
    """Return quantiles of the ARIMA model with drift that Akaike's corrected criterion prefers among a few orders."""
    from statsmodels.tsa.arima.model import ARIMA

    fits = [ARIMA(values, order=order, trend="t" if order[1] == 1 else "n").fit() for order in ORDERS]
    best = min(fits, key=_aicc).get_forecast(horizon)
    return _normal(best.predicted_mean, best.se_mean)


def _aicc(fit: Any) -> float:
    """Return Akaike's corrected criterion; that of a history too short for it is none."""
    return fit.aicc if np.isfinite(fit.aicc) else np.inf


BENCHMARKS: dict[str, Plain] = {"drift": drift, "seasonal naive": seasonal_naive, "ETS": ets, "ARIMA": arima}


def quantiles(name: str, values: Array, season: int, horizon: int) -> tuple[Array, bool]:
    """Return quantiles (period, level) of a benchmark, or drift's where it cannot be fitted, and whether it could."""
    import statsmodels.tools.sm_exceptions  # noqa: F401 (its import has warnings shown, so that it comes before the filter)

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what an optimiser says is of no use to whoever reads a table of scores
            found = BENCHMARKS[name](values, season, horizon)
        if np.all(np.isfinite(found)):
            return found, True
    except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError):
        pass
    return drift(values, season, horizon), False


def _normal(mean: Array, sd: Array) -> Array:
    return np.asarray(mean, float)[:, None] + np.asarray(sd, float)[:, None] * ndtri(LEVELS)
