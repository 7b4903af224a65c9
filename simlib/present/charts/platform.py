"""Figures of the whole platform: its lines, what comes in and goes out, when it breaks even, how many must pay."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, PAPER, QUIET, SHADE, WIDE, note
from simlib.present.charts.growth import bands, recent, years
from simlib.present.charts.sheet import Panel, Sheet

CELL, HEAD, FOOT, LEFT, GAP, EDGE, TITLE = 150, 34, 26, 44, 18, 18, 30  # of a small fan, pixels
SIDES = {"revenue": "Revenue", "costs": "Costs"}


def lines(table: DataFrame, past: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return every line by year as a small fan on one scale, revenue above costs; dots are what was and what happened.

    Lines told by quarter or month say so: `each`.
    """
    past = recent(past[past.series.isin(table.series)], table)
    first = min([table["at"].min(), *past["at"]])
    columns = 5 if width == WIDE else 2
    sides = [list(own.groupby("series", sort=False)) for _, own in table.groupby("side", sort=False)]
    heights = [TITLE + -(-len(own) // columns) * (CELL + HEAD + FOOT) for own in sides]
    figure = Sheet(width, sum(heights))
    room = (width - LEFT - EDGE - GAP * (columns - 1)) / columns
    top = max(table.p90.max(), past.value.max() if len(past) else 0)
    for at, own in enumerate(sides):
        above = sum(heights[:at])
        for index, (series, fan) in enumerate(own):
            line, column = divmod(index, columns)
            start, head = LEFT + column * (room + GAP), above + TITLE + line * (CELL + HEAD + FOOT) + HEAD
            panel = figure.panel(start, width - start - room, head, figure.bbox.height - head - CELL)
            panel.set_ylim(0, 1.14 * top)
            panel.set_xlim(first, table["at"].max())
            _line(panel, fan, past[past.series == series], currency, column == 0)
            if index == 0:
                title = f"{SIDES[fan.side.iloc[0]]} a {fan.each.iloc[0]}, {_unit(top, currency)}"
                note(panel, title, (0, 1), (8 - LEFT, HEAD + 4), "left bottom", "bold", "panel panel")
    return figure


def _line(panel: Panel, fan: DataFrame, past: DataFrame, currency: str, is_first: bool) -> None:
    """Draw one line's fan with its dots, its name above and its last median at its end."""
    bands(panel, fan)
    _dots(panel, past)
    scale = canvas.scale(panel.get_ylim(), currency, currency, 4)  # whose unit stands in the title of the side
    canvas.ticks(panel, "y", scale.at, scale.labels if is_first else (), has_grid=True)
    low, high = panel.get_xlim()
    at = [round(low + share * (high - low)) for share in (0.2, 0.8)]
    canvas.ticks(panel, "x", at, [str(year) for year in at])
    name = fan.label.iloc[0]
    note(panel, f"{name[0].upper()}{name[1:]}", (0, 1), (0, 6), "left bottom", within="panel panel")
    end = fan.iloc[-1]
    note(panel, words.short(end.p50), (end["at"], end.p90), (0, 3), "right bottom", "accent")


def _dots(panel: Panel, past: DataFrame) -> None:
    """Dot what was known, filled, and what happened after, open."""
    for figure in past.itertuples():
        colour = INK if figure.known else PAPER
        panel.plot(
            figure.at, figure.value, "o", color=colour, markeredgecolor=INK, markersize=4, clip_on=False, zorder=3
        )


def _unit(largest: float, currency: str) -> str:
    word = next((word for multiple, word in words.MULTIPLES if largest >= multiple), "")
    return f"{currency} {word}".strip()


def totals(table: DataFrame, past: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return revenue and costs by year: medians, and bands that hold four draws in five; dots are what was known."""
    wide, past = width == WIDE, recent(past, table)
    figure = Sheet(width, 320 if wide else 280)
    panel = figure.panel(44, 122 if wide else 114, 26, 30)
    last = {series: own.iloc[-1] for series, own in table.groupby("series", sort=False)}
    highest = max(last.values(), key=lambda end: end.p50)
    for series, own in table.groupby("series", sort=False):
        colour = ACCENT if series.endswith("revenue") else QUIET
        panel.fill_between(own["at"], own.p10, own.p90, color=colour, alpha=0.16, linewidth=0)
        panel.plot(own["at"], own.p50, color=colour, linewidth=2)
        end = own.iloc[-1]
        look, shift = ("accent" if colour == ACCENT else "bold"), 8 if end.series == highest.series else -8
        note(panel, f"{end.label} {words.short(end.p50)}", (end["at"], end.p50), (6, shift), look=look)
    _dots(panel, past)
    panel.set_xlim(min([table["at"].min(), *past["at"]]), table["at"].max())
    panel.set_ylim(0, 1.05 * table.p90.max())
    years(panel, 6 if wide else 4)
    canvas.value_axis(panel, currency, currency, "y")
    return figure


def chances(curve: DataFrame, first: DataFrame, width: int = WIDE) -> Figure:
    """Return the share of draws in profit for good by each date; a line marks the first profit that was seen."""
    wide, end = width == WIDE, curve.iloc[-1]
    figure = Sheet(width, 280 if wide else 260)
    panel = figure.panel(48, 60, 26, 30)
    panel.fill_between(curve["at"], 0, curve.probability, color=ACCENT, alpha=0.16, linewidth=0)
    panel.plot(curve["at"], curve.probability, color=ACCENT, linewidth=2, clip_on=False)
    note(panel, words.chance(end.probability), (end["at"], end.probability), (6, 0), look="accent")
    panel.set_xlim(curve["at"].min(), end["at"])
    panel.set_ylim(0, 1)
    for seen in first.itertuples():
        panel.axvline(seen.at, color=INK, linewidth=1, linestyle=(0, (3, 2)))
        said = f"first profit: {round(seen.at) - 1}"
        note(panel, said, (seen.at, 0.92), (-6, 0), "right center")
        panel.plot(seen.at, seen.probability, "o", color=PAPER, markeredgecolor=INK, markersize=6, zorder=3)
        note(panel, words.chance(seen.probability), (seen.at, seen.probability), (-6, 8), "right center")
    years(panel, 6 if wide else 4)
    canvas.value_axis(panel, "share", "", "y", 5)
    return figure


def paying(ratios: DataFrame, width: int = WIDE) -> Figure:
    """Return the share of the audience that are members, and the one that the platform needs: median, P10 to P90."""
    wide = width == WIDE
    figure = Sheet(width, 132 if wide else 168)
    panel = figure.panel(92 if wide else 12, 64 if wide else 24, 12, 44)
    panel.set_xlim(0, 1.04 * ratios.p90.max())
    canvas.rows(panel, list(ratios.label), width, 14)
    for row, found in enumerate(ratios.itertuples()):
        panel.plot([found.p10, found.p90], [row, row], color=SHADE, linewidth=4, solid_capstyle="butt")
        panel.plot(found.p50, row, "o", color=QUIET if row else ACCENT, markersize=9, markeredgecolor=PAPER)
        note(panel, words.percent(found.p50), (found.p50, row), (0, 9), "center bottom", "plain" if row else "accent")
    scale = canvas.scale(panel.get_xlim(), "share", "", 5 if wide else 4)
    canvas.ticks(panel, "x", scale.at, scale.labels, has_grid=True)
    canvas.below(panel, "members as a share of the audience in the last year")
    return figure
