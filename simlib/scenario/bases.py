"""What a scenario extends: the trees of its bases, one over the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from simlib.scenario.faults import Fault, ScenarioError, found, nearest
from simlib.scenario.quantity import FORMS
from simlib.scenario.reach import MOST_FILES, Reach
from simlib.scenario.source import read
from simlib.scenario.title import SlowStarter
from simlib.scenario.tree import Node

WHOLE = {*FORMS, "amount", *SlowStarter.model_fields}  # a mapping with one of these keys is replaced, not merged
MOST_BASES = 8  # how deep bases may extend bases


def with_bases(shown: str, above: tuple[str, ...], reach: Reach) -> Node:
    """Return a file's tree merged over its bases."""
    tree = read(Path(shown), shown, reach.read)
    reach.took(tree)
    extends = tree.value.pop("extends", None)
    if extends is None:
        return tree
    names = extends.value if isinstance(extends.value, list) else [extends]
    if not names or len(above) >= MOST_BASES:
        said = f"goes through more than {MOST_BASES} files" if names else "names no file"
        raise ScenarioError([Fault(shown, extends.line, "extends", said)])
    for index, name in enumerate(names[:MOST_FILES]):
        if name.plain() in [other.plain() for other in names[:index]]:
            raise ScenarioError([Fault(name.file, name.line, "extends", f"names {found(name.plain())} twice")])
    chain = (*above, os.path.realpath(shown))
    bases = [_base(name, shown, chain, reach) for name in names]
    return _merged(bases, tree)


def _base(name: Node, shown: str, chain: tuple[str, ...], reach: Reach) -> Node:
    """Return the tree of one base; the fault of a base that is not there stands where it is named."""
    if not isinstance(name.value, str):
        raise ScenarioError(
            [Fault(name.file, name.line, "extends", f"names a file or a list of files; found {found(name.plain())}")]
        )
    base = os.path.normpath(os.path.join(os.path.dirname(shown), name.value))  # what is judged, told, opened and kept
    if not os.path.isfile(base):  # unlike Path.is_file it says no to any name that no file can have
        here = Path(shown).parent
        near = [
            other.relative_to(here).as_posix()
            for way in ("*.yml", "*/*.yml")
            for other in islice(here.glob(way), MOST_FILES)
            if other.is_file() and other.name != Path(shown).name
        ]
        raise ScenarioError(
            [Fault(name.file, name.line, "extends", f"{found(name.value)} is not a file" + nearest(name.value, near))]
        )
    if os.path.realpath(base) in chain:
        raise ScenarioError(
            [Fault(name.file, name.line, "extends", f"goes in a circle: {name.value} extends this file")]
        )
    with reach.reading(name, "extends", base):
        return with_bases(base, chain, reach)


def _merged(bases: list[Node], own: Node) -> Node:
    """Return bases and the scenario's own values as one tree; two bases that disagree are a fault."""
    clashes: list[tuple[str, Node, Node]] = []
    base = bases[0]
    for other in bases[1:]:
        clashes += _clashes(base, other, "")
        base = merge(base, other)
    tree = merge(base, own)
    left = [(path, one, two) for path, one, two in clashes if tree.get(path) is two]
    if left:
        raise ScenarioError(
            Fault(
                two.file,
                two.line,
                path,
                f"is {found(two.plain())} here and {found(one.plain())} in {one.file}:{one.line}; set it in {own.file}",
            )
            for path, one, two in left
        )
    return tree


def merge(base: Node, over: Node) -> Node:
    """Return two trees as one: mappings merge, the second wins; lists and quantities are replaced whole, null takes away."""
    if not (is_section(base) and is_section(over)):
        return over
    merged = dict(base.value)
    for key, node in over.value.items():
        if node.value is None and key in merged and (is_section(merged[key]) or isinstance(merged[key].value, list)):
            del merged[key]
        else:
            merged[key] = merge(merged[key], node) if key in merged else node
    return Node(merged, over.file, over.line)


def is_section(node: Node) -> bool:
    """Tell whether a value is merged with another of its place, rather than replaced whole."""
    return isinstance(node.value, dict) and not WHOLE & node.value.keys()


def _clashes(one: Node, two: Node, path: str) -> Iterator[tuple[str, Node, Node]]:
    """Yield what two trees set differently."""
    if is_section(one) and is_section(two):
        for key in one.value.keys() & two.value.keys():
            yield from _clashes(one.value[key], two.value[key], f"{path}.{key}".strip("."))
    elif one.plain() != two.plain():
        yield path, one, two
