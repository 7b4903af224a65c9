"""What each side chooses among, what it would be worth to know more before choosing, and when the choice goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simlib.decide.compare import Agreement
from simlib.decide.discovery import Box, readable
from simlib.decide.information import evpi, evppi
from simlib.decide.risk import Estimate
from simlib.simulation.outcome import Outcome

RARE = 0.05  # share of draws: where losses are rarer, the worst draws are looked at instead
WORST = 0.1  # share of draws that are the worst


@dataclass(frozen=True, eq=False)
class Worth:
    """What it is worth to a party to know everything before it chooses, and to know each input."""

    party: str
    everything: Estimate
    inputs: dict[str, Estimate]


@dataclass(frozen=True, eq=False)
class Losing:
    """The box of the draws in which a package goes wrong for one side: those that lose, or the worst tenth.

    `share` is how many draws go wrong.
    """

    package: str
    side: str
    at_ask: bool
    loses: bool
    share: float
    box: Box


def at_fee(outcome: Outcome, fee: float) -> dict[str, np.ndarray]:
    """Return each side's NPV of the package on the table at a fee, (draw,)."""
    return {
        side: outcome[f"negotiation.{side}_npv_without_fee"] + sign * fee * outcome[f"negotiation.{side}_pv_per_fee"]
        for side, sign in (("licensor", 1), ("licensee", -1))
    }


def options(outcome: Outcome, found: Agreement | None) -> dict[str, np.ndarray]:
    """Return what each side chooses among, (option, draw), the last to sign nothing.

    The licensor chooses among the packages at the terms assumed; the licensee, where a fee suits both, whether to sign at
    the ask.
    """
    sides = {}
    if outcome.scenario.packages:
        own = [outcome[f"packages.{name}.licensor_npv"] for name in outcome.scenario.packages]
        sides["licensor"] = np.array([*own, np.zeros(outcome.draws)])
    if found and found.zone.exists:
        sides["licensee"] = np.array([at_fee(outcome, found.zone.nash_fee)["licensee"], np.zeros(outcome.draws)])
    return sides


def worth_knowing(outcome: Outcome, found: Agreement | None) -> dict[str, Worth]:
    """Return what it is worth to each side that chooses to know more beforehand."""
    scenario, worth = outcome.scenario, {}
    for side, rows in options(outcome, found).items():
        deal = scenario.deals[next(iter(scenario.packages.values())).deals[0]]
        party = found.licensee if side == "licensee" else deal.licensor
        worth[side] = Worth(party, evpi(rows), evppi(outcome.inputs, rows))
    return worth


def losing(outcome: Outcome, package: str, found: Agreement | None) -> Losing | None:
    """Return when a package goes wrong for the side that loses on it more often, or else has the wider spread.

    A package on the table is looked at at the ask, another at the terms assumed. Where hardly any draw loses, the worst
    tenth is looked at. None where nothing is uncertain.
    """
    at_ask = bool(found and found.zone.exists and found.package == package)
    if at_ask:
        sides = at_fee(outcome, found.zone.nash_fee)
    else:
        sides = {side: outcome[f"packages.{package}.{side}_npv"] for side in ("licensor", "licensee")}
    side = max(sides, key=lambda side: (np.mean(sides[side] < 0), sides[side].std()))
    npv = sides[side]
    loses = bool(np.mean(npv < 0) >= RARE)
    wrong = npv < 0 if loses else npv <= np.quantile(npv, WORST)
    if not outcome.inputs or npv.min() == npv.max():
        return None
    box = readable(outcome.inputs, wrong)
    return Losing(package, side, at_ask, loses, float(wrong.mean()), box)
