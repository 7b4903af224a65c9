"""A scenario's quantities → arrays that broadcast to (period, territory, draw), for one block of draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from simlib.data import territories
from simlib.models.periods import growth_factor
from simlib.scenario import places
from simlib.scenario.deals import told_apart
from simlib.scenario.fields import MONTHS, TerritorySet
from simlib.scenario.load import Scenario
from simlib.scenario.places import in_scenario, in_set
from simlib.scenario.quantity import (
    ByTerritory,
    Drawn,
    Fact,
    Growth,
    Money,
    Ramp,
    RandomWalk,
    Sourced,
    SourcedMoney,
    Steps,
    months_between,
    per_unit,
    plain,
)
from simlib.scenario.schema import Horizon
from simlib.scenario.title import Way, way_of, ways
from simlib.scenario.walk import differs_by_place, parts
from simlib.simulation.sampling import mixtures, shocks, starts_of, uncertain, walk
from simlib.simulation.start import Start

FACTS: Mapping[str, Callable[[Any], float]] = {
    "population": lambda place: place.population,
    "internet_users": lambda place: place.population * place.internet_share,
    "monthly_income": lambda place: place.gdp_usd / place.population / 12,
}
IN_USD = {"monthly_income"}


def span(horizon: Horizon) -> tuple[float, float]:
    """Return the start and the end of a horizon as years and their fractions: the start of July 2017 is 2017.5."""
    start = int(horizon.start[:4]) + (int(horizon.start[5:]) - 1) / 12
    return start, start + horizon.periods * MONTHS[horizon.step] / 12


@dataclass(frozen=True)
class Frame:
    """What does not change from block to block: the axes of period and territory, and the seed."""

    scenario: Scenario
    seed: int

    @cached_property
    def territories(self) -> tuple[str, ...]:
        """ISO codes along the territory axis."""
        return in_scenario(self.scenario)

    @cached_property
    def months_per_period(self) -> int:
        """Months in a step."""
        return MONTHS[self.scenario.horizon.step]

    @cached_property
    def step(self) -> float:
        """Years in a step."""
        return self.months_per_period / 12

    @property
    def periods(self) -> int:
        """Steps in the horizon."""
        return self.scenario.horizon.periods

    @cached_property
    def months(self) -> np.ndarray:
        """Months from the start of the horizon to the start of each period (period, 1, 1)."""
        return (np.arange(self.periods) * self.months_per_period).reshape(-1, 1, 1)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The first month of each period, e.g. 2017-12."""
        start = self.scenario.horizon.start
        first = int(start[:4]) * 12 + int(start[5:]) - 1
        return tuple(f"{month // 12}-{month % 12 + 1:02d}" for month in first + self.months.ravel())

    def index(self, chosen: TerritorySet) -> np.ndarray:
        """Places along the territory axis of a set of territories."""
        inside = set(in_set(chosen, self.scenario))
        return np.array([i for i, code in enumerate(self.territories) if code in inside], dtype=int)

    def chosen(self, given: tuple[str, ...], markets: tuple[str, ...] | None) -> tuple[str, ...]:
        """Return which of the given names each territory, or each market, goes by."""
        known = self._choices  # once: of two threads that begin together each may make its own
        if (given, markets) not in known:
            groups = self.scenario.territories.groups
            if markets:
                names = (market if market in given else "default" for market in markets)
            else:
                names = (places.narrowest(code, given, groups) for code in self.territories)
            known[given, markets] = tuple(names)
        return known[given, markets]

    @cached_property
    def _choices(self) -> dict[tuple[tuple[str, ...], tuple[str, ...] | None], tuple[str, ...]]:
        return {}

    def months_to(self, month: str) -> int:
        """Months from the start of the horizon to a month."""
        return months_between(self.scenario.horizon.start, month)

    @cached_property
    def mixtures(self) -> dict[str, dict[str, float]]:
        """Weights of shocks in the moves of each correlated random walk."""
        return mixtures(self.scenario)

    @cached_property
    def starts(self) -> dict[str, Start]:
        """Where members that a history tells start, by the history's name."""
        return starts_of(self.scenario, self.seed)

    @cached_property
    def uncertain(self) -> dict[str, Drawn]:
        """The distribution of every uncertain input, by the input's name."""
        return uncertain(self.scenario, self.territories)

    def __getstate__(self) -> dict[str, Any]:
        """Take along what would need a forecast to be made anew, and may come out otherwise on another machine."""
        return {"scenario": self.scenario, "seed": self.seed, "starts": self.starts}

    def way(self, deal: str) -> Way:
        """Return the way of making the title that a deal is about."""
        return way_of(self.scenario, deal)

    def episodes(self, name: str) -> int:
        """Return the episodes that a sum per episode counts: of the way that its deal is about, or that it belongs to."""
        known, (section, word, *inner) = ways(self.scenario.title), name.split(".")
        own = None if None in known else self.scenario.deals[word].made_as if section == "deals" else inner[0]
        return known[own].made.episodes

    def dated(self, shares_by_month: Iterable[tuple[str, float]]) -> tuple[np.ndarray, float]:
        """Return the share of a sum that falls due in each period (period,), and after the horizon, by month."""
        shares, later = np.zeros(self.periods), 0.0
        for month, share in shares_by_month:
            period = self.months_to(month) // self.months_per_period
            if period < self.periods:
                shares[period] += share
            else:
                later += share
        return shares, later

    def parts(self, name: str) -> tuple[np.ndarray, ...]:
        """Return the parts of a deal's territories that a clause, a tax, an account or a waterfall tells apart."""
        known = self._parts  # once, as above
        if name not in known:
            known[name] = tuple(self._parted(name))
        return known[name]

    @cached_property
    def _parts(self) -> dict[str, tuple[np.ndarray, ...]]:
        return {}

    def _parted(self, name: str) -> Iterator[np.ndarray]:
        deal = self.scenario.deals[name]
        here = self.index(deal.rights.territories)
        keys = np.zeros((len(self.territories), 0), dtype=int)
        for chosen in told_apart(self.scenario, name):
            keys = np.column_stack([keys, np.isin(np.arange(len(keys)), self.index(chosen))])
        tax = plain(deal.withholding_tax)
        if isinstance(tax, ByTerritory) and not deal.accounts_by_territory:
            used = self.chosen(tuple(tax.by_territory), None)
            keys = np.column_stack([keys, np.unique(used, return_inverse=True)[1]])
        elif deal.accounts_by_territory or any(differs_by_place(part.value) for part in parts(tax)):
            keys = np.column_stack([keys, np.arange(len(keys))])
        kinds = np.unique(keys[here], axis=0, return_inverse=True)[1].ravel() if keys.shape[1] else np.zeros_like(here)
        for kind in range(kinds.max(initial=0) + 1):
            yield here[kinds == kind]

    @cached_property
    def market_of(self) -> np.ndarray:
        """Place along the market axis of each territory: the first market that holds it."""
        markets, groups = self.scenario.habits.markets, self.scenario.territories.groups
        held = [set(places.members(market, groups)) for market in markets]
        return np.array([next(i for i, m in enumerate(held) if code in m) for code in self.territories], dtype=int)


