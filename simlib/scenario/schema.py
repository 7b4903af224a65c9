"""The sections of a scenario: strict, frozen, each field described. No assumption has a default here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

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

Names = Annotated[tuple[str, ...], Field(strict=False)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
CalendarMonth = Annotated[str, Field(pattern="^([1-9]|1[0-2])$")]
Count = Annotated[int, Field(ge=1, le=10_000)]
PerHourViewed = Annotated[NonNegativeMoney, paid_per(None, "hour")]
Fee = Annotated[NonNegativeMoney, paid_per(None, "title", "episode")]
MOST_CHURN = 0.95  # a month in which everybody leaves has no finite hazard
Churn = Annotated[Quantity, between(0, MOST_CHURN)]
CLAUSES = (
    "flat_fee", "minimum_guarantee", "revenue_share", "per_subscriber", "per_hour", "distribution_fee", "expenses",
)  # fmt: skip


class Horizon(Strict):
    """The stretch of time that is simulated."""

    start: Month = Field(description="the first month, e.g. 2017-12")
    periods: int = Field(ge=1, le=600, description="how many steps")
    step: Literal["month", "quarter", "year"] = Field(description="the length of a step")


class Simulation(Strict):
    """How it is drawn."""

    draws: int = Field(ge=2, le=10_000_000, description="how many times every uncertain number is drawn")
    seed: int = Field(ge=0, le=2**63 - 1, description="the same seed gives the same numbers; 0 is a seed")


class TerritorySet(Strict):
    """Which territories: codes, groups, regions (UCAN, EMEA, LATAM, APAC) or `world`."""

    include: Names = Field(min_length=1, description="ISO codes, groups, regions or `world`")
    exclude: Names = Field((), description="taken out again")


def spell_territories(value: Any) -> Any:
    """Return a bare list of territories as the mapping that it stands for."""
    return {"include": value} if isinstance(value, list | tuple) else value


Places = Annotated[TerritorySet, BeforeValidator(spell_territories, json_schema_input_type=TerritorySet | list[str])]


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


class Rights(Strict):
    """What is granted."""

    media: Annotated[
        tuple[Literal["TVOD", "SVOD", "AVOD", "free_tv", "pay_tv", "theatrical"], ...],
        Field(strict=False, min_length=1),
    ] = Field(description="ways of exploitation; recorded, and without effect on value")
    territories: Places = Field(description="where")
    start: Month = Field(description="the month in which the window opens")
    months: Count = Field(description="length of the window; it is half-open")
    exclusive: bool = Field(description="whether nobody else may use them; recorded, not checked against other grants")


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


def _sums_to_one(schedule: dict[str, float]) -> dict[str, float]:
    if list(schedule) != sorted(schedule):
        raise fault("dates must be in order; found " + ", ".join(schedule))
    if abs(sum(schedule.values()) - 1) > 1e-9:
        raise fault(f"shares must sum to 100 %; found {100 * sum(schedule.values()):g} %")
    return schedule


Schedule = Annotated[
    dict[Month, Annotated[Number, Field(ge=0, le=1)]], Field(min_length=1), AfterValidator(_sums_to_one)
]


class Clause(Strict):
    """What every clause has."""

    note: str | None = Field(None, description="the contract's words")


class Scheduled(Clause):
    """A clause paid by dates."""

    schedule: Schedule = Field(description="month: share of the sum that falls due; shares sum to 1")


class FlatFee(Scheduled):
    """A fixed sum for rights, territory and term."""

    clause: Literal["flat_fee"]
    amount: Fee = Field(description="the licence fee, a plain sum or per episode")


class MinimumGuarantee(Scheduled):
    """An advance against the licensor's share; kept if never earned. Each deal recoups its own."""

    clause: Literal["minimum_guarantee"]
    amount: Fee = Field(description="the guarantee, a plain sum or per episode")


class RevenueShare(Clause):
    """A share of gross receipts, or of what the clauses above leave; above a guarantee only the overage is paid."""

    clause: Literal["revenue_share"]
    share: Share = Field(description="the licensor's share")
    base: Literal["gross", "net"] = Field(description="gross receipts, or what fee and expenses leave of them")


