"""The sections of a scenario: strict, frozen, each field described. No assumption has a default here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from simlib.scenario.audience import Audience, Habits
from simlib.scenario.deals import Deal, Negotiation, Package
from simlib.scenario.fields import Currency, Names, TerritorySet, Word
from simlib.scenario.histories import History
from simlib.scenario.levers import Lever
from simlib.scenario.members import Subscribers
from simlib.scenario.platform import Platform
from simlib.scenario.quantity import GrowthRate, Month, Number, Positive, PositiveMoney, PositiveShare, Strict, paid_per
from simlib.scenario.questions import Question
from simlib.scenario.sweep import Sweep
from simlib.scenario.title import Drama

ONE_LINE = r"^[^\n\r\t]*[^\s][^\n\r\t]*$"  # a name stands in the middle of sentences


class Horizon(Strict):
    """The stretch of time that is simulated."""

    start: Month = Field(description="the first month, e.g. 2017-12")
    periods: int = Field(ge=1, le=600, description="how many steps")
    step: Literal["month", "quarter", "year"] = Field(description="the length of a step")
    known_until: Month | None = Field(
        None, description="the last month whose figures it may rest on, where that lies after the start"
    )


class Simulation(Strict):
    """How it is drawn."""

    draws: int = Field(ge=2, le=10_000_000, description="how many times every uncertain number is drawn")
    seed: int = Field(ge=0, le=2**63 - 1, description="the same seed gives the same numbers; 0 is a seed")


class Territories(TerritorySet):
    """The territories of the scenario, and names for groups of them."""

    groups: dict[Word, Names] = Field({}, description="name: list of ISO codes")


class Risk(Strict):
    """How much the parties mind what they cannot know: preferences, not assumptions. What is left out is not reported."""

    tail: PositiveShare | None = Field(None, description="the share of worst draws whose mean is told (CVaR), e.g. 5%")
    tolerance: dict[Word, Annotated[PositiveMoney, paid_per(None)]] = Field(
        {}, description="party: its risk tolerance, the τ of 1 − exp(−NPV ÷ τ), in the scenario's currency"
    )


Correlation = Annotated[tuple[str, str, Annotated[Number, Field(gt=-1, lt=1)]], Field(strict=False)]
Pairs = Annotated[tuple[Correlation, ...], Field(strict=False, max_length=200)]


def in_one_list(value: Any) -> Any:
    """Return lists by name as one list: what a base and a scenario each say under a name of its own holds together.

    >>> in_one_list({"fitted": [["a", "b", 0.5]], "guessed": [["a", "c", 0.1]]})
    [['a', 'b', 0.5], ['a', 'c', 0.1]]
    """
    return [pair for pairs in value.values() for pair in pairs] if isinstance(value, dict) else value


Correlations = Annotated[Pairs, BeforeValidator(in_one_list, json_schema_input_type=Pairs | dict[Word, Pairs])]


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

    name: str = Field(min_length=1, pattern=ONE_LINE, max_length=200, description="what the scenario is called")
    description: str | None = Field(None, description="what it asks, in a sentence or two")
    currency: Currency = Field(description="the currency of results and of plain numbers")
    horizon: Horizon = Field(description="start, number of steps and their length")
    simulation: Simulation = Field(description="draws and seed")
    territories: Territories = Field(description="where it plays")
    audience: Audience | None = Field(None, description="online-video users of each territory")
    habits: Habits | None = Field(None, description="payment habits of each market")
    subscribers: Subscribers | None = Field(None, description="one platform's members")
    title: Drama | None = Field(None, description="the drama, made in one way or in several")
    deals: dict[Word, Deal] = Field({}, max_length=300, description="grants of rights by name")
    packages: dict[Word, Package] = Field(
        {}, max_length=100, description="deals that could be signed together, to be compared"
    )
    negotiation: Negotiation | None = Field(None, description="which fee is on the table")
    platform: Platform | None = Field(None, description="revenue and cost lines of the platform")
    discount_rates: dict[Word, GrowthRate] = Field({}, description="party: discount rate per year")
    risk: Risk | None = Field(None, description="what uncertainty costs each party")
    fx: dict[Currency, Positive] = Field({}, description="currency: units of it for one unit of the scenario's")
    correlations: Correlations = Field(
        (),
        description="[a path, another path, Spearman's rank correlation], of two random walks that of their moves; a list, "
        "or lists by name, to which a file that extends another adds its own",
    )
    histories: dict[str, History] = Field(
        {}, description="series of results, e.g. members: the reference history to show beside it; never an input"
    )
    levers: dict[Word, Lever] = Field(
        {}, max_length=100, description="what could be pulled, to see what each does to the platform's break-even"
    )
    solve: dict[Word, Question] = Field(
        {}, max_length=20, description="at which value of a term a result is what it should be"
    )
    sweep: Sweep | None = Field(
        None,
        description="values to try, for a report of each cell by `simlib batch`; all else takes the file's own values",
    )
