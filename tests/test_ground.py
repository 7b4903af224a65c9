"""What stands under simlib: run.py, and the files that say what is installed, in step with one another."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
GROUND = ("run.py", "pyproject.toml", "requirements.lock")
REGISTRIES = r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|debian\.org|anaconda\.(org|com)"
CALLED_BY_CONDA = {"playwright": "playwright-python"}
PLACES_OF_A_MACHINE = r"(?<![\w.:/-])/(root|home|Users|work|opt|mnt)/|[A-Z]:\\Users"

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX only")


# run.py


def loaded(folder):
    """run.py of `folder`, with an installer that makes only the Python of .venv and notes its stages."""
    spec = importlib.util.spec_from_file_location("run", folder / "run.py")
    launcher = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(launcher)
    launcher.taken, launcher.became = [], []

    def stage(what, command, lock):
        launcher.taken.append(what.split()[0])
        if launcher.taken[-1] == "making":
            launcher.PYTHON.parent.mkdir(parents=True)
            launcher.PYTHON.symlink_to(sys.executable)

    launcher.run_for_real, launcher.run = launcher.run, stage
    launcher.working_uv = lambda: None
    launcher.become = lambda command, folder: launcher.became.append((command, folder)) or 0
    return launcher


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.delenv("SIMLIB_VENV", raising=False)
    folder = tmp_path / "une série d'été"
    folder.mkdir()
    for name in GROUND:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def launcher(checkout):
    return loaded(checkout)


@pytest.fixture
def installed(launcher):
    """A launcher after its first install, with a file in .venv that tells whether it was made anew."""
    assert launcher.main(["setup"]) == 0
    (launcher.VENV / "witness").touch()
    launcher.taken.clear()
    return launcher


ALL_STAGES = ["making", "installing", "installing"]


def test_an_older_python_is_refused_in_one_sentence(launcher, capsys):
    launcher.VERSION = (3, 10)
    assert launcher.main(["setup"]) == 1
    assert capsys.readouterr().err.strip().count("\n") == 0
    assert not launcher.VENV.exists()


def test_a_first_run_installs_and_then_becomes_the_command(launcher):
    assert launcher.main(["report", "a b.yml"]) == 0
    assert launcher.taken == ALL_STAGES
    assert launcher.became == [([str(launcher.SIMLIB), "report", "a b.yml"], None)]


def test_a_second_run_installs_nothing_and_says_nothing(installed, capsys):
    capsys.readouterr()
    assert installed.main(["check"]) == 0
    assert installed.taken == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_file_is_installed_into_the_same_venv(installed, checkout, name):
    (checkout / name).write_bytes((checkout / name).read_bytes() + b"# changed\n")
    assert installed.main(["setup"]) == 0
    assert installed.taken == ["installing", "installing"]
    assert (installed.VENV / "witness").exists()


def test_an_interrupted_install_is_made_anew(installed, checkout, capsys):
    def interrupted(what, command, lock):
        raise KeyboardInterrupt

    (checkout / "requirements.lock").write_text("numpy==2.0.0\n")
    stage, installed.run = installed.run, interrupted
    assert installed.main(["setup"]) == 130
    assert "run the same again" in capsys.readouterr().err
    installed.run = stage
    assert installed.main(["setup"]) == 0
    assert installed.taken == ALL_STAGES
    assert not (installed.VENV / "witness").exists()


def test_a_venv_without_a_working_python_is_made_anew(launcher):
    launcher.PYTHON.parent.mkdir(parents=True)
    launcher.PYTHON.write_text("half of a Python")
    assert launcher.main(["setup"]) == 0
    assert launcher.taken == ALL_STAGES


def test_a_venv_whose_python_was_removed_is_made_anew(installed):
    installed.PYTHON.unlink()
    assert installed.main(["setup"]) == 0
    assert installed.taken == ALL_STAGES
    assert not (installed.VENV / "witness").exists()


def test_a_venv_that_someone_else_made_is_kept_and_filled(launcher):
    launcher.PYTHON.parent.mkdir(parents=True)
    launcher.PYTHON.symlink_to(sys.executable)
    launcher.working_uv = lambda: "uv"
    assert launcher.main(["setup"]) == 0
    assert launcher.taken == ["installing", "installing"]


@posix
def test_a_venv_that_uv_made_without_pip_is_made_anew_once_uv_is_gone(launcher):
    launcher.PYTHON.parent.mkdir(parents=True)
    launcher.PYTHON.write_text('#!/bin/sh\ncase "$2" in *pip*) exit 1 ;; esac\n')
    launcher.PYTHON.chmod(0o755)
    assert launcher.is_sound("uv")
    assert launcher.main(["setup"]) == 0
    assert launcher.taken == ALL_STAGES


def test_a_tree_that_was_moved_is_installed_anew(installed, checkout):
    moved = loaded(checkout.rename(checkout.with_name("elsewhere")))
    assert moved.main(["setup"]) == 0
    assert moved.taken == ALL_STAGES


def test_another_python_is_installed_for_anew(installed):
    installed.VERSION = (3, 99)
    assert installed.main(["setup"]) == 0
    assert installed.taken == ALL_STAGES


def test_a_folder_of_something_else_is_never_emptied(checkout, tmp_path, monkeypatch, capsys):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "first").touch()
    monkeypatch.setenv("SIMLIB_VENV", str(tmp_path / "letters"))
    assert loaded(checkout).main(["setup"]) == 1
    assert os.listdir(tmp_path / "letters") == ["first"]
    assert "SIMLIB_VENV" in capsys.readouterr().err


def test_a_uv_that_fails_is_followed_by_pip(launcher, capsys):
    stage = launcher.run

    def fails_for_uv(what, command, lock):
        if command[0] == "uv":
            raise launcher.Failure("no route")
        stage(what, command, lock)

    launcher.run, launcher.working_uv = fails_for_uv, lambda: "uv"
    assert launcher.main(["setup"]) == 0
    assert launcher.taken == ALL_STAGES
    assert "no route" in capsys.readouterr().err


def test_a_python_without_ensurepip_says_what_to_install(launcher, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert launcher.main(["setup"]) == 1
    assert "apt-get install python3-venv" in capsys.readouterr().err


def test_a_failed_stage_tells_what_it_said_and_no_traceback(launcher, capsys):
    launcher.run = lambda what, command, lock: launcher.run_for_real(
        what, [sys.executable, "-c", "print('no route to the index'); raise SystemExit(3)"], lock
    )
    assert launcher.main(["setup"]) == 1
    said = capsys.readouterr().err
    assert "no route to the index" in said
    assert "Traceback" not in said


@posix
def test_a_second_install_waits_for_the_first_and_then_has_nothing_to_do(launcher):
    waiting = threading.Event()
    launcher.say = lambda text: waiting.set() if "waiting" in text else None
    launcher.VENV.mkdir()
    second = threading.Thread(target=launcher.main, args=[["setup"]])
    with launcher.alone() as lock:
        second.start()
        assert waiting.wait(10)
        launcher.install(None, lock)
    second.join(10)
    assert launcher.taken == ALL_STAGES


@posix
def test_an_installer_that_outlives_its_launcher_keeps_the_lock(launcher):
    launcher.VENV.mkdir()
    with launcher.alone() as lock:
        holds = f"import os; os.fstat({lock.fileno()})"
        launcher.run_for_real("holding", [sys.executable, "-c", holds], lock)


def test_tests_run_in_the_project_whatever_the_current_folder(launcher, checkout):
    command, folder = launcher.command_for(["test", "-k", "x"])
    assert command[1:] == ["-m", "pytest", "-k", "x"]
    assert launcher.command_for(["test"])[0][1:5] == ["-m", "pytest", "-n", "logical"]
    assert folder == checkout


def test_the_lab_runs_in_the_project_and_is_handed_every_word(launcher, checkout):
    command, folder = launcher.command_for(["lab", "--port=9999", "--no-browser"])
    assert command[1:] == ["-m", "simlib.present.lab", "--port=9999", "--no-browser"]
    assert folder == checkout


@posix
def test_words_current_folder_and_exit_code_pass_through(installed, checkout, tmp_path):
    installed.SIMLIB.write_text('#!/bin/sh\nprintf "%s|" "$PWD" "$@"\nexit 7\n')
    installed.SIMLIB.chmod(0o755)
    words = ["check", "a b", "é*", ""]
    done = subprocess.run([sys.executable, checkout / "run.py", *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 7
    assert done.stdout.split("|") == [str(tmp_path), *words, ""]
    assert done.stderr == ""


# The files in step


def direct_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    written = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    bounds = {canonicalize_name(one.name): one.specifier for one in map(Requirement, written)}
    assert len(bounds) == len(written), "a dependency stands twice in pyproject.toml"
    return bounds, project["requires-python"]


def test_conda_is_told_the_same_names_and_bounds_as_pip():
    bounds, python = direct_dependencies()
    written = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    told = [Requirement(one) for one in written if isinstance(one, str)]
    besides = {"python": SpecifierSet(python), "pip": SpecifierSet()}
    called = {name: CALLED_BY_CONDA.get(name, name) for name in bounds}
    wanted = {called[name]: bounds[name] for name in bounds} | besides
    assert {canonicalize_name(one.name): one.specifier for one in told} == wanted
    assert [one["pip"] for one in written if isinstance(one, dict)] == [["--editable ."]]


def test_the_lock_pins_every_direct_dependency_within_its_bounds():
    bounds, _ = direct_dependencies()
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line) for line in lines if not line.startswith("#")]
    assert bounds.keys() <= {canonicalize_name(one.name) for one in pinned}
    for one in pinned:
        (pin,) = one.specifier
        assert pin.operator == "=="
        assert bounds.get(canonicalize_name(one.name), one.specifier).contains(pin.version), str(one)


def test_every_direct_dependency_has_a_sentence_that_says_why():
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    entries = dict(re.findall(r"^- \*\*([\w.-]+)\*\* (.+(?:\n  .+)*)", text, re.MULTILINE))
    assert entries.keys() == direct_dependencies()[0].keys()
    assert [name for name, why in entries.items() if len(why) < 30 or not why.endswith(".")] == []


@pytest.mark.parametrize("words", ["test", "report scenarios/day-and-night.yml"])
def test_what_the_readme_promises_is_what_every_change_is_tried_with(words):
    for name in ("README.md", ".ci/run"):
        assert f"python3 run.py {words}" in (ROOT / name).read_text(encoding="utf-8")


def kept_texts():
    """Every text that git keeps or would keep, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content and not name.startswith("tests/fuzz/"):  # inputs that nobody would write are no text
            yield name, content.decode("utf-8")


@pytest.mark.parametrize("pattern", [REGISTRIES, PLACES_OF_A_MACHINE])
def test_no_file_names_a_registry_or_a_place_on_somebodys_machine(pattern):
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in kept_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == []
