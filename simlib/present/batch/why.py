"""Why a report has to be made again, seen from its last run: the sentence that a dry run says."""

from __future__ import annotations

from simlib.present.made import versions
from simlib.present.making import Job
from simlib.present.shelves import Run
from simlib.scenario.changes import between
from simlib.scenario.faults import ScenarioError
from simlib.scenario.source import parse, read

UP_TO_DATE = "up to date"
MOST_TOLD = 2  # changed values in a reason
RESOLVED = "scenario.resolved.yml"


def reason(job: Job, last: Run | None) -> str:
    """Return why a report has to be made; that it is up to date where nothing it rests on changed."""
    if last is None:
        return "no report yet"
    if last.manifest["status"] != "done":
        return f"its last run failed: {last.manifest.get('error')}".splitlines()[0]
    if not last.is_done:
        return "its page is gone"
    then, now = last.manifest.get("key") or {}, job.about["key"]
    if then == now:
        return UP_TO_DATE
    told = {
        "values": lambda: _values(job, last),
        "lines": lambda: "its values stand on other lines",
        "notebook": lambda: "the notebook changed",
        "simlib": lambda: "simlib changed",
        "versions": lambda: _versions(last),
    }
    return next((say() for part, say in told.items() if then.get(part) != now[part]), "made in another way")


def _values(job: Job, last: Run) -> str:
    """Return which values changed, old → new."""
    try:
        changes = list(between(read(last.folder / RESOLVED, ""), parse(job.resolved[RESOLVED], "")))
    except ScenarioError:
        return "its values changed"
    told = [
        f"{change.path} {change.old or 'not there'} → {change.new or 'not there'}" for change in changes[:MOST_TOLD]
    ]
    more = [f"{len(changes) - MOST_TOLD} more"] if len(changes) > MOST_TOLD else []
    return ", ".join([*told, *more]) or "its values are written in another way"


def _versions(last: Run) -> str:
    """Return which versions changed, old → new."""
    then = last.manifest.get("versions") or {}
    changed = [f"{name} {then.get(name, 'none')} → {now}" for name, now in versions().items() if then.get(name) != now]
    return ", ".join(changed) or "versions changed"
