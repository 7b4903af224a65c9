"""The value of information against the closed forms of normal gambles, bounds that always hold, and slow loops."""

import math
import time

import numpy as np
import pytest
from scipy.stats import norm

from simlib.decide.information import evpi, evppi
from simlib.decide.risk import regret

DRAWS = 10_000


def loss(mean, sd):
    """E[max(0, X)] − max(0, E X) of a normal X: sd × the unit normal loss of |mean| ÷ sd (Raiffa & Schlaifer 1961)."""
    ratio = abs(mean) / sd
    return sd * (norm.pdf(ratio) - ratio * norm.sf(ratio))


def gamble(seed, mean=5.0, slope=20.0, noise=30.0, draws=DRAWS):
    """An input and a choice: to sign what is worth mean + slope × input + noise, or to sign nothing."""
    rng = np.random.default_rng(seed)
    known = rng.normal(0, 1, draws)
    return known, np.array([mean + slope * known + rng.normal(0, noise, draws), np.zeros(draws)])


# All there is to know


def test_perfect_information_on_a_normal_gamble_is_worth_its_expected_loss():
    _, options = gamble(1)
    found = evpi(options)
    assert abs(found.value - loss(5, math.hypot(20, 30))) < 4 * found.error


def test_it_is_worth_the_least_regret():
    options = np.random.default_rng(2).normal([[3], [2], [2.5]], [[1], [5], [2]], (3, 500))
    assert evpi(options).value == pytest.approx(regret(options).min())


def test_where_one_option_is_always_the_best_there_is_nothing_to_learn():
    assert evpi([[5, 6, 7], [1, 6, 2]]) == (0, 0)


# One input


@pytest.mark.parametrize("mean", [-15, 0, 5, 40])
@pytest.mark.parametrize("slope", [5, 20, -60])
def test_knowing_one_part_of_a_normal_gamble_is_worth_the_expected_loss_of_that_part(mean, slope):
    known, options = gamble(3, mean, slope)
    found = evppi({"known": known}, options)["known"]
    assert abs(found.value - loss(mean, abs(slope))) < 4 * found.error + 0.01


@pytest.mark.parametrize("form", [np.exp, norm.cdf, np.sinh], ids=["lognormal", "uniform", "odd"])
def test_what_an_input_is_measured_in_makes_no_difference(form):
    known, options = gamble(4)
    plain, other = (evppi({"known": values}, options)["known"] for values in (known, form(known)))
    assert other == pytest.approx(plain)


def test_a_correlated_input_is_worth_what_it_tells_of_its_companion():
    """X₂ tells 0.6 of X₁: the expected loss of 0.6 × slope."""
    known, options = gamble(5)
    companion = 0.6 * known + 0.8 * np.random.default_rng(6).normal(0, 1, DRAWS)
    found = evppi({"companion": companion}, options)["companion"]
    assert abs(found.value - loss(5, 0.6 * 20)) < 4 * found.error


def test_a_kink_in_what_an_input_does_is_followed():
    """Overage sets in above a threshold: option = 100 max(U − 0.8, 0), against a sure 3; E[max] by hand from U > 0.83."""
    rng = np.random.default_rng(7)
    known = rng.random(DRAWS)
    options = np.array([100 * np.maximum(known - 0.8, 0) + rng.normal(0, 5, DRAWS), np.full(DRAWS, 3.0)])
    exact = 50 * (0.2**2 - 0.03**2) - 3 * 0.17  # ∫ (100 (u − 0.8) − 3) du from 0.83 to 1
    assert exact == pytest.approx(1.445)
    found = evppi({"known": known}, options)["known"]
    assert abs(found.value - exact) < 4 * found.error + 0.05


