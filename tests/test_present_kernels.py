"""Kernels that are forked: fresh, alike to the byte, gone when they should be; and what holds of both engines."""

import asyncio
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest

from simlib.present.aside import Aside
from simlib.present.execute import ROOMS, executed
from simlib.present.kernels import ENGINES, Kernels, Stopped, ready, zygote
from simlib.present.made import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")

BOTH = pytest.mark.parametrize("engine", ENGINES)
SOON = 30.0  # seconds until something is as it should be, on a busy machine
FEW = {"simulation.draws": 40, "simulation.seed": 0}
STORIES = [
    ("deal_report", {"scenario": "scenarios/empresses-in-the-palace.yml", "overrides": FEW}),
    ("platform", {"scenario": "scenarios/netflix-2017q3.yml", "overrides": FEW}),
    ("payment_habits", {"scenario": "scenarios/payment-habit-china.yml", "overrides": FEW}),
    ("compare", {"scenario": "scenarios/station-network-export.yml", "overrides": {**FEW, "title.completion": "60%"}}),
]
NOTEBOOKS = [
    path for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if path.stem not in ("start_here", "explore")
]
PARENT = "import os; print(open(f'/proc/{os.getppid()}/cmdline').read())"


@pytest.fixture(autouse=True)
def folder_of_temporary_files(tmp_path_factory, monkeypatch):
    """Where kernels have their rooms, of a name that leaves room for that of a socket; nothing is left in it."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def notebook(tmp_path):
    """What writes a notebook of some cells, and answers its path."""

    def write(*cells):
        told = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        path = tmp_path / "told.ipynb"
        nbformat.write(told, path)
        return path

    return write


@pytest.fixture(scope="module")
def forked():
    with Kernels("forked") as kernels:
        yield kernels


@pytest.fixture(params=ENGINES)
def each(request, forked):
    """The kernels of each engine in turn."""
    return forked if request.param == "forked" else Kernels()


@BOTH
def test_a_folder_that_is_nobodys_business_is_told_in_no_script(engine, notebook, tmp_path):
    folder = tmp_path / "白夜 'q'"
    with Kernels(engine) as kernels:
        ran, _ = executed(
            notebook(f"print({str(folder / 'x.yml')!r}, {f'{folder}2'!r})"), {}, {str(folder): "."}, kernels
        )
    assert said(ran) == [f"x.yml {folder}2"]


def said(ran):
    """What the cells of a notebook print, a line for each that prints."""
    return [output["text"].strip() for cell in ran.cells for output in cell.outputs if output.output_type == "stream"]


def timeless(ran):
    """A notebook as text, without times and the id of the cell that papermill puts in."""
    for cell in ran.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected"
    ran.metadata.pop("papermill", None)
    return nbformat.writes(ran)


def until(true):
    """Wait until something is true; fail where it never is."""
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def gone(pid):
    """Whether a process is no more, or has ended and waits to be counted out."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def descendants(pid):
    """The processes that a process has started, and those that they have."""
    children = [child for own in Path(f"/proc/{pid}/task").glob("*/children") for child in own.read_text().split()]
    return [int(child) for child in children] + [found for child in children for found in descendants(int(child))]


# Alike


@pytest.mark.parametrize(("name", "given"), STORIES, ids=[name for name, _ in STORIES])
def test_a_forked_kernel_tells_to_the_byte_what_a_new_process_tells(forked, name, given):
    ran, failure = executed(ROOT / "notebooks" / f"{name}.ipynb", given, {}, forked)
    plain, none = executed(ROOT / "notebooks" / f"{name}.ipynb", given, {})
    assert failure is None
    assert none is None
    assert len(timeless(ran)) > 20_000
    assert timeless(ran) == timeless(plain)


def test_a_forked_kernel_is_forked_and_a_new_process_is_not(forked, notebook):
    assert "simlib.present.kernels.zygote" in said(executed(notebook(PARENT), {}, {}, forked)[0])[0]
    assert "zygote" not in said(executed(notebook(PARENT), {}, {})[0])[0]


def test_kernels_do_not_know_of_one_another(forked, notebook):
    mark = (
        "import simlib, random, os, numpy as np; print(hasattr(simlib, 'mark'), 'x' in globals()); simlib.mark = x = 1"
    )
    drawn = "print(random.random(), np.random.random(), os.urandom(4).hex())"
    first, second = (said(executed(notebook(mark, drawn), {}, {}, forked)[0]) for _ in range(2))
    assert first[0] == second[0] == "False False"
    assert not set(first[1].split()) & set(second[1].split())


