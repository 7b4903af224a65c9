"""The index over reports: failures first, what changed since the run before, nothing of a file's words run."""

import re
from pathlib import Path

import pytest
from reports_for_tests import FEE, ZONE, Page, put

from simlib.present import words
from simlib.present.batch.index import ALIKE, write_index
from simlib.present.batch.index import index as page
from simlib.present.batch.picture import picture, scale_of
from simlib.present.decision import decision
from simlib.present.figures import figures
from simlib.present.placing import ReportError
from simlib.present.summary import summary
from simlib.scenario.load import load
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]

EVIL = "<script>alert(1)</script>"
OLD, NEW = "20260101T000000Z-aaaaaaaa", "20260102T000000Z-bbbbbbbb"


def test_the_index_points_to_the_last_report_of_each_shelf(tmp_path):
    put(tmp_path, "one", OLD)
    put(tmp_path, "one", NEW)
    put(tmp_path, "two", OLD)
    put(tmp_path, "two/platform", OLD, notebook="platform")
    put(tmp_path, "two-against-one", OLD, notebook="compare")
    seen = Page(page(tmp_path))
    links = [link["href"] for link in seen.all("a")]
    assert sorted(links) == [
        f"one/{NEW}/report.html",
        f"two-against-one/{OLD}/report.html",
        f"two/{OLD}/report.html",
        f"two/platform/{OLD}/report.html",
    ]
    assert {"comparison · scenarios/a.yml", "platform · scenarios/a.yml"} <= {*seen.text}


def test_every_link_leads_to_a_page_whatever_the_folder_is_called(tmp_path):
    names = ["白夜追凶", "price-50%", "a b & 'c'", 'quo"te', "#x?y"]
    for name in names:
        put(tmp_path, name, OLD)
    from urllib.parse import unquote

    links = [unquote(link["href"]) for link in Page(page(tmp_path)).all("a")]
    assert len(links) == len(names)
    assert all((tmp_path / link).is_file() for link in links)


def test_failures_come_first_say_why_and_lead_to_the_last_good_one(tmp_path):
    put(tmp_path, "one", OLD, scenario="A good one")
    put(tmp_path, "two", OLD, scenario="Z broken")
    put(tmp_path, "two", NEW, status="failed", scenario="Z broken")
    text = write_index(tmp_path).read_text(encoding="utf-8")
    assert (
        text.index("Z broken") < text.index("NameError: x") < text.index("two/latest.html") < text.index("A good one")
    )
    assert "2 reports · 1 failed" in text


def test_a_number_that_changed_says_what_it_was_and_one_that_did_not_is_quiet(tmp_path):
    put(tmp_path, "one", OLD, numbers=FEE | {"Ask for": "USD 2 million"})
    put(tmp_path, "one", NEW)
    put(tmp_path, "two", OLD)
    put(tmp_path, "two", NEW)
    text = page(tmp_path)
    assert re.findall(r"was ([^<]*)", text) == ["USD 2 million"]
    assert "1 changed since the run before" in text


def test_a_change_is_told_from_the_last_run_that_was_done(tmp_path):
    put(tmp_path, "one", "20260101T000000Z-aaaaaaaa", numbers=FEE | {"Ask for": "USD 2 million"})
    put(tmp_path, "one", "20260102T000000Z-bbbbbbbb", status="failed", numbers={})
    put(tmp_path, "one", "20260103T000000Z-cccccccc")
    assert "was USD 2 million" in page(tmp_path)


def test_what_a_file_says_is_shown_and_never_run(tmp_path):
    evil = {
        "scenario": EVIL,
        "numbers": {EVIL: EVIL},
        "cell": EVIL,
        "file": EVIL,
        "error": EVIL,
        "started": "2026-01-01",
    }
    put(tmp_path, "one", OLD, **evil)
    put(tmp_path, "two", OLD, **evil | {"status": "failed"})
    put(tmp_path, "three", OLD, **evil | {"figures": {"finding": EVIL, "numbers": {}, "picture": None}})
    seen = Page(page(tmp_path))
    assert [attributes for attributes in seen.all("script") if attributes] == []
    assert len(seen.all("script")) == 1
    assert seen.text.count(EVIL) > 5


@pytest.mark.parametrize(
    "more",
    [
        {"scenario": 5},
        {"started": "x"},
        {"figures": [1]},
        {"figures": {"numbers": {"Ask": 3}}},
        {"figures": {"numbers": {}, "picture": {"kind": "hologram"}}},
        {"figures": {"numbers": {}, "picture": ZONE | {"low": None}}},
        {"key": 3},
        {"cell": ["x"]},
    ],
)
def test_a_manifest_that_was_damaged_or_is_of_another_time_takes_nothing_down(tmp_path, more):
    put(tmp_path, "one", OLD, **more)
    put(tmp_path, "two", OLD, scenario="A good one")
    assert "A good one" in page(tmp_path)


def test_the_page_refers_to_nothing_outside_the_folder(tmp_path):
    put(tmp_path, "one", OLD)
    text = page(tmp_path)
    seen = Page(text)
    assert "http" not in re.sub(r'http-equiv="', "", text)
    assert {tag for tag, _ in seen.tags}.isdisjoint({"link", "img", "iframe", "object", "base"})
    policy = next(meta["content"] for meta in seen.all("meta") if "content" in meta and "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")


