"""Members as a history knows them: where its figures are found, which of them were known, how far a forecast must reach."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from simlib.data import figures
from simlib.scenario.dated import EVERY_PERIOD, GAPS_STAY, Ended, ended, misplaced
from simlib.scenario.faults import Faults, Say
from simlib.scenario.fields import MONTHS
from simlib.scenario.quantity import MULTIPLES, Drawn, Month, Number, fault

FEWEST = 3  # figures: two increments, whose difference is all that tells how sure a forecast is
FARTHEST = 120  # periods ahead


class MemberHistory(Drawn):
    """Members as a history knows them by a month; between its last figure and the model stand a forecast's sample paths."""

    per_territory: ClassVar[bool] = False

    table: Literal["adoption", "china", "netflix"] | None = Field(None, description="a table of histories that ships")
    metric: str | None = Field(None, description="which of its figures, e.g. paid_memberships")
    which: dict[str, str] = Field({}, description="column: value, where the table has several, e.g. {region: US}")
    file: str | None = Field(None, description="or a CSV file of two columns, its name seen from the scenario's folder")
    period_column: str | None = Field(
        None, description="its column of periods, where neither `period_end` nor the first"
    )
    column: str | None = Field(None, description="its column of figures, where not `value`")
    figures: dict[str, Annotated[Number, Field(ge=0)]] | None = Field(
        None,
        description="or period: members, …, oldest first; periods are 2017, 2017Q3, 2017-09 or a last day, 2017-09-30",
    )
    unit: Literal["thousand", "million", "billion"] | None = Field(
        None, description="of file or figures, if not people"
    )
    since: Month | None = Field(None, description="figures of earlier months are left out, e.g. where they have gaps")
    until: Month = Field(description="the last month whose figures are known; nothing later reaches the scenario")
    forecast_periods: int = Field(
        ge=0,
        description="steps of the horizon in which members follow the forecast, before the model goes on from there",
    )
    source: str | None = Field(None, description="where the figures were read, with its date")
    note: str | None = Field(None, description="what should be known of them")

    @model_validator(mode="after")
    def _is_one_history(self) -> MemberHistory:
        given = [name for name in ("table", "file", "figures") if getattr(self, name) is not None]
        if len(given) != 1:
            raise fault("takes table, file or figures; found {found}", found=" and ".join(given) or "none of them")
        if self.file is not None:
            raise fault(
                "names a file, and a text has no folder to look in; write figures; found {found}", found=self.file
            )
        if (self.metric is None) == (self.table is not None):
            raise fault("says metric with a table, and only there; found {found}", found=self.metric or "none")
        strange = [name for name in ("period_column", "column") if getattr(self, name) is not None]
        strange += ["which"] if self.table is None and self.which else []
        strange += ["unit"] if self.figures is None and self.unit else []
        if strange:
            raise fault(
                "says what {kind} has no use for; found {found}",
                kind=f"a history by {given[0]}",
                found=" and ".join(strange),
            )
        return self


class Known(NamedTuple):
    """The figures of a history that were known: members, the last month of each period from year 0, months in a period."""

    members: tuple[float, ...]
    months: tuple[int, ...]
    step: int


class Ahead(NamedTuple):
    """Months from a history's last figure to the start of a horizon and to the end of each step that follows a forecast."""

    months: tuple[int, ...]
    periods: int  # of the history, that a forecast must reach


def known(history: MemberHistory) -> Known:
    """Return the figures that were known; raise ValueError for a table without them, and where there are none.

    >>> netflix = MemberHistory(
    ...     table="netflix", metric="paid_memberships", which={"region": "total"}, until="2017-09", forecast_periods=0
    ... )
    >>> known(netflix).members[-1] / 1e6, known(netflix).step
    (104.02, 3)
    """
    found = _by_then(history)
    step, _ = misplaced([(text, end) for text, end, _ in found], EVERY_PERIOD)
    return Known(tuple(members for *_, members in found), tuple(end.month for _, end, _ in found), step)


