"""The drama: what it costs to make, and how it is viewed; or one story, and the ways in which it could be made."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Discriminator, Field, Tag

from simlib.scenario.clauses import MonthlySchedule
from simlib.scenario.faults import closest
from simlib.scenario.fields import Count, Elasticity, Word
from simlib.scenario.quantity import NonNegative, NonNegativeMoney, Positive, Share, Strict, fault, paid_per


class HeavyTail(Strict):
    """Viewing fades from the first day: share of it within age a, 1 − (1 + a/τ)^−θ."""

    scale_months: Positive = Field(description="τ in months: smaller is faster")
    tail: Positive = Field(description="θ: smaller is a heavier tail")


class SlowStarter(Strict):
    """Viewing grows before it fades: people decide, then act, and wait for both (BOXMOD, Sawhney & Eliashberg 1996)."""

    decide_months: Positive = Field(description="months until somebody decides to watch, on average")
    act_months: Positive = Field(description="months from deciding to watching, on average")


def _one_form(value: Any) -> Any:
    """Refuse a decay that is of both forms."""
    forms = [form for form in (HeavyTail, SlowStarter) if isinstance(value, dict) and {*form.model_fields} & {*value}]
    if len(forms) > 1:
        raise fault("has one form, {scale_months, tail} or {decide_months, act_months}; found both")
    return value


def _is_slow(value: Any) -> bool:
    return isinstance(value, SlowStarter) or (isinstance(value, dict) and bool({*SlowStarter.model_fields} & {*value}))


Decay = Annotated[
    Annotated[HeavyTail, Tag("<scale_months>")] | Annotated[SlowStarter, Tag("<decide_months>")],
    Discriminator(lambda value: "<decide_months>" if _is_slow(value) else "<scale_months>"),
    BeforeValidator(_one_form),
]


class Production(Strict):
    """What making the title costs, and when."""

    cost: Annotated[NonNegativeMoney, paid_per(None, "title", "episode")] = Field(
        description="all of it, a plain sum or per episode"
    )
    schedule: MonthlySchedule = Field(description="month: share of the cost that is spent; shares sum to 100 %")


class WordOfMouth(Strict):
    """What a hit does to neighbouring lines, each times hit factor^elasticity: 1 for a title of median success.

    What is earned by hour, or with members whom the title wins, grows with viewing anyway: the elasticity is what comes
    on top. A plain sum has no other part in a hit.
    """

    derivatives: Elasticity | None = Field(
        None, description="elasticity of the platform's derivatives; beyond what grows with viewing anyway"
    )
    content_marketing: Elasticity | None = Field(
        None,
        description="elasticity of advertising, the platform's and that of deals by viewing; beyond what grows with viewing",
    )


class Made(Strict):
    """What making the drama in one way means."""

    tier: Literal["prime_time", "super", "online"] = Field(
        description="prime-time, super or online series; recorded: its effect is that of the values in bases/tier-*.yml"
    )
    episodes: Count = Field(description="how many episodes")
    hours: NonNegative = Field(description="running time of all of them, hours")
    completion: Share = Field(description="share of the running time that a viewer watches")
    appeal: Share = Field(description="share of an audience offered it that becomes a viewer")
    hit: NonNegative = Field(
        description="factor on appeal that nobody knows beforehand, median 1; of one way among several, times the story's"
    )
    decay: Decay = Field(description="how viewing fades after a window opens: with a heavy tail, or after a slow start")
    word_of_mouth: WordOfMouth | None = Field(
        None, description="what a hit does to derivatives and advertising beyond its viewing, if anything"
    )
    production: Production | None = Field(
        None, description="what it costs to make, where a deal or a package shares in it"
    )


class Title(Made):
    """The drama, made in one way."""

    name: str = Field(description="its name")


class Story(Strict):
    """The drama, when it could be made in several ways: each deal says which way it is about."""

    name: str = Field(description="its name")
    hit: NonNegative = Field(description="factor on appeal that nobody knows beforehand, the same draw for every way")
    made_as: dict[Word, Made] = Field(min_length=1, description="name: a way of making it, e.g. online_series")


def _is_story(value: Any) -> bool:
    """Tell whether a title is made in several ways, by its field `made_as` or a word that was meant to be it."""
    strange = {*value} - {*Title.model_fields} if isinstance(value, dict) else ()
    return isinstance(value, Story) or any(closest(str(key), ["made_as"]) for key in strange)


Drama = Annotated[
    Annotated[Title, Tag("<episodes>")] | Annotated[Story, Tag("<made_as>")],
    Discriminator(lambda value: "<made_as>" if _is_story(value) else "<episodes>"),
]


class Way(NamedTuple):
    """A way of making the title: where it stands in the file, and what it is."""

    path: str
    made: Made


def ways(title: Title | Story | None) -> dict[str | None, Way]:
    """Return each way of making a title by its name; a title made in one way has one without a name.

    >>> from simlib.scenario.load import load
    >>> ways(load("scenarios/day-and-night.yml").title)[None].path
    'title'
    """
    if isinstance(title, Story):
        return {name: Way(f"title.made_as.{name}", made) for name, made in title.made_as.items()}
    return {None: Way("title", title)} if title else {}


def way_of(sections: Any, deal: str) -> Way | None:
    """Return the way of making the title that a deal is about; None where there is none of that name."""
    return ways(sections.title).get(sections.deals[deal].made_as)
