"""What is worth keeping: the tweaks as a scenario of their own, and its report."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ipywidgets import HTML, Button, HBox, Text, VBox

from simlib.present.desk import places
from simlib.present.desk.changed import written
from simlib.present.desk.later import Calls
from simlib.present.report import slug
from simlib.scenario.load import Scenario
from simlib.scenario.saved import is_of, put, saved

PAGE = re.compile(r"\S+\.html\b")  # as a command names it


class Keeping:
    """A name to save under, the YAML that was saved, its report; `now` returns the values set, `listed` lists the file."""

    def __init__(
        self,
        scenario: Scenario,
        file: Path,
        now: Callable[[], Mapping[str, Any]],
        calls: Calls,
        listed: Callable[[], None],
    ):
        self._scenario, self._file, self._now, self._listed = scenario, file, now, listed
        self._kept: tuple[Path, Mapping[str, Any]] | None = None
        self._name = Text(description="Name", placeholder="e.g. Lower fee")
        self._save, self._over = (
            Button(description="Save as scenario…", icon="save"),
            Button(description="Overwrite it"),
        )
        self._told, self._text = HTML(), HTML()
        self._report, self._done = Button(description="Make the report", icon="file"), HTML()
        for widget, name in (
            (self._name, "desk-save-name"), (self._save, "desk-save"), (self._over, "desk-overwrite"),
            (self._told, "desk-saved"), (self._text, "desk-yaml"), (self._report, "desk-report"),
            (self._done, "desk-reported"),
        ):  # fmt: skip
            widget.add_class(name)
        self._ask_about(None)
        self._name.observe(calls(lambda _: self._ask_about(None)), "value")
        self._save.on_click(calls(lambda _: self._saved(None)))
        self._over.on_click(calls(lambda _: self._saved(self._asked)))
        self._report.on_click(calls(lambda _: calls.soon(self._made)))
        buttons = HBox([self._save, self._over])
        self.widget = VBox([self._name, buttons, self._told, self._text, self._report, self._done])
        self.widget.add_class("desk-keeping")

    def _ask_about(self, file: Path | None) -> None:
        """Offer to overwrite one file, or none."""
        self._asked, self._over.layout.display = file, None if file else "none"

    def _saved(self, over: Path | None) -> None:
        """Save what differs; a name that is taken is asked about first, unless it is `over` which may go."""
        self._ask_about(None)
        name, changed = self._name.value.strip(), self._now()
        file = self._file.parent / f"{slug(name)}.yml"
        if not name or not changed:
            self._say("Give it a name first." if not name else "Nothing is changed, so there is nothing to save.")
            return
        if is_of(self._scenario, file):
            self._say(f"{file.name} is what the new scenario would extend; choose another name.")
            return
        if file.exists() and file != over:
            self._say(f"{file.name} is there already. Overwrite it, or choose another name.")
            self._ask_about(file)
            return
        try:
            text = saved(name, self._scenario, changed, file)
            put(text, file)
        except Exception as error:  # a strategist gets a sentence, whatever it is
            self._say(f"{file.name} was not saved: {getattr(error, 'strerror', None) or error}.")
            return
        self._kept = (file, changed)
        self._listed()
        self._say(
            f"Saved as {file.parent.name}/{file.name}; it opens in this list of scenarios and with every command."
        )
        self._text.value = f"<pre>{escape(text)}</pre>"

    def _say(self, text: str) -> None:
        self._told.value, self._text.value = f"<p>{escape(text)}</p>", ""

    async def _made(self) -> None:
        """Make the report as the command does, in a process of its own, and say how long it has been at it."""
        self._report.disabled, start = True, time.monotonic()
        work = asyncio.ensure_future(asyncio.to_thread(subprocess.run, self._command(), capture_output=True, text=True))
        try:
            while not work.done():
                seconds = time.monotonic() - start
                self._done.value = (
                    f"<p><progress></progress> The report is being made: {seconds:.0f} seconds so far.</p>"
                )
                await asyncio.wait([work], timeout=1)
            self._done.value = _outcome(work.result())
        except Exception as error:
            self._done.value = f"<p>The report could not be made: {escape(str(error))}.</p>"
        finally:
            self._report.disabled = False

    def _command(self) -> list[str]:
        """Return the command that makes the report: of what was saved, where nothing moved since, else with values set."""
        changed = dict(self._now())
        file, changed = (self._kept[0], {}) if self._kept and self._kept[1] == changed else (self._file, changed)
        changed |= {each.path: each.new for each in self._scenario.origin.overrides}  # the desk's draws and seed
        sets = [word for path, value in changed.items() for word in ("--set", f"{path}={written(value)}")]
        words = ["-m", "simlib", "report", os.path.abspath(file), "--out", str(places.reports(file))]
        return [sys.executable, *words, *sets]


def _outcome(done: subprocess.CompletedProcess) -> str:
    """Return the link to a report, or what went wrong in the command's own words."""
    lines = [line for line in (done.stderr if done.returncode else done.stdout).splitlines() if line.strip()]
    if not lines:
        return f"<p>The report was not made: the command said nothing (exit code {done.returncode}).</p>"
    if done.returncode:
        told = escape(" ".join(lines[-3:]))
        return f"<p>The report was not made: {PAGE.sub(lambda page: _link(page[0], 'what there is of it'), told)}</p>"
    return f"<p>The report is made: {_link(lines[-1], 'open it')}.</p>"


def _link(page: str, text: str) -> str:
    """Return a link to a page where the server has it, else its name."""
    if address := _address(Path(page)):
        return f'<a href="{escape(address)}" target="_blank" rel="noopener">{text}</a>'
    return f"<code>{escape(page)}</code>"


def _address(page: Path) -> str | None:
    """Return the address of a file on the Jupyter server that started this kernel; None where that serves other folders."""
    from jupyter_core.paths import jupyter_runtime_dir

    file = Path(jupyter_runtime_dir(), f"jpserver-{os.environ.get('JPY_PARENT_PID')}.json")
    try:
        server = json.loads(file.read_text(encoding="utf-8"))
        inside = page.resolve().relative_to(Path(server["root_dir"]).resolve())
    except (OSError, ValueError, KeyError):
        return None
    return f"{server['base_url']}files/{quote(inside.as_posix())}"
