"""How long subscribers stay, from the survivors of one cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from simlib.forecast.posterior import Array, Fit, FitError, Prior, Scale, refuse_vague
from simlib.forecast.priors import parameter
from simlib.forecast.search import Likelihood
from simlib.models.retention import bdw_log_likelihood, bdw_survival, sbg_log_likelihood, sbg_survival

_FARTHEST_SHAPE = 7.0  # logarithm of a Beta's shape: churn differs by 3 % of itself among members, or is 0 or 1
_FARTHEST_DEPENDENCE = 2.0  # logarithm of c: churn is over at once, or never comes
SHAPES = ("alpha", "beta", "duration_dependence")
_MODELS: dict[str, tuple[int, Callable[..., Array], Callable[..., Array]]] = {
    "sbg": (2, sbg_log_likelihood, sbg_survival),
    "bdw": (3, bdw_log_likelihood, bdw_survival),
}
_REFUSED = {
    "sbg": "these survivors do not tell how churn differs: one for all would do, or 0 and 1",
    "bdw": "these survivors do not tell how churn differs from how it changes with tenure",
}


def fit_sbg(survivors: ArrayLike) -> Fit:
    """Fit sBG to a cohort's survivors by maximum likelihood (Fader & Hardie 2007).

    `survivors`: (period,), customers at the start and after 1, 2, … periods; counts, because ten times the
    customers give a third of the standard error. The spread is the inverse of the observed information.
    Raises FitError where the counts do not tell the shapes: as when nobody left, or when churn does not fall
    with tenure, so that all customers may be alike.

    >>> fit = fit_sbg([1000, 631, 468, 382, 326, 289, 262, 241])
    >>> print(round(fit["alpha"], 3), round(fit["beta"], 3), round(fit.log_likelihood, 3))
    0.704 1.182 -1680.265
    """
    return fit_problem(problem("sbg", survivors), "sbg")


def fit_bdw(survivors: ArrayLike) -> Fit:
    """Fit the beta-discrete-Weibull to a cohort's survivors by maximum likelihood.

    As `fit_sbg`, with `duration_dependence` c: above 1 everybody's own churn rises with tenure.
    Fader, Hardie, Liu, Davin & Steenburgh (2018), High End customers, years 0–4:

    >>> fit = fit_bdw([1000, 869, 743, 653, 593])
    >>> print(*(round(fit[name], 3) for name in ("alpha", "beta", "duration_dependence")))
    0.259 1.723 1.584
    """
    return fit_problem(problem("bdw", survivors), "bdw")


def problem(
    estimator: str, survivors: ArrayLike, priors: Mapping[str, tuple[Scale, Prior]] | None = None
) -> Likelihood:
    """Return what is to be fitted: one cohort's counts. Raises FitError for what is no cohort."""
    number, log_likelihood, survival = _MODELS[estimator]
    parameters = tuple(parameter(name, "", (priors or {}).get(name)) for name in SHAPES[:number])
    farthest = np.array([_FARTHEST_SHAPE, _FARTHEST_SHAPE, _FARTHEST_DEPENDENCE])[:number]

    def resample(counts: Array, values: Array, generator: np.random.Generator) -> Array:
        curve = survival(np.arange(len(counts)), *values)
        lost = generator.multinomial(round(counts[0]), np.append(-np.diff(curve), curve[-1]))
        return counts[0] - np.concatenate([[0], np.cumsum(lost[:-1])])

    return Likelihood(parameters, log_likelihood, _cohort(survivors), np.zeros(number), farthest, resample)


def fit_problem(problem: Likelihood, estimator: str, remarks: Sequence[str] = ()) -> Fit:
    """Return the fit of a cohort; raise FitError where it does not tell the shapes."""
    try:
        fit = problem.fit(estimator, remarks)
    except FitError:
        raise FitError(_REFUSED[estimator]) from None
    return refuse_vague(fit)


def _cohort(survivors: ArrayLike) -> Array:
    counts = np.asarray(survivors, float)
    falling = counts.ndim == 1 and len(counts) > 2 and np.all(np.diff(counts) <= 0)
    if not (falling and counts[0] > counts[-1] >= 0):
        found = counts.tolist()
        raise FitError(f"survivors are three or more counts that fall and never rise; found {found}")
    return counts
