"""Shares of variance against functions whose shares are known in closed form."""

import math
import time

import numpy as np
import pytest

from simlib.decide.sensitivity import first_order, tornado

DRAWS = 10_000


def ishigami(x1, x2, x3):
    """Ishigami & Homma 1990, a = 7, b = 0.1, inputs uniform on (−π, π)."""
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def ishigami_draws(rng, draws):
    inputs = dict(zip(("x1", "x2", "x3"), rng.uniform(-math.pi, math.pi, (3, draws)), strict=True))
    return inputs, ishigami(*inputs.values())


def by_input(records, key):
    return {record["input"]: record[key] for record in records}


# First-order shares


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ishigami_shares_are_those_of_its_closed_form(seed):
    """V = a²/8 + bπ⁴/5 + b²π⁸/18 + ½; V₁ = ½(1 + bπ⁴/5)²; V₂ = a²/8; V₃ = 0: .3139, .4424, 0."""
    a, b = 7, 0.1
    variance = a**2 / 8 + b * math.pi**4 / 5 + b**2 * math.pi**8 / 18 + 0.5
    exact = {"x1": 0.5 * (1 + b * math.pi**4 / 5) ** 2 / variance, "x2": a**2 / 8 / variance, "x3": 0.0}
    assert [round(share, 4) for share in exact.values()] == [0.3139, 0.4424, 0]
    records = first_order(*ishigami_draws(np.random.default_rng(seed), DRAWS))
    found, error = by_input(records, "first_order"), by_input(records, "error")
    for name, share in exact.items():
        assert abs(found[name] - share) < 4 * error[name]
        assert error[name] < 0.01


def test_sobol_g_shares_are_those_of_its_closed_form():
    """Y = Π (|4x − 2| + a) / (1 + a); Vᵢ = 1 / (3 (1 + aᵢ)²); V = Π (1 + Vᵢ) − 1 (Saltelli & Sobol' 1995)."""
    a = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
    x = np.random.default_rng(4).random((8, DRAWS))
    outcome = np.prod((abs(4 * x - 2) + a[:, np.newaxis]) / (1 + a[:, np.newaxis]), axis=0)
    partial = 1 / (3 * (1 + a) ** 2)
    exact = partial / (np.prod(1 + partial) - 1)
    records = first_order({f"x{number}": values for number, values in enumerate(x)}, outcome)
    found, error = by_input(records, "first_order"), by_input(records, "error")
    for number, share in enumerate(exact):
        assert abs(found[f"x{number}"] - share) < 4 * error[f"x{number}"]
    assert [record["input"] for record in records[:4]] == ["x0", "x1", "x2", "x3"]


def test_the_error_is_the_spread_that_fresh_draws_would_show():
    rng, repeats = np.random.default_rng(5), 300
    records = [first_order(*ishigami_draws(rng, 2000)) for _ in range(repeats)]
    for name in ("x1", "x2"):
        spread = np.std([by_input(record, "first_order")[name] for record in records])
        claimed = np.mean([by_input(record, "error")[name] for record in records])
        assert claimed == pytest.approx(spread, rel=4 / math.sqrt(2 * repeats))


def test_an_inert_input_explains_nothing_more_often_than_not_and_never_much():
    """Without the correction for chance, √n classes would explain √n ÷ n of the variance: 2 % here."""
    rng, draws = np.random.default_rng(6), 2500
    outcome = rng.normal(0, 1, draws)
    found = np.array([first_order({"inert": rng.random(draws)}, outcome)[0]["first_order"] for _ in range(400)])
    chance = math.sqrt(2 * 49) / draws  # sd of the corrected share under independence
    assert np.mean(found == 0) == pytest.approx(0.5, abs=0.1)
    assert found.max() < 5 * chance
    assert found.mean() == pytest.approx(chance * math.sqrt(1 / (2 * math.pi)), rel=0.25)


def test_adding_an_inert_input_changes_no_other_share():
    rng = np.random.default_rng(7)
    inputs, outcome = ishigami_draws(rng, DRAWS)
    alone = by_input(first_order(inputs, outcome), "first_order")
    together = by_input(first_order({**inputs, "inert": rng.random(DRAWS)}, outcome), "first_order")
    assert together.items() >= alone.items()
    assert together["inert"] < 0.01


def test_independent_inputs_of_a_sum_share_its_variance_by_their_own():
    rng = np.random.default_rng(8)
    sd = np.array([1.0, 2.0, 4.0])
    x = rng.normal(0, 1, (3, DRAWS)) * sd[:, np.newaxis]
    records = first_order({"a": x[0], "b": x[1], "c": x[2]}, x.sum(axis=0))
    assert [record["input"] for record in records] == ["c", "b", "a"]
    for record, share in zip(records, np.array([16, 4, 1]) / 21, strict=True):
        assert abs(record["first_order"] - share) < 4 * record["error"]


