"""The kernels that notebooks run in: how they are started, how long each may take, and the end of all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from types import TracebackType

from simlib.present.kernels.fork import Zygote

ENGINES = ("forked", "default")
DRAWING = {"MPLBACKEND": "agg"}  # figures go into files alone


class Stopped(Exception):
    """A notebook was stopped together with all the others."""


class Kernels:
    """Kernels of notebooks that run one after another or side by side in threads; leaving the `with` ends them all.

    `engine` is one of ENGINES: "forked" has each kernel forked from one process that has imported the libraries, which
    needs Linux, and elsewhere is as "default", a new process each time. A notebook may take `seconds`; None is no limit.
    """

    def __init__(self, engine: str = "default", seconds: float | None = None):
        if engine not in ENGINES:
            raise ValueError(f"{engine} is no engine; allowed are {', '.join(ENGINES)}")
        self.engine, self.seconds, self.stopped = engine, seconds, False
        self.zygote = Zygote() if engine == "forked" and sys.platform == "linux" else None
        self._lock, self._processes = threading.Lock(), list[subprocess.Popen]()

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def begin(self) -> None:
        """Have at work already what the first kernel would wait for, two seconds of imports."""
        if self.zygote:
            with suppress(OSError):  # a kernel will tell
                self.zygote.begin(os.path.abspath(os.sep), {**os.environ, **DRAWING})

    def hold(self, process: subprocess.Popen) -> None:
        """Take a new process among those that are to end with all the others; where these have, end it and raise Stopped."""
        with self._lock:
            if not self.stopped:
                self._processes = [*(held for held in self._processes if held.returncode is None), process]
                return
        kill(process)
        raise Stopped

    def stop(self) -> None:
        """End every kernel: whatever runs a notebook in one raises Stopped within about a second, and so does the next."""
        with self._lock:
            self.stopped = True
        if self.zygote:
            self.zygote.end()
        for process in self._processes:
            kill(process)


def kill(process: subprocess.Popen) -> None:
    """End a process that leads a session, with the processes it has started."""
    if process.poll() is None:
        if os.name == "posix":
            with suppress(ProcessLookupError):  # another thread has just counted it out
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
