"""A forecast as sample paths: members side by side, their spread put right by the errors that they made before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
import pandas as pd

from simlib.forecast.members import DRIFT, MEMBERS, SHORTEST, Member, drift
from simlib.forecast.sampled import Array
from simlib.forecast.scores import LEVELS, at
from simlib.forecast.series import remarks
from simlib.forecast.shocks import positions, without_shocks
from simlib.forecast.spread import factors
from simlib.scenario.member_history import FARTHEST, FEWEST

SEASONS = {"Y": 1, "Q": 4, "M": 12}  # periods in a year, by the first letter of an index's frequency
SHORT = 12  # observations, below which a forecast warns
DRAWS, JUDGED_DRAWS = 1000, 300  # of each member: of a forecast, and of a past one whose error is judged
FIRST_JUDGED = 8  # observations before the first forecast whose error counts
MOST_JUDGED = 60  # past forecasts; errors before then weigh under a twentieth
# How far members are moved to the median of them all: one that is far off does little harm, and what they disagree on still
# widens the fan; all the way, fans of the regions hold less than they say
TOWARDS_MEDIAN = 0.5
_SURE = 2.5631  # spreads between the 10 % and the 90 % quantile of a normal


class ForecastError(ValueError):
    """A history or a horizon of which no forecast can be made."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Sample paths (period, draw) of what comes after a history; which members made them, and what to be wary of."""

    history: pd.Series
    paths: Array
    members: tuple[str, ...]
    left_out: Mapping[str, str]  # member → why
    warnings: tuple[str, ...]
    seed: int

    @property
    def index(self) -> pd.PeriodIndex:
        """Return the periods forecast."""
        last = self.history.index[-1]
        return pd.period_range(last + 1, periods=len(self.paths), name="period")

    @property
    def mean(self) -> Array:
        """Return the mean of each period."""
        return self.paths.mean(axis=1)

    @property
    def quantiles(self) -> Array:
        """Return the quantiles (period, level) at scores.LEVELS."""
        return np.quantile(self.paths, LEVELS, axis=1).T


def forecast(history: pd.Series, horizon: int, seed: int = 0, shocks: Iterable[str] = ()) -> Forecast:
    """Return the forecast of the periods after a history, on an evenly spaced PeriodIndex of years, quarters or months.

    `shocks` are periods, as in "2020Q1", whose step was out of the ordinary and is not to be learnt from. The same history
    and seed give the same paths to the last bit. Raises ForecastError for a history or horizon that will not do.

    >>> members = pd.Series([10.0, 12, 15, 17, 20, 22], pd.period_range("2016Q1", periods=6, freq="Q"))
    >>> ahead = forecast(members, 2)
    >>> print(ahead.index[0], ahead.paths.shape, 22 < ahead.mean[0] < 27)
    2017Q3 (2, 4000) True
    """
    return Forecaster(history, seed, shocks).forecast(len(history), horizon)


class Forecaster:
    """Forecasts of one history from any of its origins; each sees the observations before its origin and no other."""

    def __init__(
        self, history: pd.Series, seed: int = 0, shocks: Iterable[str] = (), members: Mapping[str, Member] = MEMBERS
    ):
        self.history, self.season = history, checked(history)
        self.seed, self.members = seed, members
        self.shocks = positions(history.index, shocks)
        self._told: dict[tuple[int, ...], Told] = {}

    def forecast(self, origin: int, horizon: int) -> Forecast:
        """Return the forecast from the first `origin` observations."""
        if not (isinstance(horizon, int) and 1 <= horizon <= FARTHEST):
            raise ForecastError(f"a horizon is from 1 to {FARTHEST} periods; found {horizon}")
        if not FEWEST <= origin <= len(self.history):
            raise ForecastError(f"a forecast needs at least {FEWEST} observations; found {origin}")
        known = tuple(position for position in self.shocks if position < origin)
        if known not in self._told:
            values = without_shocks(self.history.to_numpy(float), known, self.season)
            self._told[known] = Told(values, self.season, self.seed, self.members)
        told = self._told[known]
        paths, left_out = told.pooled(origin, horizon, DRAWS)
        used = tuple(name for name in self.members if name not in left_out) or (DRIFT,)
        middle = np.median(paths, axis=1, keepdims=True)
        paths = middle + told.spread(origin, horizon)[:, None] * (paths - middle)
        if told.values[:origin].min() >= 0:
            paths = np.maximum(paths, 0)  # what was never negative is a count
        past = self.history.iloc[:origin]
        return Forecast(past, paths, used, left_out, _warnings(past, used), self.seed)