def test_a_forked_kernel_finds_the_world_that_a_new_process_finds(forked, notebook, monkeypatch, tmp_path):
    monkeypatch.setenv("FOUND_BY_THE_KERNEL", "yes")
    monkeypatch.chdir(tmp_path)
    world = [
        "import os, sys, threading, signal, gc, matplotlib, IPython",
        "print(os.getcwd(), sys.path, sys.argv[1::2], sys.flags, __name__, sys.modules['__main__'].__name__)",
        "print({k: v for k, v in os.environ.items() if 'simlib-' not in v and k != 'JPY_PARENT_PID'})",
        "print(sorted(map(repr, map(type, threading.enumerate()))), threading.main_thread() is threading.current_thread())",
        "print(matplotlib.get_backend(), sys.stdin.closed, os.getpgid(0) == os.getpid(), gc.isenabled(), os.umask(18))",
        "print([signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE)])",
        "print({**IPython.get_ipython().config, 'IPKernelApp': None}, IPython.get_ipython().user_module)",
        "import subprocess; print(subprocess.run(['cat'], capture_output=True), os.cpu_count(), os.sched_getaffinity(0))",
    ]
    ran, plain = (said(executed(notebook(*world), {}, {}, kernels)[0]) for kernels in (forked, None))
    assert len(ran) == len(world) - 1
    for one, other in zip(ran, plain, strict=True):
        assert one == other


def test_linear_algebra_with_threads_works_in_a_forked_kernel(forked, notebook):
    a = "import numpy as np, scipy.linalg as la; one = np.eye(600); a = 2 * one + 1"
    invert = "print(abs(la.inv(a) @ a - one).max() < 1e-9)"
    solve = "print(np.linalg.det(a[:5, :5]).round(9), la.lu(a)[2].shape)"  # 2^4 (2 + 5)
    ran, failure = executed(notebook(a, invert, solve), {}, {}, forked)
    assert failure is None
    assert said(ran) == ["True", "112.0 (600, 600)"]


# What goes wrong


def test_a_cell_that_fails_is_told_alike_by_both(forked, notebook):
    path = notebook("x = 1", "y = x / 0", "print('never')")
    (ran, failure), (plain, same) = executed(path, {}, {}, forked), executed(path, {}, {})
    assert failure == same == (2, "y = x / 0", "ZeroDivisionError: division by zero")
    assert said(ran) == []
    assert timeless(ran) == timeless(plain)


def test_a_notebook_that_never_ends_is_ended_when_its_time_is_over(each, notebook, monkeypatch):
    monkeypatch.setattr(each, "seconds", 4.0)
    pids = "import os; print(os.getpid())"
    ran, failure = executed(notebook(pids, "while True: pass", "print('never')"), {}, {}, each)
    pid, *more = said(ran)
    assert more == []
    assert failure[:2] == (2, "while True: pass")
    assert failure.error == "the notebook was not done after 4 seconds; allow more, or try fewer draws"
    until(lambda: gone(pid))


def test_a_folder_of_temporary_files_with_a_long_name_is_no_hindrance(
    each, notebook, folder_of_temporary_files, monkeypatch
):
    """The path of a socket has a hundred letters at most."""
    deep = folder_of_temporary_files / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    ran, failure = executed(notebook("print(2)"), {}, {}, each)
    assert (said(ran), failure) == (["2"], None)
    deep.rmdir()


def test_the_time_is_that_of_the_notebook_and_not_of_a_cell(forked, notebook, monkeypatch):
    monkeypatch.setattr(forked, "seconds", 4.0)
    _, failure = executed(notebook(*["import time; time.sleep(1.5)"] * 5), {}, {}, forked)
    assert failure.cell in (2, 3)
    assert executed(notebook("1"), {}, {}, forked)[1] is None


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os._exit(3)"])
def test_a_kernel_that_is_killed_is_told_with_the_cell_it_was_in(each, end, notebook):
    ran, failure = executed(notebook("import os; print('begun')", end, "print('never')"), {}, {}, each)
    assert failure == (2, end, "the kernel died; memory may have run out: try fewer draws")
    assert said(ran) == ["begun"]


def test_a_kernel_without_memory_fails_in_the_cell_that_asked_for_it(each, notebook):
    size = "import resource; size = 4096 * int(open('/proc/self/statm').read().split()[0]) + 2**28"
    limit = f"{size}; resource.setrlimit(resource.RLIMIT_AS, (size, size))"
    ask = "much = bytearray(2**30)"
    _, failure = executed(notebook(limit, ask), {}, {}, each)
    assert failure == (2, ask, "MemoryError: ")


