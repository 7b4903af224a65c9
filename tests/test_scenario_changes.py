"""What two scenarios say differently, held against edits made by hand."""

import pytest
from scenarios_for_tests import EVERYTHING

from simlib.scenario.changes import changes
from simlib.scenario.load import load, loads

ONE = loads(EVERYTHING, shown="one.yml")


def edited(old, new):
    assert EVERYTHING.count(old) == 1
    other = loads(EVERYTHING.replace(old, new), shown="two.yml")
    line = EVERYTHING[: EVERYTHING.index(old)].count("\n") + 1
    return line, changes(ONE, other)


def test_a_scenario_says_nothing_else_than_itself():
    assert changes(ONE, ONE) == ()


@pytest.mark.parametrize(
    ("old", "new", "path", "before", "after"),
    [
        ("free_relapse: 0.03", "free_relapse: 0.05", "habits.free_relapse", "0.03", "0.05"),
        ("habit_formation: {pert: {low: 0.5, mode: 1.0, high: 2.0}}", "habit_formation: 1", "habits.habit_formation",
         "{pert: {low: 0.5, mode: 1.0, high: 2.0}}", "1"),
        ("enforcement: {by_territory: {home: 0.06,", "enforcement: {by_territory: {home: 0.07,",
         "habits.enforcement.by_territory.home", "0.06", "0.07"),
        ("{clause: distribution_fee, share: 30%}", "{clause: distribution_fee, share: 25%}",
         "deals.station.terms.distribution_fee.share", "30%", "25%"),
    ],
)  # fmt: skip
def test_a_changed_number_is_told_with_its_path_both_values_and_both_places(old, new, path, before, after):
    line, found = edited(old, new)
    assert [change[:5] for change in found] == [(path, before, after, f"one.yml:{line}", f"two.yml:{line}")]
    assert not found[0].tells


@pytest.mark.parametrize(
    ("old", "new"), [("annual_volatility: 8%", "annual_volatility: 0.08"), ("100 thousand EUR", "100000 EUR")]
)
def test_a_number_written_in_another_way_is_no_change(old, new):
    assert edited(old, new)[1] == ()


def test_what_only_one_of_them_has_is_told_as_not_there():
    _, found = edited("      - {clause: distribution_fee, share: 30%}\n", "")
    assert [(change.path, change.new, change.new_place) for change in found] == [
        ("deals.station.terms.distribution_fee", None, None)
    ]
    other = loads(EVERYTHING.partition("\ncorrelations:")[0])
    assert [(change.path, change.new) for change in changes(ONE, other)] == [("correlations", None)]
    assert [(change.path, change.old) for change in changes(other, ONE)] == [("correlations", None)]


def test_bases_are_merged_and_overrides_set_before_they_are_compared():
    one, other = (load("scenarios/day-and-night.yml", given) for given in ({}, {"subscribers.monthly_churn": "3%"}))
    (change,) = changes(one, other)
    assert change.old_place.startswith("scenarios/bases/netflix-2017.yml:")
    assert (change.path, change.new, change.new_place) == (
        "subscribers.monthly_churn", "3%", "--set subscribers.monthly_churn",
    )  # fmt: skip


def test_words_that_move_no_number_are_marked():
    _, found = edited("label: Worldwide", "label: Everywhere")
    assert [(change.path, change.tells) for change in found] == [("packages.worldwide.label", True)]
