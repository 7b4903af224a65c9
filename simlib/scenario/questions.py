"""Questions that a scenario asks backwards: at which value of a term a result is what it should be."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from simlib.scenario.fields import Currency
from simlib.scenario.quantity import Number, Strict, fault, parse_number, spell_money

PERCENTILE = re.compile(r"p(0?[1-9]|[1-9][0-9])")


def parse_statistic(value: Any) -> str:
    """Return which number of a result's draws is meant: their mean, or a percentile.

    >>> parse_statistic("p05"), parse_statistic("mean")
    ('p05', 'mean')
    """
    if value == "mean" or (isinstance(value, str) and PERCENTILE.fullmatch(value)):
        return value
    raise fault("must be mean, or a percentile from p01 to p99")


def parse_level(value: Any) -> float | str:
    """Return a number where the value is one, else the words as they stand: money, or the name of a result.

    >>> parse_level("25%"), parse_level("packages.other.licensor_npv")
    (0.25, 'packages.other.licensor_npv')
    """
    try:
        return parse_number(value)
    except ValueError:
        if isinstance(value, str):
            return value
        raise


def _rises(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] >= bounds[1]:
        raise fault(f"the first bound must be below the second; found {bounds[0]:g} and {bounds[1]:g}")
    return bounds


Statistic = Annotated[
    str,
    BeforeValidator(parse_statistic),
    WithJsonSchema({"type": "string", "pattern": f"^(mean|{PERCENTILE.pattern})$"}),
]
Level = Annotated[
    float | str, BeforeValidator(parse_level), WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]})
]
Bounds = Annotated[tuple[Number, Number], Field(strict=False), AfterValidator(_rises)]


class Question(Strict):
    """At which value of a term a result is what it should be."""

    term: str = Field(description="the path of a number, as `--set` takes it, e.g. deals.netflix.terms.flat_fee.amount")
    for_: str = Field(alias="for", description="a result, e.g. packages.netflix_worldwide.licensor_npv")
    at: Statistic = Field(
        "mean", description="`mean`, or a percentile of the draws from p01 to p99; the mean if left out"
    )
    equals: Level = Field(description="a number, money, or another result, of which the same is then taken")
    between: Bounds = Field(description="[low, high]: where to look, in the term's own unit")

    def level(self, currency: Currency) -> float | None:
        """Return the number that the result should be, None where it is another result; ValueError for other money.

        >>> given = {"term": "title.hours", "for": "members", "between": [1, 2]}
        >>> Question(**given, equals="80 thousand USD").level("USD")
        80000.0
        """
        if isinstance(self.equals, float):
            return self.equals
        try:
            money = spell_money(self.equals)
        except ValueError:
            return None
        if money.get("currency") != currency or "per" in money:
            raise ValueError(f"must be a plain sum in {currency}, the currency of results; found {self.equals!r}")
        return parse_number(money["amount"])
