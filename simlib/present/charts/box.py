"""The figure of the box in which it goes wrong."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, LINE, SHADE, THICK, WIDE, note
from simlib.present.charts.sheet import Sheet

LONG, BREAK = (
    42,
    {False: " ", True: "\n"},
)  # letters of a row's label where there is little room, and what follows its name


def box(ranges: DataFrame, width: int = WIDE) -> Figure:
    """Return which part of each input's draws is in the box; below, how many of its draws go wrong, and what it holds.

    A tick marks how many of all draws go wrong.
    """
    wide, half, first = width == WIDE, THICK[width] / 2, ranges.iloc[0]
    wrong, losing = ("lose", "Losing draws") if first.loses else ("are the worst", "Worst draws")
    labels = [*ranges.label, "Draws in the box", losing]
    said = [*ranges.said, f"{words.chance(first.density)} {wrong} ({words.chance(first.share)} of all)"]
    said.append(f"{words.chance(first.coverage)} are in the box")
    figure = Sheet(width, 60 + (36 if wide else 56) * len(labels))
    panel = figure.panel(212 if wide else 12, 190 if wide else 24, 8, 46)
    panel.set_xlim(0, 1)
    if not wide:
        labels = [f"{one}:{BREAK[len(one + two) > LONG]}{two}" for one, two in zip(labels, said, strict=True)]
    canvas.rows(panel, labels, width, 14)
    parts = [(row.from_share, row.to_share, ACCENT) for row in ranges.itertuples()]
    for row, (start, end, colour) in enumerate([*parts, (0, first.density, SHADE), (0, first.coverage, SHADE)]):
        panel.barh(row, 1, height=2 * half, color=LINE)
        panel.barh(row, end - start, left=start, height=2 * half, color=colour)
        if wide:
            note(panel, said[row], (1, row), (8, 0))
    at = len(parts)
    panel.plot([first.share] * 2, [at - half, at + half], color=INK, linewidth=2, solid_capstyle="butt")
    shares = canvas.scale((0, 1), "share", "", 5 if wide else 4)
    canvas.ticks(panel, "x", shares.at, shares.labels)
    canvas.below(panel, "share of draws, an input's from its lowest value up")
    return figure
