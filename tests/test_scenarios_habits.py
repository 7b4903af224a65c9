"""China's audience as one could see it in mid 2016, beside what the surveys found."""

from pathlib import Path

import numpy as np
import pytest

from simlib.present import tables
from simlib.scenario.load import load
from simlib.scenario.quantity import plain
from simlib.scenario.walk import section_parts
from simlib.simulation.engine import simulate
from simlib.simulation.sampling import uncertain

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def outcome():
    return simulate(load(ROOT / "scenarios" / "payment-habit-china.yml"), draws=4000)


def test_the_fan_holds_what_the_surveys_found_after_mid_2016(outcome):
    """42.9 % of the end of 2017, and over 50 % of the end of 2018; nothing later than mid 2016 was fitted to."""
    assert outcome.scenario.horizon.known_until == "2016-06"
    happened = tables.against(outcome, "paid_half_year.CHN")
    assert set(happened.period) == {"2017-12", "2018-12"}
    assert happened.inside.all()


def test_what_the_fit_rests_on_lies_within_its_stated_errors(outcome):
    """Of five figures about one may lie a standard error outside four draws in five; the survey of mid 2016 is that one."""
    for series in ("paid_half_year.CHN", "memberships.CHN"):
        fan, past = tables.fans(outcome, series), tables.history(outcome, series)
        error = float(plain(outcome.scenario.histories[series].error))
        both = past[past.known.astype(bool)].merge(fan.assign(month=fan.period), left_on="period", right_on="month")
        assert len(both) >= 1
        assert (both.value * (1 + error) > both.p10).all()
        assert (both.value * (1 - error) < both.p90).all()


def test_memberships_grew_by_more_than_the_surveys_let_one_expect(outcome):
    """75 million at the end of 2016 lie above the fan: a ratio of memberships to payers that stays is too simple."""
    seen = tables.against(outcome, "memberships.CHN")
    assert list(seen.period) == ["2016-12"]
    assert (seen.value > seen.p90).all()


def test_the_opening_is_what_was_found_of_the_end_of_2014(outcome):
    """9.45 million effective members and 11.7 % who had paid lie in what the fit makes of the opening."""
    x = outcome.inputs
    payers = x["habits.opening.new_payer"] + x["habits.opening.habitual"]
    paid = payers + x["habits.opening.lapsed"] * x["habits.opening.lapsed_within_half_year"]
    low, high = np.quantile(paid, (0.1, 0.9))
    assert low < 0.117 < high
    low, high = np.quantile(payers * 433e6 * x["habits.memberships_per_payer"], (0.1, 0.9))
    assert low < 9.45e6 < high


@pytest.mark.parametrize(
    ("lever", "less", "more"),
    [
        ("habits.enforcement.effort", "10%", "120%"),
        ("habits.affordability.monthly_price", "30 CNY per month", "10 CNY per month"),
        ("habits.training.effort", "0%", "100%"),
    ],
)
def test_enforcement_affordability_and_training_each_move_the_ratio_at_the_end(lever, less, more):
    """On the same draws: more of it, more who pay, in most of them and on average by more than chance."""
    path = ROOT / "scenarios" / "payment-habit-china.yml"
    ends = [simulate(load(path, {lever: value}), draws=500)["paying_ratio.CHN"] for value in (less, more)]
    moved = ends[1] - ends[0]
    assert moved.mean() > 5 * moved.std() / len(moved) ** 0.5
    assert np.mean(moved > 0) > 0.5


def test_the_scenario_narrows_what_was_thought_before_and_nothing_else():
    prior = load(ROOT / "scenarios" / "bases" / "china-habits.yml")
    scenario = load(ROOT / "scenarios" / "payment-habit-china.yml")
    forms = [uncertain(each, ("CHN",)) for each in (prior, scenario)]
    assert forms[0].keys() == forms[1].keys()
    moved = {name for name in forms[0] if forms[0][name] != forms[1][name]}
    assert moved == {name for pair in scenario.correlations for name in pair[:2]}
    assert {"habits.imitation", "habits.win_back", "habits.habit_formation", "habits.training.lift"} < moved


def test_the_audience_is_the_one_that_was_counted(outcome):
    audience = outcome.scenario.audience
    start = audience.internet_users.value * audience.video_share.value
    assert start == pytest.approx(433e6, rel=0.005)
    assert start * (1 + audience.annual_growth.value.steps["2015-01"]) == pytest.approx(504e6, rel=0.005)


def test_enforcement_price_income_and_training_are_levers_over_time(outcome):
    moving = {
        part.name
        for part in section_parts(outcome.scenario)
        if type(part.value).__name__ in ("Ramp", "Steps", "Growth")
    }
    assert {"habits.enforcement.effort", "habits.training.effort", "audience.monthly_income"} <= moving
