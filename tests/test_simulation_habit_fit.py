"""Payment habits fitted to surveys and counts of memberships: what made a history is found again, the rest is said."""

import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from simlib import cli
from simlib.forecast.calibrate import LEVEL
from simlib.forecast.joint import joint
from simlib.forecast.posterior import FitError
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads
from simlib.simulation import habit_fit as fitting
from simlib.simulation.engine import simulate
from simlib.simulation.habit_fit import calibrate_habits, observed, problem_of

ROOT = Path(__file__).parents[1]
PRIOR, BASE = (ROOT / "scenarios" / "bases" / name for name in ("china-habits.yml", "china-habits-2016h1.yml"))
SCENARIO = """
name: an audience that learns to pay
currency: CNY
horizon: {start: 2015-01, periods: 20, step: quarter, known_until: 2016-12}
simulation: {draws: 8, seed: 3}
territories: {include: [CHN]}
audience: {internet_users: 500 million, video_share: 100%, annual_growth: 5%, monthly_income: 2500}
habits:
  markets: [CHN]
  opening: {unlicensed: 30%, new_payer: 2%, habitual: 1%, lapsed: 5%, lapsed_within_half_year: 60%}
  enforcement: 0.2
  innovation: 0.04
  imitation: {lognormal: {p10: 0.8, p90: 5}}
  unlicensed_word_of_mouth: 0
  habit_formation: {lognormal: {p10: 0.4, p90: 3}}
  new_payer_monthly_churn: {beta: {mean: 20%, sd: 8%}}
  habitual_monthly_churn: {uniform: {low: 2%, high: 4%}}
  win_back: {lognormal: {p10: 0.3, p90: 2}}
  free_relapse: 0.03
  lapsed_relapse: 0.05
  affordability: {monthly_price: 20 CNY per month, reference_share: 0.8%, elasticity: 0.5, most: 1.5}
  content: {lift: 0.5, intensity: 30%}
  memberships_per_payer: {lognormal: {p10: 1, p90: 1.8}}
histories:
  paid_half_year.CHN: {table: china, metric: paying_share_of_online_video_users, error: 5%}
  memberships.CHN: {table: china, metric: effective_paying_members_total, which: {period: period end}, error: 5%}
"""
TRUTH = {
    "imitation": 3.0, "habit_formation": 0.8, "new_payer_monthly_churn": 0.28, "win_back": 0.6,
    "memberships_per_payer": 1.2,
}  # fmt: skip


@pytest.fixture
def seen(monkeypatch):
    """Let the histories that ship be others: a function that takes the figures of each metric by month."""

    def plant(**figures):
        def history(table, metric, **which):
            found = figures[metric]
            series = pd.Series(found.values(), pd.PeriodIndex(list(found), freq="M"), dtype=float, name=metric)
            series.attrs = {
                "unit": "million" if metric.startswith("effective") else "ratio",
                "source": "",
                "status": {},
            }
            return series

        monkeypatch.setattr(fitting, "history", history)

    return plant


