"""Tables, summary, register and decision say what the outcome says, and nothing else."""

import copy
import dataclasses
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import gaussian_kde

from simlib.decide.compare import agreement
from simlib.present import captions, change, page, register, tables, words
from simlib.present.findings import findings
from simlib.present.key import plain
from simlib.present.manifest import resolved
from simlib.present.tables import growth
from simlib.present.tables.once import once
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
FLAGSHIP = "scenarios/day-and-night.yml"


@pytest.fixture(scope="module")
def outcome(monkeypatch_module):
    return simulate(load(FLAGSHIP), draws=400)


@pytest.fixture(scope="module")
def monkeypatch_module():
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    yield patch
    patch.undo()


@pytest.fixture(scope="module")
def flagship(monkeypatch_module):
    return yaml.safe_load(resolved(plain(load(FLAGSHIP))))


def variant(flagship, draws=60, **sections):
    """The outcome of the flagship with sections replaced, or taken out where they are None."""
    changed = {name: value for name, value in (flagship | sections).items() if value is not None}
    return simulate(loads(yaml.safe_dump(changed, sort_keys=False)), draws=draws)


def test_what_parties_receive_and_pay_sums_to_zero_in_every_year(outcome):
    cash = tables.cash(outcome)
    total = cash.groupby(["package", "year"]).cash.sum()
    assert np.abs(total).max() < 1e-9 * cash.cash.abs().max()


def test_the_table_of_payments_holds_every_flow_once(outcome):
    table = tables.money(outcome)
    assert table.amount.sum() == pytest.approx(sum(flow.mean.sum() for flow in outcome.flows))
    assert len(table) == len(outcome.flows)


def test_the_waterfall_starts_with_receipts_and_ends_at_zero(outcome):
    steps = tables.waterfall(outcome)
    deals = outcome.scenario.packages[findings(outcome).recommended].deals
    paid = sum(flow.mean.sum() for flow in outcome.flows if flow.payer == "audience" and flow.deal in deals)
    assert steps[steps.kind == "receipts"].end.iloc[-1] == pytest.approx(paid)
    assert steps.end.iloc[-1] == pytest.approx(0, abs=1e-6 * paid)


def test_what_each_side_keeps_is_its_cash_over_all_years(outcome):
    steps, cash = tables.waterfall(outcome), tables.yearly(outcome)
    for side in ("licensor", "licensee"):
        kept = -steps[steps.kind == side].amount.sum()
        assert kept == pytest.approx(cash[cash.role == side].cash.sum())


def test_territories_regions_and_places_add_up_to_the_same(outcome):
    best = findings(outcome).recommended
    deals = outcome.scenario.packages[best].deals
    whole = sum(outcome.by_territory[f"deals.{deal}.contribution"].values.sum() for deal in deals)
    territories, regions = tables.territories(outcome), tables.regions(outcome)
    assert territories[territories.package == best].contribution.sum() == pytest.approx(whole)
    assert regions[regions.package == best].contribution.sum() == pytest.approx(whole)
    assert tables.places(outcome).contribution.sum() == pytest.approx(whole)
    assert tables.places(outcome).share.sum() == pytest.approx(1)


def test_a_fan_is_the_quantiles_of_its_paths(outcome):
    fan = tables.fans(outcome, "members")
    assert fan.p90.to_numpy() == pytest.approx(np.quantile(outcome.paths["members"].values, 0.9, axis=1))
    assert len(fan) == len(outcome.periods)
    assert fan["at"].iloc[0] == pytest.approx(2017 + 10 / 12)  # the end of October


def test_what_was_known_ends_before_the_horizon_and_joins_it(outcome):
    seen, fan = tables.history(outcome, "members"), tables.fans(outcome, "members")
    past = seen[seen.known]
    assert past["at"].is_monotonic_increasing
    assert past["at"].iloc[-1] <= 2017 + 9 / 12
    assert past.value.iloc[-1] == pytest.approx(104.03e6, abs=1.1e4)  # letter to shareholders, 2017-10-16
    assert fan.p50.iloc[0] == pytest.approx(past.value.iloc[-1], rel=0.05)
    assert seen[~seen.known]["at"].min() == 2018


