"""Tidy tables from an outcome: numbers as they are, one row a thing; pages and charts only dress them."""

from __future__ import annotations

import pandas as pd

from simlib.present.decision import decision
from simlib.present.summary import summary
from simlib.present.tables.deal import at_the_ask, densities, negotiation, packages
from simlib.present.tables.drivers import assumptions, drivers, overrides, tornado
from simlib.present.tables.growth import against, fans, flows, half_life, history, moved, outputs
from simlib.present.tables.habits import levers, measures, standing
from simlib.present.tables.ledger import ledger, statement
from simlib.present.tables.money import cash, money, places, regions, territories, waterfall, yearly
from simlib.present.tables.platform import a_year, chances, faster, first_profit, lines, past, paying, pulled, totals
from simlib.present.tables.rights import avails, rights
from simlib.present.tables.risk import knowing, losing, risks
from simlib.present.tables.solved import break_even, curves
from simlib.present.tables.worth import worth
from simlib.simulation.outcome import Outcome

__all__ = [
    "a_year", "against", "all_tables", "assumptions", "at_the_ask", "avails", "break_even", "cash", "chances",
    "curves", "decision", "densities", "drivers", "fans", "faster", "first_profit", "flows", "half_life", "history",
    "knowing", "ledger", "levers", "lines", "losing", "measures", "money", "moved", "negotiation", "outputs",
    "overrides", "packages", "past", "paying", "places", "pulled", "regions", "rights", "risks", "standing", "statement",
    "summary", "territories", "tornado", "totals", "waterfall", "worth", "yearly",
]  # fmt: skip

KEPT = (
    outputs, packages, worth, risks, rights, negotiation, at_the_ask, fans, history, against, money, cash, statement,
    waterfall, faster, chances, paying, pulled, territories, regions, drivers, knowing, losing, assumptions, overrides,
)  # fmt: skip


def all_tables(outcome: Outcome) -> dict[str, pd.DataFrame]:
    """Return the tables that a report keeps as CSV, by name; those without a row are left out."""
    tables = {table.__name__: table(outcome) for table in KEPT}
    return {name: table for name, table in tables.items() if not table.empty}
