"""Uncertain quantities → draws: stratified, one random stream per name, rank correlations.

Each input has its own permutation and jitter (Latin hypercube: McKay, Beckman & Conover 1979) from a generator keyed by
(seed, name), so that adding, removing or changing an input moves no other input's draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import pi, sin
from zlib import crc32

import numpy as np
from scipy.special import betaincinv, ndtri

from simlib.scenario.member_history import MemberHistory, is_drawn
from simlib.scenario.quantity import (
    Beta,
    Discrete,
    Distribution,
    Drawn,
    Lognormal,
    LowModeHigh,
    Normal,
    Pert,
    RandomWalk,
    Triangular,
    Uniform,
)
from simlib.scenario.schema import Sections
from simlib.scenario.walk import parts
from simlib.simulation.start import Start, start

SHOCK_BLOCK = 1024  # draws whose shocks share one generator; fixed, whatever the engine's blocks


def stream(seed: int, *key: str | int) -> np.random.Generator:
    """Return the generator of a name (and of a block of draws).

    >>> bool(stream(0, "churn").random() == stream(0, "churn").random())
    True
    """
    words = [crc32(part.encode()) if isinstance(part, str) else part for part in key]
    return np.random.default_rng([seed, *words])


def stratified(seed: int, name: str, draws: int) -> np.ndarray:
    """Return uniform draws (draw,), exactly one in each of `draws` strata, in an order of their own.

    >>> bool((np.sort(stratified(0, "churn", 4)) * 4).astype(int).tolist() == [0, 1, 2, 3])
    True
    """
    generator = stream(seed, name)
    return (generator.permutation(draws) + generator.random(draws)) / draws


def correlated(uniforms: Mapping[str, np.ndarray], pairs: Iterable[tuple[str, str, float]]) -> dict[str, np.ndarray]:
    """Return the same strata in an order that has the rank correlations asked for.

    A Gaussian copula with normal correlation 2 sin(πρ/6) gives the ranks (Iman & Conover 1982); each input keeps its own
    values. Inputs that no pair names are returned as they are.
    """
    pairs = list(pairs)
    names = list(
        dict.fromkeys(name for one, two, _ in pairs for name in (one, two))
    )  # a pair added last moves none above
    scores = np.linalg.cholesky(_normal(names, pairs)) @ ndtri([uniforms[name] for name in names])
    ordered = dict(uniforms)
    for name, score in zip(names, scores, strict=True):
        ordered[name] = np.sort(uniforms[name])[np.argsort(np.argsort(score))]
    return ordered


def _normal(names: Sequence[str], pairs: Iterable[tuple[str, str, float]]) -> np.ndarray:
    """Return the normal correlations that give the rank correlations of some pairs."""
    target = np.eye(len(names))
    for one, two, rho in pairs:
        i, j = names.index(one), names.index(two)
        target[i, j] = target[j, i] = 2 * sin(pi * rho / 6)
    return target


def quantiles(distribution: Distribution, uniform: np.ndarray) -> np.ndarray:
    """Return the values of a distribution at uniform draws, by its inverse distribution function.

    >>> from simlib.scenario.quantity import LowHigh
    >>> quantiles(Uniform(uniform=LowHigh(low=1, high=3)), np.array([0.5]))
    array([2.])
    """
    match distribution:
        case Normal():
            mean, sd = distribution.moments()
            return mean + sd * ndtri(uniform)
        case Lognormal():
            mean, sd = distribution.moments()
            return np.exp(mean + sd * ndtri(uniform))
        case Uniform(uniform=bounds):
            return bounds.low + (bounds.high - bounds.low) * uniform
        case Triangular(triangular=shape):
            return _triangular(shape, uniform)
        case Pert(pert=shape):
            width = shape.high - shape.low
            rise, fall = 4 * (shape.mode - shape.low) / width, 4 * (shape.high - shape.mode) / width
            return shape.low + width * betaincinv(1 + rise, 1 + fall, uniform)
        case Beta():
            return betaincinv(*distribution.shape(), uniform)
        case Discrete():
            values, shares = distribution.table()
            last = len(values) - 1
            return np.asarray(values)[np.minimum(np.searchsorted(np.cumsum(shares), uniform, side="right"), last)]
    raise TypeError(f"no inverse distribution function for {type(distribution).__name__}")


def _triangular(shape: LowModeHigh, uniform: np.ndarray) -> np.ndarray:
    width, rise, fall = shape.high - shape.low, shape.mode - shape.low, shape.high - shape.mode
    rising = shape.low + np.sqrt(uniform * width * rise)
    return np.where(uniform * width < rise, rising, shape.high - np.sqrt((1 - uniform) * width * fall))


def uncertain(sections: Sections, territories: Sequence[str]) -> dict[str, Drawn]:
    """Return the distribution of every uncertain input of a scenario, by the input's name.

    A distribution that says `per_territory` is one input for each territory (for each market among the habits), called
    name[code]. Members that a history tells are an input where a forecast stands between its last figure and the model.
    """
    forms: dict[str, Drawn] = {}
    for section in Sections.model_fields:
        places = sections.habits.markets if section == "habits" and sections.habits else territories
        for part in parts(getattr(sections, section), section):
            if isinstance(part.value, MemberHistory) and not is_drawn(part.value, *_dates(sections)):
                continue
            if isinstance(part.value, Drawn):
                keys = [f"{part.name}[{place}]" for place in places] if part.value.per_territory else [part.name]
                forms |= dict.fromkeys(keys, part.value)
    return forms


def draw(sections: Sections, territories: Sequence[str], draws: int, seed: int) -> dict[str, np.ndarray]:
    """Return the draws of every uncertain input of a scenario by name, (draw,)."""
    forms = uncertain(sections, territories)
    return drawn(forms, uniforms(sections, forms, draws, seed), starts_of(sections, seed))


def uniforms(sections: Sections, names: Iterable[str], draws: int, seed: int) -> dict[str, np.ndarray]:
    """Return the uniform draws (draw,) of uncertain inputs by name, correlated as the scenario says."""
    found = {name: stratified(seed, name, draws) for name in names}
    pairs = [pair for pair in sections.correlations if pair[0] in found]
    return correlated(found, pairs) if pairs else found


def drawn(
    forms: Mapping[str, Drawn], uniform: Mapping[str, np.ndarray], starts: Mapping[str, Start]
) -> dict[str, np.ndarray]:
    """Return the values of uncertain inputs at uniform draws (draw,) by name; members that a history tells have a start."""
    return {
        name: starts[name].drawn(uniform[name]) if name in starts else quantiles(form, uniform[name])
        for name, form in forms.items()
    }


def at(sections: Sections, name: str, form: Drawn, uniform: np.ndarray, seed: int) -> np.ndarray:
    """Return the values of an uncertain input at uniform draws (draw,); `seed` is that of a forecast's paths."""
    if isinstance(form, MemberHistory):
        return start_of(sections, name, form, seed).drawn(uniform)
    return quantiles(form, uniform)


