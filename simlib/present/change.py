"""What would change the answer: the input that matters most, and the value at which the answer turns."""

from __future__ import annotations

import numpy as np

from simlib.decide.compare import ACCOUNTS, correlated
from simlib.present import names, register, values, words
from simlib.present.findings import Findings, findings
from simlib.simulation.outcome import Outcome

CLASSES = (20, 10, 5)  # of an input's draws, in which the answer may turn; the fewer where noise hides the turn
FEWEST = 40  # draws in a class
PROFIT, IN_PROFIT = ACCOUNTS


def what_would_change(outcome: Outcome) -> str:
    """Return the driver that matters most, and where it turns the answer; else how far it moves the target."""
    found = findings(outcome)
    ranked = found.drivers.get(found.main_target) or []
    if not ranked or not ranked[0]["first_order"]:
        return ""
    top = ranked[0]
    entry = register.inputs(outcome)[top["input"].partition("[")[0]]
    unit, label = entry["unit"], names.label(top["input"], outcome.scenario.territories.groups)
    meaning = entry["meaning"].partition(";")[0]  # what follows is of other cases too
    along = ", with the numbers correlated with it," if top["input"] in correlated(outcome) else ""
    said = f"What would change it: “{label}” ({meaning}){along} explains {words.percent(top['first_order'])}"
    said = f"{said} of the spread in {target_name(outcome, found)}"
    turn = turning_point(outcome, top["input"])
    if turn:
        value, below, opens = turn
        value = words.rounded(value, (top["at_p90"] - top["at_p10"]) / 200)
        side, share = ("above", 1 - below) if opens else ("below", below)
        turned = (
            f"{side} {values.in_unit(value, unit)}, as in {words.chance(share)} of draws, {_turned(outcome, found)}"
        )
        return f"{said}; {turned}."
    low, high = (target_words(outcome, found.main_target, top[end]) for end in ("low", "high"))
    at_low, at_high = (values.in_unit(top[end], unit) for end in ("at_p10", "at_p90"))
    return f"{said}, on average {low} where it is near {at_low} and {high} where it is near {at_high}."


def _turned(outcome: Outcome, found: Findings) -> str:
    if found.agreement:
        return f"{'no' if found.agreement.zone.exists else 'a'} fee suits both on average"
    if not found.packages:
        return f"it is a {'loss' if found.targets[PROFIT].mean() > 0 else 'profit'} on average"
    return f"{found.packages[1].label} is the better choice"


def turning_point(outcome: Outcome, name: str) -> tuple[float, float, bool] | None:
    """Return where an input turns the answer: its value, the share of draws below, whether the answer turns above it.

    The draws are parted into classes by the input; the answer turns where the mean gap between ceiling and floor (between
    the two best packages, where no fee is on the table; the platform's profit, where there are no packages) changes its
    sign. None where it does not, or more than once however few the classes.
    """
    found = findings(outcome)
    if found.agreement:
        ceiling, floor = (
            fee.per_draw * unit / unit.mean()  # their means are ceiling and floor, and differ by the width of the zone
            for fee, unit in (
                (found.agreement.ceiling, outcome["negotiation.licensee_pv_per_fee"]),
                (found.agreement.floor, outcome["negotiation.licensor_pv_per_fee"]),
            )
        )
        gap = ceiling - floor
    elif len(found.packages) > 1:
        gap = found.packages[0].licensor_npv - found.packages[1].licensor_npv
    elif found.main_target == PROFIT:
        gap = found.targets[PROFIT]
    else:
        return None
    drawn = outcome.inputs[name]
    for classes in CLASSES:
        if drawn.size < FEWEST * classes or np.unique(drawn).size < 4 * classes:
            continue
        order = np.array_split(np.argsort(drawn, kind="stable"), classes)
        centres, gaps = np.array([(drawn[part].mean(), gap[part].mean()) for part in order]).T
        turns = np.flatnonzero(np.diff(np.sign(gaps)))
        if turns.size == 1:
            at = slice(turns[0], turns[0] + 2)
            value = float(np.interp(0, *(ends[np.argsort(gaps[at])] for ends in (gaps[at], centres[at]))))
            return value, float(np.mean(drawn < value)), bool((gaps[-1] > 0) != (gap.mean() > 0))
    return None


def target_name(outcome: Outcome, found: Findings, target: str | None = None) -> str:
    """Return what people call a target of drivers."""
    target = target or found.main_target
    if found.agreement:
        return {
            "ceiling": f"what {names.name(found.agreement.licensee)} can pay",
            "floor": f"what {names.name(found.agreement.licensor)} must get",
        }[target]
    if target == "licensor_npv":
        return f"what {found.packages[0].label} is worth"
    if target in ACCOUNTS:
        return "the profit of the last year" if target == PROFIT else "the chance of a profit in the last year"
    kind, _, market = target.partition(".")
    if kind == "paying_ratio":
        return f"the paying share {names.market(market)} at the end"
    if kind == "members":
        return f"how many members {names.name(outcome.scenario.subscribers.platform)} has at the end"
    return outcome.outputs[target].label


def target_words(outcome: Outcome, target: str, value: float) -> str:
    """Return a value of a target in its unit."""
    currency = outcome.scenario.currency
    output = outcome.outputs.get(target)
    return words.amount(value, output.unit if output else currency, currency)