def lived(months, errors, generator):
    """The two histories that the truth would have made, each figure off by a normal error of its logarithm."""
    fixed = {f"habits.{name}": value for name, value in TRUTH.items()} | {"habits.habitual_monthly_churn": 0.03}
    outcome = simulate(loads(SCENARIO, fixed))
    at = [4 * (int(month[:4]) - 2015) + int(month[5:]) // 3 - 1 for month in months]
    paths = [outcome.paths[name].values[at, 0] for name in ("paid_half_year.CHN", "memberships.CHN")]
    noisy = [
        path * np.exp(error * generator.standard_normal(len(at))) for path, error in zip(paths, errors, strict=True)
    ]
    return {
        "paying_share_of_online_video_users": dict(zip(months, noisy[0], strict=True)),
        "effective_paying_members_total": dict(zip(months, noisy[1] / 1e6, strict=True)),
    }


@pytest.fixture
def hasty(monkeypatch):
    """Draw from the posterior in few steps, where not the posterior is at stake but what is made of it."""
    for name in ("STEPS", "MOST_STEPS"):
        monkeypatch.setattr(f"simlib.forecast.joint.{name}", 60)


MONTHS = [f"{year}-{month:02d}" for year in (2015, 2016) for month in (3, 6, 9, 12)]


def test_the_rates_that_made_a_history_are_found_again_within_their_errors(seen):
    """χ² of the true scores has as many degrees of freedom as parameters; 20.5 is passed once in a thousand with five."""
    seen(**lived(MONTHS, (0.05, 0.05), np.random.default_rng(8)))
    scenario = loads(SCENARIO)
    problem, _ = problem_of(scenario, observed(scenario)[0])
    fit = problem.fit("habits")
    found = joint(problem, fit, LEVEL, np.random.default_rng(0))
    assert set(fit.names) == set(TRUTH)
    true = np.array([each.scale.score(TRUTH[each.name]) for each in fit.parameters])
    away = true - found.scores
    assert away @ np.linalg.solve(found.spread, away) < 20.5
    before = np.array([each.prior.sd for each in fit.parameters])
    assert (np.sqrt(np.diag(found.spread)) < before).all()
    assert fit["memberships_per_payer"] == pytest.approx(1.2, rel=0.1)


def test_a_single_rate_is_what_the_share_who_began_to_pay_says(seen):
    """Free viewers alone, who begin with one hazard p and never stop: after a year 1 − exp(−p) of them have paid."""
    alone = {
        "audience.annual_growth": 0,
        "habits.opening": {"unlicensed": 0, "new_payer": 0, "habitual": 0, "lapsed": 0, "lapsed_within_half_year": 0},
        "habits.innovation": "{lognormal: {p10: 0.01, p90: 3}}", "habits.imitation": 0, "habits.win_back": 0,
        "habits.habit_formation": 0, "habits.new_payer_monthly_churn": 0, "habits.content.lift": 0,
        "habits.affordability.elasticity": 0, "habits.free_relapse": 0, "habits.memberships_per_payer": 1,
    }  # fmt: skip
    seen(paying_share_of_online_video_users={"2015-12": 0.3}, effective_paying_members_total={"2015-12": 150})
    found = calibrate_habits(loads(SCENARIO, alone))
    assert found.fit["innovation"] == pytest.approx(-np.log(0.7), rel=0.01)
    # both figures are off by 5 %, of shares whose logarithm grows by p(1 − s)/s with the logarithm of p
    slope = -np.log(0.7) * 0.7 / 0.3
    assert np.sqrt(found.joint.spread[0, 0]) == pytest.approx(0.05 / np.sqrt(2) / slope, rel=0.1)


def test_the_size_of_errors_is_the_one_that_is_stated(seen):
    """A fit through few figures must not take its own misfit for their error."""
    seen(**lived(MONTHS[:3], (0, 0), np.random.default_rng(1)))
    problem, held = problem_of(scenario := loads(SCENARIO), observed(scenario)[0])
    assert held == ["habitual_monthly_churn"]
    fit = problem.fit("habits")
    assert (fit.residual_sd, fit.freedom) == (1.0, None)
    wider = loads(SCENARIO.replace("error: 5%", "error: 10%"))
    other = problem_of(wider, observed(wider)[0])[0].fit("habits")
    np.testing.assert_allclose(other.information * 4, fit.information, rtol=0.1, atol=0.1 * fit.information.max())


def test_what_happened_after_it_was_known_changes_no_byte(seen, hasty, tmp_path, capsys):
    path, made = tmp_path / "scenario.yml", []
    path.write_text(SCENARIO.replace("known_until: 2016-12", "known_until: 2015-12"), encoding="utf-8")
    figures = lived(MONTHS, (0.05, 0.05), np.random.default_rng(2))
    for wild in (1.0, 40.0):
        later = {
            name: {at: value * (wild if at > "2015-12" else 1) for at, value in of.items()}
            for name, of in figures.items()
        }
        seen(**later)
        files = [str(tmp_path / name) for name in ("base.yml", "fit.json")]
        words = ["calibrate", str(path), "--model", "habits", "--out", files[0], "--json", files[1], "--force"]
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        assert ended.value.code == 0
        made.append((capsys.readouterr().out, *(Path(file).read_bytes() for file in files)))
    assert made[0] == made[1]
    assert b"to paid_half_year.CHN and memberships.CHN, 2015-03 to 2015-12, habits" in made[0][1]


def test_a_base_narrows_the_scenario_that_it_extends_to_the_joint_distribution_that_was_found(
    seen, hasty, tmp_path, capsys
):
    path, out, told = (tmp_path / name for name in ("scenario.yml", "narrower.yml", "fit.json"))
    path.write_text(SCENARIO, encoding="utf-8")
    seen(**lived(MONTHS, (0.05, 0.05), np.random.default_rng(3)))
    with pytest.raises(SystemExit):
        cli.main(["calibrate", str(path), "--model", "habits", "--out", str(out), "--json", str(told)])
    capsys.readouterr()
    (found,), draws = json.loads(told.read_text(encoding="utf-8")), 4000
    scales = {"log": np.log, "logit": logit}
    inputs = simulate(load(out), draws=draws).inputs
    scores = np.array([scales[each["scale"]](inputs[f"habits.{name}"]) for name, each in found["parameters"].items()])
    spread = np.array(found["covariance_of_scores"])
    sd = np.sqrt(np.diag(spread))
    np.testing.assert_allclose(scores.mean(axis=1), found["means_of_scores"], atol=4 * sd.max() / np.sqrt(draws))
    np.testing.assert_allclose(np.corrcoef(scores), spread / np.outer(sd, sd), atol=4 / np.sqrt(draws))


def test_figures_of_before_the_start_are_told_and_passed_over(seen):
    figures = lived(MONTHS, (0, 0), np.random.default_rng(1))
    seen(**{name: {"2013-12": 0.9, "2014-12": 0.05, **of} for name, of in figures.items()})
    found, left_out = observed(loads(SCENARIO))
    assert left_out == [("paid_half_year.CHN", 1), ("memberships.CHN", 1)]
    for each in found:
        assert each.after.tolist() == list(range(9))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            ", error: 5%",
            "",
            "scenario.yml:24: histories none states an error; add it to those that habits are fitted to",
        ),
        ("  paid_half_year.CHN: {table: china", "  paying_ratio.CHN: {table: china", None),
        ("known_until: 2016-12", "known_until: 2015-02", "histories have no figure from the start"),
        ("step: quarter", "step: year", "scenario.yml:25: histories.paid_half_year.CHN has figures within a year"),
        ("lognormal", "uniform", None),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_its_line(seen, old, new, said):
    figures = lived(["2015-06", "2016-03"], (0, 0), np.random.default_rng(1))
    seen(**figures)
    text = SCENARIO.replace(old, new)
    if new == "uniform":
        text = text.replace("p10", "low").replace("p90", "high").replace("{beta: {mean: 20%, sd: 8%}}", "20%")
        said = "scenario.yml:8: habits have no lognormal, beta or normal: there is nothing to seek"
    if said is None:
        assert [each.name for each in observed(loads(text))[0]] == ["paying_ratio.CHN", "memberships.CHN"]
        return
    with pytest.raises(ScenarioError) as refused:
        calibrate_habits(loads(text))
    assert said in str(refused.value)


