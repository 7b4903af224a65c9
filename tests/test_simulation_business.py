"""The accounts of the whole platform: recomputed by hand, conserved, the same bytes in blocks of any size."""

import numpy as np
import pytest
from scenarios_for_tests import MEMBERSHIP
from test_simulation_engine import assert_same_bytes, members_by_hand, present, users

from simlib.scenario.histories import series
from simlib.scenario.load import load, loads
from simlib.scenario.question_checks import outputs
from simlib.simulation.engine import simulate

LINES = """
  revenue:
    member_payment:
      {amount: {by_territory: {TWN: {growth: {start: 8, annual: 4%}}, default: 10}}, currency: USD, per: subscriber_month}
    content_marketing:
      {amount: {by_territory: {USA: 0.5, default: {uniform: {low: 0.1, high: 0.3}}}}, currency: USD, per: viewer_month}
    sublicensing: {amount: {ramp: {from: 2 million, to: 3 million, start: 2018-01, months: 6}}, currency: USD, per: month}
    derivatives: 0.001 USD per hour
  costs:
    content: {amount: {lognormal: {p10: 80 thousand, p90: 320 thousand}}, currency: USD}
    bandwidth: {amount: 0.01, currency: USD, per: hour}
    marketing: {amount: 5, currency: USD, per: gross_add}
    sales_tax: {of_revenue: {uniform: {low: 5%, high: 8%}}}
    other: 2400 USD
  accounts:
    viewers: {by_territory: {TWN: 45%, default: {uniform: {low: 50%, high: 70%}}}}
    monthly_hours_per_viewer: 7
    monthly_hours_per_member: {by_territory: {TWN: 20, default: 31}}
    content:
      monthly_spend:
        {amount: {growth: {start: {uniform: {low: 450 million, high: 800 million}}, annual: 30%}}, currency: USD, per: month}
      amortisation: {scale_months: {uniform: {low: 3, high: 6}}, tail: 1.2}
      opening: {balance: 2 billion USD, age_months: 5}
discount_rates"""
WHOLE = MEMBERSHIP.partition("\n  revenue:")[0] + LINES + MEMBERSHIP.partition("\ndiscount_rates")[2]
MARKET = ("TWN", "USA", "DEU")


@pytest.fixture(scope="module")
def outcome():
    return simulate(loads(WHOLE))


def by_hand(x):
    """Revenue, costs but for content, and content spend of every month, one draw of WHOLE."""
    found = members_by_hand(x)
    revenue, costs, of_members = np.zeros(12), np.zeros(12), np.zeros(12)
    tax = x["platform.costs.sales_tax.of_revenue"]
    people, audiences = np.zeros(12), np.zeros(12)
    for code in MARKET:
        path, joined, _ = found[code, False]
        first = {"TWN": x["subscribers.opening.home.members"]}.get(code)
        first = opening_abroad(x, code) if first is None else first
        growth = 0.06 if code == "TWN" else x["audience.annual_growth.default"]
        base = users(code) * x["audience.video_share"]
        share = 0.45 if code == "TWN" else x["platform.accounts.viewers.default"]
        advert = 0.5 if code == "USA" else x["platform.revenue.content_marketing.default"]
        for month in range(12):
            members = ((path[month - 1] if month else first) + path[month]) / 2
            audience = base * ((1 + growth) ** (month / 12) + (1 + growth) ** ((month + 1) / 12)) / 2
            viewers = max(share * audience, members)
            hours = (viewers - members) * 7 + members * (20 if code == "TWN" else 31)
            price = 8 * 1.04 ** (month / 12) if code == "TWN" else 10
            revenue[month] += price * members + advert * viewers + 0.001 * hours
            costs[month] += 0.01 * hours + 5 * joined[month]
            more = members * ((20 if code == "TWN" else 31) - 7)
            of_members[month] += (price * members + 0.001 * more) * (1 - tax) - 0.01 * more - 5 * joined[month]
            people[month] += members
            audiences[month] += audience
    for month in range(12):
        revenue[month] += 2e6 + 1e6 * min(max(month - 2, 0) / 6, 1)
    costs += revenue * tax
    spend = x["platform.accounts.content.monthly_spend.start"] * 1.3 ** (np.arange(12) / 12)
    return revenue, costs, spend, of_members, people, audiences


def opening_abroad(x, code):
    """Members at the start, which `members_by_hand` keeps to itself: from the first month's flow backwards."""
    path, joined, _ = members_by_hand(x)[code, False]
    churn = x["subscribers.monthly_churn.default"]
    return (path[0] - joined[0]) / (1 - churn)


