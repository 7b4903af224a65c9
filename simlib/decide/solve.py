"""At which value of a term a target is zero: a scan for every change of sign, then root finding, on fixed draws.

On fixed draws the target is a plain function of the term. Its roots carry the Monte Carlo error of the target divided by its
slope (the delta method), and are sought no finer than the draws can tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import brentq

POINTS = 9  # of the scan
BUDGET = 25  # simulations, the scan among them
DECADE = 10.0  # a positive range that spans as much is scanned by ratios
FINE = 0.05  # of the target's Monte Carlo error: closer to zero is zero
NARROW = 1e-3  # of the stretch that holds a change of sign: there a straight line will do
LEAP = 0.05  # of the target's whole way, made at one place
FLAT = 1e-9  # of the target's size: what moves it less does not move it

Draws = tuple[np.ndarray, np.ndarray]  # of a result, and of what it should be equal to, (draw,) each


class Point(NamedTuple):
    """A value of the term, the target there, and the target's Monte Carlo error."""

    term: float
    target: float
    error: float


@dataclass(frozen=True)
class Root:
    """A value at which the target is zero, its Monte Carlo error, and the target's slope there.

    Where the target stays zero over a stretch, `until` is its other end as far as it was seen. Where it `jumps`, it passes
    over zero without being it.
    """

    value: float
    error: float
    slope: float
    until: float | None = None
    jumps: bool = False


@dataclass(frozen=True)
class Solution:
    """Every root that was found, and the curve that was seen, in order of the term."""

    roots: tuple[Root, ...]
    curve: tuple[Point, ...]
    out_of_budget: bool

    @property
    def simulations(self) -> int:
        """How many were needed."""
        return len(self.curve)

    @property
    def found(self) -> Literal["one", "several", "none", "flat"]:
        """How many roots there are; a target that the term does not move is flat."""
        targets = [point.target for point in self.curve]
        if max(targets) - min(targets) <= FLAT * max(map(abs, targets)):
            return "flat"
        return "none" if not self.roots else "one" if len(self.roots) == 1 else "several"


class _Spent(Exception):
    """No simulation is left."""


def solve(
    draws_at: Callable[[float], Draws],
    between: tuple[float, float],
    at: str = "mean",
    whole: bool = False,
    points: int = POINTS,
    budget: int = BUDGET,
) -> Solution:
    """Return where a statistic of one result equals that of another, as a term moves between two values.

    `draws_at` simulates the term's value and returns both results' draws, on the same draws each time; `at` is `mean` or a
    percentile like `p05`; a `whole` term is tried at whole numbers alone. Brent's method (1973) narrows each change of sign.
    Raises ValueError for a range that does not rise, or too small a budget for the scan.

    >>> ones = np.ones(4)
    >>> [round(root.value, 6) for root in solve(lambda fee: (fee * ones, 3 * ones), (0, 10)).roots]
    [3.0]
    """
    if not between[0] < between[1] or not 2 <= points <= budget:
        raise ValueError(f"a rising range and a budget for {points} points are needed; found {between}, {budget}")
    seen = _Seen(draws_at, at, whole, budget)
    for term in _scan(*between, points):
        seen(term)
    out = False
    try:
        for term in list(_dips(seen.curve())):
            seen(term)
        for one, other in _changes(seen.curve(), seen.zero):
            brentq(seen, one.term, other.term, xtol=0.5 if whole else NARROW * (other.term - one.term))
    except _Spent:
        out = True
    return Solution(tuple(_roots(seen)), seen.curve(), out)


def statistic(values: np.ndarray, at: str) -> tuple[float, np.ndarray]:
    """Return the mean or a percentile of draws (draw,), and how much each draw moves it (its influence, mean about 0).

    A percentile's influence is (q − 1{y ≤ Q(q)}) × Q′(q) (Serfling 1980, Approximation Theorems, §2.5), the slope Q′ taken
    over two binomial standard errors of q on each side. Raises ValueError where a draw has no number.

    >>> statistic(np.array([1.0, 3.0]), "mean")
    (2.0, array([-1.,  1.]))
    """
    if missing := int(np.sum(~np.isfinite(values))):
        raise ValueError(f"{missing} of {values.size} draws have no number; ask for a result that every draw has")
    if at == "mean":
        mean = float(values.mean())
        return mean, values - mean
    share = int(at[1:]) / 100
    width = 2 * math.sqrt(share * (1 - share) / values.size)
    low, high = max(share - width, 0), min(share + width, 1)
    below, found, above = np.quantile(values, (low, share, high))
    return float(found), (share - (values <= found)) * (above - below) / (high - low)


