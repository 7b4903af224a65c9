"""The list of what was changed: each input with its old and its new value, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from ipywidgets import HTML, Button, HBox, VBox

from simlib.decide.difference import Comparison
from simlib.present import still
from simlib.present.desk.closing import closed
from simlib.present.desk.inputs import Input
from simlib.present.desk.levers import said
from simlib.present.desk.tweaks import Tweaks
from simlib.scenario.overrides import flow


class Changed:
    """The list, and a button beside each change; `reset` is called with the input to put back."""

    def __init__(self, tweaks: Tweaks, reset: Callable[[Input], None]):
        self._tweaks, self._reset = tweaks, reset
        self._rows: dict[Input, HBox] = {}
        self._more = HTML()
        self.widget = VBox([self._more])
        self.widget.add_class("desk-changes")

    def show(self, comparison: Comparison) -> None:
        """List what differs now, and what no longer holds because of it."""
        for found, setting in self._tweaks.settings.items():
            old, new = said(found, found.as_it_is), said(found, setting)
            text, _ = self._row(found).children
            text.value = f"<b>{escape(found.label)}</b><br>{escape(old)} → <ins>{escape(new)}</ins>"
        notes = [*self._given(), *still.sentences(comparison.other.scenario)]
        notes = notes if notes or len(self._tweaks) else ["Nothing is changed."]
        self._more.value = "".join(f'<p class="desk-quiet">{escape(text)}</p>' for text in notes)
        self.widget.children = (*(self._rows[found] for found in self._tweaks.settings), self._more)

    def close(self) -> None:
        """Let go of every row."""
        closed(self._rows.values())

    def _given(self) -> list[str]:
        return [f"{path} from the start: {written(value)}" for path, value in self._tweaks.given.items()]

    def _row(self, found: Input) -> HBox:
        """Return the row of an input, made when it is first changed and kept."""
        if found not in self._rows:
            back = Button(description="Reset", tooltip=f"Put “{found.label}” back to what the file says")
            back.add_class("desk-reset-one")
            back.on_click(lambda _: self._reset(found))
            self._rows[found] = HBox([HTML(), back])
            self._rows[found].add_class("desk-change")
        return self._rows[found]


def written(value: object) -> str:
    """Return a value as `--set` takes it."""
    return value if isinstance(value, str) else flow(value)
