"""A value set from outside is held: what else would have moved it no longer does.

It is correlated with nothing, no lever pulls it, and a sweep that would try other values at its place lets it be. So a
single value can be set in any scenario, and a cell of a sweep is its file with values set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from simlib.scenario.tree import Node, children, spelled

WRAPPERS = {"value", "amount", "ramp", "steps", "by_territory", "growth"}  # steps that the name of an input leaves out

Words = tuple[str, ...]


class LetBe(NamedTuple):
    """What a held value lets be: the correlation of two inputs, or the pull of a lever on one."""

    section: str
    inputs: tuple[str, ...]
    said: str  # how strong the correlation is; what people call the lever


def let_be(before: Node, after: Node) -> Iterator[LetBe]:
    """Yield what is in the correlations and levers of a tree, and not in what `with_held` made of it."""
    kept = {id(pair) for pair in _items(after.value.get("correlations"))}
    for pair in _items(before.value.get("correlations")):
        if id(pair) not in kept:
            *inputs, strength = _texts(pair)
            yield LetBe("correlations", tuple(inputs), strength)
    pulled = {name: _pulled(lever) for name, lever in _fields(after.value.get("levers")).items()}
    for name, lever in _fields(before.value.get("levers")).items():
        for text in _pulled(lever):
            if text not in pulled.get(name, []):
                yield LetBe("levers", (text,), str(label.value) if (label := lever.value.get("label")) else name)


def _pulled(lever: Node) -> list[str]:
    return [text for field in ("raises", "lowers") for text in _texts(_fields(lever).get(field))]


def _fields(node: Node | None) -> dict[str, Node]:
    return node.value if node and isinstance(node.value, dict) else {}


def _items(node: Node | None) -> list[Node]:
    return node.value if node and isinstance(node.value, list) else []


def with_held(tree: Node, paths: Iterable[str]) -> Node:
    """Return a tree from whose correlations, levers and sweep the values at some paths are left out."""
    known = spelled(tree)
    steps = [known[path][0] for path in paths if path in known]
    every = [_words(tree, each) for each in steps]
    fixed = [words for each, words in zip(steps, every, strict=True) if _is_certain(tree.at(each))]
    sections = dict(tree.value)
    for section, without in (("correlations", _pairs), ("levers", _levers)):
        if section in sections and fixed:
            sections[section] = without(sections[section], fixed)
    if "sweep" in sections and every:
        sections["sweep"] = _sweep(sections["sweep"], tree, every)
    empty = [name for name in ("levers", "sweep") if name in sections and sections[name].value in ({}, None)]
    return Node({name: node for name, node in sections.items() if name not in empty}, tree.file, tree.line)


def _is_certain(node: Node) -> bool:
    """Tell whether a value is one certain number, with its money and its origin or without."""
    while isinstance(node.value, dict) and (inner := node.value.get("value") or node.value.get("amount")):
        node = inner
    return not isinstance(node.value, dict)


def _pairs(pairs: Node, fixed: list[Words]) -> Node:
    """Return the pairs of correlations whose inputs are still drawn."""
    if not isinstance(pairs.value, list):
        return pairs
    kept = [pair for pair in pairs.value if not any(_is_fixed(name, fixed) for name in _texts(pair)[:2])]
    return Node(kept, pairs.file, pairs.line)


def _levers(levers: Node, fixed: list[Words]) -> Node:
    """Return the levers with those of their inputs that are still drawn; one with none left is left out."""
    kept = {}
    for name, lever in levers.value.items() if isinstance(levers.value, dict) else ():
        kept[name] = lever
        for field in ("raises", "lowers") if isinstance(lever.value, dict) else ():
            inputs = lever.value.get(field)
            if any(_is_fixed(text, fixed) for text in _texts(inputs)):
                left = [node for node in inputs.value if not _is_fixed(str(node.value), fixed)]
                kept[name] = Node(
                    {**kept[name].value, field: Node(left, inputs.file, inputs.line)}, lever.file, lever.line
                )
        if kept[name] is not lever and not any(_texts(kept[name].value.get(field)) for field in ("raises", "lowers")):
            del kept[name]
    return Node(kept, levers.file, levers.line) if isinstance(levers.value, dict) else levers


def _sweep(sweep: Node, tree: Node, every: list[Words]) -> Node:
    """Return the values that a sweep still tries; nothing where none is left."""
    if not isinstance(sweep.value, dict):
        return sweep
    known = spelled(tree)
    kept = {
        path: tried
        for path, tried in sweep.value.items()
        if path not in known or not any(_meet(_words(tree, known[path][0]), words) for words in every)
    }
    return Node(kept if kept.keys() - {"drawn"} else None, sweep.file, sweep.line)


def _texts(items: Node | None) -> list[str]:
    return [str(item.value) for item in _items(items)]


def _is_fixed(name: str, fixed: list[Words]) -> bool:
    """Tell whether an input, called by its name, lies in one of the values that are now certain."""
    words = tuple(word for word in name.partition("[")[0].split(".") if word not in WRAPPERS)
    return any(words[: len(whole)] == whole for whole in fixed)


def _meet(one: Words, other: Words) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _words(tree: Node, steps: tuple[Any, ...]) -> Words:
    """Return how people spell some steps, in which a clause goes by its word, without wrappers."""
    words, node = [], tree
    for step in steps:
        word, node = next((word, child) for at, word, child in children(node) if at == step)
        words.append(word)
    return tuple(word for word in words if word not in WRAPPERS)
