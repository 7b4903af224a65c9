"""What a scenario reads besides itself: said where it lies elsewhere, not quoted from there, and never without end."""

import os
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scenarios_for_tests import FRAME, MEMBERSHIP

from simlib import cli
from simlib.present import making, page
from simlib.present.outside import outside
from simlib.present.report import report_job
from simlib.present.telling import DEAL_REPORT
from simlib.scenario import reach
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import asking, load, overriding
from simlib.scenario.tree import MOST_NODES
from simlib.simulation.engine import simulate
from simlib.simulation.overflow import kept_finite

OWN = "{territories: [TWN], members: {uniform: {low: 200 thousand, high: 400 thousand}}}"
FROM_FILE = "{territories: [TWN], history: {file: FILE, until: 2017-10, forecast_periods: 0}}"
SECRET = "hunter2"


def told(capsys, *words):
    """Run the command line; return exit code, output, errors."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    seen = capsys.readouterr()
    return ended.value.code, seen.out, seen.err


def faults_of(path, overrides=None):
    """The sentences about a scenario that is at fault."""
    with pytest.raises(ScenarioError) as error:
        load(path, overrides)
    return str(error.value).splitlines()


def with_history(file):
    assert MEMBERSHIP.count(OWN) == 1
    return MEMBERSHIP.replace(OWN, FROM_FILE.replace("FILE", str(file)))


@pytest.fixture
def here(tmp_path):
    """A scenario's folder, beside which something else lies."""
    (tmp_path / "here").mkdir()
    (tmp_path / "base.yml").write_text(FRAME)
    (tmp_path / "members.csv").write_text("period_end,value\n2017-08-31,100000\n2017-09-30,200000\n2017-10-31,300000\n")
    return tmp_path / "here"


def test_a_base_from_elsewhere_is_said_by_every_command(here, capsys):
    scenario = here / "night.yml"
    scenario.write_text("name: Night\nextends: ../base.yml\n")
    said = f"{scenario}:2: extends reads {here.parent / 'base.yml'}, outside the scenario's folder\n"
    assert told(capsys, "check", scenario) == (0, f"{scenario}: good\n", said)
    code, _, err = told(capsys, "simulate", scenario)
    assert (code, err) == (0, said)


def test_a_history_from_elsewhere_is_said_with_its_line(here, capsys):
    scenario = here / "night.yml"
    scenario.write_text(with_history("../members.csv"))
    line = scenario.read_text().splitlines().index(f"    home: {FROM_FILE.replace('FILE', '../members.csv')}") + 1
    code, _, err = told(capsys, "check", scenario)
    assert code == 0
    assert err.startswith(f"{scenario}:{line}: subscribers.opening.home.history.file reads ")


def test_nothing_is_said_of_what_lies_in_the_scenarios_own_folder(here, capsys):
    (here / "bases").mkdir()
    (here / "bases" / "base.yml").write_text(FRAME)
    (here / "night.yml").write_text("extends: bases/../bases/base.yml\n")
    assert told(capsys, "check", here / "night.yml")[2] == ""


def test_a_scenario_of_a_project_may_read_the_whole_project(here, monkeypatch):
    scenario = here / "night.yml"
    scenario.write_text("extends: ../base.yml\n")
    monkeypatch.setattr(reach, "PROJECT", here.parent)
    assert load(scenario).origin.outside == ()
    monkeypatch.setattr(reach, "PROJECT", here)
    assert [read.beyond for read in load(scenario).origin.outside] == ["the project"]


def test_no_file_that_anyone_can_lay_makes_a_folder_the_project(here, monkeypatch):
    scenario = here / "night.yml"
    scenario.write_text("extends: ../base.yml\n")
    (here.parent / ".simlib-project").touch()
    assert len(load(scenario).origin.outside) == 1
    monkeypatch.setenv(reach.COPY, str(here.parent))
    assert load(scenario).origin.outside == ()


@pytest.mark.parametrize("name", ["../base.yml", "bases/base.yml"])
def test_the_copy_that_a_notebook_reads_is_the_project_where_nothing_was_outside(here, monkeypatch, name):
    class Begun(Exception):
        """The notebook would run now."""

    def executed(notebook, parameters, hide, kernels, folder, environment):
        assert environment == ({reach.COPY: str(folder)} if name.startswith("bases") else {})
        raise Begun

    (here / "bases").mkdir()
    (here / "bases" / "base.yml").write_text(FRAME)
    (here / "night.yml").write_text(f"extends: {name}\n")
    job = report_job(here / "night.yml", load(here / "night.yml"), DEAL_REPORT, {})
    monkeypatch.setattr(making, "executed", executed)
    with pytest.raises(Begun):
        making.making(job)


