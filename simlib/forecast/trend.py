"""A trend with season whose settings are averaged, not chosen: sample paths of a level, its slope and its season.

Short histories do not tell how fast a slope changes or fades. So every combination of a few settings is filtered at once
(Kalman 1960) and each counts by its marginal likelihood, its scale having a conjugate prior (Harvey 1989, West & Harrison
1997). What is known after t observations has seen those alone, so that one pass serves every origin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import gammaln

from simlib.forecast.sampled import Array, Paths, shared, spread_of

# Standard deviations of a period's shocks, in those of the level's shock
SLOPE_SHOCKS = (0.0, 0.05, 0.2, 0.5)  # from a slope that never changes to one that follows each period halfway
NOISES = (0.0, 0.5)  # of the observation: members are counted well, or rounded and revised
SEASON_SHOCKS = (0.0, 0.03)  # a season that stays, or that drifts over some years

# What is thought before the first observation, in the same unit: wide, and told so that nothing hangs on it
LEVEL_SD = SEASON_SD = 1.5
SLOPE_SD = 5.0

REMEMBERED = 0.97  # of the evidence on the scale, a period: noise of a decade ago says less about today's
WORTH = 2.0  # observations that the first guess of the scale counts as
OUTLYING = 3.0  # spreads, beyond which a miss is taken for a step of the level, and tells little of its slope
FIRST = 4  # observations from which that guess is made
_FARTHEST = 1e4  # in squared spreads: a step beyond says that the scale was wrong, as after a history of zeros
_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Models beside one another: `transition` and `shocks` (setting, state, state), `noise` (setting,), `seen` (state,)."""

    transition: Array
    shocks: Array
    noise: Array
    seen: Array


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of each setting: state (setting, state), its covariance over scale², the scale, the log likelihood."""

    state: Array
    covariance: Array
    degrees: Array
    squares: Array
    likelihood: Array


def trend(values: Array, season: int, dampings: Iterable[float]) -> Paths:
    """Return paths of a trend whose slope fades by one of `dampings` each period (Gardner & McKenzie 1985); 1 is linear.

    `values`: (period,), at least FIRST of them before any origin.
    """
    settings = settings_of(season, dampings)
    known = filtered(values, settings)

    def paths(origin: int, horizon: int, draws: int, rng: Generator) -> Array:
        return _ahead(settings, known[origin - 1], horizon, draws, rng)

    return paths


def settings_of(season: int, dampings: Iterable[float]) -> Settings:
    """Return every combination of settings; the states are level, slope and, where there is one, the season's."""
    drifts = SEASON_SHOCKS if season > 1 else (0.0,)
    grid = np.array([*product(dampings, SLOPE_SHOCKS, NOISES, drifts)])
    states = 1 + season if season > 1 else 2
    transition, shocks = np.zeros((2, len(grid), states, states))
    transition[:, 0, 0] = 1
    transition[:, 0, 1] = transition[:, 1, 1] = grid[:, 0]
    shocks[:, 0, 0], shocks[:, 1, 1] = 1, grid[:, 1]
    seen = np.zeros(states)
    seen[0] = 1
    if season > 1:
        transition[:, 2, 2:] = -1  # a year's seasons add up to nothing
        transition[:, range(3, states), range(2, states - 1)] = 1
        shocks[:, 2, 2], seen[2] = grid[:, 3], 1
    return Settings(transition, shocks, grid[:, 2], seen)


def filtered(values: Array, settings: Settings) -> list[Known]:
    """Return what is known after each observation, every setting having been filtered beside the others."""
    states = len(settings.seen)
    covariance = np.zeros((states, states))
    covariance[0, 0], covariance[1, 1] = _TINY + LEVEL_SD**2, SLOPE_SD**2
    covariance[2:, 2:] = SEASON_SD**2 * (np.eye(states - 2) - 1 / (states - 1))
    each = np.zeros(len(settings.noise))
    start = np.zeros((len(each), states))
    start[:, 0] = values[0]
    squares = each + WORTH * spread_of(values[:FIRST]) ** 2
    now = Known(start, np.repeat(covariance[None], len(each), axis=0), each + WORTH, squares, each)
    known = []
    for step, value in enumerate(values):
        now = _learnt(now if step == 0 else _moved(now, settings), value, settings, judged=step > 0)
        known.append(now)
    return known


def _moved(known: Known, settings: Settings) -> Known:
    """Return what is known of the next period's state."""
    transition, shocks = settings.transition, settings.shocks
    state = np.einsum("gij,gj->gi", transition, known.state)
    covariance = transition @ known.covariance @ transition.swapaxes(1, 2) + shocks**2
    return Known(state, covariance, known.degrees, known.squares, known.likelihood)


def _learnt(known: Known, value: float, settings: Settings, judged: bool) -> Known:
    """Return what is known with one more observation; the first one only places the level and is no evidence."""
    variance = known.covariance @ settings.seen @ settings.seen + settings.noise**2 + _TINY
    missed = value - known.state @ settings.seen
    before = known.covariance.copy()
    expected = variance * known.squares / known.degrees
    before[:, 0, 0] += variance * np.clip(missed**2 / (OUTLYING**2 * expected) - 1, 0, _FARTHEST)  # a step of the level
    carried = before @ settings.seen
    variance = carried @ settings.seen + settings.noise**2 + _TINY
    gain = carried / variance[:, None]
    state = known.state + gain * missed[:, None]
    covariance = before - gain[:, :, None] * carried[:, None, :]
    if not judged:
        return Known(state, covariance, known.degrees, known.squares, known.likelihood)
    degrees, squares, relative = known.degrees, known.squares, missed**2 / variance
    likelihood = gammaln((degrees + 1) / 2) - gammaln(degrees / 2) - np.log(np.pi * squares * variance) / 2
    likelihood = known.likelihood + likelihood - (degrees + 1) / 2 * np.log1p(relative / squares)  # Student's t
    return Known(state, covariance, REMEMBERED * degrees + 1, REMEMBERED * squares + relative, likelihood)


def _ahead(settings: Settings, known: Known, horizon: int, draws: int, rng: Generator) -> Array:
    """Return paths (period, draw): of settings by their likelihood, of scales and states as far as they are known."""
    drawn: NDArray[np.intp] = shared(known.likelihood, draws)
    scale = np.sqrt(known.squares[drawn] / rng.chisquare(known.degrees[drawn]))
    states = len(settings.seen)
    root = np.linalg.cholesky(known.covariance + _TINY * np.eye(states))[drawn]
    state = known.state[drawn] + scale[:, None] * np.einsum("nij,nj->ni", root, rng.normal(size=(draws, states)))
    transition, noise = settings.transition[drawn], scale * settings.noise[drawn]
    shocks = scale[:, None] * np.einsum("gii->gi", settings.shocks)[drawn]
    paths = np.empty((horizon, draws))
    for step in range(horizon):
        state = np.einsum("nij,nj->ni", transition, state) + shocks * rng.normal(size=state.shape)
        paths[step] = state @ settings.seen + noise * rng.normal(size=draws)
    return paths
