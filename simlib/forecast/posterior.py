"""What a history says of a model's parameters, together with what was thought of them before.

Each parameter is sought on a scale on which what is thought of it is normal (the logarithm of a rate, the log-odds of a
share). There the fit is the mode of likelihood times priors, and its spread the normal that has the mode's curvature
(Laplace's approximation), so that it can be written as quantities with correlations and nothing is lost.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, minimize
from scipy.special import expit, logit, ndtri
from statsmodels.tools.numdiff import approx_hess

Array = NDArray[np.float64]

VAGUE = 3.0  # standard error of a logarithm: the 95 % interval spans five powers of ten
NEXT_TO_NOTHING = 0.9  # of the prior's standard deviation is left: the history has taken a tenth of it at most
PRECISE = 1e-12  # relative, of a search
_NUDGE = 1e-5  # of a score, for slopes
_BEND = 1e-3  # of a score, for curvature
_ROUNDS = 200  # in which the size of the errors must settle
_IMPOSSIBLE = 1e6  # loss for each customer, where a likelihood is 0
_FLAT = 1e-5  # slope, for each customer, that counts as none
_HESITANT = 1e-9  # of a search that is repeated from where it ended


class FitError(ValueError):
    """A fit that found no answer: there are no parameters to use."""


class Scale(NamedTuple):
    """Where what is thought of a parameter is normal: to it, back from it, and the slope of the way back."""

    name: str
    score: Callable[[Array], Array]
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


LOG = Scale("log", np.log, np.exp, lambda value: value)
LOGIT = Scale("logit", logit, expit, lambda value: value * (1 - value))
PLAIN = Scale("plain", np.asarray, np.asarray, np.ones_like)


class Prior(NamedTuple):
    """What was thought of a parameter before the history: normal on its scale; as it was written, and where from."""

    mean: float
    sd: float
    said: str
    source: str | None = None


class Parameter(NamedTuple):
    """A number that a model needs, its scale, and what was thought of it, if anything."""

    name: str
    unit: str = ""
    scale: Scale = LOG
    prior: Prior | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The mode of a model's parameters and their spread; axes in the order of `parameters`."""

    estimator: str
    parameters: tuple[Parameter, ...]
    scores: Array  # the mode, on the parameters' scales
    information: Array  # the curvature of the log-likelihood there: what the history says
    log_likelihood: float | None = None
    residual_sd: float | None = None
    freedom: float | None = None  # observations less what they were spent on
    remarks: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> float:
        """Return a parameter at the mode."""
        return float(self.values[self.names.index(name)])

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def values(self) -> Array:
        """The parameters at the mode, (parameter,)."""
        return values(self.parameters, self.scores)

    @property
    def spread(self) -> Array:
        """The covariance of the scores: history and priors together, (parameter, parameter)."""
        return np.linalg.inv(self.information + np.diag(_precision(self.parameters)))

    @property
    def covariance(self) -> Array:
        """The covariance of the parameters themselves, to first order, (parameter, parameter)."""
        slopes = [each.scale.slope(value) for each, value in zip(self.parameters, self.values, strict=True)]
        return np.outer(slopes, slopes) * self.spread

    @property
    def standard_errors(self) -> Array:
        """The standard errors of the parameters, to first order, (parameter,)."""
        return np.sqrt(np.diag(self.covariance))

    def interval(self, level: float) -> Array:
        """Return the central interval of each parameter, (parameter, low and high)."""
        reach = np.sqrt(np.diag(self.spread)) * ndtri((1 + level) / 2)
        return np.stack([values(self.parameters, self.scores + sign * reach) for sign in (-1, 1)], axis=1)


class Untold(NamedTuple):
    """A direction about which a history says next to nothing: who moves along it, from where to where."""

    names: tuple[str, ...]
    left: float  # of the prior's standard deviation
    low: dict[str, float]
    high: dict[str, float]


