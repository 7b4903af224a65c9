"""Roots of targets whose roots are known beforehand, their Monte Carlo errors, and the budget."""

import math

import numpy as np
import pytest

from simlib.decide.solve import solve, statistic, target

GENERATOR = np.random.default_rng(7)
NOISE = GENERATOR.normal(size=4000)
ZERO = np.zeros(4000)


def at(function, noise=0.0):
    """Draws of a result that is a function of the term plus noise that the term leaves alone."""
    return lambda term: (function(term) + noise * NOISE, ZERO)


def roots(function, low, high, **given):
    return [root.value for root in solve(at(function), (low, high), **given).roots]


# Known roots


def test_a_line_is_solved_by_the_scan_and_one_step_more():
    found = solve(at(lambda x: 3 * x - 7, 0.5), (0, 10))
    assert [root.value for root in found.roots] == pytest.approx([(7 - 0.5 * NOISE.mean()) / 3], rel=1e-12)
    assert (found.found, found.simulations) == ("one", 10)


@pytest.mark.parametrize(
    ("function", "low", "high", "known"),
    [
        (lambda x: math.cos(x), 0, 10, [math.pi / 2, 3 * math.pi / 2, 5 * math.pi / 2]),
        (lambda x: (x - 2) * (x - 7), 0, 10, [2, 7]),
        (lambda x: x**3 - 2 * x - 5, 0, 10, [2.0945514815423265]),  # Wallis's equation (1685)
        (lambda x: math.log(x) - 3, 1, 1e6, [math.e**3]),
        (lambda x: 5 - x, 0, 5, [5]),
        (lambda x: x, 0, 5, [0]),
        (lambda x: max(x - 3, 0) - 1, 0, 10, [4]),
    ],
)
def test_every_root_of_a_known_function_is_found(function, low, high, known):
    assert roots(function, low, high) == pytest.approx(known, rel=1e-5, abs=1e-9)


def test_two_roots_between_two_points_of_the_scan_are_found():
    """The scan alone sees one side only: the target dips below zero between 4 and 5, where no point lies."""
    found = solve(at(lambda x: (x - 4.3) * (x - 4.8)), (0, 10))
    assert [root.value for root in found.roots] == pytest.approx([4.3, 4.8], rel=1e-6)
    assert found.found == "several"


def test_slopes_tell_which_way_the_target_crosses():
    one, other = solve(at(lambda x: (x - 2) * (x - 7)), (0, 10)).roots
    assert one.slope == pytest.approx(-5, rel=0.3)
    assert other.slope == pytest.approx(5, rel=0.3)


def test_no_root_is_said_with_what_was_seen():
    found = solve(at(lambda x: x**2 + 1), (0, 3))
    assert (found.found, found.roots) == ("none", ())
    assert (found.curve[0].target, found.curve[-1].target) == (1, 10)


def test_a_term_that_moves_nothing_is_flat_be_it_at_zero_or_not():
    assert solve(at(lambda _: 4.0, 1.0), (0, 3)).found == "flat"
    assert solve(at(lambda _: 0.0), (0, 3)).found == "flat"


def test_a_stretch_at_zero_is_one_answer_with_both_its_ends():
    (root,) = solve(at(lambda x: min(x - 2.5, 0) + max(x - 7.5, 0)), (0, 10)).roots
    assert 2.5 <= root.value <= 3.75
    assert 6.25 <= root.until <= 7.5


@pytest.mark.parametrize("turn", range(11, 30))
def test_a_whole_number_turns_between_two_neighbours(turn):
    found = solve(at(lambda x: x - turn + 0.5), (0, 100), whole=True)
    assert [root.value for root in found.roots] == pytest.approx([turn - 0.5])
    assert all(point.term.is_integer() for point in found.curve)


# Percentiles and errors


def test_a_percentile_is_that_of_the_draws():
    found = solve(at(lambda x: -x, 2.0), (-10, 10), at="p25").roots
    assert [root.value for root in found] == pytest.approx([2 * np.quantile(NOISE, 0.25)], rel=1e-9)


