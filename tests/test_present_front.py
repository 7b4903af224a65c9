"""The start page's list says of each scenario what it asks, what is wrong with it, and how its last report stands."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from simlib.present import front
from simlib.present.report import write_report

SMALL = """
name: Night <train>
description: >-
  A platform of 1.5 million members grows. Nobody knows how fast. How many members will it have?
currency: USD
horizon: {start: 2017-12, periods: 4, step: quarter}
simulation: {draws: 50, seed: 1}
territories: {include: [USA]}
audience: {internet_users: 200 million, video_share: 80%, annual_growth: 0, monthly_income: 4000}
subscribers:
  platform: netflix
  opening: {us: {territories: [USA], members: 51 million}}
  potential: {of: audience, share: 50%}
  innovation: {uniform: {low: 0.01, high: 0.03}}
  imitation: 0.3
  monthly_churn: 3%
"""


@pytest.fixture
def night(tmp_path):
    file = tmp_path / "scenarios" / "night.yml"
    file.parent.mkdir()
    file.write_text(SMALL)
    return file


def rows(file):
    """What a reader sees of each row of the list, markup left out."""
    shown = front.scenarios(str(file.parent), str(file.parents[1] / "reports"))
    found = re.findall("<tr>(.*?)</tr>", shown.partition("<tbody>")[2])
    return [unescape(re.sub("<[^>]+>", " ", row)).split() for row in found]


def row(file):
    (only,) = rows(file)
    return " ".join(only)


def test_a_scenario_is_told_by_its_case_and_its_question(night):
    told = "Night <train> A platform of 1.5 million members grows. How many members will it have? ✓ good none yet"
    assert row(night) == told


def test_a_faulty_scenario_is_told_with_file_and_line_and_hides_no_other(night):
    night.with_name("wrong.yml").write_text(SMALL.replace("imitation: 0.3", "immitation: 0.3"))
    good, wrong = rows(night)
    assert "good" in good
    assert "did you mean imitation?" in " ".join(wrong)
    assert any(word.endswith("wrong.yml:15:") for word in wrong)


def test_of_many_faults_the_first_are_told_and_where_the_rest_are(night):
    night.write_text(re.sub(r"(?m)^  (\w+):", r"  x\1:", SMALL))
    assert len(re.findall(r"night\.yml:\d+:", row(night))) == front.MOST_FAULTS
    assert "all of them: simlib check" in row(night)


def test_a_folder_without_scenarios_is_told_in_a_sentence(tmp_path):
    assert "There is no scenario in" in front.scenarios(str(tmp_path), "reports")


def test_a_report_is_up_to_date_until_a_number_of_its_scenario_changes(night):
    out = night.parents[1] / "reports"
    page = write_report(night, out)
    assert row(night).endswith("UTC up to date")
    night.write_text(SMALL + "# a comment moves no number\n")
    assert row(night).endswith("UTC up to date")
    night.write_text(SMALL.replace("imitation: 0.3", "imitation: 0.31"))
    assert row(night).endswith("UTC since then: subscribers.imitation 0.3 → 0.31")
    about = json.loads((page.parent / "manifest.json").read_text())
    (page.parent / "manifest.json").write_text(json.dumps(about | {"status": "failed", "error": "KeyError: 'x'"}))
    assert row(night).endswith("UTC ✗ failed KeyError: 'x'")


def test_a_report_with_values_set_by_hand_says_which(night):
    write_report(night, night.parents[1] / "reports", {"subscribers.imitation": "0.4", "simulation.draws": "20"})
    assert row(night).endswith("UTC with subscribers.imitation and simulation.draws set up to date")
    night.write_text(SMALL.replace("imitation: 0.3", "imitation: 0.31"))  # which was set otherwise all the same
    assert row(night).endswith("set up to date")
    night.write_text(SMALL.replace("  imitation", "  innovatio"))
    assert "did you mean innovation?" in row(night)


def test_its_links_are_those_that_jupyterlab_follows_from_the_folder_of_notebooks():
    shown = front.scenarios("scenarios", "reports")
    links = re.findall('href="([^"]+)"', shown)
    assert "../scenarios/day-and-night.yml" in links
    assert [link for link in links if not (Path(front.ROOT) / "notebooks" / link).exists()] == []


def test_a_report_whose_manifest_lacks_a_field_hides_no_other(night):
    page = write_report(night, night.parents[1] / "reports")
    about = json.loads((page.parent / "manifest.json").read_text())
    del about["overrides"]
    (page.parent / "manifest.json").write_text(json.dumps(about))
    assert "cannot be told" in row(night)
