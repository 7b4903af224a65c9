"""A scenario as it is and as tweaked, simulated on the same draws: few while a lever moves, all of them at rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from simlib.decide.difference import Comparison, compared
from simlib.scenario.load import Scenario, check, overriding
from simlib.scenario.tree import Node
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Outcome

LADDER = (1000, 650, 400, 250, 150, 100, 64)  # draws while a lever moves
BUDGET = 0.16  # seconds of one simulation: the rest of 300 ms is for reading the answer and showing it
ASKS = ("solve",)  # what asks, and moves no number


class Stopped(Exception):
    """A simulation that nobody waits for any more."""


class Answers:
    """The outcomes of one scenario and of what it becomes; the scenario's own are kept by their number of draws."""

    def __init__(self, scenario: Scenario):
        self.scenario = _without(scenario, *ASKS)
        self._own: dict[int, Outcome] = {}

    @cached_property
    def quick(self) -> int:
        """How many draws are simulated while a lever moves: as many as fit the budget on this machine, now."""
        return self._paced()

    @property
    def all_draws(self) -> int:
        """How many draws the scenario asks for."""
        return self.scenario.simulation.draws

    def tweaked(self, overrides: Mapping[str, Any]) -> Scenario:
        """Return the scenario with values set; raises ScenarioError where it may not say so."""
        return overriding(self.scenario, overrides) if overrides else self.scenario

    def quickly(self, overrides: Mapping[str, Any]) -> Comparison:
        """Return the comparison on few draws, on fewer the next time where it took too long."""
        start = time.perf_counter()
        found = self.answer(overrides, self.quick)
        fewer = [draws for draws in LADDER if draws < self.quick]
        if fewer and time.perf_counter() - start > 2 * BUDGET:
            self.quick = fewer[0]
        return found

    def answer(self, overrides: Mapping[str, Any], draws: int) -> Comparison:
        """Return the comparison on so many draws."""
        other = self.tweaked(overrides)
        return compared(self.own(draws), self.own(draws) if other is self.scenario else simulate(other, draws))

    def fully(
        self, overrides: Mapping[str, Any], is_over: Callable[[], bool], progress: Callable[[float], None]
    ) -> Comparison:
        """Return the comparison on all draws; `progress` is told the share done.

        Raises Stopped once `is_over` says so; the scenario's own outcome, which the next comparison needs too, is finished
        first.
        """
        draws, other = self.all_draws, self.tweaked(overrides)
        runs = (draws not in self._own) + (other is not self.scenario)
        own = self.own(draws, lambda done: progress(done / draws / runs))

        def step(done: int) -> None:
            if is_over():
                raise Stopped
            progress((runs - 1 + done / draws) / max(runs, 1))

        if is_over():
            raise Stopped
        return compared(own, own if other is self.scenario else simulate(other, draws, progress=step))

    def own(self, draws: int, progress: Callable[[int], None] | None = None) -> Outcome:
        """Return the outcome of the scenario as it is."""
        if draws not in self._own:
            self._own[draws] = simulate(self.scenario, draws, progress=progress)
        return self._own[draws]

    def _paced(self) -> int:
        """Return how many draws fit the budget, found by simulating the scenario as it is with more and more of them."""
        best = min(LADDER[-1], self.all_draws)
        for draws in reversed(LADDER):
            if draws > self.all_draws:
                break
            start = time.perf_counter()
            self.own(draws)
            if time.perf_counter() - start > BUDGET:
                break
            best = draws
        self.own(best)
        return best


def _without(scenario: Scenario, *sections: str) -> Scenario:
    """Return a scenario without some sections."""
    origin = scenario.origin
    kept = {name: node for name, node in origin.tree.value.items() if name not in sections}
    return check(Node(kept, origin.tree.file, origin.tree.line), origin.file, origin.overrides)
