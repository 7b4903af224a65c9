"""The board of levers: what matters most first, then section by section, and a search through all of them."""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import HTML, Text, ToggleButton, VBox, Widget

from simlib.present import names
from simlib.present.desk.closing import closed
from simlib.present.desk.grids import centres
from simlib.present.desk.inputs import Input, Setting
from simlib.present.desk.later import Calls
from simlib.present.desk.levers import Lever, why_none
from simlib.present.desk.tweaks import Tweaks

FOUND = 12  # levers shown for a search
SECTIONS = {"fx": "Exchange rates", "discount_rates": "Discount rates", "risk": "Appetite for risk"}


class Section:
    """A heading that opens and closes what is under it, which `levers` makes when it is first looked at."""

    def __init__(self, title: str, levers: Callable[[tuple[Input, ...]], tuple[Widget, ...]], calls: Calls):
        self._levers, self._own = levers, ()
        self.heading, self._inside = ToggleButton(description=title), VBox()
        self.heading.add_class("desk-heading")
        self.heading.observe(calls(lambda _: self._turn()), "value")
        self.widget = VBox([self.heading, self._inside])

    def hold(self, own: tuple[Input, ...]) -> None:
        """Have some inputs under the heading."""
        if own != self._own:
            self._own = own
            self._turn()

    def _turn(self) -> None:
        self.heading.icon = "caret-down" if self.heading.value else "caret-right"
        self._inside.children = self._levers(self._own) if self.heading.value else ()


class Board:
    """Levers, made when they are first looked at; `moved` is called as each lever calls it."""

    def __init__(
        self,
        found: tuple[Input, ...],
        first: tuple[Input, ...],
        tweaks: Tweaks,
        moved: Callable[[Input, Setting, str], None],
        calls: Calls,
    ):
        self._found, self._tweaks, self._moved, self._calls = found, tweaks, moved, calls
        self._levers: dict[Input, Lever] = {}
        self._fixed: dict[Input, HTML] = {}
        self._search = Text(placeholder="find a number, e.g. churn", description="Find", continuous_update=True)
        self._search.add_class("desk-search")
        self._search.observe(calls(lambda _: self._look()), "value")
        self._results, self._hint = VBox(), HTML()
        self._most, sections = Section("What matters most", self._movable, calls), []
        self._most.hold(first)
        for title, own in self._grouped():
            sections.append(Section(title, self._movable, calls))
            sections[-1].hold(own)
        self._most.heading.value = True
        self._sections = VBox([section.widget for section in (self._most, *sections)])
        self.widget = VBox([self._search, self._results, self._sections])
        self.widget.add_class("desk-board")

    def show(self) -> None:
        """Let every lever stand where the tweaks say."""
        for found, lever in self._levers.items():
            lever.show(self._tweaks.at(found))

    def rank(self, most: tuple[str, ...]) -> None:
        """Let what matters most be the inputs of some paths."""
        by_path = {found.path: found for found in self._found}
        self._most.hold(tuple(by_path[path] for path in most))

    def close(self) -> None:
        """Let go of every lever."""
        closed([self.widget, self._hint, *self._fixed.values(), *(lever.widget for lever in self._levers.values())])

    def _lever(self, found: Input) -> Widget:
        if found in self._fixed:
            return self._fixed[found]
        if found not in self._levers and not found.choices and len(centres(found)) == 1:
            return self._fixed.setdefault(found, why_none(found))
        if found not in self._levers:
            self._levers[found] = Lever(found, self._tweaks.at(found), self._moved, self._calls)
        return self._levers[found].widget

    def _grouped(self) -> list[tuple[str, tuple[Input, ...]]]:
        groups: dict[str, list[Input]] = {}
        for found in self._found:
            groups.setdefault(found.section, []).append(found)
        return [(_title(section), tuple(own)) for section, own in groups.items()]

    def _movable(self, own: tuple[Input, ...]) -> tuple[Widget, ...]:
        """Return the levers of inputs, and why there is none of those that can stand nowhere else."""
        return tuple(self._lever(found) for found in own)

    def _look(self) -> None:
        """Show what the search finds in place of the sections."""
        words = self._search.value.lower().split()
        text = {found: f"{found.label} {found.path} {found.meaning}".lower() for found in self._found}
        hits = tuple(found for found in self._found if words and all(word in text[found] for word in words))
        shown = self._movable(hits[:FOUND])
        more = f"{len(hits)} found; the first {FOUND} are shown" if len(hits) > FOUND else ""
        none = "nothing is called so" if words and not hits else ""
        self._hint.value = f'<p class="desk-quiet">{more or none}</p>'
        self._results.children = (*shown, self._hint) if words else ()
        self._sections.layout.display = "none" if words else None


def _title(section: str) -> str:
    head, _, deal = section.partition(".")
    return f"Deal: {names.name(deal)}" if deal else SECTIONS.get(head, names.plain(head).capitalize())
