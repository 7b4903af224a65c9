"""What stands above every scenario on the desk: which one it is, the way back, how sure the answer is, faults, reports."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from ipywidgets import HTML, Button, Dropdown, HBox, Output, VBox

from simlib.present.desk import places
from simlib.present.desk.later import Calls
from simlib.present.desk.reporting import Reporting

PAGE = Path(__file__).parents[1] / "templates" / "desk"


class Head:
    """The list of scenarios, undo and reset, the status line, and room for a fault and for reports.

    `choose` is called with the file that is chosen, `undo` and `reset` with nothing.
    """

    def __init__(
        self, choose: Callable[[Path], None], undo: Callable[[], None], reset: Callable[[], None], calls: Calls
    ):
        self.message, self.status, self._listing = HTML(), HTML(), False
        self._chooser = Dropdown(description="Scenario")
        self._undo, self._reset = Button(description="Undo", icon="undo"), Button(description="Reset all", icon="times")
        self.reporting = Reporting()
        top = HBox([self._chooser, self._undo, self._reset, self.status])
        self.widget = VBox([_style(), _script(), top, self.message, self.reporting.widget])
        for widget, name in (
            (top, "desk-top"), (self._chooser, "desk-scenario"), (self._undo, "desk-undo"), (self._reset, "desk-reset"),
            (self.status, "desk-status"), (self.message, "desk-message"),
        ):  # fmt: skip
            widget.add_class(name)
        self._undo.on_click(calls(lambda _: undo()))
        self._reset.on_click(calls(lambda _: reset()))
        self._chooser.observe(calls(lambda change: None if self._listing else choose(change["new"])), "value")
        self.may(False, False)

    def list_shelf(self, file: Path, otherwise: str) -> None:
        """List the scenarios beside a file, which is chosen; where there are none, the file alone under another name."""
        self._listing = True
        try:
            self._chooser.options = places.shelf(file) or self._chooser.options or [(otherwise, file)]
            self._chooser.value = next((known for _, known in self._chooser.options if known == file), None)
        finally:
            self._listing = False

    def name_of(self, file: Path) -> str:
        """Return the name under which a file is listed."""
        return next(name for name, known in self._chooser.options if known == file)

    def may(self, undo: bool, reset: bool) -> None:
        """Let there be a way back, or none."""
        self._undo.disabled, self._reset.disabled = not undo, not reset

    def tell(self, draws: int, whole: int, share: float | None = None) -> None:
        """Say on how many draws of all the answer rests, and what is under way."""
        rests = draws == whole
        later = f"all {whole:,} when you pause" if share is None else f"{share:.0%} of all {whole:,} done"
        text = f"At rest, on all {whole:,} draws" if rests else f"A quick look, on {draws} draws; {later}"
        self.status.value = f'<span data-draws="{draws}" data-state="{"rest" if rests else "quick"}">{text}</span>'

    def say(self, text: str) -> None:
        """Tell a fault, a paragraph for each line."""
        lines = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
        self.message.value = f'<div role="alert">{lines}</div>'


def _style() -> HTML:
    return HTML(f"<style>{(PAGE / 'desk.css').read_text(encoding='utf-8')}</style>")


def _script() -> Output:
    """Return the desk's script, which runs where the desk is shown."""
    script = (PAGE / "desk.js").read_text(encoding="utf-8")
    shown = {"output_type": "display_data", "data": {"application/javascript": script}, "metadata": {}}
    output = Output(outputs=(shown,))
    output.add_class("desk-script")
    return output
