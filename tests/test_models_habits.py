from math import exp

import numpy as np
import pytest
from models_for_tests import bass
from scipy.integrate import solve_ivp
from scipy.linalg import expm, null_space

from simlib.models.blocks import BLOCK
from simlib.models.competing import competing_risks
from simlib.models.habits import Audience, Rates, audience_size, habit_path, habit_share, paying_ratio

MONTH, QUARTER = 1 / 12, 1 / 4
NOTHING_MOVES = Rates(*np.zeros(4), 1.0, 1.0, *np.zeros(6))
EVERYTHING_MOVES = Rates(
    enforcement=0.25,
    innovation=0.05,
    imitation=0.6,
    unlicensed_word_of_mouth=0.1,
    affordability=0.9,
    content=1.2,
    habit_formation=0.8,
    new_payer_churn=0.5,
    habitual_churn=0.1,
    win_back=0.3,
    free_relapse=0.05,
    lapsed_relapse=0.1,
)
OPENING = Audience(unlicensed=50.0, free=40.0, new_payer=6.0, habitual=3.0, lapsed=1.0)


def steady(years, step):
    """Growth factors of an audience that does not grow."""
    return np.ones(round(years / step))


def slope(state, rates):
    """The five states' change per year, from the arrows between them."""
    u, f, p, h, ell = state
    talk = rates.imitation * (p + h) + rates.unlicensed_word_of_mouth * u
    pay = max(rates.innovation + talk / sum(state), 0) * rates.affordability * rates.content
    flows = {
        "uf": rates.enforcement * u,
        "fp": pay * f,
        "fu": rates.free_relapse * f,
        "ph": rates.habit_formation * p,
        "pl": rates.new_payer_churn * p,
        "hl": rates.habitual_churn * h,
        "lp": rates.win_back * ell,
        "lu": rates.lapsed_relapse * ell,
    }
    return [sum(rate * ((arrow[1] == name) - (arrow[0] == name)) for arrow, rate in flows.items()) for name in "ufphl"]


def generator(rates):
    """Matrix Q of the linear chain, dx/dt = x Q, when nobody talks."""
    return np.array([slope(state, rates) for state in np.eye(5)])


def slowly(opening, rates, growth, step):
    """One draw of one market, person by person's chances, from the definition."""
    path, state = [], dict(zip("ufphl", opening, strict=True))
    for now in range(len(growth)):
        r = Rates(*(rate[now] for rate in rates))
        audience, outside = sum(state.values()), state["u"] + state["f"]
        if growth[now] < 1:
            state = {name: people * growth[now] for name, people in state.items()}
        elif outside > 0:
            newcomers = audience * (growth[now] - 1)
            state["u"], state["f"] = (state[name] + newcomers * state[name] / outside for name in "uf")
        else:
            state["f"] = audience * (growth[now] - 1)
        talk = r.imitation * (state["p"] + state["h"]) + r.unlicensed_word_of_mouth * state["u"]
        pay = max(r.innovation + talk / sum(state.values()), 0) * r.affordability * r.content
        arrows = {
            "u": {"f": r.enforcement},
            "f": {"p": pay, "u": r.free_relapse},
            "p": {"h": r.habit_formation, "l": r.new_payer_churn},
            "h": {"l": r.habitual_churn},
            "l": {"p": r.win_back, "u": r.lapsed_relapse},
        }
        after = dict(state)
        for origin, hazards in arrows.items():
            total = sum(hazards.values())
            for destination, hazard in hazards.items():
                moved = state[origin] * (1 - exp(-total * step)) * hazard / total if total > 0 else 0
                after[origin] -= moved
                after[destination] += moved
        state = after
        path.append(list(state.values()))
    return np.array(path).T


@pytest.mark.parametrize("habit_formation", [0.0, 0.7, 20.0])
def test_without_churn_or_unlicensed_viewers_payers_follow_bass(habit_formation):
    opening = Audience(0.0, 100.0, 0.0, 0.0, 0.0)
    rates = NOTHING_MOVES._replace(innovation=0.03, imitation=0.38, habit_formation=habit_formation)
    years = np.array([1, 5, 10, 15])
    coarse, fine = (
        paying_ratio(habit_path(opening, rates, steady(15, step), step))[(years / step).astype(int) - 1]
        for step in (1 / 64, 1 / 128)
    )
    np.testing.assert_allclose(2 * fine - coarse, bass(0.03, 0.38, years), atol=5e-5)
    np.testing.assert_allclose((coarse - bass(0.03, 0.38, years)) / (fine - bass(0.03, 0.38, years)), 2, atol=0.05)


def test_affordability_and_content_multiply_the_hazard_of_paying():
    opening = Audience(0.0, 100.0, 0.0, 0.0, 0.0)
    quoted = NOTHING_MOVES._replace(innovation=0.02, imitation=0.3, affordability=0.5, content=3.0)
    meant = NOTHING_MOVES._replace(innovation=0.03, imitation=0.45)
    paths = [habit_path(opening, rates, steady(5, QUARTER), QUARTER) for rates in (quoted, meant)]
    np.testing.assert_allclose(*paths)