def test_an_axis_holds_all_of_its_pictures_and_zero():
    drawn = [{"low": 2.0, "high": 4.0}, {"low": -1.0, "high": 3.0}]
    assert scale_of(drawn) == (-1.0, 4.0)
    assert scale_of(drawn[:1]) == (0.0, 4.0)


def test_pictures_of_one_thing_in_one_unit_share_an_axis_whose_ends_are_said(tmp_path):
    """A zone that is half as wide as another scenario's is drawn half as wide; another currency has its own."""
    for name, unit, high in (("one", "USD", 8e5), ("two", "USD", 4e5), ("three", "CNY", 2e7)):
        figures = {"numbers": FEE, "picture": ZONE | {"unit": unit, "low": 0.0, "high": high, "mark": high / 2}}
        put(tmp_path, name, OLD, scenario=name, figures=figures)
    text = page(tmp_path)
    widths = [float(width) for width in re.findall(r'class="zone" x="[\d.]+" y="7" width="([\d.]+)"', text)]
    assert widths == [148, 148, 74]  # by name: one, three, two
    ends = [end.replace("\u202f", " ") for end in re.findall(r'class="ends"[^>]*>([^<]*)<', text)]
    assert ends == ["0", "USD 800k", "0", "CNY 20m", "0", "USD 800k"]


def sweep(out, shares, error, run=OLD):
    """A sweep's reports, each with the share of payers that it found."""
    for number, share in enumerate(shares):
        mean = {"value": share, "error": error, "unit": "share", "currency": "CNY"}
        found = {"numbers": {"Pay": words.percent(share)}, "means": {"Pay": mean}, "picture": None}
        put(out, f"sweep/cell-{number}", run, cell=f"cell {number}", figures=found)
    return [" ".join(told.split()) for told in re.findall(r"<dd>(.*?)</dd>", page(out).replace("\u202f", " "))]


def test_cells_of_a_sweep_are_told_with_the_digits_that_tell_them_apart(tmp_path):
    assert sweep(tmp_path, (0.1723, 0.1731, 0.1906), 0.0006) == ["17.2 %", "17.3 %", "19.1 %"]


def test_what_a_cell_was_is_told_with_the_digits_that_it_has_now(tmp_path):
    sweep(tmp_path, (0.1723, 0.1731, 0.1649), 0.0006)
    now = sweep(tmp_path, (0.1741, 0.1731, 0.1651), 0.0006, NEW)
    assert now == ["17.4 %<small>was 17.2 %</small>", "17.3 %", "16.5 %"]  # 16 % and 17 % by the usual digits
    assert "1 changed since the run before" in page(tmp_path)


def test_cells_that_say_the_same_say_so(tmp_path):
    alike = f'<small class="alike" title="{ALIKE}">as 1 other</small>'
    assert sweep(tmp_path, (0.1726, 0.1729, 0.1906), 0.006) == [f"17 %{alike}", f"17 %{alike}", "19 %"]


def test_one_report_keeps_its_usual_digits_and_a_damaged_mean_takes_nothing_down(tmp_path):
    assert sweep(tmp_path / "a", (0.1726,), 0.0006) == ["17 %"]
    for means in ({"Pay": {"value": None}}, {"Pay": 3}, 7):
        figures = {"numbers": {"Pay": "17 %"}, "means": means, "picture": None}
        put(tmp_path / "b", f"sweep/cell-{len(str(means))}", OLD, cell="x", figures=figures)
    assert page(tmp_path / "b").count("<dd>17 %</dd>") == 3


def test_a_zone_is_drawn_from_floor_to_ceiling():
    drawn = {**ZONE, "low": 25.0, "high": 75.0, "mark": 50.0}
    bar = re.search(r'class="zone" x="([\d.]+)" y="7" width="([\d.]+)"', picture(drawn, (0.0, 100.0)))
    assert [float(bar[1]), float(bar[2])] == [6 + 148 / 4, 148 / 2]


@pytest.mark.parametrize("kind", ["zone", "gap", "spread"])
def test_a_picture_says_its_numbers_to_who_cannot_see_it(kind):
    text = picture({**ZONE, "kind": kind, "says": "floor USD 1 & more"}, (0.0, 2e6))
    assert 'role="img" aria-label="floor USD 1 &amp; more"' in text


def test_a_picture_of_nothing_but_zero_can_be_drawn():
    assert "<svg" in picture({**ZONE, "low": 0.0, "high": 0.0, "mark": 0.0}, scale_of([{"low": 0.0, "high": 0.0}]))


def test_an_index_over_nothing_is_a_page_too(tmp_path):
    assert "0 reports" in write_index(tmp_path / "none").read_text(encoding="utf-8")


def test_an_index_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be written"):
        write_index(tmp_path / "file" / "out")


def test_an_index_over_a_thousand_reports_names_every_one(tmp_path):
    for number in range(1000):
        put(tmp_path, f"s{number}", OLD, scenario=f"Scenario {number}")
    seen = Page(page(tmp_path))
    assert len(seen.all("li")) == 1000
    assert {f"Scenario {number}" for number in range(1000)} <= {*seen.text}


@pytest.mark.parametrize("draws", [30, 64])
def test_the_index_names_the_fee_that_its_page_names(monkeypatch, draws):
    monkeypatch.chdir(ROOT)
    outcome = simulate(load("scenarios/day-and-night.yml"), draws=draws)
    assert f"ask for about {figures(summary(outcome))['numbers']['Ask for']}" in decision(outcome)[0]
