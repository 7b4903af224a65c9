"""How an audience acquires the habit of paying: unlicensed → free → new payer → habitual payer → lapsed."""

from typing import NamedTuple

import numpy as np

from simlib.models.blocks import NEGLIGIBLE, at, blocks, cut, thin
from simlib.models.competing import competing_risks, risks_by_period
from simlib.models.recent_payers import NonPayers, left_within, steps_in, still_unpaid, unpaid_at_opening


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
    closing, parts = _parted(opening, rates, growth)
    for block, *inputs in parts:
        for period, taken in enumerate(_steps(*inputs, step, len(closing.free))):
            _keep(taken.closing, closing, period, block)
    return closing


def habit_path_and_recent_payers(opening, lapsed_within, rates, growth, step, window):
    """Return `habit_path`'s Audience and, beside it, how many paid at some time within the last `window` years.

    The second counts whoever paid, whether they still do or not (period, market, draw), at each period's close: what a
    survey finds that asks who has paid within half a year. `window` is a whole number of steps, or shorter than one.
    `lapsed_within`, the share of those lapsed at the opening who paid within the window before it, broadcasts to
    (market, draw); they are taken to have stopped evenly over it. Newcomers have not paid. Raises ValueError as
    `habit_path` and `steps_in` do.

    >>> opening = Audience(unlicensed=0.0, free=0.0, new_payer=0.0, habitual=100.0, lapsed=0.0)
    >>> halving = Rates(0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 2 * np.log(2), 0.0, 0.0, 0.0)
    >>> audience, paid = habit_path_and_recent_payers(opening, 0.0, halving, np.ones(3), step=0.5, window=0.5)
    >>> audience.habitual.round(1), paid.round(1)
    (array([50. , 25. , 12.5]), array([100.,  50.,  25.]))
    """
    closing, parts = _parted(opening, rates, growth, lapsed_within)
    paid, whole = np.empty(closing.free.shape), steps_in(window, step)
    for block, *inputs, lately in parts:
        unpaid = unpaid_at_opening(_non_payers(inputs[0]), lately, whole)
        for period, taken in enumerate(_steps(*inputs, step, len(paid))):
            _keep(taken.closing, closing, period, block)
            if whole:
                unpaid = [*(_grown(people, taken.growth) for people in unpaid), _non_payers(taken.opening)]
                unpaid = [still_unpaid(people, *taken.risks[:3]) for people in unpaid]
                paid[period, *block] = audience_size(taken.closing) - audience_size(unpaid.pop(0))
            else:
                paid[period, *block] = _payers(taken.closing) + _stopped_within(window, step, taken, inputs[1], period)
    return closing, paid


def _parted(opening, rates, growth, *others):
    """Return an empty path, and its blocks, each with the opening, the rates, the growth and the others cut to it.

    The others have no period axis, as the opening has none.
    """
    still = [np.asarray(state)[None] for state in (*opening, *others)]
    shape = np.broadcast_shapes(*map(np.shape, (*rates, growth, *still)))
    if np.shape(growth)[:1] != shape[:1]:
        raise ValueError(f"growth {np.shape(growth)} must cover every period of {shape}")
    still, moving = ([thin(array, len(shape)) for array in arrays] for arrays in (still, (*rates, growth)))
    return Audience(*(np.empty(shape) for _ in Audience._fields)), _cut_to_blocks(shape, still, moving)


def _cut_to_blocks(shape, still, moving):
    for block in blocks(shape[1:]):
        (*rates, growth), (*opening,) = (
            (cut(array, block) for array in moving),
            (cut(array, block)[0] for array in still),
        )
        size = len(Audience._fields)
        yield block, Audience(*opening[:size]), Rates(*rates), growth, *opening[size:]


def _keep(audience, path, period, block):
    """Write one block's Audience into its place in a path."""
    for state, closing in zip(audience, path, strict=True):
        closing[period, *block] = state


