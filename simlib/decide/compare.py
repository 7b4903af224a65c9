"""Packages side by side on the same draws, the zone of agreement, and what drives both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from simlib.decide.appetite import Appetite, appetites
from simlib.decide.negotiate import ReservationFee, Zone, ceiling_fee, floor_fee, zone
from simlib.decide.risk import regret
from simlib.decide.sensitivity import first_order, tornado
from simlib.decide.value import describe, probability_of_loss
from simlib.simulation.outcome import Outcome

ACCOUNTS = ("platform.profit_last_year", "platform.in_profit")


@dataclass(frozen=True)
class PackageValue:
    """What a package is worth to both sides: draws, their description, and how often it is the licensor's best.

    `regret` is what the best choice of each draw, signing nothing among them, would have brought the licensor more.
    """

    name: str
    label: str
    licensor_npv: np.ndarray
    licensee_npv: np.ndarray
    licensor: dict[str, float]
    licensee: dict[str, float]
    licensor_loss: float
    licensee_loss: float
    probability_best: float
    regret: float
    appetite: Mapping[str, Appetite]  # by side: certainty equivalent and mean of the worst draws


@dataclass(frozen=True)
class Agreement:
    """The fee on the table: its zone, each side's reservation fee, and what the licensor could sign instead."""

    zone: Zone
    floor: ReservationFee
    ceiling: ReservationFee
    assumed_fee: np.ndarray
    package: str
    alternative: str | None  # the package, among the others, worth most to the licensor; None: to sign nothing
    licensor: str
    licensee: str
    beats_alternative: float  # share of draws in which the package at the Nash fee is worth more to the licensor


def packages(outcome: Outcome) -> tuple[PackageValue, ...]:
    """Return the packages, the best for the licensor on average first."""
    names = list(outcome.scenario.packages)
    licensor = {name: outcome[f"packages.{name}.licensor_npv"] for name in names}
    best = np.max([licensor[name] for name in names], axis=0) if names else None
    wins = {name: licensor[name] == best for name in names}
    equals = sum(wins.values())  # packages that share first place in a draw
    regrets = dict(zip(names, regret([*licensor.values(), np.zeros(outcome.draws)]), strict=False))
    values = [
        _package(outcome, name, licensor[name], float(np.mean(wins[name] / equals)), float(regrets[name]))
        for name in names
    ]
    return tuple(sorted(values, key=lambda value: -value.licensor["mean"]))


def _package(
    outcome: Outcome, name: str, licensor: np.ndarray, probability_best: float, regretted: float
) -> PackageValue:
    licensee = outcome[f"packages.{name}.licensee_npv"]
    return PackageValue(
        name=name,
        label=outcome.scenario.packages[name].label,
        licensor_npv=licensor,
        licensee_npv=licensee,
        licensor=describe(licensor),
        licensee=describe(licensee),
        licensor_loss=probability_of_loss(licensor),
        licensee_loss=probability_of_loss(licensee),
        probability_best=probability_best,
        regret=regretted,
        appetite=appetites(outcome, name),
    )


def agreement(outcome: Outcome) -> Agreement | None:
    """Return the zone of agreement of the fee on the table; None where the scenario negotiates nothing.

    The licensor's floor is set by the package, among those without the deal, that is worth most to it on average, or by
    signing nothing where none of them is worth anything. The licensee's ceiling counts what that package would bring it.
    """
    wanted = outcome.scenario.negotiation
    if wanted is None:
        return None
    without = [value for value in packages(outcome) if wanted.deal not in outcome.scenario.packages[value.name].deals]
    others = [value for value in without if value.licensor["mean"] > 0]
    alternative = others[0].name if others else None
    own, per_fee = outcome["negotiation.licensor_npv_without_fee"], outcome["negotiation.licensor_pv_per_fee"]
    floor, ceiling = _floor(outcome, alternative), _ceiling(outcome, alternative)
    power = float(np.mean(outcome["negotiation.bargaining_power"]))
    found = zone(floor, ceiling, power)
    deal = outcome.scenario.deals[wanted.deal]
    return Agreement(
        zone=found,
        floor=floor,
        ceiling=ceiling,
        assumed_fee=outcome["negotiation.fee"],
        package=wanted.package,
        alternative=alternative,
        licensor=deal.licensor,
        licensee=deal.licensee,
        beats_alternative=float(np.mean(own + found.nash_fee * per_fee > _instead(outcome, alternative)))
        if found.exists
        else np.nan,
    )


