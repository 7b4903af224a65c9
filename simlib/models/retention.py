"""How long subscribers stay: survival of a cohort when churn is one number, differs, or depends on tenure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, xlogy

Array = NDArray[np.float64]


def geometric_survival(periods: ArrayLike, churn: ArrayLike) -> Array:
    """Return the share of a cohort still there after `periods`, with the same churn for everybody.

    `churn` is the probability of leaving in a period, 0–1; the two broadcast. S(t) = (1 − θ)^t.

    >>> geometric_survival([0, 1, 2], 0.5).tolist()
    [1.0, 0.5, 0.25]
    """
    return (1 - np.asarray(churn, float)) ** np.asarray(periods)


def sbg_survival(periods: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Array:
    """Return the share of a cohort still there after `periods`, churn being Beta(α, β) among its members.

    The three broadcast. Raises ValueError unless α and β are positive.
    Fader & Hardie (2007): S(t) = B(α, β + t) / B(α, β).

    >>> sbg_survival([0, 1, 2], 1, 2).round(4).tolist()
    [1.0, 0.6667, 0.5]
    """
    a, b = _shapes(alpha, beta)
    return np.exp(betaln(a, b + np.asarray(periods)) - betaln(a, b))


def sbg_hazard(period: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Array:
    """Return the churn in the `period`-th period (1, 2, …) of those who came so far.

    It falls with tenure although nobody's own churn does: who leaves easily has left.
    The three broadcast; raises as `sbg_survival`. Fader & Hardie (2007): α / (α + β + t − 1).

    >>> sbg_hazard([1, 2, 3], 1, 2).round(4).tolist()
    [0.3333, 0.25, 0.2]
    """
    a, b = _shapes(alpha, beta)
    return a / (a + b + np.asarray(period) - 1)


def bdw_survival(periods: ArrayLike, alpha: ArrayLike, beta: ArrayLike, duration_dependence: ArrayLike) -> Array:
    """Return the share still there after `periods`, each member's own churn changing with tenure too.

    `duration_dependence` c > 1: everybody's churn rises with tenure; c < 1: it falls; c = 1: `sbg_survival`.
    All broadcast; raises as `sbg_survival`.
    Fader, Hardie, Liu, Davin & Steenburgh (2018), beta-discrete-Weibull: S(t) = B(α, β + t^c) / B(α, β).

    >>> bdw_survival([0, 1, 4], 1, 2, 0.5).round(4).tolist()
    [1.0, 0.6667, 0.5]
    """
    return sbg_survival(np.asarray(periods) ** np.asarray(duration_dependence, float), alpha, beta)


def bdw_log_survival(periods: ArrayLike, alpha: ArrayLike, beta: ArrayLike, duration_dependence: ArrayLike) -> Array:
    """Return the logarithm of `bdw_survival`, which stays a number where next to nobody is left.

    >>> print(round(float(bdw_log_survival(1e6, 300, 2, 2.0)), 1))
    -6868.7
    """
    a, b = _shapes(alpha, beta)
    return betaln(a, b + np.asarray(periods) ** np.asarray(duration_dependence, float)) - betaln(a, b)


def sbg_log_likelihood(survivors: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Array:
    """Return the log-likelihood of one cohort's counts under churn that is Beta(α, β) among its members.

    `survivors`: (period,), customers at the start and after 1, 2, … periods; the result has the shape to
    which α and β broadcast. Raises as `sbg_survival`.
    Fader & Hardie (2007): Σ nₜ ln P(T = t) + n_T ln S(T).

    >>> print(round(float(sbg_log_likelihood([4, 3, 3], 1, 1)), 4))
    -3.989
    """
    counts = np.asarray(survivors, float)
    tenure = _along_a_first_axis(len(counts), alpha, beta)
    leaving = sbg_survival(tenure[:-1], alpha, beta) * sbg_hazard(tenure[1:], alpha, beta)
    lost, left = counts[:-1] - counts[1:], counts[-1]
    return np.tensordot(lost, np.log(leaving), axes=1) + left * np.log(sbg_survival(len(lost), alpha, beta))


def bdw_log_likelihood(
    survivors: ArrayLike, alpha: ArrayLike, beta: ArrayLike, duration_dependence: ArrayLike
) -> Array:
    """Return the log-likelihood of one cohort's counts under the beta-discrete-Weibull.

    As `sbg_log_likelihood`, which it equals where c = 1; the three parameters broadcast. Raises as `sbg_survival`.
    Fader, Hardie, Liu, Davin & Steenburgh (2018): P(T = t) = S(t − 1) − S(t).

    >>> print(round(float(bdw_log_likelihood([4, 3, 3], 1, 1, 1)), 4))
    -3.989
    """
    counts = np.asarray(survivors, float)
    tenure = _along_a_first_axis(len(counts), alpha, beta, duration_dependence)
    survival = bdw_survival(tenure, alpha, beta, duration_dependence)
    lost = (counts[:-1] - counts[1:]).reshape(tenure[1:].shape)
    return np.sum(xlogy(lost, -np.diff(survival, axis=0)), axis=0) + xlogy(counts[-1], survival[-1])


def sbg_segments(alpha: ArrayLike, beta: ArrayLike, nodes: int) -> tuple[Array, Array]:
    """Return a few segments of constant churn that stand in for churn that is Beta(α, β) among members.

    Gives (churn per period, weight), each (node, …), weights summing to 1 over the nodes; the other axes are
    those to which α and β broadcast. Survival is exact up to 2 nodes − 1 periods. Raises as `sbg_survival`.
    Gauss–Jacobi quadrature as a symmetric eigenproblem (Golub & Welsch 1969), its entries made of the
    canonical moments of the Beta distribution (Dette & Studden 1997). SciPy's roots_jacobi takes one pair at
    a time, divides by zero at α + β = 1 and overflows from α + β = 1,030 or so.

    >>> churn, weight = sbg_segments(0.704, 1.182, nodes=4)
    >>> print(round(float(weight @ (1 - churn) ** 7), 6), round(float(sbg_survival(7, 0.704, 1.182)), 6))
    0.239051 0.239051
    """
    a, b = (shape[..., np.newaxis] for shape in np.broadcast_arrays(*_shapes(alpha, beta)))
    k = np.arange(1, nodes + 1)
    odd, even = (a + k - 1) / (a + b + 2 * k - 2), k / (a + b + 2 * k - 1)  # the canonical moments p₂ₖ₋₁, p₂ₖ
    diagonal = odd * (1 - np.insert(even[..., :-1], 0, 0, axis=-1))
    passed_on = ((1 - odd) * even)[..., :-1]
    matrix = np.zeros((*diagonal.shape, nodes))
    matrix[..., k[1:] - 1, k[:-1] - 1] = np.sqrt(diagonal[..., :-1] * passed_on)
    diagonal[..., 1:] += passed_on
    matrix[..., k - 1, k - 1] = diagonal
    churn, vectors = np.linalg.eigh(matrix, UPLO="L")
    return np.moveaxis(np.clip(churn, 0, 1), -1, 0), np.moveaxis(vectors[..., 0, :] ** 2, -1, 0)


def _along_a_first_axis(periods: int, *parameters: ArrayLike) -> Array:
    """Return 0, 1, 2, … along an axis before those to which parameters broadcast."""
    return np.arange(float(periods)).reshape(-1, *[1] * np.broadcast(*parameters).ndim)


def _shapes(alpha: ArrayLike, beta: ArrayLike) -> tuple[Array, Array]:
    a, b = np.asarray(alpha, float), np.asarray(beta, float)
    for name, shape in (("alpha", a), ("beta", b)):
        if not np.all(shape > 0):
            raise ValueError(f"{name} of a Beta distribution must be above 0, found {np.min(shape):g}")
    return a, b
