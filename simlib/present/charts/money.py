"""Figures of money: from receipts to each party, by year, by territory."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, LINE, QUIET, SHADE, THICK, WIDE, note
from simlib.present.charts.sheet import Panel, Sheet

EDGE = 0.6  # years, from the middle of the first bar and of the last to the edges
COLOURS = {"licensor": ACCENT, "licensee": QUIET, "other": QUIET}


def waterfall(steps: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return receipts flowing down to each party: every bar begins where the one above it ends."""
    wide, half = width == WIDE, THICK[width] / 2
    figure = Sheet(width, 52 + (30 if wide else 46) * len(steps))
    panel = figure.panel(178 if wide else 12, 136, 8, 44)
    panel.set_xlim(min(0, steps[["start", "end"]].min().min()), steps[["start", "end"]].max().max())
    canvas.rows(panel, list(steps.step), width, 12)
    for row, step in enumerate(steps.itertuples()):
        kept = step.kind in COLOURS
        panel.barh(row, step.amount, left=step.start, height=2 * half, color=COLOURS.get(step.kind, SHADE))
        said = words.money(-step.amount if kept else step.amount, currency)
        note(panel, said, (max(step.start, step.end), row), (6, 0), look="bold" if kept else "quiet")
        if row + 1 < len(steps):
            panel.plot([step.end, step.end], [row + half, row + 1 - half], color=SHADE, linewidth=1)
    panel.axvline(0, color=LINE, linewidth=1)
    canvas.value_axis(panel, currency, currency, most=5 if wide else 3)
    return figure


def yearly(cash: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return cash received less cash paid by year, a panel for each side of the deal."""
    sides = list(cash.groupby("label", sort=False))
    beside = len(sides) if width == WIDE else 1
    room, height = (width - 20 * (beside - 1)) / beside, 250 if width == WIDE else 220
    figure = Sheet(width, height * len(sides) // beside)
    low, high = min(cash.cash.min(), 0), max(cash.cash.max(), 0)
    spare = 0.14 * (high - low or 1)
    for index, (side, own) in enumerate(sides):
        line, column = divmod(index, beside)
        start, below = column * (room + 20) + 8, figure.bbox.height - (line + 1) * height
        panel = figure.panel(start, width - start - room + 16, line * height + 34, below + 30)
        panel.set_ylim(low - spare, high + spare)
        _years(panel, own, (high - low) / 200)
        note(panel, f"{side}, {currency}", (0, 1), (0, 14), look="bold", within="panel panel")
    return figure


def _years(panel: Panel, own: DataFrame, least: float) -> None:
    """Draw one side's bars, each with its number, told no finer than `least`."""
    panel.set_xlim(own.year.min() - EDGE, own.year.max() + EDGE)
    panel.bar(own.year, own.cash, width=0.62, color=COLOURS[own.role.iloc[0]])
    panel.axhline(0, color=QUIET, linewidth=1)
    canvas.ticks(panel, "x", list(own.year), [str(year) for year in own.year])
    for year, amount in zip(own.year, own.cash, strict=True):
        shift, anchor = ((0, 3), "center bottom") if amount > -least else ((0, -3), "center top")
        note(panel, words.short(words.rounded(amount, least)), (year, amount), shift, anchor)


def places(territories: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return what the title adds, territory by territory, then the rest of each region."""
    wide = width == WIDE
    figure = Sheet(width, 52 + (30 if wide else 46) * len(territories))
    panel = figure.panel(212 if wide else 12, 164, 8, 44)
    panel.set_xlim(min(0, territories.contribution.min()), max(0, territories.contribution.max()))
    several = [f" ({count})" if count > 1 else "" for count in territories["count"]]
    canvas.rows(panel, [place + count for place, count in zip(territories.place, several, strict=True)], width, 12)
    for row, place in enumerate(territories.itertuples()):
        panel.barh(row, place.contribution, height=THICK[width], color=SHADE if place.kind == "rest" else ACCENT)
        said = f"{words.money(place.contribution, currency)}, {words.percent(place.share)}"
        note(panel, said, (max(place.contribution, 0), row), (6, 0), look="quiet")
    panel.axvline(0, color=QUIET, linewidth=1)
    canvas.value_axis(panel, currency, currency, most=4 if wide else 3)
    return figure
