"""One page over the last report of every scenario, notebook and comparison: failures first, and what changed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

from simlib.present import words
from simlib.present.batch.rows import Row, drawn, rows_of
from simlib.present.layout import INDEX
from simlib.present.placing import LATEST, Placing

PAGE = Path(__file__).parents[1] / "templates" / "index"
KINDS = {"deal_report": "", "compare": "comparison"}
ALIKE = "to these digits; simlib compare tells the difference on the same draws"
CONTROLS = """<form hidden role="search">
<input name="sought" type="search" placeholder="Find a scenario, a value, a word" aria-label="Find">
<select name="only" aria-label="Show"><option value="all">All</option><option value="failed">Failed</option>
<option value="changed">Changed</option></select>
<select name="order" aria-label="Order"><option value="first">Failures first</option>
<option value="changed">Changed first</option><option value="newest">Newest first</option>
<option value="name">By name</option><option value="value">Highest of a unit first</option></select>
<output name="seen" class="quiet"></output></form>"""


def write_index(out: Path) -> Path:
    """Write the page over the last report on each shelf, and return its path; ReportError where it cannot be written."""
    with Placing(out) as place:
        place.write(out / INDEX, index(out).encode())
    return out / INDEX


def index(out: Path) -> str:
    """Return the page over the last report on each shelf of a folder of reports."""
    rows = rows_of(out)
    pictures = drawn(rows)
    listed = "".join(_row(row, pictures.get(row.shelf, "")) for row in rows)
    style, script = ((PAGE / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
    hashed = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hashed}'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Reports</title><style>{style}</style></head>'
        f'<body><main><h1>Reports</h1><p class="quiet">{_summed_up(rows)}</p>{CONTROLS}<ol>{listed}</ol></main>'
        f"<script>{script}</script></body></html>\n"
    )


def _summed_up(rows: list[Row]) -> str:
    """Return how many reports there are, how many failed, and how many changed."""
    failed, changed = sum(not row.run.is_done for row in rows), sum(bool(row.changed) for row in rows)
    said = [f"{len(rows):,} report{'s' * (len(rows) != 1)}"]
    said += [f"{failed:,} failed"] if failed else []
    said += [f"{changed:,} changed since the run before"] if changed else []
    return " · ".join(said)


def _row(row: Row, drawn: str) -> str:
    """Return one report's row; every word from a file is escaped."""
    about, value = row.run.manifest, row.picture or {"unit": ""}
    name, status = escape(about["scenario"]), "done" if row.run.is_done else "failed"
    kinds = [KINDS.get(about.get("notebook"), about.get("notebook")), about.get("file")]
    head = f'<h2><a href="{_link(row, row.run.folder.name, "report.html")}">{name}</a></h2>'
    head += f'<p class="cell">{escape(about["cell"])}</p>' if about.get("cell") else ""
    head += f'<p class="kind">{escape(" · ".join(filter(None, kinds)))}</p>'
    found = f"{drawn or '<span></span>'}{_numbers(row)}" if row.run.is_done else _why(row)
    finding = "" if drawn or not row.run.is_done else escape(row.run.figures.get("finding", ""))
    sorted_by = {
        "name": f"{about['scenario']} {about.get('cell') or ''}",
        "changed": str(len(row.changed)),
        "made": row.run.folder.name[:16],
        "value": str(value.get("mark", "")),
        "unit": value["unit"],
    }
    marks = " ".join(f'data-{key}="{escape(said)}"' for key, said in sorted_by.items())
    last = f'<p class="finding">{finding}</p>' if finding else ""
    return f'<li class="{status}" {marks}><div>{head}</div>{found}{_time(about["started"])}{last}</li>\n'


def _numbers(row: Row) -> str:
    """Return the few numbers of a report, what they were where they changed, and whether other cells say the same."""
    items = ""
    for name, usual in row.run.figures.get("numbers", {}).items():
        said, alike, _ = row.apart.get(name, (usual, "", 0))
        was = f"<small>was {escape(row.changed[name])}</small>" if name in row.changed else ""
        like = f'<small class="alike" title="{ALIKE}">{escape(alike)}</small>' if alike else ""
        items += f"<div><dt>{escape(name)}</dt><dd>{escape(said)}{was}{like}</dd></div>"
    return f"<dl>{items}</dl>"


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
