"""Audiences, members and what a title makes of them, for one block of draws.

Sums are taken term by term in one order, so that a result is the same to the last bit whatever the blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simlib.models import demand
from simlib.models import habits as habit_model
from simlib.models.cash import discount_factors
from simlib.models.periods import growth_factor, hazard_per_year
from simlib.scenario.deals import Deal
from simlib.scenario.fields import MOST_CHURN
from simlib.simulation.dues import Earnings
from simlib.simulation.evaluate import Block, Columns

HABIT_RATES = (
    "enforcement",
    "innovation",
    "imitation",
    "habit_formation",
    "win_back",
    "free_relapse",
    "lapsed_relapse",
)


class Ratios(NamedTuple):
    """Shares of the audience (period, market, draw) that pay, and that watch free with advertising."""

    markets: tuple[str, ...]
    paying: np.ndarray
    free: np.ndarray
    paying_at_start: np.ndarray  # (market, draw)
    free_at_start: np.ndarray

    def named(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each market with its paying ratio (period, draw)."""
        for index, market in enumerate(self.markets):
            yield market, self.paying[:, index]


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
        return _habits(self) if self.block.frame.scenario.habits else None

    @cached_property
    def hours_each(self) -> np.ndarray:
        """Hours that one member of an audience offered the title watches in its life (1, territory, draw)."""
        title, block = self.block.frame.scenario.title, self.block
        appeal = block.share(title.appeal, "title.appeal") * block.amount(title.hit, "title.hit")
        hours = block.amount(title.hours, "title.hours") * block.share(title.completion, "title.completion")
        return np.minimum(appeal, 1)[:1] * hours[:1]

    def viewed(self, start: str, months: int) -> np.ndarray:
        """Share of lifetime viewing in each period of a window (period, 1, 1 or draw)."""
        frame, decay = self.block.frame, self.block.frame.scenario.title.decay
        edges = np.append(frame.months.ravel(), frame.months[-1] + frame.months_per_period)
        ages = (np.clip(edges - frame.months_to(start), 0, months) / 12).reshape(-1, 1, 1)
        scale = self.block.number(decay.scale_months, "title.decay.scale_months")[:1] / 12
        tail = self.block.number(decay.tail, "title.decay.tail")[:1]
        return demand.shares_by_period(demand.viewed_share(ages, scale, tail))

    def window(self, deal: Deal, renewed: np.ndarray | float = 0.0) -> np.ndarray:
        """Share of lifetime viewing in each period of a deal's window, the longer one in the draws that renew (draw,)."""
        start, months = deal.rights.start, deal.rights.term_months
        shares = self.viewed(start, months)
        if np.ndim(renewed) == 0:
            return shares
        return shares + renewed * (self.viewed(start, months + deal.clause("renewal").months) - shares)

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
        return self._served(self.ratios.free, self.ratios.free_at_start)

    @cached_property
    def payers(self) -> Columns:
        """Those who pay, on average over each period, for one of the audience at the start."""
        return self._served(self.ratios.paying, self.ratios.paying_at_start)

    def _served(self, ratio: np.ndarray, at_start: np.ndarray) -> Columns:
        """Growth of the audience times a ratio, averaged over each period: half its opening, half its close."""
        closing, of = self.grown(ratio)
        _, first = np.unique(of, return_index=True)  # a territory of each column
        opening = at_start[self.block.frame.market_of[first]]
        return Columns((np.concatenate([opening[np.newaxis], closing[:-1]]) + closing) / 2, of)

    def by_audience(self, values: np.ndarray) -> np.ndarray:
        """Mean of each market (1 or period, market, 1 or draw), weighted by the audience at the start."""
        weights, values = np.broadcast_arrays(self.audience, values)
        means = []
        for market in range(len(self.block.frame.scenario.habits.markets)):
            here = np.flatnonzero(self.block.frame.market_of == market)
            weight = over_territories(weights[:, here]) if here.size else 1.0
            means.append(over_territories(weights[:, here] * values[:, here]) / weight if here.size else values[:, 0])
        return np.stack(means, axis=1)


def _habits(setting: Setting) -> Ratios:
    """Return the paying and the free share of each market's audience at the end of each period."""
    block, frame = setting.block, setting.block.frame
    section, by = frame.scenario.habits, block.by_market()
    shape = (frame.periods, len(section.markets), block.draws)
    start = {
        name: by.share(getattr(section.opening, name), f"habits.opening.{name}")
        for name in ("unlicensed", "new_payer", "habitual", "lapsed")
    }
    opening = habit_model.Audience(free=np.maximum(1 - sum(start.values()), 0), **start)
    opening = habit_model.Audience(*(np.broadcast_to(state[0], shape[1:]) for state in opening))
    growth = block.number(frame.scenario.audience.annual_growth, "audience.annual_growth")
    growth = growth_factor(growth if growth.shape[1] == 1 else setting.by_audience(growth), frame.step)
    audience = habit_model.habit_path(opening, _habit_rates(setting), np.broadcast_to(growth, shape), frame.step)
    size = habit_model.audience_size(audience)
    paying, free = habit_model.paying_ratio(audience), audience.free / size
    return Ratios(section.markets, paying, free, habit_model.paying_ratio(opening), opening.free)


def _habit_rates(setting: Setting) -> habit_model.Rates:
    """Return the hazards of the habit model, per year, and its two multipliers."""
    block, section = setting.block, setting.block.frame.scenario.habits
    by, afford, pull = block.by_market(), section.affordability, section.content
    income = block.number(block.frame.scenario.audience.monthly_income, "audience.monthly_income")
    affordable = habit_model.affordability(
        by.cash(afford.monthly_price, "habits.affordability.monthly_price"),
        by.number(afford.reference_share, "habits.affordability.reference_share"),
        setting.by_audience(income),
        by.amount(afford.elasticity, "habits.affordability.elasticity"),
    )
    return habit_model.Rates(
        unlicensed_word_of_mouth=by.number(section.unlicensed_word_of_mouth, "habits.unlicensed_word_of_mouth"),
        affordability=np.minimum(affordable, by.amount(afford.most, "habits.affordability.most")),
        content=habit_model.content(
            by.amount(pull.lift, "habits.content.lift"), by.share(pull.intensity, "habits.content.intensity")
        ),
        **{
            f"{payer}_churn": hazard_per_year(
                np.minimum(by.share(getattr(section, field), f"habits.{field}"), MOST_CHURN)
            )
            for payer, field in (("new_payer", "new_payer_monthly_churn"), ("habitual", "habitual_monthly_churn"))
        },
        **{name: by.amount(getattr(section, name), f"habits.{name}") for name in HABIT_RATES},
    )


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
        setting.audience * reach * setting.hours_each, (1, len(block.frame.territories), block.draws)
    )[0]
    receipts, hours = {}, np.zeros((block.frame.periods, len(parts), block.draws))
    worth = np.zeros((len(block.frame.territories), block.draws))
    discount = discount_factors(discount_rate(block, deal.licensee), block.frame.periods, block.frame.step)
    window = setting.window(deal, renewed)
    for line, columns, price in (
        ("content_marketing", setting.free_viewers, block.columns(deal.exploitation.free_hour, f"{path}.free_hour")),
        ("member_payment", setting.payers, block.columns(deal.exploitation.paid_hour, f"{path}.paid_hour")),
    ):
        watched = columns.values * window
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
