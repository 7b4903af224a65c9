"""Levers are pulled on the same draws: each alone, all else as before."""

from pathlib import Path

import numpy as np
import pytest

from simlib.decide.levers import Pulled, broke_even, pulled, settings, swing
from simlib.scenario.load import load
from simlib.scenario.questions import Question
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Output

ROOT = Path(__file__).parents[1] / "scenarios"
DRAWS = 400


@pytest.fixture(scope="module")
def outcome():
    return simulate(load(ROOT / "habit-and-profit.yml"), draws=DRAWS)


def test_a_lever_stands_at_the_percentiles_of_what_it_raises_and_lowers(outcome):
    lever = outcome.scenario.levers["habit"]
    for end, share in (("weak", 0.1), ("strong", 0.9)):
        for name, value in settings(outcome, lever, end).items():
            assert value == pytest.approx(np.quantile(outcome.inputs[name], share))
    lowered = lever.model_copy(update={"raises": (), "lowers": lever.raises})
    assert settings(outcome, lowered, "weak") == settings(outcome, lever, "strong")


def test_a_lever_pulled_is_the_scenario_simulated_with_that_number_and_every_other_draw(outcome):
    value = settings(outcome, outcome.scenario.levers["price"], "strong")["subscribers.price.2018-01.to"]
    inputs = {**outcome.inputs, "subscribers.price.2018-01.to": np.full(DRAWS, value)}
    by_hand = simulate(outcome.scenario, draws=DRAWS, seed=outcome.seed, inputs=inputs)
    strong = next(each for each in pulled(outcome) if (each.lever, each.end) == ("price", "strong"))
    for name, found in strong.outputs.items():
        np.testing.assert_array_equal(found.values, by_hand[name])


def test_a_lever_that_moves_what_it_starts_from_changes_what_follows_and_not_what_went_before(outcome):
    """Levers are of 2018 and later: the members of 2017 are the same whatever is pulled."""
    for lever in outcome.scenario.levers.values():
        inputs = outcome.inputs | {
            name: np.full(DRAWS, value) for name, value in settings(outcome, lever, "strong").items()
        }
        other = simulate(outcome.scenario, draws=DRAWS, inputs=inputs)
        members, others = outcome.paths["members"].values, other.paths["members"].values
        np.testing.assert_array_equal(members[:12], others[:12])
        assert (members[-1] != others[-1]).any()


def made(lever, weak, strong):
    return [
        Pulled(lever, end, {"platform.break_even": Output(np.array(dates, float), "date", "")})
        for end, dates in (("weak", weak), ("strong", strong))
    ]


def test_the_swing_counts_the_draws_that_turn_whichever_way_they_turn():
    never = np.nan
    one = made("one", [never, never, never, 2020], [2021, 2021, never, 2020])
    other = made("other", [2020, 2020, never, never], [2020, never, never, never])
    found = (*one, *other)
    assert [np.isfinite(dates).sum() for dates in broke_even(found, "one")] == [1, 3]
    more, error = swing(found, "one", "other")
    assert more == 0.5 - 0.25
    assert error == pytest.approx(np.std([1, 0, 0, 0], ddof=1) / 2)


def test_a_question_about_what_a_lever_pulls_may_be_asked(outcome):
    from simlib.decide.questions import answers

    given = {"term": "subscribers.price.value.amount.steps.2018-01.ramp.to", "for": "members", "between": [15, 30]}
    (answer,) = answers(outcome.scenario, {"price": Question(**given, equals=90e6)}, draws=64, points=3)
    assert answer.solution.curve[0].target > answer.solution.curve[-1].target
