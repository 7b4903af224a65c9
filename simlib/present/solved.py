"""Questions that a scenario asks backwards, and their answers, in sentences and as JSON knows them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from simlib.decide.questions import Answer, answers
from simlib.decide.solve import BUDGET, Root
from simlib.present import names, register, values, words
from simlib.scenario.load import Scenario
from simlib.scenario.terms import term_at
from simlib.simulation.outcome import Outcome

DRAWS, POINTS = 1000, 5  # of a report's answers, so that they take a fraction of its own time
ACCOUNTS = {
    "profit_last_year": "the profit of the last year",
    "net_income_last_year": "the net income of the last year",
    "in_profit": "whether the last year has a profit (1 or 0)",
    "break_even": "the date from which it is in profit for good",
    "payback": "the date at which the cash spent is back",
    "npv": "the NPV of its accounts",
    "paying_ratio": "the share of the audience that are members in the last year",
    "paying_ratio_needed": "the share of the audience that would have to be members in the last year",
}


@lru_cache(maxsize=1)
def solved(outcome: Outcome) -> tuple[Answer, ...]:
    """Return the answers to a scenario's own questions on the first of its draws' number, worked out once."""
    scenario = outcome.scenario
    return answers(scenario, scenario.solve, min(outcome.draws, DRAWS), POINTS) if scenario.solve else ()


def title(answer: Answer) -> str:
    """Return what people call a question."""
    said = names.plain(answer.name)
    return said[0].upper() + said[1:]


def asked(scenario: Scenario, answer: Answer) -> str:
    """Return what a question asks for, in words."""
    question, level = answer.question, answer.question.level(scenario.currency)
    term = names.label(answer.term, scenario.territories.groups)
    taken = "the mean" if question.at == "mean" else f"P{int(question.at[1:])}"
    if level is None:
        wanted = f"equals that of {result_name(scenario, str(question.equals))}"
    else:
        wanted = f"is {words.amount(level, answer.unit, scenario.currency)}"
    return f"The value of “{term}” at which {taken} of {result_name(scenario, question.for_)} {wanted}"


def result_name(scenario: Scenario, result: str) -> str:
    """Return what people call a result."""
    kind, _, rest = result.partition(".")
    name, _, what = rest.partition(".")
    if kind == "platform":
        return ACCOUNTS[rest]
    if kind == "packages" and what != "beyond_horizon":
        party, measure = _party(scenario, name, what)
        return f"{party}’s {measure.upper()} from “{scenario.packages[name].label}”".replace("s’s", "s’")
    if kind == "deals" and what == "licensee_npv":
        return f"{names.name(scenario.deals[name].licensee)}’s NPV from the deal “{names.name(name)}”"
    if kind in ("deals", "packages"):
        of = f"the deal “{names.name(name)}”" if kind == "deals" else f"“{scenario.packages[name].label}”"
        return f"{names.plain(what)} of {of}"
    return names.plain(result).replace(".", ", ")


def _party(scenario: Scenario, package: str, what: str) -> tuple[str, str]:
    """Return whose result of a package is meant, and which: `licensor_npv` has a side, `npv.agent` a party."""
    deals = [scenario.deals[deal] for deal in scenario.packages[package].deals]
    if "." in what:
        measure, _, party = what.partition(".")
        return names.name(party), measure
    side, _, measure = what.partition("_")
    parties = {getattr(deal, side) for deal in deals}
    return names.name(parties.pop()) if len(parties) == 1 else "the licensees", measure


def said(scenario: Scenario, answer: Answer) -> str:
    """Return an answer: the value with its Monte Carlo error, all of them where they are several, or that there is none."""
    solution, unit = answer.solution, unit_of(scenario, answer)
    first, last = solution.curve[0], solution.curve[-1]
    if solution.found == "flat":
        return f"the term does not move it: the difference is {_target(scenario, answer, first.target)} throughout"
    if solution.found == "none":
        ends = " to ".join(_target(scenario, answer, point.target) for point in (first, last))
        return f"nowhere {_stretch(first.term, last.term, unit)}: the difference runs from {ends}"
    told = words.listed(_root(root, answer, unit) for root in solution.roots)
    told = f"at {len(solution.roots)} values: {told}" if solution.found == "several" else told
    return f"{told} (no nearer: {BUDGET} simulations are spent)" if solution.out_of_budget else told


def sentences(scenario: Scenario, answer: Answer) -> list[str]:
    """Return a question, its answer, and what to know of it, a line each."""
    notes = [note for note in (way(answer), certain(answer)) if note]
    notes.append(f"{answer.solution.simulations} simulations of {answer.draws:,} draws")
    return [asked(scenario, answer), f"    {said(scenario, answer)}", f"    {'; '.join(notes)}"]


def unit_of(scenario: Scenario, answer: Answer) -> str:
    """Return the unit of a question's term."""
    return register.unit_of(scenario, term_at(scenario.origin.tree, answer.question.term).steps)


def way(answer: Answer) -> str:
    """Return which way the result moves with the term; nothing where it turns or there is no root."""
    if answer.solution.found != "one":
        return ""
    return "the more, the higher" if answer.solution.roots[0].slope > 0 else "the more, the lower"


def certain(answer: Answer) -> str:
    """Return that what the file leaves uncertain was one certain number here; nothing where it is certain anyway."""
    return "uncertain in the scenario, one certain number here" if answer.uncertain else ""


def jsonable(scenario: Scenario, answer: Answer) -> dict[str, Any]:
    """Return an answer with its question as one mapping."""
    solution = answer.solution
    return {
        "name": answer.name,
        **answer.question.model_dump(by_alias=True),
        "question": asked(scenario, answer),
        "answer": said(scenario, answer),
        "found": solution.found,
        "unit": unit_of(scenario, answer),
        "roots": [{key: _finite(value) for key, value in vars(root).items()} for root in solution.roots],
        "curve": [point._asdict() for point in solution.curve],
        "simulations": solution.simulations,
        "out_of_budget": solution.out_of_budget,
        "draws": answer.draws,
        "term_in_the_scenario": answer.written,
        "term_uncertain_there": answer.uncertain,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _root(root: Root, answer: Answer, unit: str) -> str:
    if root.until is not None:
        return f"all the way {_stretch(root.value, root.until, unit)}"
    told = values.give_or_take(root.value, root.error, unit)
    if root.jumps:
        return f"nowhere exactly: it passes over it at {told}"
    low = math.floor(root.value)
    return f"{told}, between the whole numbers {low} and {low + 1}" if answer.whole and low != root.value else told


def _stretch(low: float, high: float, unit: str) -> str:
    return f"from {values.between(low, high, unit)}"


def _target(scenario: Scenario, answer: Answer, value: float) -> str:
    return words.amount(value, words.apart(answer.unit), scenario.currency)
