"""What a history says of a model's parameters, together with what was thought of them before.

Each parameter is sought on a scale on which what is thought of it is normal (the logarithm of a rate, the log-odds of a
share). There the fit is the mode of likelihood times priors, and its spread the normal that has the mode's curvature
(Laplace's approximation), so that it can be written as quantities with correlations and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

Array = NDArray[np.float64]

VAGUE = 3.0  # standard error of a logarithm: the 95 % interval spans five powers of ten
NEXT_TO_NOTHING = 0.9  # of the prior's standard deviation is left: the history has taken a tenth of it at most


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
        return np.linalg.inv(self.information + np.diag(precision(self.parameters)))

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


def values(parameters: Sequence[Parameter], scores: Array) -> Array:
    """Return the values of scores, parameters on the first axis.

    >>> values([Parameter("churn", scale=LOGIT)], np.array([0.0])).tolist()
    [0.5]
    """
    return np.stack([each.scale.value(score) for each, score in zip(parameters, scores, strict=True)])


def refuse_vague(fit: Fit) -> Fit:
    """Return a fit; raise FitError where neither history nor prior says anything of a parameter."""
    variances = np.diag(inverse(fit.information + np.diag(precision(fit.parameters))))
    vague = [name for name, variance in zip(fit.names, variances, strict=True) if not 0 <= variance < VAGUE**2]
    if vague:
        raise FitError(f"this history says next to nothing about {' and '.join(vague)}")
    return fit


def untold(fit: Fit) -> list[Untold]:
    """Return the directions in which a fit is what was thought before, the history adding next to nothing.

    They lie in the space of those principal directions of the history's information, where priors are standard normal, that
    it leaves alone; a parameter without a prior counts as one whose logarithm has a standard deviation of 3. Each parameter
    is looked at along the direction of that space in which it moves most; those are named of whose variance it makes up the
    most, one alone only if its own spread is left too. `low` and `high` are those named, one standard deviation either way.
    """
    wide = np.array([each.prior.sd if each.prior else VAGUE for each in fit.parameters])
    told, directions = np.linalg.eigh(wide[:, np.newaxis] * fit.information * wide)
    left = 1 / np.sqrt(1 + np.maximum(told, 0))
    alone = directions[:, left > NEXT_TO_NOTHING]
    spread = np.sqrt(np.sum((directions * left) ** 2, axis=1))  # of each parameter, its prior's being 1
    found: dict[tuple[str, ...], Untold] = {}
    for most in np.flatnonzero(np.sum(alone**2, axis=1) > 0):
        way = alone @ alone[most] / np.linalg.norm(alone[most])
        still_open = float(np.linalg.norm(left * (way @ directions)))
        moves = way * still_open
        who = np.flatnonzero((moves / spread) ** 2 > 0.5)
        if most not in who or (len(who) == 1 and spread[most] < NEXT_TO_NOTHING):
            continue
        ends = [values(fit.parameters, fit.scores + sign * wide * moves) for sign in (-1, 1)]
        low, high = ({fit.names[at]: float(end[at]) for at in who} for end in ends)
        names = tuple(fit.names[at] for at in who)
        found.setdefault(names, Untold(names, still_open, low, high))
    return list(found.values())


def precision(parameters: Sequence[Parameter]) -> Array:
    """Return the precision that each parameter's prior gives its score, 0 without one, (parameter,)."""
    return np.array([each.prior.sd**-2 if each.prior else 0.0 for each in parameters])


def inverse(matrix: Array) -> Array:
    """Return the inverse of an information; raise FitError where it has none."""
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        raise FitError("some of them move the curve alike") from None
