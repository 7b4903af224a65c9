"""Members of a platform, with and without a title, for one block of draws.

They go by small groups of territories, so that what is worked on stays in the processor's cache and memory does not
grow with territories × periods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simlib.models import subscribers as model
from simlib.models.cash import discount_factors
from simlib.models.platform import lines
from simlib.scenario.deals import Deal
from simlib.scenario.platform import OF_REVENUE, OWN, SIDES
from simlib.simulation import pace
from simlib.simulation.books import Books
from simlib.simulation.business import Business
from simlib.simulation.churn import Churn, Drivers, Path, churn
from simlib.simulation.dues import Earnings
from simlib.simulation.evaluate import Block, Columns
from simlib.simulation.lines import Line, platform_lines
from simlib.simulation.markets import Earned, Setting, discount_rate, over_periods, over_territories

GROUP_ELEMENTS = 8192  # territories × draws of one period worked on at once
DRIVERS = ("subscriber_month", "gross_add", "hour")


class Members(NamedTuple):
    """A platform's members without the title: in all and who joined (period, draw), at the start, at the end by territory.

    `staying` (period, draw) is the share of those who join at the start that is left at the end of each period, on average
    over the members at the start.
    """

    total: np.ndarray
    gross_adds: np.ndarray
    opening: np.ndarray  # (draw,)
    at_end: np.ndarray  # (territory, draw)
    staying: np.ndarray
    books: Books | None  # where the scenario draws up the whole platform's

    @property
    def churned(self) -> np.ndarray:
        """Who left in each period (period, draw)."""
        return model.openings(self.opening, self.total) + self.gross_adds - self.total


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
    total, adds = np.zeros((2, frame.periods, setting.block.draws))
    at_end = np.empty((len(frame.territories), setting.block.draws))
    gains, everywhere = {name: Gain(platform, name, *deal) for name, deal in deals.items()}, platform.churn.everywhere
    everywhere = None if platform.followed.any() else everywhere
    drawn_up = frame.scenario.platform and frame.scenario.platform.accounts
    business = Business(setting) if drawn_up else None
    for group in platform.groups():
        for place, territory in enumerate(range(group.territories.start, group.territories.stop)):
            total += group.closing[:, place]
            if everywhere is None:
                adds += group.path.gross_adds[:, place]
            if business:
                business.add(
                    territory, group.drivers.opening[place], group.closing[:, place], group.path.gross_adds[:, place]
                )
        at_end[group.territories] = group.closing[-1]
        for gain in gains.values():
            gain.add(group)
    opening = over_periods(platform.opening)
    adds = adds if everywhere is None else model.gross_adds(opening, total, everywhere)
    found = Members(total, adds, opening, at_end, platform.staying(), business.books() if business else None)
    return found, {name: gain.earned() for name, gain in gains.items()}


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
                members = self.block.start(group.history, f"{path}.history")
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
