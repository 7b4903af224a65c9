"""A platform's accounts: revenue lines, cost lines, content as it is paid for and as it is viewed, when it breaks even."""

import numpy as np

from simlib.models.demand import viewed_on_average
from simlib.models.periods import MONTHS_PER_YEAR

REVENUE_LINES = (
    "member_payment", "content_marketing", "data_marketing", "sublicensing", "derivatives", "disc_rental",
)  # fmt: skip
COST_LINES = ("content", "bandwidth", "marketing", "sales_tax", "other")


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


def amortised(spend, opening, opening_age, scale, tail, step):
    """Return what content costs in each period as it is viewed, and the balance not yet viewed at each close (period, …).

    What is spent evenly over a period, `spend` (period, …), becomes cost as it is viewed: the share `viewed_share` of
    it within an age. Of the balance at the start, `opening`, bought `opening_age` years before, the share viewed by then
    is gone already. `scale` is in years. Opening + spend − amortised = closing, in every period.

    >>> cost, balance = amortised(np.array([100.0, 0.0]), 40.0, 0.5, scale=0.25, tail=1.0, step=1.0)
    >>> cost.round(1), balance.round(1)
    (array([82.6, 31.8]), array([57.4, 25.6]))
    """
    periods = len(spend)
    ages = (np.arange(periods + 1) * step).reshape(-1, *[1] * (np.ndim(spend) - 1))
    new = np.diff(viewed_on_average(ages, step, scale, tail), axis=0)
    old = -np.diff((1 + ages / (scale + opening_age)) ** -np.asarray(tail, float), axis=0)
    cost = np.broadcast_to(opening * old, np.shape(spend)).copy()
    for age in range(periods):
        cost[age:] += spend[: periods - age] * new[age]
    balance, closing = opening, np.empty_like(cost)
    for period in range(periods):
        balance = balance + spend[period] - cost[period]
        closing[period] = balance
    return cost, closing


def tax_on_profit(profit, rate):
    """Return the tax on profit in each period (period, …), losses carried forward without limit.

    Tax is due on what the sum of `profit`, before tax, has grown by beyond its highest so far, 0 at the start: a loss pays
    nothing back, and the profit that makes up for it pays nothing. `rate` is a share.

    >>> tax_on_profit(np.array([10.0, -4.0, 3.0, 6.0]), 0.5)
    array([5. , 0. , 0. , 2.5])
    """
    highest = np.maximum.accumulate(np.maximum(np.cumsum(profit, axis=0), 0), axis=0)
    return rate * np.diff(highest, axis=0, prepend=np.zeros_like(highest[:1]))


def of_a_year(flows, step):
    """Return the sum of flows (period, …) over each year that ends with a period, from the first whole one on.

    `step` is in years and divides one; raises ValueError where no year is whole.

    >>> of_a_year(np.array([1.0, 2.0, 3.0]), 0.5)
    array([3., 5.])
    """
    length = round(1 / step)
    if len(flows) < length:
        raise ValueError(f"a year has {length} periods; found {len(flows)}")
    last = len(flows) - length + 1
    return sum(flows[first : first + last] for first in range(length))


def break_even(profits, step):
    """Return years from the start to the date from which the profit of the year before is never negative again.

    `profits` (period, …); between two closes the profit of the year before is taken as a straight line. It is 1 where the
    first year has a profit and none after it a loss, and NaN where the last year has a loss.

    >>> break_even(np.array([[-3.0, 1.0, -9.0], [-1.0, 1.0, 9.0], [3.0, 1.0, 9.0], [4.0, 1.0, -9.0]]), 1.0)
    array([2.25, 1.  ,  nan])
    """
    yearly = of_a_year(profits, step)
    losses = yearly < 0
    last = len(losses) - 1 - np.argmax(losses[::-1], axis=0)
    after = np.minimum(last + 1, len(losses) - 1)
    loss, gain = (np.take_along_axis(yearly, at[np.newaxis], axis=0)[0] for at in (last, after))
    turns = losses.any(axis=0) & ~losses[-1]
    way = np.divide(-loss, gain - loss, out=np.zeros(turns.shape), where=turns)
    return np.where(losses[-1], np.nan, 1 + np.where(turns, (last + way) * step, 0.0))


def members_needed(members, profit, margin):
    """Return with how many members a year's profit would be zero; NaN where a member brings nothing.

    `margin` is what all that moves with members left of each of them in the year, and stays the same.

    >>> members_needed(np.array([10.0, 10.0, 10.0]), np.array([-30.0, 50.0, -1.0]), np.array([6.0, 5.0, 0.0]))
    array([15.,  0., nan])
    """
    pays = np.asarray(margin) > 0
    more = np.divide(-np.asarray(profit, float), margin, out=np.zeros(np.shape(profit)), where=pays)
    return np.where(pays, np.maximum(members + more, 0), np.nan)


def hours_viewed(viewers, members, per_viewer, per_member, step):
    """Return hours viewed on a platform in each period: members watch `per_member` a month, its other viewers `per_viewer`.

    >>> hours_viewed(np.array([100.0]), 20.0, 10.0, 30.0, 0.25)
    array([4200.])
    """
    return MONTHS_PER_YEAR * step * (np.maximum(viewers - members, 0) * per_viewer + members * per_member)
