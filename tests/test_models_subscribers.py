from math import exp, inf

import numpy as np
import pytest
from models_for_tests import bass
from scipy.integrate import solve_ivp

from simlib.models.blocks import BLOCK
from simlib.models.periods import per_step
from simlib.models.subscribers import (
    arpu_revenue,
    average_subscribers,
    churned,
    gross_adds,
    joining_lift,
    openings,
    subscriber_path,
)

MONTH, QUARTER = 1 / 12, 1 / 4


def constant(potential, years, step):
    return np.full(round(years / step), potential)


def ode(opening, potential, innovation, imitation, attrition, years):
    """Subscribers after `years` by dS/dt = (p + q S/M)(M − S) − δ S, the equation that the steps approach."""

    def slope(_, s):
        return (innovation + imitation * s / potential) * (potential - s) - attrition * s

    return solve_ivp(slope, (0, max(years)), [opening], t_eval=years, rtol=1e-11, atol=1e-12).y[0]


def slowly(opening, potential, innovation, imitation, churn, step, lift):
    """One draw, one territory, from the definition."""
    path, subscribers = [], opening
    for m, p, q, c, boost in zip(potential, innovation, imitation, churn, lift, strict=True):
        hazard = (p + q * subscribers / m) * boost if m > 0 else 0.0
        joining = max(m - subscribers, 0) * (1 - exp(-hazard * step))
        leaving = c * subscribers
        subscribers = subscribers + joining - leaving
        path.append(subscribers)
    return path


def test_without_churn_subscribers_follow_bass():
    # p = .03, q = .38: F(1 … 5, 10, 15), the closed form to six places
    years, share = ([1, 2, 3, 4, 5, 10, 15], [0.035758, 0.085056, 0.150500, 0.233150, 0.331199, 0.812803, 0.971610])
    coarse, fine = (
        subscriber_path(0.0, constant(1.0, 15, 1 / n), 0.03, 0.38, 0.0, 1 / n)[[n * year - 1 for year in years]]
        for n in (512, 1024)
    )
    np.testing.assert_allclose(2 * fine - coarse, share, atol=1e-6)  # the error of first order taken out


def test_the_error_of_stepping_halves_with_the_step():
    errors = [
        subscriber_path(0.0, constant(1.0, 12, step), 0.03, 0.38, 0.0, step)[-1] - bass(0.03, 0.38, 12)
        for step in (QUARTER, QUARTER / 2, QUARTER / 4, QUARTER / 8)
    ]
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2, atol=0.1)


def test_months_and_quarters_tell_the_same_story_to_the_order_of_the_step():
    years, attrition = np.arange(1.0, 11.0), 0.3
    monthly_churn = 1 - exp(-attrition / 12)
    truth = ode(5.0, 100.0, 0.02, 0.5, attrition, years)

    def error(step):
        path = subscriber_path(5.0, constant(100.0, 10, step), 0.02, 0.5, per_step(monthly_churn, step), step)
        return abs(path[[round(year / step) - 1 for year in years]] - truth).max()

    assert error(QUARTER) / error(MONTH) == pytest.approx(3, rel=0.1)
    assert error(MONTH) < 0.5


def test_net_subscribers_cannot_tell_three_percent_attrition_from_six():
    # dN/dt = pm + (q − p − δ) N − (q/m) N² knows three numbers, these two sets of four agree in them
    known = {"innovation": 0.01, "imitation": 0.12, "potential": 100.0, "attrition": 0.03}
    other = {"innovation": 0.0081025, "imitation": 0.1481025, "potential": 123.41874, "attrition": 0.06}
    years = np.arange(1.0, 201.0)
    np.testing.assert_allclose(ode(1.0, **known, years=years), ode(1.0, **other, years=years), rtol=1e-5)


@pytest.mark.parametrize(("coarse", "fine"), [(1 / 16, 1 / 32), (1 / 32, 1 / 64)])
def test_the_twin_sets_of_parameters_draw_one_path_as_the_step_shrinks(coarse, fine):
    def apart(step):
        one = subscriber_path(1.0, constant(100.0, 200, step), 0.01, 0.12, 1 - exp(-0.03 * step), step)
        two = subscriber_path(1.0, constant(123.41874, 200, step), 0.0081025, 0.1481025, 1 - exp(-0.06 * step), step)
        return abs(one - two).max()

    assert apart(coarse) / apart(fine) == pytest.approx(2, abs=0.05)
    assert apart(fine) < 0.02


