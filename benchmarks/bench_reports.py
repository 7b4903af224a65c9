"""What `simlib batch` takes for twenty reports beside a loop of plain papermill over the same scenarios, as ratios.

Both work on two at a time. The batch also checks, makes pages, tables and the index, puts them in place, and is then asked
once more, with nothing changed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "deal_report.ipynb"
GRID = ("netflix-2017q3", "tencent-video", "youku", "payment-habit-china", "empresses-in-the-palace")
SOLVING = ("day-and-night", "iqiyi")  # they ask questions, for each of which a report simulates several times
WORKERS = 2


class Cost(NamedTuple):
    """What some reports took: seconds on the clock, and of all cores."""

    clock: float
    cores: float


def cost(work: Callable[[], object]) -> Cost:
    """Return what something costs, the processes that it starts included."""
    start, used = time.perf_counter(), core_seconds()
    work()
    return Cost(time.perf_counter() - start, core_seconds() - used)


def core_seconds() -> float:
    """Return the seconds of cores that this process and those it has seen end have used."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in both)


def plain(scenarios: Sequence[Path], folder: Path, workers: int = WORKERS) -> None:
    """Run the notebook on each scenario by papermill's own command, so many at a time."""

    def papermill(scenario: Path) -> None:
        words = [NOTEBOOK, folder / f"{scenario.stem}.ipynb", "-p", "scenario", scenario, "--no-progress-bar"]
        subprocess.run([sys.executable, "-m", "papermill", *words], cwd=ROOT, check=True, capture_output=True)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(papermill, scenarios))


def batch(scenarios: Sequence[Path], out: Path, *options: str) -> None:
    """Make the reports of the scenarios, in a process of its own."""
    words = ["batch", *scenarios, "--out", out, "--jobs", str(WORKERS), *options]
    subprocess.run([sys.executable, "-m", "simlib", *words], cwd=ROOT, check=True, capture_output=True)


def written(folder: Path, names: Sequence[str], seeds: int, draws: int) -> list[Path]:
    """Return files that extend some scenarios, each with several seeds."""
    folder.mkdir()
    for name in names:
        for seed in range(seeds):
            base = ROOT / "scenarios" / f"{name}.yml"
            text = f"extends: {base}\nname: {name} {seed}\nsimulation: {{draws: {draws}, seed: {seed}}}\n"
            (folder / f"{name}-{seed}.yml").write_text(text)
    return sorted(folder.iterdir())


def beside(what: str, slow: Cost, fast: Cost) -> None:
    """Print two costs and how many times the first is the second."""
    print(f"{what}: {slow.clock:.1f} s and {fast.clock:.1f} s, {slow.clock / fast.clock:.1f} times as fast", end="")
    print(f"; cores {slow.cores:.1f} s and {fast.cores:.1f} s, {slow.cores / fast.cores:.1f} times", flush=True)


def compare(what: str, names: Sequence[str], seeds: int, draws: int) -> None:
    """Print what some reports cost each way."""
    with tempfile.TemporaryDirectory() as room:
        scenarios = written(Path(room) / "scenarios", names, seeds, draws)
        out = Path(room) / "reports"
        ours = cost(lambda: batch(scenarios, out))
        again = cost(lambda: batch(scenarios, out))
        theirs = cost(lambda: plain(scenarios, Path(room)))
        in_series = cost(lambda: plain(scenarios, Path(room), 1))
        anew = cost(lambda: batch(scenarios, Path(room) / "anew", "--engine", "default"))
    beside(f"{what}, plain papermill and simlib batch", theirs, ours)
    beside(f"{what}, plain papermill one after the other and simlib batch", in_series, ours)
    beside(f"{what}, with new processes and with forked kernels", anew, ours)
    print(f"{what}, nothing changed: {again.clock:.2f} s; cores {again.cores:.2f} s", flush=True)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--draws", type=int, default=1000)
    draws = words.parse_args().draws
    compare("20 reports", GRID, 4, draws)
    compare("10 reports that solve", SOLVING, 5, draws)
