"""The start page's list: each scenario with what it asks, whether it can be run, and how its last report stands."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import quote

from simlib.present import words
from simlib.present.batch.plan import UP_TO_DATE, Standing, standing
from simlib.present.layout import name
from simlib.present.made import ROOT
from simlib.present.page import Html
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load

MOST_FAULTS = 5  # of a scenario's, told here; `simlib check` tells them all
STYLE = """
.simlib-front.simlib-front table { border-collapse: collapse; table-layout: fixed; width: 100%; max-width: 64rem;
  margin: 0 0 0 6px; font-size: .9375rem; }
.simlib-front.simlib-front :is(tr, th, td) { text-align: left; vertical-align: top; padding: .75rem 1.5rem .75rem 0;
  border: 0; white-space: normal; overflow-wrap: anywhere; line-height: 1.5; font-weight: 400; background: none; }
.simlib-front.simlib-front tr { border-top: 1px solid var(--jp-border-color2); }
.simlib-front.simlib-front thead :is(tr, th) { border: 0; padding-block: 0 .375rem; color: var(--jp-content-font-color2); }
.simlib-front.simlib-front tbody tr { background: none; }
.simlib-front.simlib-front th a { font-weight: 600; font-size: 1rem; }
.simlib-front col { width: 15%; } .simlib-front col:first-child { width: 60%; } .simlib-front col:last-child { width: 25%; }
.simlib-front small { display: block; font-size: .875rem; color: var(--jp-content-font-color2); }
.simlib-front .wrong { color: var(--jp-error-color1); font-weight: 600; }
"""


def scenarios(folder: str, reports: str) -> Html:
    """Return the list of the scenarios of a folder, both folders seen from the project's."""
    files = sorted(file for file in (ROOT / folder).glob("*.yml") if not file.name.startswith("."))
    if not files:
        return Html(f"<p>There is no scenario in {escape(folder)}: a scenario is a file whose name ends in .yml.</p>")
    rows = "".join(row for _, row in sorted(_row(file, ROOT / reports) for file in files))
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Scenario", "Check", "Last report"))
    table = f"<table><colgroup><col><col><col></colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return Html(f'<style>{STYLE}</style><div class="simlib-front">{table}</div>')


def asks(description: str) -> str:
    """Return a description's first sentence, which tells the case, and those that ask something.

    >>> asks("iQIYI lost 3.7 billion. It has members. When does it break even, and how sure is that?")
    'iQIYI lost 3.7 billion. When does it break even, and how sure is that?'
    """
    case, *others = re.split(r"(?<=[.?!])\s+", description.strip())
    return " ".join([case, *(sentence for sentence in others if sentence.endswith("?"))])


def _row(file: Path, reports: Path) -> tuple[str, str]:
    """Return the name by which a scenario is sorted, and its row; every word from a file is escaped."""
    try:
        checked = load(file)
    except ScenarioError as error:
        faults = [str(replace(fault, file=name(Path(fault.file), file))) for fault in error.faults]
        rest = [f"… all of them: simlib check {name(file, file)}"] if faults[MOST_FAULTS:] else []
        listed = "".join(map(_small, faults[:MOST_FAULTS] + rest))
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        return file.stem.casefold(), _cells(_link(file, file.stem) + listed, _wrong(count), "")
    asked = _small(asks(checked.description or ""))
    try:
        report = _report(standing(file, reports))
    except (KeyError, TypeError) as error:  # somebody else wrote its manifest, or another version did
        report = _wrong("cannot be told") + _small(f"its manifest.json is not as it was written: {error}")
    return checked.name.casefold(), _cells(_link(file, checked.name) + asked, "✓ good", report)


def _report(last: Standing | None) -> str:
    """Return how a scenario's last report stands: when it was made, with which values set, and what changed since."""
    if last is None:
        return "none yet"
    about = last.run.manifest
    when = _link(last.run.page, f"{about['started'][:10]}, {about['started'][11:16]} UTC")
    if about["status"] != "done":
        return f"{when}<br>" + _wrong("failed") + _small(about["error"] or "")
    changed = [one["path"] for one in about["overrides"]]
    since = last.why if last.why == UP_TO_DATE else f"since then: {last.why}"
    return when + _small(f"with {words.listed(changed)} set" if changed else "") + _small(since)


def _link(file: Path, text: str) -> str:
    """Return a link as JupyterLab follows it: from the folder of notebooks."""
    where = Path(os.path.relpath(file, ROOT / "notebooks")).as_posix()
    return f'<a href="{escape(quote(where))}">{escape(text)}</a>'


def _wrong(what: str) -> str:
    return f'<span class="wrong">✗ {what}</span>'


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _cells(scenario: str, check: str, report: str) -> str:
    return f'<tr><th scope="row">{scenario}</th><td>{check}</td><td>{report}</td></tr>'