def _instead(outcome: Outcome, alternative: str | None) -> np.ndarray:
    return outcome[f"packages.{alternative}.licensor_npv"] if alternative else np.zeros(outcome.draws)


def _floor(outcome: Outcome, alternative: str | None) -> ReservationFee:
    own, per_fee = outcome["negotiation.licensor_npv_without_fee"], outcome["negotiation.licensor_pv_per_fee"]
    return floor_fee(_instead(outcome, alternative), own, per_fee)


def _ceiling(outcome: Outcome, alternative: str | None) -> ReservationFee:
    gain = outcome["negotiation.licensee_npv_without_fee"] - _theirs(outcome, alternative)
    return ceiling_fee(gain, outcome["negotiation.licensee_pv_per_fee"])


def _theirs(outcome: Outcome, alternative: str | None) -> np.ndarray | float:
    """Return what the licensee would have of the alternative, in which it may have other deals."""
    scenario = outcome.scenario
    if alternative is None:
        return 0.0
    party = scenario.deals[scenario.negotiation.deal].licensee
    licensees = {scenario.deals[name].licensee for name in scenario.packages[alternative].deals}
    if licensees == {party}:
        return outcome[f"packages.{alternative}.licensee_npv"]
    name = f"packages.{alternative}.npv.{party}"
    return outcome[name] if name in outcome.outputs else 0.0


def targets(outcome: Outcome) -> dict[str, np.ndarray]:
    """Return what drivers are sought for: both reservation fees where a fee is on the table, else the best package's NPV.

    Without packages it is the platform's profit of the last year and whether there is one, or its members.

    The fee itself moves neither floor nor ceiling, so that it cannot pass for a driver of what the licence is worth.
    """
    return same_targets(outcome)(outcome)


def same_targets(base: Outcome) -> Callable[[Outcome], dict[str, np.ndarray]]:
    """Return what takes the same targets from other draws: the alternative, or the best package, being that of `base`."""
    if base.scenario.negotiation:
        alternative = agreement(base).alternative
        return lambda outcome: {
            "ceiling": _ceiling(outcome, alternative).per_draw,
            "floor": _floor(outcome, alternative).per_draw,
        }
    if base.scenario.packages:
        best = packages(base)[0].name
        return lambda outcome: {"licensor_npv": outcome[f"packages.{best}.licensor_npv"]}
    sought = ACCOUNTS if base.scenario.platform and base.scenario.platform.accounts else ("members",)
    return lambda outcome: {name: outcome[name] for name in sought if name in outcome.outputs}


def correlated(outcome: Outcome) -> set[str]:
    """Return the inputs that a scenario correlates with others: what goes with one of them is not its own doing alone."""
    return {name for *pair, _ in outcome.scenario.correlations for name in pair}


def drivers(outcome: Outcome, target: np.ndarray, most: int = 12) -> list[dict]:
    """Return the inputs that explain most of a target: swing from P10 to P90, and share of variance, largest share first."""
    shares = {row["input"]: row for row in first_order(outcome.inputs, target)}
    swings = {row["input"]: row for row in tornado(outcome.inputs, target)}
    ranked = sorted(shares, key=lambda name: (-shares[name]["first_order"], -abs(swings[name]["swing"])))
    return [
        {**swings[name], "first_order": shares[name]["first_order"], "first_order_error": shares[name]["error"]}
        for name in ranked[:most]
    ]
