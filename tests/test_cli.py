"""The command line as a user meets it: exit codes, sentences, files."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simlib import cli
from simlib.cli import shared

ROOT = Path(__file__).parents[1]
FLAGSHIP = str(ROOT / "scenarios" / "day-and-night.yml")


def run(capsys, *words):
    """Run the command line in this process; return exit code, output, errors."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    seen = capsys.readouterr()
    return ended.value.code, seen.out, seen.err


@pytest.fixture
def misspelt(tmp_path):
    file = tmp_path / "misspelt.yml"
    file.write_text(
        Path(FLAGSHIP).read_text(encoding="utf-8").replace("  episodes: 32", "  episods: 32"), encoding="utf-8"
    )
    shutil.copytree(ROOT / "scenarios" / "bases", tmp_path / "bases")
    return file


def test_a_good_scenario_is_called_good(capsys):
    assert run(capsys, "check", FLAGSHIP) == (0, f"{FLAGSHIP}: good\n", "")


def test_avails_show_each_package_after_the_good_news(capsys):
    code, out, err = run(capsys, "check", FLAGSHIP, "--avails")
    good, _, netflix, head, media, line, *_ = out.splitlines()
    assert (code, err, good) == (0, "", f"{FLAGSHIP}: good")
    assert netflix == "netflix_worldwide: Netflix, worldwide"
    assert head.split() == ["where", "who", "from", "to", "free"]
    assert (media, line) == ("SVOD", "  World but China and Syria  Netflix  2017-12  2022-11  exclusive  to 2017-11")
    assert "station_by_station: Station by station, with guarantees" in out
    assert max(map(len, out.splitlines())) < 120


def test_the_avails_of_one_package_alone_can_be_asked_for_and_drawn(capsys, tmp_path):
    words = ("check", FLAGSHIP, "--avails", "--package", "revenue_share", "--picture")
    for name, begins in (("avails.svg", b"<svg"), ("avails.png", b"\x89PNG")):
        code, out, err = run(capsys, *words, tmp_path / name)
        assert (code, err) == (0, "")
        assert "Revenue share" in out
        assert "netflix_worldwide" not in out
        assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_package_that_is_not_there_is_answered_with_the_nearest_name(capsys):
    code, _, err = run(capsys, "check", FLAGSHIP, "--avails", "--package", "netflix_world")
    assert (code, err) == (1, f"{FLAGSHIP}: has no package netflix_world; did you mean netflix_worldwide?\n")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--picture", "a.svg"], "--package and --picture go with --avails"),
        (["--package", "revenue_share"], "--package and --picture go with --avails"),
        (["--avails", "--picture", "a.pdf"], "a picture ends in .svg or .png; found 'a.pdf'"),
        (
            ["--avails", "--picture", "a.svg"],
            "add --package, one of netflix_worldwide, station_by_station, revenue_share",
        ),
        ([FLAGSHIP, "--avails", "--picture", "a.svg"], "--picture draws one scenario"),
    ],
)
def test_a_picture_of_avails_needs_to_know_what_to_draw(capsys, more, says):
    code, _, err = run(capsys, "check", FLAGSHIP, *more)
    assert code == 2
    assert says in err


def test_a_folder_stands_for_its_scenarios_but_not_for_their_bases(capsys, misspelt):
    (misspelt.parent / "sound.yml").write_text(Path(FLAGSHIP).read_text(encoding="utf-8"), encoding="utf-8")
    code, out, err = run(capsys, "check", misspelt.parent)
    assert (code, out) == (1, f"{misspelt.parent / 'sound.yml'}: good\n")
    assert "misspelt.yml" in err
    assert "bases" not in out + err


def test_a_mistake_is_answered_with_its_line_and_the_nearest_name(capsys, misspelt):
    line = 1 + misspelt.read_text(encoding="utf-8").splitlines().index("  episods: 32")
    code, out, err = run(capsys, "check", misspelt)
    assert (code, out) == (1, "")
    assert f"{misspelt}:{line}: title.episods is not a field here; did you mean episodes?" in err


@pytest.mark.parametrize("command", ["simulate", "report"])
def test_no_command_goes_on_with_a_faulty_scenario(capsys, misspelt, tmp_path, command):
    before = sorted(tmp_path.iterdir())
    code, out, err = run(capsys, command, misspelt)
    assert (code, out) == (1, "")
    assert "did you mean episodes?" in err
    assert sorted(tmp_path.iterdir()) == before


WRONG = [
    (),
    ("nonsense",),
    ("simulate",),
    ("simulate", FLAGSHIP, "--draws", "1"),
    ("simulate", FLAGSHIP, "--set", "title"),
    ("simulate", FLAGSHIP, "--seed", "x"),
    ("drivers", FLAGSHIP, "--indices", "100"),
    ("solve", FLAGSHIP, "--term", "title.hours"),
    ("compare", FLAGSHIP),
]


