"""Names that somebody made up to do harm: of files and of scenarios, on a terminal, in a page, in a folder of reports."""

import json
import os
import unicodedata

import pytest
from scenarios_for_tests import FRAME, MEMBERSHIP

from simlib import cli
from simlib.scenario.faults import ScenarioError, legible
from simlib.scenario.load import load, loads

HARMFUL = (
    "\x1b[2J\x1b[31m.yml",
    "new\nline.yml",
    "\ttab.yml",
    "night\u202egnp.yml",
    "\u2066isolated.yml",
    "\x9b31m.yml",
    os.fsdecode(b"not utf-8 \xff.yml"),
)
ODD = (
    "..yml", "-rf.yml", "CON.yml", "<script>alert(1)<script>.yml", "' or 1=1 --.yml", "$(touch ran).yml",
    "夜" * 80 + ".yml", "a" * 251 + ".yml",
)  # fmt: skip


def told(capsys, *words):
    """Run the command line; return exit code, and both outputs line by line."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    seen = capsys.readouterr()
    return ended.value.code, seen.out.splitlines(), seen.err.splitlines()


@pytest.mark.parametrize("name", HARMFUL, ids=legible)
def test_a_file_whose_name_a_terminal_would_obey_is_refused_legibly(tmp_path, capsys, name):
    (tmp_path / name).write_text(FRAME)
    code, out, err = told(capsys, "check", tmp_path)
    assert (code, out, len(err)) == (1, [], 1)
    assert "has a name that holds a control character" in err[0]
    assert err[0] == legible(err[0])


@pytest.mark.parametrize("name", HARMFUL, ids=legible)
def test_a_base_or_a_history_with_such_a_name_is_no_better(tmp_path, capsys, name):
    (tmp_path / name).write_text("period_end,value\n2017-09-30,1\n")
    (tmp_path / "night.yml").write_text(f"extends: {name!r}\n{FRAME}")
    code, out, err = told(capsys, "check", tmp_path / "night.yml")
    assert (code, out) == (1, [])
    assert err == [legible(line) for line in err]


@pytest.mark.parametrize("name", HARMFUL, ids=legible)
def test_a_batch_calls_a_file_of_such_a_name_so_that_it_does_no_harm(tmp_path, capsys, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(FRAME)
    for words in ((), ("--dry-run",)):
        code, out, err = told(capsys, "batch", ".", *words, "--json", "did.json")
        assert code == 1
        (row,) = json.loads((tmp_path / "did.json").read_text(encoding="utf-8"))["reports"]
        assert row["scenario"] == name
        assert any(legible(name) in line for line in out + err)
        assert out + err == [legible(line) for line in out + err]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_a_name(tmp_path, capsys, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(FRAME)
    assert told(capsys, "check", ".") == (0, [f"{name}: good"], [])
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("letter", ["\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u2028", "\x00"])
def test_no_text_of_a_scenario_holds_what_a_terminal_obeys_or_turns_text_around(letter):
    for written in (f'"{letter}"', f'"\\u{ord(letter):04x}"', f"x{letter}", f"|\n  x{letter}\n"):
        for place in ("name: {}", "description: {}"):
            with pytest.raises(ScenarioError, match="control character"):
                loads(FRAME.replace("name: frame", "") + place.format(written))


@pytest.mark.parametrize("name", ["two\nlines", "a\ttab", " ", "", "x" * 201, "a\n"])
def test_a_name_is_one_line_of_text(name):
    with pytest.raises(ScenarioError, match="name must"):
        load_named(name)


def load_named(name):
    return loads(FRAME.replace("name: frame", "name: " + '"' + name.replace("\n", "\\n").replace("\t", "\\t") + '"'))


@pytest.mark.parametrize("name", ["نسخه‌ی شب", "白夜追凶", "Ночь", "👩‍👩‍👧", "e\u0301", "../../x", "=1+1", "{{7*7}}"])
def test_a_name_in_any_script_stays_as_it_is(name):
    assert load_named(name).name == name


def test_names_that_a_system_may_take_for_one_are_two_scenarios_here(tmp_path, capsys):
    names = [unicodedata.normalize(form, "café.yml") for form in ("NFC", "NFD")] + ["Night.yml", "night.yml"]
    for name in names:
        (tmp_path / name).write_text(FRAME)
    there = sorted(path.name for path in tmp_path.iterdir())  # fewer where the file system takes two for one
    code, out, err = told(capsys, "check", tmp_path)
    assert (code, err) == (0, [])
    assert out == [f"{tmp_path / name}: good" for name in there]


def test_labels_and_options_from_outside_are_said_legibly(tmp_path, capsys):
    (tmp_path / "night.yml").write_text(MEMBERSHIP)
    for words in (
        ("simulate", tmp_path / "night.yml", "--set", "\x1b[2J=1"),
        ("simulate", tmp_path / "night.yml", "--set", "name=\x1b[2J"),
        ("simulate", tmp_path / "night.yml", "--set", "title.hit=\u202e1"),
        ("check", tmp_path / "\x1b[2J.yml"),
        ("check", tmp_path / "\x1b[2J"),
        (
            "calibrate",
            "netflix:paid_memberships:region=total",
            "--model",
            "sbg",
            "--out",
            tmp_path / "\x1b[2J" / "x.yml",
        ),
        ("simulate", tmp_path / "night.yml", "--json", tmp_path / "night.yml" / "\x1b[2J.json"),
        ("forecast", tmp_path / "\x1b[2J.csv", "--horizon", "3"),
    ):
        code, out, err = told(capsys, *words)
        assert (code, out) == (1, [])
        assert err
        assert err == [legible(line) for line in err]


def test_a_fault_in_a_file_whose_name_holds_a_newline_is_one_line(tmp_path):
    (tmp_path / "new\nline.yml").write_text("a: [\n")
    with pytest.raises(ScenarioError) as error:
        load(tmp_path / "new\nline.yml")
    assert len(str(error.value).splitlines()) == 1
