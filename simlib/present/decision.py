"""The decision in at most four sentences: what to sign, for how much, how sure, and what would change it."""

from __future__ import annotations

import re

import numpy as np

from simlib.decide.value import describe
from simlib.present import business, names, register, words
from simlib.present.change import what_would_change
from simlib.present.findings import Findings, findings, party_of
from simlib.scenario.fields import MONTHS
from simlib.scenario.title import way_of
from simlib.simulation.outcome import Outcome

UNDISCLOSED = re.compile(r"\b(never|not)\b[^.;]*\bdisclosed|undisclosed", re.IGNORECASE)


def decision(outcome: Outcome) -> list[str]:
    """Return the sentences; a scenario without packages gets what its deals, members and payers come to."""
    found = findings(outcome)
    if found.agreement:
        said = [*_fee(outcome, found), what_would_change(outcome), _assumed_fee(outcome, found)]
    elif found.packages:
        said = [*_best_package(outcome, found), what_would_change(outcome)]
    else:
        accounts = business.decided(outcome, last_month(outcome))
        said = [*_deals(outcome), *accounts, *_members(outcome), *_payers(outcome)][:3]
        said.append(what_would_change(outcome))
    return [sentence for sentence in said if sentence]


def _fee(outcome: Outcome, found: Findings) -> list[str]:
    """Return which fee to ask for and how sure it is, or that no fee suits both."""
    deal, zone, currency = found.agreement, found.agreement.zone, outcome.scenario.currency
    label, other = (label_of(outcome, name) for name in (deal.package, deal.alternative))
    licensor, licensee = names.name(deal.licensor), names.name(deal.licensee)
    floor = words.money(zone.floor, currency, zone.floor_error)
    ceiling = words.money(zone.ceiling, currency, zone.ceiling_error)
    if not zone.exists:
        floor, ceiling = (words.money(fee, currency, digits=3) for fee in (zone.floor, zone.ceiling))
        better = f"match {other}" if deal.alternative else "do better than sign nothing"
        least = f"no fee suits both, for {licensor} needs {floor} to {better}"
        most = f"cannot give more than {ceiling}" if zone.ceiling > 0 else "would lose even if it paid nothing"
        return [f"Do not sign {label}: {least}, and {licensee} {most}.", _alternative(outcome, found)]
    fee, low = zone.nash_fee, f"from {floor} " if zone.floor > 0 else ""
    episodes = way_of(outcome.scenario, outcome.scenario.negotiation.deal).made.episodes
    ask = f"{words.money(fee, currency)}, {words.money(fee / episodes, currency)} an episode"
    without, per_fee = (outcome[f"negotiation.licensor_{what}"] for what in ("npv_without_fee", "pv_per_fee"))
    return [
        f"Sign {label}: on average a fee {low}up to {ceiling} leaves {licensor} and {licensee} better off, "
        f"so ask for about {ask}.",
        f"At that fee it is worth {_told(describe(without + fee * per_fee), currency)} to {licensor}, more than {other} in "
        f"{words.chance(deal.beats_alternative)} of draws; {licensee} loses money on it in {_licensee_loss(outcome, fee)}, "
        f"and with hindsight no fee suits both in {words.chance(1 - zone.probability)}.",
    ]


def label_of(outcome: Outcome, package: str | None) -> str:
    """Return what people call a package, or having none."""
    return outcome.scenario.packages[package].label if package else "signing nothing"


def _licensee_loss(outcome: Outcome, fee: float) -> str:
    """Return how often the licensee loses money at a fee."""
    without, per_fee = (outcome[f"negotiation.licensee_{what}"] for what in ("npv_without_fee", "pv_per_fee"))
    return words.chance(float(np.mean(without < fee * per_fee)))


def _told(npv: dict[str, float], currency: str) -> str:
    """Return a present value with its spread."""
    if npv["p90"] - npv["p10"] <= 1e-9 * abs(npv["mean"]):
        return f"{words.money(npv['mean'], currency)} in every draw"
    ends = words.span(npv["p10"], npv["p90"], currency)
    return f"{words.money(npv['mean'], currency, npv['mc_error'])} on average (P10 to P90: {ends})"


def _alternative(outcome: Outcome, found: Findings) -> str:
    """Return what to sign where no fee suits both."""
    if found.agreement.alternative is None:
        return f"No other package is worth anything to {names.name(found.agreement.licensor)}: sign none of them."
    value = next(value for value in found.packages if value.name == found.agreement.alternative)
    worth = f"brings {names.name(found.agreement.licensor)} {_told(value.licensor, outcome.scenario.currency)}"
    return f"Sign {value.label} instead, which {worth}."


