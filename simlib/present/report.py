"""One report: the notebook executed, one HTML file, the numbers, and how they were made, all of it or nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from simlib.present import telling
from simlib.present.made import ROOT
from simlib.present.manifest import command_for, digests, key_of, manifest, resolved
from simlib.present.notebook import DRAWN
from simlib.scenario.load import Scenario, load

COMPARISON = telling.file_of("compare")


class ReportError(RuntimeError):
    """A report that could not be finished, said in a sentence; `page` is what there is of it."""

    def __init__(self, message: str, page: Path | None = None):
        self.page = page
        super().__init__(message)


class Job(NamedTuple):
    """What a page is made from: a notebook, its parameters, and the scenarios that it tells of, the one it is for first."""

    notebook: Path
    parameters: Mapping[str, Any]
    scenarios: tuple[Scenario, ...]
    files: tuple[Path, ...]
    title: str
    shelf: str
    command: str


def write_report(
    scenario: Path,
    out: Path = Path("reports"),
    overrides: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    notebook: str = telling.DEAL_REPORT,
) -> Path:
    """Return the path of the report.html that was written, below `out`/<scenario>/<UTC time>-<key>/.

    Another notebook than the deal report has a shelf of its own, `out`/<scenario>/<notebook>/. The scenario is checked
    first: ScenarioError rises before any kernel starts, and ReportError where it lacks what the notebook needs. A notebook
    that fails leaves its page, with a banner, and raises ReportError. Nobody sees half a report: it is written aside and
    moved into place.
    """
    changes, file = dict(overrides or {}), _found(Path(scenario))
    checked = load(file, changes)
    if refused := telling.unknown(notebook) or telling.missing(notebook, checked):
        raise ReportError(f"{scenario}: {refused}")
    if progress:
        progress(f"{checked.name}: simulating {checked.simulation.draws:,} draws and drawing the report")
    given, deals = {"scenario": _for_kernel(file), "overrides": changes}, notebook == telling.DEAL_REPORT
    shelf, options = (slug(file), []) if deals else (f"{slug(file)}/{notebook}", ["--notebook", notebook])
    command = command_for(checked, "report", file, options=options)
    job = Job(telling.file_of(notebook), given, (checked,), (file,), checked.name, shelf, command)
    return _written(job, Path(out))


def write_comparison(
    scenario: Path,
    other: Path | None,
    out: Path = Path("reports"),
    overrides: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Return the path of the report.html that compares a scenario with another, or with itself changed by `overrides`.

    It lies below `out`/<scenario>-against-<other>/; all else is as in write_report.
    """
    changes, file = dict(overrides or {}), _found(Path(scenario))
    second = _found(Path(other)) if other else file
    drawn = {path: value for path, value in changes.items() if path in DRAWN}
    checked = (load(file, drawn), load(second, changes))
    if progress:
        progress(
            f"{checked[0].name}: simulating {checked[0].simulation.draws:,} draws twice and drawing the comparison"
        )
    given = {"scenario": _for_kernel(file), "other": _for_kernel(second) if other else "", "overrides": changes}
    shelf = f"{slug(file)}-against-{slug(second) if other else 'itself'}"
    files = [file, *([Path(other)] if other else [])]
    title, command = f"{checked[0].name} against {checked[1].name}", command_for(checked[1], "compare", *files)
    return _written(Job(COMPARISON, given, checked, (file, second), title, shelf, command), Path(out))


def _written(job: Job, out: Path) -> Path:
    """Return the path of the page that was written; it is put in place whole."""
    shelf, started = out / job.shelf, datetime.now(UTC)
    name = f"{started:%Y%m%dT%H%M%SZ}-{key_of(*job.scenarios)}"
    draft = shelf / f".{name}-{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        failure = _fill(draft, job, started)
        page = _put(draft, shelf, name) / "report.html"
        if failure is None:
            _copied(page, shelf / "latest.html")
    except OSError as error:
        raise ReportError(f"{out}: the report cannot be written there: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if failure is not None:
        raise ReportError(f"the notebook failed in code cell {failure.cell}: {failure.error}; see {page}", page)
    return page


def slug(file: Path) -> str:
    """Return the name of a scenario's folder of reports.

    >>> slug(Path("scenarios/Day & Night.yml"))
    'day-night'
    """
    return re.sub(r"[^\w]+", "-", Path(file).stem.lower()).strip("-_") or "scenario"


def _fill(draft: Path, job: Job, started: datetime) -> Any:
    """Write all files of a report into a folder; return where the notebook failed, or None."""
    from simlib.present.convert import to_html
    from simlib.present.execute import ATTACHED, executed

    read = {
        name: digest for pair in zip(job.scenarios, job.files, strict=True) for name, digest in digests(*pair).items()
    }
    ran, failure = executed(job.notebook, job.parameters, _hidden(*job.files))
    import nbformat

    results = _attached(ran, ATTACHED)
    about = manifest(job.scenarios[-1], results.get("made"), failure and failure.error, started)
    about |= {"scenario": job.title, "command": job.command, "sha256": read}
    _write(draft / "report.ipynb", nbformat.writes(ran) + "\n")
    _write(draft / "report.html", to_html(ran, job.title, failure, job.command))
    for checked, name in zip(job.scenarios, ("scenario", "other"), strict=False):
        _write(draft / f"{name}.resolved.yml", resolved(checked))
    kept = {f"tables/{name}.csv": text.encode() for name, text in results.get("tables", {}).items()}
    kept |= {name: b64decode(content) for name, content in results.get("books", {}).items()}
    _write(draft / "manifest.json", _json(about | {"files": [*kept]}))
    if "summary" in results:
        _write(draft / "summary.json", _json(results["summary"]))
    for name, content in kept.items():
        (draft / name).parent.mkdir(exist_ok=True)
        (draft / name).write_bytes(content)
    return failure


def _attached(notebook: Any, kind: str) -> dict[str, Any]:
    """Return the results that the notebook carries; nothing where it did not come so far."""
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    return next((data[kind] for data in outputs if kind in data), {})


def _put(draft: Path, shelf: Path, name: str) -> Path:
    """Move a finished folder into place in one step; one of the same second and key gets a number."""
    for number in range(1, 1000):
        place = shelf / (name if number == 1 else f"{name}-{number}")
        try:
            return draft.rename(place)
        except OSError:
            if not place.exists():
                raise
    raise ReportError(f"{shelf / name} is there a thousand times")


def _copied(page: Path, latest: Path) -> None:
    """Put a copy of a page in place in one step."""
    aside = latest.with_name(f".{latest.name}-{os.getpid()}")
    shutil.copyfile(page, aside)
    aside.replace(latest)


def _found(file: Path) -> Path:
    """Return a scenario's file, seen from the current folder or else from the project's."""
    return file if file.exists() or not (ROOT / file).exists() else ROOT / file


def _for_kernel(file: Path) -> str:
    """Return a path as the kernel, which stands in the project's folder, can open it."""
    whole = file.resolve()
    return whole.relative_to(ROOT).as_posix() if whole.is_relative_to(ROOT) else str(whole)


def _hidden(*files: Path) -> dict[str, str]:
    """Return the folders that a report does not tell, the longest first, and what stands there instead."""
    folders = sorted({*(file.resolve().parent for file in files), ROOT}, key=lambda folder: -len(folder.parts))
    instead = dict.fromkeys(folders, ".") | {Path.home(): "~"}
    return {str(folder): text for folder, text in instead.items() if len(folder.parts) > 1}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
