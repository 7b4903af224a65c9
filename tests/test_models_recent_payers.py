import numpy as np
import pytest
from habits_for_tests import paid_slowly
from scipy.linalg import expm

from simlib.models.blocks import BLOCK
from simlib.models.habits import Audience, Rates, audience_size, habit_path, habit_path_and_recent_payers, paying_ratio

MONTH, QUARTER, YEAR, HALF = 1 / 12, 1 / 4, 1.0, 1 / 2
NOTHING_MOVES = Rates(*np.zeros(4), 1.0, 1.0, *np.zeros(6))
STEADY = Rates(
    enforcement=0.25,
    innovation=0.08,
    imitation=0.0,
    unlicensed_word_of_mouth=0.0,
    affordability=0.9,
    content=1.2,
    habit_formation=0.8,
    new_payer_churn=0.7,
    habitual_churn=0.15,
    win_back=0.4,
    free_relapse=0.05,
    lapsed_relapse=0.1,
)
TALKING = STEADY._replace(imitation=0.9, unlicensed_word_of_mouth=-0.05)
OPENING = Audience(unlicensed=45.0, free=35.0, new_payer=9.0, habitual=5.0, lapsed=6.0)
UNPAID = [0, 1, 4]  # unlicensed, free, lapsed


def generator(rates):
    """Matrix Q of the linear chain u, f, p, h, l, dx/dt = x Q, when nobody talks."""
    pay = rates.innovation * rates.affordability * rates.content
    q = np.zeros((5, 5))
    q[0, 1], q[1, 0], q[1, 2] = rates.enforcement, rates.free_relapse, pay
    q[2, 3], q[2, 4], q[3, 4] = rates.habit_formation, rates.new_payer_churn, rates.habitual_churn
    q[4, 2], q[4, 0] = rates.win_back, rates.lapsed_relapse
    return q - np.diag(q.sum(axis=1))


def in_continuous_time(years, window=HALF):
    """Exact share who paid within the window: all but those unpaid at its start who stayed among the unpaid."""
    q = generator(STEADY)
    at_start = np.array(OPENING) / 100 @ expm(q * (years - window))
    return 1 - at_start[UNPAID] @ expm(q[np.ix_(UNPAID, UNPAID)] * window) @ np.ones(3)


def recent(rates, step, years, lapsed_within=0.0, growth=1.0):
    """Who paid within half a year at the end."""
    factors = np.full(round(years / step), growth)
    return habit_path_and_recent_payers(OPENING, lapsed_within, rates, factors, step, HALF)[1][-1]


def test_for_constant_hazards_it_is_all_but_those_who_stayed_unpaid_through_the_window():
    for years in (0.5, 2.0, 5.0):
        coarse, fine = (recent(STEADY, step, years) / 100 for step in (1 / 64, 1 / 128))
        assert 2 * fine - coarse == pytest.approx(in_continuous_time(years), abs=1e-4)


def test_months_quarters_and_years_tell_the_same_to_the_order_of_the_step():
    errors = {step: abs(recent(STEADY, step, 4.0) / 100 - in_continuous_time(4.0)) for step in (MONTH, QUARTER, YEAR)}
    assert errors[QUARTER] / errors[MONTH] == pytest.approx(3, rel=0.15)
    assert errors[MONTH] < 0.0003
    for step in (YEAR, HALF, QUARTER, 1 / 8, 1 / 16):  # a window of half a step, as half a year is of a year
        factors = np.ones(round(4 / step))
        paid = habit_path_and_recent_payers(OPENING, 0.0, STEADY, factors, step, step / 2)[1][-1] / 100
        assert abs(paid - in_continuous_time(4.0, step / 2)) < 0.01 * step


def test_people_followed_one_by_one_say_the_same_when_asked_whether_they_paid():
    rng = np.random.default_rng(11)
    people, years = 40_000, 3.0
    state = rng.choice(5, people, p=np.array(OPENING) / 100)
    q, clock = generator(STEADY), np.zeros(people)
    paid = np.where(np.isin(state, [2, 3]), 0.0, -np.inf)  # when they last were paying
    while (clock < years).any():
        leaving = -np.diag(q)[state]
        end = np.minimum(clock + rng.exponential(1 / leaving), years)
        paid = np.where(np.isin(state, [2, 3]), np.where(clock < years, end, paid), paid)
        chances = np.cumsum(np.maximum(q, 0)[state], axis=1) / leaving[:, None]
        moved = (chances > rng.random(people)[:, None]).argmax(axis=1)
        state, clock = np.where(end < years, moved, state), end
    found = (paid > years - HALF).mean()
    truth = in_continuous_time(years)
    assert abs(found - truth) < 4 * np.sqrt(truth * (1 - truth) / people)


