"""Figures of growth: a fan with its history, and small fans side by side."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame, concat

from simlib.present import names, words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, LINE, PAPER, WIDE, note
from simlib.present.charts.sheet import Panel, Sheet

BANDS = (("p10", "p90", 0.12), ("p25", "p75", 0.3))
ENDS = (("p10", "P10 ", "quiet"), ("p50", "", "accent"), ("p90", "P90 ", "quiet"))
FLOWS = {"gross_adds": (ACCENT, "accent"), "churned": (INK, "plain")}
FLOW_NAMES = {"gross_adds": "join", "churned": "leave"}
TWO_LINES = 36  # pixels of a label
CELL, HEAD, FOOT, LEFT, GAP, EDGE = 170, 44, 26, 44, 16, 18  # of a small fan, pixels


def fan(paths: DataFrame, past: DataFrame, width: int = WIDE) -> Figure:
    """Return one series by date: what was known, then the median with the middle half and four fifths of draws.

    What happened after the start, where it is in `past`, is dotted over the fan that never saw it.
    """
    wide, end, past = width == WIDE, paths.iloc[-1], recent(past, paths)
    known, after = past[past["known"].astype(bool)], past[~past["known"].astype(bool)]
    figure = Sheet(width, 320 if wide else 280)
    panel = figure.panel(46, 118 if wide else 92, 26, 30)
    panel.plot(known["at"], known["value"], color=INK, linewidth=2)
    for last in known.tail(1).itertuples():
        panel.plot(last.at, last.value, "o", color=INK, markersize=5)
        rises = last.value >= known["value"].iloc[-2:].iloc[0]
        note(panel, "known", (last.at, last.value), (-6, 8 if rises else -10), "right center")
    bands(panel, joined(known, paths))
    happened(panel, after)
    for point, said, look in ENDS:
        number = words.count(end[point]) if wide else words.short(end[point], 3)
        number = words.percent(end[point]) if end["unit"] == "share" else number
        note(panel, f"{said}{number}", (end["at"], end[point]), (6, 0), look=look)
    panel.set_xlim(min([*known["at"], paths["at"].iloc[0]]), end["at"])
    values = [0, *known["value"], *after["value"], paths.p10.min(), paths.p90.max()]
    panel.set_ylim(1.05 * min(values), 1.05 * max(values))
    years(panel, 6 if wide else 4)
    unit = end["unit"]
    canvas.value_axis(panel, unit, unit if unit.isupper() else "", "y")  # of units, currencies alone are capitals
    return figure


def recent(past: DataFrame, paths: DataFrame) -> DataFrame:
    """Return what of a history is shown beside fans: up to their end, and so that they have a quarter of the width at least.

    >>> past = DataFrame({"at": [2010.0, 2015.0, 2016.0, 2018.0]})
    >>> recent(past, DataFrame({"at": [2017.0, 2017.75]}))["at"].tolist()
    [2015.0, 2016.0]
    """
    first, last = paths["at"].min(), paths["at"].max()
    return past[past["at"].between(last - 4 * max(last - first, 0.25), last + 1e-9)]


def joined(known: DataFrame, paths: DataFrame) -> DataFrame:
    """Return a fan with the last known figure at its head, where that lies no farther before it than its own periods do.

    >>> fan = DataFrame({"at": [2017.0, 2017.25], "p50": [88.0, 94.0]})
    >>> joined(DataFrame({"at": [2016.5, 2016.75], "value": [80.0, 83.0]}), fan).p50.tolist()
    [83.0, 88.0, 94.0]
    """
    last, first = known.tail(1), paths["at"].iloc[0]
    apart = paths["at"].diff().max()
    if last.empty or not 0 < first - last["at"].iloc[0] <= 1.01 * apart:
        return paths
    points = [column for column in paths if column == "p50" or column in {end for band in BANDS for end in band[:2]}]
    head = DataFrame({"at": last["at"].to_numpy()} | dict.fromkeys(points, last["value"].to_numpy()))
    return concat([head, paths[["at", *points]]], ignore_index=True)


def flows(paths: DataFrame, width: int = WIDE) -> Figure:
    """Return who joins and who leaves by date: the median of each with four fifths of draws around it."""
    wide = width == WIDE
    figure = Sheet(width, 320 if wide else 280)
    panel = figure.panel(44, 106 if wide else 88, 26, 30)
    ends = []
    for series, own in paths.groupby("series", sort=False):
        colour, look = FLOWS[series]
        panel.fill_between(own["at"], own.p10, own.p90, color=colour, alpha=0.16, linewidth=0)
        panel.plot(own["at"], own.p50, color=colour, linewidth=2)
        ends.append((own.iloc[-1], look, FLOW_NAMES[series]))
    panel.set_xlim(paths["at"].min(), paths["at"].max())
    panel.set_ylim(min(0, 1.05 * paths.p10.min()), 1.05 * paths.p90.max())
    ends.sort(key=lambda each: each[0].p50)
    between = (ends[-1][0].p50 - ends[0][0].p50) * panel.bbox.height / (panel.get_ylim()[1] - panel.get_ylim()[0])
    apart = max(0, TWO_LINES - between) / 2  # pixels that the lower label gives way, and the upper
    for (end, look, said), shift in zip(ends, (-apart, apart), strict=len(ends) > 1):
        note(panel, f"{said}\n{words.short(end.p50, 3)}", (end["at"], end.p50), (6, shift), look=look)
    years(panel, 6 if wide else 4)
    canvas.value_axis(panel, paths["unit"].iloc[0], "", "y")
    return figure


def happened(panel: Panel, after: DataFrame) -> None:
    """Dot what happened after the start; a lower bound points up."""
    for figure in after.itertuples():
        mark = "^" if figure.status == "lower bound" else "o"
        panel.plot(
            figure.at, figure.value, mark, color=PAPER, markeredgecolor=INK, markersize=5, clip_on=False, zorder=3
        )
    for first in after.head(1).itertuples():
        rises = after["value"].iloc[:2].iloc[-1] >= first.value  # then its right side is free below, else its left
        note(
            panel, "happened", (first.at, first.value), (4 if rises else -4, -8), f"{'left' if rises else 'right'} top"
        )


def panels(paths: DataFrame, width: int = WIDE) -> Figure:
    """Return several series side by side on one scale, each with its last median."""
    every = list(paths.groupby("series", sort=False))
    columns = min(len(every), 5 if width == WIDE else 2)
    figure = Sheet(width, -(-len(every) // columns) * (CELL + HEAD + FOOT))
    room = (width - LEFT - EDGE - GAP * (columns - 1)) / columns
    for index, (name, own) in enumerate(every):
        line, column = divmod(index, columns)
        start, above = LEFT + column * (room + GAP), line * (CELL + HEAD + FOOT) + HEAD
        panel = figure.panel(start, width - start - room, above, figure.bbox.height - above - CELL)
        bands(panel, own)
        panel.set_xlim(own["at"].min(), own["at"].max())
        panel.set_ylim(0, 1.16 * paths.p90.max())
        scale = canvas.scale(panel.get_ylim(), own["unit"].iloc[0], "", 4)
        canvas.ticks(panel, "y", scale.at, scale.labels if column == 0 else (), has_grid=True)
        years(panel, 2 if columns > 1 else 6)
        market = canvas.two_lines(names.name(name.partition(".")[2]), 17)
        note(panel, market, (0, 1), (0, 6), "left bottom", within="panel panel")
        end = own.iloc[-1]
        note(panel, words.percent(end.p50), (end["at"], end.p90), (0, 3), "right bottom", "accent")
    return figure


def bands(panel: Panel, paths: DataFrame) -> None:
    """Draw the median of a fan and the bands around it."""
    for low, high, alpha in BANDS:
        panel.fill_between(paths["at"], paths[low], paths[high], color=ACCENT, alpha=alpha, linewidth=0)
    panel.plot(paths["at"], paths["p50"], color=ACCENT, linewidth=2)


def years(panel: Panel, most: int) -> None:
    """Put whole years on the axis of dates, or months where it holds less than two."""
    low, high = panel.get_xlim()
    if high - low < 2:
        at = canvas.round_values((low, high), most // 2 + 1, steps=[2.5, 5, 10])
        labels = [f"{words.date(year)[:3]} {words.date(year)[-4:]}" for year in at]
    else:
        at = canvas.round_values((low, high), most, integer=True)
        labels = [f"{year:.0f}" for year in at]
    canvas.ticks(panel, "x", at, labels, pad=9)
    panel.axhline(0, color=LINE, linewidth=1)
