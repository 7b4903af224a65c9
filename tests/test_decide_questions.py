"""Questions of scenarios, held against the closed forms of the fee on the table and against the engine run again."""

import numpy as np
import pytest
from scenarios_for_tests import EVERYTHING, MEMBERSHIP

from simlib.decide.compare import agreement
from simlib.decide.questions import answers, at_value
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import asking, load, loads
from simlib.scenario.question_checks import outputs
from simlib.scenario.terms import drawn_in, term_at, with_number
from simlib.simulation.engine import simulate

FEE = "deals.netflix.terms.flat_fee.amount"
UNCORRELATED = EVERYTHING.partition("\ncorrelations:")[0]
LICENSOR, LICENSEE, OTHER = (
    "packages.worldwide.licensor_npv",
    "deals.netflix.licensee_npv",
    "packages.piecemeal.licensor_npv",
)


@pytest.fixture(scope="module")
def scenario():
    return loads(UNCORRELATED, {"simulation.draws": 60})


def answered(scenario, term, result, equals, between, at="mean"):
    question = {"term": term, "for": result, "equals": equals, "between": between, "at": at}
    asked = asking(scenario, {"question": question})
    (answer,) = answers(asked, asked.solve)
    return answer


# Known answers


@pytest.mark.parametrize(("result", "equals", "side"), [(LICENSOR, OTHER, "floor"), (LICENSEE, 0, "ceiling")])
def test_floor_and_ceiling_are_the_fees_at_which_each_side_is_indifferent(scenario, result, equals, side):
    """Both are ratios of means in closed form, errors among them; the term is by the episode, the fee for all of them."""
    answer = answered(scenario, FEE, result, equals, [-0.0, "100 million"])
    zone, episodes = agreement(simulate(scenario)).zone, scenario.title.episodes
    closed = getattr(zone, side)
    if closed < 0:
        assert answer.solution.found == "none"
    else:
        (root,) = answer.solution.roots
        assert root.value * episodes == pytest.approx(closed, rel=1e-9)
        assert root.error * episodes == pytest.approx(getattr(zone, f"{side}_error"), rel=1e-6)
    assert answer.solution.simulations <= 10


def test_floor_and_ceiling_of_the_flagship_are_found_by_the_episode():
    flagship = load("scenarios/day-and-night.yml", {"simulation.draws": 64})
    zone = agreement(simulate(flagship)).zone
    for result, equals, closed in (
        ("packages.netflix_worldwide.licensor_npv", "packages.station_by_station.licensor_npv", zone.floor),
        ("packages.netflix_worldwide.licensee_npv", 0, zone.ceiling),
    ):
        (root,) = answered(flagship, FEE, result, equals, [1, "1 million"]).solution.roots
        assert root.value * 32 == pytest.approx(closed, rel=1e-9)


@pytest.mark.parametrize("at", ["mean", "p10", "p75"])
def test_run_again_at_the_answer_the_result_is_what_it_should_be(scenario, at):
    level = 5e5
    (root,) = answered(scenario, FEE, LICENSOR, level, [0, "1 million"], at).solution.roots
    seen = simulate(at_value(scenario, FEE, root.value))[LICENSOR]
    found = seen.mean() if at == "mean" else np.quantile(seen, int(at[1:]) / 100)
    assert found == pytest.approx(level, rel=1e-6)


def test_a_share_is_solved_as_a_share(scenario):
    path = "deals.open_platform.terms.revenue_share.share"
    half = simulate(at_value(scenario, path, 0.5))[OTHER].mean()
    (root,) = answered(scenario, path, OTHER, half, ["0%", "100%"]).solution.roots
    assert root.value == pytest.approx(0.5, rel=1e-9)


def test_a_whole_number_is_tried_at_whole_numbers(scenario):
    answer = answered(scenario, "title.episodes", LICENSEE, -1e5, [1, 10_000])
    assert answer.whole
    assert all(point.term.is_integer() for point in answer.solution.curve)


def test_a_term_that_has_no_say_in_a_result_is_flat(scenario):
    assert answered(scenario, FEE, OTHER, 0, [1, 9]).solution.found == "flat"


def test_questions_about_one_term_share_their_simulations(scenario):
    question = {"term": FEE, "for": LICENSOR, "between": [0, "1 million"]}
    asked = asking(scenario, {"one": {**question, "equals": 0}, "two": {**question, "equals": 1000}})
    done = []
    found = answers(asked, asked.solve, progress=done.append)
    assert done == list(range(1, len(done) + 1))
    assert len(done) <= 11 < sum(answer.solution.simulations for answer in found)


# One certain number in a scenario


