"""Members of a platform, with and without a title, for one block of draws.

They go by small groups of territories, so that what is worked on stays in the processor's cache and memory does not
grow with territories × periods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simlib.models import subscribers as model
from simlib.models.cash import discount_factors
from simlib.models.periods import per_step
from simlib.scenario.quantity import per_unit
from simlib.scenario.schema import Deal
from simlib.simulate.evaluate import Block
from simlib.simulate.markets import Columns, Earned, Setting, discount_rate, over_periods
from simlib.simulate.settle import Earnings

GROUP_ELEMENTS = 8192  # territories × draws of one period worked on at once
DRIVERS = ("subscriber_month", "gross_add", "hour")


class Members(NamedTuple):
    """A platform's members without the title: in all (period, draw), and at the end (territory, draw)."""

    total: np.ndarray
    at_end: np.ndarray


def members(setting: Setting, deals: Mapping[str, Deal]) -> tuple[Members, dict[str, Earned]]:
    """Return a platform's members, and what each deal adds: with the title less without, on the same draws."""
    platform, frame = Platform(setting), setting.block.frame
    total = np.zeros((frame.periods, setting.block.draws))
    at_end = np.empty((len(frame.territories), setting.block.draws))
    gains = {name: Gain(platform, deal) for name, deal in deals.items()}
    for group in platform.groups():
        for place in range(group.closing.shape[1]):
            total += group.closing[:, place]
        at_end[group.territories] = group.closing[-1]
        for gain in gains.values():
            gain.add(group)
    return Members(total, at_end), {name: gain.earned() for name, gain in gains.items()}


class Growing(NamedTuple):
    """How members of a platform grow in a group of territories, with or without a title."""

    territories: slice
    opening: np.ndarray  # (territory, draw)
    potential: np.ndarray  # (period, territory, draw)
    closing: np.ndarray  # (period, territory, draw), without the title


