"""What is worth keeping: the tweaks as a scenario of their own, and its report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from ipywidgets import HTML, Button, HBox, Text, VBox

from simlib.present.desk import places
from simlib.present.desk.changed import written
from simlib.present.desk.later import Calls
from simlib.present.desk.reporting import Reporting
from simlib.present.report import slug
from simlib.scenario.load import Scenario
from simlib.scenario.saved import is_of, put, saved


class Kept(NamedTuple):
    """What was saved last: its name, its file, and the values in which it differs."""

    name: str
    file: Path
    values: Mapping[str, Any]


class Keeping:
    """A name to save under, the YAML that was saved, its report; `now` returns the values set.

    `list_shelf` is called when there is a new file, and `reporting` tells of the report.
    """

    def __init__(
        self,
        scenario: Scenario,
        file: Path,
        now: Callable[[], Mapping[str, Any]],
        calls: Calls,
        list_shelf: Callable[[], None],
        reporting: Reporting,
    ):
        self._scenario, self._file, self._now = scenario, file, now
        self._list_shelf, self._reporting = list_shelf, reporting
        self._kept: Kept | None = None
        self._name = Text(description="Name", placeholder="e.g. Lower fee")
        self._save = Button(description="Save as scenario…", icon="save")
        self._over = Button(description="Overwrite it")
        self._result, self._text = HTML(), HTML()
        self._report = Button(description="Make the report", icon="file")
        for widget, name in (
            (self._name, "desk-save-name"), (self._save, "desk-save"), (self._over, "desk-overwrite"),
            (self._result, "desk-saved"), (self._text, "desk-yaml"), (self._report, "desk-report"),
        ):  # fmt: skip
            widget.add_class(name)
        self._ask_about(None)
        self._name.observe(calls(lambda _: self._ask_about(None)), "value")
        self._save.on_click(calls(lambda _: self._saved(None)))
        self._over.on_click(calls(lambda _: self._saved(self._asked)))
        self._report.on_click(calls(lambda _: calls.soon(self._make)))
        buttons = HBox([self._save, self._over])
        self.widget = VBox([self._name, buttons, self._result, self._text, self._report])
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
        self._kept = Kept(name, file, changed)
        self._list_shelf()
        self._say(
            f"Saved as {file.parent.name}/{file.name}; it opens in this list of scenarios and with every command."
        )
        self._text.value = f"<pre>{escape(text)}</pre>"

    def _say(self, text: str) -> None:
        self._result.value, self._text.value = f"<p>{escape(text)}</p>", ""

    async def _make(self) -> None:
        """Make the report as the command does; a second one is asked for once it is made."""
        self._report.disabled = True
        try:
            await self._reporting.make(*self._asked_for())
        finally:
            self._report.disabled = False

    def _asked_for(self) -> tuple[str, list[str]]:
        """Return what the report is of, and its command: what was saved, where nothing moved since, else with values set."""
        changed = dict(self._now())
        about, file = f"“{self._scenario.name}”{' as tweaked' if changed else ''}", self._file
        if self._kept and self._kept.values == changed:
            about, file, changed = f"“{self._kept.name}”", self._kept.file, {}
        changed |= {each.path: each.new for each in self._scenario.origin.overrides}  # the desk's draws and seed
        sets = [word for path, value in changed.items() for word in ("--set", f"{path}={written(value)}")]
        words = ["-m", "simlib", "report", os.path.abspath(file), "--out", str(places.reports(file))]
        return about, [sys.executable, *words, *sets]
