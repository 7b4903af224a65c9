"""Sobol' indices against functions and scenarios whose variances are known in closed form."""

import math

import numpy as np
import pytest

from simlib.decide.indices import scenario_indices, sobol
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate
from simlib.simulation.sampling import draw

# A fee in two parts and a cost, no interest: the licensor's NPV is their sum. The second part is in euros.
SUM = """
name: sum
currency: USD
horizon: {start: 2018-01, periods: 13, step: month}
simulation: {draws: 64, seed: 4}
territories: {include: [TWN, USA]}
audience: {internet_users: 1000, video_share: 50%, annual_growth: 0, monthly_income: 100}
habits:
  markets: [world]
  opening: {unlicensed: 0, new_payer: 0, habitual: 0, lapsed: 0}
  enforcement: 0
  innovation: 0
  imitation: 0
  unlicensed_word_of_mouth: 0
  habit_formation: 0
  new_payer_monthly_churn: 0
  habitual_monthly_churn: 0
  win_back: 0
  free_relapse: 0
  lapsed_relapse: 0
  affordability: {monthly_price: 1, reference_share: 1%, elasticity: 0, most: 1}
  content: {lift: 0, intensity: 0}
title:
  {name: A, tier: online, episodes: 1, hours: 1, completion: 1, hit: 1, decay: {scale_months: 1, tail: 1},
  appeal: {uniform: {low: 0, high: 1}, per_territory: true}}
deals:
  station:
    licensor: youku
    licensee: station
    rights: {media: [free_tv], territories: [world], start: 2018-01, months: 6, exclusive: true}
    exploitation: {by: viewing, reach: 10%, free_hour: 0, paid_hour: 0}
    terms:
      - {clause: flat_fee, amount: {amount: {uniform: {low: 10, high: 22}}, currency: USD}, schedule: {2018-01: 100%}}
      - {clause: flat_fee, amount: {amount: {lognormal: {mean: 5, sd: 5}}, currency: EUR}, schedule: {2019-01: 100%}}
    withholding_tax: 0
    gross_up: false
    payment_lag_months: 0
    licensor_cost: {amount: {amount: {uniform: {low: 0, high: 6}}, currency: USD}}
packages: {one: {label: One, deals: [station]}}
discount_rates: {default: 0}
fx: {EUR: 1}
"""
FEE, SECOND, COST = (
    "deals.station.terms.flat_fee.amount",
    "deals.station.terms.flat_fee2.amount",
    "deals.station.licensor_cost.amount",
)
WALK = {"fx.EUR": {"random_walk": {"start": 1, "annual_volatility": 0.6}}}
INERT = ("title.appeal[TWN]", "title.appeal[USA]")


def npv(outcome):
    return {"npv": outcome["packages.one.licensor_npv"]}


def covers(low, high, exact):
    """Whether an interval of 95 % holds a value: with half its width to spare, as a dozen are looked at."""
    return low - (high - low) / 2 <= exact <= high + (high - low) / 2


def check(found, first_order, total):
    for name, exact in first_order.items():
        assert covers(found[name].first_order_low, found[name].first_order_high, exact), name
        assert covers(found[name].total_low, found[name].total_high, total[name]), name
        assert found[name].first_order_high - found[name].first_order_low < 0.15
        assert found[name].total_high - found[name].total_low < 0.15


# Functions


def test_ishigami_indices_are_those_of_its_closed_form():
    """Ishigami & Homma 1990, a = 7, b = 0.1: S .3139 .4424 0, S_T .5576 .4424 .2437."""
    a, b = 7, 0.1
    variance = a**2 / 8 + b * math.pi**4 / 5 + b**2 * math.pi**8 / 18 + 0.5
    alone = np.array([0.5 * (1 + b * math.pi**4 / 5) ** 2, a**2 / 8, 0]) / variance
    together = 8 * b**2 * math.pi**8 / 225 / variance

    def ishigami(uniforms, _):
        x = np.pi * (2 * uniforms - 1)
        return np.sin(x[0]) + a * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0])

    names = ["x1", "x2", "x3"]
    found = sobol(ishigami, names, 2048, 1)[0]
    total = np.add(alone, [together, 0, together])
    assert [round(float(share), 4) for share in total] == [0.5576, 0.4424, 0.2437]
    check(found, dict(zip(names, alone, strict=True)), dict(zip(names, total, strict=True)))


