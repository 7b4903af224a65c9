"""What a report rests on, part by part: the same key, the same report."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from simlib.present.layout import layout
from simlib.present.made import versions
from simlib.scenario.load import Scenario
from simlib.scenario.tree import Node
from simlib.workers.ground import sources


def parts(notebook: bytes, *scenarios: Scenario) -> dict[str, Any]:
    """Return what a report rests on: values (draws and seed among them), their lines, and the code that it is made with."""
    return {"values": values_of(*scenarios), "lines": lines_of(*scenarios), **code(notebook)}


def code(notebook: bytes) -> dict[str, Any]:
    """Return what reports of a notebook rest on beside their scenarios."""
    return {"notebook": digest(_code_of(notebook)), "simlib": sources(), "versions": digest(versions())}


def short(key: Mapping[str, Any]) -> str:
    """Return the eight letters of a key that a report's folder carries."""
    return digest(key)[:8]


def values_of(*scenarios: Scenario) -> str:
    """Return the digest of all values of some scenarios, their bases merged and their overrides set.

    >>> from simlib.scenario.load import load
    >>> one, other = (load("scenarios/youku.yml", {"simulation.seed": seed}) for seed in (1, 2))
    >>> values_of(one) == values_of(other)
    False
    """
    return digest([plain(scenario) for scenario in scenarios])


def lines_of(*scenarios: Scenario) -> str:
    """Return the digest of where the values of some scenarios stand, which the register of assumptions tells."""
    names = layout({file for scenario in scenarios for file in scenario.origin.files})
    here = {
        file: names.get(os.path.join(os.getcwd(), file), file) for scenario in scenarios for file in _named(scenario)
    }
    places = [(here[node.file], node.line) for scenario in scenarios for node in _nodes(scenario.origin.tree)]
    return digest(places)


def plain(scenario: Scenario) -> dict[str, Any]:
    """Return all that a scenario says, without places."""
    return scenario.origin.tree.plain()


def digest(content: Any) -> str:
    """Return the SHA-256 of bytes, or of what JSON can hold.

    >>> digest(b"")[:8], digest({"a": 1}) == digest({"a": 2})
    ('e3b0c442', False)
    """
    told = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return hashlib.sha256(told).hexdigest()


def _code_of(notebook: bytes) -> list[tuple[str, str, list[str]]]:
    """Return a notebook's cells, whatever was shown when it was saved."""
    cells = json.loads(notebook)["cells"]
    return [(cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in cells]


def _named(scenario: Scenario) -> set[str]:
    return {node.file for node in _nodes(scenario.origin.tree)}


def _nodes(tree: Node) -> Iterator[Node]:
    """Yield every node of a tree."""
    yield tree
    children = tree.value.values() if isinstance(tree.value, dict) else tree.value
    for child in children if isinstance(tree.value, dict | list) else ():
        yield from _nodes(child)