def test_a_symbolic_link_hides_nothing(here):
    (here / "base.yml").symlink_to(here.parent / "base.yml")
    (here / "night.yml").write_text("extends: base.yml\n")
    assert [read.path for read in load(here / "night.yml").origin.outside] == [here.parent / "base.yml"]


def test_a_step_back_from_a_linked_folder_leads_where_it_is_judged(here):
    (here.parent / "elsewhere" / "deep").mkdir(parents=True)
    (here.parent / "elsewhere" / "base.yml").write_text(f"{FRAME}password: {SECRET}\n")
    (here / "link").symlink_to(here.parent / "elsewhere" / "deep")
    (here / "night.yml").write_text("extends: link/../base.yml\nname: Night\n")
    assert faults_of(here / "night.yml") == [f"{here / 'night.yml'}:1: extends 'link/../base.yml' is not a file"]
    (here / "base.yml").write_text(FRAME)
    assert load(here / "night.yml").origin.files.keys() == {str(here / "night.yml"), str(here / "base.yml")}


def test_a_base_whose_every_value_is_replaced_was_read_all_the_same(here):
    (here.parent / "little.yml").write_text("name: little\n")
    (here / "night.yml").write_text(f"extends: ../little.yml\n{FRAME}")
    assert [read.path.name for read in load(here / "night.yml").origin.outside] == ["little.yml"]


def test_a_base_of_a_base_is_judged_from_the_scenarios_own_place(here):
    (here / "base.yml").write_text("extends: ../base.yml\nname: nearer\n")
    (here / "night.yml").write_text("extends: base.yml\n")
    (read,) = load(here / "night.yml").origin.outside
    assert (Path(read.file).name, read.line, read.path.name) == ("base.yml", 1, "base.yml")


def test_a_report_names_no_folder_into_which_a_way_outside_leads(here):
    home = here.parent / "home" / "alice"
    home.mkdir(parents=True)
    (home / "base.yml").write_text(FRAME)
    (here / "night.yml").write_text(f"extends: {home / 'base.yml'}\n")
    (read,) = outside(load(here / "night.yml"))
    assert (read["file"], read["reads"]) == ("night.yml", "base.yml, elsewhere")


def test_a_report_tells_what_came_from_elsewhere_without_the_folders_above(here):
    (here / "night.yml").write_text(with_history("../members.csv"))
    outcome = simulate(load(here / "night.yml"))
    (read,) = outside(outcome.scenario)
    assert (read["file"], read["reads"]) == ("night.yml", "../members.csv")
    shown = str(page.how(outcome))
    assert "Reads from outside" in shown
    assert "../members.csv, by subscribers.opening.home.history.file in night.yml:" in shown
    assert str(here.parent) not in shown.partition("To make it again")[0]


@pytest.mark.parametrize(
    "content",
    [
        f"root:{SECRET}:19000:0:99999\n",
        f"password: {SECRET}\n",
        f"{SECRET}: 1\n",
        f"name: {{key: {SECRET}}}\n",
        f"currency: {SECRET}\n",
        f"- {SECRET}\n",
        f"a: *{SECRET}\n",
        f"a: !{SECRET} x\n",
        f"{SECRET}: 1\n{SECRET}: 2\n",
        f"'{SECRET}\u200b': 1\n",
        f"fx: {{EUR: {SECRET}}}\n",
        f"correlations: [[{SECRET}, b, 0.5]]\n",
        f"extends: {SECRET}.yml\n",
        f"territories: {{include: [{SECRET}]}}\n",
        f"fx: {{EUR: 1, {SECRET}: 2}}\n",
        f"{SECRET}",
    ],
)
def test_what_a_file_from_elsewhere_says_is_not_told_where_it_is_at_fault(here, content):
    (here.parent / "shadow").write_text(content, encoding="utf-8")
    frame = FRAME.strip().splitlines()
    if content.startswith("territories"):
        frame = frame[:4]
    frame = [line for line in frame if line.partition(":")[0] != content.partition(":")[0]]
    (here / "night.yml").write_text("\n".join(["extends: ../shadow", *frame]))
    said = faults_of(here / "night.yml")
    assert not any(SECRET in line for line in said)
    where = f"night.yml:1: extends reads {here.parent / 'shadow'}, outside the scenario's folder; of the faults there"
    assert any(where in line for line in said), said


