"""Faults that no single field shows: names that refer to nothing, dates out of order, sections that need one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from functools import partial
from itertools import islice
from typing import Any

from simlib.data import territories
from simlib.scenario import (
    deal_checks,
    draw_checks,
    histories,
    member_checks,
    package_checks,
    places,
    platform_checks,
    question_checks,
    rights_checks,
    risk_checks,
    sweep_checks,
    title_checks,
)
from simlib.scenario.faults import MOST_FAULTS, Fault, Faults, Say, closest, nearest
from simlib.scenario.fields import TerritorySet
from simlib.scenario.places import in_scenario, in_set
from simlib.scenario.platform import driver
from simlib.scenario.quantity import ByTerritory, Fact, Growth, Money, Ramp, RandomWalk, Steps, per_unit
from simlib.scenario.schema import Sections
from simlib.scenario.tree import Node
from simlib.scenario.walk import differs_by_place, parts, section_parts

ONCE = (
    "audience.internet_users*",
    "audience.video_share*",
    "habits.opening.*",
    "subscribers.churn.*",
    "subscribers.marketing.change_coefficient*",
    "subscribers.opening.*",
    "subscribers.potential.*",
    "subscribers.price_effect.*",
    "subscribers.shocks.*",
    "subscribers.title_effect.*",
    "title.*",
    "deals.*.exploitation.reach*",
    "platform.accounts.content.opening.*",
    "platform.accounts.content.amortisation.*",
)
EVERYWHERE = (
    "title.decay.*",
    "title.word_of_mouth.*",
    "title.made_as.*.decay.*",
    "title.made_as.*.word_of_mouth.*",
    "subscribers.opening.*.members*",
    "platform.accounts.content.*",
    "platform.accounts.interest*",
    "platform.accounts.tax_on_profit*",
    "platform.costs.*.of_revenue*",
)


def cross_checks(sections: Sections, tree: Node, broken: set[str]) -> Faults:
    """Yield the faults between sections; a check whose sections are broken themselves is left out."""
    checks: dict[Callable[[Sections, Say], Faults], set[str]] = {
        _territories: {"territories"},
        _sets_of_territories: {"territories", "subscribers", "deals"},
        _by_territory: {"territories"},
        _markets: {"territories", "habits"},
        _dates: {"horizon"},
        _known: {"horizon"},
        title_checks.production: {"horizon", "title"},
        title_checks.made_as: {"title", "deals", "packages"},
        title_checks.word_of_mouth: {"title", "deals", "platform"},
        _sections_needed: {"audience", "habits", "subscribers", "title", "deals", "platform"},
        member_checks.opening: {"territories", "subscribers"},
        member_checks.price: {"subscribers", "platform"},
        member_checks.histories: {"horizon", "subscribers"},
        member_checks.shocks: {"horizon", "subscribers"},
        platform_checks.accounts: {"horizon", "platform"},
        deal_checks.deals: {"horizon", "deals", "subscribers"},
        deal_checks.apart: {"deals", "territories"},
        deal_checks.one_account: set(),
        _as_they_start: set(),
        package_checks.packages: {"deals", "packages", "negotiation", "horizon"},
        package_checks.territories: {"deals", "packages", "territories"},
        rights_checks.conflicting: {"territories", "horizon", "deals", "packages"},
        rights_checks.held_from_itself: {"territories", "horizon", "deals"},
        deal_checks.parties: {"deals", "discount_rates", "subscribers", "platform"},
        risk_checks.risk: {"currency", "deals", "fx", "risk"},
        _currencies: {"currency", "fx"},
        _per_episode: {"title"},
        histories.histories: {"habits", "subscribers", "platform", "histories", "horizon"},
        draw_checks.correlations: {*Sections.model_fields},
        draw_checks.levers: {*Sections.model_fields},
        partial(question_checks.questions, tree): {*Sections.model_fields},
        partial(sweep_checks.sweep, tree): {*Sections.model_fields},
    }
    say = partial(_fault, tree)
    for check, needs in checks.items():
        faults = [] if needs & broken else list(islice(check(sections, say), MOST_FAULTS))
        yield from faults
        if faults and check is _territories:
            broken = {*broken, "territories"}  # what depends on them would only repeat it


def _fault(tree: Node, path: tuple[Any, ...], message: str) -> Fault:
    node = tree.at(path)
    return Fault(node.file, node.line or None, ".".join(map(str, path)), message)


def _strange(chosen: TerritorySet, known: Iterable[str]) -> bool:
    return any(name not in known and name not in places.codes() for name in (*chosen.include, *chosen.exclude))


def _names(chosen: TerritorySet, path: tuple[Any, ...], known: list[str], say: Say) -> Faults:
    for key in ("include", "exclude"):
        for index, name in enumerate(getattr(chosen, key)):
            if name not in known and name not in places.codes():
                yield say((*path, key, index), f"names no territory: found {name!r}" + _near_place(name, known))


def _near_place(word: str, known: Iterable[str]) -> str:
    """Return the hint to the place that a word was probably meant to be, a country's name among them."""
    countries = {place.name: code for code, place in territories().items()}
    meant = closest(word, [*known, *countries])
    if meant:
        return f"; did you mean {countries[meant]}, {meant}?" if meant in countries else f"; did you mean {meant}?"
    words = [name for name in known if name not in places.codes()]
    return "; allowed: " + ", ".join([*words, "ISO 3166 codes, e.g. USA"])


