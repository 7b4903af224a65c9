"""Audiences, members and what a title makes of them, for one block of draws.

Sums are taken term by term in one order, so that a result is the same to the last bit whatever the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simlib.models import demand
from simlib.models.cash import discount_factors
from simlib.models.periods import growth_factor
from simlib.scenario.deals import Deal
from simlib.scenario.title import SlowStarter
from simlib.simulation.dues import Earnings
from simlib.simulation.evaluate import Block, Columns
from simlib.simulation.habits import Ratios, habits


class Earned(NamedTuple):
    """What a licensee makes of a title: lines for the ledger, hours (period, draw), value added (territory, draw)."""

    earnings: Earnings
    hours: np.ndarray
    by_territory: np.ndarray
    members_gained: np.ndarray | None


def over_territories(values: np.ndarray) -> np.ndarray:
    """Return the sum (period, draw) of (period, territory, draw), territory after territory whatever the block.

    >>> over_territories(np.ones((2, 3, 4))).tolist()
    [[3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0]]
    """
    total = values[:, 0].copy()
    for territory in range(1, values.shape[1]):
        total += values[:, territory]
    return total


def over_periods(values: np.ndarray) -> np.ndarray:
    """Return the sum over the first axis, period after period whatever the block.

    >>> over_periods(np.ones((2, 3, 4))).shape
    (3, 4)
    """
    total = values[0].copy()
    for period in values[1:]:
        total += period
    return total


def discount_rate(block: Block, party: str) -> np.ndarray:
    """Return a party's discount rate per year (draw,)."""
    rates = block.frame.scenario.discount_rates
    key = party if party in rates else "default"
    return np.broadcast_to(block.number(rates[key], f"discount_rates.{key}")[0, 0], (block.draws,))


