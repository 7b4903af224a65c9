"""A job → the files of its report: the notebook run on the scenario's files as they were checked, nothing put in place.

A job holds all that it needs, so that it can be made in another process or on another machine.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
import time
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from simlib.present.aside import Aside
from simlib.present.execute import ATTACHED, Failure, executed, quickly
from simlib.present.figures import figures
from simlib.present.folders import hidden
from simlib.present.kernels import Kernels
from simlib.present.key import digest
from simlib.present.layout import argument
from simlib.present.made import made
from simlib.scenario.faults import legible
from simlib.scenario.reach import COPY

ROOMS = "simlib-report-"  # folders for the files of scenarios, among those of all programs
CHANGED = "what was simulated is not what was checked: a file changed meanwhile; make the report again"


class Job(NamedTuple):
    """What a page is made from: a notebook with its parameters, the files of the scenarios, what is known of it beforehand.

    `files` are those that the kernel will see, by their names from the folder `top`, of which only the steps to it are told;
    `values` is the digest of what was checked; `about` is the manifest's part that is known before the notebook runs.
    """

    notebook: bytes
    parameters: Mapping[str, Any]
    files: Mapping[str, bytes]
    top: str
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


def making(job: Job, kernels: Kernels | None = None) -> Made:
    """Return the files of a job's report; a notebook that fails has a page too, with a banner that says where.

    `kernels` None runs the notebook in a kernel of its own.
    """
    from simlib.present.convert import to_html

    nbformat, watch = quickly("nbformat"), Watch()
    with Aside(Path(tempfile.gettempdir()), ROOMS) as room:
        folder, notebook = _laid(room, job)
        told = {} if job.about["outside"] else {COPY: str(folder)}  # what was no stranger there is none here
        ran, failure = executed(notebook, job.parameters, hidden(folder), kernels, folder, told)
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
    about = {**watch.ended(failure), **job.about, **code, "figures": figures(summary), "files": [*files]}
    return Made(files | {"manifest.json": written(about).encode()}, job.key, failure)


def unmade(job: Job, error: str) -> Made:
    """Return the page of a report that something else than its notebook kept from being made."""
    return _without_notebook(job.title, job.key, error, {**job.about, **made()}, job.resolved)


def refusal(file: Path, title: str, cell: str, faults: str) -> Made:
    """Return the page of a scenario that cannot be run, or of a cell of its sweep, with every fault of it."""
    for place in (file.absolute(), file.resolve()):
        for up, folder in enumerate(place.parents[:-1]):  # whatever lies near is named by its way from the scenario
            faults = faults.replace(f"{folder}{os.sep}", "../" * up)
    command = legible(shlex.join(["python3", "run.py", "check", argument(file, file)]))
    about = {"scenario": title, "cell": cell, "command": command, **made()}
    return _without_notebook(f"{title}: {cell}" if cell else title, digest(faults)[:8], faults, about, {})


def _without_notebook(title: str, key: str, error: str, about: Mapping[str, Any], texts: Mapping[str, str]) -> Made:
    """Return a page that says nothing but what went wrong."""
    from simlib.present.convert import to_html

    failure = Failure(0, "", error)
    page = to_html(quickly("nbformat").v4.new_notebook(), title, failure, about["command"])
    texts = {"report.html": page, **texts}
    told = written({**Watch().ended(failure), **about, "files": [*texts]})
    return Made({name: text.encode() for name, text in (texts | {"manifest.json": told}).items()}, key, failure)


class Watch:
    """When the making of a report began, and how long it takes, which a clock that is put right does not change."""

    def __init__(self):
        self.started, self._began = datetime.now(UTC), time.perf_counter()

    def ended(self, failure: Failure | None) -> dict[str, Any]:
        """Return how it ended, when it began, and how long it took."""
        return {
            "status": "failed" if failure else "done",
            "error": failure and failure.error,
            "started": f"{self.started:%Y-%m-%dT%H:%M:%SZ}",
            "seconds": round(time.perf_counter() - self._began, 1),
        }


def written(content: Any) -> str:
    """Return content as JSON, a line for each value."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _laid(room: Path, job: Job) -> tuple[Path, Path]:
    """Return the folder in which the scenario's files now lie, as deep as at home so that each may name others from above.

    The notebook lies beside all of them.
    """
    folder, notebook = _below(room / "scenario", job.top), room / "notebook.ipynb"
    notebook.write_bytes(job.notebook)
    for inside, content in job.files.items():
        _below(folder, inside).parent.mkdir(parents=True, exist_ok=True)
        _below(folder, inside).write_bytes(content)
    return folder, notebook


def _below(folder: Path, inside: str) -> Path:
    """Return a place in a folder; ValueError for one outside, wherever the name came from."""
    place = Path(os.path.normpath(folder / inside))
    if not place.is_relative_to(folder):
        raise ValueError(f"{inside} lies outside the folder of a report's files")
    return place


def _attached(notebook: Any) -> dict[str, Any]:
    """Return the results that the notebook carries; nothing where it did not come so far."""
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    return next((data[ATTACHED] for data in outputs if ATTACHED in data), {})
