"""Faults of the title: dates of its production, deals and packages that say no way of making it, hits that move nothing."""

from __future__ import annotations

from simlib.scenario.deals import Package
from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.platform import OWN, driver
from simlib.scenario.schema import Sections
from simlib.scenario.title import Story, Way, way_of, ways
from simlib.scenario.walk import differs_by_place, parts


def production(sections: Sections, say: Say) -> Faults:
    """What the title costs falls within the time that is simulated, or after it."""
    for path, made in ways(sections.title).values():
        for month in made.production.schedule if made.production else ():
            if month < sections.horizon.start:
                start = sections.horizon.start
                said = f"is before the horizon's start {start}; count what is spent already in its first month"
                yield say((*path.split("."), "production", "schedule", month), said)


def made_as(sections: Sections, say: Say) -> Faults:
    """Each deal is about one way of making the title, and so are all deals of a package."""
    known = ways(sections.title)
    for name, deal in sections.deals.items() if known else ():
        path = ("deals", name, "made_as")
        if deal.made_as in known:
            continue
        if not isinstance(sections.title, Story):
            yield say(
                path, "names a way of making the title, but it is made in one; take it out, or write title.made_as"
            )
        elif deal.made_as is None:
            yield say(path[:2], f"lacks made_as: which way of making the title it is about{nearest('', known)}")
        else:
            yield say(path, f"names no way of making the title: found {deal.made_as!r}{nearest(deal.made_as, known)}")
    for name, package in sections.packages.items():
        yield from _one_way(sections, name, package, say)


def _one_way(sections: Sections, name: str, package: Package, say: Say) -> Faults:
    """A title is made once, and where it could be made in several ways its cost is part of the choice."""
    if not isinstance(sections.title, Story):
        return
    found: dict[str, Way] = {}
    for index, deal in enumerate(package.deals):
        if deal not in sections.deals or (way := way_of(sections, deal)) is None:
            continue  # another check names it
        found[sections.deals[deal].made_as] = way
        if len(found) == 2:
            said = f"is about {' and '.join(found)}; the deals of a package are about one way of making the title"
            yield say(("packages", name, "deals", index), said)
            return
    for way in found.values():
        if way.made.production and not package.cost_shares:
            said = "lacks cost_shares: what the title costs depends on how it is made, so say who bears it"
            yield say(("packages", name), said)


def word_of_mouth(sections: Sections, say: Say) -> Faults:
    """A hit moves a line that is there, by one factor for all territories."""
    lines = sections.platform.revenue if sections.platform else None
    if any(way_of(sections, name) is None for name in sections.deals):
        return  # another check names the deal
    for path, made in ways(sections.title).values():
        told, steps = made.word_of_mouth, tuple(path.split("."))
        if told is None:
            continue
        about = [deal for name, deal in sections.deals.items() if way_of(sections, name) == (path, made)]
        written = {line: getattr(lines, line, None) for line in type(told).model_fields}
        has = {line: value is not None and driver(value) not in OWN for line, value in written.items()}
        by = {deal.exploitation.by for deal in about}
        moved = {line for line in has if has[line] and "membership" in by}
        moved |= {"content_marketing"} if "viewing" in by else set()
        for line in has:
            if getattr(told, line) is not None and line not in moved:
                where = f"no deal by membership, with a platform.revenue.{line} that a title moves"
                where += ", and none by viewing" if line == "content_marketing" else ""
                yield say((*steps, "word_of_mouth", line), f"moves nothing: there is {where}")
        for hit, at in ((made.hit, (*steps, "hit")), (sections.title.hit, ("title", "hit"))):
            if any(differs_by_place(part.value) for part in parts(hit)):
                yield say(at, "differs by territory, but word_of_mouth carries one hit into the platform's lines")
                break
