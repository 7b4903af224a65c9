"""The ledger of the recommended package: by party and year, and line by line."""

from __future__ import annotations

import pandas as pd

from simlib.present import names
from simlib.present import statement as statements
from simlib.present.findings import findings
from simlib.present.tables.money import TOGETHER, cash
from simlib.present.tables.once import once
from simlib.scenario.deals import AUDIENCE, SUPPLIERS, TAX
from simlib.simulation.outcome import Outcome
from simlib.simulation.statement import Line

MOST_LICENSEES = 4  # told by name
ORDER = {"licensor": 0, "licensee": 1, TAX: 3, AUDIENCE: 4, SUPPLIERS: 5}  # everyone else in between


@once
def ledger(outcome: Outcome) -> pd.DataFrame:
    """Return what each party receives less what it pays by calendar year: party, role, year, cash; years sum to zero.

    Means over the draws; many licensees are one row.
    """
    table = cash(outcome)
    table = table[table.package == findings(outcome).recommended].copy()
    table["party"] = table.party.map(names.name)
    licensees = table.role == "licensee"
    if table[licensees].party.nunique() > MOST_LICENSEES:
        table.loc[licensees, "party"] = TOGETHER
    order = table.role.map(lambda role: ORDER.get(role, 2))
    table = table.iloc[order.argsort(kind="stable")]
    return table.groupby(["party", "role", "year"], as_index=False, sort=False)["cash"].sum()


@once
def statement(outcome: Outcome) -> pd.DataFrame:
    """Return every line of the recommended package's statement of account in the median draw."""
    found = statements.recommended(outcome)
    return statements.rows(found) if found else pd.DataFrame(columns=Line._fields)
