"""The drama: what it costs to make and how it is viewed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simlib.scenario.clauses import MonthlySchedule
from simlib.scenario.fields import Count
from simlib.scenario.quantity import NonNegative, NonNegativeMoney, Positive, Share, Strict, paid_per


class Decay(Strict):
    """Share of lifetime viewing within age a: 1 − (1 + a/τ)^−θ."""

    scale_months: Positive = Field(description="τ in months: smaller is faster")
    tail: Positive = Field(description="θ: smaller is a heavier tail")


class Production(Strict):
    """What making the title costs, and when."""

    cost: Annotated[NonNegativeMoney, paid_per(None, "title", "episode")] = Field(
        description="all of it, a plain sum or per episode"
    )
    schedule: MonthlySchedule = Field(description="month: share of the cost that is spent; shares sum to 100 %")


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
    production: Production | None = Field(
        None, description="what it costs to make, where a deal or a package shares in it"
    )
