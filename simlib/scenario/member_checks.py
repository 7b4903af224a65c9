"""Faults of a platform's members that no single field shows: more of them than people, prices that do nothing, and so on."""

from __future__ import annotations

from simlib.data import territories
from simlib.scenario import member_history
from simlib.scenario.faults import Faults, Say
from simlib.scenario.fields import MONTHS
from simlib.scenario.places import in_set
from simlib.scenario.platform import OfPrice
from simlib.scenario.quantity import Growth, Ramp, Steps, months_later, span
from simlib.scenario.schema import Sections
from simlib.scenario.walk import parts


def opening(sections: Sections, say: Say) -> Faults:
    """There are no more members than people: a slip of the hand, thousands for millions."""
    for name, group in sections.subscribers.opening.items() if sections.subscribers else ():
        people = sum(territories()[code].population for code in in_set(group.territories, sections))
        fewest = 0.0 if group.members is None else span(group.members)[0]
        if 0 < people < fewest:
            said = f"is {fewest:,.0f} or more, and {people:,} people live there"
            yield say(("subscribers", "opening", name, "members"), said)


def price(sections: Sections, say: Say) -> Faults:
    """A price is there where something is said of it, and does something where it is there."""
    members, platform = sections.subscribers, sections.platform
    line = platform.revenue.member_payment if platform else None
    of_price = isinstance(line, OfPrice)
    if of_price and (members is None or members.price is None):
        yield say(("platform", "revenue", "member_payment", "of_price"), "is a share of subscribers.price; add it")
    if members is None:
        return
    if members.price_effect and members.price is None:
        yield say(("subscribers", "price_effect"), "is the effect of subscribers.price; add it")
    if members.price is None or members.price_effect:
        return
    moves = any(isinstance(part.value, Ramp | Steps | Growth) for part in parts(members.price))
    if moves:
        yield say(("subscribers", "price"), "moves over time; add price_effect, to say what that does to members")
    elif not of_price:
        said = "changes nothing; add price_effect, or of_price to platform.revenue.member_payment"
        yield say(("subscribers", "price"), said)


def histories(sections: Sections, say: Say) -> Faults:
    """Members that a history tells are known before the start."""
    for name, opening in sections.subscribers.opening.items() if sections.subscribers else ():
        if opening.history:
            yield from member_history.faults(
                opening.history, sections, ("subscribers", "opening", name, "history"), say
            )


def shocks(sections: Sections, say: Say) -> Faults:
    """What is over when the horizon starts is in the members at the start."""
    start, step = sections.horizon.start, MONTHS[sections.horizon.step]
    after = months_later(start, sections.horizon.periods * step)
    for name, shock in sections.subscribers.shocks.items() if sections.subscribers else ():
        if (end := months_later(shock.start, shock.months)) <= start:
            said = (
                f"ends before {end}, and the horizon starts in {start}: the members at the start bear its mark already"
            )
            yield say(("subscribers", "shocks", name), said)
        if shock.start >= after:
            said = f"begins in {shock.start}, and the horizon ends before {after}: it would move nobody"
            yield say(("subscribers", "shocks", name), said)
