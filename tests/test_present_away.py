"""Reports made on a cluster are those that are made here, whatever becomes of a worker."""

import os
import re
from threading import Event

import nbformat
import psutil
import pytest
from cluster_for_tests import eventually
from distributed import Client
from test_present_batch import SMALL
from test_workers import RUNNING, odd

from simlib import cli
from simlib.present.batch import away as away_room
from simlib.present.batch.away import Away
from simlib.present.batch.plan import planned
from simlib.present.making import making
from simlib.present.shelves import newest
from simlib.workers import cluster as clusters

pytestmark = pytest.mark.usefixtures("patient")
CHANCE = (
    r'"(id|name)": "[0-9a-f-]{8,}"|"(start_time|end_time|duration|started|seconds|[\w.]*(iopub|shell)[\w.]*)": [^\n]*'
)


@pytest.fixture
def job(tmp_path):
    """What a report of a small scenario is made from."""
    file = tmp_path / "small.yml"
    file.write_text(SMALL, encoding="utf-8")
    (one,) = planned(file, "deal_report", {"simulation.draws": 50}, tmp_path / "reports", False)
    return one.job


def timeless(files):
    """Files without when they were made, how long it took, and what is drawn anew each time."""
    return {name: re.sub(CHANCE, "", content.decode("utf-8", "surrogateescape")) for name, content in files.items()}


def waiting(trace, seconds):
    """A notebook that leaves a trace, and waits the first time that it is run."""
    source = f"""
import pathlib, time
trace = pathlib.Path({str(trace)!r})
first = not trace.exists()
trace.touch()
if first:
    time.sleep({seconds})
"""
    parameters = nbformat.v4.new_code_cell("scenario = overrides = None", metadata={"tags": ["parameters"]})
    cells = [parameters, nbformat.v4.new_code_cell(source)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


def workers_of(address):
    with Client(address, set_as_default=False) as client:
        return [psutil.Process(pid) for pid in client.run(os.getpid).values()]


def busy(address):
    """The workers below which a kernel runs."""
    return [worker for worker in workers_of(address) if worker.children(recursive=True)]


def test_a_report_from_a_worker_has_the_files_of_one_made_here(scheduler, job):
    here = making(job)
    with clusters.cluster(scheduler) as crew:
        away = Away(crew, "forked", None)
        there = away.submit(job).result()
        away.stop()
    assert {
        "report.html",
        "report.ipynb",
        "summary.json",
        "manifest.json",
        "scenario.resolved.yml",
    } <= here.files.keys()
    assert (there.key, there.failure) == (here.key, None)
    assert timeless(there.files) == timeless(here.files)
    changing = {"report.ipynb", "manifest.json"}
    assert {name for name, content in there.files.items() if here.files[name] != content} <= changing


def test_a_worker_killed_while_its_notebook_runs_costs_a_retry(scheduler, job, tmp_path):
    trace = tmp_path / "trace"
    with clusters.cluster(scheduler) as crew:
        away = Away(crew, "forked", None)
        future = away.submit(job._replace(notebook=waiting(trace, 600)))
        assert eventually(trace.exists)
        (worker,) = busy(scheduler)
        worker.kill()
        made = future.result(timeout=60)
        away.stop()
    assert made.failure is None
    assert "report.html" in made.files


@pytest.mark.parametrize("engine", ["forked", "default"])
def test_stopping_ends_the_notebooks_on_every_worker(scheduler, job, tmp_path, engine):
    trace = tmp_path / "trace"
    with clusters.cluster(scheduler) as crew:
        away = Away(crew, engine, None)
        assert away.number == 4
        away.submit(job._replace(notebook=waiting(trace, 600)))
        assert eventually(trace.exists)
        assert busy(scheduler)
        away.stop()
        assert eventually(lambda: not busy(scheduler), 15)
        again = Away(crew, engine, None)
        assert again.submit(job._replace(notebook=waiting(trace, 600))).result(timeout=60).failure is None
        again.stop()


def test_a_notebook_that_takes_too_long_has_a_page_that_says_so(scheduler, job, tmp_path):
    with clusters.cluster(scheduler) as crew:
        away = Away(crew, "forked", 3.0)
        made = away.submit(job._replace(notebook=waiting(tmp_path / "trace", 600))).result(timeout=60)
        away.stop()
    assert "the notebook was not done after 3 seconds" in made.failure.error
    assert b"the notebook was not done after 3 seconds" in made.files["report.html"]


def test_a_scheduler_that_goes_while_the_last_report_runs_is_a_failure_and_not_a_stop(job, tmp_path):
    with odd() as address, odd(scheduler=address), clusters.cluster(address) as crew:
        away = Away(crew, "default", None)
        future = away.submit(job._replace(notebook=waiting(tmp_path / "trace", 600)))
        assert eventually((tmp_path / "trace").exists)
        RUNNING[address].kill()
        assert away.told(future.exception(timeout=60)) == f"the scheduler at {address} has gone"


def test_kernels_of_a_batch_that_nobody_ended_end_when_they_are_idle(monkeypatch):
    batch, used, wait = away_room.Batch("one", "default", None), [], Event()
    monkeypatch.setattr(away_room, "IDLE", 0.1)
    monkeypatch.setattr(away_room, "making", lambda job, kernels: used.append(kernels) or job)
    assert away_room._made("first", batch) == "first"
    assert eventually(lambda: used[0].stopped, 10)
    monkeypatch.setattr(away_room, "making", lambda job, kernels: used.append(kernels) or wait.wait(0.5))
    away_room._made("second", batch)
    assert used[1] is not used[0]
    assert not used[1].stopped  # it took longer than that, and was not idle
    away_room._end(batch)
    away_room._made("third", batch)
    assert used[2].stopped


def test_a_batch_on_a_cluster_puts_every_report_in_place(scheduler, tmp_path, capsys):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yml").write_text(SMALL.replace("Members of", f"{name}, members of"), encoding="utf-8")
    out = tmp_path / "reports"
    words = ["batch", str(tmp_path), "--draws", "50", "--out", str(out), "--cluster", scheduler]
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (0, f"{out / 'index.html'}\n"), said.err
    for name in ("one", "two"):
        assert next(newest(out / name)).manifest["status"] == "done"
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert (ended.value.code, capsys.readouterr().err) == (0, "2 skipped\n")
