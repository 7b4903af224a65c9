"""Faults of what is said of drawn inputs: correlations that cannot hold, levers that pull nothing drawn."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi, sin, sqrt

from simlib.scenario.faults import Faults, Say, nearest
from simlib.scenario.member_history import MemberHistory, is_drawn
from simlib.scenario.places import in_scenario
from simlib.scenario.quantity import Drawn, RandomWalk
from simlib.scenario.schema import Sections
from simlib.scenario.walk import section_parts


def correlations(sections: Sections, say: Say) -> Faults:
    """Pairs are of what is drawn, and may all hold together."""
    walks = {part.name for part in section_parts(sections, "fx") if isinstance(part.value, RandomWalk)}
    uncertain, sound = {*_drawn(sections), *walks}, True
    for index, (one, two, _) in enumerate(sections.correlations):
        if {one, two} in [{*pair[:2]} for pair in sections.correlations[:index]]:
            yield say(("correlations", index), f"{one} and {two} are correlated above already")
        for name in (one, two):
            if name not in uncertain:
                sound = False
                yield say(("correlations", index), f"{name} is no uncertain quantity" + nearest(name, uncertain))
        if len({one, two} & walks) == 1 and {one, two} <= uncertain:
            sound = False
            said = f"{one} and {two}: a random walk moves in every period, and goes along with another walk alone"
            yield say(("correlations", index), said)
        if one == two:
            sound = False
            yield say(("correlations", index), f"{one} is correlated with itself by definition")
    if sound and sections.correlations and (breaks := _first_impossible(sections)) is not None:
        one, two, rho = sections.correlations[breaks]
        yield say(
            ("correlations", breaks),
            f"{one} and {two} at {rho:g} cannot hold together with the other pairs; a pair left out is 0",
        )


def levers(sections: Sections, say: Say) -> Faults:
    """Levers pull what is drawn, and move a platform's break-even."""
    if sections.levers and (sections.platform is None or sections.platform.accounts is None):
        yield say(("levers",), "move a platform's break-even, which needs platform.accounts")
    drawn = set(_drawn(sections)) if sections.levers else set()
    for name, lever in sections.levers.items():
        for field in ("raises", "lowers"):
            for index, pulled in enumerate(getattr(lever, field)):
                if pulled not in drawn:
                    said = f"{pulled} is no uncertain quantity" + nearest(pulled, drawn)
                    yield say(("levers", name, field, index), said)


def _drawn(sections: Sections) -> Iterator[str]:
    """Yield the name of every input that is drawn; one for each place is called name[place]."""
    for part in section_parts(sections):
        if isinstance(part.value, MemberHistory):
            yield from [part.name] if is_drawn(part.value, sections.horizon.start, sections.horizon.step) else []
        elif isinstance(part.value, Drawn) and part.value.per_territory:
            markets = sections.habits.markets if sections.habits and part.path[0] == "habits" else None
            yield from (f"{part.name}[{place}]" for place in markets or in_scenario(sections))
        elif isinstance(part.value, Drawn):
            yield part.name


def _first_impossible(sections: Sections) -> int | None:
    """Return the index of the first correlation that leaves the set not positive definite, None where the whole is."""
    names = sorted({name for one, two, _ in sections.correlations for name in (one, two)})
    matrix = [[float(row == column) for column in names] for row in names]
    breaks = None
    for index, (one, two, rho) in enumerate(sections.correlations):
        i, j = names.index(one), names.index(two)
        matrix[i][j] = matrix[j][i] = 2 * sin(pi * rho / 6)
        if breaks is None and not _is_positive_definite(matrix):
            breaks = index
    return None if breaks is None or _is_positive_definite(matrix) else breaks


def _is_positive_definite(matrix: list[list[float]]) -> bool:
    """Tell by Cholesky's decomposition, without importing NumPy for a handful of numbers."""
    rows: list[list[float]] = []
    for i, row in enumerate(matrix):
        lower: list[float] = []
        for j in range(i):
            lower.append((row[j] - sum(a * b for a, b in zip(lower, rows[j], strict=False))) / rows[j][j])
        pivot = row[i] - sum(a * a for a in lower)
        if pivot <= 1e-10:
            return False
        rows.append([*lower, sqrt(pivot)])
    return True
