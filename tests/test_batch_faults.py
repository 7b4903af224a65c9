"""Batches with real kernels that something happens to: what is finished stays whole, what runs is ended, nothing is left."""

import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from html import escape
from pathlib import Path

import pytest

from simlib.present import report, telling
from simlib.present.kernels import Kernels
from simlib.present.making import making
from simlib.present.shelves import newest, runs, shelves
from simlib.scenario.load import load

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("try_kills", ROOT / "tools" / "try_kills.py")
tries = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tries)


@pytest.fixture
def folder(tmp_path):
    tries.scenarios(tmp_path, 2)
    return tmp_path


def reports(folder):
    """The reports that are done, by shelf."""
    out = folder / "reports"
    return {shelf.name: [run for run in newest(shelf) if run.is_done] for shelf in shelves(out)}


def test_batches_that_are_killed_leave_nothing_torn_and_are_gone_on_with():
    """Twice at random moments; many times by hand, see docs/reliability.md."""
    words = [sys.executable, str(ROOT / "tools" / "try_kills.py"), "--times", "2", "--reports", "2"]
    tried = subprocess.run(words, capture_output=True, text=True)
    assert (tried.returncode, tried.stderr) == (0, ""), tried.stdout
    assert "2 killed at work, 0 faults" in tried.stdout


def test_an_interrupt_keeps_what_is_finished_ends_what_runs_and_says_where_the_index_is(folder):
    process = tries.started(folder, "--jobs", "1")
    while not (folder / "reports").is_dir() or not reports(folder):
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == f"{folder / 'reports' / 'index.html'}\n"
    assert "interrupted: " in err.splitlines()[-1]
    assert "Traceback" not in err
    assert tries.wait_for_none(folder) == []
    assert tries.faults(folder / "reports") == []
    assert list((folder / "reports").glob(".*")) == []
    done = {name: made[0].folder.name for name, made in reports(folder).items()}
    index = (folder / "reports" / "index.html").read_text(encoding="utf-8")
    assert all(f"{name}/{run}/report.html" in index for name, run in done.items())
    assert tries.completed(folder) == []
    assert all(runs(folder / "reports" / name) == [run] for name, run in done.items())


def test_two_batches_on_one_folder_both_end_well(folder):
    both = [tries.started(folder) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert tries.wait_for_none(folder) == []
    out = folder / "reports"
    assert all(tries.is_whole(run.folder) for made in reports(folder).values() for run in made)
    assert [len(made) for made in reports(folder).values()] == [1, 1]
    assert {name for name, made in reports(folder).items() if made} == {"s0", "s1"}
    assert list(out.glob(".*")) == []
    assert all(f"Members {number}<" in (out / "index.html").read_text(encoding="utf-8") for number in range(2))


def test_a_disk_that_takes_no_more_is_a_sentence_and_no_report_is_torn(folder):
    """No file may grow beyond 50 kB, which an executed notebook does; on a full file system: tools/try_disk.py."""

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    words = [sys.executable, "-c", "from simlib.cli import main; main()", "batch", folder, "--out", folder / "reports"]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, preexec_fn=small)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith("the report cannot be written there: File too large")
    assert not any(reports(folder).values())
    assert list((folder / "reports").glob(".*")) == []
    assert tries.completed(folder) == []


@pytest.fixture(scope="module")
def forked():
    with Kernels("forked") as kernels:
        yield kernels


def made_by(cells, kernels):
    """What is made of a report whose notebook does something after its scenario was simulated."""
    flagship = ROOT / "scenarios" / "payment-habit-china.yml"
    given = {"simulation.draws": 20}
    job = report.report_job(flagship, load(flagship, given), telling.DEAL_REPORT, given)
    notebook = json.loads(job.notebook)
    first, *others = notebook["cells"]
    more = [{**others[0], "id": f"more-{index}", "source": [source]} for index, source in enumerate(cells)]
    notebook["cells"] = [first, *more]
    return making(job._replace(notebook=json.dumps(notebook).encode()), kernels)


FAILURES = {
    "a cell fails": ("1 / 0  # <b>", None, "ZeroDivisionError: division by zero"),
    "memory runs out": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); [bytearray(2**26) for _ in range(99)]",
        None,
        "MemoryError",
    ),
    "the kernel is killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", None, "the kernel died"),
    "it never ends": ("while True: pass", 4, "the notebook was not done after 4 seconds"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_notebook_that_fails_has_a_page_with_the_cell_the_reason_and_the_command(name, forked):
    source, seconds, says = FAILURES[name]
    with Kernels("forked", seconds) if seconds else nullcontext(forked) as kernels:
        made = made_by(["x = 1", source], kernels)
    text = made.files["report.html"].decode()
    assert made.failure.cell == 4  # after two cells of parameters and another
    assert "Code cell 4 stopped" in text
    assert escape(source) in text
    assert says in text
    command = "python3 run.py report scenarios/payment-habit-china.yml --set simulation.draws=20"
    assert command in text
    told = json.loads(made.files["manifest.json"])
    assert (told["status"], told["command"]) == ("failed", command)
    assert says in told["error"]