class _Step(NamedTuple):
    """What happens to one block in one period."""

    growth: tuple | None  # the factor, and the newcomers who join unlicensed and free; None of an audience that stays
    opening: Audience  # once it has grown
    risks: tuple  # of free and unlicensed viewers, the lapsed, new and habitual payers
    closing: Audience


def _steps(audience, rates, growth, step, periods):
    """Yield each _Step of one block, `audience` being the one at its opening."""
    growing = (growth != 1).any()
    steady = zip(
        risks_by_period(step, rates.enforcement),
        risks_by_period(step, rates.win_back, rates.lapsed_relapse),
        risks_by_period(step, rates.habit_formation, rates.new_payer_churn),
        risks_by_period(step, rates.habitual_churn),
        strict=True,
    )
    for period, steady_risks in zip(range(periods), steady, strict=False):
        grown = _growth(audience, at(growth, period)) if growing else None
        audience = _grown(audience, grown)
        paying = _hazard_of_paying(audience, Rates(*(at(rate, period) for rate in rates)))
        risks = competing_risks(step, paying, at(rates.free_relapse, period)), *steady_risks
        closing = _moved(audience, *risks)
        yield _Step(grown, audience, risks, closing)
        audience = closing


def _growth(audience, factor):
    """Return the factor of a period's growth, and the newcomers who join the unlicensed and the free."""
    newcomers = audience_size(audience) * np.maximum(factor - 1, 0)
    unlicensed_share = audience.unlicensed / np.maximum(audience.unlicensed + audience.free, NEGLIGIBLE)
    return factor, newcomers * unlicensed_share, newcomers * (1 - unlicensed_share)


def _grown(people, growth):
    """Return `people` after newcomers have joined or, where the factor is below 1, some have left every state."""
    if growth is None:
        return people
    factor, unlicensed, free = growth
    kept = type(people)(*(state * np.minimum(factor, 1) for state in people))
    return kept._replace(unlicensed=kept.unlicensed + unlicensed, free=kept.free + free)


def _hazard_of_paying(audience, rates):
    """Return the hazard per year with which free viewers begin to pay."""
    talk = rates.imitation * (audience.new_payer + audience.habitual)
    talk = talk + rates.unlicensed_word_of_mouth * audience.unlicensed  # either may be the wider
    hazard = rates.innovation + talk / np.maximum(audience_size(audience), NEGLIGIBLE)
    return np.maximum(hazard, 0) * (rates.affordability * rates.content)


def _moved(audience, free_risks, unlicensed_risks, lapsed_risks, new_risks, habitual_risks):
    """Return `audience` after one step in which each state had these risks: to stay, then each way out."""
    unlicensed, free, lapsed = still_unpaid(_non_payers(audience), free_risks, unlicensed_risks, lapsed_risks)
    new_payer, habitual = audience.new_payer, audience.habitual
    stays_new, forms_habit, gives_up = new_risks
    stays_habitual, cancels = habitual_risks
    return Audience(
        unlicensed,
        free,
        new_payer * stays_new + audience.free * free_risks[1] + audience.lapsed * lapsed_risks[1],
        habitual * stays_habitual + new_payer * forms_habit,
        lapsed + new_payer * gives_up + habitual * cancels,
    )


def _non_payers(audience):
    return NonPayers(audience.unlicensed, audience.free, audience.lapsed)


def _payers(audience):
    return audience.new_payer + audience.habitual


def _stopped_within(window, step, taken, rates, period):
    """Return how many paid at the opening of a step and stopped in the last `window` of it."""
    forming, giving_up, cancelling = (
        at(rate, period) for rate in (rates.habit_formation, rates.new_payer_churn, rates.habitual_churn)
    )
    gave_up = taken.opening.new_payer * left_within(window, step, forming, giving_up)
    return gave_up + taken.opening.habitual * left_within(window, step, cancelling)


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
