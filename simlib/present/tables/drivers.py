"""What drives the answer, and the register of assumptions, as tidy tables."""

from __future__ import annotations

import pandas as pd

from simlib.present import register, values
from simlib.present.change import target_name
from simlib.present.findings import findings
from simlib.present.summary import drivers as ranked
from simlib.present.tables.once import once
from simlib.simulation.outcome import Outcome

SHOWN = 8  # bars of a tornado


@once
def drivers(outcome: Outcome, most: int | None = None) -> pd.DataFrame:
    """Return for each target its inputs (or the `most` influential), the target's mean at both ends, share of variance."""
    rows = ranked(outcome, len(outcome.inputs) if most is None else most)
    columns = [
        "target",
        "label",
        "input",
        "at_p10",
        "at_p90",
        "low",
        "high",
        "swing",
        "error",
        "first_order",
        "first_order_error",
    ]
    return pd.DataFrame(rows, columns=[*columns, "total", "evppi", "evppi_licensee", "unit", "path", "file", "line"])


@once
def tornado(outcome: Outcome) -> pd.DataFrame:
    """Return the widest bars of each target that stand out of the Monte Carlo error, with names and ends in words."""
    found = findings(outcome)
    table = drivers(outcome, 2 * SHOWN)
    if table.empty:
        return table
    table = table[table.swing.abs() > 3 * table.error].copy()
    table["width"], table["rank"] = table.swing.abs(), table.target.map(list(found.targets).index)
    table = table.sort_values(["rank", "width"], ascending=[True, False], kind="stable").groupby("rank").head(SHOWN)
    for end in ("at_p10", "at_p90"):
        table[f"{end}_words"] = [values.brief(value, unit) for value, unit in zip(table[end], table.unit, strict=True)]
    table["target_name"] = [target_name(outcome, found, target) for target in table.target]
    table["mean"] = [float(found.targets[target].mean()) for target in table.target]
    known = outcome.outputs
    table["target_unit"] = [known[t].unit if t in known else outcome.scenario.currency for t in table.target]
    return table.reset_index(drop=True)


def assumptions(outcome: Outcome) -> pd.DataFrame:
    """Return the register: every number of the scenario with its place, its source or "guess", and its share of variance."""
    columns = [
        "label",
        "meaning",
        "value",
        "p10",
        "p90",
        "unit",
        "source",
        "note",
        "file",
        "line",
        "share",
        "error",
        "path",
        "input",
    ]
    return pd.DataFrame(list(register.assumptions(outcome)), columns=columns)


def overrides(outcome: Outcome) -> pd.DataFrame:
    """Return what was set from outside the file: path, old, new."""
    return pd.DataFrame(outcome.scenario.origin.overrides, columns=["path", "old", "new"])
