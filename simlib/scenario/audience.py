"""The audience of each territory, and how it acquires the habit of paying."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from simlib.scenario.fields import Churn, Elasticity, Names
from simlib.scenario.quantity import (
    ByTerritory,
    GrowthRate,
    NonNegative,
    Positive,
    PositiveMoney,
    PositiveShare,
    Quantity,
    Share,
    Strict,
    fault,
    paid_per,
    plain,
    span,
)

STATES = ("unlicensed", "new_payer", "habitual", "lapsed")  # whose shares at the start are given; the free are the rest


class Audience(Strict):
    """The people of each territory who watch video online."""

    internet_users: Positive = Field(description="internet users, e.g. {fact: internet_users}")
    video_share: PositiveShare = Field(description="share of internet users who watch long video online")
    annual_growth: GrowthRate = Field(description="growth of the audience per year")
    monthly_income: Positive = Field(description="income per head and month, e.g. {fact: monthly_income}")


def _spans(**quantities: Any) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the span of each quantity that is given for a place, by place and then by name."""
    given = {}
    for name, quantity in quantities.items():
        quantity = plain(quantity)
        given[name] = quantity.by_territory if isinstance(quantity, ByTerritory) else {"default": quantity}
    return {
        place: {
            name: span(own.get(place, own.get("default")))
            for name, own in given.items()
            if {place, "default"} & own.keys()
        }
        for places in given.values()
        for place in places
    }


def _at(place: str) -> str:
    return "" if place == "default" else f" in {place}"


class OpeningStates(Strict):
    """Shares of the audience at the start; those who watch free with advertising are the remainder."""

    unlicensed: Share = Field(description="watch unlicensed copies")
    new_payer: Share = Field(description="pay, not yet out of habit")
    habitual: Share = Field(description="pay out of habit")
    lapsed: Share = Field(description="have paid and stopped")
    lapsed_within_half_year: Share | None = Field(
        None,
        description="of the lapsed, the share who still paid in the half year before the start, taken to have stopped "
        "evenly over it; with it the results tell who paid within the last half year",
    )

    @model_validator(mode="after")
    def _leaves_a_remainder(self) -> OpeningStates:
        spans = _spans(**{name: getattr(self, name) for name in STATES})
        highest = {place: sum(high for _, high in shares.values()) for place, shares in spans.items()}
        place = max(highest, key=highest.__getitem__)
        if highest[place] > 1 + 1e-9:
            raise fault(f"shares must sum to 1 or less in every draw; found up to {highest[place]:.3g}{_at(place)}")
        return self


class EnforcementByEffort(Strict):
    """Enforcement that moves nobody up to a threshold of effort, and no more than its full rate from a saturation on."""

    effort: NonNegative = Field(description="what is done, in any unit, e.g. sites blocked or cases a year")
    threshold: NonNegative = Field(description="the effort up to which nobody turns, in the same unit")
    saturation: NonNegative = Field(description="the effort from which more adds nothing, in the same unit")
    rate: NonNegative = Field(description="rate at which unlicensed viewers turn to legal offers at full effect")

    @model_validator(mode="after")
    def _rises(self) -> EnforcementByEffort:
        for place, spans in _spans(threshold=self.threshold, saturation=self.saturation).items():
            if len(spans) < 2:
                continue  # no market goes by this name alone
            (_, threshold), (saturation, _) = spans["threshold"], spans["saturation"]
            if threshold > saturation:
                raise fault(
                    f"threshold must be at or below saturation in every draw; found up to {threshold:g} and "
                    f"from {saturation:g}{_at(place)}"
                )
        return self


def _is_effort(value: Any) -> bool:
    """Tell whether enforcement follows from an effort, by any of its fields: one of them may be misspelt."""
    names = {*EnforcementByEffort.model_fields}
    return isinstance(value, EnforcementByEffort) or (isinstance(value, dict) and bool(names & {*value}))


Enforcement = Annotated[
    Annotated[NonNegative, Tag("<quantity>")] | Annotated[EnforcementByEffort, Tag("<effort>")],
    Discriminator(lambda value: "<effort>" if _is_effort(value) else "<quantity>"),
]


class Affordability(Strict):
    """(price / (reference share × monthly income))^−elasticity, at most `most`."""

    monthly_price: Annotated[PositiveMoney, paid_per(None, "month", "subscriber_month")] = Field(
        description="what a membership costs a month"
    )
    reference_share: PositiveShare = Field(
        description="share of monthly income at which price neither helps nor hinders"
    )
    elasticity: Elasticity = Field(description="price elasticity of starting to pay")
    most: NonNegative = Field(description="the highest factor, so that riches do not pass for enthusiasm")


class ContentPull(Strict):
    """1 + lift × intensity of exclusive titles."""

    lift: NonNegative = Field(description="how much exclusive titles add to starting to pay")
    intensity: Share = Field(description="share of viewing that is exclusive")


class Training(Strict):
    """How platforms teach users to pay: trial months, early release, bundles."""

    effort: Share = Field(description="how much they train, 1 as when the lifts were measured")
    lift: NonNegative = Field(description="how much training at full effort adds to starting to pay")
    habit_lift: NonNegative = Field(description="how much training at full effort adds to forming the habit")


class Habits(Strict):
    """How an audience that watched for free acquires the habit of paying; rates are per year."""

    markets: Names = Field(min_length=1, description="groups or regions; a territory belongs to the first that has it")
    opening: OpeningStates = Field(description="where the audience stands at the start")
    enforcement: Enforcement = Field(
        description="rate at which unlicensed viewers turn to legal offers, or the effort that it follows from"
    )
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
    training: Training | None = Field(None, description="what the platforms' training of users does")
    memberships_per_payer: Positive | None = Field(
        None, description="memberships that each payer holds; with it the results tell the memberships of all platforms"
    )

    @property
    def measures(self) -> tuple[str, ...]:
        """The name of every measure of every market, one path and one number at the end for each draw."""
        kept = ["paying_ratio", "habit_share"]
        kept += ["paid_half_year"] if self.opening.lapsed_within_half_year is not None else []
        kept += ["memberships"] if self.memberships_per_payer is not None else []
        return tuple(f"{measure}.{market}" for market in self.markets for measure in kept)
