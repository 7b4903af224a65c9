"""What a deal grants: media, territories, a window, and what the licensor must keep off the market meanwhile."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from simlib.scenario.fields import Count, Places
from simlib.scenario.quantity import Month, Strict, fault, months_between

Medium = Literal["TVOD", "SVOD", "AVOD", "free_tv", "pay_tv", "theatrical", "home_video", "airline"]
MEDIA: tuple[str, ...] = get_args(Medium)
Media = Annotated[tuple[Medium, ...], Field(strict=False, min_length=1)]


class Holdback(Strict):
    """Media that the licensor may let nobody use for some months after the deal's window opens."""

    media: Media = Field(description="ways of exploitation that are held back")
    territories: Places | None = Field(None, description="where; the deal's own territories if left out")
    months: Count = Field(description="for how many months from the start of the deal's window")
    note: str | None = Field(None, description="the contract's words")


class Rights(Strict):
    """What is granted, where and when; two deals of one package may not meet there if either is exclusive."""

    media: Media = Field(description="ways of exploitation; which ones has no effect on value")
    territories: Places = Field(description="where")
    start: Month = Field(description="the month in which the window opens")
    months: Count | None = Field(None, description="length of the window; say this or `end`")
    end: Month | None = Field(None, description="the first month after the window; say this or `months`")
    exclusive: bool = Field(description="whether nobody else may use these media there while the window is open")
    holdbacks: Annotated[tuple[Holdback, ...], Field(strict=False)] = Field(
        (), description="what the licensor may not let anybody else use either, e.g. free_tv for the first year"
    )

    @field_validator("end")
    @classmethod
    def _after_the_start(cls, end: str | None, info: ValidationInfo) -> str | None:
        start = info.data.get("start")
        if end and start and months_between(start, end) < 1:
            raise fault(f"must be later than the start {start}: it is the first month after the window; found {end}")
        return end

    @model_validator(mode="after")
    def _one_end(self) -> Rights:
        if (self.months is None) == (self.end is None):
            said = "neither" if self.end is None else "both"
            raise fault(
                "need months, the length of the window, or end, the first month after it; found {found}", found=said
            )
        return self

    @property
    def term_months(self) -> int:
        """Length of the window in months, however it is said."""
        return self.months or months_between(self.start, self.end)
