"""Reference histories to show beside a scenario's own series: what was known at the start, and what happened after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from simlib.data import figures
from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.fields import MONTHS
from simlib.scenario.platform import SIDES, Platform, is_whole, lines
from simlib.scenario.quantity import Month, PositiveShare, Strict, months_later, plain

_SPANS = {"quarter": 3, "annual": 12}  # months of which figures of the accounts tell


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
    known_until: Month | None = Field(
        None, description="its last month that had been published, where that is before the one that the horizon says"
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


def last_known(horizon: object, history: History | None = None) -> str:
    """Return the last month whose figures a scenario may rest on, of one history or of any."""
    whole = horizon.known_until or months_later(horizon.start, -1)
    return min(whole, history.known_until or whole) if history else whole


def histories(sections: object, say: Say) -> Faults:
    """Histories stand beside series that the scenario has, and name figures that ship."""
    known = series(sections)
    flows = set(accounts(sections.platform)) - {"platform.library", "platform.cash"}
    told: dict[str, str] = {}
    for name, history in sections.histories.items():
        if name not in known:
            yield say(("histories", name), "is no series of this scenario" + nearest(name, known))
        try:
            rows = figures(history.table, history.metric, history.which)
        except ValueError as error:
            yield say(("histories", name), f"finds no figures: {error}")
        else:
            if name in flows:
                told[name] = "quarter" if history.table == "netflix" else rows[0].get("period", "annual")
        if history.error is not None and not isinstance(plain(history.error), float | int):
            yield say(("histories", name, "error"), "must be one number, e.g. 10%: it is stated, not drawn")
    first = next((span for span in told.values() if span in _SPANS), "")
    for name, span in told.items():
        if wrong := _unlike(span, first, MONTHS[sections.horizon.step]):
            yield say(("histories", name), wrong)


def _unlike(span: str, first: str, step: int) -> str | None:
    """Say why figures of the accounts cannot stand beside them, which are told by one span of months."""
    if span not in _SPANS:
        return f"has figures of {span}; the accounts are told by quarter or by year"
    if _SPANS[span] < step:
        return f"has figures of a {span}, less than a step of the horizon"
    return f"has {span} figures and others have {first} ones; choose one for all of the accounts" * (span != first)