class Columns(NamedTuple):
    """A quantity as its distinct columns (1 or period, column, 1 or draw), and the column of each territory."""

    values: np.ndarray
    of: np.ndarray

    def times(self, other: Columns) -> Columns:
        """Return the product of two quantities."""
        (one, two), of = aligned(self, other)
        return Columns(one * two, of)

    def within(self, territories: slice) -> np.ndarray:
        """Return what it is in some of the territories, a single column where they share it."""
        used = self.of[territories]
        alike = (used == used[0]).all()
        return self.values[:, used[0] : used[0] + 1] if alike else self.values[:, used]


def aligned(*given: Columns) -> tuple[list[np.ndarray], np.ndarray]:
    """Return several quantities by the columns that any of them tells apart, and the column of each territory.

    >>> one, two = Columns(np.array([[1, 2]]), np.array([0, 1, 1])), Columns(np.array([[5]]), np.array([0, 0, 0]))
    >>> [values.tolist() for values in aligned(one, two)[0]], aligned(one, two)[1].tolist()
    ([[[1, 2]], [[5, 5]]], [0, 1, 1])
    """
    kinds, of = np.unique(np.stack([columns.of for columns in given]), axis=1, return_inverse=True)
    return [columns.values[:, kind] for columns, kind in zip(given, kinds, strict=True)], of


