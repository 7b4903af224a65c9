"""What the shipping scenarios say, and whether a licensing director would believe it."""

from pathlib import Path

import numpy as np
import pytest

from simlib.data import read, territories
from simlib.decide.compare import agreement
from simlib.scenario.load import load
from simlib.scenario.quantity import Distribution, Sourced, SourcedMoney
from simlib.scenario.walk import parts
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.growth import Platform
from simlib.simulation.markets import Setting
from simlib.simulation.sampling import draw

ROOT = Path(__file__).parents[1]
DRAWS = 600
SHIPPED = (
    "buy-coproduce-original",
    "day-and-night",
    "drama-tiers",
    "empresses-in-the-palace",
    "netflix-2017q3",
    "payment-habit-china",
    "station-network-export",
)


@pytest.fixture(scope="module")
def flagship():
    return load(ROOT / "scenarios" / "day-and-night.yml")


@pytest.fixture(scope="module")
def outcome(flagship):
    return simulate(flagship, draws=DRAWS)


def members_known(region, date):
    rows = [row for row in read("netflix_members") if row["metric"] == "paid_memberships"]
    return next(float(row["value"]) for row in rows if (row["region"], row["period_end"]) == (region, date))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_uncertain_number_has_a_source_or_says_that_it_is_a_guess(name):
    scenario = load(ROOT / "scenarios" / f"{name}.yml")
    for section in type(scenario).model_fields:
        if section == "origin":
            continue
        bare = []
        said: list[tuple] = []
        for part in parts(getattr(scenario, section), section, (section,)):
            if isinstance(part.value, Sourced | SourcedMoney):
                assert part.value.source or "guess" in (part.value.note or ""), part.dotted
                said.append(part.path)
            if isinstance(part.value, Distribution) and not any(part.path[: len(above)] == above for above in said):
                bare.append(part.dotted)
        assert bare == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_licensee_may_hope_to_gain_by_its_deal(name):
    scenario = load(ROOT / "scenarios" / f"{name}.yml")
    outcome = simulate(scenario, draws=DRAWS)
    for deal in scenario.deals:
        assert np.mean(outcome[f"deals.{deal}.licensee_npv"] > 0) > 0.1, deal


def test_the_flagship_is_the_world_but_for_mainland_china_and_where_netflix_was_not_on_offer(outcome):
    assert len(outcome.territories) == 201
    assert set(territories()) - set(outcome.territories) == {"CHN", "SYR"}
    assert not any(territories()[code].netflix_2017 for code in ("CHN", "SYR"))


def test_netflix_starts_from_its_members_of_september_2017(flagship):
    opening = flagship.subscribers.opening
    known = {"united_states": ("US", 51.35), "international": ("International", 52.68)}
    for group, (region, millions) in known.items():
        assert members_known(region, "2017-09-30") == millions
        assert opening[group].members.value == pytest.approx(millions * 1e6)


def test_nothing_in_a_source_of_the_flagship_was_read_off_netflix_after_november_2017(flagship):
    for part in parts(flagship.subscribers.opening, "opening"):
        if isinstance(part.value, Sourced):
            assert "2017-10-16" in part.value.source


def test_the_first_year_of_members_is_near_the_last_one_known(outcome):
    last_year = members_known("total", "2017-09-30") - members_known("total", "2016-09-30")
    first_year = np.median(outcome.paths["members"].values[11]) / 1e6 - members_known("total", "2017-09-30")
    assert last_year == pytest.approx(20.74)
    assert first_year == pytest.approx(last_year, rel=0.2)


def test_the_spread_over_regions_is_not_far_from_the_split_published_later_which_is_a_check_only(flagship):
    frame = Frame(flagship, 0)
    inputs = draw(flagship, frame.territories, 200, 0)
    opening = Platform(Setting(Block(frame, 0, 200, inputs))).opening.mean(axis=1)
    for region in ("UCAN", "EMEA", "LATAM", "APAC"):
        ours = sum(opening[i] for i, code in enumerate(frame.territories) if territories()[code].region == region)
        assert ours / 1e6 == pytest.approx(members_known(region, "2018-03-31"), rel=0.35)


def test_the_fee_lies_between_the_reported_fees_of_modern_and_period_dramas(outcome):
    deals = {row["metric"]: row for row in read("licence_deals") if "market level" in row["deal"]}
    low, high = float(deals["fee_per_episode"]["value"]), float(deals["fee_per_episode_high"]["value"])
    assert (low, high) == (10_000, 100_000)
    fee = agreement(outcome).assumed_fee / 32
    assert np.quantile(fee, 0.1) == pytest.approx(low, rel=0.02)
    assert np.quantile(fee, 0.99) < high


def test_an_hour_of_the_title_is_worth_to_netflix_about_what_it_spends_on_content_for_an_hour(outcome):
    """8.9 billion USD cash on content in 2017 over 99.3 million members of 42 hours a month: 18 cents."""
    spent = 8_905.757e6 / (99.323e6 * 42 * 12)
    worth = outcome.by_territory["deals.netflix.contribution"].values.sum() / outcome["deals.netflix.hours"].mean()
    assert spent == pytest.approx(0.178, abs=0.001)
    assert spent / 2 < worth < spent * 2


def test_every_station_gains_on_average_by_what_the_second_package_asks_of_it(flagship):
    outcome = simulate(flagship, draws=4000)
    for deal in flagship.packages["station_by_station"].deals:
        worth = outcome[f"deals.{deal}.licensee_npv"]
        assert worth.mean() > -2 * worth.std() / 4000**0.5, deal


def test_no_territory_has_more_members_at_most_than_an_audience(flagship):
    frame = Frame(flagship, 0)
    platform = Platform(Setting(Block(frame, 0, 200, draw(flagship, frame.territories, 200, 0))))
    for group in platform.groups():
        audience = platform.setting.audience[:, group.territories] * frame_growth(platform.setting, group.territories)
        assert (group.potential <= audience * (1 + 1e-9)).all()


def frame_growth(setting, territories):
    """Growth of the audience in some territories (period, territory, draw)."""
    return setting.growth.values[:, setting.growth.of[territories]]


def test_there_is_a_fee_that_both_sides_can_sign(outcome):
    found = agreement(outcome)
    assert found.zone.exists
    assert found.alternative == "station_by_station"
    assert found.zone.floor < found.zone.nash_fee < found.zone.ceiling
