"""A YAML file → a frozen Scenario: bases, overrides, every fault with its file and line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ConfigDict, ValidationError
from pydantic.json_schema import SkipJsonSchema

from simlib.scenario.checks import cross_checks
from simlib.scenario.faults import MOST_FAULTS, Fault, ScenarioError, bounded_suggestions, closest, cut, found, nearest
from simlib.scenario.held import with_held
from simlib.scenario.quantity import FORMS
from simlib.scenario.question_checks import ends
from simlib.scenario.reach import MOST_FILES, Outside, Reach, discreet
from simlib.scenario.schema import Sections
from simlib.scenario.source import Node, parse, read, replaced, scalar, spelled
from simlib.scenario.taken_in import with_files
from simlib.scenario.title import SlowStarter
from simlib.scenario.translate import sentences

WHOLE = {*FORMS, "amount", *SlowStarter.model_fields}  # a mapping with one of these keys is replaced, not merged
_BARE = re.compile(r"[\w.+-](?:[\w .%+/()-]*[\w.%)])?")  # a text that needs no quotes in a line of YAML
DRAWN = ("simulation.draws", "simulation.seed")  # what has options of its own, and is needed
MOST_BASES = 8  # how deep bases may extend bases


class Override(NamedTuple):
    """A value set from outside the file."""

    path: str
    old: str
    new: str


class Origin(NamedTuple):
    """Where a scenario came from: its name in messages, its merged tree, its overrides, its files and those from outside."""

    file: str
    tree: Node
    overrides: tuple[Override, ...]
    files: Mapping[str, bytes]
    outside: tuple[Outside, ...] = ()


class Scenario(Sections):
    """A checked scenario; frozen, with the place of every value in `origin.tree`."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    origin: SkipJsonSchema[Origin]


