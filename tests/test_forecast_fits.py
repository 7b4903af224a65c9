"""The fits give the published numbers, find what made the data, and refuse data that say nothing."""

import numpy as np
import pytest

from simlib.data import read
from simlib.forecast.bass import fit_bass_density, fit_bass_nls, fit_bass_regression
from simlib.forecast.cohort import fit_bdw, fit_sbg
from simlib.forecast.posterior import FitError
from simlib.forecast.series import history
from simlib.models.diffusion import adoption_density, cumulative_adoption
from simlib.models.retention import bdw_log_likelihood, sbg_log_likelihood, sbg_survival

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]  # Fader & Hardie (2007), years 0–7


@pytest.fixture
def regular():
    """1,000 Regular customers, years 0–12: Fader & Hardie (2007)."""
    return np.array([10 * float(row["value"]) for row in read("retention_regular")])


@pytest.fixture
def dryers():
    return history("adoption", "adopters", product="clothes dryers, US")


@pytest.fixture
def recorders():
    return history("adoption", "adopters", product="video recorders, US")


def increments(periods, p, q, m):
    return m * np.diff(cumulative_adoption(np.arange(periods + 1), p, q))


def slopes(curve, parameters):
    """Return the derivative of a curve by each parameter, (period, parameter), by central differences."""
    steps = 1e-5 * np.diag(parameters)
    return np.stack([(curve(*(parameters + s)) - curve(*(parameters - s))) / (2 * s.sum()) for s in steps], axis=1)


def test_regular_customers_give_fader_and_hardies_numbers(regular):
    fit = fit_sbg(regular[:8])
    assert (round(fit["alpha"], 3), round(fit["beta"], 3)) == (0.704, 1.182)
    assert fit.log_likelihood == pytest.approx(-1680.265, abs=5e-4)


def test_regular_customers_projected_five_years_come_within_half_a_point_of_what_was_seen(regular):
    fit = fit_sbg(regular[:8])
    projected = 100 * sbg_survival(np.arange(8, 13), fit["alpha"], fit["beta"])
    np.testing.assert_allclose(projected, [22.01, 20.44, 19.12, 17.99, 17.00], atol=0.01)
    assert np.abs(projected - regular[8:] / 10).max() < 0.5


def test_high_end_customers_give_fader_and_hardies_numbers():
    fit = fit_sbg(HIGH_END)
    assert (round(fit["alpha"], 3), round(fit["beta"], 3)) == (0.668, 3.806)


def test_clothes_dryers_give_the_published_numbers_by_least_squares_on_increments(dryers):
    fit = fit_bass_nls(dryers)
    assert round(fit["innovation"], 5) == 0.01360
    assert round(fit["imitation"], 5) == 0.32670
    assert round(fit["potential"], 1) == 16497.0


def test_video_recorders_give_the_published_numbers_by_least_squares_on_the_density(recorders):
    fit = fit_bass_density(recorders)
    assert round(fit["innovation"], 5) == 0.00659
    assert round(fit["imitation"], 3) == 0.638
    assert round(fit["potential"]) == 67981


def test_three_estimators_give_three_potentials_of_the_video_recorders(recorders):
    """Cowpertwait & Metcalfe (2009) for the density; increments and regression agree with a plain computation."""
    by = [fit(recorders)["potential"] for fit in (fit_bass_density, fit_bass_nls, fit_bass_regression)]
    assert [round(potential) for potential in by] == [67981, 67660, 62665]


def test_bass_regression_is_the_parabola_of_adopters_over_who_had_adopted_before(recorders):
    """Bass (1969): m is the positive root of a + bY + cY², p = a/m, q = −cm."""
    before = recorders.cumsum() - recorders
    c, b, a = np.polyfit(before, recorders, 2)
    m = max(np.roots([c, b, a]))
    fit = fit_bass_regression(recorders)
    assert (fit["innovation"], fit["imitation"], fit["potential"]) == pytest.approx((a / m, -c * m, m), rel=1e-6)
    residuals = recorders - np.polyval([c, b, a], before)
    assert fit.residual_sd == pytest.approx(np.sqrt(np.sum(residuals**2) / (10 - 3)))


