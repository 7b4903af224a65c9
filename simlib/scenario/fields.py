"""Kinds of field that several sections share: names, territories, fees."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from simlib.scenario.quantity import NonNegativeMoney, Quantity, Strict, a_sum, between, paid_per

MONTHS = {"month": 1, "quarter": 3, "year": 12}  # in a step
Names = Annotated[tuple[str, ...], Field(strict=False, max_length=1_000)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
MOST_CHURN = 0.95  # a month in which everybody leaves has no finite hazard
Churn = Annotated[Quantity, between(0, MOST_CHURN)]
MOST_ELASTICITY = 20  # per cent for one per cent: beyond it a power of a few numbers is larger than any number can be
Elasticity = Annotated[Quantity, between(0, MOST_ELASTICITY)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Fee = Annotated[NonNegativeMoney, paid_per(None, "title", "episode"), a_sum]


class TerritorySet(Strict):
    """Which territories: codes, groups, regions (UCAN, EMEA, LATAM, APAC) or `world`."""

    include: Names = Field(min_length=1, description="ISO codes, groups, regions or `world`")
    exclude: Names = Field((), description="taken out again")


def spell_territories(value: Any) -> Any:
    """Return a bare list of territories as the mapping that it stands for."""
    return {"include": value} if isinstance(value, list | tuple) else value


Places = Annotated[TerritorySet, BeforeValidator(spell_territories, json_schema_input_type=TerritorySet | list[str])]
