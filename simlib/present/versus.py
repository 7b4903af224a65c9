"""Two scenarios side by side in sentences: what was changed, what to sign in each, how their results differ."""

from __future__ import annotations

import math
from shlex import quote
from typing import Any

import numpy as np

from simlib.decide.difference import Comparison, Difference
from simlib.present import names, words
from simlib.present.decision import label_of
from simlib.present.findings import Findings, findings
from simlib.present.solved import result_name
from simlib.present.summary import jsonable
from simlib.scenario.changes import Change
from simlib.simulation.outcome import Outcome

LINES = 20  # of results; all are in the JSON
WORTH = 1.5  # times the draws: what is less is not said
NO_DIFFERENCE = "No result differs by more than its Monte Carlo error."
CLEAR = 2.0  # Monte Carlo errors: a difference below is not told from none


def labels(comparison: Comparison) -> tuple[str, str]:
    """Return what the two are called: their names, or before and after where they have the same."""
    one, other = (outcome.scenario.name for outcome in (comparison.one, comparison.other))
    return (one, other) if one != other else ("Before", "After")


def package_label(comparison: Comparison, index: int) -> str:
    """Return what people call the package to sign in the first (0) or the second (1)."""
    outcome = (comparison.one, comparison.other)[index]
    return label_of(outcome, findings(outcome).recommended)


def inputs(comparison: Comparison) -> list[Change]:
    """Return the changes that may move a number; how it is drawn is the same for both."""
    return [change for change in comparison.changes if not change.tells and not change.path.startswith("simulation")]


def clear(comparison: Comparison) -> list[Difference]:
    """Return the differences that stand out of their Monte Carlo error and have a name, the clearest first.

    What the fee on the table is made of goes without, and so does a deal that repeats its package in every number.
    """
    named = [found for found in comparison.differences if not found.name.startswith("negotiation.")]
    ranked = sorted(named, key=lambda found: (-found.stands_out, not found.name.startswith("packages.")))
    distinct: dict[tuple, Difference] = {}
    for found in ranked:
        if found.stands_out > CLEAR:
            distinct.setdefault((found.unit, found.one, found.other, found.error), found)
    return list(distinct.values())


def verdict(comparison: Comparison) -> list[str]:
    """Return what changed and what it does to the decision, a sentence each."""
    called = quoted(comparison)
    said = [recommended(comparison, called), _asked(comparison), _moved(comparison), _counted(comparison)]
    said += caveats(comparison, called)
    return [sentence for sentence in said if sentence]


def quoted(comparison: Comparison) -> tuple[str, str]:
    """Return what the two are called in a sentence where nothing better is known than their names."""
    one, other = labels(comparison)
    return f"“{one}”", f"“{other}”"


def caveats(comparison: Comparison, called: tuple[str, str]) -> list[str]:
    """Return what cannot be compared, or only with care, in sentences that call the two by some words."""
    one, other = (outcome.scenario for outcome in (comparison.one, comparison.other))
    said = []
    if one.currency != other.currency:
        currencies = f"one is in {one.currency}, the other in {other.currency}"
        said.append(f"Results in money are not compared: {currencies}.")
    if one.horizon != other.horizon:
        spans = (f"{s.horizon.periods} {s.horizon.step}s from {words.month(s.horizon.start)}" for s in (one, other))
        said.append(f"Their horizons differ ({' and '.join(spans)}): present values are as of each one's own start.")
    for name, missing in zip(called, (comparison.only_one, comparison.only_other), strict=True):
        if missing:
            said.append(f"{_plural(len(missing), 'result')} of {name} the other does not have.")
    return said


def result(comparison: Comparison, found: Difference) -> str:
    """Return what people call a result."""
    name = result_name(comparison.other.scenario, found.name)
    return name[0].upper() + name[1:]


def short(comparison: Comparison, found: Difference) -> str:
    """Return what people call a present value where there is little room: who has it, and from what."""
    party, _, source = result(comparison, found).partition("’s NPV from ")
    if not source:
        party, _, source = result(comparison, found).partition("’ NPV from ")
    return f"{party}: {source.removeprefix('the deal ').strip('“”')}"


