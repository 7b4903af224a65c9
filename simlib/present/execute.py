"""A notebook run by papermill, in a kernel of this very interpreter that knows nothing of the user's settings."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from simlib.present.aside import Aside
from simlib.present.folders import hide
from simlib.present.kernels import DRAWING, Kernels, Stopped
from simlib.present.made import ROOT

ATTACHED = "application/vnd.simlib.summary+json"  # the kind of output in which a notebook carries its results
ERROR_MARKER = "papermill-error-cell-tag"
ROOMS = "simlib-kernel-"  # folders for the settings and sockets of kernels, among those of all programs
LONGEST_ROOM = 90  # bytes of its path: with a socket's name in it a system takes 103
DIED = "the kernel died; memory may have run out: try fewer draws"
SECONDS_FOR_OUTPUTS = 60  # from the end of a cell, on a busy machine


class Failure(NamedTuple):
    """Where a notebook stopped, and why."""

    cell: int  # counted among code cells, from 1; 0 where it was none of them
    source: str
    error: str


def executed(
    notebook: Path,
    parameters: Mapping[str, Any],
    folders: Mapping[str, str],
    kernels: Kernels | None = None,
    folder: Path = ROOT,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Any, Failure | None]:
    """Return the executed notebook (an nbformat node), and where it failed; it is written nowhere.

    `folders` are nobody's business: other words stand in their place, wherever the notebook names them. `kernels` says
    how its kernel is started and how long it may take; None is a new process and no limit. The kernel stands in `folder`,
    and has the `environment` beside this process's own.
    It may be called from several threads at once, with the same `kernels` too, and raises Stopped when those are stopped.
    """
    papermill = quickly("papermill.execute")
    for told in map(logging.getLogger, ("papermill", "asyncio")):
        if not told.handlers:
            told.addHandler(logging.NullHandler())  # what goes wrong is said by the caller
    # What the page will need is imported while the notebook runs.
    threading.Thread(
        target=importlib.import_module, args=("nbconvert.exporters.templateexporter",), daemon=True
    ).start()
    with Aside(Path(tempfile.gettempdir()), ROOMS) as room, nullcontext(kernels) if kernels else Kernels() as used:
        try:
            options = partial(_options, used, folder, _kernel_manager(room, environment))
            ran, failure = _run(papermill, notebook.resolve(), parameters, used.seconds, options)
        finally:
            _close_loop()
        if used.stopped:
            raise Stopped
    told = failure._asdict() if failure else {}
    for content in (_tidied(ran), told):
        hide(content, folders)
    return ran, Failure(**told) if told else None


def _run(
    papermill: Any,
    notebook: Path,
    parameters: Mapping[str, Any],
    seconds: float | None,
    options: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> tuple[Any, Failure | None]:
    """Return the notebook as papermill leaves it, and where it failed."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    given = {"parameters": dict(parameters), "kernel_name": "python3", "language": "python"}
    begun: dict[str, Any] = {}
    try:
        ran = papermill.execute_notebook(
            notebook,
            None,
            **given,
            **options(begun),
            progress_bar=False,
            on_notebook_start=lambda notebook: begun.update(notebook=notebook, at=time.monotonic()),
        )
        return ran, None
    except PapermillExecutionError as error:
        return begun["notebook"], Failure(error.exec_count or 0, error.source, f"{error.ename}: {error.evalue}")
    except DeadKernelError:
        return begun["notebook"], _failed_at(begun["notebook"], DIED)
    except CellTimeoutError:
        why = f"the notebook was not done after {seconds:g} seconds; allow more, or try fewer draws"
        return begun["notebook"], _failed_at(begun["notebook"], why)
    except (RuntimeError, OSError) as error:
        if begun:
            raise
        ran = papermill.execute_notebook(notebook, None, **given, prepare_only=True)
        return ran, _failed_at(ran, f"the kernel did not start: {error}")


def _options(kernels: Kernels, folder: Path, manager: type, begun: Mapping[str, Any]) -> dict[str, Any]:
    """Return what papermill and nbclient are told of the kernel: how it starts, where, and how long it may take."""
    from simlib.present.kernels.engine import NAME, managed_by

    def left(cell: Any) -> float:
        return max(begun["at"] + kernels.seconds - time.monotonic(), 0.001)

    forked = {"engine_name": NAME, "kernels": kernels, "kernel_manager_class": manager}
    return {
        **(forked if kernels.engine == "forked" else {"kernel_manager_class": managed_by(kernels, manager)}),
        "resources": {"metadata": {"path": str(folder)}},  # papermill's own cwd would move every thread
        "iopub_timeout": SECONDS_FOR_OUTPUTS,
        "timeout_func": left if kernels.seconds else None,
        "shutdown_kernel": "immediate",
    }


def _close_loop() -> None:
    """Close the event loop that Jupyter's libraries have made for this thread; that of the main thread they use again."""
    if threading.current_thread() is not threading.main_thread():
        with suppress(RuntimeError):  # they came to make none
            asyncio.get_event_loop().close()


def quickly(name: str) -> Any:
    """Return a module, imported without jsonschema's grammar of IRIs, which takes a second and serves nothing here."""
    slow = "rfc3987_syntax"
    blocked = sys.modules.setdefault(slow, None) is None  # type: ignore[arg-type]
    try:
        return importlib.import_module(name)
    finally:
        if blocked:
            sys.modules.pop(slow, None)  # another thread may have been here


def _kernel_manager(room: Path, environment: Mapping[str, str]) -> type:
    """Return the class of kernels that run this interpreter, with an empty folder in place of the user's settings."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    settings = {"IPYTHONDIR": str(room), "JUPYTER_CONFIG_DIR": str(room), "PYTHONSTARTUP": "", **DRAWING}
    arguments = [
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
        "--HistoryManager.enabled=False",
        "--log-level=40",
    ]
    spec = KernelSpec(argv=[sys.executable, *arguments], display_name="Python 3", language="python", env=settings)

    class ThisInterpreter(AsyncKernelManager):
        kernel_spec = spec

        def __init__(self, **given: Any):
            is_short = len(os.fsencode(room)) <= LONGEST_ROOM
            local = {"transport": "ipc"} if os.name == "posix" and is_short else {}
            super().__init__(connection_file=str(room / "kernel.json"), **local, **given)

    return ThisInterpreter


def _failed_at(notebook: Any, error: str) -> Failure:
    """Return an error with the last cell that was begun."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    at = max((i for i, cell in enumerate(code) if cell.metadata.get("papermill", {}).get("start_time")), default=0)
    return Failure(at + 1, code[at].source, error)


def _tidied(notebook: Any) -> Any:
    """Return a notebook without papermill's own marks."""
    notebook.cells = [cell for cell in notebook.cells if ERROR_MARKER not in cell.metadata.get("tags", [])]
    for key in ("input_path", "output_path", "environment_variables"):
        notebook.metadata.get("papermill", {}).pop(key, None)
    return notebook
