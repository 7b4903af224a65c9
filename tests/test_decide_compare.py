"""Packages, the zone of agreement and drivers, held against the engine run again at the fee in question."""

import numpy as np
import pytest
from scenarios_for_tests import EVERYTHING, MEMBERSHIP

from simlib.decide.compare import agreement, drivers, packages, targets
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

FLAGSHIP, DRAWS = "scenarios/day-and-night.yml", 64
FEE = "deals.netflix.terms.0.amount"
# a title that is loved, so that there is something to share; nothing is correlated with the fee
LOVED = EVERYTHING.partition("\ncorrelations:")[0]
LOVED = LOVED.replace("{lognormal: {p10: 4%, p90: 14%}}", "20%").replace(
    "{mean: 0.5%, sd: 0.2%}", "{mean: 10%, sd: 2%}"
)
LOVED = LOVED.replace("{low: 0.01, high: 0.02}", "{low: 0.0001, high: 0.0002}")
WANDERING = LOVED.replace("p90: 50 thousand}}, currency: USD, per", "p90: 50 thousand}}, currency: TWD, per")
BORNE = LOVED.replace("gross_up: true", "gross_up: false")


@pytest.fixture(scope="module")
def flagship():
    return simulate(load(FLAGSHIP), draws=DRAWS)


def signed_at(text, fee):
    """The outcome of a scenario on the same draws, had the fee been this."""
    changes = {FEE: f"{fee:.17g} USD"}
    return simulate(load(text, changes), draws=DRAWS) if text.endswith(".yml") else simulate(loads(text, changes))


def outcome_of(text):
    return simulate(load(text), draws=DRAWS) if text.endswith(".yml") else simulate(loads(text))


SCENARIOS = {
    "the flagship": FLAGSHIP,
    "two fees, tax borne by the licensee": LOVED,
    "a fee in a currency that wanders": WANDERING,
    "tax borne by the licensor": BORNE,
}
each = pytest.mark.parametrize("text", SCENARIOS.values(), ids=SCENARIOS.keys())


# Packages


def test_the_package_worth_most_to_the_licensor_comes_first(flagship):
    found = packages(flagship)
    assert {value.name for value in found} == {"netflix_worldwide", "station_by_station", "revenue_share"}
    means = [flagship[f"packages.{value.name}.licensor_npv"].mean() for value in found]
    assert means == sorted(means, reverse=True)
    for value, mean in zip(found, means, strict=True):
        assert value.licensor["mean"] == pytest.approx(mean, rel=1e-12)
        assert value.label == flagship.scenario.packages[value.name].label


def test_a_package_is_the_best_in_the_draws_in_which_it_is_worth_most(flagship):
    found = packages(flagship)
    wins = dict.fromkeys((value.name for value in found), 0)
    for which in range(DRAWS):
        wins[max(found, key=lambda value: value.licensor_npv[which]).name] += 1
    assert {value.name: value.probability_best * DRAWS for value in found} == pytest.approx(wins)
    assert sum(value.probability_best for value in found) == pytest.approx(1)


def test_packages_of_equal_worth_are_the_best_in_equal_shares():
    text = EVERYTHING.replace("deals: [station, open_platform]", "deals: [netflix]")
    one, other = packages(simulate(loads(text)))
    assert np.array_equal(one.licensor_npv, other.licensor_npv)
    assert (one.probability_best, other.probability_best) == (0.5, 0.5)


def test_a_loss_is_a_present_value_below_zero(flagship):
    for value in packages(flagship):
        for side in ("licensor", "licensee"):
            npv = flagship[f"packages.{value.name}.{side}_npv"]
            assert getattr(value, f"{side}_loss") == sum(amount < 0 for amount in npv.tolist()) / DRAWS
            assert getattr(value, f"{side}_npv").tolist() == npv.tolist()


# The zone of agreement


@each
def test_signing_at_the_floor_the_licensor_has_as_much_as_from_its_best_alternative(text):
    outcome = outcome_of(text)
    found = agreement(outcome)
    alternative = outcome[f"packages.{found.alternative}.licensor_npv"].mean()
    signed = signed_at(text, found.zone.floor)[f"packages.{found.package}.licensor_npv"].mean()
    assert signed == pytest.approx(alternative, rel=1e-6)


@each
def test_signing_at_the_ceiling_the_licensee_has_nothing_left(text):
    outcome = outcome_of(text)
    ceiling = agreement(outcome).zone.ceiling
    deal = outcome.scenario.negotiation.deal
    assert signed_at(text, ceiling)[f"deals.{deal}.licensee_npv"].mean() == pytest.approx(0, abs=1e-6 * ceiling)


@each
def test_neither_floor_nor_ceiling_depends_on_the_fee_assumed(text):
    one = agreement(outcome_of(text)).zone
    other = agreement(signed_at(text, 3_000_000)).zone
    assert other.floor == pytest.approx(one.floor, rel=1e-6)
    assert other.ceiling == pytest.approx(one.ceiling, rel=1e-6)


@each
def test_at_the_nash_fee_both_gain_and_the_licensor_beats_its_alternative_as_often_as_said(text):
    found = agreement(outcome_of(text))
    assert found.zone.exists
    assert found.zone.nash_fee == pytest.approx((found.zone.floor + found.zone.ceiling) / 2)
    signed = signed_at(text, found.zone.nash_fee)
    licensor, other = (signed[f"packages.{name}.licensor_npv"] for name in (found.package, found.alternative))
    assert licensor.mean() > other.mean()
    assert signed[f"deals.{signed.scenario.negotiation.deal}.licensee_npv"].mean() > 0
    assert found.beats_alternative == np.mean(licensor > other)


