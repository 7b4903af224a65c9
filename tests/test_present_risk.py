"""What the report says of risk is what the draws say, and what nobody said is left out."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from simlib.decide.compare import agreement
from simlib.present import risk, tables
from simlib.present.findings import going_wrong
from simlib.present.key import plain
from simlib.present.manifest import resolved
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
FLAGSHIP = "scenarios/day-and-night.yml"


@pytest.fixture(scope="module")
def here():
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def outcome(here):
    return simulate(load(FLAGSHIP), draws=400)


def text(html):
    return re.sub(r"<[^>]*>", " ", html)


def test_every_package_has_a_row_for_its_licensor_and_one_for_its_licensees(outcome):
    table = tables.risks(outcome)
    assert len(table) == 2 * len(outcome.scenario.packages)
    for row in table.itertuples():
        npv = outcome[f"packages.{row.package}.{row.side}_npv"]
        assert [row.p05, row.p50, row.p95] == pytest.approx(np.quantile(npv, [0.05, 0.5, 0.95]))
        licensees = {outcome.scenario.deals[name].licensee for name in outcome.scenario.packages[row.package].deals}
        if row.side == "licensor" or len(licensees) == 1:  # several licensees bear their worst draws each alone
            assert row.cvar == pytest.approx(np.sort(npv)[:20].mean())
        assert math.isnan(row.regret) == (row.side == "licensee")


def test_measures_that_the_scenario_gives_no_ground_for_have_no_column(outcome):
    whole = text(risk.risks(outcome))
    assert "Worst draws" in whole
    assert "Sure sum" in whole
    sections = yaml.safe_load(resolved(plain(load(FLAGSHIP))))
    del sections["risk"]
    said = text(risk.risks(simulate(loads(yaml.safe_dump(sections, sort_keys=False)), draws=60)))
    assert "Regret" in said
    assert "Worst draws" not in said
    assert "ure sum" not in said


def test_what_is_worth_finding_out_stands_out_of_its_error_and_says_where_it_stands(outcome):
    shown, table = text(risk.knowing(outcome)), tables.knowing(outcome)
    assert table.worth.is_monotonic_decreasing
    first = table.iloc[0]
    assert (first.input, first.side) == ("title.hit", "licensee")
    assert "Title: hit" in shown
    assert f"day-and-night.yml:{first.line}" in shown
    faint = table[table.worth <= 2 * table.error].label
    clear = set(table[table.worth > 2 * table.error].label)
    assert not any(label in shown for label in faint if label not in clear)


def test_the_sentence_under_the_box_says_its_ranges_density_and_coverage(outcome):
    said, found, row = risk.losing(outcome), going_wrong(outcome), tables.losing(outcome).iloc[0]
    assert risk.losing_title(outcome) == "When Netflix loses"
    assert f"“{row.label}” is {row.said}" in said
    fee = agreement(outcome).zone.nash_fee
    npv = outcome["negotiation.licensee_npv_without_fee"] - fee * outcome["negotiation.licensee_pv_per_fee"]
    assert f"{round(100 * np.mean(npv < 0))}\u202f%" in said
    assert f"{round(100 * found.box.density)}\u202f%" in said
    assert f"{round(100 * found.box.coverage)}\u202f%" in said
    drawn = outcome.inputs[row.input]
    assert row.to_share - row.from_share == pytest.approx(np.mean((drawn >= row.low) & (drawn <= row.high)))


def test_where_hardly_any_draw_loses_the_sentence_says_that_the_worst_are_shown(here):
    changes = {"title.hit": "{uniform: {low: 3, high: 4}}", "negotiation.bargaining_power": 0}
    rich = simulate(load(FLAGSHIP, changes), draws=200)
    assert risk.losing_title(rich).endswith("does worst")
    assert "worst tenth" in risk.losing(rich)


def test_with_few_draws_nothing_is_said_of_what_few_draws_cannot_tell(here):
    few = simulate(load(FLAGSHIP), draws=20)
    assert tables.losing(few).empty
    assert tables.knowing(few).empty
    assert (risk.losing(few), risk.losing_title(few), risk.knowing(few)) == ("", "", None)
    assert risk.paragraph("") is None


def test_the_summary_tells_of_each_package_what_the_tables_tell(outcome):
    summary = tables.summary(outcome)["packages"]
    for row in tables.risks(outcome).itertuples():
        told = summary[row.package][f"{row.side}_npv"]
        assert told["certainty_equivalent"] == row.certainty_equivalent
        assert told["cvar"] == row.cvar
        if row.side == "licensor":
            assert summary[row.package]["regret"] == row.regret


def test_the_summary_gives_each_driver_its_line_its_share_and_its_worth(outcome):
    rows, worth = tables.summary(outcome)["drivers"], tables.knowing(outcome).set_index(["side", "input"]).worth
    for row in rows:
        assert {"input", "line", "first_order", "total", "evppi"} <= row.keys()
        assert row["total"] is None
        assert row["evppi"] == worth["licensor", row["input"]]
        assert row["evppi_licensee"] == worth["licensee", row["input"]]
