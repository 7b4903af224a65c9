"""Deal clauses: what each party pays another, each clause a function of a cumulated base.

Payment in a period = f(cumulated base now) − f(cumulated base before), and nothing is paid before the
first period. Arrays have axes (period, territory, draw); terms (shares, thresholds, caps, guarantees)
broadcast against them, so a plain (draw,) array is one number per draw. Receipts and payments are money
of one currency per period; shares and rates of tax are fractions from 0 to 1. Every function raises
ValueError where a term is out of its range or missing.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

CumulatedPayment = Callable[[np.ndarray], np.ndarray]


def increments(cumulated_payment: CumulatedPayment, base: ArrayLike) -> np.ndarray:
    """Payment of each period when `cumulated_payment` is owed on all of the base so far.

    The base has every period of the horizon on its first axis, even if it is the same in all of them.

    >>> increments(tiered([100], [0.1, 0.2]), [60, 60, 60]).tolist()
    [6.0, 8.0, 12.0]
    """
    return np.diff(cumulated_payment(_cumulated(base)), axis=0, prepend=0)


# What is owed on a cumulated base


def proportional(rate: ArrayLike) -> CumulatedPayment:
    """The rate on all of the base: a share of receipts, a royalty per unit, cost plus (1 + markup)."""
    rate = _not_negative("rate", rate)
    return lambda cumulated: rate * cumulated


def tiered(thresholds: Sequence[ArrayLike], rates: Sequence[ArrayLike]) -> CumulatedPayment:
    """Each rate on the part of the base between its thresholds; one rate more than thresholds.

    "10 % after the first million, 13 % beyond three" is

    >>> tiered([1e6, 3e6], [0, 0.10, 0.13])(np.array([0.5e6, 2e6, 4e6])).tolist()
    [0.0, 100000.0, 330000.0]
    """
    if len(rates) != len(thresholds) + 1:
        raise ValueError(f"{len(thresholds)} thresholds part {len(thresholds) + 1} rates; found {len(rates)}")
    rates = [_not_negative("rate of a tier", rate) for rate in rates]
    edges = [_not_negative("threshold of a tier", threshold) for threshold in thresholds]
    for lower, upper in pairwise(edges):
        if not np.all(lower <= upper):
            raise ValueError(f"thresholds must ascend; found {np.max(lower)} before {np.min(upper)}")
    tiers = list(zip(rates, [0, *edges], [*edges, np.inf], strict=True))

    def cumulated_payment(cumulated):
        return sum(rate * np.maximum(np.minimum(cumulated, upper) - lower, 0) for rate, lower, upper in tiers)

    return cumulated_payment


def tiered_by_payment(paid: Sequence[ArrayLike], rates: Sequence[ArrayLike]) -> CumulatedPayment:
    """Each rate until so much has been paid in all: "10 % up to a cap of 200, after which it becomes 13 %".

    >>> tiered_by_payment([200], [0.10, 0.13])(np.array([1000.0, 2000.0, 3000.0])).tolist()
    [100.0, 200.0, 330.0]
    """
    thresholds, before = [], 0.0
    for sum_paid, rate in zip(paid, rates, strict=False):
        width = np.subtract(sum_paid, before)
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.where(width > 0, width / np.asarray(rate, dtype=float), width)
        thresholds.append(width + (thresholds[-1] if thresholds else 0.0))
        before = sum_paid
    return tiered(thresholds, rates)


def bonus(threshold: ArrayLike, amount: ArrayLike) -> CumulatedPayment:
    """The amount, once, when the base (hours, subscribers gained, receipts) reaches the threshold.

    >>> increments(bonus(100, 7), [60, 60, 60]).tolist()
    [0.0, 7.0, 0.0]
    """
    threshold, amount = _not_negative("threshold of a bonus", threshold), _not_negative("bonus", amount)
    return lambda cumulated: np.where(cumulated >= threshold, amount, 0.0)


def capped(cumulated_payment: CumulatedPayment, cap: ArrayLike) -> CumulatedPayment:
    """Another clause, never more than the cap in all.

    >>> increments(capped(proportional(0.5), 40), [60, 60, 60]).tolist()
    [30.0, 10.0, 0.0]
    """
    cap = _not_negative("cap", cap)
    return lambda cumulated: np.minimum(cumulated_payment(cumulated), cap)


def floored(cumulated_payment: CumulatedPayment, floor: ArrayLike) -> CumulatedPayment:
    """Another clause, never less than the floor in all; the floor is an advance due in the first period.

    >>> increments(floored(proportional(0.5), 40), [60, 60, 60]).tolist()
    [40.0, 20.0, 30.0]
    """
    floor = _not_negative("floor", floor)
    return lambda cumulated: np.maximum(cumulated_payment(cumulated), floor)


# Fees that need no receipts


def flat_fee(amount: ArrayLike, schedule: ArrayLike) -> np.ndarray:
    """A fixed amount (1, territory, draw) paid in shares (period,); result (period, territory, draw).

    The shares sum to at most 1; what they leave falls due outside the horizon.

    >>> flat_fee(80, [0.25, 0.75]).ravel().tolist()
    [20.0, 60.0]
    """
    amount, schedule = _not_negative("fee", amount), _share("share of a fee's schedule", schedule)
    if schedule.ndim != 1 or schedule.sum() > 1 + 1e-9:
        raise ValueError(f"a schedule is one row of shares that sum to at most 1; found {schedule.sum()}")
    if amount.ndim > 2 and amount.shape[0] != 1:
        raise ValueError(f"a fee is one amount for all periods; found {amount.shape[0]} periods")
    return schedule[:, np.newaxis, np.newaxis] * amount


def per_unit(rate: ArrayLike, units: ArrayLike) -> np.ndarray:
    """Money per unit × units of the period: subscriber-months, hours viewed; the rate may change by period.

    >>> per_unit(0.25, [100, 200]).tolist()
    [25.0, 50.0]
    """
    return _not_negative("rate per unit", rate) * np.asarray(units)


# From gross receipts to the licensor


def recouped_expenses(receipts: ArrayLike, expenses: ArrayLike, cap: ArrayLike) -> np.ndarray:
    """Expenses recouped in each period out of that period's receipts after the distribution fee.

    Expenses beyond the cumulated cap (np.inf for none) are the distributor's own. What receipts do not
    cover is carried forward; receipts already passed on are not asked back, so neither the recoupment nor
    what it leaves is ever negative.

    >>> recouped_expenses([0, 50, 50], [80, 0, 30], 100).tolist()
    [0.0, 50.0, 50.0]
    """
    expenses = _not_negative("distribution expenses", expenses)
    return recouped(receipts, increments(capped(proportional(1), cap), expenses))


def recouped(receipts: ArrayLike, claims: ArrayLike, lapses: Collection[int] = ()) -> np.ndarray:
    """What a party keeps of receipts in each period until its claims are met; each claim counts from its period on.

    What receipts do not cover is carried forward, except over the end of a period that `lapses` names.

    >>> recouped([10, 10, 10, 10], [15, 0, 15, 0]).tolist(), recouped([10, 10, 10, 10], [25, 0, 5, 0], {1}).tolist()
    ([10.0, 5.0, 10.0, 5.0], [10.0, 10.0, 5.0, 0.0])
    """
    receipts, claims = _not_negative("receipts", receipts), _not_negative("claims", claims)
    _same_periods(receipts, claims)
    kept, unmet = np.empty(np.broadcast_shapes(receipts.shape, claims.shape)), 0.0
    for period, received in enumerate(receipts):
        unmet = unmet + claims[period]
        np.minimum(received, unmet, out=kept[period, ...])
        unmet = 0.0 if period in lapses else unmet - kept[period]
    return kept


def licensor_share(receipts: ArrayLike, share: ArrayLike) -> np.ndarray:
    """The licensor's share of receipts, gross or net as its contract says."""
    return np.asarray(receipts) * _share("licensor's share", share)


