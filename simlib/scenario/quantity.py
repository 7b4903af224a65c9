"""A number that may be uncertain, move over time, or differ by territory; its unit and its source.

Every form is a frozen pydantic model told apart by the one key of its own (`lognormal`, `ramp`, …). Nothing here draws or
evaluates: simlib.simulation.sampling does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from statistics import NormalDist
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from simlib.scenario.faults import found

ELSE = ("source", "note", "annual", "annual_volatility")  # keys of a value that say nothing of how large it is
MULTIPLES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
PER = Literal["episode", "title", "month", "hour", "subscriber_month", "gross_add", "viewer_month"]
NEVER = 8.0  # standard deviations of a normal: a draw in 10^15 lies beyond
TAIL = NormalDist().inv_cdf(0.999)  # a range is checked where all but 1 in 1,000 draws fall, on each side
LARGEST = 1e30  # in any unit of trade a slip of the hand; below it no product of a few numbers overflows

_DIGITS = r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_NUMBER = _DIGITS + r"(?: (?:thousand|million|billion|trillion))?"
_AMOUNT = re.compile(rf"{_NUMBER}|{_DIGITS} ?%")
_MONEY = re.compile(rf"({_NUMBER}) ([A-Z]{{3}})(?: per ([a-z_]+))?")


def fault(message: str, **values: Any) -> PydanticCustomError:
    """Return a fault in our own words; braces in the message name values."""
    return PydanticCustomError("simlib", message, values or None)


def parse_number(value: Any) -> float:
    """Return a number from a number, a share, or a number in words.

    >>> parse_number("2.5%"), parse_number("52.68 million"), parse_number(0.031)
    (0.025, 52680000.0, 0.031)
    """
    if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
        digits, _, multiple = value.strip().rstrip("% ").partition(" ")
        number = float(digits.replace("_", "")) * MULTIPLES[multiple]
        value = number / 100 if value.strip().endswith("%") else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault("must be a number, e.g. 0.031, 2.5% or 80 thousand; found {found}", found=found(value))
    if not abs(value) <= LARGEST:
        raise fault(f"must be a finite number, at most {LARGEST:g}; found {found(value)}")
    return float(value)


def parse_month(value: Any) -> str:
    """Return a month written as 2017-12.

    >>> parse_month("2017-12")
    '2017-12'
    """
    if not isinstance(value, str) or not re.fullmatch(r"(19|20|21)\d\d-(0[1-9]|1[0-2])", value):
        raise fault("must be a month, e.g. 2017-12; found {found}", found=found(value))
    return value


def months_between(start: str, end: str) -> int:
    """Return the number of months from one month to another.

    >>> months_between("2017-12", "2019-01")
    13
    """
    return (int(end[:4]) - int(start[:4])) * 12 + int(end[5:]) - int(start[5:])


def months_later(start: str, months: int) -> str:
    """Return the month so many months after another.

    >>> months_later("2017-12", 13)
    '2019-01'
    """
    month = int(start[:4]) * 12 + int(start[5:]) - 1 + months
    return f"{month // 12}-{month % 12 + 1:02d}"


_NUMBER_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_NUMBER} ?%?$"}]}
Number = Annotated[float, BeforeValidator(parse_number), WithJsonSchema(_NUMBER_SCHEMA)]
Month = Annotated[str, BeforeValidator(parse_month), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}$"})]


class Strict(BaseModel):
    """What every part of a scenario is: frozen, of known keys only, of the types that are said."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Drawn(Strict):
    """What is drawn once for each simulation draw, for all territories unless it says `per_territory`."""


class Distribution(Drawn):
    """A form whose value is drawn once for each simulation draw."""

    per_territory: bool = Field(False, description="one draw for each territory instead of one for all")

    def span(self) -> tuple[float, float]:
        """Return the range that holds all but 1 in 1,000 draws on each side."""
        raise NotImplementedError


