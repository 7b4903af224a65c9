"""One drama bought, produced together, or made as an original: who bears the cost, who has the margin."""

from pathlib import Path

import numpy as np
import pytest

from simlib.data import read, territories
from simlib.decide.compare import agreement
from simlib.models.cash import discount_factors
from simlib.scenario.load import load
from simlib.simulation.engine import simulate

STORY = Path(__file__).parents[1] / "scenarios" / "buy-coproduce-original.yml"
EPISODES = 40
SPENT = {2: 0.20, 5: 0.40, 8: 0.25, 11: 0.15}  # month after January 2018: share of the cost
OVERSEAS_OPENS, OVERSEAS_COST = 14, 600_000


@pytest.fixture(scope="module")
def story():
    return simulate(load(STORY), draws=3000)


def paid(outcome, package, payer, payee, clause):
    """Mean cash under one clause of a package."""
    flows = outcome.flows_of(package)
    return sum(flow.mean.sum() for flow in flows if (flow.payer, flow.payee, flow.clause) == (payer, payee, clause))


def fact(metric):
    return next(float(row["value"]) for row in read("licence_deals") if row["metric"] == metric)


def test_an_original_leaves_the_studio_its_margin_whatever_the_drama_does(story):
    """In every draw: markup × cost, discounted as it is spent, less what selling it abroad costs; receipts pass through."""
    cost = story.inputs["title.production.cost"] * EPISODES
    discount = discount_factors(story.inputs["discount_rates.studio"], len(story.periods), 1 / 12)
    margin = story.inputs["deals.original.terms.cost_plus.markup"] * cost
    expected = margin * sum(share * discount[month] for month, share in SPENT.items())
    expected = expected - OVERSEAS_COST * discount[OVERSEAS_OPENS]
    np.testing.assert_allclose(story["packages.original.licensor_npv"], expected, rtol=1e-9)
    assert abs(np.corrcoef(expected, story.inputs["title.hit"])[0, 1]) < 0.05


def test_a_network_licence_covers_sixty_to_seventy_per_cent_of_the_cost(story):
    covered = 1 + story.inputs["deals.licence.terms.cost_plus.markup"]
    assert fact("fee_as_share_of_cost_low") <= covered.min()
    assert covered.max() <= fact("fee_as_share_of_cost_high")
    licence = paid(story, "bought", "iqiyi", "studio", "cost_plus")
    cost = paid(story, "bought", "studio", "suppliers", "production_cost")
    assert licence / cost == pytest.approx(0.65, abs=0.005)


def test_an_original_pays_the_cost_and_ten_to_thirty_per_cent(story):
    markup = story.inputs["deals.original.terms.cost_plus.markup"]
    assert fact("premium_over_cost_low") <= markup.min()
    assert markup.max() <= fact("premium_over_cost")


def test_the_same_drama_costs_the_same_three_ways(story):
    cost = story.inputs["title.production.cost"].mean() * EPISODES
    for package in ("bought", "produced_together", "original"):
        shares = [paid(story, package, party, "suppliers", "production_cost") for party in ("studio", "iqiyi")]
        assert sum(shares) == pytest.approx(cost, rel=1e-9), package
    assert shares[1] == 0


def test_the_less_of_the_risk_the_studio_bears_the_narrower_is_what_it_may_earn(story):
    spread = {name: np.ptp(np.quantile(story[f"packages.{name}.licensor_npv"], [0.1, 0.9])) for name in PACKAGES}
    assert spread["original"] < spread["bought"] < spread["produced_together"]
    assert np.mean(story["packages.original.licensor_npv"] > 0) > 0.999
    assert 0.1 < np.mean(story["packages.bought.licensor_npv"] < 0) < 0.7


PACKAGES = ("bought", "produced_together", "original")


def test_the_platform_recoups_no_more_than_half_of_what_it_put_in(story):
    recouped = paid(story, "produced_together", "studio", "iqiyi", "recoupment")
    put_in = paid(story, "produced_together", "iqiyi", "suppliers", "production_cost")
    assert 0 < recouped <= 0.5 * put_in


def test_at_the_floor_the_studio_is_as_well_off_as_with_its_best_other_contract(story):
    """The fee is set by hand and the whole scenario run again: positions that share in other deals leave it linear."""
    found = agreement(story)
    fee = {"deals.coproduction.terms.0.amount": found.zone.floor}
    again = simulate(load(STORY, overrides=fee), draws=3000)
    at_floor = again["packages.produced_together.licensor_npv"].mean()
    assert at_floor == pytest.approx(story[f"packages.{found.alternative}.licensor_npv"].mean(), rel=1e-6)


def test_members_grow_in_the_first_year_as_in_the_last_one_known(story):
    rows = {row["period_end"]: float(row["value"]) for row in read("china_online_video") if is_of_iqiyi(row)}
    before = rows["2017-12-31"] - rows["2016-12-31"]
    first_year = np.median(story.paths["members"].values[11]) / 1e6 - rows["2017-12-31"]
    assert first_year == pytest.approx(before, rel=0.2)


def is_of_iqiyi(row):
    return (row["entity"], row["metric"], row["period"]) == ("iQIYI", "subscribing_members", "period end")


def test_a_member_pays_what_membership_brought_in_2017_over_its_members(story):
    """6,536 million CNY over 30.2 million at the year's beginning and 50.8 at its end."""
    start = story.scenario.platform.revenue.member_payment.value.amount.growth.start
    assert start == pytest.approx(6536.028 / ((30.2 + 50.8) / 2) / 12, abs=0.005)


def test_incomes_are_those_of_2017_in_the_currency_of_prices(story):
    """The facts are in USD, prices here in CNY: 6.75 to the dollar on average in 2017."""
    given = story.scenario.audience.monthly_income.value.by_territory
    assert set(given) == set(story.territories)
    for code, income in given.items():
        place = territories()[code]
        assert income == pytest.approx(6.75 * place.gdp_usd / place.population / 12, rel=0.005), code
