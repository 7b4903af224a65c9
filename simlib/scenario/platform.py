"""What a platform earns and spends."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simlib.scenario.quantity import NonNegativeMoney, Strict, paid_per

PlatformLine = Annotated[NonNegativeMoney, paid_per("subscriber_month", "gross_add", "hour", "month", "title", None)]


class RevenueLines(Strict):
    """What a platform earns; lines left out are not modelled."""

    member_payment: PlatformLine | None = Field(None, description="what members pay")
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
