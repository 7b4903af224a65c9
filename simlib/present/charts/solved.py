"""Figures of questions asked backwards: a result against a term, with the values at which it is what it should be."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import values
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, PAPER, QUIET, WIDE, note
from simlib.present.charts.sheet import Panel, Sheet

LETTER = 8.4  # pixels, bold
LINE_HEIGHT, HEAD, FOOT, LEFT, GAP = 170, 56, 54, 52, 36  # of a small picture, pixels


def break_even(curves: DataFrame, roots: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return for each question the difference that should be zero against the term, its roots marked."""
    every = list(curves.groupby("question", sort=False))
    columns = min(len(every), 2 if width == WIDE else 1)
    room, height = (width - 14 - (LEFT + GAP) * columns + GAP) / columns, HEAD + LINE_HEIGHT + FOOT
    figure = Sheet(width, height * -(-len(every) // columns))
    for index, (question, seen) in enumerate(every):
        line, column = divmod(index, columns)
        start, above = LEFT + column * (room + LEFT + GAP), line * height + HEAD
        panel = figure.panel(start, width - start - room, above, figure.bbox.height - above - LINE_HEIGHT)
        _curve(panel, seen)
        _mark(panel, roots[(roots.question == question) & roots.value.notna()])
        canvas.value_axis(panel, seen.target_unit.iloc[0], currency, "y", 4)
        unit = seen.unit.iloc[0]
        canvas.value_axis(panel, "share" if unit.startswith("share") else unit, currency, "x", 4)
        note(
            panel,
            canvas.two_lines(seen.title.iloc[0], 40),
            (0, 1),
            (-LEFT + 4, 24),
            "left baseline",
            "bold",
            "panel panel",
        )
    return figure


def _curve(panel: Panel, seen: DataFrame) -> None:
    """Draw the difference and one Monte Carlo error on each side of it."""
    panel.fill_between(
        seen.term, seen.target - seen.error, seen.target + seen.error, color=ACCENT, alpha=0.2, linewidth=0
    )
    panel.plot(seen.term, seen.target, color=ACCENT, linewidth=2)
    panel.axhline(0, color=QUIET, linewidth=1)
    panel.set_xlim(seen.term.min(), seen.term.max())
    low, high = min(0, (seen.target - seen.error).min()), max(0, (seen.target + seen.error).max())
    panel.set_ylim(low - 0.2 * (high - low or 1), high + 0.2 * (high - low or 1))


def _mark(panel: Panel, roots: DataFrame) -> None:
    """Mark where the difference is zero, with the value."""
    low, high = panel.get_xlim()
    for root in roots.itertuples():
        panel.plot(root.value, 0, "o", color=ACCENT, markersize=9, markeredgecolor=PAPER, markeredgewidth=1.5)
        to_right = root.value < (low + high) / 2
        above = to_right == (root.slope <= 0)  # the side that the line leaves free
        said = values.in_unit(root.value, root.unit)
        spare = panel.bbox.width * (abs((high if to_right else low) - root.value) / (high - low)) - LETTER * len(said)
        shift = (min(0, spare) * (1 if to_right else -1), 8 if above else -8)  # back where it would leave the picture
        anchor = f"{'left' if to_right else 'right'} {'bottom' if above else 'top'}"
        note(panel, said, (root.value, 0), shift, anchor, "accent")
