"""A batch makes what has changed and nothing else, and says why; what is finished stays, whatever happens."""

import json
import pickle
import re
import shlex
import threading
from concurrent.futures import Future
from html import unescape
from pathlib import Path

import pytest
from reports_for_tests import AtOnce

from simlib.present.batch import plan as plans
from simlib.present.batch.plan import planned, shared_shelves
from simlib.present.batch.run import Batch
from simlib.present.execute import Failure
from simlib.present.kernels import Stopped
from simlib.present.key import plain, values_of
from simlib.present.manifest import Resolved, resolved
from simlib.present.placing import Placing, ReportError
from simlib.present.shelves import newest, runs
from simlib.scenario.load import load

ROOT = Path(__file__).parents[1]
WHOLE = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
SMALL = re.sub(
    "^    ", "", WHOLE.partition("This is a whole scenario:\n\n")[2].partition("\nEditors")[0], flags=re.MULTILINE
)
SWEEP = "sweep: {subscribers.monthly_churn: [low, 4%], subscribers.potential.share: [10%, 20%]}\n"


@pytest.fixture
def folder(tmp_path):
    """Three scenarios, alike but for their names."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yml").write_text(SMALL.replace("Members of", f"{name}, members of"), encoding="utf-8")
    return tmp_path


def plan_of(folder, force=False, given=None, notebook="deal_report", names=("a", "b", "c")):
    out = folder / "reports"
    return [each for name in names for each in planned(folder / f"{name}.yml", notebook, given or {}, out, force)]


def run(folder, plan=None, workers=None, fail_fast=False, **given):
    """Run a batch without kernels; return what became of each report, by the name of its file."""
    workers = workers or AtOnce()
    batch = Batch(plan or plan_of(folder, **given), workers, fail_fast, lambda ended: None)
    batch.run(folder / "reports")
    assert workers.stopped
    return {each.planned.asked.file.stem: each for each in batch.reports}


def whys(folder, **given):
    return {each.asked.file.stem: each.why for each in plan_of(folder, **given)}


def status(ended):
    return {name: str(each.status) for name, each in ended.items()}


def fails_in(name):
    failure = Failure(3, "1 / 0", "ZeroDivisionError: division by zero")
    return AtOnce(lambda job: failure if job.title.startswith(f"{name},") else None)


def test_a_second_run_with_nothing_changed_makes_nothing_and_checks_nothing(folder, monkeypatch):
    assert status(run(folder)) == {"a": "made", "b": "made", "c": "made"}

    def stop(*_):
        raise AssertionError("a scenario was checked again")

    monkeypatch.setattr(plans, "load", stop)
    workers = AtOnce()
    ended = run(folder, workers=workers)
    assert status(ended) == {"a": "skipped", "b": "skipped", "c": "skipped"}
    assert workers.jobs == []
    assert all(each.page.is_file() for each in ended.values())


def test_a_changed_value_is_told_old_to_new_and_alone_is_made_again(folder):
    run(folder)
    file = folder / "b.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("300 thousand", "400 thousand"), encoding="utf-8")
    told = {"a": "up to date", "b": "subscribers.opening.all.members 300 thousand → 400 thousand", "c": "up to date"}
    assert whys(folder) == told
    assert status(run(folder)) == {"a": "skipped", "b": "made", "c": "skipped"}
    assert set(whys(folder).values()) == {"up to date"}


def test_a_changed_base_is_a_change(folder):
    (folder / "d.yml").write_text("extends: a.yml\nname: d\n", encoding="utf-8")
    run(folder, names=("d",))
    file = folder / "a.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("2%, p90: 5%", "2%, p90: 6%"), encoding="utf-8")
    assert "monthly_churn" in whys(folder, names=("d",))["d"]


def test_a_changed_history_is_a_change(folder):
    text = SMALL.replace("members: 300 thousand", "history: {file: seen.csv, until: 2017-12, forecast_periods: 0}")
    (folder / "d.yml").write_text(text, encoding="utf-8")
    rows = [f"{year}Q{quarter},{200_000 + 1000 * year}" for year in (2015, 2016, 2017) for quarter in (1, 2, 3, 4)]
    (folder / "seen.csv").write_text("\n".join(["period_end,value", *rows]), encoding="utf-8")
    run(folder, names=("d",))
    assert whys(folder, names=("d",)) == {"d": "up to date"}
    (folder / "seen.csv").write_text("\n".join(["period_end,value", *rows[:-1], "2017Q4,2300000"]), encoding="utf-8")
    assert "2300000" in whys(folder, names=("d",))["d"]


def test_other_draws_or_another_seed_make_another_report(folder):
    run(folder)
    assert whys(folder, given={"simulation.draws": 50})["a"] == "simulation.draws 1000 → 50"
    assert whys(folder, given={"simulation.seed": 3})["a"] == "simulation.seed 1 → 3"


def test_a_comment_that_moves_the_lines_makes_the_report_again_and_one_at_the_end_does_not(folder):
    run(folder)
    for name, text in (("a", "# above\n{}"), ("b", "{}# below\n")):
        file = folder / f"{name}.yml"
        file.write_text(text.format(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert whys(folder) == {"a": "its values stand on other lines", "b": "up to date", "c": "up to date"}


@pytest.mark.parametrize(
    ("part", "why"), [("notebook", "the notebook changed"), ("simlib", "simlib changed"), ("versions", "numpy")]
)
def test_other_code_makes_every_report_again_and_says_which(folder, monkeypatch, part, why):
    run(folder)
    real = plans.key.code
    monkeypatch.setattr(plans.key, "code", lambda notebook: real(notebook) | {part: "other"})
    monkeypatch.setattr("simlib.present.made.versions", lambda: {"numpy": "99"})
    assert all(why in told for told in whys(folder).values())


def test_a_failed_report_is_never_skipped(folder):
    assert status(run(folder, workers=fails_in("b"))) == {"a": "made", "b": "failed", "c": "made"}
    assert whys(folder)["b"] == "its last run failed: NameError: x"
    assert status(run(folder)) == {"a": "skipped", "b": "made", "c": "skipped"}


def test_a_report_whose_page_is_gone_is_made_again(folder):
    run(folder)["a"].page.unlink()
    assert whys(folder)["a"] == "its page is gone"


def test_force_makes_every_report_again(folder):
    run(folder)
    assert set(whys(folder, force=True).values()) == {"asked for again"}
    assert set(status(run(folder, force=True)).values()) == {"made"}


def test_after_a_failure_the_others_go_on_or_are_not_started(folder):
    assert status(run(folder, workers=fails_in("a"))) == {"a": "failed", "b": "made", "c": "made"}
    ended = run(folder, plan=plan_of(folder, force=True), workers=fails_in("a"), fail_fast=True)
    assert (str(ended["a"].status), str(ended["c"].status)) == ("failed", "not started")


def test_a_scenario_with_faults_has_a_page_that_says_them_and_the_others_are_made(folder):
    (folder / "b.yml").write_text("name: 3\n<script>: 1\n", encoding="utf-8")
    ended = run(folder)
    assert status(ended) == {"a": "made", "b": "failed", "c": "made"}
    text = ended["b"].page.read_text(encoding="utf-8")
    assert "b.yml:2: &lt;script&gt; is not a section" in text
    assert "This report could not be made" in text
    assert "Code cell" not in text
    assert "python3 run.py check b.yml" in text
    assert str(folder) not in text
    assert "horizon is missing" in (folder / "reports" / "index.html").read_text(encoding="utf-8")


def test_with_fail_fast_a_fault_lets_nothing_start(folder):
    (folder / "c.yml").write_text("name: 3\n", encoding="utf-8")
    workers = AtOnce()
    assert status(run(folder, workers=workers, fail_fast=True)) == {
        "a": "not started",
        "b": "not started",
        "c": "failed",
    }
    assert workers.jobs == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_batch_keeps_what_is_finished_and_goes_on_from_there(folder, stop):
    def interrupt(job):
        if job.title.startswith("b,"):
            raise stop
        return None

    workers = AtOnce(interrupt)
    with pytest.raises(stop):
        run(folder, workers=workers)
    assert workers.stopped
    index = (folder / "reports" / "index.html").read_text(encoding="utf-8")
    assert "a, members of" in index
    assert whys(folder) == {"a": "up to date", "b": "no report yet", "c": "no report yet"}


def test_what_was_stopped_with_all_others_is_not_a_failure(folder):
    ended = run(folder, workers=AtOnce(lambda job: Stopped() if job.title.startswith("c,") else None))
    assert status(ended) == {"a": "made", "b": "made", "c": "not started"}


def test_a_mistake_of_our_own_costs_one_report_which_has_a_page_and_is_made_again(folder):
    run(folder)
    ended = run(folder, force=True, workers=AtOnce(lambda job: KeyError("x") if job.title.startswith("b,") else None))
    assert status(ended) == {"a": "made", "b": "failed", "c": "made"}
    text = ended["b"].page.read_text(encoding="utf-8")
    assert ">'x'<" in unescape(text)
    assert "python3 run.py report b.yml" in text
    assert whys(folder) == {"a": "up to date", "b": "its last run failed: 'x'", "c": "up to date"}


def test_with_fail_fast_what_runs_is_waited_for_and_nothing_else_is_started(folder):
    class Slow(AtOnce):
        """The first report fails at once, the second takes longer."""

        def submit(self, job):
            future = super().submit(job)
            if not job.title.startswith("b,"):
                return future
            late = Future()
            threading.Timer(0.3, lambda: late.set_result(future.result())).start()
            return late

    failure = Failure(3, "1 / 0", "ZeroDivisionError: division by zero")
    workers = Slow(lambda job: failure if job.title.startswith("a,") else None)
    assert status(run(folder, workers=workers, fail_fast=True)) == {"a": "failed", "b": "made", "c": "not started"}


def test_an_interrupt_before_anything_runs_leaves_an_index_and_stops_the_workers(folder, monkeypatch):
    (folder / "b.yml").write_text("name: 3\n", encoding="utf-8")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("simlib.present.batch.run.refusal", interrupt)
    workers = AtOnce()
    with pytest.raises(KeyboardInterrupt):
        run(folder, workers=workers)
    assert workers.stopped
    assert (folder / "reports" / "index.html").is_file()


def test_the_latest_page_is_put_right_where_a_kill_came_before_it(folder):
    page = run(folder)["a"].page
    latest = folder / "reports" / "a" / "latest.html"
    for spoilt in (latest.unlink, lambda: (latest.unlink(), latest.write_text("older"))):
        spoilt()
        assert str(run(folder)["a"].status) == "skipped"
        assert latest.read_bytes() == page.read_bytes()


def test_what_another_process_is_making_is_waited_for_and_made_once(folder):
    plan = plan_of(folder)
    jobs = {each.asked.file.stem: each.job for each in plan}
    workers = AtOnce()
    with Placing(folder / "reports") as other:
        assert other.claim(jobs["a"].shelf, jobs["a"].key)

        def finish():
            other.put(jobs["a"].shelf, AtOnce().submit(jobs["a"]).result())
            other.give_up(jobs["a"].shelf, jobs["a"].key)

        threading.Timer(0.5, finish).start()
        ended = run(folder, plan=plan, workers=workers)
    assert status(ended) == {"a": "skipped", "b": "made", "c": "made"}
    assert [job.title[0] for job in workers.jobs] == ["b", "c"]
    assert len(runs(folder / "reports" / "a")) == 1


def index_of(folder):
    return (folder / "reports" / "index.html").read_text(encoding="utf-8")


def test_a_sweep_that_could_not_be_run_is_forgotten_once_its_cells_were(swept):
    sound = swept.read_text(encoding="utf-8")
    swept.write_text(sound.replace("[low, 4%]", "[]"), encoding="utf-8")
    run(swept.parent, names=("d",))
    assert "must not be empty" in index_of(swept.parent)
    swept.write_text(sound, encoding="utf-8")
    run(swept.parent, names=("d",))
    assert "must not be empty" not in index_of(swept.parent)
    assert "4 reports<" in index_of(swept.parent)


def test_a_cell_that_a_sweep_no_longer_has_leaves_the_index_and_comes_back_with_it(swept):
    sound = swept.read_text(encoding="utf-8")
    for text, count in ((sound, 4), (sound.replace(", 20%]", "]"), 2), (sound, 4), (SMALL, 1)):
        swept.write_text(text, encoding="utf-8")
        run(swept.parent, names=("d",))
        assert f"{count} report{'s' * (count > 1)}<" in index_of(swept.parent)


def test_the_command_of_a_file_that_looks_like_an_option_names_a_file(folder):
    (folder / "-rf.yml").write_text(SMALL, encoding="utf-8")
    (sound,) = plan_of(folder, names=("-rf",))
    assert shlex.split(sound.job.about["command"]) == ["python3", "run.py", "report", "./-rf.yml"]
    (folder / "-rf.yml").write_text("name: 3\n", encoding="utf-8")
    page = run(folder, names=("-rf",))["-rf"].page
    told = json.loads((page.parent / "manifest.json").read_text(encoding="utf-8"))
    assert shlex.split(told["command"]) == ["python3", "run.py", "check", "./-rf.yml"]


def test_a_refusal_tells_no_folder_above(folder, monkeypatch):
    (folder / "deep").mkdir()
    (folder / "base.yml").write_text("nmae: x\n", encoding="utf-8")
    (folder / "deep" / "b.yml").write_text(f"extends: ../base.yml\n{SMALL}", encoding="utf-8")
    (page,) = [each.page for each in run(folder, names=("deep/b",)).values()]
    texts = [path.read_text(encoding="utf-8") for path in page.parent.iterdir()]
    assert any("../base.yml" in text for text in texts)
    assert all(str(folder) not in text for text in texts)


def test_a_folder_that_cannot_be_written_starts_nothing(folder):
    (folder / "reports").write_text("x", encoding="utf-8")
    workers = AtOnce()
    with pytest.raises(ReportError, match="cannot be written there"):
        run(folder, plan=plan_of(folder), workers=workers)
    assert workers.jobs == []


def test_what_another_batch_made_meanwhile_is_not_made_twice(folder):
    both = plan_of(folder), plan_of(folder)
    run(folder, plan=both[0])
    assert set(status(run(folder, plan=both[1])).values()) == {"skipped"}


def test_two_scenarios_of_one_name_are_refused(folder):
    (folder / "deeper").mkdir()
    (folder / "deeper" / "A.yml").write_bytes((folder / "a.yml").read_bytes())
    asked = [each.asked for each in (*plan_of(folder, names=("a", "deeper/A")),)]
    with pytest.raises(ReportError, match=r"A\.yml and .*a\.yml would share the folder a; rename one of them"):
        shared_shelves(asked)


@pytest.fixture
def swept(folder):
    file = folder / "d.yml"
    file.write_text(SMALL + SWEEP, encoding="utf-8")
    return file


def test_every_cell_of_a_sweep_has_a_report_of_its_own_that_its_settings_name(swept):
    plan = plan_of(swept.parent, names=("d",))
    Batch(plan, AtOnce(), False, lambda ended: None).run(swept.parent / "reports")
    last = [next(newest(swept.parent / "reports" / each.asked.shelf)) for each in plan]
    shelves = [run.folder.parent.name for run in last]
    assert shelves == [f"monthly-churn-{churn}-share-{share}" for churn in ("low", "4%") for share in ("10%", "20%")]
    assert [run.manifest["cell"] for run in last][:2] == [
        "monthly churn low, share 10%",
        "monthly churn low, share 20%",
    ]
    assert len({run.manifest["key"]["values"] for run in last}) == 4
    sets = [word.partition("=")[::2] for word in shlex.split(last[0].manifest["command"]) if "=" in word]
    alone = load(swept, dict(sets))
    assert values_of(alone) == last[0].manifest["key"]["values"]


def test_a_job_that_waits_keeps_little_of_what_its_scenario_says():
    checked = load(ROOT / "scenarios" / "day-and-night.yml")
    waiting, told = Resolved({"scenario.resolved.yml": checked}), resolved(plain(checked))
    assert dict(pickle.loads(pickle.dumps(waiting))) == {"scenario.resolved.yml": told}
    assert len(pickle.dumps(waiting)) < len(told.encode()) / 4


def test_one_more_value_of_a_sweep_makes_only_the_cells_that_are_new(swept):
    workers = AtOnce()
    run(swept.parent, names=("d",), workers=workers)
    assert len(workers.jobs) == 4
    swept.write_text(SMALL + SWEEP.replace("20%]", "20%, 30%]"), encoding="utf-8")
    again = AtOnce()
    run(swept.parent, names=("d",), workers=again)
    assert [job.about["cell"] for job in again.jobs] == ["monthly churn low, share 30%", "monthly churn 4%, share 30%"]


def test_a_cell_that_cannot_be_is_told_at_the_line_of_the_sweep(swept):
    swept.write_text(SMALL + SWEEP.replace("4%", "140%"), encoding="utf-8")
    faults = [each.faults for each in plan_of(swept.parent, names=("d",))]
    line = SMALL.count("\n") + 1
    told = f"{swept}:{line}: sweep.subscribers.monthly_churn must be between 0% and 100%; found 140%"
    assert faults == ["", "", told, told]


def test_a_machine_can_read_what_a_manifest_says(folder):
    run(folder)
    for each in plan_of(folder):
        told = json.loads((each.page.parent / "manifest.json").read_text(encoding="utf-8"))
        assert told["given"] == {}
        assert told["has_sweep"] is False


def test_a_sweep_may_try_one_history_after_another(folder):
    history = "{{file: {name}.csv, until: 2017-12, forecast_periods: 0}}"
    rows = [f"{year}Q{quarter},{200_000 + 1000 * year}" for year in (2015, 2016, 2017) for quarter in (1, 2, 3, 4)]
    for name, last in (("seen", "2300000"), ("other", "2400000")):
        (folder / f"{name}.csv").write_text(
            "\n".join(["period_end,value", *rows[:-1], f"2017Q4,{last}"]), encoding="utf-8"
        )
    path, tried = (
        "subscribers.opening.all.history",
        ", ".join(history.format(name=folder / name) for name in ("seen", "other")),
    )
    text = SMALL.replace("members: 300 thousand", f"history: {history.format(name='seen')}")
    (folder / "d.yml").write_text(f"{text}sweep: {{{path}: [{tried}]}}\n", encoding="utf-8")
    plan = plan_of(folder, names=("d",))
    assert [each.faults for each in plan] == ["", ""]
    ends = [each.job.resolved["scenario.resolved.yml"] for each in plan]
    assert ["2300000" in ends[0], "2400000" in ends[1]] == [True, True]


def test_what_another_batch_ends_just_before_it_lets_go_is_not_made_again(folder, monkeypatch):
    """The other puts the report in place between this batch's plan and its claim."""
    plan, workers, claim = plan_of(folder, names=("a",)), AtOnce(), Placing.claim

    def late(place, shelf, key):
        monkeypatch.undo()
        run(folder, names=("a",))
        return claim(place, shelf, key)

    monkeypatch.setattr(Placing, "claim", late)
    assert status(run(folder, plan=plan, workers=workers)) == {"a": "skipped"}
    assert workers.jobs == []
