"""The sections of a scenario: strict, frozen, each field described. No assumption has a default here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from simlib.scenario.clauses import MonthlySchedule
from simlib.scenario.deals import Deal, Negotiation, Package
from simlib.scenario.fields import Count, Currency, Names, Places, TerritorySet, Word
from simlib.scenario.quantity import (
    ByTerritory,
    GrowthRate,
    Month,
    NonNegative,
    NonNegativeMoney,
    Number,
    Positive,
    PositiveMoney,
    PositiveShare,
    Quantity,
    Share,
    Sourced,
    Strict,
    between,
    fault,
    paid_per,
    span,
)
from simlib.scenario.questions import Question

CalendarMonth = Annotated[str, Field(pattern="^([1-9]|1[0-2])$")]
MOST_CHURN = 0.95  # a month in which everybody leaves has no finite hazard
Churn = Annotated[Quantity, between(0, MOST_CHURN)]


class Horizon(Strict):
    """The stretch of time that is simulated."""

    start: Month = Field(description="the first month, e.g. 2017-12")
    periods: int = Field(ge=1, le=600, description="how many steps")
    step: Literal["month", "quarter", "year"] = Field(description="the length of a step")


class Simulation(Strict):
    """How it is drawn."""

    draws: int = Field(ge=2, le=10_000_000, description="how many times every uncertain number is drawn")
    seed: int = Field(ge=0, le=2**63 - 1, description="the same seed gives the same numbers; 0 is a seed")


class Territories(TerritorySet):
    """The territories of the scenario, and names for groups of them."""

    groups: dict[Word, Names] = Field({}, description="name: list of ISO codes")


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
    history: Word | None = Field(None, description="a reference history to show beside the fan, e.g. netflix")
    opening: dict[Word, OpeningMembers] = Field(min_length=1, description="members at the start, group by group")
    potential: Potential = Field(description="the most members a territory can have")
    innovation: NonNegative = Field(description="Bass p per year")
    imitation: NonNegative = Field(description="Bass q per year")
    monthly_churn: Share = Field(description="share of members who leave each month")
    seasonality: dict[CalendarMonth, Annotated[Number, Field(ge=0)]] | None = Field(
        None, description="factor on gross adds by calendar month, 1 to 12; months left out are 1"
    )
    title_effect: TitleEffect | None = Field(None, description="what the title does to gross adds and churn")


class Decay(Strict):
    """Share of lifetime viewing within age a: 1 − (1 + a/τ)^−θ."""

    scale_months: Positive = Field(description="τ in months: smaller is faster")
    tail: Positive = Field(description="θ: smaller is a heavier tail")


class Production(Strict):
    """What making the title costs, and when."""

    cost: Annotated[NonNegativeMoney, paid_per(None, "title", "episode")] = Field(
        description="all of it, a plain sum or per episode"
    )
    schedule: MonthlySchedule = Field(description="month: share of the cost that is spent; shares sum to 100 %")


class Title(Strict):
    """The drama."""

    name: str = Field(description="its name")
    tier: Literal["prime_time", "super", "online"] = Field(
        description="prime-time, super or online series; recorded, and without effect on value"
    )
    episodes: Count = Field(description="how many episodes")
    hours: NonNegative = Field(description="running time of all of them, hours")
    completion: Share = Field(description="share of the running time that a viewer watches")
    appeal: Share = Field(description="share of an audience offered it that becomes a viewer")
    hit: NonNegative = Field(description="factor on appeal that nobody knows beforehand, median 1")
    decay: Decay = Field(description="how viewing fades after a window opens")
    production: Production | None = Field(
        None, description="what it costs to make, where a deal or a package shares in it"
    )


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


class Risk(Strict):
    """How much the parties mind what they cannot know: preferences, not assumptions. What is left out is not reported."""

    tail: PositiveShare | None = Field(None, description="the share of worst draws whose mean is told (CVaR), e.g. 5%")
    tolerance: dict[Word, Annotated[PositiveMoney, paid_per(None)]] = Field(
        {}, description="party: its risk tolerance, the τ of 1 − exp(−NPV ÷ τ), in the scenario's currency"
    )


Correlation = Annotated[tuple[str, str, Annotated[Number, Field(gt=-1, lt=1)]], Field(strict=False)]


class Sections(Strict):
    """A scenario file. Sections that nothing in the scenario needs may be left out."""

    model_config = ConfigDict(title="simlib scenario")

    @field_validator("*", mode="wrap")
    @classmethod
    def _collect(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Note a section's faults and go on, so that one bad section hides none of the others."""
        try:
            return handler(value)
        except ValidationError as error:
            info.context[info.field_name] = error
            return None

    name: str = Field(min_length=1, max_length=200, description="what the scenario is called")
    description: str | None = Field(None, description="what it asks, in a sentence or two")
    currency: Currency = Field(description="the currency of results and of plain numbers")
    horizon: Horizon = Field(description="start, number of steps and their length")
    simulation: Simulation = Field(description="draws and seed")
    territories: Territories = Field(description="where it plays")
    audience: Audience | None = Field(None, description="online-video users of each territory")
    habits: Habits | None = Field(None, description="payment habits of each market")
    subscribers: Subscribers | None = Field(None, description="one platform's members")
    title: Title | None = Field(None, description="the drama")
    deals: dict[Word, Deal] = Field({}, description="grants of rights by name")
    packages: dict[Word, Package] = Field({}, description="deals that could be signed together, to be compared")
    negotiation: Negotiation | None = Field(None, description="which fee is on the table")
    platform: Platform | None = Field(None, description="revenue and cost lines of the platform")
    discount_rates: dict[Word, GrowthRate] = Field({}, description="party: discount rate per year")
    risk: Risk | None = Field(None, description="what uncertainty costs each party")
    fx: dict[Currency, Positive] = Field({}, description="currency: units of it for one unit of the scenario's")
    correlations: Annotated[tuple[Correlation, ...], Field(strict=False)] = Field(
        (), description="[a path, another path, Spearman's rank correlation]; of two random walks, that of their moves"
    )
    solve: dict[Word, Question] = Field({}, description="at which value of a term a result is what it should be")
