"""Netflix a year ahead, as of 17 October 2016: each number worked out again from the facts, the fan against what came.

Nothing that happened after that day enters; the width of the fan is held, both ways, to the errors that were made before it.
"""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from simlib.data import read
from simlib.models.platform import amortised
from simlib.present import tables
from simlib.scenario.load import load
from simlib.scenario.quantity import Distribution, Money, Sourced, SourcedMoney
from simlib.scenario.walk import parts
from simlib.simulation.engine import simulate

FILE = Path(__file__).parents[1] / "scenarios" / "netflix-2017q3.yml"
WRITTEN = date(2016, 10, 17)
WITHIN = 1.2816  # a normal's 10 % lie beyond so many standard deviations
THIRDS = ("2013Q3", "2014Q3", "2015Q3", "2016Q3")
SECTIONS = ("audience", "subscribers", "platform", "discount_rates")


def quarterly():
    """Figures by region, metric and quarter, in millions; those of regions together where there is no total."""
    found = {}
    for row in read("netflix_members"):
        year, month, _ = row["period_end"].split("-")
        if row["value"]:
            found[row["region"], row["metric"], f"{year}Q{int(month) // 3}"] = float(row["value"])
    for metric in ("cost_of_revenues", "marketing"):
        for quarter in THIRDS:
            own = [found.get((region, metric, quarter)) for region in ("US", "International", "US-DVD")]
            found.setdefault(("total", metric, quarter), sum(own) if None not in own else None)
    return found


FIGURES = quarterly()
IN_2015 = {row["metric"]: float(row["value"]) for row in read("netflix_annual") if row["period_end"] == "2015-12-31"}


def known(metric, quarter, region="total"):
    assert quarter <= "2016Q3"
    return FIGURES[region, metric, quarter]


def seen(metric):
    """What happened in 2017Q3, in units; it is compared and never put in."""
    return FIGURES["total", metric, "2017Q3"] * 1e6


@pytest.fixture(scope="module")
def scenario():
    return load(FILE)


@pytest.fixture(scope="module")
def outcome(scenario):
    return simulate(scenario)


@pytest.fixture(scope="module")
def last(outcome):
    """The last quarter's draws by series."""
    return {name: path.values[-1] for name, path in outcome.paths.items()}


def stated(scenario, path):
    """The number or form that stands at a path, sources and units left out."""
    found = scenario
    for word in path.split("."):
        found = {"from": found.ramp.from_, "to": found.ramp.to}[word] if hasattr(found, "ramp") else _at(found, word)
        while isinstance(found, Sourced | SourcedMoney | Money):
            found = found.amount if isinstance(found, Money) else found.value
    return found


def _at(found, word):
    return found.by_territory[word] if hasattr(found, "by_territory") else getattr(found, word)


def band(draws):
    return np.quantile(draws, (0.1, 0.9))


# What it says beside what happened


def test_revenue_of_2017q3_lies_in_the_fan_and_its_median_within_5_percent(last):
    """Form 10-Q 2017Q3: 2,984.859 million USD, 30.3 % above 2,290.188."""
    assert seen("revenue") == 2984.859e6
    low, high = band(last["platform.revenue"])
    assert low < 2984.859e6 < high
    assert np.median(last["platform.revenue"]) == pytest.approx(2984.859e6, rel=0.05)


def test_net_income_of_2017q3_lies_in_the_fan(last):
    """Form 10-Q 2017Q3: 129.590 million USD."""
    assert seen("net_income") == 129.590e6
    low, high = band(last["platform.net_income"])
    assert low < 129.590e6 < high


def test_members_of_2017q3_were_at_the_upper_edge_of_the_fan(outcome, last):
    """104.02 million: more than nine draws in ten, fewer than one in fifty; the three quarters before lie within."""
    assert seen("paid_memberships") == 104.02e6
    assert 0.9 < np.mean(last["members"] < 104.02e6) < 0.98
    assert tables.against(outcome, "members").inside.tolist() == [True, True, True, False]


