"""China's audience as one could see it in mid 2016, beside what the surveys found."""

from pathlib import Path

import numpy as np
import pytest

from simlib.data import figures
from simlib.present import tables
from simlib.scenario.load import load
from simlib.scenario.walk import section_parts
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def outcome():
    return simulate(load(ROOT / "scenarios" / "payment-habit-china.yml"), draws=4000)


def test_the_fan_holds_what_the_surveys_found_until_mid_2016_and_after(outcome):
    fan = tables.fans(outcome, "paid_half_year.CHN").set_index("period")
    found = {
        row["period_end"][:7]: float(row["value"]) for row in figures("china", "paying_share_of_online_video_users", {})
    }
    for month in ("2015-12", "2016-06", "2017-12"):
        assert fan.p10[month] < found[month] < fan.p90[month], month
    assert found["2018-12"] < fan.p90["2018-12"]  # "over 50 %"
    assert set(tables.against(outcome).period) == {"2017-12", "2018-12"}
    assert tables.against(outcome).inside.all()


def test_the_opening_is_what_was_known_of_the_end_of_2014(outcome):
    x = outcome.inputs
    members = x["habits.opening.new_payer"] + x["habits.opening.habitual"]
    paid = members + x["habits.opening.lapsed"] * x["habits.opening.lapsed_within_half_year"]
    assert np.median(members) == pytest.approx(9.45 / 433, rel=0.1)
    assert np.median(paid) == pytest.approx(0.117, abs=0.005)


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
