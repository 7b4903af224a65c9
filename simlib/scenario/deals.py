"""Deals, packages of them, and the fee on the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from simlib.scenario.clauses import Shared, Sum, Terms
from simlib.scenario.fields import Fee, Names, Places, TerritorySet, Word
from simlib.scenario.quantity import (
    Month,
    NonNegativeMoney,
    Quantity,
    Share,
    Strict,
    above,
    months_later,
    paid_per,
    span,
)
from simlib.scenario.rights import Rights

PerHourViewed = Annotated[NonNegativeMoney, paid_per(None, "hour")]

AUDIENCE, SUPPLIERS, TAX = OUTSIDE = "audience", "suppliers", "tax_authority"  # who pays and is paid beside the parties
MOST_GROSSED_UP = 0.95  # a tax that a rare draw puts beyond moves to it


class Membership(Strict):
    """The licensee earns through its members: what the platform is worth with the title less without it."""

    by: Literal["membership"]


class Viewing(Strict):
    """The licensee earns by the hour viewed."""

    by: Literal["viewing"]
    reach: Share = Field(description="share of the territory's video audience that the licensee's service reaches")
    free_hour: PerHourViewed = Field(description="receipts for an hour watched free with advertising")
    paid_hour: PerHourViewed = Field(description="receipts for an hour watched by a payer")


Exploitation = Annotated[Membership | Viewing, Field(discriminator="by")]


class LicensorCost(Strict):
    """What a deal costs the licensor: delivery, subtitles, a sales team."""

    amount: Fee = Field(description="paid when the window opens")


class Treaty(Strict):
    """A country's withholding tax where a treaty bounds it: the lower of the two holds."""

    statutory: Share = Field(description="the rate in law")
    treaty: Share = Field(description="the most that the treaty allows")


WithholdingTax = Annotated[
    Annotated[Share, Tag("<quantity>")] | Annotated[Treaty, Tag("<treaty>")],
    Discriminator(
        lambda value: (
            "<treaty>" if isinstance(value, Treaty) or (isinstance(value, dict) and "treaty" in value) else "<quantity>"
        )
    ),
]


class Deal(Strict):
    """One grant of rights and what is paid for it."""

    licensor: Word = Field(description="who gives the rights")
    licensee: Word = Field(description="who takes them")
    made_as: Word | None = Field(
        None, description="which of title.made_as it is about, where the title has several ways"
    )
    rights: Rights = Field(description="what is granted, where and when")
    exploitation: Exploitation = Field(description="how the licensee earns with it")
    terms: Terms = Field(description="clauses in the order in which they take from receipts")
    withholding_tax: WithholdingTax = Field(description="share of each payment that the licensee's country keeps")
    gross_up: bool = Field(description="whether the licensee bears that tax")
    payment_lag_months: Annotated[int, Field(ge=0, le=600)] = Field(
        description="months from earning to payment of shares"
    )
    events: dict[Word, Month] = Field(
        {}, description="month of each event that a schedule names; `opening`, `end` are known"
    )
    accounts_by_territory: bool = Field(
        False, description="whether each territory is an account of its own; if not, they are cross-collateralised"
    )
    licensor_cost: LicensorCost | None = Field(None, description="what the deal costs the licensor")

    def month_of(self, moment: str) -> str:
        """Return the month of a moment in a schedule: itself, or when an event happens."""
        known = {"opening": self.rights.start, "end": months_later(self.rights.start, self.rights.term_months - 1)}
        return {**known, **self.events}.get(moment, moment)

    @property
    def highest_tax(self) -> float:
        """The highest withholding tax that payments may bear, all but 1 draw in 1,000."""
        tax = self.withholding_tax
        return min(span(tax.statutory)[1], span(tax.treaty)[1]) if isinstance(tax, Treaty) else span(tax)[1]

    def clause(self, word: str) -> Any:
        """Return the first clause of a kind, or None."""
        return next((term for term in self.terms if term.clause == word), None)


class Position(Shared):
    """A party's place in the order in which a package's proceeds are handed out; the licensor keeps what is left."""

    party: Word = Field(description="who receives")
    base: Literal["gross", "net"] = Field(description="all proceeds, or what the positions above leave of them")
    until: Sum | None = Field(None, description="what it receives at most")
    until_cost: Annotated[Quantity, above(0)] | None = Field(
        None, description="at most this share of what the party put into production, e.g. 120 %"
    )
    after: Word | None = Field(None, description="the position above that must have had all of its `until` before")
    deals: Annotated[Names, Field(min_length=1)] | None = Field(
        None, description="whose proceeds; all deals of the package if left out"
    )
    territories: Places | None = Field(None, description="proceeds of which territories; all if left out")


class Package(Strict):
    """Deals that could be signed together."""

    label: str = Field(description="its name in tables and pictures")
    deals: Names = Field(min_length=1, description="names of deals")
    cost_shares: dict[Word, Share] = Field(
        {},
        description="party: its share of the title's production cost; left out, the cost is spent whatever is signed",
    )
    cross_collateralised: Annotated[tuple[Names, ...], Field(strict=False)] = Field(
        (), description="lists of deals whose guarantees are recouped from one account"
    )
    waterfall: dict[Word, Position] = Field(
        {}, description="in order: who shares in what the licensor receives, before it keeps the rest"
    )


class Negotiation(Strict):
    """Which fee is on the table."""

    package: Word = Field(description="the package in question")
    deal: Word = Field(description="the deal in it whose flat fee is negotiated")
    bargaining_power: Share = Field(description="the licensor's share of the gain, 50 % is the even split")


def told_apart(sections: Any, name: str) -> Iterator[TerritorySet]:
    """Yield the sets of territories that a deal's clauses, or positions of packages with it, tell from the others."""
    yield from (term.territories for term in sections.deals[name].terms if getattr(term, "territories", None))
    yield from shared_apart(sections, name)


def shared_apart(sections: Any, name: str) -> Iterator[TerritorySet]:
    """Yield the sets of territories whose proceeds from a deal a position of a package shares in."""
    for package in (sections.packages or {}).values():  # a faulty section is None
        for position in package.waterfall.values() if name in package.deals else ():
            if position.territories and name in (position.deals or package.deals):
                yield position.territories
