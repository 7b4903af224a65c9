"""The numbers of a simulation as one mapping that JSON can hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simlib.decide.value import describe, probability_of_loss
from simlib.present import names, register
from simlib.present.decision import decision
from simlib.present.findings import findings
from simlib.simulation.outcome import Outcome, Output

TOLD = ("mean", "sd", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "mc_error")
DRIVERS = 12  # of each target


def summary(outcome: Outcome) -> dict[str, Any]:
    """Return what `summary.json` holds; a number that does not exist is None."""
    scenario, found = outcome.scenario, findings(outcome)
    return jsonable(
        {
            "scenario": scenario.name,
            "file": scenario.origin.file,
            "seed": outcome.seed,
            "draws": outcome.draws,
            "currency": scenario.currency,
            "decision": decision(outcome),
            "recommended": found.recommended,
            "outputs": {name: told(output) for name, output in outcome.outputs.items()},
            "packages": {value.name: _package(value) for value in found.packages},
            "negotiation": _negotiation(outcome),
            "drivers": drivers(outcome, DRIVERS),
            "assumptions": register.assumptions(outcome),
            "overrides": [override._asdict() for override in scenario.origin.overrides],
        }
    )


def told(output: Output) -> dict[str, Any]:
    """Return mean, spread and Monte Carlo error of an output's finite draws, and the share of those that are missing.

    >>> told(Output(np.array([1.0, np.nan, 3.0, 5.0]), "years", "payback"))["missing"]
    0.25
    """
    finite = output.values[np.isfinite(output.values)]
    numbers = describe(finite) if finite.size else dict.fromkeys(TOLD, math.nan)
    missing = 1 - finite.size / output.values.size
    return {**numbers, "unit": output.unit, "label": output.label} | ({"missing": missing} if missing else {})


def drivers(outcome: Outcome, most: int) -> list[dict[str, Any]]:
    """Return the inputs that move each target most: swing from P10 to P90, share of variance, and their line."""
    rows, known = [], register.inputs(outcome)
    for target, ranked in findings(outcome).drivers.items():
        for row in ranked[:most]:
            entry = known[row["input"].partition("[")[0]]
            place = {key: entry[key] for key in ("path", "file", "line", "unit")}
            label = names.label(row["input"], outcome.scenario.territories.groups)
            rows.append({"target": target, "label": label, **row, **place})
    return rows


def jsonable(value: Any) -> Any:
    """Return a value as JSON knows it: NaN and infinity are None.

    >>> jsonable({"irr": np.nan, "npv": np.float64(2), "best": (True,)})
    {'irr': None, 'npv': 2.0, 'best': [True]}
    """
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _package(value: Any) -> dict[str, Any]:
    sides = {
        side: getattr(value, side) | {"loss": probability_of_loss(getattr(value, f"{side}_npv"))}
        for side in ("licensor", "licensee")
    }
    named = {f"{side}_npv": numbers for side, numbers in sides.items()}
    return {"label": value.label, **named, "probability_best": value.probability_best}


def _negotiation(outcome: Outcome) -> dict[str, Any] | None:
    found = findings(outcome).agreement
    if found is None:
        return None
    parties = {name: getattr(found, name) for name in ("package", "alternative", "licensor", "licensee")}
    return {
        **vars(found.zone),
        **parties,
        "beats_alternative": found.beats_alternative,
        "assumed_fee": describe(found.assumed_fee),
    }
