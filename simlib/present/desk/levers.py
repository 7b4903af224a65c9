"""The levers of one input: sliders for its centre and for how sure it is, or a choice; each with its source on hover."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from ipywidgets import HTML, Dropdown, SelectionSlider, VBox

from simlib.present import values
from simlib.present.desk.grids import WIDTHS, centres, widths
from simlib.present.desk.inputs import Input, Setting
from simlib.present.desk.later import Calls
from simlib.scenario.moved import form_in

YES_NO = {True: "yes", False: "no"}
NOTE = 120  # letters of a note on hover


class Lever:
    """What moves one input; `moved(input, setting, lever)` is called with each move that a hand makes."""

    def __init__(self, found: Input, setting: Setting, moved: Callable[[Input, Setting, str], None], calls: Calls):
        self.found, self._moved, self._quiet = found, moved, False
        self._centre, self._sure = _centre(found), _sure(found)
        self._beneath, ends = HTML(), [] if found.choices else [word for word, _ in self._centre.options]
        self._range = f"{ends[0]} to {ends[-1]}" if ends else ""
        self._beneath.add_class("desk-beneath")
        parts = [part for part in (self._centre, self._beneath, self._sure) if part]
        self.widget = VBox(parts)
        self.widget.add_class("desk-control")
        self.show(setting)
        for part, lever in ((self._centre, "centre"), (self._sure, "sure")):
            if part:
                part.observe(calls(lambda _, lever=lever: self._hand(lever)), "value")

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
        unit = f'<span class="desk-unit">{escape(_unit(self.found))}</span>' if _unit(self.found) else ""
        texts = escape(self._range), unit, escape(_spread(self.found, setting))
        self._beneath.value = " · ".join(text for text in texts if text)


def why_none(found: Input) -> HTML:
    """Return why an input has no lever: what stands there, and where to change it."""
    why = f"“{found.label}” is {said(found, found.as_it_is)}: no lever can move it alone; change it in {found.place}."
    shown = HTML(f'<p class="desk-quiet">{escape(why)}</p>')
    shown.add_class("desk-fixed")
    return shown


def said(found: Input, setting: Setting) -> str:
    """Return what a setting makes of an input, as the register would say it."""
    value = found.value(setting)
    if isinstance(value, bool):
        return YES_NO[value]
    text = values.said(value)
    return text if "share" in found.unit or not found.unit else f"{text} {found.unit}"


def _unit(found: Input) -> str:
    """Return what of an input's unit does not stand beside its number, as percent and the currency do."""
    first, _, rest = found.unit.partition(" ")
    return rest if values.brief(0.5, first) != values.brief(0.5, "") else found.unit


def _spread(found: Input, setting: Setting) -> str:
    """Return how an input is spread where it is drawn."""
    text = values.said(found.value(setting)) if found.is_drawn and setting.width else ""
    return text.removeprefix(f"{form_in(found.written)}, ")


def hover(found: Input) -> str:
    """Return what a lever says on hover: what it means, where it stands, where the figure comes from."""
    note = found.note if len(found.note) <= NOTE else found.note[: NOTE - 1] + "…"
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
    asked = f"How sure are you of “{found.label}”? The spread around the centre, against that in the file."
    slider = SelectionSlider(options=options, value=1.0, description="how sure", tooltip=asked)
    slider.add_class("desk-sure")
    return slider
