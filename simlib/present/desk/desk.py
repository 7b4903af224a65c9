"""The desk itself: levers on the left, what they change on the right, and the way from a move to its answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Button, Dropdown, HBox, VBox

from simlib.decide.difference import Comparison
from simlib.present.desk import figures, pictures, places
from simlib.present.desk.answers import Answers
from simlib.present.desk.aside import Aside, Shown, sentences
from simlib.present.desk.asking import Asking
from simlib.present.desk.board import Board
from simlib.present.desk.changed import Changed
from simlib.present.desk.closing import closed
from simlib.present.desk.inputs import Input, Setting, inputs
from simlib.present.desk.keeping import Keeping
from simlib.present.desk.later import Calls, looping
from simlib.present.desk.ranking import first
from simlib.present.desk.tweaks import Tweaks
from simlib.present.desk.views import Views
from simlib.scenario.load import load
from simlib.scenario.overrides import DRAWN

STYLE = Path(__file__).parents[1] / "templates" / "desk" / "desk.css"
PAUSE = 0.5  # seconds without a move after which all draws are taken
BREATH = 0.005  # seconds in which the kernel hears of the next move
STILL = 1000  # draws of figures that stay as they are
CHANGES = "Changes"
LOST = "Choose “{name}” once more to leave what is changed here behind ({count} changed), or save it first."


class Desk:
    """A scenario on the desk: widgets where a notebook has them, else still figures."""

    def __init__(self, scenario: str, given: Mapping[str, Any]):
        self._file = file = places.found(scenario)
        self._drawn = {path: value for path, value in given.items() if path in DRAWN}
        self._calls = calls = Calls(lambda error: self._say(sentences(error)))
        self._message, self._status, self._body = HTML(), HTML(), VBox()
        self._chooser = Dropdown(description="Scenario", options=places.shelf(file) or [(scenario, file)])
        self._undo, self._reset = Button(description="Undo", icon="undo"), Button(description="Reset all", icon="times")
        self._undo.disabled = self._reset.disabled = True
        self._undo.on_click(calls(lambda _: self._back(self._tweaks.undo)))
        self._reset.on_click(calls(lambda _: self._back(self._tweaks.reset_all)))
        top, style = HBox([self._chooser, self._undo, self._reset, self._status]), HTML(f"<style>{_style()}</style>")
        self.widget = VBox([style, top, self._message, self._body])
        for widget, name in (
            (self.widget, "simlib-desk"), (top, "desk-top"), (self._chooser, "desk-scenario"), (self._undo, "desk-undo"),
            (self._reset, "desk-reset"), (self._status, "desk-status"), (self._message, "desk-message"),
        ):  # fmt: skip
            widget.add_class(name)
        self._aside, self._task, self._answers, self._moved = None, None, None, asyncio.Event()
        self._leaving: Path | None = None
        self._open(file, {path: value for path, value in given.items() if path not in DRAWN})
        self._list_shelf()
        self._chooser.observe(calls(lambda change: self._choose(change["new"])), "value")

    def _repr_mimebundle_(self, **given: Any) -> dict[str, Any]:
        """Return the widget, and still figures for whoever has none, but in a JupyterLab that is there to show it."""
        shown = self.widget._repr_mimebundle_(**given)
        return shown if "JPY_SESSION_NAME" in os.environ else {**shown, "text/html": self._still()}

    def close(self) -> None:
        """Let go of every widget and of the process that works aside."""
        if self._task:
            self._task.cancel()
        self._cleared()
        closed([self.widget])

    def _still(self) -> str:
        if self._answers is None:
            return self._message.value
        return pictures.still(self._answers.answer(self._changed(), min(STILL, self._answers.all_draws)))

    def _list_shelf(self) -> None:
        """List the scenarios there are, the one on the desk chosen."""
        self._listing = True
        try:
            self._chooser.options = places.shelf(self._file) or self._chooser.options
            self._chooser.value = next((known for _, known in self._chooser.options if known == self._file), None)
        finally:
            self._listing = False

    def _choose(self, file: Path) -> None:
        """Put another scenario on the desk; where tweaks would be lost, only when it is chosen a second time."""
        if self._listing or file == self._file:
            return
        if self._answers and len(self._tweaks) and file != self._leaving:
            self._leaving = file
            self._say(LOST.format(count=len(self._tweaks), name=dict(map(reversed, self._chooser.options))[file]))
        else:
            self._open(file, {})
        self._list_shelf()

    def _open(self, file: Path, given: Mapping[str, Any]) -> None:
        """Put a scenario on the desk; what cannot be read or shown is told, and what was there stays."""
        self._status.value, self._message.value = "Reading the scenario …", ""
        try:
            self._lay(file, given)
        except Exception as error:  # a strategist gets a sentence, whatever it is
            self._say(sentences(error))
            self._status.value = ""
            if self._answers:
                self._tell(self._comparison.one.draws)

    def _lay(self, file: Path, given: Mapping[str, Any]) -> None:
        """Make all that a scenario needs, and then let it take the place of what was there."""
        scenario, calls = load(file, self._drawn), self._calls
        answers = Answers(scenario)
        comparison = answers.quickly(given)
        found = inputs(answers.own(answers.quick))
        most = first(answers.own(answers.quick), found)  # for the moment; at rest all draws tell
        suiting, tweaks = list(pictures.suiting(scenario)), Tweaks(given, found)
        drawn = {picture.name: pictures.drawn(picture, comparison) for picture in suiting}
        board = Board(found, most, tweaks, calls(self._move))
        changes = Changed(tweaks, calls(lambda found: self._back(lambda: tweaks.reset(found))))
        keeping = Keeping(scenario, file, self._changed, calls, self._list_shelf)
        asking = Asking(tuple(dict.fromkeys([*most, *found])), comparison, calls(self._take), calls)
        asking.about(lambda: answers.tweaked(self._changed()))
        others = {CHANGES: changes, "Ask backwards": asking, "Save and report": keeping}
        views = Views(tuple(suiting), {title: view.widget for title, view in others.items()})
        self._cleared()
        self._file, self._answers, self._tweaks, self._leaving = file, answers, tweaks, None
        self._board, self._list, self._keeping, self._asking, self._views = board, changes, keeping, asking, views
        self._suiting = suiting
        body = HBox([board.widget, views.widget])
        body.add_class("desk-body")
        self._body.children = (body,)
        self._show(comparison)
        for name, picture in drawn.items():
            views.draw(name, picture)
        self._aside = Aside(answers.scenario, calls(self._hear)) if looping() else None
        self._start()

    def _cleared(self) -> None:
        """Let go of the scenario that was on the desk before."""
        if self._aside:
            self._aside.close()
        if self._answers:
            for part in (self._board, self._list, self._views):
                part.close()
            closed(self._body.children)

    def _changed(self) -> dict[str, Any]:
        return self._tweaks.overrides()

    def _move(self, found: Input, setting: Setting, lever: str) -> None:
        self._tweaks.set(found, setting, lever)
        self._start()

    def _take(self, found: Input, setting: Setting, lever: str) -> None:
        self._back(lambda: self._tweaks.set(found, setting, lever))

    def _back(self, step: Callable[[], None]) -> None:
        """Take a step that no lever made, and let the levers follow."""
        step()
        self._board.show()
        self._start()

    def _start(self) -> None:
        """Let the answer be worked out anew."""
        if self._aside is None:
            self._quick()
            return
        self._moved.set()
        if self._task is None or self._task.done():
            self._task = self._calls.soon(self._answer)

    async def _answer(self) -> None:
        """Answer quickly as long as levers move, and with all draws once they rest."""
        while self._moved.is_set():
            self._moved.clear()
            self._aside.ask(None)
            self._quick()
            await asyncio.sleep(BREATH)
            for picture in list(self._suiting):
                if self._moved.is_set():
                    break
                self._views.draw(picture.name, pictures.drawn(picture, self._comparison))
                self._suiting.append(self._suiting.pop(0))  # who was not drawn comes first the next time
                await asyncio.sleep(BREATH)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), PAUSE)
        self._aside.ask(self._changed())

    def _hear(self, said: float | Shown | str) -> None:
        """Show what was found aside: how far it is, all of it, or a fault."""
        if isinstance(said, Shown):
            self._views.show(said.figures, said.sentences)
            for name, drawn in said.pictures.items():
                self._views.draw(name, drawn)
            self._board.rank(said.most)
            self._tell(said.draws)
        elif isinstance(said, str):
            self._say(said)
        else:
            self._tell(self._comparison.one.draws, said)

    def _quick(self) -> None:
        try:
            found = self._answers.quickly(self._changed())
        except Exception as error:  # whatever it is, a strategist gets a sentence and the lever back
            self._say(sentences(error))
            self._tweaks.give_up()
            self._board.show()
            return
        self._tweaks.hold()
        self._message.value = ""
        self._show(found)

    def _show(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._views.show(figures.html(comparison), figures.sentences(comparison))
        self._list.show(comparison)
        self._views.name(CHANGES, f"{CHANGES} ({len(self._tweaks)})" if len(self._tweaks) else CHANGES)
        self._undo.disabled, self._reset.disabled = not self._tweaks.can_undo, not len(self._tweaks)
        self._tell(comparison.one.draws)

    def _tell(self, draws: int, share: float | None = None) -> None:
        """Say on how many draws the answer rests, and what is under way."""
        whole = self._answers.all_draws
        rests = draws == whole
        later = f"all {whole:,} when you pause" if share is None else f"{share:.0%} of all {whole:,} done"
        text = f"At rest, on all {whole:,} draws" if rests else f"A quick look, on {draws} draws; {later}"
        self._status.value = f'<span data-draws="{draws}" data-state="{"rest" if rests else "quick"}">{text}</span>'

    def _say(self, text: str) -> None:
        lines = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
        self._message.value = f'<div role="alert">{lines}</div>'


def _style() -> str:
    return STYLE.read_text(encoding="utf-8")
