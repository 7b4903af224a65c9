"""The kernels that notebooks run in: how they are started, how long each may take, and the end of all of them."""

from __future__ import annotations

import sys
from types import TracebackType

from simlib.present.kernels.fork import Zygote

ENGINES = ("forked", "default")


class Stopped(Exception):
    """A notebook was stopped together with all the others."""


class Kernels:
    """Kernels of notebooks that run one after another or side by side in threads; leaving the `with` ends them all.

    `engine` is one of ENGINES: "forked" has each kernel forked from one process that has imported the libraries, which
    needs Linux, and elsewhere is as "default", a new process each time. A notebook may take `seconds`; None is no limit.
    """

    def __init__(self, engine: str = "default", seconds: float | None = None):
        self.engine, self.seconds, self.stopped = engine, seconds, False
        self.zygote = Zygote() if engine == "forked" and sys.platform == "linux" else None

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End every kernel: whatever runs a notebook in one raises Stopped within about a second, and so does the next."""
        self.stopped = True  # each provisioner sees it when it next looks after its kernel
        if self.zygote:
            self.zygote.end()
