"""What the page on members says, against series that are known beforehand."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scenarios_for_tests import BDW, CONSTANT, FRAME, MEMBERSHIP, PACE, SBG

from simlib.decide.causes import causes
from simlib.present import charts, members, tables
from simlib.present.convert import to_html
from simlib.present.execute import executed
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Paths

ROOT = Path(__file__).parents[1]
RICH = MEMBERSHIP.replace(CONSTANT, SBG + PACE)


@pytest.fixture(scope="module")
def outcome():
    return simulate(loads(RICH), draws=60)


def with_series(outcome, **series):
    """An outcome whose series are those given, the same in two draws."""
    given = {
        name: Paths(np.repeat(np.array(values, float)[:, np.newaxis], 2, axis=1), "", name)
        for name, values in series.items()
    }
    return replace(outcome, paths={**outcome.paths, **given})


def test_half_of_those_who_join_have_left_when_the_survivors_are_half(outcome):
    halving = 0.5 ** (np.arange(1, 13) / 7.25)
    row = tables.half_life(with_series(outcome, retention=halving)).iloc[0]
    assert [row.p10, row.p50, row.p90] == pytest.approx([7.25] * 3, rel=1e-12)
    assert (row.ends, row.left, row["last"]) == pytest.approx((1, halving[11], halving[11]))
    assert "have left after 7 months" in members.staying(with_series(outcome, retention=halving))


def test_a_half_life_beyond_the_horizon_is_told_as_that(outcome):
    found = with_series(outcome, retention=np.linspace(0.99, 0.6, 12))
    assert np.isinf(tables.half_life(found).p50[0])
    assert "more than half of those who join at the start stay to the end" in members.staying(found)


def test_who_leaves_takes_the_place_of_those_who_join(outcome):
    found = with_series(outcome, gross_adds=[1000.0] * 12, churned=[250.0] * 12)
    assert "12 thousand join and 3,000 leave" in members.comings(found).replace("\u202f", " ")
    assert "of a hundred who join, 25 take" in members.comings(found)


def test_where_nobody_joins_nobody_is_told_to_replace_anybody(outcome):
    found = with_series(outcome, gross_adds=[0.0] * 12, churned=[250.0] * 12)
    assert members.comings(found).endswith("0 join and 3,000 leave (means over the draws).")


def test_the_sentence_under_joiners_and_leavers_names_the_month_in_which_more_leave(outcome):
    found = with_series(outcome, gross_adds=[9.0] * 12, churned=[5.0] * 5 + [10.0] * 7)
    assert "From April 2018 on" in members.flows(found)
    near = with_series(outcome, gross_adds=[9.0] * 12, churned=[5.0, 8.0, *[5.0] * 10])
    assert "come nearest in December 2017, 1 apart" in members.flows(near)


def test_who_catches_up_is_not_told_to_be_overtaken_for_good(outcome):
    found = with_series(outcome, gross_adds=[9.0] * 12, churned=[10.0] * 2 + [5.0] * 10)
    assert "More leave than join until December 2017 at the latest." in members.flows(found)
    always = with_series(outcome, gross_adds=[9.0] * 12, churned=[10.0] * 12)
    assert "From November 2017 on more leave than join" in members.flows(always)


def test_a_cause_adds_the_members_with_it_less_those_without_it(outcome):
    found = {cause.name: cause for cause in causes(outcome)}
    assert [*found] == ["netflix", "lockdown", "price_effect", "marketing", "seasonality", "churn_seasonality"]
    calm = simulate(
        loads(RICH.replace("adds: {uniform: {low: 1.4, high: 2}}, churn: 0.8", "adds: 1, churn: 1")), draws=60
    )
    expected = outcome.paths["members"].values - calm.paths["members"].values
    np.testing.assert_allclose(found["lockdown"].members, expected, atol=1e-3)
    assert not found["lockdown"].members[:4].any()  # it begins in March 2018
    assert (found["lockdown"].members[5] > 0).all()
    assert (found["price_effect"].members[-1] < 0).all()
    assert (found["marketing"].members[-1] > 0).all()


def test_the_table_of_causes_holds_means_and_the_largest(outcome):
    table = tables.moved(outcome).set_index("cause")
    added = next(cause for cause in causes(outcome) if cause.name == "lockdown").members
    assert table["mean"]["lockdown"] == pytest.approx(added[-1].mean())
    at = added.mean(axis=1).argmax()
    assert (table.most["lockdown"], table.period["lockdown"]) == (added[at].mean(), outcome.periods[at])
    shown = str(members.moved(outcome))
    assert "The price against that before the start" in shown
    assert "Lockdown" in shown


def test_the_deal_report_leaves_out_what_titles_alone_do_to_members(outcome):
    assert members.moved_by_others(outcome) == members.moved(outcome)
    night = simulate(load(ROOT / "scenarios" / "day-and-night.yml"), draws=4)
    assert set(tables.moved(night).kind) == {"title"}
    assert members.moved_by_others(night) is None


def test_the_model_is_told_in_the_parts_that_the_scenario_uses(outcome):
    told = str(members.model(outcome))
    for part in (
        "Bass 1969",
        "Fader &amp; Hardie 2007",
        "Bass, Krishnan &amp; Jain 1994",
        "What happens once",
        "its season",
    ):
        assert part in told
    plain = simulate(loads(MEMBERSHIP), draws=4)
    assert "whatever their tenure" in str(members.model(plain))
    assert "price" not in str(members.model(plain))
    assert "beta-discrete-Weibull" in str(members.model(simulate(loads(MEMBERSHIP.replace(CONSTANT, BDW)), draws=4)))


def test_a_scenario_without_members_says_so_and_shows_nothing_else():
    empty = simulate(loads(FRAME), draws=4)
    assert "has no members" in str(members.answer(empty))
    assert members.model(empty) is members.moved(empty) is members.meaning(empty) is None
    assert members.flows(empty) == members.staying(empty) == members.comings(empty) == ""
    assert tables.flows(empty).empty
    assert tables.half_life(empty).empty


def test_a_flow_over_no_whole_year_is_told_by_its_whole_quarters(outcome):
    assert len(outcome.periods) == 12
    assert outcome.periods[0] == "2017-11"
    told = tables.fans(outcome, "gross_adds")
    quarters = outcome.paths["gross_adds"].values[2:11].reshape(3, 3, -1).sum(axis=1)
    np.testing.assert_allclose(told["mean"], quarters.mean(axis=1), rtol=1e-12)
    assert len(tables.fans(outcome, "gross_adds", by_step=True)) == 12


def test_the_notebook_tells_members_from_question_to_command(tmp_path):
    path = tmp_path / "rich & odd.yml"
    path.write_text(RICH, encoding="utf-8")
    overrides = {"simulation.draws": 60, "subscribers.price": 11.99}
    notebook, failure = executed(
        ROOT / "notebooks" / "subscribers.ipynb", {"scenario": str(path), "overrides": overrides}, {}
    )
    assert failure is None
    page = to_html(notebook, "Members")
    assert page.count("<picture>") == 3
    text = re.sub(r"<[^>]+>", " ", page)
    for said in ("The question", "Netflix has", "What moved them", "The spread in members", "--notebook subscribers"):
        assert said in text
    assert "--set subscribers.price=11.99" in text


@pytest.mark.parametrize("width", [charts.WIDE, charts.NARROW])
def test_joiners_and_leavers_are_named_at_the_ends_of_their_lines(outcome, width):
    drawn = charts.svg(charts.flows(tables.flows(outcome), width=width))
    for word in ("join", "leave", "members a month"):
        assert word in drawn
