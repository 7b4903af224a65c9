"""The members of a forecast, each by its name; all count alike, because weights by past score add almost nothing.

Chosen on Netflix's four regions and on simulated histories, never on Netflix's total: it is the test (docs/models.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.random import Generator

from simlib.forecast.curves import bass, saturating
from simlib.forecast.sampled import Array, Paths
from simlib.forecast.theta import theta
from simlib.forecast.trend import trend

Member = Callable[[Array, int], Paths]

MEMBERS: dict[str, Member] = {
    "damped trend": partial(trend, dampings=(1.0, 0.95, 0.85, 0.7, 0.4)),  # growth that goes on, breaks, or fades
    "saturating curve": saturating,  # growth that dies away at a steady pace
    "Bass market": bass,  # growth that speeds up, then meets the end of its market
    "Theta": theta,  # the average of the whole history, which the others forget
}
DRIFT = "drift"  # what stands in for them
SHORTEST = 4  # observations, below which no member is tried
WORTH = 1.0  # observations that a first guess of drift's scale counts as


def drift(values: Array, horizon: int, draws: int, rng: Generator) -> Array:
    """Return paths (period, draw) of a random walk whose drift and step are known as far as a short history tells them.

    The step's size has the mean square of the increments as a first guess, so that a history that chanced to be straight
    has no narrow fan. `values`: at least two.
    """
    increments = np.diff(values)
    degrees = len(increments) - 1 + WORTH
    squares = np.sum((increments - increments.mean()) ** 2) + WORTH * np.mean(increments**2)
    scale = np.sqrt(squares / rng.chisquare(degrees, draws))
    pace = increments.mean() + scale / np.sqrt(len(increments)) * rng.normal(size=draws)
    return values[-1] + np.cumsum(pace + scale * rng.normal(size=(horizon, draws)), axis=0)
