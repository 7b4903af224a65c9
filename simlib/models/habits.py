"""How an audience acquires the habit of paying: unlicensed → free → new payer → habitual payer → lapsed."""

from itertools import count
from typing import NamedTuple

import numpy as np

from simlib.models.blocks import NEGLIGIBLE, at, blocks, cut, thin


class Audience(NamedTuple):
    """People in each state, in one unit; their sum is the audience."""

    unlicensed: np.ndarray
    free: np.ndarray
    new_payer: np.ndarray
    habitual: np.ndarray
    lapsed: np.ndarray


class Rates(NamedTuple):
    """What moves people between the states: hazards per year, and two multipliers of the hazard of paying."""

    enforcement: np.ndarray  # unlicensed → free
    innovation: np.ndarray  # free → new payer, whatever the others do
    imitation: np.ndarray  # free → new payer, times the paying ratio
    unlicensed_word_of_mouth: np.ndarray  # free → new payer, times the unlicensed share; may be negative
    affordability: np.ndarray  # multiplier
    content: np.ndarray  # multiplier
    habit_formation: np.ndarray  # new payer → habitual
    new_payer_churn: np.ndarray  # new payer → lapsed
    habitual_churn: np.ndarray  # habitual → lapsed
    win_back: np.ndarray  # lapsed → new payer
    free_relapse: np.ndarray  # free → unlicensed
    lapsed_relapse: np.ndarray  # lapsed → unlicensed


def habit_path(opening, rates, growth, step):
    """Return the closing Audience of every period, each state (period, market, draw).

    A period of `step` years begins with the audience multiplied by `growth`: newcomers join unlicensed and
    free viewers in the proportion in which those stand, a shrinking audience loses from every state alike.
    Then people move by `competing_risks`; a free viewer begins to pay with the hazard
    max(p + q (P + H)/N + b U/N, 0) · affordability · content. Nobody is lost or made, to rounding.

    `growth` (> 0, per step) has the period axis at full length; `rates` broadcast to its axes, `opening` to
    (market, draw). Raises ValueError if `growth` lacks periods.
    Source: Bass (1969); unlicensed viewers' influence after Givon, Mahajan & Muller (1995).

    >>> opening = Audience(unlicensed=60.0, free=40.0, new_payer=0.0, habitual=0.0, lapsed=0.0)
    >>> rates = Rates(0.2, 0.05, 0.4, 0.0, 1.0, 1.0, 1.0, 0.5, 0.1, 0.3, 0.0, 0.0)
    >>> paying_ratio(habit_path(opening, rates, np.ones(4), step=0.25)).round(4)
    array([0.005 , 0.0099, 0.015 , 0.0203])
    """
    inputs = (*rates, growth, *(np.asarray(state)[None] for state in opening))
    shape = np.broadcast_shapes(*map(np.shape, inputs))
    if np.shape(growth)[:1] != shape[:1]:
        raise ValueError(f"growth {np.shape(growth)} must cover every period of {shape}")
    closing = Audience(*(np.empty(shape) for _ in Audience._fields))
    opening = Audience(*(thin(np.asarray(state)[None], len(shape)) for state in opening))
    rates = Rates(*(thin(rate, len(shape)) for rate in rates))
    growth = thin(growth, len(shape))
    for block in blocks(shape[1:]):
        path = Audience(*(state[:, *block] for state in closing))
        before = Audience(*(cut(state, block)[0] for state in opening))
        _fill(path, before, Rates(*(cut(rate, block) for rate in rates)), cut(growth, block), step)
    return closing


def _fill(path, audience, rates, growth, step):
    """Fill `path` with the closing audiences of one block, `audience` being the one at its opening."""
    growing = (growth != 1).any()
    risks = zip(
        _by_period(step, rates.enforcement),
        _by_period(step, rates.habit_formation, rates.new_payer_churn),
        _by_period(step, rates.habitual_churn),
        _by_period(step, rates.win_back, rates.lapsed_relapse),
        strict=True,
    )
    for period, risks_now in zip(range(len(path.free)), risks, strict=False):
        if growing:
            audience = _grown(audience, at(growth, period))
        paying = _hazard_of_paying(audience, Rates(*(at(rate, period) for rate in rates)))
        audience = _moved(audience, competing_risks(step, paying, at(rates.free_relapse, period)), *risks_now)
        for state, closing in zip(path, audience, strict=True):
            state[period] = closing


