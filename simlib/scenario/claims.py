"""What the deals of a scenario take out of the free rights, in months since the horizon's start."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from simlib.models.rights import Claim
from simlib.scenario.deals import Deal
from simlib.scenario.places import in_set
from simlib.scenario.quantity import months_between
from simlib.scenario.schema import Sections


def claims(sections: Sections, deals: Collection[str]) -> list[Claim]:
    """Return the claims of some deals in the order of the file: of each its grant, its holdbacks, its option."""
    chosen = {name: deal for name, deal in sections.deals.items() if name in deals}
    return [claim for name, deal in chosen.items() for claim in _claims(sections, name, deal)]


def _claims(sections: Sections, name: str, deal: Deal) -> Iterator[Claim]:
    rights = deal.rights
    places = frozenset(in_set(rights.territories, sections))
    opens = months_between(sections.horizon.start, rights.start)
    status = "exclusive" if rights.exclusive else "shared"
    yield Claim(name, deal.licensee, status, frozenset(rights.media), places, opens, opens + rights.term_months)
    for held in rights.holdbacks:
        there = frozenset(in_set(held.territories, sections)) if held.territories else places
        yield Claim(name, deal.licensee, "held back", frozenset(held.media), there, opens, opens + held.months)
    renewal, ends = deal.clause("renewal"), opens + rights.term_months
    if renewal and rights.exclusive:
        yield Claim(name, deal.licensee, "held back", frozenset(rights.media), places, ends, ends + renewal.months)
