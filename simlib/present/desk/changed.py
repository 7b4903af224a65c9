"""The list of what was changed: each input with its old and its new value, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from ipywidgets import HTML, Button, HBox, VBox

from simlib.present import names
from simlib.present.desk.inputs import Input
from simlib.present.desk.levers import said
from simlib.present.desk.tweaks import Tweaks, unpaired
from simlib.scenario.load import Scenario, flow


class Changed:
    """The list, and a button beside each change; `reset` is called with the inputs to put back."""

    def __init__(self, scenario: Scenario, tweaks: Tweaks, reset: Callable[[Input], None]):
        self._scenario, self._tweaks, self._reset = scenario, tweaks, reset
        self.widget = VBox()
        self.widget.add_class("desk-changes")
        self.show()

    def show(self) -> None:
        """List what differs now."""
        rows = [self._row(found) for found in self._tweaks.settings]
        rows += [
            _quiet(f"{path} from {flow(value) if not isinstance(value, str) else value}, set from the start")
            for path, value in self._tweaks.given.items()
        ]
        for one, other, rho in unpaired(self._scenario, self._tweaks.settings):
            pair = " and ".join(f"“{names.label(name)}”" for name in (one, other))
            rows.append(_quiet(f"The correlation of {pair} ({rho}) is left out: one of them is certain now."))
        for row in self.widget.children:
            row.close()
        self.widget.children = rows or [_quiet("Nothing is changed.")]

    def _row(self, found: Input) -> HBox:
        old, new = said(found, found.as_it_is), said(found, self._tweaks.settings[found])
        text = HTML(f"<b>{escape(found.label)}</b><br>{escape(old)} → <ins>{escape(new)}</ins>")
        back = Button(description="Reset", tooltip=f"Put “{found.label}” back to what the file says")
        back.add_class("desk-reset-one")
        back.on_click(lambda _: self._reset(found))
        row = HBox([text, back])
        row.add_class("desk-change")
        return row


def _quiet(text: str) -> HTML:
    return HTML(f'<p class="desk-quiet">{escape(text)}</p>')
