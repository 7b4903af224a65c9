"""`simlib batch` as its user meets it: which scenarios, what is said where, exit codes, and a file for machines."""

import errno
import json
import os
from pathlib import Path

import pytest
from reports_for_tests import AtOnce
from test_cli import run
from test_present_batch import SMALL, SWEEP

from simlib.present.batch import plan
from simlib.present.execute import Failure
from simlib.present.kernels import Kernels
from simlib.workers import ground


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two scenarios and a folder with another, and a batch that makes reports without kernels."""
    (tmp_path / "deeper").mkdir()
    for name in ("a", "b", "deeper/c"):
        (tmp_path / f"{name}.yml").write_text(SMALL, encoding="utf-8")
    monkeypatch.setattr("simlib.present.batch.run.Threads", lambda *_: AtOnce())
    monkeypatch.setattr(AtOnce, "number", 1)  # so that they end in their order
    monkeypatch.chdir(tmp_path)
    return tmp_path


def batch(capsys, *words):
    return run(capsys, "batch", *words)


def asked(capsys, *paths):
    """The scenarios that some paths stand for."""
    code, out, _ = batch(capsys, *paths, "--dry-run")
    assert code == 0
    return [line.split()[1].rstrip(":") for line in out.splitlines()[:-1]]


def test_files_folders_and_patterns_stand_for_scenarios_each_once(capsys, folder):
    assert asked(capsys, "a.yml") == ["a.yml"]
    assert asked(capsys, ".") == ["a.yml", "b.yml"]
    assert asked(capsys, "*.yml", "a.yml") == ["a.yml", "b.yml"]
    assert asked(capsys, "**/*.yml") == ["a.yml", "b.yml", "deeper/c.yml"]
    assert asked(capsys, "deeper/[a-c].yml") == ["deeper/c.yml"]


def test_a_pattern_that_matches_nothing_is_a_sentence(capsys, folder):
    code, out, err = batch(capsys, "night/*.yml")
    assert (code, out) == (1, "")
    assert err == "night/*.yml: matches no scenario; one is a file that ends in .yml\n"


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(capsys, folder):
    (folder / "a[1].yml").write_text(SMALL, encoding="utf-8")
    assert asked(capsys, "a[1].yml") == ["a[1].yml"]


def test_the_last_line_is_where_the_index_is_and_the_lines_before_are_for_the_eye(capsys, folder):
    code, out, err = batch(capsys, ".", "--jobs", "1")
    assert (code, out) == (0, f"{Path('reports/index.html')}\n")
    lines = err.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == ["1/2 a.yml", "2/2 b.yml"]
    assert lines[-1] == "2 made"


def test_a_sweep_says_how_far_its_check_is(capsys, folder, monkeypatch):
    monkeypatch.setattr("simlib.cli.shared.BETWEEN_LINES", 0.0)
    (folder / "grid.yml").write_text(SMALL + SWEEP, encoding="utf-8")
    code, out, err = batch(capsys, "grid.yml", "--dry-run")
    cells = len(out.splitlines()) - 1
    assert (code, cells > 1) == (0, True)
    assert err.splitlines() == [f"{number} reports checked" for number in range(1, cells + 1)]


def test_what_several_scenarios_read_from_elsewhere_is_said_once(capsys, folder):
    (folder / "base.yml").write_text(SMALL, encoding="utf-8")
    for name in "xyz":
        (folder / f"deeper/{name}.yml").write_text(f"extends: ../base.yml\nname: {name}\n", encoding="utf-8")
    _, _, err = batch(capsys, "deeper/?.yml", "--dry-run")
    assert err == "deeper/x.yml: reads ../base.yml, by extends in x.yml:1; so do 2 others\n"
    _, _, err = batch(capsys, "deeper/[yz].yml", "--dry-run")
    assert err == "deeper/y.yml: reads ../base.yml, by extends in y.yml:1; so does 1 other\n"
    assert batch(capsys, "deeper/z.yml", "--dry-run")[2] == "deeper/z.yml: reads ../base.yml, by extends in z.yml:1\n"


def test_a_second_run_makes_nothing_and_a_dry_one_says_why(capsys, folder):
    batch(capsys, ".")
    (folder / "b.yml").write_text(SMALL.replace("seed: 1", "seed: 2"), encoding="utf-8")
    code, out, err = batch(capsys, ".", "--dry-run")
    told = ["skip  a.yml: up to date", "make  b.yml: simulation.seed 1 → 2"]
    assert (code, err, out.splitlines()) == (0, "", [*told, "1 to make, 1 up to date, 0 cannot be run"])
    assert batch(capsys, ".")[2].splitlines()[-1] == "1 skipped, 1 made"


@pytest.fixture
def steps(monkeypatch):
    """What a batch does first: checks a file, prepares kernels."""
    done, planned = [], plan.planned

    def checked(file, *given):
        done.append(file.name)
        return planned(file, *given)

    monkeypatch.setattr(plan, "planned", checked)
    monkeypatch.setattr(Kernels, "begin", lambda kernels: done.append(f"after {ground.sources.cache_info().currsize}"))
    ground.sources.cache_clear()
    return done


def test_kernels_are_prepared_as_soon_as_there_is_something_to_make(capsys, folder, steps):
    batch(capsys, ".")
    assert steps == ["after 1", "a.yml", "b.yml"]  # what they import was noted before
    steps.clear()
    (folder / "b.yml").write_text(SMALL.replace("seed: 1", "seed: 2"), encoding="utf-8")
    batch(capsys, ".")
    assert steps == ["a.yml", "b.yml", "after 1"]
    steps.clear()
    batch(capsys, ".", "--force")
    assert steps == ["after 1", "a.yml", "b.yml"]


def test_no_kernels_are_prepared_where_none_is_needed(capsys, folder, steps):
    batch(capsys, "nowhere.yml")
    batch(capsys, ".", "--notebook", "nowhere")
    batch(capsys, ".", "--dry-run")
    batch(capsys, ".")
    batch(capsys, ".")
    assert [step for step in steps if step.startswith("after")] == ["after 1"]


def test_force_set_seed_and_draws_are_those_of_every_report(capsys, folder):
    batch(capsys, ".")
    _, out, _ = batch(capsys, ".", "--dry-run", "--force")
    assert out.count("asked for again") == 2
    words = ("--set", "subscribers.monthly_churn=3%", "--draws", "20", "--seed", "5", "--json", "did.json")
    assert batch(capsys, ".", *words)[0] == 0
    rows = json.loads(Path("did.json").read_text(encoding="utf-8"))["reports"]
    given = {"subscribers.monthly_churn": "3%", "simulation.draws": 20, "simulation.seed": 5}
    assert [row["set"] for row in rows] == [given, given]


def test_a_machine_is_told_what_was_run_skipped_and_failed_why_and_where(capsys, folder, monkeypatch):
    batch(capsys, "a.yml")
    failure = Failure(3, "1 / 0", "ZeroDivisionError: division by zero")
    monkeypatch.setattr("simlib.present.batch.run.Threads", lambda *_: AtOnce(lambda job: failure))
    (folder / "c.yml").write_text("name: c\n", encoding="utf-8")
    code, out, err = batch(capsys, ".", "--json", "did.json")
    told = json.loads(Path("did.json").read_text(encoding="utf-8"))
    assert (code, told["index"]) == (3, out.strip())
    assert [(row["scenario"], row["status"], row["why"]) for row in told["reports"]] == [
        ("a.yml", "skipped", "up to date"),
        ("b.yml", "failed", "no report yet"),
        ("c.yml", "failed", "cannot be run"),
    ]
    assert told["reports"][1]["error"] == "ZeroDivisionError: division by zero"
    assert "c.yml:1: horizon is missing" in told["reports"][2]["error"]
    assert all(Path(row["page"]).is_file() for row in told["reports"])
    assert "b.yml: failed\n  ZeroDivisionError: division by zero\n  see reports/b/" in err


def test_where_no_scenario_can_be_run_the_input_is_wrong(capsys, folder):
    (folder / "a.yml").write_text("name: 3\n", encoding="utf-8")
    assert batch(capsys, "a.yml")[0] == 1
    assert batch(capsys, "a.yml", "--dry-run")[0] == 1
    assert batch(capsys, ".")[0] == 3
    assert batch(capsys, ".", "--fail-fast", "--force")[2].splitlines()[-1] == "1 failed, 1 not started"


@pytest.mark.parametrize(
    "words", [(), ("a.yml", "--jobs", "0"), ("a.yml", "--engine", "steam"), ("a.yml", "--timeout", "0")]
)
def test_a_wrong_command_line_is_refused(capsys, folder, words):
    assert batch(capsys, *words)[0] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((".", "--notebook", "subscriber"), "no notebook subscriber; did you mean subscribers?\n"),
        (("a.yml", "z.yml"), "z.yml: is not there; check the name, or look in scenarios/\n"),
    ],
)
def test_what_the_command_line_names_and_is_not_there_leaves_no_page(capsys, folder, words, says):
    assert batch(capsys, *words) == (1, "", says)
    assert not (folder / "reports").exists()


def test_draws_for_a_file_without_a_simulation_are_answered_with_what_the_file_lacks(capsys, folder):
    (folder / "a.yml").write_text(SMALL.replace("simulation: {draws: 1000, seed: 1}\n", ""), encoding="utf-8")
    for command in (["batch", "a.yml", "--dry-run"], ["simulate", "a.yml"]):
        code, out, err = run(capsys, *command, "--draws", "20")
        assert code == 1
        assert "a.yml:1: simulation is missing; it says draws and seed" in out + err
        assert "--set" not in out + err


def test_two_files_of_one_name_are_refused_before_anything_runs(capsys, folder):
    (folder / "deeper" / "A.yml").write_text(SMALL, encoding="utf-8")
    code, _, err = batch(capsys, ".", "deeper")
    assert code == 1
    assert "deeper/A.yml and a.yml would share the folder a; rename one of them" in err
    assert not (folder / "reports").exists()


def test_a_file_in_place_of_the_folder_of_reports_is_a_sentence(capsys, folder):
    (folder / "reports").write_text("x", encoding="utf-8")
    assert batch(capsys, ".")[0] == 2
    code, _, err = batch(capsys, ".", "--out", "reports/deeper")
    assert code == 1
    assert err.startswith("reports/deeper: the report cannot be written there: Not a directory")


@pytest.fixture
def locked(tmp_path):
    """A folder in which nothing can be made: one of the system's own where a mode would not keep us from it."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    yield Path("/sys/simlib") if os.geteuid() == 0 else folder
    folder.chmod(0o700)


