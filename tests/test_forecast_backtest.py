"""A back-test scores what would have been forecast then, whoever works it out, and says what cannot be told apart."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from histories_for_tests import as_history
from scipy.stats import t as student

from simlib.forecast import plain, scores
from simlib.forecast.apart import _blocks, differences, equality
from simlib.forecast.backtest import OURS, Backtest, backtest, means, origin
from simlib.forecast.ensemble import ForecastError, forecast
from simlib.forecast.series import history
from simlib.present import foretold
from simlib.workers.here import processes

ORIGIN, HORIZON = 22, 4


@pytest.fixture(scope="module")
def members():
    return history("netflix", "paid_memberships", region="EMEA")


@pytest.fixture(scope="module")
def test(members):
    with processes(2):
        return backtest(members, HORIZON, ORIGIN)


def test_every_origin_is_scored_against_as_much_as_came_of_it(test, members):
    ours = test.scored[test.scored.method == OURS]
    assert len(ours) == sum(min(HORIZON, len(members) - origin) for origin in range(ORIGIN, len(members)))
    assert (ours.origin.iloc[0], ours.period.iloc[0]) == ("2023Q2", "2023Q3")
    assert ours.h.max() == HORIZON
    assert [*dict.fromkeys(test.scored.method)] == [OURS, *plain.BENCHMARKS]
    happened = members.loc[pd.PeriodIndex(ours.period, freq="Q")].to_numpy()
    assert ours.value.to_numpy() == pytest.approx(happened, abs=0)


def test_scores_can_be_worked_out_again_from_json_files_to_the_last_digit(test, members, tmp_path):
    ours = test.scored[test.scored.method == OURS].set_index(["origin", "h"])
    for cut in (22, 25, 27):
        file = tmp_path / f"{cut}.json"
        file.write_text(json.dumps(foretold.jsonable(forecast(members.iloc[:cut], HORIZON))))
        for h, told in enumerate(json.loads(file.read_text())["forecast"][: len(members) - cut], 1):
            row = ours.loc[str(members.index[cut - 1]), h]
            quantiles, value = [*told["quantiles"].values()], members[pd.Period(told["period_end"], "Q")]
            assert scores.crps(quantiles, value) == row.crps
            assert scores.pinball(quantiles, value) == row.pinball
            assert scores.pit(quantiles, value) == row.pit
            assert (told["quantiles"]["0.10"] <= value <= told["quantiles"]["0.90"]) == row.in_80
            unit = np.abs(members.iloc[4:cut].to_numpy() - members.iloc[: cut - 4].to_numpy()).mean()
            assert abs(value - told["quantiles"]["0.50"]) / unit == row.mase


def test_a_wild_value_in_the_end_changes_no_forecast_from_before_it(test, members):
    planted = members.copy()
    planted.iloc[-1] = 1e9
    with processes(2):
        wild = backtest(planted, HORIZON, ORIGIN)
    columns = ["method", "origin", "h", "crps"]
    calm, shaken = (found.scored[found.scored.period < "2024Q4"][columns] for found in (test, wild))
    assert calm.equals(shaken)


def test_two_processes_give_what_one_gives(test, members):
    alone = backtest(members, HORIZON, 27).scored
    both = test.scored[test.scored.origin == "2024Q3"].reset_index(drop=True)
    assert alone.equals(both)


def test_means_are_over_all_forecasts_and_relative_to_drift(test):
    whole, ahead = means(test), means(test, "h")
    ours = test.scored[test.scored.method == OURS]
    assert whole.set_index("method").crps[OURS] == pytest.approx(ours.crps.mean(), rel=1e-12)
    assert whole.set_index("method").relative["drift"] == 1
    first = ahead[ahead.h == 1].set_index("method")
    assert first.crps[OURS] == pytest.approx(ours[ours.h == 1].crps.mean(), rel=1e-12)
    assert first.relative[OURS] == pytest.approx(first.crps[OURS] / first.crps["drift"], rel=1e-12)
    assert set(means(test, "period").period) == set(test.scored.period)


def test_progress_is_told_after_each_origin(members):
    seen = []
    backtest(members, 2, 26, progress=seen.append)
    assert seen == [1, 2]


def test_an_origin_is_a_period_with_something_before_and_after_it(members):
    assert origin(members, "2020Q4") == 12
    assert origin(members, "2021-03-15") == 13
    assert origin(members, None) == 12
    assert origin(as_history(range(8)), None) == 4
    for period, said in (
        ("2018Q2", "from 2018Q3 to 2024Q3; found 2018Q2"),
        ("2024Q4", "found 2024Q4"),
        ("x", "found 'x'"),
    ):
        with pytest.raises(ForecastError, match=said):
            origin(members, period)
    with pytest.raises(ForecastError, match="from 3 to 27 observations before it; found 28"):
        backtest(members, 4, 28)


def test_a_benchmark_that_cannot_be_fitted_is_stood_in_for_by_drift_and_counted():
    short = as_history([5.0, 6, 8, 9])
    found = backtest(short, 1, 3)
    assert found.stood_in == {"drift": 0, "seasonal naive": 0, "ETS": 0, "ARIMA": 1}
    by_method = found.scored.set_index("method").crps
    assert by_method["ARIMA"] == by_method["drift"]
    said = foretold.verdicts(found)
    assert "ARIMA could not be fitted at 1 origins; drift stood in." in said
    assert said[0] == "simlib and drift are not distinguishable: there are too few origins."


def test_a_block_bootstrap_keeps_neighbours_together_and_every_origin_as_likely():
    drawn = _blocks(40, 8, np.random.default_rng(0))
    assert drawn.shape == (2000, 40)
    assert np.mean(np.diff(drawn, axis=1) % 40 == 1) > 35 / 39 - 0.001
    counts = np.bincount(drawn.ravel(), minlength=40)
    assert np.abs(counts / 2000 - 1).max() < 5 * math.sqrt(8 / 2000)


def scored_by_chance(rng, worse):
    """A back-test whose scores miss together over four origins; ARIMA's are worse, and drift's no better nor worse."""
    origins, horizon = 40, 4
    rows = []
    for method, by in ((OURS, 0), *((name, worse * (name == "ARIMA")) for name in plain.BENCHMARKS)):
        shocks = rng.normal(size=origins + horizon)
        crps = 10 + by + np.convolve(shocks, np.ones(horizon) / 2, "valid")[:origins]
        rows += [(method, at, h, value) for at, value in enumerate(crps) for h in range(1, horizon + 1)]
    table = pd.DataFrame(rows, columns=["method", "origin", "h", "crps"])
    return Backtest(as_history(range(3)), horizon, table, {}, seed=1)


def test_what_differs_by_chance_is_seldom_told_apart_and_what_differs_is():
    """Blocks of few origins are known to be a little sure of themselves: up to 15 % for the 5 % they promise."""
    rng, number = np.random.default_rng(0), 150
    found = [differences(scored_by_chance(rng, 2.0)).set_index("method").told_apart for _ in range(number)]
    false = np.mean([told["drift"] for told in found])
    assert false < 0.15 + 3 * math.sqrt(0.15 * 0.85 / number)
    assert np.mean([told["ARIMA"] for told in found]) > 0.95


def test_benchmarks_are_those_of_the_textbook():
    """Hyndman & Athanasopoulos (2021), table 5.2: the spread of drift, and of the seasonal naive method, grows so."""
    values = np.array([2.0, 5, 4, 7, 6, 9, 8, 11, 11, 13])
    increments = np.diff(values)
    found = plain.drift(values, 1, 3)
    for h in (1, 2, 3):
        sd = increments.std(ddof=1) * math.sqrt(h * (1 + h / 9))
        assert found[h - 1, 10] == pytest.approx(13 + h * 11 / 9)
        assert found[h - 1, -1] - found[h - 1, 10] == pytest.approx(1.959964 * sd, rel=1e-6)
    naive = plain.seasonal_naive(values, 4, 6)
    assert naive[:, 10].tolist() == [8, 11, 11, 13, 8, 11]
    widths = naive[:, -1] - naive[:, 0]
    assert widths[4] / widths[0] == pytest.approx(math.sqrt(2))


def test_plain_smoothing_and_arima_find_a_straight_line():
    line = 10 + 3.0 * np.arange(24) + 0.01 * np.random.default_rng(0).normal(size=24)
    for name in ("ETS", "ARIMA"):
        found, fitted = plain.quantiles(name, line, 4, 4)
        assert fitted
        assert found[:, 10] == pytest.approx(10 + 3.0 * np.arange(24, 28), abs=0.2), name


def test_equals_are_told_from_unequals_at_each_horizon(members):
    """With independent scores the statistic is the mean of the differences over its standard error, by hand."""
    rng, origins = np.random.default_rng(8), 60
    rows = [
        (method, f"{origin:03}", h, rng.exponential() + (0.6 if method == "ETS" else 0))
        for method in (OURS, *plain.BENCHMARKS)
        for origin in range(origins)
        for h in (1, 2)
    ]
    scored = pd.DataFrame(rows, columns=["method", "origin", "h", "crps"])
    found = equality(Backtest(members, 2, scored, {}, 0)).set_index(["method", "h"])
    wide = scored[scored.h == 1].pivot(index="origin", columns="method", values="crps")
    beyond = (wide["ETS"] - wide[OURS]).to_numpy()
    centred, lags = beyond - beyond.mean(), 4  # the cube root of 60, rounded up
    carried = sum((1 - lag / (lags + 1)) * (centred[lag:] @ centred[:-lag]) for lag in range(1, lags + 1))
    error = np.sqrt(centred @ centred + 2 * carried) / origins
    statistic = np.sqrt((origins - 1) / origins) * beyond.mean() / error
    assert found.loc[("ETS", 1), "p"] == pytest.approx(2 * student.sf(abs(statistic), origins - 1), rel=1e-9)
    assert found.loc["ETS"].p.max() < 0.01
    assert found.loc["drift"].p.min() > 0.05


def test_equals_of_too_few_origins_or_without_a_difference_have_no_p(members):
    rows = [
        (method, origin, h, 1.0 + origin) for method in (OURS, *plain.BENCHMARKS) for origin in range(5) for h in (1, 2)
    ]
    test = Backtest(members, 2, pd.DataFrame(rows, columns=["method", "origin", "h", "crps"]), {}, 0)
    assert equality(test).p.isna().all()
    test.scored.loc[test.scored.method == OURS, "crps"] *= 2
    assert equality(test).groupby("h").p.apply(lambda p: p.isna().all()).tolist() == [False, True]


def test_scores_by_year_are_those_of_its_periods(test):
    years = means(test, "year").set_index(["method", "year"])
    ours = test.scored[test.scored.method == OURS]
    assert years.loc[(OURS, "2024"), "crps"] == pytest.approx(ours[ours.period.str.startswith("2024")].crps.mean())
    assert years.loc[OURS].forecasts.sum() == len(ours)
