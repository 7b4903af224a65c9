"""How long a user waits before anything happens: start-up, and a report beside plain papermill, as ratios in one run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
FLAGSHIP = "scenarios/day-and-night.yml"
SIMLIB = "import sys; from simlib.cli import main; main(sys.argv[1:])"
RUNS = 9


def seconds(*words: str) -> float:
    """Return how long a Python process takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def start_up() -> None:
    """Print the start of the command line beside a bare import of what it is built on."""
    jobs = {
        "bare import": ("-c", "import pydantic, yaml"),
        "simlib --help": ("-c", SIMLIB, "--help"),
        "simlib check": ("-c", SIMLIB, "check", FLAGSHIP),
    }
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(RUNS):
        for name, words in jobs.items():
            times[name].append(seconds(*words))
    bare = median(times["bare import"])
    for name, seen in times.items():
        print(f"{name}: {median(seen):.2f} s, {median(seen) / bare:.2f} times a bare import of pydantic and yaml")


def report(draws: int = 10_000) -> None:
    """Print a report's time beside papermill on an empty notebook and the simulation's own time."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.ipynb"
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook = {"cells": [], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        empty.write_text(json.dumps(notebook), encoding="utf-8")
        simulation = (
            "import sys, time, simlib; scenario = simlib.load(sys.argv[1]); run = simlib.simulate; "
            "start = time.perf_counter(); run(scenario, draws=int(sys.argv[2])); print(time.perf_counter() - start)"
        )
        plain, whole, own = [], [], []
        for run in range(5):
            plain.append(seconds("-m", "papermill", str(empty), str(Path(folder) / f"out{run}.ipynb")))
            whole.append(seconds("-c", SIMLIB, "report", FLAGSHIP, "--draws", str(draws), "--out", folder))
            done = subprocess.run(
                [sys.executable, "-c", simulation, FLAGSHIP, str(draws)],
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
            )
            own.append(float(done.stdout))
        print(
            f"papermill on an empty notebook {median(plain):.1f} s; simlib report {median(whole):.1f} s, {draws:,} draws, ",
            end="",
        )
        print(f"of which the simulation {median(own):.1f} s: the rest is ", end="")
        print(f"{median((a - b) / c for a, b, c in zip(whole, own, plain, strict=True)):.2f} times papermill")


if __name__ == "__main__":
    start_up()
    report()
