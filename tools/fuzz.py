"""Put inputs that nobody would write through simlib, by the hundred thousand, and say what became of them.

    .venv/bin/python tools/fuzz.py --inputs 200000 --jobs 2

Inputs come in batches of a kind; a batch is a function of the seed and its number, so that a run that was interrupted
goes on with --first. Each batch runs in a process of its own, which may take 500 MB more than simlib itself and is ended
where one input takes too long. An input from which anything comes but a result or sentences is kept in tests/fuzz/, and
the tests try it again for ever.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))
BATCH = 2_000  # inputs
KINDS = ("bytes",) * 15 + ("trees",) * 3 + ("values",) * 4 + ("histories",) * 3  # in turn
MEMORY = 500_000_000  # bytes more than simlib itself, once it is imported
PATIENCE = 3_600  # seconds that a batch may take on a busy machine


def batch(kind: str, number: int, seed: int, folder: Path) -> dict[str, Any]:
    """Put the inputs of one batch through; return how many came to what, the slowest, and the inputs that went wrong."""
    import fuzz_targets

    fuzz_targets.room(folder)
    limit = _memory_used() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    told: dict[str, Any] = {"counts": Counter(), "slowest": {}, "wrong": {}}
    for target, raw in inputs(kind, number, seed):
        (folder / "current").write_bytes(target.encode() + b"\n" + raw)
        _try(fuzz_targets, target, raw, folder, told)
    told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return told


def _try(fuzz_targets: Any, target: str, raw: bytes, folder: Path, told: dict[str, Any]) -> None:
    """Put one input through a target and note what came of it; one that takes far too long ends the process."""
    signal.setitimer(signal.ITIMER_PROF, 4 * fuzz_targets.SECONDS[target])
    began = time.process_time()
    try:
        came = fuzz_targets.TARGETS[target](raw, folder)
    except Exception as error:  # whatever it is: that is the question
        came = "wrong"
        _note(told, f"{target}: {type(error).__name__}: {str(error)[:300]}", target, raw)
    took = time.process_time() - began
    signal.setitimer(signal.ITIMER_PROF, 0)
    if took > fuzz_targets.SECONDS[target]:
        _note(told, f"{target}: took {took:.1f} s", target, raw)
    told["counts"][f"{target} {came}"] += 1
    told["slowest"][target] = max(took, told["slowest"].get(target, 0.0))


def _note(told: dict[str, Any], why: str, target: str, raw: bytes) -> None:
    """Note what went wrong, and keep its input where nothing of the kind went wrong in this batch before."""
    if re.sub(r"[0-9]+", "", why) not in {re.sub(r"[0-9]+", "", known) for known in told["wrong"]}:
        told["wrong"][why] = _kept(target, raw)


def _memory_used() -> int:
    """Return the bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _kept(target: str, raw: bytes) -> str:
    """Keep an input among those that once went wrong; return its name."""
    path = ROOT / "tests" / "fuzz" / target / hashlib.sha256(raw).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path.relative_to(ROOT).as_posix()


def inputs(kind: str, number: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield the inputs of a batch, each with what it is put through."""
    import fuzz_inputs
    import fuzz_trees

    random = Random(f"{seed} {kind} {number}")
    if kind == "bytes":
        seeds = fuzz_inputs.scenario_seeds()
        rarely = [1 / (len(raw) + 200) for raw in seeds]  # a short one is read faster
        for index in range(BATCH):
            raw = fuzz_inputs.changed_bytes(random.choices(seeds, rarely)[0], random, fuzz_inputs.TOKENS)
            yield "simulated" if index % 8 == 0 else "scenario", raw
    elif kind == "histories":
        seeds = fuzz_inputs.history_seeds()
        for index in range(BATCH):
            raw = fuzz_inputs.changed_bytes(random.choice(seeds), random, fuzz_inputs.CELLS)
            yield ("forecast", "calibrate")[index % 40 // 20] if index % 20 == 0 else "history", raw
    else:
        strategy = fuzz_trees.trees() if kind == "trees" else fuzz_trees.values()
        for index, raw in enumerate(drawn(strategy, random.randrange(2**32))):
            yield ("simulated" if index % 3 == 0 else "scenario") if kind == "trees" else "override", raw


def drawn(strategy: Any, seed: int) -> list[bytes]:
    """Return as many examples of a strategy as a batch has, the same for the same seed."""
    import hypothesis

    found: list[bytes] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def take(raw: bytes) -> None:
        found.append(raw)

    take()
    return found


def run(kind: str, number: int, seed: int) -> dict[str, Any]:
    """Run a batch in a process of its own; where that died, the input it died of is what went wrong."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        own = Path(folder) / "room"
        words = [sys.executable, __file__, "--batch", kind, str(number), "--seed", str(seed), "--room", str(own)]
        one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, env=one_thread)
            if done.returncode == 0:
                return json.loads(done.stdout.splitlines()[-1])
            why = f"the process ended with {done.returncode}: {done.stderr[-300:]}"
        except subprocess.TimeoutExpired:
            why = f"nothing came of it in {PATIENCE} s"
        current = own / "current"
        if not current.exists():
            raise SystemExit(f"batch {kind} {number} ended before its first input: {why}")
        target, _, raw = current.read_bytes().partition(b"\n")
        return {"counts": {}, "slowest": {}, "peak": 0, "wrong": {why: _kept(target.decode(), raw)}}


def main() -> int:
    """Run batches until so many inputs were tried; return 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=200_000, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tries the same inputs")
    parser.add_argument("--first", type=int, default=0, help="the batch to begin with")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes at once")
    parser.add_argument("--batch", nargs=2, metavar=("KIND", "NUMBER"), help=argparse.SUPPRESS)
    parser.add_argument("--room", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.batch:
        told = batch(asked.batch[0], int(asked.batch[1]), asked.seed, asked.room)
        print(json.dumps(told))
        return 0
    numbers = range(asked.first, asked.first + -(-asked.inputs // BATCH))
    return report(asked.seed, numbers, asked.jobs)


def report(seed: int, numbers: range, jobs: int) -> int:
    """Run batches side by side, telling after each how many inputs were tried; then what became of all of them."""
    counts: Counter[str] = Counter()
    slowest: dict[str, float] = {}
    peak, wrong = 0, {}
    kinds = [KINDS[number % len(KINDS)] for number in numbers]
    with ThreadPoolExecutor(jobs) as pool:
        for number, told in zip(numbers, pool.map(run, kinds, numbers, repeat(seed)), strict=True):
            counts.update(told["counts"])
            slowest |= {name: max(took, slowest.get(name, 0.0)) for name, took in told["slowest"].items()}
            peak = max(peak, told["peak"])
            for why, kept in told["wrong"].items():
                print(f"WRONG {why} ({kept})", flush=True)
            wrong |= told["wrong"]
            print(f"batch {number}: {sum(counts.values()):,} inputs", flush=True)
    for name, count in sorted(counts.items()):
        print(f"{name:20} {count:>9,}")
    for name, took in slowest.items():
        print(f"slowest {name:12} {took:8.2f} s of a processor")
    print(f"{sum(counts.values()):,} inputs, {len(wrong)} went wrong; most memory of a process {peak / 1e6:,.0f} MB")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
