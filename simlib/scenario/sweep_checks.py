"""Faults of a sweep: paths that lead nowhere, words for ends of what is certain, too many cells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from typing import Any

from simlib.scenario.faults import Faults, Say, found, nearest
from simlib.scenario.quantity import Distribution
from simlib.scenario.schema import Sections
from simlib.scenario.sweep import ENDS, MOST_CELLS, RANGE, Sweep
from simlib.scenario.tree import Node, spelled
from simlib.scenario.walk import Part, section_parts

Steps = tuple[str | int, ...]


def sweep(tree: Node, sections: Sections, say: Say) -> Faults:
    """What is tried is there, once; ends are those of uncertain numbers; the cells are not too many."""
    chosen = sections.sweep
    if chosen is None:
        return
    known = {path: steps for path, (steps, _) in spelled(tree).items() if steps[0] != "sweep"}
    places = {known[path]: path for path in chosen.tried if path in known}
    for path, tried in chosen.tried.items():
        if path not in known:
            yield say(("sweep", path), "is not in the scenario" + nearest(path, known))
            continue
        steps = known[path]
        whole = next((places[steps[:end]] for end in range(1, len(steps)) if steps[:end] in places), None)
        if whole:
            yield say(("sweep", path), f"lies inside {whole}, which the sweep sets as a whole")
        if places[steps] != path:
            yield say(("sweep", path), f"is the same as {places[steps]}, which the sweep sets too")
        yield from _values(path, tried, bool(uncertain_below(sections, steps)), say)
        if not isinstance(tried, tuple) and chosen.drawn is None:
            yield say(
                ("sweep", path), "is drawn from; say how often, e.g. `drawn: {points: 20, seed: 1}`, or list values"
            )
    yield from _count(chosen, say)


def uncertain_below(sections: Sections, steps: Steps) -> list[Part]:
    """Return the distributions at some steps and below; of members that a forecast starts there is none."""
    parts = section_parts(sections, str(steps[0]))
    return [part for part in parts if part.path[: len(steps)] == steps and isinstance(part.value, Distribution)]


def _values(path: str, tried: Any, is_uncertain: bool, say: Say) -> Iterator:
    """Yield the faults of the values that are tried at one path."""
    if tried == RANGE and not is_uncertain:
        yield say(("sweep", path), "has no range, for nothing is uncertain there; write a distribution")
    seen: set[str] = set()
    for index, value in enumerate(tried if isinstance(tried, tuple) and len(tried) <= MOST_CELLS else ()):
        if isinstance(value, str) and value in ENDS and not is_uncertain:
            said = f"{value} is an end of an uncertain number, and nothing is uncertain there; write a value"
            yield say(("sweep", path, index), said)
        if (told := json.dumps(value, sort_keys=True)) in seen:
            yield say(("sweep", path, index), f"tries {found(value)} twice")
        seen.add(told)


def _count(chosen: Sweep, say: Say) -> Iterator:
    lists = [len(tried) for tried in chosen.tried.values() if isinstance(tried, tuple)]
    if not chosen.tried:
        yield say(("sweep",), "tries nothing; write a path and a list of values, e.g. subscribers.price: [9.99, 11.99]")
    elif chosen.drawn is None and prod(lists) > MOST_CELLS:
        said = f"makes {prod(lists):,} cells; at most {MOST_CELLS:,}: try fewer values, or draw with `drawn`"
        yield say(("sweep",), said)
