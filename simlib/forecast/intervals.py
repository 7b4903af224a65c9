"""Intervals that do not lean on the normal at the mode: by profile, and by fitting again what might have been seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, stdtrit

from simlib.forecast.posterior import Array, Fit, FitError, values
from simlib.forecast.search import Problem

_FARTHEST = 8.0  # normal intervals to look on either side before an interval is called open
_FINE = 1e-4  # of a normal interval


class Refitted(NamedTuple):
    """Fits of histories that might have been seen: scores (refit, parameter), and how many refits found no answer."""

    scores: Array
    failed: int


def profile(problem: Problem, fit: Fit, level: float) -> Array:
    """Return each parameter's interval by profile likelihood, (parameter, low and high), NaN where it is open.

    The parameter is held away from the mode and the others are fitted again, until what is lost is what chance would take:
    χ² with one degree of freedom of a likelihood, Student's t² where the size of the errors had to be estimated; priors
    count as observations. Venzon & Moolgavkar (1988); Bates & Watts (1988), chapter 6.
    """
    problem = problem.known(fit)
    allowed = (stdtrit(fit.freedom, (1 + level) / 2) ** 2 if fit.freedom else chdtri(1, 1 - level)) / 2
    widths = np.sqrt(np.diag(fit.spread)) * np.sqrt(2 * allowed)
    ends = [[_end(problem, fit, at, sign * width, allowed) for sign in (-1, 1)] for at, width in enumerate(widths)]
    return np.stack([values(fit.parameters, np.array(side)) for side in zip(*ends, strict=True)], axis=1)


def _end(problem: Problem, fit: Fit, at: int, width: float, allowed: float) -> float:
    """Return the score on one side at which the profile has lost what chance would take, or NaN."""
    least, warm = problem.loss(fit.scores), {0.0: fit.scores}

    def lost(reach: float) -> float:
        near = warm[min(warm, key=lambda known: abs(known - reach))].copy()
        near[at] = fit.scores[at] + reach * width
        warm[reach] = problem.mode(near, held=(at,))
        return problem.loss(warm[reach]) - least - allowed

    try:
        reach = 1.0
        while lost(reach) < 0:
            reach *= 1.5
            if reach > _FARTHEST:
                return np.nan
        if lost(0.0) >= 0:
            return np.nan  # not even the mode is found again: the figures are beyond what can be computed
        return fit.scores[at] + width * brentq(lost, 0, reach, xtol=_FINE)
    except FitError:
        return np.nan


def bootstrap(problem: Problem, fit: Fit, refits: int, generator: np.random.Generator) -> Refitted:
    """Return the fits of `refits` histories that the fit might have made, with priors moved around it by their width.

    Least squares draws normal errors of the fit's size, a cohort's counts are multinomial. Moving the priors too makes
    refits of a linear model spread as its posterior does (Bardsley, Solonen, Haario & Laine 2014).
    Raises FitError where fewer than half of the refits find an answer.
    """
    found = []
    for _ in range(refits):
        again = problem.redrawn(fit, generator)
        try:
            found.append(again.fit(fit.estimator).scores)
        except FitError:
            continue
    if 2 * len(found) < refits:
        raise FitError(f"of {refits} histories that this fit might have made, only {len(found)} can be fitted")
    return Refitted(np.array(found), refits - len(found))


def between(fit: Fit, refitted: Refitted, level: float) -> Array:
    """Return each parameter's central interval among refits, (parameter, low and high)."""
    ends = np.quantile(refitted.scores, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.stack([values(fit.parameters, end) for end in ends], axis=1)