def test_constant_adds_and_constant_churn_settle_at_adds_over_churn():
    adds, churn, endless = 1_000.0, 0.05, 1e9
    path = subscriber_path(0.0, np.full(600, endless), adds / endless / QUARTER, 0.0, churn, QUARTER)
    assert path[-1] == pytest.approx(adds / churn, rel=1e-4)


def test_innovators_alone_settle_where_joining_balances_churn():
    joining, churn = 1 - exp(-0.3 * QUARTER), 0.04
    path = subscriber_path(0.0, np.full(2_000, 100.0), 0.3, 0.0, churn, QUARTER)
    assert path[-1] == pytest.approx(100 * joining / (joining + churn), rel=1e-12)


def test_subscribers_stay_between_nobody_and_the_potential():
    rng = np.random.default_rng(1)
    extremes = [0.0, 1e-12, 0.01, 1.0, 50.0]
    innovation, imitation = (rng.choice(extremes, 3_000) for _ in range(2))
    churn, opening = rng.choice([0.0, 1e-9, 0.1, 1.0], 3_000), rng.choice([0.0, 1e-15, 1.0, 7.0], 3_000)
    path = subscriber_path(opening, np.full((60, 1), 7.0), innovation, imitation, churn, 1.0)
    assert path.min() >= 0
    assert path.max() <= 7 * (1 + 1e-12)


def test_nobody_begets_nobody():
    assert not subscriber_path(0.0, np.full(40, 100.0), 0.0, 0.9, 0.02, QUARTER).any()


def test_nobody_joins_a_market_that_is_more_than_full():
    path = subscriber_path(np.array([120.0, 60.0]), np.full((3, 1), 100.0), 0.1, 0.4, 0.05, QUARTER)
    np.testing.assert_allclose(path[:, 0], 120 * 0.95 ** np.arange(1, 4))
    assert (path[:, 1] > 60).all()


def test_a_market_that_vanishes_keeps_only_those_who_have_not_left():
    potential = np.array([100.0, 0.0, 0.0])[:, None]
    path = subscriber_path(np.array([50.0, 0.0]), potential, 0.1, 0.4, 0.1, QUARTER)
    np.testing.assert_allclose(path[1:], path[0] * [[0.9], [0.81]])
    assert not subscriber_path(0.0, np.zeros(4), 0.1, 0.4, 0.1, QUARTER).any()


def test_every_path_is_the_one_a_slow_loop_draws():
    rng = np.random.default_rng(2)
    periods, territories, draws = 30, 3, 4
    shape = (periods, territories, draws)
    potential = 100 * np.cumprod(rng.uniform(0.85, 1.2, shape), axis=0)
    potential[12:15, 1] = 0
    innovation, imitation = rng.uniform(0, 0.1, (territories, 1)), rng.uniform(0, 1, draws)
    churn, lift = rng.uniform(0, 0.2, (periods, 1, draws)), rng.uniform(0.5, 2, (periods, 1, 1))
    opening = rng.uniform(0, 150, (territories, draws))
    path = subscriber_path(opening, potential, innovation, imitation, churn, QUARTER, lift)
    inputs = [np.broadcast_to(values, shape) for values in (potential, innovation, imitation, churn, lift)]
    for where in np.ndindex(territories, draws):
        m, p, q, c, boost = (values[:, *where] for values in inputs)
        np.testing.assert_allclose(path[:, *where], slowly(opening[where], m, p, q, c, QUARTER, boost), rtol=1e-12)


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("size", [1, 17, 4_999, BLOCK, BLOCK + 3])
def test_a_draw_has_the_same_bits_whatever_is_computed_beside_it(moving, size):
    rng = np.random.default_rng(3)
    draws = 2 * BLOCK + 5 if size > 1 else 200
    fall = np.linspace(1, 0.7, 12)[:, None, None] if moving else np.ones((12, 1, 1))
    potential = fall * rng.choice([0.0, 80.0, 100.0], (2, draws))
    opening, innovation = rng.uniform(0, 110, draws), rng.choice([0.01, 900.0], draws)
    imitation, churn = rng.uniform(0, 1, draws), rng.choice([0.0, 0.07, 1.0], draws)
    whole = subscriber_path(opening, potential, innovation, imitation, churn, QUARTER)
    for start in range(0, draws, size):
        part = slice(start, start + size)
        pieces = innovation[part], imitation[part], churn[part]
        alone = subscriber_path(opening[part], potential[..., part], *pieces, QUARTER)
        np.testing.assert_array_equal(alone, whole[..., part])


