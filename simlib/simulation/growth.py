"""How a platform's members grow in each territory, for one block of draws, with nothing that a title adds.

They go by small groups of territories, so that what is worked on stays in the processor's cache and memory does not
grow with territories × periods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simlib.simulation import pace
from simlib.simulation.churn import Churn, Drivers, Path, churn
from simlib.simulation.evaluate import Block, Columns
from simlib.simulation.markets import Setting, over_periods, over_territories

GROUP_ELEMENTS = 8192  # territories × draws of one period worked on at once


class Growing(NamedTuple):
    """How members of a platform grow in a group of territories, with or without a title."""

    territories: slice
    drivers: Drivers
    path: Path  # without the title: closing, gross_adds and churned, each (period, territory, draw)

    @property
    def closing(self) -> np.ndarray:
        """Members at the end of each period, without the title (period, territory, draw)."""
        return self.path.closing

    @property
    def potential(self) -> np.ndarray:
        """The most members there can be (period, territory, draw)."""
        return self.drivers.potential


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
    def churn(self) -> Churn:
        """How members leave."""
        return churn(self.block)

    @cached_property
    def lift(self) -> Columns:
        """Factor on the hazard of joining but for a title."""
        return pace.lift(self.block)

    @cached_property
    def _potential(self) -> tuple[np.ndarray, Columns]:
        """Members at most for each unit of what grows (territory, draw), and what grows."""
        section, block = self.block.frame.scenario.subscribers.potential, self.block
        ratio = self.setting.ratios.paying if section.of == "payers" else None
        each = self.setting.audience * block.amount(section.share, "subscribers.potential.share")[:1]
        if section.paid is not None:
            each = each * block.share(section.paid, "subscribers.potential.paid")[:1]
        if section.income:
            each = each * self._income_effect()
        highest = 1.0 if ratio is None else np.maximum(ratio.max(axis=0), 1e-12)[block.frame.market_of]
        each = np.minimum(each, self.setting.audience / highest)  # nowhere more members than an audience
        shape = (len(block.frame.territories), block.draws)
        return np.broadcast_to(each[0], shape), self.setting.grown(ratio)

    def _income_effect(self) -> np.ndarray:
        """Return the factor of each territory (1, territory, 1 or draw) for its income against its market's."""
        block, section = self.block, self.block.frame.scenario.subscribers.potential.income
        income = block.number(block.frame.scenario.audience.monthly_income, "audience.monthly_income")[:1]
        if block.frame.scenario.habits:
            mean = self.setting.by_audience(income)[:, block.frame.market_of]
        else:
            mean = (over_territories(income * self.setting.audience) / over_territories(self.setting.audience))[
                :, np.newaxis
            ]
        factor = (income / mean) ** block.amount(section.elasticity, "subscribers.potential.income.elasticity")[:1]
        return np.minimum(factor, block.number(section.most, "subscribers.potential.income.most")[:1])

    @cached_property
    def _starts(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Where each group is, its potential (territory, draw), members for each of it at the start and along a forecast.

        Members for each of the potential are (1 + step, draw), where no forecast is followed (1, draw).
        """
        each, columns = self._potential
        found = []
        for name, group in self.block.frame.scenario.subscribers.opening.items():
            here, path = self.block.frame.index(group.territories), f"subscribers.opening.{name}"
            if group.history:
                members = self.block.start(f"{path}.history")
            else:
                members = self.block.amount(group.members, f"{path}.members")[0]
            weight = each[here] * columns.values[0, columns.of[here]]
            weight = np.where(over_periods(weight) > 0, weight, self._people[here])
            found.append((here, weight, members / over_periods(weight)))
        return found

    @cached_property
    def opening(self) -> np.ndarray:
        """Members at the start (territory, draw), each group spread in proportion to potential, or to people without any."""
        opening = np.zeros(self._potential[0].shape)
        for here, weight, members in self._starts:
            opening[here] = weight * members[0]
        return opening

    @cached_property
    def _people(self) -> np.ndarray:
        """The audience at the start (territory, draw)."""
        return np.broadcast_to(self.setting.audience[0], (len(self.block.frame.territories), self.block.draws))

    @cached_property
    def followed(self) -> np.ndarray:
        """Return in how many steps each territory (territory,) follows a forecast."""
        steps = np.zeros(len(self.block.frame.territories), dtype=int)
        for here, _, members in self._starts:
            steps[here] = len(members) - 1
        return steps

    def _following(self, here: slice) -> np.ndarray:
        """Return members (step, territory, draw) of some territories along the forecasts that they follow."""
        closing = np.zeros((self.followed[here.start], here.stop - here.start, self.block.draws))
        for group, weight, members in self._starts:
            inside = (here.start <= group) & (group < here.stop)
            if inside.any():
                closing[:, group[inside] - here.start] = weight[inside] * members[1:, np.newaxis]
        return closing

    def staying(self) -> np.ndarray:
        """Return the share (period, draw) of those who join at the start that is left, averaged over members then.

        Where there are no members yet it is averaged over the audience.
        """
        left, of = self.churn.staying()
        if left.shape[1] == 1:
            return np.broadcast_to(left[:, 0], (len(left), self.block.draws))
        weight = np.where(over_periods(self.opening) > 0, self.opening, self._people)
        total = np.zeros((len(left), self.block.draws))
        for territory, column in enumerate(of):
            total += left[:, column] * weight[territory]
        return total / over_periods(weight)

    def groups(self) -> Iterator[Growing]:
        """Yield groups of territories with their members' path without a title."""
        each, columns = self._potential
        for here in self._slices(max(1, GROUP_ELEMENTS // self.block.draws)):
            potential = np.empty((self.block.frame.periods, here.stop - here.start, self.block.draws))
            for place, territory in enumerate(range(here.start, here.stop)):
                np.multiply(each[territory], columns.values[:, columns.of[territory]], out=potential[:, place])
            rates = (_part(rate, here) for rate in (self.innovation, self.imitation))
            drivers = Drivers(self.opening[here], potential, *rates, self.block.frame.step, self.lift.within(here))
            if self.followed[here.start]:
                closing = self._following(here)
                drivers = drivers._replace(followed=self.churn.following(self.opening[here], closing, here))
            yield Growing(here, drivers, self.churn.path(drivers, here))

    def _slices(self, size: int) -> Iterator[slice]:
        """Yield so many territories at a time, or fewer where others follow a forecast for as many steps."""
        first, steps = 0, self.followed
        for territory in range(1, len(steps) + 1):
            if territory in (len(steps), first + size) or steps[territory] != steps[first]:
                yield slice(first, territory)
                first = territory


def _part(values: np.ndarray, territories: slice) -> np.ndarray:
    """Return what values (period, 1 or territory, draw) are in some of the territories."""
    return values if values.shape[1] == 1 else values[:, territories]
