"""The accounts of the whole platform, without any title of a deal, for one block of draws.

Territories are added one after the other, whatever the groups and blocks in which they come, so that sums are the same to
the last bit.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from simlib.models import platform as model
from simlib.models import subscribers
from simlib.scenario.platform import OF_REVENUE, SIDES
from simlib.simulation.books import Books
from simlib.simulation.evaluate import Columns
from simlib.simulation.lines import platform_lines
from simlib.simulation.markets import Setting

WHOLE = ("subscriber_month", "gross_add", "hour", "viewer_month")  # what is counted territory by territory


class Business:
    """The platform as a business: its lines added up over territories."""

    def __init__(self, setting: Setting):
        block, frame = setting.block, setting.block.frame
        accounts, path = frame.scenario.platform.accounts, "platform.accounts"
        self.setting, self.block = setting, block
        self.lines = platform_lines(block)
        self.viewers = block.columns(accounts.viewers, f"{path}.viewers")
        self.hours = {
            who: block.columns(getattr(accounts, f"monthly_hours_per_{who}"), f"{path}.monthly_hours_per_{who}")
            for who in ("viewer", "member")
        }
        shape = (frame.periods, block.draws)
        self.sums = {line: np.zeros(shape) for line in self.lines if line.unit in (*WHOLE, "month")}
        self.of_members = {side: np.zeros(shape) for side in SIDES}
        self.members, self.audience = np.zeros(shape), np.zeros(shape)

    @cached_property
    def _served(self) -> Columns:
        """The audience on average over each period, for one of it at the start."""
        closing, of = self.setting.growth
        return Columns((np.concatenate([np.ones_like(closing[:1]), closing[:-1]]) + closing) / 2, of)

    def add(self, territory: int, opening: np.ndarray, closing: np.ndarray, joined: np.ndarray) -> None:
        """Add a territory whose members are `opening` (draw,) at the start, `closing` and `joined` (period, draw)."""
        months = self.block.frame.months_per_period
        members = subscribers.average_subscribers(opening, closing)
        audience = self.setting.audience[0, territory] * _at(self._served, territory)
        viewers = np.maximum(audience * np.clip(_at(self.viewers, territory), 0, 1), members)
        each = {who: np.maximum(_at(hours, territory), 0) for who, hours in self.hours.items()}
        moved = {
            "subscriber_month": months * members,
            "gross_add": joined,
            "hour": model.hours_viewed(viewers, members, each["viewer"], each["member"], self.block.frame.step),
            "viewer_month": months * viewers,
        }
        of_members = moved | {"hour": months * members * (each["member"] - each["viewer"])}
        for line, total in self.sums.items():
            if line.unit in WHOLE:
                total += _at(line.amount, territory) * moved[line.unit]
            if line.unit in of_members and line.unit != "viewer_month":
                self.of_members[line.side] += _at(line.amount, territory) * of_members[line.unit]
        self.members += members
        self.audience += audience

    def books(self) -> Books:
        """Return the accounts when every territory has been added."""
        sides = {side: {line.name: total for line, total in self.sums.items() if line.side == side} for side in SIDES}
        for line, total in self.sums.items():
            if line.unit == "month":
                total += line.amount.values[:, 0] * self.block.frame.months_per_period
        revenue = np.zeros_like(self.members) + model.total(sides["revenue"])
        kept = 1.0
        for line in self.lines:
            if line.unit == OF_REVENUE:
                share = np.clip(line.amount.values[:, 0], 0, 1)
                sides["costs"][line.name] = share * revenue
                kept = kept - share
        spend, amortised, balance = self._content()
        paid_as_viewed = sides["costs"].get("content", 0.0)  # what is a cost and leaves cash in one period
        spend, sides["costs"]["content"] = spend + paid_as_viewed, amortised + paid_as_viewed
        costs = {name: sides["costs"][name] for name in model.COST_LINES if name in sides["costs"]}
        from_members = self.of_members["revenue"] * kept - self.of_members["costs"]
        people = self.members, self.audience
        return Books(sides["revenue"], costs, spend, balance, *people, from_members, *self._below_profit())

    def _below_profit(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return interest and the rate of tax (period, draw); None of both where accounts name neither."""
        block, accounts, shape = self.block, self.block.frame.scenario.platform.accounts, self.members.shape
        if not accounts.has_net_income:
            return None, None
        interest = rate = np.zeros((1, 1))
        if accounts.interest is not None:
            interest = block.cash(accounts.interest, "platform.accounts.interest")[:, 0] * block.frame.months_per_period
        if accounts.tax_on_profit is not None:
            rate = block.share(accounts.tax_on_profit, "platform.accounts.tax_on_profit")[:, 0]
        return np.broadcast_to(interest, shape), np.broadcast_to(rate, shape)

    def _content(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what is spent on content, what of it becomes cost, and what is not yet viewed (period, draw)."""
        block, frame = self.block, self.block.frame
        section, path = frame.scenario.platform.accounts.content, "platform.accounts.content"
        monthly = block.cash(section.monthly_spend, f"{path}.monthly_spend")[:, 0]
        spend = np.broadcast_to(monthly * frame.months_per_period, self.members.shape)
        scale, tail = (
            block.number(getattr(section.amortisation, name), f"{path}.amortisation.{name}")[0, 0]
            for name in ("scale_months", "tail")
        )
        opening = block.cash(section.opening.balance, f"{path}.opening.balance")[0, 0]
        age = block.amount(section.opening.age_months, f"{path}.opening.age_months")[0, 0]
        opening = np.broadcast_to(opening, (block.draws,))
        cost, balance = model.amortised(spend, opening, age / 12, scale / 12, tail, frame.step)
        return spend, cost, balance


def _at(columns: Columns, territory: int) -> np.ndarray:
    """Return a quantity in one territory (1 or period, 1 or draw)."""
    return columns.values[:, columns.of[territory]]
