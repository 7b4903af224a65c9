"""The numbers of a simulation as one mapping that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from simlib.decide.choices import Worth
from simlib.decide.compare import PackageValue
from simlib.decide.indices import Index
from simlib.decide.value import describe, probability_of_loss
from simlib.present import names, register
from simlib.present.decision import decision
from simlib.present.findings import findings, worth_knowing
from simlib.simulation.outcome import Outcome, Output

TOLD = ("mean", "sd", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "mc_error")
DRIVERS = 12  # of each target
NO_INDEX = {"total": None, "total_low": None, "total_high": None}


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


def drivers(
    outcome: Outcome,
    most: int,
    ranked: Mapping[str, list[dict]] | None = None,
    indices: Mapping[str, Mapping[str, Index]] | None = None,
) -> list[dict[str, Any]]:
    """Return the inputs that move each target most: swing from P10 to P90, share of variance, their line, their worth.

    `evppi` is what it is worth to the licensor to know the input before it chooses a package, `evppi_licensee` to the
    licensee before it signs at the ask. `ranked` are drivers by target, in place of the findings' own; `total` is None
    but where `indices` are given by target and input, whose first-order share then takes the place of the one read from
    the draws.
    """
    rows, known, worth = [], register.inputs(outcome), worth_knowing(outcome)
    for target, own in (findings(outcome).drivers if ranked is None else ranked).items():
        for row in own[:most]:
            entry = known[row["input"].partition("[")[0]]
            place = {key: entry[key] for key in ("path", "file", "line", "unit")}
            label = names.label(row["input"], outcome.scenario.territories.groups)
            index = (indices or {}).get(target, {}).get(row["input"])
            shares = index._asdict() if index else NO_INDEX
            rows.append({"target": target, "label": label, **row, **shares, **_worth(worth, row["input"]), **place})
    return rows


def _worth(worth: Mapping[str, Worth], name: str) -> dict[str, float | None]:
    """Return what an input is worth to each side to know, with its error; None for a side that chooses nothing."""
    told = {}
    for side, key in (("licensor", "evppi"), ("licensee", "evppi_licensee")):
        found = worth[side].inputs[name] if side in worth else None
        told |= {key: found.value if found else None, f"{key}_error": found.error if found else None}
    return told


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


def _package(value: PackageValue) -> dict[str, Any]:
    named = {}
    for side, appetite in value.appetite.items():
        npv = getattr(value, side) | {"loss": probability_of_loss(getattr(value, f"{side}_npv"))}
        for name, found in vars(appetite).items():
            npv |= {name: found.value if found else None, f"{name}_error": found.error if found else None}
        named[f"{side}_npv"] = npv
    return {"label": value.label, **named, "probability_best": value.probability_best, "regret": value.regret}


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