def _counted(comparison: Comparison) -> str:
    changed, notes = inputs(comparison), sum(change.tells for change in comparison.changes)
    words_too = f" (and {_plural(notes, 'name or note', 'names and notes')})" if notes else ""
    if not changed:
        return f"No input differs{words_too}."
    one, other = labels(comparison)
    said = f"{_plural(len(changed), 'input')} {'differs' if len(changed) == 1 else 'differ'}"
    draws = f"both are simulated on the same {comparison.one.draws:,} draws"
    return f"{said} between “{one}” and “{other}”{words_too}; {draws}."


def recommended(comparison: Comparison, called: tuple[str, str]) -> str:
    """Return what to sign in each, in a sentence that calls the two by some words."""
    both = [findings(outcome) for outcome in (comparison.one, comparison.other)]
    if None in [found.recommended for found in both]:
        return ""
    signed = [
        "sign none of the packages"
        if found.signs_nothing
        else f"sign “{package_label(comparison, index)}”{_not_at_any_fee(found)}"
        for index, found in enumerate(both)
    ]
    if signed[0] == signed[1]:
        return f"In both: {signed[0]}."
    one, other = called
    return f"{one[0].upper()}{one[1:]} says: {signed[0]}; {other} says: {signed[1]}."


def _not_at_any_fee(found: Findings) -> str:
    """Return a warning where the fee that is assumed lies outside the zone of agreement; else nothing."""
    if found.agreement is None or not found.agreement.zone.exists:
        return ""
    zone, assumed = found.agreement.zone, found.agreement.assumed_fee.mean()
    if assumed > zone.ceiling:
        return f", but not at the fee assumed, which is more than {names.name(found.agreement.licensee)} can pay"
    if assumed < zone.floor:
        return f", but not at the fee assumed, which is less than {names.name(found.agreement.licensor)} needs"
    return ""


def _asked(comparison: Comparison) -> str:
    """Return the ask and the zone of each, where a fee is on the table in both."""
    asks = []
    for label, outcome in zip(labels(comparison), (comparison.one, comparison.other), strict=True):
        found, currency = findings(outcome).agreement, outcome.scenario.currency
        if found is None:
            return ""
        ends = words.span(found.zone.floor, found.zone.ceiling, currency)
        ask = words.money(found.zone.nash_fee, currency)
        asks.append(f"{ask} in “{label}” (both gain from {ends})" if found.zone.exists else f"none in “{label}”")
    return f"The fee to ask for is {words.listed(asks)}."


def _moved(comparison: Comparison) -> str:
    """Return the clearest difference with what common draws are worth, or that there is none."""
    found = clearest(comparison)
    return sentence(comparison, found) if found else NO_DIFFERENCE


def clearest(comparison: Comparison) -> Difference | None:
    """Return how the package to sign differs for the licensor, for the licensees, or what differs most clearly."""
    best, known = findings(comparison.other).recommended, {found.name: found for found in comparison.differences}
    wanted = [known.get(f"packages.{best}.{side}_npv") for side in ("licensor", "licensee")]
    in_turn = [found for found in (*wanted, *comparison.differences) if found]
    return next((found for found in in_turn if found.stands_out > CLEAR), None)


def sentence(comparison: Comparison, found: Difference) -> str:
    """Return how a result differs, how sure that is, and what common draws are worth."""
    return f"{apart(comparison, found)}{_worth(found)}."


def apart(comparison: Comparison, found: Difference) -> str:
    """Return by how much a result differs, and how sure that is, without a full stop."""
    name, currency = result(comparison, found), comparison.other.scenario.currency
    if found.mean == found.error == 0:
        return f"{name}: the same in every draw"
    size = words.amount(abs(found.mean), words.apart(found.unit), currency, found.error / 10)
    way = "higher" if found.mean > 0 else "lower"
    sure = (
        f"±{words.GAP}{words.amount(found.error, words.apart(found.unit), currency)}"
        if found.error
        else "in every draw alike"
    )
    spread = f"P10 to P90 of the difference {words.between(found.p10, found.p90, words.apart(found.unit), currency)}"
    return f"{name}: {size} {way} on average ({sure}; {spread}), higher in {words.chance(found.higher)} of draws"


