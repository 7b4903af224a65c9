"""The desk itself: levers on the left, what they change on the right, and the flow from a move to its answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Button, Dropdown, HBox, VBox

from simlib.decide.difference import Comparison
from simlib.present.desk import figures, pictures, places
from simlib.present.desk.answers import Answers
from simlib.present.desk.board import Board
from simlib.present.desk.inputs import Input, Setting, first, inputs
from simlib.present.desk.levers import said
from simlib.present.desk.rest import Rest
from simlib.present.desk.tweaks import Tweaks, overrides
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load

STYLE = Path(__file__).parents[1] / "templates" / "desk" / "desk.css"
PAUSE = 0.5  # seconds without a move after which all draws are taken
BREATH = 0.005  # seconds in which the kernel hears of the next move


def named(widget: Any, *classes: str) -> Any:
    """Return a widget with classes, by which the page and its tests know it."""
    for name in classes:
        widget.add_class(name)
    return widget


class Desk:
    """A scenario on the desk; shown by a notebook as widgets, and as still figures where there are none."""

    def __init__(self, scenario: str, given: Mapping[str, Any]):
        self._given = dict(given)
        self._rest, self._task, self._dirty = Rest(), None, False
        self._message = named(HTML(), "desk-message")
        self._status = named(HTML(), "desk-status")
        self._body = VBox()
        file = places.found(scenario)
        self._chooser = named(Dropdown(description="Scenario"), "desk-scenario")
        self._chooser.options = places.shelf(file) if file.is_file() else [(scenario, file)]
        self._chooser.value = file
        self._chooser.observe(lambda change: self._open(change["new"], {}), "value")
        style = HTML(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
        top = named(HBox([self._chooser, self._status]), "desk-top")
        self.widget = named(VBox([style, top, self._message, self._body]), "simlib-desk")
        self._open(file, self._given)

    def _repr_mimebundle_(self, **given: Any) -> dict[str, Any]:
        return self.widget._repr_mimebundle_(**given)

    def _open(self, file: Path, given: Mapping[str, Any]) -> None:
        """Put a scenario on the desk."""
        try:
            self._file, self._answers = file, Answers(load(file))
        except ScenarioError as error:
            self._say(error)
            return
        self._message.value = ""
        outcome = self._answers.own(self._answers.quick)
        self._tweaks, found = Tweaks(), inputs(outcome)
        self._board = Board(found, first(outcome, found), self._tweaks, self._move)
        self._figures, self._sentences = named(HTML(), "desk-figures"), named(HTML(), "desk-sentences")
        self._suiting = pictures.suiting(self._answers.scenario)
        self._pictures = {picture.name: HTML() for picture in self._suiting}
        self._changes = named(VBox(), "desk-changes")
        self._undo, self._reset = (
            self._button("Undo", "undo", "desk-undo"),
            self._button("Reset all", "times", "desk-reset"),
        )
        self._undo.on_click(lambda _: self._back(self._tweaks.undo))
        self._reset.on_click(lambda _: self._back(self._tweaks.reset))
        left = named(VBox([self._board.widget]), "desk-left")
        changed = VBox([HBox([self._undo, self._reset]), self._changes])
        shown = named(HBox(list(self._pictures.values())), "desk-pictures")
        right = named(VBox([self._figures, self._sentences, shown, changed]), "desk-right")
        self._body.children = (named(HBox([left, right]), "desk-body"),)
        self._last = list(self._suiting)
        self._good: dict[Input, Setting] = {}
        self._quick()
        for picture in self._suiting:
            self._draw(picture)
        self._start()

    @staticmethod
    def _button(text: str, icon: str, name: str) -> Button:
        return named(Button(description=text, icon=icon), name)

    def _move(self, found: Input, setting: Setting, lever: str) -> None:
        self._tweaks.set(found, setting, lever)
        self._start()

    def _back(self, step: Any) -> None:
        step()
        self._board.show()
        self._start()

    def _start(self) -> None:
        """Let the answer be worked out anew, in the kernel's loop where there is one."""
        self._dirty = True
        self._rest.drop()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._quick()
            return
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._answer())

    async def _answer(self) -> None:
        """Answer quickly as long as levers move, with all draws once they rest."""
        while self._dirty:
            self._dirty = False
            self._quick()
            await asyncio.sleep(BREATH)
            for picture in list(self._last):
                if self._dirty:
                    break
                self._draw(picture)
                self._last.remove(picture)
                self._last.append(picture)
                await asyncio.sleep(BREATH)
            if not self._dirty:
                await asyncio.sleep(PAUSE)
            if not self._dirty:
                await self._fully()

    async def _fully(self) -> None:
        changed, answers, loop = (
            overrides(self._answers.scenario, self._tweaks.settings),
            self._answers,
            asyncio.get_running_loop(),
        )
        told = -1

        def progress(share: float) -> None:
            nonlocal told
            if int(20 * share) > told:
                told = int(20 * share)
                loop.call_soon_threadsafe(self._tell, share)

        def job(stop: threading.Event) -> Comparison:
            return answers.fully(changed, stop, progress)

        found = await self._rest.work(job)
        if found is None or self._dirty:
            return
        self._show(found)
        for picture in self._suiting:
            self._draw(picture)
            await asyncio.sleep(BREATH)

    def _quick(self) -> None:
        try:
            found = self._answers.quickly(overrides(self._answers.scenario, self._tweaks.settings))
        except ScenarioError as error:
            self._say(error)
            self._tweaks.settings = dict(self._good)
            self._board.show()
            return
        self._good = dict(self._tweaks.settings)
        self._message.value = ""
        self._show(found)

    def _show(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._figures.value, self._sentences.value = figures.html(comparison), figures.sentences(comparison)
        self._tell(None)
        self._list()

    def _draw(self, picture: pictures.Picture) -> None:
        self._pictures[picture.name].value = pictures.drawn(picture, self._comparison)

    def _tell(self, share: float | None) -> None:
        """Say on how many draws the answer rests, and what is under way."""
        draws, whole = self._comparison.one.draws, self._answers.all_draws
        rest = draws == whole
        text = f"At rest: all {whole:,} draws" if rest else f"A quick look: {draws} draws"
        if not rest:
            text += f"; {whole:,} at rest" if share is None else f"; of {whole:,} draws {share:.0%} are done"
        self._status.value = f'<span data-draws="{draws}" data-state="{"rest" if rest else "quick"}">{text}</span>'

    def _list(self) -> None:
        """List what was changed, each with its old and its new value and a way back."""
        rows = []
        for found, setting in self._tweaks.settings.items():
            old, new = said(found, found.as_it_is), said(found, setting)
            text = HTML(f"<b>{escape(found.label)}</b><br>{escape(old)} → {escape(new)}")
            back = Button(description="Reset", tooltip=f"Put “{found.label}” back")
            back.on_click(lambda _, found=found: self._back(lambda: self._tweaks.reset(found)))
            rows.append(HBox([text, back]))
        self._changes.children = rows or [HTML('<p class="desk-quiet">Nothing is changed.</p>')]
        self._undo.disabled, self._reset.disabled = not self._tweaks.can_undo, not self._tweaks.settings

    def _say(self, error: Exception) -> None:
        lines = "".join(f"<p>{escape(line)}</p>" for line in str(error).splitlines())
        self._message.value = f'<div role="alert">{lines}</div>'