def ahead(found: Known, history: MemberHistory, start: str, step: str) -> Ahead:
    """Return how far a forecast must reach for a horizon with that start and step; 0 periods where the last figure does."""
    gap = _month(start) - 1 - found.months[-1]
    months = tuple(gap + MONTHS[step] * period for period in range(history.forecast_periods + 1))
    return Ahead(months, ceil(months[-1] / found.step))


def is_drawn(history: MemberHistory, start: str, step: str) -> bool:
    """Tell whether members at the start or after it are uncertain; of a history at fault, of which more is said, too."""
    try:
        return ahead(known(history), history, start, step).periods > 0
    except ValueError:
        return True


def faults(history: MemberHistory, sections: object, path: tuple[str, ...], say: Say) -> Faults:
    """Figures that were known by a month before the start are members, and enough for the forecast that is asked for."""
    horizon = sections.horizon
    if history.until >= horizon.start:
        yield say((*path, "until"), f"must be before the horizon's start {horizon.start}; found {history.until}")
        return
    strange = list(_strange(history))
    yield from (say((*path, "figures", period), said) for period, said in strange)
    if strange:
        return
    try:
        found = known(history)
    except ValueError as error:
        yield say((*path, "figures") if history.figures is not None else path, str(error))
        return
    reach = ahead(found, history, horizon.start, horizon.step)
    if history.forecast_periods > horizon.periods:
        said = f"must be at most the horizon's {horizon.periods} steps; found {history.forecast_periods}"
        yield say((*path, "forecast_periods"), said)
    if history.forecast_periods and sections.subscribers.churn:
        said = "must be 0 with churn by tenure: a forecast does not tell how long its members have been there"
        yield say((*path, "forecast_periods"), f"{said}; found {history.forecast_periods}")
    if reach.periods > FARTHEST:
        yield say(
            (*path, "until"), f"leaves {reach.periods} periods to be forecast; a forecast reaches at most {FARTHEST}"
        )
    if reach.periods and len(found.members) < FEWEST:
        yield say(path, f"needs {FEWEST} figures by {history.until} to be forecast; found {len(found.members)}")
    periods = [(text, end) for text, end, _ in _by_then(history)]
    for at, said in misplaced(periods, EVERY_PERIOD if reach.periods else GAPS_STAY)[1]:
        place = (*path, "figures", periods[at][0]) if history.figures is not None else path
        yield say(place, said)


def _strange(history: MemberHistory) -> Iterator[tuple[str, str]]:
    """Yield what is written for a period and is none, and what to write."""
    for period in history.figures or ():
        try:
            ended(period)
        except ValueError as error:
            yield period, str(error)


def _by_then(history: MemberHistory) -> list[tuple[str, Ended, float]]:
    """Return the figures that were known, as they stand: period, its end, members."""
    dated = [(period, ended(period), members) for period, members in _written(history)]
    first = _month(history.since) if history.since else 0
    found = [(period, end, members) for period, end, members in dated if first <= end.month <= _month(history.until)]
    if not found:
        begins = f"begins with {dated[0][0]}" if dated else "has no figure"
        between = f"between {history.since} and" if history.since else "by"
        raise ValueError(f"{begins}; nothing was known {between} {history.until}")
    return found


def _written(history: MemberHistory) -> list[tuple[str, float]]:
    """Return every figure of a history, those after `until` too, as period and members."""
    if history.figures is not None:
        unit = MULTIPLES[history.unit or ""]
        return [(period, value * unit) for period, value in history.figures.items()]
    rows = figures(history.table, history.metric or "", history.which)
    if rows[0]["unit"] not in MULTIPLES:
        raise ValueError(f"tells {rows[0]['unit']}, and members are counted in people")
    return [(row["period_end"], float(row["value"]) * MULTIPLES[rows[0]["unit"]]) for row in rows]


def sources(history: MemberHistory) -> str:
    """Return where a history's last known figure was read."""
    if history.table is None or history.source:
        return history.source or ""
    rows = figures(history.table, history.metric or "", history.which)
    return [row["source"] for row in rows if ended(row["period_end"]).month <= _month(history.until)][-1]


def _month(month: str) -> int:
    return ended(month).month
