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
from simlib.models.platform import lines
from simlib.scenario.deals import Deal
from simlib.scenario.platform import OF_REVENUE, OWN, SIDES
from simlib.simulation.books import Books
from simlib.simulation.business import Business
from simlib.simulation.dues import Earnings
from simlib.simulation.evaluate import Block, Columns
from simlib.simulation.lines import Line, platform_lines
from simlib.simulation.markets import Earned, Setting, discount_rate, over_periods, over_territories

GROUP_ELEMENTS = 8192  # territories × draws of one period worked on at once
DRIVERS = ("subscriber_month", "gross_add", "hour")


class Members(NamedTuple):
    """A platform's members without the title: in all (period, draw), and at the end (territory, draw); its accounts."""

    total: np.ndarray
    at_end: np.ndarray
    books: Books | None  # where the scenario draws up the whole platform's


def members(setting: Setting, deals: Mapping[str, Deal]) -> tuple[Members, dict[str, Earned]]:
    """Return a platform's members, and what each deal adds: with the title less without, on the same draws."""
    total, earned = _with_and_without(setting, {name: (deal, 0.0) for name, deal in deals.items()})
    renewed = {name: setting.renewed(name, deal, earned[name].hours) for name, deal in deals.items()}
    longer = {name: (deals[name], wants) for name, wants in renewed.items() if np.any(wants)}
    return total, earned | _with_and_without(setting, longer)[1] if longer else earned


def _with_and_without(
    setting: Setting, deals: Mapping[str, tuple[Deal, np.ndarray | float]]
) -> tuple[Members, dict[str, Earned]]:
    """Return members without the titles, and what each deal adds in its window, the longer one in the draws that renew."""
    platform, frame = Platform(setting), setting.block.frame
    total = np.zeros((frame.periods, setting.block.draws))
    at_end = np.empty((len(frame.territories), setting.block.draws))
    gains = {name: Gain(platform, name, *deal) for name, deal in deals.items()}
    drawn_up = frame.scenario.platform and frame.scenario.platform.accounts
    business = Business(setting, platform.churn) if drawn_up else None
    for group in platform.groups():
        for place, territory in enumerate(range(group.territories.start, group.territories.stop)):
            total += group.closing[:, place]
            if business:
                business.add(territory, group.opening[place], group.closing[:, place])
        at_end[group.territories] = group.closing[-1]
        for gain in gains.values():
            gain.add(group)
    books = business.books() if business else None
    return Members(total, at_end, books), {name: gain.earned() for name, gain in gains.items()}


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
        monthly = self.block.share(self.block.frame.scenario.subscribers.monthly_churn, "subscribers.monthly_churn")
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
        section, block = self.block.frame.scenario.subscribers.potential, self.block
        ratio = self.setting.ratios.paying if section.of == "payers" else None
        each = self.setting.audience * block.amount(section.share, "subscribers.potential.share")[:1]
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
        innovation, imitation = (_part(rate, group.territories) for rate in (self.innovation, self.imitation))
        return model.subscriber_path(start, most, innovation, imitation, churn, step, lift)

    def groups(self) -> Iterator[Growing]:
        """Yield groups of territories with their members' path without a title."""
        each, columns = self._potential
        size = max(1, GROUP_ELEMENTS // self.block.draws)
        for first in range(0, len(each), size):
            here = slice(first, min(first + size, len(each)))
            potential = np.empty((self.block.frame.periods, here.stop - first, self.block.draws))
            for place, territory in enumerate(range(here.start, here.stop)):
                np.multiply(each[territory], columns.values[:, columns.of[territory]], out=potential[:, place])
            group = Growing(here, self.opening[here], potential, potential)
            yield group._replace(closing=self.path(group, _part(self.churn, here), self.seasonality))


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
        self.window = platform.setting.window(deal, renewed)
        self.parts, self.licensed = len(frame.parts(name)), np.zeros(len(frame.territories))
        self.part_of = np.zeros(len(frame.territories), dtype=int)  # unlicensed territories see no hour
        for part, inside in enumerate(frame.parts(name)):
            self.licensed[inside], self.part_of[inside] = 1, part
        hours = platform.setting.hours_each * self.licensed[:, np.newaxis]
        self.each = np.broadcast_to(hours, (1, len(frame.territories), block.draws))
        of_all = block.number(effect.monthly_hours_per_member, f"{path}.monthly_hours_per_member")[:1]
        pull = self.each / (of_all * frame.months_per_period)
        self.adds = pull * block.amount(effect.adds_elasticity, f"{path}.adds_elasticity")[:1]
        self.kept = pull * block.amount(effect.churn_elasticity, f"{path}.churn_elasticity")[:1]
        self.lines = tuple(line for line in platform_lines(block) if line.unit not in OWN)
        self.driven = {line.unit for line in self.lines}
        self.pays_by_member = deal.clause("per_subscriber") is not None
        self.counts_members = any(getattr(term, "on", None) == "subscribers" for term in deal.terms)
        rate = discount_rate(block, deal.licensee)
        self.discount = discount_factors(rate, frame.periods, frame.step)
        self.accounts: dict[tuple[int, ...], Account] = {}
        self.served = np.zeros((frame.periods, self.parts, block.draws))
        self.worth = np.zeros((len(frame.territories), block.draws))

    def add(self, group: Growing) -> None:
        """Add a group of territories: their members with the title less those without."""
        churn = self.kept[:, group.territories] * -self.window
        churn += 1
        if self.kept[:, group.territories].max() * self.window.max() > 1:
            np.maximum(churn, 0, out=churn)
        churn *= _part(self.platform.churn, group.territories)
        lift = self.adds[:, group.territories] * self.window
        lift += 1
        if self.block.frame.scenario.subscribers.seasonality:
            lift *= self.platform.seasonality
        closing = self.platform.path(group, churn, lift)
        for place, territory in enumerate(range(group.territories.start, group.territories.stop)):
            account = self._account(territory)
            opening, without, here = group.opening[place], group.closing[:, place], closing[:, place]
            self._count(account, territory, opening, here, here - without)
            if "gross_add" in self.driven:
                usual = self.platform.churn[:, min(territory, self.platform.churn.shape[1] - 1)]
                base = model.gross_adds(opening, without, usual)
                added = model.gross_adds(opening, here, churn[:, place]) - base
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


def _part(values: np.ndarray, territories: slice) -> np.ndarray:
    """Return what values (period, 1 or territory, draw) are in some of the territories."""
    return values if values.shape[1] == 1 else values[:, territories]


def _by_closing(worth: np.ndarray) -> np.ndarray:
    """Return what a member at a period's close is worth: half of that period's average, half of the next one's.

    >>> _by_closing(np.array([[2.0], [4.0]])).tolist()
    [[3.0], [2.0]]
    """
    halves = worth / 2
    halves[:-1] += worth[1:] / 2
    return halves
