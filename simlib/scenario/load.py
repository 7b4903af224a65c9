"""A YAML file → a frozen Scenario: bases, overrides, every fault with its file and line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ConfigDict, ValidationError
from pydantic.json_schema import SkipJsonSchema

from simlib.scenario.bases import with_bases
from simlib.scenario.checks import cross_checks
from simlib.scenario.faults import MOST_FAULTS, Fault, ScenarioError, bounded_suggestions, closest, nearest
from simlib.scenario.held import LetBe, let_be, with_held
from simlib.scenario.overrides import Override, node_of, overridden
from simlib.scenario.question_checks import ends
from simlib.scenario.reach import Outside, Reach, discreet
from simlib.scenario.schema import Sections
from simlib.scenario.source import parse
from simlib.scenario.taken_in import with_files
from simlib.scenario.translate import sentences
from simlib.scenario.tree import Node


class Origin(NamedTuple):
    """Where a scenario came from: its name in messages, its merged tree, its overrides, its files and those from outside.

    What was set from outside is held: `let_be` is what it would have been moved by.
    """

    file: str
    tree: Node
    overrides: tuple[Override, ...]
    files: Mapping[str, bytes]
    outside: tuple[Outside, ...] = ()
    let_be: tuple[LetBe, ...] = ()


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
        tree = with_bases(shown, (), reach)
        tree, done = overridden(tree, overrides or {})
        tree, still = _held(with_files(tree, reach), done)
        return check(tree, shown, done, reach.read.files, tuple(reach.outside.values()), still)


def loads(text: str, overrides: Mapping[str, Any] | None = None, shown: str = "scenario.yml") -> Scenario:
    """Return the scenario of a YAML text; like load, but `extends` is refused."""
    with bounded_suggestions():
        tree = parse(text, shown)
        if "extends" in tree.value:
            line = tree.value["extends"].line
            raise ScenarioError([Fault(shown, line, "extends", "needs a file; a text has no folder")])
        tree, done = overridden(tree, overrides or {})
        tree, still = _held(tree, done)
        return check(tree, shown, done, let_be=still)


def asking(scenario: Scenario, questions: Mapping[str, Any]) -> Scenario:
    """Return a scenario that asks other questions than its own; raise ScenarioError with every fault of them."""
    origin = scenario.origin
    sections = {**origin.tree.value, "solve": node_of(questions, "solve")}
    tree = Node(sections, origin.tree.file, origin.tree.line)
    with discreet(lambda: origin.outside):
        return check(tree, origin.file, origin.overrides, origin.files, origin.outside, origin.let_be)


def overriding(scenario: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    """Return a scenario with single values set by dotted path as load does, its files not read again.

    Raises ScenarioError with every fault.
    """
    origin = scenario.origin
    reach = Reach(Path(origin.file))
    with discreet(lambda: (*origin.outside, *reach.outside.values())):
        tree, done = overridden(origin.tree, overrides)
        tree, still = _held(with_files(tree, reach), done)
        files, outside = {**origin.files, **reach.read.files}, (*origin.outside, *reach.outside.values())
        return check(tree, origin.file, (*origin.overrides, *done), files, outside, (*origin.let_be, *still))


def check(
    tree: Node,
    shown: str,
    overrides: tuple[Override, ...] = (),
    files: Mapping[str, bytes] | None = None,
    outside: tuple[Outside, ...] = (),
    let_be: tuple[LetBe, ...] = (),
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
    return Scenario.model_construct(
        origin=Origin(shown, tree, overrides, files or {}, outside, let_be), **dict(sections)
    )


def _held(tree: Node, done: tuple[Override, ...]) -> tuple[Node, tuple[LetBe, ...]]:
    """Return a tree in which nothing else moves the values that were set from outside, and what would have."""
    if not done:
        return tree, ()
    before = _with_one_list(tree)
    after = with_held(before, [each.path for each in done])
    return after, tuple(let_be(before, after))


def _with_one_list(tree: Node) -> Node:
    """Return a tree whose correlations by name are one list, each pair with its own file and line."""
    named = tree.value.get("correlations")
    if named is None or not isinstance(named.value, dict):
        return tree
    groups = (group.value if isinstance(group.value, list) else [group] for group in named.value.values())
    pairs = Node([pair for group in groups for pair in group], named.file, named.line)
    return Node({**tree.value, "correlations": pairs}, tree.file, tree.line)
