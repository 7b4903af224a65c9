"""Faults in packages and their waterfalls, and in the fee on the table."""

from __future__ import annotations

from typing import Any

from simlib.scenario.clauses import currency_of
from simlib.scenario.deal_checks import NO_PARTY, months_in, places_of, shares_of, tiers_in_order
from simlib.scenario.deals import Negotiation, Package, Position
from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.quantity import months_between, span
from simlib.scenario.schema import Sections
from simlib.scenario.title import way_of
from simlib.scenario.walk import differs_by_place, parts


def packages(sections: Sections, say: Say) -> Faults:
    """Packages name deals of one licensor, share out all of the cost, and of the proceeds no more than there are."""
    licensors: dict[str, str] = {}
    for name, package in sections.packages.items():
        sound = True
        for index, deal in enumerate(package.deals):
            if deal in package.deals[:index]:
                yield say(("packages", name, "deals", index), f"names {deal} twice")
            if deal not in sections.deals:
                sound = False
                said = f"names no deal: found {deal!r}" + nearest(deal, sections.deals)
                yield say(("packages", name, "deals", index), said)
            else:
                licensors[sections.deals[deal].licensor] = name
        yield from _cost_shares(sections, name, package, say)
        if sound:
            yield from _pools(sections, name, package, say)
            yield from _waterfall(sections, name, package, say)
    if len(licensors) > 1:
        yield say(("packages",), f"have several licensors: {', '.join(licensors)}; one of them must choose")
    yield from _negotiation(sections, say)


def _cost_shares(sections: Sections, name: str, package: Package, say: Say) -> Faults:
    path = ("packages", name, "cost_shares")
    way = next((way for deal in package.deals if deal in sections.deals and (way := way_of(sections, deal))), None)
    if package.cost_shares and way and way.made.production is None:
        yield say(path, f"share the cost of production; add {way.path}.production")
    ends = [span(share) for share in package.cost_shares.values()]
    if any(low != high for low, high in ends):
        yield say(path, "must be certain, for they share out the whole cost in every draw")
    elif ends and abs(sum(low for low, _ in ends) - 1) > 1e-9:
        yield say(path, f"must sum to 100 %; found {100 * sum(low for low, _ in ends):g} %")
    for party in package.cost_shares:
        if party in NO_PARTY:
            yield say((*path, party), "is a word of its own; call the party something else")


def _pools(sections: Sections, name: str, package: Package, say: Say) -> Faults:
    """Deals in one account have advances on the term, in one currency, recouped from the same."""
    seen: set[str] = set()
    for index, pool in enumerate(package.cross_collateralised):
        path = ("packages", name, "cross_collateralised", index)
        known = [deal for deal in pool if deal in package.deals]
        for place, deal in enumerate(pool):
            if deal not in package.deals:
                said = f"names no deal of the package: found {deal!r}" + nearest(deal, package.deals)
                yield say((*path, place), said)
            elif deal in seen:
                yield say((*path, place), f"names {deal}, whose account is shared already")
            seen.add(deal)
        if len(pool) < 2:
            yield say(path, "needs two deals or more; one deal is one account of itself")
        advances = {deal: sections.deals[deal].clause("minimum_guarantee") for deal in known}
        for deal, advance in advances.items():
            if advance is None or advance.is_yearly or advance.is_topped_up:
                yield say(path, f"recoups advances on the term together; {deal} has none")
            elif sections.deals[deal].accounts_by_territory:
                yield say(path, f"is one account; the territories of {deal} are accounts of their own")
        if len(licensees := dict.fromkeys(sections.deals[deal].licensee for deal in known)) > 1:
            yield say(path, f"is one account, but of several licensees: {', '.join(licensees)}")
        sound = [advance for advance in advances.values() if advance]
        if len({currency_of(advance.amount) or sections.currency for advance in sound}) > 1:
            yield say(path, "recoups advances in several currencies; one account has one currency")
        if len({advance.is_off_the_top for advance in sound}) > 1:
            yield say(path, "recoups some advances from receipts and some from the licensor's share; choose one")


def _waterfall(sections: Sections, name: str, package: Package, say: Say) -> Faults:
    licensor, above = sections.deals[package.deals[0]].licensor, {}
    for word, position in package.waterfall.items():
        path = ("packages", name, "waterfall", word)
        if position.party == licensor:
            yield say((*path, "party"), f"is the licensor, who keeps what the positions leave: {licensor}")
        if position.party in NO_PARTY:
            yield say((*path, "party"), "is a word of its own; call the party something else")
        yield from _bounds(sections, path, package, position, say)
        yield from _after(path, position, above, say)
        yield from tiers_in_order(path, position.tiers or (), say)
        yield from _named_deals(path, package, position, say)
        above[word] = position


def _bounds(sections: Sections, path: tuple[Any, ...], package: Package, position: Position, say: Say) -> Faults:
    sums = [position.until] if position.until is not None else []
    sums += [end for tier in position.tiers or () for end in (tier.up_to, tier.until_paid) if end is not None]
    kept = {currency_of(money) or sections.currency for money in sums}
    if len(kept) > 1:
        yield say(path, f"keeps its sums in {' and '.join(sorted(kept))}; a position is one account, in one currency")
    if position.until is not None and position.until_cost is not None:
        yield say(path, "ends at `until` or at `until_cost`, not at both")
    if position.until_cost is not None and position.party not in package.cost_shares:
        yield say((*path, "until_cost"), f"is a share of what {position.party} put in; give it one of the cost_shares")
    if position.until_cost is not None and kept - {sections.currency}:
        yield say((*path, "until_cost"), f"is kept in {sections.currency}; write the tiers in it too")