def test_equal_values_of_a_discrete_input_stay_together():
    """A coin of 0.5 (30 %) and 1.0 (70 %), and a rare die of three values, each on normal noise."""
    rng = np.random.default_rng(9)
    coin = rng.choice([0.5, 1.0], DRAWS, p=[0.3, 0.7])
    rare = rng.choice([0.0, 1.0, 2.0], DRAWS, p=[0.002, 0.5, 0.498])
    noise = rng.normal(0, 1, DRAWS)
    parts = {"coin": 4 * coin, "rare": np.where(rare == 0, 30, 0)}
    outcome = parts["coin"] + parts["rare"] + noise
    found = first_order({"coin": coin, "rare": rare}, outcome)
    for record in found:
        realised = np.var(parts[record["input"]]) / np.var(outcome)
        assert record["first_order"] == pytest.approx(realised, abs=0.02)


def test_a_discrete_input_gives_the_same_share_whatever_its_values_are_called():
    rng = np.random.default_rng(10)
    tier = rng.integers(0, 3, 2000)
    outcome = np.array([5.0, 1.0, 3.0])[tier] + rng.normal(0, 1, 2000)
    named = [first_order({"tier": np.array(names)[tier]}, outcome)[0] for names in ([0, 1, 2], [9, -4, 2])]
    assert named[0]["first_order"] == pytest.approx(named[1]["first_order"])


def test_an_input_that_is_the_outcome_explains_all_of_it():
    x = np.random.default_rng(11).normal(0, 1, DRAWS)
    assert first_order({"x": x}, 3 * x - 7)[0]["first_order"] == pytest.approx(1, abs=0.005)


def test_constants_explain_nothing_and_need_no_explaining():
    x = np.arange(100.0)
    assert first_order({"constant": np.full(100, 7.0)}, x)[0]["first_order"] == 0
    assert first_order({"x": x}, np.full(100, 0.1))[0]["first_order"] == 0


# Tornado


def test_a_bar_of_a_linear_outcome_spans_its_inputs_p10_to_p90():
    """Y = X − 3 Z, both uniform on (0, 1): means near P10 and P90 differ by 0.8 and −3 × 0.8."""
    x, z = np.random.default_rng(12).random((2, DRAWS))
    bars = tornado({"x": x, "z": z}, x - 3 * z)
    assert [bar["input"] for bar in bars] == ["z", "x"]
    for bar, swing in zip(bars, (-2.4, 0.8), strict=True):
        assert abs(bar["swing"] - swing) < 4 * bar["error"]
        assert bar["swing"] == bar["high"] - bar["low"]
        assert bar["at_p10"] == pytest.approx(0.1, abs=0.02)
        assert bar["at_p90"] == pytest.approx(0.9, abs=0.02)
    assert abs(bars[0]["low"] - (0.5 - 3 * 0.1)) < 4 * bars[0]["error"]


def test_a_bar_is_the_mean_of_the_draws_ranked_from_five_to_fifteen_percent():
    rng = np.random.default_rng(13)
    x, outcome = rng.permutation(1000), rng.normal(0, 1, 1000)
    by_rank = [outcome[np.flatnonzero(x == rank)[0]] for rank in range(1000)]
    bar = tornado({"x": x}, outcome)[0]
    assert bar["low"] == pytest.approx(np.mean(by_rank[50:150]))
    assert bar["high"] == pytest.approx(np.mean(by_rank[850:950]))


def test_a_bar_of_a_coin_compares_its_two_sides():
    rng = np.random.default_rng(14)
    coin = rng.choice([0.5, 1.0], 2000, p=[0.3, 0.7])
    outcome = 10 * coin + rng.normal(0, 1, 2000)
    bar = tornado({"coin": coin}, outcome)[0]
    assert (bar["at_p10"], bar["at_p90"]) == (0.5, 1.0)
    assert bar["low"] == pytest.approx(outcome[coin == 0.5].mean())
    assert bar["high"] == pytest.approx(outcome[coin == 1.0].mean())


def test_the_error_of_a_swing_is_the_spread_that_fresh_draws_would_show():
    rng, repeats = np.random.default_rng(15), 500
    bars = [tornado({"inert": rng.random(1000)}, rng.normal(0, 1, 1000))[0] for _ in range(repeats)]
    spread = np.std([bar["swing"] for bar in bars])
    assert np.mean([bar["error"] for bar in bars]) == pytest.approx(spread, rel=4 / math.sqrt(2 * repeats))


# Both


def test_sixty_inputs_of_ten_thousand_draws_take_well_under_a_second():
    x = np.random.default_rng(16).random((60, DRAWS))
    inputs = {f"x{number}": values for number, values in enumerate(x)}
    started = time.perf_counter()
    tornado(inputs, x.sum(axis=0))
    first_order(inputs, x.sum(axis=0))
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("measure", [tornado, first_order])
@pytest.mark.parametrize(
    ("sentence", "values"),
    [("churn: 5 draws, as the outcome has", np.ones(4)), ("churn: 1 of 5 draws are not finite", [1, 2, np.nan, 4, 5])],
)
def test_an_input_that_does_not_match_the_outcome_is_named(measure, sentence, values):
    with pytest.raises(ValueError, match=sentence):
        measure({"churn": values}, np.arange(5.0))
