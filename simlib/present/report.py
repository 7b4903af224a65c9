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
from typing import Any

from simlib.present.made import ROOT
from simlib.present.manifest import command_for, digests, key_of, manifest, resolved
from simlib.scenario.load import Scenario, load

NOTEBOOK = ROOT / "notebooks" / "deal_report.ipynb"


class ReportError(RuntimeError):
    """A report that could not be finished, said in a sentence; `page` is what there is of it."""

    def __init__(self, message: str, page: Path | None = None):
        self.page = page
        super().__init__(message)


def write_report(
    scenario: Path,
    out: Path = Path("reports"),
    overrides: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    notebook: Path = NOTEBOOK,
) -> Path:
    """Return the path of the report.html that was written, below `out`/<scenario>/<UTC time>-<key>/.

    The scenario is checked first: ScenarioError rises before any kernel starts. A notebook that fails leaves its page, with
    a banner, and raises ReportError. Nobody sees half a report: it is written aside and moved into place.
    """
    say = progress or (lambda _: None)
    changes, file = dict(overrides or {}), _found(Path(scenario))
    checked = load(file, changes)
    say(f"{checked.name}: simulating {checked.simulation.draws:,} draws and drawing the report")
    shelf, started = Path(out) / slug(file), datetime.now(UTC)
    name = f"{started:%Y%m%dT%H%M%SZ}-{key_of(checked)}"
    draft = shelf / f".{name}-{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        failure = _fill(draft, checked, file, changes, notebook, started)
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


def _fill(draft: Path, checked: Scenario, file: Path, changes: dict, notebook: Path, started: datetime) -> Any:
    """Write all files of a report into a folder; return where the notebook failed, or None."""
    from simlib.present.convert import to_html
    from simlib.present.execute import ATTACHED, executed

    read = digests(checked, file)
    ran, failure = executed(notebook, {"scenario": _for_kernel(file), "overrides": changes}, _hidden(file))
    import nbformat

    results, command = _attached(ran, ATTACHED), command_for(checked, file)
    about = manifest(checked, results.get("made"), failure and failure.error, started)
    _write(draft / "report.ipynb", nbformat.writes(ran) + "\n")
    _write(draft / "report.html", to_html(ran, checked.name, failure, command))
    _write(draft / "scenario.resolved.yml", resolved(checked))
    kept = {f"tables/{name}.csv": text.encode() for name, text in results.get("tables", {}).items()}
    kept |= {name: b64decode(content) for name, content in results.get("books", {}).items()}
    _write(draft / "manifest.json", _json(about | {"command": command, "sha256": read, "files": [*kept]}))
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


def _hidden(file: Path) -> dict[str, str]:
    """Return the folders that a report does not tell, the longest first, and what stands there instead."""
    folders = sorted({file.resolve().parent, ROOT}, key=lambda folder: -len(folder.parts))
    instead = dict.fromkeys(folders, ".") | {Path.home(): "~"}
    return {str(folder): text for folder, text in instead.items() if len(folder.parts) > 1}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