def test_when_nobody_talks_the_states_are_a_linear_chain():
    rates = EVERYTHING_MOVES._replace(imitation=0.0, unlicensed_word_of_mouth=0.0)
    truth = np.array(OPENING) @ expm(generator(rates) * 3)
    errors = [
        np.array(habit_path(OPENING, rates, steady(3, step), step))[:, -1] - truth for step in (1 / 32, 1 / 64, 1 / 128)
    ]
    assert abs(errors[-1]).max() < 0.05
    np.testing.assert_allclose(2 * errors[-1] - errors[-2], 0, atol=1e-3)


def test_when_nobody_talks_the_audience_settles_in_the_chains_null_vector():
    rates = EVERYTHING_MOVES._replace(imitation=0.0, unlicensed_word_of_mouth=0.0)
    settled = null_space(generator(rates).T)[:, 0]
    settled *= 100 / settled.sum()

    def last(step):
        return np.array(habit_path(OPENING, rates, steady(400, step), step))[:, -1]

    # in steps people stay longer than the rates say, each state by its own factor λΔ / (1 − e^(−λΔ))
    leaving = -generator(rates).diagonal()
    stepped = settled * leaving * QUARTER / (1 - np.exp(-leaving * QUARTER))
    np.testing.assert_allclose(last(QUARTER), stepped * 100 / stepped.sum(), rtol=1e-9)
    np.testing.assert_allclose(2 * last(1 / 32) - last(1 / 16), settled, rtol=2e-4)


def test_months_and_quarters_tell_the_same_story_to_the_order_of_the_step():
    years = np.arange(1.0, 9.0)
    truth = solve_ivp(lambda _, s: slope(s, EVERYTHING_MOVES), (0, 8), OPENING, t_eval=years, rtol=1e-10, atol=1e-10)

    def error(step):
        path = np.array(habit_path(OPENING, EVERYTHING_MOVES, steady(8, step), step))
        return abs(path[:, np.rint(years / step).astype(int) - 1] - truth.y).max()

    assert error(QUARTER) / error(MONTH) == pytest.approx(3, rel=0.1)
    assert error(MONTH) < 1  # of an audience of 100


def test_a_habit_formed_at_once_leaves_only_the_churn_of_habit():
    opening = Audience(0.0, 0.0, 100.0, 0.0, 0.0)
    rates = NOTHING_MOVES._replace(habit_formation=1e9, new_payer_churn=2.0, habitual_churn=0.3)
    audience = habit_path(opening, rates, steady(5, 1 / 64), 1 / 64)
    np.testing.assert_allclose(audience.new_payer, 0, atol=1e-12)
    tenure = np.arange(320) / 64  # from the end of the step in which the habit was formed
    np.testing.assert_allclose(audience.habitual, 100 * np.exp(-0.3 * tenure), rtol=1e-6)


def test_buyers_and_pirates_together_follow_bass_whatever_share_of_the_influenced_buys():
    # shadow diffusion, Givon, Mahajan & Muller (1995): of those whom buyers or pirates influence a share
    # buys, the others copy. The model takes copying as a hazard of its own, here the one that Bass implies.
    step, years = 1 / 256, 8
    reached = bass(0.03, 0.5, np.arange(years / step)[:, None] * step)
    buying = np.array([0.2, 0.5, 0.9])
    rates = NOTHING_MOVES._replace(
        innovation=0.03,
        imitation=0.5,
        unlicensed_word_of_mouth=0.5,
        affordability=buying,
        free_relapse=(1 - buying) * (0.03 + 0.5 * reached),
    )
    audience = habit_path(Audience(0.0, 1.0, 0.0, 0.0, 0.0), rates, np.ones((len(reached), 1)), step)
    users = audience.unlicensed + audience.new_payer
    ends = (np.arange(years / step)[:, None] + 1) * step
    np.testing.assert_allclose(users, np.broadcast_to(bass(0.03, 0.5, ends), users.shape), atol=2e-3)
    np.testing.assert_allclose(audience.new_payer[-1] / users[-1], buying, atol=2e-3)


def test_every_path_is_the_one_a_slow_loop_draws():
    rng = np.random.default_rng(5)
    periods, markets, draws = 25, 2, 6
    shape = (periods, markets, draws)
    shapes = [(periods, 1, 1), (draws,), (markets, 1), shape, (periods, 1, draws), (), *[(draws,)] * 6]
    rates = Rates(*(rng.uniform(0, 1.5, size) for size in shapes))
    rates = rates._replace(unlicensed_word_of_mouth=rng.uniform(-3, 1, shape), habitual_churn=np.zeros(draws))
    growth = rng.uniform(0.9, 1.1, (periods, markets, 1))
    opening = Audience(*(rng.uniform(0, 10, (markets, draws)) for _ in range(5)))
    audience = habit_path(opening, rates, growth, QUARTER)
    full = [np.broadcast_to(rate, shape) for rate in rates]
    for where in np.ndindex(markets, draws):
        begin, chances = [state[where] for state in opening], Rates(*(rate[:, *where] for rate in full))
        path = slowly(begin, chances, np.broadcast_to(growth, shape)[:, *where], QUARTER)
        np.testing.assert_allclose(np.array(audience)[:, :, *where], path, rtol=1e-11, atol=1e-13)


