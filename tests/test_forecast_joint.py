"""Draws from a posterior are those of a line where it is one, and follow the bend where it is none."""

import numpy as np
import pytest
from test_forecast_posterior import line, prior

from simlib.forecast.bass import fit_bass_nls, problem
from simlib.forecast.joint import ENOUGH, effective, joint, sample
from simlib.forecast.posterior import LOG, Parameter
from simlib.forecast.search import LeastSquares


def test_draws_of_a_line_have_its_posteriors_mean_and_covariance():
    of = line(prior(2.8, 0.1), prior(1.5, 0.3))
    fit = of.fit("line")
    steps = sample(of, fit, np.random.default_rng(4))
    drawn, number = np.concatenate(steps, axis=1), effective(steps)
    assert number > ENOUGH
    sd = np.sqrt(np.diag(fit.spread))
    assert np.all(np.abs(drawn.mean(axis=1) - fit.scores) < 4 * sd / np.sqrt(number))
    error = np.sqrt((fit.spread**2 + np.outer(sd**2, sd**2)) / number)
    assert np.all(np.abs(np.cov(drawn) - fit.spread) < 4 * error)


def test_where_only_a_sum_is_seen_the_written_normal_has_the_moments_of_the_bend():
    """Two rates of which the sum is 6: by quadrature along the curve that the history leaves, and across it."""
    seen = 6 + 1.5 * np.random.default_rng(2).standard_normal(10)
    parameters = tuple(Parameter(name, "", LOG, prior(np.log(2), 0.8)) for name in ("one", "other"))
    of = LeastSquares(parameters, lambda v: np.ones((10, 1)) * (v[0] + v[1]), seen, np.ones(10), np.ones(2))
    fit = of.fit("sum")
    written = [joint(of, fit, 0.8, np.random.default_rng(seed)) for seed in range(8)]
    grid = np.linspace(-3, 3, 601)
    there = np.stack([each.ravel() for each in np.meshgrid(grid, grid)])
    weight = np.exp(-of.known(fit).losses(there) + of.known(fit).loss(fit.scores))
    mean = there @ weight / weight.sum()
    spread = ((there - mean[:, None]) * weight) @ (there - mean[:, None]).T / weight.sum()
    for truth, found in ((mean, [each.scores for each in written]), (spread, [each.spread for each in written])):
        error = np.std(found, axis=0, ddof=1) / np.sqrt(8)
        assert np.all(np.abs(np.mean(found, axis=0) - truth) < 5 * error)  # of 8, Student's t with 7 degrees
    mode_away, error = np.abs(fit.scores - mean), np.std([each.scores for each in written], axis=0, ddof=1)
    assert np.all(mode_away > 5 * error)  # the normal at the mode would not do


def test_without_priors_the_estimators_own_covariance_is_written():
    dryers = [106, 319, 492, 635, 737, 890, 1397, 1523, 1294, 1240, 1425, 1260, 1236]
    fit = fit_bass_nls(dryers)
    written = joint(problem("bass-increments", dryers), fit, 0.8, np.random.default_rng(0))
    np.testing.assert_array_equal(written.spread, fit.spread)
    assert written.interval(fit, 0.8) == pytest.approx(fit.interval(0.8))


def test_walkers_that_remember_count_for_less():
    """An autoregression of 0.9 has an autocorrelation time of 19: so many draws make one."""
    generator = np.random.default_rng(6)
    steps = np.empty((4000, 1, 20))
    steps[0] = generator.standard_normal((1, 20))
    for at in range(1, 4000):
        steps[at] = 0.9 * steps[at - 1] + np.sqrt(1 - 0.81) * generator.standard_normal((1, 20))
    assert effective(steps) == pytest.approx(4000 * 20 / 19, rel=4 * np.sqrt(2 / 4))
