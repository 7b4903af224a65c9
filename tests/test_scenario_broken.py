"""Some hundreds of scenarios broken by hand: each is answered with file, line, and what was found or meant."""

import subprocess
import sys

import pytest
from broken_scenarios import ALL, SOUND

from simlib import cli
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load


def said_by_the_command_line(capsys, *paths):
    """Return the exit code of `simlib check` and what it wrote."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", *map(str, paths)])
    seen = capsys.readouterr()
    return ended.value.code, seen.out, seen.err


def test_there_are_more_than_two_hundred_mistakes_and_no_two_are_alike():
    assert len(ALL) == len({(broken.file, broken.old, broken.new) for broken in ALL}) > 200


def test_before_they_are_broken_the_scenarios_are_sound():
    assert load(SOUND["whole.yml"]).name == "Whole"
    assert load(SOUND["day-and-night.yml"]).name == "Day and Night"
    assert load(SOUND["ways.yml"]).name == "Two ways"


@pytest.mark.parametrize("broken", ALL, ids=str)
def test_a_mistake_is_answered_with_its_line_and_with_what_was_found_or_meant(broken, tmp_path):
    path = broken.write(tmp_path)
    with pytest.raises(ScenarioError) as error:
        load(path)
    faults = error.value.faults
    here = [fault for fault in faults if (fault.file, fault.line) == (str(tmp_path / broken.file), broken.line())]
    assert any(broken.says in str(fault) for fault in here), str(error.value)
    assert len(faults) == broken.faults, str(error.value)


@pytest.mark.parametrize("broken", ALL, ids=str)
def test_the_command_line_answers_a_mistake_with_exit_code_1_and_no_traceback(broken, tmp_path, capsys):
    code, out, err = said_by_the_command_line(capsys, broken.write(tmp_path))
    assert (code, out) == (1, "")
    assert broken.says in err
    assert f"{broken.file}:{broken.line()}: " in err
    assert "Traceback" not in err
    assert "failed" not in err


def test_a_process_of_its_own_answers_ten_mistakes_at_once(tmp_path):
    some = ALL[:: len(ALL) // 10][:10]
    paths = []
    for number, broken in enumerate(some):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(str(broken.write(folder)))
    command = [sys.executable, "-c", "from simlib.cli import main; main()"]
    done = subprocess.run([*command, "check", *paths], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert all(broken.says in done.stderr for broken in some)
    assert "Traceback" not in done.stderr
