"""A forecast sees nothing after its origin, owns up to what it does not know, and is the same whenever it is made."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from histories_for_tests import KINDS, as_history, panel

from simlib.forecast import ensemble
from simlib.forecast.ensemble import Forecaster, ForecastError, forecast, interval
from simlib.forecast.members import DRIFT, MEMBERS
from simlib.forecast.series import ended_by, history
from simlib.forecast.shocks import positions, without_shocks
from simlib.forecast.spread import MEAN_OF_ABSOLUTE, NARROWEST, PRIOR, factors


@pytest.fixture(scope="module")
def members():
    return history("netflix", "paid_memberships", region="EMEA")


def test_a_forecast_starts_where_the_history_ends_and_is_of_the_next_periods(members):
    ahead = forecast(members, 8)
    assert [str(period) for period in ahead.index[[0, -1]]] == ["2025Q1", "2026Q4"]
    assert ahead.paths.shape == (8, len(MEMBERS) * ensemble.DRAWS)
    assert ahead.members == tuple(MEMBERS)
    assert (ahead.left_out, ahead.warnings) == ({}, ())
    low, high = interval(ahead, 0.8)
    assert np.all(np.diff(high - low) > 0)
    assert abs(np.median(ahead.paths[0]) - members.iloc[-1]) < members.diff().abs().max()


def test_the_same_history_and_seed_give_the_same_paths_and_another_seed_others(members):
    first = forecast(members, 4, seed=0)
    assert np.array_equal(first.paths, forecast(members.copy(), 4, seed=0).paths)
    other = forecast(members, 4, seed=1)
    assert not np.array_equal(first.paths, other.paths)
    assert np.abs(first.mean - other.mean).max() < 0.1 * first.paths.std()


@pytest.mark.parametrize("season", [1, 4, 12])
def test_no_wild_value_after_the_origin_changes_anything_before_it(season):
    values = np.cumsum(np.random.default_rng(season).gamma(2, size=40)) + 5
    calm = Forecaster(as_history(values, season))
    for wild in (1e12, -1e12, 0.0):
        planted = values.copy()
        planted[30:] = wild
        shaken = Forecaster(as_history(planted, season))
        shaken.forecast(40, 5)  # what it has seen since must not matter either
        for origin in (4, 9, 20, 30):
            told, seen = shaken.forecast(origin, 5), calm.forecast(origin, 5)
            assert np.array_equal(told.paths, seen.paths), (wild, origin)
            assert (told.members, told.warnings) == (seen.members, seen.warnings)


def test_a_forecast_from_an_origin_is_that_of_the_history_cut_there(members):
    within = Forecaster(members)
    for origin in (7, 15, 28):
        assert np.array_equal(within.forecast(origin, 8).paths, forecast(members.iloc[:origin], 8).paths)


def test_what_was_never_negative_is_not_forecast_to_be(members):
    falling = as_history(np.maximum(40 - 2.0 * np.arange(19), 0.5))
    assert forecast(falling, 8).paths.min() == 0
    profits = as_history([3.0, -1, 2, -4, 0, 1, -2, -3, -5, -4, -6, -8])
    ahead = forecast(profits, 4)
    assert ahead.paths.min() < -8
    assert ahead.left_out == {"Bass market": "a market needs members, and never fewer than none"}
    assert "Bass market" not in ahead.members


def test_a_member_that_fails_is_left_out_and_named(members):
    def stubborn(values, season):
        def paths(origin, horizon, draws, rng):
            raise np.linalg.LinAlgError("Matrix is not positive definite")

        return paths

    def endless(values, season):
        return lambda origin, horizon, draws, rng: np.full((horizon, draws), np.inf)

    ahead = Forecaster(members, members={**MEMBERS, "Stubborn": stubborn, "Endless": endless}).forecast(28, 2)
    assert ahead.left_out == {"Stubborn": "Matrix is not positive definite", "Endless": "found no finite path"}
    assert ahead.members == tuple(MEMBERS)
    assert np.array_equal(ahead.paths, forecast(members, 2).paths)
    alone = Forecaster(members, members={"Stubborn": stubborn}).forecast(28, 2)
    assert alone.members == (DRIFT,)
    assert "no member could be fitted" in alone.warnings[0]
    mean, error = members.diff().mean(), alone.paths[0].std() / math.sqrt(alone.paths.shape[1])
    assert abs(alone.mean[0] - members.iloc[-1] - mean) < 4 * error


def test_three_observations_have_an_honest_wide_fan_and_say_so():
    ahead = forecast(as_history([10.0, 12, 15]), 4)
    low, high = interval(ahead, 0.8)
    assert ahead.members == (DRIFT,)
    assert np.all(high - low > 2 * 2.5)  # wider than all that they have moved, twice
    assert "no member could be fitted" in ahead.warnings[0]
    assert "3 observations say little" in ahead.warnings[1]


def test_zeros_before_the_first_members_keep_no_member_from_forecasting():
    ahead = forecast(as_history([0.0, 0, 0, 0, 5, 9, 14]), 3)
    assert ahead.left_out == {}
    assert 14 < np.median(ahead.paths[0]) < 25
    assert abs(ahead.mean[0] - np.median(ahead.paths[0])) < 5


@pytest.mark.parametrize("values", [np.zeros(9), np.full(20, 7.0)])
def test_a_history_that_never_moves_is_said_to(values):
    ahead = forecast(as_history(values), 4)
    assert ahead.mean == pytest.approx(values[:4], abs=1e-6)
    assert "never moves" in ahead.warnings[-1]


def test_nothing_leaks_to_the_user_whatever_the_history(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, made in panel(4, 1).items():
            ahead = forecast(made, 6)
            assert np.all(np.isfinite(ahead.paths)), name
            assert np.all(np.diff(ahead.quantiles, axis=1) >= 0), name
        for values in ([1e-12, 2e-12, 4e-12, 5e-12], [1e15, 2e15, 2.5e15, 4e15], [0.0, 0, 0, 0, 5, 9, 14]):
            assert np.all(np.isfinite(forecast(as_history(values), 3).paths))
    assert capfd.readouterr() == ("", "")


def test_a_forecast_does_not_depend_on_the_unit(members):
    """Powers of two leave every digit as it is."""
    millions, pieces = forecast(members, 4), forecast(members * 2.0**20, 4)
    assert pieces.paths / 2.0**20 == pytest.approx(millions.paths, rel=1e-6)


@pytest.mark.parametrize("horizon", [0, -1, 10_000, 2.5])
def test_a_horizon_that_will_not_do_is_answered_with_what_would(members, horizon):
    with pytest.raises(ForecastError, match=f"a horizon is from 1 to 120 periods; found {horizon}"):
        forecast(members, horizon)


def test_a_history_that_will_not_do_says_which_figures_stand_in_the_way(members):
    with pytest.raises(ForecastError, match=r"found 2020Q3 after 2020Q1, 2021Q1 after 2020Q3"):
        forecast(members.drop([pd.Period("2020Q2"), pd.Period("2020Q4")]), 2)
    with pytest.raises(ForecastError, match="found none for 2019Q1, 2019Q3"):
        forecast(members.where(~members.index.isin(pd.PeriodIndex(["2019Q1", "2019Q3"], freq="Q")), np.nan), 2)
    with pytest.raises(ForecastError, match="at least 3 observations; found 2"):
        forecast(members.iloc[:2], 2)
    with pytest.raises(ForecastError, match="years, quarters or months"):
        forecast(members.reset_index(drop=True), 2)
    with pytest.raises(ForecastError, match="years, quarters or months"):
        forecast(pd.Series([1.0, 2, 3], pd.period_range("2020-01-01", periods=3, freq="D")), 2)


def test_what_had_ended_by_a_day_is_what_is_known_then(members):
    for until in ("2020Q2", "2020-06-30", "2020-08"):
        assert str(ended_by(members, until).index[-1]) == "2020Q2"
    with pytest.raises(ValueError, match="begins with 2018Q1; nothing was known by 2017"):
        ended_by(members, "2017")
    with pytest.raises(ValueError, match="found 'soon'"):
        ended_by(members, "soon")


def test_a_known_shock_is_not_learnt_from():
    """Growth of 2 a quarter, a lock-down's 30 at once, 2 a quarter again: told of it, the forecast goes on as if without."""
    rng = np.random.default_rng(5)
    steps = 2 + 0.2 * rng.normal(size=30)
    calm = as_history(50 + np.cumsum(steps))
    steps[22] += 30
    shaken = as_history(50 + np.cumsum(steps))
    untold, told, without = forecast(shaken, 8), forecast(shaken, 8, shocks=["2015-09-30"]), forecast(calm, 8)
    widths = [np.subtract(*interval(ahead, 0.8)[::-1])[-1] for ahead in (untold, told, without)]
    assert widths[0] > 3 * widths[1]
    assert widths[1] == pytest.approx(widths[2], rel=0.2)
    assert np.median(told.paths[-1]) - shaken.iloc[-1] == pytest.approx(16, abs=2)


