"""Faults between deals, packages and what they rest on: dates, parties, accounts, the fee on the table."""

from __future__ import annotations

from simlib.scenario.deals import Deal
from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.fields import MONTHS
from simlib.scenario.quantity import Growth, Ramp, Steps, months_between, span
from simlib.scenario.schema import Sections
from simlib.scenario.walk import differs_by_place, section_parts

NEEDS = dict.fromkeys(("revenue_share", "distribution_fee", "expenses"), "viewing") | {"per_subscriber": "membership"}


def deals(sections: Sections, say: Say) -> Faults:
    """Dates, parties and clauses of each deal fit the horizon, the platform and one another."""
    horizon, subscribers = sections.horizon, sections.subscribers
    months = horizon.periods * MONTHS[horizon.step]
    for name, deal in sections.deals.items():
        opens = months_between(horizon.start, deal.rights.start)
        if opens < 0:
            yield say(
                ("deals", name, "rights", "start"), f"{deal.rights.start} is before the horizon's start {horizon.start}"
            )
        if opens >= months:
            yield say(("deals", name, "rights", "start"), f"{deal.rights.start} is after the horizon's end")
        if deal.licensor == deal.licensee:
            yield say(("deals", name, "licensee"), f"is the licensor too: {deal.licensee}")
        for role in ("licensor", "licensee"):
            if getattr(deal, role) == "default":
                yield say(("deals", name, role), "is a word of its own; call the party something else")
        if deal.gross_up and span(deal.withholding_tax)[1] >= 1:
            yield say(("deals", name, "withholding_tax"), "of 100 % cannot be grossed up; lower it, or gross_up: false")
        yield from _schedules(name, deal, horizon.start, say)
        if deal.exploitation.by == "membership" and subscribers:
            if deal.licensee != subscribers.platform:
                yield say(
                    ("deals", name, "licensee"),
                    f"earns by membership, but the subscribers are {subscribers.platform}'s",
                )
            if subscribers.title_effect is None:
                yield say(("deals", name, "exploitation"), "by membership needs subscribers.title_effect")
        for index, term in enumerate(deal.terms):
            if term.clause in NEEDS and NEEDS[term.clause] != deal.exploitation.by:
                said = f"{term.clause} needs exploitation by {NEEDS[term.clause]}; found by {deal.exploitation.by}"
                yield say(("deals", name, "terms", index), said)


def one_account(sections: Sections, say: Say) -> Faults:
    """A deal is one account over its territories, and a sum of money one number; so is a party's discount rate."""
    moving = Ramp | Steps | Growth
    for part in section_parts(sections, "discount_rates", "negotiation"):
        if differs_by_place(part.value) or isinstance(part.value, moving):
            yield say(part.path, "must be one number, certain or not, for all places and times")
    for part in section_parts(sections, "fx"):
        if differs_by_place(part.value):
            yield say(part.path, "differs by territory; a rate of exchange is one for all")
    for part in section_parts(sections, "deals"):
        section = part.path[2:3]
        if differs_by_place(part.value) and section != ("exploitation",):
            yield say(
                part.path,
                "differs by territory; a deal is one account, so give one value or write a deal for each place",
            )
        if isinstance(part.value, moving) and section in {("terms",), ("licensor_cost",)} and "amount" in part.path:
            yield say(part.path, "moves over time; a sum of money is one number, paid by its schedule")


def _schedules(name: str, deal: Deal, start: str, say: Say) -> Faults:
    for index, term in enumerate(deal.terms):
        early = [month for month in getattr(term, "schedule", ()) if month < start]
        if early:
            yield say(("deals", name, "terms", index, "schedule"), f"{early[0]} is before the horizon's start {start}")


def _negotiated_fee(sections: Sections, name: str, say: Say) -> Faults:
    """A fee is weighed against what the rights bring, so that all of it must fall due within the horizon."""
    months = sections.horizon.periods * MONTHS[sections.horizon.step]
    terms = sections.deals[name].terms
    index = next(index for index, term in enumerate(terms) if term.clause == "flat_fee")
    for month in terms[index].schedule:
        if months_between(sections.horizon.start, month) >= months:
            path = ("deals", name, "terms", index, "schedule", month)
            yield say(path, "is after the horizon's end; a fee that is negotiated must fall due within it")


def packages(sections: Sections, say: Say) -> Faults:
    """Packages name deals of one licensor; the fee on the table is one of theirs."""
    licensors: dict[str, str] = {}
    for name, package in sections.packages.items():
        for index, deal in enumerate(package.deals):
            if deal in package.deals[:index]:
                yield say(("packages", name, "deals", index), f"names {deal} twice")
            if deal not in sections.deals:
                yield say(
                    ("packages", name, "deals", index), f"names no deal: found {deal!r}" + nearest(deal, sections.deals)
                )
            else:
                licensors[sections.deals[deal].licensor] = name
    if len(licensors) > 1:
        yield say(("packages",), f"have several licensors: {', '.join(licensors)}; one of them must choose")
    wanted = sections.negotiation
    if wanted is None:
        return
    if wanted.package not in sections.packages:
        yield say(
            ("negotiation", "package"),
            f"names no package: found {wanted.package!r}" + nearest(wanted.package, sections.packages),
        )
    elif wanted.deal not in sections.packages[wanted.package].deals:
        yield say(
            ("negotiation", "deal"),
            f"{wanted.deal!r} is not in {wanted.package}"
            + nearest(wanted.deal, sections.packages[wanted.package].deals),
        )
    elif wanted.deal in sections.deals and not any(
        term.clause == "flat_fee" for term in sections.deals[wanted.deal].terms
    ):
        yield say(("negotiation", "deal"), f"{wanted.deal} has no flat_fee to negotiate")
    elif wanted.deal in sections.deals:
        yield from _negotiated_fee(sections, wanted.deal, say)
    if len(sections.packages) < 2:
        yield say(("negotiation",), "needs another package: what the licensor could sign instead is its floor")


def parties(sections: Sections, say: Say) -> Faults:
    """Every party of a deal has a discount rate, and every rate a party."""
    parties = {party for deal in sections.deals.values() for party in (deal.licensor, deal.licensee)}
    for party in sorted(parties):
        if not {party, "default"} & sections.discount_rates.keys():
            yield say(("discount_rates",), f"gives none for {party}; add it, or a default")
    for party in sections.discount_rates:
        if sections.deals and party not in {*parties, "default"}:
            yield say(("discount_rates", party), "is no party of a deal" + nearest(party, parties))
