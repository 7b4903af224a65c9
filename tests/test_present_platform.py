"""What the page says and shows of a platform's accounts, worked out again from the outcome's raw arrays."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from simlib.cli import cli
from simlib.decide.compare import correlated
from simlib.decide.difference import compared
from simlib.present import business, captions, change, decision, platform, register, spans, tables, versus, words
from simlib.present.convert import sections
from simlib.present.execute import executed
from simlib.present.findings import findings
from simlib.scenario.load import load
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Output

ROOT = Path(__file__).parents[1]
IQIYI = ROOT / "scenarios" / "iqiyi.yml"
NETFLIX = ROOT / "scenarios" / "netflix-2017q3.yml"


@pytest.fixture(scope="module")
def outcome():
    return simulate(load(IQIYI), draws=800)


@pytest.fixture(scope="module")
def deal():
    return simulate(load(ROOT / "scenarios" / "day-and-night.yml"), draws=64)


@pytest.fixture(scope="module")
def netflix():
    return simulate(load(NETFLIX), draws=400)


def planted(outcome, **draws):
    """The same outcome with other draws of some results of the accounts."""
    changed = {
        f"platform.{name}": replace(outcome.outputs[f"platform.{name}"], values=np.broadcast_to(values, outcome.draws))
        for name, values in draws.items()
    }
    return replace(outcome, outputs={**outcome.outputs, **changed})


def some(outcome, *values):
    """As many draws as an outcome has: the values over and over again."""
    return np.resize(np.array(values, dtype=float), outcome.draws)


# Tables


def test_a_flow_is_told_by_year_and_stands_at_its_year(outcome):
    table = tables.a_year(outcome, "platform.revenue")
    values = outcome.paths["platform.revenue"].values
    assert table["at"].tolist() == list(range(2015, 2026))
    for year, row in enumerate(table.itertuples()):
        draws = values[4 * year : 4 * year + 4].sum(axis=0)
        assert row.p50 == pytest.approx(np.median(draws))
        assert row.mean == pytest.approx(draws.mean())
    ends = tables.fans(outcome, "platform.revenue")["at"]
    assert ends.tolist() == pytest.approx(list(range(2016, 2027)))


def test_what_stands_at_a_periods_end_is_told_by_period(outcome):
    for name in ("platform.cash", "platform.library", "members"):
        assert len(tables.fans(outcome, name)) == 44


def test_years_that_the_horizon_cuts_are_left_out():
    cut = simulate(load(IQIYI, {"horizon.start": "2015-04", "horizon.periods": 9}), draws=8)
    assert tables.a_year(cut, "platform.profit")["at"].tolist() == [2016]
    monthly = simulate(load(IQIYI, {"horizon.step": "month", "horizon.periods": 30}), draws=8)
    assert tables.a_year(monthly, "platform.profit")["at"].tolist() == [2015, 2016]
    yearly = simulate(load(IQIYI, {"horizon.step": "year", "horizon.periods": 3}), draws=8)
    assert tables.a_year(yearly, "platform.profit")["at"].tolist() == [2015, 2016, 2017]


def test_a_flow_beside_quarterly_figures_is_told_by_quarter():
    beside = {"table": "china", "metric": "total_revenue", "which": {"entity": "iQIYI", "period": "quarter"}}
    quarterly = simulate(load(IQIYI, {"histories": {"platform.revenue": beside}}), draws=8)
    table = tables.fans(quarterly, "platform.revenue")
    assert len(table) == 44
    seen = tables.against(quarterly, "platform.revenue")
    assert seen.period.tolist() == ["2018-12", "2019-06", "2021-06"]
    by_end = table.set_index(table["at"].round(4)).p50
    assert seen.p50.tolist() == pytest.approx([by_end[at] for at in (2019.0, 2019.5, 2021.5)])


def test_flows_of_one_platform_are_told_by_one_period(netflix, outcome):
    """By quarter where any history of its accounts is, and where no whole year lies within the horizon."""
    assert (spans.each(netflix), spans.each(outcome)) == ("quarter", "year")
    for name in ("platform.revenue", "platform.costs", "platform.costs.content", "platform.tax_on_profit"):
        assert tables.fans(netflix, name).empty == (name not in netflix.paths)
        periods, ends, values = spans.summed(netflix, name)
        assert periods == ["2016-10", "2017-01", "2017-04", "2017-07"]
        assert ends.tolist() == [2017.0, 2017.25, 2017.5, 2017.75]
        np.testing.assert_array_equal(values, netflix.paths[name].values)
    assert set(tables.lines(netflix).each) == {"quarter"}
    without = simulate(load(NETFLIX, {"histories": {}}), draws=8)
    assert spans.each(without) == "quarter"
    monthly = {"horizon.step": "month", "horizon.periods": 13, "histories": {}}
    by_month = simulate(load(NETFLIX, monthly), draws=8)
    periods, _, values = spans.summed(by_month, "platform.revenue")
    assert periods == ["2016-10", "2017-01", "2017-04", "2017-07"]
    by_hand = by_month.paths["platform.revenue"].values[:12].reshape(4, 3, -1).sum(axis=1)
    np.testing.assert_allclose(values, by_hand, rtol=1e-14)
    longer = simulate(load(NETFLIX, {"horizon.periods": 5, "histories": {}}), draws=8)
    assert spans.each(longer) == "year"  # 2017 lies within
    beside = {"platform.revenue": {"table": "netflix", "metric": "revenue", "which": {"region": "total"}}}
    one = simulate(load(NETFLIX, {"horizon.periods": 5, "histories": beside}), draws=8)
    assert set(tables.totals(one).period) == {"2016-10", "2017-01", "2017-04", "2017-07", "2017-10"}
    assert spans.spanned(one, "platform.costs") == 3
    assert spans.spanned(one, "members") == 12


def test_figures_are_known_up_to_the_month_that_the_horizon_says(outcome):
    past = tables.past(outcome, "platform.profit").set_index("at")
    assert past.known.tolist() == [True] * 3 + [False] * 6
    assert past.value[2023.0] == 1.95e9
    early = simulate(load(IQIYI, {"horizon.known_until": "2017-11"}), draws=8)
    assert tables.past(early, "platform.profit").known.sum() == 2


def test_lines_are_all_there_and_their_means_sum_to_the_total(outcome):
    table = tables.lines(outcome)
    means = table.groupby(["side", "at"])["mean"].sum()
    total = tables.totals(outcome)
    for side in ("revenue", "costs"):
        whole = total[total.series == f"platform.{side}"].set_index("at")["mean"]
        np.testing.assert_allclose(means[side], whole, rtol=1e-12)


def test_costs_that_grow_faster_are_counted_draw_by_draw(outcome):
    table = tables.faster(outcome).set_index("year")
    revenue, costs = (outcome.paths[f"platform.{side}"].values for side in ("revenue", "costs"))
    grown = [side[4:8].sum(axis=0) - side[:4].sum(axis=0) for side in (revenue, costs)]
    assert table.faster[2016] == pytest.approx(np.mean(grown[1] > grown[0]))
    assert table.revenue[2016] == pytest.approx(np.median(grown[0]))
    shares = [more / side[:4].sum(axis=0) for more, side in zip(grown, (revenue, costs), strict=True)]
    assert table.costs_share[2016] == pytest.approx(np.median(shares[1]))


def test_the_chance_of_profit_by_a_date_never_falls_and_ends_at_its_share(outcome):
    curve = tables.chances(outcome)
    assert curve["at"].iloc[0] == 2016
    assert (curve.probability.diff().dropna() >= 0).all()
    assert curve.probability.iloc[-1] == pytest.approx(outcome["platform.in_profit"].mean())


def test_the_first_profit_is_the_year_after_the_last_loss(outcome):
    half = planted(outcome, break_even=some(outcome, 2022.5, 2024.5, np.nan, 2021.0))
    first = tables.first_profit(half).iloc[0]
    assert first["at"] == 2024
    assert first.probability == 0.5
    none = {"platform.profit": {"table": "china", "metric": "operating_loss", "which": {"entity": "iQIYI"}}}
    assert tables.first_profit(simulate(load(IQIYI, {"histories": none}), draws=8)).empty


def test_a_first_profit_by_the_quarter_came_in_the_year_of_that_quarter(netflix, monkeypatch):
    curve = pd.DataFrame({"at": [2018.0, 2019.0], "probability": [0.0, 0.0]})
    monkeypatch.setattr(platform.tables, "chances", lambda _: curve)
    for quarter, year in ((2013.25, 2013), (2013.5, 2013), (2013.75, 2013), (2014.0, 2013)):
        first = pd.DataFrame({"at": [quarter], "value": [1.0], "known": [True], "probability": [0.0]})
        monkeypatch.setattr(platform.tables, "first_profit", lambda _, first=first: first)
        assert f"The first profit came in {year}, by" in platform.chances(netflix)


def test_a_driver_that_goes_along_with_others_is_told_with_them(netflix, outcome):
    """Near the P10 of what a fit correlates its companions are elsewhere too: the difference is not its own doing alone."""
    for found in (netflix, outcome):
        top = findings(found).drivers[findings(found).main_target][0]["input"]
        assert ("with the numbers correlated with it" in change.what_would_change(found)) == (top in correlated(found))
    assert "subscribers.potential.share.default" in correlated(netflix)


def test_what_interest_and_tax_leave_of_a_loss_is_no_part_of_it(netflix):
    said = business.decided(planted(netflix, profit_last_year=-2e9, net_income_last_year=-3e9), "September 2017")[1]
    assert "brings a loss of USD 2 billion" in said.replace("\u202f", " ")
    assert ", \u2212USD 3 billion after interest and tax" in said.replace("\u202f", " ")
    said = business.decided(planted(netflix, profit_last_year=2e9, net_income_last_year=1e9), "September 2017")[1]
    assert ", of which USD 1 billion is left after interest and tax" in said.replace("\u202f", " ")


def test_a_scenario_without_accounts_has_none_of_their_tables(deal):
    for table in (tables.faster, tables.chances, tables.paying):
        assert table(deal).empty, table
    for table in (tables.totals, tables.lines):
        assert table(deal).empty, table
    assert tables.past(deal, "platform").empty
    for said in (platform.lines, platform.totals, platform.profit, platform.chances, platform.paying):
        assert said(deal) == ""
    assert business.decided(deal, "November 2022") == []


# Sentences


def test_the_decision_tells_when_how_sure_how_many_must_pay_and_what_would_change_it(outcome):
    said = decision.decision(outcome)
    assert len(said) == 4
    dates = outcome["platform.break_even"]
    comes = dates[np.isfinite(dates)]
    assert f"by the end of December 2025 in {words.chance(comes.size / dates.size)} of draws" in said[0]
    assert f"from {words.date(np.median(comes))} on" in said[0]
    low, high = np.quantile(comes, (0.1, 0.9))
    assert f"(P10 to P90: {words.date(low)} to {words.date(high)})" in said[0]
    profit = outcome["platform.profit_last_year"]
    assert f"a {'profit' if profit.mean() >= 0 else 'loss'} of " in said[1]
    assert words.span(*np.quantile(profit, (0.1, 0.9)), "CNY") in said[1]
    needed, has = outcome["platform.paying_ratio_needed"], outcome["platform.paying_ratio"]
    assert f"{words.percent(np.nanmedian(needed))} of the audience would have to be members" in said[2]
    assert f"{words.percent(np.median(has))} are" in said[2]
    assert said[3] == change.what_would_change(outcome)


def test_over_a_year_the_decision_tells_of_its_last_quarter_and_of_what_is_left(netflix):
    said = decision.decision(netflix)
    for name, label in (("revenue", "revenue"), ("net_income", "net income")):
        draws = netflix.paths[f"platform.{name}"].values[-1]
        low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9))
        told = f"{label} of {words.money(middle, 'USD', digits=3)} (P10 to P90: {words.span(low, high, 'USD')})"
        assert told in said[0]
    assert said[0].startswith("In the quarter from July 2017 Netflix has ")
    left = netflix["platform.net_income_last_year"]
    error = left.std(ddof=1) / left.size**0.5
    assert f"of which {words.money(left.mean(), 'USD', error)} is left after interest and tax" in said[1]
    assert said[2].startswith("Netflix has ")
    without = {"platform.accounts.interest": None, "platform.accounts.tax_on_profit": None, "histories": {}}
    plain = simulate(load(NETFLIX, without), draws=50)
    first, second = decision.decision(plain)[:2]
    assert " and profit of " in first
    assert "is left" not in second


def test_captions_of_quarters_tell_of_quarters(netflix):
    assert "source of revenue in the last quarter" in platform.lines(netflix)
    fans = {
        name: tables.a_year(netflix, f"platform.{name}").p50 for name in ("revenue", "costs", "net_income", "interest")
    }
    ends = [words.money(fans["costs"].iloc[at], "USD") for at in (0, -1)]
    assert f"costs from {ends[0]} to {ends[1]}" in platform.totals(netflix)
    worst = tables.a_year(netflix, "platform.profit")
    assert f"the worst quarter is that from {words.month(worst.period[worst.p50.idxmin()])}" in platform.profit(netflix)
    said = platform.net_income(netflix)
    assert f"interest takes {words.money(fans['interest'].iloc[-1], 'USD')}" in said
    assert f"{words.money(fans['net_income'].iloc[-1], 'USD')} is left" in said
    assert f"{int(tables.against(netflix, 'platform.net_income').inside.sum())} of 4 lie in the light band" in said


def test_a_horizon_of_one_year_has_no_dates_to_choose_between(netflix, outcome):
    assert tables.chances(netflix).empty
    assert platform.chances(netflix) == ""
    assert tables.faster(netflix).empty
    assert platform.net_income(outcome) == ""


def test_the_decision_says_so_where_break_even_never_comes_and_where_it_always_does(outcome):
    never = planted(outcome, break_even=np.nan, in_profit=0.0)
    assert decision.decision(never)[0] == "iQIYI does not break even by the end of December 2025 in any draw."
    always = planted(outcome, break_even=some(outcome, 2019.0, 2021.0), in_profit=1.0)
    said = decision.decision(always)[0]
    assert "in 100\u202f% of draws, at the median from" in said
    assert "where it is" not in said


def test_the_decision_says_so_where_no_number_of_members_would_do(outcome):
    none = planted(outcome, paying_ratio_needed=np.nan)
    assert decision.decision(none)[2].startswith("No number of members would make that year break even")
    half = planted(outcome, paying_ratio_needed=some(outcome, 0.25, np.nan))
    said = decision.decision(half)[2]
    assert "25\u202f% of the audience would have to be members" in said
    assert "and in 50\u202f% of draws no number would do" in said


def test_a_year_in_profit_is_told_as_a_profit(outcome):
    rich = planted(outcome, profit_last_year=some(outcome, 2e9, 4e9))
    assert "brings a profit of CNY\u202f3\u202fbillion on average" in decision.decision(rich)[1]


def test_drivers_are_those_of_profit_and_of_its_chance(outcome):
    found = findings(outcome)
    assert list(found.targets) == ["platform.profit_last_year", "platform.in_profit"]
    table = tables.tornado(outcome)
    assert set(table.target_name) == {"the profit of the last year", "the chance of a profit in the last year"}
    chance = table[table.target == "platform.in_profit"]
    assert chance.low.between(0, 1).all()
    assert chance["mean"].iloc[0] == outcome["platform.in_profit"].mean()


def test_what_would_change_names_the_input_at_which_profit_turns(outcome):
    drawn = outcome.inputs[findings(outcome).drivers["platform.profit_last_year"][0]["input"]]
    turned = planted(outcome, profit_last_year=(0.02 - drawn) * 1e11)
    value, below, opens = change.turning_point(
        turned, findings(turned).drivers["platform.profit_last_year"][0]["input"]
    )
    assert value == pytest.approx(0.02, abs=0.005)
    assert below == pytest.approx(np.mean(drawn < value))
    assert turned["platform.profit_last_year"].mean() > 0
    assert opens  # on average a profit, where content grows faster a loss
    assert "it is a loss on average" in change.what_would_change(turned)


def test_a_growth_rate_inside_money_is_told_as_a_rate(outcome):
    entry = register.inputs(outcome)["platform.accounts.content.monthly_spend.annual.2018-01"]
    assert entry["unit"] == "share a year"
    assert register.inputs(outcome)["platform.accounts.content.monthly_spend.start"]["unit"] == "CNY per month"


def test_captions_count_what_lies_in_the_fan_and_say_what_was_known(outcome):
    seen = tables.against(outcome, "platform.profit")
    said = platform.profit(outcome)
    assert f"{int(seen.inside.sum())} of 6 lie in the light band" in said
    assert "known by March 2018, and the fan rests on it (unverified: 2015)" in said
    members = captions.members(outcome)
    assert "(unverified: 2015 and 2016)" in members
    first = tables.first_profit(outcome).iloc[0]
    assert f"by whose end {words.chance(first.probability)} of draws had theirs" in platform.chances(outcome)


def test_years_that_follow_one_another_are_told_as_a_stretch(outcome):
    ahead = [int(row.year) for row in tables.faster(outcome).itertuples() if row.faster > 0.5]
    assert ahead[:2] == [2016, 2017]
    assert "revenue in 2016 to" in platform.totals(outcome)


# The page


@pytest.mark.parametrize("name", ["platform", "deal_report"])
def test_the_page_of_a_platform_has_no_heading_without_something_below_it(name):
    given = {"scenario": "scenarios/iqiyi.yml", "overrides": {"simulation.draws": 120, "solve": {}}}
    notebook, failure = executed(ROOT / "notebooks" / f"{name}.ipynb", given, {})
    assert failure is None
    shown = [cells[0].source.partition("\n")[0] for cells in sections(notebook)[1:]]
    platform = ("When does it break even?", "What comes in, what goes out", "Who pays", "Profit, and when")
    wanted = {
        "platform": (*platform, "What it means"),
        "deal_report": ("The decision", "The audience", "The platform", "What drives it", "The assumptions"),
    }
    assert shown == [f"## {heading}" for heading in (*wanted[name], "How it was made")]


@pytest.mark.parametrize("name", ["platform", "deal_report", "subscribers"])
def test_the_pages_of_a_year_by_quarter_show_its_net_income_and_no_break_even(name):
    given = {"scenario": "scenarios/netflix-2017q3.yml", "overrides": {"simulation.draws": 200}}
    notebook, failure = executed(ROOT / "notebooks" / f"{name}.ipynb", given, {})
    assert failure is None
    shown = "".join(str(output) for cell in notebook.cells for output in cell.get("outputs", ()))
    assert ("Net income" in shown) == (name != "subscribers")
    assert "In profit for good by" not in shown


def test_a_date_is_told_as_its_month_and_an_axis_of_dates_as_years():
    assert words.amount(2023.75, "date", "CNY") == "October 2023"
    assert words.between(2019.0, 2020.5, "date", "CNY") == "January 2019 to July 2020"
    assert words.date(np.nan) == words.NOTHING
    for month in range(12):
        assert words.date(2020 + month / 12) == f"{words.MONTHS[month]} 2020"


def test_a_date_that_never_comes_is_missing_from_its_summary(outcome):
    half = planted(outcome, break_even=some(outcome, 2020.0, np.nan))
    row = tables.outputs(half).set_index("output").loc["platform.break_even"]
    assert row.missing == 0.5
    assert row.unit == "date"
    assert isinstance(half.outputs["platform.break_even"], Output)
    assert isinstance(tables.chances(half), pd.DataFrame)


def test_what_lies_between_dates_and_their_error_are_years():
    said = CliRunner().invoke(cli, ["simulate", str(IQIYI), "--draws", "60"])
    assert said.exit_code == 0, said.output
    row = next(line for line in said.output.splitlines() if line.startswith("platform.break_even"))
    assert re.search(r"[A-Z][a-z]+ 20[12]\d to [A-Z][a-z]+ 20[12]\d  +0\.\d+ years", row)
    dearer = loads_with_price(20)
    found = compared(simulate(load(IQIYI), draws=200), simulate(dearer, draws=200))
    date = next(one for one in found.differences if one.name == "platform.break_even")
    assert "years" in versus.sentence(found, date)


def loads_with_price(price):
    """iQIYI with another price for its members in 2026."""
    return load(IQIYI, {"platform.revenue.member_payment.value.amount.steps.2018-01.ramp.from": price})
