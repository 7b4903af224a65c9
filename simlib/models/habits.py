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

    def payers(self):
        """Return P + H."""
        return self.new_payer + self.habitual

    def non_payers(self):
        """Return those who do not pay."""
        return NonPayers(self.unlicensed, self.free, self.lapsed)


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
        for period, taken in enumerate(_steps(*inputs, step, closing.free[:, *block].shape)):
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
        shape = paid[:, *block].shape
        unpaid = [people.spread(shape[1:]) for people in unpaid_at_opening(inputs[0].non_payers(), lately, whole)]
        room = NonPayers.empty(shape[1:])
        for period, taken in enumerate(_steps(*inputs, step, shape)):
            _keep(taken.closing, closing, period, block)
            if whole:
                unpaid, room = _followed(unpaid, room, taken)
                paid[period, *block] = taken.size - audience_size(room)
            else:
                paid[period, *block] = taken.closing.payers() + _stopped_within(window, step, taken, inputs[1], period)
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

    growth: tuple | None  # as `_grow` takes it; None of an audience that does not grow
    opening: Audience  # once it has grown
    size: np.ndarray  # of the audience, which nobody leaves by moving
    risks: tuple  # of free and unlicensed viewers, the lapsed, new and habitual payers
    closing: Audience


def _steps(opening, rates, growth, step, shape):
    """Yield each _Step of one block (period, …) of a shape; the audiences are overwritten by the next but one."""
    audience, closing = (Audience(*(np.empty(shape[1:]) for _ in opening)) for _ in range(2))
    for state, start in zip(audience, opening, strict=True):
        state[...] = start
    growing, shrinking, size = (growth != 1).any(), (growth < 1).any(), audience_size(audience)
    joining, staying = np.maximum(growth - 1, 0), np.minimum(growth, 1)
    steady = zip(
        risks_by_period(step, rates.enforcement),
        risks_by_period(step, rates.win_back, rates.lapsed_relapse),
        risks_by_period(step, rates.habit_formation, rates.new_payer_churn),
        risks_by_period(step, rates.habitual_churn),
        strict=True,
    )
    for period, steady_risks in zip(range(shape[0]), steady, strict=False):
        grown = None
        if growing:
            newcomers = _shared(size * at(joining, period), audience)
            grown = at(staying, period) if shrinking else None, *newcomers
            size = size * at(growth, period)
        _grow(audience, grown)
        paying = _hazard_of_paying(audience, size, Rates(*(at(rate, period) for rate in rates)))
        risks = competing_risks(step, paying, at(rates.free_relapse, period)), *steady_risks
        _move(audience, *risks, into=closing)
        yield _Step(grown, audience, size, risks, closing)
        audience, closing = closing, audience


def _shared(newcomers, audience):
    """Return the newcomers who join the unlicensed and the free, in the proportion in which those stand."""
    unlicensed = newcomers * (audience.unlicensed / np.maximum(audience.unlicensed + audience.free, NEGLIGIBLE))
    return unlicensed, newcomers - unlicensed


def _grow(people, growth):
    """Let some leave every state of `people`, where a share that stays is given, and newcomers join."""
    if growth is None:
        return
    staying, unlicensed, free = growth
    for state in people if staying is not None else ():
        np.multiply(state, staying, out=state)
    np.add(people.unlicensed, unlicensed, out=people.unlicensed)
    np.add(people.free, free, out=people.free)


def _hazard_of_paying(audience, size, rates):
    """Return the hazard per year with which free viewers begin to pay."""
    hazard = audience.payers()
    hazard *= rates.imitation
    hazard += audience.unlicensed * rates.unlicensed_word_of_mouth
    hazard /= np.maximum(size, NEGLIGIBLE)
    hazard += rates.innovation
    return np.maximum(hazard, 0) * (rates.affordability * rates.content)


def _move(audience, free_risks, unlicensed_risks, lapsed_risks, new_risks, habitual_risks, into):
    """Fill `into` with `audience` after one step in which each state had these risks: to stay, then each way out."""
    _, free, new_payer, habitual, lapsed = audience
    stays_new, forms_habit, gives_up = new_risks
    stays_habitual, cancels = habitual_risks
    still_unpaid(audience.non_payers(), free_risks, unlicensed_risks, lapsed_risks, into.non_payers())
    np.multiply(new_payer, stays_new, out=into.new_payer)
    np.multiply(habitual, stays_habitual, out=into.habitual)
    for state, moving in (
        (into.new_payer, free * free_risks[1]),
        (into.new_payer, lapsed * lapsed_risks[1]),
        (into.habitual, new_payer * forms_habit),
        (into.lapsed, new_payer * gives_up),
        (into.lapsed, habitual * cancels),
    ):
        np.add(state, moving, out=state)


def _followed(unpaid, room, taken):
    """Return the NonPayers of each step that may still begin a window, one step on, and those of the window that ends.

    Those of the step taken are the newest. Each moves into the room of the one before it, the oldest into `room`.
    """
    for people in unpaid:
        _grow(people, taken.growth)
    moving = zip([*unpaid, taken.opening.non_payers()], [room, *unpaid], strict=True)
    through, *others = [still_unpaid(people, *taken.risks[:3], into) for people, into in moving]
    return others, through


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
    return audience.payers() / np.maximum(audience_size(audience), NEGLIGIBLE)


def habit_share(audience):
    """Return H/N, habitual payers as a share of the audience; 0 of nobody.

    >>> habit_share(Audience(50, 30, 5, 10, 5))
    np.float64(0.1)
    """
    return audience.habitual / np.maximum(audience_size(audience), NEGLIGIBLE)
