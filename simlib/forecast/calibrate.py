"""Fits of the models to history, each estimator by its own name, with the uncertainty of the fit.

Estimators of one model answer differently, and a figure quoted without its estimator says little.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeWarning, curve_fit, minimize
from statsmodels.tools.numdiff import approx_hess

from simlib.models.diffusion import adoption_density, cumulative_adoption
from simlib.models.retention import sbg_log_likelihood

Array = NDArray[np.float64]

# Beyond these a fit has found nothing.
_VAGUE = 3.0  # standard error of a logarithm: the 95 % interval spans five powers of ten
_FARTHEST_SHAPE = 9.0  # logarithm of a Beta's shape: churn is one for all, or 0 or 1 for each
_FARTHEST_POTENTIAL = 1000  # potential ÷ those who have adopted: its ceiling has left no trace

_HESSIAN_STEP = 1e-3  # of a logarithm


class FitError(ValueError):
    """A fit that found no answer: there are no parameters to use."""


@dataclass(frozen=True, slots=True, eq=False)
class SbgFit:
    """The shifted-beta-geometric model of one cohort; the covariance is in the order (alpha, beta)."""

    alpha: float
    beta: float
    log_likelihood: float
    covariance: Array

    @property
    def standard_errors(self) -> Array:
        """Return the standard errors of (alpha, beta)."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True, slots=True, eq=False)
class BassFit:
    """The Bass model of one product, rates per period; the covariance is in the order of the first three."""

    innovation: float
    imitation: float
    potential: float
    covariance: Array
    residual_sd: float

    @property
    def standard_errors(self) -> Array:
        """Return the standard errors of (innovation, imitation, potential)."""
        return np.sqrt(np.diag(self.covariance))


def fit_sbg(survivors: ArrayLike) -> SbgFit:
    """Fit sBG to a cohort's survivors by maximum likelihood (Fader & Hardie 2007).

    `survivors`: (period,), customers at the start and after 1, 2, … periods; counts, because ten times the
    customers give a third of the standard error. The covariance is the inverse of the observed information.
    Raises FitError where the counts do not tell the shapes: as when nobody left, or when churn does not fall
    with tenure, so that all customers may be alike.

    >>> fit = fit_sbg([1000, 631, 468, 382, 326, 289, 262, 241])
    >>> print(round(fit.alpha, 3), round(fit.beta, 3), round(fit.log_likelihood, 3))
    0.704 1.182 -1680.265
    """
    counts = _cohort(survivors)

    def loss(logs: Array) -> float:
        return -float(sbg_log_likelihood(counts, *np.exp(logs))) / counts[0]

    bounds = [(-_FARTHEST_SHAPE, _FARTHEST_SHAPE)] * 2
    precision = {"xatol": 1e-8, "fatol": 1e-14}
    found = minimize(loss, np.zeros(2), method="Nelder-Mead", bounds=bounds, options=precision)
    if not found.success or np.any(np.abs(found.x) > 0.99 * _FARTHEST_SHAPE):
        raise FitError("these survivors do not tell how churn differs: one for all would do, or 0 and 1")
    shapes = np.exp(found.x)
    information = counts[0] * approx_hess(found.x, loss, epsilon=_HESSIAN_STEP)
    covariance = _of_parameters(("alpha", "beta"), shapes, np.linalg.inv(information))
    return SbgFit(float(shapes[0]), float(shapes[1]), -found.fun * counts[0], covariance)


def fit_bass_nls(adopters: ArrayLike) -> BassFit:
    """Fit Bass to adopters per period by least squares on increments: y(t) = m [F(t) − F(t − 1)].

    `adopters`: (period,), from the launch on. Rates are per period, the potential in the unit of `adopters`.
    Srinivasan & Mason (1986); to be preferred to `fit_bass_density` where a period is long.
    Raises FitError where the history does not tell the three numbers apart, as before growth has slowed.

    >>> fit = fit_bass_nls([106, 319, 492, 635, 737, 890, 1397, 1523, 1294, 1240, 1425, 1260, 1236])
    >>> print(round(fit.innovation, 5), round(fit.imitation, 5), round(fit.potential, 1))
    0.0136 0.3267 16497.0
    """

    def increments(time: Array, p: float, q: float, m: float) -> Array:
        return m * (cumulative_adoption(time, p, q) - cumulative_adoption(time - 1, p, q))

    return _fit_bass(adopters, increments)


def fit_bass_density(adopters: ArrayLike) -> BassFit:
    """Fit Bass to adopters per period by least squares on the density: y(t) = m f(t), t = 1, 2, …

    As `fit_bass_nls`, but taking the rate at a period's end for what happened during the period; the answer
    differs (video recorders: p .0066 here, .0088 there). Cowpertwait & Metcalfe (2009), section 3.3.4.

    >>> fit = fit_bass_density([840, 1470, 2110, 4000, 7590, 10950, 10530, 9470, 7790, 5890])
    >>> print(round(fit.innovation, 5), round(fit.imitation, 3), round(fit.potential))
    0.00659 0.638 67981
    """

    def density(time: Array, p: float, q: float, m: float) -> Array:
        return m * adoption_density(time, p, q)

    return _fit_bass(adopters, density)


def _cohort(survivors: ArrayLike) -> Array:
    counts = np.asarray(survivors, float)
    falling = counts.ndim == 1 and len(counts) > 2 and np.all(np.diff(counts) <= 0)
    if not (falling and counts[0] > counts[-1] >= 0):
        found = counts.tolist()
        raise FitError(f"survivors are three or more counts that fall and never rise; found {found}")
    return counts


def _fit_bass(adopters: ArrayLike, curve: Callable[[Array, float, float, float], Array]) -> BassFit:
    observed = np.asarray(adopters, float)
    if observed.ndim != 1 or len(observed) < 5 or not (np.all(observed >= 0) and np.any(observed > 0)):
        raise FitError(f"adopters are at least five counts, not all of them 0; found {observed.tolist()}")
    periods = len(observed)
    time = np.arange(1.0, periods + 1)
    start = np.log([0.25 / periods, 4 / periods, 1.5 * observed.sum()])  # a curve two thirds done

    def of_logs(time: Array, *logs: float) -> Array:
        return curve(time, *np.exp(logs))

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            logs, covariance = curve_fit(of_logs, time, observed, start, ftol=1e-12, xtol=1e-12)
    except (RuntimeError, RuntimeWarning, OptimizeWarning):
        raise FitError("these adopters do not tell Bass's three numbers apart: the search did not end") from None
    found = np.exp(logs)
    if not found[2] < _FARTHEST_POTENTIAL * observed.sum():
        raise FitError("these adopters do not tell the potential: their growth has not begun to slow down")
    covariance = _of_parameters(("innovation", "imitation", "potential"), found, covariance)
    residual_sd = np.sqrt(np.sum((observed - of_logs(time, *logs)) ** 2) / (periods - 3))
    return BassFit(*map(float, found), covariance, float(residual_sd))


def _of_parameters(names: tuple[str, ...], parameters: Array, covariance_of_logs: Array) -> Array:
    """Return the covariance of parameters from that of their logarithms; or raise FitError if too wide."""
    variances = np.diag(covariance_of_logs)
    vague = [name for name, variance in zip(names, variances, strict=True) if not 0 <= variance < _VAGUE**2]
    if vague:
        raise FitError(f"this history says next to nothing about {' and '.join(vague)}")
    return np.outer(parameters, parameters) * covariance_of_logs
