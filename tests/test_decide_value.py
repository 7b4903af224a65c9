"""Descriptions against the distributions that they were drawn from."""

import math

import numpy as np
import pytest

from simlib.decide.value import describe, probability_of_loss, standard_error

# How a distribution reads


def test_a_description_is_that_of_the_normal_distribution_it_was_drawn_from():
    rng, draws = np.random.default_rng(6), 40_000
    summary = describe(rng.normal(10, 2, draws))
    z = {"p05": -1.644854, "p10": -1.281552, "p25": -0.674490, "p50": 0, "p90": 1.281552, "p95": 1.644854}
    assert list(summary) == ["mean", "sd", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "mc_error"]
    assert abs(summary["mean"] - 10) < 4 * summary["mc_error"]
    assert summary["mc_error"] == pytest.approx(2 / math.sqrt(draws), rel=0.02)
    for name, deviate in z.items():
        share, density = int(name[1:]) / 100, math.exp(-(deviate**2) / 2) / math.sqrt(2 * math.pi) / 2
        assert summary[name] == pytest.approx(
            10 + 2 * deviate, abs=4 * math.sqrt(share * (1 - share) / draws) / density
        )


def test_the_same_numbers_read_the_same_to_the_last_byte_however_they_lie_in_memory():
    values = np.random.default_rng(7).lognormal(0, 2, (10_001, 3))
    assert describe(values[:, 1]) == describe(values[:, 1].copy())


def test_one_draw_has_a_mean_and_no_spread():
    summary = describe([5.0])
    assert summary["p05"] == summary["mean"] == 5
    assert math.isnan(summary["sd"])
    assert math.isnan(standard_error([5.0]))


def test_breaking_even_is_no_loss():
    assert probability_of_loss([-1e-9, 0.0, 1.0, -3.0]) == 0.5


@pytest.mark.parametrize(
    ("sentence", "values"),
    [
        ("2 of 3 draws are missing or infinite", [1.0, np.nan, np.inf]),
        (r"found an array of shape \(2, 2\)", np.ones((2, 2))),
        (r"found an array of shape \(0,\)", []),
    ],
)
def test_a_distribution_with_holes_is_refused_in_a_sentence(sentence, values):
    with pytest.raises(ValueError, match=sentence):
        describe(values)
