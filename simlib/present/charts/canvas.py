"""What all figures share: sizes in pixels, colours, ticks, and the way to SVG that suits light and dark, desk and phone.

Colours are those of Okabe & Ito (2008), safe for colour blindness: one accent, the rest grey. Text stays text, so that
readers see it in their own font, whatever script it is in.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

import matplotlib
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import offset_copy

from simlib.present import words
from simlib.present.charts.sheet import Panel

WIDE, NARROW = 720, 360  # pixels
INK, QUIET, LINE, PAPER, SHADE, ACCENT = "#1c2025", "#5c646e", "#e3e6ea", "#fefefe", "#a9b0b9", "#0072b2"
DARK = {INK: "#e8eaed", QUIET: "#a3abb5", LINE: "#31363d", PAPER: "#15181c", SHADE: "#6b7480", ACCENT: "#56b4e9"}
NAMES = {INK: "ink", QUIET: "quiet", LINE: "line", PAPER: "paper", SHADE: "shade", ACCENT: "accent"}
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Noto Sans','Noto Sans CJK SC',sans-serif"
TEXT, SMALL = 13, 12  # pixels
UNDER = 24  # pixels from an axis to what it says below its ticks
NARROWEST = 50  # letters of a row's label above its bar
LOOKS = {
    "plain": (SMALL, INK, "normal"),
    "quiet": (SMALL, QUIET, "normal"),
    "row": (TEXT, INK, "normal"),
    "bold": (TEXT, INK, "bold"),
    "accent": (TEXT, ACCENT, "bold"),
    "on accent": (SMALL, PAPER, "normal"),
}
THICK = {WIDE: 0.56, NARROW: 0.32}  # of a bar, in rows
_LIGHT, _DARK = (
    ";".join(f"--{name}:{shades[colour]}" for colour, name in NAMES.items()) for shades in ({c: c for c in NAMES}, DARK)
)
STYLE = (
    f"svg{{{_LIGHT};background:var(--paper);font-family:{FONT}}}text{{white-space:pre}}"
    f"@media(prefers-color-scheme:dark){{svg{{{_DARK}}}}}"
)


class Scale(NamedTuple):
    """Round values along an axis, how they are written, and their unit in words."""

    at: list[float]
    labels: list[str]
    unit: str


def scale(limits: tuple[float, float], unit: str, currency: str, most: int = 5) -> Scale:
    """Return round values within limits, about `most` of them.

    >>> scale((0, 2.2e6), "USD", "USD")
    Scale(at=[0.0, 500000.0, 1000000.0, 1500000.0, 2000000.0], labels=['0', '0.5', '1', '1.5', '2'], unit='USD million')
    """
    largest = max(map(abs, limits))
    multiple, word = next(((m, w) for m, w in words.MULTIPLES if largest >= m), (1, ""))
    share = unit == "share"
    multiple = 0.01 if share else multiple
    if dated := unit == "date":
        multiple, word, unit = 1, "", ""
    at = round_values(limits, most, steps=[1, 2, 2.5, 5, 10])
    labels = [ticked(value / multiple, dated) + (f"{words.GAP}%" if share else "") for value in at]
    return Scale(
        at, labels, "" if share else f"{unit} {word}".strip() if unit == currency else f"{word} {unit}".strip()
    )


def round_values(limits: tuple[float, float], most: int, **steps: Any) -> list[float]:
    """Return round values within limits, `most` stretches of them at most, as MaxNLocator chooses them.

    >>> round_values((0.0, 7.3), 4)
    [0.0, 2.0, 4.0, 6.0]
    """
    low, high = sorted(limits)
    spare = 1e-10 * (high - low)
    found = MaxNLocator(most, **steps).tick_values(low, high)
    return [float(value) for value in found if low - spare <= value <= high + spare]


def value_axis(panel: Panel, unit: str, currency: str, side: str = "x", most: int = 5) -> None:
    """Give an axis of values, whose limits are set, round ticks, light grid lines, and its unit in words."""
    values = scale(panel.get_xlim() if side == "x" else panel.get_ylim(), unit, currency, most)
    ticks(panel, side, values.at, values.labels, has_grid=True)
    if side == "x":
        below(panel, values.unit)
    else:
        note(panel, values.unit, (0, 1), anchor="left bottom", look="quiet", within="panel panel")


def ticks(
    panel: Panel, side: str, at: Sequence[float], labels: Sequence[str], pad: float = 6, has_grid: bool = False
) -> None:
    """Label points of an axis, or none of them, `pad` pixels from it; `has_grid` draws light lines through them."""
    place, anchor, shift = {
        "x": ("data panel", "center top", (0, -pad)),
        "y": ("panel data", "right center_baseline", (-pad, 0)),
    }[side]
    if has_grid:
        ends = [[(value, 0), (value, 1)] if side == "x" else [(0, value), (1, value)] for value in at]
        lines = LineCollection(ends, colors=LINE, linewidths=1, zorder=0.5)
        panel.add(lines, *place.split())
    for value, label in zip(at, labels, strict=True) if labels else ():
        note(panel, label, (value, 0) if side == "x" else (0, value), shift, anchor, "quiet", place)


def below(panel: Panel, text: str) -> None:
    """Say below the labels of an axis what it measures."""
    note(panel, text, (0.5, 0), (0, -UNDER), "center top", "quiet", "panel panel")


def ticked(value: float, is_year: bool = False) -> str:
    """Return a number beside its tick; thousands of years are not parted.

    >>> ticked(-2500.0), ticked(2023.0, True)
    ('\u22122,500', '2023')
    """
    return f"{value:.10g}" if is_year else f"{value:,.10g}".replace("-", words.MINUS)


def note(
    panel: Panel,
    text: str,
    at: tuple[float, float],
    shift: tuple[float, float] = (0, 0),
    anchor: str = "left center",
    look: str = "plain",
    within: str = "data data",
) -> None:
    """Write a text at a point, shifted by pixels; `within` says for x and y: in `data`, or as a share of the `panel`."""
    ha, va = anchor.split()
    size, colour, weight = LOOKS[look]
    style = {"fontsize": size, "color": colour, "fontweight": weight, "linespacing": 1.25, "parse_math": False}
    place = offset_copy(panel.place(*within.split()), panel.figure, *shift, units="dots")
    panel.figure.text(*at, text, transform=place, ha=ha, va=va, **style)


def rows(panel: Panel, labels: Sequence[str], width: int, margin: int, indent: int = 0) -> None:
    """Label rows 0, 1, … from the top down: to the left where there is room, else above each row."""
    panel.set_ylim(len(labels) - 0.4, -0.6 if width == WIDE else -0.8)
    for row, label in enumerate(labels):
        if width == WIDE:
            text = two_lines(label, 22, spare=8)
            note(panel, text, (0, row), (-margin, 0), "right center", "plain" if "\n" in text else "row", "panel data")
        else:
            note(panel, cut(label, NARROWEST), (0, row - 0.24), (-indent, 1), "left bottom", "row", "panel data")


def two_lines(text: str, most: int = 26, spare: int = 4) -> str:
    """Return a text in two lines where it is longer than `most`, broken near its middle, the second `spare` longer at most.

    >>> print(two_lines("Subscribers: title effect adds elasticity"))
    Subscribers: title
    effect adds elasticity
    """
    if len(text) <= most or " " not in text:
        return text
    spaces = [at for at, letter in enumerate(text) if letter == " "]
    middle = min(spaces, key=lambda at: abs(at - len(text) / 2))
    second = text[middle + 1 :]
    return f"{text[:middle]}\n{cut(second, most + spare)}"


def cut(text: str, most: int) -> str:
    """Return a text of `most` letters at most, cut in its middle, for the ends tell it from others.

    >>> cut("Platform: spend growth, January 2018", 21)
    'Platform: …nuary 2018'
    """
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - half - 1]}…{text[-half:]}"


_measured = lru_cache(maxsize=4096)(TextToPath().get_text_width_height_descent)


class Pen(RendererSVG):
    """What writes SVG; it measures a text once, for the wide figure, the narrow one and those that follow say the same."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: bool) -> tuple[float, float, float]:
        """Return the size of a text in pixels."""
        return _measured(s, prop, ismath)


