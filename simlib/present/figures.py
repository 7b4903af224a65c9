"""The few numbers of a report that stand in the index over all, in words, and those that its small picture is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simlib.present import names, words

ENDS = ("p10", "p50", "p90")


def figures(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a summary found: a sentence, up to four numbers or words with their names, and a picture's numbers.

    >>> figures({})
    {'finding': '', 'numbers': {}, 'picture': None}
    """
    numbers, picture = _about(summary) if summary else ({}, None)
    return {"finding": next(iter(summary.get("decision", ())), ""), "numbers": numbers, "picture": picture}


def _about(summary: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any] | None]:
    """Return numbers in words by name, and what is drawn of them, by what the scenario is about."""
    outputs = summary.get("outputs", {})
    if summary.get("zones") and all(summary["zones"]):
        return _two_zones(summary)
    if summary.get("negotiation"):
        return _zone(summary)
    if summary.get("recommended"):
        return _package(summary)
    if "platform.in_profit" in outputs:
        return _platform(summary)
    told = next((name for name in outputs if name.startswith("paying_ratio.")), "members")
    return _output(summary, told) if told in outputs else ({}, None)


def _zone(summary: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the ask, the zone of agreement, and how sure the package is."""
    zone, currency = summary["negotiation"], summary["currency"]
    best = summary["packages"][zone["package"]]
    floor, ceiling = (words.money(zone[fee], currency) for fee in ("floor", "ceiling"))
    picture = {
        "unit": currency,
        "low": zone["floor"],
        "high": zone["ceiling"],
        "says": f"floor {floor}, ceiling {ceiling}",
    }
    if zone["exists"]:
        ends, ask = words.span(zone["floor"], zone["ceiling"], currency), words.money(zone["nash_fee"], currency)
        told = {"Sign": best["label"], "Ask for": ask, "Both gain from": ends}
        picture |= {"kind": "zone", "mark": zone["nash_fee"]}
    else:
        told = {"Fee": "none suits both", "Floor": floor, "Ceiling": ceiling}
        picture |= {"kind": "gap"}
    return told | {"Best in": words.chance(best["probability_best"])}, picture


def _two_zones(summary: Mapping[str, Any]) -> tuple[dict[str, str], None]:
    """Return the asks of two scenarios that are compared."""
    pairs = zip(summary["zones"], summary["currencies"], strict=True)
    asks = [words.money(zone["nash_fee"], currency) if zone["exists"] else "no fee" for zone, currency in pairs]
    return {"The first asks": asks[0], "The other": asks[1]}, None


def _package(summary: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what the package to sign is worth to the licensor."""
    best, currency = summary["packages"][summary["recommended"]], summary["currency"]
    npv = best["licensor_npv"]
    told = {
        "Sign": best["label"],
        "Worth": words.money(npv["mean"], currency, npv["mc_error"]),
        "P10 to P90": words.span(npv["p10"], npv["p90"], currency),
        "Best in": words.chance(best["probability_best"]),
    }
    return told, _spread(npv, currency, currency)


def _platform(summary: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return how likely a platform's profit is, from when on, and how much there is in the last year."""
    outputs, currency = summary["outputs"], summary["currency"]
    start, profit = outputs["platform.break_even"], outputs["platform.profit_last_year"]
    told = {"In profit": words.chance(outputs["platform.in_profit"]["mean"])}
    told |= {"Then from": words.date(start["p50"])} if start["p50"] is not None else {}
    told |= {"Last year": words.money(profit["mean"], currency, profit["mc_error"])}
    return told, _spread(profit, currency, currency)


def _output(summary: Mapping[str, Any], name: str) -> tuple[dict[str, str], dict[str, Any] | None]:
    """Return one result at the end: its mean and its spread."""
    found, currency = summary["outputs"][name], summary["currency"]
    if found["mean"] is None:
        return {}, None
    _, _, place = name.partition(".")
    label = f"Pay {names.market(place)}" if place else "Members"
    mean = words.amount(found["mean"], found["unit"], currency)
    told = {label: mean, "P10 to P90": words.between(found["p10"], found["p90"], found["unit"], currency)}
    return told, _spread(found, found["unit"], currency)


def _spread(found: Mapping[str, Any], unit: str, currency: str) -> dict[str, Any] | None:
    """Return what a spread is drawn from."""
    if any(found[end] is None for end in ENDS):
        return None
    low, mark, high = (found[end] for end in ENDS)
    says = f"P10 to P90: {words.between(low, high, unit, currency)}"
    return {"kind": "spread", "unit": unit, "low": low, "high": high, "mark": mark, "says": says}