def test_what_happened_is_held_to_the_fan_of_its_own_month(outcome):
    rows = tables.against(outcome, "members").set_index("period")
    assert list(rows.index[[0, -1]]) == ["2017Q4", "2022Q3"]  # the horizon ends in November 2022
    values = outcome.paths["members"].values[outcome.periods.index("2019-12")]
    assert rows.p10["2019Q4"] == pytest.approx(np.quantile(values, 0.1))
    assert rows.value["2019Q4"] == pytest.approx(167.09e6)
    assert rows.inside["2019Q4"] == (rows.p10["2019Q4"] <= 167.09e6 <= rows.p90["2019Q4"])


def test_a_lower_bound_lies_inside_unless_it_is_above_the_fan(outcome, monkeypatch):
    seen = tables.history(outcome, "members").assign(value=1.0)
    monkeypatch.setattr(growth, "history", lambda *_: seen.assign(status="lower bound"))
    assert tables.against.__wrapped__(outcome).inside.all()
    monkeypatch.setattr(growth, "history", lambda *_: seen)
    assert not tables.against.__wrapped__(outcome).inside.any()


def test_a_density_is_a_gaussian_kernel_estimate(outcome):
    curves = tables.densities(outcome)
    for name, own in curves.groupby("package"):
        values = outcome[f"packages.{name}.licensor_npv"]
        quartiles = np.quantile(values, (0.25, 0.75))
        width = 0.9 * min(values.std(), np.diff(quartiles)[0] / 1.34) * values.size**-0.2
        expected = gaussian_kde(values, width / values.std(ddof=1))(own.npv)
        assert own.density.to_numpy() == pytest.approx(expected / expected.max(), abs=0.06)


def test_the_ask_and_both_ends_of_the_zone_are_those_of_the_agreement(outcome):
    fees, zone = tables.negotiation(outcome).set_index("item").fee, agreement(outcome).zone
    assert (fees.floor, fees.ask, fees.ceiling) == (zone.floor, zone.nash_fee, zone.ceiling)


def test_at_the_ask_the_licensee_gains_what_lies_between_ask_and_ceiling(outcome):
    zone = agreement(outcome).zone
    worth = tables.at_the_ask(outcome).set_index("side").npv
    unit = outcome["negotiation.licensee_pv_per_fee"].mean()
    assert worth.licensee == pytest.approx((zone.ceiling - zone.nash_fee) * unit)


def test_every_table_survives_the_way_through_csv(outcome):
    for name, table in tables.all_tables(outcome).items():
        back = pd.read_csv(io.StringIO(table.to_csv(index=False)), keep_default_na=False, na_values=[""])
        assert list(back.columns) == list(table.columns), name
        numbers = table.select_dtypes("number").columns
        for column in numbers:
            assert back[column].to_numpy(float) == pytest.approx(table[column].to_numpy(float), nan_ok=True)


def test_every_uncertain_input_is_in_the_register_with_its_p10_and_p90(outcome):
    rows = register.inputs(outcome)
    assert set(rows) == {name.partition("[")[0] for name in outcome.inputs}
    for name, values in outcome.inputs.items():
        assert [rows[name]["p10"], rows[name]["p90"]] == pytest.approx(np.quantile(values, [0.1, 0.9]))


def test_every_assumption_stands_on_the_line_that_the_register_names(outcome):
    texts = {}
    for row in register.assumptions(outcome):
        if row["file"] not in texts:
            texts[row["file"]] = Path(row["file"]).read_text(encoding="utf-8").splitlines()
        line = texts[row["file"]][row["line"] - 1]
        key = [key for key in row["path"].split(".") if not key.isdecimal()][-1]
        assert key in line or key == "correlations", row["path"]
        first = re.search(r"\d[\d.,]*", row["value"].replace("P10", "")) or re.search("fact", line)
        assert first[0].rstrip(",") in line, row["path"]


def test_the_register_holds_every_number_of_the_file(outcome, flagship):
    """Scalars of the sections that assume something, found by walking plain YAML; a form such as pert is one number."""
    whole = {"pert", "lognormal", "discrete", "uniform", "ramp", "growth", "steps", "random_walk", "fact"}
    words_only = {"source", "note", "currency", "per", "clause", "base", "by", "of", "platform", "tier", "name"}
    words_only |= {"label", "licensor", "licensee", "start", "media", "territories", "markets", "exclusive", "gross_up"}
    words_only |= {"package", "deal", "events"}

    def numbers(value, path):
        if isinstance(value, dict) and not whole & value.keys():
            return [p for key, item in value.items() if key not in words_only for p in numbers(item, [*path, key])]
        if isinstance(value, list):
            return [p for index, item in enumerate(value) for p in numbers(item, [*path, str(index)])]
        return [".".join(path)]

    sections = set(flagship) - register.NOT_ASSUMED
    expected = {path for section in sections for path in numbers(flagship[section], [section])}
    expected -= {path for path in expected if re.fullmatch(r"packages\.\w+\.deals\.\d+", path)}  # names of deals
    paths = {row["path"] for row in register.assumptions(outcome)}
    missing = {path for path in expected if not any(p.startswith(path) for p in paths)}
    assert missing == set()


