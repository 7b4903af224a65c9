"""Members tell how they join only with churn brought along, and a fit says what it could not tell apart."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import solve_ivp

from simlib.forecast.bass import fit_bass_nls
from simlib.forecast.membership import fit_subscribers, problem
from simlib.forecast.posterior import FitError, untold
from simlib.forecast.priors import parameter, read_prior
from simlib.forecast.search import LeastSquares
from simlib.models.diffusion import bass_path
from simlib.models.periods import per_step
from simlib.models.subscribers import subscriber_path

MONTH, QUARTER = 1 / 12, 1 / 4
# innovation, imitation, potential and churn per step of design: two sets, one path (N(0) = 1)
ONE, OTHER = (0.01, 0.12, 100.0, 0.03), (0.0081025, 0.1481025, 123.41874, 0.06)
CHURN = {"monthly_churn": read_prior("monthly_churn", "{lognormal: {p10: 2%, p90: 8%}}")}


def flow(state, p, q, m, churn):
    return (p + q * state / m) * (m - state) - churn * state


def exact(parameters, opening=1.0, steps=200):
    """Net members of the differential equation, by SciPy."""
    solved = solve_ivp(lambda _, n: flow(n, *parameters), (0, steps), [opening], "LSODA", range(steps + 1), rtol=1e-11)
    return solved.y[0]


def noisy(parameters, error, seed, steps=200, step=MONTH):
    """Members that meet with errors √members × error in each period, and go on from where that leaves them."""
    generator, members = np.random.default_rng(seed), [1.0]
    p, q, m, churn = parameters
    for _ in range(steps):
        there = subscriber_path(np.array([members[-1]]), np.full((1, 1), m), p, q, churn * 12 * step, step)[0, 0]
        members.append(max(there + error * np.sqrt(members[-1]) * generator.standard_normal(), 0.01))
    return np.array(members)


def scores(parameters):
    """Two sets of the design, per step of a month, as the fit seeks them."""
    p, q, m, churn = parameters
    return np.log([12 * p, 12 * q, m, churn])


def test_two_sets_of_parameters_draw_one_path():
    assert np.abs(exact(ONE) - exact(OTHER)).max() < 1e-5


@pytest.mark.parametrize("seed", range(4))
def test_of_two_sets_with_one_path_the_fit_holds_both_and_names_what_it_cannot_tell_apart(seed):
    yearly = (12 * ONE[0], 12 * ONE[1], ONE[2], ONE[3])
    fit = fit_subscribers(noisy(yearly, 0.15, seed), MONTH, CHURN)
    (found,) = untold(fit)
    assert {"potential", "monthly_churn"} <= set(found.names)
    assert found.left > 0.99
    farthest = stats.chi2.ppf(0.95, 4)
    for one in (ONE, OTHER):
        away = scores(one) - fit.scores
        assert away @ np.linalg.solve(fit.spread, away) < farthest


def test_churn_stays_as_the_prior_left_it_and_the_others_bend_to_it():
    yearly = (12 * ONE[0], 12 * ONE[1], ONE[2], ONE[3])
    members = noisy(yearly, 0.05, 1)
    low, high = (
        fit_subscribers(members, MONTH, {"monthly_churn": read_prior("c", f"{{lognormal: {{p10: {a}, p90: {b}}}}}")})
        for a, b in ((0.0299, 0.0301), (0.0599, 0.0601))
    )
    assert low["monthly_churn"] == pytest.approx(0.03, rel=0.01)
    assert high["monthly_churn"] == pytest.approx(0.06, rel=0.01)
    assert high["potential"] / low["potential"] == pytest.approx(OTHER[2] / ONE[2], rel=0.05)
    assert high["imitation"] / low["imitation"] == pytest.approx(OTHER[1] / ONE[1], rel=0.1)


def test_a_path_made_by_the_model_is_fitted_by_its_own_numbers():
    potential = np.full((60, 1), 80.0)
    path = subscriber_path(np.array([2.0]), potential, 0.02, 0.9, per_step(0.03, QUARTER), QUARTER)[:, 0]
    known = {"monthly_churn": read_prior("c", "{lognormal: {p10: 2.9999%, p90: 3.0001%}}")}
    fit = fit_subscribers(np.concatenate([[2.0], path]), QUARTER, known)
    assert fit.values == pytest.approx((0.02, 0.9, 80.0, 0.03), rel=1e-4)


def test_without_churn_members_are_bass_adopters():
    """Of stepped adopters, that is; the closed form comes near as the step gets short."""
    path = np.concatenate([[0.5], bass_path(0.5, 100, 0.03, 0.5, 60, QUARTER)])
    none = {"monthly_churn": read_prior("c", "{lognormal: {p10: 0.00001%, p90: 0.00002%}}")}
    fit = fit_subscribers(path, QUARTER, none)
    assert fit.values[:3] == pytest.approx((0.03, 0.5, 100.0), rel=1e-4)
    adopters = fit_bass_nls(np.diff(np.concatenate([[0], bass_path(0.0, 100, 0.03, 0.5, 60, QUARTER)])))
    assert 4 * adopters["imitation"] == pytest.approx(0.5, rel=0.06)


def test_the_fits_spread_is_what_repeated_histories_scatter_by():
    """Where history tells a parameter: the errors of 60 fits, in standard errors, are standard normal."""
    yearly = (0.1, 1.4, 100.0, 0.03)
    known = {"monthly_churn": read_prior("c", "{lognormal: {p10: 2.999%, p90: 3.001%}}")}
    away = []
    for seed in range(60):
        fit = fit_subscribers(noisy(yearly, 0.3, 100 + seed, steps=80), MONTH, known)
        away.append((fit.scores - np.log(yearly))[:3] / np.sqrt(np.diag(fit.spread))[:3])
    assert np.all(np.abs(np.mean(away, axis=0)) < 4 / np.sqrt(60))
    assert np.all(np.abs(np.std(away, axis=0) - 1) < 4 / np.sqrt(2 * 60))


def test_a_gap_is_one_longer_increment():
    yearly = (0.1, 1.4, 100.0, 0.03)
    members = noisy(yearly, 0.1, 3, steps=100)
    kept = np.delete(np.arange(101), [20, 21, 22, 50, 70, 71])
    whole, holed = fit_subscribers(members, MONTH, CHURN), fit_subscribers(members[kept], MONTH, CHURN, kept)
    away = (whole.scores - holed.scores) / np.sqrt(np.diag(whole.spread))
    assert np.abs(away).max() < 1
    path = problem(members[kept], MONTH, CHURN, kept)
    p, q, m, churn = holed.values
    four = subscriber_path(np.array([members[19]]), np.full((4, 1), m), p, q, churn, MONTH)[-1, 0]
    assert path.curve(holed.values[:, np.newaxis])[19, 0] == pytest.approx(four)
    assert path.weights[19] == pytest.approx(np.sqrt(4 * members[19]))


def test_what_was_seen_is_where_each_period_starts():
    """A count that was wrong spoils the two increments beside it, not all that follow."""
    members = noisy((0.1, 1.4, 100.0, 0.03), 0.1, 3, steps=60)
    wrong = members.copy()
    wrong[30] += 5
    fit = fit_subscribers(members, MONTH, CHURN)
    at = fit.values[:, np.newaxis]
    away = [(problem(seen, MONTH, CHURN).curve(at)[:, 0] - seen[1:]) for seen in (members, wrong)]
    assert np.flatnonzero(np.abs(away[1] - away[0]) > 1e-9).tolist() == [29, 30]


def test_the_unit_of_members_is_the_unit_of_the_potential_alone():
    members = noisy((0.1, 1.4, 100.0, 0.03), 0.1, 3, steps=60)
    few, many = fit_subscribers(members, MONTH, CHURN), fit_subscribers(1e6 * members, MONTH, CHURN)
    assert many.values / few.values == pytest.approx((1, 1, 1e6, 1), rel=1e-5)
    assert many.spread == pytest.approx(few.spread, rel=1e-4, abs=1e-9)


def test_without_a_prior_of_churn_there_is_no_fit():
    with pytest.raises(FitError, match="say what is known of monthly_churn as a prior, with its source"):
        fit_subscribers(exact(ONE), MONTH, {})


def test_members_that_still_grow_ever_faster_tell_no_potential():
    members = 1.08 ** np.arange(24) * np.exp(0.01 * np.random.default_rng(0).standard_normal(24))
    with pytest.raises(FitError, match=r"does not tell|next to nothing"):
        fit_subscribers(members, QUARTER, CHURN)


@pytest.mark.parametrize("members", [[1, 2, 3, 4], [0, 0, 0, 0, 0], [1, 2, -1, 3, 4], [1, 2, np.nan, 3, 4]])
def test_counts_that_are_no_members_are_refused(members):
    with pytest.raises(FitError, match="members are at least 5 counts above 0; found"):
        fit_subscribers(members, QUARTER, CHURN)


def test_a_search_that_ends_nowhere_in_spite_of_all_priors_asks_for_no_other():
    """Members who leave by a tenth of those of before, while hardly any churn was thought of."""
    wide = {name: read_prior(name, "{lognormal: {p10: 0.1, p90: 2}}") for name in ("innovation", "imitation")}
    priors = {**CHURN, **wide, "potential": read_prior("potential", "{lognormal: {p10: 5, p90: 50}}")}
    with pytest.raises(FitError) as caught:
        fit_subscribers([9, 8, 7, 6, 5, 4], MONTH, priors)
    assert "the search did not end" in str(caught.value)
    assert "prior" not in str(caught.value)


def test_figures_that_lie_on_a_curve_exactly_tell_no_size_of_errors():
    curve = LeastSquares(
        (parameter("a", "", None),), lambda v: np.ones((5, 1)) * v[0], np.ones(5), np.ones(5), np.zeros(1)
    )
    with pytest.raises(FitError, match="every figure lies on one curve"):
        curve.fit("level")


def exact_history():
    """Members without any error but rounding, as a dated history."""
    path = subscriber_path(np.array([1.0]), np.full((80, 1), 100.0), 0.1, 1.2, per_step(0.03, QUARTER), QUARTER)[:, 0]
    history = pd.Series(path.round(5), pd.period_range("1990Q1", periods=80, freq="Q-DEC"))
    history.attrs = {"label": "exact members"}
    return history
