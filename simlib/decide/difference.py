"""Two scenarios on common random numbers: how their results differ, and how sure the difference is.

Every input's draws are keyed by its name, so that what the scenarios share is drawn alike in both, and the difference of a
result varies only with what they do not share (Glasserman & Yao 1992, Management Science 38, 884–908).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simlib.decide.value import describe, standard_error
from simlib.scenario.changes import Change, changes
from simlib.scenario.load import Scenario
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Outcome, Output


@dataclass(frozen=True)
class Difference:
    """How one result differs, the second scenario less the first, over the draws in which both have a number."""

    name: str
    label: str
    unit: str
    one: float  # means
    other: float
    mean: float
    error: float  # Monte Carlo error of the mean difference, draw by draw
    p10: float
    p90: float
    higher: float  # share of draws in which the second is higher
    correlation: float  # of the pairs; NaN where a side does not vary
    worth: float  # how many times the draws two independent simulations would need for the same error
    draws: int

    @property
    def stands_out(self) -> float:
        """The difference in its own errors; infinite for one without error, 0 for none."""
        return 0.0 if self.mean == 0 else abs(self.mean) / self.error if self.error else math.inf


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two outcomes on the same draws: what was changed, what differs (what stands out first), what cannot be compared."""

    one: Outcome
    other: Outcome
    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]
    only_one: tuple[str, ...]  # results of the first that the second has not
    only_other: tuple[str, ...]


def compare(one: Scenario, other: Scenario, draws: int | None = None, seed: int | None = None) -> Comparison:
    """Return how the second scenario differs from the first, both drawn as the first says, or as `draws` and `seed` do.

    >>> from simlib.scenario.load import load
    >>> scenario = load("scenarios/day-and-night.yml", {"simulation.draws": 64})
    >>> {difference.mean for difference in compare(scenario, scenario).differences}
    {0.0}
    """
    draws = one.simulation.draws if draws is None else draws
    seed = one.simulation.seed if seed is None else seed
    return compared(simulate(one, draws, seed), simulate(other, draws, seed))


def compared(one: Outcome, other: Outcome) -> Comparison:
    """Return how two outcomes differ; ValueError where they do not share draws and seed.

    Results in money are left out where the currencies differ, for the sum of two currencies means nothing; so are those of
    which fewer than two draws have a number in both.
    """
    if (one.draws, one.seed) != (other.draws, other.seed):
        raise ValueError(
            f"draws and seed must be the same; found {one.draws}, {one.seed} and {other.draws}, {other.seed}"
        )
    shared = [name for name in one.outputs if name in other.outputs]
    differences = [
        difference(name, one.outputs[name], other.outputs[name])
        for name in shared
        if one.outputs[name].unit == other.outputs[name].unit
        and np.sum(np.isfinite(one[name]) & np.isfinite(other[name])) > 1
    ]
    return Comparison(
        one=one,
        other=other,
        changes=changes(one.scenario, other.scenario),
        differences=tuple(sorted(differences, key=lambda found: -found.stands_out)),
        only_one=tuple(name for name in one.outputs if name not in shared),
        only_other=tuple(name for name in other.outputs if name not in shared),
    )


def difference(name: str, one: Output, other: Output) -> Difference:
    """Return how a result differs, draw by draw.

    >>> found = difference("npv", Output(np.array([1.0, 3.0]), "USD", "NPV"), Output(np.array([2.0, 4.0]), "USD", "NPV"))
    >>> found.mean, found.error, found.higher
    (1.0, 0.0, 1.0)
    """
    both = np.isfinite(one.values) & np.isfinite(other.values)
    ours, theirs = one.values[both], other.values[both]
    moved = theirs - ours
    told, varies = describe(moved), min(np.ptp(ours), np.ptp(theirs)) > 0
    apart = standard_error(ours) ** 2 + standard_error(theirs) ** 2
    return Difference(
        name=name,
        label=other.label,
        unit=other.unit,
        one=float(ours.mean()),
        other=float(theirs.mean()),
        mean=told["mean"],
        error=told["mc_error"],
        p10=told["p10"],
        p90=told["p90"],
        higher=float(np.mean(moved > 0)),
        correlation=float(np.corrcoef(ours, theirs)[0, 1]) if varies and moved.size > 1 else math.nan,
        worth=apart / told["mc_error"] ** 2 if told["mc_error"] else math.inf,
        draws=int(both.sum()),
    )