def test_a_folder_that_is_read_only_is_a_sentence(capsys, folder, locked):
    code, _, err = batch(capsys, ".", "--out", locked / "reports")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "the report cannot be written there" in err


def test_a_disk_that_is_full_ends_the_batch_and_a_machine_is_told_how_far_it_came(capsys, folder, monkeypatch):
    def full(path, content):
        if path.name == "manifest.json" and b'"file": "b.yml"' in content:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, content)

    (folder / "c.yml").write_text(SMALL, encoding="utf-8")
    write_bytes = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", full)
    code, out, err = batch(capsys, ".", "--json", "did.json")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "reports: the report cannot be written there: No space left on device"
    rows = json.loads(Path("did.json").read_text(encoding="utf-8"))["reports"]
    assert [row["status"] for row in rows] == ["made", "failed", "not started"]


def test_an_interrupt_ends_with_130_and_says_what_is_there(capsys, folder, monkeypatch):
    def interrupt(job):
        if job.parameters["scenario"] == "b.yml":
            raise KeyboardInterrupt

    monkeypatch.setattr("simlib.present.batch.run.Threads", lambda *_: AtOnce(interrupt))
    code, out, err = batch(capsys, ".", "--json", "did.json")
    assert (code, out) == (130, "reports/index.html\n")
    assert err.splitlines()[-1] == "interrupted: 1 made, 1 not started; the same command goes on from here"
    rows = json.loads(Path("did.json").read_text(encoding="utf-8"))["reports"]
    assert [row["status"] for row in rows] == ["made", "not started"]


def test_a_sweep_is_checked_told_and_run_cell_by_cell(capsys, folder):
    (folder / "s.yml").write_text(SMALL + SWEEP, encoding="utf-8")
    assert run(capsys, "check", "s.yml") == (0, "s.yml: good, a sweep of 4 cells\n", "")
    code, _, err = batch(capsys, "s.yml", "--jobs", "1")
    assert code == 0
    assert "1/4 s.yml (monthly churn low, share 10%): reports/s/monthly-churn-low-share-10%/" in err
    code, _, err = run(capsys, "simulate", "s.yml", "--draws", "20")
    assert (
        err == "s.yml: the file's own values are taken; `simlib batch s.yml` makes a report of each cell of its sweep\n"
    )


def test_check_says_once_what_several_cells_have_wrong(capsys, folder):
    (folder / "s.yml").write_text(SMALL + SWEEP.replace("4%", "140%"), encoding="utf-8")
    line = SMALL.count("\n") + 1
    says = f"s.yml:{line}: sweep.subscribers.monthly_churn must be between 0% and 100%; found 140%\n"
    assert run(capsys, "check", "s.yml") == (1, "", says)
