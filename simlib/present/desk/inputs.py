"""What of a scenario can be moved: every number and every distribution, each yes or no, each choice of a word."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from simlib.present import names, register
from simlib.present.register import NOT_ASSUMED
from simlib.scenario.load import Scenario
from simlib.scenario.moved import Bounds, centre, form_in, moved
from simlib.scenario.overrides import flow
from simlib.scenario.quantity import Drawn, Strict, spell_money
from simlib.scenario.schema import Sections
from simlib.scenario.terms import MONEY
from simlib.scenario.tree import Node, children
from simlib.scenario.walk import Part, parts
from simlib.simulation.outcome import Outcome

ORIGIN = {"value", "source", "note"}  # the keys of a value with its origin


class Setting(NamedTuple):
    """Where an input is set: its centre (or the word chosen), and how many times as wide as in the file it is."""

    to: Any
    width: float = 1.0


@dataclass(frozen=True, eq=False)
class Input:
    """Something that can be moved: where it stands, what it says there, and what may stand there."""

    path: str  # of the value that is written anew, as `--set` takes it
    name: str  # under which it is drawn
    section: str
    label: str
    meaning: str
    unit: str
    source: str
    note: str
    place: str
    written: Any  # the number or distribution itself
    whole: Any  # with its money and its origin
    is_drawn: bool
    choices: tuple[Any, ...]
    allows: Callable[[Any], bool]

    @cached_property
    def as_it_is(self) -> Setting:
        """The setting that changes nothing."""
        return Setting(self.written if self.choices else centre(self.written))

    @cached_property
    def bounds(self) -> Bounds:
        """What the schema allows a number to lie between."""
        low = next((low for low in (0.0, -1.0) if not self.allows(self._rewritten(self.whole, low - 0.01))), -math.inf)
        high = 1.0 if not self.allows(self._rewritten(self.whole, 1.01)) and centre(self.written) <= 1 else math.inf
        return Bounds(low, high)

    @cached_property
    def is_whole(self) -> bool:
        """Whether the schema allows whole numbers alone, rather than that the file happens to say one."""
        if not isinstance(self.written, int):
            return False
        return not any(self.allows(self._rewritten(self.whole, self.written + half)) for half in (-0.5, 0.5))

    @cached_property
    def is_noted(self) -> bool:
        """Whether the language lets a note stand beside the value."""
        return not self.choices and self.allows(
            {"value": self._rewritten(self.whole, self.written), "note": "as it is"}
        )

    def value(self, setting: Setting) -> Any:
        """Return what the scenario says where the input is set so: without its source, for that said something else."""
        if self.choices:
            return setting.to
        value = self._rewritten(self.whole, moved(self.written, *setting, self.bounds))
        return {"value": value, "note": f"set by hand; was {flow(self.written)}"} if self.is_noted else value

    def setting(self, given: Any) -> Setting | None:
        """Return the setting that a value set by path comes to; None where a lever cannot say it."""
        if self.choices:
            return Setting(given) if given in self.choices else None
        try:
            setting = Setting(centre(given), 0.0 if self.is_drawn else 1.0)
        except (ValueError, TypeError, AttributeError):
            return None
        same = isinstance(given, int | float | str) and _unit(given) in ({}, _unit(self.whole))
        return setting if same and self.allowed(setting) else None

    def allowed(self, setting: Setting) -> bool:
        """Tell whether the schema has no objection; what other values have to say, a check of the whole scenario tells."""
        return self.allows(self.value(setting))

    def _rewritten(self, whole: Any, inner: Any) -> Any:
        if isinstance(whole, dict) and "value" in whole and whole.keys() <= ORIGIN:
            return self._rewritten(whole["value"], inner)
        if isinstance(whole, dict) and _is_money(whole):
            return {**whole, "amount": self._rewritten(whole["amount"], inner)}
        return inner


def _unit(written: Any) -> dict[str, Any]:
    """Return the currency of money, and what it is paid per; nothing for a plain number."""
    while isinstance(written, dict) and "value" in written:
        written = written["value"]
    spelled = spell_money(written)
    return {key: spelled[key] for key in MONEY - {"amount"} if key in spelled} if isinstance(spelled, dict) else {}


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
        if not (above.keys() <= ORIGIN if path[-1] == "value" else _is_money(above)):
            break
        path = path[:-1]
    return path


def _is_money(whole: Mapping[str, Any]) -> bool:
    return {"amount", "currency"} <= whole.keys() <= MONEY


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
