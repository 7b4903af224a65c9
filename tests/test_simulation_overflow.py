"""Numbers that grow beyond all numbers are said in a sentence, with the inputs that are likeliest to be slips."""

import numpy as np
import pytest
from scenarios_for_tests import EVERYTHING, FRAME, MEMBERSHIP

from simlib import cli
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import loads
from simlib.simulation.engine import simulate
from simlib.simulation.overflow import kept_finite

HUGE = MEMBERSHIP.replace("hit: {lognormal: {p10: 0.4, p90: 2.5}}", "hit: 1e29\n  word_of_mouth: {derivatives: 20}")
HUGE = HUGE.replace("platform:\n  revenue:\n", "platform:\n  revenue:\n    derivatives: 5 USD\n")


def test_what_overflows_is_answered_with_the_largest_inputs_and_their_lines(tmp_path, capsys):
    path = tmp_path / "huge.yml"
    path.write_text(HUGE)
    with pytest.raises(SystemExit) as ended:
        cli.main(["simulate", str(path)])
    seen = capsys.readouterr()
    assert (ended.value.code, seen.out) == (1, "")
    first = HUGE[: HUGE.index("hit: 1e29")].count("\n") + 1
    said = seen.err.splitlines()
    assert f"{path}:{first}: title.hit reaches 1e+29, and results grow beyond all numbers (overflow" in seen.err
    assert f"{path}:{first + 1}: title.word_of_mouth.derivatives reaches 20, and results" in said[1]
    assert len(seen.err.splitlines()) == 3


def test_a_division_that_has_no_answer_is_answered_too():
    with (
        pytest.raises(ScenarioError, match=r"a result is no number, .* \(invalid value"),
        kept_finite(loads(MEMBERSHIP)),
    ):
        np.zeros(1) / np.zeros(1)


def test_what_grows_by_a_power_is_named_before_what_is_only_large():
    huge = MEMBERSHIP.replace("annual_growth: {by_territory: {TWN: 6%", "annual_growth: {by_territory: {TWN: 1e6")
    assert huge != MEMBERSHIP
    with pytest.raises(ScenarioError) as told, kept_finite(loads(huge)):
        np.float64(1e300) * np.ones(1) * 1e300
    assert "audience.annual_growth.by_territory.TWN" in {fault.path for fault in told.value.faults}


def test_elsewhere_numbers_go_on_as_they_did():
    before = np.geterr()
    simulate(loads(EVERYTHING))
    assert np.geterr() == before
    with pytest.raises(ScenarioError):
        simulate(loads(HUGE))
    assert np.geterr() == before


def test_an_elasticity_is_at_most_twenty():
    with pytest.raises(ScenarioError, match=r"adds_elasticity must be between 0 and 20; found 21"):
        loads(MEMBERSHIP.replace("adds_elasticity: {pert: {low: 0.1, mode: 0.5, high: 1.2}}", "adds_elasticity: 21"))


def test_a_large_scenario_asks_fewer_questions_for_each_is_checked_with_all_of_it():
    question = "{term: deals.netflix.terms.flat_fee.amount, for: members, at: mean, equals: 1, between: [1, 2]}"
    asked = "solve: {" + ", ".join(f"q{number}: {question}" for number in range(20)) + "}\n"
    assert len(loads(MEMBERSHIP + asked).solve) == 20

    def many(groups):
        return MEMBERSHIP.replace("groups: {", "groups: {" + "".join(f"g{number}: [TWN], " for number in range(groups)))

    with pytest.raises(ScenarioError, match=r"solve asks 20 questions of a scenario of 3,\d+ values; it may ask 12"):
        loads(many(1_000) + asked)
    with pytest.raises(ScenarioError, match=r"solve asks a question of a scenario of 36,\d+ values; it may ask none"):
        loads(many(12_000) + "solve: {q: " + question + "}\n")


@pytest.mark.parametrize(
    ("section", "item", "count"),
    [
        ("solve", "q{}: {{term: a, for: b, at: mean, equals: 1, between: [0, 1]}}", 21),
        ("packages", "p{}: {{label: x, deals: [a]}}", 101),
        ("levers", "l{}: {{label: x, raises: [a]}}", 101),
    ],
)
def test_a_scenario_has_no_more_of_a_kind_than_can_be_checked_in_a_moment(section, item, count):
    text = f"{FRAME}{section}: {{{', '.join(item.format(number) for number in range(count))}}}\n"
    with pytest.raises(ScenarioError, match=f"{section} must have at most {count - 1} items"):
        loads(text)
