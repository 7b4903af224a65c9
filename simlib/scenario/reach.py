"""What a scenario reads besides itself: no more than a bounded amount, and nothing from elsewhere without saying so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from simlib.scenario.faults import Fault, ScenarioError, legible
from simlib.scenario.files import Reading
from simlib.scenario.source import MOST_NODES, Node, extent

PROJECT = Path(__file__).resolve().parents[2]
MOST_FILES = 64  # that one scenario reads, itself among them


class Outside(NamedTuple):
    """A file that lies elsewhere than the scenario that reads it, and where it is named; `path` has no symbolic links."""

    file: str
    line: int | None
    key: str
    path: Path
    beyond: str

    def __str__(self) -> str:
        """Return the sentence that says so."""
        return str(Fault(self.file, self.line, self.key, f"reads {self.path}, outside {self.beyond}"))


class Reach:
    """What one scenario has read so far. Its own place is the project, or its folder where that lies elsewhere."""

    def __init__(self, scenario: Path):
        real = Path(os.path.realpath(scenario))
        self.is_ours = real.is_relative_to(PROJECT)
        self.home = PROJECT if self.is_ours else real.parent
        self.reading = Reading()
        self.count = 1
        self.nodes = 0
        self.outside: dict[str, Outside] = {}  # by the name that faults give the file

    def open(self, named: Node, key: str, file: str) -> None:
        """Note that a file is about to be read, by the name that faults give it and where it is named."""
        self.count += 1
        if self.count > MOST_FILES:
            raise ScenarioError([_fault(named, key, f"is one file too many; a scenario reads at most {MOST_FILES}")])
        real = Path(os.path.realpath(file))
        if not real.is_relative_to(self.home):
            beyond = "the project" if self.is_ours else "the scenario's folder"
            place = named.file, named.line or None, key
            self.outside.setdefault(legible(file), Outside(*place, real, beyond))

    def took(self, tree: Node, named: Node | None = None) -> None:
        """Count what was read; raise ScenarioError where all of it is too much."""
        self.nodes += extent(tree)[0]
        if self.nodes > MOST_NODES:
            said = f"brings more than {MOST_NODES:,} values together with what is read before it"
            raise ScenarioError([_fault(named or tree, "", said)])

    def told(self, error: ScenarioError) -> ScenarioError:
        """Return faults in which nothing is quoted from files outside, which may hold what is nobody's business."""
        return ScenarioError(map(self._told, error.faults)) if self.outside else error

    def _told(self, fault: Fault) -> Fault:
        named = next((name for name in self.outside if name in (fault.file, legible(fault.file))), None)
        if named and fault.line:
            return Fault(fault.file, fault.line, "", f"{_IS_AT_FAULT}, for it lies outside {self._beyond(named)}")
        quoted = next((name for name in self.outside if name in fault.message and fault.line), None)
        if quoted and not named:
            said = f"does not go with {quoted}; what that says is not told, for it lies outside {self._beyond(quoted)}"
            return Fault(fault.file, fault.line, "", said)
        return fault

    def _beyond(self, name: str) -> str:
        return self.outside[name].beyond


_IS_AT_FAULT = "is at fault here; what it says is not told"


def _fault(named: Node, key: str, message: str) -> Fault:
    return Fault(named.file, named.line or None, key, message)
