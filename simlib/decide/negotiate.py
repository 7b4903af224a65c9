"""Which fee can be agreed: the licensor's floor, the licensee's ceiling, and the zone between them.

Both sides' present values are linear in the fee, so each side's reservation price is a ratio of two means
over the same draws. The parties decide before they know the draw: the fee that counts solves the equation
of expected values; the per-draw fees show what they would have agreed had they known.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simlib.decide.value import standard_error


@dataclass(frozen=True, eq=False)
class ReservationFee:
    """The fee at which one side is indifferent, its Monte Carlo error, and that of each draw (draw,)."""

    fee: float
    error: float
    per_draw: np.ndarray


@dataclass(frozen=True)
class Zone:
    """The zone of agreement; `nash_fee` is NaN where there is none.

    `probability` is the share of draws whose own ceiling is not below their own floor.
    """

    floor: float
    ceiling: float
    nash_fee: float
    exists: bool
    floor_error: float
    ceiling_error: float
    probability: float


def floor_fee(best_alternative: ArrayLike, npv_without_fee: ArrayLike, pv_per_unit_fee: ArrayLike) -> ReservationFee:
    """The least fee the licensor takes: npv_without_fee + fee × pv_per_unit_fee = best_alternative.

    All are the licensor's, (draw,) or one number. The alternative is one package, the best on average,
    not the best of each draw, which nobody can choose beforehand. A floor below zero means that
    the licensor would pay to be licensed. Raises ValueError where a unit of fee is not worth more than 0.

    >>> floor_fee([10, 30], [4, 6], [0.5, 1.0]).fee
    20.0
    """
    needed = np.subtract(best_alternative, npv_without_fee)
    return _indifferent(needed, pv_per_unit_fee)


def ceiling_fee(npv_gain_without_fee: ArrayLike, pv_per_unit_fee: ArrayLike) -> ReservationFee:
    """The most the licensee gives: npv_gain_without_fee = fee × pv_per_unit_fee.

    Both are the licensee's, (draw,) or one number: its NPV with the title before the fee less its NPV
    without the title, and the present cost of one unit of fee, above 0 (ValueError if not).

    >>> ceiling_fee([30, 60], [0.5, 1.0]).fee
    60.0
    """
    return _indifferent(npv_gain_without_fee, pv_per_unit_fee)


def zone(floor: ReservationFee, ceiling: ReservationFee, bargaining_power: float) -> Zone:
    """The zone between a floor and a ceiling on the same draws, and the Nash bargain within it.

    The bargain maximises (licensor's gain)^power × (licensee's gain)^(1 − power) (Nash 1950, Econometrica
    18, 155–162; with unequal power Harsanyi & Selten 1972); as both gains are linear in the fee it is
    floor + power × (ceiling − floor), whatever a unit of fee is worth to either. `bargaining_power` is
    the licensor's, 0 to 1. Raises ValueError for another power or floor and ceiling of different draws.

    >>> zone(floor_fee([10, 30], [0, 0], 1), ceiling_fee([30, 50], 1), 0.25).nash_fee
    25.0
    """
    if not 0 <= bargaining_power <= 1:
        raise ValueError(f"bargaining power must lie between 0 and 1; found {bargaining_power}")
    if floor.per_draw.size != ceiling.per_draw.size and 1 not in (floor.per_draw.size, ceiling.per_draw.size):
        raise ValueError(
            f"floor and ceiling must come from the same draws; found {floor.per_draw.size} and {ceiling.per_draw.size}"
        )
    exists = floor.fee <= ceiling.fee
    return Zone(
        floor=floor.fee,
        ceiling=ceiling.fee,
        nash_fee=floor.fee + bargaining_power * (ceiling.fee - floor.fee) if exists else math.nan,
        exists=exists,
        floor_error=floor.error,
        ceiling_error=ceiling.error,
        probability=float(np.mean(floor.per_draw <= ceiling.per_draw)),
    )


def _indifferent(needed: ArrayLike, pv_per_unit_fee: ArrayLike) -> ReservationFee:
    """Mean needed ÷ mean worth of a unit; error of a ratio (Cochran 1977, Sampling Techniques, thm 2.5)."""
    needed, unit = (np.ascontiguousarray(part, dtype=float) for part in np.broadcast_arrays(needed, pv_per_unit_fee))
    missing = np.sum(~np.isfinite(needed) | ~np.isfinite(unit))
    if missing:
        raise ValueError(f"{missing} of {needed.size} draws have a present value missing or infinite")
    if not np.all(unit > 0):
        raise ValueError(f"one unit of fee must be worth more than 0 in every draw; found {unit.min()}")
    fee = float(needed.mean() / unit.mean())
    return ReservationFee(fee, standard_error(needed - fee * unit) / float(unit.mean()), needed / unit)