class PerSubscriber(Clause):
    """A fee for each member and month of the window in the granted territories."""

    clause: Literal["per_subscriber"]
    amount: Annotated[NonNegativeMoney, paid_per("subscriber_month")] = Field(description="per subscriber_month")


class PerHour(Clause):
    """A fee for each hour viewed."""

    clause: Literal["per_hour"]
    amount: Annotated[NonNegativeMoney, paid_per("hour")] = Field(description="per hour")


class DistributionFee(Clause):
    """The distributor's share of gross receipts, off the top."""

    clause: Literal["distribution_fee"]
    share: Share = Field(description="share of gross receipts")


class Expenses(Clause):
    """Distribution expenses, paid by the licensee and recouped from receipts before the licensor's share."""

    clause: Literal["expenses"]
    amount: Fee = Field(description="what is spent when the window opens")
    cap: Fee | None = Field(None, description="the most that may be recouped; none if left out")


def clause_of(value: Any) -> Any:
    """Return the word that tells which clause a term is."""
    return value.get("clause") if isinstance(value, dict) else getattr(value, "clause", None)


Term = Annotated[
    Annotated[FlatFee, Tag("flat_fee")]
    | Annotated[MinimumGuarantee, Tag("minimum_guarantee")]
    | Annotated[RevenueShare, Tag("revenue_share")]
    | Annotated[PerSubscriber, Tag("per_subscriber")]
    | Annotated[PerHour, Tag("per_hour")]
    | Annotated[DistributionFee, Tag("distribution_fee")]
    | Annotated[Expenses, Tag("expenses")],
    Discriminator(
        clause_of, custom_error_type="no_clause", custom_error_message="needs a `clause`, one of " + ", ".join(CLAUSES)
    ),
]


class LicensorCost(Strict):
    """What a deal costs the licensor: delivery, subtitles, a sales team."""

    amount: Fee = Field(description="paid when the window opens")


def _clauses_fit(terms: tuple[Any, ...]) -> tuple[Any, ...]:
    kinds = [term.clause for term in terms]
    if repeated := {kind for kind in kinds if kinds.count(kind) > 1 and kind != "flat_fee"}:
        raise fault("a clause may stand once; found twice: " + ", ".join(sorted(repeated)))
    if "minimum_guarantee" in kinds and "revenue_share" not in kinds:
        said = "a minimum_guarantee is recouped from a revenue_share; add one, or write flat_fee; found {found}"
        raise fault(said, found=", ".join(kinds))
    return terms


Terms = Annotated[tuple[Term, ...], Field(strict=False, min_length=1), AfterValidator(_clauses_fit)]


class Deal(Strict):
    """One grant of rights and what is paid for it."""

    licensor: Word = Field(description="who gives the rights")
    licensee: Word = Field(description="who takes them")
    rights: Rights = Field(description="what is granted, where and when")
    exploitation: Exploitation = Field(description="how the licensee earns with it")
    terms: Terms = Field(description="clauses in the order in which they take from receipts")
    withholding_tax: Share = Field(description="share of each payment that the licensee's country keeps")
    gross_up: bool = Field(description="whether the licensee bears that tax")
    payment_lag_months: Annotated[int, Field(ge=0, le=600)] = Field(
        description="months from earning to payment of shares"
    )
    licensor_cost: LicensorCost | None = Field(None, description="what the deal costs the licensor")


class Package(Strict):
    """Deals that could be signed together."""

    label: str = Field(description="its name in tables and pictures")
    deals: Names = Field(min_length=1, description="names of deals")


class Negotiation(Strict):
    """Which fee is on the table."""

    package: Word = Field(description="the package in question")
    deal: Word = Field(description="the deal in it whose flat fee is negotiated")
    bargaining_power: Share = Field(description="the licensor's share of the gain, 50 % is the even split")


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
    fx: dict[Currency, Positive] = Field({}, description="currency: units of it for one unit of the scenario's")
    correlations: Annotated[tuple[Correlation, ...], Field(strict=False)] = Field(
        (), description="[a path, another path, Spearman's rank correlation]"
    )
