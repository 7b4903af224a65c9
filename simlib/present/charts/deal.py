"""Figures of a deal: the zone of agreement, packages side by side, what drives the answer."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import names, words
from simlib.present.charts.canvas import (
    ACCENT,
    INK,
    LINE,
    PAPER,
    QUIET,
    SHADE,
    TEXT,
    WIDE,
    canvas,
    note,
    panel,
    rows,
    two_lines,
    value_axis,
)


def zone(fees: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return the zone of agreement as one bar, with each side's fee and the fee assumed as lines from P10 to P90."""
    by_item = fees.set_index("item")
    spread = by_item.loc[["floor", "ceiling", "assumed"]]
    left = 178 if width == WIDE else 12
    figure, axes = canvas(width, 268 if width == WIDE else 312, left=left, right=24, top=30)
    low, high = min(0, spread.low.min()), max(spread.high.max(), spread.fee.max())
    axes.set_xlim(low, high * 1.02)
    labels = [
        "Both gain",
        *(
            f"{names.name(row.party)} {verb}"
            for row, verb in zip(spread.itertuples(), ("needs", "can pay", ""), strict=True)
        ),
    ]
    labels[3] = "Fee assumed"
    floor, ceiling, ask = (by_item.fee[item] for item in ("floor", "ceiling", "ask"))
    exists = bool(by_item.exists.iloc[0])
    if width < WIDE:
        amounts = [
            f"ask {words.money(ask, currency)}" if exists else "no fee",
            *(words.money(fee, currency) for fee in spread.fee),
        ]
        labels = [f"{label}: {amount}" for label, amount in zip(labels, amounts, strict=True)]
    rows(axes, labels, width, 14)
    if exists:
        axes.barh(0, ceiling - floor, left=floor, height=0.5 if width == WIDE else 0.3, color=ACCENT)
        axes.plot(
            [ask, ask],
            [-0.25, 0.25] if width == WIDE else [-0.15, 0.15],
            color=PAPER,
            linewidth=3,
            solid_capstyle="butt",
        )
        if width == WIDE:
            note(
                axes,
                f"ask {words.money(ask, currency)}",
                (ask, -0.25),
                (0, 4),
                ha="center",
                va="bottom",
                size=TEXT,
                colour=ACCENT,
                bold=True,
            )
    else:
        axes.plot([ceiling, floor], [0, 0], color=SHADE, linewidth=2, linestyle=(0, (2, 2)))
        if width == WIDE:
            note(
                axes, "no fee suits both", (max(low, min(ceiling, floor)), 0), (0, 6), va="bottom", size=TEXT
            )
    for row, fee in enumerate(spread.itertuples(), start=1):
        axes.plot([fee.low, fee.high], [row, row], color=SHADE, linewidth=3, solid_capstyle="butt")
        axes.plot(fee.fee, row, "o", color=INK if row < 3 else QUIET, markersize=8)
        if width == WIDE:
            note(axes, words.money(fee.fee, currency), (fee.fee, row), (0, 8), ha="center", va="bottom")
    value_axis(axes, currency, currency, most=5 if width == WIDE else 4)
    return figure


def densities(curves: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return how each package's NPV is spread over the draws: hills over one axis, median marked, line from P10 to P90."""
    order = list(dict.fromkeys(curves.package))
    figure, axes = canvas(width, 44 + 84 * len(order) + 24, top=12)
    axes.set_xlim(curves.npv.min(), curves.npv.max())
    axes.set_ylim(-0.15, len(order) + 0.1)
    axes.set_yticks([])
    axes.axvline(0, color=QUIET, linewidth=1)
    for row, name in enumerate(reversed(order)):
        curve = curves[curves.package == name]
        first = curve.iloc[0]
        colour = ACCENT if first.recommended else SHADE
        axes.fill_between(curve.npv, row, row + 0.82 * curve.density, color=colour, alpha=0.3, linewidth=0)
        axes.plot(curve.npv, row + 0.82 * curve.density, color=colour, linewidth=1.6)
        axes.plot([first.p10, first.p90], [row, row], color=colour, linewidth=4, solid_capstyle="butt")
        axes.plot(first.p50, row, "o", color=colour, markersize=8, markeredgecolor=PAPER, markeredgewidth=1.5)
        note(
            axes,
            first.label,
            (1, row + 0.78),
            (0, 0),
            "axes data",
            "right",
            "top",
            TEXT,
            bold=bool(first.recommended),
        )
        note(
            axes,
            f"median {words.money(first.p50, currency)}",
            (1, row + 0.78),
            (0, -18),
            "axes data",
            "right",
            "top",
            colour=QUIET,
        )
    value_axis(axes, currency, currency, most=5 if width == WIDE else 4)
    return figure


def tornado(bars: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return how far each input moves its target: from the target's mean where the input is low to where it is high."""
    targets = list(dict.fromkeys(bars.target))
    row_height, head = (36, 62) if width == WIDE else (46, 66)
    counts = [int((bars.target == target).sum()) for target in targets]
    heights = [head + row_height * count + 40 for count in counts]
    figure, unused = canvas(width, sum(heights))
    unused.remove()
    above = 0
    for target, height in zip(targets, heights, strict=True):
        own = bars[bars.target == target]
        axes = panel(
            figure,
            282 if width == WIDE else 64,
            78 if width == WIDE else 74,
            above + head,
            sum(heights) - above - height + 40,
        )
        _bars(axes, own, currency, width)
        above += height
    return figure


def _bars(axes, own: DataFrame, currency: str, width: int) -> None:
    """Draw one target's bars, blue towards the input's high end, grey towards its low end."""
    centre, unit = own["mean"].iloc[0], own.target_unit.iloc[0]
    ends = own[["low", "high"]]
    low, high = min(ends.min().min(), centre), max(ends.max().max(), centre)
    axes.set_xlim(low, high)
    axes.margins(x=0)
    half = 0.5 if width == WIDE else 0.22
    rows(axes, list(own.label), width, 76, 56)
    for row, bar in enumerate(own.itertuples()):
        for value, text, colour in ((bar.low, bar.at_p10_words, SHADE), (bar.high, bar.at_p90_words, ACCENT)):
            axes.barh(row, value - centre, left=centre, height=0.5 if width == WIDE else 0.32, color=colour)
            side = -1 if value < centre else 1
            note(axes, text, (value, row), (5 * side, 0), ha="left" if side > 0 else "right", colour=QUIET)
        axes.plot([centre, centre], [row - half, row + half], color=INK, linewidth=1)
    title = own.target_name.iloc[0]
    said = f"{title[0].upper()}{title[1:]}: {words.amount(centre, unit, currency)}"
    note(
        axes,
        f"{said} on average" if width == WIDE else two_lines(said, 40),
        (0, 1),
        (-56 if width < WIDE else -274, 30),
        "axes axes",
        size=TEXT,
        bold=True,
    )
    value_axis(axes, unit, currency, most=5 if width == WIDE else 3)
    axes.xaxis.grid(True, color=LINE)
