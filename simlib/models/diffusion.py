"""How a new product spreads: innovation and imitation (Bass 1969), price and marketing (Bass, Krishnan & Jain 1994)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def cumulative_adoption(time: ArrayLike, innovation: ArrayLike, imitation: ArrayLike) -> Array:
    """Return the share of the potential that has adopted by `time`, 0 before launch.

    `time` in years since launch, `innovation` p > 0 and `imitation` q ≥ 0 per year; they broadcast.
    Raises ValueError where p is not positive: without innovators the curve has no beginning.
    Bass (1969): F(t) = (1 − e^−(p+q)t) / (1 + q/p e^−(p+q)t).

    >>> print(round(float(cumulative_adoption(5, 0.03, 0.38)), 6))
    0.331199
    """
    p, q = _coefficients(innovation, imitation)
    since_launch = np.maximum(np.asarray(time, float), 0)
    return -p * np.expm1(-(p + q) * since_launch) / (p + q * np.exp(-(p + q) * since_launch))


def adoption_density(time: ArrayLike, innovation: ArrayLike, imitation: ArrayLike) -> Array:
    """Return the share of the potential that adopts per year at `time`, 0 before launch.

    Units and errors as for `cumulative_adoption`. Bass (1969): f(t) = [p + q F(t)] [1 − F(t)].

    >>> float(adoption_density(0, 0.03, 0.38))
    0.03
    """
    p, q = _coefficients(innovation, imitation)
    adopted = cumulative_adoption(time, p, q)
    return np.where(np.asarray(time) < 0, 0.0, (p + q * adopted) * (1 - adopted))


def peak_time(innovation: ArrayLike, imitation: ArrayLike) -> Array:
    """Return the years from launch to the fastest adoption, 0 where it only slows down (q ≤ p).

    Units and errors as for `cumulative_adoption`. Bass (1969): t* = ln(q/p) / (p + q).

    >>> print(round(float(peak_time(0.03, 0.38)), 4))
    6.1926
    """
    p, q = _coefficients(innovation, imitation)
    return np.log(np.maximum(q, p) / p) / (p + q)


def cumulated_effort(
    price: ArrayLike, price_coefficient: ArrayLike, spend: ArrayLike, marketing_coefficient: ArrayLike, step: float
) -> Array:
    """Return the effort cumulated by the end of each period, in years: time, and what price and marketing add to it.

    `price` and `spend` on marketing (period, …) are above 0, each in any unit, and hold through their period;
    `price_coefficient` β₁ is below 0 where a rise slows joining, `marketing_coefficient` β₂ is 0 or more. All broadcast
    after the first axis; `step` is in years. Raises ValueError where price or spend is not positive.
    Bass, Krishnan & Jain (1994): X(t) = t + β₁ ln(Pr(t)/Pr(0)) + β₂ ∫ max(0, A'/A); `cumulative_adoption` of X instead of
    time is then the share that has adopted.

    >>> cumulated_effort([10, 10, 11], -1, [1, 2, 1], 0.5, step=1).round(3).tolist()
    [1.0, 2.347, 3.251]
    """
    by_price = np.asarray(price_coefficient) * _moves(price, "price")
    by_marketing = np.asarray(marketing_coefficient) * np.maximum(_moves(spend, "spend on marketing"), 0)
    return np.cumsum(step + by_price + by_marketing, axis=0)


def effort(cumulated: ArrayLike, step: float) -> Array:
    """Return what multiplies the hazard of joining in each period, 1 where neither price nor marketing changes.

    `cumulated` (period, …) is in years, as `step` is. It is what the highest effort so far grows by, for nobody
    un-joins: effort that a rise in price has taken away is made up for before anybody else joins.

    >>> effort([1.0, 0.5, 1.5, 2.5], step=1).tolist()
    [1.0, 0.0, 0.5, 1.0]
    """
    highest = np.maximum.accumulate(np.maximum(np.asarray(cumulated, float), 0), axis=0)
    return np.diff(highest, axis=0, prepend=0) / step


def adopting_share(
    adopters: ArrayLike, potential: ArrayLike, innovation: ArrayLike, imitation: ArrayLike, step: float
) -> Array:
    """Return the share of those who have not adopted yet that does so within one step, 0–1.

    `adopters` and `potential` in the same unit, p and q per year, `step` in years; they broadcast.
    The rate p + q S/M holds through the step, so the share is 1 − e^−(p + q S/M)Δ.

    >>> print(round(float(adopting_share(50, 100, 0.03, 0.38, 1 / 12)), 6))
    0.018166
    """
    rate = np.asarray(innovation) + np.asarray(imitation) * np.asarray(adopters) / np.asarray(potential)
    return -np.expm1(-rate * step)


def bass_path(
    opening: ArrayLike, potential: ArrayLike, innovation: ArrayLike, imitation: ArrayLike, periods: int, step: float
) -> Array:
    """Return the adopters at the end of each period, (period, …), stepped from `opening` adopters.

    The other axes are those to which `opening`, `potential` and the rates per year broadcast; `step` is in
    years. Nobody un-adopts: where the potential is used up, the path stays. It follows
    `cumulative_adoption` to the order of the step. Imitation alone (p = 0) will do, given an opening above 0.

    >>> bass_path(0, 100, 0.03, 0.38, periods=3, step=1).round(2).tolist()
    [2.96, 6.88, 11.96]
    """
    shape = np.broadcast_shapes(*(np.shape(each) for each in (opening, potential, innovation, imitation)))
    path = np.empty((periods, *shape))
    adopters = np.broadcast_to(np.asarray(opening, float), shape)
    for period in range(periods):
        share = adopting_share(adopters, potential, innovation, imitation, step)
        adopters = adopters + share * np.maximum(potential - adopters, 0)
        path[period] = adopters
    return path


def _moves(values: ArrayLike, name: str) -> Array:
    """Return the change of the logarithm in each period (period, …), none in the first."""
    series = np.asarray(values, float)
    if not np.all(series > 0):
        raise ValueError(f"{name} must be above 0, found {np.min(series):g}: its relative change has no end there")
    return np.diff(np.log(series), axis=0, prepend=np.log(series[:1]))


def _coefficients(innovation: ArrayLike, imitation: ArrayLike) -> tuple[Array, Array]:
    p, q = np.asarray(innovation, float), np.asarray(imitation, float)
    if not np.all(p > 0):
        raise ValueError(
            f"innovation must be above 0, found {np.min(p):g}: without innovators nobody starts; "
            "use bass_path from a positive opening instead"
        )
    if not np.all(q >= 0):
        raise ValueError(f"imitation must not be negative, found {np.min(q):g}")
    return p, q
