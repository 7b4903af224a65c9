"""The figure of what each package brings and costs: a column a package, a row a line, all on one scale."""

from __future__ import annotations

from textwrap import wrap

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, LINE, PAPER, SHADE, THICK, WIDE, note
from simlib.present.charts.sheet import Panel, Sheet

MOST = {True: 4, False: 3}  # packages side by side
LABELS, GAP, NUMBER, FOOT, LETTER = 176, 12, 42, 8, 7.6  # pixels; a letter of a heading
HEAD, ROW, BAR = {True: 46, False: 70}, {True: 27, False: 40}, {True: THICK[WIDE], False: 0.3}


def worth(table: DataFrame, width: int = WIDE) -> Figure:
    """Return each package's income and costs, every bar beginning where the one above ends, down to its NPV.

    The dot is the mean of the net present value, on a line from its P10 to its P90.
    """
    wide = width == WIDE
    packages = [own for _, own in table[table.kind != "cash"].groupby("package", sort=False)]
    lines = [packages[at : at + MOST[wide]] for at in range(0, len(packages), MOST[wide])]
    columns, rows = len(lines[0]), len(packages[0])
    left, height = (LABELS if wide else 12), HEAD[wide] + ROW[wide] * rows + FOOT
    room = (width - left - 8 - GAP * (columns - 1)) / columns
    ends = [end for own in packages for end in (*own.amount[:-1].cumsum(), own.p10.iloc[-1], own.p90.iloc[-1])]
    low, high = min(0, *ends), max(0, *ends)
    spare = NUMBER * (high - low or 1) / (room - NUMBER)  # for the number beside the longest bar
    figure = Sheet(width, height * len(lines))
    for line, beside in enumerate(lines):
        for column, own in enumerate(beside):
            start, above = left + column * (room + GAP), line * height + HEAD[wide]
            panel = figure.panel(start, width - start - room, above, figure.bbox.height - (line + 1) * height + FOOT)
            panel.set_xlim(low, high + spare)
            canvas.rows(panel, list(own.line) if column == 0 else [""] * rows, width, 10)
            said = wrap(own.label.iloc[0], int(room / LETTER), max_lines=2 if wide else 3, placeholder="…")
            look = "accent" if own.recommended.iloc[0] else "bold"
            note(panel, "\n".join(said), (0, 1), (0, 6 if wide else 8), "left bottom", look, "panel panel")
            _package(panel, own, wide)
    return figure


def _package(panel: Panel, own: DataFrame, wide: bool) -> None:
    """Draw one package's bars, each with its number, and its net present value as a dot on its spread."""
    chosen, half, end = bool(own.recommended.iloc[0]), BAR[wide] / 2, 0.0
    colour = ACCENT if chosen else SHADE
    panel.axvline(0, color=LINE, linewidth=1)
    *lines, npv = own.itertuples()
    for row, line in enumerate(lines):
        panel.barh(row, line.amount, left=end, height=2 * half, color=colour)
        if line.amount:
            note(panel, words.short(line.amount), (max(end, end + line.amount), row), (4, 0), look="quiet")
        end += line.amount
        panel.plot([end, end], [row - half, row + 1 - half], color=SHADE, linewidth=1)
    panel.plot([npv.p10, npv.p90], [len(lines)] * 2, color=SHADE, linewidth=4, solid_capstyle="butt")
    panel.plot(npv.amount, len(lines), "o", color=colour if chosen else INK, markersize=8, markeredgecolor=PAPER)
    note(panel, words.short(npv.amount), (npv.p90, len(lines)), (6, 0), look="accent" if chosen else "bold")
