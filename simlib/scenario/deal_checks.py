"""Faults between deals and what they rest on: dates, parties, clauses that do not fit one another or the horizon."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from simlib.scenario import places
from simlib.scenario.clauses import EVENTS, Clause, Shared, Tier, currencies
from simlib.scenario.deals import MOST_GROSSED_UP, OUTSIDE, Deal, shared_apart
from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.fields import MONTHS, TerritorySet
from simlib.scenario.quantity import Growth, Ramp, Steps, months_between, span
from simlib.scenario.schema import Sections
from simlib.scenario.title import way_of
from simlib.scenario.walk import Part, differs_by_place, parts, section_parts

NEEDS = dict.fromkeys(("revenue_share", "distribution_fee", "expenses"), "viewing") | {"per_subscriber": "membership"}
SUMS = ("amount", "cap", "floor")
BY_TERRITORY = ("flat_fee", "minimum_guarantee", "expenses", "revenue_share", "per_subscriber", "per_hour")
NO_PARTY = (*OUTSIDE, "default")


def months_in(sections: Sections) -> int:
    """Return how many months the horizon has."""
    return sections.horizon.periods * MONTHS[sections.horizon.step]


def window(sections: Sections, deal: Deal) -> tuple[int, int]:
    """Return the months from the horizon's start to the opening and to the end of a deal's window."""
    opens = months_between(sections.horizon.start, deal.rights.start)
    return opens, opens + deal.rights.term_months


def deals(sections: Sections, say: Say) -> Faults:
    """Dates, parties and clauses of each deal fit the horizon, the platform and one another."""
    start = sections.horizon.start
    for name, deal in sections.deals.items():
        path = ("deals", name)
        opens, _ = window(sections, deal)
        if opens < 0:
            yield say((*path, "rights", "start"), f"{deal.rights.start} is before the horizon's start {start}")
        if opens >= months_in(sections):
            yield say((*path, "rights", "start"), f"{deal.rights.start} is after the horizon's end")
        if deal.licensor == deal.licensee:
            yield say((*path, "licensee"), f"is the licensor too: {deal.licensee}")
        for role in ("licensor", "licensee"):
            if getattr(deal, role) in NO_PARTY:
                yield say((*path, role), "is a word of its own; call the party something else")
        if deal.gross_up and deal.highest_tax > MOST_GROSSED_UP:
            said = f"of more than {100 * MOST_GROSSED_UP:g} % cannot be grossed up; lower it, or gross_up: false"
            yield say((*path, "withholding_tax"), said)
        yield from _exploited(sections, name, deal, say)
        yield from _schedules(sections, name, deal, say)
        for index, term in enumerate(deal.terms):
            yield from _clause(sections, (*path, "terms", index), deal, term, say)


def apart(sections: Sections, say: Say) -> Faults:
    """What territories pay together cannot be told apart, and in none of them is more shared out than comes in."""
    for name, deal in sections.deals.items():
        yield from _gross_shares(sections, name, deal, say)
        yield from _apart(sections, name, deal, say)


def _exploited(sections: Sections, name: str, deal: Deal, say: Say) -> Faults:
    subscribers = sections.subscribers
    if deal.exploitation.by == "membership" and subscribers:
        if deal.licensee != subscribers.platform:
            said = f"earns by membership, but the subscribers are {subscribers.platform}'s"
            yield say(("deals", name, "licensee"), said)
        if subscribers.title_effect is None:
            yield say(("deals", name, "exploitation"), "by membership needs subscribers.title_effect")


def _schedules(sections: Sections, name: str, deal: Deal, say: Say) -> Faults:
    start = sections.horizon.start
    for event, month in deal.events.items():
        if event in EVENTS:
            yield say(("deals", name, "events", event), "is known from the rights; call it something else")
        elif month < start:
            yield say(("deals", name, "events", event), f"{month} is before the horizon's start {start}")
    for index, term in enumerate(deal.terms):
        path = ("deals", name, "terms", index, "schedule")
        for moment in getattr(term, "schedule", None) or ():
            month = deal.month_of(moment)
            if not month[0].isdigit():
                said = f"must be a month, e.g. 2017-12, or an event of the deal; found {moment!r}"
                yield say((*path, moment), said + nearest(moment, [*EVENTS, *deal.events]))
            elif month < start and moment not in deal.events:
                yield say(path, f"{month} is before the horizon's start {start}")


def _clause(sections: Sections, path: tuple[Any, ...], deal: Deal, term: Clause, say: Say) -> Faults:
    """Yield what a clause asks of its deal, its title and the horizon and does not find."""
    kind, by = term.clause, deal.exploitation.by
    needed = NEEDS.get(kind)
    if kind == "bonus" and term.on != "hours":
        kind, needed = f"bonus on {term.on}", {"subscribers": "membership", "receipts": "viewing"}[term.on]
    if kind == "minimum_guarantee" and term.is_off_the_top:
        needed = "viewing"
    if needed and needed != by:
        yield say(path, f"{kind} needs exploitation by {needed}; found by {by}")
    way = way_of(sections, path[1])
    if kind == "cost_plus" and way and way.made.production is None:
        yield say(path, f"pays the cost of production; add {way.path}.production")
    if len(kept := _currencies(sections, term)) > 1 and kind != "expenses":
        yield say(path, f"keeps its sums in {' and '.join(sorted(kept))}; a clause is one account, in one currency")
    yield from tiers_in_order(path, getattr(term, "tiers", None) or (), say)
    _, ends = window(sections, deal)
    if kind == "renewal" and ends + term.months > months_in(sections):
        left = max(months_in(sections) - ends, 0)
        said = f"is {term.months}, but the horizon has {left} left when the window ends; lengthen it, or renew for less"
        yield say((*path, "months"), said)
    if kind == "renewal" and term.look_back_months > deal.rights.term_months:
        yield say((*path, "look_back_months"), f"is longer than the window of {deal.rights.term_months} months")
    if kind == "minimum_guarantee" and term.is_topped_up and ends > months_in(sections):
        yield say(path, "tops up at the window's end, which is after the horizon's; lengthen the horizon")
    if kind == "minimum_guarantee" and not any(
        span(share)[1] for other in deal.terms if other.clause == "revenue_share" for share in shares_of(other)
    ):
        yield say(path, "is recouped from a share of 0 %; raise it, or write flat_fee")
    cap, floor = getattr(term, "cap", None), getattr(term, "floor", None)
    if cap is not None and floor is not None and span(cap)[1] < span(floor)[0]:
        yield say((*path, "cap"), f"of {span(cap)[1]:g} is below the floor of {span(floor)[0]:g}")
    if kind == "minimum_guarantee" and term.is_off_the_top:
        below = deal.terms[deal.terms.index(term) + 1 :]
        if not any(other.clause == "revenue_share" and other.base == "net" for other in below):
            yield say(path, "is recouped from receipts before they are shared; add a revenue_share of net below it")


def tiers_in_order(path: tuple[Any, ...], tiers: tuple[Tier, ...], say: Say) -> Faults:
    """Yield the tiers that do not end above the one before them in every draw."""
    for place, (one, two) in enumerate(pairwise(tiers[:-1]), start=1):
        key = "up_to" if two.up_to is not None else "until_paid"
        (_, before), (after, _) = span(getattr(one, key)), span(getattr(two, key))
        if after < before:
            said = f"is out of order: it may end at {after:g}, below the tier before at {before:g}"
            yield say((*path, "tiers", place, key), said)


def _currencies(sections: Sections, value: Any) -> set[str]:
    return {currency or sections.currency for currency in currencies(value)}


def _gross_shares(sections: Sections, name: str, deal: Deal, say: Say) -> Faults:
    """The fee and all shares together may not take more than comes in, in any territory."""
    for code in places_of(sections, deal.rights.territories):
        kept = paid = 0.0
        for term in deal.terms:
            if getattr(term, "territories", None) is not None and code not in places_of(sections, term.territories):
                continue
            if term.clause in {"distribution_fee", "revenue_share"}:
                highest = max(span(share)[1] for share in shares_of(term))
                if term.clause == "distribution_fee":
                    kept += highest
                else:
                    paid += highest * (1 if term.base == "gross" else max(1 - kept, 0))
        if kept + paid > 1 + 1e-9:
            said = f"share out up to {100 * (kept + paid):g} % of gross receipts in {code}; lower them"
            yield say(("deals", name, "terms"), said)
            return


def shares_of(shared: Shared) -> list[Any]:
    """Return the shares that a clause or a position may have."""
    return [shared.share] if shared.tiers is None else [tier.share for tier in shared.tiers]


def places_of(sections: Sections, chosen: TerritorySet) -> tuple[str, ...]:
    """Return the territories of a set, in the order of the data, whether or not the scenario has them."""
    return places.resolve(chosen.include, chosen.exclude, sections.territories.groups)


def one_account(sections: Sections, say: Say) -> Faults:
    """Sums of money are one number, or one for each territory where those are told apart; so are discount rates."""
    moving = Ramp | Steps | Growth
    for part in section_parts(sections, "discount_rates", "negotiation"):
        if differs_by_place(part.value) or isinstance(part.value, moving):
            yield say(part.path, "must be one number, certain or not, for all places and times")
    for part in section_parts(sections, "fx"):
        if differs_by_place(part.value):
            yield say(part.path, "differs by territory; a rate of exchange is one for all")
    for part in section_parts(sections, "packages"):
        if differs_by_place(part.value) or isinstance(part.value, moving):
            yield say(part.path, "must be one number, certain or not: a package is one account")
    for part in section_parts(sections, "deals"):
        if differs_by_place(part.value) and not _may_differ(sections, part):
            said = "differs by territory; a deal is one account, so give one value or write a deal for each place"
            yield say(part.path, said)
        if isinstance(part.value, moving) and {"terms", "licensor_cost"} & {*part.path[2:3]} and _is_sum(part):
            yield say(part.path, "moves over time; a sum of money is one number, paid by its schedule")


def _is_sum(part: Part) -> bool:
    return bool(
        {"amount", "cap", "floor", "tiers", "threshold", "hours", "recouped_share", "escalation"} & {*part.path}
    )


def _may_differ(sections: Sections, part: Part) -> bool:
    """Tell whether a quantity of a deal may differ by territory: its earnings, its tax, what each territory pays."""
    section, *inner = part.path[2:]
    if section in {"exploitation", "withholding_tax"}:
        return True
    if section != "terms":
        return False
    clause = sections.deals[part.path[1]].terms[inner[0]].clause
    return clause in BY_TERRITORY and inner[1] in SUMS and not (clause.startswith("per_") and inner[1] == "amount")


def _apart(sections: Sections, name: str, deal: Deal, say: Say) -> Faults:
    """A sum for all territories cannot be parted among them where each has its own tax, account or place in a waterfall."""
    why, inside = None, {*places_of(sections, deal.rights.territories)}
    if any(differs_by_place(part.value) for part in parts(deal.withholding_tax)):
        why = "withholding tax differs by territory"
    elif deal.accounts_by_territory:
        why = "each territory is an account of its own"
    elif any(inside & shared not in ({*()}, inside) for shared in _shared_apart(sections, name)):
        why = "a waterfall shares in the proceeds of some of its territories"
    for index, term in enumerate(deal.terms) if why else ():
        if term.clause in {"bonus", "cost_plus"}:
            yield say(("deals", name, "terms", index), f"pays one sum for all territories, but {why}")
        if not deal.accounts_by_territory and (getattr(term, "is_topped_up", False) or getattr(term, "floor", None)):
            said = f"makes up one sum for all territories, but {why}; write a deal for each, or accounts_by_territory"
            yield say(("deals", name, "terms", index), said)
            continue
        for key in _sums_apart(deal, term):
            value = getattr(term, key, None)
            if value is not None and not any(differs_by_place(inner.value) for inner in parts(value)):
                said = f"is one sum for all territories, but {why}; give it by_territory, each paying its own"
                yield say(("deals", name, "terms", index, key), said)


def _sums_apart(deal: Deal, term: Clause) -> tuple[str, ...]:
    """Return the sums of a clause that must be given for each territory where those are told apart."""
    if term.clause in {"per_subscriber", "per_hour", "revenue_share"}:
        return ("cap", "floor") if deal.accounts_by_territory else ()
    if term.clause == "expenses":
        return ("amount", "cap") if deal.accounts_by_territory else ()
    if term.clause == "flat_fee" and not any(differs_by_place(part.value) for part in parts(deal.withholding_tax)):
        return () if deal.accounts_by_territory else ("amount",)
    return ("amount",) if term.clause in {"flat_fee", "minimum_guarantee"} else ()


def _shared_apart(sections: Sections, name: str) -> Iterator[set[str]]:
    return ({*places_of(sections, chosen)} for chosen in shared_apart(sections, name))


def parties(sections: Sections, say: Say) -> Faults:
    """Every party has a discount rate, and every rate a party."""
    named_so = {party for deal in sections.deals.values() for party in (deal.licensor, deal.licensee)}
    for package in (sections.packages or {}).values():  # a faulty section is None
        named_so |= {*package.cost_shares, *(position.party for position in package.waterfall.values())}
    platform = {sections.subscribers.platform} if sections.subscribers else set()
    if sections.platform and sections.platform.accounts:
        named_so |= platform
    for party in sorted(named_so):
        if not {party, "default"} & sections.discount_rates.keys():
            yield say(("discount_rates",), f"gives none for {party}; add it, or a default")
    for party in sections.discount_rates:
        if sections.deals and party not in {*named_so, *platform, "default"}:
            yield say(("discount_rates", party), "is no party of a deal" + nearest(party, named_so))
