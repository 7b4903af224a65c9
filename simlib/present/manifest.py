"""How a report came about: what was simulated, with which code, from which files; no absolute path, no name of a user."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simlib.present.made import ROOT, made
from simlib.present.outside import outside
from simlib.scenario.load import Scenario
from simlib.scenario.source import Node

RESOLVED_HEAD = "# The scenario as it was simulated: its bases merged, its overrides set.\n"


def manifest(checked: Scenario, code: Mapping[str, Any] | None, error: str | None, started: datetime) -> dict[str, Any]:
    """Return status, draws, seed, overrides; `code` is what the kernel said of versions and commit, if it came so far."""
    return {
        "status": "failed" if error else "done",
        "error": error,
        "scenario": checked.name,
        "started": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        "seed": checked.simulation.seed,
        "draws": checked.simulation.draws,
        **(code or made()),
        "overrides": [override._asdict() for override in checked.origin.overrides],
        "outside": outside(checked),
    }


def digests(checked: Scenario, file: Path) -> dict[str, str]:
    """Return the SHA-256 of the scenario's files and of the scenario they resolve to."""
    inputs = sorted({node.file for node in _nodes(checked.origin.tree) if not node.file.startswith("--set")})
    read = {name(Path(known), file): _digest(Path(known).read_bytes()) for known in inputs}
    return read | {"scenario.resolved.yml": _digest(resolved(checked).encode())}


def _nodes(tree: Node) -> Iterator[Node]:
    """Yield every node of a tree."""
    yield tree
    children = tree.value.values() if isinstance(tree.value, dict) else tree.value
    for child in children if isinstance(tree.value, dict | list) else ():
        yield from _nodes(child)


def key_of(*scenarios: Scenario) -> str:
    """Return eight letters that change with any value of the scenarios, draws and seed among them."""
    return hashlib.sha256("".join(map(resolved, scenarios)).encode()).hexdigest()[:8]


def resolved(scenario: Scenario) -> str:
    """Return a scenario as one YAML file that needs no other."""
    import yaml

    return RESOLVED_HEAD + yaml.safe_dump(scenario.origin.tree.plain(), sort_keys=False, allow_unicode=True, width=120)


def command_for(scenario: Scenario, verb: str, *files: Path, options: Sequence[str] = ()) -> str:
    """Return the command that makes a report again, of one file or of two, the first the one that others are near."""
    sets = [word for override in scenario.origin.overrides for word in ("--set", f"{override.path}={override.new}")]
    named = [name(path, files[0]) for path in files]
    return shlex.join(["python3", "run.py", verb, *named, *options, *sets])


def name(path: Path, file: Path) -> str:
    """Return a path from the project's folder, or from the scenario's where it lies elsewhere."""
    whole = path.resolve()
    if whole.is_relative_to(ROOT):
        return whole.relative_to(ROOT).as_posix()
    return Path(os.path.relpath(whole, file.resolve().parent)).as_posix()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
