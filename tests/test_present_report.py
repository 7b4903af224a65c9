"""A report is one file that stands alone, traces every number, and is there whole or not at all."""

import csv
import hashlib
import json
import os
import pickle
import re
import zipfile
from pathlib import Path

import pytest
import yaml
from nbformat import NotebookNode
from reports_for_tests import Page

from simlib.present import key, report, telling
from simlib.present.convert import sections
from simlib.present.key import plain, values_of
from simlib.present.making import _laid, making
from simlib.present.manifest import resolved
from simlib.present.notebook import simulated
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load

ROOT = Path(__file__).parents[1]
FLAGSHIP = ROOT / "scenarios" / "day-and-night.yml"
EVIL = "<script>alert(1)</script>"
LABEL = '<img src=x onerror=alert(2)> & "白夜追凶"'
FEW = {"simulation.draws": 60, "simulation.seed": 0}


@pytest.fixture(scope="module")
def away(tmp_path_factory):
    """A scenario outside the project, with a name and a label that try to break the page."""
    scenario = yaml.safe_load(resolved(plain(load(FLAGSHIP))))
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
    assert {path.name for path in written.parents[2].iterdir()} == {"évil-odd", "index.html"}


def test_the_page_refers_to_nothing_outside_itself(written, page):
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "base")
        for name in ("src", "srcset", "href", "data", "action"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#")), (tag, attributes)
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
    text = " ".join(page.text)
    assert EVIL in text
    assert LABEL in text
    assert EVIL not in written.read_text(encoding="utf-8")
    assert not any("onerror" in attributes for _, attributes in page.tags)


def test_the_page_opens_with_title_quiet_line_and_decision(page):
    text = " ".join(" ".join(page.text).split())
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
    assert (
        values_of(again) == json.loads((written.parent / "manifest.json").read_text(encoding="utf-8"))["key"]["values"]
    )


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
    text = " ".join(page.text)
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

    monkeypatch.setattr("simlib.present.making.executed", stop)
    return monkeypatch


def test_a_scenario_with_faults_is_refused_before_any_kernel_starts(no_kernel, tmp_path):
    with pytest.raises(ScenarioError, match=r"did you mean title\.episodes"):
        report.write_report(FLAGSHIP, tmp_path, {"title.episode": 3})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_report_leaves_nothing(no_kernel, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    no_kernel.setattr("simlib.present.making.executed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        report.write_report(FLAGSHIP, tmp_path, FEW)
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.name.startswith(".")] == []


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(no_kernel, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(report.ReportError, match="cannot be written there"):
        report.write_report(FLAGSHIP, tmp_path / "file", FEW)


@pytest.fixture(scope="module")
def deal_report():
    return telling.file_of(telling.DEAL_REPORT).read_bytes()


def test_the_key_follows_every_value_and_not_how_the_file_is_named(deal_report):
    one, same, other = load(FLAGSHIP), load(os.path.relpath(FLAGSHIP)), load(FLAGSHIP, {"title.episodes": 31})
    assert key.parts(deal_report, one) == key.parts(deal_report, same)
    changed = {part for part, now in key.parts(deal_report, other).items() if now != key.parts(deal_report, one)[part]}
    assert changed == {"values", "lines"}


def test_the_key_follows_lines_for_the_register_tells_them(deal_report, tmp_path):
    keys = []
    for head in ("", "# a comment more\n"):
        (tmp_path / "s.yml").write_text(head + resolved(plain(load(FLAGSHIP))), encoding="utf-8")
        keys.append(key.parts(deal_report, load(tmp_path / "s.yml")))
    assert {part for part in keys[0] if keys[0][part] != keys[1][part]} == {"lines"}


def test_the_key_follows_the_code_of_a_notebook_but_not_what_it_last_showed(deal_report):
    shown, changed = json.loads(deal_report), json.loads(deal_report)
    shown["cells"][0] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}], "execution_count": 3}
    changed["cells"][2]["source"] = ["1"]
    codes = [key.code(json.dumps(book).encode()) for book in (shown, changed)]
    assert codes[0] == key.code(deal_report)
    assert {part for part in codes[0] if codes[0][part] != codes[1][part]} == {"notebook"}


def test_the_key_follows_versions(deal_report, monkeypatch):
    before = key.code(deal_report)
    monkeypatch.setattr("simlib.present.key.versions", lambda: {"python": "4.0"})
    assert {part for part, now in key.code(deal_report).items() if now != before[part]} == {"versions"}


