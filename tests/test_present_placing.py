"""Reports are put in place whole, in the order in which they were made, whatever else happens in the folder."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from reports_for_tests import made, put

from simlib.present import placing
from simlib.present.execute import Failure
from simlib.present.placing import Placing, ReportError
from simlib.present.shelves import newest, runs, shelves

HOLDER = """
import sys, time
from pathlib import Path
from simlib.present.placing import Placing
with Placing(Path(sys.argv[1])) as place:
    (place.aside / "draft").mkdir()
    print(place.aside.name, flush=True)
    time.sleep(60)
"""


def aside(out):
    return sorted(path.name for path in out.iterdir() if path.name.startswith("."))


@pytest.fixture
def holder(tmp_path):
    """A process that is at work on the same folder of reports."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    yield process, process.stdout.readline().strip()
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_report_is_put_on_its_shelf_and_is_the_latest(tmp_path):
    with Placing(tmp_path) as place:
        page = place.put("a/cell", made(key="12345678"))
    assert page == tmp_path / "a" / "cell" / page.parent.name / "report.html"
    assert page.parent.name.endswith("-12345678")
    assert (tmp_path / "a" / "cell" / "latest.html").read_bytes() == page.read_bytes()
    assert aside(tmp_path) == []


def test_a_failed_report_is_kept_but_is_not_the_latest(tmp_path):
    with Placing(tmp_path) as place:
        page = place.put("a", made(failure=Failure(3, "x", "no")))
    assert page.exists()
    assert not (tmp_path / "a" / "latest.html").exists()


def test_reports_of_one_second_follow_one_another_and_none_is_lost(tmp_path):
    with Placing(tmp_path) as place:
        pages = [place.put("a", made(key=key)) for key in ("ffffffff", "00000000", "00000000", "88888888")]
    assert [page.parent.name for page in pages] == runs(tmp_path / "a")


