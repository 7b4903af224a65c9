"""What a scenario reads besides itself: no more than a bounded amount, and nothing from elsewhere without saying so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.files import Reading
from simlib.scenario.source import MOST_NODES, Node, extent

PROJECT = Path(__file__).resolve().parents[2]
MARK = ".simlib-project"  # a file that marks the folder of a copy of the project's scenarios
MOST_FILES = 64  # that one scenario reads, itself among them


class Outside(NamedTuple):
    """A file that lies elsewhere than the scenario that reads it, and where it is named; `path` has no symbolic links."""

    file: str
    line: int | None
    key: str
    path: Path
    beyond: str

    def fault(self, more: str = "") -> Fault:
        """Return the sentence that says so, and more."""
        return Fault(self.file, self.line, self.key, f"reads {self.path}, outside {self.beyond}{more}")


class Reach:
    """What one scenario has read so far. Its own place is the project, or its folder where that lies elsewhere."""

    def __init__(self, scenario: Path):
        real = Path(os.path.realpath(scenario))
        ours = next((folder for folder in real.parents if folder == PROJECT or (folder / MARK).is_file()), None)
        self.is_ours, self.home = ours is not None, ours or real.parent
        self.read = Reading()
        self.count = 1
        self.nodes = 0
        self.outside: dict[str, Outside] = {}  # by the name that faults give the file

    @contextmanager
    def reading(self, named: Node, key: str, file: str) -> Iterator[None]:
        """Note that a file is read here, by its name in faults; what is wrong with all of it is said where it is named."""
        place = named.file, named.line or None, key
        self.count += 1
        if self.count > MOST_FILES:
            raise ScenarioError([Fault(*place, f"is one file too many; a scenario reads at most {MOST_FILES}")])
        real = Path(os.path.realpath(file))
        if not real.is_relative_to(self.home):
            self.outside.setdefault(
                file, Outside(*place, real, "the project" if self.is_ours else "the scenario's folder")
            )
        try:
            yield
        except ScenarioError as error:
            whole = {
                fault: Fault(*place, f"names {file}, which {fault.message}") for fault in error.faults if not fault.line
            }
            raise ScenarioError(whole.get(fault, fault) for fault in error.faults) from None

    def took(self, tree: Node, named: Node | None = None) -> None:
        """Count what was read; raise ScenarioError where all of it is too much."""
        self.nodes += extent(tree)[0]
        if self.nodes > MOST_NODES:
            where = named or tree
            said = f"brings more than {MOST_NODES:,} values together with what is read before it"
            raise ScenarioError([Fault(where.file, where.line or None, "", said)])

    def told(self, error: ScenarioError) -> ScenarioError:
        """Return faults in which nothing is quoted from files outside, which may hold what is nobody's business."""
        kept, hidden = [], {}
        for fault in error.faults:
            name = next((name for name in self.outside if fault.file == name or name in fault.message), None)
            if name is None or fault.message.startswith(f"names {name}, which"):
                kept.append(fault)
            elif fault.file == name:
                hidden.setdefault(name, []).append(fault.line)
            else:
                said = f"does not go with {name}, which lies outside {self.outside[name].beyond} and is not quoted"
                kept.append(Fault(fault.file, fault.line, fault.path, said))
        more = "; of the faults there none is told, the first is on line {}"
        return ScenarioError([*kept, *(self.outside[name].fault(more.format(min(hidden[name]))) for name in hidden)])
