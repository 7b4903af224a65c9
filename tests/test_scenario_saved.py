"""A scenario that was saved says the same as the one it was saved from with the same values set, to the last byte."""

import contextlib
import json
import shutil
from pathlib import Path

import pytest

from simlib.present.desk.grids import centres, widths
from simlib.present.desk.inputs import Setting
from simlib.present.desk.movable import inputs
from simlib.present.desk.tweaks import Tweaks
from simlib.present.summary import summary
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, overriding
from simlib.scenario.overrides import flow
from simlib.scenario.saved import put, saved
from simlib.scenario.source import parse
from simlib.simulation.engine import simulate

SHIPPED = sorted(Path("scenarios").glob("*.yml"))
FEE = "deals.netflix.terms.flat_fee.amount"


@pytest.fixture
def shelf(tmp_path):
    shutil.copytree("scenarios", tmp_path / "scenarios")
    (tmp_path / "docs").mkdir()
    shutil.copy("docs/scenario.schema.json", tmp_path / "docs")
    return tmp_path / "scenarios"


def some_moved(scenario, every):
    """Values to set that the desk would: of every so many inputs, the next stand of its lever and half the width.

    What the whole scenario refuses is left out, e.g. one of two shares that sum to 100 %, as the desk gives it back.
    """
    tweaks = Tweaks({})
    for found in inputs(simulate(scenario, 8))[::every]:
        grid = [] if found.choices else centres(found)
        if len(grid) > 1:
            beside = grid[max(grid.index(found.as_it_is.to) - 1, 0)]
            setting = Setting(beside, 0.5 if 0.5 in widths(found) else 1.0)
            with contextlib.suppress(ScenarioError):
                overriding(scenario, {found.path: found.value(setting)})
                tweaks.set(found, setting, "centre")
    return tweaks.overrides()


def pulled(base, found):
    """Those of some inputs that a lever of a scenario pulls."""
    names = {name for lever in base.levers.values() for name in lever.inputs}
    return [each for each in found if each.name in names]


def kept(text, file):
    """The scenario of a text once it was put in the place of a file."""
    put(text, file)
    return load(file)


def told(outcome):
    """All that a simulation says of itself, but what it is called and where its values stand."""
    found = summary(outcome)
    places = {"file", "line"}
    rows = {
        key: [{k: v for k, v in row.items() if k not in places} for row in found.pop(key)]
        for key in ("assumptions", "drivers")
    }
    return json.dumps({key: found[key] for key in found if key not in ("scenario", "file", "overrides")} | rows)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_saved_scenario_gives_the_same_numbers_byte_for_byte(path, shelf):
    base = load(shelf / path.name)
    changed = some_moved(base, 9)
    assert changed
    text = saved("Moved", base, changed, shelf / "moved.yml")
    again, set_ = kept(text, shelf / "moved.yml"), load(shelf / path.name, changed)
    assert again.origin.tree.plain() == set_.origin.tree.plain() | {"name": "Moved"}
    assert told(simulate(again, 40)) == told(simulate(set_, 40)) == told(simulate(overriding(base, changed), 40))


def test_it_holds_only_what_differs_and_says_what_was(shelf):
    base = load(shelf / "day-and-night.yml")
    text = saved(
        "Half", base, {"title.completion": {"value": "25%", "note": "a trial"}, "risk.tail": "10%"}, shelf / "half.yml"
    )
    assert list(parse(text, "half.yml").value) == ["name", "extends", "title", "risk"]
    assert parse(text, "half.yml").plain()["title"] == {"completion": {"value": "25%", "note": "a trial"}}
    assert "# was {pert: {low: 30%, mode: 50%, high: 75%}} (day-and-night.yml:" in text
    assert "tail: 10% # was 5% (day-and-night.yml:" in text
    assert text.startswith("# yaml-language-server: $schema=../docs/scenario.schema.json\n")


def test_a_list_is_written_whole_for_a_base_replaces_it_whole(shelf):
    base = load(shelf / "day-and-night.yml")
    text = saved("Fee", base, {FEE: "30 thousand USD per episode"}, shelf / "fee.yml")
    terms = parse(text, "fee.yml").plain()["deals"]["netflix"]["terms"]
    before = base.origin.tree.get("deals.netflix.terms").plain()
    assert terms == [before[0] | {"amount": "30 thousand USD per episode"}]


