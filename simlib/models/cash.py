"""What cash is worth: present value, internal rate of return, payback.

Convention: time 0 is the beginning of the first period and cash arrives evenly within its period, so the
cash of period k (from 0) is discounted from the middle of the period, (k + ½) × step years.
Cash has axes (period, …, draw); `step` is the length of a period in years; rates are per year.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

MID_PERIOD = 0.5
LOWEST_IRR, HIGHEST_IRR = -0.99, 1e4
BISECTIONS = 42  # the bracket's log width of 13.8 ends at 3e-12


def discount_factors(annual_rate: ArrayLike, periods: int, step: float) -> np.ndarray:
    """Present value of 1 in the middle of each period: (period,), or (period, draw) for a rate by draw.

    >>> discount_factors(0.21, 2, 1.0).round(6).tolist()
    [0.909091, 0.751315]
    """
    growth = 1 + _annual_rate(annual_rate)
    years = (np.arange(periods) + MID_PERIOD) * step
    return growth ** -years.reshape(-1, *[1] * growth.ndim)


def npv(cash: ArrayLike, annual_rate: ArrayLike, step: float) -> np.ndarray:
    """Net present value (draw,) of cash (period, draw) at a rate that is one number or one per draw.

    >>> float(npv([-100, 121], 0.21, 1.0).round(10))
    0.0
    """
    per_step = (1 + _annual_rate(annual_rate)) ** -step
    return per_step**MID_PERIOD * _worth(np.asarray(cash, dtype=float), per_step)


def irr(cash: ArrayLike, step: float) -> np.ndarray:
    """Internal rate of return per year (draw,): the rate at which the cash (period, draw) is worth nothing.

    It is given where it is the only one: where cash changes sign once (Descartes' rule of signs), or where cumulated
    cash does, which leaves one rate above zero (Norstrom 1972). It is NaN where there is none, where there may be several,
    and outside −99 % to 1,000,000 % a year. Where money comes in first, it is the yearly cost of that money.

    >>> irr([[-100, -100, 1], [110, 50, 1]], 1.0).round(6).tolist()
    [0.1, -0.5, nan]
    """
    cash = np.asarray(cash, dtype=float)
    cumulated = np.cumsum(cash, axis=0)
    by_cash = _sign_changes(cash) == 1
    by_cumulated = (_sign_changes(cumulated) == 1) & (cumulated[-1] != 0)
    rates = np.full(cash.shape[1:], np.nan)
    only = by_cash | by_cumulated
    cash, low = cash[:, only], np.where(by_cash, math.log1p(LOWEST_IRR), 0.0)[only]
    high = np.full(low.shape, math.log1p(HIGHEST_IRR))
    sign_low, sign_high = (np.sign(_worth(cash, np.exp(-step * log_growth))) for log_growth in (low, high))
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        is_below = np.sign(_worth(cash, np.exp(-step * middle))) == sign_low
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    rates[only] = np.where(sign_low * sign_high < 0, np.expm1((low + high) / 2), np.nan)
    return rates


def _sign_changes(values: np.ndarray) -> np.ndarray:
    """Return how often the sign changes along the first axis, zeros passed over."""
    signs = np.sign(values)
    changes, last = np.zeros(signs.shape[1:]), np.zeros(signs.shape[1:])
    for sign in signs:
        changes += sign * last < 0
        last = np.where(sign != 0, sign, last)
    return changes


def payback(cash: ArrayLike, step: float) -> np.ndarray:
    """Years from the start after which cumulated cash (period, draw) is never negative again: (draw,).

    Undiscounted; within the period of recovery cash is taken as even. 0 where it is never negative, NaN
    where it still is at the end.

    >>> payback([[-100, 5, -9], [60, 5, 1], [80, 5, 1]], 1.0).tolist()
    [2.5, 0.0, nan]
    """
    cumulated = np.cumsum(np.asarray(cash, dtype=float), axis=0)
    in_red = cumulated < 0
    last = len(cumulated) - 1 - np.argmax(in_red[::-1], axis=0)
    owed = -np.take_along_axis(cumulated, last[np.newaxis], axis=0)[0]
    after = np.minimum(last + 1, len(cumulated) - 1)
    left = np.take_along_axis(cumulated, after[np.newaxis], axis=0)[0]
    recovers = in_red.any(axis=0) & ~in_red[-1]
    fraction = np.divide(owed, owed + left, out=np.zeros(recovers.shape), where=recovers)
    return np.where(in_red[-1], np.nan, np.where(recovers, (last + 1 + fraction) * step, 0.0))


def _worth(cash: np.ndarray, per_step: ArrayLike) -> np.ndarray:
    """Value at the first period's own date, from the last period backwards (Horner's rule)."""
    worth = np.zeros(cash.shape[1:])
    for received in cash[::-1]:
        worth = received + per_step * worth
    return worth


def _annual_rate(annual_rate: ArrayLike) -> np.ndarray:
    annual_rate = np.asarray(annual_rate, dtype=float)
    if not np.all(annual_rate > -1):
        raise ValueError(f"an annual rate must be above −100 %; found {np.min(annual_rate)}")
    return annual_rate
