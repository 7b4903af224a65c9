"""The same questions as tools/fuzz.py, asked by atheris: it sees which lines an input reaches, and looks for others.

    pip install -e '.[fuzz]'
    .venv/bin/python tools/fuzz_atheris.py scenario FOLDER -runs=100000

FOLDER gathers the inputs that reach lines of their own; those that went wrong are written beside it. What follows it goes
to libFuzzer (https://llvm.org/docs/LibFuzzer.html): -timeout and -rss_limit_mb are set here.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.append(str(Path(__file__).parents[1] / "tests"))
with atheris.instrument_imports(include=["simlib.scenario", "simlib.forecast.series"]):
    import fuzz_inputs
    import fuzz_targets


def main() -> None:
    """Fuzz a target until libFuzzer has enough."""
    target, folder, *words = sys.argv[1:]
    seeds = fuzz_inputs.history_seeds() if target == "history" else fuzz_inputs.scenario_seeds()
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(seed for seed in dict.fromkeys(seeds) if len(seed) < 4_000):
        (Path(folder) / f"seed{number}").write_bytes(raw)
    with tempfile.TemporaryDirectory(prefix="fuzz") as scratch:
        room = fuzz_targets.room(Path(scratch) / "room")
        limits = ["-timeout=60", "-rss_limit_mb=500", "-max_len=4000", "-print_final_stats=1"]
        tokens = Path(scratch) / "tokens"
        tokens.write_text("\n".join(map(_quoted, fuzz_inputs.TOKENS)), encoding="ascii")
        atheris.Setup([sys.argv[0], *limits, f"-dict={tokens}", *words, folder], lambda raw: _try(target, raw, room))
        atheris.Fuzz()


def _try(target: str, raw: bytes, room: Path) -> None:
    fuzz_targets.TARGETS[target](raw, room)


def _quoted(token: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"'


if __name__ == "__main__":
    main()
