"""What a scenario reads besides itself: no more than a bounded amount, and nothing from elsewhere without saying so."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from simlib.scenario.faults import Fault, ScenarioError, bounded_suggestions
from simlib.scenario.files import Reading
from simlib.scenario.tree import MOST_NODES, Node, extent

PROJECT = Path(__file__).resolve().parents[2]
COPY = "SIMLIB_COPY"  # in the environment of a notebook's kernel: the folder of copies, which count as the project
MOST_FILES = 64  # that one scenario reads, itself among them


class Outside(NamedTuple):
    """A file that lies elsewhere than the scenario that reads it, and where it is named; `path` has no symbolic links.

    `name` is how faults call the file.
    """

    file: str
    line: int | None
    key: str
    path: Path
    beyond: str
    name: str

    def fault(self, more: str = "") -> Fault:
        """Return the sentence that says so, and more."""
        return Fault(self.file, self.line, self.key, f"reads {self.path}, outside {self.beyond}{more}")


class Reach:
    """What one scenario has read so far. Its own place is the project, or its folder where that lies elsewhere."""

    def __init__(self, scenario: Path):
        real = Path(os.path.realpath(scenario))
        copy = os.environ.get(COPY)
        projects = [PROJECT, Path(os.path.realpath(copy))] if copy else [PROJECT]
        ours = next((folder for folder in projects if real.is_relative_to(folder)), None)
        self.beyond, self.home = ("the project", ours) if ours else ("the scenario's folder", real.parent)
        self.read = Reading()
        self.count = 1
        self.nodes = 0
        self.outside: dict[str, Outside] = {}

    @contextmanager
    def reading(self, named: Node, key: str, file: str) -> Iterator[None]:
        """Note that a file is read here, by its name in faults; what is wrong with all of it is said where it is named."""
        place = named.file, named.line or None, key
        self.count += 1
        if self.count > MOST_FILES:
            raise ScenarioError([Fault(*place, f"is one file too many; a scenario reads at most {MOST_FILES}")])
        real = Path(os.path.realpath(file))
        if not real.is_relative_to(self.home):
            self.outside.setdefault(file, Outside(*place, real, self.beyond, file))
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


@contextmanager
def discreet(outside: Callable[[], Iterable[Outside]]) -> Iterator[None]:
    """Have faults raised inside the block quote nothing from files outside, which may hold what is nobody's business.

    `outside` is asked only then. Suggestions are cut off every fault: they are names, and may come from there.
    """
    try:
        with bounded_suggestions():
            yield
    except ScenarioError as error:
        if read := {each.name: each for each in outside()}:
            raise _told(error, read) from None
        raise


def _told(error: ScenarioError, outside: Mapping[str, Outside]) -> ScenarioError:
    kept, hidden = [], {}
    for fault in map(Fault.bare, error.faults):
        name = next((name for name in outside if fault.file == name or name in fault.message), None)
        if name is None or fault.message.startswith(f"names {name}, which"):
            kept.append(fault)
        elif fault.file == name:
            hidden.setdefault(name, []).append(fault.line or 1)
        else:
            said = f"does not go with {name}, which lies outside {outside[name].beyond} and is not quoted"
            kept.append(Fault(fault.file, fault.line, fault.path, said))
    more = "; of the faults there none is told, the first is on line {}"
    return ScenarioError([*kept, *(outside[name].fault(more.format(min(hidden[name]))) for name in hidden)])
