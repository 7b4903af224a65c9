"""Scores of a forecast against what happened: proper scores, scaled errors, coverage.

A forecast is told by its quantiles at LEVELS, the last axis, so that every score can be worked out again from a file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

EVEN = tuple(round(0.05 * step, 2) for step in range(1, 20))
LEVELS = (0.025, *EVEN, 0.975)
_BETWEEN = np.convolve(LEVELS, [0.5, 0.5], "valid")  # where one quantile stops standing for the distribution
_WEIGHTS = np.diff(np.concatenate([[0.0], _BETWEEN, [1.0]]))


def at(quantiles: ArrayLike, level: float) -> Array:
    """Return the quantiles (…, level) at one level.

    >>> float(at(LEVELS, 0.5))
    0.5
    """
    return np.asarray(quantiles, float)[..., LEVELS.index(level)]


def pinball_losses(quantiles: ArrayLike, observed: ArrayLike) -> Array:
    """Return the loss (…, level) of each quantile (…, level): level × shortfall, or (1 − level) × excess.

    Koenker & Bassett (1978).

    >>> losses = pinball_losses(np.zeros(21), 10)
    >>> print(round(losses[0], 6), round(losses[-1], 6))
    0.25 9.75
    """
    short = np.asarray(observed, float)[..., None] - np.asarray(quantiles, float)
    return np.maximum(np.multiply(LEVELS, short), np.subtract(LEVELS, 1) * short)


def pinball(quantiles: ArrayLike, observed: ArrayLike) -> Array:
    """Return the mean pinball loss over the levels 5 %, 10 %, … 95 %, in the unit of what was observed.

    >>> float(pinball(np.full(21, 3.0), 3))
    0.0
    """
    return _summed(pinball_losses(quantiles, observed)[..., 1:-1]) / len(EVEN)


def crps(quantiles: ArrayLike, observed: ArrayLike) -> Array:
    """Return the continuous ranked probability score, twice the pinball loss over all levels (Gneiting & Ranjan 2011).

    Each quantile stands for the levels nearest to it; of a normal forecast it is within 1 % of the closed form.

    >>> float(crps(np.full(21, 3.0), 5).round(9))
    2.0
    """
    return 2 * _summed(pinball_losses(quantiles, observed) * _WEIGHTS)


def _summed(terms: Array) -> Array:
    """Return the sum over the last axis, term by term, so that one forecast alone has the score it has among others."""
    total = np.zeros(terms.shape[:-1])
    for level in range(terms.shape[-1]):
        total = total + terms[..., level]
    return total


def crps_of_draws(draws: ArrayLike, observed: ArrayLike) -> Array:
    """Return the continuous ranked probability score of draws (…, draw): E|X − y| − E|X − X′|/2 (Gneiting & Raftery 2007).

    >>> float(crps_of_draws([0.0, 1.0], 0.0))
    0.25
    """
    ordered = np.sort(np.asarray(draws, float), axis=-1)
    number = ordered.shape[-1]
    apart = ordered @ (2 * np.arange(1, number + 1) - number - 1) / number**2
    return np.abs(ordered - np.asarray(observed, float)[..., None]).mean(axis=-1) - apart


def covered(quantiles: ArrayLike, observed: ArrayLike, share: float) -> NDArray[np.bool_]:
    """Return whether what was observed lies within the central interval of a share, 0.8 or 0.95.

    >>> covered([LEVELS, LEVELS], [0.11, 0.95], 0.8).tolist()
    [True, False]
    """
    seen = np.asarray(observed, float)
    return (at(quantiles, round((1 - share) / 2, 3)) <= seen) & (seen <= at(quantiles, round((1 + share) / 2, 3)))


def pit(quantiles: ArrayLike, observed: ArrayLike) -> Array:
    """Return the level (…) at which what was observed lies, between two quantiles by a straight line.

    Beyond the outer quantiles it is half of what lies out there; of good forecasts it is uniform (Dawid 1984).

    >>> float(pit(LEVELS, 0.33).round(4)), float(pit(LEVELS, 2.0))
    (0.33, 0.9875)
    """
    flat = np.asarray(quantiles, float).reshape(-1, len(LEVELS))
    seen = np.asarray(observed, float)
    outside = {"left": LEVELS[0] / 2, "right": (1 + LEVELS[-1]) / 2}
    found = [np.interp(y, q, LEVELS, **outside) for q, y in zip(flat, seen.ravel(), strict=True)]
    return np.array(found).reshape(seen.shape)


def scale(history: ArrayLike, season: int) -> float:
    """Return what errors are divided by: the mean absolute change over a season of a history (Hyndman & Koehler 2006).

    Over one period where the history is no longer than a season; NaN where it never moves.

    >>> scale([1, 2, 4, 7], 1)
    2.0
    """
    values = np.asarray(history, float)
    lag = season if len(values) > season else 1
    moved = float(np.abs(values[lag:] - values[:-lag]).mean())
    return moved if moved > 0 else float("nan")


def msis(quantiles: ArrayLike, observed: ArrayLike, share: float = 0.95) -> Array:
    """Return the interval score of a central interval: its width, and 2/α times what lies outside (Gneiting & Raftery 2007).

    Divided by `scale` and averaged it is the mean scaled interval score of the M4 competition.

    >>> float(msis(np.array(LEVELS), 2.0).round(3))
    41.95
    """
    seen, alpha = np.asarray(observed, float), 1 - share
    low, high = at(quantiles, round(alpha / 2, 3)), at(quantiles, round(1 - alpha / 2, 3))
    return high - low + 2 / alpha * (np.maximum(low - seen, 0) + np.maximum(seen - high, 0))
