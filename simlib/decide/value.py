"""How a distribution reads: percentiles, Monte Carlo error, probability of loss."""

import math

import numpy as np
from numpy.typing import ArrayLike

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)


def describe(values: ArrayLike) -> dict[str, float]:
    """Mean, standard deviation, percentiles and Monte Carlo error of one number per draw.

    The error, sd ÷ √draws, is that of independent draws: stratified draws come closer, so it is an upper
    bound. One draw has no spread: NaN. Raises ValueError where a draw is missing or infinite.

    >>> summary = describe([1, 2, 3, 4, 5])
    >>> summary["mean"], summary["p50"], summary["p90"], round(summary["mc_error"], 4)
    (3.0, 3.0, 4.6, 0.7071)
    """
    values = draws_of(values)
    percentiles = np.percentile(values, PERCENTILES)
    return {
        "mean": float(values.mean()),
        "sd": _sd(values),
        **{f"p{name:02d}": float(value) for name, value in zip(PERCENTILES, percentiles, strict=True)},
        "mc_error": standard_error(values),
    }


def standard_error(values: ArrayLike) -> float:
    """Standard error of the mean of independent draws, sd ÷ √draws; NaN for a single draw.

    >>> standard_error([1, 3])
    1.0
    """
    values = draws_of(values)
    return _sd(values) / math.sqrt(values.size)


def probability_of_loss(values: ArrayLike) -> float:
    """Share of draws below zero.

    >>> probability_of_loss([-1, 0, 1, 2])
    0.25
    """
    return float(np.mean(draws_of(values) < 0))


def draws_of(values: ArrayLike) -> np.ndarray:
    """Return one number per draw (draw,), checked: ValueError where there is none, or one is missing or infinite."""
    values = np.ascontiguousarray(values, dtype=float)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"one number per draw is needed; found an array of shape {values.shape}")
    if not np.isfinite(values).all():
        missing = np.sum(~np.isfinite(values))
        raise ValueError(f"{missing} of {values.size} draws are missing or infinite; pass those that are not")
    return values


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else math.nan