def test_revenue_of_each_quarter_lies_in_the_fan(outcome):
    assert tables.against(outcome, "platform.revenue").inside.tolist() == [True] * 4


# Nothing later enters


def dates_in(text):
    """Every date in a text, the last day of those that name a month or a year alone."""
    for year, month, day in re.findall(r"\b((?:19|20)\d\d)(?:-(\d\d))?(?:-(\d\d))?\b", text):
        yield date(int(year), int(month or 1), int(day or 1))


def test_nothing_after_17_october_2016_enters(scenario):
    assert scenario.horizon.start == "2016-10"
    assert scenario.horizon.known_until is None
    sources = [
        part.value.source
        for section in SECTIONS
        for part in parts(getattr(scenario, section), section)
        if isinstance(part.value, Sourced | SourcedMoney) and part.value.source
    ]
    assert len(sources) > 12
    for source in sources:
        assert re.search(r"\d{4}-\d\d-\d\d|\b20\d\d\b", source), source
        assert max(dates_in(source)) <= WRITTEN, source
    texts = FILE.read_text(encoding="utf-8").partition("\naudience:")[2].partition("\nhistories:")[0]
    assert max(dates_in(texts)) <= WRITTEN


def test_every_number_has_a_source_or_says_that_it_is_a_guess(scenario):
    for section in SECTIONS:
        said = []
        for part in parts(getattr(scenario, section), section, (section,)):
            if isinstance(part.value, Sourced | SourcedMoney):
                assert part.value.source or "guess" in part.value.note, part.dotted
                said.append(part.path)
            if isinstance(part.value, Distribution):
                assert any(part.path[: len(above)] == above for above in said), part.dotted


def test_the_base_s_correlations_are_kept(scenario):
    base = (FILE.parent / "bases" / "netflix-2016q3.yml").read_text(encoding="utf-8")
    given = re.findall(r"\[(subscribers\.\S+), (subscribers\.\S+), (-?[\d.]+)\]", base)
    assert len(given) == 12
    assert {(one, two, float(much)) for one, two, much in given} <= set(scenario.correlations)


# Each number worked out again


def per_member(region, quarter):
    """Streaming revenue a month over the average of paid memberships."""
    before = f"{quarter[:5]}{int(quarter[-1]) - 1}"
    members = [known("paid_memberships", at, region) for at in (before, quarter)]
    return known("streaming_revenue", quarter, region) / np.mean(members) / 3


def growth_of_price(region):
    """Growth from one third quarter to the next of revenue over all memberships, for few paid ones were published."""
    each = [
        known("streaming_revenue", f"{year}Q3", region) / known("total_memberships", f"{year}Q3", region)
        for year in range(2012, 2017)
    ]
    return np.diff(each) / each[:-1]


@pytest.mark.parametrize(("place", "region"), [("USA", "US"), ("default", "International")])
def test_prices_go_on_and_what_is_left_of_the_old_ones_goes(scenario, place, region):
    """From May to September 2016 75 of 100 points, evenly: 10 on average over the second quarter, 52.5 over the third."""
    path = f"platform.revenue.member_payment.{place}"
    was = per_member(region, "2016Q3")
    assert stated(scenario, f"{path}.from") == pytest.approx(was, abs=0.005)
    points = 15 * np.arange(6)
    months = (points[1:] + points[:-1]) / 2
    second, third = months[:2].sum() / 3, months[2:].mean()
    assert (second, third) == (10, 52.5)
    growth = growth_of_price(region)
    before = growth[:-1].mean()
    brought = was / per_member(region, "2016Q2") - 1 - before / 4
    centre = before + brought * (100 - third) / (third - second)
    spread = growth.std(ddof=1) * np.sqrt(1 + 1 / len(growth))
    to = stated(scenario, f"{path}.to").normal
    assert (to.p10, to.p90) == pytest.approx(was * (1 + centre + np.array([-1, 1]) * WITHIN * spread), abs=0.03)