def test_regular_customers_four_years_in_give_the_published_numbers_of_duration_dependence(regular):
    """Fader, Hardie, Liu, Davin & Steenburgh (2018): Regular .523, .894, 1.196; High End .259, 1.722, 1.584."""
    for customers, published in ((regular, (0.523, 0.894, 1.196)), (HIGH_END, (0.259, 1.722, 1.584))):
        fit = fit_bdw(customers[:5])
        assert fit.values == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize(("alpha", "beta"), [(0.7, 1.18), (2.0, 40.0)])
def test_without_duration_dependence_two_models_are_one(regular, alpha, beta):
    alike = bdw_log_likelihood(regular, alpha, beta, 1), sbg_log_likelihood(regular, alpha, beta)
    assert float(alike[0]) == pytest.approx(float(alike[1]), rel=1e-13)
    cohort = 1e6 * sbg_survival(np.arange(13), alpha, beta)
    assert fit_bdw(cohort).values == pytest.approx((alpha, beta, 1), rel=1e-5)


def test_duration_dependence_never_fits_worse_than_none(regular):
    assert fit_bdw(regular).log_likelihood >= fit_sbg(regular).log_likelihood


@pytest.mark.parametrize("dependence", [0.7, 1.0, 1.4])
def test_duration_dependence_of_simulated_cohorts_is_found_within_its_standard_error(dependence):
    """Members leave one by one: each has a churn of his own, and stays t periods with (1 − θ)^(t^c)."""
    generator = np.random.default_rng(1969)
    away = []
    for _ in range(25):
        churn = generator.beta(0.8, 3.0, 10_000)
        stays = np.log(generator.random(10_000)) / np.log1p(-churn)
        survivors = [np.sum(stays > period**dependence) for period in range(13)]
        fit = fit_bdw(np.array(survivors, float))
        away.append(np.log(fit["duration_dependence"] / dependence) / np.sqrt(fit.spread[2, 2]))
    assert abs(np.mean(away)) < 4 / np.sqrt(25)
    assert 0.43 < np.std(away) < 1.57  # 4 standard errors of a standard deviation of 25 are 0.57


@pytest.mark.parametrize(("alpha", "beta"), [(0.7, 1.18), (2.0, 40.0), (0.1, 0.2)])
def test_a_cohort_made_by_sbg_is_fitted_by_its_own_shapes_and_their_fisher_information(alpha, beta):
    """With counts as expected, the observed information is the expected: N Σ ∇pₜ ∇pₜᵀ / pₜ."""
    customers = 1e6

    def chances(a, b):
        survival = sbg_survival(np.arange(13), a, b)
        return np.append(-np.diff(survival), survival[-1])

    fit = fit_sbg(customers * sbg_survival(np.arange(13), alpha, beta))
    assert (fit["alpha"], fit["beta"]) == pytest.approx((alpha, beta), rel=1e-5)
    gradient = slopes(chances, np.array([alpha, beta]))
    information = customers * gradient.T @ (gradient / chances(alpha, beta)[:, np.newaxis])
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(information), rtol=1e-3)
    np.testing.assert_allclose(fit.standard_errors, np.sqrt(np.diag(fit.covariance)))


def test_a_hundred_times_the_customers_give_a_tenth_of_the_standard_errors(regular):
    few, many = fit_sbg(regular[:8]), fit_sbg(100 * regular[:8])
    np.testing.assert_allclose(few.standard_errors, 10 * many.standard_errors, rtol=1e-5)
    assert many.log_likelihood == pytest.approx(100 * few.log_likelihood)