class Pair(Strict):
    """Two percentiles or two moments, whichever the source gives."""

    p10: Number | None = Field(None, description="one draw in ten is lower")
    p90: Number | None = Field(None, description="one draw in ten is higher")
    mean: Number | None = Field(None, description="the mean")
    sd: Number | None = Field(None, description="the standard deviation")

    @model_validator(mode="after")
    def _is_one_pair(self) -> Pair:
        given = {name for name in ("p10", "p90", "mean", "sd") if getattr(self, name) is not None}
        if given not in ({"p10", "p90"}, {"mean", "sd"}):
            raise fault("takes p10 and p90, or mean and sd; found {found}", found=", ".join(sorted(given)) or "neither")
        if self.p10 is not None and self.p10 >= self.p90:
            raise fault(f"p10 must be below p90; found p10 = {self.p10:g}, p90 = {self.p90:g}")
        if self.sd is not None and self.sd <= 0:
            raise fault(f"sd must be above 0; found {self.sd:g}")
        return self


class Normal(Distribution):
    """Normal: symmetric, without bounds."""

    normal: Pair

    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        pair = self.normal
        if pair.mean is not None:
            return pair.mean, pair.sd
        return (pair.p10 + pair.p90) / 2, (pair.p90 - pair.p10) / 2 / NormalDist().inv_cdf(0.9)

    def span(self, tail: float = TAIL) -> tuple[float, float]:
        """Return the range that holds all but 1 in 1,000 draws on each side, or `tail` standard deviations."""
        mean, sd = self.moments()
        return mean - tail * sd, mean + tail * sd


