"""A process that has imported what reports need and, when asked, forks a copy of itself that becomes a kernel (Linux).

It is started afresh and has one thread, for a copy of a process with several may find a lock taken that nobody will free.
multiprocessing's fork server would import its user's main module into every kernel; these have seen nothing but libraries.
What it is asked for, and answers, comes over sockets: see `simlib.present.kernels.fork`.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from simlib.present.kernels.fork import NUMBER

LIBRARIES = (  # beside those that simlib.present imports: what a kernel imports to begin with, and to draw
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "matplotlib.backends.backend_svg",
    "PIL.features",
    "pandas.io.formats.csvs",
    "scipy.interpolate",
    "zmq.utils.garbage",
)
# What ipykernel sets in a kernel before matplotlib is imported, and what keeps its debugger from warning of itself.
SETTINGS = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
SHOWING = (  # what the notebooks that become reports import of simlib.present
    "captions",
    "charts",
    "foretold",
    "habits",
    "members",
    "notebook",
    "outlook",
    "page",
    "platform",
    "pulled",
    "risk",
    "side_by_side",
    "spans",
    "tables",
    "telling",
    "versus",
    "worth",
)
SECONDS_OF_A_TRIAL = 20


class Kernel(NamedTuple):
    """A kernel that was forked here."""

    pid: int
    ended: int  # a file descriptor that can be read from once it has ended
    line: socket.socket  # to whoever asked for it


def main(control: socket.socket) -> None:
    """Fork kernels until the other end of `control` is gone; in each child, return when its kernel has ended."""
    if sys.path[0] in ("", os.getcwd()):  # as ipykernel_launcher does; the kernel puts it back
        del sys.path[0]
    given = dict(os.environ)
    # Kernels watch the parent of whom this tells when ipykernel is imported.
    os.environ.update(SETTINGS | given, JPY_PARENT_PID=str(os.getpid()))
    prepare()
    # What libraries add to the environment they add to that of any kernel.
    added = {name: text for name, text in os.environ.items() if name not in SETTINGS and given.get(name) != text}
    if order := serve(control):
        become_kernel(order["arguments"], order["cwd"], order["env"] | added)


def prepare() -> None:
    """Import what notebooks use and do what is slow the first time; exit with a sentence if a copy then cannot calculate."""
    for name in LIBRARIES:
        import_module(name)
    for name in SHOWING:
        import_module(f"simlib.present.{name}")
    rehearse()
    gc.freeze()  # what is here now is never looked through again, and so stays shared with the kernels
    # The first fork ends the threads of linear algebra, the second is like all that follow.
    if not (copied(lambda: None) and copied(calculate)):
        sys.exit("simlib: a copy of a process cannot do linear algebra here; kernels are started anew instead")


def rehearse() -> None:
    """Do what is slow the first time alone: complete the language's model, read what ships, find versions and fonts."""
    from simlib import data
    from simlib.present import made
    from simlib.present.charts import canvas
    from simlib.present.charts.sheet import Sheet
    from simlib.scenario.schema import Sections

    Sections.model_rebuild()
    made.versions()
    for name in data.names():
        data.read(name)
    figure = Sheet(canvas.NARROW, canvas.NARROW)
    panel = figure.panel(0, 0, 0, 0)
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1)
    for look in canvas.LOOKS:
        canvas.note(panel, look, (0, 0), look=look)
    canvas.svg(figure)


def copied(work: Callable[[], None]) -> bool:
    """Tell whether a copy of this process comes to the end of some work."""
    with warnings.catch_warnings():
        # Of a fork beside threads: it is they that the first one ends.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if not pid:
        try:
            signal.alarm(SECONDS_OF_A_TRIAL)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def calculate() -> None:
    """Solve equations; a copy of a process would wait forever with some versions of OpenBLAS."""
    import numpy as np
    from scipy.linalg import lu_factor

    many = np.eye(400) + 1.0  # enough of them for several threads
    lu_factor(many)
    np.linalg.inv(many)