def test_a_discrete_input_is_worth_the_best_choice_at_each_of_its_values():
    rng = np.random.default_rng(8)
    tier = rng.choice([0.1, 0.2, 0.7, 9], DRAWS, p=[0.4, 0.3, 0.2, 0.1])
    worth = np.array([[3, -8, 1, 6], [0, 2, 5, -9], [1, 1, 1, 1]], dtype=float)
    options = worth[:, np.searchsorted([0.1, 0.2, 0.7, 9], tier)] + rng.normal(0, 4, (3, DRAWS))
    slow = sum(max(options[:, tier == value].sum(axis=1)) for value in np.unique(tier)) / DRAWS
    slow -= max(options.mean(axis=1))
    found = evppi({"tier": tier}, options)["tier"]
    assert found.value == pytest.approx(slow)
    assert (
        abs(found.value - (0.4 * 3 + 0.3 * 2 + 0.2 * 5 + 0.1 * 6 - max(worth @ [0.4, 0.3, 0.2, 0.1]))) < 4 * found.error
    )


def test_to_know_the_only_cause_is_to_know_everything():
    known, _ = gamble(9)
    options = np.array([known**2, 2 * known, np.full(DRAWS, 0.5)])
    found, most = evppi({"known": known}, options)["known"], evpi(options)
    assert found.value == pytest.approx(most.value, rel=0.03)


def test_it_lies_between_nothing_and_all_there_is_to_know():
    rng = np.random.default_rng(10)
    for _ in range(50):
        draws = int(rng.integers(30, 300))
        inputs = {"a": rng.normal(0, 1, draws), "b": rng.choice([1.0, 2.0], draws), "c": rng.exponential(1, draws)}
        options = rng.normal(0, 1, (3, 1)) + rng.normal(0, 1, (3, 3)) @ np.array([*inputs.values()])
        options = options + rng.normal(0, 1, (3, draws))
        for found in evppi(inputs, options).values():
            assert 0 <= found.value <= evpi(options).value


@pytest.mark.parametrize("inert", ["continuous", "discrete"])
def test_an_input_that_matters_to_nothing_is_worth_nothing(inert):
    """Two options equally good on average: an unpruned regression would find some 2 % of a standard deviation in noise."""
    rng, found = np.random.default_rng(11), []
    for _ in range(200):
        options = rng.normal(0, 1, (2, 2000))
        values = rng.random(2000) if inert == "continuous" else rng.integers(0, 4, 2000)
        found.append(evppi({"inert": values}, options)["inert"].value)
    assert np.mean(found) < 0.0015
    assert np.mean(np.array(found) == 0) > 0.85


def test_the_error_is_the_spread_that_fresh_draws_would_show():
    """The error is that of the regression; fresh draws of the input move the value a little more."""
    found = []
    for seed in range(300):
        known, options = gamble(1000 + seed, draws=2000)
        found.append(evppi({"known": known}, options)["known"])
    spread = np.std([one.value for one in found])
    assert 0.7 * spread < np.mean([one.error for one in found]) < 1.2 * spread
    assert abs(np.mean([one.value for one in found]) - loss(5, 20)) < 4 * spread / math.sqrt(300)


def test_a_single_option_leaves_nothing_to_choose_and_constants_nothing_to_know():
    known, options = gamble(12)
    assert evppi({"known": known}, options[:1]) == {"known": (0, 0)}
    assert evppi({"constant": np.full(DRAWS, 7.0)}, options)["constant"].value == 0
    assert evppi({"known": known}, np.zeros((3, DRAWS)))["known"] == (0, 0)


def test_a_hundred_inputs_of_ten_thousand_draws_for_three_options_take_two_seconds_at_most():
    rng = np.random.default_rng(13)
    inputs = {f"x{number}": values for number, values in enumerate(rng.normal(0, 1, (100, DRAWS)))}
    options = np.array([inputs["x0"] + inputs["x1"], inputs["x1"] - inputs["x2"], np.zeros(DRAWS)])
    started = time.perf_counter()
    evppi(inputs, options)
    assert time.perf_counter() - started < 2


def test_an_input_that_does_not_match_the_options_is_named():
    with pytest.raises(ValueError, match="churn: 5 draws, as the options have, are needed; found 4"):
        evppi({"churn": np.ones(4)}, np.ones((2, 5)))
    with pytest.raises(ValueError, match="options are rows of draws"):
        evpi([1.0, 2.0])
