"""What packages are worth to parties that mind risk, as far as the scenario says how much they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simlib.decide.risk import Estimate, certainty_equivalent, cvar
from simlib.scenario.quantity import span
from simlib.simulation.outcome import Outcome


@dataclass(frozen=True)
class Appetite:
    """What one side's NPV of a package is worth to it, and its mean in the worst draws; None where nothing says how."""

    certainty_equivalent: Estimate | None
    cvar: Estimate | None


def tail(outcome: Outcome) -> float | None:
    """Return the share of draws that counts as the worst; None where the scenario does not say."""
    section = outcome.scenario.risk
    return span(section.tail)[0] if section and section.tail is not None else None


def tolerance(outcome: Outcome, party: str) -> float | None:
    """Return a party's risk tolerance in the scenario's currency; None where the scenario does not say."""
    given = outcome.scenario.risk.tolerance if outcome.scenario.risk else {}
    amount = given.get(party, given.get("default"))
    return None if amount is None else span(amount)[0]


def appetites(outcome: Outcome, package: str) -> dict[str, Appetite]:
    """Return what a package is worth to its `licensor` and its `licensee` side.

    Licensees bear their risks each alone, so that what the package is worth to them is the sum of what it is worth to
    each; its error, the sum of theirs, is an upper bound.
    """
    worst, found = tail(outcome), {}
    for side, npvs in _parties(outcome, package).items():
        tolerances = {party: tolerance(outcome, party) for party in npvs}
        sure = None
        if None not in tolerances.values():
            each = [certainty_equivalent(npv, tolerances[party]) for party, npv in npvs.items()]
            sure = _together(each)
        low = None if worst is None else _together([cvar(npv, worst) for npv in npvs.values()])
        found[side] = Appetite(sure, low)
    return found


def _together(each: list[Estimate]) -> Estimate:
    """Return the sum of what several parties bear, each alone."""
    return Estimate(sum(one.value for one in each), sum(one.error for one in each))


def _parties(outcome: Outcome, package: str) -> dict[str, dict[str, np.ndarray]]:
    """Return what a package is worth to each party of either side, (draw,)."""
    deals = [outcome.scenario.deals[name] for name in outcome.scenario.packages[package].deals]
    licensees, path = dict.fromkeys(deal.licensee for deal in deals), f"packages.{package}"
    several = len(licensees) > 1
    theirs = {party: outcome[f"{path}.npv.{party}" if several else f"{path}.licensee_npv"] for party in licensees}
    return {"licensor": {deals[0].licensor: outcome[f"{path}.licensor_npv"]}, "licensee": theirs}
