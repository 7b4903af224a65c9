"""The accounts of the whole platform as series and as results: profit, cash, when it breaks even, how many must pay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simlib.models import platform as model
from simlib.models.cash import npv, payback
from simlib.simulation.evaluate import Block, span
from simlib.simulation.markets import discount_rate

DATE = (
    "date"  # the unit of a date as a year and its fraction: the start of July 2023 is 2023.5; NaN where it never comes
)


@dataclass(frozen=True, eq=False)
class Books:
    """What a platform earns and spends by line, what it pays for content, what of it is not yet viewed: (period, draw).

    `members` and `audience` are means of each period; `from_members` is what all lines that move with members leave.
    `interest` and `tax_rate`, a share of profit after it, are there where the accounts go on to net income.
    """

    revenue: Mapping[str, np.ndarray]
    costs: Mapping[str, np.ndarray]
    content_spend: np.ndarray
    library: np.ndarray
    members: np.ndarray
    audience: np.ndarray
    from_members: np.ndarray
    interest: np.ndarray | None = None
    tax_rate: np.ndarray | None = None

    @cached_property
    def profit(self) -> np.ndarray:
        """Revenue less costs, content as it is viewed."""
        return model.profit(self.revenue, self.costs)

    @cached_property
    def tax(self) -> np.ndarray:
        """Tax on what interest leaves of profit."""
        return model.tax_on_profit(self.profit - self.interest, self.tax_rate)

    @cached_property
    def net_income(self) -> np.ndarray:
        """What interest and tax leave of profit; profit itself where the accounts do not name them."""
        return self.profit if self.interest is None else self.profit - self.interest - self.tax

    @cached_property
    def cash(self) -> np.ndarray:
        """Net income, content as it is paid for."""
        return self.net_income + self.costs["content"] - self.content_spend


class Series(NamedTuple):
    """A series (period, draw) of the accounts: its name, unit, and what people call it; a flow or what stands at the end."""

    name: str
    values: np.ndarray
    label: str
    is_flow: bool = True


class Result(NamedTuple):
    """A number per draw (draw,) of the accounts: its name, unit, and what people call it."""

    name: str
    values: np.ndarray
    unit: str
    label: str


def series(books: Books) -> Iterator[Series]:
    """Yield the series of the accounts, all in the scenario's currency."""
    nothing = np.zeros_like(books.members)
    yield Series("platform.revenue", nothing + model.total(books.revenue), "revenue")
    for line, amount in books.revenue.items():
        yield Series(f"platform.revenue.{line}", amount, line.replace("_", " "))
    yield Series("platform.costs", model.total(books.costs), "costs")
    for line, amount in books.costs.items():
        yield Series(f"platform.costs.{line}", amount, line.replace("_", " "))
    yield Series("platform.profit", books.profit, "profit")
    if books.interest is not None:
        yield Series("platform.interest", books.interest, "interest")
        yield Series("platform.tax_on_profit", books.tax, "tax on profit")
        yield Series("platform.net_income", books.net_income, "net income")
    yield Series("platform.content_spend", books.content_spend, "cash spent on content")
    yield Series("platform.library", books.library, "content paid for and not yet viewed", is_flow=False)
    yield Series("platform.cash", np.cumsum(books.cash, axis=0), "cash so far", is_flow=False)


def results(books: Books, block: Block) -> Iterator[Result]:
    """Yield the results of the accounts, those of the last year being those of its twelve months."""
    frame = block.frame
    currency, step, party = frame.scenario.currency, frame.step, frame.scenario.subscribers.platform
    begins, _ = span(frame.scenario.horizon)
    profit = model.of_a_year(books.profit, step)[-1]
    members, audience = (model.of_a_year(people, step)[-1] * step for people in (books.members, books.audience))
    margin = np.divide(
        model.of_a_year(books.from_members, step)[-1], members, out=np.zeros_like(members), where=members > 0
    )
    needed = model.members_needed(members, profit, margin)
    yield Result("platform.profit_last_year", profit, currency, "profit of the last year")
    if books.interest is not None:
        income = model.of_a_year(books.net_income, step)[-1]
        yield Result("platform.net_income_last_year", income, currency, "net income of the last year")
    yield Result("platform.in_profit", (profit >= 0).astype(float), "share", "in profit in the last year")
    yield Result("platform.break_even", begins + model.break_even(books.profit, step), DATE, "in profit for good from")
    yield Result("platform.payback", begins + payback(books.cash, step), DATE, "cash spent is back")
    yield Result("platform.npv", npv(books.cash, discount_rate(block, party), step), currency, f"NPV of {party}")
    yield Result("platform.paying_ratio", members / audience, "share", "members of the last year, of the audience")
    said = "members that the last year needs to break even, of the audience"
    yield Result("platform.paying_ratio_needed", needed / audience, "share", said)