@dataclass(frozen=True)
class LeastSquares:
    """Observations that scatter around a curve with errors of one size, which is not known, times weights.

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
            scores = self.at(error).mode(scores)
            slopes = self._slopes(scores) / error
            information = slopes.T @ slopes
            told = float(np.trace(_solved(information + np.diag(_precision(self.parameters)), information)))
            before, error = error, self.error or self._scatter(scores, told)
            if error == 0 or abs(error / before - 1) < _HESITANT or not _precision(self.parameters).any():
                break
        else:
            raise FitError("the search did not end: the size of the errors did not settle")
        slopes = self._slopes(scores) / error if error else slopes
        return Fit(
            estimator,
            self.parameters,
            scores,
            slopes.T @ slopes,
            residual_sd=error,
            freedom=len(self.observed) - told,
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
            pulls = np.diag(np.sqrt(_precision(self.parameters)))[_has_prior(self.parameters)]
            return np.concatenate([self._slopes(here) / self.error, pulls])[:, free]

        try:
            with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
                warnings.simplefilter("error")
                found = least_squares(
                    lambda part: self._residuals(whole(part)[:, np.newaxis])[:, 0],
                    start[free],
                    slopes,
                    method="lm",
                    ftol=PRECISE,
                    xtol=PRECISE,
                    gtol=PRECISE,
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
        return replace(self, parameters=parameters, observed=centre + noise, start=fit.scores, error=None)

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
        if not np.isfinite(found.fun) or np.any(np.abs(found.x) > 0.99 * self.farthest[free]):
            raise FitError("the search did not end")
        if np.linalg.norm(found.jac) > _FLAT:
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


def values(parameters: Sequence[Parameter], scores: Array) -> Array:
    """Return the values of scores, parameters on the first axis.

    >>> values([Parameter("churn", scale=LOGIT)], np.array([0.0])).tolist()
    [0.5]
    """
    return np.stack([each.scale.value(score) for each, score in zip(parameters, scores, strict=True)])


def refuse_vague(fit: Fit) -> Fit:
    """Return a fit; raise FitError where neither history nor prior says anything of a parameter."""
    variances = np.diag(_inverse(fit.information + np.diag(_precision(fit.parameters))))
    vague = [name for name, variance in zip(fit.names, variances, strict=True) if not 0 <= variance < VAGUE**2]
    if vague:
        raise FitError(f"this history says next to nothing about {' and '.join(vague)}")
    return fit


def untold(fit: Fit) -> list[Untold]:
    """Return the directions in which a fit is what was thought before, the history adding next to nothing.

    They are the principal directions of the history's information where priors are standard normal; a parameter without a
    prior counts as one whose logarithm has a standard deviation of 3. A parameter is named where the direction makes up
    most of its variance; `low` and `high` are those parameters one standard deviation either way.
    """
    wide = np.array([each.prior.sd if each.prior else VAGUE for each in fit.parameters])
    told, directions = np.linalg.eigh(wide[:, np.newaxis] * fit.information * wide)
    left = 1 / np.sqrt(1 + np.maximum(told, 0))
    moves = wide[:, np.newaxis] * directions * left
    shares = moves**2 / np.sum(moves**2, axis=1, keepdims=True)
    found = []
    for way in np.flatnonzero(left > NEXT_TO_NOTHING):
        who = np.flatnonzero(shares[:, way] > 0.5)
        ends = [values(fit.parameters, fit.scores + sign * moves[:, way]) for sign in (-1, 1)]
        low, high = ({fit.names[at]: float(end[at]) for at in who} for end in ends)
        found.append(Untold(tuple(fit.names[at] for at in who), float(left[way]), low, high))
    return [each for each in found if each.names]


def _precision(parameters: Sequence[Parameter]) -> Array:
    return np.array([each.prior.sd**-2 if each.prior else 0.0 for each in parameters])


def _has_prior(parameters: Sequence[Parameter]) -> NDArray[np.bool_]:
    return np.array([each.prior is not None for each in parameters])


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


def _solved(matrix: Array, right: Array) -> Array:
    return _inverse(matrix) @ right


def _inverse(matrix: Array) -> Array:
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        raise FitError("some of them move the curve alike") from None