def svg(figure: Figure) -> str:
    """Return a figure as SVG in CSS variables, with a dark palette beside the light one."""
    drawn = io.StringIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "simlib"}):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's own fonts will show it
        pen = Pen(figure.bbox.width, figure.bbox.height, drawn)
        figure.draw(pen)
        pen.finalize()
    text = drawn.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'font-family: [^;"]*;? ?|(?<=\d)pt(?=")| transform="rotate\(-0 [^)]*\)"|<!--.*?-->', "", text)
    text = re.sub(r"<[^>]*>", _tight, re.sub(r"[ \n]+", " ", text).replace("> <", "><"))
    for colour, name in NAMES.items():
        text = text.replace(colour, f"var(--{name})")
    return text.replace("</style>", f"{STYLE}</style>", 1)


def picture(chart: Callable[..., Figure], *tables: object, alt: str) -> str:
    """Return a chart of tables as HTML: drawn twice, for wide and for narrow windows, with its alternative text."""
    wide, narrow = (_link(svg(chart(*tables, width=width))) for width in (WIDE, NARROW))
    source = f'<source media="(max-width: 640px)" srcset="{narrow}">'
    return f'<picture>{source}<img src="{wide}" alt="{escape(alt)}" loading="lazy"></picture>'


def _tight(tag: re.Match) -> str:
    """Return a tag with one decimal, and its path without the spaces that SVG can do without."""
    head, path, rest = re.sub(r"(\.\d)\d+", r"\1", tag[0]).partition(' d="')
    points, quotes, rest = rest.partition('"')
    points = re.sub(r"(?<=[\d.]) (?=-?[\d.])", ",", points).replace(" ", "")
    return head + path + points + quotes + rest


def _link(text: str) -> str:
    """Return SVG as an address that holds it; no space, at which srcset would end."""
    return "data:image/svg+xml," + quote(text, safe="=:/;,()'!*@$&?+[]{}|^`~-._")