@pytest.mark.parametrize("periods", [8, 12, 30])
@pytest.mark.parametrize(("p", "q"), [(0.03, 0.38), (0.002, 0.9), (0.1, 0.15)])
def test_a_history_made_by_bass_is_fitted_by_its_own_numbers(periods, p, q):
    by_increments = fit_bass_nls(increments(periods, p, q, 500))
    by_density = fit_bass_density(500 * adoption_density(np.arange(1, periods + 1), p, q))
    for fit in (by_increments, by_density):
        assert (fit["innovation"], fit["imitation"], fit["potential"]) == pytest.approx((p, q, 500), rel=1e-6)


def test_monthly_history_gives_monthly_rates():
    fit = fit_bass_nls(1000 * np.diff(cumulative_adoption(np.arange(121) / 12, 0.03, 0.38)))
    assert (12 * fit["innovation"], 12 * fit["imitation"]) == pytest.approx((0.03, 0.38), rel=1e-6)


def test_covariance_of_least_squares_is_residual_variance_over_the_squared_slopes(dryers):
    fit = fit_bass_nls(dryers)
    found = np.array([fit["innovation"], fit["imitation"], fit["potential"]])
    residuals = dryers.to_numpy() - increments(13, *found)
    variance = np.sum(residuals**2) / (13 - 3)
    assert fit.residual_sd == pytest.approx(np.sqrt(variance))
    gradient = slopes(lambda *numbers: increments(13, *numbers), found)
    np.testing.assert_allclose(fit.covariance, variance * np.linalg.inv(gradient.T @ gradient), rtol=1e-3)
    np.testing.assert_allclose(fit.standard_errors, np.sqrt(np.diag(fit.covariance)))


@pytest.mark.parametrize(
    "survivors",
    [
        1000 * 0.8 ** np.arange(8),  # one churn for all
        [1000, 900, 700, 400, 200],  # churn that rises with tenure
        [1000, 500, 500, 500],  # half leave at once, the others never
        [1000, 0, 0],  # all leave at once
        1000 * sbg_survival(np.arange(30), 50, 950),  # churn that differs too little to be seen in so few
    ],
)
def test_survivors_that_do_not_tell_how_churn_differs_give_no_parameters(survivors):
    with pytest.raises(FitError, match=r"do not tell how churn differs|next to nothing about alpha"):
        fit_sbg(survivors)


@pytest.mark.parametrize("survivors", [1e7 * 0.8 ** np.arange(8), [1e7, 5e6, 5e6, 5e6], [1e7, 0, 0]])
def test_no_number_of_customers_tells_how_churn_differs_where_it_does_not(survivors):
    with pytest.raises(FitError, match="do not tell how churn differs"):
        fit_sbg(survivors)


@pytest.mark.parametrize(
    "survivors", [[1000, 631], [1000, 1000, 1000], [1000, 600, 700], [0, 0, 0], [1000, np.nan, 500], [[3, 2, 1]]]
)
def test_counts_that_are_no_survivors_are_refused(survivors):
    with pytest.raises(FitError, match="three or more counts that fall and never rise; found"):
        fit_sbg(survivors)


@pytest.mark.parametrize("fit", [fit_bass_nls, fit_bass_density])
@pytest.mark.parametrize(
    ("adopters", "message"),
    [
        (100 * 1.3 ** np.arange(8), "do not tell Bass's three numbers apart"),
        (np.full(8, 100.0), "their growth has not begun to slow down"),
        ([100, 78, 66, 50, 42, 33, 26, 21, 17, 13], "says next to nothing about imitation"),
        ([100, 120, 90, 130], "at least five counts"),
        ([0, 0, 0, 0, 0], "at least five counts, not all of them 0"),
        ([100, -1, 90, 130, 100], "at least five counts"),
        ([100, np.nan, 90, 130, 100], "at least five counts"),
    ],
)
def test_adopters_that_do_not_tell_bass_numbers_give_no_parameters(fit, adopters, message):
    with pytest.raises(FitError, match=message):
        fit(adopters)
