"""When does it go wrong: a box of input ranges that holds as many of the bad draws, and as few others, as it can.

The patient rule induction method (PRIM: Friedman & Fisher 1999, Statistics and Computing 9, 123–143) as it is used for
scenario discovery (Bryant & Lempert 2010, Technological Forecasting & Social Change 77, 34–49). It reads draws that are
there already, correlated or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrc

from simlib.decide.value import draws_of

PEEL = 0.05  # share of a box's draws that one cut takes off
LEAST_MASS = 0.05  # share of all draws that a box must keep
MOST_INPUTS = 4  # that a box people read may restrict
SIGNIFICANT = 0.05  # quasi-p-value above which a restriction may be chance


@dataclass(frozen=True, eq=False)
class Box:
    """Ranges of some inputs: how much of what is sought lies inside, and how much of the inside is sought.

    `ranges` gives the lowest and the highest value inside, infinite at an end that nothing cuts; `quasi_p` is the chance
    that the box would hold as much of what is sought by luck, if one input were let go (Bryant & Lempert 2010).
    """

    ranges: Mapping[str, tuple[float, float]]
    coverage: float
    density: float
    mass: float
    quasi_p: Mapping[str, float]

    @property
    def score(self) -> float:
        """The harmonic mean of coverage and density (van Rijsbergen 1979's F)."""
        return 2 * self.coverage * self.density / (self.coverage + self.density)


def peel(
    inputs: Mapping[str, ArrayLike],
    sought: ArrayLike,
    share: float = PEEL,
    least: float = LEAST_MASS,
    most: int | None = None,
) -> list[Box]:
    """Return the boxes on the way from all draws to the densest that holds `least` of them.

    `inputs` are (draw,), `sought` is true (draw,) where a draw is of interest. Each cut takes the lowest or highest `share`
    of one input's draws off the box, equal values together, so that a discrete input loses one value at a time; it is the
    cut that raises the density most per draw taken off, which keeps a coin's large cuts from winning by size alone
    (ema_workbench's default objective). Once `most` inputs are restricted no other is. Raises ValueError where nothing is
    sought, or an input has other draws.

    >>> x = np.arange(100.0)
    >>> [(box.ranges, box.density) for box in peel({"x": x}, x >= 90, share=0.5)][2]
    ({'x': (75.0, inf)}, 0.4)
    """
    values, sought = _checked(inputs, sought)
    order = {name: np.argsort(own, kind="stable") for name, own in values.items()}
    inside, boxes = np.ones(sought.size, dtype=bool), [_box(values, sought, {})]
    while True:
        ranges = boxes[-1].ranges
        names = ranges if most is not None and len(ranges) >= most else values
        cuts = [cut for name in names for cut in _cuts(name, values, order[name][inside[order[name]]], sought, share)]
        best = max(cuts, default=None, key=lambda cut: (cut.gain, cut.name in ranges))
        if best is None or best.gain <= 0 or best.left < least * sought.size:
            return boxes
        low, high = ranges.get(best.name, (-math.inf, math.inf))
        ranges = {**ranges, best.name: (low, best.bound) if best.upper else (best.bound, high)}
        inside = _inside(values, ranges)
        boxes.append(_box(values, sought, ranges))


def readable(inputs: Mapping[str, ArrayLike], sought: ArrayLike, most: int = MOST_INPUTS) -> Box:
    """Return the box for people: of at most `most` inputs, none of them there by chance, with the best score.

    From each box on the way the restrictions that may be chance are let go, the likeliest first. The score weighs alike
    what a sentence needs: coverage (it holds most of the losses) and density (most of what it holds are losses). Where
    nothing tells the draws apart the box restricts nothing. Raises ValueError as `peel` does.

    >>> x = np.arange(100.0)
    >>> readable({"x": x, "y": x % 7}, x < 30).ranges
    {'x': (-inf, 30.0)}
    """
    values, sought = _checked(inputs, sought)
    sound = [_let_go(values, sought, box) for box in peel(values, sought, most=most)]
    return max(sound, key=lambda box: box.score)


def _let_go(values: Mapping[str, np.ndarray], sought: np.ndarray, box: Box) -> Box:
    """Return a box without the restrictions that may be chance."""
    while box.quasi_p and max(box.quasi_p.values()) > SIGNIFICANT:
        doubtful = max(box.quasi_p, key=box.quasi_p.__getitem__)
        box = _box(values, sought, {name: ends for name, ends in box.ranges.items() if name != doubtful})
    return box


def _checked(inputs: Mapping[str, ArrayLike], sought: ArrayLike) -> tuple[dict[str, np.ndarray], np.ndarray]:
    sought = np.asarray(sought, dtype=bool)
    if not sought.any():
        raise ValueError("no draw is sought, so that no box can hold any")
    for name, values in inputs.items():
        if np.shape(values) != sought.shape:
            raise ValueError(
                f"{name}: {sought.size} draws in one row are needed; found an array of shape {np.shape(values)}"
            )
    return {name: draws_of(values) for name, values in inputs.items()}, sought


class _Cut(NamedTuple):
    """A cut of one end: what it gains in density per draw, and the outermost value that it leaves."""

    gain: float
    name: str
    upper: bool
    bound: float
    left: int


def _cuts(
    name: str, values: Mapping[str, np.ndarray], ascending: np.ndarray, sought: np.ndarray, share: float
) -> Iterator[_Cut]:
    """Yield the cut of either end of an input, of which the draws in the box are given in ascending order."""
    draws, total = ascending.size, int(sought[ascending].sum())
    for upper, outermost_first in ((False, ascending), (True, ascending[::-1])):
        ordered, edge = values[name][outermost_first], math.floor((draws - 1) * share)
        further = ordered[edge + 1 :] != ordered[edge]
        if further.any():
            off = edge + 1 + int(further.argmax())
            density = (total - int(sought[outermost_first[:off]].sum())) / (draws - off)
            yield _Cut((density - total / draws) / off, name, upper, float(ordered[off]), draws - off)


def _inside(values: Mapping[str, np.ndarray], ranges: Mapping[str, tuple[float, float]]) -> np.ndarray:
    """Tell which draws (draw,) lie within ranges, their ends included."""
    inside = np.ones(next(iter(values.values())).size, dtype=bool)
    for name, (low, high) in ranges.items():
        inside &= (values[name] >= low) & (values[name] <= high)
    return inside


def _box(values: Mapping[str, np.ndarray], sought: np.ndarray, ranges: Mapping[str, tuple[float, float]]) -> Box:
    held, chances = sought[_inside(values, ranges)], {}
    for name in ranges:
        without = sought[_inside(values, {other: ends for other, ends in ranges.items() if other != name})]
        chances[name] = float(bdtrc(held.sum() - 1, held.size, without.mean())) if held.any() else 1.0
    return Box(
        ranges=ranges,
        coverage=float(held.sum() / sought.sum()),
        density=float(held.mean()),
        mass=held.size / sought.size,
        quasi_p=chances,
    )
