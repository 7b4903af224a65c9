"""simlib calibrate as a user meets it: exit codes, sentences, files, and nothing later than it may know."""

import json

import numpy as np
import pytest

from simlib import cli
from simlib.forecast.calibrate import MODELS, calibrate
from simlib.forecast.series import find_history
from simlib.scenario.load import load
from simlib.simulation.habit_fit import MODEL as HABITS
from simlib.simulation.sampling import draw

DRYERS = "adoption:adopters:product=clothes dryers, US"
NETFLIX = "netflix:paid_memberships:region={}"
MEMBERS = (
    "--model", "subscribers",
    "--prior", 'monthly_churn={value: {lognormal: {p10: 2%, p90: 4.5%}}, source: "results of 2010Q3"}',
    "--prior", "potential={lognormal: {p10: 50, p90: 600}}",
    "--prior", "innovation={lognormal: {p10: 0.003, p90: 0.1}}",
)  # fmt: skip


def run(capsys, *words):
    """Run the command line in this process; return exit code, output, errors."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["calibrate", *map(str, words)])
    seen = capsys.readouterr()
    return ended.value.code, seen.out.replace("\u202f", " "), seen.err


@pytest.fixture
def members(tmp_path):
    """A user's members by quarter, with whatever came after."""

    def write(*later):
        counts = [3, 5, 8, 13, 20, 30, 42, 55, 66, 75]
        rows = [f"{2010 + at // 4}Q{at % 4 + 1},{count}" for at, count in enumerate(counts)]
        path = tmp_path / "members.csv"
        path.write_text("\n".join(["period,members", *rows, *later]) + "\n", encoding="utf-8")
        return path

    return write


def test_the_command_offers_every_model_there_is():
    assert list(cli.histories.ESTIMATORS) == [*MODELS, HABITS]


def test_estimates_intervals_and_what_was_thought_before_stand_side_by_side(capsys):
    code, out, err = run(capsys, DRYERS, "--model", "bass-increments", "--refits", "20")
    assert (code, err) == (0, "")
    first, _, head, innovation, imitation, potential, *_ = out.splitlines()
    assert first == "adoption adopters clothes dryers, US, 1949 to 1961, 13 figures, by bass-increments"
    assert head.split("  ")[-1].strip() == "before"
    assert "P10 to P90 by 20 refits" in head
    assert innovation.split()[:4] == ["innovation,", "per", "year", "0.0136"]
    assert imitation.split()[3] == "0.327"
    assert potential.split()[1:3] == ["16.5", "million"]


def test_what_cannot_be_told_apart_is_said_in_a_sentence(capsys):
    code, out, _ = run(capsys, NETFLIX.format("total"), "--until", "2016Q3", *MEMBERS)
    assert code == 0
    assert "The history says next to nothing about monthly churn: 100 % of what was open before is open still." in out
    assert "Of 21 figures 3 are unverified: 2012Q2, 2012Q3, 2012Q4." in out
    code, out, _ = run(capsys, NETFLIX.format("US"), "--until", "2016Q3", *MEMBERS)
    assert "cannot be told apart: innovation 0." in out


def test_a_base_is_written_once_and_over_only_when_forced(capsys, members, tmp_path):
    out = tmp_path / "scenarios" / "fitted.yml"
    words = (members(), "--unit", "million", *MEMBERS, "--audience", "240 million", "--out", out)
    assert run(capsys, *words)[0] == 0
    written = out.read_bytes()
    code, _, err = run(capsys, *words)
    assert (code, err) == (1, f"{out}: is there already; add --force to write over it\n")
    assert run(capsys, *words, "--force")[0] == 0
    assert out.read_bytes() == written


def test_the_base_finds_the_schema_and_says_how_it_was_made(capsys, members, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "scenario.schema.json").write_text("{}")
    out = tmp_path / "scenarios" / "bases" / "fitted.yml"
    history = members()
    assert run(capsys, history, "--unit", "million", *MEMBERS, "--audience", "240 million", "--out", out)[0] == 0
    modeline, made, warning, *_ = out.read_text(encoding="utf-8").splitlines()
    assert modeline == "# yaml-language-server: $schema=../../docs/scenario.schema.json"
    assert made.startswith(f"# Made by: simlib calibrate {history} --model subscribers --unit million --prior 'monthly")
    assert "--out" not in made
    assert "a scenario adds correlations of its own under another name" in warning


