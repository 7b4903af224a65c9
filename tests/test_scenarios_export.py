"""Two dramas sold abroad in 2015: one station by station, one cut for a platform."""

from pathlib import Path

import numpy as np
import pytest

from simlib.data import read
from simlib.decide.compare import agreement, packages
from simlib.scenario.load import load
from simlib.simulation.engine import simulate

SCENARIOS = Path(__file__).parents[1] / "scenarios"
DRAWS = 4000
GUARANTEED = {"flat_fee", "minimum_guarantee"}


@pytest.fixture(scope="module")
def stations():
    return simulate(load(SCENARIOS / "station-network-export.yml"), draws=DRAWS)


@pytest.fixture(scope="module")
def empresses():
    return simulate(load(SCENARIOS / "empresses-in-the-palace.yml"), draws=DRAWS)


def received(outcome, package, clauses=None):
    """Mean cash that the licensor receives under a package's deals."""
    flows = [flow for flow in outcome.flows_of(package) if flow.payee == "producer"]
    return sum(flow.mean.sum() for flow in flows if clauses is None or flow.clause in clauses)


def test_what_the_stations_guarantee_together_is_some_ten_thousand_dollars_an_episode(stations):
    """Several ten thousand USD, very high for a Chinese drama (Tencent Entertainment in NBD, 2016-06-08)."""
    assert 10_000 < received(stations, "through_an_agent", GUARANTEED) / 54 < 40_000


def test_every_station_gains_on_average_by_what_is_asked_of_it(stations):
    for deal in stations.scenario.packages["through_an_agent"].deals:
        worth = stations[f"deals.{deal}.licensee_npv"]
        assert worth.mean() > -2 * worth.std() / DRAWS**0.5, deal


def test_the_sales_agent_has_a_quarter_of_all_that_the_stations_pay(stations):
    commission = sum(flow.mean.sum() for flow in stations.flows_of("through_an_agent") if flow.payee == "sales_agent")
    assert commission == pytest.approx(0.25 * received(stations, "through_an_agent"))


def test_the_sales_team_is_paid_in_full_before_the_producer_and_then_nothing(stations):
    flows = [flow for flow in stations.flows_of("by_itself") if flow.payee == "sales_team"]
    assert sum(flow.mean.sum() for flow in flows) == pytest.approx(60_000)


def test_one_account_for_singapore_and_malaysia_brings_the_producer_no_more_than_two(stations):
    overage = [flow for flow in stations.flows if (flow.payee, flow.clause) == ("producer", "revenue_share")]
    pooled = {flow.deal: flow.mean.sum() for flow in overage if flow.package == "through_an_agent"}
    assert set(pooled) == {"singapore", "malaysia"}
    apart = {flow.deal: flow.mean.sum() for flow in overage if flow.package is None}
    assert 0 < sum(pooled.values()) < sum(apart[deal] for deal in pooled)


def test_no_platform_could_pay_in_2015_what_the_stations_paid_together(stations):
    found = agreement(stations)
    assert not found.zone.exists
    assert found.alternative == "through_an_agent"
    assert packages(stations)[0].name == "through_an_agent"


def test_the_cut_is_nine_hours_of_fifty_seven(empresses):
    assert empresses.scenario.title.hours.value == 6 * 90 / 60
    assert 76 * 45 / 60 == 57
    assert empresses.territories == ("USA",)


def test_members_in_the_united_states_grow_as_in_the_two_years_before(empresses):
    rows = {row["period_end"]: float(row["value"]) for row in read("netflix_members") if is_paid_in_the_states(row)}
    before = (rows["2014-12-31"] - rows["2012-12-31"]) / 2
    first_year = np.median(empresses.paths["members"].values[11]) / 1e6 - rows["2014-12-31"]
    assert empresses.scenario.subscribers.opening["united_states"].members.value == rows["2014-12-31"] * 1e6
    assert first_year == pytest.approx(before, rel=0.2)


def is_paid_in_the_states(row):
    return (row["metric"], row["region"]) == ("paid_memberships", "US")


def test_an_hour_of_the_cut_is_worth_to_netflix_about_what_it_spent_on_an_hour_there(empresses):
    """433 million USD of content amortised in the United States in 2014Q3, 37.2 million members of 45 hours a month."""
    spent = 433.266e6 / (37.219e6 * 45 * 3)
    worth = empresses.by_territory["deals.netflix.contribution"].values.sum() / empresses["deals.netflix.hours"].mean()
    assert spent / 2 < worth < spent * 2


def test_the_fee_for_the_cut_must_first_bring_back_what_cutting_cost(empresses):
    found = agreement(empresses)
    cost = empresses.inputs["deals.netflix.licensor_cost.amount"].mean()
    assert found.alternative is None
    assert found.zone.floor > cost