class Told:
    """The members, told one history; what each past forecast missed is worked out once."""

    def __init__(self, values: Array, season: int, seed: int, members: Mapping[str, Member]):
        self.values, self.season, self.seed, self.members = values, season, seed, members
        self._judged: dict[tuple[int, int], tuple[Array, Array]] = {}

    @cached_property
    def ready(self) -> dict:
        """Return each member's function from an origin to paths; whatever it works out beforehand is step by step."""
        with np.errstate(all="ignore"):
            return {name: member(self.values, self.season) for name, member in self.members.items()}

    def pooled(self, origin: int, horizon: int, draws: int) -> tuple[Array, dict[str, str]]:
        """Return the paths of all members side by side, and who failed why; drift's, where none is left."""
        found, left_out = [], {}
        for name in self.members:
            try:
                found.append(self._sampled(name, origin, horizon, draws))
            except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
                left_out[name] = str(error)
        if not found:
            found = [drift(self.values[:origin], horizon, len(self.members) * draws, self._rng(DRIFT, origin, draws))]
        return np.concatenate(_nearer(found), axis=1), left_out

    def _sampled(self, name: str, origin: int, horizon: int, draws: int) -> Array:
        if origin < SHORTEST:
            raise ValueError(f"needs {SHORTEST} observations")
        with np.errstate(all="ignore"):  # what is not finite is said below
            paths = self.ready[name](origin, horizon, draws, self._rng(name, origin, draws))
        if not np.all(np.isfinite(paths)):
            raise ValueError("found no finite path")
        return paths

    def _rng(self, name: str, origin: int, draws: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, crc32(name.encode()), origin, draws])

    def spread(self, origin: int, horizon: int) -> Array:
        """Return the factors (horizon,) on the spread, from past errors that had been seen at the origin."""
        first = max(FIRST_JUDGED, origin - MOST_JUDGED)
        ratios = np.full((max(origin - first, 0), horizon), np.nan)
        for row, past in enumerate(range(first, origin)):
            middle, spread = self._judgement(past, horizon)
            seen = self.values[past : min(past + horizon, origin)]
            ratios[row, : len(seen)] = (seen - middle[: len(seen)]) / spread[: len(seen)]
        return factors(ratios)

    def _judgement(self, origin: int, horizon: int) -> tuple[Array, Array]:
        """Return the median and the spread (horizon,) of a past forecast."""
        if (origin, horizon) not in self._judged:
            paths, _ = self.pooled(origin, horizon, JUDGED_DRAWS)
            low, middle, high = np.quantile(paths, [0.1, 0.5, 0.9], axis=1)
            smallest = np.maximum(1e-9 * np.abs(self.values[:origin]).max(), np.finfo(float).tiny)
            self._judged[origin, horizon] = (middle, np.maximum((high - low) / _SURE, smallest))
        return self._judged[origin, horizon]


def _nearer(found: list[Array]) -> list[Array]:
    """Return members' paths moved towards the median of their medians, period by period (Petropoulos & Svetunkov 2020)."""
    middles = np.array([np.median(paths, axis=1) for paths in found])
    moves = TOWARDS_MEDIAN * (np.median(middles, axis=0) - middles)
    return [paths + move[:, None] for paths, move in zip(found, moves, strict=True)]


def checked(history: pd.Series) -> int:
    """Return the season of a history in periods; raise ForecastError, saying which figures or dates stand in the way."""
    index, values = history.index, history.to_numpy(float)
    if not isinstance(index, pd.PeriodIndex) or index.freqstr[0] not in SEASONS:
        raise ForecastError("a history has years, quarters or months, on a PeriodIndex")
    gaps = [at for at in range(1, len(index)) if index[at] != index[at - 1] + 1]
    if gaps:
        found = ", ".join(f"{index[at]} after {index[at - 1]}" for at in gaps)
        raise ForecastError(f"a history has a figure for every period; found {found}")
    if len(history) < FEWEST:
        raise ForecastError(f"a forecast needs at least {FEWEST} observations; found {len(history)}")
    if not np.all(np.isfinite(values)):
        wrong = ", ".join(str(period) for period in index[~np.isfinite(values)])
        raise ForecastError(f"a history is of numbers; found none for {wrong}")
    return SEASONS[index.freqstr[0]]


def _warnings(past: pd.Series, used: tuple[str, ...]) -> tuple[str, ...]:
    said = []
    if used == (DRIFT,):
        said.append("no member could be fitted: this is the average change so far, carried on, as unsure as it is")
    if len(past) < SHORT:
        said.append(
            f"{len(past)} observations say little about how sure to be: the fan rests on what histories are like"
        )
    if past.nunique() == 1:
        said.append(
            "the history never moves, so the forecast says that it stays; nothing here tells how it could change"
        )
    return (*said, *remarks(past))


def interval(ahead: Forecast, share: float) -> tuple[Array, Array]:
    """Return the ends (period,) of the central interval of a share, 0.8 or 0.95."""
    quantiles = ahead.quantiles
    return at(quantiles, round((1 - share) / 2, 3)), at(quantiles, round((1 + share) / 2, 3))
