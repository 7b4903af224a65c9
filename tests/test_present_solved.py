"""Answers in words: the value with its error, all of several, or where and why there is none."""

import math

import pytest
from scenarios_for_tests import EVERYTHING

from simlib.decide.questions import Answer
from simlib.decide.solve import Point, Root, Solution
from simlib.present import solved
from simlib.scenario.load import loads
from simlib.scenario.questions import Question

SCENARIO = loads(EVERYTHING)
FEE = "deals.netflix.terms.flat_fee.amount"
CURVE = (Point(1000.0, -5e5, 1e4), Point(9000.0, 2.5e6, 1e4))


def answer(*roots, curve=CURVE, term=FEE, out=False, whole=False):
    question = {"term": term, "for": "packages.worldwide.licensor_npv", "equals": 0, "between": [1, 2]}
    return Answer("lowest_fee", Question(**question), Solution(roots, curve, out), 500, term, "", True, whole, "USD")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (answer(Root(9716, 623, 30)), "USD 9,700 ± 620 per episode"),
        (answer(Root(9716, 0, 30)), "USD 9,700 per episode"),
        (answer(Root(2000, 10, 30), Root(7000, 10, -30)), "at 2 values: USD 2,000 ± 10 per episode and USD 7,000 ± 10"),
        (
            answer(),
            "nowhere from USD 1,000 to 9,000 per episode: the difference runs from −USD 500 thousand to USD 2.5",
        ),
        (
            answer(curve=(Point(1, 7.0, 0), Point(2, 7.0, 0))),
            "the term does not move it: the difference is USD 7 throughout",
        ),
        (answer(Root(2000, math.inf, 0, 4000)), "all the way from USD 2,000 to 4,000 per episode"),
        (answer(Root(2000, 10, 30), out=True), "(no nearer: 25 simulations are spent)"),
        (answer(Root(32.4, 0.5, 9), term="title.episodes", whole=True), "between the whole numbers 32 and 33"),
    ],
)
def test_an_answer_says_what_was_found(given, said):
    assert said in solved.said(SCENARIO, given).replace("\u202f", " ")


def test_a_question_names_term_and_result_as_people_call_them():
    assert solved.asked(SCENARIO, answer()).replace("\u202f", " ") == (
        "The value of “Netflix: flat fee” at which the mean of Youku’s NPV from “Worldwide” is USD 0"
    )


@pytest.mark.parametrize(
    ("result", "called"),
    [
        ("packages.worldwide.licensor_irr", "Youku’s IRR from “Worldwide”"),
        ("packages.piecemeal.licensee_npv", "the licensees’ NPV from “Piece by piece”"),
        ("packages.piecemeal.npv.agent", "Agent’s NPV from “Piece by piece”"),
        ("packages.worldwide.beyond_horizon", "beyond horizon of “Worldwide”"),
        ("deals.netflix.licensee_npv", "Netflix’s NPV from the deal “Netflix”"),
        ("deals.netflix.hours", "hours of the deal “Netflix”"),
        ("paying_ratio.home", "paying ratio, home"),
    ],
)
def test_results_are_called_as_people_call_them(result, called):
    assert solved.result_name(SCENARIO, result) == called


def test_what_json_cannot_hold_is_none():
    told = solved.jsonable(SCENARIO, answer(Root(2000, math.inf, 0, 4000)))
    assert told["roots"] == [{"value": 2000, "error": None, "slope": 0, "until": 4000, "jumps": False}]


def test_which_way_the_result_moves_is_said_where_it_moves_one_way():
    assert solved.way(answer(Root(1, 1, 30))) == "the more, the higher"
    assert solved.way(answer(Root(1, 1, -30))) == "the more, the lower"
    assert solved.way(answer(Root(1, 1, 30), Root(2, 1, -30))) == ""
