"""What one title adds to a platform, territory by territory, for one block of draws: the path with it less that without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from simlib.models import subscribers as model
from simlib.models.cash import discount_factors
from simlib.models.platform import lines
from simlib.scenario.deals import Deal
from simlib.scenario.platform import OF_REVENUE, OWN, SIDES
from simlib.simulation.dues import Earnings
from simlib.simulation.evaluate import Columns
from simlib.simulation.growth import Growing, Platform
from simlib.simulation.lines import Line, platform_lines
from simlib.simulation.markets import Earned, discount_rate, over_periods, over_territories

DRIVERS = ("subscriber_month", "gross_add", "hour")


class Account:
    """The territories that share their prices: what a title adds there to each driver (period, draw)."""

    def __init__(self, lines: tuple[Line, ...], key: tuple[int, ...], discount: np.ndarray):
        self.prices = [line.amount.values[:, column] for line, column in zip(lines, key, strict=True)]
        self.gained, self.watched, self.added = np.zeros((3, *discount.shape))
        self.worth = {unit: np.zeros_like(discount) for unit in DRIVERS}
        kept = 1 - sum(price for line, price in zip(lines, self.prices, strict=True) if line.unit == OF_REVENUE)
        for line, price in zip(lines, self.prices, strict=True):
            if line.unit in DRIVERS:
                self.worth[line.unit] += discount * price * kept if line.side == "revenue" else -discount * price
        self.worth_of_closing = _by_closing(self.worth["subscriber_month"])


class Gain:
    """What one title adds to a platform, summed territory by territory."""

    def __init__(self, platform: Platform, name: str, deal: Deal, renewed: np.ndarray | float):
        block, frame = platform.block, platform.block.frame
        effect, path = frame.scenario.subscribers.title_effect, "subscribers.title_effect"
        self.platform, self.deal, self.renewed, self.block = platform, deal, renewed, block
        self.window = platform.setting.window(name, deal, renewed)
        self.parts, self.licensed = len(frame.parts(name)), np.zeros(len(frame.territories))
        self.part_of = np.zeros(len(frame.territories), dtype=int)  # unlicensed territories see no hour
        for part, inside in enumerate(frame.parts(name)):
            self.licensed[inside], self.part_of[inside] = 1, part
        hours = platform.setting.hours_each(name) * self.licensed[:, np.newaxis]
        self.each = np.broadcast_to(hours, (1, len(frame.territories), block.draws))
        of_all = block.number(effect.monthly_hours_per_member, f"{path}.monthly_hours_per_member")[:1]
        pull = self.each / (of_all * frame.months_per_period)
        self.adds = pull * block.amount(effect.adds_elasticity, f"{path}.adds_elasticity")[:1]
        self.kept = pull * block.amount(effect.churn_elasticity, f"{path}.churn_elasticity")[:1]
        self.lines = tuple(line for line in self._lines(name) if line.unit not in OWN)
        self.driven = {line.unit for line in self.lines}
        self.pays_by_member = deal.clause("per_subscriber") is not None
        self.counts_members = any(getattr(term, "on", None) == "subscribers" for term in deal.terms)
        rate = discount_rate(block, deal.licensee)
        self.discount = discount_factors(rate, frame.periods, frame.step)
        self.accounts: dict[tuple[int, ...], Account] = {}
        self.served = np.zeros((frame.periods, self.parts, block.draws))
        self.worth = np.zeros((len(frame.territories), block.draws))

    def _lines(self, deal: str) -> Iterator[Line]:
        """Yield the platform's lines, those of revenue for how much of a hit the deal's title is."""
        for line in platform_lines(self.block):
            spoken_of = self.platform.setting.word_of_mouth(deal, line.name) if line.side == "revenue" else 1.0
            yield replace(line, amount=Columns(line.amount.values * spoken_of, line.amount.of))

    def add(self, group: Growing) -> None:
        """Add a group of territories: their members with the title less those without."""
        kept = self.kept[:, group.territories] * -self.window
        kept += 1
        if self.kept[:, group.territories].max() * self.window.max() > 1:
            np.maximum(kept, 0, out=kept)
        lift = self.adds[:, group.territories] * self.window
        lift += 1
        path = self.platform.churn.path(group.drivers.lifted(lift), group.territories, kept)
        for place, territory in enumerate(range(group.territories.start, group.territories.stop)):
            account = self._account(territory)
            opening, without, here = group.drivers.opening[place], group.closing[:, place], path.closing[:, place]
            self._count(account, territory, opening, here, here - without)
            if "gross_add" in self.driven:
                added = path.gross_adds[:, place] - group.path.gross_adds[:, place]
                account.added += added
                self.worth[territory] += over_periods(added * account.worth["gross_add"])

    def _account(self, territory: int) -> Account:
        prices = tuple(int(line.amount.of[territory]) for line in self.lines)
        key = (int(self.part_of[territory]), *prices)
        if key not in self.accounts:
            self.accounts[key] = Account(self.lines, prices, self.discount)
        return self.accounts[key]

    def _count(
        self, account: Account, territory: int, opening: np.ndarray, closing: np.ndarray, gained: np.ndarray
    ) -> None:
        """Add one territory's members gained, its hours, and what both are worth."""
        months, each = self.block.frame.months_per_period, self.each[0, territory]
        account.gained += gained
        gained *= account.worth_of_closing
        self.worth[territory] += months * over_periods(gained)
        average = model.average_subscribers(opening, closing)
        if self.pays_by_member:
            self.served[:, self.part_of[territory]] += average * (self.licensed[territory] * self._months[:, 0])
        average *= each
        account.watched += average
        if "hour" in self.driven:
            self.worth[territory] += over_periods(average * (account.worth["hour"] * self.window[:, 0]))

    def earned(self) -> Earned:
        """Return the sums by line, with the lines that no unit drives."""
        shape = (self.block.frame.periods, 1, self.block.draws)
        sides = {side: {line.name: np.zeros(shape) for line in self.lines if line.side == side} for side in SIDES}
        gained, hours = np.zeros((shape[0], shape[2])), np.zeros((shape[0], self.parts, shape[2]))
        for (part, *_), account in self.accounts.items():
            drivers = self._drivers(account)
            gained += account.gained
            hours[:, part] += drivers["hour"]
            driven = [
                (line, price) for line, price in zip(self.lines, account.prices, strict=True) if line.unit in DRIVERS
            ]
            moved = lines(dict(driven), {line: drivers[line.unit] for line, _ in driven})
            for line, amount in moved.items():
                sides[line.side][line.name][:, 0] += amount
        for line in self.lines:
            if line.unit not in (*DRIVERS, OF_REVENUE):
                sides[line.side][line.name] += line.amount.values[:, :1] * self._once
        receipts = sum(sides["revenue"].values())
        for line in self.lines:
            if line.unit == OF_REVENUE:
                sides["costs"][line.name] += line.amount.values[:, :1] * receipts
        units = {"hour": hours, "subscriber_month": self.served}
        if self.counts_members:
            most = np.maximum.accumulate(np.maximum(gained, 0), axis=0)
            units["subscriber"] = np.diff(most, axis=0, prepend=0)[:, np.newaxis]
        earnings = Earnings(sides["revenue"], sides["costs"], units, self.renewed)
        return Earned(earnings, over_territories(hours), self.worth, gained)

    def _drivers(self, account: Account) -> dict[str, np.ndarray]:
        """Return what an account's lines are paid for (period, draw)."""
        average = model.average_subscribers(np.zeros(self.block.draws), account.gained)
        average *= self.block.frame.months_per_period
        hours = account.watched * self.window[:, 0]
        return {"subscriber_month": average, "gross_add": account.added, "hour": hours}

    @cached_property
    def _once(self) -> np.ndarray:
        """When a sum that no unit drives is paid (period, 1, 1): as the window opens."""
        begins = self.block.frame.months_to(self.deal.rights.start)
        return self.platform.setting.overlap(begins, begins + 1)

    @cached_property
    def _months(self) -> np.ndarray:
        """Months of the window in each period (period, 1, 1 or draw)."""
        overlap, begins = self.platform.setting.overlap, self.block.frame.months_to(self.deal.rights.start)
        end = begins + self.deal.rights.term_months
        if np.ndim(self.renewed) == 0:
            return overlap(begins, end)
        return overlap(begins, end) + self.renewed * overlap(end, end + self.deal.clause("renewal").months)


def _by_closing(worth: np.ndarray) -> np.ndarray:
    """Return what a member at a period's close is worth: half of that period's average, half of the next one's.

    >>> _by_closing(np.array([[2.0], [4.0]])).tolist()
    [[3.0], [2.0]]
    """
    halves = worth / 2
    halves[:-1] += worth[1:] / 2
    return halves
