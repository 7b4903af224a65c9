"""What was thought of a parameter before its history, written in the language of quantities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from scipy.optimize import root
from scipy.special import polygamma, psi

from simlib.forecast.posterior import LOG, LOGIT, PLAIN, Array, Parameter, Prior, Scale
from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.overrides import flow
from simlib.scenario.quantity import Beta, Lognormal, Normal, Quantity, Sourced, plain
from simlib.scenario.source import parse
from simlib.scenario.translate import sentences
from simlib.scenario.tree import Node

_SCALES: dict[type, Scale] = {Lognormal: LOG, Beta: LOGIT, Normal: PLAIN}


def parameter(name: str, unit: str, prior: tuple[Scale, Prior] | None) -> Parameter:
    """Return a parameter on the scale of its prior, on the logarithm if it has none."""
    scale, stated = prior or (LOG, None)
    return Parameter(name, unit, scale, stated)


def starting(parameters: Sequence[Parameter], guesses: Sequence[float]) -> Array:
    """Return scores to start a search from: what was thought before, or where nothing was, a guess.

    >>> starting([Parameter("imitation"), Parameter("churn", prior=Prior(-3.5, 0.4, ""))], [1.0, 0.5]).tolist()
    [0.0, -3.5]
    """
    pairs = zip(parameters, guesses, strict=True)
    return np.array([each.prior.mean if each.prior else each.scale.score(guess) for each, guess in pairs])


def read_prior(name: str, text: str, shown: str = "--prior") -> tuple[Scale, Prior]:
    """Return the scale on which a distribution is normal, and the normal; a beta's log-odds are nearly so.

    Raises ScenarioError for what is no lognormal, beta or normal.

    >>> scale, prior = read_prior("monthly_churn", "{lognormal: {p10: 2%, p90: 5%}}")
    >>> print(scale.name, prior.mean.round(3), prior.sd.round(3))
    log -3.454 0.357
    """
    tree = parse(f"{name}: {text}", f"{shown} {name}")
    quantity = _quantity(name, tree)
    found = normal_of(plain(quantity))
    if found is None:
        said = "must be a lognormal or a beta, e.g. {lognormal: {p10: 2%, p90: 5%}}: what is thought of it"
        raise ScenarioError([Fault(f"{shown} {name}", None, name, f"{said} before the fit; found {text.strip()}")])
    scale, mean, sd = found
    written = tree.plain()[name]
    source = quantity.source or quantity.note if isinstance(quantity, Sourced) else None
    said = flow(written["value"] if isinstance(quantity, Sourced) else written)
    return scale, Prior(np.float64(mean), np.float64(sd), said, source)


def normal_of(form: Any) -> tuple[Scale, float, float] | None:
    """Return the scale on which a distribution is normal, its mean and standard deviation there; None for any other.

    >>> scale, mean, sd = normal_of(Lognormal(lognormal={"p10": 0.5, "p90": 2.0}))
    >>> print(scale.name, mean, round(sd, 3))
    log 0.0 0.541
    """
    scale = _SCALES.get(type(form))
    if scale is None or form.per_territory:
        return None
    return scale, *(logit_moments(*form.shape()) if isinstance(form, Beta) else form.moments())


def logit_moments(alpha: float, beta: float) -> tuple[float, float]:
    """Return mean and standard deviation of the log-odds of a beta.

    >>> print(*(round(float(moment), 4) for moment in logit_moments(2, 2)))
    0.0 1.1357
    """
    return float(psi(alpha) - psi(beta)), float(np.sqrt(polygamma(1, alpha) + polygamma(1, beta)))


def beta_shapes(mean: float, sd: float) -> tuple[float, float]:
    """Return α and β of the beta whose log-odds have this mean and standard deviation.

    >>> print(*(round(shape, 6) for shape in beta_shapes(*logit_moments(3, 40))))
    3.0 40.0
    """
    share = 1 / (1 + np.exp(-mean))
    weight = 1 / (sd**2 * share * (1 - share))

    def away(logs: Any) -> list[float]:
        found = logit_moments(*np.exp(logs))
        return [found[0] - mean, np.log(found[1] / sd)]

    return tuple(float(shape) for shape in np.exp(root(away, np.log([weight * share, weight * (1 - share)])).x))


def _quantity(name: str, tree: Node) -> Any:
    try:
        return TypeAdapter(Quantity).validate_python(tree.plain()[name])
    except ValidationError as error:
        raise ScenarioError(sentences(error, tree, name)) from None