@dataclass(frozen=True)
class Setting:
    """What several deals draw on in one block: audience, its growth, paying ratios, the title's hours."""

    block: Block

    @cached_property
    def audience(self) -> np.ndarray:
        """Online-video users at the start (1, territory, 1 or draw)."""
        section = self.block.frame.scenario.audience
        users = self.block.number(section.internet_users, "audience.internet_users")
        here = users[:1] * np.minimum(self.block.number(section.video_share, "audience.video_share"), 1)[:1]
        return np.broadcast_to(here, (1, len(self.block.frame.territories), here.shape[2]))

    @cached_property
    def growth(self) -> Columns:
        """The audience at each period's end as a multiple of its start (period, column, 1 or draw)."""
        frame = self.block.frame
        growth = self.block.columns(frame.scenario.audience.annual_growth, "audience.annual_growth")
        factor = growth_factor(growth.values, frame.step)
        grown = np.cumprod(np.broadcast_to(factor, (frame.periods, *factor.shape[1:])), axis=0)
        return Columns(grown, growth.of)

    @cached_property
    def ratios(self) -> Ratios | None:
        """Paying and free shares of each market's audience; None without a section on habits."""
        if not self.block.frame.scenario.habits:
            return None
        return habits(self.block, self.by_audience, self.people)

    def hit(self, deal: str) -> np.ndarray:
        """A deal's hit factor (1, 1 or territory, 1 or draw): the title's, or the story's times that of its way."""
        block, title, (path, made) = self.block, self.block.frame.scenario.title, self.block.frame.way(deal)
        own = block.amount(made.hit, f"{path}.hit")[:1]
        return own if made is title else own * block.amount(title.hit, "title.hit")[:1]

    def hours_each(self, deal: str) -> np.ndarray:
        """Hours that one member of an audience offered a deal's title watches in its life (1, territory, draw)."""
        block, (path, made) = self.block, self.block.frame.way(deal)
        if path not in self._hours_each:
            appeal = block.share(made.appeal, f"{path}.appeal") * self.hit(deal)
            hours = block.amount(made.hours, f"{path}.hours") * block.share(made.completion, f"{path}.completion")
            self._hours_each[path] = np.minimum(appeal, 1)[:1] * hours[:1]
        return self._hours_each[path]

    @cached_property
    def _hours_each(self) -> dict[str, np.ndarray]:
        return {}

    def word_of_mouth(self, deal: str, line: str) -> np.ndarray | float:
        """Factor on a line of receipts for how much of a hit a deal's title is (1, 1, 1 or draw); 1 where it says none."""
        path, made = self.block.frame.way(deal)
        elasticity = getattr(made.word_of_mouth, line, None)
        if elasticity is None:
            return 1.0
        return demand.word_of_mouth(self.hit(deal), self.block.amount(elasticity, f"{path}.word_of_mouth.{line}")[:1])

    def viewed(self, deal: str, months: int) -> np.ndarray:
        """Share of lifetime viewing in each period of a window of so many months (period, 1, 1 or draw)."""
        frame, (path, made) = self.block.frame, self.block.frame.way(deal)
        edges = np.append(frame.months.ravel(), frame.months[-1] + frame.months_per_period)
        opens = frame.months_to(frame.scenario.deals[deal].rights.start)
        ages = (np.clip(edges - opens, 0, months) / 12).reshape(-1, 1, 1)
        first, second = (
            self.block.number(getattr(made.decay, field), f"{path}.decay.{field}")[:1]
            for field in type(made.decay).model_fields
        )
        if isinstance(made.decay, SlowStarter):
            return demand.shares_by_period(demand.two_stage_share(ages, 12 / first, 12 / second))
        return demand.shares_by_period(demand.viewed_share(ages, first / 12, second))

    def window(self, name: str, deal: Deal, renewed: np.ndarray | float = 0.0) -> np.ndarray:
        """Share of lifetime viewing in each period of a deal's window, the longer one in the draws that renew (draw,)."""
        months = deal.rights.term_months
        shares = self.viewed(name, months)
        if np.ndim(renewed) == 0:
            return shares
        return shares + renewed * (self.viewed(name, months + deal.clause("renewal").months) - shares)

    def renewed(self, name: str, deal: Deal, hours: np.ndarray) -> np.ndarray | float:
        """Return 1 in the draws (draw,) in which hours (period, draw) at the window's end make the licensee renew."""
        option = deal.clause("renewal")
        if option is None:
            return 0.0
        end = self.block.frame.months_to(deal.rights.start) + deal.rights.term_months
        last, whole = (self.overlap(end - months, end) for months in (option.look_back_months, deal.rights.term_months))
        seen = over_periods(hours * np.divide(last, whole, out=np.zeros_like(last), where=whole > 0)[:, 0])
        wanted = self.block.amount(option.hours, f"deals.{name}.terms.renewal.hours")[0, 0]
        return (seen >= wanted).astype(float)

    def overlap(self, first: int, last: int) -> np.ndarray:
        """Return the months that each period (period, 1, 1) shares with those from first up to last of the horizon."""
        starts, length = self.block.frame.months, self.block.frame.months_per_period
        return np.maximum(np.minimum(starts + length, last) - np.maximum(starts, first), 0).astype(float)

    def grown(self, ratio: np.ndarray | None) -> Columns:
        """Growth of the audience, times a ratio (period, market, draw) where one is given."""
        if ratio is None:
            return self.growth
        return self.growth.times(Columns(ratio, self.block.frame.market_of))

    @cached_property
    def free_viewers(self) -> Columns:
        """Those who watch free with advertising, on average over each period, for one of the audience at the start."""
        return self._served(self.ratios.free, self.ratios.opening.states.free)

    @cached_property
    def payers(self) -> Columns:
        """Those who pay, on average over each period, for one of the audience at the start."""
        return self._served(self.ratios.paying, self.ratios.opening.paying)

    def _served(self, ratio: np.ndarray, at_start: np.ndarray) -> Columns:
        """Growth of the audience times a ratio, averaged over each period: half its opening, half its close."""
        closing, of = self.grown(ratio)
        _, first = np.unique(of, return_index=True)  # a territory of each column
        opening = at_start[self.block.frame.market_of[first]]
        return Columns((np.concatenate([opening[np.newaxis], closing[:-1]]) + closing) / 2, of)

    @cached_property
    def people(self) -> np.ndarray:
        """The audience of each market at the start (market, 1 or draw)."""
        sums = []
        for market in range(len(self.block.frame.scenario.habits.markets)):
            here = np.flatnonzero(self.block.frame.market_of == market)
            sums.append(over_territories(self.audience[:, here])[0] if here.size else 0 * self.audience[0, 0])
        return np.stack(sums)

    def by_audience(self, values: np.ndarray) -> np.ndarray:
        """Mean of each market (1 or period, market, 1 or draw), weighted by the audience at the start."""
        weights, values = np.broadcast_arrays(self.audience, values)
        means = []
        for market in range(len(self.block.frame.scenario.habits.markets)):
            here = np.flatnonzero(self.block.frame.market_of == market)
            weight = over_territories(weights[:, here]) if here.size else 1.0
            means.append(over_territories(weights[:, here] * values[:, here]) / weight if here.size else values[:, 0])
        return np.stack(means, axis=1)


