"""Figures of growth: a fan with its history, and small fans side by side."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from pandas import DataFrame

from simlib.present import names, words
from simlib.present.charts.canvas import (
    ACCENT,
    INK,
    LINE,
    QUIET,
    SMALL,
    TEXT,
    WIDE,
    canvas,
    note,
    panel,
    two_lines,
    value_axis,
)

BANDS = (("p10", "p90", 0.18), ("p25", "p75", 0.3))


def fan(paths: DataFrame, past: DataFrame, width: int = WIDE) -> Figure:
    """Return one series by date: what was known, then the median with the middle half and four fifths of draws."""
    figure, axes = canvas(
        width, 320 if width == WIDE else 280, left=40, right=106 if width == WIDE else 82, top=26, bottom=30
    )
    axes.plot(past["at"], past["value"], color=INK, linewidth=2)
    if len(past):
        last = past.iloc[-1]
        axes.plot(last["at"], last["value"], "o", color=INK, markersize=5)
        note(axes, "known", (last["at"], last["value"]), (-6, 8), ha="right")
    _bands(axes, paths)
    end = paths.iloc[-1]
    for point, said in (("p10", "P10"), ("p50", ""), ("p90", "P90")):
        text = f"{said} {words.count(end[point]) if width == WIDE else words.short(end[point], 3)}".strip()
        middle = point == "p50"
        size, colour = (TEXT, ACCENT) if middle else (SMALL, QUIET)
        note(axes, text, (end["at"], end[point]), (6, 0), size=size, colour=colour, bold=middle)
    first = past["at"].iloc[0] if len(past) else paths["at"].iloc[0]
    axes.set_xlim(first, end["at"])
    axes.set_ylim(0, max(paths.p90.max(), past["value"].max() if len(past) else 0) * 1.05)
    _years(axes, 6 if width == WIDE else 4)
    value_axis(axes, end["unit"], "", "y")
    return figure


def panels(paths: DataFrame, width: int = WIDE) -> Figure:
    """Return several series side by side on one scale, each with its last median."""
    series = list(dict.fromkeys(paths.series))
    columns = min(len(series), 5 if width == WIDE else 2)
    lines = -(-len(series) // columns)
    cell, head, foot, left, gap = 170, 44, 26, 44, 16
    figure, unused = canvas(width, lines * (cell + head + foot))
    unused.remove()
    room = (width - left - 10 - gap * (columns - 1)) / columns
    top = paths.p90.max() * 1.08
    for index, name in enumerate(series):
        line, column = divmod(index, columns)
        own = paths[paths.series == name]
        start = left + column * (room + gap)
        above = line * (cell + head + foot) + head
        axes = panel(figure, start, width - start - room, above, figure.bbox.height - above - cell)
        _bands(axes, own)
        end = own.iloc[-1]
        axes.set_xlim(own["at"].min(), own["at"].max())
        axes.set_ylim(0, top)
        value_axis(axes, end["unit"], "", "y", 4)
        axes.texts[-1].set_visible(False)
        axes.tick_params(labelleft=column == 0)
        _years(axes, 2)
        note(
            axes, two_lines(names.name(name.partition(".")[2]), 17), (0, 1), (0, 6), "axes axes", va="bottom"
        )
        note(
            axes,
            words.percent(end.p50),
            (end["at"], end.p50),
            (0, 5),
            ha="right",
            va="bottom",
            size=TEXT,
            colour=ACCENT,
            bold=True,
        )
    return figure


def _bands(axes, paths: DataFrame) -> None:
    for low, high, alpha in BANDS:
        axes.fill_between(paths["at"], paths[low], paths[high], color=ACCENT, alpha=alpha, linewidth=0)
    axes.plot(paths["at"], paths["p50"], color=ACCENT, linewidth=2)


def _years(axes, most: int) -> None:
    """Put whole years on the axis of dates."""
    axes.xaxis.set_major_locator(MaxNLocator(most, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
    axes.tick_params(axis="x", pad=9)
    axes.axhline(0, color=LINE, linewidth=1)