def test_what_others_share_in_is_assumed_too():
    outcome = simulate(load("scenarios/station-network-export.yml"), draws=2)
    rows = {row["path"]: row for row in register.assumptions(outcome)}
    shared = next(
        row for path, row in rows.items() if re.fullmatch(r"packages\.through_an_agent\.waterfall\.\w+\.share.*", path)
    )
    assert "share" in shared["meaning"]


def test_source_and_note_are_those_written_nearest_above_the_number(outcome, flagship):
    for row in register.assumptions(outcome):
        node, told = flagship, {}
        for key in row["path"].split("."):
            node = node[int(key)] if isinstance(node, list) else node[key]
            if isinstance(node, dict) and {"source", "note"} & node.keys():
                told = node
        facts = "fact" in str(node)
        assert row["source"] == told.get("source", row["source"] if facts else register.GUESS), row["path"]
        assert row["note"] == told.get("note", ""), row["path"]


def test_a_value_set_from_outside_says_so(monkeypatch_module):
    outcome = simulate(load(FLAGSHIP, {"title.episodes": 24}), draws=2)
    row = next(row for row in register.assumptions(outcome) if row["path"] == "title.episodes")
    assert (row["value"], row["line"], row["file"]) == ("24", 0, "--set title.episodes")
    assert tables.overrides(outcome).to_dict("records") == [{"path": "title.episodes", "old": "32", "new": "24"}]


def test_the_summary_is_json_without_nan_and_tells_what_is_missing(outcome):
    summary = tables.summary(outcome)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    irr = outcome["deals.netflix.licensee_irr"]
    told = summary["outputs"]["deals.netflix.licensee_irr"]
    assert told["missing"] == pytest.approx(np.mean(~np.isfinite(irr)))
    assert told["mean"] == pytest.approx(irr[np.isfinite(irr)].mean())
    assert {"mean", "sd", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "mc_error", "unit"} <= told.keys()


def test_the_summary_has_what_is_promised_of_it(outcome):
    summary = tables.summary(outcome)
    zone = agreement(outcome).zone
    assert (summary["scenario"], summary["seed"], summary["draws"]) == ("Day and Night", 2017, 400)
    assert summary["negotiation"]["nash_fee"] == zone.nash_fee
    assert sum(package["probability_best"] for package in summary["packages"].values()) == pytest.approx(1)
    assert {"input", "file", "line", "first_order"} <= summary["drivers"][0].keys()
    assert {"path", "file", "line", "value", "unit", "source"} <= summary["assumptions"][0].keys()


def test_the_decision_says_the_numbers_of_the_outcome(outcome):
    said, zone = " ".join(tables.decision(outcome)), agreement(outcome).zone
    for fee, error in ((zone.floor, zone.floor_error), (zone.ceiling, zone.ceiling_error), (zone.nash_fee, None)):
        assert words.money(fee, "USD", error) in said
    assert words.chance(1 - zone.probability) in said
    assert words.chance(findings(outcome).packages[0].probability_best) in said
    assert "never disclosed" in said
    assert len(tables.decision(outcome)) <= 4


def test_a_fee_that_was_disclosed_is_not_called_undisclosed(flagship):
    deals = copy.deepcopy(flagship["deals"])
    deals["netflix"]["terms"][0]["amount"] = {"amount": 800_000, "currency": "USD"}
    assert "disclosed" not in " ".join(tables.decision(variant(flagship, deals=deals)))


def test_where_no_fee_suits_both_the_decision_names_the_alternative(flagship):
    flop = variant(flagship, title=flagship["title"] | {"hit": 0.05})
    said = tables.decision(flop)
    assert said[0].startswith("Do not sign Netflix, worldwide: no fee suits both")
    assert said[1].startswith("Sign Station by station, with guarantees instead")
    assert findings(flop).recommended == "station_by_station"
    assert tables.at_the_ask(flop).empty