def _best_package(outcome: Outcome, found: Findings) -> list[str]:
    """Return which package to sign where no fee is negotiated, and how sure it is."""
    best, *others = found.packages
    currency = outcome.scenario.currency
    worth = f"brings {names.name(party_of(outcome, best.name)[0])} {_told(best.licensor, currency)}"
    if best.licensor["mean"] <= 0:
        return [f"Sign none of the packages: even {best.label} {worth}."]
    loses = f"loses money in {words.chance(best.licensor_loss)} of draws"
    if not others:
        return [f"{best.label} {worth} and {loses}."]
    second = f"{words.money(others[0].licensor['mean'], currency)} from {others[0].label}"
    return [
        f"Sign {best.label}: it {worth}, against {second}.",
        f"It is the best in {words.chance(best.probability_best)} of draws and {loses}; "
        f"whoever takes it loses money in {words.chance(best.licensee_loss)}.",
    ]


def _members(outcome: Outcome) -> list[str]:
    if "members" not in outcome.outputs:
        return []
    end, start = describe(outcome["members"]), float(outcome.paths["members"].values[0].mean())
    platform = names.name(outcome.scenario.subscribers.platform)
    return [
        f"{platform} has {words.count(end['mean'], end['mc_error'])} members at the end of {last_month(outcome)} "
        f"(P10 to P90: {words.span(end['p10'], end['p90'])}), after {words.count(start)} at the end of the first "
        f"{outcome.scenario.horizon.step}."
    ]


def _payers(outcome: Outcome) -> list[str]:
    ratios = {
        name.partition(".")[2]: values.values
        for name, values in outcome.outputs.items()
        if name.startswith("paying_ratio.")
    }
    if not ratios:
        return []
    ranked = sorted(ratios, key=lambda market: -ratios[market].mean())
    told = [
        f"{words.percent(ratios[market].mean())} of the audience pays {names.market(market)} "
        f"(P10 to P90: {words.between(*np.quantile(ratios[market], (0.1, 0.9)), 'share', '')})"
        for market in dict.fromkeys((ranked[0], ranked[-1]))
    ]
    return [f"At the end of {last_month(outcome)}, {words.listed(told)}."]


def _deals(outcome: Outcome) -> list[str]:
    """Return what the first deals are worth to their licensees, where no package says which belong together."""
    currency, first = outcome.scenario.currency, list(outcome.scenario.deals.items())[:2]
    worth = {name: _told(describe(outcome[f"deals.{name}.licensee_npv"]), currency) for name, _ in first}
    return [f"The deal “{names.name(name)}” brings {names.name(deal.licensee)} {worth[name]}." for name, deal in first]


def _assumed_fee(outcome: Outcome, found: Findings) -> str:
    """Return what the fee assumed makes of the package, and whether the fee was ever disclosed."""
    deal, scenario = found.agreement, outcome.scenario
    value = next(value for value in found.packages if value.name == deal.package)
    low, high = np.quantile(deal.assumed_fee, (0.1, 0.9)) / way_of(scenario, scenario.negotiation.deal).made.episodes
    fee = f"{words.money(low, scenario.currency)} an episode"
    if high > low:
        fee = f"{words.span(low, high, scenario.currency)} an episode (P10 to P90)"
    hidden = "The fee itself was never disclosed and is an assumption: at" if _is_undisclosed(outcome) else "At"
    said = f"{hidden} {fee} {value.label}"
    best = f"the best package in {words.chance(value.probability_best)} of draws"
    if deal.zone.exists:
        return f"{said} is {best}."
    return f"{said} would be {best}, but {names.name(deal.licensee)} cannot pay that."


def _is_undisclosed(outcome: Outcome) -> bool:
    """Tell whether source or note of the fee on the table say that it was never disclosed."""
    label = names.label(f"deals.{outcome.scenario.negotiation.deal}.terms.flat_fee.amount")
    told = (f"{row['source']} {row['note']}" for row in register.assumptions(outcome) if row["label"] == label)
    return any(map(UNDISCLOSED.search, told))


def last_month(outcome: Outcome) -> str:
    """Return the last month of the horizon in words."""
    first, months = outcome.periods[-1], MONTHS[outcome.scenario.horizon.step]
    last = int(first[:4]) * 12 + int(first[5:]) - 1 + months - 1
    return words.month(f"{last // 12}-{last % 12 + 1:02d}")