def test_the_share_of_members_who_pay_is_that_of_september_2016(scenario):
    shares = scenario.subscribers.potential.paid.value.by_territory
    for place, region in (("USA", "US"), ("default", "International")):
        paid, every = (known(f"{what}_memberships", "2016Q3", region) for what in ("paid", "total"))
        assert shares[place] == pytest.approx(paid / every, abs=5e-5)
    for group, region in (("united_states", "US"), ("international", "International")):
        paid = known("paid_memberships", "2016Q3", region)
        assert scenario.subscribers.opening[group].members.value == pytest.approx(paid * 1e6)


def test_the_seasons_are_those_of_the_four_years_before(scenario):
    """Joiners of a quarter, by a churn of 3 % a month, over members at its start, against the mean of its year."""
    quarters = [f"{year}Q{quarter}" for year in range(2012, 2017) for quarter in (1, 2, 3, 4)][2:19]
    members = np.array([known("paid_memberships", quarter) for quarter in quarters])
    joining = np.diff(members) / members[:-1] + 1 - 0.97**3
    seasons = joining.reshape(4, 4) / joining.reshape(4, 4).mean(axis=1, keepdims=True)
    assert abs(seasons - seasons.mean(axis=0)).max() < 0.065
    for index, first in enumerate((10, 1, 4, 7)):
        for month in range(first, first + 3):
            assert scenario.subscribers.seasonality[str(month)] == pytest.approx(seasons[:, index].mean(), abs=0.01)
    assert sum(scenario.subscribers.seasonality.values()) == pytest.approx(12)


def discs(quarter):
    return known("revenue", quarter) - sum(known("streaming_revenue", quarter, at) for at in ("US", "International"))


def test_discs_fall_as_they_did(scenario):
    path = "platform.revenue.disc_rental"
    fell = np.array([discs(quarter) for quarter in THIRDS])
    growth = np.diff(fell) / fell[:-1]
    assert stated(scenario, f"{path}.from") == pytest.approx(fell[-1] * 1e6 / 3, rel=1e-3)
    to = stated(scenario, f"{path}.to").normal
    assert (to.p10 + to.p90) / 2 == pytest.approx(fell[-1] * 1e6 / 3 * (1 + growth.mean()), rel=2e-3)
    assert (to.p90 - to.p10) / 2 > WITHIN * growth.std(ddof=1) * fell[-1] * 1e6 / 3


def delivery():
    """Cost of revenues beside content, as a share of revenue; in 2016Q3 by the fall of the year before."""
    shares = [
        (known("cost_of_revenues", quarter) - known("content_amortisation", quarter)) / known("revenue", quarter)
        for quarter in THIRDS[:-1]
    ]
    return np.array([*shares, 2 * shares[-1] - shares[-2]])


def content_cost():
    """Content amortisation of the third quarters; in 2016Q3 what delivery leaves of the cost of revenues."""
    own = [known("content_amortisation", quarter) for quarter in THIRDS[:-1]]
    return np.array([*own, known("cost_of_revenues", "2016Q3") - delivery()[-1] * known("revenue", "2016Q3")])


def share_of_revenue(line):
    if line == "marketing":
        return np.array([known("marketing", quarter) / known("revenue", quarter) for quarter in THIRDS])
    of_revenue = [
        sum(known(name, quarter) for name in ("cost_of_revenues", "marketing", "operating_income"))
        / known("revenue", quarter)
        for quarter in THIRDS
    ]
    return 1 - np.array(of_revenue)


def test_delivery_which_fell_every_year_goes_on_falling(scenario):
    shares = delivery()
    changes = np.diff(shares)
    assert (changes < 0).all()
    path = "platform.costs.bandwidth.of_revenue"
    assert stated(scenario, f"{path}.from") == pytest.approx(shares[-1], abs=5e-4)
    to = stated(scenario, f"{path}.to").normal
    spread = WITHIN * changes.std(ddof=1) * np.sqrt(1 + 1 / len(changes))
    assert (to.p10, to.p90) == pytest.approx(shares[-1] + changes.mean() + spread * np.array([-1, 1]), abs=1e-3)


