"""Forecasts and back-tests as a user meets them at the command line: files, sentences, exit codes."""

import json
import re
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from test_cli import run

from simlib.forecast.ensemble import forecast
from simlib.forecast.scores import LEVELS
from simlib.forecast.series import history

NETFLIX = "netflix:paid_memberships:region=EMEA"


@pytest.fixture
def csv_file(tmp_path):
    def write(periods, values, header="period_end,value"):
        file = tmp_path / "members.csv"
        rows = [f"{period},{value}" for period, value in zip(periods, values, strict=True)]
        file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return file

    return write


QUARTERS = ["2018-03-31", "2018-06-30", "2018-09-30", "2018-12-31", "2019-03-31", "2019-06-30", "2019-09-30"]
MEMBERS = [10, 12.5, 14, 17, 19, 22, 23.5]


def test_a_forecast_is_a_table_and_a_json_file_of_quantiles(capsys, csv_file, tmp_path):
    out = tmp_path / "out" / "ahead.json"
    code, said, err = run(capsys, "forecast", csv_file(QUARTERS, MEMBERS), "--horizon", 3, "--json", out)
    assert (code, err) == (0, "")
    told = json.loads(out.read_text())
    assert list(told) == ["history", "seed", "forecast", "members", "warnings"]
    assert [entry["period_end"] for entry in told["forecast"]] == ["2019-12-31", "2020-03-31", "2020-06-30"]
    first = told["forecast"][0]
    assert list(first["quantiles"])[:4] == ["0.025", "0.05", "0.10", "0.15"]
    assert [float(level) for level in first["quantiles"]] == list(LEVELS)
    assert np.all(np.diff([*first["quantiles"].values()]) > 0)
    assert first["quantiles"]["0.10"] < first["mean"] < first["quantiles"]["0.90"]
    assert told["warnings"] == [
        "7 observations say little about how sure to be: the fan rests on what histories are like"
    ]
    assert said.splitlines()[0].startswith("In 2020Q2 ")
    assert [line.split()[0] for line in said.splitlines()[-3:]] == ["2019Q4", "2020Q1", "2020Q2"]


def test_the_same_command_writes_the_same_bytes(capsys, tmp_path):
    files = [tmp_path / name for name in ("one.json", "two.json", "other.json")]
    for file, seed in zip(files, (5, 5, 6), strict=True):
        run(capsys, "forecast", NETFLIX, "--horizon", 4, "--seed", seed, "--json", file)
    one, two, other = (file.read_bytes() for file in files)
    assert one == two != other


def test_until_forecasts_from_what_was_known_and_the_picture_shows_what_happened(capsys, tmp_path):
    words = ("forecast", NETFLIX, "--horizon", 6, "--until", "2022-12-31", "--csv", tmp_path / "fan.csv", "--picture")
    for name, begins in (("fan.svg", b"<svg"), ("fan.png", b"\x89PNG")):
        code, said, err = run(capsys, *words, tmp_path / name)
        assert (code, err) == (0, "")
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert "From 20 observations to 2022Q4, by damped trend, saturating curve, Bass market and Theta." in said
    assert ">happened<" in (tmp_path / "fan.svg").read_text()
    table = pd.read_csv(tmp_path / "fan.csv")
    assert table.columns.tolist()[:5] == ["period", "period_end", "at", "unit", "mean"]
    assert table.period.tolist() == ["2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1", "2024Q2"]
    cut = history("netflix", "paid_memberships", region="EMEA", until="2022Q4")
    assert table["mean"].tolist() == pytest.approx(forecast(cut, 6).mean.tolist(), rel=1e-12)


def test_a_shock_is_told_by_its_date(capsys):
    code, told, _ = run(capsys, "forecast", NETFLIX, "--horizon", 2, "--shock", "2020Q1", "--shock", "2020-06-30")
    _, untold, _ = run(capsys, "forecast", NETFLIX, "--horizon", 2)
    assert code == 0
    assert told != untold
    code, _, err = run(capsys, "forecast", NETFLIX, "--horizon", 2, "--shock", "2031Q1")
    assert (code, err) == (1, f"{NETFLIX}: a shock is within the history, after 2018Q1 and by 2024Q4; found 2031Q1\n")


