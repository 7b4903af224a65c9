"""Faults in how much the parties mind risk: whose preference it is, and what a preference may be."""

from __future__ import annotations

from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.quantity import ByTerritory, Distribution, Fact, Growth, Money, Ramp, RandomWalk, Steps
from simlib.scenario.schema import Sections
from simlib.scenario.walk import section_parts


def risk(sections: Sections, say: Say) -> Faults:
    """How much a party minds risk is one number in the scenario's currency, and the party one of a deal."""
    if sections.risk is None:
        return
    parties = {party for deal in sections.deals.values() for party in (deal.licensor, deal.licensee)}
    for party in sections.risk.tolerance:
        if sections.deals and party not in {*parties, "default"}:
            yield say(("risk", "tolerance", party), "is no party of a deal" + nearest(party, parties))
    for part in section_parts(sections, "risk"):
        if isinstance(part.value, Distribution | Ramp | Steps | Growth | RandomWalk | ByTerritory | Fact):
            yield say(part.path, "must be one number, and certain: it is a preference, not something to find out")
        foreign = part.value.currency if isinstance(part.value, Money) else sections.currency
        if foreign != sections.currency and foreign in sections.fx:
            yield say(part.path, f"must be in the scenario's currency, {sections.currency}; found {foreign}")
