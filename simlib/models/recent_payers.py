"""Who paid at some time within the last half year (or any window), whether they still do or not: a flow, not a stock.

Who has not paid within a window is who was not paying at its start and has stayed among the non-payers since. So the
non-payers of each step that may begin a window are followed by the very risks that move the audience.
"""

from typing import NamedTuple

import numpy as np

from simlib.models.competing import competing_risks


class NonPayers(NamedTuple):
    """People who do not pay, by state."""

    unlicensed: np.ndarray
    free: np.ndarray
    lapsed: np.ndarray

    @classmethod
    def empty(cls, shape):
        """Return room for non-payers of a shape."""
        return cls(*(np.empty(shape) for _ in cls._fields))

    def spread(self, shape):
        """Return the same people in arrays of their own, of a shape."""
        return NonPayers(*(np.broadcast_to(state, shape).copy() for state in self))


def still_unpaid(unpaid, free_risks, unlicensed_risks, lapsed_risks, into):
    """Fill `into`, and return it, with the NonPayers who still have not paid after a step of these risks.

    Risks are probabilities: to stay, then each way out, in the order of `simlib.models.habits`.

    >>> unpaid, into = NonPayers(0.0, 100.0, 10.0), NonPayers(*np.empty((3, 1)))
    >>> still_unpaid(unpaid, (0.9, 0.1, 0.0), (1.0, 0.0), (0.5, 0.5, 0.0), into)
    NonPayers(unlicensed=array([0.]), free=array([90.]), lapsed=array([5.]))
    """
    unlicensed, free, lapsed = unpaid
    stays_unlicensed, turns_free = unlicensed_risks
    stays_free, _, relapses = free_risks
    stays_lapsed, _, turns_unlicensed = lapsed_risks
    np.multiply(unlicensed, stays_unlicensed, out=into.unlicensed)
    np.multiply(free, stays_free, out=into.free)
    np.multiply(lapsed, stays_lapsed, out=into.lapsed)
    for state, moving in (
        (into.unlicensed, free * relapses),
        (into.unlicensed, lapsed * turns_unlicensed),
        (into.free, unlicensed * turns_free),
    ):
        np.add(state, moving, out=state)
    return into


def steps_in(window, step):
    """Return the whole steps of a window in years, 0 where the window is shorter than a step.

    Raises ValueError for a longer window that is not a whole number of steps.

    >>> steps_in(0.5, 1 / 12), steps_in(0.5, 1.0)
    (6, 0)
    """
    steps = round(window / step)
    if window >= step and abs(window / step - steps) > 1e-9:
        raise ValueError(f"a window of {window:g} years is no whole number of steps of {step:g} years")
    return steps if window >= step else 0


def unpaid_at_opening(opening, lapsed_within, steps):
    """Return the NonPayers at the opening who had not paid for steps − 1, …, 1 steps before it.

    `lapsed_within` is the share of the lapsed who paid within the window before the opening; they are taken to have
    stopped evenly over it, and none of them to have left the lapsed.

    >>> [people.lapsed for people in unpaid_at_opening(NonPayers(60.0, 30.0, 8.0), 0.5, steps=4)]
    [5.0, 6.0, 7.0]
    """
    return [
        opening._replace(lapsed=opening.lapsed * (1 - lapsed_within * before / steps))
        for before in range(steps - 1, 0, -1)
    ]


def left_within(window, step, *hazards):
    """Return the share of a state, by its hazards per year, that leaves by the last of them in the last `window` of a step.

    >>> round(float(left_within(0.5, 1.0, 0.0, 0.2)), 4), round(float(np.exp(-0.1) - np.exp(-0.2)), 4)
    (0.0861, 0.0861)
    """
    stays_until, *_ = competing_risks(step - window, *hazards)
    return stays_until * competing_risks(window, *hazards)[-1]
