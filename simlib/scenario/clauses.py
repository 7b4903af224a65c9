"""What a contract says is paid, clause by clause; a deal is composed of them in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from simlib.scenario.fields import Count, Fee, Places
from simlib.scenario.quantity import (
    GrowthRate,
    Money,
    Month,
    NonNegative,
    NonNegativeMoney,
    Number,
    Quantity,
    Share,
    Strict,
    a_sum,
    above,
    between,
    fault,
    paid_per,
    parse_month,
    plain,
)

EVENTS = ("opening", "end")  # of the window, known without being said
Sum = Annotated[NonNegativeMoney, paid_per(None), a_sum]


def _moment(value: Any) -> str:
    """Return a month, or the word of an event."""
    if isinstance(value, str) and value.isidentifier() and value.islower():
        return value
    return parse_month(value)


Moment = Annotated[
    str, BeforeValidator(_moment), WithJsonSchema({"type": "string", "pattern": r"^(\d{4}-\d{2}|[a-z][a-z0-9_]*)$"})
]


def _sums_to_one(schedule: dict[str, float]) -> dict[str, float]:
    months = [moment for moment in schedule if moment[0].isdigit()]
    if months != sorted(months):
        raise fault("dates must be in order; found " + ", ".join(months))
    if abs(sum(schedule.values()) - 1) > 1e-9:
        raise fault(f"shares must sum to 100 %; found {100 * sum(schedule.values()):g} %")
    return schedule


Schedule = Annotated[
    dict[Moment, Annotated[Number, Field(ge=0, le=1)]], Field(min_length=1), AfterValidator(_sums_to_one)
]
MonthlySchedule = Annotated[
    dict[Month, Annotated[Number, Field(ge=0, le=1)]], Field(min_length=1), AfterValidator(_sums_to_one)
]


class Clause(Strict):
    """What every clause has."""

    note: str | None = Field(None, description="the contract's words")


class Tier(Strict):
    """A share that holds up to a sum."""

    share: Share = Field(description="the share in this tier")
    up_to: Sum | None = Field(None, description="where it ends: the base cumulated so far")
    until_paid: Sum | None = Field(None, description="where it ends: what the tiers have paid so far")


def _in_order(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    *inner, last = tiers
    if any((tier.up_to is None) == (tier.until_paid is None) for tier in inner):
        raise fault("each tier but the last ends at an `up_to` or at an `until_paid`, one of the two")
    if last.up_to is not None or last.until_paid is not None:
        raise fault("the last tier has no end; add a tier for what lies beyond, if only of 0 %")
    if len({tier.up_to is None for tier in inner}) > 1:
        raise fault("tiers end at `up_to` or at `until_paid`, all of them alike")
    if any(tier.until_paid is not None and tier.share == 0 for tier in inner):
        raise fault("a tier of 0 % never pays, so that `until_paid` never comes; end it at an `up_to`")
    return tiers


Tiers = Annotated[tuple[Tier, ...], Field(strict=False, min_length=2), AfterValidator(_in_order)]


class Shared(Clause):
    """A share of a base, the same on all of it or in tiers."""

    share: Share | None = Field(None, description="the share; or give `tiers`")
    tiers: Tiers | None = Field(None, description="shares that change as the base, or what is paid, grows")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.share is None) == (self.tiers is None):
            raise fault("needs a `share` or `tiers`, one of the two")
        return self


class Bounded(Clause):
    """A clause paid on what is earned, where the contract bounds it."""

    cap: Fee | None = Field(None, description="the most that is paid in all")
    floor: Fee | None = Field(None, description="the least that is paid in all: an advance, due when the window opens")


class Located(Clause):
    """A clause for part of the deal's territories."""

    territories: Places | None = Field(None, description="where it holds; everywhere in the deal if left out")


class FlatFee(Clause):
    """A fixed sum for rights, territory and term."""

    clause: Literal["flat_fee"]
    amount: Fee = Field(description="the licence fee, a plain sum or per episode; by territory, each pays its own")
    schedule: Schedule = Field(description="month or event: share of the sum that falls due; shares sum to 100 %")


