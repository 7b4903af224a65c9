"""The founding article's argument in numbers: what habit, protection and price do to a platform's break-even."""

import re
from pathlib import Path

import numpy as np
import pytest

from simlib.decide.value import standard_error
from simlib.present import business, pulled, tables
from simlib.scenario.load import load
from simlib.scenario.quantity import Distribution, Sourced, SourcedMoney
from simlib.scenario.walk import parts
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module")
def outcome():
    return simulate(load(ROOT / "habit-and-profit.yml"), draws=2000)


@pytest.fixture(scope="module")
def found(outcome):
    return tables.pulled(outcome).set_index(["lever", "end"])


def test_the_three_levers_are_the_articles(outcome):
    """Habits "have just begun to develop", "copyright protection is in its infancy"; and what a membership costs."""
    assert list(outcome.scenario.levers) == ["habit", "protection", "price"]
    pulls = [name for lever in outcome.scenario.levers.values() for name in lever.inputs]
    assert all("2018-01" in name for name in pulls)


@pytest.mark.parametrize("lever", ["habit", "protection", "price"])
def test_more_habit_protection_or_price_makes_a_profit_likelier_larger_and_earlier(found, lever):
    weak, strong = found.loc[lever, "weak"], found.loc[lever, "strong"]
    assert strong.chance - weak.chance > 4 * np.hypot(
        *(np.sqrt(p * (1 - p) / 2000) for p in (weak.chance, strong.chance))
    )
    assert strong.profit - weak.profit > 5 * np.hypot(strong.error, weak.error)
    assert strong.date < weak.date


def test_habit_and_protection_bring_members_and_price_lowers_how_many_it_takes(found):
    for lever in ("habit", "protection"):
        assert found.has[lever, "strong"] > found.has[lever, "weak"]
        assert found.needs[lever, "strong"] == pytest.approx(found.needs[lever, "weak"], rel=0.01)
    assert found.has["price", "strong"] < found.has["price", "weak"]
    assert found.needs["price", "strong"] < found.needs["price", "weak"]


def test_as_drawn_the_platform_has_fewer_members_than_it_needs(found):
    assert found.has["", ""] < found.needs["", ""]
    assert found.profit["", ""] < 0
    assert 0.2 < found.chance["", ""] < 0.5


def test_no_lever_alone_makes_break_even_likelier_than_not(found):
    """There is hope for local profits, as the article says, and no more than that."""
    assert (found.chance.drop(("", "")) < 0.5).all()


def test_the_sentence_tells_the_chances_of_the_table_the_largest_swing_first(outcome, found):
    said = business.matters(outcome).replace("\u202f", " ")
    told = [tuple(map(int, pair)) for pair in re.findall(r"from (\d+) % to (\d+) % with", said)]
    swings = (found.chance.xs("strong", level=1) - found.chance.xs("weak", level=1)).sort_values(ascending=False)
    assert told == [
        tuple(round(100 * found.chance[lever, end]) for end in ("weak", "strong")) for lever in swings.index
    ]
    first = outcome.scenario.levers[swings.index[0]].label.lower()
    assert said.startswith(("Of the three levers none clearly", f"Of the three levers {first}"))
    assert business.decided(outcome, "December 2025")[-1] == business.matters(outcome)
    assert str(pulled.table(outcome)).count("<tr") == 1 + 7


def test_the_table_is_worked_out_again_from_the_draws(outcome, found):
    dates = outcome["platform.break_even"]
    assert found.chance["", ""] == np.isfinite(dates).mean()
    assert found.date["", ""] == np.median(dates[np.isfinite(dates)])
    profit = outcome["platform.profit_last_year"]
    assert (found.profit["", ""], found.error["", ""]) == (profit.mean(), standard_error(profit))


def test_a_scenario_without_levers_says_nothing_of_them():
    outcome = simulate(load(ROOT / "iqiyi.yml"), draws=64)
    assert tables.pulled(outcome).empty
    assert pulled.table(outcome) is None
    assert len(business.decided(outcome, "December 2025")) == 3


def test_until_2017_it_is_iqiyi(outcome):
    """The price, in two factors, is what members paid: revenue of the years of the fit within 2 % of iqiyi.yml's."""
    iqiyi = simulate(load(ROOT / "iqiyi.yml"), draws=2000)
    for year in range(3):
        of = [
            np.median(each.paths["platform.revenue.member_payment"].values[4 * year : 4 * year + 4].sum(axis=0))
            for each in (outcome, iqiyi)
        ]
        assert of[0] == pytest.approx(of[1], rel=0.02)


def test_every_number_of_its_own_has_a_source_or_says_that_it_is_a_guess(outcome):
    for section in ("habits", "subscribers", "platform"):
        said: list[tuple] = []
        for part in parts(getattr(outcome.scenario, section), section, (section,)):
            if isinstance(part.value, Sourced | SourcedMoney):
                assert part.value.source or "guess" in (part.value.note or ""), part.dotted
                said.append(part.path)
            if isinstance(part.value, Distribution):
                assert any(part.path[: len(above)] == above for above in said), part.dotted


def test_its_correlations_are_those_of_the_platforms_with_the_price_in_the_place_of_what_is_paid(outcome):
    theirs = load(ROOT / "china-platforms.yml").correlations
    paid, price = "platform.revenue.member_payment.2018-01.to", "subscribers.price.2018-01.to"
    assert list(outcome.scenario.correlations) == [
        (one.replace(paid, price), other.replace(paid, price), rho) for one, other, rho in theirs
    ]