class Lognormal(Distribution):
    """Lognormal: positive, skewed to the right; for fees, audiences, rates."""

    lognormal: Pair

    @model_validator(mode="after")
    def _is_positive(self) -> Lognormal:
        low = self.lognormal.p10 if self.lognormal.p10 is not None else self.lognormal.mean
        if low <= 0:
            raise fault(f"a lognormal is above 0; found {low:g}")
        if self.lognormal.sd is not None and self.lognormal.sd > 1000 * low:
            raise fault(f"sd must be at most 1,000 times the mean; found {low:g}, {self.lognormal.sd:g}")
        return self

    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation of the logarithm."""
        pair = self.lognormal
        if pair.mean is not None:
            variance = math.log1p((pair.sd / pair.mean) ** 2)
            return math.log(pair.mean) - variance / 2, math.sqrt(variance)
        low, high = math.log(pair.p10), math.log(pair.p90)
        return (low + high) / 2, (high - low) / 2 / NormalDist().inv_cdf(0.9)

    def span(self) -> tuple[float, float]:
        """Return the range that holds all but 1 in 1,000 draws on each side."""
        mean, sd = self.moments()
        return math.exp(mean - TAIL * sd), math.exp(mean + TAIL * sd)


class LowHigh(Strict):
    """Two bounds."""

    low: Number = Field(description="the lowest value")
    high: Number = Field(description="the highest value")

    @model_validator(mode="after")
    def _in_order(self) -> LowHigh:
        mode = getattr(self, "mode", self.low)
        if not (self.low <= mode <= self.high and self.low < self.high):
            shown = f"low = {self.low:g}, high = {self.high:g}"
            shown += f", mode = {mode:g}" if hasattr(self, "mode") else ""
            raise fault("must be low ≤ mode ≤ high with low below high; found " + shown)
        return self


class LowModeHigh(LowHigh):
    """Two bounds and what is likeliest between them."""

    mode: Number = Field(description="the likeliest value")


class Triangular(Distribution):
    """Triangular between two bounds."""

    triangular: LowModeHigh

    def span(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.triangular.low, self.triangular.high


class Pert(Distribution):
    """PERT: a smooth hump between two bounds, mean (low + 4 mode + high) / 6 (Malcolm et al. 1959)."""

    pert: LowModeHigh

    def span(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.pert.low, self.pert.high


class Uniform(Distribution):
    """Uniform between two bounds."""

    uniform: LowHigh

    def span(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.uniform.low, self.uniform.high


class MeanSd(Strict):
    """Mean and standard deviation of a share."""

    mean: Number = Field(description="the mean, between 0 and 1")
    sd: Number = Field(description="the standard deviation")

    @model_validator(mode="after")
    def _is_a_share(self) -> MeanSd:
        if not 0 < self.mean < 1 or not 1e-9 < self.sd < math.sqrt(self.mean * (1 - self.mean)):
            most = math.sqrt(max(self.mean * (1 - self.mean), 0))
            raise fault(
                f"mean must lie between 0 and 1 and sd between 0 and {most:g}; found {self.mean:g}, {self.sd:g}"
            )
        return self


class Beta(Distribution):
    """Beta: a share between 0 and 1."""

    beta: MeanSd

    def shape(self) -> tuple[float, float]:
        """Return α and β."""
        weight = self.beta.mean * (1 - self.beta.mean) / self.beta.sd**2 - 1
        return self.beta.mean * weight, (1 - self.beta.mean) * weight

    def span(self) -> tuple[float, float]:
        """Return the range that holds all but 1 in 1,000 draws on each side."""
        from scipy.special import betaincinv  # late, so that a scenario without a beta is checked faster

        low, high = betaincinv(*self.shape(), [0.001, 0.999])
        return float(low), float(high)


class Discrete(Distribution):
    """A few values, each with its probability."""

    discrete: dict[str, Number] = Field(description="value: probability, …", min_length=1)

    @model_validator(mode="after")
    def _sums_to_one(self) -> Discrete:
        for value in self.discrete:
            parse_number(value)
        if min(self.discrete.values()) < 0 or abs(sum(self.discrete.values()) - 1) > 1e-9:
            raise fault(f"probabilities must be 0 or more and sum to 1; found a sum of {sum(self.discrete.values()):g}")
        return self

    def table(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return values in order and their probabilities."""
        pairs = sorted((parse_number(value), share) for value, share in self.discrete.items())
        return tuple(value for value, _ in pairs), tuple(share for _, share in pairs)

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest value."""
        return self.table()[0][0], self.table()[0][-1]


class RampShape(Strict):
    """A straight line from one value to another."""

    from_: Quantity = Field(alias="from", description="the value up to the start")
    to: Quantity = Field(description="the value from the end on")
    start: Month = Field(description="the month in which it begins to move")
    months: int = Field(ge=1, le=1200, description="how many months it moves")


class Ramp(Strict):
    """Moves in a straight line from one value to another."""

    ramp: RampShape


class Steps(Strict):
    """Holds each value from its month on."""

    steps: dict[Month, Quantity] = Field(description="month: value, …", min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Steps:
        if list(self.steps) != sorted(self.steps):
            raise fault("dates must be in order; found " + ", ".join(self.steps))
        return self


class GrowthShape(Strict):
    """Compound growth from the start of the horizon."""

    start: Quantity = Field(description="the value at the start of the horizon")
    annual: GrowthRate = Field(description="growth per year, e.g. 4%")


class Growth(Strict):
    """Grows at a yearly rate from the start of the horizon."""

    growth: GrowthShape


class RandomWalkShape(Strict):
    """A geometric random walk: its logarithm moves by independent normal steps."""

    start: Quantity = Field(description="the value at the start of the horizon")
    annual_volatility: Number = Field(gt=0, le=5, description="standard deviation of the logarithm after a year")


class RandomWalk(Strict):
    """Wanders from its start without drift in expectation, e.g. an exchange rate."""

    random_walk: RandomWalkShape


class ByTerritory(Strict):
    """Differs by territory; the narrowest name wins: ISO code, then group, then region, then default."""

    by_territory: dict[str, Quantity] = Field(description="ISO code, group or region: value, …", min_length=1)


class Fact(Strict):
    """A figure of each territory that ships with simlib, with its source."""

    fact: Literal["population", "internet_users", "monthly_income"] = Field(
        description="population; internet users; GDP per head a month in USD (all of 2017)"
    )


class Sourced(Strict):
    """A value with its origin."""

    value: Quantity = Field(description="any quantity")
    source: str | None = Field(None, description="where the figure was read, with its date")
    note: str | None = Field(None, description="why this range; say that it is a guess when it is one")


FORMS: dict[str, type[Strict]] = {
    "normal": Normal,
    "lognormal": Lognormal,
    "triangular": Triangular,
    "pert": Pert,
    "beta": Beta,
    "uniform": Uniform,
    "discrete": Discrete,
    "ramp": Ramp,
    "steps": Steps,
    "growth": Growth,
    "random_walk": RandomWalk,
    "by_territory": ByTerritory,
    "fact": Fact,
    "value": Sourced,
}


def form_of(value: Any) -> str | None:
    """Return the tag of a value's form, in brackets to keep it apart from the key; None where there is none.

    >>> form_of(0.5), form_of({"uniform": {"low": 1, "high": 2}}), form_of({"normall": {}})
    ('<number>', '<uniform>', None)
    """
    if isinstance(value, dict):
        return next((f"<{key}>" for key in value if key in FORMS), None)
    if isinstance(value, Strict):
        return next((f"<{key}>" for key, form in FORMS.items() if type(value) is form), None)
    return "<number>"


Quantity = TypeAliasType(
    "Quantity",
    Annotated[
        Annotated[Number, Tag("<number>")]
        | Annotated[Normal, Tag("<normal>")]
        | Annotated[Lognormal, Tag("<lognormal>")]
        | Annotated[Triangular, Tag("<triangular>")]
        | Annotated[Pert, Tag("<pert>")]
        | Annotated[Beta, Tag("<beta>")]
        | Annotated[Uniform, Tag("<uniform>")]
        | Annotated[Discrete, Tag("<discrete>")]
        | Annotated[Ramp, Tag("<ramp>")]
        | Annotated[Steps, Tag("<steps>")]
        | Annotated[Growth, Tag("<growth>")]
        | Annotated[RandomWalk, Tag("<random_walk>")]
        | Annotated[ByTerritory, Tag("<by_territory>")]
        | Annotated[Fact, Tag("<fact>")]
        | Annotated[Sourced, Tag("<value>")],
        Discriminator(
            form_of,
            custom_error_type="no_quantity",
            custom_error_message="is not a quantity: write a number, or one of " + ", ".join(FORMS),
        ),
    ],
)


class Money(Strict):
    """An amount of money in a currency, for each of something."""

    amount: Quantity = Field(description="how much")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field(description="ISO 4217 code, e.g. USD")
    per: PER | None = Field(None, description="what the amount is paid for")


class SourcedMoney(Strict):
    """Money with its origin."""

    value: MoneyQuantity = Field(description="any money")
    source: str | None = Field(None, description="where the figure was read, with its date")
    note: str | None = Field(None, description="why this range; say that it is a guess when it is one")


def spell_money(value: Any) -> Any:
    """Return money in words as the mapping that it stands for.

    >>> spell_money("80 thousand USD per episode")
    {'amount': '80 thousand', 'currency': 'USD', 'per': 'episode'}
    """
    if not isinstance(value, str) or _AMOUNT.fullmatch(value.strip()):
        return value
    match = _MONEY.fullmatch(value.strip())
    if not match:
        raise fault("must be money, e.g. 80 thousand USD per episode, or a number; found {found}", found=found(value))
    given = dict(zip(("amount", "currency", "per"), match.groups(), strict=True))
    return {key: part for key, part in given.items() if part is not None}


def money_form(value: Any) -> str:
    """Return which kind of money a value is: an amount, one with its source, or a plain quantity."""
    if isinstance(value, dict):
        return "<amount>" if "amount" in value else "<value>" if "value" in value else "<quantity>"
    return {Money: "<amount>", SourcedMoney: "<value>"}.get(type(value), "<quantity>")


def _no_share(value: Any) -> Any:
    if isinstance(value, str) and value.strip().endswith("%"):
        raise fault("is a sum of money, not a share; found {found}", found=found(value))
    return value


a_sum = BeforeValidator(_no_share)  # a check that a field holds a sum of money
_MoneyText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_MONEY.pattern}$"})]
MoneyQuantity = TypeAliasType(
    "MoneyQuantity",
    Annotated[
        Annotated[Quantity, Tag("<quantity>")]
        | Annotated[Money, Tag("<amount>")]
        | Annotated[SourcedMoney, Tag("<value>")],
        Discriminator(money_form),
        BeforeValidator(spell_money, json_schema_input_type=_MoneyText | Quantity | Money | SourcedMoney),
    ],
)


def span(quantity: Any, tail: float = TAIL) -> tuple[float, float]:
    """Return the range in which a quantity lies, all but 1 in 1,000 draws on each side; `tail` widens that of a normal.

    >>> span(0.5)
    (0.5, 0.5)
    """
    match quantity:
        case int() | float():
            return float(quantity), float(quantity)
        case Normal():
            return quantity.span(tail)
        case Distribution():
            return quantity.span()
        case Sourced() | SourcedMoney():
            return span(quantity.value, tail)
        case Money():
            return span(quantity.amount, tail)
        case Ramp():
            return _hull([quantity.ramp.from_, quantity.ramp.to], tail)
        case Steps():
            return _hull(quantity.steps.values(), tail)
        case ByTerritory():
            return _hull(quantity.by_territory.values(), tail)
        case Growth():
            return span(quantity.growth.start, tail)
        case RandomWalk():
            return span(quantity.random_walk.start, tail)
        case Fact():
            return 1.0, math.inf  # every figure that ships is above 1
    raise TypeError(f"{type(quantity).__name__} is no quantity")


def _hull(quantities: Any, tail: float) -> tuple[float, float]:
    spans = [span(quantity, tail) for quantity in quantities]
    return min(low for low, _ in spans), max(high for _, high in spans)


def between(low: float, high: float) -> WrapValidator:
    """Return a check that a quantity's span lies between two bounds."""

    def check(written: Any, read: Callable[[Any], Any]) -> Any:
        quantity = read(written)
        least, most = span(quantity)
        if least < low or most > high:
            say = _speller(written)
            allowed = f"{say(low)} or more" if high == math.inf else f"between {say(low)} and {say(high)}"
            raise fault(f"must be {allowed}; found {_spelled(least, most, say)}")
        return quantity

    return WrapValidator(check)


