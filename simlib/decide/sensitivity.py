"""What drives an outcome, read from draws already made: no further simulation.

Inputs are one number per draw each, (draw,), and the outcome is (draw,). Where inputs are
correlated, an input's figures carry those of its companions, and shares need not sum to one.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

LOW_BAND, HIGH_BAND = (0.05, 0.15), (0.85, 0.95)  # around P10 and P90


def tornado(inputs: Mapping[str, ArrayLike], outcome: ArrayLike) -> list[dict]:
    """Mean outcome where each input is near its P10 and near its P90, widest swing first.

    Near means between the input's own 5th and 15th (85th and 95th) percentiles, ends included, so that
    equal values stay together. `at_p10`, `at_p90` are the input's values there, `low`, `high` the
    outcome's means, `swing` is high − low, and `error` the standard error of the swing.

    >>> x = np.arange(1000.0)
    >>> [{key: round(bar[key]) for key in ("low", "high", "swing")} for bar in tornado({"x": x}, 2 * x)]
    [{'low': 199, 'high': 1799, 'swing': 1600}]
    """
    outcome = _checked("outcome", outcome, None)
    bars = [_bar(name, _checked(name, values, outcome.size), outcome) for name, values in inputs.items()]
    return sorted(bars, key=lambda bar: -abs(bar["swing"]))


def first_order(inputs: Mapping[str, ArrayLike], outcome: ArrayLike) -> list[dict]:
    """Share of the outcome's variance that each input explains alone, Var(E[Y|X]) ÷ Var(Y), largest first.

    The draws are parted into ⌊√draws⌋ classes of equal count by the input's rank, or into its own values
    where it has no more than that (Plischke, Borgonovo & Smith 2013, EJOR 226, 536–550). Of the
    variance between m classes η², 1 − (1 − η²)(n − 1)/(n − m) takes off what chance alone would give
    (Kelley 1935, PNAS 21, 554–559); below 0 counts as 0. `error` is the asymptotic standard error for
    independent draws (Da Veiga & Gamboa 2013, J. Nonparametric Statistics 25, 573–595). An outcome
    that does not vary has nothing to explain: 0.

    >>> x, y = np.meshgrid(np.arange(40.0), np.arange(40.0))
    >>> shares = first_order({"x": x.ravel(), "y": y.ravel()}, (x + 2 * y).ravel())
    >>> [(share["input"], round(share["first_order"], 1)) for share in shares]
    [('y', 0.8), ('x', 0.2)]
    """
    outcome = _checked("outcome", outcome, None)
    shares = [_explained(name, _checked(name, values, outcome.size), outcome) for name, values in inputs.items()]
    return sorted(shares, key=lambda share: -share["first_order"])


def _bar(name: str, values: np.ndarray, outcome: np.ndarray) -> dict:
    *edges, at_p10, at_p90 = np.quantile(values, [*LOW_BAND, *HIGH_BAND, 0.1, 0.9])
    low, high = (outcome[(values >= lower) & (values <= upper)] for lower, upper in (edges[:2], edges[2:]))
    return {
        "input": name,
        "at_p10": float(at_p10),
        "at_p90": float(at_p90),
        "low": float(low.mean()),
        "high": float(high.mean()),
        "swing": float(high.mean() - low.mean()),
        "error": math.sqrt(low.var() / low.size + high.var() / high.size),
    }


def _explained(name: str, values: np.ndarray, outcome: np.ndarray) -> dict:
    if outcome.min() == outcome.max():
        return {"input": name, "first_order": 0.0, "error": 0.0}
    centred = outcome - outcome.mean()
    variance = np.mean(centred**2)
    group = _classes(values)
    counts = np.bincount(group)
    conditional = (np.bincount(group, weights=centred) / counts)[group]
    between = np.mean(conditional**2) / variance
    share = max(1 - (1 - between) * (outcome.size - 1) / (outcome.size - counts.size), 0.0)
    influence = (2 * conditional * centred - conditional**2 - share * centred**2) / variance
    return {"input": name, "first_order": float(share), "error": float(influence.std() / math.sqrt(outcome.size))}


def _classes(values: np.ndarray) -> np.ndarray:
    """The class of each draw, numbered from 0 without gaps; equal values share a class."""
    most = math.isqrt(values.size)
    distinct, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    if distinct.size <= most:
        return group
    draws_below = np.cumsum(counts) - counts
    return np.unique(draws_below * most // values.size, return_inverse=True)[1][group]


def _checked(name: str, values: ArrayLike, draws: int | None) -> np.ndarray:
    values = np.ascontiguousarray(values, dtype=float)
    if values.ndim != 1 or values.size < 4 or (draws is not None and values.size != draws):
        needed = "four draws or more" if draws is None else f"{draws} draws, as the outcome has"
        raise ValueError(f"{name}: {needed} in one row are needed; found an array of shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: {np.sum(~np.isfinite(values))} of {values.size} draws are not finite")
    return values
