"""Subscribers who leave by tenure: the recursion of subscribers.py with segments of churn, or with cohorts.

Segments carry churn that differs among members (sBG) in few numbers. Cohorts carry any survival (BdW), at a cost that
grows with the square of the periods.
"""

from __future__ import annotations

from copy import copy
from math import ceil, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simlib.models.blocks import NEGLIGIBLE, at, blocks, cut, thin
from simlib.models.periods import months_in

Array = NDArray[np.float64]
TENURE_BLOCK = (
    8_192  # elements of a block, few enough for its segments to stay in the cache; benchmarks/bench_tenure.py
)
NEARLY_ALL = np.nextafter(1.0, 0.0)  # the highest churn that leaves a logarithm to those who stay
NODES_PER_ROOT_MONTH = 1.8  # survival is then off by 3e-7 at most, for α from 0.1 to 20 and β from 0.3 to 200 (tests)


def segments_for(months: float) -> int:
    """Return how many segments of constant churn stand in for sBG over so many months.

    >>> segments_for(60), segments_for(120)
    (14, 20)
    """
    return ceil(NODES_PER_ROOT_MONTH * sqrt(months))


def opening_segments(churn: ArrayLike, weight: ArrayLike, tenure: ArrayLike) -> Array:
    """Return each segment's share (segment, …) of members who joined evenly over the last `tenure` months.

    `churn` a month and `weight` (segment, …) as `sbg_segments` gives them; the newest have not been through a month yet.
    The share is in proportion to weight · Σ (1 − churn)^age, ages 0 up to `tenure`; of the oldest month only a part counts
    where that is not whole.

    >>> opening_segments(np.array([0.5, 0.0]), np.array([0.5, 0.5]), 2).round(4).tolist()
    [0.4286, 0.5714]
    """
    churn = np.clip(churn, NEGLIGIBLE, NEARLY_ALL)
    whole, log_stay = np.floor(tenure), np.log1p(-churn)
    here = weight * (-np.expm1(whole * log_stay) / churn + (tenure - whole) * np.exp(whole * log_stay))
    return here / _summed(here)


def opening_cohorts(log_survival: ArrayLike, tenure: ArrayLike) -> Array:
    """Return the share (age, …) of each month's joiners among members who joined evenly over the last `tenure` months.

    `log_survival` (age, …) is that of ages 0, 1, … up to the longest tenure at least; the rest as in `opening_segments`.

    >>> opening_cohorts(np.log([1.0, 0.5, 0.25]), 2).round(4).tolist()
    [0.6667, 0.3333, 0.0]
    """
    survival = np.exp(log_survival)
    ages = np.arange(len(survival)).reshape(-1, *[1] * (survival.ndim - 1))
    here = survival * np.clip(tenure - ages, 0, 1)
    return here / _summed(here)


def segment_path(opening, potential, innovation, imitation, churn, weight, months, step, lift=1.0, kept=None):
    """Return closing subscribers and gross adds, each (period, territory, draw), of a Bass model with segments of churn.

    As `subscriber_path`, but each of the segments loses its own share: in a step 1 − (1 − churn)^months of it. Of those
    who join, a segment takes its `weight`. `opening` (segment, territory, draw); `churn` a month and `weight` (segment, 1
    or territory, 1 or draw); `months` (1 or period, …) is how many months' worth of churn each step holds; `kept` (period,
    territory, draw) multiplies the share that leaves, if given. Raises ValueError if `potential` lacks periods.
    Source: Fader & Hardie (2007) by Gauss–Jacobi quadrature; diffusion as in `subscriber_path`.

    >>> one = np.ones((1, 1, 1))
    >>> segment_path(10 * one, np.full((2, 1, 1), 100.0), 0.02, 0.4, 0.05 * one, one, 1.0, 0.25)[0].ravel().round(2)
    array([10.84, 11.7 ])
    """
    growth = _Growth(opening, (potential, innovation, imitation, lift), months, kept, step)
    log_stay = np.log1p(-np.minimum(churn, NEARLY_ALL))
    for block in blocks(growth.shape[1:], TENURE_BLOCK):
        _segments(growth.part(block), cut(log_stay, block), cut(np.asarray(weight, float), block))
    return growth.closing, growth.adds


def _segments(growth, log_stay, weight):
    """Fill one block; what stays of a segment is worked out anew only when a step holds another worth of churn."""
    members, months = growth.opening.copy(), growth.months
    row = np.empty(members.shape[1:])
    weight = [share.reshape(()) if share.size == 1 else share for share in weight]
    for period in range(len(growth.closing)):
        if period == 0 or (len(months) > 1 and not np.array_equal(months[period], months[period - 1])):
            stays = [_share(stay, at(months, period), growth.kept) for stay in log_stay]
        adds, total = growth.join(period, row)
        for here, share, stay in zip(members, weight, stays, strict=True):
            _leave(here, stay, growth, period, row)
            np.multiply(share, adds, out=row)
            np.add(here, row, out=here)
            np.add(total, here, out=total)


