"""A scenario's levers over time reach the model, and both measures of paying come out of it."""

from math import log

import numpy as np
import pytest
from habits_for_tests import paid_slowly

from simlib.models.habits import Audience, Rates
from simlib.scenario.load import loads
from simlib.scenario.question_checks import outputs
from simlib.simulation import engine
from simlib.simulation.engine import simulate

CHINA = """
name: habits
currency: CNY
horizon: {start: 2015-01, periods: 24, step: month}
simulation: {draws: 12, seed: 4}
territories: {include: [CHN, TWN], groups: {mainland: [CHN]}}
audience:
  internet_users: {by_territory: {CHN: 700 million, TWN: 18 million}}
  video_share: 70%
  annual_growth: {by_territory: {CHN: 7%, TWN: 2%}}
  monthly_income: {by_territory: {CHN: {growth: {start: 2000, annual: 9%}}, TWN: 9000}}
habits:
  markets: [mainland, world]
  opening: {unlicensed: 45%, new_payer: 4%, habitual: 3%, lapsed: 6%, lapsed_within_half_year: 60%}
  enforcement:
    effort: {ramp: {from: 0, to: 600, start: 2015-03, months: 12}}
    threshold: 100
    saturation: {by_territory: {mainland: 400, world: 1000}}
    rate: {uniform: {low: 0.1, high: 0.3}}
  innovation: 0.04
  imitation: {uniform: {low: 0.3, high: 0.9}}
  unlicensed_word_of_mouth: 0.02
  habit_formation: 0.8
  new_payer_monthly_churn: 6%
  habitual_monthly_churn: 2%
  win_back: 0.5
  free_relapse: 0.05
  lapsed_relapse: 0.1
  affordability:
    monthly_price: {steps: {2015-01: 20, 2016-01: 15}}
    reference_share: 0.8%
    elasticity: 0.7
    most: 1.5
  content: {lift: 0.4, intensity: 30%}
  training: {effort: {steps: {2015-01: 0, 2015-07: 50%, 2016-03: 100%}}, lift: 0.6, habit_lift: 0.3}
"""


@pytest.fixture(scope="module")
def outcome():
    return simulate(loads(CHINA))


def by_hand(x, market, which):
    """Who paid within half a year in one draw of a market, each lever worked out month by month."""
    month = np.arange(24)
    effort = 600 * np.clip((month - 2) / 12, 0, 1)
    saturation = 400 if market == "mainland" else 1000
    price = np.where(month < 12, 20, 15)
    income = 2000 * 1.09 ** (month / 12) if market == "mainland" else np.full(24, 9000)
    training = np.select([month < 6, month < 14], [0, 0.5], 1.0)
    rates = Rates(
        enforcement=x["habits.enforcement.rate"][which] * np.clip((effort - 100) / (saturation - 100), 0, 1),
        innovation=0.04,
        imitation=x["habits.imitation"][which],
        unlicensed_word_of_mouth=0.02,
        affordability=np.minimum((price / (0.008 * income)) ** -0.7, 1.5),
        content=1 + 0.4 * 0.3 + 0.6 * training,
        habit_formation=0.8 * (1 + 0.3 * training),
        new_payer_churn=-12 * log(0.94),
        habitual_churn=-12 * log(0.98),
        win_back=0.5,
        free_relapse=0.05,
        lapsed_relapse=0.1,
    )
    rates = Rates(*(np.broadcast_to(rate, 24) for rate in rates))
    growth = np.full(24, (1.07 if market == "mainland" else 1.02) ** (1 / 12))
    paid = paid_slowly(Audience(0.45, 0.42, 0.04, 0.03, 0.06), 0.6, rates, growth, 1 / 12, 0.5)
    return paid / np.cumprod(growth)


def test_who_paid_within_half_a_year_is_the_count_by_hand_with_every_lever_moving(outcome):
    for market in ("mainland", "world"):
        path = outcome.paths[f"paid_half_year.{market}"].values
        for which in (0, 7, 11):
            np.testing.assert_allclose(path[:, which], by_hand(outcome.inputs, market, which), rtol=1e-10)
        np.testing.assert_array_equal(outcome[f"paid_half_year.{market}"], path[-1])


def test_more_people_paid_within_half_a_year_than_pay_and_more_pay_than_out_of_habit(outcome):
    for market in ("mainland", "world"):
        paid, paying, habitual = (
            outcome.paths[f"{measure}.{market}"].values for measure in ("paid_half_year", "paying_ratio", "habit_share")
        )
        assert (paid > paying).all()
        assert (paying > habitual).all()


def test_where_people_stand_sums_to_all_of_them_and_payers_are_the_paying_ratio(outcome):
    assert list(outcome.standing) == ["mainland", "world"]
    for market, states in outcome.standing.items():
        np.testing.assert_allclose(sum(states.values()), 1, rtol=1e-12)
        paying = outcome.paths[f"paying_ratio.{market}"].values.mean(axis=1)
        np.testing.assert_allclose(states["new_payer"] + states["habitual"], paying, rtol=1e-12)


