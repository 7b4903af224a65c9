"""Risk measures against the closed forms of the normal distribution and slow definitions."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from simlib.decide.risk import certainty_equivalent, cvar, regret

DRAWS = 20_000
INFINITE = pytest.mark.parametrize("value", [math.nan, math.inf])


def normal(seed, mean=100.0, sd=30.0, draws=DRAWS):
    return np.random.default_rng(seed).normal(mean, sd, draws)


# Certainty equivalent


@pytest.mark.parametrize("tolerance", [25, 100, 1000])
def test_a_normal_gamble_is_worth_its_mean_less_half_its_variance_by_the_tolerance(tolerance):
    found = certainty_equivalent(normal(1), tolerance)
    assert abs(found.value - (100 - 30**2 / (2 * tolerance))) < 4 * found.error


def test_a_party_of_endless_tolerance_takes_the_mean():
    npv = normal(2)
    assert certainty_equivalent(npv, 1e9).value == pytest.approx(npv.mean(), rel=1e-6)
    assert certainty_equivalent(npv, 1e9).error == pytest.approx(npv.std(ddof=1) / math.sqrt(DRAWS), rel=1e-3)


def test_a_party_of_almost_no_tolerance_takes_the_worst_draw_and_nothing_overflows():
    npv = normal(3) * 1e9
    assert certainty_equivalent(npv, 1.0).value == pytest.approx(npv.min(), rel=1e-6)


def test_less_tolerance_makes_a_gamble_worth_less_and_a_sure_sum_is_worth_itself():
    worth = [certainty_equivalent(normal(4), tolerance).value for tolerance in (10, 30, 100, 300)]
    assert worth == sorted(worth)
    assert certainty_equivalent(np.full(9, 5.0), 2).value == pytest.approx(5)


def test_a_sure_sum_on_top_of_a_gamble_adds_itself():
    """The mark of constant risk aversion (Pratt 1964, theorem 1)."""
    npv = normal(5)
    more = certainty_equivalent(npv + 40, 50).value
    assert more == pytest.approx(certainty_equivalent(npv, 50).value + 40, rel=1e-12)


@pytest.mark.parametrize(
    "measure", [lambda npv: certainty_equivalent(npv, 60), lambda npv: cvar(npv, 0.1)], ids=["equivalent", "cvar"]
)
def test_the_error_is_the_spread_that_fresh_draws_would_show(measure):
    rng, repeats = np.random.default_rng(6), 500
    found = [measure(rng.normal(100, 30, 2000)) for _ in range(repeats)]
    spread = np.std([estimate.value for estimate in found])
    assert np.mean([estimate.error for estimate in found]) == pytest.approx(spread, rel=4 / math.sqrt(2 * repeats))


@pytest.mark.parametrize("tolerance", [0, -1, math.nan, math.inf])
def test_a_tolerance_that_is_no_amount_above_zero_is_refused(tolerance):
    with pytest.raises(ValueError, match="a risk tolerance is an amount above 0"):
        certainty_equivalent([1, 2], tolerance)


# The worst draws


@pytest.mark.parametrize("tail", [0.01, 0.05, 0.5])
def test_the_worst_of_a_normal_gamble_average_what_the_closed_form_says(tail):
    """μ − σ φ(Φ⁻¹(tail)) ÷ tail (Rockafellar & Uryasev 2000, J. of Risk 2, prop. 1)."""
    found = cvar(normal(7), tail)
    assert abs(found.value - (100 - 30 * norm.pdf(norm.ppf(tail)) / tail)) < 4 * found.error


@pytest.mark.parametrize(("draws", "tail"), [(7, 0.3), (10, 0.05), (101, 0.25), (40, 1.0)])
def test_the_draw_on_the_boundary_counts_for_the_share_of_it_that_lies_in_the_tail(draws, tail):
    npv = normal(8, draws=draws)
    left, total = tail * draws, 0.0
    for value in sorted(npv):
        counted = min(1.0, left)
        total, left = total + counted * value, left - counted
    assert cvar(npv, tail).value == pytest.approx(total / (tail * draws))


def test_of_all_draws_the_worst_are_all_of_them():
    npv = normal(9)
    assert cvar(npv, 1).value == pytest.approx(npv.mean())


@pytest.mark.parametrize("tail", [0, -0.1, 1.1, math.nan])
def test_a_tail_that_is_no_share_is_refused(tail):
    with pytest.raises(ValueError, match="the tail is a share"):
        cvar([1, 2], tail)


# Regret


def test_regret_is_what_the_best_of_each_draw_would_have_brought_more():
    options = np.random.default_rng(10).normal([[3], [2], [2.5]], 1, (3, 200))
    slow = [np.mean([max(options[:, draw]) - options[option, draw] for draw in range(200)]) for option in range(3)]
    assert regret(options) == pytest.approx(slow)


def test_an_option_that_is_always_best_is_never_regretted_and_a_single_one_has_no_rival():
    assert regret([[5, 6], [1, 2]])[0] == 0
    assert regret([[5, 6]]) == pytest.approx([0])


@INFINITE
@pytest.mark.parametrize(
    "measure", [lambda x: certainty_equivalent(x, 1), lambda x: cvar(x, 0.5), lambda x: regret([x])]
)
def test_a_draw_that_is_missing_is_refused(measure, value):
    with pytest.raises(ValueError, match="missing or infinite"):
        measure([1.0, value, 3.0])