def by_viewing(setting: Setting, name: str, deal: Deal) -> Earned:
    """Return what a licensee earns by the hour: from those who watch free with advertising, and from payers."""
    earned = _viewed(setting, name, deal)
    renewed = setting.renewed(name, deal, earned.hours)
    return earned if np.ndim(renewed) == 0 or not renewed.any() else _viewed(setting, name, deal, renewed)


def _viewed(setting: Setting, name: str, deal: Deal, renewed: np.ndarray | float = 0.0) -> Earned:
    """Return what is earned in a window, the longer one in the draws that renew.

    Hours are audience × what grows over time, so that territories of one market share their path and only sums are made.
    """
    block, path, parts = setting.block, f"deals.{name}.exploitation", setting.block.frame.parts(name)
    reach = block.share(deal.exploitation.reach, f"{path}.reach")[:1]
    each = np.broadcast_to(
        setting.audience * reach * setting.hours_each(name), (1, len(block.frame.territories), block.draws)
    )[0]
    receipts, hours = {}, np.zeros((block.frame.periods, len(parts), block.draws))
    worth = np.zeros((len(block.frame.territories), block.draws))
    discount = discount_factors(discount_rate(block, deal.licensee), block.frame.periods, block.frame.step)
    window = setting.window(name, deal, renewed)
    for line, columns, price in (
        ("content_marketing", setting.free_viewers, block.columns(deal.exploitation.free_hour, f"{path}.free_hour")),
        ("member_payment", setting.payers, block.columns(deal.exploitation.paid_hour, f"{path}.paid_hour")),
    ):
        watched, spoken_of = columns.values * window, setting.word_of_mouth(name, line)
        price = Columns(price.values * spoken_of, price.of)
        receipts[line] = np.zeros_like(hours)
        for part, inside in enumerate(parts):
            for (column, place), territories in _alike(inside, columns, price).items():
                viewing = over_periods(each[territories]) * watched[:, column]
                hours[:, part] += viewing
                receipts[line][:, part] += viewing * price.values[:, place]
                worth[territories] += each[territories] * over_periods(
                    discount * watched[:, column] * price.values[:, place]
                )
    return Earned(Earnings(receipts, {}, {"hour": hours}, renewed), over_territories(hours), worth, None)


def _alike(here: np.ndarray, growth: Columns, price: Columns) -> dict[tuple[int, int], list[int]]:
    """Return the territories that share a path of growth and a price."""
    alike: dict[tuple[int, int], list[int]] = {}
    for territory in here.tolist():
        alike.setdefault((int(growth.of[territory]), int(price.of[territory])), []).append(territory)
    return alike
