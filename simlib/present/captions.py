"""The sentence under each figure: what to see in it, in the outcome's own numbers. Empty where there is nothing to see."""

from __future__ import annotations

from pandas import DataFrame

from simlib.decide.compare import Agreement, correlated
from simlib.present import names, platform, solved, tables, words
from simlib.present.decision import label_of, last_month
from simlib.present.findings import findings, party_of
from simlib.scenario.fields import MONTHS
from simlib.scenario.quantity import months_between
from simlib.simulation.outcome import Outcome

BARS = {
    "exclusive": "a full bar is exclusive",
    "shared": "a pale bar leaves room for others",
    "held back": "in a dashed bar nobody may use the right",
}


def zone(outcome: Outcome) -> str:
    """Say between which fees both gain, and what the ask is worth to the licensee."""
    found, currency = findings(outcome).agreement, outcome.scenario.currency
    if found is None:
        return ""
    licensor, licensee = names.name(found.licensor), names.name(found.licensee)
    instead = (
        f"could sign {label_of(outcome, found.alternative)} instead" if found.alternative else "could sign nothing"
    )
    said = f"{licensor} {instead}, so that is its floor{_buyers(outcome, found)}; lines run from P10 to P90."
    worth = tables.at_the_ask(outcome)
    if worth.empty:
        return said
    other = worth[worth.side == "licensee"].iloc[0]
    gained = words.money(other.npv, currency, other.mc_error)
    return f"{said} At the ask the deal is worth {gained} to {licensee} on average."


def _buyers(outcome: Outcome, found: Agreement) -> str:
    """Say how sure it is that the buyers of the other package would sign it."""
    other = next((value for value in findings(outcome).packages if value.name == found.alternative), None)
    if other is None:
        return ""
    worth = words.money(other.licensee["mean"], outcome.scenario.currency, other.licensee["mc_error"])
    return f" (worth {worth} to its buyers on average, who lose in {words.chance(other.licensee_loss)} of draws)"


def packages(outcome: Outcome) -> str:
    """Say which package is the best most often, and how often it loses."""
    found = findings(outcome).packages
    if not found:
        return ""
    best = max(found, key=lambda value: value.probability_best)
    licensor = names.name(party_of(outcome, best.name)[0])
    said = f"loses {licensor} money in {words.chance(best.licensor_loss)} of draws"
    if len(found) > 1:
        said = f"is the best package for {licensor} in {words.chance(best.probability_best)} of draws and {said}"
    look = (
        "Each hill holds nearly all draws of one package, the dot is the median, the line below runs from P10 to P90."
    )
    return f"At the terms assumed {best.label} {said}. {look}"


def rights(outcome: Outcome) -> str:
    """Say who holds what under the package to sign, what nobody has, and how to read the bars."""
    table = tables.rights(outcome)
    if table.empty:
        return ""
    held, free = table[table.status != "free"], table[~table.media.isin(table.media[table.status != "free"])]
    granted, label = held[held.status != "held back"], outcome.scenario.packages[findings(outcome).recommended].label
    holders, last = granted.holder.unique(), words.month(granted.last_month.max())
    who = f"{names.name(holders[0])} has" if len(holders) == 1 else f"{len(holders)} licensees have"
    said = f"{label}: {who} {_media(granted)}; the last window closes at the end of {last}."
    said += "" if free.empty else f" Nobody has {_media(free)}."
    looks = words.listed(look for status, look in BARS.items() if status in set(held.status))
    return f"{said} {looks[0].upper()}{looks[1:]}; what is empty is free."


def _media(table: DataFrame) -> str:
    """Return the media of a table of avails as a sentence lists them."""
    return words.listed(dict.fromkeys(names.medium(word) for said in table.media for word in said.split(", ")))


def members(outcome: Outcome) -> str:
    """Say where members stand at the end, and how the fan fared."""
    fan, past = tables.fans(outcome, "members"), tables.history(outcome, "members")
    if fan.empty:
        return ""
    known = past[past.known.astype(bool)]
    end, start = fan.iloc[-1], known.iloc[-1].value if len(known) else fan.iloc[0].p50
    name, step = names.name(outcome.scenario.subscribers.platform), outcome.scenario.horizon.step
    since = "" if len(known) else f" at the end of the first {step}"
    return (
        f"{name} goes from {words.count(start)} members{since} to a median of {words.count(end.p50)} at the end "
        f"of {last_month(outcome)} (P10 to P90: {words.span(end.p10, end.p90)}); the dark band holds half of the draws, "
        f"the light one four fifths.{platform.happened(outcome, 'members')}"
    )


def payers(outcome: Outcome) -> str:
    """Say where paying grows most."""
    fans = tables.fans(outcome, "paying_ratio")
    if fans.empty:
        return ""
    first, last = fans.groupby("series", sort=False).first(), fans.groupby("series", sort=False).last()
    most = (last.p50 - first.p50).idxmax()
    return (
        f"The paying share grows most {names.market(most.partition('.')[2])}, from "
        f"{words.percent(first.p50[most])} to {words.percent(last.p50[most])} by the end of {last_month(outcome)}."
    )


