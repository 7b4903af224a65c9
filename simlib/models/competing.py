"""Competing risks: who leaves a state in a step, and which way."""

from itertools import count

import numpy as np

from simlib.models.blocks import NEGLIGIBLE, at


def competing_risks(step, *hazards):
    """Return the probability to stay a step of `step` years, then that of each way out.

    Who is subject to hazards λ₁ … λₙ per year (finite) stays with probability exp(−Σλ · step); those who
    leave divide in proportion to the hazards.

    >>> [float(round(chance, 4)) for chance in competing_risks(0.5, 1.0, 3.0)]
    [0.1353, 0.2162, 0.6485]
    """
    total = sum(hazards[1:], start=hazards[0])
    stay = np.exp(-step * total)  # not expm1: a hazard's last digits are not worth its cost
    leave = (1 - stay) / np.maximum(total, NEGLIGIBLE)
    return stay, *(leave * hazard for hazard in hazards)


def risks_by_period(step, *hazards):
    """Yield the competing risks of each period, worked out anew only where a thin hazard changes over time.

    >>> risks = risks_by_period(1.0, np.zeros((1, 1)))
    >>> next(risks) is next(risks)
    True
    """
    for period in count():
        if period == 0 or max(map(len, hazards)) > 1:
            risks = competing_risks(step, *(at(hazard, period) for hazard in hazards))
        yield risks
