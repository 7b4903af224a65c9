"""The facts that ship: codes that exist, sums that add up, a source in every row."""

import subprocess
import sys
from datetime import date
from importlib.resources import files

import pycountry
import pytest

from simlib.data import Territory, names, read, territories

STATUSES = {
    "exact",
    "rounded to 0.01m",
    "rounded to 1m",
    "derived",
    "cited",
    "third-party estimate",
    "high reliability",
    "medium reliability",
    "low reliability",
    "lower bound",
    "sum-checked only",
    "unverified",
    "not disclosed",
}
SERIES = [name for name in names() if name != "territories"]


def netflix(metric, region="total"):
    rows = read("netflix_members")
    return {r["period_end"]: float(r["value"]) for r in rows if (r["metric"], r["region"]) == (metric, region)}


def test_every_territory_has_its_iso_3166_codes_and_an_iso_4217_currency():
    countries = {country.alpha_3: country.alpha_2 for country in pycountry.countries}
    currencies = {currency.alpha_3 for currency in pycountry.currencies}
    assert {iso3: t.iso2 for iso3, t in territories().items()}.items() <= countries.items()
    assert {t.currency for t in territories().values() if t.currency not in currencies} == set()


def test_there_are_203_territories_each_once_under_its_own_code():
    assert len(read("territories")) == len(territories()) == 203
    assert all(iso3 == territory.iso3 for iso3, territory in territories().items())
    assert len({territory.name for territory in territories().values()}) == 203


def test_every_territory_is_in_one_streaming_region_and_in_one_of_the_united_nations():
    assert {t.region for t in territories().values()} == {"UCAN", "EMEA", "LATAM", "APAC"}
    assert {i for i, t in territories().items() if t.region == "UCAN"} == {"USA", "CAN", "BMU", "GRL"}
    assert {t.un_region for t in territories().values()} == {"Africa", "Americas", "Asia", "Europe", "Oceania"}
    parts = {}
    for territory in territories().values():
        assert parts.setdefault(territory.un_subregion, territory.un_region) == territory.un_region


def test_people_money_and_shares_have_the_size_that_they_have_in_the_world():
    world = territories().values()
    assert 7.4e9 < sum(t.population for t in world) < 7.6e9
    assert 78e12 < sum(t.gdp_usd for t in world) < 84e12
    assert all(0 < t.internet_share <= 1 for t in world)
    assert 0.45 < sum(t.population * t.internet_share for t in world) / sum(t.population for t in world) < 0.53
    assert all(100 < t.gdp_usd / t.population < 200_000 for t in world)
    assert territories()["USA"].gdp_usd == pytest.approx(19.6e12, rel=0.01)


def test_netflix_was_everywhere_in_2017_but_in_china_and_syria():
    assert {iso3 for iso3, t in territories().items() if not t.netflix_2017} == {"CHN", "SYR"}


def test_a_territory_cannot_be_changed_by_who_reads_it():
    with pytest.raises(AttributeError):
        territories()["NOR"].population = 0
    with pytest.raises(TypeError):
        territories()["NOR"] = None
    assert isinstance(territories()["NOR"], Territory)


def test_reading_the_facts_imports_neither_pandas_nor_numpy():
    code = "import sys, simlib.data as d; d.territories(); print({'pandas', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_table_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(ValueError, match=r"no table 'netflix'; the tables are bass_adoption, .*, territories"):
        read("netflix")


@pytest.mark.parametrize("name", names())
def test_every_row_has_a_source_and_no_stray_space(name):
    for row in read(name):
        assert row["source"]
        assert None not in row
        assert all(text == text.strip() for text in row.values())


@pytest.mark.parametrize("name", SERIES)
def test_every_figure_is_a_number_with_a_unit_and_says_how_sure_it_is(name):
    for row in read(name):
        assert row["status"] in STATUSES
        assert row["metric"].isidentifier()
        assert row["metric"].islower()
        if row["status"] == "not disclosed":
            assert row["value"] == ""
        else:
            assert row["unit"]
            float(row["value"])
        if row["status"] == "unverified":
            assert row["source"] == "no document seen"


