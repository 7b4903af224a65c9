"""An engine for papermill whose kernels are forked: `papermill --engine simlib-forked notebook.ipynb out.ipynb`.

papermill finds it by its entry point, jupyter_client's provisioner does the rest: papermill, nbclient and the protocol of
kernels are those of the default engine.
"""

from __future__ import annotations

import atexit
import os
import sys
from functools import cache
from typing import Any

from jupyter_client.manager import AsyncKernelManager

from simlib.present.kernels import Kernels, ready

NAME = "simlib-forked"


def __getattr__(name: str) -> Any:
    """Make ForkedEngine when it is first asked for: papermill asks while it is imported itself, so this cannot import it."""
    if name != "ForkedEngine":
        raise AttributeError(f"there is no {name} here")
    return forked_engine()


@cache
def forked_engine() -> type:
    """Return papermill's own engine but for the start of its kernels."""
    from papermill.engines import NBClientEngine

    class ForkedEngine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            """Run a notebook; `kernels` may say among which its own is to be, `kernel_manager_class` how that is managed."""
            kernels = options.pop("kernels", None) or shared()
            manager = managed_by(kernels, options.pop("kernel_manager_class", AsyncKernelManager))
            return super().execute_managed_notebook(nb_man, kernel_name, kernel_manager_class=manager, **options)

    return ForkedEngine


@cache
def shared() -> Kernels:
    """Return the kernels of papermill's command line, which end with it."""
    kernels = Kernels("forked")
    atexit.register(kernels.stop)
    return kernels


def managed_by(kernels: Kernels, manager: type) -> type:
    """Return a class of kernel managers whose kernels are among `kernels`."""

    class Managed(manager):
        def __init__(self, **given: Any):
            super().__init__(client_factory=ready.Client, **given)
            self.provisioner = Provisioner(kernel_spec=self.kernel_spec, parent=self)
            self.provisioner.kernels = kernels

    return Managed


class Provisioner(ready.Provisioner):
    """What starts a kernel, forked where it can be, and looks after it."""

    kernels: Kernels

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Start a kernel; one of another language or interpreter, or that cannot be forked, as a new process."""
        kernels = self.kernels
        if kernels.zygote and cmd[:3] == [sys.executable, "-m", "ipykernel_launcher"]:
            try:
                self.process = kernels.zygote.fork(cmd[3:], options.get("cwd") or os.getcwd(), options["env"])
                self.pid = self.process.pid
                return self.connection_info
            except OSError as error:
                self.log.warning("%s; it is started as a new process", error)
        connection = await super().launch_kernel(cmd, **options)
        kernels.hold(self.process)
        return connection
