"""One platform's members in each territory."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simlib.scenario.fields import Places, Word
from simlib.scenario.quantity import NonNegative, Number, Positive, Share, Strict

CalendarMonth = Annotated[str, Field(pattern="^([1-9]|1[0-2])$")]


class OpeningMembers(Strict):
    """Members counted over several territories, spread over them in proportion to potential."""

    territories: Places = Field(description="where they are")
    members: NonNegative = Field(description="how many")


class IncomeEffect(Strict):
    """(income ÷ mean income of the territory's market)^elasticity, at most `most`."""

    elasticity: NonNegative = Field(description="0 where income makes no difference within a market")
    most: Positive = Field(description="the highest factor")


class Potential(Strict):
    """The most members a territory can have: a share of its audience, or of those in it who pay."""

    of: Literal["audience", "payers"] = Field(description="`payers` lets the habit model feed it")
    share: NonNegative = Field(description="members for each of them, a household being one member")
    income: IncomeEffect | None = Field(None, description="how members lie with income inside a market, if they do")


class TitleEffect(Strict):
    """What a title does to its platform, per one per cent of members' viewing that it takes."""

    adds_elasticity: NonNegative = Field(description="per cent more gross adds")
    churn_elasticity: NonNegative = Field(description="per cent fewer members churned")
    monthly_hours_per_member: Positive = Field(description="all viewing of a member in a month, hours")


class Subscribers(Strict):
    """One platform's growth in each territory."""

    platform: Word = Field(description="the party whose members these are")
    opening: dict[Word, OpeningMembers] = Field(min_length=1, description="members at the start, group by group")
    potential: Potential = Field(description="the most members a territory can have")
    innovation: NonNegative = Field(description="Bass p per year")
    imitation: NonNegative = Field(description="Bass q per year")
    monthly_churn: Share = Field(description="share of members who leave each month")
    seasonality: dict[CalendarMonth, Annotated[Number, Field(ge=0)]] | None = Field(
        None, description="factor on gross adds by calendar month, 1 to 12; months left out are 1"
    )
    title_effect: TitleEffect | None = Field(None, description="what the title does to gross adds and churn")
