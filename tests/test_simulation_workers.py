"""A simulation on several workers gives the bytes of one, whatever becomes of a worker."""

import os
import signal
import subprocess
import sys
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from accounts_for_tests import RICH
from cluster_for_tests import eventually
from distributed import Client
from scenarios_for_tests import EVERYTHING
from test_simulation_engine import assert_same_bytes
from test_simulation_overflow import HUGE

from simlib.cli.workers import LONG, jobs_for
from simlib.scenario import places
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import Frame
from simlib.simulation.record import PACK
from simlib.workers import cluster as clusters
from simlib.workers.asked import ASKED, asked
from simlib.workers.crew import CrewError, _unpacked, number_at_work
from simlib.workers.here import ALL_CORES, processes

ROOT = Path(__file__).parents[1]
SIMLIB = Path(sys.executable).with_name("simlib")
QUICK = "scenarios/payment-habit-china.yml"
SCENARIOS = {
    "everything": partial(loads, EVERYTHING),
    "accounts": partial(loads, RICH),
    "habits": partial(load, QUICK),
    "forecast": partial(load, "scenarios/netflix-2017q3.yml"),
    "flagship": partial(load, "scenarios/day-and-night.yml"),
}


def below(pid):
    """The processes that work for another."""
    found = []
    for child in psutil.Process(pid).children():
        with suppress(psutil.Error):  # it has ended meanwhile
            found += [child] if "simlib.workers.process" in child.cmdline() else []
    return found


def pids_of_processes():
    return [child.pid for child in below(os.getpid())]


