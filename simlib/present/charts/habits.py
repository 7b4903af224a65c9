"""Figures of an audience that learns to pay: a stock and a flow on one scale, and where people stand."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, INK, LINE, PAPER, QUIET, SHADE, WIDE, note
from simlib.present.charts.growth import happened, years
from simlib.present.charts.sheet import Sheet

COLOURS = {"paid_half_year": ACCENT, "paying_ratio": QUIET}
FILLS = {
    "unlicensed": (QUIET, 0.75),
    "free": (LINE, 1),
    "lapsed": (SHADE, 0.7),
    "new_payer": (ACCENT, 0.4),
    "habitual": (ACCENT, 0.9),
}
LEAST = 0.035  # of the audience, for two labels not to touch


def two_measures(paths: DataFrame, past: DataFrame, width: int = WIDE) -> Figure:
    """Return the fans of several measures on one scale, P10 to P90 about the median, with what was found beside them."""
    wide = width == WIDE
    known, after = past[past["known"].astype(bool)], past[~past["known"].astype(bool)]
    after = after[after["at"] <= paths["at"].max() + 1e-9]
    figure = Sheet(width, 340 if wide else 320)
    panel = figure.panel(44, 156 if wide else 112, 26, 30)
    for series, own in paths.groupby("series", sort=False):
        colour, end = COLOURS[series.partition(".")[0]], own.iloc[-1]
        panel.fill_between(own["at"], own["p10"], own["p90"], color=colour, alpha=0.16, linewidth=0)
        panel.plot(own["at"], own["p50"], color=colour, linewidth=2)
        said = canvas.two_lines(end["said"], 20 if wide else 12)
        note(
            panel,
            f"{words.percent(end['p50'])}\n{said}",
            (end["at"], end["p50"]),
            (8, 0),
            look="accent" if colour == ACCENT else "bold",
        )
    panel.plot(known["at"], known["value"], "o", color=INK, markersize=6, clip_on=False, zorder=3)
    for last in known.tail(1).itertuples():
        note(panel, "known", (last.at, last.value), (-9, 3), "right bottom")
    happened(panel, after)
    panel.set_xlim(min([*known["at"], paths["at"].min()]), paths["at"].max())
    panel.set_ylim(0, 1.06 * max([*past["value"], paths["p90"].max()]))
    years(panel, 6 if wide else 4)
    canvas.value_axis(panel, "share", "", "y")
    return figure


def standing(shares: DataFrame, width: int = WIDE) -> Figure:
    """Return shares of the audience piled up over time, those who pay on top, each named at its end."""
    wide = width == WIDE
    figure = Sheet(width, 340 if wide else 320)
    panel = figure.panel(44, 210 if wide else 132, 14, 30)
    bottom, lowest = 0.0, 0.0
    for state, own in shares.groupby("state", sort=False):
        colour, alpha = FILLS[state]
        top, end = own["share"].to_numpy() + bottom, own.iloc[-1]
        panel.fill_between(own["at"], bottom, top, color=colour, alpha=alpha, linewidth=0)
        panel.plot(own["at"], top, color=PAPER, linewidth=1.5)
        middle = max(top[-1] - end["share"] / 2, lowest)
        said = f"{words.percent(end['share'])} {end['said'].lower()}"
        said = said if wide else canvas.two_lines(said, 18)
        note(panel, said, (end["at"], middle), (8, 0), look="accent" if colour == ACCENT else "plain")
        bottom, lowest = top, middle + (1 if wide else 2) * LEAST * 1.5
    panel.set_xlim(shares["at"].min(), shares["at"].max())
    panel.set_ylim(0, 1)
    years(panel, 6 if wide else 4)
    scale = canvas.scale((0, 1), "share", "")
    canvas.ticks(panel, "y", scale.at, scale.labels)
    return figure