def test_sobol_g_indices_are_those_of_its_closed_form():
    """Saltelli & Sobol' 1995: V_i = 1 / (3 (1 + a_i)²), V = Π (1 + V_i) − 1, V_Ti = V_i Π_{j ≠ i} (1 + V_j)."""
    a = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])[:, np.newaxis]
    found = sobol(lambda x, _: np.prod((abs(4 * x - 2) + a) / (1 + a), axis=0), [f"x{i}" for i in range(8)], 4096, 2)[0]
    partial = 1 / (3 * (1 + a.ravel()) ** 2)
    whole = np.prod(1 + partial)
    alone, total = partial / (whole - 1), partial / (1 + partial) * whole / (whole - 1)
    check(found, {f"x{i}": alone[i] for i in range(8)}, {f"x{i}": total[i] for i in range(8)})


def test_d_inputs_take_d_and_two_times_as_many_evaluations_as_there_are_points():
    done = []
    sobol(lambda x, _: done.append(x.shape[1]) or x.sum(axis=0), [f"x{i}" for i in range(20)], 64, 3)
    assert sum(done) == (20 + 2) * 64


def test_the_same_seed_gives_the_same_indices_and_intervals():
    def product(x, _):
        return np.prod(1 + x, axis=0)

    one, again, other = (sobol(product, ["a", "b"], 128, seed)[0] for seed in (5, 5, 6))
    assert one == again != other


def test_a_target_that_does_not_vary_is_explained_by_nothing():
    found = sobol(lambda x, _: np.full((1, x.shape[1]), 3.0), ["a", "b"], 64, 7)[0]
    assert found["a"] == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("sentence", "names", "points"),
    [("two inputs or more; found 1", ["a"], 64), ("a power of 2 from 4 on, e.g. 512; found 100", ["a", "b"], 100)],
)
def test_what_cannot_be_parted_is_refused(sentence, names, points):
    with pytest.raises(ValueError, match=sentence):
        sobol(lambda x, _: x.sum(axis=0), names, points, 0)


def test_a_target_that_is_missing_in_some_draws_is_refused():
    with pytest.raises(ValueError, match="missing in some draws"):
        sobol(lambda x, _: np.where(x[:1] > 0.5, np.nan, 1), ["a", "b"], 64, 0)


# Scenarios


def test_a_fee_and_a_cost_explain_what_their_variances_say():
    """Fee uniform over 12, cost over 6, the second fee lognormal: nothing interacts, and appeal earns nothing."""
    found = scenario_indices(loads(SUM), npv, 16_384)["npv"]
    variance = {FEE: 12**2 / 12, COST: 6**2 / 12, SECOND: 0, **dict.fromkeys(INERT, 0)}
    variance[SECOND] = lognormal_moments()[1] - lognormal_moments()[0] ** 2
    shares = {name: own / sum(variance.values()) for name, own in variance.items()}
    assert found.keys() == shares.keys()
    check(found, shares, shares)
    assert all(found[name].total == pytest.approx(0, abs=1e-12) for name in INERT)


def lognormal_moments():
    """E X and E X² of the second fee, whose form gives the mean and sd of X itself."""
    drawn = draw(loads(SUM), ("TWN", "USA"), 200_000, 0)[SECOND]
    return drawn.mean(), np.mean(drawn**2)