def test_revenue_costs_and_what_content_is_paid_are_those_by_hand(outcome):
    for which in (0, 11, 39):
        x = {name: float(draws[which]) for name, draws in outcome.inputs.items()}
        revenue, costs, spend, of_members, people, audience = by_hand(x)
        path = {name: series.values[:, which] for name, series in outcome.paths.items()}
        assert path["platform.revenue"].tolist() == pytest.approx(revenue, rel=1e-9)
        without = path["platform.costs"] - path["platform.costs.content"]
        assert without.tolist() == pytest.approx(costs, rel=1e-9)
        assert path["platform.content_spend"].tolist() == pytest.approx(spend, rel=1e-9)
        cash = revenue - costs - spend
        assert path["platform.cash"].tolist() == pytest.approx(np.cumsum(cash), rel=1e-8)
        assert outcome["platform.npv"][which] == pytest.approx(present(cash, 0.08), rel=1e-8)
        profit = outcome["platform.profit_last_year"][which]
        assert profit == pytest.approx(path["platform.profit"].sum(), rel=1e-12)
        assert outcome["platform.paying_ratio"][which] == pytest.approx(people.sum() / audience.sum(), rel=1e-9)
        needed = (people.mean() - profit / of_members.sum() * people.mean()) / audience.mean()
        assert outcome["platform.paying_ratio_needed"][which] == pytest.approx(max(needed, 0), rel=1e-9)


def test_lines_sum_to_revenue_and_costs_and_cash_differs_from_profit_by_content_alone(outcome):
    path = {name: series.values for name, series in outcome.paths.items()}
    for side in ("revenue", "costs"):
        lines = [values for name, values in path.items() if name.startswith(f"platform.{side}.")]
        np.testing.assert_allclose(sum(lines), path[f"platform.{side}"], rtol=1e-14)
    profit, cash = path["platform.profit"], np.diff(path["platform.cash"], axis=0, prepend=0)
    np.testing.assert_allclose(path["platform.revenue"] - path["platform.costs"], profit, rtol=1e-12, atol=1e-3)
    content = path["platform.costs.content"] - path["platform.content_spend"]
    np.testing.assert_allclose(cash - profit, content, rtol=1e-9, atol=1)
    before = np.concatenate([np.full_like(cash[:1], 2e9), path["platform.library"][:-1]])
    np.testing.assert_allclose(before - content, path["platform.library"], rtol=1e-12)


@pytest.mark.parametrize("line", ["2 USD per subscriber_month", "{of_revenue: 20%}", "9 million USD per month"])
def test_content_that_is_paid_as_it_is_viewed_costs_cash_as_it_costs_profit(line, outcome):
    """Royalties by member, of revenue or by month: both profit and cash have that much less, the library is as it was."""
    text = WHOLE.replace("{amount: {lognormal: {p10: 80 thousand, p90: 320 thousand}}, currency: USD}", line)
    dearer, plain = (
        {name: path.values for name, path in found.paths.items()} for found in (simulate(loads(text)), outcome)
    )
    more = dearer["platform.costs"] - plain["platform.costs"]
    assert more.min() > 8e6
    np.testing.assert_allclose(np.cumsum(more, axis=0), plain["platform.cash"] - dearer["platform.cash"], rtol=1e-6)
    np.testing.assert_array_equal(dearer["platform.library"], plain["platform.library"])


BELOW = """
    interest: {amount: {ramp: {from: 9 million, to: 30 million, start: 2018-01, months: 6}}, currency: USD, per: month}
    tax_on_profit: {uniform: {low: 10%, high: 40%}}
discount_rates"""
NET = WHOLE.replace("\ndiscount_rates", BELOW).replace("high: 800 million", "high: 1600 million")


@pytest.fixture(scope="module")
def net():
    return simulate(loads(NET))


def test_interest_and_tax_take_their_share_and_net_income_is_what_they_leave(net):
    """Tax by a loop over the losses still to be made up for; some draws lose, some do not."""
    path = {name: series.values for name, series in net.paths.items()}
    months = np.minimum(np.maximum(np.arange(12) - 2, 0) / 6, 1)
    np.testing.assert_allclose(path["platform.interest"], np.tile((9e6 + 21e6 * months)[:, None], net.draws))
    rates = net.inputs["platform.accounts.tax_on_profit"]
    before = path["platform.profit"] - path["platform.interest"]
    assert (before < 0).any()
    assert (before > 0).any()
    for draw in range(net.draws):
        loss = 0.0
        for month, profit in enumerate(before[:, draw]):
            tax = rates[draw] * max(profit - loss, 0)
            loss = max(loss - profit, 0)
            assert path["platform.tax_on_profit"][month, draw] == pytest.approx(tax, rel=1e-9, abs=1)
    left = before - path["platform.tax_on_profit"]
    np.testing.assert_allclose(path["platform.net_income"], left, rtol=1e-12, atol=1e-3)
    np.testing.assert_allclose(net["platform.net_income_last_year"], left.sum(axis=0), rtol=1e-9, atol=1)


def test_what_comes_in_goes_to_costs_interest_and_tax_or_stays_as_cash(net):
    path = {name: series.values for name, series in net.paths.items()}
    cash = np.diff(path["platform.cash"], axis=0, prepend=0)
    paid = path["platform.costs"] - path["platform.costs.content"] + path["platform.content_spend"]
    out = paid + path["platform.interest"] + path["platform.tax_on_profit"]
    np.testing.assert_allclose(path["platform.revenue"] - out, cash, rtol=1e-9, atol=1)


