"""What moves the hazards of the habit model: enforcement by its effort, price and income, content and training."""

import numpy as np

from simlib.models.blocks import NEGLIGIBLE


def enforced(effort, threshold, saturation, rate):
    """Return the hazard per year with which `effort` (sites blocked, cases, any unit) turns people to legal offers.

    It is 0 up to the threshold, `rate` from the saturation on, and rises in a straight line between; where both are
    one effort, more than that has the full rate.
    Source: Danaher, Smith & Telang (2015): one British site blocked moved nobody, 19 moved about as many as 53.

    >>> enforced(np.array([1.0, 10.0, 19.0, 53.0]), threshold=1.0, saturation=19.0, rate=0.2).tolist()
    [0.0, 0.1, 0.2, 0.2]
    """
    reached = (effort - threshold) / np.maximum(saturation - threshold, NEGLIGIBLE)
    return rate * np.clip(reached, 0, 1)


def affordability(price, reference_share, monthly_income, elasticity):
    """Return (price / (reference share × monthly income))^−elasticity, 1 at the price that takes that share.

    `price` per month and `monthly_income` are in one currency and above 0.

    >>> affordability(price=20.0, reference_share=0.005, monthly_income=2000.0, elasticity=1.0)
    0.5
    """
    return (price / (reference_share * monthly_income)) ** -elasticity


def lifted(*pulls):
    """Return 1 + Σ lift × intensity over pairs (lift, intensity), the intensity 1 as when the lift was measured.

    Exclusive titles and the platforms' training of users pull free viewers to paying; training also forms habits.

    >>> lifted((0.3, 0.5), (0.2, 1.0))
    1.35
    """
    return 1 + sum(lift * intensity for lift, intensity in pulls)