class MinimumGuarantee(Clause):
    """A sum that the licensor has at least; recouped from its share, and kept if never earned."""

    clause: Literal["minimum_guarantee"]
    amount: Fee = Field(description="the guarantee, of the whole term or of each contract year")
    every: Literal["term", "contract_year"] | None = Field(
        None, description="what it is guaranteed for; the term if left out"
    )
    due: Literal["in_advance", "shortfall"] | None = Field(
        None, description="an advance, or a top-up when the term or the year ends; an advance if left out"
    )
    schedule: Schedule | None = Field(
        None, description="month or event: share that falls due; of an advance on the term alone"
    )
    carried_over: bool | None = Field(
        None, description="whether what a contract year leaves unrecouped is recouped later; by contract year alone"
    )
    recouped_from: Literal["share", "receipts"] | None = Field(
        None,
        description="the licensor's share, or receipts before anything is shared; the licensor's share if left out",
    )
    recouped_share: Annotated[Quantity, above(0), between(0, 10)] | None = Field(
        None, description="how much of it is recouped, e.g. 120 %; all of it if left out"
    )

    @property
    def is_yearly(self) -> bool:
        """Whether it is guaranteed for each contract year."""
        return self.every == "contract_year"

    @property
    def is_topped_up(self) -> bool:
        """Whether a shortfall is paid at the end, rather than an advance."""
        return self.due == "shortfall"

    @property
    def is_off_the_top(self) -> bool:
        """Whether the licensee recoups it from receipts, rather than from the licensor's share."""
        return self.recouped_from == "receipts"

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        on_schedule = not self.is_yearly and not self.is_topped_up
        if on_schedule != (self.schedule is not None):
            raise fault(
                "needs a `schedule`"
                if on_schedule
                else "has no `schedule`: by contract year it is due when the year begins, a shortfall when it ends"
            )
        if self.is_yearly != (self.carried_over is not None):
            raise fault(
                "needs `carried_over`, true or false"
                if self.carried_over is None
                else "is for the term, which nothing can be `carried_over` from"
            )
        if self.is_topped_up and (self.is_off_the_top or self.recouped_share is not None):
            raise fault("as a shortfall tops up the licensor's share; it is no advance to be recouped from receipts")
        return self


class RevenueShare(Shared, Bounded, Located):
    """A share of gross receipts, or of what the licensee leaves of them; above a guarantee only the overage is paid."""

    clause: Literal["revenue_share"]
    base: Literal["gross", "net"] = Field(
        description="gross receipts, or what fees, expenses and recoupments above leave"
    )


class PerSubscriber(Bounded, Located):
    """A fee for each member and month of the window in the granted territories."""

    clause: Literal["per_subscriber"]
    amount: Annotated[NonNegativeMoney, paid_per("subscriber_month")] = Field(description="per subscriber_month")


class PerHour(Bounded, Located):
    """A fee for each hour viewed."""

    clause: Literal["per_hour"]
    amount: Annotated[NonNegativeMoney, paid_per("hour")] = Field(description="per hour")


class CostPlus(Clause):
    """The cost of production and a margin, paid as the cost falls due; a margin below 0 leaves the owner part of it."""

    clause: Literal["cost_plus"]
    markup: GrowthRate = Field(description="added to the cost, e.g. 20 %; −35 % pays 65 % of the cost")
    cap: Sum | None = Field(None, description="the most that is paid in all")


class Bonus(Clause):
    """A sum paid once, when the title has done so much."""

    clause: Literal["bonus"]
    on: Literal["hours", "subscribers", "receipts"] = Field(
        description="hours viewed, members that the title adds at its best, or gross receipts, so far"
    )
    threshold: Sum = Field(description="how much; money where it is of receipts")
    amount: Sum = Field(description="the bonus")

    @model_validator(mode="after")
    def _counts_what_it_is_on(self) -> Self:
        if self.on != "receipts" and currency_of(self.threshold):
            raise fault(f"on {self.on} has a threshold of so many, not of money")
        return self


class DistributionFee(Shared, Located):
    """The distributor's share of gross receipts, off the top."""

    clause: Literal["distribution_fee"]


class Expenses(Located):
    """Distribution expenses, paid by the licensee and recouped from receipts before the licensor's share."""

    clause: Literal["expenses"]
    amount: Fee = Field(description="what is spent when the window opens")
    cap: Fee | None = Field(None, description="the most that may be recouped; none if left out")


