"""Members of a platform that join and leave: closing counts → innovation, imitation, potential and churn together.

Net members tell three numbers and never four: dN/dt = pm + (q − p − δ) N − (q/m) N². So churn is brought along with a
spread and its source, and what the history cannot tell apart stays apart as the prior left it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from simlib.forecast.posterior import VAGUE, Array, Fit, FitError, Prior, Scale, refuse_vague
from simlib.forecast.priors import parameter, starting
from simlib.forecast.search import LeastSquares
from simlib.models.periods import per_step
from simlib.models.subscribers import subscriber_path

FEWEST = 5  # counts
FARTHEST_POTENTIAL = 1000  # potential ÷ the most members seen: its ceiling has left no trace
_PARAMETERS = (("innovation", "per year"), ("imitation", "per year"), ("potential", ""), ("monthly_churn", "per month"))
NAMES = tuple(name for name, _ in _PARAMETERS)
_STARTS = [(p, q, m) for p in (0.005, 0.05) for q in (0.1, 0.5) for m in (1.2, 3.0)]  # the potential ÷ the most seen


def fit_subscribers(
    members: ArrayLike, step: float, priors: Mapping[str, tuple[Scale, Prior]], periods: ArrayLike | None = None
) -> Fit:
    """Fit joining, leaving and potential to a platform's closing members.

    `members` (period,) in any unit, that of the potential; `step` in years; rates are per year, churn per month. `priors`
    must hold one of `monthly_churn`. `periods` numbers the counts where some are missing.
    Each count is set against the one before it, carried forward by the model: errors of a period do not heap up. They are
    overdispersed, with a variance in proportion to the members that may join or leave, as many times as periods passed.
    Raises FitError where there is no prior of churn, or history and priors do not tell the numbers.
    Bass (1969); attrition beside diffusion as in Libai, Muller & Peres (2009).
    """
    return fit_problem(problem(members, step, priors, periods))


def problem(
    members: ArrayLike, step: float, priors: Mapping[str, tuple[Scale, Prior]], periods: ArrayLike | None = None
) -> LeastSquares:
    """Return what is to be fitted; raise FitError for what is no history of members."""
    counts = np.asarray(members, float)
    if counts.ndim != 1 or len(counts) < FEWEST or not np.all(counts > 0):
        raise FitError(f"members are at least {FEWEST} counts above 0; found {counts.tolist()}")
    if "monthly_churn" not in priors:
        raise FitError(
            "net members do not tell churn from joining: say what is known of monthly_churn as a prior, with its source"
        )
    hops = np.diff(np.arange(len(counts)) if periods is None else np.asarray(periods)).astype(int)
    before, seen = counts[:-1], counts[1:]
    at = (hops - 1, np.arange(len(hops)))

    def carried(values: Array) -> Array:
        p, q, m, churn = (value[np.newaxis, np.newaxis] for value in values)
        shape = (hops.max(), 1, values.shape[1])
        path = subscriber_path(before[:, np.newaxis], np.broadcast_to(m, shape), p, q, per_step(churn, step), step)
        return path[at]

    parameters = tuple(parameter(name, unit, priors.get(name)) for name, unit in _PARAMETERS)
    return LeastSquares(parameters, carried, seen, np.sqrt(hops * before), _start(parameters, counts, _STARTS[0]))


def fit_problem(problem: LeastSquares, remarks: Sequence[str] = ()) -> Fit:
    """Return the best fit from several starts; raise FitError, naming what needs a prior, where none ends."""
    try:
        fit = _best(problem, remarks)
    except FitError:
        if vague := _needs_a_prior(problem):
            said = f"this history says next to nothing about {vague}; say what was thought of it as a prior"
            raise FitError(said) from None
        raise
    if not fit["potential"] < FARTHEST_POTENTIAL * problem.observed.max():
        raise FitError("this history does not tell the potential: growth has not begun to slow down; state a prior")
    return refuse_vague(fit)


def _best(problem: LeastSquares, remarks: Sequence[str] = ()) -> Fit:
    """Return the best of the fits from several starts; raise the last one's FitError where none ends."""
    ended = []
    for guess in _STARTS:
        try:
            start = _start(problem.parameters, problem.observed, guess)
            ended.append(replace(problem, start=start).fit("subscribers", remarks))
        except FitError as error:
            reason = error
    if not ended:
        raise reason
    return min(ended, key=lambda fit: _evidence(problem, fit))


def _needs_a_prior(problem: LeastSquares) -> str:
    """Return the parameters that stay vague where those without a prior are given one as wide as nothing."""
    start = _start(problem.parameters, problem.observed, _STARTS[0])
    pairs = zip(problem.parameters, start, strict=True)
    parameters = tuple(each if each.prior else each._replace(prior=Prior(score, VAGUE, "")) for each, score in pairs)
    without = [name for name, each in zip(NAMES, problem.parameters, strict=True) if not each.prior]
    try:
        fit = _best(replace(problem, parameters=parameters))
    except FitError:
        return " and ".join(without)
    vague = [name for name in without if fit.spread[NAMES.index(name), NAMES.index(name)] > VAGUE**2 / 4]
    return " and ".join(vague or without)


def _start(parameters: Sequence, counts: Array, guess: tuple[float, float, float]) -> Array:
    """Return scores to start from, of one of several guesses."""
    p, q, times = guess
    return starting(parameters, (p, q, times * counts.max(), math.nan))  # churn has a prior


def _evidence(problem: LeastSquares, fit: Fit) -> float:
    """Return minus the log of likelihood times priors, the size of the errors being each fit's own."""
    return problem.at(fit.residual_sd).loss(fit.scores) + len(problem.observed) * np.log(fit.residual_sd)
