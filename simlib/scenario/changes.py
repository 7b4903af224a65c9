"""What two scenarios say differently: path, both values as they are written, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from simlib.scenario.load import Scenario
from simlib.scenario.overrides import flow
from simlib.scenario.quantity import FORMS, parse_number, spell_money
from simlib.scenario.tree import Node, children

NESTING = {"value", "by_territory", "steps", "ramp", "growth"}  # forms made of other quantities
WHOLE = FORMS.keys() - NESTING  # a distribution is one value
TOLD = {"name", "description", "source", "note", "label"}  # words that move no number


class Change(NamedTuple):
    """A value that two scenarios do not share; None where one has none. `tells` marks words that move no number."""

    path: str
    old: str | None
    new: str | None
    old_place: str | None
    new_place: str | None
    tells: bool


def changes(one: Scenario, other: Scenario) -> tuple[Change, ...]:
    """Return what two scenarios say differently, their bases merged and their overrides set, in the order of the first.

    Numbers are compared by what they mean (2.5% is 0.025), everything else as it is written. A clause is compared with
    that of the same word.

    >>> from simlib.scenario.load import load
    >>> one, other = (load("scenarios/day-and-night.yml", {"title.episodes": count}) for count in (32, 24))
    >>> changes(one, other)[0][:3]
    ('title.episodes', '32', '24')
    """
    return tuple(between(one.origin.tree, other.origin.tree))


def between(one: Node, other: Node) -> Iterator[Change]:
    """Yield what two trees say differently."""
    yield from _between(one, other, ())


def _between(one: Node, other: Node, path: tuple[str, ...]) -> Iterator[Change]:
    if _is_nested(one) and _is_nested(other) and type(one.value) is type(other.value):
        ours, theirs = ({word: child for _, word, child in children(node)} for node in (one, other))
        for word in dict.fromkeys([*ours, *theirs]):
            if word in ours and word in theirs:
                yield from _between(ours[word], theirs[word], (*path, word))
            else:
                yield _change(ours.get(word), theirs.get(word), (*path, word))
    elif _meaning(one.plain()) != _meaning(other.plain()):
        yield _change(one, other, path)


def _is_nested(node: Node) -> bool:
    """Tell whether a node is looked into: a section, a list of clauses, a quantity made of quantities."""
    if isinstance(node.value, list):
        return any(isinstance(child.value, dict | list) for child in node.value)
    return isinstance(node.value, dict) and not WHOLE & node.value.keys()


def _change(one: Node | None, other: Node | None, path: tuple[str, ...]) -> Change:
    texts = [None if node is None else flow(_bare(node.plain())) for node in (one, other)]
    places = [None if node is None else _place(node) for node in (one, other)]
    return Change(".".join(path), *texts, *places, path[-1] in TOLD)


def _bare(value: Any) -> Any:
    """Return a value without the source and the note around it."""
    if isinstance(value, dict) and value.keys() <= {"value", "source", "note"}:
        return _bare(value.get("value"))
    return {key: _bare(item) for key, item in value.items()} if isinstance(value, dict) else value


def _place(node: Node) -> str:
    return f"{node.file}:{node.line}" if node.line else node.file


def _meaning(value: Any) -> Any:
    """Return a value in which every number is a number, and money in words a mapping."""
    if isinstance(value, dict):
        return {key: _meaning(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_meaning(item) for item in value]
    try:
        spelled = spell_money(value)
        return _meaning(spelled) if isinstance(spelled, dict) else parse_number(value)
    except ValueError:
        return value