def waterfall(outcome: Outcome) -> str:
    """Say what each side keeps of the receipts."""
    steps, currency = tables.waterfall(outcome), outcome.scenario.currency
    if steps.empty:
        return ""
    receipts = steps[steps.kind == "receipts"].amount.sum()
    kept = [
        f"{_lost_or_kept(row.step, -row.amount)} {words.money(abs(row.amount), currency)}"
        + (f" ({words.percent(-row.amount / receipts)})" if 0 <= -row.amount <= receipts else "")
        for row in steps.itertuples()
        if row.kind in ("licensor", "licensee")
    ]
    label = outcome.scenario.packages[findings(outcome).recommended].label
    return (
        f"{label}: of {words.money(receipts, currency)} that comes in because of the title, {words.listed(kept)}. "
        "Means over the draws at the terms assumed, to the end of the horizon, not discounted."
    )


def _lost_or_kept(step: str, kept: float) -> str:
    """Return who keeps, within a sentence; who keeps less than nothing loses.

    >>> _lost_or_kept("The licensees keep", -340.0), _lost_or_kept("Youku keeps", 760.0)
    ('the licensees lose', 'Youku keeps')
    """
    said = step.replace("The ", "the ")
    return said if kept >= 0 else said.replace("keeps", "loses").replace("keep", "lose")


def left_out(outcome: Outcome) -> str:
    """Say what of the package to sign lies beyond the horizon; nothing where all of it lies within."""
    scenario, said, best = outcome.scenario, "", findings(outcome).recommended
    months = scenario.horizon.periods * MONTHS[scenario.horizon.step]
    for name in scenario.packages[best].deals if best else ():
        rights = scenario.deals[name].rights
        if months_between(scenario.horizon.start, rights.start) + rights.term_months > months:
            said += f" The window of {names.name(name)} goes on after the horizon: "
            said += "what it brings then is left out, its fee is not."
    due = outcome[f"packages.{best}.beyond_horizon"].mean() if best else 0
    if due > 0:
        said += f" {words.money(due, scenario.currency)} fall due after the horizon and are left out."
    return said


def cash(outcome: Outcome) -> str:
    """Say what a rate of return is, and when there is none."""
    if not findings(outcome).packages:
        return ""
    return (
        "Means over the draws, not discounted. IRR, the rate at which a side’s cash is worth nothing, is the median of the "
        "draws that have exactly one; a side that only receives has none."
    )


def ledger(outcome: Outcome) -> str:
    """Say that nothing is lost between the parties, and what falls due later."""
    if tables.ledger(outcome).empty:
        return ""
    return "Each column sums to zero: what one receives another pays. Means over the draws, not discounted."


def yearly(outcome: Outcome) -> str:
    """Say when the licensee's money is out longest."""
    cash, currency = tables.yearly(outcome), outcome.scenario.currency
    if cash.empty:
        return ""
    said = []
    for label, own in cash.groupby("label", sort=False):
        total = own.cash.cumsum().to_numpy()
        low = total.argmin()
        said.append(f"{label.replace('The ', 'the ')} {words.money(total[-1], currency)} in all")
        if total[low] < 0:
            said[-1] += f", at the lowest {words.money(total[low], currency)} by the end of {own.year.iloc[low]}"
    return f"Cash in less cash out, means over the draws: {'; '.join(said)}."


def places(outcome: Outcome) -> str:
    """Say which territories matter."""
    table, currency = tables.places(outcome), outcome.scenario.currency
    if table.empty:
        return ""
    named = table[table.kind == "territory"]
    regions = tables.regions(outcome)
    top = regions[regions.package == findings(outcome).recommended].iloc[0]
    adds = [f"{named.iloc[0].place} adds most, {words.money(named.iloc[0].contribution, currency)}"]
    if len(named) > 1:
        adds.append(f"the {len(named)} named together {words.percent(named.share.sum())}")
    adds.append(f"{names.name(top.region)} {words.percent(top.share)}")
    return f"{'; '.join(adds)}. Present value before fees and fixed sums."


def tornado(outcome: Outcome) -> str:
    """Say how to read the bars, and how much the first explains."""
    bars = tables.tornado(outcome)
    if bars.empty:
        return ""
    said = []
    for _, own in bars.groupby("target", sort=False):
        top = own.loc[own.first_order.idxmax()]
        said.append(f"{words.percent(top.first_order)} of the spread in {top.target_name} comes from “{top.label}”")
    look = "Each bar runs from the mean where the input is near its P10 (grey) to where it is near its P90 (blue)."
    if correlated(outcome).intersection(bars.input):
        look += (
            " Numbers that are correlated explain some of the spread together, so that shares may pass 100 % together."
        )
    return f"{'; '.join(said)}. {look}"


def break_even(outcome: Outcome) -> str:
    """Say the answers, how to read the curves, and what became certain."""
    answers = solved.solved(outcome)
    if not answers:
        return ""
    told = "; ".join(f"{solved.title(answer)}: {solved.said(outcome.scenario, answer)}" for answer in answers)
    look = (
        f"{told}. Each line is what the question asks about less what it should equal, against the term; the band is "
    )
    look += "one Monte Carlo error on each side, the dot where they are equal."
    terms = dict.fromkeys(names.label(answer.term) for answer in answers if answer.uncertain)
    if not terms:
        return look
    listed, verb = words.listed(f"“{term}”" for term in terms), "is" if len(terms) == 1 else "are"
    return f"{look} {listed} {verb} uncertain in the scenario and one certain number here."
