"""What each lever of a scenario does to its results: pulled from its weak to its strong end on the same draws.

A lever is set, not seen: every other input keeps its draws, be it correlated or not, so that a lever's two outcomes differ
by what pulling it does (an intervention: Pearl 2009, chapter 3) and by nothing that goes along with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from simlib.decide.value import standard_error
from simlib.scenario.levers import Lever
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Outcome, Output

DRAWS = 2_000  # each lever costs two simulations of so many
End = Literal["weak", "strong"]
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, eq=False)
class Pulled:
    """The results with one lever at one end, in the first draws of an outcome."""

    lever: str
    end: End
    outputs: Mapping[str, Output]


@lru_cache(maxsize=1)
def pulled(outcome: Outcome) -> tuple[Pulled, ...]:
    """Return the results with each lever of the scenario weak and strong, its inputs at their P10 or P90.

    An outcome is equal to itself alone, and its levers are pulled once.
    """
    return tuple(_pulled(outcome))


def _pulled(outcome: Outcome) -> Iterator[Pulled]:
    draws = min(outcome.draws, DRAWS)
    drawn = {name: values[:draws] for name, values in outcome.inputs.items()}
    for name, lever in outcome.scenario.levers.items():
        for end in ("weak", "strong"):
            inputs = drawn | {each: np.full(draws, value) for each, value in settings(outcome, lever, end).items()}
            found = simulate(outcome.scenario, draws=draws, seed=outcome.seed, inputs=inputs)
            yield Pulled(name, end, found.outputs)


def broke_even(found: tuple[Pulled, ...], lever: str) -> tuple[np.ndarray, np.ndarray]:
    """Return when the platform breaks even with a lever weak, and with it strong (draw,); NaN where it never does."""
    dates = {each.end: each.outputs["platform.break_even"].values for each in found if each.lever == lever}
    return dates["weak"], dates["strong"]


def swing(found: tuple[Pulled, ...], one: str, other: str) -> tuple[float, float]:
    """Return by how much more one lever moves the chance of breaking even than another, and the error of that."""
    turned = []
    for lever in (one, other):
        weak, strong = (np.isfinite(dates).astype(float) for dates in broke_even(found, lever))
        moved = strong - weak
        turned.append(moved if moved.mean() >= 0 else -moved)
    more = turned[0] - turned[1]
    return float(more.mean()), standard_error(more)


def settings(outcome: Outcome, lever: Lever, end: End) -> dict[str, float]:
    """Return at which value each input of a lever stands at one end."""
    strong = end == "strong"
    at = dict.fromkeys(lever.raises, HIGH if strong else LOW) | dict.fromkeys(lever.lowers, LOW if strong else HIGH)
    return {name: float(np.quantile(outcome.inputs[name], share)) for name, share in at.items()}
