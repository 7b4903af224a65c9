"""Figures of a deal: the zone of agreement, packages side by side, what drives the answer."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame, Series

from simlib.present import names, words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, PAPER, QUIET, SHADE, THICK, WIDE, note
from simlib.present.charts.sheet import Panel, Sheet

NEAR = 0.12  # of the axis from its left end, where a label in the middle would leave it
HILL, ROW = 0.62, 96  # height of a density's peak, in rows; a row, in pixels


def zone(fees: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return the zone of agreement as one bar; below it what each side needs and the fee assumed, from P10 to P90."""
    wide, by_item = width == WIDE, fees.set_index("item")
    spread = by_item.loc[["floor", "ceiling", "assumed"]]
    figure = Sheet(width, 268 if wide else 312)
    panel = figure.panel(178 if wide else 12, 24, 30, 44)
    low, high = min(0, spread.low.min()), max(spread.high.max(), spread.fee.max())
    panel.set_xlim(low, high * 1.02)
    parties = [names.name(party) for party in spread.party]
    labels = ["Both gain", f"{parties[0]} needs", f"{parties[1]} can pay", "Fee assumed"]
    exists, ask = bool(by_item.exists.iloc[0]), words.money(by_item.fee["ask"], currency)
    said = [f"ask {ask}" if exists else "no fee suits both", *(words.money(fee, currency) for fee in spread.fee)]
    canvas.rows(panel, labels if wide else [f"{one}: {two}" for one, two in zip(labels, said, strict=True)], width, 14)
    _agreement(panel, by_item.fee, exists, width)
    for row, fee in enumerate(spread.itertuples(), start=1):
        panel.plot([fee.low, fee.high], [row, row], color=SHADE, linewidth=3, solid_capstyle="butt")
        panel.plot(fee.fee, row, "o", color=QUIET if fee.Index == "assumed" else INK, markersize=8)
    if wide:
        at = by_item.fee["ask"] if exists else max(low, by_item.fee["ceiling"])
        note(panel, said[0], (at, -0.25), (0, 4), *(("center bottom", "accent") if exists else ("left bottom", "row")))
        for row, fee in enumerate(spread.fee, start=1):
            side = "left" if (fee - low) / (high - low or 1) < NEAR else "center"
            note(panel, said[row], (fee, row), (0, 8), f"{side} bottom")
    canvas.value_axis(panel, currency, currency, most=5 if wide else 4)
    return figure


def _agreement(panel: Panel, fee: Series, exists: bool, width: int) -> None:
    """Draw the bar from floor to ceiling with the ask in it, or the gap between them."""
    if exists:
        half = THICK[width] / 2
        panel.barh(0, fee["ceiling"] - fee["floor"], left=fee["floor"], height=2 * half, color=ACCENT)
        panel.plot([fee["ask"]] * 2, [-half, half], color=PAPER, linewidth=3, solid_capstyle="butt")
    else:
        panel.plot([fee["ceiling"], fee["floor"]], [0, 0], color=SHADE, linewidth=2, linestyle=(0, (2, 2)))


def densities(curves: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return how each package's NPV is spread over the draws: hills over one axis, the median, a line from P10 to P90."""
    packages = [curve for _, curve in curves.groupby("package", sort=False)]
    figure = Sheet(width, 60 + ROW * len(packages))
    panel = figure.panel(8, 12, 4, 44)
    panel.set_xlim(curves.npv.min(), curves.npv.max())
    panel.set_ylim(-0.12, len(packages))
    for row, curve in enumerate(reversed(packages)):
        panel.plot([0, 0], [row, row + HILL], color=QUIET, linewidth=1)
        _hill(panel, curve, row)
        first = curve.iloc[0]
        look, above = "bold" if first.recommended else "row", row + 0.9
        note(panel, first.label, (0, above), anchor="left top", look=look, within="panel data")
        said = f"median {words.money(first.p50, currency)}"
        note(
            panel,
            said if width == WIDE else words.short(first.p50),
            (1, above),
            (0, -1),
            "right top",
            "quiet",
            "panel data",
        )
    canvas.value_axis(panel, currency, currency, most=5 if width == WIDE else 4)
    return figure


def _hill(panel: Panel, curve: DataFrame, row: int) -> None:
    first = curve.iloc[0]
    colour = ACCENT if first.recommended else SHADE
    panel.fill_between(curve.npv, row, row + HILL * curve.density, color=colour, alpha=0.3, linewidth=0)
    panel.plot(curve.npv, row + HILL * curve.density, color=colour, linewidth=1.6)
    panel.plot([first.p10, first.p90], [row, row], color=colour, linewidth=4, solid_capstyle="butt")
    panel.plot(first.p50, row, "o", color=colour, markersize=8, markeredgecolor=PAPER, markeredgewidth=1.5)


def tornado(bars: DataFrame, currency: str, width: int = WIDE) -> Figure:
    """Return how far each input moves its target: from the target's mean where the input is low to where it is high."""
    targets = [own for _, own in bars.groupby("target", sort=False)]
    left, right, head, row, foot = (282, 78, 62, 36, 40) if width == WIDE else (76, 76, 66, 46, 40)
    heights = [head + row * len(own) + foot for own in targets]
    figure = Sheet(width, sum(heights))
    for index, own in enumerate(targets):
        above, below = sum(heights[:index]), sum(heights[index + 1 :])
        panel = figure.panel(left, right, above + head, below + foot)
        centre, unit, target = own["mean"].iloc[0], own.target_unit.iloc[0], own.target_name.iloc[0]
        _bars(panel, own, centre, width)
        said = f"{target[0].upper()}{target[1:]}: {words.amount(centre, unit, currency)}"
        said = f"{said} on average" if width == WIDE else canvas.two_lines(said, 40)
        note(panel, said, (0, 1), (8 - left, 30), look="bold", within="panel panel")
        canvas.value_axis(panel, unit, currency, most=5 if width == WIDE else 3)
    return figure


def _bars(panel: Panel, own: DataFrame, centre: float, width: int) -> None:
    """Draw one target's bars, blue towards the input's high end, grey towards its low end."""
    panel.set_xlim(min(own.low.min(), own.high.min(), centre), max(own.low.max(), own.high.max(), centre))
    canvas.rows(panel, list(own.label), width, 76, 68)
    half = 0.5 if width == WIDE else 0.22
    for row, bar in enumerate(own.itertuples()):
        for value, text, colour in ((bar.low, bar.at_p10_words, SHADE), (bar.high, bar.at_p90_words, ACCENT)):
            panel.barh(row, value - centre, left=centre, height=THICK[width], color=colour)
            shift, anchor = ((-5, 0), "right center") if value < centre else ((5, 0), "left center")
            note(panel, text, (value, row), shift, anchor, "quiet")
        panel.plot([centre, centre], [row - half, row + half], color=INK, linewidth=1)