def test_what_was_seen_later_changes_no_byte(capsys, members, tmp_path):
    seen = []
    for later in ((), ("2012Q3,9999",), ("2012Q3,-7", "2013Q1,0")):
        files = tmp_path / "fitted.yml", tmp_path / "fitted.json"
        words = (members(*later), "--until", "2012Q2", "--unit", "million", *MEMBERS, "--refits", "5")
        code, out, err = run(
            capsys, *words, "--audience", "1 billion", "--out", files[0], "--json", files[1], "--force"
        )
        assert (code, err) == (0, f"written: {files[0]}\n")
        seen.append((out, *(file.read_bytes() for file in files)))
    assert seen[0] == seen[1] == seen[2]
    assert b"fit of 2012-06-30 to members.csv members, 2010Q1 to 2012Q2" in seen[0][1]


def test_one_seed_gives_the_same_bytes_and_another_other_refits(capsys, tmp_path):
    found = []
    for seed in (1, 1, 2):
        file = tmp_path / "fit.json"
        assert run(capsys, DRYERS, "--model", "bass-density", "--refits", "5", "--seed", seed, "--json", file)[0] == 0
        found.append(file.read_bytes())
    assert found[0] == found[1] != found[2]


def test_the_date_of_the_fit_is_that_of_its_last_figure_unless_said(capsys, members, tmp_path):
    out = tmp_path / "fitted.yml"
    words = (members(), "--unit", "million", *MEMBERS, "--audience", "240 million", "--out", out, "--force")
    run(capsys, *words)
    assert "fit of 2012-06-30 to " in out.read_text(encoding="utf-8")
    run(capsys, *words, "--date", "2012-07-20")
    assert "fit of 2012-07-20 to " in out.read_text(encoding="utf-8")
    assert "--date 2012-07-20" in out.read_text(encoding="utf-8")


def test_several_places_are_fitted_each_with_priors_of_its_own(capsys, tmp_path):
    file = tmp_path / "fits.json"
    histories = (f"USA={NETFLIX.format('US')}", f"default={NETFLIX.format('International')}")
    more = ("--prior", "USA.potential={lognormal: {p10: 60, p90: 90}}", "--json", file)
    code, out, _ = run(capsys, *histories, *MEMBERS, *more)
    assert code == 0
    assert "USA: netflix paid_memberships US, 2011Q3 to 2019Q4" in out
    here, abroad = json.loads(file.read_text(encoding="utf-8"))
    assert (here["place"], abroad["place"]) == ("USA", "default")
    assert here["parameters"]["potential"]["prior"]["quantity"] == "{lognormal: {p10: 60, p90: 90}}"
    assert abroad["parameters"]["potential"]["prior"]["quantity"] == "{lognormal: {p10: 50, p90: 600}}"
    assert here["parameters"]["monthly_churn"]["prior"]["source"] == "results of 2010Q3"


def test_totals_so_far_are_adopters_after_subtraction(capsys, tmp_path):
    adopters = [106, 319, 492, 635, 737, 890, 1397, 1523, 1294, 1240, 1425, 1260, 1236]
    totals = [sum(adopters[: at + 1]) for at in range(13)]
    path = tmp_path / "totals.csv"
    path.write_text("\n".join(["year,owners", *(f"{1949 + at},{total}" for at, total in enumerate(totals))]))
    code, out, _ = run(capsys, path, "--model", "bass-increments", "--cumulative", "--unit", "thousand")
    assert code == 0
    assert [out.splitlines()[at].split()[3] for at in (3, 4)] == ["0.0136", "0.327"]


