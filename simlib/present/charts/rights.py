"""Figure of rights: who holds what, where and when, and what is still free."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.present import names, words
from simlib.present.charts import canvas
from simlib.present.charts.canvas import ACCENT, LINE, NARROW, QUIET, WIDE, note
from simlib.present.charts.sheet import Panel, Sheet

LANE, BAR, GAP, ABOVE, FOOT = 28, 22, 6, 19, 30  # pixels
LETTER, INSET = 6.7, 8  # pixels: of a letter on average, on the safe side; between a bar's end and its label
LEFT, TITLE = {WIDE: 196, NARROW: 12}, {WIDE: 80, NARROW: 44}  # pixels; letters
LABELS = {
    "exclusive": ("{holder}, {first} to {last}", "{holder}"),
    "shared": ("{holder}, shared, {first} to {last}", "{holder}, shared"),
    "held back": ("held back for {holder}, {first} to {last}", "held back for {holder}"),
    "free": ("free from {first}", "free"),
}
BARS = {
    "exclusive": {"color": ACCENT},
    "shared": {"color": ACCENT, "alpha": 0.3},
    "held back": {"color": "none", "edgecolor": QUIET, "linewidth": 1, "linestyle": (0, (3, 2))},
}
LOOKS = {"exclusive": "on accent", "shared": "plain", "held back": "quiet"}


def avails(spans: DataFrame, width: int = WIDE) -> Figure:
    """Return bars over the calendar: filled where a holder is alone, pale where others may join, dashed where held back.

    A block for each set of media, a row for each place in it; what is free stays empty.
    """
    blocks = [(media, list(own.groupby("where", sort=False))) for media, own in spans.groupby("media", sort=False)]
    height = sum(_head(media, width) + sum(_height(row, width) for _, row in rows) for media, rows in blocks)
    figure = Sheet(width, height + FOOT)
    panel = figure.panel(LEFT[width], 12, 0, FOOT)
    panel.set_xlim(spans.opens.min(), spans.closes.max())
    panel.set_ylim(height, 0)
    top = 0
    for media, rows in blocks:
        top += _head(media, width)
        title, left = canvas.two_lines(names.media(media), TITLE[width]), INSET - LEFT[width] if width == WIDE else 0
        note(panel, title, (0, top), (left, 5), "left bottom", "bold", "panel data")
        for where, row in rows:
            _row(panel, where, row, top, width)
            top += _height(row, width)
    _years(panel, 8 if width == WIDE else 5)
    return figure


def _head(media: str, width: int) -> int:
    return 36 + 16 * ("\n" in canvas.two_lines(names.media(media), TITLE[width]))


def _height(row: DataFrame, width: int) -> int:
    return LANE * (row.lane.max() + 1) + GAP + ABOVE * (width == NARROW)


def _row(panel: Panel, where: str, row: DataFrame, top: float, width: int) -> None:
    """Draw one place: its name to the left or above, and a lane for claims side by side."""
    lanes = row.lane.max() + 1
    if width == WIDE:
        note(panel, canvas.two_lines(where), (0, top + lanes * LANE / 2), (-14, 0), "right center", within="panel data")
    else:
        note(panel, where, (0, top + ABOVE - 4), anchor="left bottom", within="panel data")
        top += ABOVE
    for lane in range(lanes):
        _lane(panel, list(row[row.lane == lane].itertuples()), top + (lane + 0.5) * LANE)


def _lane(panel: Panel, spans: list, middle: float) -> None:
    """Draw spans that follow one another; a free one is silent where the label of the claim before it stands."""
    low, high = panel.get_xlim()
    panel.barh(middle, high - low, left=low, height=BAR, color=LINE, alpha=0.5)
    taken = low
    for index, span in enumerate(spans):
        if span.status != "free":
            ends = next((later.opens for later in spans[index + 1 :] if later.status != "free"), high)
            taken = _claim(panel, span, middle, ends)
        elif span.opens >= taken:
            labels = _labels(span)[1:] if span.opens == low else _labels(span)
            said = _fitting(panel, labels, span.closes - span.opens)
            note(panel, said, (span.opens, middle), (INSET, 0), "left center_baseline", "quiet")


def _claim(panel: Panel, span: tuple, middle: float, ends: float) -> float:
    """Draw a claim with its label in it, or behind it where only there is room; return where a next text may stand."""
    panel.barh(middle, span.closes - span.opens, left=span.opens, height=BAR, **BARS[span.status])
    labels, length = _labels(span), span.closes - span.opens
    inside, behind = _fitting(panel, labels, length), _fitting(panel, labels, ends - span.closes)
    if behind and not inside:
        note(panel, behind, (span.closes, middle), (INSET, 0), "left center_baseline")
        return ends
    letters = _letters(panel, length)
    cut = f"{labels[-1][: letters - 1].rstrip()}…" if letters > 4 else ""
    note(panel, inside or cut, (span.opens, middle), (INSET, 0), "left center_baseline", LOOKS[span.status])
    return span.closes


def _labels(span: tuple) -> list[str]:
    """Return what may be said of a span, the longest first."""
    told = {"first": words.month(span.first_month), "last": words.month(span.last_month)}
    told |= {} if span.status == "free" else {"holder": names.name(span.holder)}
    return [label.format(**told) for label in LABELS[span.status]]


def _fitting(panel: Panel, labels: list[str], years: float) -> str:
    """Return the first label that has room in a stretch of the axis, or nothing."""
    return next((label for label in labels if len(label) <= _letters(panel, years)), "")


def _letters(panel: Panel, years: float) -> int:
    """Return how many letters have room in a stretch of the axis."""
    low, high = panel.get_xlim()
    return int((years / (high - low) * panel.bbox.width - 2 * INSET) / LETTER)


def _years(panel: Panel, most: int) -> None:
    """Put whole years on the axis, with light lines through the rows."""
    at = canvas.round_values(panel.get_xlim(), most, integer=True)
    canvas.ticks(panel, "x", at, [f"{year:.0f}" for year in at], has_grid=True)