def serve(control: socket.socket) -> dict[str, Any] | None:
    """Return an order in the child that is to carry it out, and None in this process once nobody is left to give one."""
    with control, selectors.DefaultSelector() as waiting:
        waiting.register(control, selectors.EVENT_READ)
        while True:
            (key, _), *_ = waiting.select()
            if key.data:
                attend(waiting, key.data, key.fileobj)
            elif line := called(control):
                if order := taken(waiting, line):
                    return order
            else:
                for kernel in kernels(waiting):
                    bury(waiting, kernel)
                return None


def called(control: socket.socket) -> socket.socket | None:
    """Return the line to somebody who asks for a kernel, or None where nobody is left to ask."""
    while True:
        told, received, _, _ = socket.recv_fds(control, 1, 1)
        if received:
            return socket.socket(fileno=received[0])
        if not told:
            return None
        # a line came that this process had no number left for; whoever holds its other end sees it closed


def taken(waiting: selectors.BaseSelector, line: socket.socket) -> dict[str, Any] | None:
    """Return an order in the child forked for it, and None in this process; the line is closed where none can be forked."""
    with line.makefile() as words:
        order = words.readline()
    alone = len(os.listdir("/proc/self/task")) == 1
    try:
        pid = os.fork() if alone and order.endswith("\n") else None
    except OSError:
        pid = None
    if pid == 0:
        os.setpgid(0, 0)
        for kernel in kernels(waiting):
            close(kernel)
    if not pid:
        line.close()
        return json.loads(order) if pid == 0 else None
    os.setpgid(pid, pid)  # here too, for nobody knows who comes first
    try:
        kernel = Kernel(pid, os.pidfd_open(pid), line)
    except OSError:  # too many files are open
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        line.close()
        return None
    waiting.register(kernel.ended, selectors.EVENT_READ, kernel)
    waiting.register(kernel.line, selectors.EVENT_READ, kernel)
    with contextlib.suppress(OSError):  # whoever asked has given up, and is seen to be gone by the closed line
        line.sendall(NUMBER.pack(pid))
    return None


def kernels(waiting: selectors.BaseSelector) -> set[Kernel]:
    """Return the kernels that have been forked and not yet buried."""
    return {key.data for key in waiting.get_map().values() if key.data}


def attend(waiting: selectors.BaseSelector, kernel: Kernel, ready: Any) -> None:
    """Pass signals on to a kernel; bury it when it has ended, or when whoever asked for it is gone."""
    signals = heard(kernel.line) if ready is kernel.line else b""
    for signum in signals:
        os.killpg(kernel.pid, signum)
    if not signals:
        bury(waiting, kernel)


def heard(line: socket.socket) -> bytes:
    """Return what came over a line; nothing where its other end is gone."""
    try:
        return line.recv(64)
    except ConnectionError:
        return b""


def bury(waiting: selectors.BaseSelector, kernel: Kernel) -> None:
    """End what is left of a kernel, with the processes it has started, and tell its exit code."""
    os.killpg(kernel.pid, signal.SIGKILL)
    _, status = os.waitpid(kernel.pid, 0)
    waiting.unregister(kernel.ended)
    waiting.unregister(kernel.line)
    with contextlib.suppress(OSError):
        kernel.line.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
    close(kernel)


def close(kernel: Kernel) -> None:
    """Close what this process holds a kernel by."""
    os.close(kernel.ended)
    kernel.line.close()


def become_kernel(arguments: list[str], cwd: str, env: dict[str, str]) -> None:
    """Run a kernel to its end, with what a new process would have found."""
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    np.random.seed(None)  # noqa: NPY002 -- else all kernels had one; Python sees to its own
    sys.argv = [find_spec("ipykernel_launcher").origin, *arguments]
    IPKernelApp.launch_instance(arguments)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
