"""China's video platforms as a business: the years of the fit are reproduced, what came after is seen beside the fan."""

from pathlib import Path

import numpy as np
import pytest

from simlib.data import figures, read
from simlib.present import tables
from simlib.scenario.load import load
from simlib.scenario.quantity import Distribution, Sourced, SourcedMoney
from simlib.scenario.walk import parts
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1] / "scenarios"
SHIPPED = ("china-platforms", "iqiyi", "tencent-video", "youku")
FIT = ("2015", "2016", "2017")
DRAWS = 1500
LINES = {
    "revenue": "total_revenue",
    "revenue.member_payment": "membership_revenue",
    "revenue.content_marketing": "advertising_revenue",
    "revenue.sublicensing": "content_distribution_revenue",
    "revenue.derivatives": "other_revenue",
}


@pytest.fixture(scope="module")
def outcomes():
    return {name: simulate(load(ROOT / f"{name}.yml"), draws=DRAWS) for name in SHIPPED}


@pytest.fixture(scope="module")
def iqiyi(outcomes):
    return outcomes["iqiyi"]


def known(metric, period="annual", entity="iQIYI"):
    """A metric of a platform by the year or the day it ends."""
    rows = figures("china", metric, {"entity": entity, "period": period})
    return {
        row["period_end"][:4] if period == "annual" else row["period_end"]: float(row["value"]) * 1e6 for row in rows
    }


def by_year(outcome, name):
    """A flow of the accounts by calendar year: {year: its draws}."""
    values = outcome.paths[f"platform.{name}"].values
    return {str(2015 + year): values[4 * year : 4 * year + 4].sum(axis=0) for year in range(11)}


def band(draws):
    return np.quantile(draws, (0.1, 0.9))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_has_a_source_or_says_that_it_is_a_guess(name):
    scenario = load(ROOT / f"{name}.yml")
    for section in ("audience", "habits", "subscribers", "platform", "discount_rates"):
        said: list[tuple] = []
        for part in parts(getattr(scenario, section), section, (section,)):
            if isinstance(part.value, Sourced | SourcedMoney):
                assert part.value.source or "guess" in (part.value.note or ""), part.dotted
                said.append(part.path)
            number = isinstance(part.value, float) and not isinstance(part.value, bool)
            if isinstance(part.value, Distribution) or number:
                assert any(part.path[: len(above)] == above for above in said), part.dotted


@pytest.mark.parametrize("name", SHIPPED)
def test_there_is_one_china_whose_habits_are_fitted(name):
    """The platforms live in the audience that was fitted, with its correlations."""
    fitted, scenario = load(ROOT / "bases" / "china-habits-2018q1.yml"), load(ROOT / f"{name}.yml")
    assert scenario.habits == fitted.habits
    assert set(fitted.correlations) < set(scenario.correlations)


def test_the_platforms_china_pays_as_often_as_the_survey_of_2017_found_which_nothing_was_fitted_to(iqiyi):
    """It came out in November 2018: 42.9 %. Over 50 % a year later is no surprise either."""
    assert load(ROOT / "bases" / "china-habits-2018q1.yml").horizon.known_until == "2017-11"
    paid = iqiyi.paths["paid_half_year.CHN"].values
    low, high = band(paid[11])
    assert low < 0.429 < high
    assert band(paid[15])[1] > 0.5


@pytest.mark.parametrize("name", SHIPPED)
def test_no_history_is_an_input_and_nothing_after_march_2018_enters(name):
    """What the sources of 2018 and later tell of is what was on sale or counted before."""
    scenario = load(ROOT / f"{name}.yml")
    assert scenario.horizon.known_until == "2018-03"
    later = {"equalocean.com, 2021-02": "before November 2020", "20-F of 2018": "2016 and 2017"}
    for section in ("audience", "habits", "subscribers", "platform"):
        for part in parts(getattr(scenario, section), section, (section,)):
            source = getattr(part.value, "source", None) or ""
            for year in range(2019, 2027):
                if str(year) in source:
                    assert any(date in source and told in source for date, told in later.items()), source


def test_the_revenue_lines_of_the_prospectus_are_reproduced(iqiyi):
    """The fan holds each line of each year, and its median lies within 5 % of it."""
    for name, metric in LINES.items():
        for year in FIT:
            draws, seen = by_year(iqiyi, name)[year], known(metric)[year]
            low, high = band(draws)
            assert low * (1 - 1e-3) <= seen <= high * (1 + 1e-3), (name, year)
            assert np.median(draws) == pytest.approx(seen, rel=0.05), (name, year)


def test_the_losses_of_the_fit_lie_in_the_fan(iqiyi):
    losses = known("net_result")
    assert [losses[year] / 1e6 for year in FIT] == [-2575.1, -3074.022, -3736.932]
    for year in FIT:
        low, high = band(by_year(iqiyi, "profit")[year])
        assert low < losses[year] < high < 0, year


