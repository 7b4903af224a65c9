"""Sobol' indices with confidence intervals: what each input explains alone, and together with all it interacts with.

They part the variance among independent inputs; where inputs are correlated no such parting exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from simlib.scenario.load import Scenario
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import Frame
from simlib.simulation.outcome import Outcome
from simlib.simulation.sampling import at, stream, uncertain

RESAMPLES = 400  # of the bootstrap
LEAST_UNIFORM = 2.0**-31  # half a step of the sequence, so that no quantile is infinite
CORRELATED = (
    "the scenario correlates inputs, and variance cannot be parted among correlated inputs, so that total indices mean "
    "nothing; what is valid are the shares explained alone and the values of knowing, which `simlib drivers` gives "
    "without --indices; or take out `correlations`"
)


class Index(NamedTuple):
    """The share of variance that an input explains alone and in all, each with its 95 % interval."""

    first_order: float
    first_order_low: float
    first_order_high: float
    total: float
    total_low: float
    total_high: float


Evaluate = Callable[[np.ndarray, int], np.ndarray]


def sobol(evaluate: Evaluate, names: Sequence[str], points: int, seed: int) -> list[dict[str, Index]]:
    """Return the first-order and total index of each named input, for each target.

    Points A and B of a scrambled Sobol' sequence are taken, and for each input A with its column from B: (d + 2) N
    evaluations. `evaluate` is given uniforms (input, point) and which set of shocks to use, and returns targets
    (target, point): the points from A and from A with a column of B share set 0, those from B have set 1. So chance that
    is no input (the way of a random walk) counts as one more input, which is never varied alone: it takes its part of the
    variance, and first-order indices leave out what an input does together with it. The estimators are those of Saltelli
    et al. 2010 (Computer Physics Communications 181, 259–270), the intervals percentiles of a bootstrap over points;
    both by scipy.stats. Raises ValueError for fewer than two inputs, points that are no power of 2 from 4 on, and targets
    that are not finite.

    >>> found = sobol(lambda uniforms, _: uniforms[:1] + 2 * uniforms[1:], ["one", "two"], 256, 0)[0]
    >>> [(name, round(index.first_order, 1), round(index.total, 1)) for name, index in found.items()]
    [('one', 0.2, 0.2), ('two', 0.8, 0.8)]
    """
    if len(names) < 2:
        raise ValueError(f"indices part the variance among two inputs or more; found {len(names)}")
    if points < 4 or points & (points - 1):
        raise ValueError(f"the points must be a power of 2 from 4 on, e.g. 512; found {points}")
    first, total = _estimated(*_evaluated(evaluate, len(names), points, seed), seed)
    return [
        {name: Index(*map(float, (*first[:, target, i], *total[:, target, i]))) for i, name in enumerate(names)}
        for target in range(first.shape[1])
    ]


def _evaluated(evaluate: Evaluate, inputs: int, points: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The targets at A and at B (target, point), and at A with each column of B (input, target, point)."""
    from scipy.stats import qmc

    pairs = qmc.Sobol(2 * inputs, rng=stream(seed, "indices")).random(points).T
    a, b = np.split(np.maximum(pairs, LEAST_UNIFORM), 2)
    mixed = []
    for row in range(inputs):
        own, a[row] = a[row].copy(), b[row]
        mixed.append(_finite(evaluate(a, 0)))
        a[row] = own
    return _finite(evaluate(a, 0)), _finite(evaluate(b, 1)), np.array(mixed)


def _estimated(at_a: np.ndarray, at_b: np.ndarray, mixed: np.ndarray, seed: int) -> np.ndarray:
    """First-order and total indices: (kind, estimate or low or high, target, input)."""
    from scipy.stats import bootstrap, sobol_indices

    def estimate(kept: np.ndarray) -> np.ndarray:
        given = {"f_A": at_a[:, kept], "f_B": at_b[:, kept], "f_AB": mixed[..., kept]}
        found = sobol_indices(func=given, n=kept.size)
        return np.reshape([found.first_order, found.total_order], (2, len(at_a), len(mixed)))

    every, options = np.arange(at_a.shape[1]), {"vectorized": False, "batch": 1, "method": "percentile"}
    resampled = bootstrap((every,), estimate, n_resamples=RESAMPLES, rng=stream(seed, "resamples"), **options)
    return np.stack([estimate(every), *resampled.confidence_interval], axis=1)


def scenario_indices(
    scenario: Scenario,
    measure: Callable[[Outcome], Mapping[str, np.ndarray]],
    points: int,
    progress: Callable[[int], None] | None = None,
) -> dict[str, dict[str, Index]]:
    """Return the indices of every uncertain input of a scenario for each target that `measure` takes from an outcome.

    name[code] of a distribution drawn for each territory is an input of its own. Every simulation of N points sees the
    same shocks, point by point, but that of B: see `sobol`. `progress` is called with the number of draws done. Raises
    ValueError where the scenario correlates inputs, and as `sobol` does.
    """
    frame = Frame(scenario, scenario.simulation.seed)
    forms, targets, done = uncertain(scenario, frame.territories), [], 0
    if any(one in forms for one, _, _ in scenario.correlations):
        raise ValueError(CORRELATED)

    def evaluate(uniforms: np.ndarray, shocks: int) -> np.ndarray:
        nonlocal targets, done
        inputs = {
            name: at(scenario, name, form, row, frame.seed)
            for (name, form), row in zip(forms.items(), uniforms, strict=True)
        }
        outcome = simulate(scenario, points, frame.seed + shocks, inputs=inputs)
        measured = measure(outcome)
        targets, done = list(measured), done + points
        if progress:
            progress(done)
        return np.array([*measured.values()])

    found = sobol(evaluate, list(forms), points, frame.seed)
    return dict(zip(targets, found, strict=True))


def _finite(targets: np.ndarray) -> np.ndarray:
    if not np.isfinite(targets).all():
        raise ValueError("a target is missing in some draws; choose one that every draw has")
    return np.atleast_2d(targets)
