"""The index over reports: made from what reports say of themselves, in a folder written by hand."""

import json

import pytest

from simlib.present import batch
from simlib.present.batch import run_batch, write_index
from simlib.present.report import ReportError


def put_report(out, shelf, run, status="done", scenario="A drama", decision="Sign it."):
    folder = out / shelf / run
    folder.mkdir(parents=True)
    manifest = {
        "status": status,
        "error": "NameError: x",
        "scenario": scenario,
        "draws": 1000,
        "started": "2026-01-02T03:04:05Z",
    }
    summary = {
        "decision": [decision],
        "currency": "USD",
        "recommended": "one",
        "packages": {"one": {"probability_best": 0.9}},
        "negotiation": {"floor": 300_000.0, "ceiling": 1_300_000.0},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "report.html").write_text("<p>", encoding="utf-8")
    if status == "done":
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


def test_the_index_points_to_the_last_report_of_each_scenario(tmp_path):
    put_report(tmp_path, "one", "20260101T000000Z-aaaaaaaa", decision="Wait.")
    put_report(tmp_path, "one", "20260102T000000Z-bbbbbbbb", decision="Sign it.")
    put_report(tmp_path, "two", "20260101T000000Z-cccccccc")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert page.count("<tr>") == 3
    assert 'href="one/20260102T000000Z-bbbbbbbb/report.html"' in page
    assert "Wait." not in page
    assert "floor" in page
    assert "http" not in page


def test_failures_come_first_and_say_why(tmp_path):
    put_report(tmp_path, "one", "20260101T000000Z-aaaaaaaa", scenario="A good one")
    put_report(tmp_path, "two", "20260101T000000Z-bbbbbbbb", status="failed", scenario="Z broken")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert page.index("Z broken") < page.index("NameError") < page.index("A good one")


def test_names_from_scenarios_are_escaped(tmp_path):
    put_report(
        tmp_path, "one", "20260101T000000Z-aaaaaaaa", scenario="<script>alert(1)</script>", decision="<img src=x>"
    )
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page


def test_an_index_over_nothing_is_a_page_too(tmp_path):
    assert "0 in all" in write_index(tmp_path / "none").read_text(encoding="utf-8")


def test_a_scenario_that_fails_is_said_and_the_others_are_written(tmp_path, monkeypatch):
    def report(scenario, out, overrides):
        if scenario == "bad.yml":
            raise ReportError("the notebook failed in code cell 3")
        put_report(out, "good", "20260101T000000Z-aaaaaaaa")
        return "page"

    monkeypatch.setattr(batch, "write_report", report)
    said = []
    failed, index = run_batch(["bad.yml", "good.yml"], tmp_path, {}, said.append)
    assert failed == 1
    assert "A drama" in index.read_text(encoding="utf-8")
    assert ["failed" in line for line in said] == [True, False]


def test_an_index_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be written"):
        write_index(tmp_path / "file" / "out")