def overage(licensor_share: ArrayLike, guarantee: ArrayLike) -> np.ndarray:
    """What the licensor's share brings beyond the minimum guarantee already advanced.

    >>> overage([30, 30, 30], 50).tolist()
    [0.0, 10.0, 30.0]
    """
    guarantee = _not_negative("minimum guarantee", guarantee)
    return increments(lambda earned: np.maximum(earned - guarantee, 0), licensor_share)


def above_yearly_guarantee(licensor_share: ArrayLike, guarantee: ArrayLike, years: Sequence[int]) -> np.ndarray:
    """The part of each period's share that lies above a guarantee of its contract year; year −1 has none.

    >>> above_yearly_guarantee([30, 30, 30, 30], 50, [0, 0, 1, 1]).tolist()
    [0.0, 10.0, 0.0, 10.0]
    """
    share, years = np.asarray(licensor_share, dtype=float), np.asarray(years)
    above = np.empty(np.broadcast_shapes(share.shape, (len(share), *np.shape(guarantee)[1:])))
    for year in np.unique(years):
        here = years == year
        above[here] = overage(share[here], guarantee) if year >= 0 else share[here]
    return above


def shortfall(licensor_share: ArrayLike, guarantee: ArrayLike, years: Sequence[int]) -> np.ndarray:
    """What tops up each contract year's share to its guarantee, due in the year's last period; year −1 is none.

    >>> shortfall([30, 0, 30, 30, 9], 50, [0, 0, 1, 1, -1]).tolist()
    [0.0, 20.0, 0.0, 0.0, 0.0]
    """
    share, years = np.asarray(licensor_share, dtype=float), np.asarray(years)
    guarantee = _not_negative("minimum guarantee", guarantee)
    due = np.zeros(np.broadcast_shapes(share.shape, (len(share), *guarantee.shape[1:])))
    for year in np.unique(years[years >= 0]):
        here = np.flatnonzero(years == year)
        due[here[-1:]] = np.maximum(guarantee - share[here].sum(axis=0, keepdims=True), 0)
    return due