@dataclass(frozen=True)
class Platform:
    """The platform whose members are modelled, in one block of draws."""

    setting: Setting

    @property
    def block(self) -> Block:
        """The block of draws."""
        return self.setting.block

    def _rate(self, name: str) -> np.ndarray:
        section = self.block.frame.scenario.subscribers
        return self.block.amount(getattr(section, name), f"subscribers.{name}")

    @cached_property
    def innovation(self) -> np.ndarray:
        """Bass p per year."""
        return self._rate("innovation")

    @cached_property
    def imitation(self) -> np.ndarray:
        """Bass q per year."""
        return self._rate("imitation")

    @cached_property
    def churn(self) -> np.ndarray:
        """Churn per step."""
        monthly = self.block.share(
            self.block.frame.scenario.subscribers.monthly_churn, "subscribers.monthly_churn"
        )
        return per_step(monthly, self.block.frame.step)

    @cached_property
    def seasonality(self) -> np.ndarray:
        """Factor on gross adds of each period (period, 1, 1): the mean over its calendar months."""
        frame, factors = self.block.frame, self.block.frame.scenario.subscribers.seasonality or {}
        first = int(frame.scenario.horizon.start[5:]) - 1
        calendar = (first + frame.months.ravel()[:, np.newaxis] + np.arange(frame.months_per_period)) % 12 + 1
        table = np.array([[factors.get(str(month), 1.0) for month in row] for row in calendar])
        return table.mean(axis=1).reshape(-1, 1, 1)

    @cached_property
    def _potential(self) -> tuple[np.ndarray, Columns]:
        """Members at most for each unit of what grows (territory, draw), and what grows."""
        section, block = self.block.frame.scenario.subscribers, self.block
        ratio = self.setting.ratios.paying if section.potential.of == "payers" else None
        each = (
            self.setting.audience * block.amount(section.potential.share, "subscribers.potential.share")[:1]
        )
        shape = (len(block.frame.territories), block.draws)
        return np.broadcast_to(each[0], shape), self.setting.grown(ratio)

    @cached_property
    def opening(self) -> np.ndarray:
        """Members at the start (territory, draw), each group spread in proportion to potential."""
        each, columns = self._potential
        opening = np.zeros(each.shape)
        for name, group in self.block.frame.scenario.subscribers.opening.items():
            here = self.block.frame.index(group.territories)
            count = self.block.amount(group.members, f"subscribers.opening.{name}.members")[0, 0]
            weight = each[here] * columns.values[0, columns.of[here]]
            opening[here] = weight * (count / np.maximum(over_periods(weight), 1e-100))
        return opening

    def path(self, group: Growing, churn: np.ndarray, lift: np.ndarray) -> np.ndarray:
        """Return closing members of a group under another churn and lift."""
        start, most, step = group.opening, group.potential, self.block.frame.step
        return model.subscriber_path(start, most, self.innovation, self.imitation, churn, step, lift)

    def groups(self) -> Iterator[Growing]:
        """Yield groups of territories with their members' path without a title."""
        each, columns = self._potential
        size = max(1, GROUP_ELEMENTS // self.block.draws)
        for first in range(0, len(each), size):
            here = slice(first, min(first + size, len(each)))
            potential = np.empty((self.block.frame.periods, here.stop - first, self.block.draws))
            for place, territory in enumerate(range(here.start, here.stop)):
                np.multiply(
                    each[territory], columns.values[:, columns.of[territory]], out=potential[:, place]
                )
            group = Growing(here, self.opening[here], potential, potential)
            yield group._replace(closing=self.path(group, self.churn, self.seasonality))


class Line(NamedTuple):
    """A line of the platform's accounts: money per unit (1 or period, 1 or territory, 1 or draw) and the unit."""

    side: str
    name: str
    amount: np.ndarray
    unit: str | None


class Gain:
    """What one title adds to a platform, summed group by group of territories."""

    def __init__(self, platform: Platform, deal: Deal):
        block, frame = platform.block, platform.block.frame
        effect = frame.scenario.subscribers.title_effect
        path = "subscribers.title_effect"
        self.platform, self.deal, self.block = platform, deal, block
        licensed = np.zeros((1, len(frame.territories), 1))
        licensed[:, frame.index(deal.rights.territories)] = 1
        self.window = platform.setting.viewed(deal)
        self.each = np.broadcast_to(
            platform.setting.hours_each * licensed, (1, len(frame.territories), block.draws)
        )
        of_all = block.amount(effect.monthly_hours_per_member, f"{path}.monthly_hours_per_member")[:1]
        pull = self.each / (of_all * frame.months_per_period)
        self.adds = pull * block.amount(effect.adds_elasticity, f"{path}.adds_elasticity")[:1]
        self.kept = pull * block.amount(effect.churn_elasticity, f"{path}.churn_elasticity")[:1]
        self.lines = list(self._lines())
        self.discount = discount_factors(discount_rate(block, deal.licensee), frame.periods, frame.step)
        shape = (frame.periods, block.draws)
        self.totals = {(line.side, line.name): np.zeros(shape) for line in self.lines}
        self.gained, self.hours, self.served = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.worth = np.zeros((len(frame.territories), block.draws))
        self.licensed = licensed[0, :, 0]

    def _lines(self) -> Iterator[Line]:
        platform = self.block.frame.scenario.platform
        for side in ("revenue", "costs"):
            section = getattr(platform, side)
            for name in type(section).model_fields:
                if (value := getattr(section, name)) is not None:
                    yield Line(side, name, self.block.cash(value, f"platform.{side}.{name}"), per_unit(value))

    def add(self, group: Growing) -> None:
        """Add a group of territories: their members with the title less those without."""
        here, frame = group.territories, self.block.frame
        churn = 1 - self.kept[:, here] * self.window
        if churn.min() < 0:
            np.maximum(churn, 0, out=churn)
        churn *= self.platform.churn
        lift = self.adds[:, here] * self.window
        lift += 1
        lift *= self.platform.seasonality
        closing = self.platform.path(group, churn, lift)
        drivers = self._drivers(group, closing, churn)
        for place, territory in enumerate(range(here.start, here.stop)):
            self.gained += closing[:, place] - group.closing[:, place]
            self.hours += drivers["hour"][:, place]
            if "subscriber_month" in self._fees:
                average = model.average_subscribers(group.opening[place], closing[:, place])
                self.served += average * (self.licensed[territory] * frame.months_per_period)
            self._add_lines(territory, {unit: values[:, place] for unit, values in drivers.items()})

    @cached_property
    def _fees(self) -> set[str]:
        """The units that a clause of the deal pays for."""
        return {"subscriber_month" for term in self.deal.terms if term.clause == "per_subscriber"}

    def _drivers(self, group: Growing, closing: np.ndarray, churn: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the title adds to each driver of the accounts (period, territory, draw)."""
        gained = closing - group.closing
        average = gained.copy()
        average[1:] += gained[:-1]
        average *= self.block.frame.months_per_period / 2
        drivers = {"subscriber_month": average}
        drivers["hour"] = model.average_subscribers(group.opening, closing)
        drivers["hour"] *= self.each[:, group.territories] * self.window
        if any(line.unit == "gross_add" for line in self.lines):
            with_title = model.gross_adds(group.opening, closing, churn)
            drivers["gross_add"] = with_title - model.gross_adds(
                group.opening, group.closing, self.platform.churn
            )
        return drivers

    def _add_lines(self, territory: int, drivers: Mapping[str, np.ndarray]) -> None:
        """Add one territory to the lines that it drives, and its present value."""
        value = np.zeros_like(self.gained)
        for line in self.lines:
            if line.unit in DRIVERS:
                moved = line.amount[:, min(territory, line.amount.shape[1] - 1)] * drivers[line.unit]
                self.totals[line.side, line.name] += moved
                value += moved if line.side == "revenue" else -moved
        value *= self.discount
        self.worth[territory] = over_periods(value)

    def earned(self) -> Earned:
        """Return the sums, with the lines that no unit drives."""
        for line in self.lines:
            if line.unit not in DRIVERS:
                self.totals[line.side, line.name] += (line.amount[:, :1] * self._fixed(line.unit))[:, 0]
        sides = {
            side: {
                name: total[:, np.newaxis] for (where, name), total in self.totals.items() if where == side
            }
            for side in ("revenue", "costs")
        }
        units = {"hour": self.hours[:, np.newaxis], "subscriber_month": self.served[:, np.newaxis]}
        return Earned(Earnings(sides["revenue"], sides["costs"], units), self.hours, self.worth, self.gained)

    def _fixed(self, unit: str | None) -> np.ndarray:
        """Return when a sum that no unit drives is paid (period, 1, 1): each month of the window, or once at its opening."""
        frame, months = self.block.frame, self.deal.rights.months
        ages = frame.months - frame.months_to(self.deal.rights.start)
        if unit == "month":
            overlap = np.minimum(ages + frame.months_per_period, months) - np.maximum(ages, 0)
            return np.maximum(overlap, 0).astype(float)
        return ((ages <= 0) & (ages > -frame.months_per_period)).astype(float)
