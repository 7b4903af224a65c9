"""Theta: a level smoothed exponentially, carried on by a part of the slope of the whole history.

Assimakopoulos & Nikolopoulos (2000); for any theta, Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler (2016). The
classical theta of 2 takes half of the slope, too little for histories that grow all along; so several count by their
likelihood, up to the whole slope.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from simlib.forecast.sampled import Array, Paths, pattern, shared

THETAS = (2.0, 4.0, np.inf)  # half, three quarters, all of the slope
SMOOTHINGS = (0.8, 1.0)  # weight of the last observation in the level: members are counted, not estimated
REMEMBERED = 0.97  # of the evidence on the scale, a period
FEWEST = 4.0  # degrees of freedom: with fewer, a handful of wild paths would make the mean
_TINY = 1e-12


def theta(values: Array, season: int) -> Paths:
    """Return paths of a smoothed level that goes on by a share 1 − 1/θ of the slope of the line through all observations."""
    shares, smoothing = (axis.ravel() for axis in np.meshgrid(1 - 1 / np.array(THETAS), SMOOTHINGS, indexing="ij"))

    def paths(origin: int, horizon: int, draws: int, rng: Generator) -> Array:
        known = values[:origin]
        beside = pattern(np.diff(known), season)
        seasonal = np.concatenate([[0.0], np.cumsum(beside[np.arange(origin - 1 + horizon) % season])])
        level, slope, squares, degrees = _smoothed(known - seasonal[:origin], shares, smoothing)
        drawn = shared(-degrees / 2 * np.log(squares + _TINY * np.abs(known).max() ** 2 + np.finfo(float).tiny), draws)
        scale = np.sqrt(squares[drawn] / rng.chisquare(max(degrees, FEWEST), draws))
        slopes = shares[drawn] * (slope + scale / np.sqrt(origin) * rng.normal(size=draws))
        level, weight, sampled = level[drawn], smoothing[drawn], np.empty((horizon, draws))
        for step in range(horizon):
            path = level + slopes * _caught_up(weight, origin + 1 + step) + scale * rng.normal(size=draws)
            level = level + weight * (path - level)
            sampled[step] = path + seasonal[origin + step]
        return sampled

    return paths


def _smoothed(values: Array, shares: Array, smoothing: Array) -> tuple[Array, float, Array, float]:
    """Return each candidate's last level, the slope, and the evidence on its scale: squares and degrees of freedom."""
    slopes = _slopes(values)
    level, squares, degrees = np.full(len(shares), values[0]), np.zeros(len(shares)), 0.0
    for period in range(1, len(values)):
        expected = level + shares * slopes[period - 1] * _caught_up(smoothing, period + 1)
        if period > 1:  # the second observation is needed for a slope
            squares = REMEMBERED * squares + (values[period] - expected) ** 2
            degrees = REMEMBERED * degrees + 1
        level = level + smoothing * (values[period] - level)
    return level, float(slopes[-1]), squares, degrees


def _caught_up(smoothing: Array, period: int) -> Array:
    """Return how many slopes the next observation lies ahead of a level that lags behind a straight line."""
    return (1 - (1 - smoothing) ** period) / smoothing


def _slopes(values: Array) -> Array:
    """Return the slope (period,) of the least-squares line through the observations so far."""
    number = np.arange(1.0, len(values) + 1)
    sums, moments = np.cumsum(values - values[0]), np.cumsum(number * (values - values[0]))
    apart = number * (number**2 - 1) / 12
    return np.divide(moments - sums * (number + 1) / 2, apart, out=np.zeros(len(values)), where=apart > 0)