def starts_of(sections: Sections, seed: int) -> dict[str, Start]:
    """Return where members that a history tells start, by the name of the history's input."""
    every = (part for section in Sections.model_fields for part in parts(getattr(sections, section), section))
    return {p.name: start_of(sections, p.name, p.value, seed) for p in every if isinstance(p.value, MemberHistory)}


def start_of(sections: Sections, name: str, history: MemberHistory, seed: int) -> Start:
    """Return where members that a history tells start, the forecast's paths having a stream of their own."""
    return start(history, sections.horizon, int(stream(seed, "paths of", name).integers(2**62)))


def _dates(sections: Sections) -> tuple[str, str]:
    return sections.horizon.start, sections.horizon.step


def shocks(seed: int, name: str, periods: int, first: int, last: int) -> np.ndarray:
    """Return a random walk's own standard normal shocks (period, draw), for the draws from first up to last.

    They are keyed by (seed, name, block of draws), and come period by period, so that a longer horizon keeps the way already
    walked.
    """
    begin = first // SHOCK_BLOCK
    blocks = range(begin, (last - 1) // SHOCK_BLOCK + 1)
    rows = [stream(seed, "shocks of", name, block).standard_normal((periods, SHOCK_BLOCK)) for block in blocks]
    return np.concatenate(rows, axis=1)[:, first - begin * SHOCK_BLOCK : last - begin * SHOCK_BLOCK]


def mixtures(sections: Sections) -> dict[str, dict[str, float]]:
    """Return, for each random walk that a correlation names, the weights of the walks' own shocks in its moves.

    The lower triangle of the normal correlations' Cholesky factor: a pair added last moves no walk above it.
    """
    pairs = [pair for pair in sections.correlations if pair[0] in wandering(sections)]
    names = list(dict.fromkeys(name for one, two, _ in pairs for name in (one, two)))
    weights = np.linalg.cholesky(_normal(names, pairs)) if pairs else ()
    return {name: dict(zip(names, row.tolist(), strict=True)) for name, row in zip(names, weights, strict=True)}


def wandering(sections: Sections) -> set[str]:
    """Return the names of a scenario's random walks, e.g. fx.TWD."""
    return {part.name for part in parts(sections.fx, "fx") if isinstance(part.value, RandomWalk)}


def walk(form: RandomWalk, shocks: np.ndarray, step: float) -> np.ndarray:
    """Return the factor (period, draw) by which a random walk has moved under standard normal shocks (period, draw).

    It is 1 in the first period and has mean 1 in each.
    """
    volatility = form.random_walk.annual_volatility * np.sqrt(step)
    moves = volatility * shocks - volatility**2 / 2
    moves[0] = 0
    return np.exp(np.cumsum(moves, axis=0))
