"""Figures of money: from receipts to each party, by year, by territory."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts.canvas import (
    ACCENT,
    INK,
    LINE,
    QUIET,
    SHADE,
    SMALL,
    TEXT,
    WIDE,
    canvas,
    note,
    panel,
    rows,
    value_axis,
)

COLOURS = {"licensor": ACCENT, "licensee": QUIET}


def waterfall(steps: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return receipts flowing down to each party: every bar begins where the one above it ends."""
    figure, axes = canvas(
        width, 52 + (30 if width == WIDE else 46) * len(steps), left=178 if width == WIDE else 12, right=136
    )
    low, high = min(0, steps[["start", "end"]].min().min()), steps[["start", "end"]].max().max()
    axes.set_xlim(low, high)
    rows(axes, list(steps.step), width, 12)
    thick = 0.62 if width == WIDE else 0.32
    for row, step in enumerate(steps.itertuples()):
        axes.barh(row, step.amount, left=step.start, height=thick, color=COLOURS.get(step.kind, SHADE))
        kept = step.kind in COLOURS
        amount = -step.amount if kept else step.amount
        note(
            axes,
            words.money(amount, currency),
            (max(step.start, step.end), row),
            (6, 0),
            size=TEXT if kept else SMALL,
            colour=INK if kept else QUIET,
            bold=kept,
        )
        if row + 1 < len(steps):
            axes.plot([step.end, step.end], [row + thick / 2, row + 1 - thick / 2], color=SHADE, linewidth=1)
    axes.axvline(0, color=LINE, linewidth=1)
    value_axis(axes, currency, currency, most=5 if width == WIDE else 3)
    return figure


def yearly(cash: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return cash received less cash paid by year, a panel for each side of the deal."""
    sides = list(dict.fromkeys(cash.label))
    wide = width == WIDE
    height = 250 if wide else 220 * len(sides)
    figure, unused = canvas(width, height)
    unused.remove()
    low, high = min(cash.cash.min(), 0), max(cash.cash.max(), 0)
    spare = 0.14 * (high - low or 1)
    for index, side in enumerate(sides):
        own = cash[cash.label == side]
        span = (width - 20 * (len(sides) - 1)) / len(sides) if wide else width
        start, above = (index * (span + 20), 34) if wide else (0, 220 * index + 34)
        axes = panel(
            figure, start + 8, width - start - span + 8, above, height - above - (186 if wide else 156)
        )
        axes.bar(own.year, own.cash, width=0.62, color=COLOURS[own.role.iloc[0]])
        axes.axhline(0, color=QUIET, linewidth=1)
        axes.set_ylim(low - spare, high + spare)
        axes.set_yticks([])
        axes.set_xticks(list(own.year), [str(year) for year in own.year])
        for bar in own.itertuples():
            up = bar.cash >= 0
            note(
                axes,
                words.short(bar.cash),
                (bar.year, bar.cash),
                (0, 3 if up else -3),
                ha="center",
                va="bottom" if up else "top",
            )
        note(axes, f"{side}, {currency}", (0, 1), (0, 14), "axes axes", size=TEXT, bold=True)
    return figure


def places(territories: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return what the title adds, territory by territory, then the rest of each region."""
    table = territories
    figure, axes = canvas(
        width, 52 + (30 if width == WIDE else 46) * len(table), left=212 if width == WIDE else 12, right=164
    )
    axes.set_xlim(min(0, table.contribution.min()), max(table.contribution.max(), 0))
    rows(
        axes,
        [
            place if count == 1 else f"{place} ({count})"
            for place, count in zip(table.place, table["count"], strict=True)
        ],
        width,
        12,
    )
    for row, place in enumerate(table.itertuples(index=False)):
        axes.barh(
            row,
            place.contribution,
            height=0.6 if width == WIDE else 0.32,
            color=ACCENT if place.kind == "territory" else SHADE,
        )
        said = f"{words.money(place.contribution, currency)}, {words.percent(place.share)}"
        note(axes, said, (max(place.contribution, 0), row), (6, 0), colour=QUIET)
    axes.axvline(0, color=QUIET, linewidth=1)
    value_axis(axes, currency, currency, most=4 if width == WIDE else 3)
    return figure