@pytest.mark.parametrize("horizon", ["0", "-1", "10000"])
def test_a_horizon_that_will_not_do_is_a_fault_of_the_command_line(capsys, horizon):
    for command in ("forecast", "backtest"):
        code, _, err = run(capsys, command, NETFLIX, "--horizon", horizon)
        assert code == 2
        assert f"{horizon} is not in the range 1<=x<=120" in err


def test_a_history_that_cannot_be_read_is_told_with_its_lines(capsys, csv_file):
    file = csv_file([*QUARTERS[:3], "2019-03-31", "2019-06-30"], MEMBERS[:5])
    code, _, err = run(capsys, "forecast", file, "--horizon", 2)
    assert (code, err) == (1, f"{file}:5: found 2019Q1 after 2018Q3; next comes 2018Q4\n")
    file = csv_file(["2018-03-31", "soon"], [1, "many"])
    code, _, err = run(capsys, "backtest", file)
    assert code == 1
    assert "members.csv:3: found 'soon' for a period" in err
    code, _, err = run(capsys, "forecast", "netflix:paid_memberships", "--horizon", 2)
    assert code == 1
    assert "has several regions" in err
    code, _, err = run(capsys, "forecast", "netflix:total_memberships:region=US", "--horizon", 2)
    assert (code, err.splitlines()[0].partition("found ")[2].split(", ")[0]) == (1, "2012Q3 after 2012Q1")


def test_three_observations_are_forecast_and_two_are_not(capsys, csv_file):
    code, said, _ = run(capsys, "forecast", csv_file(QUARTERS[:3], MEMBERS[:3]), "--horizon", 2)
    assert code == 0
    assert "No member could be fitted: this is the average change so far" in said
    file = csv_file(QUARTERS[:2], MEMBERS[:2])
    code, _, err = run(capsys, "forecast", file, "--horizon", 2)
    assert (code, err) == (1, f"{file}: a forecast needs at least 3 observations; found 2\n")


def test_what_optimisers_say_never_reaches_the_user(csv_file):
    """In a process of its own, in which statsmodels is first imported while a benchmark is fitted."""
    file = csv_file(QUARTERS, [0, 0, 0, 0, 5, 5, 6])
    words = ["backtest", str(file), "--horizon", "2", "--jobs", "1"]
    code = f"from simlib.cli import main; main({words!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if not re.fullmatch(r"\d of 4 origins", line)]  # if it takes long
    assert (done.returncode, said) == (0, [])
    assert "simlib and ETS are not distinguishable" in done.stdout


def test_many_histories_are_forecast_side_by_side_as_each_alone(capsys, csv_file, tmp_path):
    file = csv_file(QUARTERS, MEMBERS)
    short = tmp_path / "short.csv"
    short.write_text("year,members\n2016,1\n2017,2\n")
    code, said, err = run(capsys, "forecast", file, NETFLIX, short, "--horizon", 2, "--out", tmp_path / "many")
    assert (code, err) == (3, f"{short}: a forecast needs at least 3 observations; found 2\n")
    assert [line.partition(": In ")[0] for line in said.splitlines()] == [str(file), NETFLIX]
    run(capsys, "forecast", file, "--horizon", 2, "--json", tmp_path / "alone.json")
    written = sorted(path.name for path in (tmp_path / "many").iterdir())
    assert written == ["members.json", "netflix-paid_memberships-region-EMEA.json"]
    assert (tmp_path / "many" / "members.json").read_bytes() == (tmp_path / "alone.json").read_bytes()
    for words in (("--json", tmp_path / "x.json"), ("--shock", "2018Q4")):
        code, _, err = run(capsys, "forecast", file, short, "--horizon", 2, *words)
        assert code == 2
        assert "go with one history" in err


def test_a_backtest_says_how_good_and_what_cannot_be_told_apart(capsys, tmp_path):
    out = tmp_path / "scores.json"
    code, said, err = run(capsys, "backtest", NETFLIX, "--horizon", 2, "--first", "2023Q2", "--jobs", 2, "--json", out)
    assert (code, err) == (0, "")
    lines = said.splitlines()
    assert lines[0].split()[:3] == ["CRPS", "pinball", "MASE"]
    assert [line.split("  ")[0] for line in lines[1:6]] == ["simlib", "drift", "seasonal naive", "ETS", "ARIMA"]
    assert lines[-2].startswith(("simlib and ARIMA are not distinguishable", "The CRPS of ARIMA is"))
    assert lines[-1].startswith("What happened lay in the fan's fifths, from the lowest up, in ")
    told = json.loads(out.read_text())
    assert {"scores", "by_h", "by_origin", "by_period", "differences", "forecasts"} <= told.keys()
    assert len(told["forecasts"]) == 5 * (6 * 2 - 1)
    code, _, err = run(capsys, "backtest", NETFLIX, "--first", "2030Q1")
    assert (code, err) == (1, f"{NETFLIX}: an origin is from 2018Q3 to 2024Q3; found 2030Q1\n")