@pytest.mark.parametrize("line", ["marketing", "other"])
def test_shares_of_revenue_that_moved_both_ways_stay_give_or_take_their_changes(scenario, line):
    shares = share_of_revenue(line)
    changes = np.diff(shares)
    assert changes.min() < 0 < changes.max()
    path = f"platform.costs.{line}.of_revenue"
    assert stated(scenario, f"{path}.from") == pytest.approx(shares[-1], abs=5e-4)
    to, spread = stated(scenario, f"{path}.to").normal, WITHIN * np.sqrt(np.mean(changes**2))
    assert (to.p10, to.p90) == pytest.approx(shares[-1] + spread * np.array([-1, 1]), abs=1e-3)


def test_the_library_is_what_steady_growth_makes_of_what_content_cost(scenario):
    """With spending and cost growing alike, cost ÷ spending = ∫ f(a) e^(−ga) da, and the balance is their difference ÷ g."""
    library, cost = scenario.platform.accounts.content, content_cost()
    growth = np.diff(cost) / cost[:-1]
    tail = library.amortisation.tail.value
    paid = IN_2015["cash_spent_on_streaming_content"]

    def of_spending(scale, annual):
        rate = np.log1p(annual)
        return quad(lambda a: tail / scale * (1 + a / scale) ** (-tail - 1) * np.exp(-rate * a), 0, 60)[0]

    was = IN_2015["amortisation_of_streaming_content_assets"] / paid
    scale = brentq(lambda scale: of_spending(scale, growth[1]) - was, 0.5, 20)
    assert library.amortisation.scale_months.value == pytest.approx(12 * scale, rel=0.01)
    annual = growth.mean()
    rate, spent = np.log1p(annual), cost[-1] / of_spending(scale, annual)
    balance = (spent - cost[-1]) * 4 / rate * np.exp(rate / 8)  # from the middle of the quarter to its end
    assert library.opening.balance.value.amount == pytest.approx(balance * 1e6, rel=0.005)
    start = spent / 3 * (1 + annual) ** 0.25
    path = "platform.accounts.content.monthly_spend"
    assert stated(scenario, f"{path}.from") == pytest.approx(start * 1e6, rel=0.005)

    def costs(to, age):
        months = start + (to - start) * np.arange(4) / 3
        return amortised(3 * months, balance, age, scale, tail, 0.25)[0]

    to = stated(scenario, f"{path}.to").lognormal
    middle = np.sqrt(to.p10 * to.p90) / 1e6
    assert middle == pytest.approx(start * (1 + annual) ** 0.75, rel=0.005)
    age = brentq(lambda age: costs(middle, age)[0] - cost[-1] * (1 + annual) ** 0.25, 0.1, 5)
    assert library.opening.age_months.value == pytest.approx(12 * age, rel=0.02)
    ends = [costs(end / 1e6, age)[-1] for end in (to.p10, to.p90)]
    spread = growth.std(ddof=1) * np.sqrt(1 + 1 / len(growth)) * cost[-1]
    assert np.diff(ends)[0] == pytest.approx(2 * WITHIN * spread, rel=0.03)


