"""Numbers that grow until no computer holds them: said in a sentence, with the inputs that are likeliest to be slips."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.load import Scenario
from simlib.scenario.quantity import Distribution, span
from simlib.scenario.reach import discreet
from simlib.scenario.walk import Part, section_parts

SUSPECTS = 3  # inputs that are named


@contextmanager
def kept_finite(scenario: Scenario) -> Iterator[None]:
    """Raise ScenarioError, naming the largest inputs of a scenario, where a number overflows or is none."""
    with discreet(lambda: scenario.origin.outside):
        try:
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                yield
        except FloatingPointError as error:
            raise ScenarioError(_faults(scenario, str(error))) from error


def _faults(scenario: Scenario, what: str) -> Iterator[Fault]:
    inputs = [part for part in section_parts(scenario) if _size(part)]
    for part in sorted(inputs, key=_size, reverse=True)[:SUSPECTS]:
        node = scenario.origin.tree.at(part.path)
        said = f"reaches {_size(part):.3g}, and results grow beyond all numbers ({what}); is its unit right?"
        yield Fault(node.file, node.line or None, part.dotted, said)


def _size(part: Part) -> float:
    """Return how far from 0 an input may be, 0 for what is no number."""
    match part.value:
        case bool():
            return 0.0
        case int() | float() | Distribution():
            return max(map(abs, span(part.value)))
    return 0.0