def test_two_changes_of_one_list_stand_above_it(shelf):
    base = load(shelf / "day-and-night.yml")
    changed = {"deals.taiwan.terms.distribution_fee.share": "20%", "deals.taiwan.terms.expenses.cap": "40 thousand USD"}
    text = saved("Both", base, changed, shelf / "both.yml")
    assert "# distribution_fee.share was 30% (day-and-night.yml:" in text
    assert "# expenses.cap was 30 thousand USD (day-and-night.yml:" in text


def test_bases_are_found_from_another_folder(shelf):
    base = load(shelf / "day-and-night.yml")
    file = shelf.parent / "mine" / "far.yml"
    file.parent.mkdir()
    assert kept(saved("Far", base, {"title.completion": "25%"}, file), file).title.completion == 0.25


def test_what_a_check_refuses_is_not_put_in_place(shelf):
    with pytest.raises(ScenarioError, match="completion"):
        put("name: Broken\nextends: day-and-night.yml\ntitle: {completion: 140%}\n", shelf / "broken.yml")
    assert not (shelf / "broken.yml").exists()
    assert [path for path in shelf.iterdir() if path.name.startswith(".")] == []


def test_a_value_in_one_line_can_be_read_back():
    value = {
        "value": {"steps": {"2018-01": "3%"}},
        "note": 'guess, "or so": [1, {2}] # no',
        "x": [True, None, "NO", "007", 1e-7],
    }
    assert parse(f"value: {flow(value)}", "line").plain()["value"] == value


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_is_certain_now_is_held_by_the_file_too(path, shelf):
    """Its correlations and levers are left out of the file, as they are left out where it is set from outside."""
    base, tweaks = load(shelf / path.name), Tweaks({})
    paired = {name for *pair, _ in base.correlations for name in pair} - {"fx"}
    drawn = [each for each in inputs(simulate(base, 8)) if each.is_drawn]
    for found in [each for each in drawn if each.name in paired][:2] + pulled(base, drawn):
        tweaks.set(found, Setting(found.as_it_is.to, 0.0), "sure")
    changed = tweaks.overrides()
    text = saved("Certain", base, changed, shelf / "certain.yml")
    again, set_ = kept(text, shelf / "certain.yml"), load(shelf / path.name, changed)
    assert again.origin.tree.plain() == set_.origin.tree.plain() | {"name": "Certain"}


def test_a_lever_or_a_sweep_with_nothing_left_is_taken_away_by_name(shelf):
    base = load(shelf / "habit-and-profit.yml")
    alone = pulled(base, [each for each in inputs(simulate(base, 8)) if each.is_drawn])
    assert len(alone) == sum(len(lever.inputs) for lever in base.levers.values())
    for found in alone:
        changed = {found.path: found.value(Setting(found.as_it_is.to, 0.0))}
        again = kept(saved("One", base, changed, shelf / "one.yml"), shelf / "one.yml")
        assert again.levers == load(shelf / "habit-and-profit.yml", changed).levers != base.levers
    base = load(shelf / "price-and-protection.yml")
    changed = {"habits.enforcement.effort": "40%", "habits.affordability.monthly_price": 20}
    text = saved("Swept", base, changed, shelf / "swept.yml")
    assert "sweep: null" in text
    assert kept(text, shelf / "swept.yml").sweep == load(shelf / "price-and-protection.yml", changed).sweep


def test_no_scenario_takes_the_place_of_its_own_base(shelf):
    (shelf / "night.yml").write_text("name: Night\nextends: day-and-night.yml\n")
    before, base = (shelf / "day-and-night.yml").read_bytes(), load(shelf / "night.yml")
    text = saved("Day and Night", base, {"title.completion": "25%"}, shelf / "day-and-night.yml")
    with pytest.raises(ScenarioError, match="extends; choose another name"):
        put(text, shelf / "day-and-night.yml")
    assert (shelf / "day-and-night.yml").read_bytes() == before
