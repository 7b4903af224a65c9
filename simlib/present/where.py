"""A short, true name for some territories: a contract's words, a region less a few, a list, the largest and how many more.

Sets that share no territory have different names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from simlib.data import territories
from simlib.present import names, words
from simlib.scenario import places
from simlib.scenario.fields import TerritorySet
from simlib.scenario.schema import Sections

LONGEST = 44  # letters
MOST_NAMED = 3  # territories that are listed, or left out of a larger place


def called(codes: Collection[str], sections: Sections, spoken: Iterable[TerritorySet] = ()) -> str:
    """Return what people call some territories of a scenario; `spoken` are sets in a contract's words.

    >>> from simlib.scenario.load import load
    >>> called(["HKG", "MAC"], load("scenarios/day-and-night.yml"))
    'Hong Kong and Macao'
    """
    found = frozenset(codes)
    if len(found) == 1:
        return names.name(*found)
    said = (text for text in _names(found, sections, [*spoken]) if len(text) <= LONGEST)
    if found == frozenset(places.in_scenario(sections)):
        return next(said, f"All {len(found)} territories")
    largest = max(found, key=lambda code: territories()[code].population)
    return next(said, f"{names.name(largest)} and {len(found) - 1} more")


def _names(codes: frozenset[str], sections: Sections, spoken: Sequence[TerritorySet]) -> Iterator[str]:
    """Yield true names of several territories, the best first."""
    said = [chosen for chosen in spoken if codes == frozenset(places.in_set(chosen, sections))]
    groups = sections.territories.groups
    yield from (_less(chosen.include, chosen.exclude) for chosen in said if "world" not in chosen.include)
    for name in (*groups, *places.REGIONS, "world"):
        whole = frozenset(places.members(name, groups))
        if codes <= whole and len(whole - codes) <= min(MOST_NAMED, len(codes) - 1):
            yield _less([name], sorted(whole - codes))
    if len(codes) <= MOST_NAMED:
        yield _less(sorted(codes), ())
    yield from (_less(chosen.include, chosen.exclude) for chosen in said)


def _less(included: Iterable[str], excluded: Iterable[str]) -> str:
    """Return places and what is taken out of them.

    >>> _less(["world"], ["CHN", "SYR"])
    'World but China and Syria'
    """
    without = words.listed(map(names.name, excluded))
    return words.listed(map(names.name, included)) + (f" but {without}" if without else "")
