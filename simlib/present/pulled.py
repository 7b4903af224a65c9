"""What each lever does to the platform's break-even, as a table below which stands the sentence that a strategist wants."""

from __future__ import annotations

from html import escape

from simlib.present import tables, words
from simlib.present.business import matters
from simlib.present.page import Html, grid
from simlib.simulation.outcome import Outcome

ENDS = {"": "as drawn", "weak": "weak: at its P10", "strong": "strong: at its P90"}
HEAD = ["Lever", "Breaks even", "From, at the median", "Last year's profit, mean", "Are members", "Would have to be"]


def table(outcome: Outcome) -> Html | None:
    """Return what each lever does from its weak end to its strong one; None without levers."""
    found = tables.pulled(outcome)
    if found.empty:
        return None
    rows = [
        [
            (row.label, ENDS[row.end]),
            words.chance(row.chance),
            words.date(row.date) if row.date == row.date else words.NOTHING,
            words.money(row.profit, outcome.scenario.currency, row.error),
            words.percent(row.has),
            words.percent(row.needs) if row.needs == row.needs else words.NOTHING,
        ]
        for row in found.itertuples()
    ]
    shown = grid("Each lever pulled alone, all else drawn as before", HEAD, rows)
    return Html(f'{shown}<p class="seen">{escape(seen(outcome))}</p>')


def seen(outcome: Outcome) -> str:
    """Say which lever matters most, and how to read the table."""
    return (
        f"{matters(outcome)} Dates are medians over the draws that break even at both ends of a lever, so that the same "
        "draws are compared. What it costs to pull a lever is left out."
    )