def test_all_other_inputs_keep_their_draws(scenario):
    one, other = simulate(scenario), simulate(at_value(scenario, FEE, 20_000))
    assert set(one.inputs) - set(other.inputs) == {FEE}
    assert all(np.array_equal(one.inputs[name], values) for name, values in other.inputs.items())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("80 thousand USD per episode", {"amount": 5.0, "currency": "USD", "per": "episode"}),
        ("{amount: {lognormal: {p10: 1, p90: 2}}, currency: TWD}", {"amount": 5.0, "currency": "TWD"}),
        (
            "{value: {amount: 3, currency: TWD}, note: guess}",
            {"value": {"amount": 5, "currency": "TWD"}, "note": "guess"},
        ),
        ("{by_territory: {TWN: 3%, default: 4%}}", 5.0),
        ("{ramp: {from: 1, to: 2, start: 2018-01, months: 3}}", 5.0),
        ("32", 5),
        ("3.5%", 5.0),
    ],
)
def test_a_number_keeps_its_unit_its_currency_and_its_source(text, kept):
    from simlib.scenario.source import parse

    tree = parse(f"term: {text}", "night.yml")
    assert with_number(tree, term_at(tree, "term"), 5.0).plain() == {"term": kept}


@pytest.mark.parametrize(
    "path", ["deals", "deals.netflix.licensor", "title.name", "packages.worldwide.deals", "deals.netflix"]
)
def test_what_is_no_number_is_no_term(scenario, path):
    with pytest.raises(ValueError, match="is no number"):
        term_at(scenario.origin.tree, path)


def test_correlations_that_name_the_term_are_left_out_and_the_others_stay():
    scenario = loads(EVERYTHING)
    assert drawn_in(scenario, term_at(scenario.origin.tree, FEE)) == {FEE}
    assert [pair[:2] for pair in at_value(scenario, FEE, 1.0).correlations] == [("title.hit", "title.completion")]


def test_a_clause_goes_by_its_word_or_by_its_place(scenario):
    by_word, by_place = (
        term_at(scenario.origin.tree, f"deals.netflix.terms.{name}.amount") for name in ("flat_fee2", "1")
    )
    assert by_word == by_place
    changed = loads(UNCORRELATED, {"deals.netflix.terms.flat_fee2.amount": "7 EUR"})
    assert changed.deals["netflix"].terms[1].amount.amount == 7


# What is checked


@pytest.mark.parametrize("text", [EVERYTHING, MEMBERSHIP])
def test_the_results_that_may_be_asked_for_are_those_that_the_engine_keeps(text):
    scenario = loads(text)
    assert sorted(outputs(scenario)) == sorted(simulate(scenario, draws=4).outputs)


@pytest.mark.parametrize("path", ["scenarios/day-and-night.yml", "tests/broken/whole.yml"])
def test_the_results_of_a_file_are_those_that_the_engine_keeps(path):
    scenario = load(path)
    assert sorted(outputs(scenario)) == sorted(simulate(scenario, draws=4).outputs)


def test_the_ends_of_the_range_must_be_values_that_the_term_can_have(scenario):
    with pytest.raises(ScenarioError, match=r"between.1 is 1.5, which the term cannot be: must be between 0 and 1"):
        answered(scenario, "deals.open_platform.terms.revenue_share.share", OTHER, 0, [0, 1.5])


def test_a_result_without_a_number_in_some_draw_is_refused(scenario):
    with pytest.raises(ValueError, match="draws have no number"):
        answered(scenario, FEE, "deals.netflix.licensee_payback", 3, [0, "1 million"])


# Dates that may never come


CONTENT = "platform.accounts.content.monthly_spend.value.amount.growth.annual.steps.2020-01"


def asked_of_iqiyi(**question):
    scenario = load("scenarios/iqiyi.yml", {"simulation.draws": 300, "solve": {}})
    given = {"term": CONTENT, "for": "platform.break_even", "between": ["-15%", "10%"], "at": "p50", "equals": 2023}
    asked = asking(scenario, {"question": given | question})
    return scenario, answers(asked, asked.solve, points=5)[0]


def test_a_percentile_of_dates_counts_those_that_never_come_as_later_than_any():
    """At the root as many draws break even before the date as the percentile says, never-comers among the others."""
    scenario, answer = asked_of_iqiyi()
    (root,) = answer.solution.roots
    dates = simulate(at_value(scenario, CONTENT, root.value)).outputs["platform.break_even"].values
    assert np.isnan(dates).any()
    assert np.mean(dates <= 2023) == pytest.approx(0.5, abs=2 / 300)


def test_the_mean_of_dates_of_which_some_never_come_is_refused():
    with pytest.raises(
        ValueError, match=r"platform.break_even never comes in [\d.]+% of draws and has no mean; ask for a percentile"
    ):
        asked_of_iqiyi(at="mean")


@pytest.mark.parametrize("year", [2014, 2026, 2031])
def test_a_date_outside_the_horizon_is_refused(year):
    with pytest.raises(ValueError, match="is a date: ask for a year between 2015 and 2026"):
        asked_of_iqiyi(equals=year)


def test_a_question_about_the_chance_of_profit_is_about_its_mean():
    scenario, answer = asked_of_iqiyi(**{"for": "platform.in_profit", "at": "mean", "equals": "60%"})
    (root,) = answer.solution.roots
    found = simulate(at_value(scenario, CONTENT, root.value)).outputs["platform.break_even"].values
    assert np.isfinite(found).mean() == pytest.approx(0.6, abs=2 / 300)
