"""What churn by tenure costs: segments against cohorts, and a whole simulation against a loop written by hand.

python benchmarks/bench_tenure.py           both, as ratios in one run (some minutes)
python benchmarks/bench_tenure.py memory    peak memory at 10,000 and 50,000 draws
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.bench_engine import ratio, seconds
from simlib.models.retention import bdw_log_survival, sbg_segments
from simlib.models.tenure import cohort_path, opening_cohorts, opening_segments, segment_path, segments_for
from simlib.scenario.load import loads
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
MONTH, TENURE, TERRITORIES = 1 / 12, 24, 200
SCENARIO = """
name: churn that differs among members
currency: USD
horizon: {start: 2017-12, periods: 120, step: month}
simulation: {draws: 10000, seed: 1}
territories: {include: [world], exclude: [EXCLUDED]}
audience: {internet_users: {fact: internet_users}, video_share: 70%, annual_growth: 3%, monthly_income: 1000}
subscribers:
  platform: netflix
  opening: {all: {territories: [world], members: 100 million}}
  potential: {of: audience, share: {uniform: {low: 30%, high: 50%}}}
  innovation: {uniform: {low: 0.01, high: 0.03}}
  imitation: {lognormal: {p10: 0.2, p90: 0.5}}
  churn: {sbg: {alpha: {uniform: {low: 0.5, high: 1.2}}, beta: {uniform: {low: 15, high: 40}}}, opening_tenure_months: 24}
"""


def given(periods: int, territories: int, draws: int) -> tuple[np.ndarray, ...]:
    """Return α and β (1, draw), potential, innovation, imitation and opening of as many territories."""
    uniform = np.random.default_rng(0).uniform
    growth = np.linspace(1, 1.3, periods)[:, None, None]
    potential = growth * uniform(50, 100, (territories, draws))
    rates = uniform(0.01, 0.03, (1, 1, draws)), uniform(0.2, 0.5, (1, 1, draws))
    shapes = uniform(0.5, 1.2, (1, draws)), uniform(15, 40, (1, draws))
    return *shapes, potential, *rates, uniform(5, 20, (territories, draws))


def segments(alpha, beta, potential, innovation, imitation, opening):
    """Return the recursion by segments, set up for all territories that share α and β."""
    churn, weight = sbg_segments(alpha, beta, segments_for(len(potential) + TENURE))
    opening = opening_segments(churn, weight, TENURE) * opening
    return lambda: segment_path(opening, potential, innovation, imitation, churn, weight, 1.0, MONTH)[0]


def cohorts(alpha, beta, potential, innovation, imitation, opening):
    """Return the recursion by cohorts, set up for all territories that share α and β."""
    known = bdw_log_survival(np.arange(len(potential) + TENURE + 1.0).reshape(-1, 1, 1), alpha, beta, 1.0)
    opening = opening_cohorts(known[:TENURE], TENURE) * opening
    return lambda: cohort_path(opening, potential, innovation, imitation, known, 1.0, MONTH)[0]


def by_hand(draws: int, periods: int = 120, size: int = 512) -> np.ndarray:
    """Return total members (period, draw) of as many territories by the plainest loop over periods that is fast.

    One territory and a block of draws at a time, all segments in one array, everything written in place.
    """
    total = np.zeros((periods, draws))
    growth = np.linspace(1, 1.3, periods)
    for start in range(0, draws, size):
        alpha, beta, potential, innovation, imitation, opening = given(1, TERRITORIES, min(size, draws - start))
        churn, weight = (each[:, 0] for each in sbg_segments(alpha, beta, segments_for(periods + TENURE)))
        share, stay = opening_segments(churn, weight, TENURE), 1 - churn
        alone, by_word = innovation[0, 0] * -MONTH, imitation[0, 0] * -MONTH
        joined, room, hazard = np.empty_like(share), np.empty_like(alone), np.empty_like(alone)
        for territory in range(TERRITORIES):
            members = share * opening[territory]
            all_members = members.sum(axis=0)
            for period in range(periods):
                most = potential[0, territory] * growth[period]
                np.multiply(all_members, by_word, hazard)
                np.divide(hazard, most, hazard)
                np.add(hazard, alone, hazard)
                np.exp(hazard, hazard)
                np.subtract(1.0, hazard, hazard)
                np.subtract(most, all_members, room)
                np.maximum(room, 0, out=room)
                np.multiply(hazard, room, hazard)
                np.multiply(members, stay, members)
                np.multiply(weight, hazard, joined)
                np.add(members, joined, members)
                np.add.reduce(members, axis=0, out=all_members)
                total[period, start : start + size] += all_members
    return total


def speed() -> None:
    """Print segments against cohorts, then the whole simulation against the loop by hand."""
    for periods in (60, 120):
        inputs = given(periods, 8, 1024)
        one, other = segments(*inputs), cohorts(*inputs)
        apart = abs(one() / other() - 1).max()
        first, second, times = ratio(one, other, 25)
        took = f"segments {first * 1e3:.0f} ms, cohorts {second * 1e3:.0f} ms, {times:.1f} times"
        print(f"{periods} months, 8 territories x 1,024 draws: {took}; {apart:.0e} apart at most")
    scenario, draws = whole(), 2048
    simulate(scenario, draws=64)
    for size in (256, 512, 1024):
        took = median(seconds(lambda: by_hand(draws, size=size)) for _ in range(3))  # noqa: B023  (used at once)
        print(f"by hand, blocks of {size}: {took:.2f} s")
    size = f"{TERRITORIES} territories x 120 months x"
    hand, ours, times = ratio(lambda: by_hand(draws), lambda: simulate(scenario, draws=draws), 5)
    print(f"{size} {draws:,} draws: by hand {hand:.2f} s, simlib {ours:.2f} s, {times:.2f} times")
    hand, ours = seconds(lambda: by_hand(10_000)), seconds(lambda: simulate(scenario))
    print(f"{size} 10,000 draws, once: by hand {hand:.1f} s, simlib {ours:.1f} s, {ours / hand:.2f} times")


def whole():
    """Return the scenario with as many territories as the loop has."""
    codes = sorted(simulate(loads(SCENARIO.replace("exclude: [EXCLUDED]", "exclude: []")), draws=2).territories)
    return loads(SCENARIO.replace("EXCLUDED", ", ".join(codes[TERRITORIES:])))


def peak(draws: int) -> None:
    """Simulate and print this process's peak memory."""
    took = seconds(lambda: simulate(whole(), draws=draws))
    print(
        f"{draws:,} draws: {took:.1f} s, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


def memory() -> None:
    """Print peak memory, each in a process of its own."""
    for draws in (10_000, 50_000):
        subprocess.run(
            [sys.executable, "-c", f"from benchmarks.bench_tenure import peak; peak({draws})"], cwd=ROOT, check=True
        )


if __name__ == "__main__":
    memory() if "memory" in sys.argv[1:] else speed()
