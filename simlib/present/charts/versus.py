"""Figures of two scenarios side by side: their zones of agreement, and how present values differ."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, PAPER, QUIET, SHADE, THICK, WIDE, note


def zones(fees: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return both zones of agreement as bars from floor to ceiling, the ask in each; the second in the accent."""
    wide, half = width == WIDE, THICK[width] / 2
    figure = canvas.sheet(width, 192 if wide else 216)
    axes = canvas.panel(figure, 178 if wide else 12, 24, 30, 44)
    axes.set_xlim(min(0, fees.floor.min()), 1.02 * max(fees.floor.max(), fees.ceiling.max()))
    said = [f"ask {words.money(fee.ask, currency)}" if fee.exists else "no fee suits both" for fee in fees.itertuples()]
    names = list(fees.label) if wide else [f"{label}: {text}" for label, text in zip(fees.label, said, strict=True)]
    canvas.rows(axes, names, width, 14)
    for row, fee in enumerate(fees.itertuples()):
        colour = ACCENT if row else SHADE
        if fee.exists:
            axes.barh(row, fee.ceiling - fee.floor, left=fee.floor, height=2 * half, color=colour)
            axes.plot([fee.ask] * 2, [row - half, row + half], color=PAPER, linewidth=3, solid_capstyle="butt")
        else:
            axes.plot([fee.ceiling, fee.floor], [row, row], color=SHADE, linewidth=2, linestyle=(0, (2, 2)))
        if wide:
            at = fee.ask if fee.exists else max(0, fee.ceiling)
            note(axes, said[row], (at, row - half), (0, 3), "center bottom", "accent" if row else "plain")
    canvas.value_axis(axes, currency, currency, most=5 if wide else 4)
    return figure


def moved(differences: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return how far each present value moves: the mean difference, and a line from P10 to P90 of it over the draws."""
    wide = width == WIDE
    figure = canvas.sheet(width, 62 + (36 if wide else 48) * len(differences))
    axes = canvas.panel(figure, 236 if wide else 12, 112 if wide else 106, 12, 44)
    low, high = min(0, differences.p10.min(), differences["mean"].min()), max(0, differences.p90.max())
    axes.set_xlim(low, max(high, differences["mean"].max()))
    canvas.rows(axes, list(differences.result), width, 14)
    axes.axvline(0, color=QUIET, linewidth=1)
    for row, found in enumerate(differences.itertuples()):
        axes.plot([found.p10, found.p90], [row, row], color=SHADE, linewidth=4, solid_capstyle="butt")
        ends = [found.mean - found.error, found.mean + found.error]
        axes.plot(ends, [row, row], color=INK, linewidth=2, solid_capstyle="butt")
        axes.plot(found.mean, row, "o", color=ACCENT, markersize=8, markeredgecolor=PAPER, markeredgewidth=1.5)
        text = f"{'+' if found.mean > 0 else ''}{words.short(found.mean)} ± {words.short(found.error, 1)}"
        note(axes, text, (1, row), (8, 0), "left center", "plain", "axes data")
    canvas.value_axis(axes, currency, currency, most=5 if wide else 3)
    return figure
