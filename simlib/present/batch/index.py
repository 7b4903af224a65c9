"""One page over the last report of every scenario, notebook and comparison: failures first, and what changed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from html import escape
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from simlib.present import words
from simlib.present.batch.picture import Picture, is_drawable, picture, scale_of
from simlib.present.placing import LATEST, Placing
from simlib.present.shelves import Run, newest, shelves

INDEX = "index.html"
PAGE = Path(__file__).parents[1] / "templates" / "index"
KINDS = {"deal_report": "", "compare": "comparison"}
CONTROLS = """<form hidden role="search">
<input name="sought" type="search" placeholder="Find a scenario, a value, a word" aria-label="Find">
<select name="only" aria-label="Show"><option value="all">All</option><option value="failed">Failed</option>
<option value="changed">Changed</option></select>
<select name="order" aria-label="Order"><option value="first">Failures first</option>
<option value="changed">Changed first</option><option value="newest">Newest first</option>
<option value="name">By name</option><option value="value">Highest of a unit first</option></select>
<output name="seen" class="quiet"></output></form>"""


class Row(NamedTuple):
    """A shelf: its last run, the last one before that was done, and which numbers changed between them, from what."""

    shelf: str
    run: Run
    before: Run | None
    changed: dict[str, str]

    @property
    def picture(self) -> Picture | None:
        """What its picture is drawn from; None where it is of a kind that this page cannot draw."""
        found = self.run.figures.get("picture")
        return found if is_drawable(found) else None

    @property
    def axis(self) -> tuple[str, str, str]:
        """What pictures on one axis share: the scenario's folder, whether they show fees or a spread, and the unit."""
        shows = "spread" if self.picture["kind"] == "spread" else "fees"
        return self.shelf.partition("/")[0], shows, self.picture["unit"]


def write_index(out: Path) -> Path:
    """Write the page over the last report on each shelf, and return its path; ReportError where it cannot be written."""
    with Placing(out) as place:
        place.write(out / INDEX, index(out).encode())
    return out / INDEX


def index(out: Path) -> str:
    """Return the page over the last report on each shelf of a folder of reports."""
    rows = sorted(_standing(list(_rows(out))), key=_order)
    alike: dict[tuple[str, ...], list[Picture]] = defaultdict(list)
    for row in rows:
        if row.picture:
            alike[row.axis].append(row.picture)
    scales = {axis: scale_of(pictures) for axis, pictures in alike.items()}
    told = "".join(_row(row, picture(row.picture, scales[row.axis]) if row.picture else "") for row in rows)
    style, script = ((PAGE / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
    hashed = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hashed}'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Reports</title><style>{style}</style></head>'
        f'<body><main><h1>Reports</h1><p class="quiet">{_summed_up(rows)}</p>{CONTROLS}<ol>{told}</ol></main>'
        f"<script>{script}</script></body></html>\n"
    )


def _rows(out: Path) -> Iterable[Row]:
    """Yield a row for each shelf."""
    for shelf in shelves(out):
        runs = newest(shelf)
        last = next(runs, None)
        if last is None:
            continue
        before = next((run for run in islice(runs, 20) if run.is_done), None)
        numbers, old = last.figures.get("numbers", {}), before.figures.get("numbers", {}) if before else {}
        changed = {name: old[name] for name, said in numbers.items() if name in old and old[name] != said}
        yield Row(shelf.relative_to(out).as_posix(), last, before, changed)


def _order(row: Row) -> tuple[bool, str, str]:
    """Return what rows are sorted by: failures first, then by name."""
    return row.run.is_done, row.run.manifest["scenario"].casefold(), row.shelf


def _standing(rows: list[Row]) -> list[Row]:
    """Return the rows without those that say a file could not be run at all, where it has been run since."""
    last = [(row.shelf, row.run.folder.name) for row in rows]

    def is_past(row: Row) -> bool:
        below = (name for shelf, name in last if shelf.startswith(f"{row.shelf}/"))
        return (
            "key" not in row.run.manifest and not row.run.is_done and any(name > row.run.folder.name for name in below)
        )

    return [row for row in rows if not is_past(row)]


def _summed_up(rows: list[Row]) -> str:
    """Return how many reports there are, how many failed, and how many changed."""
    failed, changed = sum(not row.run.is_done for row in rows), sum(bool(row.changed) for row in rows)
    said = [f"{len(rows):,} report{'s' * (len(rows) != 1)}"]
    said += [f"{failed:,} failed"] if failed else []
    said += [f"{changed:,} changed since the run before"] if changed else []
    return " · ".join(said)


def _row(row: Row, drawn: str) -> str:
    """Return one report's row; every word from a file is escaped."""
    told, value = row.run.manifest, row.picture or {"unit": ""}
    name, status = escape(told["scenario"]), "done" if row.run.is_done else "failed"
    kinds = [KINDS.get(told.get("notebook"), told.get("notebook")), told.get("file")]
    head = f'<h2><a href="{_link(row, row.run.folder.name, "report.html")}">{name}</a></h2>'
    head += f'<p class="cell">{escape(told["cell"])}</p>' if told.get("cell") else ""
    head += f'<p class="kind">{escape(" · ".join(filter(None, kinds)))}</p>'
    found = f"{drawn or '<span></span>'}{_numbers(row)}" if row.run.is_done else _why(row)
    is_told = not row.run.is_done or bool(drawn)
    finding = "" if is_told else escape(row.run.figures.get("finding", ""))
    sorted_by = {
        "name": f"{told['scenario']} {told.get('cell') or ''}",
        "changed": str(len(row.changed)),
        "made": row.run.folder.name[:16],
        "value": str(value.get("mark", "")),
        "unit": value["unit"],
    }
    marks = " ".join(f'data-{key}="{escape(said)}"' for key, said in sorted_by.items())
    last = f'<p class="finding">{finding}</p>' if finding else ""
    return f'<li class="{status}" {marks}><div>{head}</div>{found}{_time(told["started"])}{last}</li>\n'


def _numbers(row: Row) -> str:
    """Return the few numbers of a report, and what they were where they changed."""
    told = ""
    for name, said in row.run.figures.get("numbers", {}).items():
        was = f"<small>was {escape(row.changed[name])}</small>" if name in row.changed else ""
        told += f"<div><dt>{escape(name)}</dt><dd>{escape(said)}{was}</dd></div>"
    return f"<dl>{told}</dl>"


def _why(row: Row) -> str:
    """Return why a report failed, and where the last good one is."""
    good = f'\n<a href="{_link(row, LATEST)}">the last good one</a>' if row.before else ""
    return f'<p class="why">{escape(row.run.manifest.get("error") or "its page is gone")}{good}</p>'


def _link(row: Row, *names: str) -> str:
    return escape(quote("/".join((row.shelf, *names))))


def _time(started: str) -> str:
    """Return when a run was started, the day above the hour."""
    at = datetime.fromisoformat(started)
    day = f"{at.day} {words.MONTHS[at.month - 1][:3]} {at.year}"
    return f'<time datetime="{escape(started)}">{day}<br>{at:%H:%M} UTC</time>'
