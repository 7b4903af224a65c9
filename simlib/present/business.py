"""The whole platform in three sentences: when it breaks even and how sure, what the last year brings, who must pay.

Over a horizon too short for years it is what the last quarter and the year bring.
"""

from __future__ import annotations

import numpy as np

from simlib.decide.levers import broke_even, pulled, swing
from simlib.decide.value import describe
from simlib.present import names, spans, words
from simlib.simulation.evaluate import span
from simlib.simulation.outcome import Outcome

CLEAR = 2.0  # errors by which a lever must be ahead of another to be said to matter more
COUNTS = ("none", "one", "two", "three", "four", "five", "six")


def has_accounts(outcome: Outcome) -> bool:
    """Tell whether the accounts of the whole platform are drawn up."""
    return "platform.profit" in outcome.paths


def decided(outcome: Outcome, last_month: str) -> list[str]:
    """Return when the platform breaks even, what its last year brings, how many must pay, which lever matters most."""
    if not has_accounts(outcome):
        return []
    if spans.each(outcome) != "year":
        return [_last_period(outcome), _last_year(outcome, last_month)]
    told = [_when(outcome, last_month), _last_year(outcome, last_month), _must_pay(outcome)]
    return [*told, *filter(None, [matters(outcome)])]


def _last_period(outcome: Outcome) -> str:
    """Return what comes in and is left in the last quarter or month."""
    party, currency = names.name(outcome.scenario.subscribers.platform), outcome.scenario.currency
    left = "net_income" if "platform.net_income" in outcome.paths else "profit"
    told = []
    for name in ("revenue", left):
        periods, _, values = spans.summed(outcome, f"platform.{name}")
        low, middle, high = np.quantile(values[-1], (0.1, 0.5, 0.9))
        amount, ends = words.money(middle, currency, digits=3), words.span(low, high, currency)
        told.append(f"{outcome.paths[f'platform.{name}'].label} of {amount} (P10 to P90: {ends})")
    return (
        f"In the {spans.each(outcome)} from {words.month(periods[-1])} {party} has {words.listed(told)} at the median."
    )


def _when(outcome: Outcome, last_month: str) -> str:
    dates, party = outcome["platform.break_even"], names.name(outcome.scenario.subscribers.platform)
    comes = dates[np.isfinite(dates)]
    if not comes.size:
        return f"{party} does not break even by the end of {last_month} in any draw."
    begins, _ = span(outcome.scenario.horizon)
    always = int(np.isclose(comes, begins + 1).sum())  # in profit in the first year, and never in loss after it
    if 2 * always >= comes.size:
        often = words.chance(always / dates.size)
        said = f"{party} makes a profit in every year to the end of {last_month} in {often} of draws"
        later = (comes.size - always) / dates.size
        return f"{said}, and from a later date on in another {words.chance(later)}." if later else f"{said}."
    said = (
        f"{party} is in profit for good by the end of {last_month} in {words.chance(comes.size / dates.size)} of draws"
    )
    low, middle, high = np.quantile(comes, (0.1, 0.5, 0.9))
    where = "" if comes.size == dates.size else " where it is"
    said = f"{said}, at the median from {words.date(middle)} on{where}"
    return f"{said} (P10 to P90: {words.between(low, high, 'date', '')})." if high > low else f"{said}."


def _last_year(outcome: Outcome, last_month: str) -> str:
    profit, currency = describe(outcome["platform.profit_last_year"]), outcome.scenario.currency
    ends = words.span(profit["p10"], profit["p90"], currency)
    kind = "profit" if profit["mean"] >= 0 else "loss"
    amount = words.money(abs(profit["mean"]), currency, profit["mc_error"])
    deepest = outcome.paths["platform.cash"].values.min(axis=0)
    out = words.money(float(np.median(deepest)), currency)
    said = f"The year to {last_month} brings a {kind} of {amount} on average (P10 to P90: {ends})"
    if "platform.net_income_last_year" in outcome.outputs:
        net = describe(outcome["platform.net_income_last_year"])
        left = words.money(net["mean"], currency, net["mc_error"])
        taken = f"of which {left} is left" if min(profit["mean"], net["mean"]) >= 0 else f"{left}"
        said = f"{said}, {taken} after interest and tax"
    if not out.startswith(words.MINUS):
        return f"{said}."
    return f"{said}; cash is down by {out.removeprefix(words.MINUS)} at its deepest, at the median."


def _must_pay(outcome: Outcome) -> str:
    has, needs = outcome["platform.paying_ratio"], outcome["platform.paying_ratio_needed"]
    would = needs[np.isfinite(needs)]
    if not would.size:
        return "No number of members would make that year break even, for each costs more than it brings."
    low, middle, high = np.quantile(would, (0.1, 0.5, 0.9))
    said = f"To break even in that year {words.percent(middle)} of the audience would have to be members at the median"
    said = f"{said} (P10 to P90: {words.between(low, high, 'share', '')}); {words.percent(np.median(has))} are"
    never = 1 - would.size / needs.size
    return f"{said}, and in {words.chance(never)} of draws no number would do." if never else f"{said}."


def matters(outcome: Outcome) -> str:
    """Return which lever matters most to whether the platform breaks even, and what each does; empty without levers."""
    found, levers = pulled(outcome), outcome.scenario.levers
    if not levers:
        return ""
    chances = {name: [np.isfinite(dates).mean() for dates in broke_even(found, name)] for name in levers}
    order = sorted(levers, key=lambda name: -abs(chances[name][1] - chances[name][0]))
    goes = [f"from {' to '.join(map(words.chance, chances[name]))} with {_lever(levers[name].label)}" for name in order]
    said = f"From weak to strong, the chance of breaking even goes {words.listed(goes)}."
    first = [name for name in order if not _behind(*swing(found, order[0], name))]
    if len(order) == 1:
        return said
    few = COUNTS[len(order)] if len(order) < len(COUNTS) else str(len(order))
    if len(first) == len(order):
        return f"Of the {few} levers none clearly matters most. {said}"
    who = words.listed(_lever(levers[name].label) for name in first)
    return f"Of the {few} levers {who} {'matters' if len(first) == 1 else 'matter'} most. {said}"


def _behind(ahead: float, error: float) -> bool:
    return ahead > CLEAR * error


def _lever(label: str) -> str:
    return label[0].lower() + label[1:]