def test_a_cluster_gives_what_one_machine_gives(capsys, tmp_path, scheduler):
    names = [f"netflix:paid_memberships:region={region}" for region in ("EMEA", "APAC", "LATAM")]
    words = ("forecast", *names, "--horizon", 3, "--out")
    run(capsys, *words, tmp_path / "here", "--jobs", 1)
    code, said, _ = run(capsys, *words, tmp_path / "there", "--cluster", scheduler)
    assert (code, len(said.splitlines())) == (0, 3)
    for file in (tmp_path / "here").iterdir():
        assert file.read_bytes() == (tmp_path / "there" / file.name).read_bytes()


NO_PORT = "tcp://somewhere cannot be asked: missing port number in address 'somewhere'"


@pytest.mark.parametrize(
    ("address", "said_of_it"),
    [("tcp://127.0.0.1:1", "no scheduler answers at tcp://127.0.0.1:1 within 5 seconds"), ("somewhere", NO_PORT)],
)
def test_a_scheduler_that_does_not_answer_is_told_within_seconds(capsys, address, said_of_it):
    began = time.perf_counter()
    code, said, err = run(
        capsys, "forecast", NETFLIX, NETFLIX.replace("EMEA", "APAC"), "--horizon", 3, "--cluster", address
    )
    assert (code, said) == (1, "")
    assert err == f"--cluster: {said_of_it}; write e.g. tcp://10.0.0.1:8786\n"
    assert time.perf_counter() - began < 15


def test_without_dask_a_cluster_is_answered_with_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = run(
        capsys, "forecast", NETFLIX, NETFLIX.replace("EMEA", "APAC"), "--horizon", 3, "--cluster", "tcp://a:1"
    )
    assert (code, err) == (1, "--cluster: a cluster needs Dask: pip install 'simlib[cluster]'\n")
    code, _, err = run(capsys, "forecast", NETFLIX, "--horizon", 3, "--cluster", "tcp://a:1")
    assert code == 2
    assert "--cluster goes with several histories" in err


def test_what_was_not_known_yet_is_said_of_each_history(capsys):
    names = [f"netflix:paid_memberships:region={region}" for region in ("EMEA", "APAC")]
    code, _, err = run(capsys, "forecast", *names, "--horizon", 3, "--until", "2017")
    assert code == 1
    assert sorted(err.splitlines()) == [
        f"{name}: begins with 2018Q1; nothing was known by 2017" for name in sorted(names)
    ]


def test_columns_are_named_in_one_way_by_every_command(capsys, tmp_path):
    file = tmp_path / "members.csv"
    rows = [f"note,{value},{period}" for period, value in zip(QUARTERS, MEMBERS, strict=True)]
    file.write_text("\n".join(["remark,members,quarter", *rows]) + "\n")
    named = ("--period-column", "quarter", "--column", "members")
    priors = [
        "{lognormal: {p10: 2%, p90: 4%}}",
        "{lognormal: {p10: 20, p90: 200}}",
        "{lognormal: {p10: 0.01, p90: 0.1}}",
    ]
    of = zip(["monthly_churn", "potential", "innovation"], priors, strict=True)
    stated = [word for name, prior in of for word in ("--prior", f"{name}={prior}")]
    for words in (
        ("forecast", file, "--horizon", 2),
        ("backtest", file, "--horizon", 2, "--jobs", 1),
        ("calibrate", file, "--model", "subscribers", *stated),
    ):
        code, said, err = run(capsys, *words, *named)
        assert (code, err) == (0, ""), words
        assert said
        code, _, err = run(capsys, *words)
        assert (code, err.partition(": ")[2][:33]) == (1, "does not say which column to read"), words


def test_figures_that_nobody_verified_are_remarked_on(capsys):
    _, said, _ = run(capsys, "forecast", "netflix:paid_memberships:region=total", "--horizon", 1, "--until", "2014Q4")
    assert "Of 14 figures 3 are unverified: 2012Q2, 2012Q3, 2012Q4." in said
