"""Every quantity of a scenario with its path, and with the name under which it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from simlib.scenario.quantity import (
    ByTerritory,
    Drawn,
    Fact,
    Growth,
    Money,
    Ramp,
    RandomWalk,
    Sourced,
    SourcedMoney,
    Steps,
)


class Part(NamedTuple):
    """A value of a scenario: the name of its stream, its path in the file, the value itself."""

    name: str
    path: tuple[str | int, ...]
    value: Any

    @property
    def dotted(self) -> str:
        """The path as `--set` takes it."""
        return ".".join(map(str, self.path))


def parts(value: Any, name: str = "", path: tuple[str | int, ...] = ()) -> Iterator[Part]:
    """Yield a value and all that it is made of.

    A name leaves out what may change without moving the draws: the form (`lognormal`), the wrappers (`value`, `amount` of
    money) and the place in a list of clauses.
    """
    yield Part(name, path, value)
    for step, child, named in _children(value):
        yield from parts(child, f"{name}.{named}".strip(".") if named else name, (*path, *step))


def _children(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any, str]]:
    """Yield (steps in the file, child, its part of the name) of one value."""
    match value:
        case Drawn() | Fact():
            return
        case Sourced() | SourcedMoney():
            yield ("value",), value.value, ""
        case Money():
            yield ("amount",), value.amount, ""
        case Ramp():
            yield ("ramp", "from"), value.ramp.from_, "from"
            yield ("ramp", "to"), value.ramp.to, "to"
        case Growth():
            yield ("growth", "start"), value.growth.start, "start"
            yield ("growth", "annual"), value.growth.annual, "annual"
        case RandomWalk():
            yield ("random_walk", "start"), value.random_walk.start, "start"
        case Steps():
            for month, child in value.steps.items():
                yield ("steps", month), child, month
        case ByTerritory():
            for place, child in value.by_territory.items():
                yield ("by_territory", place), child, place
        case BaseModel():
            for key in type(value).model_fields:
                if (child := getattr(value, key)) is not None:
                    yield (key,), child, key
        case dict():
            for key, child in value.items():
                yield (key,), child, key
        case tuple():
            yield from _items(value)


def _items(items: tuple[Any, ...]) -> Iterator[tuple[tuple[str | int, ...], Any, str]]:
    """Yield the items of a list; clauses go by their word, and by a count where the word repeats."""
    seen: dict[str, int] = {}
    for index, child in enumerate(items):
        word = getattr(child, "clause", str(index))
        seen[word] = seen.get(word, 0) + 1
        yield (index,), child, word if seen[word] == 1 else f"{word}{seen[word]}"


def section_parts(sections: BaseModel, *names: str) -> Iterator[Part]:
    """Yield the parts of the sections that are there and sound."""
    for name in names or type(sections).model_fields:
        value = getattr(sections, name, None)
        if value is not None:
            yield from parts(value, name, (name,))


def differs_by_place(value: Any) -> bool:
    """Tell whether a value differs from place to place."""
    return isinstance(value, ByTerritory | Fact) or (isinstance(value, Drawn) and value.per_territory)
