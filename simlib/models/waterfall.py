"""A waterfall: the order in which several parties share in what comes in, each position on conditions of its own.

Proceeds have axes (period, stream, draw); a stream is what a position may name apart (a deal, some territories). Positions
take in order; what they leave is the owner's. Within a period cash is pooled and accrues evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from simlib.models.licensing import CumulatedPayment, capped, increments, recouped


class Position(NamedTuple):
    """What one position is owed: a function of its cumulated base, in the position's own currency.

    `streams` (stream,) tells which proceeds it shares in; `on_gross` whether in all of them or in what is left;
    `until` is the most it receives, np.inf for no end; `after` is the place in the order of a position that must have
    received its `until` before; `rate` is units of its currency for one unit of the proceeds'.
    """

    owed: CumulatedPayment
    streams: np.ndarray
    on_gross: bool
    until: ArrayLike = np.inf
    after: int | None = None
    rate: ArrayLike = 1.0


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
    left, payments, open_shares = proceeds, [], []
    for place, position in enumerate(positions):
        if position.after is not None and not 0 <= position.after < place:
            raise ValueError(f"position {place} waits for position {position.after}, which does not stand above it")
        within = left[:, position.streams]
        available = within.sum(axis=1, keepdims=True)
        base = proceeds[:, position.streams].sum(axis=1, keepdims=True) if position.on_gross else available
        accruing = np.ones_like(base) if position.after is None else open_shares[position.after]
        base = base * accruing * position.rate
        owed = increments(capped(position.owed, position.until), base)
        paid = recouped(available * position.rate, owed) if position.on_gross else owed
        open_shares.append(accruing * _share_after(paid, increments(position.owed, base), position.until))
        payments.append(paid / position.rate)
        left = _less(left, position.streams, within, payments[-1], available)
    return payments, left


def _share_after(paid: np.ndarray, accrued: np.ndarray, until: ArrayLike) -> np.ndarray:
    """Return the share of each period's accrual that comes after a position has had all of its `until`."""
    is_full = np.cumsum(paid, axis=0) >= np.asarray(until) * (1 - 1e-12)
    used = np.divide(paid, accrued, out=np.zeros_like(accrued), where=accrued > 0)
    return np.where(is_full, 1 - np.minimum(used, 1), 0.0)


def _less(
    left: np.ndarray, streams: np.ndarray, within: np.ndarray, paid: np.ndarray, available: np.ndarray
) -> np.ndarray:
    """Return what is left after a payment out of some streams, taken from each in proportion to what it holds."""
    part = np.divide(paid, available, out=np.zeros_like(paid), where=available > 0)
    remaining = left.copy()
    remaining[:, streams] = within * np.maximum(1 - part, 0)
    return remaining