def test_a_shock_is_unknown_before_it_happens():
    values = np.cumsum(np.random.default_rng(0).gamma(2, size=30))
    told, untold = (Forecaster(as_history(values), shocks=shocks) for shocks in (["2015Q1"], []))
    assert np.array_equal(told.forecast(20, 4).paths, untold.forecast(20, 4).paths)
    assert not np.array_equal(told.forecast(21, 4).paths, untold.forecast(21, 4).paths)


@pytest.mark.parametrize("shock", ["2010Q1", "2030Q1", "soon"])
def test_a_shock_lies_within_the_history(shock):
    with pytest.raises(ValueError, match=r"a shock is .*; found"):
        positions(as_history(range(20)).index, [shock])


def test_taking_shocks_out_moves_what_came_before_and_nothing_after():
    values = np.array([5.0, 6, 7, 8, 20, 21, 15, 16])
    assert without_shocks(values, [4, 6], 1).tolist() == [9, 10, 11, 12, 13, 14, 15, 16]
    assert without_shocks(values, [], 4).tolist() == values.tolist()


def test_the_spread_follows_the_errors_that_were_seen():
    nothing = factors(np.full((30, 4), np.nan))
    right, twice, half = (factors(np.full((300, 4), size * MEAN_OF_ABSOLUTE)) for size in (1, 2, 0.1))
    assert nothing.tolist() == [PRIOR] * 4
    assert np.all((right > 1) & (right < PRIOR))
    assert np.all((twice > 1.5) & (twice < 2))
    assert np.all(np.diff(twice) < 0)  # far ahead there is less news in as many errors
    assert half.tolist() == pytest.approx([NARROWEST] * 4, abs=0.25)


def test_recent_errors_count_more_and_one_break_does_not_blow_up_the_spread():
    calm = np.full((40, 1), MEAN_OF_ABSOLUTE)
    early, late, huge = calm.copy(), calm.copy(), calm.copy()
    early[:10], late[-10:], huge[20] = 3, 3, 1e6
    assert factors(late) > factors(early) > factors(calm)
    assert factors(huge) < 1.2 * factors(calm)


def test_over_many_histories_intervals_hold_as_often_as_they_say():
    """Of 36 histories, whose four errors each are nearly one: within two standard errors, or a little wide."""
    inside = {0.8: [], 0.95: []}
    for name, made in panel(2, 3).items():
        if name.split()[1][0] != "M":
            cut = len(made) * 3 // 4
            ahead = forecast(made.iloc[:cut], 4)
            for share, held in inside.items():
                low, high = interval(ahead, share)
                seen = made.to_numpy()[cut : cut + 4]
                held.append(np.mean((low[: len(seen)] <= seen) & (seen <= high[: len(seen)])))
    assert len(inside[0.8]) == 2 * 3 * len(KINDS)
    assert 0.72 < np.mean(inside[0.8]) < 0.92
    assert 0.88 < np.mean(inside[0.95]) <= 1
