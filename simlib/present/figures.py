"""The few numbers of a report that stand in the index over all, in words, and those that its small picture is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from simlib.present import names, words

ENDS = ("p10", "p50", "p90")


class Found(NamedTuple):
    """What a report found: words by name, those of them that are means with their errors, and what is drawn of them."""

    numbers: dict[str, str]
    means: dict[str, dict[str, Any]]
    picture: dict[str, Any] | None


def figures(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a summary found: a sentence, up to four numbers or words with their names, and a picture's numbers.

    Of numbers that are means, the mean, its Monte Carlo error and its unit are kept beside the words.

    >>> figures({})
    {'finding': '', 'numbers': {}, 'means': {}, 'picture': None}
    """
    found = _about(summary) if summary else Found({}, {}, None)
    return {"finding": next(iter(summary.get("decision", ())), ""), **found._asdict()}


def _about(summary: Mapping[str, Any]) -> Found:
    """Return what was found, by what the scenario is about."""
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
    return _output(summary, told) if told in outputs else Found({}, {}, None)


def _zone(summary: Mapping[str, Any]) -> Found:
    """Return the ask, the zone of agreement, and how sure the package is."""
    zone, currency = summary["negotiation"], summary["currency"]
    best, means = summary["packages"][zone["package"]], {}
    floor, ceiling = (words.money(zone[fee], currency) for fee in ("floor", "ceiling"))
    ends = {"low": zone["floor"], "high": zone["ceiling"], "says": f"floor {floor}, ceiling {ceiling}"}
    picture = {"of": "fee", "unit": currency, **ends}
    if zone["exists"]:
        means = {"Ask for": _mean(zone["nash_fee"], None, currency, currency)}
        span = words.span(zone["floor"], zone["ceiling"], currency)
        told = {"Sign": best["label"], "Ask for": words.amount(**means["Ask for"]), "Both gain from": span}
        picture |= {"kind": "zone", "mark": zone["nash_fee"]}
    else:
        told = {"Fee": "none suits both", "Floor": floor, "Ceiling": ceiling}
        picture |= {"kind": "gap"}
    return Found(told | _best_in(best), means, picture)


def _best_in(package: Mapping[str, Any]) -> dict[str, str]:
    return {"Best package in": f"{words.chance(package['probability_best'])} of draws"}


def _two_zones(summary: Mapping[str, Any]) -> Found:
    """Return the asks of two scenarios that are compared."""
    pairs = zip(summary["zones"], summary["currencies"], strict=True)
    asks = [words.money(zone["nash_fee"], currency) if zone["exists"] else "no fee" for zone, currency in pairs]
    return Found({"The first asks": asks[0], "The other": asks[1]}, {}, None)


def _package(summary: Mapping[str, Any]) -> Found:
    """Return what the package to sign is worth to the licensor."""
    best, currency = summary["packages"][summary["recommended"]], summary["currency"]
    npv = best["licensor_npv"]
    means = {"Worth": _mean(npv["mean"], npv["mc_error"], currency, currency)}
    told = {
        "Sign": best["label"],
        "Worth": words.amount(**means["Worth"]),
        "P10 to P90": words.span(npv["p10"], npv["p90"], currency),
    }
    return Found(told | _best_in(best), means, _spread("worth", npv, currency, currency))


def _platform(summary: Mapping[str, Any]) -> Found:
    """Return how likely a platform's profit is, from when on, and how much there is in the last year."""
    outputs, currency = summary["outputs"], summary["currency"]
    start, profit = outputs["platform.break_even"], outputs["platform.profit_last_year"]
    means = {"Profit of the last year": _mean(profit["mean"], profit["mc_error"], currency, currency)}
    told = {"In profit at the end in": f"{words.chance(outputs['platform.in_profit']['mean'])} of draws"}
    told |= {"In profit, if so, from": words.date(start["p50"])} if start["p50"] is not None else {}
    told |= {name: words.amount(**mean) for name, mean in means.items()}
    return Found(told, means, _spread("profit of the last year", profit, currency, currency))


def _output(summary: Mapping[str, Any], name: str) -> Found:
    """Return one result at the end: its mean and its spread."""
    found, currency = summary["outputs"][name], summary["currency"]
    if found["mean"] is None:
        return Found({}, {}, None)
    kind, _, place = name.partition(".")
    label, unit = f"Pay {names.market(place)}" if place else "Members", found["unit"]
    means = {label: _mean(found["mean"], found["mc_error"], unit, currency)}
    told = {
        label: words.amount(**means[label]),
        "P10 to P90": words.between(found["p10"], found["p90"], unit, currency),
    }
    return Found(told, means, _spread(kind, found, unit, currency))


def _mean(value: float, error: float | None, unit: str, currency: str) -> dict[str, Any]:
    """Return a mean as `words.amount` takes it."""
    return {"value": value, "error": error, "unit": unit, "currency": currency}


def _spread(of: str, found: Mapping[str, Any], unit: str, currency: str) -> dict[str, Any] | None:
    """Return what a spread is drawn from."""
    if any(found[end] is None for end in ENDS):
        return None
    low, mark, high = (found[end] for end in ENDS)
    says = f"P10 to P90: {words.between(low, high, unit, currency)}"
    return {"kind": "spread", "of": of, "unit": unit, "low": low, "high": high, "mark": mark, "says": says}