def _territories(sections: Sections, say: Say) -> Faults:
    groups = sections.territories.groups
    for name, listed in groups.items():
        if name in {"world", "default"}:
            yield say(("territories", "groups", name), "is a word of its own; call the group something else")
        for index, code in enumerate(listed):
            if code not in places.codes():
                said = f"is no ISO 3166 code: found {code!r}" + _near_place(code, territories())
                yield say(("territories", "groups", name, index), said)
    yield from _names(sections.territories, ("territories",), places.names(groups), say)
    if not in_scenario(sections):
        yield say(("territories",), "leaves no territory; include `world`, a region, a group or a code")


def _sets_of_territories(sections: Sections, say: Say) -> Faults:
    known = places.names(sections.territories.groups)
    ours = set(in_scenario(sections))
    seen: dict[str, str] = {}
    openings = sections.subscribers.opening.items() if sections.subscribers else ()
    for name, opening in openings:
        path = ("subscribers", "opening", name, "territories")
        yield from _names(opening.territories, path, known, say)
        inside = in_set(opening.territories, sections)
        if not inside and not _strange(opening.territories, known):
            yield say(path, "holds no territory of the scenario")
        for code in inside:
            if seen.setdefault(code, name) != name:
                yield say(path, f"holds {code}, which {seen[code]} holds already; members would count twice")
                break
    for path, chosen in _places_of_rights(sections):
        yield from _names(chosen, path, known, say)
        named = places.resolve(chosen.include, chosen.exclude, sections.territories.groups)
        outside = [code for code in named if code not in ours]
        if _strange(chosen, known):
            continue
        if len(outside) == len(named):
            yield say(path, "holds no territory of the scenario")
        elif outside and "world" not in chosen.include:
            yield say(path, f"holds {', '.join(outside[:5])}, which the scenario's territories leave out")
        if path[-2] == "rights":
            yield from _parts_of(sections, str(path[1]), set(named), known, say)
    for name, package in (sections.packages or {}).items():  # a faulty section is None
        for word, position in package.waterfall.items():
            if position.territories:
                yield from _names(
                    position.territories, ("packages", name, "waterfall", word, "territories"), known, say
                )


def _parts_of(sections: Sections, name: str, granted: set[str], known: list[str], say: Say) -> Faults:
    """Territories of a clause are some of its deal's."""
    for index, term in enumerate(sections.deals[name].terms):
        chosen, path = getattr(term, "territories", None), ("deals", name, "terms", index, "territories")
        if chosen is None:
            continue
        yield from _names(chosen, path, known, say)
        named = places.resolve(chosen.include, chosen.exclude, sections.territories.groups)
        if not granted & {*named} and not _strange(chosen, known):
            yield say(path, "holds no territory of the deal")


def _places_of_rights(sections: Sections) -> Iterator[tuple[tuple[str | int, ...], TerritorySet]]:
    """Yield the territories of every deal and of its holdbacks, each with its path."""
    for name, deal in sections.deals.items():
        path = ("deals", name, "rights")
        yield (*path, "territories"), deal.rights.territories
        for index, held in enumerate(deal.rights.holdbacks):
            if held.territories:
                yield (*path, "holdbacks", index, "territories"), held.territories


def _by_territory(sections: Sections, say: Say) -> Faults:
    groups, ours = sections.territories.groups, in_scenario(sections)
    known = ["default", *places.REGIONS, *groups, *places.codes()]
    for part in section_parts(sections):
        if not isinstance(part.value, ByTerritory) or part.path[0] == "habits":
            continue
        given = part.value.by_territory
        strange = [name for name in given if name not in known]
        for name in strange:
            yield say((*part.path, "by_territory", name), "is no territory" + _near_place(name, known))
        by_code: dict[str, str] = {}
        for name in given:
            if by_code.setdefault(places.codes().get(name, name), name) != name:
                yield say((*part.path, "by_territory", name), f"is the same place as {by_code[places.codes()[name]]}")
        needed = _granted(sections, part.path[1]) if part.path[0] == "deals" else ours
        lacking = [] if strange else [code for code in needed if places.narrowest(code, given, groups) is None]
        if lacking:
            shown = ", ".join(lacking[:5]) + (", …" if len(lacking) > 5 else "")
            yield say(part.path, f"gives no value for {shown}; add them, or a default")


def _granted(sections: Sections, deal: str) -> tuple[str, ...]:
    """Return the territories of a deal that are in the scenario."""
    return in_set(sections.deals[deal].rights.territories, sections)


