"""A waterfall: the order in which several parties share in what comes in, each position on conditions of its own.

Proceeds have axes (period, stream, draw); a stream is what a position may name apart (a deal, some territories). Positions
take in order; what they leave is the owner's. Within a period everything accrues evenly, so that a period in which a
position has had all that it is to have is parted there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from simlib.models.licensing import CumulatedPayment

NEARLY_ALL, NEXT_TO_NOTHING = 1 - 1e-12, 1e-9  # of a sum of money
BISECTIONS = 52  # as many as a float has digits


class Position(NamedTuple):
    """What one position is owed: a function of its cumulated base, in the position's own currency.

    `streams` (stream,) tells which proceeds it shares in; `on_gross` whether in all of them or in what is left;
    `until` is the most it receives, np.inf for no end; `after` is the place in the order of a position that must have
    received its `until` before; `rate` is units of its currency for one unit of the proceeds', 1 or (period, 1, draw);
    `bends` is False where `owed` is one share of all of the base, which is quicker.
    """

    owed: CumulatedPayment
    streams: np.ndarray
    on_gross: bool
    until: ArrayLike = np.inf
    after: int | None = None
    rate: ArrayLike = 1.0
    bends: bool = True


def distributed(proceeds: ArrayLike, positions: Sequence[Position]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return what each position is paid (period, 1, draw), and what they leave (period, stream, draw).

    A position on gross proceeds that finds less left than it is owed carries the rest forward. Raises ValueError where a
    position waits for one that does not stand above it.

    >>> from simlib.models.licensing import proportional
    >>> financier = Position(proportional(1), np.array([True]), on_gross=False, until=40)
    >>> director = Position(proportional(0.1), np.array([True]), on_gross=True, after=0)
    >>> paid, left = distributed(np.full((3, 1, 1), 30.0), [financier, director])
    >>> [payment.ravel().round(9).tolist() for payment in [*paid, left]]
    [[30.0, 10.0, 0.0], [0.0, 2.0, 3.0], [0.0, 18.0, 27.0]]
    """
    proceeds = np.asarray(proceeds, dtype=float)
    for place, position in enumerate(positions):
        if position.after is not None and not 0 <= position.after < place:
            raise ValueError(f"position {place} waits for position {position.after}, which does not stand above it")
    accounts = [_Account(position, proceeds.shape) for position in positions]
    payments = [np.zeros((len(proceeds), 1, proceeds.shape[2])) for _ in positions]
    left = np.zeros_like(proceeds)
    ends = sum(np.any(np.isfinite(position.until)) for position in positions)
    for period, received in enumerate(proceeds):
        ahead = np.ones(proceeds.shape[2])
        for _ in range(ends + 1):
            ahead, paid, remaining = _until_one_is_full(accounts, received, ahead, period)
            for payment, amount in zip(payments, paid, strict=True):
                payment[period] += amount
            left[period] += remaining
            if not ahead.any():
                break
        left[period] += received * ahead  # a remainder of rounding
    return payments, left


class _Account:
    """What a position has been paid, its base, and what it is owed and could not be paid, (1, draw) each."""

    def __init__(self, position: Position, shape: tuple[int, ...]):
        self.position = position
        self.rate = np.broadcast_to(position.rate, (shape[0], 1, shape[2]))
        self.until = np.broadcast_to(np.asarray(position.until, dtype=float), (1, 1, shape[2]))[0]
        self.base, self.paid, self.arrears = np.zeros((3, 1, shape[2]))

    @property
    def bends(self) -> bool:
        """Whether what it is paid may not be in proportion to what comes in."""
        return self.position.bends or bool(self.arrears.any())

    @property
    def is_full(self) -> np.ndarray:
        """Whether it has received all of its `until` (1, draw)."""
        return self.paid >= self.until * NEARLY_ALL - NEXT_TO_NOTHING

    def accrued(self, base: np.ndarray) -> np.ndarray:
        """What a further base is owed (1, draw)."""
        owed = self.position.owed(self.base + base) - self.position.owed(self.base)
        return np.where(self.is_full, 0, owed.reshape(base.shape) + self.arrears)


def _over(accounts: Sequence[_Account], taken: Sequence[_Taken]) -> np.ndarray:
    """Return by how much a position would take more than its `until`, in the draws in which one does (draw,)."""
    pairs = zip(accounts, taken, strict=True)
    excess = [np.where(own.is_full, 0, own.paid + take.paid - own.until)[0] for own, take in pairs]
    return np.max(excess, axis=0, initial=0)


def _part_until_full(
    accounts: Sequence[_Account], received: np.ndarray, period: int, taken: Sequence[_Taken]
) -> np.ndarray:
    """Return the part of what is received (draw,) at which the first position is full, 1 where none is.

    In proportion where that is exact; by bisection where tiers or arrears bend what is owed.
    """
    part = np.ones(received.shape[1])
    for account, own in zip(accounts, taken, strict=True):
        room = account.until - account.paid
        goes_over = (own.paid > room) & ~account.is_full
        part = np.minimum(part, np.where(goes_over, room / np.where(own.paid > 0, own.paid, 1), 1)[0])
    is_bent = any(account.bends for account in accounts)
    if not is_bent:
        return part
    low, high = np.zeros_like(part), np.ones_like(part)
    ends = _over(accounts, taken) > 0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        over = _over(accounts, _taken(accounts, received * middle, period)[0]) > 0
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return np.where(ends, high, 1.0)


class _Taken(NamedTuple):
    """One position's base, what it is owed on it with its arrears, and what it takes, in its own currency."""

    base: np.ndarray
    owed: np.ndarray
    paid: np.ndarray


def _until_one_is_full(
    accounts: Sequence[_Account], received: np.ndarray, ahead: np.ndarray, period: int
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Take what accrues until a position is full, or to the period's end; return what of the period is then ahead."""
    taken, left = _taken(accounts, received * ahead, period)
    part = np.ones_like(ahead)
    if _over(accounts, taken).any():
        part = _part_until_full(accounts, received * ahead, period, taken)
        taken, left = _taken(accounts, received * ahead * part, period, bounded=True)
    payments = []
    for account, own in zip(accounts, taken, strict=True):
        account.base = account.base + own.base
        account.paid = account.paid + own.paid
        account.arrears = np.where(account.is_full, 0, own.owed - own.paid)
        payments.append(own.paid / account.rate[period])
    return ahead * (1 - part), payments, left


def _taken(
    accounts: Sequence[_Account], received: np.ndarray, period: int, bounded: bool = False
) -> tuple[list[_Taken], np.ndarray]:
    """Return what each position takes of proceeds (stream, draw), up to its `until` if bounded, and what is left."""
    left, taken = received, []
    for account in accounts:
        position, rate = account.position, account.rate[period]
        available = left[position.streams].sum(axis=0, keepdims=True)
        base = received[position.streams].sum(axis=0, keepdims=True) if position.on_gross else available
        base = base * rate
        if position.after is not None:
            base = base * accounts[position.after].is_full
        owed = account.accrued(base)
        paid = np.minimum(owed, available * rate)
        if bounded:
            paid = np.minimum(paid, np.maximum(account.until - account.paid, 0))
        taken.append(_Taken(base, owed, paid))
        part = np.divide(paid, available * rate, out=np.zeros_like(paid), where=available > 0)
        left = np.where(position.streams[:, np.newaxis], left * (1 - part), left)
    return taken, left
