"""The desk itself: levers on the left, what they change on the right, and the way from a move to its answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ipywidgets import VBox

from simlib.present.desk import pictures, places
from simlib.present.desk.aside import Aside, Shown, sentences
from simlib.present.desk.closing import closed
from simlib.present.desk.head import Head
from simlib.present.desk.inputs import Input, Setting
from simlib.present.desk.laid import Hands, Laid
from simlib.present.desk.later import Calls, looping
from simlib.scenario.load import load
from simlib.scenario.overrides import DRAWN

PAUSE = 0.5  # seconds without a move after which all draws are taken
BREATH = 0.005  # seconds in which the kernel hears of the next move
STILL = 1000  # draws of figures that stay as they are
LOST = "Choose “{name}” once more to leave what is changed here behind ({count} changed), or save it first."


class Desk:
    """A scenario on the desk: widgets where a notebook has them, else still figures."""

    def __init__(self, scenario: str, given: Mapping[str, Any]):
        self._file = places.found(scenario)
        self._drawn = {path: value for path, value in given.items() if path in DRAWN}
        self._calls = calls = Calls(lambda error: self._head.say(sentences(error)))
        self._head = Head(self._choose, lambda: self._back(self._laid.tweaks.undo), self._reset_all, calls)
        self._body = VBox()
        self.widget = VBox([self._head.widget, self._body])
        self.widget.add_class("simlib-desk")
        self._laid: Laid | None = None
        self._aside: Aside | None = None
        self._task: asyncio.Task | None = None
        self._moved = asyncio.Event()
        self._leaving: Path | None = None
        self._open(self._file, {path: value for path, value in given.items() if path not in DRAWN})
        self._head.list_shelf(self._file, scenario)

    def _repr_mimebundle_(self, **given: Any) -> dict[str, Any]:
        """Return the widget, and still figures for whoever has none, but in a JupyterLab that is there to show it."""
        shown = self.widget._repr_mimebundle_(**given)
        return shown if "JPY_SESSION_NAME" in os.environ else {**shown, "text/html": self._still()}

    def close(self) -> None:
        """Let go of every widget and of the process that works aside."""
        if self._task:
            self._task.cancel()
        self._clear()
        closed([self.widget])

    def _still(self) -> str:
        if self._laid is None:
            return self._head.message.value
        answers, changed = self._laid.answers, self._laid.tweaks.overrides()
        return pictures.still(answers.answer(changed, min(STILL, answers.all_draws)))

    def _choose(self, file: Path) -> None:
        """Put another scenario on the desk; where tweaks would be lost, only when it is chosen a second time."""
        if file == self._file:
            return
        changed = len(self._laid.tweaks) if self._laid else 0
        if changed and file != self._leaving:
            self._leaving = file
            self._head.say(LOST.format(count=changed, name=self._head.name_of(file)))
        else:
            self._open(file, {})
        self._list_shelf()

    def _list_shelf(self) -> None:
        self._head.list_shelf(self._file, self._file.name)

    def _open(self, file: Path, given: Mapping[str, Any]) -> None:
        """Put a scenario on the desk; what cannot be read or shown is told, and what was there stays."""
        self._head.status.value, self._head.message.value = "Reading the scenario …", ""
        try:
            self._lay(file, given)
        except Exception as error:  # a strategist gets a sentence, whatever it is
            self._head.say(sentences(error))
            self._tell()

    def _lay(self, file: Path, given: Mapping[str, Any]) -> None:
        """Make all that a scenario needs, and then let it take the place of what was there."""
        hands = Hands(self._move, self._take, self._back, self._list_shelf, self._head.reporting)
        laid = Laid(load(file, self._drawn), file, given, hands, self._calls)
        self._clear()
        self._file, self._laid, self._leaving = file, laid, None
        self._body.children = (laid.widget,)
        self._tell()
        self._aside = Aside(laid.answers.scenario, self._calls(self._hear)) if looping() else None
        self._start()

    def _clear(self) -> None:
        """Let go of the scenario that was on the desk before."""
        if self._aside:
            self._aside.close()
        if self._laid:
            self._laid.close()

    def _move(self, found: Input, setting: Setting, lever: str) -> None:
        self._laid.tweaks.set(found, setting, lever)
        self._start()

    def _take(self, found: Input, setting: Setting, lever: str) -> None:
        self._back(lambda: self._laid.tweaks.set(found, setting, lever))

    def _reset_all(self) -> None:
        self._back(self._laid.tweaks.reset_all)

    def _back(self, step: Callable[[], None]) -> None:
        """Take a step that no lever made, and let the levers follow."""
        step()
        self._laid.board.show()
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
            await self._draw()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), PAUSE)
        self._aside.ask(self._laid.tweaks.overrides())

    async def _draw(self) -> None:
        """Draw the pictures until the next move."""
        laid = self._laid
        for picture in list(laid.suiting):
            if self._moved.is_set():
                break
            laid.views.draw(picture.name, pictures.drawn(picture, laid.comparison))
            laid.suiting.append(laid.suiting.pop(0))  # who was not drawn comes first the next time
            await asyncio.sleep(BREATH)

    def _hear(self, said: float | Shown | str) -> None:
        """Show what was found aside: how far it is, all of it, or a fault."""
        if isinstance(said, Shown):
            self._laid.views.show(said.figures, said.sentences)
            for name, drawn in said.pictures.items():
                self._laid.views.draw(name, drawn)
            self._laid.board.rank(said.most)
            self._head.tell(said.draws, self._laid.answers.all_draws)
        elif isinstance(said, str):
            self._head.say(said)
        else:
            self._tell(said)

    def _quick(self) -> None:
        try:
            found = self._laid.answers.quickly(self._laid.tweaks.overrides())
        except Exception as error:  # whatever it is, a strategist gets a sentence and the lever back
            self._head.say(sentences(error))
            self._laid.tweaks.give_up()
            self._laid.board.show()
            return
        self._laid.tweaks.hold()
        self._head.message.value = ""
        self._laid.show(found)
        self._tell()

    def _tell(self, share: float | None = None) -> None:
        """Say how sure the quick look is, the share done of all draws, and whether there is a way back."""
        if self._laid is None:
            self._head.status.value = ""
            return
        tweaks = self._laid.tweaks
        self._head.may(tweaks.can_undo, len(tweaks) > 0)
        self._head.tell(self._laid.comparison.one.draws, self._laid.answers.all_draws, share)
