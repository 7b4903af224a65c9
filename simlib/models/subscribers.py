"""Subscribers of a platform: who joins, who leaves, how many stay, what they pay."""

from math import prod

import numpy as np

from simlib.models.blocks import BLOCK, NEGLIGIBLE, at, blocks, cut, thin
from simlib.models.periods import months_in

OVERFULL = -1e-12  # the room, as a share of the potential, below which nobody joins; rounding leaves more


def subscriber_path(opening, potential, innovation, imitation, churn, step, lift=1.0, out=None):
    """Return closing subscribers (period, territory, draw) of a Bass model with churn.

    In a step of `step` years each of the M − S people yet to join does so with the hazard (p + q S/M) · lift
    per year, and each of the S subscribers at its opening leaves with the probability `churn` per step:
    S ← S + max(M − S, 0) (1 − exp(−(p + q S/M) · lift · step)) − churn · S.

    `potential` M has the period axis at full length; `opening` (territory, draw) is in its unit. `innovation`
    p and `imitation` q are per year; they, `churn` (0–1) and `lift` broadcast to the axes of `potential`.
    `out` receives the result. Raises ValueError if `potential` lacks periods or `out` has another shape.
    Source: Bass (1969); attrition beside diffusion as in Libai, Muller & Peres (2009).

    >>> subscriber_path(10.0, np.full(3, 100.0), 0.02, 0.4, 0.05, 0.25).round(2)
    array([10.84, 11.7 , 12.58])
    """
    inputs = potential, innovation, imitation, churn, lift
    shape = np.broadcast_shapes(*map(np.shape, inputs), (1, *np.shape(opening)))
    if np.shape(potential)[:1] != shape[:1]:
        raise ValueError(f"potential {np.shape(potential)} must cover every period of {shape}")
    out = np.empty(shape) if out is None else out
    if out.shape != shape:
        raise ValueError(f"out must have the shape {shape}; found {out.shape}")
    inputs = [thin(values, len(shape)) for values in (*inputs, np.asarray(opening)[None])]
    scratch = np.empty((4, min(BLOCK, prod(shape[1:]))))
    for block in blocks(shape[1:]):
        *pieces, before = (cut(values, block) for values in inputs)
        _fill(out[:, *block], scratch, before[0], *pieces, step)
    return out


def _fill(path, scratch, before, potential, innovation, imitation, churn, lift, step):
    """Fill `path` with the closing subscribers of one block, `before` being those at its opening.

    The step is arranged as S ← M (1 − churn) − (M − S) (exp(−hazard · step) − churn): seven passes over the
    block; S ≥ 0 stays so. Against expm1, exp is faster and loses an ulp of M.
    """
    trailing = path.shape[1:]
    hazard, alone, by_word, staying = (buffer[: prod(trailing)].reshape(trailing) for buffer in scratch)
    per_head = np.empty(np.broadcast_shapes(potential.shape[1:], lift.shape[1:]))
    pace, keep = lift * -step, 1 - churn
    changing = max(map(len, (potential, innovation, imitation, churn, lift))) > 1
    crowded = len(potential) > 1 or (before > potential).any()
    for period in range(len(path)):
        closing = path[period, ...]
        if changing or period == 0:
            ceiling, leaving = at(potential, period), at(churn, period)
            np.multiply(at(innovation, period), at(pace, period), alone)
            np.divide(at(pace, period), np.maximum(ceiling, NEGLIGIBLE, out=per_head), per_head)
            np.multiply(at(imitation, period), per_head, by_word)
            np.multiply(ceiling, at(keep, period), staying)
        room = np.subtract(ceiling, before, closing)  # kept where the closing subscribers will stand
        np.multiply(before, by_word, hazard)
        np.add(hazard, alone, hazard)
        if crowded and room.min() < 0:
            np.copyto(hazard, 0.0, where=room < OVERFULL * ceiling)
        np.exp(hazard, hazard)
        np.subtract(hazard, leaving, hazard)
        np.multiply(hazard, room, hazard)
        before = np.subtract(staying, hazard, closing)


def following(opening, closing, churn):
    """Return who joins (period, territory, draw), and which share of the opening subscribers leaves, along a given path.

    As many leave as `churn` per step says, or as a path that falls faster asks for; then nobody joins. `opening`
    (territory, draw), `closing` (period, territory, draw); `churn` broadcasts to it.

    >>> joined, left = following(np.array([10.0]), np.array([[11.0], [8.8]]), 0.1)
    >>> joined.ravel().tolist(), left.ravel().round(9).tolist()
    ([2.0, 0.0], [0.1, 0.2])
    """
    before = openings(opening, closing)
    left = np.maximum(churn, 1 - closing / np.maximum(before, NEGLIGIBLE))
    return np.maximum(closing - (1 - left) * before, 0), left


def carried(opening, joined, left):
    """Return closing subscribers (period, territory, draw), of whom a share `left` leaves and so many have `joined`.

    >>> carried(np.array([10.0]), np.array([[2.0], [0.0]]), np.array([[0.1], [0.2]])).ravel()
    array([11. ,  8.8])
    """
    closing, before = np.empty(np.broadcast_shapes(joined.shape, left.shape)), opening
    for period, adds in enumerate(joined):
        before = closing[period] = (1 - left[period]) * before + adds
    return closing


def joining_lift(seasonality, price, reference_price, elasticity, content_lift):
    """Return what multiplies the hazard of joining, 1 at the reference price without season or content.

    It is seasonality · (price / reference price)^−elasticity · (1 + content lift); prices are in one currency
    and above 0, `elasticity` is above 0 where a higher price deters.

    >>> joining_lift(1.0, 12.0, 10.0, 1.0, 0.2)
    1.0
    """
    return seasonality * (price / reference_price) ** -elasticity * (1 + content_lift)


def openings(opening, closing):
    """Return the opening subscribers of every period: `opening`, then each close but the last.

    >>> openings(10.0, np.array([11.0, 12.0]))
    array([10., 11.])
    """
    return np.concatenate([np.broadcast_to(opening, (1, *closing.shape[1:])), closing[:-1]])


def churned(opening, closing, churn):
    """Return the subscribers who left in each period: the probability `churn` per step of its opening ones.

    >>> churned(10.0, np.array([11.0, 12.0]), 0.1)
    array([1. , 1.1])
    """
    return churn * openings(opening, closing)


def gross_adds(opening, closing, churn):
    """Return the subscribers who joined in each period, to rounding: closing − opening + churned.

    >>> gross_adds(10.0, np.array([11.0, 12.0]), 0.1)
    array([2. , 2.1])
    """
    return closing - (1 - churn) * openings(opening, closing)


def average_subscribers(opening, closing):
    """Return the mean of each period's opening and closing subscribers.

    >>> average_subscribers(10.0, np.array([11.0, 12.0]))
    array([10.5, 11.5])
    """
    return (openings(opening, closing) + closing) / 2


def arpu_revenue(arpu, average, step):
    """Return revenue per period: `arpu` (money per subscriber and month) × `average` × months in a step.

    >>> arpu_revenue(10.0, np.array([2.0, 3.0]), 0.25)
    array([60., 90.])
    """
    return arpu * average * months_in(step)
