"""Two scenarios side by side: sentences held to the outcomes' own arrays, pages whole, changed inputs first."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from simlib.decide.difference import compare, compared
from simlib.present import report, side_by_side, versus, words
from simlib.present.batch.index import write_index
from simlib.present.findings import findings
from simlib.present.notebook import compared as compared_files
from simlib.present.tables import versus as tables
from simlib.scenario.load import load
from simlib.simulation.engine import simulate

FLAGSHIP, LICENSEE = "scenarios/day-and-night.yml", "packages.netflix_worldwide.licensee_npv"
FEW = {"simulation.draws": 200}
CALLED = ("the one", "the other")


@pytest.fixture(scope="module")
def comparison():
    return compared_files(FLAGSHIP, "", FEW | {"title.completion": "60%"})


@pytest.fixture(scope="module")
def turned():
    """Nobody watches to the end, so that the licensee cannot pay."""
    return compared_files(FLAGSHIP, "", FEW | {"title.completion": "5%"})


def plain(text):
    return text.replace(words.GAP, " ")


def test_draws_set_for_the_run_are_those_of_both(comparison):
    assert (comparison.one.draws, comparison.other.draws) == (200, 200)
    assert [change.path for change in comparison.changes] == ["title.completion"]


def test_the_first_sentence_is_the_decision(comparison, turned):
    assert versus.verdict(comparison)[0] == "In both: sign “Netflix, worldwide”."
    assert versus.verdict(turned)[0] == (
        "“Before” says: sign “Netflix, worldwide”; “After” says: sign “Station by station, with guarantees”."
    )
    assert "none in “After”" in versus.verdict(turned)[1]
    assert versus.recommended(turned, CALLED).startswith(
        "The one says: sign “Netflix, worldwide”; the other says: sign"
    )


@pytest.mark.parametrize(
    ("fee", "said"), [(89_000, "more than Netflix can pay"), (2_000, "less than Youku needs"), (24_000, None)]
)
def test_a_package_is_not_recommended_at_a_fee_that_one_side_would_refuse(fee, said):
    one = load(FLAGSHIP, {"simulation.draws": 200})
    other = load(FLAGSHIP, {"simulation.draws": 200, "deals.netflix.terms.flat_fee.amount": f"{fee} USD per episode"})
    told = versus.recommended(compare(one, other), CALLED)
    assert (said in told) if said else ("fee assumed" not in told)


def test_the_difference_that_is_told_is_that_of_the_draws(comparison):
    """The fee is assumed the same, so that the licensor's NPV stays and the licensee's is told."""
    moved = comparison.other[LICENSEE] - comparison.one[LICENSEE]
    (said,) = (plain(line) for line in versus.verdict(comparison) if line.startswith("Netflix’s NPV"))
    assert plain(words.money(moved.mean(), "USD", moved.std(ddof=1) / np.sqrt(200) / 10)) in said
    assert f"higher in {plain(words.chance(np.mean(moved > 0)))} of draws" in said


def test_a_scenario_beside_itself_says_that_nothing_differs():
    scenario = load(FLAGSHIP, FEW)
    same = compare(scenario, scenario)
    assert "No result differs by more than its Monte Carlo error." in versus.verdict(same)
    assert "No input differs." in versus.verdict(same)
    assert tables.moved(same).empty
    assert side_by_side.results(same) is None
    assert "No input differs" in side_by_side.changed(same)


def test_the_lines_of_the_command_begin_with_the_changed_inputs(comparison):
    first, blank, *_ = versus.lines(comparison)
    assert first.startswith("title.completion: {pert: {low: 30%, mode: 50%, high: 75%}} (")
    assert first.endswith("→ 60% (--set title.completion)")
    assert blank == ""


def test_the_zones_are_those_of_both_outcomes(comparison, turned):
    for found in (comparison, turned):
        zones = [findings(outcome).agreement.zone for outcome in (found.one, found.other)]
        table = tables.zones(found)
        assert table.floor.tolist() == [zone.floor for zone in zones]
        assert table.ceiling.tolist() == [zone.ceiling for zone in zones]
        assert table.exists.tolist() == [zone.exists for zone in zones]


def test_other_currencies_and_horizons_are_said():
    one = simulate(load(FLAGSHIP, FEW))
    later = simulate(load(FLAGSHIP, FEW | {"horizon.periods": 70}))
    assert (
        "Their horizons differ (62 months from October 2017 and 70 months"
        in versus.caveats(compared(one, later), CALLED)[0]
    )
    euros = load(FLAGSHIP, FEW).model_copy(update={"currency": "EUR"})
    later = replace(one, scenario=euros)
    said = versus.caveats(compared(one, later), CALLED)
    assert said == ["Results in money are not compared: one is in USD, the other in EUR."]
    assert tables.zones(compared(one, later)).empty
    assert tables.hills(compared(one, later)).empty


def test_the_command_makes_the_same_comparison(comparison):
    assert versus.command(comparison) == (
        f"simlib compare {comparison.one.scenario.origin.file} --draws 200 --set title.completion=60%"
    )


def test_what_json_holds_is_json(comparison, turned):
    for found in (comparison, turned):
        told = json.loads(json.dumps(versus.jsonable_of(found), allow_nan=False))
        assert [change["path"] for change in told["changes"]] == ["title.completion"]
        assert len(told["differences"]) == len(found.differences)


def test_the_report_of_a_comparison_is_one_whole_folder(tmp_path):
    page = report.write_comparison(FLAGSHIP, None, tmp_path, {"simulation.draws": 64, "title.completion": "60%"})
    names = {path.name for path in page.parent.iterdir()}
    assert names >= {"report.html", "report.ipynb", "summary.json", "manifest.json", "other.resolved.yml"}
    text = page.read_text(encoding="utf-8")
    order = [text.index(said) for said in ("Changed inputs", "In both", "Which fee suits both", "What differs")]
    assert order == sorted(order)
    assert len(re.findall("<picture>", text)) == 3
    manifest = json.loads((page.parent / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "done"
    assert manifest["command"].startswith("python3 run.py compare scenarios/day-and-night.yml --set")
    assert page.parents[1].name == "day-and-night-against-itself"
    assert "In both" in write_index(tmp_path).read_text(encoding="utf-8")


def test_where_no_package_is_worth_signing_neither_side_says_to_sign_one():
    dear = {f"deals.{name}.licensor_cost.amount": "90 million USD" for name in load(FLAGSHIP).deals}
    dear |= {"deals.netflix.terms.0.amount": "1 USD per episode"}
    comparison = compare(load(FLAGSHIP, dear), load(FLAGSHIP, dear | {"title.episodes": 24}), draws=50)
    assert versus.verdict(comparison)[0] == "In both: sign none of the packages."


def test_both_worths_are_the_means_and_percentiles_of_each_packages_draws(comparison):
    table = tables.both_worths(comparison)
    assert set(table.output) == {f"packages.{name}.licensor_npv" for name in comparison.one.scenario.packages} | {
        LICENSEE
    }
    for row in table.itertuples():
        npv = (comparison.one, comparison.other)[row.which][row.output]
        assert (row.mean, row.p10, row.p90) == pytest.approx((npv.mean(), *np.quantile(npv, (0.1, 0.9))))


def test_both_fans_are_those_of_each(comparison):
    table = tables.both_fans(comparison, "members")
    for which, outcome in enumerate((comparison.one, comparison.other)):
        own = table[table.which == which]
        assert own.p50.tolist() == pytest.approx(np.quantile(outcome.paths["members"].values, 0.5, axis=1))


def test_of_several_markets_the_one_where_paying_moves_most_is_shown():
    moved = compared_files(FLAGSHIP, "", FEW | {"habits.opening.habitual.value.by_territory.LATAM": "25%"})
    assert set(tables.paying(moved).series) == {"paying_ratio.LATAM"}
    alike = compare(moved.one.scenario, moved.one.scenario)
    assert set(tables.paying(alike).series) == {"paying_ratio.chinese_language"}


def test_where_one_has_no_such_series_there_is_nothing_to_compare(comparison):
    assert tables.both_chances(comparison).empty
    assert tables.both_fans(comparison, "no such series").empty
