"""What a platform earns and spends, and what draws up the accounts of the whole of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from simlib.scenario.faults import closest
from simlib.scenario.quantity import NonNegative, NonNegativeMoney, Share, Strict, paid_per, per_unit
from simlib.scenario.title import HeavyTail

BY_MEMBER = ("subscriber_month", "gross_add")
OWN = ("viewer_month", "month")  # what no title moves
OF_REVENUE = "revenue"
SIDES = ("revenue", "costs")
RESULTS = (
    "profit_last_year", "in_profit", "break_even", "payback", "npv", "paying_ratio", "paying_ratio_needed",
)  # fmt: skip


class OfRevenue(Strict):
    """A share of all revenue: sales tax, payment fees."""

    of_revenue: Share = Field(description="share of all revenue, e.g. 7%")


def revenue_form(value: Any) -> str:
    """Return whether a line is a share of revenue, be it misspelt, or money.

    >>> revenue_form({"of_revenue": "7%"}), revenue_form({"of_revenu": "7%"}), revenue_form("20 USD per month")
    ('<of_revenue>', '<of_revenue>', '<money>')
    """
    is_share = isinstance(value, OfRevenue) or _means(value, "of_revenue")
    return "<of_revenue>" if is_share else "<money>"


def payment_form(value: Any) -> str:
    """Return whether a line is a share of the price, be it misspelt, or money.

    >>> payment_form({"of_price": "92%"}), payment_form({"of_prize": "92%"}), payment_form({"amount": 9, "currency": "USD"})
    ('<of_price>', '<of_price>', '<money>')
    """
    is_share = isinstance(value, OfPrice) or _means(value, "of_price")
    return "<of_price>" if is_share else "<money>"


def _means(value: Any, word: str) -> bool:
    """Tell whether a mapping has a key that is the word, or was meant to be it."""
    return isinstance(value, dict) and any(closest(str(key), [word]) for key in value)


PlatformLine = Annotated[NonNegativeMoney, paid_per(*BY_MEMBER, "hour", *OWN, "title", None)]
CostLine = Annotated[
    Annotated[PlatformLine, Tag("<money>")] | Annotated[OfRevenue, Tag("<of_revenue>")], Discriminator(revenue_form)
]


class OfPrice(Strict):
    """A share of what a membership costs, `subscribers.price`, for each member and month."""

    of_price: Share = Field(description="what is left of the price after discounts, taxes and the stores' commission")


MemberPayment = Annotated[
    Annotated[OfPrice, Tag("<of_price>")] | Annotated[PlatformLine, Tag("<money>")], Discriminator(payment_form)
]


class RevenueLines(Strict):
    """What a platform earns; lines left out are not modelled."""

    member_payment: MemberPayment | None = Field(
        None, description="what members pay, or {of_price: share} of subscribers.price"
    )
    content_marketing: PlatformLine | None = Field(None, description="advertising and placement")
    data_marketing: PlatformLine | None = Field(None, description="what is earned with knowledge of the audience")
    sublicensing: PlatformLine | None = Field(None, description="content passed on to others")
    derivatives: PlatformLine | None = Field(None, description="merchandise and games")
    disc_rental: PlatformLine | None = Field(None, description="discs lent out by post or in shops")


class CostLines(Strict):
    """What a platform spends; lines left out are not modelled."""

    content: CostLine | None = Field(None, description="what the title costs beside its fee: dubbing, subtitles")
    bandwidth: CostLine | None = Field(None, description="delivery")
    marketing: CostLine | None = Field(None, description="winning members, promoting the title")
    sales_tax: CostLine | None = Field(None, description="business tax, value added tax and their surcharges")
    other: CostLine | None = Field(None, description="payment processing, customer service, research, staff")


class OpeningBalance(Strict):
    """Content paid for before the start and not yet viewed."""

    balance: Annotated[NonNegativeMoney, paid_per(None)] = Field(description="what of it is not yet amortised")
    age_months: NonNegative = Field(description="how long ago it was bought, on average, in months")


class Library(Strict):
    """The platform's content: paid for when it is bought, a cost as it is viewed."""

    monthly_spend: Annotated[NonNegativeMoney, paid_per("month")] = Field(description="cash spent on content a month")
    amortisation: HeavyTail = Field(description="how what was bought is viewed, and becomes cost")
    opening: OpeningBalance = Field(description="what was bought before the start")


class WholeAccounts(Strict):
    """The accounts of the whole platform: how many use it, how long, and its content."""

    viewers: Share = Field(
        description="share of the audience that uses the platform in a month, its members among them"
    )
    monthly_hours_per_viewer: NonNegative = Field(description="hours that a viewer who is no member watches in a month")
    monthly_hours_per_member: NonNegative = Field(description="hours that a member watches in a month")
    content: Library = Field(description="the content library")
    interest: Annotated[NonNegativeMoney, paid_per("month")] | None = Field(
        None, description="what debt costs a month, less what cash earns; a loss on currencies counts with it"
    )
    tax_on_profit: Share | None = Field(
        None, description="tax as a share of profit after interest; a loss is carried forward within the horizon"
    )

    @property
    def has_net_income(self) -> bool:
        """Whether they go on from profit to net income."""
        return self.interest is not None or self.tax_on_profit is not None


class Platform(Strict):
    """Revenue and cost lines of the platform whose subscribers are modelled: one set for a title and for the whole.

    What is per subscriber_month or gross_add moves with members, a title moving it by what it adds; per hour with hours
    viewed, of a title its own. What is per viewer_month (each person who uses the platform in a month) or per month is the
    whole platform's alone; a plain sum, or one per title, is the title's alone.
    """

    revenue: RevenueLines = Field(
        description="money per subscriber_month, gross_add, hour, viewer_month or month, or a plain sum for a title"
    )
    costs: CostLines = Field(description="likewise, or {of_revenue: a share}")
    accounts: WholeAccounts | None = Field(None, description="draws up the accounts of the whole platform")


def driver(line: Any) -> str | None:
    """Return what a line moves with: a unit, or `revenue` where it is a share of that; None for a plain sum.

    >>> driver(OfRevenue(of_revenue=0.07)), driver(OfPrice(of_price=0.9))
    ('revenue', 'subscriber_month')
    """
    match line:
        case OfRevenue():
            return OF_REVENUE
        case OfPrice():
            return "subscriber_month"
    return per_unit(line)


def is_whole(line: Any) -> bool:
    """Tell whether a line is the whole platform's too; a plain sum is a title's alone.

    >>> is_whole(OfRevenue(of_revenue=0.07)), is_whole(20_000.0)
    (True, False)
    """
    return driver(line) in (*BY_MEMBER, "hour", *OWN, OF_REVENUE)


def lines(platform: Platform, *sides: str) -> Iterator[tuple[str, str, Any]]:
    """Yield side, name and value of every line that is there, of both sides or of those named."""
    for side in sides or SIDES:
        section = getattr(platform, side)
        for name in type(section).model_fields:
            if (value := getattr(section, name)) is not None:
                yield side, name, value