def test_content_grows_as_it_did_and_goes_along_with_revenue_as_it_did(last):
    """Cost of revenues and revenue: growth of the third quarters 2013 to 2016 has a correlation of 0.8."""
    cost = content_cost()
    growth = np.diff(cost) / cost[:-1]
    grown = np.median(last["platform.costs.content"]) / cost[-1] / 1e6 - 1
    assert grown == pytest.approx(growth.mean(), abs=0.02)
    first = sum(known("cost_of_revenues", "2012Q3", at) for at in ("US", "International", "US-DVD"))
    costs = np.array([first, *(known("cost_of_revenues", quarter) for quarter in THIRDS)])
    revenue = np.array([known("revenue", quarter) for quarter in ("2012Q3", *THIRDS)])
    was = np.corrcoef(np.diff(costs) / costs[:-1], np.diff(revenue) / revenue[:-1])[0, 1]
    ours = last["platform.costs.content"] + last["platform.costs.bandwidth"]
    assert np.corrcoef(ours, last["platform.revenue"])[0, 1] == pytest.approx(was, abs=0.1)


def test_a_quarter_bears_three_months_of_interest(outcome):
    monthly = outcome.inputs["platform.accounts.interest"]
    paid = outcome.paths["platform.interest"].values
    np.testing.assert_allclose(paid, np.tile(3 * monthly[: paid.shape[1]], (4, 1)))


def test_interest_and_tax_are_those_of_the_years_before(scenario):
    interest = stated(scenario, "platform.accounts.interest").pert
    lost = -IN_2015["interest_and_other_income"]
    assert interest.low < IN_2015["interest_expense"] * 1e6 / 12 < interest.mode
    assert interest.mode < (IN_2015["interest_expense"] + lost) * 1e6 / 12 < interest.high
    rows = {(row["period_end"][:4], row["metric"]): float(row["value"]) for row in read("netflix_annual")}
    rates = [
        rows[year, "provision_for_income_taxes"] / rows[year, "income_before_taxes"]
        for year in ("2012", "2013", "2014", "2015")
    ]
    tax = stated(scenario, "platform.accounts.tax_on_profit").pert
    assert (tax.low, tax.high) == pytest.approx((min(rates), max(rates)), abs=0.04)
    assert tax.low < tax.mode < tax.high


# The width of the fan


def errors(series):
    """What a year ahead was wrong by, quarter by quarter from 2013Q1 to 2016Q3, by taking the last year's for granted."""
    quarters = [f"{year}Q{quarter}" for year in range(2013, 2017) for quarter in (1, 2, 3, 4)][:-1]
    before = {quarter: f"{int(quarter[:4]) - 1}{quarter[4:]}" for quarter in quarters}
    if series == "margin":
        margin = {q: known("net_income", q) / known("revenue", q) for q in {*quarters, *before.values()}}
        return np.array([margin[quarter] - margin[before[quarter]] for quarter in quarters])
    growth = {
        quarter: known("revenue", quarter) / known("revenue", f"{int(quarter[:4]) - 1}{quarter[4:]}") - 1
        for quarter in {*quarters, *before.values()}
        if quarter >= "2012Q3"
    }
    return np.array([growth[quarter] - growth[before[quarter]] for quarter in quarters if before[quarter] in growth])


@pytest.mark.parametrize("series", ["growth", "margin"])
def test_the_fan_is_as_wide_as_the_errors_of_a_year_ahead_were_both_ways(last, series):
    """Growth of revenue was wrong by 7.1 points, the net margin by 2.4, root mean square: no narrower, and hardly wider."""
    revenue = last["platform.revenue"]
    ours = {"growth": revenue / known("revenue", "2016Q3") / 1e6 - 1, "margin": last["platform.net_income"] / revenue}[
        series
    ]
    typical = np.sqrt(np.mean(errors(series) ** 2))
    assert typical == pytest.approx({"growth": 0.071, "margin": 0.024}[series], abs=5e-4)
    low, high = band(ours)
    assert 0.8 < (high - low) / (2 * WITHIN * typical) < 1.25


def test_the_margin_that_is_expected_is_the_one_that_there_was(last):
    """Taken apart and put together again, costs keep their share: nothing was tilted towards a profit."""
    margin = np.median(last["platform.profit"] / last["platform.revenue"])
    assert margin == pytest.approx(known("operating_income", "2016Q3") / known("revenue", "2016Q3"), abs=0.005)