def test_two_bases_that_disagree_quote_neither_where_one_is_from_elsewhere(here):
    (here.parent / "shadow").write_text(f"name: {SECRET}\n")
    (here / "base.yml").write_text(FRAME)
    for bases in ("[../shadow, base.yml]", "[base.yml, ../shadow]"):
        (here / "night.yml").write_text(f"extends: {bases}\n")
        said = faults_of(here / "night.yml")
        assert said
        assert not any(SECRET in line for line in said)


def test_nothing_from_elsewhere_is_suggested_for_what_is_misspelt_here(here):
    (here.parent / "base.yml").write_text(
        FRAME.replace("include: [TWN]", f"include: [TWN], groups: {{{SECRET}: [TWN]}}")
    )
    (here / "night.yml").write_text("extends: ../base.yml\nterritories: {include: [hunter3]}\n")
    said = f"{here / 'night.yml'}:2: territories.include.0 names no territory: found 'hunter3'"
    assert said in faults_of(here / "night.yml")
    (here / "night.yml").write_text("extends: ../base.yml\n")
    scenario = load(here / "night.yml")
    for change in (
        partial(overriding, scenario, {"territories.include": ["hunter3"]}),
        partial(overriding, scenario, {"territories.groups.hunter3": 1}),
        partial(asking, scenario, {"q": {"for": "x", "term": "territories.groups.hunter3"}}),
    ):
        with pytest.raises(ScenarioError) as told:
            change()
        assert SECRET not in str(told.value)


def test_what_grows_beyond_all_numbers_elsewhere_is_not_quoted(here):
    (here.parent / "base.yml").write_text(MEMBERSHIP)
    (here / "night.yml").write_text("extends: ../base.yml\n")
    with pytest.raises(ScenarioError) as told, kept_finite(load(here / "night.yml")):
        np.zeros(1) / np.zeros(1)
    (said,) = str(told.value).splitlines()
    assert "extends reads" in said
    assert "of the faults there none is told, the first is on line" in said


@pytest.mark.parametrize("content", [f"root:{SECRET}:0:0\n", f"period_end,value\n{SECRET},1\n2017-09-30,{SECRET}\n"])
def test_what_a_table_from_elsewhere_says_is_not_told_where_it_is_at_fault(here, content):
    (here.parent / "shadow").write_text(content)
    (here / "night.yml").write_text(with_history("../shadow"))
    said = faults_of(here / "night.yml")
    assert said
    assert not any(SECRET in line for line in said)
    (here / "shadow").write_text(content)
    (here / "night.yml").write_text(with_history("shadow"))
    assert any(SECRET in line for line in faults_of(here / "night.yml")), "a file of one's own is quoted, to be mended"


def special(folder, kind):
    """Make what is no ordinary file; return its path."""
    path = folder / "special"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        os.chdir(folder)  # a socket's name may not be long
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("special")
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        (folder / "back").symlink_to(path)
        path.symlink_to("back")
    elif kind == "gigabyte":
        with open(path, "wb") as file:
            file.truncate(10**9)
    else:
        return Path(kind)
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "pipe",
        "socket",
        "folder",
        "loop",
        "gigabyte",
        "/dev/zero",
        "/dev/stdin",
        "/dev/full",
        "/proc/kmsg",
        "/proc/cpuinfo",
        "/proc/self/status",
        "/proc/self/mem",
    ],
)
def test_what_is_no_ordinary_file_is_refused_at_once(here, capsys, monkeypatch, kind):
    monkeypatch.chdir(here)
    path = special(here, kind)
    (here / "base.yml").write_text(f"extends: {path}\n{FRAME}")
    (here / "night.yml").write_text(with_history(path))
    began = time.process_time()
    for words in (
        ("check", path), ("check", here / "base.yml"), ("check", here / "night.yml"),
        ("simulate", path), ("forecast", path, "--horizon", "3"), ("backtest", path),
        ("calibrate", path, "--model", "sbg"),
    ):  # fmt: skip
        code, out, err = told(capsys, *words)
        assert (code, out) == (1, "")
        assert 1 <= len(err.splitlines()) <= 2
        assert "itself failed" not in err
    assert time.process_time() - began < 5


def test_a_pipe_is_not_opened_so_that_nobody_at_its_other_end_is_woken(here):
    os.mkfifo(here / "pipe.yml")
    waiting = subprocess.Popen(
        [sys.executable, "-c", f"open({str(here / 'pipe.yml')!r}, 'w'); print('woken')"], stdout=subprocess.PIPE
    )
    try:
        assert "a pipe" in faults_of(here / "pipe.yml")[0]
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.5)
    finally:
        waiting.kill()
        waiting.communicate()


