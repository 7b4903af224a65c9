"""The levers of one input: sliders for its centre and for how sure it is, or a choice; each with its source on hover."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from ipywidgets import HTML, Dropdown, SelectionSlider, VBox

from simlib.present import values
from simlib.present.desk.grids import WIDTHS, centres, widths
from simlib.present.desk.inputs import Input, Setting
from simlib.scenario.moved import form_in

YES_NO = {True: "yes", False: "no"}
TOLD = 120  # letters of a note on hover


class Lever:
    """What moves one input; `moved(input, setting, lever)` is called with each move that a hand makes."""

    def __init__(self, found: Input, setting: Setting, moved: Callable[[Input, Setting, str], None]):
        self.found, self._moved, self._quiet = found, moved, False
        self._centre, self._sure = _centre(found), _sure(found)
        self._told, ends = HTML(), [] if found.choices else [word for word, _ in self._centre.options]
        self._range = f"{ends[0]} to {ends[-1]}" if ends else ""
        self._told.add_class("desk-told")
        parts = [part for part in (self._centre, self._told, self._sure) if part]
        self.widget = VBox(parts)
        self.widget.add_class("desk-control")
        self.show(setting)
        for part, lever in ((self._centre, "centre"), (self._sure, "sure")):
            if part:
                part.observe(lambda _, lever=lever: self._hand(lever), "value")

    def show(self, setting: Setting) -> None:
        """Stand where a setting says, without telling anybody."""
        self._quiet = True
        try:
            self._offer(setting.to)
            self._centre.value = setting.to
            if self._sure:
                self._sure.value = setting.width
        finally:
            self._quiet = False
        self._tell(setting)

    def _offer(self, value: Any) -> None:
        """Let the slider stand at a value that it has no step for, under words that no other value has."""
        named = dict(self._centre.options)
        if value not in named.values():
            word = values.brief(value, self.found.unit)
            named[f"{word} ({value:.9g})" if word in named else word] = value
            self._centre.options = sorted(named.items(), key=lambda pair: pair[1])

    def _hand(self, lever: str) -> None:
        if self._quiet:
            return
        setting = Setting(self._centre.value, self._sure.value if self._sure else 1.0)
        self._tell(setting)
        self._moved(self.found, setting, lever)

    def _tell(self, setting: Setting) -> None:
        """Say beneath what the value is now, in the words of the register."""
        self._told.value = escape(" · ".join(text for text in (self._range, _spread(self.found, setting)) if text))


def why_none(found: Input) -> HTML:
    """Return why an input has no lever: what stands there, and where to change it."""
    why = f"“{found.label}” is {said(found, found.as_it_is)}: no lever can move it alone; change it in {found.place}."
    told = HTML(f'<p class="desk-quiet">{escape(why)}</p>')
    told.add_class("desk-fixed")
    return told


def said(found: Input, setting: Setting) -> str:
    """Return what a setting makes of an input, as the register would say it."""
    value = found.value(setting)
    if isinstance(value, bool):
        return YES_NO[value]
    text = values.said(value)
    return text if "share" in found.unit or not found.unit else f"{text} {found.unit}"


def _spread(found: Input, setting: Setting) -> str:
    """Return the unit of an input, and how it is spread where it is drawn."""
    said_of = values.said(found.value(setting)) if found.is_drawn and setting.width else ""
    spread = said_of.removeprefix(f"{form_in(found.written)}, ")
    return " · ".join(text for text in (found.unit.removeprefix("share").strip(), spread) if text)


def hover(found: Input) -> str:
    """Return what a lever says on hover: what it means, where it stands, where the figure comes from."""
    note = found.note if len(found.note) <= TOLD else found.note[: TOLD - 1] + "…"
    lines = [found.meaning, f"Source: {found.source}", note, found.place]
    return "\n".join(line for line in lines if line)


def _centre(found: Input) -> Any:
    if found.choices:
        options = [(YES_NO.get(choice, str(choice)), choice) for choice in found.choices]
        return Dropdown(options=options, value=found.as_it_is.to, description=found.label, tooltip=hover(found))
    options = _options(found, centres(found))
    return SelectionSlider(options=options, value=found.as_it_is.to, description=found.label, tooltip=hover(found))


def _options(found: Input, grid: Any) -> list[tuple[str, float]]:
    """Return values with their words; of two that sound alike the file's own stays."""
    named: dict[str, float] = {}
    for value in grid:
        word = values.brief(value, found.unit)
        if named.get(word) != found.as_it_is.to:
            named[word] = value
    return sorted(named.items(), key=lambda pair: pair[1])


def _sure(found: Input) -> SelectionSlider | None:
    offered = () if found.choices else widths(found)
    if len(offered) < 2:
        return None
    options = [(WIDTHS[width], width) for width in offered]
    told = f"How sure are you of “{found.label}”? The spread around the centre, against that in the file."
    slider = SelectionSlider(options=options, value=1.0, description="how sure", tooltip=told)
    slider.add_class("desk-sure")
    return slider
