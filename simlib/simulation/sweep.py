"""The cells of a sweep: which values each sets, and what people call it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.load import Scenario, overriding
from simlib.scenario.overrides import flow
from simlib.scenario.quantity import Distribution
from simlib.scenario.sweep import ENDS, RANGE
from simlib.scenario.sweep_checks import uncertain_below
from simlib.scenario.terms import term_at, with_number
from simlib.scenario.tree import Node, spelled
from simlib.simulation.sampling import quantiles, stratified

DIGITS = 4  # of a drawn number; more would be read by nobody


class Cell(NamedTuple):
    """One scenario of a sweep: what it is called, e.g. `price 9.99, enforcement low`, and the values that it sets."""

    label: str
    settings: Mapping[str, Any]


class Choice(NamedTuple):
    """One value at one path: what it is called, and the values that are set for it, by path."""

    label: str
    settings: Mapping[str, Any]


def cells(scenario: Scenario) -> list[Cell]:
    """Return the cells of a scenario's sweep, each once, in the order of its lists; none where it has no sweep.

    >>> from simlib.scenario.load import load
    >>> cells(load("scenarios/youku.yml"))
    []
    """
    if scenario.sweep is None:
        return []
    names = _names(scenario)
    if scenario.sweep.drawn:
        rows = zip(*(_drawn(scenario, path) for path in names), strict=True)
    else:
        rows = product(*([_choice(scenario, path, value) for value in scenario.sweep.tried[path]] for path in names))
    found = [_cell(names.values(), row) for row in rows]
    return list({json.dumps(cell.settings, sort_keys=True): cell for cell in found}.values())


def faults_of(scenario: Scenario, found: Sequence[Cell], progress: Callable[[int], None]) -> tuple[Fault, ...]:
    """Return every fault of some cells, each once, where the sweep says the value that causes it."""
    faults: list[Fault] = []
    for number, cell in enumerate(found, start=1):
        try:
            overriding(scenario, cell.settings)
        except ScenarioError as error:
            faults += in_sweep(scenario, cell, error).faults
        progress(number)
    return ScenarioError(faults).faults


def in_sweep(scenario: Scenario, cell: Cell, error: ScenarioError) -> ScenarioError:
    """Return the faults of a cell, each where the sweep says the value that causes it."""
    return ScenarioError(_in_sweep(scenario.origin.tree, fault, cell) for fault in error.faults)


def _names(scenario: Scenario) -> dict[str, str]:
    """Return the shortest end of each path that tells it from the others."""
    paths = list(scenario.sweep.tried)
    names = {}
    for path in paths:
        words = [word for word in path.split(".") if word != "value"]
        ends = [".".join(words[-count:]) for count in range(1, len(words) + 1)]
        alone = (end for end in ends if sum(f".{other}".endswith(f".{end}") for other in paths) <= 1)
        names[path] = next(alone, path).replace("_", " ").replace(".", " ")
    return names


def _cell(names: Any, row: tuple[Choice, ...]) -> Cell:
    settings = {path: value for choice in row for path, value in choice.settings.items()}
    return Cell(", ".join(f"{name} {choice.label}" for name, choice in zip(names, row, strict=True)), settings)


def _choice(scenario: Scenario, path: str, value: Any) -> Choice:
    """Return what a value of a list sets: itself, or for the word for an end, that of all that is uncertain there."""
    if isinstance(value, str) and value in ENDS:
        return Choice(value, _at(scenario, path, ENDS[value]))
    return Choice(flow(value), {path: value})


def _drawn(scenario: Scenario, path: str) -> Iterator[Choice]:
    """Yield the values of one path in every cell that is drawn: stratified, in an order of the path's own."""
    tried, drawn = scenario.sweep.tried[path], scenario.sweep.drawn
    for share in stratified(drawn.seed, f"sweep of {path}", drawn.points).tolist():
        if isinstance(tried, tuple):
            yield _choice(scenario, path, tried[int(share * len(tried))])
        elif tried == RANGE:
            settings = _at(scenario, path, share)
            yield Choice(" and ".join(f"{value:g}" for value in settings.values()), settings)
        else:
            number = _quantile(tried, share)
            tree = scenario.origin.tree
            term = term_at(tree, path)
            yield Choice(f"{number:g}", {path: with_number(tree, term, number).at(term.steps).plain()})


def _at(scenario: Scenario, path: str, share: float) -> dict[str, float]:
    """Return the values of all that is uncertain at a path, each at one quantile of its own distribution."""
    steps, _ = spelled(scenario.origin.tree)[path]
    return {part.dotted: _quantile(part.value, share) for part in uncertain_below(scenario, steps)}


def _quantile(distribution: Distribution, share: float) -> float:
    return float(f"{quantiles(distribution, np.array([share]))[0]:.{DIGITS}g}")


def _in_sweep(tree: Node, fault: Fault, cell: Cell) -> Fault:
    """Return a fault of a value that was set, at the line of the sweep that sets it."""
    path = next((path for path in cell.settings if fault.file == f"--set {path}"), None)
    known = tree.value["sweep"].value
    tried = next((each for each in known if path and (path == each or path.startswith(f"{each}."))), None)
    if tried is None:
        return Fault(fault.file, fault.line, fault.path, f"{fault.message} (in the cell {cell.label})")
    node = known[tried]
    items = node.value if isinstance(node.value, list) else []
    node = next((item for item in items if item.plain() == cell.settings[path]), node)
    return Fault(node.file, node.line or None, f"sweep.{tried}", fault.message)
