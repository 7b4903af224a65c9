"""What a fuzzed input is put through, and what may come of it: a result or sentences, never anything else."""

from __future__ import annotations

import contextlib
import io
import shutil
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from simlib import cli
from simlib.cli.shared import DONE, SOME_FAILED, WRONG_INPUT
from simlib.forecast.series import find_history
from simlib.scenario.faults import ScenarioError, legible
from simlib.scenario.load import load

ROOT = Path(__file__).parents[1]
LONGEST = 2_000  # characters of one sentence: more is no sentence
WITHOUT_A_LINE = (
    "is not a file; ",
    "is not a file, but ",
    "is a folder; ",
    "is larger than 2 MB; ",
    "cannot be read: ",
    "is not a name that a file can have",
)  # what is said of a whole file, see simlib/scenario/files.py
MODELS = ("bass-increments", "bass-regression", "sbg", "bdw", "subscribers")  # of calibrate


class Wrong(Exception):
    """Something came of an input that never may."""


def room(folder: Path) -> Path:
    """Return a folder with the bases beside which a fuzzed scenario is read, made where it is not there."""
    if not folder.exists():
        shutil.copytree(ROOT / "scenarios", folder)
        shutil.copy(ROOT / "tests" / "broken" / "ways.yml", folder)
    return folder


def scenario(raw: bytes, folder: Path) -> str:
    """Load a scenario file; say whether it was good, or raise Wrong."""
    path = folder / "fuzzed.yml"
    path.write_bytes(raw)
    return _loaded(path, {})


def override(raw: bytes, folder: Path) -> str:
    """Set a value of a scenario that ships: a path, =, and a value, as `--set` takes them."""
    path, _, value = raw.decode("utf-8", "surrogateescape").partition("=")
    return _loaded(folder / "ways.yml", {path: value})


def _loaded(path: Path, overrides: dict[str, str]) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            load(path, overrides)
    except ScenarioError as error:
        for fault in error.faults:
            _judge(fault)
        return "refused"
    return "good"


def _judge(fault) -> None:
    """Raise Wrong for a sentence that does not help, or that could do harm on a terminal."""
    said = str(fault)
    if said != legible(said) or len(said) > LONGEST or not fault.message:
        raise Wrong(f"no sentence: {said[:LONGEST]!r}")
    of_all = not fault.path and fault.message.startswith(WITHOUT_A_LINE)
    if not fault.line and not fault.file.startswith("--set") and not of_all:
        raise Wrong(f"no line: {said}")
    if fault.line and not fault.file.startswith("--set"):
        lines = Path(fault.file).read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        if not 1 <= fault.line <= lines:
            raise Wrong(f"a line that is not there: {said}")


def simulated(raw: bytes, folder: Path) -> str:
    """Simulate a scenario file: what check calls good gives finite numbers, or a sentence."""
    began = time.process_time()
    if scenario(raw, folder) != "good":
        return "refused"
    if (took := time.process_time() - began) > SECONDS["scenario"]:
        raise Wrong(f"to load it took {took:.1f} s")
    return said_by("simulate", folder / "fuzzed.yml", "--draws", "16", "--json", folder / "fuzzed.json")


def history(raw: bytes, folder: Path) -> str:
    """Read a history from a CSV file, as `forecast` does before it begins."""
    try:
        find_history(str(_history(raw, folder)))
    except ScenarioError as error:
        for fault in error.faults:
            _judge(fault)
        return "refused"
    return "good"


def forecast(raw: bytes, folder: Path) -> str:
    """Forecast a history from a CSV file."""
    return said_by("forecast", _history(raw, folder), "--horizon", "3")


def calibrate(raw: bytes, folder: Path) -> str:
    """Fit a model to a history from a CSV file; which one, its length tells."""
    return said_by("calibrate", _history(raw, folder), "--model", MODELS[len(raw) % len(MODELS)])


def _history(raw: bytes, folder: Path) -> Path:
    path = folder / "fuzzed.csv"
    path.write_bytes(raw)
    return path


def said_by(command: str, *words: object) -> str:
    """Run a command; say whether it was done or refused, or raise Wrong for a traceback or a failure of its own."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            cli.main([command, *map(str, words), "--debug"])
        except SystemExit as ended:
            code = ended.code
    said = err.getvalue()
    if code not in (DONE, WRONG_INPUT, SOME_FAILED) or "Traceback" in said or "itself failed" in said:
        raise Wrong(f"{command} ended with {code}: {said}")
    if any(line != legible(line) for line in (said + out.getvalue()).split("\n")):
        raise Wrong(f"what is said holds control characters: {said!r} {out.getvalue()!r}")
    if code != DONE and not said.strip():
        raise Wrong(f"{command} ended with {code} and said nothing")
    return "good" if code == DONE else "refused"


TARGETS: dict[str, Callable[[bytes, Path], str]] = {
    "scenario": scenario,
    "override": override,
    "history": history,
    "simulated": simulated,
    "forecast": forecast,
    "calibrate": calibrate,
}
SECONDS = dict.fromkeys(TARGETS, 2.0) | {"simulated": 30.0, "forecast": 30.0, "calibrate": 60.0}  # of a processor
