"""What it costs to say what drives an answer: indices beside as many plain draws, the worth of knowing, the box of losses.

python benchmarks/bench_drivers.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from simlib.decide.discovery import readable
from simlib.decide.indices import scenario_indices
from simlib.decide.information import evppi
from simlib.scenario.load import loads
from simlib.simulation.engine import simulate

POINTS, RUNS = 512, 5
PLACES = [
    "TWN",
    "HKG",
    "SGP",
    "MYS",
    "JPN",
    "KOR",
    "THA",
    "VNM",
    "IDN",
    "PHL",
    "USA",
    "CAN",
    "GBR",
    "DEU",
    "FRA",
    "ESP",
    "ITA",
]
TWENTY = f"""
name: Members in {len(PLACES)} places
currency: USD
horizon: {{start: 2017-12, periods: 40, step: quarter}}
simulation: {{draws: 1000, seed: 1}}
territories: {{include: [{", ".join(PLACES)}]}}
audience: {{internet_users: {{fact: internet_users}}, video_share: {{uniform: {{low: 60%, high: 80%}}}}, annual_growth: 1%, monthly_income: 1000}}
subscribers:
  platform: netflix
  opening: {{all: {{territories: [world], members: 20 million}}}}
  potential: {{of: audience, share: 30%}}
  innovation: {{uniform: {{low: 0.01, high: 0.03}}}}
  imitation: {{lognormal: {{p10: 0.2, p90: 0.5}}, per_territory: true}}
  monthly_churn: {{uniform: {{low: 1%, high: 4%}}}}
"""  # noqa: E501


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes, the median of several runs."""
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return median(took)


def indices() -> None:
    """Print how many draws the indices of twenty inputs take, and their time beside that of as many plain draws."""
    scenario, done = loads(TWENTY), []
    inputs = len(simulate(scenario, draws=2).inputs)
    took = seconds(
        lambda: scenario_indices(scenario, lambda outcome: {"members": outcome["members"]}, POINTS, done.append)
    )
    plain = seconds(lambda: simulate(scenario, draws=max(done)))
    print(
        f"indices of {inputs} inputs, N = {POINTS}: {max(done):,} draws = {max(done) / POINTS:g} N; {took:.2f} s, ",
        end="",
    )
    print(f"{took / plain:.2f} times as many plain draws")


def information() -> None:
    """Print the time of the worth of knowing and of the box of losses for a hundred inputs of 10,000 draws."""
    drawn = np.random.default_rng(0).normal(0, 1, (100, 10_000))
    inputs, options = (
        dict(zip(map(str, range(100)), drawn, strict=True)),
        np.array([drawn[0] + drawn[1], drawn[2], 0 * drawn[3]]),
    )
    print(
        f"worth of knowing each of 100 inputs, 10,000 draws, 3 options: {seconds(lambda: evppi(inputs, options)):.2f} s; ",
        end="",
    )
    print(f"box of losses: {seconds(lambda: readable(inputs, options[0] < -1)):.2f} s")


if __name__ == "__main__":
    indices()
    information()