def cross_collateralised(base: ArrayLike) -> np.ndarray:
    """A base (period, territory, draw) as one account over all territories: (period, 1, draw)."""
    base = np.asarray(base)
    if base.ndim != 3:
        raise ValueError(f"cross-collateralising needs (period, territory, draw); found {base.ndim} axes")
    return base.sum(axis=1, keepdims=True)


# From what is owed to what arrives


def delayed(payment: ArrayLike, periods: int) -> tuple[np.ndarray, np.ndarray]:
    """Payments that arrive `periods` later: (paid within the horizon, sum due beyond it without period axis).

    >>> paid, beyond = delayed([1.0, 2.0, 3.0], 2)
    >>> paid.tolist(), float(beyond)
    ([0.0, 0.0, 1.0], 5.0)
    """
    payment = np.asarray(payment, dtype=float)
    if periods < 0:
        raise ValueError(f"a payment cannot arrive before it is owed; found a lag of {periods} periods")
    kept = max(len(payment) - periods, 0)
    paid = np.zeros_like(payment)
    paid[len(payment) - kept :] = payment[:kept]
    return paid, sum(payment[kept:], start=np.zeros(payment.shape[1:]))


def withheld(payment: ArrayLike, rate: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Withholding tax borne by the licensor: (net to the licensor, tax to the authority).

    >>> [float(part) for part in withheld(100, 0.1)]
    [90.0, 10.0]
    """
    tax = np.asarray(payment) * _share("withholding tax", rate)
    return payment - tax, tax


def grossed_up(payment: ArrayLike, rate: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Withholding tax borne by the licensee, who pays more so that the licensor has the payment in full.

    >>> [float(part) for part in grossed_up(90, 0.1)]
    [90.0, 10.0]
    """
    rate = _share("withholding tax", rate)
    if np.any(rate == 1):
        raise ValueError("a payment taxed at 100 % cannot be grossed up; found a withholding tax of 1")
    payment = np.asarray(payment, dtype=float)
    return payment, payment * (rate / (1 - rate))


def converted(amount: ArrayLike, exchange_rate: ArrayLike) -> np.ndarray:
    """An amount in another currency, at units of that currency per unit of its own."""
    exchange_rate = np.asarray(exchange_rate, dtype=float)
    if not np.all(exchange_rate > 0):
        raise ValueError(f"an exchange rate must be above 0; found {np.min(exchange_rate)}")
    return np.asarray(amount) * exchange_rate if np.any(exchange_rate != 1) else np.asarray(amount)


# The ledger


class Posting(NamedTuple):
    """One clause's payments: who pays whom, under which clause, how much (period, territory, draw)."""

    payer: str
    payee: str
    clause: str
    amount: np.ndarray


def balances(postings: Iterable[Posting]) -> dict[str, np.ndarray]:
    """Cash of each party, received less paid, (period, draw); over all parties it sums to zero.

    Territories are summed: an amount with one territory is a total, not the same sum in each of them.

    >>> postings = [Posting("platform", "owner", "flat_fee", flat_fee(80, [0.25, 0.75]))]
    >>> {party: cash.ravel().tolist() for party, cash in balances(postings).items()}
    {'platform': [-20.0, -60.0], 'owner': [20.0, 60.0]}
    """
    cash: dict[str, np.ndarray] = {}
    for payer, payee, clause, amount in postings:
        if np.ndim(amount) != 3:
            raise ValueError(f"{clause}: a posting is (period, territory, draw); found {np.ndim(amount)} axes")
        total = amount[:, 0] if amount.shape[1] == 1 else np.sum(amount, axis=1)
        for party, add in ((payer, np.subtract), (payee, np.add)):
            before = cash.get(party, np.zeros(1))
            in_place = before if before.shape == total.shape else None
            cash[party] = add(before, total, out=in_place)
    return cash


def _cumulated(base: ArrayLike) -> np.ndarray:
    """Sums so far, row by row: on long rows that is twenty times as fast as np.cumsum along the first axis."""
    total = np.array(base, dtype=float)
    for before, row in pairwise(total):
        row += before
    return total if total.ndim > 1 else np.cumsum(base)


def _not_negative(name: str, value: ArrayLike) -> np.ndarray:
    value = np.asarray(value, dtype=float)
    if not np.all(value >= 0):
        raise ValueError(f"the {name} must not be negative or missing; found {np.min(value)}")
    return value


def _same_periods(one: ArrayLike, other: ArrayLike) -> None:
    if len(one) != len(other):
        raise ValueError(f"both sides need every period of the horizon; found {len(one)} and {len(other)}")


def _share(name: str, value: ArrayLike) -> np.ndarray:
    value = np.asarray(value, dtype=float)
    if not np.all((value >= 0) & (value <= 1)):
        raise ValueError(f"the {name} must lie between 0 and 1; found {np.min(value)} to {np.max(value)}")
    return value
