"""Members of a forecast find what histories made by their own equation hold, and know how much they do not know."""

import warnings

import numpy as np
import pytest
from histories_for_tests import logistic
from statsmodels.tsa.statespace.structural import UnobservedComponents

from simlib.forecast import trend as trends
from simlib.forecast.curves import bass, saturating
from simlib.forecast.members import MEMBERS, drift
from simlib.forecast.sampled import EVIDENCE, pattern, shared
from simlib.forecast.theta import _slopes, theta
from simlib.forecast.trend import filtered, settings_of, trend


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def alone(monkeypatch, slope=0.2, noise=0.5, season=0.03):
    """Leave one setting of the trend, and no observation that is taken for a step."""
    monkeypatch.setattr(trends, "OUTLYING", np.inf)
    monkeypatch.setattr(trends, "SLOPE_SHOCKS", (slope,))
    monkeypatch.setattr(trends, "NOISES", (noise,))
    monkeypatch.setattr(trends, "SEASON_SHOCKS", (season,))


@pytest.mark.parametrize("season", [1, 4])
def test_states_are_those_of_statsmodels_kalman_filter(monkeypatch, rng, season):
    alone(monkeypatch)
    values = 10 + np.cumsum(1 + rng.normal(size=30))
    shape = {"seasonal": season} if season > 1 else {}
    model = UnobservedComponents(values, "local linear trend", **shape)
    variances = {"sigma2.irregular": 0.25, "sigma2.level": 1.0, "sigma2.trend": 0.04, "sigma2.seasonal": 0.0009}
    states = 1 + max(season, 1)
    start, spread = np.zeros(states), np.zeros((states, states))
    start[0], spread[0, 0], spread[1, 1] = values[0], trends.LEVEL_SD**2, trends.SLOPE_SD**2
    spread[2:, 2:] = trends.SEASON_SD**2 * (np.eye(states - 2) - 1 / max(states - 1, 1))
    model.ssm.initialize_known(start, spread)
    theirs = model.smooth([variances[name] for name in model.param_names])
    known = filtered(values, settings_of(season, [1.0]))
    for after in (5, 17, 29):
        assert known[after].state[0] == pytest.approx(theirs.filtered_state[:, after], rel=1e-5, abs=1e-6)
        assert known[after].covariance[0] == pytest.approx(theirs.filtered_state_cov[:, :, after], rel=1e-4, abs=1e-6)


def test_a_great_step_moves_the_level_and_hardly_the_slope():
    rng = np.random.default_rng(2)
    values = np.cumsum(2 + 0.3 * rng.normal(size=30))
    values[-1] += 20
    ahead = np.median(MEMBERS["damped trend"](values, 1)(30, 4, 4000, np.random.default_rng(0)), axis=1)
    assert abs(ahead[-1] - values[-1] - 4 * 2) < 4  # taken for a pace, the step would bring 88


def test_a_damped_slope_fades_by_its_damping_each_period(monkeypatch):
    alone(monkeypatch, slope=0.0, noise=0.0)
    values = 5 * np.cumsum(0.8 ** np.arange(20))
    ahead = np.median(trend(values, 1, [0.8])(20, 5, 4000, np.random.default_rng(0)), axis=1)
    assert ahead == pytest.approx(5 * np.cumsum(0.8 ** np.arange(25))[20:], rel=1e-3)


def test_a_straight_line_goes_on_straight_whatever_the_member():
    line = 3.0 + 2 * np.arange(24)
    for name in ("damped trend", "saturating curve"):
        ahead = np.median(MEMBERS[name](line, 1)(24, 6, 2000, np.random.default_rng(0)), axis=1)
        assert ahead == pytest.approx(3.0 + 2 * np.arange(24, 30), rel=0.01), name


def test_settings_that_fit_better_count_more():
    rng = np.random.default_rng(1)
    steady, turning = np.cumsum(1 + 0.3 * rng.normal(size=60)), np.cumsum(np.cumsum(rng.normal(size=60)))
    settings = settings_of(1, [1.0])
    slopes = settings.shocks[:, 1, 1]
    likely = [slopes[filtered(values, settings)[-1].likelihood.argmax()] for values in (steady, turning)]
    assert likely[0] < likely[1] == max(trends.SLOPE_SHOCKS)


def test_a_trend_covers_its_own_future_as_often_as_it_says(monkeypatch):
    """The scale has a prior and is forgotten, so that the fan may be a little wide, never narrow."""
    alone(monkeypatch, slope=0.2, noise=0.0)
    inside, number = 0, 300
    for seed in range(number):
        rng = np.random.default_rng([9, seed])
        slopes = 1 + np.cumsum(0.2 * rng.normal(size=44))
        values = np.cumsum(slopes + rng.normal(size=44))
        low, high = np.quantile(trend(values[:40], 1, [1.0])(40, 4, 400, rng)[-1], [0.1, 0.9])
        inside += low <= values[43] <= high
    assert 0.8 - 3 * np.sqrt(0.16 / number) < inside / number < 0.8 + 4 * np.sqrt(0.16 / number)


