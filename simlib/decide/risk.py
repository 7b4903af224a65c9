"""What uncertainty costs whoever must bear it: certainty equivalent, the mean of the worst draws, regret."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from simlib.decide.value import draws_of, standard_error


class Estimate(NamedTuple):
    """A number read from draws, and its Monte Carlo error."""

    value: float
    error: float


def certainty_equivalent(npv: ArrayLike, tolerance: float) -> Estimate:
    """The sure amount that is worth as much as uncertain draws (draw,) to a party of constant risk aversion.

    −τ log E[exp(−X/τ)] with τ the risk tolerance, in the money of the draws (Pratt 1964, Econometrica 32, 122–136;
    Howard 1988, Management Science 34, 679–695); a normal X gives mean − variance ÷ 2τ, and τ → ∞ the mean. The error
    is that of the delta method. Raises ValueError for a tolerance that is not above 0, and for draws that are not finite.

    >>> round(certainty_equivalent([0, 100], 50).value, 2), round(certainty_equivalent([7, 7], 50).value, 2)
    (28.31, 7.0)
    """
    npv = draws_of(npv)
    if not 0 < tolerance < math.inf:
        raise ValueError(f"a risk tolerance is an amount above 0; found {tolerance}")
    log_mean = logsumexp(-npv / tolerance, b=1 / npv.size)
    weights = np.exp(-npv / tolerance - log_mean)  # of mean 1
    return Estimate(float(-tolerance * log_mean), tolerance * standard_error(weights))


def cvar(npv: ArrayLike, tail: float) -> Estimate:
    """Mean of the worst share of draws (draw,), the draw on the boundary counting in part (`tail` 1: of all draws).

    Conditional value at risk (Rockafellar & Uryasev 2002, J. Banking & Finance 26, 1443–1471, prop. 8), of present
    values, so that less is worse; its error from the same paper's E[min(X, quantile)]. Raises ValueError for a tail
    that is not above 0 and at most 1, and for draws that are not finite.

    >>> cvar([1, 2, 3, 10], 0.5).value, round(cvar([1, 2, 3, 10], 0.375).value, 4)
    (1.5, 1.3333)
    """
    npv = draws_of(npv)
    if not 0 < tail <= 1:
        raise ValueError(f"the tail is a share of draws above 0 and at most 1; found {tail}")
    rank = min(math.ceil(tail * npv.size), npv.size) - 1
    boundary = np.partition(npv, rank)[rank]
    shortfall = np.minimum(npv - boundary, 0)
    return Estimate(float(boundary + shortfall.mean() / tail), standard_error(shortfall) / tail)


def regret(options: ArrayLike) -> np.ndarray:
    """What each option (option, draw) is on average worth less than the best of each draw: (option,).

    The least of them is what perfect information would be worth. Raises ValueError where a draw is not finite.

    >>> regret([[0, 10], [4, 4]])
    array([2., 3.])
    """
    options = options_of(options)
    return np.mean(options.max(axis=0) - options, axis=1)


def options_of(options: ArrayLike) -> np.ndarray:
    """Return what options are worth, (option, draw), checked: one option or more, every draw finite."""
    options = np.ascontiguousarray(options, dtype=float)
    if options.ndim != 2 or 0 in options.shape:
        raise ValueError(f"options are rows of draws, (option, draw); found an array of shape {options.shape}")
    if not np.isfinite(options).all():
        raise ValueError(f"{np.sum(~np.isfinite(options))} of {options.size} values are missing or infinite")
    return options
