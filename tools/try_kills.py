"""Kill batches at random moments: no report is torn, the next batch goes on, nothing finished is made twice.

    python tools/try_kills.py --times 50

Each batch is one process with its kernels, ended by SIGKILL after a random while; the figures stand in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from simlib.present.shelves import newest, runs, shelves

ROOT = Path(__file__).parents[1]
SCENARIO = """\
name: Members {name}
currency: USD
horizon: {{start: 2018-01, periods: 12, step: month}}
simulation: {{draws: 60, seed: {seed}}}
territories: {{include: [TWN]}}
audience:
  {{internet_users: {{fact: internet_users}}, video_share: 70%, annual_growth: 2%, monthly_income: {{fact: monthly_income}}}}
subscribers:
  platform: harbour
  opening: {{all: {{territories: [TWN], members: 300 thousand}}}}
  potential: {{of: audience, share: 15%}}
  innovation: 0.05
  imitation: {{uniform: {{low: 0.3, high: 0.6}}}}
  monthly_churn: {{lognormal: {{p10: 2%, p90: 5%}}}}
"""
MARK = "SIMLIB_TRIED"  # in the environment of all that a batch starts
GONE = 10.0  # seconds until the kernels of a killed batch have noticed


def scenarios(folder: Path, count: int) -> None:
    """Write some small scenarios."""
    for number in range(count):
        (folder / f"s{number}.yml").write_text(SCENARIO.format(name=number, seed=number), encoding="utf-8")


def started(folder: Path, *more: str) -> subprocess.Popen:
    """Start a batch over a folder's scenarios in a session of its own."""
    code = "from simlib.cli import main; main()"
    (folder / "rooms").mkdir(exist_ok=True)
    words = ["batch", str(folder), "--out", str(folder / "reports"), "--jobs", "2", *more]
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env={**os.environ, MARK: str(folder), "TMPDIR": str(folder / "rooms")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left_over(folder: Path) -> list[str]:
    """Return the processes that a batch over a folder has started and that still run."""
    found, sought = [], f"{MARK}={folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if sought in (process / "environ").read_bytes().split(b"\0") and process.name != str(os.getpid()):
                found.append(f"{process.name} {(process / 'cmdline').read_bytes()[:80]!r}")
        except OSError:
            continue  # it has ended meanwhile
    return found


def wait_for_none(folder: Path) -> list[str]:
    """Return the processes of a batch that do not end within a while."""
    end = time.monotonic() + GONE
    while (found := left_over(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def faults(out: Path) -> list[str]:
    """Return what is torn or made twice in a folder of reports."""
    found = []
    for shelf in shelves(out):
        keys = Counter(name.partition("-")[2] for name in runs(shelf))
        found += [f"{shelf}: {key} was made {count} times" for key, count in keys.items() if count > 1]
        found += [f"{shelf / name} is torn" for name in runs(shelf) if not is_whole(shelf / name)]
        pages = [(shelf / name / "report.html").read_bytes() for name in runs(shelf)]
        if (shelf / "latest.html").exists() and (shelf / "latest.html").read_bytes() not in pages:
            found.append(f"{shelf}/latest.html is torn")
    index = out / "index.html"
    if index.exists() and not index.read_text(encoding="utf-8").endswith("</html>\n"):
        found.append("index.html is torn")
    return found


def is_whole(folder: Path) -> bool:
    """Tell whether all that a report's manifest lists is there."""
    told = json.loads((folder / "manifest.json").read_bytes())
    return all((folder / name).is_file() for name in (*told["files"], "report.html", "summary.json"))


def is_latest(shelf: Path) -> bool:
    """Tell whether the latest page of a shelf is that of its last run."""
    return (shelf / "latest.html").read_bytes() == next(newest(shelf)).page.read_bytes()


def killed(folder: Path, after: float) -> bool:
    """Start a batch over a folder and kill it after a while; tell whether it was still at work."""
    process = started(folder)
    try:
        process.communicate(timeout=after)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True


def completed(folder: Path) -> list[str]:
    """Let a batch over a folder come to its end; return what is wrong afterwards."""
    process, out = started(folder), folder / "reports"
    _, said = process.communicate()
    wrong = faults(out) + [f"exit code {process.returncode}: {said}"] * bool(process.returncode)
    wrong += [f"still running: {each}" for each in wait_for_none(folder)]
    wrong += [f"left: {path.name}" for path in (*out.glob(".*"), *(folder / "rooms").glob("simlib-*"))]
    wrong += [f"{shelf}/latest.html is not the last page" for shelf in shelves(out) if not is_latest(shelf)]
    done = [shelf for shelf in shelves(out) if next(newest(shelf)).is_done]
    return wrong + [f"{len(done)} reports are done"] * (len(done) != len(list(folder.glob("*.yml"))))


def one_round(count: int, kills: int, moments: random.Random, whole: float) -> tuple[int, list[str]]:
    """Kill batches over fresh scenarios, then complete them; return how many were killed at work, and what was wrong."""
    with tempfile.TemporaryDirectory(prefix="simlib-kills-") as name:
        folder, hits, wrong = Path(name), 0, []
        scenarios(folder, count)
        for _ in range(kills):
            hits += killed(folder, moments.uniform(0.0, whole))
            wrong += faults(folder / "reports")
        return hits, wrong + completed(folder)


def main() -> int:
    """Kill as often as asked; print how it went, and return 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--reports", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    moments, start = random.Random(asked.seed), time.monotonic()
    hits, wrong = one_round(asked.reports, 0, moments, 0.0)
    whole = time.monotonic() - start
    while hits < asked.times and not wrong:
        more, found = one_round(asked.reports, min(5, asked.times - hits), moments, whole)
        hits, wrong = hits + more, wrong + found
        print(f"{hits} killed at work, {len(wrong)} faults, {time.monotonic() - start:.0f} s", flush=True)
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
