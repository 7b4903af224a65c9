"""A sweep's cells: every combination of lists, or points drawn, each a scenario with values set."""

from math import exp, log
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from test_present_batch import SMALL

from simlib.present import page, still
from simlib.present.key import plain
from simlib.present.manifest import resolved
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads, overriding
from simlib.scenario.walk import section_parts
from simlib.simulation.engine import simulate
from simlib.simulation.sampling import uncertain
from simlib.simulation.sweep import cells

ROOT = Path(__file__).parents[1]
CHURN, SHARE = "subscribers.monthly_churn", "subscribers.potential.share"


def swept(text, given=None):
    return loads(f"{SMALL}sweep: {text}\n", given)


def labels(text):
    return [cell.label for cell in cells(swept(text))]


def test_a_grid_has_every_combination_in_the_order_of_its_lists():
    text = f"{{{SHARE}: [10%, 20%], {CHURN}: [3%, 4%, 5%]}}"
    assert labels(text) == [
        f"share {share}, monthly churn {churn}" for share in ("10%", "20%") for churn in ("3%", "4%", "5%")
    ]
    assert cells(swept(text))[0].settings == {SHARE: "10%", CHURN: "3%"}


def test_low_middle_and_high_are_p10_median_and_p90():
    """The scenario's churn is lognormal with P10 2 % and P90 5 %, so that its median is the root of their product."""
    found = [cell.settings[CHURN] for cell in cells(swept(f"{{{CHURN}: [low, middle, high]}}"))]
    assert found == pytest.approx([0.02, (0.02 * 0.05) ** 0.5, 0.05], rel=1e-3)


def test_the_ends_of_a_number_that_moves_are_those_of_each_part():
    text = SMALL.replace(
        "{lognormal: {p10: 2%, p90: 5%}}",
        "{value: {steps: {2018-01: {uniform: {low: 2%, high: 4%}}, 2019-01: {uniform: {low: 4%, high: 6%}}}}}",
    )
    (cell,) = cells(loads(f"{text}sweep: {{{CHURN}: [low]}}\n"))
    parts = f"{CHURN}.value.steps.2018-01", f"{CHURN}.value.steps.2019-01"
    assert cell.settings == pytest.approx(dict(zip(parts, (0.022, 0.042), strict=True)))


def test_points_that_are_drawn_fill_every_stratum_of_each_input():
    found = cells(
        swept(f"{{drawn: {{points: 40, seed: 3}}, {SHARE}: {{uniform: {{low: 10%, high: 50%}}}}, {CHURN}: range}}")
    )
    shares = np.array([cell.settings[SHARE] for cell in found])
    churns = np.array([cell.settings[CHURN] for cell in found])
    spread = (log(0.05) - log(0.02)) / (2 * NormalDist().inv_cdf(0.9))
    ranks = [NormalDist(log((0.02 * 0.05) ** 0.5), spread).cdf(log(churn)) for churn in churns]
    for uniform in ((shares - 0.1) / 0.4, np.array(ranks)):
        assert np.abs(np.sort(uniform) - (np.arange(40) + 0.5) / 40).max() < 0.5 / 40 + 1e-3  # numbers have four digits
    assert abs(np.corrcoef(shares, ranks)[0, 1]) < 0.4
    assert exp(np.log(churns).mean()) == pytest.approx((0.02 * 0.05) ** 0.5, rel=0.02)


def test_points_take_each_value_of_a_list_as_often():
    found = cells(swept(f"{{drawn: {{points: 12, seed: 0}}, {SHARE}: [10%, 20%, 30%], {CHURN}: range}}"))
    assert sorted(cell.settings[SHARE] for cell in found) == ["10%"] * 4 + ["20%"] * 4 + ["30%"] * 4


def test_the_same_seed_gives_the_same_points_and_another_others():
    text = f"{{drawn: {{points: 5, seed: {{}}}}, {CHURN}: range}}"
    first, again, other = (cells(swept(text.replace("{}", seed, 1))) for seed in ("1", "1", "2"))
    assert first == again != other


