"""Inputs that nobody would write, and those that once went wrong: each is answered, by a result or by sentences.

`tools/fuzz.py` tries as many of them as one likes.
"""

import json
import runpy
from itertools import islice
from pathlib import Path
from random import Random

import fuzz_inputs
import fuzz_targets
import fuzz_trees
import pytest
from fuzz_targets import TARGETS, Wrong
from hypothesis import given, settings

from simlib.scenario.faults import Fault, ScenarioError

ROOT = Path(__file__).parents[1]
KEPT = sorted((ROOT / "tests" / "fuzz").glob("*/*"))
FUZZ = runpy.run_path(str(ROOT / "tools" / "fuzz.py"))


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    return fuzz_targets.room(tmp_path_factory.mktemp("fuzz") / "room")


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_went_wrong_is_answered(path, room):
    assert TARGETS[path.parent.name](path.read_bytes(), room) in ("good", "refused")


def test_what_is_kept_is_small():
    assert len(KEPT) > 5
    assert sum(path.stat().st_size for path in KEPT) < 500_000


def test_scenarios_with_bytes_changed_are_answered(room):
    seeds, random = sorted({*fuzz_inputs.scenario_seeds()}, key=len)[:200], Random(5)
    came = [
        TARGETS["scenario"](fuzz_inputs.changed_bytes(random.choice(seeds), random, fuzz_inputs.TOKENS), room)
        for _ in range(150)
    ]
    assert {*came} == {"good", "refused"}


def answers(target, inputs, examples, room):
    """How inputs of a kind are answered, the same ones in every run."""
    came = set()

    @settings(max_examples=examples, derandomize=True)
    @given(inputs)
    def tried(raw):
        came.add(TARGETS[target](raw, room))

    tried()
    return came


def test_scenarios_made_of_every_kind_of_value_give_finite_numbers_or_sentences(room):
    assert answers("simulated", fuzz_trees.trees(), 80, room) == {"good", "refused"}


def test_values_set_from_the_command_line_are_answered(room):
    assert answers("override", fuzz_trees.values(), 150, room) == {"good", "refused"}


def test_histories_with_bytes_changed_are_answered(room):
    seeds, random = fuzz_inputs.history_seeds(), Random(6)
    inputs = [fuzz_inputs.changed_bytes(random.choice(seeds), random, fuzz_inputs.CELLS) for _ in range(300)]
    assert {TARGETS["history"](raw, room) for raw in inputs} == {"good", "refused"}
    for raw in inputs[::60]:
        TARGETS["forecast"](raw, room)
        TARGETS["calibrate"](raw, room)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault("", 1, "", "is \x1b[2J"), None),
        (Fault("", None, "title.hit", "must be more than 0"), "no line"),
        (Fault("", None, "title.hit", "is not a file; a scenario is a page or two of YAML"), "no line"),
        (Fault("", None, "", "reads what is not a file; a scenario is a page or two of YAML"), "no line"),
        (Fault("", 3, "title.hit", "must be more than 0"), "a line that is not there"),
        (Fault("", 1, "", ""), "no sentence"),
        (Fault("", 1, "", "x" * 5_000), None),
    ],
)
def test_a_sentence_that_does_not_help_is_noticed(tmp_path, monkeypatch, fault, why):
    file = tmp_path / "fuzzed.yml"

    def load(path, overrides):
        raise ScenarioError([Fault(str(file), fault.line, fault.path, fault.message)])

    monkeypatch.setattr(fuzz_targets, "load", load)
    if why is None:  # what would harm is mended where it is said
        assert TARGETS["scenario"](b"one line", tmp_path) == "refused"
        return
    with pytest.raises(Wrong, match=why):
        TARGETS["scenario"](b"one line", tmp_path)


def test_a_traceback_and_a_failure_of_simlibs_own_are_noticed(room, monkeypatch):
    sound = fuzz_inputs.MEMBERSHIP.encode()
    assert TARGETS["simulated"](sound, room) == "good"
    monkeypatch.setattr("simlib.simulation.engine._run", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        TARGETS["simulated"](sound, room)


def test_a_batch_that_dies_before_its_first_input_is_told(monkeypatch):
    monkeypatch.setitem(FUZZ["run"].__globals__, "__file__", "/no/such/file.py")
    with pytest.raises(SystemExit, match="batch bytes 0 ended before its first input: the process ended with 2"):
        FUZZ["run"]("bytes", 0, 1)


def test_the_long_run_tries_the_same_inputs_for_the_same_seed_and_keeps_what_goes_wrong(tmp_path, monkeypatch):
    inputs = FUZZ["inputs"]
    for kind in ("bytes", "histories"):
        one, again, other = (list(islice(inputs(kind, number, 1), 50)) for number in (3, 3, 4))
        assert one == again != other
    monkeypatch.setitem(FUZZ["_try"].__globals__, "ROOT", tmp_path)
    told = {"counts": FUZZ["Counter"](), "slowest": {}, "wrong": {}}
    monkeypatch.setitem(fuzz_targets.TARGETS, "scenario", lambda raw, folder: 1 / len(raw))
    for raw in (b"x", b"", b""):
        FUZZ["_try"](fuzz_targets, "scenario", raw, tmp_path, told)
    assert list(told["wrong"]) == ["scenario: ZeroDivisionError: division by zero"]
    assert (tmp_path / told["wrong"]["scenario: ZeroDivisionError: division by zero"]).read_bytes() == b""
    assert told["counts"]["scenario wrong"] == 2
    assert json.dumps(told)
