"""Figures of two scenarios side by side, the first grey, the second in the accent: zones, present values, fans, chances."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, PAPER, QUIET, SHADE, THICK, WIDE, note
from simlib.present.charts.growth import years
from simlib.present.charts.sheet import Panel, Sheet

COLOURS, LINES, LOOKS = (SHADE, ACCENT), (INK, ACCENT), ("plain", "accent")
STYLES = ((0, (4, 2)), "-")  # of lines, for those who cannot tell the colours
LONGEST = 30  # letters of a package's name
LINE_APART = 15  # pixels between two labels


def zones(fees: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return both zones of agreement as bars from floor to ceiling, the ask in each; the second in the accent."""
    wide, half = width == WIDE, THICK[width] / 2
    figure = Sheet(width, 192 if wide else 216)
    panel = figure.panel(178 if wide else 12, 24, 30, 44)
    panel.set_xlim(min(0, fees.floor.min()), 1.02 * max(fees.floor.max(), fees.ceiling.max()))
    said = [f"ask {words.money(fee.ask, currency)}" if fee.exists else "no fee suits both" for fee in fees.itertuples()]
    names = list(fees.label) if wide else [f"{label}: {text}" for label, text in zip(fees.label, said, strict=True)]
    canvas.rows(panel, names, width, 14)
    for row, fee in enumerate(fees.itertuples()):
        colour = ACCENT if row else SHADE
        if fee.exists:
            panel.barh(row, fee.ceiling - fee.floor, left=fee.floor, height=2 * half, color=colour)
            panel.plot([fee.ask] * 2, [row - half, row + half], color=PAPER, linewidth=3, solid_capstyle="butt")
        else:
            panel.plot([fee.ceiling, fee.floor], [row, row], color=SHADE, linewidth=2, linestyle=(0, (2, 2)))
        if wide:
            at = fee.ask if fee.exists else max(0, fee.ceiling)
            note(panel, said[row], (at, row - half), (0, 3), "center bottom", "accent" if row else "plain")
    canvas.value_axis(panel, currency, currency, most=5 if wide else 4)
    return figure


def moved(differences: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return how far each present value moves: the mean difference, and a line from P10 to P90 of it over the draws."""
    wide = width == WIDE
    figure = Sheet(width, 62 + (36 if wide else 48) * len(differences))
    panel = figure.panel(236 if wide else 12, 112 if wide else 106, 12, 44)
    low, high = min(0, differences.p10.min(), differences["mean"].min()), max(0, differences.p90.max())
    panel.set_xlim(low, max(high, differences["mean"].max()))
    canvas.rows(panel, list(differences.result), width, 14)
    panel.axvline(0, color=QUIET, linewidth=1)
    for row, found in enumerate(differences.itertuples()):
        panel.plot([found.p10, found.p90], [row, row], color=SHADE, linewidth=4, solid_capstyle="butt")
        ends = [found.mean - found.error, found.mean + found.error]
        panel.plot(ends, [row, row], color=INK, linewidth=2, solid_capstyle="butt")
        panel.plot(found.mean, row, "o", color=ACCENT, markersize=8, markeredgecolor=PAPER, markeredgewidth=1.5)
        text = f"{'+' if found.mean > 0 else ''}{words.short(found.mean)} ± {words.short(found.error, 1)}"
        note(panel, text, (1, row), (8, 0), "left center", "plain", "panel data")
    canvas.value_axis(panel, currency, currency, most=5 if wide else 3)
    return figure


def both_worths(values: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return what each package is worth in both: means as dots, lines from P10 to P90, the second below the first."""
    wide, every = width == WIDE, list(values.groupby("output", sort=False))
    figure = Sheet(width, 56 + 52 * len(every))
    panel = figure.panel(236 if wide else 12, 24, 12, 44)
    panel.set_xlim(min(0, values.p10.min()), max(0, values.p90.max()))
    told = [[words.short(mean) for mean in own["mean"]] for _, own in every]
    said = [one if one == other else f"{one} \N{RIGHTWARDS ARROW} {other}" for one, other in told]
    labels = [f"{canvas.cut(own.label.iloc[0], LONGEST)}: {text}" for (_, own), text in zip(every, said, strict=True)]
    canvas.rows(panel, labels, width, 14)
    panel.axvline(0, color=QUIET, linewidth=1)
    for row, (_, own) in enumerate(every):
        for each in own.itertuples():
            at, colour = row + 0.2 * each.which, COLOURS[each.which]
            panel.plot([each.p10, each.p90], [at, at], color=colour, linewidth=4, solid_capstyle="butt")
            panel.plot(each.mean, at, "o", color=colour, markersize=8, markeredgecolor=PAPER, markeredgewidth=1.5)
    canvas.value_axis(panel, currency, currency, most=5 if wide else 4)
    return figure


def both_fans(paths: DataFrame, width: int = WIDE) -> Figure:
    """Return one series of both by date: medians, and bands that hold four draws in five."""
    wide, unit = width == WIDE, paths.unit.iloc[0]
    figure, panel = _by_date(width)
    ends = []
    for which, own in paths.groupby("which"):
        colour, last = COLOURS[which], own.iloc[-1]
        panel.fill_between(own["at"], own.p10, own.p90, color=colour, alpha=(0.35, 0.16)[which], linewidth=0)
        panel.plot(own["at"], own.p50, color=LINES[which], linewidth=2, linestyle=STYLES[which])
        ends.append((last["at"], last.p50, words.percent(last.p50, 3) if unit == "share" else words.short(last.p50, 3)))
    panel.set_xlim(paths["at"].min(), paths["at"].max())
    panel.set_ylim(min(0, 1.05 * paths.p10.min()), 1.05 * paths.p90.max())
    _labelled(panel, ends)
    years(panel, 6 if wide else 4)
    canvas.value_axis(panel, unit, unit if unit.isupper() else "", "y")
    return figure


def both_chances(curves: DataFrame, width: int = WIDE) -> Figure:
    """Return the share of draws in profit for good by each date, in both."""
    figure, panel = _by_date(width)
    ends = []
    for which, own in curves.groupby("which"):
        colour, last = LINES[which], own.iloc[-1]
        panel.plot(own["at"], own.probability, color=colour, linewidth=2, linestyle=STYLES[which], clip_on=False)
        ends.append((last["at"], last.probability, words.chance(last.probability)))
    panel.set_xlim(curves["at"].min(), curves["at"].max())
    panel.set_ylim(0, 1)
    _labelled(panel, ends)
    years(panel, 6 if width == WIDE else 4)
    canvas.value_axis(panel, "share", "", "y", 5)
    return figure


def _by_date(width: int) -> tuple[Figure, Panel]:
    wide = width == WIDE
    figure = Sheet(width, 280 if wide else 224)
    return figure, figure.panel(48, 84 if wide else 72, 26, 30)


def _labelled(panel: Panel, ends: list[tuple[float, float, str]]) -> None:
    """Label the ends of two lines, pushed apart where they meet, once where they say the same."""
    (_, first, one), (_, second, other) = ends
    pixels = (second - first) * panel.bbox.height / (panel.get_ylim()[1] - panel.get_ylim()[0])
    apart = max(0.0, LINE_APART - abs(pixels)) / 2 * (1 if pixels >= 0 else -1)
    for (at, value, said), shift, look in zip(ends, (-apart, apart), LOOKS, strict=True):
        if one != other or look == LOOKS[1]:
            note(panel, said, (at, value), (6, shift if one != other else 0), look=look)
