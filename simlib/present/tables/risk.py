"""What uncertainty costs, what is worth finding out, and when it goes wrong, as tidy tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from simlib.decide.appetite import tail
from simlib.present import names, register, values
from simlib.present.findings import findings, going_wrong, party_of, worth_knowing
from simlib.present.tables.once import once
from simlib.simulation.outcome import Outcome

POINTS = ("p05", "p50", "p95")


@once
def risks(outcome: Outcome) -> pd.DataFrame:
    """Return each package's risk to the licensor and to its licensees, one row each; money in the scenario's currency.

    `certainty_equivalent`, `cvar` and their errors are NaN where the scenario does not say how much a party minds risk,
    `worst_share` is the share of draws that `cvar` averages; the licensor alone chooses among packages, and regrets.
    """
    rows = []
    for value in findings(outcome).packages:
        licensor, licensees = party_of(outcome, value.name)
        for side, party in (("licensor", licensor), ("licensee", ", ".join(licensees))):
            row = {"package": value.name, "label": value.label, "side": side, "party": party}
            row |= {point: getattr(value, side)[point] for point in POINTS}
            for name, found in vars(value.appetite[side]).items():
                row |= {name: found.value, f"{name}_error": found.error} if found else {name: math.nan}
            rows.append(row | {"regret": value.regret if side == "licensor" else math.nan})
    columns = ["package", "label", "side", "party", *POINTS, "certainty_equivalent", "certainty_equivalent_error"]
    return pd.DataFrame(rows, columns=[*columns, "cvar", "cvar_error", "regret"]).assign(worst_share=tail(outcome))


@once
def knowing(outcome: Outcome) -> pd.DataFrame:
    """Return what it is worth to each side that chooses to know an input beforehand, what is worth most first.

    `most` is what knowing everything is worth; inputs whose worth does not stand out of its error are kept with it.
    """
    rows, known = [], register.inputs(outcome)
    for side, worth in worth_knowing(outcome).items():
        for name, found in worth.inputs.items():
            place = {key: known[name.partition("[")[0]][key] for key in ("file", "line")}
            label = names.label(name, outcome.scenario.territories.groups)
            row = {"side": side, "party": worth.party, "label": label, "input": name, "worth": found.value}
            rows.append(row | {"error": found.error, "most": worth.everything.value, **place})
    columns = ["side", "party", "label", "input", "worth", "error", "most", "file", "line"]
    return pd.DataFrame(rows, columns=columns).sort_values("worth", ascending=False, kind="stable", ignore_index=True)


@once
def losing(outcome: Outcome) -> pd.DataFrame:
    """Return the box in which the package to sign goes wrong: one row for each input that it restricts.

    `low` and `high` are its ends, infinite where nothing cuts, `from_share` and `to_share` the share of the input's draws
    below them; `coverage` is the share of the draws that go wrong inside, `density` how many inside go wrong, `share` how
    many of all do.
    """
    found, rows = going_wrong(outcome), []
    for name, (low, high) in found.box.ranges.items() if found else ():
        drawn, unit = outcome.inputs[name], register.inputs(outcome)[name.partition("[")[0]]["unit"]
        row = {"label": names.label(name, outcome.scenario.territories.groups), "input": name, "low": low, "high": high}
        row |= {"from_share": float(np.mean(drawn < low)), "to_share": float(np.mean(drawn <= high))}
        row |= {"said": within(low, high, unit), "coverage": found.box.coverage, "density": found.box.density}
        rows.append(row | {"share": found.share, "quasi_p": found.box.quasi_p[name], "loses": found.loses})
    columns = ["label", "input", "low", "high", "from_share", "to_share", "said", "coverage", "density", "share"]
    return pd.DataFrame(rows, columns=[*columns, "quasi_p", "loses"])


def within(low: float, high: float, unit: str) -> str:
    """Return a range in words, of which one end may be open.

    >>> within(-math.inf, 60_000, "USD per episode"), within(0.04, math.inf, "share a month"), within(2, 3, "months")
    ('at most USD\u202f60\u202fthousand per episode', 'at least 4\u202f% a month', 'from 2 to 3 months')
    """
    if math.isinf(low):
        return f"at most {values.in_unit(high, unit)}"
    return f"at least {values.in_unit(low, unit)}" if math.isinf(high) else f"from {values.between(low, high, unit)}"
