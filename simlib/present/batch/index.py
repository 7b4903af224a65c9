"""Every scenario of a list through a report, and one page over all reports."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from simlib.present import words
from simlib.present.report import ReportError, slug, write_report
from simlib.scenario.faults import ScenarioError

STYLE = """
:root { color-scheme: light dark; --quiet: #5d6670; --line: #d8dde3; --accent: #0072b2; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --quiet: #9aa4b0; --line: #39424d; --accent: #6ab7e6; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2.5rem auto; padding: 0 1rem; }
h1 { margin-bottom: .2rem; } p, small { color: var(--quiet); } a { color: var(--accent); text-decoration: none; }
div { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem .5rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: normal; font-size: .85rem; } .failed { color: var(--bad); font-weight: 600; }
"""


class Run(NamedTuple):
    """The last run of a scenario: its page from the index, how it came about, what it found."""

    page: str
    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]


def run_batch(
    scenarios: Sequence[Path], out: Path, overrides: Mapping[str, Any], say: Callable[[str], None]
) -> tuple[int, Path]:
    """Return how many scenarios failed, and the index page over all reports.

    A scenario that fails is said and passed over; the others are written.
    """
    shelves: dict[str, Path] = {}
    for scenario in scenarios:
        other = shelves.setdefault(slug(scenario), scenario)
        if other != scenario:
            raise ReportError(f"{scenario} and {other} would share {out / slug(scenario)}; rename one of them")
    failed = 0
    for number, scenario in enumerate(scenarios, start=1):
        try:
            page = write_report(scenario, out, overrides)
            say(f"{number}/{len(scenarios)} {scenario}: {page}")
        except (ScenarioError, ReportError) as error:
            failed += 1
            say(f"{number}/{len(scenarios)} {scenario}: failed\n{error}")
    return failed, write_index(out)


def write_index(out: Path) -> Path:
    """Write the page over the last report of each scenario, failures first, and return its path."""
    runs = sorted(_runs(out), key=lambda run: (run.manifest["status"] == "done", run.manifest["scenario"]))
    rows = "".join(map(_row, runs))
    head = "".join(f"<th>{word}</th>" for word in ("Scenario", "What it found", "Draws", "Made"))
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Reports</title><style>{STYLE}</style><h1>Reports</h1>"
        f"<p>The last report of each scenario, {len(runs)} in all.</p>"
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


def _runs(out: Path) -> list[Run]:
    """Return the last run of each scenario; folders that hold no report are passed over."""
    found = []
    for shelf in sorted(path for path in out.glob("*") if path.is_dir()):
        made = sorted(path.parent for path in shelf.glob("[0-9]*/manifest.json"))
        if made:
            last = made[-1]
            page = (last / "report.html").relative_to(out).as_posix()
            found.append(Run(page, _json(last / "manifest.json"), _json(last / "summary.json")))
    return found


def _json(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _row(run: Run) -> str:
    """Return one scenario's row; every word from a file is escaped."""
    made = run.manifest
    name = f'<a href="{escape(run.page)}">{escape(made["scenario"])}</a>'
    if made["status"] == "done":
        told = f"{escape(finding(run.summary))}<br><small>{_how_sure(run.summary)}</small>"
    else:
        told = f'<span class="failed">failed</span><br><small>{escape(made["error"] or "")}</small>'
    cells = (name, told, f"{made['draws']:,}", made["started"].replace("T", " ").removesuffix("Z"))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def finding(summary: Mapping[str, Any]) -> str:
    """Return the first sentence of a report's decision."""
    return next(iter(summary.get("decision", ())), "")


def _how_sure(summary: Mapping[str, Any]) -> str:
    """Return floor and ceiling where a fee is on the table, else the chance that the best package is the best."""
    table, packages = summary.get("negotiation"), summary.get("packages", {})
    if table:
        floor, ceiling = (words.money(table[side], summary["currency"]) for side in ("floor", "ceiling"))
        return escape(f"floor {floor}, ceiling {ceiling}")
    best = packages.get(summary.get("recommended"))
    return escape(f"the best in {words.percent(best['probability_best'])} of draws") if best else ""
