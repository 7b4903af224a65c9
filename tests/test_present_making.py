"""The files of a scenario are laid out below the folder of their report, whatever they are called."""

import pytest
from test_present_batch import SMALL

from simlib.present import telling
from simlib.present.making import _laid
from simlib.present.report import report_job
from simlib.scenario.load import load


def test_a_job_that_names_a_file_elsewhere_writes_nothing_there(tmp_path):
    (tmp_path / "s.yml").write_text(SMALL, encoding="utf-8")
    job = report_job(tmp_path / "s.yml", load(tmp_path / "s.yml"), telling.DEAL_REPORT, {})
    (tmp_path / "room").mkdir()
    for name in ("../../kept", "a/../../../kept", str(tmp_path / "kept")):
        with pytest.raises(ValueError, match="lies outside the folder of a report's files"):
            _laid(tmp_path / "room", job._replace(files={name: b"no"}))
        (tmp_path / "room" / "scenario").rmdir()
    assert not (tmp_path / "kept").exists()