def pids_of_workers(address):
    with Client(address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


@pytest.fixture(params=["processes", "cluster"])
def crew(request, patient):
    """What puts two workers to work, and what finds the numbers of their processes."""
    if request.param == "processes":
        return partial(processes, 2), pids_of_processes
    address = request.getfixturevalue("scheduler")
    return partial(clusters.cluster, address), partial(pids_of_workers, address)


@pytest.mark.parametrize("read", SCENARIOS.values(), ids=SCENARIOS)
def test_two_workers_give_the_bytes_of_one(crew, read):
    scenario, (at_work, _) = read(), crew
    draws = 2 * PACK + 1
    with at_work():
        there = simulate(scenario, draws=draws)
    assert_same_bytes(simulate(scenario, draws=draws), there)


def test_a_worker_killed_in_the_middle_changes_no_byte(crew):
    scenario, (at_work, pids) = load("scenarios/netflix-2017q3.yml"), crew
    draws, killed = 16 * PACK, []

    def kill_one(done):
        if not killed and done < draws:
            killed.extend(pids()[:1])
            os.kill(killed[0], signal.SIGKILL)

    with at_work():
        there = simulate(scenario, draws=draws, progress=kill_one)
    assert killed
    assert not psutil.pid_exists(killed[0]) or not is_alive(psutil.Process(killed[0]))
    assert_same_bytes(simulate(scenario, draws=draws), there)


def test_inputs_given_from_outside_are_worked_on_by_two_as_by_one(crew):
    scenario, (at_work, _) = load(QUICK), crew
    inputs = simulate(scenario, draws=PACK + 2).inputs
    halves = {name: (values + np.median(values)) / 2 for name, values in inputs.items()}
    with at_work():
        there = simulate(scenario, draws=PACK + 2, inputs=halves)
    here = simulate(scenario, draws=PACK + 2, inputs=halves)
    assert_same_bytes(here, there)
    assert all(np.array_equal(here.inputs[name], halves[name]) for name in halves)


def test_an_error_in_the_models_is_the_same_from_a_worker(crew):
    at_work, _ = crew
    broken = loads(EVERYTHING).model_copy(update={"discount_rates": {}})
    told = []
    for working in (nullcontext, at_work):
        with working(), pytest.raises(KeyError) as error:
            simulate(broken, draws=2)
        told.append(str(error.value))
    assert told[0] == told[1]


def test_what_overflows_is_told_by_workers_in_the_same_sentences(crew):
    at_work, _ = crew
    scenario, told = loads(HUGE), []
    for working in (nullcontext, at_work):
        with working(), pytest.raises(ScenarioError) as error:
            simulate(scenario, draws=PACK + 2)
        told.append(error.value.faults)
    assert told[0] == told[1]


# The command


def simulated(tmp_path, name, *words):
    """Run the command; return what it printed and wrote."""
    file = tmp_path / f"{name}.json"
    command = [SIMLIB, "simulate", QUICK, "--draws", str(2 * PACK), "--json", file, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, file.read_bytes()


def test_the_command_writes_the_same_bytes_by_jobs_and_cluster(scheduler, tmp_path):
    alone = simulated(tmp_path, "alone", "--jobs", "1")
    assert simulated(tmp_path, "jobs", "--jobs", "2") == alone
    assert simulated(tmp_path, "cluster", "--cluster", scheduler) == alone


@pytest.fixture
def at_length():
    """The command at work for longer than anybody waits, and the two processes that work for it."""
    command = [SIMLIB, "simulate", QUICK, "--draws", "800000", "--jobs", "2"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert eventually(lambda: sum(other.cpu_times().user > 1.5 for other in below(process.pid)) == 2, 300)
            yield process, below(process.pid)
        finally:
            process.kill()


def test_ctrl_c_ends_the_processes_too_and_says_so_in_a_word(at_length):
    process, others = at_length
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (130, "", "interrupted")
    assert not any(other.is_running() for other in others)


def test_processes_do_not_outlive_the_one_that_started_them(at_length):
    process, others = at_length
    process.kill()
    assert eventually(lambda: not any(is_alive(other) for other in others), 30)


def is_alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_from_many_draws_on_every_core_is_used():
    assert [jobs_for(draws) for draws in (LONG - 1, LONG)] == [1, ALL_CORES]


@pytest.mark.parametrize("jobs", ["0", "-2"])
def test_no_process_is_no_answer(jobs):
    done = subprocess.run([SIMLIB, "simulate", QUICK, "--jobs", jobs], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"write how many processes, or -1 for one a core; found {jobs}" in done.stderr


def test_a_scheduler_may_be_named_without_its_protocol_and_not_by_nothing(scheduler, tmp_path):
    bare = scheduler.removeprefix("tcp://")
    assert simulated(tmp_path, "bare", "--cluster", bare) == simulated(tmp_path, "alone", "--jobs", "1")
    done = subprocess.run([SIMLIB, "simulate", QUICK, "--cluster", ""], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "write the scheduler's address, e.g. tcp://10.0.0.1:8786; found nothing" in done.stderr


def test_a_cluster_has_its_own_number_of_workers():
    words = [SIMLIB, "simulate", QUICK, "--jobs", "2", "--cluster", "tcp://127.0.0.1:1"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--jobs goes without --cluster, which has as many workers as were started" in done.stderr


def pieces_done(address):
    """How many pieces a cluster's workers have worked on."""
    with Client(address, set_as_default=False) as client:
        return sum(client.run(lambda: sum(_unpacked.cache_info()[:2])).values())


def test_a_report_on_a_cluster_is_that_of_one_process(scheduler, tmp_path):
    """What the notebook finds, on whatever the command asks for, is in the summary and the tables to the last digit."""
    pages, before = {}, pieces_done(scheduler)
    for name, words in (("alone", []), ("jobs", ["--jobs", "2"]), ("cluster", ["--cluster", scheduler])):
        out = tmp_path / name
        command = [SIMLIB, "report", QUICK, "--draws", str(2 * PACK), "--out", out, *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        folder = (ROOT / done.stdout.strip()).parent
        pages[name] = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    for name in ("jobs", "cluster"):
        assert pages[name].keys() == pages["alone"].keys()
        changed = {file for file, content in pages[name].items() if content != pages["alone"][file]}
        assert changed <= {"manifest.json", "report.ipynb"}
    assert pieces_done(scheduler) - before == 2


def test_what_is_wrong_with_a_cluster_is_said_before_a_report_is_begun(tmp_path):
    address = "tcp://127.0.0.1:1"
    command = [SIMLIB, "report", QUICK, "--out", tmp_path / "reports", "--cluster", address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == f"--cluster: no scheduler answers at {address} within 5 seconds; write e.g. tcp://10.0.0.1:8786\n"
    )
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("who", ["0", "-3", "many"])
def test_what_the_environment_asks_for_is_understood_or_told(monkeypatch, who):
    monkeypatch.setenv(ASKED, who)
    with pytest.raises(CrewError, match=f"SIMLIB_WORKERS is a number of processes.* found '{who}'"), asked():
        pass
    monkeypatch.setenv(ASKED, "2")
    with asked():
        assert number_at_work() == 2


def test_the_environment_may_ask_for_a_scheduler_without_its_protocol(scheduler, monkeypatch):
    monkeypatch.setenv(ASKED, scheduler.removeprefix("tcp://"))
    with asked():
        assert number_at_work() == 2


def test_what_a_frame_has_worked_out_stands_though_another_thread_begins_beside(monkeypatch):
    frame = Frame(loads(EVERYTHING), 1)

    def others(*given, was=places.narrowest):
        vars(frame)["_choices"] = {}  # as one that came here at the same moment does
        return was(*given)

    monkeypatch.setattr(places, "narrowest", others)
    assert frame.chosen(("default",), None) == ("default",) * len(frame.territories)
