"""One number of a scenario by its path: the scenario's tree with one certain number in its place, its unit kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simlib.scenario.faults import nearest
from simlib.scenario.quantity import FORMS, Drawn, parse_number, spell_money
from simlib.scenario.schema import Sections
from simlib.scenario.tree import Node, replaced, spelled
from simlib.scenario.walk import section_parts

MONEY = {"amount", "currency", "per"}
SHAPED = FORMS.keys() - {"value"}  # a mapping with one of these keys is a quantity


class Term(NamedTuple):
    """A number of a scenario: the steps to it, and where and how it is written."""

    steps: tuple[str | int, ...]
    node: Node


def term_at(tree: Node, path: str) -> Term:
    """Return the number at a dotted path; ValueError where there is none, with the nearest names.

    >>> from simlib.scenario.source import parse
    >>> term_at(parse("title: {episodes: 32}", "night.yml"), "title.episodes").steps
    ('title', 'episodes')
    """
    known = spelled(tree)
    if path not in known:
        raise ValueError(f"{path} is not in the scenario" + nearest(path, known))
    term = Term(*known[path])
    if _certain(term.node, 0.0) is None:
        numbers = [other for other, (_, node) in known.items() if other.startswith(path) and _certain(node, 0.0)]
        raise ValueError(f"{path} is no number" + (nearest(path, numbers) if numbers else ""))
    return term


def with_number(tree: Node, term: Term, number: float, drawn: set[str] | frozenset[str] = frozenset()) -> Node:
    """Return a tree in which a term is one certain number, in the unit and currency that it has there.

    What is `drawn` there no longer is: the pairs of `correlations` that name it are left out, and so are the questions of
    `solve` and the `levers`, which need what is drawn.

    >>> from simlib.scenario.source import parse
    >>> tree = parse("fee: 80 thousand USD per episode", "night.yml")
    >>> with_number(tree, term_at(tree, "fee"), 5.0).plain()
    {'fee': {'amount': 5.0, 'currency': 'USD', 'per': 'episode'}}
    """
    changed = replaced(tree, term.steps, _certain(term.node, number))
    sections = {name: node for name, node in changed.value.items() if name not in ("solve", "levers")}
    if "correlations" in sections and drawn:
        pairs = sections["correlations"]
        kept = [pair for pair in pairs.value if not drawn & {str(name).partition("[")[0] for name in pair.plain()[:2]}]
        sections["correlations"] = Node(kept, pairs.file, pairs.line)
    return Node(sections, tree.file, tree.line)


def drawn_in(sections: Sections, term: Term) -> frozenset[str]:
    """Return the names of what is drawn in a term."""
    return frozenset(part.name for part in _within(sections, term) if isinstance(part.value, Drawn))


def is_whole(sections: Sections, term: Term) -> bool:
    """Tell whether a term can only be a whole number."""
    return any(part.path == term.steps and type(part.value) is int for part in _within(sections, term))


def name_of(sections: Sections, term: Term) -> str:
    """Return the name of a term, in which a clause goes by its word."""
    return next((part.name for part in _within(sections, term)), ".".join(map(str, term.steps)))


def _within(sections: Sections, term: Term) -> Iterator:
    """Yield a term and what it is made of."""
    parts = section_parts(sections, str(term.steps[0]))
    return (part for part in parts if part.path[: len(term.steps)] == term.steps)


def _certain(node: Node, number: float) -> Node | None:
    """Return a quantity as one certain number in its own unit; None for what is no quantity."""
    value = node.value
    if isinstance(value, dict):
        if value.keys() & SHAPED:
            return Node(number, node.file, node.line)
        inner = "value" if "value" in value else "amount" if value.keys() <= MONEY and "amount" in value else None
        changed = _certain(value[inner], number) if inner else None
        return Node({**value, inner: changed}, node.file, node.line) if changed else None
    try:
        money = spell_money(value)
        if isinstance(money, dict):
            return Node(
                {key: Node(part, node.file, node.line) for key, part in (money | {"amount": number}).items()},
                node.file,
                node.line,
            )
        whole = isinstance(value, int) and float(number).is_integer()
        return Node(int(number) if whole else number, node.file, node.line) if _is_number(value) else None
    except ValueError:
        return None


def _is_number(value: object) -> bool:
    parse_number(value)
    return True