def test_money_keeps_its_unit_where_a_number_is_drawn():
    whole = resolved(plain(load(ROOT / "scenarios" / "day-and-night.yml")))
    drawn = "{points: 2, seed: 0}, deals.netflix.terms.flat_fee.amount: {uniform: {low: 10, high: 20}}"
    found = cells(loads(f"{whole}sweep: {{drawn: {drawn}}}\n"))
    amounts = [cell.settings["deals.netflix.terms.flat_fee.amount"]["value"] for cell in found]
    assert all((amount["currency"], amount["per"]) == ("USD", "episode") for amount in amounts)
    assert all(10 <= amount["amount"] <= 20 for amount in amounts)


def test_a_cell_that_was_drawn_twice_is_one():
    found = cells(swept(f"{{drawn: {{points: 4, seed: 0}}, {SHARE}: [10%, 20%]}}"))
    assert sorted(cell.label for cell in found) == ["share 10%", "share 20%"]


def test_a_number_and_the_same_as_a_text_are_two():
    assert labels(f"{{{SHARE}: [0.1, '0.1']}}") == ["share 0.1", 'share "0.1"']


def test_paths_of_one_last_word_are_told_apart():
    text = "{subscribers.potential.share: [10%], audience.video_share: [70%]}"
    assert labels(text) == ["share 10%, video share 70%"]
    assert labels("{audience.annual_growth: [1%]}") == ["annual growth 1%"]


def test_a_cell_is_a_scenario_without_a_sweep_that_says_what_it_set():
    scenario = swept(f"{{{CHURN}: [low, high], {SHARE}: [10%]}}")
    first = swept(f"{{{CHURN}: [low, high], {SHARE}: [10%]}}", cells(scenario)[0].settings)
    assert first.sweep is None
    assert [override.path for override in first.origin.overrides] == [CHURN, SHARE]
    assert first.subscribers.monthly_churn == pytest.approx(0.02, rel=1e-3)


def test_what_is_set_on_the_command_line_is_not_swept_any_more():
    scenario = swept(f"{{{CHURN}: [low, high], {SHARE}: [10%, 20%]}}", {SHARE: "15%"})
    assert [cell.label for cell in cells(scenario)] == ["monthly churn low", "monthly churn high"]


def test_a_sweep_moves_no_draw_of_the_file_itself():
    plain, with_sweep = loads(SMALL), swept(f"{{{CHURN}: [low, high]}}")
    assert uncertain(plain, ("TWN",)).keys() == uncertain(with_sweep, ("TWN",)).keys()
    one, other = (simulate(scenario)["members"] for scenario in (plain, with_sweep))
    assert np.array_equal(one, other)


PAIRS = (
    "correlations: [[subscribers.monthly_churn, subscribers.imitation, 0.3], "
    "[audience.video_share, subscribers.imitation, 0.2]]\n"
)


def test_a_value_that_is_set_is_correlated_with_nothing_and_the_other_pairs_hold():
    held = loads(SMALL + PAIRS, {CHURN: "3%"})
    assert held.correlations == (("audience.video_share", "subscribers.imitation", 0.2),)
    named = PAIRS.replace("[[", "{one: [[").replace("], [", "]], two: [[").replace("]]\n", "]]}\n")
    assert loads(SMALL + named, {CHURN: "3%"}).correlations == held.correlations


def test_what_a_value_that_is_set_lets_be_is_said_where_the_page_says_how_it_was_made():
    held = loads(SMALL + PAIRS, {CHURN: "3%"})
    shown = str(page.how(simulate(held, 8)))
    pair = "“Subscribers: monthly churn” and “Subscribers: imitation” (0.3)"
    assert f"<dt>Held as set</dt><dd>The correlation of {pair} is left out: one is certain now.</dd>" in shown
    again = overriding(held, {"audience.video_share": "70%"})  # as the desk sets values on values
    assert [each.inputs[0] for each in again.origin.let_be] == [CHURN, "audience.video_share"]
    assert "Held as set" not in str(page.how(simulate(loads(SMALL + PAIRS), 8)))