def test_bases_that_double_at_every_level_come_to_an_end(here):
    for level in range(7):
        for side in "ab":
            (here / f"{side}{level}.yml").write_text(f"extends: [a{level + 1}.yml, b{level + 1}.yml]\n")
    (here / "a7.yml").write_text(FRAME)
    (here / "b7.yml").write_text(FRAME)
    assert "is one file too many; a scenario reads at most 64" in faults_of(here / "a0.yml")[0]


def test_a_list_of_many_bases_comes_to_an_end(here):
    names = ", ".join(f"b{number}.yml" for number in range(15_000))
    (here / "night.yml").write_text(f"extends: [{names}]\n{FRAME}")
    began = time.process_time()
    assert faults_of(here / "night.yml")
    assert time.process_time() - began < 2


def test_values_are_counted_over_all_files_together(here):
    half = "".join(f"a{number}: 1\n" for number in range(MOST_NODES // 3))
    (here / "base.yml").write_text(half)
    (here / "other.yml").write_text(half)
    (here / "night.yml").write_text(f"extends: [base.yml, other.yml]\n{FRAME}")
    assert "brings more than 40,000 values together with what is read before it" in "\n".join(
        faults_of(here / "night.yml")
    )


def test_a_table_of_a_million_rows_or_columns_is_refused_at_once(here):
    (here / "night.yml").write_text(with_history("long.csv"))
    began = time.process_time()
    for content, said in (
        ("period_end,value\n" + "2017-09-30,1\n" * 100_000, "long.csv:5002: is row 5,001; a history has at most 5,000"),
        ("," * 1_000_000 + "\n", "long.csv:1: has 1,000,001 columns; a history needs two"),
        ("\n" * 1_000_000, "long.csv:1: the file is empty"),
        ('"' + "x" * 1_000_000, "cannot be read as CSV: field larger than field limit"),
    ):
        (here / "long.csv").write_text(content)
        assert any(said in line for line in faults_of(here / "night.yml")), faults_of(here / "night.yml")
    assert time.process_time() - began < 5


WATCHED = """
import os, sys
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load

good, *files = sys.argv[1:]
load(good)  # what is imported and compiled late has been now
HARMLESS = {"object.__getattr__", "sys._getframe", "builtins.id", "os.listdir", "os.scandir", "pathlib.Path.glob"}
seen = set()


def watch(event, given):
    if event == "open" and not given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        if isinstance(given[0], int) or os.path.dirname(os.path.realpath(given[0])) == os.getcwd():
            return  # what a number stands for was opened before
    if event not in HARMLESS:
        seen.add(f"{event} {given}"[:200])


sys.addaudithook(watch)
for file in files:
    try:
        load(file)
    except ScenarioError:
        pass
found = sorted(seen)
print(found)
"""
MALICE = (
    "name: !!python/object/apply:os.system ['touch ran']\n",
    "name: !!python/name:os.system\n",
    "? !!python/object/new:subprocess.Popen [[touch, ran]]\n: 1\n",
    "name: ${HOME} $(touch ran) `touch ran` {{7*7}} {0.__class__} %(x)s\n",
    "name: =1+1\nextends: |touch ran\n",
    "extends: http://127.0.0.1:9/base.yml\n",
    "extends: file:///etc/passwd\n",
    "extends: '//127.0.0.1/share/base.yml'\n",
    "fx: {EUR: __import__('os').system('touch ran')}\n",
    "__class__: {__init__: 1}\n__proto__: {a: 1}\n",
    "histories: {members: {table: ../../etc/passwd, metric: x}}\n",
)


def test_a_scenario_runs_nothing_writes_nothing_and_sends_nothing(tmp_path):
    files = []
    for number, text in enumerate(MALICE):
        for kind, whole in (("alone", text), ("framed", FRAME + text), ("before", text + FRAME)):
            (tmp_path / f"{kind}{number}.yml").write_text(whole)
            files.append(f"{kind}{number}.yml")
    flagship = str(reach.PROJECT / "scenarios" / "day-and-night.yml")
    words = [sys.executable, "-c", WATCHED, flagship, *files]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


def test_what_looks_like_an_expression_is_a_name(here):
    name = "${HOME} $(id) `id` {{7*7}} {0.__class__} %(x)s"
    (here / "night.yml").write_text(FRAME.replace("name: frame", f"name: '{name}'"))
    assert load(here / "night.yml").name == name
