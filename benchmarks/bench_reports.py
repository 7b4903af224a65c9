"""What forked kernels save: reports beside a loop of plain papermill, and with either engine, as ratios in one run.

Both take two workers; ours also turn each notebook into its page, which plain papermill does not.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from simlib.present.convert import to_html
from simlib.present.execute import executed
from simlib.present.kernels import Kernels

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "deal_report.ipynb"
GRID = ("netflix-2017q3", "tencent-video", "youku", "payment-habit-china", "empresses-in-the-palace")
SOLVING = ("day-and-night", "iqiyi")  # they ask questions, for each of which a report simulates several times
WORKERS = 2


class Cost(NamedTuple):
    """What some reports took: seconds on the clock, and of all cores."""

    wall: float
    cores: float


def cost(work: Callable[[dict], object], reports: Iterable[dict]) -> Cost:
    """Return what reports cost, two at a time."""
    start, used = time.perf_counter(), core_seconds()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, reports))
    return Cost(time.perf_counter() - start, core_seconds() - used)


def core_seconds() -> float:
    """Return the seconds of cores that this process and those it has seen end have used."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in both)


def plain(reports: Iterable[dict]) -> Cost:
    """Return what a loop of plain papermill costs, in as many processes."""
    with tempfile.TemporaryDirectory() as folder:

        def papermill(given: dict) -> None:
            words = [str(NOTEBOOK), f"{folder}/{id(given)}.ipynb", "-y", json.dumps(given), "--no-progress-bar"]
            subprocess.run([sys.executable, "-m", "papermill", *words], cwd=ROOT, check=True, capture_output=True)

        return cost(papermill, reports)


def ours(engine: str, reports: Iterable[dict]) -> Cost:
    """Return what the same reports cost with their kernels started by `engine`, the start of its own process included."""
    kernels = Kernels(engine)

    def report(given: dict) -> None:
        ran, failure = executed(NOTEBOOK, given, {}, kernels)
        assert failure is None, failure
        to_html(ran, given["scenario"])

    start, used = time.perf_counter(), core_seconds()
    with kernels:
        cost(report, reports)
    return Cost(time.perf_counter() - start, core_seconds() - used)


def grid(names: Iterable[str], each: int, draws: int) -> list[dict]:
    """Return the parameters of some reports, each scenario with several seeds."""
    values = [{"simulation.draws": draws, "simulation.seed": seed} for seed in range(each)]
    return [{"scenario": f"scenarios/{name}.yml", "overrides": value} for value in values for name in names]


def beside(what: str, slow: Cost, fast: Cost) -> None:
    """Print two costs and how many times the first is the second."""
    print(f"{what}: {slow.wall:.1f} s and {fast.wall:.1f} s, {slow.wall / fast.wall:.1f} times as fast", end="")
    print(
        f"; cores {slow.cores:.1f} s and {fast.cores:.1f} s, {slow.cores / fast.cores:.1f} times as little", flush=True
    )


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--draws", type=int, default=1000)
    draws = words.parse_args().draws
    executed(NOTEBOOK, grid(GRID[:1], 1, 10)[0], {})  # what is read and imported once is paid for before
    for what, names, each in (("20 reports", GRID, 4), ("10 reports that solve", SOLVING, 5)):
        reports = grid(names, each, draws)
        forked = ours("forked", reports)
        beside(f"{what}, plain papermill and forked kernels", plain(reports), forked)
        beside(f"{what}, new processes and forked kernels", ours("default", reports), forked)