@BOTH
def test_a_kernel_that_does_not_start_is_told_as_a_failure(engine, notebook, monkeypatch, tmp_path):
    (tmp_path / "ipykernel.py").write_text("raise SystemExit('broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Kernels(engine) as kernels:
        ran, failure = executed(notebook("x = 1"), {"x": 2}, {}, kernels)
    assert failure.error.startswith("the kernel did not start: Kernel died before replying")
    assert "x = 2" in "".join(cell.source for cell in ran.cells)


def test_when_the_process_that_forks_is_killed_the_next_kernel_is_forked_from_another(notebook):
    with Kernels("forked") as kernels:
        lost = notebook("import os, time; print(os.getpid()); os.kill(os.getppid(), 9); time.sleep(600)")
        ran, failure = executed(lost, {}, {}, kernels)
        assert failure.error.startswith("the kernel died")
        until(lambda: gone(said(ran)[0]))
        ran, failure = executed(notebook(PARENT), {}, {}, kernels)
        assert failure is None
        assert "zygote" in said(ran)[0]


@pytest.mark.parametrize(
    "fault",
    [
        "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
        "import scipy.linalg; scipy.linalg.lu_factor = None",
    ],
)
def test_where_forking_is_not_safe_a_kernel_is_a_new_process(fault, notebook, monkeypatch, tmp_path, capfd):
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nif 'kernels.zygote' in str(sys.orig_argv):\n    {fault}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Kernels("forked") as kernels:
        for _ in range(2):
            ran, failure = executed(notebook(PARENT), {}, {}, kernels)
            assert failure is None
            assert "zygote" not in said(ran)[0]
    told = capfd.readouterr().err
    assert "Traceback" not in told
    assert ("cannot do linear algebra" in told) == ("linalg" in fault)


# The end of all


@BOTH
def test_all_notebooks_stop_when_they_are_told_to(engine, notebook):
    path, ended = notebook("import subprocess, time; subprocess.Popen(['sleep', '600'])", "time.sleep(600)"), []
    kernels, others = Kernels(engine), descendants(os.getpid())

    def run():
        with pytest.raises(Stopped):
            executed(path, {}, {}, kernels)
        ended.append(True)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: sum("sleep" in Path(f"/proc/{pid}/cmdline").read_text() for pid in descendants(os.getpid())) == 2)
    started = set(descendants(os.getpid())) - set(others)
    kernels.stop()
    for thread in threads:
        thread.join(SOON)
    assert len(ended) == 2
    assert all(map(gone, started))
    with pytest.raises(Stopped):
        executed(path, {}, {}, kernels)
    kernels.stop()


