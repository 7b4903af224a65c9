"""Faults between the rights of deals: what one grants another of the same package has, or must have kept off the market."""

from __future__ import annotations

from collections.abc import Iterable

from simlib.models.rights import Conflict, conflicts
from simlib.scenario.claims import claims
from simlib.scenario.faults import Faults, Say
from simlib.scenario.quantity import months_later
from simlib.scenario.rights import MEDIA
from simlib.scenario.schema import Sections

MOST_NAMED = 3  # territories in a sentence
WAY_OUT = "change the window, media or territories, or leave one of them out of the "


def conflicting(sections: Sections, say: Say) -> Faults:
    """No two deals that could be signed together grant what either has for itself or holds back."""
    signed = {name: {*package.deals} for name, package in sections.packages.items()}
    for clash in conflicts(claims(sections, set().union(*signed.values()))):
        together = [name for name, deals in signed.items() if {clash.one.deal, clash.two.deal} <= deals]
        if not together:
            continue
        there = say(("deals", clash.one.deal, "rights"), "")
        other = f"deals.{clash.one.deal} ({there.file}:{there.line})" if there.line else f"deals.{clash.one.deal}"
        where = f"package{'s' * (len(together) > 1)} {', '.join(together)}"
        said = _sentence(clash, other, months_later(sections.horizon.start, clash.first))
        yield say(("deals", clash.two.deal, "rights"), f"{said}; {WAY_OUT}{where}")


def _sentence(clash: Conflict, other: str, month: str) -> str:
    """Return what the later deal does that the earlier one forbids, or forbids that the earlier one does."""
    one, two = clash.one.status, clash.two.status
    what = f"{_media(clash.media)} in {_territories(clash)} from {month} on"
    if two == "held back":
        return f"holds back {what}, which {other} grants"
    if one == "held back":
        return f"grants {what}, which {other} holds back"
    if one == "exclusive":
        return f"grants {what}, which {other} has exclusively"
    return f"grants {what} exclusively, which {other} has too"


def _media(media: Iterable[str]) -> str:
    return ", ".join(sorted(media, key=MEDIA.index))


def _territories(clash: Conflict) -> str:
    codes = sorted(clash.territories)
    more = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
    return ", ".join(codes[:MOST_NAMED]) + more


def held_from_itself(sections: Sections, say: Say) -> Faults:
    """No deal holds back what it grants itself."""
    for name, deal in sections.deals.items():
        grant, *held = claims(sections, [name])
        for index, claim in enumerate(held[: len(deal.rights.holdbacks)]):
            media = claim.media & grant.media
            if media and claim.territories & grant.territories:
                said = (
                    f"holds back {_media(media)}, which the deal itself grants there; take it out here, or from media"
                )
                yield say(("deals", name, "rights", "holdbacks", index), said)
