"""Numbers that grow until no computer holds them: said in a sentence, with the inputs that are likeliest to be slips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.load import Scenario
from simlib.scenario.quantity import Distribution, span
from simlib.scenario.reach import discreet
from simlib.scenario.walk import Part, section_parts

SUSPECTS = 3  # inputs that are named
STEEP = 3  # an exponent, or growth a year, that is rare
WIDE = 1e6  # times its low end that the high end of a distribution seldom is
_POWERS = re.compile(r"elasticity|(?<!un)word_of_mouth|growth|annual|volatility")


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
    wrong = "results grow beyond all numbers" if "overflow" in what else "a result is no number, as of a division by 0"
    inputs = [part for part in section_parts(scenario) if _size(part)]
    for part in sorted(inputs, key=_suspicion, reverse=True)[:SUSPECTS]:
        node = scenario.origin.tree.at(part.path)
        said = f"reaches {_size(part):.3g}, and {wrong} ({what}); is its unit right?"
        yield Fault(node.file, node.line or None, part.dotted, said)


def _suspicion(part: Part) -> tuple[bool, float]:
    """Return how likely an input is a slip: first what powers are made of and what spreads widely, then what is large."""
    size = _size(part)
    is_power = size >= STEEP and _POWERS.search(part.dotted) is not None
    spreads = isinstance(part.value, Distribution) and size >= WIDE * max(min(map(abs, span(part.value))), 1 / size)
    return is_power or spreads, size


def _size(part: Part) -> float:
    """Return how far from 0 an input may be, 0 for what is no number."""
    match part.value:
        case bool():
            return 0.0
        case int() | float() | Distribution():
            return max(map(abs, span(part.value)))
    return 0.0
