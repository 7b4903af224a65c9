"""Scores agree with closed forms, with slow loops over their definitions, and are best for the true distribution."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from simlib.forecast import scores
from simlib.forecast.scores import LEVELS


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def crps_of_normal(mean, sd, observed):
    """Gneiting & Raftery (2007), equation 21 and its example."""
    z = (observed - mean) / sd
    return sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / math.sqrt(math.pi))


@pytest.mark.parametrize("observed", [-3.0, -1.0, 0.0, 0.4, 2.0, 8.0])
def test_the_score_of_a_normal_by_its_quantiles_is_the_closed_form_within_a_hundredth(observed):
    quantiles = 1 + 2 * norm.ppf(LEVELS)
    assert scores.crps(quantiles, observed) == pytest.approx(crps_of_normal(1, 2, observed), rel=0.01, abs=0.02)


def test_the_score_of_draws_of_a_normal_is_the_closed_form_within_their_standard_error(rng):
    for observed in (-1.0, 0.3, 2.5):
        samples = np.array([scores.crps_of_draws(rng.normal(size=2000), observed) for _ in range(50)])
        assert abs(samples.mean() - crps_of_normal(0, 1, observed)) < 4 * samples.std() / math.sqrt(50) + 1 / 2000


def test_the_score_of_draws_is_that_of_a_loop_over_all_pairs(rng):
    draws, observed = rng.gamma(2, size=(3, 40)), rng.gamma(2, size=3)
    for sample, seen, found in zip(draws, observed, scores.crps_of_draws(draws, observed), strict=True):
        missed = sum(abs(x - seen) for x in sample) / 40
        apart = sum(abs(x - y) for x in sample for y in sample) / 40**2
        assert found == pytest.approx(missed - apart / 2, rel=1e-12)


def test_pinball_is_a_loop_over_its_definition(rng):
    quantiles, observed = np.sort(rng.normal(size=(4, 21))), rng.normal(size=4)
    for row, seen, found in zip(quantiles, observed, scores.pinball(quantiles, observed), strict=True):
        even = [(level, q) for level, q in zip(LEVELS, row, strict=True) if level not in (0.025, 0.975)]
        losses = [level * (seen - q) if seen >= q else (1 - level) * (q - seen) for level, q in even]
        assert found == pytest.approx(sum(losses) / 19, rel=1e-12)


def test_a_perfect_forecast_scores_nothing():
    values = np.array([3.0, -1.0, 0.0])
    perfect = np.repeat(values[:, None], len(LEVELS), axis=1)
    for score in (scores.crps, scores.pinball, scores.msis):
        assert score(perfect, values).tolist() == [0, 0, 0]
    assert scores.crps_of_draws(perfect, values) == pytest.approx(0, abs=1e-12)
    assert scores.covered(perfect, values, 0.8).all()


def test_the_true_spread_has_the_best_score_on_average(rng):
    observed = rng.normal(size=20_000)
    means = {
        spread: scores.crps(np.tile(spread * norm.ppf(LEVELS), (20_000, 1)), observed).mean()
        for spread in (0.5, 0.8, 1, 1.25, 2)
    }
    assert min(means, key=means.get) == 1


def test_a_true_forecast_is_covered_as_often_as_it_says_and_its_levels_are_uniform(rng):
    observed, number = rng.normal(size=20_000), 20_000
    true = np.tile(norm.ppf(LEVELS), (number, 1))
    for share in (0.8, 0.95):
        error = math.sqrt(share * (1 - share) / number)
        assert abs(scores.covered(true, observed, share).mean() - share) < 4 * error
    levels = np.sort(scores.pit(true, observed))
    apart = np.abs(levels - (np.arange(number) + 0.5) / number).max()
    assert apart < 1.63 / math.sqrt(number) + 0.0125  # Kolmogorov's 1 %, and what lies beyond the outer quantiles


def test_a_forecast_half_as_wide_is_found_out(rng):
    observed = rng.normal(size=20_000)
    narrow = np.tile(norm.ppf(LEVELS) / 2, (20_000, 1))
    assert scores.covered(narrow, observed, 0.8).mean() == pytest.approx(2 * norm.cdf(norm.ppf(0.9) / 2) - 1, abs=0.015)
    levels = np.sort(scores.pit(narrow, observed))
    assert np.abs(levels - (np.arange(20_000) + 0.5) / 20_000).max() > 0.1


def test_the_interval_score_pays_forty_times_what_lies_outside_ninety_five_percent():
    quantiles = np.array(LEVELS)
    assert scores.msis(quantiles, 0.5) == pytest.approx(0.95)
    assert scores.msis(quantiles, -1.0) == pytest.approx(0.95 + 40 * 1.025)


def test_errors_are_scaled_by_the_changes_of_a_season():
    history = [1.0, 4, 2, 5, 3, 6, 4, 7]
    assert scores.scale(history, 2) == 1
    assert scores.scale(history, 1) == pytest.approx((4 * 3 + 3 * 2) / 7)
    assert scores.scale(history, 12) == scores.scale(history, 1)
    assert math.isnan(scores.scale([2.0, 2, 2], 1))
