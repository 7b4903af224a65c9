"""Single values of a scenario, set from outside by dotted path."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from simlib.scenario.faults import Fault, ScenarioError, cut, found, nearest
from simlib.scenario.source import parse, scalar
from simlib.scenario.tree import Node, replaced, spelled

_BARE = re.compile(r"[\w.+-](?:[\w .%+/()-]*[\w.%)])?")  # a text that needs no quotes in a line of YAML
DRAWN = ("simulation.draws", "simulation.seed")  # what has options of its own, and is needed


class Override(NamedTuple):
    """A value set from outside the file."""

    path: str
    old: str
    new: str


def overridden(tree: Node, overrides: Mapping[str, Any]) -> tuple[Node, tuple[Override, ...]]:
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
            new = _node_of_text(value, path) if isinstance(value, str) else node_of(value, path)
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
    return node_of(value["value"], path)


def node_of(value: Any, path: str) -> Node:
    """Return a JSON-able value as a tree."""
    if isinstance(value, Mapping):
        return Node({str(key): node_of(item, path) for key, item in value.items()}, _option(path), 0)
    if isinstance(value, list | tuple):
        return Node([node_of(item, path) for item in value], _option(path), 0)
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