def test_a_fit_without_an_answer_writes_nothing(capsys, tmp_path):
    path, out, file = tmp_path / "grows.csv", tmp_path / "fitted.yml", tmp_path / "fitted.json"
    path.write_text("\n".join(["year,adopters", *(f"{2000 + at},{100 * 1.3**at}" for at in range(8))]))
    words = (path, "--model", "bass-increments", "--audience", "1 billion", "--out", out, "--json", file)
    code, said, err = run(capsys, *words)
    assert (code, said) == (1, "")
    assert err.startswith("grows.csv adopters: these adopters do not tell Bass's three numbers apart")
    assert err.endswith("no parameters are given\n")
    assert not out.exists()
    assert not file.exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((DRYERS,), 2, "Missing option '--model'"),
        ((DRYERS, "--model", "bass"), 2, "'bass' is not one of"),
        ((DRYERS, "--model", "sbg", "--cumulative"), 2, "--cumulative goes with Bass's models"),
        ((DRYERS, "--model", "sbg", "--prior", "alpha"), 2, "write name=quantity"),
        ((DRYERS, "--model", "sbg"), 1, "adoption adopters clothes dryers, US: 1950 rises to 319"),
        ((DRYERS, "--model", "bass-density", "--until", "1940"), 1, "begins with 1949; nothing was known by 1940"),
        ((DRYERS, "--model", "bass-density", "--until", "soon"), 1, "until is a period, e.g. 2017Q3"),
        ((DRYERS, "--model", "bass-density", "--date", "today"), 1, "--date: is a day, e.g. 2016-10-17; found 'today'"),
        ((DRYERS, "--model", "bass-density", "--date", "2016-02-30"), 1, "is a day, e.g. 2016-10-17; found '2016-02-30'"),
        ((DRYERS, "--model", "bass-density", "--date", "1960-12-31"), 1, "--date 1960-12-31 is before 1961-12-31"),
        ((DRYERS, "--model", "bass-density", "--unit", "million"), 1, "--unit is of CSV files; this history is told in"),
        ((DRYERS, "--model", "bass-density", "--prior", "inovation=3"), 1, "did you mean innovation?"),
        ((DRYERS, "--model", "bass-density", "--prior", "imitation={normal: {mean: 0.3, sd: 0.2}}"), 1,
         "--prior imitation: must be a lognormal or a beta: it is never negative"),
        ((DRYERS, "--model", "bass-density", "--prior", "potential={normal: {mean: 16000, sd: 900}}"), 1,
         "--prior potential: must be a lognormal: it is any number above 0"),
        ((DRYERS, "--model", "bass-density", "--prior", "potential={beta: {mean: 50%, sd: 10%}}"), 1, "any number above 0"),
        ((DRYERS, "--model", "bass-density", "--out", "a.yml", "--audience", "16 million"), 1,
         "--audience: is 16 million, fewer than the"),
        (("netflix:revenue:name=total", "--model", "bass-density"), 1, "has no column 'name' to choose by; it has region"),
        ((DRYERS, "--model", "bass-density", "--prior", "potential=3"), 1, "must be a lognormal or a beta"),
        ((DRYERS, "--model", "bass-density", "--out", "a.yml"), 1, "--audience: says whose share the potential is"),
        ((DRYERS, "--model", "bass-density", "--out", "a.yml", "--audience", "many"), 1, "must be a number, e.g. 0.031"),
        ((DRYERS, DRYERS, "--model", "bass-density"), 1, "needs its place where there are several: PLACE=HISTORY"),
        ((f"USA={DRYERS}", f"USA={DRYERS}", "--model", "bass-density"), 1, "USA=: names one place twice"),
        (("netflix:members", "nowhere.csv", "--model", "bass-density"), 1, "nowhere.csv: cannot be read as CSV"),
        ((NETFLIX.format("total"), "--model", "subscribers"), 1, "say what is known of monthly_churn as a prior"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_answered_in_a_sentence_with_its_exit_code(capsys, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    found, out, err = run(capsys, *words)
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_faults_of_several_histories_and_priors_are_told_at_once(capsys, tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("period,members\n2010Q1,x\n")
    two.write_text("period,members\n2010Q1,3\n2010Q1,4\n")
    _, _, err = run(capsys, f"USA={one}", f"default={two}", *MEMBERS, "--prior", "churn=3")
    assert len(err.splitlines()) == 3


def test_a_scenario_extends_what_the_command_wrote(capsys, tmp_path):
    out = tmp_path / "fitted.yml"
    histories = (f"USA={NETFLIX.format('US')}", f"default={NETFLIX.format('International')}")
    audiences = ("--audience", "USA=180 million", "--audience", "default=1.5 billion")
    assert run(capsys, *histories, "--until", "2016Q4", *MEMBERS, *audiences, "--out", out)[0] == 0
    (tmp_path / "scenario.yml").write_text(
        """
name: extends
extends: fitted.yml
currency: USD
horizon: {start: 2017-01, periods: 4, step: quarter}
simulation: {draws: 100, seed: 3}
territories: {include: [USA, CAN]}
audience: {internet_users: 240 million, video_share: 80%, annual_growth: 0%, monthly_income: 4000}
subscribers: {platform: netflix, opening: {all: {territories: [USA, CAN], members: 50 million}}}
"""
    )
    scenario = load(tmp_path / "scenario.yml")
    assert len(scenario.correlations) == 12
    assert "of an audience of 1.5 billion" in scenario.subscribers.potential.share.by_territory["default"].note


COHORT = "period,members\n2020-01,1000\n2020-02,869\n2020-03,743\n2020-04,653\n2020-05,593\n2020-06,551\n"


@pytest.mark.parametrize("model", ["sbg", "bdw"])
def test_a_cohort_by_month_is_written_as_churn_by_tenure(capsys, tmp_path, model):
    (tmp_path / "cohort.csv").write_text(COHORT, encoding="utf-8")
    assert run(capsys, tmp_path / "cohort.csv", "--model", model, "--out", tmp_path / "fitted.yml")[0] == 0
    (tmp_path / "scenario.yml").write_text(
        """
name: extends
extends: fitted.yml
currency: USD
horizon: {start: 2020-07, periods: 12, step: month}
simulation: {draws: 4000, seed: 3}
territories: {include: [USA]}
audience: {internet_users: 240 million, video_share: 80%, annual_growth: 0%, monthly_income: 4000}
subscribers:
  platform: netflix
  opening: {all: {territories: [USA], members: 50 million}}
  potential: {of: audience, share: 50%}
  innovation: 0.03
  imitation: 0.4
  churn: {opening_tenure_months: 12}
"""
    )
    scenario, found = load(tmp_path / "scenario.yml"), calibrate(find_history(str(tmp_path / "cohort.csv")), model)
    draws = draw(scenario, ["USA"], 4000, 3)
    logs = np.log([draws[f"subscribers.churn.{model}.{name}"] for name in found.fit.names])
    spread = found.joint.spread
    assert np.all(np.abs(logs.mean(axis=1) - found.joint.scores) < 4 * np.sqrt(np.diag(spread) / 4000))
    error = np.sqrt((spread**2 + np.outer(np.diag(spread), np.diag(spread))) / 4000)
    assert np.all(np.abs(np.cov(logs) - spread) < 4 * error)


def test_a_cohort_by_year_is_no_churn_by_month(capsys, tmp_path):
    (tmp_path / "cohort.csv").write_text(COHORT.replace("2020-0", "200"), encoding="utf-8")
    code, _, err = run(capsys, tmp_path / "cohort.csv", "--model", "sbg", "--out", tmp_path / "fitted.yml")
    assert (code, not (tmp_path / "fitted.yml").exists()) == (1, True)
    assert "--out needs months, in which a scenario says churn by tenure" in err


def test_a_cohort_in_thousands_is_fitted_as_sure_as_one_counted_one_by_one(capsys, tmp_path):
    """Counts: ten times the customers give a third of the standard error, so that 1.0 thousand are 1,000."""
    told = []
    for unit, size in (("one", 1), ("thousand", 1000)):
        path, file = tmp_path / "cohort.csv", tmp_path / "fit.json"
        left = [1000, 631, 468, 382, 326, 289, 262, 241]
        path.write_text(
            "\n".join(["month,left", *(f"2016-{at + 1:02},{count / size}" for at, count in enumerate(left))])
        )
        assert run(capsys, path, "--model", "sbg", "--unit", unit, "--json", file)[0] == 0
        told.append(json.loads(file.read_text())[0])
    ends = [[fit["parameters"][name][end] for name in ("alpha", "beta") for end in ("p10", "p90")] for fit in told]
    assert ends[1] == pytest.approx(ends[0], rel=1e-6)
    assert told[1]["log_likelihood"] == pytest.approx(-1680.265, abs=5e-4)


def test_a_cohort_has_no_audience(capsys, tmp_path):
    path = tmp_path / "cohort.csv"
    path.write_text("month,left\n2016-01,1000\n2016-02,631\n2016-03,468\n2016-04,382\n")
    words = (path, "--model", "sbg", "--audience", "1 million", "--out", tmp_path / "a.yml")
    assert run(capsys, *words) == (1, "", "--audience: has no use here\n")
