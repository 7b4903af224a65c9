"""What a platform earns and spends."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from simlib.scenario.faults import closest
from simlib.scenario.quantity import NonNegativeMoney, Share, Strict, paid_per

PlatformLine = Annotated[NonNegativeMoney, paid_per("subscriber_month", "gross_add", "hour", "month", "title", None)]


class OfPrice(Strict):
    """A share of what a membership costs, `subscribers.price`, for each member and month."""

    of_price: Share = Field(description="what is left of the price after discounts, taxes and the stores' commission")


def payment_form(value: Any) -> str:
    """Return whether a line is a share of the price, be it misspelt, or money.

    >>> payment_form({"of_price": "92%"}), payment_form({"of_prize": "92%"}), payment_form({"amount": 9, "currency": "USD"})
    ('<of_price>', '<of_price>', '<money>')
    """
    means_price = isinstance(value, dict) and any(closest(key, ["of_price"]) for key in value)
    return "<of_price>" if means_price or isinstance(value, OfPrice) else "<money>"


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
    derivatives: PlatformLine | None = Field(None, description="merchandise and games")


class CostLines(Strict):
    """What a platform spends; lines left out are not modelled."""

    content: PlatformLine | None = Field(None, description="what the title costs beside its fee: dubbing, subtitles")
    bandwidth: PlatformLine | None = Field(None, description="delivery")
    marketing: PlatformLine | None = Field(None, description="winning members, promoting the title")
    other: PlatformLine | None = Field(None, description="payment processing, customer service")


class Platform(Strict):
    """Revenue and cost lines of the platform whose subscribers are modelled."""

    revenue: RevenueLines = Field(
        description="per subscriber_month, gross_add, hour of the title, month, or a plain sum"
    )
    costs: CostLines = Field(description="likewise")
