"""Saturating curves fitted to increments and anchored at the last observation, with sample paths.

Increments are a multiple of a candidate curve plus an error that carries over from period to period; the multiple and
the scale have conjugate priors (Zellner 1971), and candidates count by their marginal likelihood. Cumulative levels are
never fitted: their errors pile up, so that a curve through them misses the last observation, where the future starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simlib.forecast.sampled import Array, Paths, pattern, shared, spread_of

CARRIED = (0.0, 0.3, 0.6, 0.8)  # share of an increment's error that the next one has too
REMEMBERED = 0.97  # of the evidence, a period
OUTLYING = 3.0  # spreads: no more of the last increment's error carries over, or one great step would pass for a pace
WORTH = 3.0  # observations that the first guess of the scale counts as
MULTIPLE_SD = 10.0  # of the multiple, in scales: before any history is seen it may be nearly anything

# Increments that shrink by so much a year, and how likely each pace is before the history is seen: services that grow
# slow down over five to fifteen years, a few still speed up
PACES = {-0.12: 0.05, 0.0: 0.25, 0.08: 0.25, 0.2: 0.2, 0.4: 0.15, 0.8: 0.1}

# The market over the most members there ever were, and innovation over imitation: of Bass's p ÷ q, published
# figures lie between a thousandth and a third (Sultan, Farley & Lehmann 1990: p .03, q .38 on average)
MARKETS = tuple(1 + np.geomspace(0.1, 9, 10))  # room for a tenth more to nine times as many, even in logarithms
INNOVATION = (0.003, 0.03, 0.3)
OVERSHOOT = -0.2  # of the room left in a market: members above it fall back no faster


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Curves over the increments seen (candidate, period), what carries over, log weights before the history is seen.

    `ahead` returns the increment of each draw's candidate at a future step, given the draws' levels and multiples.
    """

    curves: Array
    carried: Array
    before: Array
    ahead: Callable[[NDArray[np.intp], int, Array, Array], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Each candidate's multiple, its precision in units of the scale, the scale's evidence, the log weight."""

    multiple: Array
    precision: Array
    degrees: float
    squares: Array
    weight: Array


def saturating(values: Array, season: int) -> Paths:
    """Return paths whose increments die away, by as much a year as the history says (Gompertz's idea, on increments)."""
    paces, carried = _beside(np.array([*PACES]) / season, np.array(CARRIED))
    before = np.repeat(np.log([*PACES.values()]), len(CARRIED))

    def paths(origin: int, horizon: int, draws: int, rng: Generator) -> Array:
        known = values[:origin]
        times = np.arange(origin - 1 + horizon) - (origin - 1)
        curves = np.exp(-paces[:, None] * times)

        def ahead(drawn: NDArray[np.intp], step: int, level: Array, multiple: Array) -> Array:
            return multiple * curves[drawn, origin - 1 + step]

        found = Candidates(curves[:, : origin - 1], carried, before, ahead)
        return _sampled(known, season, found, (horizon, draws), rng)

    return paths


def bass(values: Array, season: int) -> Paths:
    """Return paths of a market that fills up by innovation and imitation: increments ∝ (p/q + S/M)(1 − S/M) (Bass 1969).

    A level that falls follows the same curve downwards. Raises ValueError at an origin where members are below 0, or none.
    """
    sizes, ratios, carried = _beside(np.array(MARKETS), np.array(INNOVATION), np.array(CARRIED))
    before = np.zeros(len(carried))

    def paths(origin: int, horizon: int, draws: int, rng: Generator) -> Array:
        known = values[:origin]
        if known.min() < 0 or known.max() <= 0:
            raise ValueError("a market needs members, and never fewer than none")
        markets = sizes * known.max()
        pace = _pace(known[-2], markets, ratios)
        curves = _pace(known[:-1], markets[:, None], ratios[:, None]) / pace[:, None]

        def ahead(drawn: NDArray[np.intp], step: int, level: Array, multiple: Array) -> Array:
            grown = multiple * _pace(np.maximum(level, 0), markets[drawn], ratios[drawn]) / pace[drawn]
            return np.minimum(grown, np.maximum(markets[drawn] - level, 0))  # nobody joins a market that is full

        return _sampled(known, season, Candidates(curves, carried, before, ahead), (horizon, draws), rng)

    return paths


def _pace(members: Array, market: Array, ratio: Array) -> Array:
    return (ratio + members / market) * np.maximum(1 - members / market, OVERSHOOT)


def _beside(*choices: Array) -> list[Array]:
    return [axis.ravel() for axis in np.meshgrid(*choices, indexing="ij")]


def fitted(increments: Array, candidates: Candidates) -> Fitted:
    """Return the fit of each candidate's curve to increments (period,), errors carrying over.

    Both are quasi-differenced (Prais & Winsten 1954), so that what is left over is independent.
    """
    curves, carried = candidates.curves, candidates.carried[:, None]
    first = np.sqrt(1 - carried**2)
    explained = np.concatenate([first * curves[:, :1], curves[:, 1:] - carried * curves[:, :-1]], axis=1)
    observed = np.concatenate([first * increments[0], increments[1:] - carried * increments[:-1]], axis=1)
    evidence = REMEMBERED ** np.arange(len(increments))[::-1]
    precision = (evidence * explained**2).sum(axis=1) + MULTIPLE_SD**-2
    both = (evidence * explained * observed).sum(axis=1)
    degrees = WORTH + evidence.sum()
    guess = WORTH * spread_of(increments) ** 2
    squares = guess + np.maximum((evidence * observed**2).sum(axis=1) - both**2 / precision, 0)
    weight = candidates.before - np.log(precision * MULTIPLE_SD**2) / 2 - degrees / 2 * np.log(squares)
    return Fitted(both / precision, precision, float(degrees), squares, weight)


def _sampled(known: Array, season: int, candidates: Candidates, shape: tuple[int, int], rng: Generator) -> Array:
    """Return paths (period, draw) from the last observation on, the error of its increment being carried over."""
    increments, (horizon, draws) = np.diff(known), shape
    beside = pattern(increments, season)
    plain = increments - beside[np.arange(len(increments)) % season]
    fit = fitted(plain, candidates)
    drawn = shared(fit.weight, draws)
    carried, scale = candidates.carried[drawn], np.sqrt(fit.squares[drawn] / rng.chisquare(fit.degrees, draws))
    multiple = fit.multiple[drawn] + scale / np.sqrt(fit.precision[drawn]) * rng.normal(size=draws)
    error = plain[-1] - multiple * candidates.curves[drawn, -1]
    error = np.clip(error, -OUTLYING * scale, OUTLYING * scale)
    level, paths = np.full(draws, known[-1]), np.empty((horizon, draws))
    for step in range(horizon):
        error = carried * error + scale * rng.normal(size=draws)
        level = level + candidates.ahead(drawn, step, level, multiple) + error
        level = level + beside[(len(increments) + step) % season]
        paths[step] = level
    return paths