def test_content_costs_and_what_else_revenue_costs_lie_in_the_fan(iqiyi):
    content, revenues, taxes = (
        known(name) for name in ("content_cost", "cost_of_revenues", "sales_tax_in_cost_of_revenues")
    )
    for year in ("2016", "2017"):
        low, high = band(by_year(iqiyi, "costs.content")[year])
        assert low < content[year] < high, year
        low, high = band(by_year(iqiyi, "costs.bandwidth")[year])
        assert low < revenues[year] - content[year] - taxes[year] < high, year
    for year in FIT:
        assert np.median(by_year(iqiyi, "costs.sales_tax")[year]) == pytest.approx(taxes[year], rel=0.05)
        marketing = known("selling_general_admin")[year]
        assert np.median(by_year(iqiyi, "costs.marketing")[year]) == pytest.approx(marketing, rel=0.05)


def test_costs_grow_by_more_than_revenue_in_the_years_of_the_fit(iqiyi):
    """So they did: the loss widened in both years, though costs grew less in per cent of what they were."""
    revenue, result = known("total_revenue"), known("net_result")
    costs = {year: revenue[year] - result[year] for year in FIT}
    table = tables.faster(iqiyi).set_index("year")
    for before, year in (("2015", "2016"), ("2016", "2017")):
        assert costs[year] - costs[before] > revenue[year] - revenue[before]
        assert costs[year] / costs[before] < revenue[year] / revenue[before]
        assert table.faster[int(year)] > 0.5
        assert table.costs[int(year)] > table.revenue[int(year)]
        assert table.costs_share[int(year)] < table.revenue_share[int(year)]


def test_members_of_the_fit_lie_in_the_fan(iqiyi):
    for quarter, day in ((3, "2015-12-31"), (7, "2016-12-31"), (11, "2017-12-31")):
        low, high = band(iqiyi.paths["members"].values[quarter])
        assert low < known("subscribing_members", "period end")[day] < high


def test_what_happened_to_members_and_to_most_of_the_results_lies_in_the_fan(iqiyi):
    """A claim about this outcome, which nothing was fitted to: the later losses and the first profit are no surprise."""
    members = tables.against(iqiyi, "members")
    assert len(members) == 8
    assert members.inside.mean() >= 0.8
    results = tables.against(iqiyi, "platform.profit")
    assert list(results.period.str[:4]) == ["2018", "2019", "2020", "2021", "2022", "2023"]
    assert results.inside.sum() >= 5


def test_revenue_of_every_later_year_lies_in_the_fan_and_from_2021_on_below_its_median(iqiyi):
    """Members came sooner than expected, advertising fell where it was taken to grow."""
    seen = tables.against(iqiyi, "platform.revenue").set_index("period")
    assert seen.inside.all()
    late = seen.index >= "2021"
    assert (seen.value < seen.p50)[late].all()
    assert (seen.value > seen.p50)[~late].all()


def test_break_even_is_a_distribution_that_holds_the_first_profit_and_often_never_comes(iqiyi):
    dates = iqiyi["platform.break_even"]
    never = np.isnan(dates).mean()
    assert 0.3 < never < 0.7
    first = tables.first_profit(iqiyi).iloc[0]
    assert (first["at"], first.value, first.known) == (2024.0, 1.95e9, False)
    comes = dates[np.isfinite(dates)]
    low, high = band(comes)
    assert low < 2023.5 < high
    assert np.mean(dates < 2018.25) < 0.05  # what was known was a loss


def test_in_the_draws_that_never_break_even_content_grows_faster(iqiyi):
    never = np.isnan(iqiyi["platform.break_even"])
    growth = iqiyi.inputs["platform.accounts.content.monthly_spend.annual.2020-01"]
    error = np.hypot(*(growth[part].std() / part.sum() ** 0.5 for part in (never, ~never)))
    assert growth[never].mean() - growth[~never].mean() > 5 * error


@pytest.mark.parametrize(
    ("name", "day", "entity"),
    [
        ("tencent-video", ("2017-09-28", 10), "Tencent Video"),
        ("tencent-video", ("2018-02-28", 12), "Tencent Video"),
        ("youku", ("2016-12-31", 7), "Youku Tudou"),
    ],
)
def test_members_that_were_announced_lie_in_the_fan(outcomes, name, day, entity):
    date, quarter = day
    low, high = band(outcomes[name].paths["members"].values[quarter])
    assert low < known("paying_members", "announcement", entity)[date] < high


def test_platforms_without_published_accounts_are_less_sure_than_iqiyi(outcomes):
    def width(name):
        low, high = band(by_year(outcomes[name], "profit")["2017"])
        return high - low

    assert min(width(name) for name in SHIPPED if name != "iqiyi") > width("iqiyi")


def test_none_of_the_three_platforms_had_made_a_profit_when_the_founding_article_was_written(outcomes):
    """November 2017: "domestic video websites have not yet made a profit"."""
    for name, outcome in outcomes.items():
        assert np.median(by_year(outcome, "profit")["2017"]) < 0, name
        assert np.mean(by_year(outcome, "profit")["2017"] < 0) > 0.8, name


def test_the_joined_result_is_the_figures_that_it_joins():
    table = [row for row in read("china_online_video") if (row["entity"], row["period"]) == ("iQIYI", "annual")]
    rows = {(row["metric"], row["period_end"]): row["value"] for row in table}
    joined = {day: value for (metric, day), value in rows.items() if metric == "net_result"}
    assert [day[:4] for day in joined] == [str(year) for year in range(2015, 2024)]
    for day, value in joined.items():
        metric = "net_loss_attributable" if day < "2021" else "net_income"
        assert value == rows[metric, day]