def test_a_saturating_curve_finds_the_pace_at_which_increments_shrink():
    increments = np.exp(-0.4 / 4 * np.arange(28))
    values = np.cumsum(increments)
    ahead = np.median(saturating(values, 4)(20, 8, 4000, np.random.default_rng(0)), axis=1)
    assert ahead == pytest.approx(values[20:], rel=0.005)


def test_a_market_is_seen_to_fill_up_before_it_is_full():
    """Bass's curve past its peak: with two thirds of the market won, what comes is foreseen within a tenth."""
    values = logistic(28, 100, 0.01, 0.3)
    assert 60 < values[13] < 75
    paths = bass(values, 1)(14, 14, 4000, np.random.default_rng(0))
    straight = values[13] + 14 * (values[13] - values[12])
    assert straight > 140
    assert abs(np.median(paths[-1]) / values[27] - 1) < 0.1


def test_a_market_has_members_and_never_fewer_than_none():
    for values in ([1.0, -1, 2, 3, 4, 5], [0.0] * 6):
        with pytest.raises(ValueError, match="a market needs members"):
            bass(np.array(values), 1)(6, 2, 10, np.random.default_rng(0))


def test_the_slope_is_that_of_the_least_squares_line_through_what_is_known(rng):
    values = rng.normal(size=12).cumsum() + 50
    fitted = [np.polyfit(np.arange(n), values[:n], 1)[0] for n in range(2, 13)]
    assert _slopes(values)[1:] == pytest.approx(fitted, rel=1e-9)


@pytest.mark.parametrize(("parameter", "share"), [(2.0, 0.5), (np.inf, 1.0)])
def test_theta_two_goes_on_with_half_the_slope_and_infinite_theta_with_all(monkeypatch, parameter, share):
    """Hyndman & Billah (2003): the classical method is smoothing with a drift of half the slope."""
    monkeypatch.setattr("simlib.forecast.theta.THETAS", (parameter,))
    monkeypatch.setattr("simlib.forecast.theta.SMOOTHINGS", (1.0,))
    rng = np.random.default_rng(0)
    values = 7 + 3 * np.arange(40) + 0.01 * rng.normal(size=40)
    paths = theta(values, 1)(40, 5, 20_000, rng)
    error = paths.std(axis=1) / np.sqrt(20_000)
    assert np.all(np.abs(paths.mean(axis=1) - values[-1] - 3 * share * np.arange(1, 6)) < 5 * error + 0.01)


def test_a_season_in_the_increments_is_carried_on(rng):
    season = np.array([3.0, -1, 0, -2])
    values = np.cumsum(2 + np.tile(season, 10))
    noisy = values[:32] + 0.05 * rng.normal(size=32)
    for name in MEMBERS:
        ahead = np.median(MEMBERS[name](noisy, 4)(32, 8, 2000, np.random.default_rng(0)), axis=1)
        steps = np.diff(np.concatenate([noisy[-1:], ahead]))
        assert np.corrcoef(steps, np.diff(values)[31:])[0, 1] > 0.95, name


def test_noise_is_no_season(rng):
    found = [np.abs(pattern(rng.normal(size=40), 4)).max() for _ in range(200)]
    assert np.median(found) == 0
    assert pattern(np.array([1.0, -1, 1, -1, 1, -1, 1]), 4).tolist() == [0, 0, 0, 0]  # less than two years


def test_candidates_have_their_share_of_draws():
    weights = np.array([0.7, 0.2, 0.0999, 0.0001])
    counts = np.bincount(shared(np.log(weights), 1000), minlength=4)
    assert np.abs(counts - 1000 * weights**EVIDENCE / np.sum(weights**EVIDENCE)).max() < 1


def test_drift_of_a_short_history_is_as_unsure_as_students_t(rng):
    """Five equal increments but one: the mean's and the step's spread, from 4 degrees of freedom and one of a guess."""
    increments = np.array([1.0, 1, 1, 1, 3])
    paths = drift(np.concatenate([[10], 10 + np.cumsum(increments)]), 1, 200_000, rng)
    degrees = 4 + 1
    scale = np.sqrt((np.sum((increments - 1.4) ** 2) + np.mean(increments**2)) / degrees * (1 + 1 / 5))
    low, high = np.quantile(paths[0], [0.1, 0.9])
    assert (high - low) / 2 == pytest.approx(1.4759 * scale, rel=0.01)  # Student's t with 5, 90 %
    assert np.median(paths[0]) == pytest.approx(17 + 1.4, abs=0.01)


def test_members_say_nothing_of_their_own():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for values in (np.zeros(12), np.full(12, 7.0), np.arange(12.0), np.r_[np.zeros(6), 1e9 * np.ones(6)]):
            for name, member in MEMBERS.items():
                if name != "Bass market" or values.max() > 0:
                    with np.errstate(all="ignore"):
                        assert np.all(np.isfinite(member(values, 4)(12, 3, 20, np.random.default_rng(0)))), name
