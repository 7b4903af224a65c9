"""Questions of a scenario answered: the value of a term at which a result is what it should be, on the scenario's draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from simlib.decide.solve import POINTS, Draws, Solution, solve
from simlib.scenario.faults import nearest
from simlib.scenario.load import Scenario, check
from simlib.scenario.overrides import flow
from simlib.scenario.questions import Question
from simlib.scenario.terms import drawn_in, is_whole, name_of, term_at, with_number
from simlib.simulation.books import DATE
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import span
from simlib.simulation.outcome import Output


@dataclass(frozen=True)
class Answer:
    """A question, what was found, and on how many draws."""

    name: str
    question: Question
    solution: Solution
    draws: int
    term: str  # the term's name, in which a clause goes by its word
    written: str  # the term as the file has it
    uncertain: bool  # in the file; here it was one certain number
    whole: bool
    unit: str  # of the result


def answers(
    scenario: Scenario,
    asked: Mapping[str, Question],
    draws: int | None = None,
    points: int = POINTS,
    progress: Callable[[int], None] | None = None,
) -> tuple[Answer, ...]:
    """Return the answers to questions about a scenario; those about one term share what is simulated.

    `draws` stand in for the scenario's own, `points` are those of the scan, `progress` is called with the number of
    simulations done.
    Raises ValueError for a term or a result that is not there, or a result without a number in some draw.
    """
    runs = _Runs(scenario, draws or scenario.simulation.draws, progress)
    return tuple(_answer(runs, name, question, points) for name, question in asked.items())


def at_value(scenario: Scenario, path: str, value: float) -> Scenario:
    """Return a scenario in which a term is one certain number, in the unit that it has there.

    Every other input keeps its draws, but for those that are correlated with the term.

    >>> from simlib.scenario.load import load
    >>> at_value(load("scenarios/day-and-night.yml"), "title.completion", 0.4).title.completion.value
    0.4
    """
    tree = scenario.origin.tree
    term = term_at(tree, path)
    return check(with_number(tree, term, value, drawn_in(scenario, term)), scenario.origin.file)


class _Runs:
    """A scenario's results at values of its terms, each simulated once."""

    def __init__(self, scenario: Scenario, draws: int, progress: Callable[[int], None] | None):
        self.scenario, self.draws, self.progress = scenario, draws, progress
        self.results: dict[tuple[str, float], Mapping[str, Output]] = {}

    def result(self, name: str, path: str, value: float) -> Output:
        """Return a result where a term is a value."""
        if (path, value) not in self.results:
            self.results[path, value] = simulate(at_value(self.scenario, path, value), draws=self.draws).outputs
            if self.progress:
                self.progress(len(self.results))
        known = self.results[path, value]
        if name not in known:
            raise ValueError(f"names no result: found {name!r}" + nearest(name, known))
        return known[name]


def _told(scenario: Scenario, result: Output, question: Question, level: float | None) -> np.ndarray:
    """Return a result's draws; a date that never comes counts as the end of the horizon.

    A percentile of such dates is what it is as long as it falls before that end. Raises ValueError for the mean of dates of
    which some never come, which is no date, and for a date that the horizon does not hold.
    """
    if result.unit != DATE:
        return result.values
    start, end = span(scenario.horizon)
    if question.at == "mean" and (never := float(np.mean(~np.isfinite(result.values)))):
        said = f"never comes in {never:.1%} of draws" if never >= 0.001 else "never comes in a few draws"
        raise ValueError(f"{question.for_} {said} and has no mean; ask for a percentile, e.g. p50")
    if level is not None and not start < level < end:
        raise ValueError(f"{question.for_} is a date: ask for a year between {start:g} and {end:g}, not {level:g}")
    return np.where(np.isfinite(result.values), result.values, end)


def _answer(runs: _Runs, name: str, question: Question, points: int) -> Answer:
    term = term_at(runs.scenario.origin.tree, question.term)
    level, whole = question.level(runs.scenario.currency), is_whole(runs.scenario, term)

    def draws_at(value: float) -> Draws:
        one = _told(runs.scenario, runs.result(question.for_, question.term, value), question, level)
        if level is not None:
            return one, np.full(one.size, level)
        return one, _told(runs.scenario, runs.result(question.equals, question.term, value), question, level)

    return Answer(
        name=name,
        question=question,
        solution=solve(draws_at, question.between, question.at, whole, points),
        draws=runs.draws,
        term=name_of(runs.scenario, term),
        written=flow(term.node.plain()),
        uncertain=bool(drawn_in(runs.scenario, term)),
        whole=whole,
        unit=runs.result(question.for_, question.term, question.between[0]).unit,
    )
