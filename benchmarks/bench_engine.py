"""What the engine costs beside the bare recursions and scripts written by hand, as ratios in one run.

python benchmarks/bench_engine.py           the small scenario and the flagship
python benchmarks/bench_engine.py memory    peak memory of the flagship at 10,000 and 200,000 draws (minutes)
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from simlib.models.subscribers import subscriber_path
from simlib.scenario.load import Scenario, load, loads
from simlib.simulation.engine import PATH_DRAWS, simulate

ROOT = Path(__file__).parents[1]
FLAGSHIP = ROOT / "scenarios" / "day-and-night.yml"
SMALL = """
name: Bass with churn
currency: USD
horizon: {start: 2017-12, periods: 40, step: quarter}
simulation: {draws: 100000, seed: 1}
territories: {include: [USA]}
audience: {internet_users: 200 million, video_share: 80%, annual_growth: 0, monthly_income: 4000}
subscribers:
  platform: netflix
  opening: {us: {territories: [USA], members: 51 million}}
  potential: {of: audience, share: 50%}
  innovation: {uniform: {low: 0.01, high: 0.03}}
  imitation: {lognormal: {p10: 0.2, p90: 0.5}}
  monthly_churn: {uniform: {low: 1%, high: 4%}}
"""


def by_hand(draws: int = 100_000, periods: int = 40, step: float = 0.25) -> np.ndarray:
    """Draw the same three inputs, run the same recursion in place, take the same quantiles: a careful script."""
    generator = np.random.default_rng(1)
    strata = [(generator.permutation(draws) + generator.random(draws)) / draws for _ in range(3)]
    from scipy.special import ndtri

    low, high = np.log(0.2), np.log(0.5)
    p = 0.01 + 0.02 * strata[0]
    q = np.exp((low + high) / 2 + (high - low) / 2 / 1.2815515655446004 * ndtri(strata[1]))
    churn = 1 - (0.99 - 0.03 * strata[2]) ** 3
    potential, paths = 80e6, np.empty((periods, draws))
    for start in range(0, draws, 16_384):
        here = slice(start, start + 16_384)
        members = np.full(p[here].size, 51e6)
        alone, by_word, leaving = -p[here] * step, -q[here] * step / potential, churn[here]
        hazard, room = np.empty_like(members), np.empty_like(members)
        staying = potential * (1 - leaving)
        for period in range(periods):
            np.multiply(members, by_word, hazard)
            np.add(hazard, alone, hazard)
            np.exp(hazard, hazard)
            np.subtract(hazard, leaving, hazard)
            np.subtract(potential, members, room)
            np.multiply(hazard, room, hazard)
            np.subtract(staying, hazard, paths[period, here])
            members = paths[period, here]
    return np.quantile(paths[:, :PATH_DRAWS], [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], axis=1)


def by_simlib(scenario: Scenario) -> np.ndarray:
    """Simulate the same, and take the same quantiles."""
    outcome = simulate(scenario)
    return np.quantile(outcome.paths["members"].values, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], axis=1)


def bare_recursions(scenario: Scenario, draws: int) -> None:
    """Run the recursions that the flagship needs, members with and without the title, on arrays that are there already."""
    periods, generator = scenario.horizon.periods, np.random.default_rng(0)
    p, q, churn = (
        generator.uniform(0.01, 0.05, draws),
        generator.uniform(0.3, 0.6, draws),
        generator.uniform(0.01, 0.04, draws),
    )
    potential = (
        np.broadcast_to(generator.uniform(1e6, 2e6, (1, 1, draws)), (periods, 4, draws))
        * np.linspace(1, 1.5, periods)[:, None, None]
    )
    out = np.empty_like(potential)
    lift = 1 + potential * 1e-9
    with_churn = churn * (2 - lift)
    for _ in range(201 // 4):
        subscriber_path(np.full((4, draws), 5e5), potential, p, q, churn, 1 / 12, 1.0, out=out)
        subscriber_path(np.full((4, draws), 5e5), potential, p, q, with_churn, 1 / 12, lift, out=out)


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(one: Callable[[], object], other: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Return the medians of two pieces of work, run in turn, and the median of their ratios."""
    pairs = [(seconds(one), seconds(other)) for _ in range(runs)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(b / a for a, b in pairs)


def speed() -> None:
    """Print both comparisons."""
    small = loads(SMALL)
    hand, ours, times = ratio(by_hand, lambda: by_simlib(small), 15)
    print(f"Bass with churn, 100,000 draws, 40 quarters: hand {hand:.3f} s, simlib {ours:.3f} s, speed {1 / times:.2f}")
    flagship, draws = load(FLAGSHIP), 2048
    simulate(flagship, draws=64)
    block = 1024
    bare, ours, times = ratio(
        lambda: [bare_recursions(flagship, block) for _ in range(draws // block)],
        lambda: simulate(flagship, draws=draws),
        7,
    )
    print(
        f"Flagship, {draws} draws x 201 territories x {flagship.horizon.periods} months: bare recursions {bare:.2f} s, ",
        end="",
    )
    print(f"simlib {ours:.2f} s, {times:.2f} times")


def memory() -> None:
    """Print peak memory of the flagship, each in a process of its own."""
    for draws in (10_000, 200_000):
        code = f"from benchmarks.bench_engine import peak; peak({draws})"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def peak(draws: int) -> None:
    """Simulate the flagship and print this process's peak memory."""
    took = seconds(lambda: simulate(load(FLAGSHIP), draws=draws))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Flagship, {draws:,} draws: {took:.1f} s, peak memory {most:.0f} MB")


if __name__ == "__main__":
    memory() if "memory" in sys.argv[1:] else speed()
