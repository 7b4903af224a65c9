"""Whoever works, and whatever becomes of a worker, the results are the same, in the same order."""

import fcntl
import logging
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
import scipy.special

from simlib.workers import cluster as clusters
from simlib.workers import ground
from simlib.workers.crew import CrewError, each, number_at_work
from simlib.workers.here import processes
from simlib.workers.process import Died, Process

ROOT = Path(__file__).parents[1]


@pytest.fixture(params=["processes", "cluster"])
def crew(request, patient):
    """A function that puts two workers to work, of this machine or of a cluster."""
    if request.param == "processes":
        return partial(processes, 2)
    return partial(clusters.cluster, request.getfixturevalue("scheduler"))


def late(pieces, piece):
    """The first pieces take longest."""
    time.sleep(max(pieces - piece, 0) * 0.05)
    return piece, os.getpid()


def noted(folder, piece):
    """Leave a trace of each time that a piece is worked on."""
    with (Path(folder) / str(piece)).open("a") as trace:
        trace.write("x")


def deadly(folder, killer, piece):
    """The worker of one piece is killed the first time that it is worked on."""
    first = not (Path(folder) / str(piece)).exists()
    noted(folder, piece)
    if piece == killer and first:
        os.kill(os.getpid(), signal.SIGKILL)
    return piece


def always_deadly(piece):
    os.kill(os.getpid(), signal.SIGKILL)


def wrong(piece):
    if piece == 2:
        raise ValueError(f"{piece} is no number of seasons")
    return piece


def limits(piece):
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


def test_results_come_in_the_order_of_the_pieces_from_two_workers(crew):
    with crew():
        assert number_at_work() == 2
        found = list(each(partial(late, 6), range(6)))
    assert [piece for piece, _ in found] == list(range(6))
    workers = {worker for _, worker in found}
    assert len(workers) == 2
    assert os.getpid() not in workers


def test_pieces_are_taken_when_they_are_needed_and_not_before(crew):
    taken = []
    pieces = (taken.append(piece) or piece for piece in range(100))
    with crew():
        results = each(partial(late, 0), pieces)
        next(results)
    assert 2 <= len(taken) <= 3 * 2 + 1


@pytest.mark.parametrize("killer", [0, 3, 7])
def test_a_worker_that_is_killed_costs_what_was_under_way_and_no_result(crew, tmp_path, killer):
    with crew():
        assert list(each(partial(deadly, tmp_path, killer), range(8))) == list(range(8))
    worked = {int(trace.name): len(trace.read_text()) for trace in tmp_path.iterdir()}
    assert worked.keys() == set(range(8))
    assert worked == {piece: 2 if piece == killer else 1 for piece in range(8)} or crew.func is clusters.cluster
    assert (worked[killer], max(worked.values())) == (2, 2)  # Dask does again what the dead worker had in store, too


def test_work_that_kills_every_worker_is_given_up_in_a_sentence(crew):
    with crew(), pytest.raises(CrewError, match="memory may be short"):
        list(each(always_deadly, [1]))


def test_after_it_was_given_up_other_work_is_done(crew, tmp_path):
    with crew(), pytest.raises(CrewError):
        list(each(always_deadly, [1]))
    with crew():
        assert next(iter(each(partial(late, 0), [0])))[0] == 0


def test_an_error_of_the_work_is_the_one_that_this_process_would_raise(crew):
    with pytest.raises(ValueError) as here:
        list(each(wrong, [1, 2, 3]))
    with crew(), pytest.raises(ValueError) as there:
        list(each(wrong, [1, 2, 3]))
    assert str(there.value) == str(here.value) == "2 is no number of seasons"


