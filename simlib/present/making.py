"""A job → the files of its report: the notebook run on the scenario's files as they were checked, nothing put in place.

A job holds all that it needs, so that it can be made in another process or on another machine.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from simlib.present.execute import ATTACHED, Failure, executed, quickly
from simlib.present.figures import figures
from simlib.present.key import digest
from simlib.present.layout import name
from simlib.present.made import ROOT, made
from simlib.scenario.reach import COPY

CHANGED = "what was simulated is not what was checked: a file changed meanwhile; make the report again"


class Job(NamedTuple):
    """What a page is made from: a notebook with its parameters, the files of the scenarios, what is known of it beforehand.

    `values` is the digest of what was checked; `about` is the manifest's part that is known before the notebook runs.
    """

    notebook: bytes
    parameters: Mapping[str, Any]
    files: Mapping[str, bytes]
    values: str
    resolved: Mapping[str, str]
    title: str
    shelf: str
    key: str
    about: Mapping[str, Any]


class Made(NamedTuple):
    """The files of a report by name, the letters of its key, and where its notebook failed."""

    files: Mapping[str, bytes]
    key: str
    failure: Failure | None


def making(job: Job, kernels: Any = None) -> Made:
    """Return the files of a job's report; a notebook that fails has a page too, with a banner that says where.

    `kernels` are those of simlib.present.kernels; None runs the notebook in a kernel of its own.
    """
    from simlib.present.convert import to_html

    nbformat, started = quickly("nbformat"), datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="simlib-") as room:
        folder, notebook = _laid(Path(room), job)
        hide = dict.fromkeys([str(folder), str(folder.resolve()), str(ROOT)], ".") | _home()
        told = {} if job.about["outside"] else {COPY: str(folder)}  # what was no stranger there is none here
        ran, failure = executed(notebook, job.parameters, hide, kernels, folder, told)
    results = _attached(ran)
    if failure is None and results.get("values", job.values) != job.values:
        failure = Failure(0, "", CHANGED)
    summary, code = results.get("summary", {}), results.get("made") or made()
    texts = {
        "report.ipynb": nbformat.writes(ran) + "\n",
        "report.html": to_html(ran, job.title, failure, job.about["command"]),
        **job.resolved,
        **({"summary.json": written(summary)} if summary else {}),
        **{f"tables/{name}.csv": text for name, text in results.get("tables", {}).items()},
    }
    files = {name: text.encode() for name, text in texts.items()}
    files |= {name: b64decode(content) for name, content in results.get("books", {}).items()}
    about = {**ended(failure, started), **job.about, **code, "figures": figures(summary), "files": [*files]}
    return Made(files | {"manifest.json": written(about).encode()}, job.key, failure)


def refusal(file: Path, title: str, faults: str) -> Made:
    """Return the page of a scenario that cannot be run, with every fault of it."""
    from simlib.present.convert import to_html

    nbformat = quickly("nbformat")
    for folder in (file.absolute().parent, file.resolve().parent, ROOT):
        faults = faults.replace(f"{folder}{os.sep}", "")
    started, failure = datetime.now(UTC), Failure(0, "", faults)
    command = shlex.join(["python3", "run.py", "check", name(file, file)])
    page = to_html(nbformat.v4.new_notebook(), title, failure, command)
    about = {**ended(failure, started), "scenario": title, "command": command, **made()}
    files = {"report.html": page, "manifest.json": written(about)}
    return Made({name: text.encode() for name, text in files.items()}, digest(faults)[:8], failure)


def ended(failure: Failure | None, started: datetime) -> dict[str, Any]:
    """Return how the making of a report ended, and how long it took."""
    return {
        "status": "failed" if failure else "done",
        "error": failure and failure.error,
        "started": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
    }


def written(content: Any) -> str:
    """Return content as JSON, a line for each value."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _laid(room: Path, job: Job) -> tuple[Path, Path]:
    """Return the folder in which the scenario's files now lie, and the notebook beside it."""
    folder, notebook = room / "scenario", room / "notebook.ipynb"
    notebook.write_bytes(job.notebook)
    folder.mkdir()
    for inside, content in job.files.items():
        (folder / inside).parent.mkdir(parents=True, exist_ok=True)
        (folder / inside).write_bytes(content)
    return folder, notebook


def _home() -> dict[str, str]:
    """Return the user's folder and what stands in its place, where there is one that tells of a user."""
    home = Path.home()
    return {str(home): "~"} if len(home.parts) > 1 else {}


def _attached(notebook: Any) -> dict[str, Any]:
    """Return the results that the notebook carries; nothing where it did not come so far."""
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    return next((data[ATTACHED] for data in outputs if ATTACHED in data), {})
