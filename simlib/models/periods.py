"""Conversions between the period in which a number is quoted and a model's step; `step` is in years."""

import numpy as np

MONTHS_PER_YEAR = 12


def months_in(step):
    """Return the months in a step of `step` years.

    >>> months_in(0.25)
    3.0
    """
    return MONTHS_PER_YEAR * step


def per_step(monthly_probability, step):
    """Return the probability per step of what happens each month with `monthly_probability` (0–1).

    Surviving a step is surviving each of its months: 1 − (1 − c)^months.

    >>> per_step(0.1, 0.25).round(3)
    np.float64(0.271)
    """
    return 1 - (1 - np.asarray(monthly_probability, float)) ** months_in(step)


def hazard_per_year(monthly_probability):
    """Return the constant hazard per year that leaves 1 − `monthly_probability` alive after a month.

    The probability must be below 1; certainty within a month has no finite hazard.

    >>> hazard_per_year(0.1).round(4)
    np.float64(1.2643)
    """
    return -MONTHS_PER_YEAR * np.log1p(-np.asarray(monthly_probability, float))


def growth_factor(annual_growth, step):
    """Return the factor by which a step multiplies what grows by the share `annual_growth` a year (> −1).

    >>> growth_factor(0.21, 0.5).round(4)
    np.float64(1.1)
    """
    return (1 + np.asarray(annual_growth, float)) ** step