def test_the_key_follows_the_sources_of_simlib(deal_report, monkeypatch, tmp_path):
    before = key.code(deal_report)
    for name in ("__init__.py", "facts.csv", "page.j2"):
        (tmp_path / name).write_text(name, encoding="utf-8")
        monkeypatch.setattr("simlib.workers.ground.__file__", str(tmp_path / "workers" / "ground.py"))
        key.sources.cache_clear()
        after = key.code(deal_report)
        assert {part for part, now in after.items() if now != before[part]} == {"simlib"}
        before = after
    monkeypatch.undo()
    key.sources.cache_clear()


def test_the_kernel_reads_what_was_checked_though_the_file_has_changed_since(tmp_path):
    file = tmp_path / "s.yml"
    file.write_text(resolved(plain(load(FLAGSHIP, FEW))), encoding="utf-8")
    job = report.report_job(file, load(file), telling.DEAL_REPORT, {})
    file.write_text("name: something else\n", encoding="utf-8")
    made = making(job)
    assert made.failure is None
    assert json.loads(made.files["summary.json"])["scenario"] == "Day and Night"
    assert json.loads(made.files["manifest.json"])["sha256"] == {
        "s.yml": hashlib.sha256(job.files["s.yml"]).hexdigest()
    }


def test_a_report_of_other_values_than_were_checked_has_failed():
    job = report.report_job(FLAGSHIP, load(FLAGSHIP, FEW), telling.DEAL_REPORT, FEW)
    made = making(job._replace(values="others"))
    assert "make the report again" in made.failure.error
    assert b"make the report again" in made.files["report.html"]


def test_files_whose_names_climb_stay_in_the_folder_made_for_them(tmp_path):
    """A base that is named from far above its scenario, where a report's folder is not as deep."""
    deep = tmp_path / "home" / "user" / "keys"
    deep.mkdir(parents=True)
    (deep / "base.yml").write_text(resolved(plain(load(FLAGSHIP))), encoding="utf-8")
    (deep / "s.yml").write_text("extends: ../../../home/user/keys/base.yml\n", encoding="utf-8")
    (deep / "aside").mkdir()
    (deep / "t.yml").write_text("extends: aside/../base.yml\n", encoding="utf-8")
    jobs = [report.report_job(deep / name, load(deep / name), telling.DEAL_REPORT, {}) for name in ("s.yml", "t.yml")]
    assert [{Path(name).name for name in job.files} for job in jobs] == [{"s.yml", "base.yml"}, {"t.yml", "base.yml"}]
    for number, job in enumerate(jobs):
        room = tmp_path / "rooms" / f"{number}"
        room.mkdir(parents=True)
        before = sorted(tmp_path.rglob("*"))
        folder, _ = _laid(room, job)
        assert all(path.is_relative_to(room) for path in sorted(tmp_path.rglob("*")) if path not in before)
        laid = load(folder / job.parameters["scenario"])
        assert values_of(laid) == job.values
        assert all(Path(os.path.normpath(file)).is_relative_to(folder) for file in laid.origin.files)


@pytest.mark.parametrize("name", ["../x.yml", "/etc/x.yml", "a/../../x.yml"])
def test_a_job_from_elsewhere_writes_nothing_outside_its_folder(tmp_path, name):
    job = report.report_job(FLAGSHIP, load(FLAGSHIP, FEW), telling.DEAL_REPORT, FEW)
    with pytest.raises(ValueError, match="outside the folder"):
        _laid(tmp_path, job._replace(files={name: b"x"}))
    assert not (tmp_path.parent / "x.yml").exists()


def test_a_job_holds_all_that_it_needs_and_can_be_sent_away(tmp_path):
    job = report.report_job(FLAGSHIP, load(FLAGSHIP, FEW), telling.DEAL_REPORT, FEW)
    sent = pickle.dumps(job)
    assert pickle.loads(sent) == job
    assert len(sent) < 300_000
    assert set(job.files) >= {"scenarios/day-and-night.yml", "scenarios/bases/world-2017.yml"}
    assert job.parameters == {"scenario": "scenarios/day-and-night.yml", "overrides": FEW}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Day & Night", "day-night"),
        ("../../etc/passwd", "etc-passwd"),
        ("...", "scenario"),
        ("白夜追凶", "白夜追凶"),
        ("e\u0301te\u0301", "été"),
        ("index.html", "index-html"),
    ],
)
def test_a_shelf_has_a_name_that_stays_in_its_folder(name, folder):
    assert report.slug(name) == folder


def test_names_that_are_too_long_are_cut_and_still_differ():
    names = {report.slug(text * 100) for text in ("夜", "白", "a", "夜夜")}
    assert len(names) == 4
    assert all(len(name.encode()) <= 80 for name in names)


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
