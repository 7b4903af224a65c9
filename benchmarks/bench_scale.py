"""Two workers beside one, as ratios in one run, and what a large simulation takes.

python benchmarks/bench_scale.py            a million draws of a quick scenario, and some of the flagship (minutes)
python benchmarks/bench_scale.py cluster    the same on a Dask cluster of two processes
python benchmarks/bench_scale.py memory     peak memory at a hundred thousand draws and at a million

On a machine that has other things to do, two processes get twice the share of one: what counts then is the ratio of seconds
of the processor, half of what two workers took for each beside what one took.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import psutil

from simlib.scenario.load import Scenario, load
from simlib.simulation.engine import simulate
from simlib.workers.here import processes

ROOT = Path(__file__).parents[1]
MILLION = 1_000_000
QUICK, FLAGSHIP = (ROOT / "scenarios" / name for name in ("payment-habit-china.yml", "day-and-night.yml"))
WORKERS = 2


def processor() -> dict[int, float]:
    """Return the seconds of the processor that this process and each below it have taken, by the process's number."""
    here = psutil.Process()
    return {one.pid: one.cpu_times().user + one.cpu_times().system for one in (here, *here.children(recursive=True))}


def took(at_work: Callable[[], AbstractContextManager[object]], scenario: Scenario, draws: int) -> tuple[float, float]:
    """Return seconds on the clock, and those of the processor that an idle machine would have made of them."""
    with at_work():
        before, began = processor(), time.perf_counter()
        simulate(scenario, draws=draws)
        clock = time.perf_counter() - began
        spent = {pid: seconds - before.get(pid, 0.0) for pid, seconds in processor().items()}
    own = spent.pop(psutil.Process().pid)
    return clock, own + sum(spent.values()) / WORKERS


def compare(at_work: Callable[[], AbstractContextManager[object]], who: str) -> None:
    """Print how much faster two workers are."""
    for path, draws in ((QUICK, MILLION), (FLAGSHIP, 16_384)):
        scenario = load(path)
        simulate(scenario, draws=64)
        one, two = (took(crew, scenario, draws) for crew in (partial(processes, 1), at_work))
        print(
            f"{path.stem}, {draws:,} draws: one process {one[0]:.1f} s ({one[1]:.1f} s of the processor), "
            f"two {who} {two[0]:.1f} s ({two[1]:.1f} s each): {one[0] / two[0]:.2f} times as fast by the clock, "
            f"{one[1] / two[1]:.2f} by the processor"
        )


@contextmanager
def two_on_a_cluster():
    from distributed import LocalCluster

    from simlib.workers.cluster import cluster

    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address="127.0.0.1:0") as local,
        cluster(local.scheduler_address),
    ):
        yield


def memory() -> None:
    """Print peak memory, each in a process of its own."""
    for draws in (MILLION // 10, MILLION):
        code = f"from benchmarks.bench_scale import peak; peak({draws})"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def peak(draws: int) -> None:
    """Simulate the quick scenario on two processes and print the peak memory of the one that gathers, and of each worker."""
    with processes(WORKERS):
        simulate(load(QUICK), draws=draws)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    below = [child.memory_info().rss / 2**20 for child in psutil.Process().children()]
    print(f"{QUICK.stem}, {draws:,} draws: peak memory {own:.0f} MB, workers {max(below):.0f} MB at most at the end")


if __name__ == "__main__":
    if "memory" in sys.argv[1:]:
        memory()
    elif "cluster" in sys.argv[1:]:
        compare(two_on_a_cluster, "on a cluster")
    else:
        compare(partial(processes, WORKERS), "processes")