def _worth(found: Difference) -> str:
    """Return what common draws save, where it is worth a word."""
    if not WORTH < found.worth < math.inf:
        return ""
    return f"; without common draws the same error takes {words.count(found.worth, digits=2)} times the draws"


def lines(comparison: Comparison) -> list[str]:
    """Return a comparison in lines: changed inputs first, then the decision, then what differs, the clearest first."""
    listed = []
    for change in inputs(comparison):
        sides = ((change.old, change.old_place), (change.new, change.new_place))
        listed.append(
            f"{change.path}: {' → '.join(f'{text} ({place})' if place else 'not there' for text, place in sides)}"
        )
    listed += ["", *verdict(comparison), ""]
    currency = comparison.other.scenario.currency
    for found in clear(comparison)[:LINES]:
        means = " → ".join(words.amount(value, found.unit, currency) for value in (found.one, found.other))
        moved, error = (words.amount(value, words.apart(found.unit), currency) for value in (found.mean, found.error))
        listed.append(f"{found.name}: {means}, difference {moved} ± {error}, higher in {words.chance(found.higher)}")
    return listed


def jsonable_of(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as one mapping, changed inputs first."""
    one, other = comparison.one, comparison.other
    return jsonable(
        {
            "scenarios": [outcome.scenario.name for outcome in (one, other)],
            "files": [outcome.scenario.origin.file for outcome in (one, other)],
            "currencies": [outcome.scenario.currency for outcome in (one, other)],
            "draws": one.draws,
            "seed": one.seed,
            "changes": [change._asdict() for change in comparison.changes],
            "decision": verdict(comparison),
            "signed": [findings(outcome).recommended for outcome in (one, other)],
            "zones": [_zone(outcome) for outcome in (one, other)],
            "differences": [vars(found) | {"stands_out": found.stands_out} for found in comparison.differences],
            "only_one": comparison.only_one,
            "only_other": comparison.only_other,
        }
    )


def _zone(outcome: Outcome) -> dict[str, Any] | None:
    found = findings(outcome).agreement
    return vars(found.zone) | {"package": found.package} if found else None


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def command(comparison: Comparison) -> str:
    """Return the command that compares the two again."""
    one, other = (outcome.scenario.origin for outcome in (comparison.one, comparison.other))
    words_ = [quote(file) for file in dict.fromkeys((one.file, other.file))]
    for override in other.overrides:
        section, _, key = override.path.partition(".")
        given = f"--{key} {override.new}" if section == "simulation" else None
        words_.append(given or f"--set {quote(f'{override.path}={override.new}')}")
    return f"simlib compare {' '.join(words_)}"


def zones_seen(comparison: Comparison) -> str:
    """Say which way floor and ceiling move."""
    found = [findings(outcome).agreement for outcome in (comparison.one, comparison.other)]
    if None in found:
        return ""
    currency, moves = comparison.other.scenario.currency, []
    for side in ("floor", "ceiling"):
        before, after = (getattr(one.zone, side) for one in found)
        moves.append(f"the {side} goes from {words.money(before, currency)} to {words.money(after, currency)}")
    said = words.listed(moves)
    return f"{said[0].upper()}{said[1:]}; bars run from floor to ceiling, the gap in them is the fee to ask for."


def hills_seen(comparison: Comparison) -> str:
    """Say how the package to sign is spread in each."""
    spreads = []
    for index, (label, outcome) in enumerate(zip(labels(comparison), (comparison.one, comparison.other), strict=True)):
        best = findings(outcome).recommended
        if best is None:
            return ""
        low, high = np.quantile(outcome[f"packages.{best}.licensor_npv"], (0.1, 0.9))
        ends = words.span(low, high, outcome.scenario.currency)
        spreads.append(f"“{label}”: {package_label(comparison, index)}, P10 to P90 {ends}")
    look = "Each hill holds nearly all draws, the dot is the median, the line below runs from P10 to P90."
    return f"At the terms assumed, {'; '.join(spreads)}. {look}"


def moved_seen(comparison: Comparison) -> str:
    """Say the clearest difference, and how to read the picture."""
    ranked = clear(comparison)
    if not ranked:
        return ""
    look = "The dot is the mean difference with its Monte Carlo error, the grey line runs from P10 to P90 of it."
    return f"{sentence(comparison, ranked[0])} {look}"