@pytest.mark.parametrize("words", WRONG, ids=lambda words: Path(" ".join(words)).name or "nothing")
def test_a_wrong_command_line_ends_with_2(capsys, words):
    code, out, err = run(capsys, *words)
    assert code == 2
    assert "Usage" in out + err


def test_set_names_the_nearest_path(capsys):
    code, _, err = run(capsys, "simulate", FLAGSHIP, "--set", "title.episods=3")
    assert code == 1
    assert "did you mean title.episodes?" in err


def test_simulate_writes_numbers_that_repeat_and_move_with_what_is_set(capsys, tmp_path):
    def ceiling(*more):
        file = tmp_path / "summary.json"
        code, out, err = run(capsys, "simulate", FLAGSHIP, "--draws", "200", "--json", file, *more)
        assert (code, err) == (0, "")
        return json.loads(file.read_text(encoding="utf-8"))["negotiation"]["ceiling"], out

    first, out = ceiling()
    assert "Netflix" in out
    assert ceiling() == (first, out)
    assert ceiling("--seed", "5")[0] != first
    assert ceiling("--set", "title.completion=10%")[0] < first


def test_two_draws_are_few_but_no_fault(capsys):
    code, out, err = run(capsys, "simulate", FLAGSHIP, "--draws", "2")
    assert (code, err) == (0, "")
    assert "packages.netflix_worldwide.licensor_npv" in out


def test_a_long_simulation_tells_how_far_it_is_where_nobody_sees_a_bar(capsys, monkeypatch):
    words = ("simulate", "scenarios/payment-habit-china.yml", "--draws", "2048")
    _, quiet, none = run(capsys, *words)
    monkeypatch.setattr(shared, "BETWEEN_LINES", 0.0)
    _, out, err = run(capsys, *words)
    assert (out, none) == (quiet, "")
    assert err.splitlines()[-1] == "2,048 of 2,048 draws"


def test_simulate_says_where_it_cannot_write(capsys):
    code, _, err = run(capsys, "simulate", FLAGSHIP, "--draws", "64", "--json", "/proc/no/such.json")
    assert code == 1
    assert "/proc/no/such.json: cannot be written" in err


PLAIN = """
name: Members
currency: USD
horizon: {start: 2018-01, periods: 12, step: month}
simulation: {draws: 200, seed: 1}
territories: {include: [TWN]}
audience:
  {internet_users: 20 million, video_share: {uniform: {low: 60%, high: 80%}}, annual_growth: 2%, monthly_income: 2000}
subscribers:
  platform: harbour
  opening: {all: {territories: [TWN], members: 300 thousand}}
  potential: {of: audience, share: 15%}
  innovation: 0.05
  imitation: {uniform: {low: 0.3, high: 0.6}}
  monthly_churn: {lognormal: {p10: 2%, p90: 5%}}
"""


def test_drivers_names_each_input_and_writes_what_it_says(capsys, tmp_path):
    file = tmp_path / "drivers.json"
    code, out, err = run(capsys, "drivers", FLAGSHIP, "--draws", "200", "--json", file)
    assert (code, err) == (0, "")
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert {row["target"] for row in rows} == {"ceiling", "floor"}
    assert {"input", "file", "line", "first_order", "total", "evppi", "evppi_licensee"} <= rows[0].keys()
    assert {row["total"] for row in rows} == {None}
    assert "title.hit" in out.splitlines()[2]


def test_drivers_of_independent_inputs_have_total_indices_with_their_interval(capsys, tmp_path):
    file, answer = tmp_path / "plain.yml", tmp_path / "drivers.json"
    file.write_text(PLAIN, encoding="utf-8")
    code, out, err = run(capsys, "drivers", file, "--indices", "256", "--json", answer)
    assert (code, err) == (0, "")
    rows = {row["input"]: row for row in json.loads(answer.read_text(encoding="utf-8"))}
    assert len(rows) == 3
    assert sum(row["total"] for row in rows.values()) == pytest.approx(1, abs=0.1)
    for row in rows.values():
        assert row["total_low"] <= row["total"] <= row["total_high"]
        assert (row["target"], row["evppi"]) == ("members", None)
    assert "in all" in out


def test_total_indices_of_correlated_inputs_are_refused_with_the_reason_and_the_rest_is_given(capsys):
    code, out, err = run(capsys, "drivers", FLAGSHIP, "--draws", "100", "--indices", "64")
    assert code == 1
    assert "the scenario correlates inputs" in err
    assert "title.hit" in out
    assert "in all" not in out