SCRIPT = """
import sys
from pathlib import Path
from simlib.present.execute import executed
from simlib.present.kernels import Kernels
try:
    with Kernels(sys.argv[1]) as kernels:
        print(executed(Path(sys.argv[2]), {}, {}, kernels))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.fixture(params=ENGINES)
def running(request, notebook, tmp_path):
    """A process of its own in the middle of a notebook, and all processes that this has started."""
    begun = tmp_path / "begun"
    path = notebook(f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(600)")
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, request.param, path], stdout=-1, stderr=-1, text=True)
    until(begun.exists)
    yield process, descendants(process.pid)
    process.kill()
    process.communicate()


def test_ctrl_c_ends_a_notebook_and_leaves_nothing(running):
    process, started = running
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=SOON) == ("interrupted\n", "")
    assert process.returncode == 0
    assert all(map(gone, started))


def test_kernels_end_when_the_process_that_runs_their_notebooks_is_killed_and_the_next_takes_their_room_away(
    running, folder_of_temporary_files
):
    process, started = running
    assert started
    process.kill()
    until(lambda: all(map(gone, started)))
    assert list(folder_of_temporary_files.iterdir())  # nobody is left to remove it
    with Aside(folder_of_temporary_files, ROOMS) as room:
        assert {path.stem for path in folder_of_temporary_files.iterdir()} == {room.stem}


# Side by side


def test_threads_share_kernels_and_none_moves_the_others(forked, notebook, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    path, seen = notebook("import os, time; time.sleep(.3); print(n, os.getcwd())"), {}

    def run(n):
        for _ in range(3):
            seen[n], failure = executed(path, {"n": n}, {}, forked)
            assert failure is None
            assert Path.cwd() == tmp_path

    def all_at_once():
        threads = [threading.Thread(target=run, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    all_at_once()
    before = len(os.listdir("/proc/self/fd"))
    all_at_once()
    assert {n: said(ran) for n, ran in seen.items()} == {n: [f"{n} {ROOT}"] for n in range(3)}
    assert len(os.listdir("/proc/self/fd")) <= before


# As papermill's own plug-in


@pytest.mark.parametrize("first", ["papermill.engines", "simlib.present.kernels.engine"])
def test_the_engine_is_found_whichever_is_imported_first(first):
    look = "from papermill.engines import NBClientEngine, papermill_engines as all; e = all.get_engine('simlib-forked')"
    told = f"import {first}; {look}; print(issubclass(e, NBClientEngine), e is not NBClientEngine)"
    assert subprocess.check_output([sys.executable, "-c", told], text=True) == "True True\n"


def test_papermill_finds_the_engine_by_its_name(notebook, tmp_path):
    path, out = (notebook(PARENT, "print(os.getcwd())"), tmp_path / "out.ipynb")
    command = [Path(sys.executable).with_name("papermill"), "--engine", "simlib-forked", "-k", "python3", path, out]
    subprocess.run([*command, "--no-progress-bar"], check=True, cwd=tmp_path, capture_output=True)
    lines = said(nbformat.read(out, 4))
    assert "simlib.present.kernels.zygote" in lines[0]
    assert lines[1] == str(tmp_path)


def test_a_line_that_could_not_be_taken_is_not_the_end_of_all():
    """As when too many files are open: the message comes, the line that came with it is lost."""
    ours, control = socket.socketpair()
    line, far = socket.socketpair()
    with ours, control, line, far:
        ours.send(b".")
        socket.send_fds(ours, [b"."], [line.fileno()])
        with zygote.called(control) as found:
            found.send(b"x")
        assert far.recv(1) == b"x"
        ours.close()
        assert zygote.called(control) is None


class Heard(ready.Client):
    """A client that hears what it is given, each message with the question that it answers; for None it has to wait."""

    shell_channel = iopub_channel = None

    def __init__(self, shell, iopub, alive=True):
        self.shell_channel, self.iopub_channel, self.alive, self.asked = Channel(shell), Channel(iopub), alive, 0

    def kernel_info(self):
        self.asked += 1
        return self.asked

    def _handle_kernel_info_reply(self, reply):
        assert reply["parent_header"]["msg_id"] == self.asked

    async def is_alive(self):
        return self.alive


class Channel:
    def __init__(self, heard):
        self.heard = iter(heard)

    async def get_msg(self, timeout):
        if (message := next(self.heard)) is None:
            raise queue.Empty
        question, state = message
        return {"parent_header": {"msg_id": question}, "content": {"execution_state": state}}


@pytest.mark.parametrize(
    ("shell", "iopub", "asked"),
    [
        ([(1, "")], [(1, "busy"), (1, "idle")], 1),
        ([(1, ""), (2, "")], [None, (1, "idle"), (2, "busy"), (2, "idle")], 2),  # its outputs were not heard at first
        ([None, (1, ""), (2, "")], [(1, "busy"), (1, "idle"), (2, "idle")], 2),  # a late answer is that of its question
    ],
)
def test_a_kernel_is_ready_once_all_that_belongs_to_its_answer_was_heard(shell, iopub, asked):
    client = Heard(shell, iopub)
    asyncio.run(client.wait_for_ready(timeout=60))
    assert client.asked == asked
    assert next(client.iopub_channel.heard, None) is None


@pytest.mark.parametrize(
    ("alive", "seconds", "why"), [(False, 60, "Kernel died before"), (True, 1e-9, "Kernel didn't respond in 1e-09 sec")]
)
def test_a_kernel_that_does_not_answer_is_told(alive, seconds, why):
    with pytest.raises(RuntimeError, match=why):
        asyncio.run(Heard([None], [], alive).wait_for_ready(timeout=seconds))


def test_what_kernels_are_forked_from_has_what_notebooks_import_and_nothing_that_serves_them():
    lines = [line for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells for line in cell.source.splitlines()]
    words = [line for line in lines if line.startswith("from simlib")]
    assert len(words) > len(NOTEBOOKS)
    code = f"""
import sys
from simlib.present.kernels.zygote import prepare
prepare()
before = set(sys.modules)
exec({chr(10).join(words)!r})
print(sorted(name for name in set(sys.modules) - before if name.startswith("simlib")))
print([name for name in ("jupyterlab", "jupyter_server", "nbconvert", "papermill", "ipywidgets") if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[-3:] == ["[]", "[]", ""]


def test_a_process_that_has_forked_nothing_is_ended_at_once():
    kernels = Kernels("forked")
    kernels.begin()
    kernels.stop()
    assert kernels.zygote._process.returncode == -signal.SIGKILL