def test_a_value_that_is_still_uncertain_stays_correlated():
    drawn = loads(SMALL + PAIRS, {CHURN: "{uniform: {low: 2%, high: 3%}}"})
    assert len(drawn.correlations) == 2
    assert len(loads(SMALL + PAIRS, {f"{CHURN}.lognormal.p10": "1%"}).correlations) == 2


def test_a_lever_no_longer_pulls_a_value_that_is_set():
    file = ROOT / "scenarios" / "habit-and-profit.yml"
    levers = load(file).levers
    name, lever = next((name, lever) for name, lever in levers.items() if len(lever.inputs) > 1)
    one = lever.inputs[0]
    held = load(file, {path_of(file, one): "0.5"}).levers
    assert held[name].inputs == tuple(pulled for pulled in lever.inputs if pulled != one)
    (said,) = still.sentences(load(file, {path_of(file, one): "0.5"}))
    assert said.startswith(f"The lever “{lever.label}” no longer pulls “")
    rest = {path_of(file, pulled): "0.5" for pulled in lever.inputs}
    assert load(file, rest).levers.keys() == levers.keys() - {name}


def path_of(file, name):
    """The path of an input, from its name."""
    return next(part.dotted for part in section_parts(load(file)) if part.name == name)


FAULTS = [
    ("{}", "sweep tries nothing"),
    (f"{{{CHURN}: []}}", f"sweep.{CHURN} must not be empty"),
    (
        "{subscribers.monthly_chrun: [1%]}",
        "sweep.subscribers.monthly_chrun is not in the scenario; did you mean subscribers.monthly_churn?",
    ),
    (f"{{{CHURN}: 3%}}", "is a list of values, or with `drawn` a distribution or the word range"),
    (f"{{{CHURN}: range}}", "is drawn from; say how often"),
    ("{subscribers.innovation: [low]}", "sweep.subscribers.innovation.0 low is an end of an uncertain number"),
    ("{drawn: {points: 3, seed: 1}, subscribers.innovation: range}", "has no range, for nothing is uncertain there"),
    ("{subscribers.monthly_churn: [1%], subscribers.monthly_churn.lognormal: [1]}", "lies inside subscribers.mon"),
    (f"{{{CHURN}: [3%, 4%, 3%]}}", f"sweep.{CHURN}.2 tries '3%' twice"),
    ("{subscribers: [1], subscribers.monthly_churn: [2]}", "lies inside subscribers, which the sweep sets as a whole"),
    ("{drawn: {points: 1, seed: 1}, subscribers.innovation: [1, 2]}", "sweep.drawn.points must be 2 or more; found 1"),
    ("{drawn: {points: 3}, subscribers.innovation: [1, 2]}", "sweep.drawn lacks seed"),
    ("3", "sweep must be a mapping of fields; found 3"),
]


@pytest.mark.parametrize(("text", "says"), FAULTS)
def test_a_faulty_sweep_is_answered_with_its_line(text, says):
    with pytest.raises(ScenarioError) as caught:
        swept(text)
    line = SMALL.count("\n") + 1
    told = [str(fault) for fault in caught.value.faults]
    assert any(says in sentence and sentence.startswith(f"scenario.yml:{line}:") for sentence in told), told


def test_too_many_cells_are_refused_before_they_are_made():
    many = ", ".join(f"0.0{number}" for number in range(1001, 1102))
    text = f"{{{CHURN}: [{many}], subscribers.innovation: [{many}]}}"
    with pytest.raises(ScenarioError, match=r"sweep makes 10,201 cells; at most 10,000"):
        swept(text)
