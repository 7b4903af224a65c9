"""Every scenario of a list through a report, and one page over all reports."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from simlib.present.placing import ReportError
from simlib.present.shelves import Run, newest, shelves

STYLE = """
:root { color-scheme: light dark; --quiet: #5d6670; --line: #d8dde3; --accent: #0072b2; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --quiet: #9aa4b0; --line: #39424d; --accent: #6ab7e6; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2.5rem auto; padding: 0 1rem; }
h1 { margin-bottom: .2rem; } p, small { color: var(--quiet); } a { color: var(--accent); text-decoration: none; }
div { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem .5rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: normal; font-size: .85rem; } .failed { color: var(--bad); font-weight: 600; }
"""


def write_index(out: Path) -> Path:
    """Write the page over the last report of each scenario, failures first, and return its path."""
    last = sorted(filter(None, (next(newest(shelf), None) for shelf in shelves(out))), key=_order)
    rows = "".join(_row(run, out) for run in last)
    head = "".join(f"<th>{word}</th>" for word in ("Scenario", "What it found", "Draws", "Made"))
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Reports</title><style>{STYLE}</style><h1>Reports</h1>"
        f"<p>The last report of each scenario, {len(last)} in all.</p>"
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></html>\n"
    )
    index, aside = out / "index.html", out / f".index.html-{os.getpid()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        aside.write_text(page, encoding="utf-8")
        aside.replace(index)
    except OSError as error:
        raise ReportError(f"{index}: cannot be written: {error.strerror or error}") from error
    return index


def _order(run: Run) -> tuple[bool, str]:
    return run.manifest["status"] == "done", run.manifest["scenario"]


def _row(run: Run, out: Path) -> str:
    """Return one scenario's row; every word from a file is escaped."""
    made = run.manifest
    page = (run.folder / "report.html").relative_to(out).as_posix()
    name = f'<a href="{escape(quote(page))}">{escape(made["scenario"])}</a>'
    if made["status"] == "done":
        told = escape(made["figures"]["finding"])
    else:
        told = f'<span class="failed">failed</span><br><small>{escape(made["error"] or "")}</small>'
    cells = (name, told, f"{made.get('draws') or ''}", made["started"].replace("T", " ").removesuffix("Z"))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