def competing_risks(step, *hazards):
    """Return the probability to stay a step of `step` years, then that of each way out.

    Who is subject to hazards λ₁ … λₙ per year (finite) stays with probability exp(−Σλ · step); those who
    leave divide in proportion to the hazards.

    >>> [float(round(chance, 4)) for chance in competing_risks(0.5, 1.0, 3.0)]
    [0.1353, 0.2162, 0.6485]
    """
    total = sum(hazards)
    stay = np.exp(-step * total)  # not expm1: a hazard's last digits are not worth its cost
    leave = (1 - stay) / np.maximum(total, NEGLIGIBLE)
    return stay, *(leave * hazard for hazard in hazards)


def _by_period(step, *hazards):
    """Yield the competing risks of each period, worked out anew only where a hazard changes over time."""
    for period in count():
        if period == 0 or max(map(len, hazards)) > 1:
            risks = competing_risks(step, *(at(hazard, period) for hazard in hazards))
        yield risks


def _grown(audience, growth):
    """Return `audience` after newcomers have joined or, where `growth` is below 1, people have left."""
    newcomers = audience_size(audience) * np.maximum(growth - 1, 0)
    unlicensed, free, *others = (state * np.minimum(growth, 1) for state in audience)
    unlicensed_share = unlicensed / np.maximum(unlicensed + free, NEGLIGIBLE)
    return Audience(unlicensed + newcomers * unlicensed_share, free + newcomers * (1 - unlicensed_share), *others)


def _hazard_of_paying(audience, rates):
    """Return the hazard per year with which free viewers begin to pay."""
    talk = rates.imitation * (audience.new_payer + audience.habitual)
    talk = talk + rates.unlicensed_word_of_mouth * audience.unlicensed  # either may be the wider
    hazard = rates.innovation + talk / np.maximum(audience_size(audience), NEGLIGIBLE)
    return np.maximum(hazard, 0) * (rates.affordability * rates.content)


def _moved(audience, free_risks, unlicensed_risks, new_risks, habitual_risks, lapsed_risks):
    """Return `audience` after one step in which each state had these risks: to stay, then each way out."""
    unlicensed, free, new_payer, habitual, lapsed = audience
    stays_unlicensed, turns_free = unlicensed_risks
    stays_free, begins_to_pay, relapses = free_risks
    stays_new, forms_habit, gives_up = new_risks
    stays_habitual, cancels = habitual_risks
    stays_lapsed, returns, turns_unlicensed = lapsed_risks
    return Audience(
        unlicensed * stays_unlicensed + free * relapses + lapsed * turns_unlicensed,
        free * stays_free + unlicensed * turns_free,
        new_payer * stays_new + free * begins_to_pay + lapsed * returns,
        habitual * stays_habitual + new_payer * forms_habit,
        lapsed * stays_lapsed + new_payer * gives_up + habitual * cancels,
    )


def affordability(price, reference_share, monthly_income, elasticity):
    """Return (price / (reference share × monthly income))^−elasticity, 1 at the price that takes that share.

    `price` per month and `monthly_income` are in one currency and above 0.

    >>> affordability(price=20.0, reference_share=0.005, monthly_income=2000.0, elasticity=1.0)
    0.5
    """
    return (price / (reference_share * monthly_income)) ** -elasticity


def content(lift, intensity):
    """Return 1 + `lift` × `intensity` of exclusive titles (0 for none, 1 as when the lift was measured).

    >>> content(lift=0.3, intensity=0.5)
    1.15
    """
    return 1 + lift * intensity


def audience_size(audience):
    """Return N, the people in all states.

    >>> audience_size(Audience(50, 30, 5, 10, 5))
    100
    """
    return sum(audience[1:], start=audience[0])


def paying_ratio(audience):
    """Return (P + H)/N, payers as a share of the audience; 0 of nobody.

    >>> paying_ratio(Audience(50, 30, 5, 10, 5))
    np.float64(0.15)
    """
    return (audience.new_payer + audience.habitual) / np.maximum(audience_size(audience), NEGLIGIBLE)


def habit_share(audience):
    """Return H/N, habitual payers as a share of the audience; 0 of nobody.

    >>> habit_share(Audience(50, 30, 5, 10, 5))
    np.float64(0.1)
    """
    return audience.habitual / np.maximum(audience_size(audience), NEGLIGIBLE)