def test_habits_that_are_correlated_already_are_no_prior(seen):
    seen(**lived(MONTHS, (0, 0), np.random.default_rng(1)))
    with pytest.raises(ScenarioError, match="what was thought before a fit is independent"):
        calibrate_habits(loads(SCENARIO + "correlations:\n  - [habits.imitation, habits.win_back, 0.3]\n"))


def test_a_history_that_was_published_late_is_known_until_its_own_month(seen):
    seen(**lived(MONTHS, (0.05, 0.05), np.random.default_rng(2)))
    late = "paying_share_of_online_video_users, known_until: 2016-06"
    own = observed(loads(SCENARIO.replace("paying_share_of_online_video_users", late)))[0]
    last = {each.name: str(each.figures.index[-1]) for each in own}
    assert last["paid_half_year.CHN"] == "2016-06"
    assert last["memberships.CHN"] > "2016-06"


def test_members_of_one_platform_are_no_measure_of_habits(tmp_path, capsys):
    scenario = (ROOT / "scenarios" / "iqiyi.yml").as_posix()
    text = f"extends: {scenario}\nhistories:\n  members: {{error: 5%}}\n"
    path = tmp_path / "scenario.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["calibrate", str(path), "--model", "habits"])
    assert ended.value.code == 1
    assert "members is no measure of habits and cannot be fitted; leave out its error" in capsys.readouterr().err


def test_a_search_that_finds_no_answer_gives_no_parameters(seen, monkeypatch, tmp_path, capsys):
    seen(**lived(MONTHS, (0, 0), np.random.default_rng(1)))

    def lost(*_):
        raise FitError("the search did not end")

    monkeypatch.setattr("simlib.forecast.search.LeastSquares.mode", lost)
    path, out = tmp_path / "scenario.yml", tmp_path / "base.yml"
    path.write_text(SCENARIO, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["calibrate", str(path), "--model", "habits", "--out", str(out)])
    told = capsys.readouterr()
    assert (ended.value.code, told.out, out.exists()) == (1, "", False)
    assert "the search did not end; narrower ranges of what is sought would help; no parameters are given" in told.err


@pytest.mark.parametrize(
    "option", [("--until", "2016Q1"), ("--prior", "imitation=3"), ("--column", "x"), ("--cumulative",)]
)
def test_a_scenario_says_itself_what_options_would(option, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["calibrate", str(PRIOR), "--model", "habits", *option])
    assert ended.value.code == 2
    capsys.readouterr()


def test_the_shipped_base_is_what_its_own_command_makes(capsys, tmp_path, monkeypatch):
    """Elsewhere another processor may round a draw to the other side, hence 15 %."""
    from test_forecast_netflix import NUMBER

    lines = BASE.read_text(encoding="utf-8").splitlines()
    command = shlex.split(next(line for line in lines if line.startswith("# Made by: ")).removeprefix("# Made by: "))
    assert command == ["simlib", "calibrate", "scenarios/bases/china-habits.yml", "--model", "habits"]
    monkeypatch.chdir(ROOT)
    out = tmp_path / "made.yml"
    with pytest.raises(SystemExit) as ended:
        cli.main([*command[1:], "--out", str(out)])
    assert ended.value.code == 0
    assert "Imitation and win back cannot be told apart" in capsys.readouterr().out
    texts = ["\n".join(path.read_text(encoding="utf-8").splitlines()[-100:]) for path in (out, BASE)]
    told = [
        [line for line in NUMBER.sub("#", text).splitlines() if not line.startswith(("extends", "# yaml"))]
        for text in texts
    ]
    assert told[0] == told[1]
    numbers = [np.array([float(number) for number in NUMBER.findall(text)]) for text in texts]
    np.testing.assert_allclose(*numbers, rtol=0.15, atol=0.1)
