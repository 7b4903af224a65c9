"""Reference histories to show beside a scenario's own series: what was known at the start, and what happened after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from simlib.data import figures
from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.platform import SIDES, Platform, is_whole, lines
from simlib.scenario.quantity import PositiveShare, Strict, plain


class History(Strict):
    """One series of a table that ships, chosen as `simlib.forecast.series.history` chooses it."""

    table: Literal["adoption", "china", "netflix"] = Field(description="the table of reference histories")
    metric: str = Field(description="which figure, e.g. paid_memberships")
    which: dict[str, str] = Field({}, description="column: value, where the table has several, e.g. {region: US}")
    error: PositiveShare | None = Field(
        None,
        description="how far a figure may be from the truth, as a share of it (standard deviation); `simlib calibrate` fits "
        "habits to the histories that say it",
    )


def series(sections: object) -> tuple[str, ...]:
    """Return the name of every series of results that a scenario has."""
    measures = sections.habits.measures if sections.habits else ()
    members = ("members", "gross_adds", "churned", "retention") if sections.subscribers else ()
    return (*measures, *members, *accounts(sections.platform))


def accounts(platform: Platform | None) -> Iterator[str]:
    """Yield the name of every series of the whole platform's accounts, where they are drawn up."""
    if platform is None or platform.accounts is None:
        return
    named = {side: [name for _, name, value in lines(platform, side) if is_whole(value)] for side in SIDES}
    for side in SIDES:
        yield f"platform.{side}"
        library = ["content"] if side == "costs" and "content" not in named[side] else []
        yield from (f"platform.{side}.{name}" for name in (*library, *named[side]))
    below = ("interest", "tax_on_profit", "net_income") if platform.accounts.has_net_income else ()
    yield from (f"platform.{name}" for name in ("profit", *below, "content_spend", "library", "cash"))


def histories(sections: object, say: Say) -> Faults:
    """Histories stand beside series that the scenario has, and name figures that ship."""
    known = series(sections)
    for name, history in sections.histories.items():
        if name not in known:
            yield say(("histories", name), "is no series of this scenario" + nearest(name, known))
        try:
            figures(history.table, history.metric, history.which)
        except ValueError as error:
            yield say(("histories", name), f"finds no figures: {error}")
        if history.error is not None and not isinstance(plain(history.error), float | int):
            yield say(("histories", name, "error"), "must be one number, e.g. 10%: it is stated, not drawn")
