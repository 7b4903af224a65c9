"""A figure, and a part of one that has scales of its own and is drawn on by names that matplotlib's Axes have too.

Figures here write their own ticks, and an Axes would spend more time on its ticks and spines, which nobody would see, than
all that is drawn in it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.cbook import contiguous_regions
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.transforms import (
    Bbox,
    BboxTransform,
    BboxTransformTo,
    Transform,
    TransformedBbox,
    blended_transform_factory,
)

INCH = 72  # pixels
INFINITE = float("inf")
Values = float | Sequence[float]


class Sheet(Figure):
    """A figure of a size in pixels, and the panels on it; it has no background."""

    def __init__(self, width: float, height: float):
        super().__init__(figsize=(width / INCH, height / INCH), dpi=INCH, facecolor="none")
        self.panels = list[Panel]()

    def panel(self, left: float, right: float, top: float, bottom: float) -> Panel:
        """Return a new panel within margins in pixels."""
        width, height = self.bbox.width, self.bbox.height
        box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
        self.panels.append(Panel(self, box))
        return self.panels[-1]

    def draw(self, renderer: RendererBase) -> None:
        """Draw it; ValueError where a panel's limits were not set."""
        if any(INFINITE in map(abs, (*panel.get_xlim(), *panel.get_ylim())) for panel in self.panels):
            raise ValueError("set the limits of each panel, of x and of y, before the figure is drawn")
        super().draw(renderer)


class Panel:
    """A rectangle of a figure, `box` its left, bottom, width and height as shares of it; no limits are found, all are set.

    Limits are finite, else ValueError.

    >>> panel = Sheet(720, 720).panel(left=360, right=0, top=0, bottom=0)
    >>> panel.set_xlim(2017, 2019)
    >>> panel.set_ylim(0, 100)
    >>> panel.place("data", "panel").transform((2018, 0.5)).tolist()
    [540.0, 360.0]
    """

    def __init__(self, figure: Figure, box: tuple[float, float, float, float]):
        self.figure = figure
        self.bbox = TransformedBbox(Bbox.from_bounds(*box), figure.transFigure)
        self._limits = Bbox.null()
        self._places = {"data": BboxTransform(self._limits, self.bbox), "panel": BboxTransformTo(self.bbox)}

    def set_xlim(self, left: float, right: float) -> None:
        """Say which values of x are at the two sides."""
        self._limits.intervalx = _apart(left, right)

    def set_ylim(self, bottom: float, top: float) -> None:
        """Say which values of y are at the bottom and at the top."""
        self._limits.intervaly = _apart(bottom, top)

    def get_xlim(self) -> tuple[float, float]:
        """Return the values of x at the two sides."""
        return tuple(self._limits.intervalx.tolist())

    def get_ylim(self) -> tuple[float, float]:
        """Return the values of y at the bottom and at the top."""
        return tuple(self._limits.intervaly.tolist())

    def place(self, x: str, y: str) -> Transform:
        """Return where points lie whose x and y are each in "data", or a share of the "panel"."""
        return self._places[x] if x == y else blended_transform_factory(self._places[x], self._places[y])

    def add(self, artist: Artist, x: str = "data", y: str = "data", clip_on: bool = True) -> None:
        """Draw an artist whose points lie where `place` says, and no farther than the panel goes."""
        artist.set_transform(self.place(x, y))
        if clip_on:
            artist.set_clip_box(self.bbox)
        self.figure.add_artist(artist)

    def plot(self, x: Values, y: Values, mark: str = "", clip_on: bool = True, **style: Any) -> None:
        """Draw a line through points, or only a mark at each; a number is one point."""
        if mark:
            style |= {"marker": mark, "linestyle": "none"}
        self.add(Line2D(_many(x, 1), _many(y, 1), **style), clip_on=clip_on)

    def axhline(self, y: float, **style: Any) -> None:
        """Draw a line from side to side."""
        self.add(Line2D([0, 1], [y, y], **style), x="panel")

    def axvline(self, x: float, **style: Any) -> None:
        """Draw a line from bottom to top."""
        self.add(Line2D([x, x], [0, 1], **style), y="panel")

    def fill_between(self, x: Sequence[float], y1: Values, y2: Values, *, color: str, **style: Any) -> None:
        """Fill what is between two lines, a number being a level one; not where either is not finite."""
        points = list(zip(x, _many(y1, len(x)), _many(y2, len(x)), strict=True))
        for first, last in contiguous_regions([all(abs(value) < INFINITE for value in point) for point in points]):
            there = points[first:last]
            corners = [(at, one) for at, one, _ in there] + [(at, other) for at, _, other in reversed(there)]
            self.add(Polygon(corners, facecolor=color, **style))

    def barh(self, y: float, width: float, left: float = 0, *, height: float, color: str, **style: Any) -> None:
        """Draw one horizontal bar, its middle at y."""
        self.add(Rectangle((left, y - height / 2), width, height, facecolor=color, **style))

    def bar(self, x: Iterable[float], height: Iterable[float], *, width: float, color: str) -> None:
        """Draw upright bars from zero, the middle of each at its x."""
        for at, tall in zip(x, height, strict=True):
            self.add(Rectangle((at - width / 2, 0), width, tall, facecolor=color))


def _apart(one: float, other: float) -> tuple[float, float]:
    """Return two limits, or a little to both sides where they are the same but for rounding; ValueError if not finite.

    >>> _apart(2.0, 2.0), _apart(0.0, 0.0), _apart(3.0, -1.0)
    ((1.9, 2.1), (-0.05, 0.05), (3.0, -1.0))
    """
    if not (abs(one) < INFINITE and abs(other) < INFINITE):
        raise ValueError(f"the limits of a panel must be finite; found {one} and {other}")
    size = max(abs(one), abs(other))
    spare = 0.05 * (size or 1)
    return (one, other) if abs(one - other) > 1e-12 * size else (one - spare, one + spare)


def _many(value: Values, times: int) -> Sequence[float]:
    """Return values as they are, a number so many times."""
    return [value] * times if isinstance(value, Real) else value
