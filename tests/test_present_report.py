"""A report is one file that stands alone, traces every number, and is there whole or not at all."""

import csv
import hashlib
import json
import os
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from nbformat import NotebookNode

from simlib.present import report, telling
from simlib.present.convert import sections
from simlib.present.key import values_of
from simlib.present.manifest import resolved
from simlib.present.notebook import simulated
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load

ROOT = Path(__file__).parents[1]
FLAGSHIP = ROOT / "scenarios" / "day-and-night.yml"
EVIL = "<script>alert(1)</script>"
LABEL = '<img src=x onerror=alert(2)> & "白夜追凶"'
FEW = {"simulation.draws": 60, "simulation.seed": 0}


class Page(HTMLParser):
    """The tags of a page with their attributes, and its visible text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for found, attributes in self.tags if found == tag]


@pytest.fixture(scope="module")
def away(tmp_path_factory):
    """A scenario outside the project, with a name and a label that try to break the page."""
    scenario = yaml.safe_load(resolved(load(FLAGSHIP)))
    scenario["name"] = EVIL
    scenario["packages"]["netflix_worldwide"]["label"] = LABEL
    file = tmp_path_factory.mktemp("elsewhere") / "Évil & odd.yml"
    file.write_text(yaml.safe_dump(scenario, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def written(away, tmp_path_factory):
    return report.write_report(away, tmp_path_factory.mktemp("reports"), FEW)


@pytest.fixture(scope="module")
def page(written):
    return Page(written.read_text(encoding="utf-8"))


def test_the_folder_holds_what_is_promised(written):
    names = {path.name for path in written.parent.iterdir()}
    assert names == {
        "report.html",
        "report.ipynb",
        "summary.json",
        "tables",
        "statement.xlsx",
        "scenario.resolved.yml",
        "manifest.json",
    }
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", written.parent.name)
    assert written.parents[1].name == "évil-odd"
    assert (written.parents[1] / "latest.html").read_bytes() == written.read_bytes()
    assert {path.name for path in written.parents[1].iterdir()} == {written.parent.name, "latest.html"}


def test_the_page_refers_to_nothing_outside_itself(written, page):
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "base")
        for key in ("src", "srcset", "href", "data", "action"):
            assert (attributes.get(key) or "data:").startswith(("data:", "#")), (tag, attributes)
    style = "".join(re.findall(r"<style>(.*?)</style>", written.read_text(encoding="utf-8"), re.DOTALL))
    assert not re.search(r"@import|url\(|https?:", style)
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv"))
    assert "default-src 'none'" in policy


def test_every_figure_has_alternative_text_that_says_numbers(page):
    pictures = page.all("img")
    assert len(pictures) == len(page.all("source")) == 12
    assert all(len(picture["alt"]) > 60 and re.search(r"\d", picture["alt"]) for picture in pictures)


def test_code_is_hidden_behind_one_toggle(written, page):
    boxes = [box for box in page.all("input") if box["type"] == "checkbox"]
    assert [box["id"] for box in boxes] == ["code"]
    text = written.read_text(encoding="utf-8")
    assert "pre.code { display: none; }" in text
    assert "#code:checked ~ main pre.code { display: block; }" in text
    assert 'class="code"><code>outcome' not in text
    assert text.count('<pre class="code">') > 15


def test_what_a_scenario_says_is_shown_and_never_run(written, page):
    text = "".join(page.text)
    assert EVIL in text
    assert LABEL in text
    assert EVIL not in written.read_text(encoding="utf-8")
    assert not any("onerror" in attributes for _, attributes in page.tags)


def test_the_page_opens_with_title_quiet_line_and_decision(page):
    text = " ".join("".join(page.text).split())
    quiet = text.index("60 draws · seed 0 · money in USD")
    assert quiet < text.index("on average a fee from") < text.index("What each package is worth")


def test_the_summary_and_the_tables_are_those_of_the_notebook(written):
    summary = json.loads((written.parent / "summary.json").read_text(encoding="utf-8"))
    assert (summary["scenario"], summary["seed"], summary["draws"]) == (EVIL, 0, 60)
    with (written.parent / "tables" / "negotiation.csv").open(encoding="utf-8", newline="") as lines:
        fees = {row["item"]: float(row["fee"]) for row in csv.DictReader(lines)}
    assert fees["ask"] == pytest.approx(summary["negotiation"]["nash_fee"])


def test_the_manifest_names_no_folder_and_no_user(written, away):
    text = (written.parent / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert (manifest["status"], manifest["seed"], manifest["draws"]) == ("done", 0, 60)
    assert [change["path"] for change in manifest["overrides"]] == list(FEW)
    assert manifest["sha256"][away.name] == hashlib.sha256(away.read_bytes()).hexdigest()
    assert manifest["versions"].keys() >= {"python", "simlib", "numpy"}
    texts = {path: path.read_bytes() for path in written.parent.rglob("*") if path.is_file()}
    with zipfile.ZipFile(written.parent / "statement.xlsx") as book:
        texts |= {name: book.read(name) for name in book.namelist()}
    for name, content in texts.items():
        assert str(away.parent).encode() not in content, name
        assert str(ROOT).encode() not in content, name


def test_the_manifest_lists_the_tables_and_the_statement_of_account(written):
    listed = json.loads((written.parent / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {"tables/statement.csv", "statement.xlsx"} <= {*listed}
    assert all((written.parent / name).is_file() for name in listed)


def test_the_resolved_scenario_needs_no_other_and_says_the_same(written, away):
    again = load(written.parent / "scenario.resolved.yml")
    assert again.origin.tree.plain() == load(away, FEW).origin.tree.plain()
    assert key_of(again) == written.parent.name[-8:]


def test_the_notebook_carries_its_results_and_every_cell_ran(written):
    notebook = json.loads((written.parent / "report.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert not [out for cell in code for out in cell["outputs"] if out["output_type"] in ("stream", "error")]
    assert "input_path" not in notebook["metadata"]["papermill"]


@pytest.fixture(scope="module")
def failed(away, tmp_path_factory):
    """A report whose notebook stops in the cell after the scenario was simulated."""
    broken = json.loads(telling.file_of(telling.DEAL_REPORT).read_text(encoding="utf-8"))
    broken["cells"] = broken["cells"][:2]
    broken["cells"][1]["source"] = ["scenario = 1 / 0  # <b>"]
    notebook = tmp_path_factory.mktemp("notebooks") / "broken.ipynb"
    notebook.write_text(json.dumps(broken), encoding="utf-8")
    out = tmp_path_factory.mktemp("failed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "file_of", lambda name: notebook)
        with pytest.raises(report.ReportError) as caught:
            report.write_report(away, out, FEW)
    return caught.value


def test_a_notebook_that_fails_leaves_a_page_that_says_where_and_how_to_see_it_again(failed):
    page = Page(failed.page.read_text(encoding="utf-8"))
    text = "".join(page.text)
    assert "ZeroDivisionError: division by zero" in text
    assert "scenario = 1 / 0  # <b>" in text
    assert "python3 run.py report 'Évil & odd.yml' --set simulation.draws=60 --set simulation.seed=0" in text
    assert "ZeroDivisionError" in str(failed)
    assert "\n" not in str(failed)


def test_a_failed_report_says_so_and_is_not_the_latest(failed):
    folder = failed.page.parent
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["status"] == "failed"
    assert (folder / "report.ipynb").exists()
    assert not (folder.parent / "latest.html").exists()


@pytest.fixture
def no_kernel(monkeypatch):
    """Whatever starts a kernel fails the test, unless the test says otherwise."""

    def stop(*_):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("simlib.present.execute.executed", stop)
    return monkeypatch


def test_a_scenario_with_faults_is_refused_before_any_kernel_starts(no_kernel, tmp_path):
    with pytest.raises(ScenarioError, match=r"did you mean title\.episodes"):
        report.write_report(FLAGSHIP, tmp_path, {"title.episode": 3})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_report_leaves_nothing(no_kernel, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    no_kernel.setattr("simlib.present.execute.executed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        report.write_report(FLAGSHIP, tmp_path, FEW)
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.name.startswith(".")] == []


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(no_kernel, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(report.ReportError, match="cannot be written there"):
        report.write_report(FLAGSHIP, tmp_path / "file", FEW)


def test_two_reports_of_one_second_do_not_meet(tmp_path):
    places = []
    for text in "ab":
        draft = tmp_path / f".draft-{text}"
        draft.mkdir()
        (draft / "report.html").write_text(text)
        places.append(report._put(draft, tmp_path, "20170101T000000Z-12345678"))
    assert [(place / "report.html").read_text() for place in places] == ["a", "b"]


def test_the_key_follows_every_value_and_nothing_else():
    one, same, other = load(FLAGSHIP), load(os.path.relpath(FLAGSHIP)), load(FLAGSHIP, {"title.episodes": 31})
    assert key_of(one) == key_of(same) != key_of(other)


def test_a_notebook_shows_the_faults_of_a_scenario_as_sentences():
    with pytest.raises(ScenarioError) as caught:
        simulated(str(FLAGSHIP), {"title.episode": 3, "title.hourz": 2})
    assert len(caught.value._render_traceback_()) == 3


def test_a_notebook_finds_a_scenario_of_the_project_from_any_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert simulated("scenarios/day-and-night.yml", {"simulation.draws": 2}).draws == 2


def test_a_section_that_shows_nothing_is_left_out():
    def code(*outputs):
        told = [NotebookNode(data=data, output_type="display_data") for data in outputs]
        return NotebookNode(cell_type="code", source="", outputs=told)

    heading = [NotebookNode(cell_type="markdown", source=f"## {name}") for name in ("full", "empty", "results")]
    table, attached = code({"text/html": "<table>"}), code({"application/x+json": {}})
    notebook = NotebookNode(cells=[heading[0], code(), table, heading[1], code(), heading[2], attached])
    assert [cells[0].source for cells in sections(notebook)] == ["## full"]
    assert len(sections(notebook)[0]) == 3
