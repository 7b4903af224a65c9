"""One platform's members in each territory."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from simlib.scenario.fields import Elasticity, Places, Word
from simlib.scenario.member_history import MemberHistory
from simlib.scenario.quantity import (
    Month,
    NonNegative,
    Number,
    Positive,
    PositiveMoney,
    PositiveShare,
    Quantity,
    Share,
    Strict,
    above,
    between,
    fault,
    paid_per,
    span,
)

CalendarMonth = Annotated[str, Field(pattern="^([1-9]|1[0-2])$")]
Seasonality = dict[CalendarMonth, Annotated[Number, Field(ge=0)]]
LONGEST_TENURE = 600  # months, as long as a horizon can be
Shape = Annotated[Quantity, between(0, 1e6), above(0)]  # of a Beta distribution; from a million on nobody differs


class OpeningMembers(Strict):
    """Members counted over several territories, spread over them in proportion to potential."""

    territories: Places = Field(description="where they are")
    members: NonNegative | None = Field(None, description="how many")
    history: MemberHistory | None = Field(None, description="or the history that tells it, and how they go on")

    @model_validator(mode="after")
    def _are_told_once(self) -> OpeningMembers:
        if (self.members is None) == (self.history is None):
            seen = "neither" if self.members is None else "both"
            raise fault("takes members, how many, or history; found {found}", found=seen)
        return self


class IncomeEffect(Strict):
    """(income ÷ mean income of the territory's market)^elasticity, at most `most`."""

    elasticity: Elasticity = Field(description="0 where income makes no difference within a market")
    most: Positive = Field(description="the highest factor")


class Potential(Strict):
    """The most members a territory can have: a share of its audience, or of those in it who pay."""

    of: Literal["audience", "payers"] = Field(description="`payers` lets the habit model feed it")
    share: NonNegative = Field(description="members for each of them, a household being one member")
    paid: PositiveShare | None = Field(
        None, description="of the members that the share counts, those who pay, where it counts free trials too"
    )
    income: IncomeEffect | None = Field(None, description="how members lie with income inside a market, if they do")

    @model_validator(mode="after")
    def _is_a_share(self) -> Potential:
        fewest, _ = span(self.share)
        if fewest >= 2:  # above 1 it is cut to the audience; two members a head are a slip of the hand
            raise fault(f"share is members for each of them; found {fewest:g}, did you mean {fewest:g}%?")
        return self


class TitleEffect(Strict):
    """What a title does to its platform, per one per cent of members' viewing that it takes."""

    adds_elasticity: Elasticity = Field(description="per cent more gross adds")
    churn_elasticity: Elasticity = Field(description="per cent fewer members churned")
    monthly_hours_per_member: Positive = Field(description="all viewing of a member in a month, hours")


class Sbg(Strict):
    """Churn that differs among members and stays each one's own: shifted beta-geometric (Fader & Hardie 2007)."""

    alpha: Shape = Field(description="α of the Beta distribution of churn a month, whose mean is α ÷ (α + β)")
    beta: Shape = Field(description="β of it")


class Bdw(Sbg):
    """Churn that differs among members and changes with tenure: beta-discrete-Weibull (Fader et al. 2018)."""

    duration_dependence: Annotated[Quantity, between(0, 10), above(0)] = Field(
        description="c: everybody's churn rises with tenure above 1, falls below 1"
    )


class ChurnByTenure(Strict):
    """Churn that falls or rises with tenure, one of two forms; a period of theirs is a month."""

    sbg: Sbg | None = Field(None, description="members differ, nobody changes")
    bdw: Bdw | None = Field(None, description="members differ, and everybody changes with tenure")
    opening_tenure_months: Annotated[Quantity, between(1, LONGEST_TENURE)] = Field(
        description="the members at the start are those left of as many joiners in each of so many months before it"
    )

    @model_validator(mode="after")
    def _is_one_form(self) -> ChurnByTenure:
        if (self.sbg is None) == (self.bdw is None):
            raise fault("takes sbg or bdw; found {found}", found="neither" if self.sbg is None else "both")
        return self


class PriceEffect(Strict):
    """What a price does to members, against that before the start; a first price above it is a rise."""

    reference: Positive = Field(
        description="the price before the start, in the price's currency, at which innovation, imitation and churn hold"
    )
    adds_elasticity: Elasticity = Field(
        description="per cent fewer gross adds for each per cent that the price is above the reference"
    )
    change_coefficient: Annotated[Quantity, between(-20, 0)] = Field(
        description="generalised Bass β₁: years of joining that a rise by 1 in the price's logarithm adds, so 0 or less"
    )
    churn_elasticity: Elasticity = Field(
        description="per cent more churn, in one month, for each per cent that the price rises"
    )


class Marketing(Strict):
    """What a change of spending on marketing does to joining."""

    spend: Annotated[PositiveMoney, paid_per(None, "month")] = Field(description="what is spent a month")
    change_coefficient: NonNegative = Field(
        description="generalised Bass β₂: years of joining that a rise by 1 in its logarithm adds; a fall takes none away"
    )


class Shock(Strict):
    """Something that happens once: a lock-down, a crackdown on shared accounts."""

    start: Month = Field(description="the first month")
    months: int = Field(ge=1, le=1200, description="how many months it lasts")
    adds: NonNegative | None = Field(None, description="factor on gross adds, 1 for no effect")
    churn: NonNegative | None = Field(None, description="factor on the hazard of leaving, 1 for no effect")

    @model_validator(mode="after")
    def _does_something(self) -> Shock:
        if self.adds is None and self.churn is None:
            raise fault("needs adds or churn, the factors on them; found neither")
        return self


class Subscribers(Strict):
    """One platform's growth in each territory."""

    platform: Word = Field(description="the party whose members these are")
    opening: dict[Word, OpeningMembers] = Field(min_length=1, description="members at the start, group by group")
    potential: Potential = Field(description="the most members a territory can have")
    innovation: NonNegative = Field(description="Bass p per year")
    imitation: NonNegative = Field(description="Bass q per year")
    monthly_churn: Share | None = Field(
        None, description="share of members who leave each month, whatever their tenure"
    )
    churn: ChurnByTenure | None = Field(None, description="churn by tenure, in the place of monthly_churn")
    seasonality: Seasonality | None = Field(
        None, description="factor on gross adds by calendar month, 1 to 12; months left out are 1"
    )
    churn_seasonality: Seasonality | None = Field(
        None, description="factor on the hazard of leaving by calendar month, likewise"
    )
    price: Annotated[PositiveMoney, paid_per(None, "month", "subscriber_month")] | None = Field(
        None, description="what a membership costs a month"
    )
    price_effect: PriceEffect | None = Field(None, description="what a change of price does to members")
    marketing: Marketing | None = Field(None, description="what a change of spending on marketing does to joining")
    shocks: dict[Word, Shock] = Field({}, description="what happens once, by name")
    title_effect: TitleEffect | None = Field(None, description="what the title does to gross adds and churn")

    @model_validator(mode="after")
    def _has_one_churn(self) -> Subscribers:
        if (self.monthly_churn is None) == (self.churn is None):
            seen = "neither" if self.churn is None else "both"
            raise fault("takes monthly_churn or churn; found {found}", found=seen)
        return self
