"""Survival against the published projection, integrals over the Beta, and SciPy's quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import roots_jacobi
from scipy.stats import beta as beta_distribution

from simlib.models.retention import (
    bdw_survival,
    geometric_survival,
    sbg_hazard,
    sbg_log_likelihood,
    sbg_segments,
    sbg_survival,
)

REGULAR = (0.704, 1.182)  # Fader & Hardie (2007), fitted on years 0–7
DRAWS = np.array([0.3, 0.7, 5.0]), np.array([4.0, 1.18, 0.2])


def error_of_segments(alpha, beta, nodes, periods):
    churn, weight = sbg_segments(alpha, beta, nodes)
    return abs(float(weight @ (1 - churn) ** periods - sbg_survival(periods, alpha, beta)))


def test_regular_customers_are_projected_as_fader_and_hardie_project_them():
    percent = 100 * sbg_survival(np.arange(8, 13), *REGULAR)
    np.testing.assert_allclose(percent, [22.01, 20.44, 19.12, 17.99, 17.00], atol=0.01)


def test_regular_customers_have_the_published_log_likelihood(regular):
    assert float(sbg_log_likelihood(regular, *REGULAR)) == pytest.approx(-1680.265, abs=5e-4)


@pytest.fixture
def regular():
    """Survivors of 1,000 Regular customers in years 0–7: Fader & Hardie (2007)."""
    return [1000, 631, 468, 382, 326, 289, 262, 241]


def test_log_likelihood_counts_every_customer_once(regular):
    chances = [sbg_survival(t, *REGULAR) - sbg_survival(t + 1, *REGULAR) for t in range(7)]
    slow = sum(np.log(chances[t]) for t in range(7) for _ in range(regular[t] - regular[t + 1]))
    slow += sum(np.log(sbg_survival(7, *REGULAR)) for _ in range(regular[7]))
    assert float(sbg_log_likelihood(regular, *REGULAR)) == pytest.approx(float(slow), rel=1e-12)


def test_log_likelihood_takes_many_shapes_at_once(regular):
    alpha = np.array([[0.5], [0.704]])
    many = sbg_log_likelihood(regular, alpha, np.array([1.0, 1.182, 2.0]))
    assert many.shape == (2, 3)
    assert many[1, 1] == pytest.approx(-1680.265, abs=5e-4)


@pytest.mark.parametrize(("alpha", "beta"), [(0.704, 1.182), (0.668, 3.806), (2.0, 9.0)])
@pytest.mark.parametrize("periods", [0, 1, 7, 40])
def test_survival_is_the_mean_of_geometric_survivals_over_a_beta(alpha, beta, periods):
    mean = beta_distribution(alpha, beta).expect(lambda churn: geometric_survival(periods, churn))
    assert float(sbg_survival(periods, alpha, beta)) == pytest.approx(mean, rel=1e-6)


def test_hazard_is_the_share_of_those_left_who_leave():
    t = np.arange(1, 40)
    leaving = 1 - sbg_survival(t, *REGULAR) / sbg_survival(t - 1, *REGULAR)
    np.testing.assert_allclose(sbg_hazard(t, *REGULAR), leaving, rtol=1e-12)


def test_churn_of_a_mixed_cohort_falls_with_tenure_and_starts_at_the_mean():
    hazard = sbg_hazard(np.arange(1, 100), *REGULAR)
    assert np.all(np.diff(hazard) < 0)
    assert hazard[0] == pytest.approx(0.704 / (0.704 + 1.182))


def test_a_cohort_that_hardly_differs_is_geometric():
    t = np.arange(25)
    np.testing.assert_allclose(sbg_survival(t, 3e6, 97e6), geometric_survival(t, 0.03), rtol=1e-6)


def test_geometric_survival_halves_every_period_at_half_churn_and_stays_without_churn():
    assert geometric_survival([0, 1, 3], 0.5).tolist() == [1, 0.5, 0.125]
    assert geometric_survival([0, 5], 0).tolist() == [1, 1]
    assert geometric_survival([0, 5], 1).tolist() == [1, 0]


def test_survival_takes_periods_by_draws():
    survival = sbg_survival(np.arange(4)[:, np.newaxis], *DRAWS)
    assert survival.shape == (4, 3)
    assert survival[2, 1] == pytest.approx(float(sbg_survival(2, 0.7, 1.18)), rel=1e-15)


@pytest.mark.parametrize("duration_dependence", [0.6, 1.0, 1.8])
def test_duration_dependence_is_the_mean_of_discrete_weibull_survivals_over_a_beta(duration_dependence):
    def integrand(churn):
        return (1 - churn) ** (5**duration_dependence) * beta_distribution.pdf(churn, 2.0, 9.0)

    mean, _ = quad(integrand, 0, 1)
    assert float(bdw_survival(5, 2.0, 9.0, duration_dependence)) == pytest.approx(mean, rel=1e-9)


def test_without_duration_dependence_only_the_mix_matters():
    t = np.arange(30)
    np.testing.assert_array_equal(bdw_survival(t, *REGULAR, 1.0), sbg_survival(t, *REGULAR))


def test_churn_that_rises_with_everybodys_tenure_loses_more_after_the_first_period():
    t = np.arange(2, 30)
    falling, level, rising = (bdw_survival(t, *REGULAR, c) for c in (0.8, 1.0, 1.2))
    assert np.all(rising < level)
    assert np.all(level < falling)
    assert bdw_survival(1, *REGULAR, 1.2) == sbg_survival(1, *REGULAR)


@pytest.mark.parametrize("nodes", [1, 2, 5, 12])
def test_segments_are_exact_up_to_twice_their_number_less_one(nodes):
    t = np.arange(2 * nodes)
    churn, weight = sbg_segments(*REGULAR, nodes)
    survival = weight @ (1 - churn[:, np.newaxis]) ** t
    np.testing.assert_allclose(survival, sbg_survival(t, *REGULAR), rtol=0, atol=2e-14)


@pytest.mark.parametrize(
    ("nodes", "periods", "error"), [(12, 24, 1e-14), (12, 60, 8e-6), (16, 60, 2.5e-9), (16, 120, 2e-5)]
)
def test_a_dozen_segments_are_enough_for_years_of_months(nodes, periods, error):
    assert error_of_segments(0.70, 1.18, nodes, periods) < error


def test_segments_are_no_better_than_they_say():
    assert error_of_segments(0.70, 1.18, 12, 60) > 7e-6


def test_segments_are_a_distribution_of_churn():
    churn, weight = sbg_segments(*DRAWS, nodes=16)
    assert churn.shape == weight.shape == (16, 3)
    np.testing.assert_allclose(weight.sum(axis=0), 1, rtol=1e-13)
    assert np.all((churn > 0) & (churn < 1) & (weight > 0))
    assert np.all(np.diff(churn, axis=0) > 0)


@pytest.mark.parametrize(("alpha", "beta"), [(0.70, 1.18), (0.3, 4.0), (0.4, 0.7), (1.0, 1.0), (5.0, 0.2)])
def test_segments_are_scipys_gauss_jacobi_nodes(alpha, beta):
    roots, weights = roots_jacobi(10, beta - 1, alpha - 1)
    churn, weight = sbg_segments(alpha, beta, nodes=10)
    np.testing.assert_allclose(churn, (1 + roots) / 2, rtol=0, atol=1e-14)
    np.testing.assert_allclose(weight, weights / weights.sum(), rtol=1e-9)


def test_segments_of_many_draws_are_the_segments_of_each():
    together = np.stack(sbg_segments(*DRAWS, nodes=6))
    each = [np.stack(sbg_segments(a, b, nodes=6)) for a, b in zip(*DRAWS, strict=True)]
    np.testing.assert_allclose(together, np.stack(each, axis=-1), rtol=1e-12, atol=1e-15)


def test_segments_of_a_cohort_that_hardly_differs_lie_close_together():
    churn, weight = sbg_segments(1e5, 1.9e6, nodes=8)
    assert np.all(np.abs(churn - 0.05) < 0.002)
    assert float(weight @ churn) == pytest.approx(0.05, rel=1e-12)


@pytest.mark.parametrize(("alpha", "beta", "name"), [(0, 1, "alpha"), (1, -2, "beta"), ([1, np.nan], 1, "alpha")])
def test_a_beta_distribution_without_positive_shape_is_refused(alpha, beta, name):
    for formula in (sbg_survival, sbg_hazard):
        with pytest.raises(ValueError, match=f"{name} of a Beta distribution must be above 0"):
            formula(1, alpha, beta)
    with pytest.raises(ValueError, match=f"{name} of a Beta distribution must be above 0"):
        sbg_segments(alpha, beta, nodes=3)
