"""A notebook run by papermill, in a kernel of this very interpreter that knows nothing of the user's settings."""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from simlib.present.made import ROOT

ATTACHED = "application/vnd.simlib.summary+json"  # the kind of output in which a notebook carries its results
ERROR_MARKER = "papermill-error-cell-tag"


class Failure(NamedTuple):
    """Where a notebook stopped, and why."""

    cell: int  # counted among code cells, from 1
    source: str
    error: str


def executed(
    notebook: Path, parameters: Mapping[str, Any], hide: Mapping[str, str], kernels: Any = None, folder: Path = ROOT
) -> tuple[Any, Failure | None]:
    """Return the executed notebook (an nbformat node), and where it failed; it is written nowhere.

    `hide` says what stands in place of folders that are nobody's business, wherever the notebook names them;
    `folder` is where the kernel stands.
    """
    papermill = _quickly("papermill.execute")
    logging.getLogger("papermill").addHandler(logging.NullHandler())  # what goes wrong is said by the caller
    threading.Thread(target=importlib.import_module, args=("nbconvert.exporters.html",), daemon=True).start()
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    seen: list[Any] = []
    failure = None
    with tempfile.TemporaryDirectory(prefix="simlib-") as room:
        try:
            ran = papermill.execute_notebook(
                notebook,
                None,
                dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=folder,
                kernel_manager_class=_kernel_manager(Path(room)),
                shutdown_kernel="immediate",
                on_notebook_start=lambda notebook: seen.append(notebook),
            )
        except PapermillExecutionError as error:
            ran, failure = (seen[0], Failure(error.exec_count or 0, error.source, f"{error.ename}: {error.evalue}"))
        except DeadKernelError:
            ran, failure = seen[0], _died(seen[0])
    return _tidied(ran, hide), failure


def _quickly(name: str) -> Any:
    """Return a module, imported without jsonschema's grammar of IRIs, which takes a second and serves nothing here."""
    slow = "rfc3987_syntax"
    blocked = sys.modules.setdefault(slow, None) is None  # type: ignore[arg-type]
    try:
        return importlib.import_module(name)
    finally:
        if blocked:
            del sys.modules[slow]


def _kernel_manager(room: Path) -> type:
    """Return the class of kernels that run this interpreter, with an empty folder in place of the user's settings."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    settings = {"IPYTHONDIR": str(room), "JUPYTER_CONFIG_DIR": str(room), "PYTHONSTARTUP": "", "MPLBACKEND": "agg"}
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
            local = {"transport": "ipc"} if os.name == "posix" else {}
            super().__init__(connection_file=str(room / "kernel.json"), **local, **given)

    return ThisInterpreter


def _died(notebook: Any) -> Failure:
    """Return the cell in which the kernel was when it died."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    at = max((i for i, cell in enumerate(code) if cell.metadata.get("papermill", {}).get("start_time")), default=0)
    return Failure(at + 1, code[at].source, "the kernel died; memory may have run out: try fewer draws")


def _tidied(notebook: Any, hide: Mapping[str, str]) -> Any:
    """Return a notebook without papermill's own marks and paths."""
    import nbformat

    notebook.cells = [cell for cell in notebook.cells if ERROR_MARKER not in cell.metadata.get("tags", [])]
    for key in ("input_path", "output_path", "environment_variables"):
        notebook.metadata.get("papermill", {}).pop(key, None)
    text = nbformat.writes(notebook)
    for folder, instead in hide.items():
        whole = rf"(?<![\w.~/-]){re.escape(json.dumps(folder)[1:-1])}(?![\w-])"
        text = re.sub(whole + r"[/\\]+", "" if instead == "." else f"{instead}/", text)
        text = re.sub(whole, instead, text)
    return nbformat.reads(text, as_version=4)
