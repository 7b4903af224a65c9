"""Names of places → territories: ISO codes, the scenario's groups, streaming regions, `world`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain

from simlib.data import territories
from simlib.scenario.fields import TerritorySet
from simlib.scenario.schema import Sections

REGIONS = ("UCAN", "EMEA", "LATAM", "APAC")


@cache
def codes() -> Mapping[str, str]:
    """Return every ISO 3166-1 code, of two letters or three, with its three-letter code.

    >>> codes()["NO"], codes()["NOR"]
    ('NOR', 'NOR')
    """
    known = territories()
    return {place.iso2: code for code, place in known.items()} | {code: code for code in known}


def names(groups: Iterable[str]) -> list[str]:
    """Return every name that a set of territories may use."""
    return ["world", *REGIONS, *groups, *territories()]


def members(name: str, groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the territories of one name, by three-letter code; none for a name that is not known.

    >>> members("NO", {}), len(members("world", {}))
    (('NOR',), 203)
    """
    known = territories()
    if name == "world":
        return tuple(known)
    if name in REGIONS:
        return tuple(code for code, place in known.items() if place.region == name)
    if name in groups:
        return tuple(codes()[code] for code in groups[name] if code in codes())
    return (codes()[name],) if name in codes() else ()


def resolve(include: Sequence[str], exclude: Sequence[str], groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the territories that are included and not excluded, in the order of the data.

    >>> resolve(["UCAN"], ["US"], {})
    ('BMU', 'CAN', 'GRL')
    """
    taken = {code for name in {*include} for code in members(name, groups)}
    taken -= {code for name in {*exclude} for code in members(name, groups)}
    return tuple(code for code in territories() if code in taken)


def narrowest(place: str, given: Iterable[str], groups: Mapping[str, Sequence[str]]) -> str | None:
    """Return the narrowest of the given names that holds a place: code, then group, then region, then default.

    >>> narrowest("TWN", ["APAC", "default", "taiwan"], {"taiwan": ["TWN"]})
    'taiwan'
    """
    given, known = list(given), codes()
    own = (name for name in given if known.get(name) == place or name == place)
    grouped = (name for name in given if place in {known.get(code) for code in groups.get(name, ())})
    region = territories()[place].region if place in territories() else None
    wide = (name for name in (region, "default") if name in given)
    return next(chain(own, grouped, wide), None)


def in_scenario(sections: Sections) -> tuple[str, ...]:
    """Return the territories of a scenario, in the order of the data."""
    chosen = sections.territories
    return resolve(chosen.include, chosen.exclude, chosen.groups)


def in_set(chosen: TerritorySet, sections: Sections) -> tuple[str, ...]:
    """Return the territories of a set that are in the scenario."""
    ours = set(in_scenario(sections))
    named = resolve(chosen.include, chosen.exclude, sections.territories.groups)
    return tuple(code for code in named if code in ours)