def test_linear_algebra_takes_one_thread_in_each_worker(crew):
    with crew():
        assert list(each(limits, [0])) == [{"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}]


def plenty(piece):
    return bytes(300_000_000)


def killed_while_it_answers(process):
    """Kill a process as soon as something of its answer is in the pipe, which holds a five-thousandth of it."""
    pipe, waiting = process._process.stdout.fileno(), bytearray(4)
    while not int.from_bytes(waiting, sys.byteorder):
        fcntl.ioctl(pipe, termios.FIONREAD, waiting)
        time.sleep(0.001)
    os.kill(process._process.pid, signal.SIGKILL)


def test_a_process_killed_while_it_answers_is_seen_to_have_died():
    process = Process()
    killer = threading.Thread(target=killed_while_it_answers, args=(process,))
    killer.start()
    try:
        with pytest.raises(Died):
            process.ask(plenty, [0])
    finally:
        killer.join()
        process.close()


def test_what_is_printed_in_a_process_is_no_answer(capfd):
    with processes(2):
        assert list(each(print, ["said"])) == [None]
    assert capfd.readouterr() == ("", "said\n")


def test_an_error_tells_where_in_the_process_it_came_from():
    with processes(2), pytest.raises(ValueError) as error:
        list(each(wrong, [2]))
    (note,) = error.value.__notes__
    assert note.startswith("In a worker:")
    assert "in wrong" in note


class Odd(Exception):
    """What can be sent and not be taken in."""

    def __init__(self, one, other):
        super().__init__(one)


def odd_error(piece):
    raise Odd("out of the ordinary", piece)


def error_with_a_hook(piece):
    error = ValueError("out of the ordinary")
    error.hook = lambda: piece
    raise error


@pytest.mark.parametrize(("work", "name"), [(odd_error, "Odd"), (error_with_a_hook, "ValueError")])
def test_an_error_that_cannot_be_sent_is_told_in_its_words(work, name):
    with processes(2), pytest.raises(RuntimeError, match=f"{name}: out of the ordinary") as error:
        list(each(work, [0]))
    assert work.__name__ in error.value.__notes__[0]


def test_a_process_that_ends_by_itself_is_told_with_its_exit_code():
    with (
        processes(2),
        pytest.raises(CrewError, match="of 2 processes 3 died over one piece of work; exit code 7: with one process"),
    ):
        list(each(os._exit, [7]))


def test_processes_that_cannot_be_started_are_a_sentence(monkeypatch):
    def refused(*_, **__):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("simlib.workers.process.subprocess.Popen", refused)
    said = "0 of 2 processes could be started: Too many open files; write fewer"
    with processes(2), pytest.raises(CrewError, match=said):
        list(each(late, [0]))


WAITING = """
import time
from simlib.workers.crew import each
from simlib.workers.here import processes
with processes(2):
    list(each(time.sleep, [300, 300]))
"""


def workers_of(process):
    return [one for one in process.children() if "simlib.workers.process" in one.cmdline()]


def test_a_process_ends_with_who_started_it_whatever_it_is_at():
    with subprocess.Popen([sys.executable, "-c", WAITING]) as starter:
        ends = time.monotonic() + 60
        while len(workers_of(psutil.Process(starter.pid))) < 2 and time.monotonic() < ends:
            time.sleep(0.05)
        workers = workers_of(psutil.Process(starter.pid))
        time.sleep(1)  # for them to be at it
        starter.kill()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert (len(workers), alive) == (2, [])


def test_processes_end_with_the_block_that_they_worked_in():
    with processes(2):
        list(each(partial(late, 0), range(4)))
        mine = psutil.Process().children()
        assert len([one for one in mine if "simlib.workers.process" in one.cmdline()]) == 2
    assert not any(one.is_running() and "simlib.workers.process" in one.cmdline() for one in mine)


FAULTS = """
import resource
import numpy as np
from simlib.workers.here import processes

def fetched():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        [np.ones(500_000) for _ in range(10)]  # ten arrays of 4 MB, all gone together
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize() / 1e6

alone = fetched()
with processes(1):
    fetched()
    print(alone, fetched())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory")
def test_a_process_that_works_alone_keeps_the_memory_of_arrays_that_are_gone():
    said = subprocess.run([sys.executable, "-c", FAULTS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    alone, kept = map(float, said.split())
    assert kept < 0.1 * alone  # of 800 MB that were asked for, as many as the size of pages makes it


def test_one_process_is_this_one():
    with processes(1):
        assert number_at_work() == 1
        assert list(each(partial(late, 0), [0])) == [(0, os.getpid())]


# A cluster that cannot be worked with is told in a sentence

ODD = """
import asyncio, importlib.metadata, logging, sys
versions, address = importlib.metadata.version, sys.argv[1]
{patch}
from distributed import Scheduler, Worker
logging.getLogger("distributed").setLevel(logging.CRITICAL)

async def run():
    if address:
        odd = Worker(address, nthreads=1, host="127.0.0.1", dashboard_address="127.0.0.1:0")
    else:
        odd = Scheduler(host="127.0.0.1", port=0, dashboard_address="127.0.0.1:0")
    await odd
    print(odd.address, flush=True)
    await odd.finished()

asyncio.run(run())
"""
NO_SIMLIB = """
def version(name):
    if name == "simlib":
        raise importlib.metadata.PackageNotFoundError(name)
    return versions(name)
importlib.metadata.version = version
"""
OLD = "importlib.metadata.version = lambda name: '2020.1' if name == {name!r} else versions(name)"
RUNNING = {}  # processes by the address that they listen on
OTHER = "import simlib.workers.ground as ground; ground.{what} = lambda: 'other'"
FAILS = "import simlib.workers.ground as ground; ground.arithmetic = lambda: 1 / 0"


@contextmanager
def odd(patch="", scheduler=""):
    """A scheduler, or a worker of one, that is not as it should be; yield its address."""
    command = [sys.executable, "-c", ODD.format(patch=patch), scheduler]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # where it finds the work of these tests
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=here) as process:
        try:
            address = process.stdout.readline().strip()
            RUNNING[address] = process
            yield address
        finally:
            process.kill()


def put_to_work(address, after_each=lambda: None):
    with clusters.cluster(address):
        for _ in each(partial(late, 0), range(100)):
            after_each()


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (NO_SIMLIB, "has no simlib"),
        (OLD.format(name="scipy"), "has scipy 2020.1, here is "),
        (OTHER.format(what="sources"), "has other files of simlib than there are here"),
    ],
)
def test_a_worker_that_could_come_to_other_results_is_refused(patch, said):
    with odd() as address, odd(patch, address) as worker, pytest.raises(CrewError) as told:
        put_to_work(address)
    assert str(told.value).startswith(f"the worker at {worker} {said}")
    assert str(told.value).endswith("install the same simlib and requirements.lock on every machine")


def test_a_scheduler_of_another_version_is_refused():
    with odd(OLD.format(name="distributed")) as address, odd(scheduler=address), pytest.raises(CrewError) as told:
        put_to_work(address)
    assert str(told.value).startswith(f"the scheduler at {address} has distributed 2020.1, here is ")


def test_a_processor_that_differs_in_the_last_digits_or_fails_is_remarked_on():
    with odd() as address, odd(OTHER.format(what="arithmetic"), address) as one, odd(FAILS, address) as other:
        with clusters.cluster(address) as crew:
            crew.client.wait_for_workers(2)
        with clusters.cluster(address) as crew:
            (remark,) = crew.remarks
        first = re.fullmatch(
            "2 of 2 workers, first (.+), calculate otherwise in the last digits than this machine: "
            "results may differ there",
            remark,
        )[1]
        assert first in (one, other)


def test_a_worker_that_joins_later_is_held_to_the_same():
    with odd() as address, odd(scheduler=address), clusters.cluster(address) as crew:
        assert list(each(partial(late, 3), range(3)))
        with odd(OTHER.format(what="sources"), address) as joined:
            crew.client.wait_for_workers(2)
            said = f"the worker at {joined} has other files or libraries than there are here"
            with pytest.raises(CrewError, match=said):
                list(each(partial(late, 8), range(8)))


@pytest.mark.parametrize(
    ("address", "why"), [("nonsense", "missing port number"), ("tls://127.0.0.1:1", "TLS expects")]
)
def test_an_address_that_cannot_be_asked_is_told_with_the_reason(address, why):
    with pytest.raises(CrewError, match=f"{address} cannot be asked: {why}"):
        put_to_work(address)


def test_dask_is_as_talkative_after_as_it_was_before(scheduler):
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    with clusters.cluster(scheduler):
        assert {logger.level for logger in loggers} == {logging.CRITICAL}
    assert [logger.level for logger in loggers] == before


def test_arithmetic_is_compared_in_draws_and_in_linear_algebra_too(monkeypatch):
    known = ground.arithmetic.__wrapped__
    before = known()
    for module, name in ((scipy.special, "ndtri"), (scipy.special, "betaincinv"), (np.linalg, "solve")):
        with monkeypatch.context() as patched:
            was = getattr(module, name)
            patched.setattr(module, name, lambda *given, was=was: was(*given) * (1 + 1e-15))
            assert known() != before
    assert known() == before


@pytest.fixture
def hasty(monkeypatch):
    """Nobody needs to wait longer to see that there is nobody; five seconds are waited in test_simulation_workers.py."""
    monkeypatch.setattr(clusters, "PATIENCE", 2)


def test_whatever_else_listens_is_no_scheduler_within_seconds(hasty):
    began = time.perf_counter()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(CrewError, match=f"no scheduler answers at {address} within 2 seconds"):
            put_to_work(address)
    assert time.perf_counter() - began < 20


def test_a_scheduler_without_workers_is_told_within_seconds(hasty):
    began = time.perf_counter()
    with odd() as address, pytest.raises(CrewError, match=f"has no worker; start one with dask worker {address}"):
        put_to_work(address)
    assert time.perf_counter() - began < 20


def test_a_scheduler_that_goes_in_the_middle_is_told():
    with (
        odd() as address,
        odd(scheduler=address),
        pytest.raises(CrewError, match=f"the scheduler at {address} has gone"),
    ):
        put_to_work(address, RUNNING[address].kill)