def test_a_number_for_all_periods_draws_and_territories_is_as_good_as_a_full_array():
    shape = (8, 3, 5)
    numbers = (100.0, 0.02, 0.4, 0.05)
    views = [np.broadcast_to(number, shape) for number in numbers]
    copies = [view.copy() for view in views]
    expected = subscriber_path(2.0, views[0], *numbers[1:], QUARTER)
    for inputs in (views, copies):
        np.testing.assert_array_equal(subscriber_path(2.0, *inputs, QUARTER, np.ones(shape)), expected)
    np.testing.assert_array_equal(subscriber_path(2.0, np.full(8, 100.0), *numbers[1:], QUARTER), expected[:, 0, 0])


def test_counting_in_people_or_in_billions_changes_nothing():
    inputs = 0.02, 0.4, 0.05, QUARTER
    people = subscriber_path(5e6, np.full(20, 3e8), *inputs)
    np.testing.assert_allclose(subscriber_path(5e-3, np.full(20, 0.3), *inputs) * 1e9, people)


def test_the_callers_array_receives_the_result():
    out = np.empty((3, 2))
    assert subscriber_path(0.0, np.full((3, 1), 10.0), 0.1, [0.2, 0.3], 0.0, QUARTER, out=out) is out
    assert (np.diff(out, axis=0) > 0).all()


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="every period"):
        subscriber_path(0.0, np.full((1, 1), 10.0), 0.1, 0.2, np.full((3, 1), 0.1), QUARTER)
    with pytest.raises(ValueError, match=r"must have the shape \(3,\); found \(4,\)"):
        subscriber_path(0.0, np.full(3, 10.0), 0.1, 0.2, 0.0, QUARTER, out=np.empty(4))


def test_what_lifts_joining_stands_for_more_innovation_and_imitation():
    potential = np.full(20, 100.0)
    lifted = subscriber_path(1.0, potential, 0.02, 0.3, 0.05, QUARTER, lift=1.5)
    np.testing.assert_allclose(lifted, subscriber_path(1.0, potential, 0.03, 0.45, 0.05, QUARTER))


def test_joining_rises_with_season_and_content_and_falls_with_price():
    assert joining_lift(1.0, 9.99, 9.99, 0.8, 0.0) == 1
    assert joining_lift(1.2, 9.99, 9.99, 0.8, 0.5) == pytest.approx(1.8)
    dearer = joining_lift(1.0, np.array([10.0, 11.0]), 10.0, 0.8, 0.0)
    assert np.diff(np.log(dearer)) / np.log(1.1) == pytest.approx(-0.8)


def test_opening_plus_adds_less_churned_is_closing():
    rng = np.random.default_rng(4)
    opening, churn = rng.uniform(0, 50, (3, 7)), rng.uniform(0, 0.2, (10, 1, 7))
    closing = subscriber_path(opening, np.full((10, 1, 1), 100.0), 0.02, 0.4, churn, QUARTER)
    adds, leavers = gross_adds(opening, closing, churn), churned(opening, closing, churn)
    assert (adds > 0).all()
    np.testing.assert_allclose(openings(opening, closing) + adds - leavers, closing)
    np.testing.assert_allclose(opening + (adds - leavers).sum(axis=0), closing[-1])
    np.testing.assert_allclose(leavers[1:], churn[1:] * closing[:-1])
    np.testing.assert_allclose(2 * average_subscribers(opening, closing), openings(opening, closing) + closing)


def test_netflix_streaming_revenue_is_arpu_times_average_members():
    # 10-K FY2019, MD&A: 2017 average paying memberships 99.323 million, average monthly revenue per paying
    # membership USD 9.43, streaming revenues USD 11,242.216 million; ARPU is rounded to a cent
    assert arpu_revenue(9.43, 99.323, step=1.0) == pytest.approx(11_242.216, abs=0.005 * 12 * 99.323)


@pytest.mark.parametrize("worse", [0.0, 0.01, 0.2, 1.0])
def test_more_churn_never_means_more_subscribers(worse):
    potential = np.full(60, 100.0)
    better = subscriber_path(10.0, potential, 0.03, 0.4, 0.0, QUARTER)
    assert (subscriber_path(10.0, potential, 0.03, 0.4, worse, QUARTER) <= better).all()
    assert better.max() < inf