def test_people_are_neither_lost_nor_made_and_no_state_is_negative():
    rng = np.random.default_rng(6)
    growth = rng.uniform(0.8, 1.2, (30, 3, 1))
    rates = Rates(*10 ** rng.uniform(-6, 3, (12, 500)))._replace(unlicensed_word_of_mouth=rng.normal(0, 5, 500))
    audience = habit_path(OPENING, rates, growth, QUARTER)
    expected = np.broadcast_to(100 * np.cumprod(growth, axis=0), audience.free.shape)
    np.testing.assert_allclose(audience_size(audience), expected, rtol=1e-12)
    assert np.min(audience) >= 0


def test_newcomers_join_as_the_unlicensed_and_the_free_stand_and_the_shrinking_take_leave_from_all():
    grown, shrunk = (habit_path(OPENING, NOTHING_MOVES, np.array([factor]), QUARTER) for factor in (1.18, 0.9))
    np.testing.assert_allclose(np.ravel(grown), [60, 48, 6, 3, 1])
    np.testing.assert_allclose(np.ravel(shrunk), 0.9 * np.array(OPENING))
    all_paying = habit_path(Audience(0.0, 0.0, 5.0, 5.0, 0.0), NOTHING_MOVES, np.array([1.1]), QUARTER)
    np.testing.assert_allclose(np.ravel(all_paying), [0, 1, 5, 5, 0], atol=1e-12)


def test_counting_in_people_or_in_billions_changes_nothing():
    billions = Audience(*(state * 1e-7 for state in OPENING))
    one, other = (habit_path(opening, EVERYTHING_MOVES, np.full(8, 1.02), QUARTER) for opening in (OPENING, billions))
    np.testing.assert_allclose(np.array(other) * 1e7, one)


def test_a_market_without_people_stays_without_people():
    empty = habit_path(Audience(*np.zeros(5)), EVERYTHING_MOVES, np.full(4, 1.05), QUARTER)
    assert not np.any(empty)
    assert not paying_ratio(empty).any()


def test_talk_against_paying_stops_it_and_no_more():
    rates = NOTHING_MOVES._replace(innovation=0.05, unlicensed_word_of_mouth=-5.0)
    audience = habit_path(Audience(60.0, 40.0, 0.0, 0.0, 0.0), rates, steady(2, QUARTER), QUARTER)
    np.testing.assert_array_equal(audience.free, 40)


def test_enforcement_frees_and_only_those_who_watch_free_begin_to_pay():
    rates = NOTHING_MOVES._replace(enforcement=0.4)
    audience = habit_path(Audience(100.0, 0.0, 0.0, 0.0, 0.0), rates, steady(3, QUARTER), QUARTER)
    np.testing.assert_allclose(audience.unlicensed, 100 * np.exp(-0.4 * QUARTER * np.arange(1, 13)))
    np.testing.assert_allclose(audience.free, 100 - audience.unlicensed)


@pytest.mark.parametrize("size", [1, 13, 4_999, BLOCK + 3])
def test_a_draw_has_the_same_bits_whatever_is_computed_beside_it(size):
    rng = np.random.default_rng(7)
    draws = 2 * BLOCK + 5 if size > 100 else 150
    rates = Rates(*rng.choice([0.0, 0.1, 1.0], (12, 2, draws)))._replace(enforcement=rng.uniform(0, 1, (6, 1, 1)))
    growth = rng.choice([1.0, 1.1], (6, 1, draws))
    whole = habit_path(OPENING, rates, growth, QUARTER)
    for start in range(0, draws, size):
        part = slice(start, start + size)
        pieces = Rates(rates.enforcement, *(rate[..., part] for rate in rates[1:]))
        alone = habit_path(OPENING, pieces, growth[..., part], QUARTER)
        np.testing.assert_array_equal(np.array(alone), np.array(whole)[..., part])


def test_growth_that_lacks_periods_is_refused():
    with pytest.raises(ValueError, match="every period"):
        habit_path(OPENING, NOTHING_MOVES._replace(enforcement=np.zeros((5, 1))), np.ones((1, 1)), QUARTER)


def test_competing_risks_divide_the_leavers_in_proportion_to_their_hazards():
    stay, *ways = competing_risks(QUARTER, np.array([0.3, 0.0]), np.array([0.9, 0.0]), np.array([0.0, 0.0]))
    np.testing.assert_allclose(stay, [exp(-1.2 * QUARTER), 1])
    np.testing.assert_allclose(stay + sum(ways), 1)
    np.testing.assert_allclose([way[0] for way in ways], np.array([1, 3, 0]) * (1 - stay[0]) / 4)
    assert not any(way[1] for way in ways)


def test_the_paying_ratio_counts_new_and_habitual_payers_and_the_habit_share_the_latter():
    assert (paying_ratio(OPENING), habit_share(OPENING)) == (0.09, 0.03)