@dataclass(frozen=True)
class Block:
    """The draws from `first` up to `last`, and what quantities are in them."""

    frame: Frame
    first: int
    last: int
    inputs: Mapping[str, np.ndarray]  # uncertain inputs of this block, (draw,)
    markets: tuple[str, ...] | None = None  # set where the second axis is the market's

    @property
    def draws(self) -> int:
        """Draws in this block."""
        return self.last - self.first

    def by_market(self) -> Block:
        """Return the same draws with markets in the place of territories."""
        return Block(self.frame, self.first, self.last, self.inputs, self.frame.scenario.habits.markets)

    def number(self, value: Any, name: str) -> np.ndarray:
        """Return a quantity, which is called `name` among the inputs, as (1 or period, 1 or territory, 1 or draw)."""
        match value:
            case float() | int():
                return np.full((1, 1, 1), float(value))
            case Sourced():
                return self.number(value.value, name)
            case Drawn():
                return self._drawn(value, name)
            case Fact():
                known = territories()
                figures = np.array([FACTS[value.fact](known[code]) for code in self._places]).reshape(1, -1, 1)
                return figures / self.rate("USD")[:1] if value.fact in IN_USD else figures
            case ByTerritory():
                columns = self._by_territory(value, name)
                return columns.values[:, columns.of]
            case Ramp(ramp=shape):
                low, high = self.number(shape.from_, f"{name}.from"), self.number(shape.to, f"{name}.to")
                way = (self.frame.months - self.frame.months_to(shape.start)) / shape.months
                return low + (high - low) * np.clip(way, 0, 1)
            case Growth(growth=shape):
                annual = self.number(shape.annual, f"{name}.annual")
                return self.number(shape.start, f"{name}.start") * self._compounded(annual)
            case Steps():
                return self._steps(value, name)
            case RandomWalk(random_walk=shape):
                factor = walk(value, self._shocks(name), self.frame.step)
                return self.number(shape.start, f"{name}.start") * factor[:, np.newaxis, :]
        raise TypeError(f"{name}: {type(value).__name__} is no quantity")

    def _shocks(self, name: str) -> np.ndarray:
        """Return the shocks (period, draw) of a random walk: its own, mixed with those of walks that it goes along with."""
        weights = self.frame.mixtures.get(name, {name: 1.0})
        span = (self.frame.periods, self.first, self.last)
        return sum(weight * shocks(self.frame.seed, other, *span) for other, weight in weights.items() if weight)

    def start(self, name: str) -> np.ndarray:
        """Return members (1 + step, draw) at the start and after each step that follows the forecast of a history."""
        start, ends = self.frame.starts[name], self.inputs.get(name)
        found = start.paths if ends is None else start.of(ends)
        return np.broadcast_to(found, (len(found), self.draws))

    def share(self, value: Any, name: str) -> np.ndarray:
        """Return a quantity between 0 and 1; the rare draw beyond moves to the edge."""
        return np.clip(self.number(value, name), 0, 1)

    def amount(self, value: Any, name: str) -> np.ndarray:
        """Return a quantity of 0 or more; the rare draw below moves to 0."""
        return np.maximum(self.number(value, name), 0)

    def money(self, value: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return an amount in its own currency (never below 0), and units of that currency per unit of the scenario's.

        What is paid per episode is multiplied by the episodes.
        """
        episodes = self.frame.episodes(name) if per_unit(value) == "episode" else 1
        while isinstance(value, SourcedMoney):
            value = value.value
        if not isinstance(value, Money):
            return self.amount(value, name), np.ones((1, 1, 1))
        return self.amount(value.amount, name) * episodes, self.rate(value.currency)

    def cash(self, value: Any, name: str) -> np.ndarray:
        """Return an amount of money in the scenario's currency."""
        amount, rate = self.money(value, name)
        return amount / rate

    def rate(self, currency: str) -> np.ndarray:
        """Return units of a currency for one unit of the scenario's."""
        if currency == self.frame.scenario.currency:
            return np.ones((1, 1, 1))
        if currency not in self._rates:
            self._rates[currency] = self.number(self.frame.scenario.fx[currency], f"fx.{currency}")
        return self._rates[currency]

    @cached_property
    def _rates(self) -> dict[str, np.ndarray]:
        return {}

    @property
    def _places(self) -> Sequence[str]:
        return self.markets or self.frame.territories

    def _drawn(self, value: Drawn, name: str) -> np.ndarray:
        if not value.per_territory:
            return self.inputs[name].reshape(1, 1, -1)
        return np.stack([self.inputs[f"{name}[{place}]"] for place in self._places])[np.newaxis]

    def columns(self, value: Any, name: str) -> Columns:
        """Return a quantity as its distinct columns, so that what is the same in many territories is held once."""
        match value:
            case Sourced() | SourcedMoney():
                return self.columns(value.value, name)
            case Money():
                amount = self.columns(value.amount, name)
                episodes = self.frame.episodes(name) if per_unit(value) == "episode" else 1
                return Columns(np.maximum(amount.values, 0) * episodes / self.rate(value.currency), amount.of)
            case ByTerritory():
                return self._by_territory(value, name)
        number = self.number(value, name)
        return Columns(number, np.minimum(np.arange(len(self._places)), number.shape[1] - 1))

    def _by_territory(self, value: ByTerritory, name: str) -> Columns:
        chosen = self.frame.chosen(tuple(value.by_territory), self.markets)
        used = list(dict.fromkeys(chosen))
        given = {None: 0.0, **value.by_territory}  # a deal gives no value for a territory that is not its own
        values = [self.columns(given[place], f"{name}.{place}") for place in used]
        of, taken, columns = np.empty(len(chosen), dtype=int), 0, []
        for place, own in zip(used, values, strict=True):
            here = np.array([i for i, name in enumerate(chosen) if name == place])
            kept, of[here] = np.unique(own.of[here], return_inverse=True)
            of[here] += taken
            columns += [own.values[:, column] for column in kept]
            taken += len(kept)
        return Columns(np.stack(np.broadcast_arrays(*columns), axis=1), of)

    def _steps(self, value: Steps, name: str) -> np.ndarray:
        months = list(value.steps)
        values = [self.number(item, f"{name}.{month}") for month, item in value.steps.items()]
        starts = np.array([self.frame.months_to(month) for month in months])
        current = np.searchsorted(starts, self.frame.months.ravel(), side="right") - 1
        rows = np.broadcast_arrays(*values)
        return np.stack([rows[i][min(period, len(rows[i]) - 1)] for period, i in enumerate(np.maximum(current, 0))])

    def _compounded(self, annual: np.ndarray) -> np.ndarray:
        """Return the factor since the start of the horizon (period, …), each period having grown at its own rate."""
        factors = np.broadcast_to(growth_factor(annual, self.frame.step), (self.frame.periods, *annual.shape[1:]))
        return np.cumprod(np.concatenate([np.ones_like(factors[:1]), factors[:-1]]), axis=0)