def above(bound: float) -> WrapValidator:
    """Return a check that a quantity lies above a bound in every draw, for something is divided by it."""

    def check(written: Any, read: Callable[[Any], Any]) -> Any:
        quantity = read(written)
        least, most = span(quantity)
        if least <= bound:
            say = _speller(written)
            raise fault(f"must be more than {say(bound)}; found {_spelled(least, most, say)}")
        if (least := span(quantity, NEVER)[0]) <= bound:
            say = _speller(written)
            reach = f"a normal that reaches {say(least)}: use a lognormal"
            raise fault(f"must be more than {say(bound)} in every draw; found {reach}")
        return quantity

    return WrapValidator(check)


def _speller(written: Any) -> Callable[[float], str]:
    """Return what spells a number as the value at fault was written, in percent or not."""
    return (lambda number: f"{100 * number:g}%") if _is_percent(written) else (lambda number: f"{number:g}")


def _is_percent(written: Any) -> bool:
    """Tell whether a value is written in percent, however it moves from there."""
    if isinstance(written, dict):
        return any(_is_percent(written[key]) for key in written.keys() - {*ELSE})
    return isinstance(written, str) and written.rstrip().endswith("%")


def _spelled(least: float, most: float, say: Callable[[float], str]) -> str:
    """Return a span as a message quotes it."""
    if least == most:
        return say(least)
    return f"{say(least)} to {say(most)} (all but 1 in 1,000 draws on each side)"


