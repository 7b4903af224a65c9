"""Deals, packages of them, and the fee on the table: what a contract says, clause by clause."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from simlib.scenario.fields import Count, Fee, Names, Places, Schedule, Word
from simlib.scenario.quantity import Month, NonNegativeMoney, Share, Strict, fault, paid_per

PerHourViewed = Annotated[NonNegativeMoney, paid_per(None, "hour")]
CLAUSES = (
    "flat_fee", "minimum_guarantee", "revenue_share", "per_subscriber", "per_hour", "distribution_fee", "expenses",
)  # fmt: skip


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
