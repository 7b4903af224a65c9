"""A scenario's files are laid out below the folder of their report, whatever they are called, and read alike from there."""

import pytest
from test_present_batch import SMALL

from simlib.present import telling
from simlib.present.key import values_of
from simlib.present.making import _laid
from simlib.present.report import report_job
from simlib.scenario.load import load


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "way", ["base.yml", "../b/base.yml", "../../../home/u/b/base.yml", "../../../../deep/home/u/b/base.yml"]
)
def test_a_base_that_is_named_by_steps_back_is_laid_below_the_folder_of_the_report(tmp_path, monkeypatch, way):
    inside, room = tmp_path / "deep" / "home" / "u" / "b", tmp_path / "room" / "home" / "u" / "b" / "room"
    for folder in (inside, room):
        folder.mkdir(parents=True)
    (inside / "base.yml").write_text(SMALL, encoding="utf-8")
    (inside / "s.yml").write_text(f"extends: {way}\n", encoding="utf-8")
    before = files_of(tmp_path)
    checked = load(inside / "s.yml")
    folder, _ = _laid(room, job := report_job(inside / "s.yml", checked, telling.DEAL_REPORT, {}))
    assert all((tmp_path / name).read_bytes() == content for name, content in before.items())
    assert all((tmp_path / name).is_relative_to(room) for name in files_of(tmp_path).keys() - before.keys())
    monkeypatch.chdir(folder)
    (inside / "base.yml").write_text("what was read is read no more", encoding="utf-8")
    again = load(job.parameters["scenario"])
    assert values_of(again) == values_of(checked)
    assert again.origin.outside == checked.origin.outside == ()


def test_a_job_that_names_a_file_elsewhere_writes_nothing_there(tmp_path):
    (tmp_path / "s.yml").write_text(SMALL, encoding="utf-8")
    job = report_job(tmp_path / "s.yml", load(tmp_path / "s.yml"), telling.DEAL_REPORT, {})
    (tmp_path / "room").mkdir()
    for name in ("../../kept", "a/../../../kept", str(tmp_path / "kept")):
        with pytest.raises(ValueError, match="lies outside the folder of a report's files"):
            _laid(tmp_path / "room", job._replace(files={name: b"no"}))
    assert not (tmp_path / "kept").exists()