def load(path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario of a YAML file, with single values set by dotted path.

    Raises ScenarioError with every fault, each with file and line.

    >>> load("no/such.yml")
    Traceback (most recent call last):
    simlib.scenario.faults.ScenarioError: no/such.yml: is not a file; a scenario is a page or two of YAML, e.g. night.yml
    """
    shown = os.fspath(path)
    reach = Reach(Path(shown))
    with discreet(reach.outside.values):
        tree = _with_bases(shown, (), reach)
        tree, done = _overridden(tree, overrides or {})
        tree = _held(with_files(tree, reach), done)
        return check(tree, shown, done, reach.read.files, tuple(reach.outside.values()))


def loads(text: str, overrides: Mapping[str, Any] | None = None, shown: str = "scenario.yml") -> Scenario:
    """Return the scenario of a YAML text; like load, but `extends` is refused."""
    with bounded_suggestions():
        tree = parse(text, shown)
        if "extends" in tree.value:
            line = tree.value["extends"].line
            raise ScenarioError([Fault(shown, line, "extends", "needs a file; a text has no folder")])
        tree, done = _overridden(tree, overrides or {})
        return check(_held(tree, done), shown, done)


def asking(scenario: Scenario, questions: Mapping[str, Any]) -> Scenario:
    """Return a scenario that asks other questions than its own; raise ScenarioError with every fault of them."""
    origin = scenario.origin
    sections = {**origin.tree.value, "solve": _node(questions, "solve")}
    tree = Node(sections, origin.tree.file, origin.tree.line)
    with discreet(lambda: origin.outside):
        return check(tree, origin.file, origin.overrides, origin.files, origin.outside)


def overriding(scenario: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    """Return a scenario with single values set by dotted path as load does, its files not read again.

    Raises ScenarioError with every fault.
    """
    origin = scenario.origin
    reach = Reach(Path(origin.file))
    with discreet(lambda: (*origin.outside, *reach.outside.values())):
        tree, done = _overridden(origin.tree, overrides)
        tree = _held(with_files(tree, reach), done)
        files, outside = {**origin.files, **reach.read.files}, (*origin.outside, *reach.outside.values())
        return check(tree, origin.file, (*origin.overrides, *done), files, outside)


def check(
    tree: Node,
    shown: str,
    overrides: tuple[Override, ...] = (),
    files: Mapping[str, bytes] | None = None,
    outside: tuple[Outside, ...] = (),
) -> Scenario:
    """Return the scenario of a merged tree; raise ScenarioError with every fault of it."""
    tree = _with_one_list(tree)
    plain = tree.plain()
    allowed = [*Sections.model_fields, "extends"]
    strange = {key: node for key, node in tree.value.items() if key not in Sections.model_fields}
    meant = {closest(key, allowed) for key in islice(strange, MOST_FAULTS)}
    faults = [
        Fault(node.file, node.line, key, "is not a section" + nearest(key, allowed))
        for key, node in islice(strange.items(), MOST_FAULTS)
    ]
    faults += [
        Fault(shown, 1, name, f"is missing; it says {field.description}")
        for name, field in Sections.model_fields.items()
        if field.is_required() and name not in plain and name not in meant
    ]
    known = {
        name: plain.get(name) for name, field in Sections.model_fields.items() if name in plain or field.is_required()
    }
    errors: dict[str, ValidationError] = {}
    sections = Sections.model_validate(known, context=errors)
    for name, error in errors.items():
        if name in plain:
            faults += sentences(error, tree, name)
    faults += islice(cross_checks(sections, tree, {*errors, *meant}), MOST_FAULTS)
    if faults:
        raise ScenarioError(faults)
    if sections.solve and (faults := list(ends(sections, tree, partial(check, shown=shown)))):
        raise ScenarioError(faults)
    return Scenario.model_construct(origin=Origin(shown, tree, overrides, files or {}, outside), **dict(sections))


def _held(tree: Node, done: tuple[Override, ...]) -> Node:
    """Return a tree in which nothing else moves the values that were set from outside."""
    return with_held(_with_one_list(tree), [each.path for each in done]) if done else tree


def _with_one_list(tree: Node) -> Node:
    """Return a tree whose correlations by name are one list, each pair with its own file and line."""
    named = tree.value.get("correlations")
    if named is None or not isinstance(named.value, dict):
        return tree
    groups = (group.value if isinstance(group.value, list) else [group] for group in named.value.values())
    pairs = Node([pair for group in groups for pair in group], named.file, named.line)
    return Node({**tree.value, "correlations": pairs}, tree.file, tree.line)


def _with_bases(shown: str, above: tuple[str, ...], reach: Reach) -> Node:
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
        return _with_bases(base, chain, reach)


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


def _overridden(tree: Node, overrides: Mapping[str, Any]) -> tuple[Node, tuple[Override, ...]]:
    """Return the tree with single values replaced, and the record of it."""
    if not isinstance(overrides, Mapping):
        raise ScenarioError([Fault("--set", None, "", f"overrides are a mapping of paths; found {found(overrides)}")])
    done, faults = [], []
    for path, value in overrides.items():
        known = spelled(tree)
        if path not in known and path in DRAWN:
            continue  # what is missing there has a sentence of its own
        if path not in known:
            faults.append(
                Fault(_option(path), None, "", f"{cut(path, 80)} is not in the scenario" + nearest(path, known))
            )
            continue
        steps, old = known[path]
        try:
            new = _node_of_text(value, path) if isinstance(value, str) else _node(value, path)
        except ScenarioError:
            faults.append(Fault(_option(path), None, path, f"cannot be read as YAML; found {found(value)}"))
            continue
        done.append(Override(path, flow(old.plain()), flow(new.plain())))
        tree = replaced(tree, steps, new)
    if faults:
        raise ScenarioError(faults)
    return tree, tuple(done)


def _option(path: str) -> str:
    """Return what stands for a file's name where a value was set from outside."""
    return f"--set {cut(path, 80)}"


def _node_of_text(text: str, path: str) -> Node:
    """Return a value written in YAML as a tree."""
    value = parse(f"value: {text}", path).plain()
    if list(value) != ["value"]:
        raise ScenarioError([Fault(path, None, "", "is one value")])
    return _node(value["value"], path)


def _node(value: Any, path: str) -> Node:
    """Return a JSON-able value as a tree."""
    if isinstance(value, Mapping):
        return Node({str(key): _node(item, path) for key, item in value.items()}, _option(path), 0)
    if isinstance(value, list | tuple):
        return Node([_node(item, path) for item in value], _option(path), 0)
    return Node(value, _option(path), 0)


def flow(value: Any) -> str:
    """Return a value as one line of YAML.

    >>> flow({"value": "2.5%", "note": "a guess, no more"}), flow("NO")
    ('{value: 2.5%, note: "a guess, no more"}', 'NO')
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str) and not (_BARE.fullmatch(value) and scalar(value) == value):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
