"""Values to try, so that one file stands for many scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from simlib.scenario.quantity import Beta, Discrete, Lognormal, Normal, Pert, Strict, Triangular, Uniform, form_of

MOST_CELLS = 10_000
ENDS = {"low": 0.1, "middle": 0.5, "high": 0.9}  # words for the P10, the median and the P90 of an uncertain number
RANGE = "range"  # the word for an uncertain number's own distribution


class Points(Strict):
    """How many cells are drawn, in place of every combination."""

    points: int = Field(ge=2, le=MOST_CELLS, description="how many cells")
    seed: int = Field(ge=0, le=2**63 - 1, description="the same seed gives the same cells; 0 is a seed")


def tried_form(value: Any) -> str | None:
    """Return the tag of what a sweep tries; None for what it cannot."""
    if isinstance(value, list | tuple):
        return "<list>"
    return "<range>" if value == RANGE else form_of(value)


Tried = Annotated[
    Annotated[Annotated[tuple[Any, ...], Field(min_length=1, strict=False)], Tag("<list>")]
    | Annotated[Literal["range"], Tag("<range>")]
    | Annotated[Normal, Tag("<normal>")]
    | Annotated[Lognormal, Tag("<lognormal>")]
    | Annotated[Triangular, Tag("<triangular>")]
    | Annotated[Pert, Tag("<pert>")]
    | Annotated[Beta, Tag("<beta>")]
    | Annotated[Uniform, Tag("<uniform>")]
    | Annotated[Discrete, Tag("<discrete>")],
    Discriminator(
        tried_form,
        custom_error_type="not_tried",
        custom_error_message="is a list of values, or with `drawn` a distribution or the word range",
    ),
]


class Sweep(Strict):
    """Paths and the values to try at each: cells are all combinations of the lists, or `drawn` from them.

    In a list stand values as `--set` takes them, or the words low, middle and high for the P10, the median and the P90 of
    what is uncertain there. With `drawn` there may also stand a distribution, or range for the one that is there.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Tried]

    drawn: Points | None = Field(
        None, description="cells drawn by Latin hypercube, each value of a list as often, instead of all combinations"
    )

    @property
    def tried(self) -> Mapping[str, Any]:
        """What is tried, by dotted path."""
        return self.__pydantic_extra__
