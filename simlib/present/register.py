"""The register of assumptions: every number of a scenario, where it stands in the file, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from simlib.data import territories
from simlib.present import names
from simlib.present.findings import findings
from simlib.present.values import is_share, said
from simlib.scenario.load import Scenario
from simlib.scenario.member_history import MemberHistory, sources
from simlib.scenario.quantity import Drawn, Fact, Growth, Money, Ramp, RandomWalk, Steps, Strict, per_unit
from simlib.scenario.schema import Sections
from simlib.scenario.tree import Node
from simlib.scenario.walk import Part, parts
from simlib.simulation.outcome import Outcome

GUESS = "guess"
NOT_ASSUMED = {
    "name", "description", "currency", "horizon", "simulation", "territories", "correlations", "histories",
    "levers", "solve", "sweep",
}  # fmt: skip
SHAPES = Ramp | Growth | Steps | RandomWalk  # values that move over time: one row in words
UNITS = {
    "hours": "hours", "scale_months": "months", "episodes": "episodes", "months": "months", "members": "members",
    "history": "members",
    "payment_lag_months": "months", "monthly_hours_per_member": "hours a month",
    "monthly_hours_per_viewer": "hours a month", "age_months": "months", "monthly_income": "{currency} a month",
    "internet_users": "people", "population": "people", "enforcement": "a year", "innovation": "a year",
    "imitation": "a year", "habit_formation": "a year", "win_back": "a year", "free_relapse": "a year",
    "lapsed_relapse": "a year", "unlicensed_word_of_mouth": "a year",
}  # fmt: skip


class Origin(NamedTuple):
    """What a scenario says of a value's origin, and where it says the value."""

    file: str
    line: int
    source: str
    note: str


