"""A question asked backwards: at which value of a number a result is what it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape

from ipywidgets import HTML, Button, Combobox, Dropdown, HBox, VBox

from simlib.decide.difference import Comparison
from simlib.decide.questions import Answer, answers
from simlib.present import solved
from simlib.present.desk import figures
from simlib.present.desk.aside import sentences
from simlib.present.desk.grids import centres
from simlib.present.desk.inputs import Input, Setting
from simlib.present.desk.later import Calls
from simlib.present.findings import findings
from simlib.scenario.load import Scenario
from simlib.scenario.questions import Question

WIDER = 2.0  # than the lever's own range, where a value has no upper bound
NOTHING = "nothing"


class Asking:
    """The question, its answer in words, and a button that takes the answer as a tweak."""

    def __init__(
        self,
        terms: tuple[Input, ...],
        comparison: Comparison,
        take: Callable[[Input, Setting, str], None],
        calls: Calls,
    ):
        self._terms = {found.label: found for found in terms if not found.choices}
        self._results = {label: name for label, name in figures.results(comparison) if name in comparison.other.outputs}
        self._take, self._found = take, None
        self._scenario: Callable[[], Scenario] = lambda: comparison.other.scenario
        self._term = Dropdown(options=list(self._terms), description="At which")
        self._result = Dropdown(options=list(self._results), description="does")
        self._equals = Combobox(options=[NOTHING, *self._results], description="equal", value=NOTHING)
        self._equals.tooltip = "a result of the list, or a number, e.g. 500 thousand"
        self._ask = Button(description="Find it", icon="search")
        self._use = Button(description="Take it as a tweak", icon="check", disabled=True)
        self._reply = HTML()
        for widget, name in (
            (self._term, "desk-solve-term"), (self._result, "desk-solve-result"), (self._equals, "desk-solve-equals"),
            (self._ask, "desk-solve"), (self._use, "desk-solve-take"), (self._reply, "desk-solve-answer"),
        ):  # fmt: skip
            widget.add_class(name)
        self._ask.on_click(calls(lambda _: calls.soon(self._answer)))
        self._use.on_click(calls(lambda _: self._taken()))
        self._suggest(comparison)
        rows = [self._term, self._result, self._equals, HBox([self._ask, self._use]), self._reply]
        self.widget = VBox(rows)
        self.widget.add_class("desk-asking")

    def about(self, scenario: Callable[[], Scenario]) -> None:
        """Let questions be about the scenario that a call returns when they are asked."""
        self._scenario = scenario

    def _suggest(self, comparison: Comparison) -> None:
        """Suggest the fee at which the licensor is as well off with its next best package."""
        found, by_name = findings(comparison.one).agreement, {name: label for label, name in self._results.items()}
        if found is None:
            return
        self._result.value = by_name[f"packages.{found.package}.licensor_npv"]
        if found.alternative:
            self._equals.value = by_name[f"packages.{found.alternative}.licensor_npv"]

    async def _answer(self) -> None:
        self._ask.disabled = self._use.disabled = True
        self._reply.value = "<p>Trying values of it, all else as tweaked …</p>"
        try:
            scenario, question = self._scenario(), self._question()
            self._tell(scenario, await asyncio.to_thread(_answered, scenario, question))
        except Exception as error:  # a strategist gets a sentence, whatever it is
            self._reply.value = "".join(f"<p>{escape(line)}</p>" for line in sentences(error).splitlines())
        finally:
            self._ask.disabled = False

    def _question(self) -> Question:
        found = self._terms[self._term.value]
        grid, wanted = centres(found), self._equals.value.strip()
        top = grid[-1] * WIDER if found.bounds.high > 1 and grid[0] > 0 else grid[-1]
        low = grid[0] / WIDER if found.bounds.high > 1 and grid[0] > 0 else grid[0]
        equals = 0 if wanted.lower() in ("", NOTHING) else self._results.get(wanted, wanted)
        given = {"term": found.path, "for": self._results[self._result.value], "equals": equals, "between": [low, top]}
        return Question.model_validate(given)

    def _tell(self, scenario: Scenario, answer: Answer) -> None:
        roots = answer.solution.roots
        self._found = (self._terms[self._term.value], roots[0].value) if answer.solution.found == "one" else None
        self._use.disabled = self._found is None
        asked, said = solved.asked(scenario, answer), solved.said(scenario, answer)
        notes = "; ".join(
            note for note in (solved.way(answer), solved.certain(answer), f"{answer.draws:,} draws") if note
        )
        self._reply.value = f'<p>{escape(asked)}:</p><p class="desk-answer">{escape(said)}</p><p>{escape(notes)}</p>'

    def _taken(self) -> None:
        found, value = self._found
        self._take(found, Setting(value, 0.0 if found.is_drawn else 1.0), "answer")


def _answered(scenario: Scenario, question: Question) -> Answer:
    draws = min(solved.DRAWS, scenario.simulation.draws)  # as many as a report's own answers
    return answers(scenario, {"asked": question}, draws, solved.POINTS)[0]
