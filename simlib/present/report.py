"""One report: the notebook executed, one HTML file, the numbers, and how they were made, all of it or nothing."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from simlib.present import key, telling
from simlib.present.batch.index import index
from simlib.present.layout import INDEX, command_for, found, layout, top_of
from simlib.present.making import Job, making
from simlib.present.manifest import Resolved, about
from simlib.present.placing import Placing, ReportError
from simlib.scenario.load import Scenario, load
from simlib.scenario.overrides import DRAWN

COMPARISON = telling.file_of("compare")
LONGEST = 80  # bytes of a shelf's name; a file system takes 255, and whole paths must stay short too


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
    moved into place. The index over all reports is written anew.
    """
    file = found(Path(scenario))
    job = report_job(file, load(file, overrides), notebook, overrides or {})
    if progress:
        progress(f"{job.title}: simulating {job.about['draws']:,} draws and drawing the report")
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
    changes, file = dict(overrides or {}), found(Path(scenario))
    second = found(Path(other)) if other else file
    drawn = {path: value for path, value in changes.items() if path in DRAWN}
    checked = (load(file, drawn), load(second, changes))
    if progress:
        progress(
            f"{checked[0].name}: simulating {checked[0].simulation.draws:,} draws twice and drawing the comparison"
        )
    shelf = f"{slug(file.stem)}-against-{slug(second.stem) if other else 'itself'}"
    title = f"{checked[0].name} against {checked[1].name}"
    command = command_for(checked[1], "compare", file, *([second] if other else []))
    given = {"other": second if other else "", "overrides": changes}
    return _written(_job(COMPARISON, given, checked, (file, second), title, shelf, command), Path(out))


def report_job(
    file: Path, checked: Scenario, notebook: str, given: Mapping[str, Any], below: str = "", settings: str = ""
) -> Job:
    """Return the job of a scenario's report; raise ReportError where it lacks what the notebook needs.

    `below` is the name of a cell's folder on the scenario's shelf, `settings` what is said of the cell after the name.
    """
    if refused := telling.unknown(notebook) or telling.missing(notebook, checked):
        raise ReportError(f"{file}: {refused}")
    options = [] if notebook == telling.DEAL_REPORT else ["--notebook", notebook]
    shelf, command = shelf_of(file, notebook, below), command_for(checked, "report", file, options=options)
    title = f"{checked.name}: {settings}" if settings else checked.name
    job = _job(telling.file_of(notebook), {"overrides": dict(given)}, (checked,), (file,), title, shelf, command)
    return job._replace(about={**job.about, "scenario": checked.name, "cell": settings})


def shelf_of(file: Path, notebook: str, below: str = "") -> str:
    """Return the shelf of a scenario's reports by a notebook, of the whole scenario or of a cell of its sweep.

    >>> shelf_of(Path("scenarios/youku.yml"), "platform")
    'youku/platform'
    """
    own = notebook if notebook != telling.DEAL_REPORT else ""
    return "/".join(filter(None, (slug(Path(file).stem), below, own)))


def slug(name: str, kept: str = "") -> str:
    """Return what people call a scenario or a cell as the name of a folder; of other signs only those `kept` stay.

    >>> slug("Day & Night"), slug("price 9.99, enforcement low", ".")
    ('day-night', 'price-9.99-enforcement-low')
    """
    plain = re.sub(rf"[^\w{kept}]+", "-", unicodedata.normalize("NFC", name).lower())
    return shortened(plain.strip("-_.") or "scenario")


def shortened(name: str) -> str:
    """Return a name that a folder can have; of one that is too long the beginning, and letters that tell it apart.

    >>> shortened("day-night"), len(shortened("夜" * 100).encode())
    ('day-night', 78)
    """
    if len(name.encode()) <= LONGEST:
        return name
    mark = f"-{key.digest(name)[:8]}"
    return name.encode()[: LONGEST - len(mark)].decode(errors="ignore") + mark


def _job(
    notebook: Path, parameters: Mapping[str, Any], scenarios: Sequence[Scenario], files: Sequence[Path], *told: str
) -> Job:
    """Return a job; `told` are its title, its shelf, and the command that makes it again."""
    (title, shelf, command), code = told, _content(notebook, notebook.stat().st_mtime_ns)
    read = {file: content for scenario in scenarios for file, content in scenario.origin.files.items()}
    names = layout(read)
    parts = key.parts(code, *scenarios)
    here = {
        name: names[os.path.join(os.getcwd(), file)] if isinstance(file, Path) else file
        for name, file in {"scenario": files[0], **parameters}.items()
    }
    return Job(
        notebook=code,
        parameters=here,
        files={names[file]: content for file, content in read.items()},
        top=os.path.relpath(top_of(read), Path(top_of(read)).anchor),
        values=parts["values"],
        resolved=Resolved(dict(zip(("scenario.resolved.yml", "other.resolved.yml"), scenarios, strict=False))),
        title=title,
        shelf=shelf,
        key=key.short(parts),
        about=about(title, command, parameters["overrides"], *scenarios)
        | {"file": here["scenario"], "notebook": notebook.stem, "key": parts},
    )


@cache
def _content(notebook: Path, _: int) -> bytes:
    """Return a notebook as it was at some time, the same bytes for every job of a batch."""
    return notebook.read_bytes()


def _written(job: Job, out: Path) -> Path:
    """Return the path of the page that was written; it is put in place whole."""
    with Placing(out) as place:
        made = making(job)
        page = place.put(job.shelf, made)
        place.write(out / INDEX, index(out).encode())
    if made.failure is not None:
        where = f" in code cell {made.failure.cell}" if made.failure.cell else ""
        raise ReportError(f"the notebook failed{where}: {made.failure.error}; see {page}", page)
    return page


__all__ = ["ReportError", "slug", "write_comparison", "write_report"]
