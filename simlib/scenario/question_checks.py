"""Faults of the questions a scenario asks: terms, results and ranges that are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simlib.scenario.deals import Package
from simlib.scenario.faults import Fault, Faults, Say, ScenarioError, nearest
from simlib.scenario.platform import RESULTS
from simlib.scenario.schema import Sections
from simlib.scenario.terms import drawn_in, term_at, with_number
from simlib.scenario.tree import Node, extent

MOST_CHECKED = 100_000  # values of a scenario and of each end of its questions, for which it is checked as a whole


def outputs(sections: Sections) -> Iterator[str]:
    """Yield the name of every result that a scenario has, one number for each draw."""
    if sections.habits:
        yield from sections.habits.measures
    if sections.subscribers:
        yield "members"
    if sections.platform and sections.platform.accounts:
        yield from (f"platform.{result}" for result in RESULTS)
        yield from ["platform.net_income_last_year"] if sections.platform.accounts.has_net_income else []
    for name, deal in sections.deals.items():
        kept = ["licensee_npv", "licensee_irr", "licensee_payback", "beyond_horizon", "hours"]
        kept += ["members_gained"] if deal.exploitation.by == "membership" else []
        kept += ["renewed"] if deal.clause("renewal") else []
        yield from (f"deals.{name}.{output}" for output in kept)
    for name, package in sections.packages.items():
        kept = ["licensor_npv", "licensee_npv", "licensor_irr", "licensee_irr", "beyond_horizon"]
        kept += [f"npv.{party}" for party in _several_licensees(sections, package)]
        kept += [f"{measure}.{party}" for party in _others(sections, package) for measure in ("npv", "irr")]
        yield from (f"packages.{name}.{output}" for output in kept)
    if sections.negotiation:
        yield from ("negotiation.fee", "negotiation.bargaining_power")
        for side in ("licensor", "licensee"):
            yield from (f"negotiation.{side}_{what}" for what in ("npv_without_fee", "pv_per_fee"))


def _several_licensees(sections: Sections, package: Package) -> Iterator[str]:
    """Yield the licensees of a package where it has more than one."""
    named = dict.fromkeys(sections.deals[name].licensee for name in package.deals if name in sections.deals)
    yield from named if len(named) > 1 else ()


def _others(sections: Sections, package: Package) -> Iterator[str]:
    """Yield the parties of a package that are neither its licensor nor one of its licensees."""
    deals = [sections.deals[name] for name in package.deals if name in sections.deals]  # another check names the rest
    sides = {party for deal in deals for party in (deal.licensor, deal.licensee)}
    named = [*package.cost_shares, *(position.party for position in package.waterfall.values())]
    yield from (party for party in dict.fromkeys(named) if party not in sides)


def questions(tree: Node, sections: Sections, say: Say) -> Faults:
    """Terms are numbers of the scenario, results are its results."""
    known = list(outputs(sections))
    for name, question in sections.solve.items():
        path = ("solve", name)
        try:
            term_at(tree, question.term)
        except ValueError as error:
            yield say((*path, "term"), f"finds no term: {error}")
        if question.for_ not in known:
            yield say((*path, "for"), f"names no result: found {question.for_!r}" + nearest(question.for_, known))
        try:
            compared = question.level(sections.currency) is None
        except ValueError as error:
            yield say((*path, "equals"), str(error))
            continue
        if compared and question.equals not in known:
            said = f"is no number and names no result: found {question.equals!r}"
            yield say((*path, "equals"), said + nearest(str(question.equals), known))


def ends(sections: Sections, tree: Node, check: Callable[[Node], Sections]) -> Iterator[Fault]:
    """Yield a fault for each end of a range that its term cannot be; `check` raises ScenarioError for a faulty tree."""
    values = extent(tree)[0]
    if (1 + 2 * len(sections.solve)) * values > MOST_CHECKED:
        node, most = tree.at(("solve",)), (MOST_CHECKED // values - 1) // 2
        asked = "a question" if len(sections.solve) == 1 else f"{len(sections.solve)} questions"
        said = f"asks {asked} of a scenario of {values:,} values; it may ask {most or 'none'}"
        yield Fault(node.file, node.line or None, "solve", said)
        return
    for name, question in sections.solve.items():
        term = term_at(tree, question.term)
        for index, end in enumerate(question.between):
            try:
                check(with_number(tree, term, end, drawn_in(sections, term)))
            except ScenarioError as error:
                node = tree.at(("solve", name, "between", index))
                said = f"is {end:g}, which the term cannot be: {error.faults[0].message}"
                yield Fault(node.file, node.line or None, f"solve.{name}.between.{index}", said)