def _markets(sections: Sections, say: Say) -> Faults:
    if sections.habits is None:
        return
    markets, groups = sections.habits.markets, sections.territories.groups
    known = ["world", *places.REGIONS, *groups]
    strange = [name for name in markets if name not in known and name not in places.codes()]
    for name in strange:
        said = f"names no place: found {name!r}" + _near_place(name, known)
        yield say(("habits", "markets", markets.index(name)), said)
    held = set()
    for index, name in enumerate(markets):
        here = {*places.members(name, groups)}
        if here and here <= held:
            said = f"has no territory of its own: {name} is held by markets before it; put the narrower first"
            yield say(("habits", "markets", index), said)
        held |= here
    lacking = [code for code in in_scenario(sections) if code not in held]
    if lacking and not strange:
        yield say(("habits", "markets"), f"leaves out {', '.join(lacking[:5])}; every territory needs a market")
    for part in section_parts(sections, "habits"):
        if isinstance(part.value, Fact):
            yield say(part.path, "a fact belongs to a territory; habits differ by market")
        if isinstance(part.value, ByTerritory):
            allowed, given = {*markets, "default"}, part.value.by_territory.keys()
            for name in given - allowed:
                yield say((*part.path, "by_territory", name), "is no market" + nearest(name, allowed))
            missing = [market for market in markets if not {market, "default"} & given]
            if missing and given <= allowed:
                yield say(part.path, f"gives no value for {', '.join(missing)}; add them, or a default")


def _dates(sections: Sections, say: Say) -> Faults:
    start = sections.horizon.start
    for part in section_parts(sections):
        if isinstance(part.value, Steps) and (first := next(iter(part.value.steps))) > start:
            yield say(
                part.path, f"steps begin in {first}, after the horizon's start {start}; give the value from {start} on"
            )
        if isinstance(part.value, RandomWalk) and part.path[0] != "fx":
            yield say(part.path, "only a rate of exchange may be a random walk; write a ramp, steps or growth here")


def _known(sections: Sections, say: Say) -> Faults:
    """What was known reaches to the start at least."""
    known, start = sections.horizon.known_until, sections.horizon.start
    if known is not None and known < start:
        yield say(
            ("horizon", "known_until"), f"is before the horizon's start {start}; leave it out where it says no more"
        )


def _sections_needed(sections: Sections, say: Say) -> Faults:
    def need(user: str, *needed: str) -> Faults:
        for name in needed:
            if getattr(sections, name) is None:
                yield say((user,), f"needs the section {name}")

    if sections.habits:
        yield from need("habits", "audience")
    if sections.subscribers:
        yield from need(
            "subscribers", "audience", *(["habits"] if sections.subscribers.potential.of == "payers" else [])
        )
    if sections.platform:
        yield from need("platform", "subscribers")
    if sections.deals:
        yield from need("deals", "title")
    for name, deal in sections.deals.items():
        if deal.exploitation.by == "viewing" and (sections.audience is None or sections.habits is None):
            yield say(("deals", name, "exploitation"), "by viewing needs the sections audience and habits")
        if deal.exploitation.by == "membership" and (sections.subscribers is None or sections.platform is None):
            yield say(("deals", name, "exploitation"), "by membership needs the sections subscribers and platform")


def _as_they_start(sections: Sections, say: Say) -> Faults:
    """What is taken once, at the start or for all places, may not move or differ."""
    for part in section_parts(sections):
        moves = isinstance(part.value, Ramp | Steps | Growth)
        if moves and any(fnmatch(part.dotted, path) for path in ONCE):
            yield say(part.path, "moves over time; it is taken once, so give its value at the start")
        if differs_by_place(part.value) and any(fnmatch(part.dotted, path) for path in EVERYWHERE):
            yield say(part.path, "differs by territory; it is one number for all of them")
    for part in section_parts(sections, "platform"):
        is_line = len(part.path) == 3 and part.path[1] != "accounts"
        if is_line and driver(part.value) in {None, "title", "month"}:
            for inner in parts(part.value, part.name, part.path):
                if differs_by_place(inner.value):
                    yield say(inner.path, "differs by territory; a plain sum is one number for all of them")


def _currencies(sections: Sections, say: Say) -> Faults:
    known = {place.currency for place in territories().values()}
    strange = [code for code in (sections.currency, *sections.fx) if code not in known]
    for code in strange:
        path = ("currency",) if code == sections.currency else ("fx", code)
        yield say(path, f"is no currency: found {code!r}" + nearest(code, known))
    if sections.currency in sections.fx:
        yield say(("fx", sections.currency), "is the scenario's own currency; its rate is 1")
    for part in () if strange or "USD" in {sections.currency, *sections.fx} else section_parts(sections):
        if isinstance(part.value, Fact) and part.value.fact == "monthly_income":
            yield say(part.path, "is in USD, which has no rate in fx; add fx.USD")
    for part in () if strange else section_parts(sections):
        if isinstance(part.value, Money) and part.value.currency not in {sections.currency, *sections.fx}:
            yield say(part.path, f"is in {part.value.currency}, which has no rate in fx; add fx.{part.value.currency}")


def _per_episode(sections: Sections, say: Say) -> Faults:
    for part in () if sections.deals else section_parts(sections):  # a deal says itself that it needs the title
        if sections.title is None and isinstance(part.value, Money) and per_unit(part.value) == "episode":
            yield say(part.path, "is per episode; it needs the section title")
