"""The spread of a forecast, put right by the errors that it made before: only those that had been seen at its origin."""

from __future__ import annotations

import numpy as np

from simlib.forecast.sampled import Array

# Chosen on Netflix's four regions and on simulated histories (benchmarks/bench_forecast.py), where scores hardly change
# within half or double of each
PRIOR = 1.25  # the factor while no error has been seen: real histories break more often than their past tells
PRIOR_WORTH = 24.0  # errors that it counts as
SHARED_WORTH = 20.0  # errors that the factor of all horizons counts as in each horizon's own
REMEMBERED = 0.95  # of an error's weight, a period
WIDEST_ERROR = 4.0  # in spreads; one break does not blow up the spread for years
NARROWEST = 0.8  # a lucky stretch makes nobody much surer
MEAN_OF_ABSOLUTE = 0.798  # √(2/π): the mean absolute error of a standard normal forecast


def factors(ratios: Array) -> Array:
    """Return what the spread is multiplied by (horizon,), from errors in spreads (origin, horizon), NaN where not yet seen.

    Rows are origins one after another, the last being one period before the forecast's own. Of overlapping errors at
    horizon h only one in h is news, so each weighs 1/h.

    >>> print(factors(np.full((0, 3), np.nan)))
    [1.25 1.25 1.25]
    """
    origins, horizons = ratios.shape
    steps = np.arange(1, horizons + 1)
    ago = np.maximum(np.arange(origins, 0, -1)[:, None] - steps, 0)  # periods since an error was seen
    weights = np.where(np.isnan(ratios), 0.0, REMEMBERED**ago / steps)
    errors = weights * np.minimum(np.nan_to_num(np.abs(ratios)), WIDEST_ERROR) / MEAN_OF_ABSOLUTE
    together = (PRIOR_WORTH * PRIOR + errors.sum()) / (PRIOR_WORTH + weights.sum())
    own = (SHARED_WORTH * together + errors.sum(axis=0)) / (SHARED_WORTH + weights.sum(axis=0))
    return np.maximum(own, NARROWEST)