def test_drivers_of_an_output_that_is_not_there_or_not_everywhere_are_refused(capsys):
    code, _, err = run(capsys, "drivers", FLAGSHIP, "--draws", "64", "--target", "packages.revenue_share.licensor_np")
    assert (code, "did you mean packages.revenue_share.licensor_npv?" in err) == (1, True)
    code, _, err = run(capsys, "drivers", FLAGSHIP, "--draws", "64", "--target", "deals.netflix.licensee_irr")
    assert (code, "is missing in" in err) == (1, True)
    code, _, err = run(capsys, "drivers", FLAGSHIP, "--draws", "20")
    assert (code, "drivers need 40 draws or more; found 20" in err) == (1, True)


def test_drivers_of_any_output_can_be_asked_for(capsys):
    target = "packages.netflix_worldwide.licensor_npv"
    code, out, _ = run(capsys, "drivers", FLAGSHIP, "--draws", "200", "--target", target)
    assert (code, out.splitlines()[0]) == (0, target)
    assert "deals.netflix.terms.flat_fee.amount" in out.splitlines()[2]


def asked(**given):
    question = {"term": "deals.netflix.terms.flat_fee.amount", "for": "packages.netflix_worldwide.licensor_npv"}
    question |= {"equals": "packages.station_by_station.licensor_npv", **given}
    words = [word for name, value in question.items() for word in (f"--{name}", value)]
    return ("solve", FLAGSHIP, "--draws", "64", *words, "--between", "1 thousand", "50 thousand")


def test_solve_finds_the_floor_and_writes_it(capsys, tmp_path):
    file = tmp_path / "answers.json"
    code, out, err = run(capsys, *asked(), "--json", file)
    assert (code, err) == (0, "")
    assert "± " in out
    assert "per episode" in out
    (answer,) = json.loads(file.read_text(encoding="utf-8"))
    run(capsys, "simulate", FLAGSHIP, "--draws", "64", "--json", file)
    floor = json.loads(file.read_text(encoding="utf-8"))["negotiation"]["floor"]
    assert answer["roots"][0]["value"] * 32 == pytest.approx(floor, rel=1e-9)


def test_solve_answers_the_questions_of_the_scenario(capsys):
    code, out, err = run(capsys, "solve", FLAGSHIP, "--draws", "64")
    assert (code, err) == (0, "")
    assert out.count("The value of") == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"term": "deals.netflix.terms.flat_fe.amount"}, "did you mean deals.netflix.terms.flat_fee.amount?"),
        ({"for": "packages.netflix_worldwide.licensr_npv"}, "did you mean packages.netflix_worldwide.licensor_npv?"),
        ({"at": "p100"}, "must be mean, or a percentile from p01 to p99; found 'p100'"),
        ({"for": "deals.netflix.licensee_payback", "equals": "3"}, "draws have no number"),
    ],
)
def test_solve_answers_a_mistake_in_a_sentence(capsys, given, said):
    code, out, err = run(capsys, *asked(**given))
    assert (code, out) == (1, "")
    assert said in err


def test_compare_tells_changed_inputs_first_and_writes_all_differences(capsys, tmp_path):
    file = tmp_path / "comparison.json"
    words = ("compare", FLAGSHIP, FLAGSHIP, "--draws", "64", "--set", "title.completion=60%", "--json", file)
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert out.startswith("title.completion: ")
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["draws"] == 64
    assert all(found["unit"] for found in told["differences"])


def test_compare_answers_a_mistake_in_the_second_scenario(capsys, misspelt):
    code, out, err = run(capsys, "compare", FLAGSHIP, misspelt)
    assert (code, out) == (1, "")
    assert "did you mean episodes?" in err


def test_schema_prints_what_is_in_docs(capsys):
    code, out, _ = run(capsys, "schema")
    assert code == 0
    assert out == (ROOT / "docs" / "scenario.schema.json").read_text(encoding="utf-8")


def test_a_failure_of_simlib_itself_is_one_sentence_and_a_traceback_only_with_debug(capsys, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("a fault of our own")

    monkeypatch.setattr("simlib.scenario.load.load", broken)
    code, _, err = run(capsys, "check", FLAGSHIP)
    assert (code, len(err.splitlines())) == (1, 1)
    assert "--debug" in err
    with pytest.raises(ZeroDivisionError):
        cli.main(["--debug", "check", FLAGSHIP])


def test_an_interrupt_ends_with_130(capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("simlib.scenario.load.load", interrupted)
    assert run(capsys, "check", FLAGSHIP)[0] == 130


def test_the_installed_command_is_the_same(tmp_path):
    code = "import sys; from simlib.cli import main; main(sys.argv[1:])"
    ended = subprocess.run(
        [sys.executable, "-c", code, "check", FLAGSHIP], capture_output=True, text=True, cwd=tmp_path
    )
    assert (ended.returncode, ended.stderr) == (0, "")