def test_indifference_compares_the_same_percentile_of_both_results():
    def draws(term):
        return term + 3 * NOISE, 5 + NOISE[::-1]

    (root,) = solve(draws, (-10, 20), at="p90").roots
    known = 5 + np.quantile(NOISE, 0.9) - 3 * np.quantile(NOISE, 0.9)
    assert root.value == pytest.approx(known, rel=1e-9)


@pytest.mark.parametrize("at", ["mean", "p10", "p50", "p95"])
def test_the_error_of_a_root_is_its_spread_over_other_seeds(at):
    """The delta method against 400 repetitions: their spread is known to about 4 %."""
    found, errors = [], []
    for seed in range(400):
        generator = np.random.default_rng(seed)
        one, other = generator.normal(size=(2, 500))
        (root,) = solve(lambda x, one=one, other=other: (2 * x + one, 8 + other + one), (0, 10), at=at).roots
        found.append(root.value)
        errors.append(root.error)
    assert np.mean(errors) == pytest.approx(np.std(found, ddof=1), rel=0.15)


def test_what_both_results_share_adds_no_error():
    assert target((NOISE + 1, NOISE), "mean") == pytest.approx((1, 0), abs=1e-12)
    assert target((NOISE + 1, NOISE), "p10") == pytest.approx((1, 0), abs=1e-12)


def test_the_error_of_a_percentile_is_that_of_a_normal_in_closed_form():
    """sqrt(q (1 − q) / n) / density at the quantile, for q = 0.5: 1.2533 ÷ √n (Serfling 1980, §2.3.3).

    The slope is taken between some 900 order statistics, so that it is known to 1 ÷ √900.
    """
    values = np.random.default_rng(1).normal(size=200_000)
    _, error = target((values, np.zeros(values.size)), "p50")
    assert error * math.sqrt(values.size) == pytest.approx(math.sqrt(math.pi / 2), rel=3 / 30)


def test_a_result_without_a_number_in_some_draw_is_refused():
    with pytest.raises(ValueError, match="1 of 2 draws have no number"):
        statistic(np.array([1.0, np.nan]), "mean")


# The budget


def test_the_budget_is_kept_and_said_where_it_binds():
    found = solve(at(lambda x: math.cos(3 * x)), (0, 10), points=25)
    assert (found.simulations, found.out_of_budget) == (25, True)
    assert len(found.roots) == 10  # narrowed as far as the scan did
    near = [(n + 0.5) * math.pi / 3 for n in range(10) if (n + 0.5) * math.pi / 3 < 10]
    assert [root.value for root in found.roots] == pytest.approx(near[: len(found.roots)], abs=10 / 24)


def test_a_jump_over_zero_is_found_within_the_budget():
    found = solve(at(lambda x: 1.0 if x > 3.3 else -1.0), (0, 10))
    assert [root.value for root in found.roots] == pytest.approx([3.3], abs=2e-3)
    assert not found.out_of_budget


def test_nothing_is_sought_finer_than_the_draws_can_tell():
    noisy = solve(at(lambda x: x**3 - 20, 300.0), (0, 10))
    exact = solve(at(lambda x: x**3 - 20), (0, 10))
    assert noisy.simulations < exact.simulations <= 25


@pytest.mark.parametrize(("between", "points"), [((3, 3), 9), ((4, 3), 9), ((0, 1), 1), ((0, 1), 26)])
def test_a_range_must_rise_and_the_budget_hold_the_scan(between, points):
    with pytest.raises(ValueError, match="a rising range"):
        solve(at(lambda x: x), between, points=points)


def test_a_target_that_jumps_over_zero_has_no_root_there_and_says_where_it_jumps():
    ones = np.ones(50)
    found = solve(lambda term: ((1 if term > 5 else -1) * ones, 0 * ones), (0, 10))
    (root,) = found.roots
    assert root.jumps
    assert root.value == pytest.approx(5, abs=0.02)
    bent = solve(lambda term: ((30 if term > 5 else 1) * (term - 5) * ones, 0 * ones), (0, 10))
    assert not any(root.jumps for root in bent.roots)