def test_a_walking_rate_of_exchange_takes_its_part_and_interacts_with_what_it_converts():
    """After a year of volatility σ, 1 ÷ rate has mean e^(σ²) and mean square e^(3σ²), the walk's mean being 1."""
    one, two = lognormal_moments()
    factor, square = math.exp(0.6**2), math.exp(3 * 0.6**2)
    own = {FEE: 12**2 / 12, COST: 6**2 / 12, SECOND: (two - one**2) * factor**2}
    whole = own[FEE] + own[COST] + two * square - (one * factor) ** 2
    found = scenario_indices(loads(SUM, WALK), npv, 16_384)["npv"]
    total = own | {SECOND: (two - one**2) * square}
    check(found, {name: v / whole for name, v in own.items()}, {name: v / whole for name, v in total.items()})


def test_what_a_walking_rate_does_with_a_fee_is_no_first_order_effect_of_the_fee():
    """The same shocks for A and B would count it there, a third of the variance here."""
    one, two = lognormal_moments()
    factor, square = math.exp(0.6**2), math.exp(3 * 0.6**2)
    alone, counted = ((two - one**2) * worth for worth in (factor**2, square))
    whole = 12**2 / 12 + 6**2 / 12 + two * square - (one * factor) ** 2
    assert (counted - alone) / whole > 0.15
    found = scenario_indices(loads(SUM, WALK), npv, 8192)["npv"][SECOND]
    assert abs(found.first_order - alone / whole) < abs(found.first_order - counted / whole) / 3


def test_where_the_shocks_are_all_that_varies_no_input_explains_anything():
    fixed = WALK | {"deals.station.terms.1.amount": "2000 EUR", "deals.station.terms.0.amount": 0}
    found = scenario_indices(loads(SUM, fixed), npv, 256)["npv"]
    assert found[COST].first_order == pytest.approx(0, abs=1e-3)
    assert found[COST].total == pytest.approx(0, abs=1e-3)


def test_a_scenario_with_correlations_is_refused_with_the_reason_and_what_is_valid():
    pair = f"correlations: [[{FEE}, {COST}, 0.5]]\n"
    with pytest.raises(ValueError, match=r"correlates inputs.*shares explained alone and the values of knowing"):
        scenario_indices(loads(SUM + pair), npv, 64)


# Inputs given from outside


def test_given_the_inputs_that_it_would_draw_the_engine_finds_the_same():
    scenario = loads(SUM, WALK)
    drawn = simulate(scenario)
    given = simulate(scenario, inputs=dict(reversed(drawn.inputs.items())), seed=scenario.simulation.seed)
    for name in drawn.outputs:
        np.testing.assert_array_equal(given[name], drawn[name])
    assert list(given.inputs) == list(drawn.inputs)


def test_with_inputs_given_the_seed_moves_the_shocks_alone():
    scenario = loads(SUM, WALK)
    inputs = simulate(scenario).inputs
    one, other = (simulate(scenario, seed=seed, inputs=inputs)["packages.one.licensor_npv"] for seed in (1, 2))
    assert np.abs(one - other).min() > 0
    still = loads(SUM)
    one, other = (simulate(still, seed=seed, inputs=inputs)["packages.one.licensor_npv"] for seed in (1, 2))
    np.testing.assert_array_equal(one, other)


def test_inputs_that_are_not_the_scenarios_are_named():
    inputs = dict(simulate(loads(SUM)).inputs)
    with pytest.raises(ValueError, match="48 draws in one row are needed"):
        simulate(loads(SUM), draws=48, inputs=inputs)
    inputs["title.hit"] = inputs.pop(COST)
    with pytest.raises(ValueError, match=f"{COST}, title.hit"):
        simulate(loads(SUM), inputs=inputs)


def test_the_flagship_correlates_inputs_and_says_so():
    with pytest.raises(ValueError, match="correlates inputs"):
        scenario_indices(load("scenarios/day-and-night.yml"), npv, 64)