@pytest.mark.parametrize(("step", "months"), [("quarter", 3), ("year", 12)])
def test_people_move_month_by_month_whatever_the_step(outcome, step, months):
    """What does not change within a step is the same to rounding at its end."""
    still = {
        "habits.enforcement.effort": 300, "habits.affordability.monthly_price": "18 CNY per month",
        "habits.training.effort": "50%", "audience.monthly_income": 3000, "habits.new_payer_monthly_churn": "55%",
    }  # fmt: skip
    by_month = simulate(loads(CHINA, still))
    other = simulate(loads(CHINA, {**still, "horizon.step": step, "horizon.periods": 24 // months}))
    for name in ("paying_ratio.mainland", "paid_half_year.world", "habit_share.mainland"):
        every = by_month.paths[name].values[months - 1 :: months]
        np.testing.assert_allclose(other.paths[name].values, every, rtol=1e-10)


def test_memberships_are_payers_times_what_each_holds_of_all_people_of_the_market(outcome):
    """Mainland: 70 % of 700 million at the start, 7 % more a year."""
    scenario = loads(CHINA + "  memberships_per_payer: {by_territory: {mainland: 1.4, world: 1}}\n")
    held = simulate(scenario)
    assert set(held.outputs) == set(outputs(scenario))
    people = 0.7 * 700e6 * 1.07 ** (np.arange(1, 25) / 12)
    paying = outcome.paths["paying_ratio.mainland"].values
    np.testing.assert_allclose(
        held.paths["memberships.mainland"].values, paying * people[:, np.newaxis] * 1.4, rtol=1e-12
    )
    assert held.outputs["memberships.world"].unit == "members"


def test_without_a_word_on_the_half_year_before_the_start_the_flow_is_left_out_and_nothing_else_changes(outcome):
    scenario = loads(CHINA.replace(", lapsed_within_half_year: 60%", ""))
    silent = simulate(scenario)
    assert (
        set(silent.outputs)
        == set(outputs(scenario))
        == {f"{measure}.{market}" for measure in ("paying_ratio", "habit_share") for market in ("mainland", "world")}
    )
    for name in silent.outputs:
        np.testing.assert_array_equal(silent[name], outcome[name])
    assert set(outcome.outputs) == set(outputs(outcome.scenario))


def test_a_rate_alone_is_the_effort_at_its_saturation():
    full = {"habits.enforcement.effort": 1000, "habits.enforcement.rate": 0.2}
    plain = {"habits.enforcement": 0.2}
    by_effort, by_rate = (simulate(loads(CHINA, changes)) for changes in (full, plain))
    for name in by_rate.outputs:
        np.testing.assert_array_equal(by_effort[name], by_rate[name])


def test_training_without_effort_is_no_training():
    idle = simulate(loads(CHINA, {"habits.training.effort": 0}))
    none = simulate(loads(CHINA[: CHINA.index("  training:")]))
    for name in none.outputs:
        np.testing.assert_array_equal(idle[name], none[name])


@pytest.mark.parametrize(("step", "periods"), [("quarter", 8), ("year", 2)])
def test_quarters_and_years_find_about_as_many_who_paid_as_months(outcome, step, periods):
    levers = {"habits.enforcement": 0.1, "habits.training.effort": 0.5, "habits.affordability.monthly_price": 18}
    levers |= {"audience.monthly_income": 2500}
    longer = {"horizon.step": step, "horizon.periods": periods}
    months, others = (simulate(loads(CHINA, levers | changes)) for changes in ({}, longer))
    for market in ("mainland", "world"):
        name = f"paid_half_year.{market}"
        np.testing.assert_allclose(others[name], months[name], atol=0.02)


@pytest.mark.parametrize("size", [2, 5])
def test_measures_and_shares_have_the_same_bits_whatever_the_block(outcome, size):
    again = simulate(outcome.scenario, block=size)
    for name, path in outcome.paths.items():
        np.testing.assert_array_equal(again.paths[name].values, path.values)
    for market, states in outcome.standing.items():
        for state, shares in states.items():
            np.testing.assert_array_equal(again.standing[market][state], shares)


def test_many_markets_make_a_block_smaller_and_keep_fewer_paths_so_that_memory_stays_bounded():
    codes = "[AUT, BEL, CHE, CHN, DEU, DNK, ESP, FIN, FRA, GBR, GRC, IRL, ITA, JPN, KOR, NLD, NOR, POL, PRT, SWE]"
    many = CHINA.replace("include: [CHN, TWN]", f"include: {codes}").replace(
        "markets: [mainland, world]", f"markets: {codes}"
    )
    many = many.replace("{mainland: 400, world: 1000}", "{default: 1000}").replace("periods: 24", "periods: 480")
    for place in (": {CHN: 700 million, TWN: 18 million}", ": {CHN: 7%, TWN: 2%}", "TWN: 9000"):
        many = many.replace(place, place.replace("TWN", "default"))
    frame = engine.Frame(loads(many), 0)
    assert engine.block_size(frame) * len(frame.scenario.habits.markets) * frame.periods <= engine.MARKET_ELEMENTS
    series = len(frame.scenario.habits.measures)
    assert engine.path_draws(frame, 16_384) * series * frame.periods <= engine.PATH_ELEMENTS
    one = engine.Frame(loads(CHINA), 0)
    assert [engine.path_draws(one, draws) for draws in (10, 100_000)] == [10, engine.PATH_DRAWS]
    assert engine.block_size(one) == engine.PATH_DRAWS
