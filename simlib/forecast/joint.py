"""The joint distribution that is written: normal on the parameters' scales, with the posterior's own mean and covariance.

What a history cannot tell apart lies on a curve, not on a line: the normal that has the curvature at the mode may then be
far too wide, or miss the bend. So where anything was thought before, the posterior itself is drawn from; without any prior
the estimator's own covariance stands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from simlib.forecast.posterior import VAGUE, Array, Fit, values
from simlib.forecast.search import Problem

WALKERS, STEPS, MOST_STEPS, BATCHES = 200, 800, 3200, 5
ENOUGH = 1000  # independent draws: the error of a mean is then 3 % of the standard deviation
_STRETCH = 2.0  # Goodman & Weare's a
_FARTHEST = 3 * VAGUE  # of a score that nothing was thought of; beyond it a likelihood that levels off has no end


class Joint(NamedTuple):
    """Mean and covariance of the scores, each score's own ends (parameter, low and high), how many draws they rest on."""

    scores: Array
    spread: Array
    ends: Array
    effective: float

    def interval(self, fit: Fit, level: float) -> Array:
        """Return the central interval of each parameter that the normal gives, (parameter, low and high)."""
        reach = np.sqrt(np.diag(self.spread)) * ndtri((1 + level) / 2)
        return np.stack([values(fit.parameters, self.scores + sign * reach) for sign in (-1, 1)], axis=1)


def joint(problem: Problem, fit: Fit, level: float, generator: np.random.Generator) -> Joint:
    """Return the normal nearest to what history and priors say together; its ends hold `level` of it.

    Nearest is: of the same mean and covariance, which makes the divergence of the posterior from it smallest.
    """
    if not any(each.prior for each in fit.parameters):
        reach = np.sqrt(np.diag(fit.spread)) * ndtri((1 + level) / 2)
        return Joint(fit.scores, fit.spread, np.stack([fit.scores - reach, fit.scores + reach], axis=1), np.inf)
    steps = sample(problem, fit, generator)
    drawn = np.concatenate(steps, axis=1)
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1).T
    return Joint(drawn.mean(axis=1), np.atleast_2d(np.cov(drawn)), ends, effective(steps))


def sample(problem: Problem, fit: Fit, generator: np.random.Generator) -> Array:
    """Return draws from likelihood times priors, (step, parameter, walker), the size of errors being the fit's.

    As many steps as give enough draws, or as patience allows; the first quarter is thrown away. Two halves of an ensemble
    move by turns, each walker along the line to one of the other half, which a stretched distribution troubles no more
    than a round one: Goodman & Weare (2010), equation 7.
    """
    known, number = problem.known(fit), len(fit.scores)
    free = np.array([each.prior is None for each in fit.parameters])

    def log_density(scores: Array) -> Array:
        inside = np.all(np.abs(scores - fit.scores[:, np.newaxis])[free] < _FARTHEST, axis=0)
        with np.errstate(all="ignore"):
            lost = known.losses(np.where(inside, scores, fit.scores[:, np.newaxis]))
        return np.where(inside & np.isfinite(lost), -lost, -np.inf)

    spread = np.linalg.cholesky(fit.spread) / 2
    walkers = fit.scores[:, np.newaxis] + spread @ generator.standard_normal((number, WALKERS))
    densities, halves, kept = log_density(walkers), np.split(np.arange(WALKERS), 2), []
    while len(kept) < MOST_STEPS and (len(kept) % STEPS or not kept or effective(_settled(kept)) < ENOUGH):
        for moving, standing in (halves, halves[::-1]):
            stretch = ((_STRETCH - 1) * generator.random(len(moving)) + 1) ** 2 / _STRETCH
            towards = walkers[:, generator.choice(standing, len(moving))]
            there = towards + stretch * (walkers[:, moving] - towards)
            density = log_density(there)
            better = (number - 1) * np.log(stretch) + density - densities[moving]
            taken = moving[np.log(generator.random(len(moving))) < better]
            walkers[:, taken] = there[:, np.isin(moving, taken)]
            densities[taken] = density[np.isin(moving, taken)]
        kept.append(walkers.copy())
    return _settled(kept)


def effective(steps: Array) -> float:
    """Return how many independent draws have the same error in their mean as these, the least of any parameter.

    `steps` (step, parameter, walker); by means of batches of steps (Flegal, Haran & Jones 2008).
    """
    batches = np.stack([batch.mean(axis=(0, 2)) for batch in np.array_split(steps, BATCHES)])
    return float(np.min(steps.var(axis=(0, 2)) / (batches.var(axis=0, ddof=1) / BATCHES)))


def _settled(kept: list[Array]) -> Array:
    return np.array(kept[len(kept) // 4 :])
