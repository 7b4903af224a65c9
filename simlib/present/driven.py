"""What drives one answer, as the command line says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from simlib.decide.choices import Worth
from simlib.decide.compare import drivers as ranked_drivers
from simlib.decide.compare import same_targets
from simlib.decide.indices import scenario_indices
from simlib.present import names, summary, values, words
from simlib.present.findings import ENOUGH, findings, worth_knowing
from simlib.scenario.faults import nearest
from simlib.simulation.outcome import Outcome

SHOWN = 15  # rows of a table
SIDES = {"evppi": "licensor", "evppi_licensee": "licensee"}


def drivers(outcome: Outcome, target: str | None) -> list[dict[str, Any]]:
    """Return the inputs of a target, or of each that the scenario is about, the most influential first.

    Raises ValueError for a target that is not there or missing in some draws, and for too few draws.
    """
    if outcome.draws < ENOUGH:
        raise ValueError(f"drivers need {ENOUGH} draws or more; found {outcome.draws}")
    return summary.drivers(outcome, len(outcome.inputs), _ranked(outcome, target))


def with_indices(
    outcome: Outcome, rows: list[dict[str, Any]], points: int, progress: Callable[[int], None] | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return drivers with first-order and total indices from `points`, or as they are and why indices are refused."""
    wanted = list(dict.fromkeys(row["target"] for row in rows))
    measure = same_targets(outcome)

    def measured(again: Outcome) -> dict[str, np.ndarray]:
        known = measure(again)
        return {name: known[name] if name in known else again[name] for name in wanted}

    try:
        found = scenario_indices(outcome.scenario, measured, points, progress)
    except ValueError as error:
        return rows, str(error)
    ranked = {target: [row for row in rows if row["target"] == target] for target in wanted}
    for target, own in ranked.items():
        own.sort(key=lambda row, target=target: -found[target][row["input"]].total)
    return summary.drivers(outcome, len(outcome.inputs), ranked, found), None


def table(outcome: Outcome, rows: list[dict[str, Any]]) -> str:
    """Return drivers as lines of text, a table for each target, the most influential first."""
    told = []
    for target in dict.fromkeys(row["target"] for row in rows):
        own = [row for row in rows if row["target"] == target]
        shown = {name: head for name, head in _heads(outcome).items() if any(row[name] is not None for row in own)}
        lines = [[_cell(name, row, outcome) for name in shown] for row in own[:SHOWN]]
        more = [f"and {len(own) - SHOWN} more"] if len(own) > SHOWN else []
        told += [target, words.aligned([[*shown.values()], *lines]), *more, ""]
    return "\n".join(told).rstrip()


def _heads(outcome: Outcome) -> dict[str, str]:
    """Return the columns of a table and what stands over them."""
    parties = {key: names.name(worth.party) for key, side in SIDES.items() for worth in _worth(outcome, side)}
    fixed = {"input": "input", "low": "near its P10", "high": "near its P90", "first_order": "alone", "total": "in all"}
    return fixed | {key: f"worth to {party}" for key, party in parties.items()}


def _worth(outcome: Outcome, side: str) -> list[Worth]:
    return [worth for chooser, worth in worth_knowing(outcome).items() if chooser == side]


def _cell(name: str, row: Mapping[str, Any], outcome: Outcome) -> str:
    """Return one number of a table, with its error or its interval."""
    currency = outcome.scenario.currency
    if name == "input":
        return row["input"]
    if name in ("low", "high"):
        output = outcome.outputs.get(row["target"])
        worth = words.amount(row[name], output.unit if output else currency, currency)
        return f"{values.brief(row['at_p10' if name == 'low' else 'at_p90'], row['unit'])}: {worth}"
    if name in SIDES:
        error = row[f"{name}_error"]
        return words.money(row[name], currency, error) if row[name] > 2 * error else words.NOTHING
    if f"{name}_low" in row and row[f"{name}_low"] is not None:
        ends = words.between(row[f"{name}_low"], row[f"{name}_high"], "share", currency)
        return f"{words.percent(row[name])} ({ends})"
    return f"{words.percent(row[name])} ± {words.percent(row['first_order_error'])}"


def _ranked(outcome: Outcome, target: str | None) -> dict[str, list[dict]]:
    """Return every input of a target, or of each that the scenario is about, largest share first."""
    found = findings(outcome)
    if target is None or target in found.drivers:
        return {name: rows for name, rows in found.drivers.items() if target in (None, name)}
    if target not in outcome.outputs:
        allowed = [*found.drivers, *outcome.outputs]
        raise ValueError(f"--target names no output: found {target!r}{nearest(target, allowed)}")
    missing = np.mean(~np.isfinite(outcome[target]))
    if missing:
        raise ValueError(f"{target} is missing in {words.chance(missing)} of draws; choose one that every draw has")
    return {target: ranked_drivers(outcome, outcome[target], len(outcome.inputs))}
