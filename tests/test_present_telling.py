"""Another notebook tells of the same scenario, on a shelf of its own, where the scenario has what it needs."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from simlib.cli import cli
from simlib.present import telling
from simlib.present.report import ReportError, write_report
from simlib.scenario.load import load
from simlib.simulation.engine import simulate

SCENARIOS = Path(__file__).parents[1] / "scenarios"
HABITS, IQIYI, NIGHT = (SCENARIOS / f"{name}.yml" for name in ("payment-habit-china", "iqiyi", "day-and-night"))


@pytest.mark.parametrize("name", telling.TELLINGS)
def test_every_notebook_that_tells_of_a_scenario_ships(name):
    assert telling.file_of(name).exists()


def test_a_notebook_has_its_own_shelf_and_the_deal_reports_latest_page_stays(tmp_path):
    latest = tmp_path / HABITS.stem / "latest.html"
    latest.parent.mkdir()
    latest.write_text("the deal report")
    said = CliRunner().invoke(
        cli, ["report", str(HABITS), "--draws", "60", "--notebook", "payment_habits", "--out", str(tmp_path)]
    )
    assert said.exit_code == 0, said.output
    written = Path(said.stdout.strip())
    assert written.parents[1] == tmp_path / HABITS.stem / "payment_habits"
    assert (written.parents[1] / "latest.html").read_bytes() == written.read_bytes()
    assert latest.read_text() == "the deal report"
    text = re.sub(r"<[^>]+>", " ", written.read_text(encoding="utf-8"))
    assert "What each lever does" in text
    assert "report scenarios/payment-habit-china.yml --notebook payment_habits --set simulation.draws=60" in text
    made = json.loads((written.parent / "manifest.json").read_text(encoding="utf-8"))
    assert "--notebook payment_habits" in made["command"]
    assert (written.parent / "summary.json").exists()


@pytest.mark.parametrize(
    ("scenario", "notebook", "sentence"),
    [
        (NIGHT, "subscriber", r"no notebook subscriber; did you mean subscribers\?"),
        (NIGHT, "compare", "no notebook compare; allowed: deal_report, payment_habits, platform, subscribers"),
        (HABITS, "subscribers", "needs the section subscribers, which this scenario does not have"),
        (NIGHT, "platform", r"needs the section platform\.accounts, .* deal_report, payment_habits, subscribers need"),
        (SCENARIOS / "china-platforms.yml", "../evil", r"no notebook \.\./evil"),
    ],
)
def test_a_notebook_that_is_not_there_or_does_not_suit_is_refused_before_any_kernel_starts(
    scenario, notebook, sentence, monkeypatch, tmp_path
):
    monkeypatch.setattr("simlib.present.execute.executed", None)  # whatever calls it fails
    with pytest.raises(ReportError, match=sentence):
        write_report(scenario, tmp_path, notebook=notebook)
    assert list(tmp_path.iterdir()) == []


def test_the_pointer_names_the_notebooks_that_suit_and_none_where_none_does():
    outcome = simulate(load(HABITS, {"simulation.draws": 10}))
    told = str(telling.more(outcome, "payment_habits", "subscribers"))
    assert "payment-habit-china.yml --notebook payment_habits</code>" in told
    assert "--notebook subscribers" not in told
    assert telling.more(outcome, "subscribers", "platform") is None
