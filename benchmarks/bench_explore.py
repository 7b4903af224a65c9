"""The explorer's answers in its own kernel: from a moved lever to the key figures, to every picture, and what it costs.

Seconds are this machine's; ratios to one simulation of as many draws hold elsewhere. In a browser come the way there and
the painting: benchmarks/bench_lab.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import resource
import time
from statistics import median

from ipywidgets.widgets.widget import _instances

from simlib.present.explore import explore
from simlib.simulation.engine import simulate

FLAGSHIP, ACCOUNTS = "scenarios/day-and-night.yml", "scenarios/iqiyi.yml"
MOVES, LONG = 50, 200


def resident(process: int | str = "self") -> float:
    """Return the memory that a process holds now, in MB; where the system does not tell, the most that this one held."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/statm") as sizes:
        return int(sizes.read().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


async def until(is_true) -> float:
    """Return the seconds until something is true."""
    start = time.perf_counter()
    while not is_true():
        await asyncio.sleep(0.001)
    return time.perf_counter() - start


async def moves(desk, count: int) -> tuple[list[float], list[float]]:
    """Return the seconds from each move to new key figures, and to the last picture, the desk busy with all draws or not."""
    lever = list(desk._laid.board._levers.values())[1]
    figures, everything = [], []
    for move in range(count):
        await asyncio.sleep(0.4 if move % 2 else 1.2)  # now and then all draws are under way when the next move comes
        shown, drawn = desk._laid.views._figures.value, {n: p.value for n, p in desk._laid.views._drawn.items()}
        start = time.perf_counter()
        lever._centre.index = (lever._centre.index + 7) % len(lever._centre.options)
        await until(lambda shown=shown: desk._laid.views._figures.value != shown)
        figures.append(time.perf_counter() - start)
        await until(
            lambda drawn=drawn: all(desk._laid.views._drawn[name].value != html for name, html in drawn.items())
        )
        everything.append(time.perf_counter() - start)
    return figures, everything


async def afternoon(path: str) -> None:
    start = time.perf_counter()
    desk = explore(path, {})
    first = time.perf_counter() - start
    quick = desk._laid.answers.quick
    start = time.perf_counter()
    simulate(desk._laid.answers.scenario, quick)
    one = time.perf_counter() - start
    figures, everything = await moves(desk, MOVES)
    print(f"{path}: first picture {first:.1f} s after the call, {quick} draws while a lever moves ({one * 1e3:.0f} ms)")
    for name, seen in (("key figures", figures), ("every picture", everything)):
        told = f"median {median(seen) * 1e3:.0f} ms, worst {max(seen) * 1e3:.0f} ms"
        print(f"  from a move to {name}: {told}; {median(seen) / one:.1f} times that simulation")
    gc.collect()
    before, widgets = resident(), len(_instances)
    await moves(desk, LONG)
    gc.collect()
    print(f"  {LONG} moves more: {before:.0f} to {resident():.0f} MB, {len(_instances) - widgets} widgets more")
    print(f"  the process aside: {resident(desk._aside._process.pid):.0f} MB")
    desk.close()


if __name__ == "__main__":
    with contextlib.redirect_stderr(io.StringIO()):
        for each in (FLAGSHIP, ACCOUNTS):
            asyncio.run(afternoon(each))
