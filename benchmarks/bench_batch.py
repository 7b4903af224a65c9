"""What a batch costs beside the notebooks: a second run with nothing changed, and the index over a thousand reports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from simlib.present.batch.index import write_index
from simlib.present.shelves import newest, shelves

ROOT = Path(__file__).parents[1]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yml"))
SIMLIB = "from simlib.cli import main; main()"
REPORTS, MANY, RUNS = 20, 1000, 5
BARE = "import pydantic, yaml"


def seconds(*words: str | Path) -> float:
    """Return how long a Python process takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def copies(folder: Path) -> None:
    """Write twenty scenarios, each of which extends one that ships."""
    shipped = [path for path in SCENARIOS if path.stem != "price-and-protection"]
    for number in range(REPORTS):
        base = shipped[number % len(shipped)]
        (folder / f"s{number}.yml").write_text(f"extends: {base}\nname: Copy {number}\n", encoding="utf-8")


def second_run(folder: Path) -> None:
    """Print how long a batch takes that has nothing to do, beside a bare import of what it is built on."""
    words = ("-c", SIMLIB, "batch", folder, "--out", folder / "reports", "--draws", "100")
    first = seconds(*words)
    again = [(seconds(*words), seconds("-c", BARE)) for _ in range(RUNS)]
    second, bare = (median(column) for column in zip(*again, strict=True))
    print(
        f"{REPORTS} reports: {first:.1f} s; again with nothing changed: {second:.2f} s, {first / second:.0f} times less,"
    )
    print(f"or {second / bare:.1f} times a bare import of pydantic and yaml ({bare:.2f} s)")


def index(folder: Path) -> None:
    """Print how long the index over a thousand reports takes, each with a run before."""
    made = [next(newest(shelf)) for shelf in shelves(folder / "reports")]
    for number in range(MANY):
        like = made[number % len(made)]
        for day in (1, 2):
            run = folder / "many" / f"s{number}" / f"202601{day:02d}T000000Z-{number:08x}"
            run.mkdir(parents=True)
            told = {**like.manifest, "scenario": f"{like.manifest['scenario']} {number}"}
            (run / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
            shutil.copyfile(like.page, run / "report.html")
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        page = write_index(folder / "many")
        took.append(time.perf_counter() - start)
    print(f"index of {MANY:,} reports: {median(took):.2f} s, {page.stat().st_size / 1e6:.1f} MB")


def main() -> None:
    """Measure both."""
    with tempfile.TemporaryDirectory(prefix="simlib-bench-") as name:
        copies(Path(name))
        second_run(Path(name))
        index(Path(name))


if __name__ == "__main__":
    main()