@pytest.mark.parametrize(("step", "window"), [(MONTH, HALF), (QUARTER, HALF), (HALF, HALF), (QUARTER, 1.0)])
def test_every_path_is_the_one_that_a_count_by_months_since_paying_gives(step, window):
    rng = np.random.default_rng(5)
    periods, markets, draws = 17, 2, 4
    shape = (periods, markets, draws)
    sizes = [(periods, 1, 1), (draws,), (markets, 1), shape, (periods, 1, draws), (), *[(draws,)] * 6]
    rates = Rates(*(rng.uniform(0, 1.5, size) for size in sizes))
    rates = rates._replace(unlicensed_word_of_mouth=rng.uniform(-3, 1, shape), habitual_churn=np.zeros(draws))
    growth = rng.uniform(0.9, 1.1, (periods, markets, 1))
    opening = Audience(*(rng.uniform(1, 10, (markets, draws)) for _ in range(5)))
    lately = rng.uniform(0, 1, (markets, 1))
    audience, paid = habit_path_and_recent_payers(opening, lately, rates, growth, step, window)
    np.testing.assert_array_equal(np.array(audience), np.array(habit_path(opening, rates, growth, step)))
    full = [np.broadcast_to(rate, shape) for rate in rates]
    for where in np.ndindex(markets, draws):
        begin, chances = Audience(*(state[where] for state in opening)), Rates(*(rate[:, *where] for rate in full))
        grown = np.broadcast_to(growth, shape)[:, *where]
        expected = paid_slowly(begin, lately[where[0], 0], chances, grown, step, window)
        np.testing.assert_allclose(paid[:, *where], expected, rtol=1e-11)


@pytest.mark.parametrize("step", [MONTH, QUARTER, YEAR])
def test_it_holds_all_who_pay_now_and_no_more_than_the_audience(step):
    rng = np.random.default_rng(6)
    growth = rng.uniform(0.8, 1.2, (24, 3, 1))
    rates = Rates(*10 ** rng.uniform(-4, 2, (12, 400)))._replace(unlicensed_word_of_mouth=rng.normal(0, 5, 400))
    audience, paid = habit_path_and_recent_payers(OPENING, rng.uniform(0, 1, 400), rates, growth, step, HALF)
    people = audience_size(audience)
    assert (paid >= audience.new_payer + audience.habitual - 1e-12 * people).all()
    assert (paid <= people * (1 + 1e-12)).all()


@pytest.mark.parametrize("step", [MONTH, QUARTER, YEAR])
def test_where_nobody_stops_who_paid_within_the_window_is_who_pays(step):
    rates = TALKING._replace(new_payer_churn=0.0, habitual_churn=0.0)
    audience, paid = habit_path_and_recent_payers(OPENING, 0.0, rates, np.full(6, 1.01), step, HALF)
    np.testing.assert_allclose(paid / audience_size(audience), paying_ratio(audience), rtol=1e-12)


def test_by_years_the_half_of_a_years_stoppers_that_falls_into_the_window_is_counted():
    rates = NOTHING_MOVES._replace(habitual_churn=0.9, habit_formation=0.3, new_payer_churn=0.6)
    audience, paid = habit_path_and_recent_payers(OPENING, 0.0, rates, np.ones(1), YEAR, HALF)
    until, after = np.exp(-0.9 / 2), 1 - np.exp(-0.9 / 2)  # both kinds of payer leave at 0.9 a year
    stopped = OPENING.habitual * until * after + OPENING.new_payer * until * after * 0.6 / 0.9
    np.testing.assert_allclose(paid, audience.new_payer + audience.habitual + stopped, rtol=1e-12)


def test_those_who_stopped_before_the_start_leave_the_window_evenly():
    paid = habit_path_and_recent_payers(OPENING, 0.5, NOTHING_MOVES, np.ones(8), MONTH, HALF)[1]
    np.testing.assert_allclose(paid, 14 + 3 * np.array([5, 4, 3, 2, 1, 0, 0, 0]) / 6)


def test_newcomers_have_not_paid():
    rates = NOTHING_MOVES._replace(habitual_churn=1e6, new_payer_churn=1e6)
    paid = habit_path_and_recent_payers(OPENING, 0.0, rates, np.full(8, 1.1), MONTH, HALF)[1]
    np.testing.assert_allclose(paid, [14] * 6 + [0, 0], atol=1e-9)


def test_a_window_that_ends_between_two_steps_is_refused():
    with pytest.raises(ValueError, match="no whole number of steps"):
        habit_path_and_recent_payers(OPENING, 0.0, STEADY, np.ones(4), QUARTER, 0.6)


@pytest.mark.parametrize("size", [13, BLOCK + 3])
def test_a_draw_has_the_same_bits_whatever_is_computed_beside_it(size):
    rng = np.random.default_rng(7)
    draws = 2 * BLOCK + 5 if size > 100 else 150
    rates = Rates(*rng.choice([0.0, 0.1, 1.0], (12, 2, draws)))
    growth, lately = rng.choice([1.0, 1.1], (7, 1, draws)), rng.uniform(0, 1, draws)
    whole = habit_path_and_recent_payers(OPENING, lately, rates, growth, QUARTER, HALF)[1]
    for start in range(0, draws, size):
        part = slice(start, start + size)
        own = (lately[part], Rates(*(rate[..., part] for rate in rates)), growth[..., part])
        np.testing.assert_array_equal(habit_path_and_recent_payers(OPENING, *own, QUARTER, HALF)[1], whole[..., part])
