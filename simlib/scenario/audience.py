"""The audience of each territory, and how it acquires the habit of paying."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from simlib.scenario.fields import Churn, Names
from simlib.scenario.quantity import (
    ByTerritory,
    GrowthRate,
    NonNegative,
    Positive,
    PositiveMoney,
    PositiveShare,
    Quantity,
    Share,
    Sourced,
    Strict,
    fault,
    paid_per,
    span,
)


class Audience(Strict):
    """The people of each territory who watch video online."""

    internet_users: Positive = Field(description="internet users, e.g. {fact: internet_users}")
    video_share: PositiveShare = Field(description="share of internet users who watch long video online")
    annual_growth: GrowthRate = Field(description="growth of the audience per year")
    monthly_income: Positive = Field(description="income per head and month, e.g. {fact: monthly_income}")


def _by_place(quantity: Any) -> dict[str, Any]:
    """Return a quantity's value by place, by `default` alone where it does not differ."""
    while isinstance(quantity, Sourced):
        quantity = quantity.value
    return quantity.by_territory if isinstance(quantity, ByTerritory) else {"default": quantity}


class OpeningStates(Strict):
    """Shares of the audience at the start; those who watch free with advertising are the remainder."""

    unlicensed: Share = Field(description="watch unlicensed copies")
    new_payer: Share = Field(description="pay, not yet out of habit")
    habitual: Share = Field(description="pay out of habit")
    lapsed: Share = Field(description="have paid and stopped")

    @model_validator(mode="after")
    def _leaves_a_remainder(self) -> OpeningStates:
        shares = [_by_place(getattr(self, name)) for name in type(self).model_fields]
        highest = {
            place: sum(span(share.get(place, share.get("default", 0.0)))[1] for share in shares)
            for share in shares
            for place in share
        }
        place = max(highest, key=highest.__getitem__)
        if highest[place] > 1 + 1e-9:
            where = "" if place == "default" else f" in {place}"
            raise fault(f"shares must sum to 1 or less in every draw; found up to {highest[place]:.3g}{where}")
        return self


class Affordability(Strict):
    """(price / (reference share × monthly income))^−elasticity, at most `most`."""

    monthly_price: Annotated[PositiveMoney, paid_per(None, "month", "subscriber_month")] = Field(
        description="what a membership costs a month"
    )
    reference_share: PositiveShare = Field(
        description="share of monthly income at which price neither helps nor hinders"
    )
    elasticity: NonNegative = Field(description="price elasticity of starting to pay")
    most: NonNegative = Field(description="the highest factor, so that riches do not pass for enthusiasm")


class ContentPull(Strict):
    """1 + lift × intensity of exclusive titles."""

    lift: NonNegative = Field(description="how much exclusive titles add to starting to pay")
    intensity: Share = Field(description="share of viewing that is exclusive")


class Habits(Strict):
    """How an audience that watched for free acquires the habit of paying; rates are per year."""

    markets: Names = Field(min_length=1, description="groups or regions; a territory belongs to the first that has it")
    opening: OpeningStates = Field(description="where the audience stands at the start")
    enforcement: NonNegative = Field(description="rate at which unlicensed viewers turn to legal offers")
    innovation: NonNegative = Field(description="rate at which free viewers start to pay of themselves (p)")
    imitation: NonNegative = Field(description="rate added when everybody else pays (q)")
    unlicensed_word_of_mouth: Quantity = Field(description="rate added when all others watch unlicensed (b)")
    habit_formation: NonNegative = Field(description="rate at which new payers become habitual (κ)")
    new_payer_monthly_churn: Churn = Field(description="share of new payers who stop each month")
    habitual_monthly_churn: Churn = Field(description="share of habitual payers who stop each month")
    win_back: NonNegative = Field(description="rate at which lapsed payers pay again")
    free_relapse: NonNegative = Field(description="rate at which free viewers turn to unlicensed copies")
    lapsed_relapse: NonNegative = Field(description="rate at which lapsed payers turn to unlicensed copies")
    affordability: Affordability = Field(description="what price and income do to starting to pay")
    content: ContentPull = Field(description="what exclusive titles do to starting to pay")
