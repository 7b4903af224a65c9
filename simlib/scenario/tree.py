"""A scenario as a tree of nodes that remember the file and the line they were written on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_NODES = 40_000  # the largest scenario that ships has 2,000; aliases count each time: an alias bomb stops here


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the place it was written: a scalar, a dict of nodes, or a list of nodes."""

    value: Any
    file: str
    line: int

    def plain(self) -> Any:
        """Return the value without its places."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> Node:
        """Return the deepest node on a path; steps that are not there are passed over."""
        node = self
        for step in path:
            if node.holds(step):
                node = node.value[step]
        return node

    def holds(self, step: str | int) -> bool:
        """Tell whether a step leads on from here: a key of a mapping, a place in a list."""
        if isinstance(self.value, dict):
            return step in self.value
        return isinstance(self.value, list) and isinstance(step, int) and step < len(self.value)

    def get(self, path: str) -> Node | None:
        """Return the node at a dotted path, or None."""
        node = self
        for step in path.split("."):
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[step]
            elif isinstance(node.value, list) and step.isdecimal() and int(step) < len(node.value):
                node = node.value[int(step)]
            else:
                return None
        return node


def spelled(tree: Node) -> dict[str, tuple[tuple[str | int, ...], Node]]:
    """Return every node below a tree with the steps to it, by dotted path.

    A clause goes by its place in the list and by its word, a second one of that word by its count.

    >>> from simlib.scenario.source import parse
    >>> sorted(spelled(parse("terms: [{clause: flat_fee, amount: 5}]", "night.yml")))[-3:]
    ['terms.flat_fee', 'terms.flat_fee.amount', 'terms.flat_fee.clause']
    """
    known: dict[str, tuple[tuple[str | int, ...], Node]] = {}
    for steps, words, node in _below(tree, (), ()):
        known[".".join(map(str, steps))] = known[".".join(words)] = (steps, node)
    return known


def _below(
    node: Node, steps: tuple[str | int, ...], words: tuple[str, ...]
) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...], Node]]:
    """Yield every node below a node, the steps to it, and how people spell them."""
    for step, word, child in children(node):
        yield (*steps, step), (*words, word), child
        yield from _below(child, (*steps, step), (*words, word))


def children(node: Node) -> Iterator[tuple[str | int, str, Node]]:
    """Yield what a node is made of: the step to it, the word that people say for it, the child."""
    if isinstance(node.value, dict):
        yield from ((key, key, child) for key, child in node.value.items())
    seen: dict[str, int] = {}
    for index, child in enumerate(node.value) if isinstance(node.value, list) else ():
        clause = child.value.get("clause") if isinstance(child.value, dict) else None
        word = clause.value if clause and isinstance(clause.value, str) else str(index)
        seen[word] = seen.get(word, 0) + 1
        yield index, word if seen[word] == 1 else f"{word}{seen[word]}", child


def replaced(node: Node, steps: tuple[str | int, ...], new: Node) -> Node:
    """Return a tree with another node where the steps lead.

    >>> from simlib.scenario.source import parse
    >>> replaced(parse("title: {episodes: 32}", "night.yml"), ("title", "episodes"), Node(24, "", 0)).plain()
    {'title': {'episodes': 24}}
    """
    if not steps:
        return new
    inside = dict(node.value) if isinstance(node.value, dict) else list(node.value)
    inside[steps[0]] = replaced(inside[steps[0]], steps[1:], new)
    return Node(inside, node.file, node.line)


def extent(node: Node) -> tuple[int, int]:
    """Return how many values a node holds and how deep it is nested, stopping once it is too many."""
    total, deepest, waiting = 0, 0, [(node, 0)]
    while waiting and total <= MOST_NODES:
        (node, above) = waiting.pop()
        total += 1
        if isinstance(node.value, dict | list):
            total += len(node.value) if isinstance(node.value, dict) else 0  # keys are values of their own
            children = node.value.values() if isinstance(node.value, dict) else node.value
            waiting.extend((child, above + 1) for child in children)
            deepest = max(deepest, above + 1)
    return total, deepest