@pytest.mark.parametrize("year", [1999, 2099])
def test_the_last_run_is_the_one_made_last_though_the_clock_was_put_back(tmp_path, monkeypatch, year):
    put(tmp_path, "a", "20990101T000000Z-aaaaaaaa")

    class Clock(datetime):
        @classmethod
        def now(cls, zone=None):
            return cls(year, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(placing, "datetime", Clock)
    with Placing(tmp_path) as place:
        page = place.put("a", made(key="00000000", scenario="Made last"))
    assert page.parent.name == "20990101T000001Z-00000000"
    assert next(newest(tmp_path / "a")).manifest["scenario"] == "Made last"


def test_what_is_made_of_a_cell_is_later_than_what_was_of_the_whole_and_the_other_way_round(tmp_path):
    with Placing(tmp_path) as place:
        pages = [place.put(shelf, made(key=key)) for shelf, key in (("s", "f" * 8), ("s/c/n", "a" * 8), ("s", "0" * 8))]
    names = [page.parent.name for page in pages]
    assert names == sorted(names)


def test_what_a_killed_process_left_is_taken_away(tmp_path, holder):
    process, name = holder
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert aside(tmp_path) == [name, f"{name}.lock"]
    with Placing(tmp_path):
        pass
    assert aside(tmp_path) == []


def test_what_a_living_process_is_at_work_on_is_let_be(tmp_path, holder):
    _, name = holder
    with Placing(tmp_path) as place:
        place.put("a", made())
    assert aside(tmp_path) == [name, f"{name}.lock"]
    assert (tmp_path / name / "draft").is_dir()


def test_a_disk_that_is_full_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    with Placing(tmp_path) as place:
        place.put("a", made(key="11111111"))
        before = sorted(tmp_path.rglob("*"))
        real = Path.write_bytes

        def full(path, content):
            if path.name == "manifest.json":
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(path, content)

        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(ReportError, match="cannot be written there: No space left on device"):
            place.put("a", made(key="22222222"))
        monkeypatch.undo()
        left = [path for path in sorted(tmp_path.rglob("*")) if path not in before]
        assert all(path.is_relative_to(place.aside) for path in left)
    assert aside(tmp_path) == []
    assert len(runs(tmp_path / "a")) == 1


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be written there"), Placing(tmp_path / "file"):
        pass


def test_a_shelf_is_found_at_any_depth_and_a_run_is_no_shelf(tmp_path):
    for shelf in ("a", "a/platform", "b/price-9.99", "b/price-9.99/platform", ".making-x/a"):
        put(tmp_path, shelf, "20260101T000000Z-aaaaaaaa")
    (tmp_path / "empty").mkdir()
    found = [shelf.relative_to(tmp_path).as_posix() for shelf in shelves(tmp_path)]
    assert found == ["a", "a/platform", "b/price-9.99", "b/price-9.99/platform"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"status": "done"}'])
def test_a_folder_whose_manifest_says_nothing_is_passed_over(tmp_path, text):
    put(tmp_path, "a", "20260101T000000Z-aaaaaaaa")
    torn = put(tmp_path, "a", "20260102T000000Z-bbbbbbbb")
    (torn / "manifest.json").write_text(text, encoding="utf-8")
    assert [run.folder.name for run in newest(tmp_path / "a")] == ["20260101T000000Z-aaaaaaaa"]


def test_a_process_killed_at_any_step_leaves_whole_reports_and_the_next_mends_the_rest(tmp_path):
    """Killed at its first call to the file system, at its second, and so on, until it comes to its end."""
    for step in count(1):
        out = tmp_path / str(step)
        with Placing(out) as place:
            place.put("a", made(key="11111111", scenario="old"))
        pid = os.fork()
        if not pid:
            put_until_killed(out, step)
        _, status = os.waitpid(pid, 0)
        found = [*newest(out / "a")]
        assert len(found) == len(runs(out / "a")), "a run without a manifest"
        assert all({*os.listdir(run.folder)} == {"report.html", "manifest.json"} for run in found)
        assert (out / "a" / "latest.html").read_bytes() in {run.page.read_bytes() for run in found}
        with Placing(out) as place:
            place.latest(found[0].page)
        assert aside(out) == []
        assert (out / "a" / "latest.html").read_bytes() == found[0].page.read_bytes()
        if not os.WIFSIGNALED(status):
            break
    assert step > 15


def put_until_killed(out, step):
    """Put a second report, in a process that kills itself when it has come to so many calls to the file system."""
    left = [step]

    def hook(event, _):
        if event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "fcntl.flock"):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        with Placing(out) as place:
            new = made(key="22222222", scenario="new")
            place.claim("a", "22222222")
            place.put("a", new._replace(files=new.files | {"report.html": b"<p>new"}))
    finally:
        os._exit(0)


def test_a_reader_never_sees_half_a_report(tmp_path):
    """Whoever lists the shelf again and again finds every file of each run that is there."""
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(tmp_path / "a")], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    whole = made()
    whole = whole._replace(files={**whole.files, **{f"tables/{n}.csv": b"x" * 10_000 for n in range(20)}})
    (tmp_path / "a").mkdir()
    assert reader.stdout.readline() == "ready\n"
    with Placing(tmp_path) as place:
        for number in range(60):
            place.put("a", whole._replace(key=f"{number:08x}"))
            time.sleep(0.002)
    (tmp_path / "a" / "end").touch()
    seen = json.loads(reader.communicate(timeout=60)[0])
    assert seen["torn"] == 0
    assert seen["looks"] > 10


READER = """
import json, os, sys
shelf, torn, looks = sys.argv[1], 0, 0
print("ready", flush=True)
while not os.path.exists(shelf + "/end"):
    for run in os.listdir(shelf) if os.path.exists(shelf) else ():
        if run[0].isdigit():
            looks += 1
            names = os.listdir(f"{shelf}/{run}")
            torn += {"report.html", "manifest.json", "tables"} - {*names} != set()
            torn += "tables" in names and len(os.listdir(f"{shelf}/{run}/tables")) != 20
        elif run == "latest.html":
            torn += open(f"{shelf}/{run}").read() != "<p>"
print(json.dumps({"torn": torn, "looks": looks}))
"""
