"""What one scenario needs on the desk: its answers, its tweaks, the levers on the left and the views on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ipywidgets import HBox

from simlib.decide.difference import Comparison
from simlib.present.desk import figures, pictures
from simlib.present.desk.answers import Answers
from simlib.present.desk.asking import Asking
from simlib.present.desk.board import Board
from simlib.present.desk.changed import Changed
from simlib.present.desk.closing import closed
from simlib.present.desk.inputs import Input, Setting
from simlib.present.desk.keeping import Keeping
from simlib.present.desk.later import Calls
from simlib.present.desk.movable import inputs
from simlib.present.desk.ranking import first
from simlib.present.desk.reporting import Reporting
from simlib.present.desk.tweaks import Tweaks
from simlib.present.desk.views import Views
from simlib.scenario.load import Scenario

CHANGES = "Changes"


class Hands(NamedTuple):
    """What the parts call: a lever that moved, an answer that is taken, a step back, a file that was saved."""

    move: Callable[[Input, Setting, str], None]
    take: Callable[[Input, Setting, str], None]
    back: Callable[[Callable[[], None]], None]
    list_shelf: Callable[[], None]
    reporting: Reporting


class Laid:
    """A scenario's parts, which go together when another takes its place; `comparison` is what is shown."""

    def __init__(self, scenario: Scenario, file: Path, given: Mapping[str, Any], hands: Hands, calls: Calls):
        self.answers = answers = Answers(scenario)
        self.comparison = comparison = answers.quickly(given)
        own = answers.own(answers.quick)
        found = inputs(own)
        most = first(own, found)  # for the moment; at rest all draws tell
        self.tweaks = tweaks = Tweaks(given, found)
        self.suiting = list(pictures.suiting(scenario))
        drawn = {picture.name: pictures.drawn(picture, comparison) for picture in self.suiting}
        self.board = Board(found, most, tweaks, hands.move, calls)
        self.changes = Changed(tweaks, calls(lambda found: hands.back(lambda: tweaks.reset(found))))
        self.keeping = Keeping(scenario, file, tweaks.overrides, calls, hands.list_shelf, hands.reporting)
        self.asking = Asking(tuple(dict.fromkeys([*most, *found])), comparison, calls(hands.take), calls)
        self.asking.about(lambda: answers.tweaked(tweaks.overrides()))
        others = {CHANGES: self.changes, "Ask backwards": self.asking, "Save and report": self.keeping}
        self.views = Views(tuple(self.suiting), {title: view.widget for title, view in others.items()}, calls)
        self.widget = HBox([self.board.widget, self.views.widget])
        self.widget.add_class("desk-body")
        self.show(comparison)
        for name, picture in drawn.items():
            self.views.draw(name, picture)

    def show(self, comparison: Comparison) -> None:
        """Show the figures of a comparison, in words too, and the list of what is changed."""
        self.comparison, changed = comparison, len(self.tweaks)
        self.views.show(figures.html(comparison), figures.sentences(comparison))
        self.changes.show(comparison)
        self.views.name(CHANGES, f"{CHANGES} ({changed})" if changed else CHANGES)

    def close(self) -> None:
        """Let go of every part."""
        for part in (self.board, self.changes, self.views):
            part.close()
        closed([self.widget])
