"""The strategist's desk without a browser: levers, what they change, the way back, saving, questions, faults."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

from simlib.decide.compare import agreement
from simlib.decide.value import standard_error
from simlib.present.desk import aside, figures, keeping, pictures, places
from simlib.present.desk.answers import Answers
from simlib.present.desk.desk import Desk
from simlib.present.desk.grids import WIDTHS, centres, widths
from simlib.present.desk.inputs import Setting
from simlib.present.desk.movable import inputs
from simlib.present.desk.ranking import FIRST, first, ranked
from simlib.present.desk.reporting import outcome as outcome_of
from simlib.present.desk.tweaks import Tweaks
from simlib.present.explore import explore
from simlib.scenario.load import load
from simlib.scenario.quantity import parse_number
from simlib.simulation.engine import simulate

FLAGSHIP, HABITS = "scenarios/day-and-night.yml", "scenarios/payment-habit-china.yml"
FEW = {"simulation.draws": 200}
HIT = "title.hit"
LEFT_OUT = 0.5 * 10**0.5  # Monte Carlo errors: the most by which rounding to the place of the error moves a number


@pytest.fixture(scope="module")
def outcome():
    return simulate(load(FLAGSHIP, {"simulation.draws": 400}))


@pytest.fixture(scope="module")
def every(outcome):
    return {found.path: found for found in inputs(outcome)}


@pytest.fixture(scope="module")
def one_desk():
    return Desk(FLAGSHIP, FEW)


@pytest.fixture
def desk(one_desk):
    """The desk with everything as the file says."""
    one_desk._head._reset.click()
    one_desk._laid.tweaks._past.clear()
    return one_desk


@pytest.fixture
def shelf(tmp_path):
    shutil.copytree("scenarios", tmp_path / "scenarios")
    return tmp_path / "scenarios"


def lever(desk, path):
    """A lever of the desk, made if nobody has looked at it yet."""
    found = next(found for found in desk._laid.board._found if found.path == path)
    desk._laid.board._lever(found)
    return desk._laid.board._levers[found]


def step(desk, path, steps=3):
    """Move the centre of a lever as a hand does."""
    moved = lever(desk, path)
    moved._centre.index += steps
    return moved


def shown(desk):
    return desk._laid.views._figures.value


def says(widget):
    return re.sub(r"<[^>]+>", " ", widget.value).replace("\u202f", " ")


@pytest.mark.parametrize("name", ["day-and-night", "station-network-export", "habit-and-profit", "netflix-2017q3"])
def test_every_lever_stands_where_the_file_does_and_can_go_nowhere_that_the_schema_refuses(name):
    for found in inputs(simulate(load(f"scenarios/{name}.yml"), 8)):
        assert found.allowed(found.as_it_is), found.path
        if found.choices:
            assert found.as_it_is.to in found.choices
            continue
        grid = centres(found)
        assert found.as_it_is.to in grid
        assert list(grid) == sorted(set(grid))
        assert {1.0} <= set(widths(found)) <= set(WIDTHS)
        for end in (grid[0], grid[-1]):
            assert found.allowed(Setting(end)), (found.path, end)


def test_a_share_can_be_moved_far_and_stays_a_share(every):
    grid = centres(every["title.completion"])
    assert 0 < grid[0] < 0.15
    assert 0.85 < grid[-1] < 1


def test_an_input_knows_its_unit_its_source_and_its_line(every):
    fee = every["deals.netflix.terms.flat_fee.amount"]
    assert (fee.unit, fee.label) == ("USD per episode", "Netflix: flat fee")
    assert fee.source.startswith("market: about 10 thousand USD an episode")
    file, line = fee.place.split(":")
    assert "lognormal: {p10: 10 thousand, p90: 50 thousand}" in Path(file).read_text().splitlines()[int(line) - 1]


def test_the_fee_on_the_table_and_the_largest_driver_come_first(outcome, every):
    most = [found.path for found in first(outcome, tuple(every.values()))]
    assert most[:2] == ["deals.netflix.terms.flat_fee.amount", HIT]


def test_yes_or_no_is_a_choice(every):
    assert every["deals.netflix.gross_up"].choices == (True, False)
    assert every["deals.netflix.gross_up"].value(Setting(True)) is True


def test_a_value_set_by_hand_loses_its_source_and_says_what_it_was(every):
    value = every["deals.netflix.terms.flat_fee.amount"].value(Setting(30_000, 0.0))
    assert value["value"] == {"amount": "30 thousand", "currency": "USD", "per": "episode"}
    assert value["note"] == "set by hand; was {lognormal: {p10: 10 thousand, p90: 50 thousand}}"
    assert value.keys() == {"value", "note"}


def test_one_territory_that_is_moved_leaves_the_others_their_source(every):
    found = every["title.appeal.value.by_territory.UCAN"]
    changed = load(FLAGSHIP, {found.path: found.value(Setting(0.01))})
    appeal = changed.origin.tree.get("title.appeal").plain()
    before = load(FLAGSHIP).origin.tree.get("title.appeal").plain()
    assert appeal["source"] == before["source"]
    assert {k: v for k, v in appeal["value"]["by_territory"].items() if k != "UCAN"} == {
        k: v for k, v in before["value"]["by_territory"].items() if k != "UCAN"
    }


def test_a_number_that_became_certain_leaves_the_pairs_that_name_it_and_the_desk_says_so(desk):
    moved = lever(desk, "title.appeal.value.by_territory.chinese_language")
    moved._sure.value = 0.5
    assert "is left out" not in says(desk._laid.changes.widget.children[-1])
    moved._sure.value = 0.0
    told = says(desk._laid.changes.widget.children[-1])
    assert told.count("is left out") == 2
    assert "“Title: appeal, Chinese Language” and “Title: appeal, South East Asia” (0.5)" in told
    assert len(load(FLAGSHIP, desk._laid.tweaks.overrides()).correlations) == 1


def test_a_move_of_one_lever_is_undone_in_one_step_and_a_reset_can_be_undone(every):
    tweaks, hit, completion = Tweaks({}), every[HIT], every["title.completion"]
    for to in (1.1, 1.2, 1.3):
        tweaks.set(hit, Setting(to), "centre")
    tweaks.set(completion, Setting(0.6), "centre")
    tweaks.reset(hit)
    assert list(tweaks.settings) == [completion]
    tweaks.undo()
    assert tweaks.settings == {hit: Setting(1.3), completion: Setting(0.6)}
    tweaks.undo()
    assert tweaks.settings == {hit: Setting(1.3)}
    tweaks.undo()
    assert (tweaks.settings, tweaks.can_undo) == ({}, False)


def test_a_lever_put_back_by_hand_is_no_change(every):
    tweaks, hit = Tweaks({}), every[HIT]
    tweaks.set(hit, Setting(1.3), "centre")
    tweaks.set(hit, hit.as_it_is, "centre")
    assert tweaks.overrides() == {}


def test_a_lever_moves_the_figures_and_undo_brings_them_back(desk):
    before = shown(desk)
    assert "moves" not in before
    moved = step(desk, HIT)
    assert "moves" in shown(desk)
    assert "In both: sign" in says(desk._laid.views._sentences)
    assert "P10 0.4, P90 2.5" in says(desk._laid.changes.widget.children[0].children[0])
    desk._head._undo.click()
    assert shown(desk) == before
    assert moved._centre.value == moved.found.as_it_is.to
    assert "Nothing is changed" in desk._laid.changes.widget.children[0].value


def test_one_change_is_reset_and_the_other_stays(desk):
    step(desk, HIT)
    step(desk, "title.completion")
    desk._laid.changes.widget.children[0].children[1].click()
    assert [found.path for found in desk._laid.tweaks.settings] == ["title.completion"]
    desk._head._reset.click()
    assert len(desk._laid.tweaks) == 0


def test_the_key_figures_are_means_over_the_same_draws():
    one, other = load(FLAGSHIP, FEW), load(FLAGSHIP, FEW | {"title.completion": "60%"})
    comparison = Answers(one).answer({"title.completion": "60%"}, 200)
    told = {figure.label: figure for figure in figures.key_figures(comparison)}
    npv = "packages.netflix_worldwide.licensee_npv"
    apart = float(np.mean(simulate(other)[npv] - simulate(one)[npv]))
    row = told["Netflix, worldwide, to Netflix"]
    assert float(row.apart.replace("+", "").replace("k", "")) == pytest.approx(apart / 1e3, rel=0.05)
    zones = [agreement(simulate(scenario)).zone for scenario in (one, other)]
    ceiling = told["Netflix can pay at most"]
    for said, zone in zip((ceiling.before, ceiling.after), zones, strict=True):
        assert float(said.rstrip("m")) == pytest.approx(zone.ceiling / 1e6, abs=LEFT_OUT * zone.ceiling_error / 1e6)


def test_a_quick_look_says_no_digit_that_its_draws_cannot_tell():
    """The last digit of a mean stands for more than a third of its Monte Carlo error, on few draws as on many."""
    for draws in (64, 1000):
        comparison = Answers(load(HABITS)).answer({"habits.imitation": "30%"}, draws)
        (paying,) = (figure for figure in figures.key_figures(comparison) if figure.label.startswith("Who pays"))
        for said, outcome in ((paying.before, comparison.one), (paying.after, comparison.other)):
            number = said.removesuffix("\u202f%")
            last = 10.0 ** -len(number.partition(".")[2])
            share = next(output.values for name, output in outcome.outputs.items() if name.startswith("paying_ratio."))
            assert last >= 100 * standard_error(share) / LEFT_OUT / 2
            assert float(number) == pytest.approx(100 * share.mean(), abs=last / 2)


def test_what_is_alike_is_called_the_same():
    comparison = Answers(load(FLAGSHIP, FEW)).answer({}, 64)
    assert {figure.apart for figure in figures.key_figures(comparison)} == {"same"}


@pytest.mark.parametrize(
    ("path", "names"),
    [(FLAGSHIP, ["zones", "packages", "members", "payers"]), ("scenarios/iqiyi.yml", ["chances", "members", "payers"])],
)
def test_a_scenario_has_the_pictures_that_it_can_fill_each_told_in_words(path, names):
    comparison = Answers(load(path)).answer({}, 64)
    drawn = {each.name: pictures.drawn(each, comparison) for each in pictures.suiting(comparison.one.scenario)}
    assert list(drawn) == names
    for html in drawn.values():
        assert 'role="img" aria-label="' in html
        assert "#0072b2" not in html  # colours are those of the page, light or dark
        assert "<style" not in html


def test_fewer_draws_are_taken_where_a_move_took_too_long(monkeypatch):
    answers = Answers(load(HABITS))
    answers.quick = 400
    monkeypatch.setattr("simlib.present.desk.answers.BUDGET", -1.0)
    assert answers.quickly({}).one.draws == 400
    assert answers.quick == 250


def test_what_was_given_from_the_start_is_tweaked():
    desk = explore(FLAGSHIP, FEW | {"title.completion": "60%"})
    assert "moves" in shown(desk)
    assert "60 %" in desk._laid.changes._rows[lever(desk, "title.completion").found].children[0].value
    assert lever(desk, "title.completion")._centre.value == 0.6
    desk._head._reset.click()
    assert "moves" not in shown(desk)


def test_a_search_finds_a_lever_by_its_label_or_its_path(desk):
    desk._laid.board._search.value = "netflix nonsense"
    assert "nothing is called so" in desk._laid.board._results.children[-1].value
    desk._laid.board._search.value = "habitual churn"
    assert [row.children[0].description for row in desk._laid.board._results.children[:-1]] == [
        "Habits: habitual monthly churn"
    ]
    desk._laid.board._search.value = ""
    assert desk._laid.board._results.children == ()


def test_a_value_that_the_scenario_may_not_have_is_a_sentence_and_the_lever_goes_back(desk):
    moved, before = lever(desk, "title.completion"), shown(desk)
    desk._move(moved.found, Setting(1.4), "centre")
    assert "title.completion" in says(desk._head.message)
    assert 'role="alert"' in desk._head.message.value
    assert (shown(desk), moved._centre.value, len(desk._laid.tweaks)) == (before, 0.5, 0)
    step(desk, HIT)
    assert desk._head.message.value == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: <b>Night</b>\ntitel: 3\n", "night.yml:2: titel is not a section here"),
        ("a: [1\n", "night.yml:1: the [ on this line"),
    ],
)
def test_a_broken_file_is_told_in_sentences(tmp_path, text, said):
    (tmp_path / "night.yml").write_text(text)
    desk = explore(str(tmp_path / "night.yml"))
    assert said.partition(":")[2].split(" is ")[0] in says(desk._head.message)
    assert "<b>Night" not in desk._head.message.value


def test_a_file_that_is_not_there_and_a_path_that_is_not_there_are_told_in_sentences():
    assert "is not a file" in says(explore("no/such.yml")._head.message)
    assert "did you mean title.completion?" in says(explore(FLAGSHIP, {"title.completon": 1})._head.message)


def test_a_scenario_is_chosen_from_those_beside_it(shelf):
    desk = explore(str(shelf / "day-and-night.yml"), FEW)
    names = [name for name, _ in desk._head._chooser.options]
    assert names == sorted(names, key=str.casefold)
    assert len(names) == len(list(shelf.glob("*.yml")))
    desk._head._chooser.value = shelf / "payment-habit-china.yml"
    assert [each.name for each in desk._laid.suiting] == ["payers"]
    assert desk._laid.board._found[0].section == "audience"


def test_moves_leave_no_widgets_behind(desk):
    moved = step(desk, HIT)
    kept = len(_instances)
    for index in range(8):
        moved._centre.index = index
    assert len(_instances) == kept


def test_another_scenario_on_the_desk_leaves_none_of_the_levers_of_the_last():
    desk = explore(HABITS, FEW)
    habits, before = desk._head._chooser.value, set(_instances)
    desk._head._chooser.value = next(file for _, file in desk._head._chooser.options if file.stem == "netflix-2017q3")
    made = set(_instances) - before
    assert len(made) > 100
    step(desk, desk._laid.board._found[0].path, -1)
    desk._head._chooser.value = habits
    assert "once more" in says(desk._head.message)
    assert desk._head._chooser.value.stem == "netflix-2017q3"
    desk._head._chooser.value = habits
    assert made & set(_instances) == set()


def test_saving_writes_what_differs_and_asks_before_it_overwrites(shelf):
    desk = explore(str(shelf / "day-and-night.yml"), FEW)
    kept = desk._laid.keeping
    kept._name.value = "More hit"
    kept._save.click()
    assert "Nothing is changed" in says(kept._result)
    step(desk, HIT)
    kept._save.click()
    file = shelf / "more-hit.yml"
    assert "extends: day-and-night.yml" in says(kept._text)
    assert load(file).origin.tree.get("title.hit").plain() == desk._laid.tweaks.overrides()[HIT]
    before = file.read_bytes()
    step(desk, HIT)
    kept._save.click()
    assert "more-hit.yml is there already" in says(kept._result)
    assert (file.read_bytes(), kept._over.layout.display) == (before, None)
    kept._over.click()
    assert file.read_bytes() != before
    assert kept._over.layout.display == "none"


def test_the_scenario_on_the_desk_cannot_be_saved_over_itself_nor_under_no_name(shelf):
    desk = explore(str(shelf / "day-and-night.yml"), FEW)
    before = (shelf / "day-and-night.yml").read_bytes()
    step(desk, HIT)
    for name, said in (("Day and Night", "choose another name"), ("  ", "Give it a name")):
        desk._laid.keeping._name.value = name
        desk._laid.keeping._save.click()
        assert said in says(desk._laid.keeping._result)
    assert (shelf / "day-and-night.yml").read_bytes() == before


def test_a_base_of_the_scenario_on_the_desk_is_not_saved_over(shelf):
    (shelf / "night.yml").write_text("name: Night\nextends: day-and-night.yml\n")
    before, desk = (shelf / "day-and-night.yml").read_bytes(), explore(str(shelf / "night.yml"), FEW)
    step(desk, HIT)
    desk._laid.keeping._name.value = "Day and Night"
    for button in (desk._laid.keeping._save, desk._laid.keeping._over):
        button.click()
        assert "choose another name" in says(desk._laid.keeping._result)
    assert (shelf / "day-and-night.yml").read_bytes() == before


def test_what_is_overwritten_is_what_was_asked_about(shelf):
    desk = explore(str(shelf / "day-and-night.yml"), FEW)
    kept, other = desk._laid.keeping, shelf / "youku.yml"
    step(desk, HIT)
    kept._name.value = "iqiyi"
    kept._save.click()
    assert kept._over.layout.display is None
    before, kept._name.value = other.read_bytes(), "youku"
    assert kept._over.layout.display == "none"
    kept._over.click()
    assert other.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(shelf, monkeypatch):
    desk = explore(str(shelf / "day-and-night.yml"), FEW)
    step(desk, HIT)

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(keeping, "put", refused)
    desk._laid.keeping._name.value = "More hit"
    desk._laid.keeping._save.click()
    assert "more-hit.yml was not saved: Permission denied." in says(desk._laid.keeping._result)


def test_the_report_is_the_commands_own_of_the_tweaked_or_of_the_saved_scenario(shelf):
    desk = explore(str(shelf / "day-and-night.yml"), FEW)
    step(desk, HIT)
    about, words = desk._laid.keeping._asked_for()
    assert about == "“Day and Night” as tweaked"
    assert words[1:4] == ["-m", "simlib", "report"]
    assert words[4:7] == [str(shelf / "day-and-night.yml"), "--out", str(shelf.parent / "reports")]
    assert "simulation.draws=200" in words
    path, _, value = words[words.index("--set") + 1].partition("=")
    assert load(FLAGSHIP, {path: value}).origin.tree.get(HIT).plain() == desk._laid.tweaks.overrides()[HIT]
    desk._laid.keeping._name.value = "More hit"
    desk._laid.keeping._save.click()
    about, words = desk._laid.keeping._asked_for()
    assert about == "“More hit”"
    assert words[4:] == [str(shelf / "more-hit.yml"), *words[5:7], "--set", "simulation.draws=200"]
    step(desk, HIT)
    assert desk._laid.keeping._asked_for()[1][4] == str(shelf / "day-and-night.yml")


def test_a_report_that_fails_says_so_and_one_that_is_made_is_linked(desk, monkeypatch, tmp_path):
    failing = [sys.executable, "-c", "import sys; sys.exit('night.yml:3: no <title>')"]
    monkeypatch.setattr(desk._laid.keeping, "_asked_for", lambda: ("“Night <1>”", failing))
    desk._laid.keeping._report.click()
    (line,) = desk._head.reporting.widget.children
    assert "The report of “Night &lt;1&gt;” was not made: night.yml:3: no &lt;title&gt;" in line.value
    page = tmp_path / "root" / "reports" / "a night" / "report.html"
    monkeypatch.setenv("JPY_PARENT_PID", "2")
    (tmp_path / "jpserver-1.json").write_text(json.dumps({"base_url": "/other/", "root_dir": str(tmp_path)}))
    (tmp_path / "jpserver-2.json").write_text(json.dumps({"base_url": "/lab/", "root_dir": str(tmp_path / "root")}))
    monkeypatch.setattr("jupyter_core.paths.jupyter_runtime_dir", lambda: str(tmp_path))
    done = subprocess.CompletedProcess([], 0, f"working\n{page}\n", "")
    assert 'href="/lab/files/reports/a%20night/report.html"' in outcome_of("it", done)
    failed = subprocess.CompletedProcess([], 1, "", f"a cell failed: see {page.parents[1]}/x/report.html")
    assert 'href="/lab/files/reports/x/report.html"' in outcome_of("it", failed)
    assert "exit code 0" in outcome_of("it", subprocess.CompletedProcess([], 0, "", ""))


def test_a_report_under_way_keeps_its_line_when_another_scenario_comes_and_gives_it_to_the_next(shelf, monkeypatch):
    """One is asked for, another scenario chosen before it is made, and its end is still told; so is that of a third."""

    async def afternoon():
        desk = explore(str(shelf / "payment-habit-china.yml"), FEW)
        told = []
        for other in ("netflix-2017q3.yml", "payment-habit-china.yml"):
            command = [sys.executable, "-c", f"import time; time.sleep(1); print('/{other}/report.html')"]
            monkeypatch.setattr(desk._laid.keeping, "_asked_for", lambda about=other, made=command: (about, made))
            desk._laid.keeping._report.click()
            await asyncio.sleep(0)
            desk._head._chooser.value = shelf / other
            while not all("is made: " in line.value for line in desk._head.reporting.widget.children):
                await asyncio.sleep(0.02)
            told.append([says(line) for line in desk._head.reporting.widget.children])
        desk.close()
        return told

    first, second = asyncio.run(asyncio.wait_for(afternoon(), 60))
    assert [len(first), len(second)] == [1, 1]
    assert "/netflix-2017q3.yml/report.html" in first[0]
    assert "/payment-habit-china.yml/report.html" in second[0]


def test_reports_lie_beside_the_scenarios(shelf):
    assert places.reports(shelf / "x.yml") == shelf.parent.resolve() / "reports"


def test_asked_backwards_the_fee_that_makes_the_licensor_indifferent_is_its_floor():
    """NPV less that of the next best package is linear in the fee, and 0 at the floor."""
    desk = explore(FLAGSHIP, {"simulation.draws": 400})
    desk._laid.asking._ask.click()
    found, fee = desk._laid.asking._found
    assert found.path == "deals.netflix.terms.flat_fee.amount"
    floor = agreement(simulate(load(FLAGSHIP), 400)).zone.floor
    assert fee * 32 == pytest.approx(floor, rel=0.01)
    assert "Netflix: flat fee" in says(desk._laid.asking._reply)
    desk._laid.asking._use.click()
    amount = desk._laid.tweaks.overrides()[found.path]["value"]["amount"]
    assert parse_number(amount) == pytest.approx(fee, rel=1e-3)
    assert lever(desk, found.path)._sure.value == 0


def test_a_question_without_sense_is_answered_in_a_sentence(desk):
    desk._laid.asking._equals.value = "a lot"
    desk._laid.asking._ask.click()
    assert "a lot" in says(desk._laid.asking._reply)
    assert desk._laid.asking._use.disabled


def test_at_rest_all_draws_are_taken_aside_and_a_move_takes_their_place():
    """The process aside says just what is worked out here, and a job that is taken back is never heard of again."""
    scenario = load(HABITS, {"simulation.draws": 300})
    found = next(found for found in inputs(simulate(scenario, 8)) if found.path.endswith("imitation"))
    changed = {found.path: found.value(Setting(centres(found)[-1]))}
    heard = []

    async def ask():
        work = aside.Aside(Answers(scenario).scenario, heard.append)
        work.ask({})
        work.ask(changed)
        while not any(isinstance(said, aside.Shown) for said in heard):
            await asyncio.sleep(0.02)
        work.ask({"habits.imitation": "never"})
        while not isinstance(heard[-1], str):
            await asyncio.sleep(0.02)
        work.close()

    asyncio.run(asyncio.wait_for(ask(), 60))
    seen = [said for said in heard if isinstance(said, aside.Shown)]
    assert seen == [aside.shown(Answers(scenario).answer(changed, 300))]
    assert seen[0].draws == 300
    assert "habits.imitation" in heard[-1]


def test_in_a_kernel_levers_answer_at_once_and_all_draws_follow():
    async def afternoon():
        desk = explore(HABITS, {"simulation.draws": 1500})
        moved = lever(desk, "habits.imitation")
        for _ in range(5):
            moved._centre.index += 1
            await asyncio.sleep(0.01)
        while 'data-state="rest"' not in desk._head.status.value:
            await asyncio.sleep(0.02)
        desk._aside.close()
        return desk

    desk = asyncio.run(asyncio.wait_for(afternoon(), 60))
    assert "At rest, on all 1,500 draws" in says(desk._head.status)
    whole = aside.shown(desk._laid.answers.answer(desk._laid.tweaks.overrides(), 1500))
    assert (shown(desk), desk._laid.views._drawn["payers"].value) == (whole.figures, whole.pictures["payers"])


def test_a_scenario_that_cannot_be_opened_leaves_the_one_on_the_desk_there(shelf):
    (shelf / "broken.yml").write_text("name: Broken # a draft\ntitel: 3\n")
    (shelf / ".night-1.yml").write_text("name: Hidden\n")
    desk = explore(str(shelf / "payment-habit-china.yml"), FEW)
    assert {"Broken"} == {"Broken", "Hidden", "Broken # a draft"} & dict(desk._head._chooser.options).keys()
    before, desk._head._chooser.value = shown(desk), shelf / "broken.yml"
    assert "titel" in says(desk._head.message)
    assert (shown(desk), desk._head._chooser.value) == (before, shelf / "payment-habit-china.yml")
    assert desk._laid.keeping._file == shelf / "payment-habit-china.yml"
    first = explore(str(shelf / "broken.yml"))
    assert first._head._undo.disabled
    assert first._head._reset.disabled


def test_a_fault_of_the_desk_itself_is_a_sentence(desk, monkeypatch):
    def wrong(*_):
        raise KeyError("members")

    monkeypatch.setattr(desk._laid.board, "show", wrong)
    desk._head._undo.click()
    assert "cannot be worked out (KeyError: &#x27;members&#x27;)" in says(desk._head.message)
    desk._head.message.value = ""
    monkeypatch.setattr(pictures, "drawn", wrong)
    assert "KeyError" in says(explore(HABITS, FEW)._head.message)


def test_a_fault_behind_any_control_is_a_sentence(monkeypatch):
    """The search, a heading, a lever, a tab: none hands its fault to the log, where no strategist looks."""
    desk = explore(HABITS, FEW)
    moved, board, views = lever(desk, "habits.imitation"), desk._laid.board, desk._laid.views

    def wrong(*_):
        raise KeyError("members")

    for part, name, hand in (
        (board, "_lever", lambda: setattr(board._search, "value", "churn")),
        (board, "_lever", lambda: setattr(board._most.heading, "value", not board._most.heading.value)),
        (board, "_lever", lambda: setattr(board._most.heading, "value", not board._most.heading.value)),
        (moved, "_tell", lambda: step(desk, "habits.imitation")),
        (views, "_turn", lambda: setattr(views._turned["Ask backwards"], "value", True)),
    ):
        desk._head.message.value = ""
        with monkeypatch.context() as patched:
            patched.setattr(part, name, wrong)
            hand()
        is_closed = part is board and not board._most.heading.value
        assert is_closed or "cannot be worked out (KeyError: &#x27;members&#x27;)" in says(desk._head.message), name


def test_a_saved_scenario_is_in_the_list_of_scenarios_and_can_be_chosen(shelf):
    desk = explore(str(shelf / "payment-habit-china.yml"), FEW)
    step(desk, "habits.imitation")
    desk._laid.keeping._name.value = "Word of mouth"
    desk._laid.keeping._save.click()
    assert desk._head._chooser.value == shelf / "payment-habit-china.yml"
    file = dict(desk._head._chooser.options)["Word of mouth"]
    desk._head._chooser.value = file
    desk._head._chooser.value = file
    assert (desk._file, len(desk._laid.tweaks)) == (file, 0)


def test_a_lever_stands_at_a_value_that_sounds_like_the_files_own(desk):
    moved = lever(desk, "title.completion")
    moved.show(Setting(0.500001))
    assert (moved._centre.value, moved._quiet) == (0.500001, False)
    moved.show(moved.found.as_it_is)


def test_a_move_that_is_given_back_leaves_the_way_back_from_the_moves_before(every):
    tweaks, found = Tweaks({}), every["title.completion"]
    tweaks.set(found, Setting(0.6), "centre")
    tweaks.hold()
    tweaks.set(found, Setting(1.4), "centre")
    tweaks.give_up()
    assert (tweaks.at(found).to, tweaks.can_undo) == (0.6, True)
    tweaks.undo()
    assert len(tweaks) == 0


def test_what_matters_most_does_not_depend_on_how_many_draws_a_busy_machine_takes():
    """A process aside ranks on all draws, whatever the desk shows for the moment."""
    few, all_draws = (simulate(load(FLAGSHIP), draws) for draws in (64, 1000))
    assert aside.shown(Answers(load(FLAGSHIP, {"simulation.draws": 64})).answer({}, 64)).most == ranked(few)
    assert ranked(all_draws) != ranked(few)
    assert len(ranked(all_draws)) == FIRST


def test_a_zero_that_is_no_whole_number_moves_in_small_steps():
    found = {
        each.path: each
        for each in inputs(simulate(load("scenarios/netflix-2017q3.yml", {"audience.annual_growth": 0}), 8))
    }
    growth = found["audience.annual_growth"]
    assert not growth.is_whole
    assert 0.05 <= max(centres(growth)) < 0.5
    assert min(centres(growth)) < 0


def test_a_process_that_was_killed_is_told_and_begun_anew():
    scenario, heard = load(HABITS, {"simulation.draws": 100}), []

    async def ask():
        work = aside.Aside(Answers(scenario).scenario, heard.append)
        work._process.kill()
        while not heard:
            await asyncio.sleep(0.02)
        work.ask({})
        while not isinstance(heard[-1], aside.Shown):
            await asyncio.sleep(0.02)
        work.close()

    asyncio.run(asyncio.wait_for(ask(), 60))
    assert "signal 9" in heard[0]


def test_the_cell_run_again_ends_the_process_of_the_desk_before():
    async def twice():
        one = explore(HABITS, FEW)
        process = one._aside._process
        explore(HABITS, FEW).close()
        return process.poll()

    assert asyncio.run(asyncio.wait_for(twice(), 60)) is not None


def test_a_lever_says_its_range_and_an_input_without_one_says_where_to_change_it(desk):
    moved = lever(desk, "title.completion")
    words = [word for word, _ in moved._centre.options]
    assert says(moved._beneath).startswith(f"{words[0]} to {words[-1]}".replace("\u202f", " "))
    fixed = next(
        each for each in desk._laid.board._found if each.path.endswith("macau.terms.minimum_guarantee.schedule.opening")
    )
    told = says(desk._laid.board._lever(fixed))
    assert "is 100 %: no lever can move it alone; change it in scenarios/day-and-night.yml:" in told


def test_nothing_that_is_a_word_is_asked_backwards(desk):
    assert desk._laid.asking._terms
    assert not any(found.choices for found in desk._laid.asking._terms.values())
