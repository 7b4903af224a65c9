"""What of a scenario can be moved: every number and every distribution, each yes or no, each choice of a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from simlib.present import names, register
from simlib.present.desk.inputs import ORIGIN, Input, is_money
from simlib.present.register import NOT_ASSUMED
from simlib.scenario.load import Scenario
from simlib.scenario.moved import form_in
from simlib.scenario.quantity import Drawn, Strict
from simlib.scenario.schema import Sections
from simlib.scenario.tree import Node, children
from simlib.scenario.walk import Part, parts
from simlib.simulation.outcome import Outcome


def inputs(outcome: Outcome) -> tuple[Input, ...]:
    """Return everything that can be moved, in the order of the sections."""
    return tuple(_inputs(outcome))


def _inputs(outcome: Outcome) -> Iterator[Input]:
    scenario = outcome.scenario
    for section in Sections.model_fields:
        if section in NOT_ASSUMED:
            continue
        above: dict[tuple, Any] = {}
        for part in parts(getattr(scenario, section), section, (section,)):
            above[part.path] = part.value
            if not _is_said(scenario, part):
                continue
            choices = _choices(part, above)
            number = isinstance(part.value, int | float) and not isinstance(part.value, bool)
            if number or choices or (isinstance(part.value, Drawn) and form_in(_written(scenario, part))):
                yield _input(outcome, part, above, choices)


def _is_said(scenario: Scenario, part: Part) -> bool:
    """Tell whether the file says a value, rather than leaving it to the language, e.g. that a deal has no cap."""
    above = scenario.origin.tree.at(part.path[:-1])
    return not isinstance(above.value, dict) or above.holds(part.path[-1])


def _written(scenario: Scenario, part: Part) -> Any:
    return scenario.origin.tree.at(part.path).plain()


def _input(outcome: Outcome, part: Part, above: Mapping[tuple, Any], choices: tuple[Any, ...]) -> Input:
    scenario, tree = outcome.scenario, outcome.scenario.origin.tree
    written, known = _written(scenario, part), register.origin(outcome, part, above)
    steps = _outermost(tree, part.path)
    owner, inside = _owner(scenario, steps, above)
    unit = "" if choices else register.unit_at(part, above, written).format(currency=scenario.currency)
    return Input(
        path=_spelled(tree, steps),
        name=part.name,
        section=part.path[0] if part.path[0] != "deals" else f"deals.{part.path[1]}",
        label=names.label(part.name, scenario.territories.groups),
        meaning=register.meaning(part, above),
        unit=unit,
        source=known.source or register.GUESS,
        note=known.note,
        place=f"{known.file}:{known.line}" if known.line else known.file,
        written=written,
        whole=tree.at(steps).plain(),
        is_drawn=isinstance(part.value, Drawn),
        choices=choices,
        allows=lambda value: _valid(owner, inside, value, tree.at(steps[: len(steps) - len(inside)])),
    )


def _choices(part: Part, above: Mapping[tuple, Any]) -> tuple[Any, ...]:
    """Return what a field may say where it says yes or no, or one of a few words."""
    if isinstance(part.value, bool):
        return (True, False)
    owner = above.get(part.path[:-1])
    if not isinstance(part.value, str) or not isinstance(owner, BaseModel):
        return ()
    field = type(owner).model_fields.get(part.path[-1])
    words = get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()
    return words if len(words) > 1 else ()


def _outermost(tree: Node, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the steps to a value with its money and its origin, no deeper than the file goes."""
    while tree.at(path[:-1]) is tree.at(path) or not tree.at(path[:-1]).holds(path[-1]):
        path = path[:-1]
    while path[-1] in ("value", "amount"):
        above = tree.at(path[:-1]).value
        if not (above.keys() <= ORIGIN if path[-1] == "value" else is_money(above)):
            break
        path = path[:-1]
    return path


def _owner(
    scenario: Scenario, steps: tuple[str | int, ...], above: Mapping[tuple, Any]
) -> tuple[TypeAdapter, tuple[str | int, ...]]:
    """Return what checks the part of the scenario that a value belongs to, and the steps from there."""
    for depth in range(len(steps) - 1, 0, -1):
        owner = above.get(steps[:depth])
        if isinstance(owner, Strict) and type(owner).__module__ != Strict.__module__:
            return TypeAdapter(type(owner)), steps[depth:]
    return TypeAdapter(Sections.model_fields[str(steps[0])].rebuild_annotation()), steps[1:]


def _valid(owner: TypeAdapter, inside: tuple[str | int, ...], value: Any, node: Node) -> bool:
    try:
        owner.validate_python(_with(node.plain(), inside, value))
    except ValidationError:
        return False
    return True


def _with(whole: Any, steps: tuple[str | int, ...], value: Any) -> Any:
    if not steps:
        return value
    copy = dict(whole) if isinstance(whole, dict) else list(whole)
    copy[steps[0]] = _with(copy[steps[0]], steps[1:], value)
    return copy


def _spelled(tree: Node, steps: tuple[str | int, ...]) -> str:
    """Return the path that leads to a node, each clause by its word."""
    words = []
    for step in steps:
        _, word, tree = next(child for child in children(tree) if child[0] == step)
        words.append(word)
    return ".".join(words)
