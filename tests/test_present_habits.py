"""What the notebook on payment habits shows is what the outcome holds."""

import re
from pathlib import Path

import numpy as np
import pytest
from scenarios_for_tests import FRAME

from simlib.present import habits, tables
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
CHINA = "scenarios/payment-habit-china.yml"


@pytest.fixture(scope="module")
def outcome():
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    yield simulate(load(CHINA), draws=2000)
    patch.undo()


def text(html):
    return re.sub(r"<[^>]+>", " ", html)


def test_the_flow_stands_above_the_stock_in_every_month(outcome):
    both = tables.measures(outcome, "CHN").pivot_table(index="period", columns="series", values="p50")
    assert (both["paid_half_year.CHN"] > both["paying_ratio.CHN"]).all()


def test_the_deal_report_pictures_the_surveyed_market_or_the_only_one_and_several_side_by_side(outcome):
    assert habits.pictured(outcome) == "CHN"
    assert habits.both_measures(outcome).series.nunique() == 2
    assert habits.side_by_side(outcome).empty
    several = simulate(load("scenarios/day-and-night.yml"), draws=4)
    assert habits.pictured(several) == ""
    assert habits.both_measures(several).empty
    assert tables.standing(several, "").empty
    assert habits.side_by_side(several).series.nunique() == 5
    alone = simulate(load("scenarios/drama-tiers.yml"), draws=4)
    assert habits.pictured(alone) == "CHN"
    assert habits.both_measures(alone).empty  # nobody asked who has paid within half a year
    assert "pay on a given day" in habits.standing_seen(alone)


def test_a_scenario_without_habits_pictures_none_of_it():
    none = simulate(loads(FRAME), draws=4)
    assert habits.pictured(none) == habits.measures_seen(none) == habits.standing_seen(none) == ""
    assert habits.both_measures(none).empty


def test_where_people_stand_adds_up_to_everybody(outcome):
    shares = tables.standing(outcome, "CHN")
    assert list(dict.fromkeys(shares.state)) == ["unlicensed", "free", "lapsed", "new_payer", "habitual"]
    np.testing.assert_allclose(shares.groupby("period").share.sum(), 1)


def test_a_lever_moves_those_who_pay_by_the_difference_of_the_means_near_its_ends(outcome):
    bars = tables.levers(outcome, "CHN").set_index("input")
    paying, rate = outcome["paying_ratio.CHN"], outcome.inputs["habits.enforcement.rate"]
    low, high = (np.quantile(rate, ends) for ends in ([0.05, 0.15], [0.85, 0.95]))
    near = [paying[(rate >= first) & (rate <= last)].mean() for first, last in (low, high)]
    assert bars.swing["habits.enforcement.rate"] == pytest.approx(near[1] - near[0])
    assert "habits.imitation" not in bars.index
    assert "habits.training.lift" not in bars.index  # it was fitted, and goes along with others
    assert set(bars.lever) == {"Enforcement", "Training", "Price and income", "Exclusive titles"}


def test_the_answer_tells_both_measures_and_the_widest_lever(outcome):
    said = text(habits.answer(outcome))
    for name in ("paid_half_year.CHN", "paying_ratio.CHN"):
        assert f"{round(100 * np.median(outcome[name]))}\u202f% (" in said
    assert habits.levers(outcome).label.iloc[0] in said
    assert "at the end of December 2019" in said


def test_the_survey_is_told_beside_the_fan_of_its_month_and_whether_it_was_known(outcome):
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in habits.found(outcome).split("<tr>")[2:]]
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("December 2014", "11.7\u202f%", "known"),
        ("December 2015", "17\u202f%", "known"),
        ("June 2016", "35.5\u202f%", "known"),
        ("December 2017", "42.9\u202f%", "not known yet"),
        ("December 2018", "over 50\u202f%", "not known yet"),
    ]
    assert "of the 2 that came after" in habits.measures_seen(outcome)


def test_each_lever_has_its_row_with_its_error(outcome):
    said = habits.moved(outcome)
    assert said.count("<tr>") == 1 + len(tables.levers(outcome, "CHN"))
    assert re.search(r"\+\d\.\d ± \d\.\d", said)


def test_without_the_half_year_before_the_start_only_the_stock_is_told(outcome):
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    scenario = load("scenarios/day-and-night.yml")
    patch.undo()
    other = simulate(scenario, draws=60)
    assert "within half a year" not in text(habits.answer(other))
    assert "pay on a given day" in text(habits.answer(other))
    assert habits.found(other) is None
    assert set(tables.measures(other, "UCAN").series) == {"paying_ratio.UCAN"}


def test_few_draws_tell_no_lever(outcome):
    few = simulate(outcome.scenario, draws=10)
    assert habits.moved(few) is None
    assert "lever" not in text(habits.answer(few))


def test_a_survey_that_came_out_late_is_not_told_as_known():
    """The end of 2017 was asked for in a report of November 2018; the platforms' scenarios know March 2018."""
    late = simulate(load(ROOT / "scenarios" / "iqiyi.yml"), draws=4)
    known = tables.history(late, "paid_half_year.CHN").set_index("period").known
    assert known.to_dict() == {
        "2014-12": True, "2015-12": True, "2016-06": True, "2017-12": False, "2018-12": False,
    }  # fmt: skip
    assert tables.history(late, "members").set_index("period").known["2017-12"]
