"""A platform's accounts: revenue lines, cost lines, profit, and when the profits have paid for the losses."""

import numpy as np

REVENUE_LINES = ("member_payment", "content_marketing", "data_marketing", "sublicensing", "derivatives")
COST_LINES = ("content", "bandwidth", "marketing", "other")


def lines(amounts, drivers):
    """Return each line by name: its amount (money per unit) × its driver (units per period).

    A driver is what the line moves with: subscriber-months, gross adds, hours, receipts, or 1 in the period
    of a sum that is paid once. Raises ValueError if a name stands in one mapping only.

    >>> lines({"marketing": 50.0}, {"marketing": np.array([3.0, 2.0])})
    {'marketing': array([150., 100.])}
    """
    if unmatched := sorted(amounts.keys() ^ drivers.keys()):
        raise ValueError(f"every line needs an amount and a driver; one is missing for {', '.join(unmatched)}")
    return {name: amount * drivers[name] for name, amount in amounts.items()}


def total(named_lines):
    """Return the sum of all lines; 0 of none.

    >>> total({"content": np.array([4.0, 4.0]), "bandwidth": np.array([1.0, 2.0])})
    array([5., 6.])
    """
    return sum(named_lines.values())


def profit(revenue_lines, cost_lines):
    """Return total revenue less total cost per period.

    >>> profit({"member_payment": np.array([9.0, 9.0])}, {"content": np.array([12.0, 4.0])})
    array([-3.,  5.])
    """
    return total(revenue_lines) - total(cost_lines)


def break_even_period(profits):
    """Return the first period (0, 1, …) from whose close on cumulated profit is never negative; NaN if none.

    `profits` (period, …) cumulate from the first period; the result has the axes after it. A path that ends
    in the red has not broken even, whatever it was before.

    >>> break_even_period(np.array([[-3.0, -3.0, 1.0], [2.0, 1.0, 1.0], [2.0, 1.0, 1.0]]))
    array([ 2., nan,  0.])
    """
    in_the_red = np.cumsum(profits, axis=0) < 0
    after_last_red = len(profits) - np.argmax(in_the_red[::-1], axis=0)
    return np.where(in_the_red[-1], np.nan, np.where(in_the_red.any(axis=0), after_last_red, 0))
