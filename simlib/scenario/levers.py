"""Levers that someone could pull: uncertain numbers that go up or down together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from simlib.scenario.quantity import Strict, fault

Inputs = Annotated[tuple[str, ...], Field(strict=False)]


class Lever(Strict):
    """Uncertain numbers that are pulled together, from the weak end of their ranges to the strong one."""

    label: str = Field(min_length=1, max_length=80, description="what people call it, e.g. Protection")
    raises: Inputs = Field(
        (), description="inputs that are at their P10 where it is weak, at their P90 where it is strong"
    )
    lowers: Inputs = Field(
        (), description="inputs that are at their P90 where it is weak, at their P10 where it is strong"
    )

    @model_validator(mode="after")
    def _pulls_something(self) -> Lever:
        if not self.inputs:
            raise fault("pulls nothing; say which inputs it raises or lowers")
        if twice := sorted({name for name in self.inputs if self.inputs.count(name) > 1}):
            raise fault(f"pulls {twice[0]} twice")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """All that it pulls."""
        return (*self.raises, *self.lowers)