def test_without_interest_and_tax_nothing_else_changes(net):
    plain = simulate(loads(NET.replace(BELOW, "\ndiscount_rates")))
    for name, path in plain.paths.items():
        if name != "platform.cash":
            np.testing.assert_array_equal(path.values, net.paths[name].values)
    free = {"platform.accounts.interest": "0 USD per month", "platform.accounts.tax_on_profit": 0}
    nothing = simulate(loads(NET, free))
    np.testing.assert_array_equal(nothing.paths["platform.net_income"].values, plain.paths["platform.profit"].values)
    np.testing.assert_array_equal(nothing["platform.npv"], plain["platform.npv"])


@pytest.mark.parametrize("name", ["interest", "tax_on_profit"])
def test_interest_or_tax_alone_is_enough_for_net_income(name):
    other = {"interest": "tax_on_profit: {", "tax_on_profit": "interest: {"}[name]
    alone = loads("\n".join(line for line in NET.splitlines() if other not in line))
    found = simulate(alone, draws=8)
    assert set(outputs(alone)) == found.outputs.keys()
    assert "platform.net_income" in series(alone)
    left = found.paths["platform.net_income"].values
    taken = found.paths[f"platform.{name}"].values
    np.testing.assert_allclose(found.paths["platform.profit"].values - left, taken, atol=1e-3)


@pytest.mark.parametrize("text", [WHOLE, NET])
def test_the_accounts_are_the_same_bytes_in_blocks_of_any_size(text):
    whole = simulate(loads(text))
    for block in (2, 7, 39):
        assert_same_bytes(whole, simulate(loads(text), block=block))


def test_accounts_change_nothing_of_what_a_title_adds_but_for_lines_that_move_with_it(outcome):
    """Of the lines here a title moves payments, hours, gross adds and the tax on what it brings."""
    taxed = WHOLE.partition("  accounts:")[0] + "discount_rates" + WHOLE.partition("\ndiscount_rates")[2]
    own = taxed.replace("per: viewer_month", "per: hour").replace("per: month", "per: hour")
    quiet = {"platform.revenue.content_marketing": "0 USD", "platform.revenue.sublicensing": "0 USD"}
    alone = simulate(loads(own, quiet))
    np.testing.assert_array_equal(alone["deals.netflix.licensee_npv"], outcome["deals.netflix.licensee_npv"])


def test_a_share_of_revenue_takes_its_share_of_what_a_title_brings():
    """Without other costs, half of all revenue as tax leaves half of what the title adds before its fee."""
    free = {"deals.netflix.terms.flat_fee.amount": "0 USD per episode", "platform.costs.content": "0 USD"}
    free |= {f"platform.costs.{line}": "0 USD per hour" for line in ("bandwidth", "marketing")}
    free |= {"platform.costs.other": "0 USD"}
    untaxed = simulate(loads(MEMBERSHIP, free))
    taxed = simulate(loads(MEMBERSHIP.replace("  costs:\n", "  costs:\n    sales_tax: {of_revenue: 50%}\n"), free))
    name = "deals.netflix.licensee_npv"
    np.testing.assert_allclose(taxed[name], untaxed[name] / 2, rtol=1e-9)
    added = [outcome.by_territory["deals.netflix.contribution"].values for outcome in (taxed, untaxed)]
    np.testing.assert_allclose(added[0], added[1] / 2, rtol=1e-9)


def test_months_and_quarters_agree_on_the_accounts_to_the_order_of_the_step():
    text = WHOLE.replace("2017-11, periods: 12", "2018-01, periods: 24")
    quarter = simulate(loads(text, {"horizon.step": "quarter", "horizon.periods": 8}))
    month = simulate(loads(text))
    for name in ("revenue", "costs", "costs.content", "content_spend"):
        fine, coarse = (found.paths[f"platform.{name}"].values.sum(axis=0).mean() for found in (month, quarter))
        assert coarse == pytest.approx(fine, rel=0.03), name  # growth of 30 % a year is a month behind: 2.2 %


@pytest.mark.parametrize("text", [WHOLE, None])
def test_every_result_and_series_of_the_accounts_is_known_beforehand(text, outcome):
    scenario = loads(WHOLE) if text else load("tests/broken/whole.yml")
    found = outcome if text else simulate(scenario)
    assert set(outputs(scenario)) == found.outputs.keys()
    assert set(series(scenario)) == {
        name for name in found.paths if name.partition(".")[0] not in ("deals", "packages")
    }


def test_a_platform_is_in_profit_in_the_last_year_exactly_where_it_has_broken_even(outcome):
    cheap = simulate(loads(WHOLE, {"platform.accounts.content.monthly_spend": "100 million USD per month"}))
    for found in (outcome, cheap):
        np.testing.assert_array_equal(found["platform.in_profit"] == 1, np.isfinite(found["platform.break_even"]))
        np.testing.assert_array_equal(found["platform.in_profit"] == 1, found["platform.profit_last_year"] >= 0)
    assert outcome["platform.in_profit"].mean() < 1
    assert cheap["platform.in_profit"].mean() == 1
    np.testing.assert_allclose(cheap["platform.break_even"], 2017 + 10 / 12 + 1)  # a year after the start