@lru_cache(maxsize=2)
def assumptions(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    """Return the register, the most influential first, the other uncertain ones next, each in the order of the file.

    It is worked out once for all who ask, and two are kept, as of findings; nobody changes a row.

    `share` is the share of the main target's variance that an uncertain input explains (None where nothing is drawn);
    `p10` and `p90` are numbers as in the file, an amount of money in its own currency.
    """
    found = findings(outcome)
    influence = {row["input"]: row for row in found.drivers.get(found.main_target, [])}
    rows = [_row(outcome, part, told, influence) for part, told in _parts(outcome.scenario)]
    rows += list(_correlations(outcome))
    return tuple(sorted(rows, key=lambda row: (-row["share"] if is_seen(row) else 0, row["p10"] is None)))


def is_seen(row: Mapping[str, Any]) -> bool:
    """Tell whether an input's share of variance stands out of the Monte Carlo error."""
    return row["share"] is not None and row["share"] > 2 * row["error"]


def inputs(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Return the register's rows of what is drawn, by the input's name without its place."""
    return {row["input"]: row for row in assumptions(outcome) if row["input"]}


def unit_of(scenario: Scenario, path: tuple[str | int, ...]) -> str:
    """Return the unit of the number, or of the first of those, to which a path leads; nothing where none is known."""
    tree = scenario.origin.tree
    found = ((part, above) for part, above in _parts(scenario) if part.path[: len(path)] == path)
    units = (unit_at(part, above, tree.at(part.path).plain()) for part, above in found)
    return next(units, "").format(currency=scenario.currency)


def _parts(scenario: Scenario) -> Iterator[tuple[Part, dict[tuple, Any]]]:
    """Yield every number and the origins said on the way to it."""
    for section in Sections.model_fields:
        if section in NOT_ASSUMED:
            continue
        above: dict[tuple, Any] = {}
        within: tuple = ()
        for part in parts(getattr(scenario, section), section, (section,)):
            above[part.path] = part.value
            constant = within and part.path[: len(within)] == within and not isinstance(part.value, Drawn)
            if isinstance(part.value, SHAPES):
                within = part.path
            number = isinstance(part.value, int | float) and not isinstance(part.value, bool)
            if not constant and (number or isinstance(part.value, Drawn | Fact | SHAPES)):
                yield part, above


def _row(outcome: Outcome, part: Part, above: Mapping[tuple, Any], influence: Mapping[str, dict]) -> dict[str, Any]:
    tree = outcome.scenario.origin.tree
    written = tree.at(part.path).plain()
    known = origin(outcome, part, above)
    drawn = [name for name in outcome.inputs if name == part.name or name.startswith(f"{part.name}[")]
    drawn = drawn if isinstance(part.value, Drawn) else []
    ends = [np.quantile(outcome.inputs[name], (0.1, 0.9)) for name in drawn]
    shares = [influence[name]["first_order"] for name in drawn if name in influence]
    row = {
        "path": _settable(tree, part.path),
        "input": part.name if drawn else "",
        "label": names.label(part.name, outcome.scenario.territories.groups),
        "meaning": meaning(part, above),
        "value": said(written),
        "p10": float(ends[0][0]) if ends else None,
        "p90": float(ends[0][1]) if ends else None,
        "unit": unit_at(part, above, written).format(currency=outcome.scenario.currency),
        "source": known.source or GUESS,
        "note": known.note,
        "file": known.file,
        "line": known.line,
        "share": max(shares) if shares else None,
        "error": max(influence[name]["first_order_error"] for name in drawn) if shares else None,
    }
    return row


def origin(outcome: Outcome, part: Part, above: Mapping[tuple, Any]) -> Origin:
    """Return the place of a value, and the source and note nearest above it."""
    node = outcome.scenario.origin.tree.at(part.path)
    source = note = ""
    for depth in range(len(part.path), 0, -1):
        value = above.get(part.path[:depth])
        given = getattr(value, "source", None), getattr(value, "note", None)
        if any(given):
            source, note = given[0] or "", given[1] or ""
            break
    if isinstance(part.value, Fact) and not source:
        source = next(territories()[code].source for code in outcome.territories)
    if isinstance(part.value, MemberHistory) and not source:
        source = sources(part.value)
    return Origin(node.file, node.line, source, note)


def meaning(part: Part, above: Mapping[tuple, Any]) -> str:
    """Return what the language of scenarios says of the field in which a value stands."""
    for depth in range(len(part.path) - 1, 0, -1):
        owner, key = above.get(part.path[:depth]), part.path[depth]
        in_a_section = isinstance(owner, Strict) and type(owner).__module__ != Strict.__module__
        if in_a_section and key in type(owner).model_fields:
            return type(owner).model_fields[key].description or ""
    return Sections.model_fields[part.path[0]].description or ""


def unit_at(part: Part, above: Mapping[tuple, Any], written: Any) -> str:
    """Return the unit of a number, as far as its form or its name tells; "share" for what is said in percent."""
    path = part.name.split(".")
    if "annual" in path:
        return "share a year"
    for depth in range(len(part.path), 0, -1):
        value = above.get(part.path[:depth])
        if isinstance(value, Money):
            unit = per_unit(value)
            return value.currency + (f" per {names.plain(unit)}" if unit else "")
    if path[0] == "fx":
        return f"{path[1]} for one unit of the scenario's currency"
    unit = next((UNITS[key] for key in reversed(path) if key in UNITS), "")
    if path[0] == "discount_rates" or path[-1].startswith("annual"):
        return "share a year"
    if not unit and any("monthly" in key for key in path):
        return "share a month"
    return f"share {unit}".strip() if is_share(written) else unit


def _settable(tree: Node, path: tuple[str | int, ...]) -> str:
    """Return a path as `--set` takes it: no deeper than the file goes."""
    while path and tree.get(".".join(map(str, path))) is None:
        path = path[:-1]
    return ".".join(map(str, path))


def _correlations(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Yield the correlations that are assumed."""
    tree, groups = outcome.scenario.origin.tree, outcome.scenario.territories.groups
    for index, (one, two, rho) in enumerate(outcome.scenario.correlations):
        node = tree.at(("correlations", index))
        label = f"Correlation of {names.label(one, groups)} and {names.label(two, groups)}"
        place = {"path": f"correlations.{index}.2", "label": label, "file": node.file, "line": node.line}
        blank = {"input": "", "meaning": "", "note": "", "p10": None, "p90": None, "share": None, "error": None}
        yield {**place, **blank, "value": said(rho), "unit": "rank correlation", "source": GUESS}
