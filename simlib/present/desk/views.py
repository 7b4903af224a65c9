"""The right of the desk, one view at a time: what the tweaks change, in figures, words and pictures; and others."""

from __future__ import annotations

from typing import Any

from ipywidgets import HTML, HBox, ToggleButton, VBox

from simlib.present.desk.closing import closed
from simlib.present.desk.later import Calls
from simlib.present.desk.pictures import Picture

RESULTS = "Results"
LEGEND = (
    '<p class="desk-legend"><span class="was"></span> the scenario as it is <span class="now"></span> as tweaked; '
    "bands and lines hold four draws in five</p>"
)


class Views:
    """Key figures, sentences, pictures, and further views that are named when they are made."""

    def __init__(self, suiting: tuple[Picture, ...], others: dict[str, Any], calls: Calls):
        self._figures, self._sentences = HTML(), HTML()
        self._figures.add_class("desk-figures")
        self._sentences.add_class("desk-sentences")
        self._drawn = {picture.name: HTML() for picture in suiting}
        grid = VBox(list(self._drawn.values()))
        grid.add_class("desk-pictures")
        summary = VBox([self._figures, self._sentences])
        summary.add_class("desk-summary")
        self._views = {RESULTS: VBox([summary, HTML(LEGEND), grid]), **others}
        self._turned = {title: ToggleButton(description=title, value=title == RESULTS) for title in self._views}
        for title, button in self._turned.items():
            button.add_class("desk-tab")
            button.observe(calls(lambda change, title=title: self._turn(title, change["new"])), "value")
        tabs, self._place = HBox(list(self._turned.values())), VBox([self._views[RESULTS]])
        tabs.add_class("desk-tabs")
        self.widget = VBox([tabs, self._place])
        self.widget.add_class("desk-right")

    def show(self, figures: str, sentences: str) -> None:
        """Show key figures and sentences."""
        self._figures.value, self._sentences.value = figures, sentences

    def draw(self, name: str, drawn: str) -> None:
        """Show one picture."""
        self._drawn[name].value = drawn

    def close(self) -> None:
        """Let go of every view."""
        closed([self.widget, *self._views.values()])

    def name(self, title: str, text: str) -> None:
        """Let the button of a view say something else."""
        self._turned[title].description = text

    def _turn(self, title: str, is_on: bool) -> None:
        """Show one view in place of another; the one that is shown cannot be turned off."""
        if is_on:
            self._place.children = (self._views[title],)
        for other, button in self._turned.items():
            button.value = self._views[other] is self._place.children[0]