class Renewal(Clause):
    """The licensee's option on a longer window, taken in the draws in which the title still does well."""

    clause: Literal["renewal"]
    months: Count = Field(description="length of the window that is added")
    escalation: GrowthRate = Field(description="the new fee is all flat fees times 1 + escalation, due when it begins")
    look_back_months: Count = Field(description="the last months of the window, whose viewing decides")
    hours: NonNegative = Field(description="hours viewed in them that make the licensee renew")


KINDS = {
    "flat_fee": FlatFee,
    "minimum_guarantee": MinimumGuarantee,
    "revenue_share": RevenueShare,
    "per_subscriber": PerSubscriber,
    "per_hour": PerHour,
    "cost_plus": CostPlus,
    "bonus": Bonus,
    "distribution_fee": DistributionFee,
    "expenses": Expenses,
    "renewal": Renewal,
}
CLAUSES = tuple(KINDS)
ONCE = {"minimum_guarantee", "cost_plus", "renewal"}  # in a deal


def clause_of(value: Any) -> Any:
    """Return the word that tells which clause a term is."""
    return value.get("clause") if isinstance(value, dict) else getattr(value, "clause", None)


Term = Annotated[
    Annotated[FlatFee, Tag("flat_fee")]
    | Annotated[MinimumGuarantee, Tag("minimum_guarantee")]
    | Annotated[RevenueShare, Tag("revenue_share")]
    | Annotated[PerSubscriber, Tag("per_subscriber")]
    | Annotated[PerHour, Tag("per_hour")]
    | Annotated[CostPlus, Tag("cost_plus")]
    | Annotated[Bonus, Tag("bonus")]
    | Annotated[DistributionFee, Tag("distribution_fee")]
    | Annotated[Expenses, Tag("expenses")]
    | Annotated[Renewal, Tag("renewal")],
    Discriminator(
        clause_of, custom_error_type="no_clause", custom_error_message="needs a `clause`, one of " + ", ".join(CLAUSES)
    ),
]


def _clauses_fit(terms: tuple[Any, ...]) -> tuple[Any, ...]:
    kinds = [term.clause for term in terms]
    if repeated := {kind for kind in kinds if kinds.count(kind) > 1} & ONCE:
        raise fault("a clause of this kind may stand once; found twice: " + ", ".join(sorted(repeated)))
    if "minimum_guarantee" in kinds and "revenue_share" not in kinds:
        said = "a minimum_guarantee is recouped from a revenue_share; add one, or write flat_fee; found {found}"
        raise fault(said, found=", ".join(kinds))
    if "renewal" in kinds and "flat_fee" not in kinds:
        raise fault("a renewal escalates a flat_fee; add one; found {found}", found=", ".join(kinds))
    return terms


Terms = Annotated[tuple[Term, ...], Field(strict=False, min_length=1, max_length=100), AfterValidator(_clauses_fit)]


def named(terms: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Yield clauses with the name under which their numbers are drawn: the word, and a count where it repeats."""
    seen: dict[str, int] = {}
    for term in terms:
        seen[term.clause] = seen.get(term.clause, 0) + 1
        yield term.clause if seen[term.clause] == 1 else f"{term.clause}{seen[term.clause]}", term


def currencies(value: Any) -> set[str | None]:
    """Return the currencies in which a clause or a position keeps its sums; None is the scenario's.

    >>> currencies(Expenses(clause="expenses", amount=Money(amount=20, currency="TWD"), cap=9.0)) == {"TWD", None}
    True
    """
    found: set[str | None] = set()
    fields = {"amount", "cap", "floor", "until", "threshold"}
    if isinstance(value, PerHour | PerSubscriber):
        fields.remove("amount")  # a rate, not a sum
    if isinstance(value, Bonus) and value.on != "receipts":
        fields.remove("threshold")  # so many, not a sum
    for field in fields:
        if (money := getattr(value, field, None)) is not None:
            found.add(currency_of(money))
    for tier in getattr(value, "tiers", None) or ():
        found |= {currency_of(end) for end in (tier.up_to, tier.until_paid) if end is not None}
    return found


def currency_of(money: Any) -> str | None:
    """Return the currency of a sum; None is the scenario's."""
    money = plain(money)
    return money.currency if isinstance(money, Money) else None