def target(draws: Draws, at: str) -> tuple[float, float]:
    """Return the difference of a statistic of two results on common draws, and its Monte Carlo error.

    >>> target((np.array([1.0, 3.0]), np.array([1.0, 2.0])), "mean")
    (0.5, 0.5)
    """
    (one, influence), (other, shared) = (statistic(np.asarray(values, dtype=float), at) for values in draws)
    return one - other, float(np.std(influence - shared, ddof=1)) / math.sqrt(influence.size)


class _Seen:
    """The target as a function of the term that remembers what it has simulated."""

    def __init__(self, draws_at: Callable[[float], Draws], at: str, whole: bool, budget: int):
        self.draws_at, self.at, self.whole, self.budget = draws_at, at, whole, budget
        self.points: dict[float, Point] = {}

    def __call__(self, term: float) -> float:
        """Return the target at a value of the term; 0 where it is too near to tell."""
        term = float(round(term) if self.whole else term)
        if term not in self.points:
            if len(self.points) >= self.budget:
                raise _Spent
            self.points[term] = Point(term, *target(self.draws_at(term), self.at))
        point = self.points[term]
        return 0.0 if self.zero(point) else point.target

    def zero(self, point: Point) -> bool:
        """Tell whether the target is as near to zero as the draws can tell."""
        largest = max(abs(other.target) for other in self.points.values())
        return abs(point.target) <= max(FINE * point.error, FLAT * largest)

    def curve(self) -> tuple[Point, ...]:
        """Return the points in order."""
        return tuple(self.points[term] for term in sorted(self.points))


def _scan(low: float, high: float, points: int) -> np.ndarray:
    by_ratios = low > 0 and high / low >= DECADE
    return np.geomspace(low, high, points) if by_ratios else np.linspace(low, high, points)


def _dips(curve: tuple[Point, ...]) -> Iterator[float]:
    """Yield where the target may reach zero and turn back between two points: the vertex of a parabola through three."""
    for three in zip(curve, curve[1:], curve[2:], strict=False):
        terms, targets = np.array([point.term for point in three]), np.array([point.target for point in three])
        one_side = np.all(targets > 0) or np.all(targets < 0)
        if one_side and abs(targets[1]) < min(abs(targets[0]), abs(targets[2])):
            bend, slope, _ = np.polyfit(terms - terms[1], targets, 2)
            yield float(terms[1] - slope / (2 * bend))


def _changes(curve: tuple[Point, ...], zero: Callable[[Point], bool]) -> Iterator[tuple[Point, Point]]:
    """Yield neighbours between which the target changes its sign."""
    for one, other in pairwise(curve):
        if not zero(one) and not zero(other) and one.target * other.target < 0:
            yield one, other


def _roots(seen: _Seen) -> Iterator[Root]:
    """Yield the roots that the points show: points at zero, and changes of sign between two points."""
    curve = seen.curve()
    if all(map(seen.zero, curve)):
        yield Root(curve[0].term, math.inf, 0.0, curve[-1].term)
        return
    stretches = [(is_zero, list(points)) for is_zero, points in groupby(curve, seen.zero)]
    for index, (is_zero, points) in enumerate(stretches):
        if is_zero:
            before = stretches[index - 1][1][-1:] if index else []
            after = stretches[index + 1][1][:1] if index + 1 < len(stretches) else []
            yield _root(points, before or points, after or points)
        for one, other in () if is_zero else pairwise(points):
            if one.target * other.target < 0:
                way = one.target / (one.target - other.target)
                near = Point(one.term + way * (other.term - one.term), 0.0, max(one.error, other.error))
                yield replace(_root([near], [one], [other]), jumps=not seen.whole and _jumps(curve, one, other))


def _jumps(curve: tuple[Point, ...], one: Point, other: Point) -> bool:
    """Tell whether the target makes a good part of its whole way between two points next to each other."""
    targets = [point.target for point in curve]
    is_near = other.term - one.term <= 2 * NARROW * (curve[-1].term - curve[0].term)
    step = abs(other.target - one.target)
    return is_near and step > LEAP * (max(targets) - min(targets)) and step > 4 * max(one.error, other.error)


def _root(at: list[Point], before: list[Point], after: list[Point]) -> Root:
    """Return the root at a stretch of points, its slope that of the line from the point before to the point after."""
    one, other = before[-1], after[0]
    slope = (other.target - one.target) / (other.term - one.term) if other.term > one.term else 0.0
    middle = at[len(at) // 2]
    value = middle.term - middle.target / slope if slope and len(at) == 1 else at[0].term
    error = middle.error / abs(slope) if slope else math.inf
    return Root(value, error, slope, at[-1].term if len(at) > 1 else None)
