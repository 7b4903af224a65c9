"""Who holds which rights where and when, which claims cannot stand together, and what is still free to give.

Months are counted from any common start. Windows are half-open: one that ends in the month in which another begins does not
meet it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import Literal, NamedTuple

Status = Literal["exclusive", "shared", "held back"]


class Claim(NamedTuple):
    """What a deal takes out of the free rights: granted to its holder, alone or not, or held back on its behalf.

    An option to renew holds back what it may want, from where the window closes.
    """

    deal: str
    holder: str
    status: Status
    media: frozenset[str]
    territories: frozenset[str]
    first: int  # the month in which the window opens
    last: int  # the first month after it


class Conflict(NamedTuple):
    """Two claims that cannot stand together, and what they share."""

    one: Claim
    two: Claim
    media: frozenset[str]
    territories: frozenset[str]
    first: int  # the first month in which they clash


def conflicts(claims: Iterable[Claim]) -> Iterator[Conflict]:
    """Yield the claims of different holders that meet in media, territory and window where one leaves no room.

    An exclusive grant leaves no room for another's, nor does a holdback; two shared grants stand together, and so do
    two holdbacks. Each pair comes once, in the order in which the claims are given.

    >>> own = Claim("a", "netflix", "exclusive", frozenset({"SVOD"}), frozenset({"TWN", "JPN"}), 0, 12)
    >>> other = Claim("b", "station", "shared", frozenset({"SVOD", "AVOD"}), frozenset({"TWN"}), 6, 18)
    >>> [(sorted(clash.media), sorted(clash.territories), clash.first) for clash in conflicts([own, other])]
    [(['SVOD'], ['TWN'], 6)]
    """
    for one, two in combinations(claims, 2):
        media, territories = one.media & two.media, one.territories & two.territories
        first = max(one.first, two.first)
        if _exclude_each_other(one, two) and media and territories and first < min(one.last, two.last):
            yield Conflict(one, two, media, territories, first)


def _exclude_each_other(one: Claim, two: Claim) -> bool:
    statuses = {one.status, two.status}
    return one.holder != two.holder and statuses not in ({"shared"}, {"held back"})


def free(
    claims: Iterable[Claim], media: Iterable[str], territories: Iterable[str], first: int, last: int
) -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
    """Return the spans of months, within `first` to `last`, that no claim takes, by (medium, territory).

    Leave out the shared claims to see what may still be granted to a further licensee beside them.

    >>> own = Claim("a", "netflix", "exclusive", frozenset({"SVOD"}), frozenset({"TWN"}), 2, 12)
    >>> free([own], ["SVOD", "AVOD"], ["TWN"], 0, 24)
    {('SVOD', 'TWN'): ((0, 2), (12, 24)), ('AVOD', 'TWN'): ((0, 24),)}
    """
    claims = list(claims)
    return {
        (medium, place): gaps(
            ((c.first, c.last) for c in claims if medium in c.media and place in c.territories), first, last
        )
        for medium, place in product(media, list(territories))
    }


def gaps(spans: Iterable[tuple[int, int]], first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Return what half-open spans leave uncovered between `first` and `last`, in order.

    >>> gaps([(6, 9), (2, 7)], 0, 12)
    ((0, 2), (9, 12))
    """
    reached, left = first, []
    for opens, closes in sorted(spans):
        if opens > reached:
            left.append((reached, min(opens, last)))
        reached = max(reached, closes)
    return tuple((opens, closes) for opens, closes in [*left, (reached, last)] if opens < closes)