def test_the_alternative_is_the_best_of_the_others_on_average(flagship):
    found = agreement(flagship)
    others = [value for value in packages(flagship) if value.name != "netflix_worldwide"]
    assert found.package == "netflix_worldwide"
    assert found.alternative == max(others, key=lambda value: value.licensor_npv.mean()).name
    assert (found.licensor, found.licensee) == ("youku", "netflix")
    fee = flagship.inputs["deals.netflix.terms.flat_fee.amount"] * 32
    np.testing.assert_allclose(found.assumed_fee, fee, rtol=1e-12)


def test_where_the_title_is_worth_less_than_the_alternative_there_is_no_zone():
    found = agreement(simulate(loads(LOVED, {"title.appeal": 0})))
    assert not found.zone.exists
    assert np.isnan(found.zone.nash_fee)
    assert np.isnan(found.beats_alternative)


def test_a_scenario_that_negotiates_nothing_has_no_zone():
    assert agreement(simulate(loads(MEMBERSHIP))) is None


# Drivers


def test_a_planted_driver_is_found_first_and_its_share_is_that_planted():
    """Var(2a + b) is four fifths a's where a and b are independent and of equal spread; others explain nothing."""
    outcome = simulate(loads(EVERYTHING.partition("\ncorrelations:")[0]), draws=4000)
    a, b = "subscribers.innovation", "title.completion"
    scaled = {
        name: (outcome.inputs[name] - outcome.inputs[name].mean()) / outcome.inputs[name].std() for name in (a, b)
    }
    found = drivers(outcome, 2 * scaled[a] + scaled[b])
    assert [row["input"] for row in found[:2]] == [a, b]
    for row, share in zip(found, (0.8, 0.2), strict=False):
        assert abs(row["first_order"] - share) < 4 * row["first_order_error"] + 0.01
        assert row["swing"] > 0
    assert all(row["first_order"] < 0.02 for row in found[2:])
    assert len(found) == 12
    assert len(drivers(outcome, scaled[a], most=3)) == 3


def test_a_negative_driver_swings_down():
    outcome = simulate(loads(MEMBERSHIP), draws=500)
    (row,) = drivers(outcome, -outcome.inputs["subscribers.innovation"], most=1)
    assert row["input"] == "subscribers.innovation"
    assert row["swing"] < 0
    assert row["at_p10"] < row["at_p90"]


def test_the_fee_drives_what_the_licensor_has_when_little_else_is_uncertain():
    fixed = {
        "deals.netflix.licensor_cost.amount": 50_000,
        "deals.netflix.withholding_tax": 0.1,
        "discount_rates.youku": 0.12,
    }
    outcome = simulate(loads(MEMBERSHIP, fixed), draws=1000)
    rows = drivers(outcome, targets(outcome)["licensor_npv"])
    assert rows[0]["input"] == "deals.netflix.terms.flat_fee.amount"
    assert rows[0]["first_order"] > 0.9
    assert rows[1]["first_order"] < 0.05


def test_the_fee_drives_neither_floor_nor_ceiling():
    outcome = simulate(loads(LOVED), draws=1000)
    for target in targets(outcome).values():
        shares = {row["input"]: row["first_order"] for row in drivers(outcome, target, most=99)}
        assert shares["deals.netflix.terms.flat_fee.amount"] < 0.05
        assert max(shares.values()) > 0.1


def test_drivers_are_sought_for_what_the_scenario_is_about(flagship):
    found = targets(flagship)
    assert set(found) == {"ceiling", "floor"}
    assert np.mean(found["ceiling"] * flagship["negotiation.licensee_pv_per_fee"]) == pytest.approx(
        flagship["negotiation.licensee_npv_without_fee"].mean()
    )
    assert set(targets(simulate(loads(MEMBERSHIP)))) == {"licensor_npv"}
    unsigned = MEMBERSHIP.partition("\ntitle:")[0]
    members = simulate(loads(unsigned))
    assert targets(members)["members"].tolist() == members["members"].tolist()
    assert targets(simulate(loads(unsigned.partition("\nsubscribers:")[0]))) == {}


CERTAIN = """
audience: {internet_users: 1000, video_share: 50%, annual_growth: 0, monthly_income: 100}
subscribers:
  platform: netflix
  opening: {all: {territories: [world], members: 10}}
  potential: {of: audience, share: 1}
  innovation: 0
  imitation: 0.1
  monthly_churn: 1%
"""


def test_a_scenario_in_which_everything_is_certain_has_no_drivers():
    outcome = simulate(loads(MEMBERSHIP.partition("\naudience:")[0] + CERTAIN))
    assert drivers(outcome, targets(outcome)["members"]) == []


def test_where_no_other_package_is_worth_anything_the_floor_is_set_by_signing_nothing():
    costly = {"deals.video_platform.licensor_cost.amount": "2 million USD"}
    scenario = load(FLAGSHIP, costly | {"packages.station_by_station.deals": ["video_platform"]})
    found = agreement(simulate(scenario, draws=DRAWS))
    assert found.alternative is None
    signed = signed_at(FLAGSHIP, found.zone.floor)["packages.netflix_worldwide.licensor_npv"]
    assert signed.mean() == pytest.approx(0, abs=1e-6 * found.zone.floor)


@pytest.mark.parametrize("schedule", [{"2017-12": 0.2, "2023-06": 0.8}, {"2023-06": 1}])
def test_a_fee_on_the_table_that_falls_due_after_the_horizon_is_refused(schedule):
    with pytest.raises(ScenarioError, match="a fee that is negotiated must fall due within it"):
        load(FLAGSHIP, {"deals.netflix.terms.0.schedule": schedule})