def test_the_answer_turns_where_two_straight_lines_cross(flagship):
    two = {name: flagship["packages"][name] for name in ("netflix_worldwide", "station_by_station")}
    outcome = variant(flagship, 4000, negotiation=None, packages=two)
    name = "deals.netflix.terms.flat_fee.amount"
    fee, own = outcome.inputs[name], outcome["packages.netflix_worldwide.licensor_npv"]
    slope, start = np.polyfit(fee, own, 1)
    crossing = (outcome["packages.station_by_station.licensor_npv"].mean() - start) / slope
    value, below, turns_above = change.turning_point(outcome, name)
    assert value == pytest.approx(crossing, rel=0.15)
    assert below == pytest.approx(np.mean(fee < value))
    assert not turns_above


NOTHING_TO_SIGN = dict.fromkeys(
    ("negotiation", "packages", "deals", "title", "platform", "discount_rates", "correlations", "solve")
)


def test_a_scenario_of_members_alone_tells_of_members(flagship):
    outcome = variant(flagship, **NOTHING_TO_SIGN)
    assert tables.decision(outcome)[0].startswith("Netflix has")
    assert tables.packages(outcome).empty
    assert tables.waterfall(outcome).empty
    assert captions.zone(outcome) == captions.waterfall(outcome) == captions.places(outcome) == ""
    assert tables.summary(outcome)["negotiation"] is None
    assert tables.curves(outcome).empty
    assert tables.break_even(outcome).empty
    assert captions.break_even(outcome) == ""


def test_a_scenario_of_habits_alone_tells_of_payers(flagship):
    outcome = variant(flagship, subscribers=None, histories={}, **NOTHING_TO_SIGN)
    assert "of the audience pays" in tables.decision(outcome)[0]
    assert captions.members(outcome) == ""


@pytest.mark.parametrize("draws", [2, 10])
def test_few_draws_leave_out_drivers_and_nothing_else(flagship, draws):
    outcome = variant(flagship, draws)
    assert tables.drivers(outcome).empty
    assert tables.tornado(outcome).empty
    assert len(tables.decision(outcome)) == 3
    assert len(tables.assumptions(outcome)) == len(tables.assumptions(variant(flagship, 60)))


def test_the_report_says_what_of_the_package_lies_beyond_the_horizon(monkeypatch_module):
    within = simulate(load(FLAGSHIP), draws=60)
    assert captions.left_out(within) == ""
    fees = [{"clause": "flat_fee", "amount": 1e6, "schedule": {month: 1}} for month in ("2017-12", "2030-01")]
    changes = {"deals.netflix.rights.months": 120, "deals.netflix.terms": fees}
    said = captions.left_out(simulate(load(FLAGSHIP, changes), draws=60))
    assert "goes on after the horizon" in said
    assert "fall due after the horizon" in said


def test_a_fee_an_episode_counts_the_episodes_of_the_way_that_its_deal_is_about():
    text = (ROOT / "tests" / "broken" / "ways.yml").read_text(encoding="utf-8")
    fee = "negotiation: {package: as_television, deal: channel, bargaining_power: 50%}\n"
    told = tables.negotiation(simulate(loads(text + fee))).set_index("item")
    np.testing.assert_allclose((told.fee / told.per_episode)[["floor", "ceiling", "assumed"]], 46)
    assert told.fee["assumed"] == pytest.approx(46 * 4e6)


def test_one_territory_alone_is_no_picture_and_one_region_no_table():
    alone = simulate(load("scenarios/drama-tiers.yml"), draws=4)
    assert tables.places(alone).empty
    assert page.regions(alone) is None
    assert captions.places(alone) == ""


def test_a_table_is_worked_out_once_for_each_outcome_and_nobody_changes_it_for_another(outcome):
    asked = []

    @once
    def table(outcome, first, second=0):
        asked.append((first, second))
        return pd.DataFrame({"value": [first, second]})

    one, again = table(outcome, 1), table(outcome, 1)
    one.loc[0, "value"] = 7
    again["more"] = 8
    assert table(outcome, 1).equals(pd.DataFrame({"value": [1, 0]}))
    table(outcome, 1, second=2)
    table(dataclasses.replace(outcome), 1)
    assert asked == [(1, 0), (1, 2), (1, 0)]
