"""The search for the mode: of a curve with errors of one unknown size, or of a likelihood of counts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares, minimize
from statsmodels.tools.numdiff import approx_hess

from simlib.forecast.posterior import Array, Fit, FitError, Parameter, inverse, precision, values

_PRECISE = 1e-12  # relative, of a search
_NUDGE = 1e-5  # of a score, for slopes
_BEND = 1e-3  # of a score, for curvature
_ROUNDS = 200  # in which the size of the errors must settle
_IMPOSSIBLE = 1e6  # loss for each customer, where a likelihood is 0
_FLAT = 1e-5  # slope, for each customer, that counts as none
_HESITANT = 1e-9  # of a search that is repeated from where it ended


@dataclass(frozen=True)
class LeastSquares:
    """Observations that scatter around a curve with errors of one size, times weights; `error` where the size is known.

    `curve` gives (observation, draw) from parameters (parameter, draw); `weights` (observation,) are standard deviations
    in proportion. The size of the errors is RSS ÷ (observations − γ), γ being how many parameters the history told apart
    (MacKay 1992, "Bayesian interpolation"); without priors that is the usual n − k.
    """

    parameters: tuple[Parameter, ...]
    curve: Callable[[Array], Array]
    observed: Array
    weights: Array
    start: Array  # scores
    error: float | None = None

    def fit(self, estimator: str, remarks: Sequence[str] = ()) -> Fit:
        """Return the mode and its spread; raise FitError where the search does not end."""
        scores, error, told = self.start, self.error or self._scatter(self.start), 0.0
        for _ in range(_ROUNDS):
            if error == 0:
                raise FitError("every figure lies on one curve, so that nothing tells how far others may lie off it")
            scores = self.at(error).mode(scores)
            slopes = self._slopes(scores) / error
            information = slopes.T @ slopes
            told = float(np.trace(inverse(information + np.diag(precision(self.parameters))) @ information))
            before, error = error, self.error or self._scatter(scores, told)
            if error and (abs(error / before - 1) < _HESITANT or not precision(self.parameters).any()):
                break
        else:
            raise FitError("the search did not end: the size of the errors did not settle")
        slopes = self._slopes(scores) / error
        return Fit(
            estimator,
            self.parameters,
            scores,
            slopes.T @ slopes,
            residual_sd=error,
            freedom=None if self.error else len(self.observed) - told,
            remarks=tuple(remarks),
        )

    def at(self, error: float) -> LeastSquares:
        """Return the same, the size of the errors being known."""
        return replace(self, error=error)

    def mode(self, start: Array, held: tuple[int, ...] = ()) -> Array:
        """Return the best scores at a known size of errors, those of some parameters being held."""
        free = np.setdiff1d(np.arange(len(start)), held)

        def whole(part: Array) -> Array:
            scores = start.copy()
            scores[free] = part
            return scores

        def slopes(part: Array) -> Array:
            here = whole(part)
            held_by = np.sqrt(precision(self.parameters))
            pulls = np.diag(held_by)[held_by > 0]
            return np.concatenate([self._slopes(here) / self.error, pulls])[:, free]

        try:
            with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
                warnings.simplefilter("error")
                found = least_squares(
                    lambda part: self._residuals(whole(part)[:, np.newaxis])[:, 0],
                    start[free],
                    slopes,
                    method="lm",
                    ftol=_PRECISE,
                    xtol=_PRECISE,
                    gtol=_PRECISE,
                )
        except (ArithmeticError, ValueError, np.linalg.LinAlgError, RuntimeWarning):
            raise FitError("the search did not end: it ran out of what can be computed") from None
        if not found.success:
            raise FitError("the search did not end")
        return whole(found.x)

    def known(self, fit: Fit) -> LeastSquares:
        """Return the same with the size of errors that a fit found."""
        return self.at(fit.residual_sd)

    def loss(self, scores: Array) -> float:
        """Return minus the log of likelihood times priors, but for a constant, at a known size of errors."""
        return float(self.losses(scores[:, np.newaxis])[0])

    def losses(self, scores: Array) -> Array:
        """Return the loss of many scores (parameter, draw), (draw,)."""
        return np.sum(self._residuals(scores) ** 2, axis=0) / 2

    def redrawn(self, fit: Fit, generator: np.random.Generator) -> LeastSquares:
        """Return another history that the fit might have made, and priors as it might have met them."""
        centre = self.curve(fit.values[:, np.newaxis])[:, 0]
        noise = fit.residual_sd * self.weights * generator.standard_normal(len(centre))
        parameters = _redrawn(self.parameters, fit.scores, generator)
        return replace(self, parameters=parameters, observed=centre + noise, start=fit.scores)

    def _residuals(self, scores: Array) -> Array:
        away = self.observed[:, np.newaxis] - self.curve(values(self.parameters, scores))
        return np.concatenate([away / (self.error * self.weights[:, np.newaxis]), _pull(self.parameters, scores)])

    def _scatter(self, scores: Array, told: float = 0.0) -> float:
        with np.errstate(all="ignore"):
            away = (self.observed - self.curve(values(self.parameters, scores)[:, np.newaxis])[:, 0]) / self.weights
            return float(np.sqrt(np.sum(away**2) / (len(away) - told)))

    def _slopes(self, scores: Array) -> Array:
        """Return the derivative of the residuals at errors of size 1, (observation, parameter)."""
        steps = _NUDGE * np.eye(len(scores))
        there = np.concatenate([scores + steps, scores - steps]).T
        curve = self.curve(values(self.parameters, there)) / self.weights[:, np.newaxis]
        return -(curve[:, : len(scores)] - curve[:, len(scores) :]) / (2 * _NUDGE)


@dataclass(frozen=True)
class Likelihood:
    """Counts with a likelihood; `log_likelihood` takes counts and the values of the parameters."""

    parameters: tuple[Parameter, ...]
    log_likelihood: Callable[..., float]
    counts: Array
    start: Array  # scores
    farthest: Array  # scores beyond which a fit has found nothing, (parameter,)
    resample: Callable[[Array, Array, np.random.Generator], Array]  # counts, values, generator → counts

    def fit(self, estimator: str, remarks: Sequence[str] = ()) -> Fit:
        """Return the mode and its spread; raise FitError where the search does not end."""
        scores = self.mode(self.start)
        size = self.counts.max()
        information = size * approx_hess(scores, lambda there: self._misfit(there) / size, epsilon=_BEND)
        return Fit(estimator, self.parameters, scores, information, -self._misfit(scores), remarks=tuple(remarks))

    def mode(self, start: Array, held: tuple[int, ...] = ()) -> Array:
        """Return the best scores, those of some parameters being held."""
        free = np.setdiff1d(np.arange(len(start)), held)
        size = self.counts.max()

        def whole(part: Array) -> Array:
            scores = start.copy()
            scores[free] = part
            return scores

        def lost(part: Array) -> float:
            loss = self.loss(whole(part)) / size
            return loss if np.isfinite(loss) else _IMPOSSIBLE

        bounds = [(-self.farthest[at], self.farthest[at]) for at in free]
        options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1_000}
        found = minimize(lost, start[free], method="L-BFGS-B", jac="3-point", bounds=bounds, options=options)
        beyond = np.any(np.abs(found.x) > 0.99 * self.farthest[free])
        if beyond or not np.isfinite(found.fun) or np.linalg.norm(found.jac) > _FLAT:
            raise FitError("the search did not end")
        return whole(found.x)

    def known(self, fit: Fit) -> Likelihood:
        """Return the same; counts have no size of errors to be known."""
        return self

    def loss(self, scores: Array) -> float:
        """Return minus the log of likelihood times priors, but for a constant."""
        return float(self.losses(scores[:, np.newaxis])[0])

    def losses(self, scores: Array) -> Array:
        """Return the loss of many scores (parameter, draw), (draw,)."""
        likelihood = self.log_likelihood(self.counts, *values(self.parameters, scores))
        return np.sum(_pull(self.parameters, scores) ** 2, axis=0) / 2 - likelihood

    def redrawn(self, fit: Fit, generator: np.random.Generator) -> Likelihood:
        """Return other counts that the fit might have made, and priors as it might have met them."""
        counts = self.resample(self.counts, fit.values, generator)
        return replace(
            self, parameters=_redrawn(self.parameters, fit.scores, generator), counts=counts, start=fit.scores
        )

    def _misfit(self, scores: Array) -> float:
        return -float(self.log_likelihood(self.counts, *values(self.parameters, scores)))


Problem = LeastSquares | Likelihood


def _pull(parameters: Sequence[Parameter], scores: Array) -> Array:
    """Return how many standard deviations each parameter that has a prior is away from it, (parameter, draw)."""
    pairs = zip(parameters, scores, strict=True)
    pulls = [(score - each.prior.mean) / each.prior.sd for each, score in pairs if each.prior]
    return np.array(pulls).reshape(-1, scores.shape[1])


def _redrawn(parameters: Sequence[Parameter], scores: Array, generator: np.random.Generator) -> tuple[Parameter, ...]:
    """Return parameters whose priors lie around the fit, as far as they are wide: so refits hold what priors leave open."""
    moved = []
    for each, score in zip(parameters, scores, strict=True):
        prior = each.prior and each.prior._replace(mean=generator.normal(score, each.prior.sd))
        moved.append(each._replace(prior=prior))
    return tuple(moved)