def per_unit(quantity: Any) -> str | None:
    """Return what an amount of money is paid for, or None.

    >>> per_unit(Money(amount=80000, currency="USD", per="episode"))
    'episode'
    """
    if isinstance(quantity, SourcedMoney):
        return per_unit(quantity.value)
    return quantity.per if isinstance(quantity, Money) else None


def plain(quantity: Any) -> Any:
    """Return a quantity or a sum of money without the wrappers that tell its origin.

    >>> plain(Sourced(value=0.1, note="guess"))
    0.1
    """
    while isinstance(quantity, Sourced | SourcedMoney):
        quantity = quantity.value
    return quantity


def paid_per(*units: str | None) -> AfterValidator:
    """Return a check that money is paid for one of the given units."""

    def check(quantity: Any) -> Any:
        if per_unit(quantity) not in units:
            allowed = " or ".join(f"per {unit}" if unit else "a plain sum" for unit in units)
            seen = f"per {per_unit(quantity)}" if per_unit(quantity) else "a plain sum"
            raise fault("must be {allowed}; found {seen}", allowed=allowed, seen=seen)
        return quantity

    return AfterValidator(check)


Share = Annotated[Quantity, between(0, 1)]
NonNegative = Annotated[Quantity, between(0, math.inf)]
Positive = Annotated[Quantity, above(0)]
PositiveShare = Annotated[Share, above(0)]
GrowthRate = Annotated[Quantity, above(-1)]
NonNegativeMoney = Annotated[MoneyQuantity, between(0, math.inf)]
PositiveMoney = Annotated[MoneyQuantity, above(0)]