def _after(path: tuple[Any, ...], position: Position, above: dict[str, Position], say: Say) -> Faults:
    if position.after is None:
        return
    first = above.get(position.after)
    if first is None:
        yield say(
            (*path, "after"), f"names no position above: found {position.after!r}" + nearest(position.after, above)
        )
    elif first.until is None and first.until_cost is None:
        yield say((*path, "after"), f"waits for {position.after}, which has no `until` and never has all of its own")


def _named_deals(path: tuple[Any, ...], package: Package, position: Position, say: Say) -> Faults:
    for index, deal in enumerate(position.deals or ()):
        if deal not in package.deals:
            said = f"names no deal of the package: found {deal!r}" + nearest(deal, package.deals)
            yield say((*path, "deals", index), said)


def territories(sections: Sections, say: Say) -> Faults:
    """A position shares in the proceeds of some territories of its deals; nowhere is more than all shared out."""
    for name, package in sections.packages.items():
        yield from _gross_shares(sections, name, package, say)
        for word, position in package.waterfall.items():
            chosen = [deal for deal in position.deals or package.deals if deal in sections.deals]
            granted = [{*places_of(sections, sections.deals[deal].rights.territories)} for deal in chosen]
            inside = {*places_of(sections, position.territories)} if position.territories else set()
            if position.territories and any(granted) and not any(inside & rights for rights in granted):
                yield say(("packages", name, "waterfall", word, "territories"), "holds no territory of its deals")


def _gross_shares(sections: Sections, name: str, package: Package, say: Say) -> Faults:
    always = [
        position for position in package.waterfall.values() if position.base == "gross" and position.after is None
    ]
    places = {id(position): {*places_of(sections, position.territories)} for position in always if position.territories}
    for deal in package.deals if always else ():
        for code in places_of(sections, sections.deals[deal].rights.territories) if deal in sections.deals else ():
            here = [p for p in always if deal in (p.deals or package.deals) and code in places.get(id(p), {code})]
            total = sum(max(span(share)[1] for share in shares_of(position)) for position in here)
            if total > 1 + 1e-9:
                said = f"shares out up to {100 * total:g} % of gross proceeds of {deal} in {code}; lower them"
                yield say(("packages", name, "waterfall"), said)
                return


def _negotiation(sections: Sections, say: Say) -> Faults:
    wanted = sections.negotiation
    if wanted is None:
        return
    if wanted.package not in sections.packages:
        said = f"names no package: found {wanted.package!r}" + nearest(wanted.package, sections.packages)
        yield say(("negotiation", "package"), said)
    elif wanted.deal not in sections.packages[wanted.package].deals:
        said = f"{wanted.deal!r} is not in {wanted.package}"
        yield say(("negotiation", "deal"), said + nearest(wanted.deal, sections.packages[wanted.package].deals))
    elif wanted.deal in sections.deals:
        yield from _fee(sections, wanted.deal, say)
        yield from _linear(sections, wanted, say)
    if len(sections.packages) < 2:
        yield say(("negotiation",), "needs another package: what the licensor could sign instead is its floor")


def _fee(sections: Sections, name: str, say: Say) -> Faults:
    """A fee is weighed against what the rights bring: it is one sum, and all of it falls due within the horizon."""
    deal = sections.deals[name]
    fee = deal.clause("flat_fee")
    if fee is None:
        yield say(("negotiation", "deal"), f"{name} has no flat_fee to negotiate")
        return
    path = ("deals", name, "terms", deal.terms.index(fee))
    if deal.highest_tax >= 1:
        yield say(("deals", name, "withholding_tax"), "of 100 % leaves nothing of a fee that is negotiated")
    if any(differs_by_place(part.value) for part in parts(fee.amount)):
        yield say((*path, "amount"), "differs by territory; the fee that is negotiated is one sum")
    for moment in fee.schedule:
        month = deal.month_of(moment)
        if month[0].isdigit() and months_between(sections.horizon.start, month) >= months_in(sections):
            said = "is after the horizon's end; a fee that is negotiated must fall due within it"
            yield say((*path, "schedule", moment), said)


def _linear(sections: Sections, wanted: Negotiation, say: Say) -> Faults:
    """A fee is solved for in one step, where the licensor keeps the same share of every dollar of it."""
    for word, position in sections.packages[wanted.package].waterfall.items():
        ends = (position.until, position.until_cost, position.after, position.tiers, position.territories)
        shares_in_fee = position.deals is None or wanted.deal in position.deals
        if shares_in_fee and any(end is not None for end in ends):
            said = "changes what the licensor keeps as the fee grows; leave out negotiation, and `simlib solve` for the fee"
            yield say(("packages", wanted.package, "waterfall", word), said)
        elif shares_in_fee and position.party == sections.deals[wanted.deal].licensee:
            said = f"hands part of the fee back to {position.party}, who pays it; name the position's deals without it"
            yield say(("packages", wanted.package, "waterfall", word), said)
    on_fee = [
        p for p in sections.packages[wanted.package].waterfall.values() if wanted.deal in (p.deals or [wanted.deal])
    ]
    if sum(span(p.share)[1] for p in on_fee if p.share is not None) >= 1:
        yield say(("packages", wanted.package, "waterfall"), "leaves the licensor nothing of a fee that is negotiated")
