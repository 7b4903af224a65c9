"""The explorer in a real browser: from Run All to the first picture, from a move to its answer, the kernel's memory.

python benchmarks/bench_lab.py            50 moves of the flagship and of a platform, 200 for the memory
python benchmarks/bench_lab.py 5 20       fewer
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from lab_for_tests import CHROMIUM, FLAGS, Lab, Watched, served

WARM = 20  # moves before memory is first looked at: caches fill
# Notes when a key goes down, and when key figures and each picture next change, in the browser's own milliseconds.
STOPWATCH = """
desk => {
  if (window.watch) { window.watch.abort(); window.observers.forEach(observer => observer.disconnect()); }
  [window.moves, window.watch, window.observers] = [[], new AbortController(), []];
  const note = (box, name) => {
    const observer = new MutationObserver(() => {
      const move = window.moves.at(-1);
      if (move) move[name] ??= performance.now() - move.start;
    });
    observer.observe(box, {subtree: true, childList: true, characterData: true, attributes: true});
    window.observers.push(observer);
  };
  const begin = () => window.moves.push({start: performance.now()});
  desk.addEventListener('keydown', begin, {capture: true, signal: window.watch.signal});
  note(desk.querySelector('.desk-figures'), 'figures');
  const pictures = [...desk.querySelectorAll('.desk-pictures > *')].filter(box => box.querySelector('svg, img'));
  pictures.forEach((box, number) => note(box, 'picture' + number));
  return pictures.length;
}
"""


def main(moves: int = 50, long: int = 200) -> None:
    """Print what a move costs, for each of two scenarios, and whether memory grows."""
    with tempfile.TemporaryDirectory() as room, served(Path(room)) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        watched = Watched(browser)
        desk = opened(watched, lab)
        for scenario in ("Day and Night", "iQIYI"):
            choose(desk, scenario)
            told(scenario, timed(desk, moves))
        memory(desk, Path(room), long)
        browser.close()
    print(f"meanwhile {os.getloadavg()[1]:.1f} processes wanted one of {os.cpu_count()} cores, these among them")


def opened(watched: Watched, lab: Lab) -> Any:
    """Return the desk once its first picture is there; print how long that took."""
    watched.open(lab, "explore.ipynb")
    started = watched.page.evaluate("performance.now()")
    watched.run_all()
    desk = watched.page.locator(".simlib-desk")
    desk.locator(".desk-pictures svg").first.wait_for()
    print(f"from Run All to the first picture: {(watched.page.evaluate('performance.now()') - started) / 1000:.1f} s")
    return desk


def choose(desk: Any, scenario: str) -> None:
    """Put a scenario on the desk, and wait until it rests."""
    desk.locator(".desk-scenario select").select_option(label=scenario)
    desk.page.wait_for_timeout(1000)
    desk.locator(".desk-status [data-state=rest]").wait_for()


def timed(desk: Any, moves: int) -> list[dict[str, float]]:
    """Return for each move when key figures and when the last picture changed, in milliseconds."""
    pictures = desk.evaluate(STOPWATCH)
    slider = desk.locator(".desk-control [role=slider]").first
    slider.focus()
    for move in range(moves):
        slider.press("ArrowRight" if move % 2 == 0 else "ArrowLeft")
        desk.page.wait_for_function(f"Object.keys(window.moves.at(-1)).length === {pictures} + 2")
    return [
        {"figures": move["figures"], "pictures": max(move[f"picture{number}"] for number in range(pictures))}
        for move in desk.page.evaluate("window.moves")
    ]


def told(scenario: str, times: list[dict[str, float]]) -> None:
    """Print median and worst."""
    for what in ("figures", "pictures"):
        own = [one[what] for one in times]
        name = {"figures": "key figures", "pictures": "every picture"}[what]
        print(f"{scenario}: from a move to {name}: median {median(own):.0f} ms, worst of {len(own)} {max(own):.0f} ms")


def memory(desk: Any, room: Path, moves: int) -> None:
    """Print how much memory the kernel holds after so many moves, beside what it held after a few."""
    timed(desk, WARM)
    before = resident(room)
    timed(desk, moves)
    print(f"the kernel's memory after {WARM} more moves {before} MB, after {moves} more {resident(room)} MB")


def resident(room: Path) -> int:
    """Return the resident memory in MB of the kernel whose connection file lies in a folder."""
    for process in Path("/proc").glob("[0-9]*"):
        words = (process / "cmdline").read_bytes() if (process / "cmdline").exists() else b""
        if f"{room}/runtime/kernel-".encode() in words:
            (line,) = [line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS")]
            return int(line.split()[1]) // 1024
    raise LookupError(f"no kernel has its connection file in {room}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