@pytest.mark.parametrize("name", SERIES)
def test_every_figure_is_there_once(name):
    about = {"value", "unit", "status", "source", "note"}
    keys = [tuple(text for column, text in row.items() if column not in about) for row in read(name)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", [name for name in SERIES if name != "retention_regular"])
def test_every_date_is_a_day(name):
    for row in read(name):
        if row["period_end"] or name != "licence_deals":  # a usual term of a deal has no date
            assert date.fromisoformat(row["period_end"]).isoformat() == row["period_end"]


@pytest.mark.parametrize("name", names())
def test_the_readme_tells_of_every_table_and_how_many_rows_it_has(name):
    readme = files("simlib.data").joinpath("README.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {len(read(name))} |" in readme


def test_netflix_earned_30_percent_more_in_the_third_quarter_of_2017_than_a_year_before():
    """Form 10-Q 2017Q3: revenue 2,984.859 on 2,290.188, net income 129.590 on 51.517 (USD million)."""
    revenue, income = netflix("revenue"), netflix("net_income")
    assert (revenue["2017-09-30"], revenue["2016-09-30"]) == (2984.859, 2290.188)
    assert round(100 * (revenue["2017-09-30"] / revenue["2016-09-30"] - 1), 1) == 30.3
    assert (income["2017-09-30"], income["2016-09-30"]) == (129.590, 51.517)


@pytest.mark.parametrize(
    ("metric", "year", "filed"),
    [
        ("revenue", 2012, 3609.282),
        ("revenue", 2015, 6779.511),
        ("revenue", 2016, 8830.669),
        ("revenue", 2017, 11692.713),
        ("revenue", 2018, 15794.341),
        ("revenue", 2019, 20156.447),
        ("revenue", 2020, 24996.056),
        ("revenue", 2021, 29697.844),
        ("revenue", 2022, 31615.550),
        ("net_income", 2012, 17.152),
        ("net_income", 2015, 122.641),
        ("net_income", 2016, 186.678),
        ("net_income", 2017, 558.929),
        ("net_income", 2018, 1211.242),
        ("net_income", 2019, 1866.916),
        ("marketing", 2019, 2652.462),
        ("cost_of_revenues", 2021, 17332.683),
        ("operating_income", 2020, 4585.289),
    ],
)
def test_netflix_quarters_add_up_to_the_year_in_form_10_k(metric, year, filed):
    quarters = [value for day, value in netflix(metric).items() if day.startswith(str(year))]
    assert len(quarters) == 4
    assert sum(quarters) == pytest.approx(filed, abs=0.002)


@pytest.mark.parametrize("year", range(2010, 2016))
def test_netflix_goes_from_revenue_to_net_income_line_by_line(year):
    rows = {r["metric"]: float(r["value"]) for r in read("netflix_annual") if r["period_end"] == f"{year}-12-31"}
    costs = ("cost_of_revenues", "marketing", "technology_and_development", "general_and_administrative")
    assert rows["revenue"] - sum(rows[line] for line in costs) == pytest.approx(rows["operating_income"], abs=0.0015)
    lost = rows["interest_expense"] + rows.get("loss_on_extinguishment_of_debt", 0)
    before = rows["operating_income"] - lost + rows["interest_and_other_income"]
    assert before == pytest.approx(rows["income_before_taxes"], abs=0.0015)
    assert before - rows["provision_for_income_taxes"] == pytest.approx(rows["net_income"], abs=0.0015)


def test_what_netflix_added_in_content_and_did_not_pay_for_it_owes():
    rows = {r["metric"]: float(r["value"]) for r in read("netflix_annual") if r["period_end"] == "2015-12-31"}
    owed = rows["change_in_streaming_content_liabilities"]
    added, paid = rows["additions_to_streaming_content_assets"], rows["cash_spent_on_streaming_content"]
    assert added - owed == pytest.approx(paid, abs=0.0015)


def test_netflix_paid_members_are_those_of_its_regions():
    total = netflix("paid_memberships")
    for parts in (("US", "International"), ("UCAN", "EMEA", "LATAM", "APAC")):
        regions = [netflix("paid_memberships", part) for part in parts]
        days = set.intersection(*map(set, regions))
        assert len(days) >= 8
        for day in days:
            assert sum(region[day] for region in regions) == pytest.approx(total[day], abs=0.021)


def test_paying_members_are_no_more_than_all_members():
    for region in ("US", "International"):
        paid, everybody = netflix("paid_memberships", region), netflix("total_memberships", region)
        assert all(paid[day] < everybody[day] for day in paid.keys() & everybody.keys())


def test_iqiyis_revenue_lines_add_up_to_its_revenue():
    rows = [r for r in read("china_online_video") if (r["entity"], r["period"]) == ("iQIYI", "annual")]
    for year in ("2015", "2016", "2017"):
        line = {r["metric"]: float(r["value"]) for r in rows if r["period_end"].startswith(year)}
        lines = ("membership", "advertising", "content_distribution", "other")
        assert sum(line[f"{each}_revenue"] for each in lines) == pytest.approx(line["total_revenue"], abs=0.002)


def test_the_fee_for_day_and_night_is_not_known():
    rows = [row for row in read("licence_deals") if row["deal"].startswith("Day and Night")]
    fee = next(row for row in rows if row["metric"] == "licence_fee")
    assert (fee["value"], fee["status"]) == ("", "not disclosed")
    assert {row["metric"]: row["value"] for row in rows}["episodes"] == "32"


def test_a_range_has_a_low_end_below_its_high_end():
    for name in ("licence_deals", "churn_and_habits"):
        ends = {}
        for row in read(name):
            stem, _, end = row["metric"].rpartition("_")
            if end in ("low", "high"):
                about = row.get("deal") or row["entity"], row["period_end"], stem
                ends.setdefault(about, {})[end] = float(row["value"])
        assert ends
        assert all(pair["low"] < pair["high"] for pair in ends.values() if len(pair) == 2)