def cohort_path(opening, potential, innovation, imitation, log_survival, months, step, lift=1.0, kept=None):
    """Return closing subscribers and gross adds, each (period, territory, draw), of a Bass model with cohorts.

    As `segment_path`, but by cohorts of joiners, who leave by tenure: `opening` (age in months, territory, draw) are the
    members at the start, `log_survival` (age, 1 or territory, 1 or draw) is that of ages 0, 1, … months, up to the oldest
    member's at the end. `months` other than a step's own multiply the hazard of every cohort.

    >>> ages = np.log(0.95) * np.arange(5.0).reshape(-1, 1, 1)
    >>> path, _ = cohort_path(np.full((1, 1, 1), 10.0), np.full((2, 1, 1), 100.0), 0.02, 0.4, ages, 1.0, 1 / 12)
    >>> path.ravel().round(2)
    array([9.95, 9.9 ])
    """
    growth = _Growth(opening, (potential, innovation, imitation, lift), months, kept, step)
    ages, log_survival = round(months_in(step)), np.asarray(log_survival, float)
    log_stay = (log_survival[ages:] - log_survival[:-ages]) / ages  # a month, over the step that begins at each age
    for block in blocks(growth.shape[1:], TENURE_BLOCK):
        _cohorts(growth.part(block), cut(log_stay, block), ages)
    return growth.closing, growth.adds


def _cohorts(growth, log_stay, step):
    """Fill one block: every cohort, with its age at the start of the period."""
    cohorts, months = [[age, members.copy()] for age, members in enumerate(growth.opening)], growth.months
    row, always = np.empty(growth.opening.shape[1:]), None
    if len(months) == 1:
        always = [_share(stay, at(months, 0), growth.kept) for stay in log_stay]
    for period in range(len(growth.closing)):
        adds, total = growth.join(period, row)
        for cohort in cohorts:
            age, here = cohort
            stay = always[age] if always else _share(log_stay[age], at(months, period), growth.kept)
            _leave(here, stay, growth, period, row)
            np.add(total, here, out=total)
            cohort[0] = age + step
        np.add(total, adds, out=total)
        cohorts.append([0, adds.copy()])


def _share(log_stay, months, kept):
    """Return the share that stays through so many months; where a title keeps some, less the share that would leave."""
    leaves = np.expm1(log_stay * months)
    share = leaves + 1 if kept is None else leaves
    return share.reshape(()) if share.size == 1 else share


def _leave(here, share, growth, period, row):
    """Take those who leave from `here`: all, or what the title does not keep of them."""
    if growth.kept is None:
        np.multiply(here, share, out=here)
    else:
        np.multiply(here, share, out=row)
        np.multiply(row, at(growth.kept, period), out=row)
        np.add(here, row, out=here)


class _Growth:
    """What segments and cohorts share: who joins. `opening` has its segments or cohorts first."""

    def __init__(self, opening, drivers, months, kept, step):
        self.step, self.opening = step, np.asarray(opening, float)
        inputs = (*drivers, months, 1.0 if kept is None else kept)
        self.shape = np.broadcast_shapes(*map(np.shape, inputs), (1, *self.opening.shape[1:]))
        if np.shape(drivers[0])[:1] != self.shape[:1]:
            raise ValueError(f"potential {np.shape(drivers[0])} must cover every period of {self.shape}")
        self.opening = np.broadcast_to(self.opening, (len(self.opening), *self.shape[1:]))
        self.drivers = [thin(values, len(self.shape)) for values in drivers]
        self.months = thin(months, len(self.shape))
        self.kept = None if kept is None else thin(kept, len(self.shape))
        self.closing, self.adds = np.empty((2, *self.shape))

    def part(self, block):
        """Return the part that belongs to a block, its arrays views of these."""
        part = copy(self)
        part.opening, part.closing, part.adds = (all_[:, *block] for all_ in (self.opening, self.closing, self.adds))
        part.drivers = [cut(values, block) for values in self.drivers]
        part.months = cut(self.months, block)
        part.kept = None if self.kept is None else cut(self.kept, block)
        return part

    def join(self, period, row):
        """Fill in the gross adds of a period; return them, and where its closing subscribers belong, 0 as yet."""
        potential, innovation, imitation, lift = (at(values, period) for values in self.drivers)
        adds, total = self.adds[period], self.closing[period]
        before = self.closing[period - 1] if period else _summed(self.opening)
        pace = lift * -self.step
        np.multiply(before, imitation * (pace / np.maximum(potential, NEGLIGIBLE)), out=adds)
        np.add(adds, innovation * pace, out=adds)
        np.exp(adds, out=adds)
        np.subtract(1.0, adds, out=adds)
        np.maximum(np.subtract(potential, before, out=row), 0, out=row)
        np.multiply(adds, row, out=adds)
        total[...] = 0
        return adds, total


def _summed(values):
    """Return the sum over the first axis, term after term whatever the block."""
    total = values[0].copy()
    for each in values[1:]:
        total += each
    return total
