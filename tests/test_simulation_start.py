"""A scenario that starts from a history: what was known stands, a forecast's paths follow, nothing later is seen."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scenarios_for_tests import MEMBERSHIP
from test_cli import run

from simlib.forecast.ensemble import forecast
from simlib.forecast.series import find_history
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.gain import Gain
from simlib.simulation.growth import Platform
from simlib.simulation.markets import Setting
from simlib.simulation.sampling import stream
from simlib.simulation.start import start

NAME = "subscribers.opening.all.history"
NETFLIX = "table: netflix, metric: paid_memberships, which: {region: total}"
FALLING = "figures: {2016: 9 million, 2017: 8 million, 2018: 6 million, 2019: 3 million}"
SCENARIO = """
name: from a history
currency: USD
horizon: {start: 2017-10, periods: 24, step: month}
simulation: {draws: 300, seed: 4}
territories: {include: [USA, DEU]}
audience:
  internet_users: {by_territory: {USA: 250 million, DEU: 70 million}}
  video_share: 90%
  annual_growth: 0%
  monthly_income: 3000
subscribers:
  platform: netflix
  opening: {all: {territories: [USA, DEU], history: {HISTORY}}}
  potential: {of: audience, share: {uniform: {low: 50%, high: 70%}}}
  innovation: 0.02
  imitation: {uniform: {low: 0.3, high: 0.5}}
  monthly_churn: {lognormal: {p10: 2%, p90: 4%}}
"""


def scenario(history=NETFLIX, until="2017-09", follows=0, **horizon):
    text = SCENARIO.replace("{HISTORY}", f"{{{history}, until: {until}, forecast_periods: {follows}}}")
    return loads(text, {f"horizon.{name}": value for name, value in horizon.items()})


def from_file(file, until, follows):
    return SCENARIO.replace("{HISTORY}", f"{{file: {file}, until: {until}, forecast_periods: {follows}}}")


def paths(scenario, **more):
    return simulate(scenario, **more).paths["members"].values


def test_members_at_the_start_are_the_last_figure_that_was_known():
    outcome = simulate(scenario())
    block = Block(Frame(outcome.scenario, outcome.seed), 0, 300, outcome.inputs)
    assert Platform(Setting(block)).opening.sum(axis=0) == pytest.approx(np.full(300, 104.02e6))
    assert NAME not in outcome.inputs
    typed = SCENARIO.replace("history: {HISTORY}", "members: 104.02 million")
    assert outcome.paths["members"].values == pytest.approx(paths(loads(typed)), rel=1e-12)


@pytest.mark.parametrize(
    ("begins", "step", "follows"), [("2017-10", "month", 9), ("2019-02", "month", 4), ("2018-01", "quarter", 5)]
)
def test_every_draw_follows_one_path_of_the_forecast(begins, step, follows):
    """Months from the figure of September 2017 to each end of a step, the paths in between taken as straight lines."""
    found = scenario(follows=follows, start=begins, step=step)
    outcome = simulate(found)
    known = find_history("netflix:paid_memberships:region=total", until="2017-09") * 1e6
    seed = int(stream(4, "paths of", NAME).integers(2**62))
    gap, each = (pd.Period(begins, "M") - pd.Period("2017-10", "M")).n, {"month": 1, "quarter": 3}[step]
    months = gap + each * np.arange(1, follows + 1)
    quarters = -(-months[-1] // 3)
    ahead = np.vstack([np.full(4000, 104.02e6), forecast(known, int(quarters), seed).paths])
    expected = np.array([np.interp(months / 3, np.arange(quarters + 1), path) for path in ahead.T])
    members = outcome.paths["members"].values[:follows]
    nearest = np.abs(expected[:, -1:] - members[-1]).argmin(axis=0)
    assert pytest.approx(expected[nearest], rel=1e-9) == members.T
    assert len(set(nearest)) > 290
    assert outcome.inputs[NAME] == pytest.approx(members[-1])


def test_the_members_at_the_start_are_the_forecast_where_the_history_ended_earlier():
    outcome = simulate(scenario(start="2018-04"), draws=4000)
    known = find_history("netflix:paid_memberships:region=total", until="2017-09") * 1e6
    ahead = forecast(known, 2, 11).paths[-1]
    inputs = outcome.inputs[NAME]
    error = ahead.std() / np.sqrt(4000) * np.sqrt(2)
    assert inputs.mean() == pytest.approx(ahead.mean(), abs=4 * error)
    assert inputs.std() == pytest.approx(ahead.std(), rel=0.1)


def test_every_path_of_the_forecast_is_taken_by_as_many_draws():
    found = scenario(follows=6)
    inputs = simulate(found, draws=8000).inputs[NAME]
    way = start(
        found.subscribers.opening["all"].history, found.horizon, int(stream(4, "paths of", NAME).integers(2**62))
    )
    assert np.sort(inputs) == pytest.approx(np.repeat(way.ends, 2))


def test_the_model_goes_on_from_where_the_path_ends():
    """By the equation, month by month, territory by territory."""
    found = scenario(follows=6)
    outcome = simulate(found)
    x, members = outcome.inputs, outcome.paths["members"].values
    users = np.array([250e6, 70e6])
    here = np.outer(users / users.sum(), members[5])
    for month in range(6, 24):
        most = np.outer(users * 0.9, x["subscribers.potential.share"])
        pace = 0.02 + x["subscribers.imitation"] * here / most
        joins = np.maximum(most - here, 0) * (1 - np.exp(-pace / 12))
        here = here + joins - x["subscribers.monthly_churn"] * here
        assert here.sum(axis=0) == pytest.approx(members[month], rel=1e-9)


@pytest.mark.parametrize("follows", [0, 7])
def test_who_joins_and_who_leaves_adds_up_and_nobody_joins_backwards(follows):
    outcome = simulate(scenario(FALLING, "2019-12", follows, start="2020-01"))
    members, adds, churned = (outcome.paths[name].values for name in ("members", "gross_adds", "churned"))
    opening = np.vstack([np.full(300, 3e6), members[:-1]])
    assert opening + adds - churned == pytest.approx(members)
    assert adds.min() >= -1e-6
    assert np.all(churned >= outcome.inputs["subscribers.monthly_churn"] * opening * (1 - 1e-9))
    if follows:
        falls = members[:7] < opening[:7] * (1 - outcome.inputs["subscribers.monthly_churn"])
        assert falls.mean() > 0.5
        assert adds[:7][falls] == pytest.approx(0, abs=1e-6)


def test_what_came_after_until_changes_no_bit(tmp_path):
    """In the scenario's own figures, and in a file."""
    figures = {
        "2016Q1": 10.0,
        "2016Q2": 11.5,
        "2016Q3": 12.2,
        "2016Q4": 14.0,
        "2017Q1": 15.1,
        "2017Q2": 17.0,
        "2017Q3": 18.0,
    }
    told = [dict(figures), {**figures, "2017Q3": 1e9}]
    outcomes = [simulate(scenario(f"figures: {json.dumps(one)}, unit: million", "2017-06", 4)) for one in told]
    for name, one in enumerate(told):
        (tmp_path / "members.csv").write_text("period_end,value\n" + "".join(f"{at},{one[at]}\n" for at in one))
        path = tmp_path / f"{name}.yml"
        path.write_text(from_file("members.csv, unit: million", "2017-06", 4))
        outcomes.append(simulate(load(path)))
    first, *others = outcomes
    for other in others:
        for name, output in first.outputs.items():
            assert output.values.tobytes() == other.outputs[name].values.tobytes()
        for name, path in first.paths.items():
            assert path.values.tobytes() == other.paths[name].values.tobytes()


def test_the_same_seed_gives_the_same_bytes_whatever_the_block_and_another_seed_others():
    found = scenario(follows=8)
    one, again, other = paths(found, block=300), paths(found, block=7), paths(found, seed=5)
    assert one.tobytes() == again.tobytes()
    assert not np.array_equal(one, other)


def test_another_assumption_moves_no_path_of_the_forecast():
    found = scenario(follows=8)
    text = SCENARIO.replace("{HISTORY}", f"{{{NETFLIX}, until: 2017-09, forecast_periods: 8}}")
    other = loads(text.replace("p90: 4%", "p90: 6%"))
    one, two = paths(found), paths(other)
    assert np.array_equal(one[:8], two[:8])
    assert not np.allclose(one[-1], two[-1])


def test_a_title_adds_to_those_who_join_along_the_path_and_keeps_some_who_leave():
    """Against the recursion month by month: joined × (1 + its lift), left × (1 − what it keeps)."""
    figures = "{2014: 40 million, 2015: 47 million, 2016: 55 million}"
    history = f"history: {{figures: {figures}, until: 2017-10, forecast_periods: 12}}"
    found = loads(MEMBERSHIP.replace("members: 55 million", history))
    outcome = simulate(found)
    gained = outcome.paths["deals.netflix.members_gained"].values
    assert np.all(gained.max(axis=0) > 0)
    block = Block(Frame(found, outcome.seed), 0, outcome.draws, outcome.inputs)
    platform = Platform(Setting(block))
    gain, total = Gain(platform, "netflix", found.deals["netflix"], 0.0), np.zeros(gained.shape)
    for group in platform.groups():
        here, path = group.territories, group.path
        lift = 1 + gain.adds[:, here] * gain.window
        kept = np.maximum(1 - gain.kept[:, here] * gain.window, 0)
        with_title = group.drivers.opening
        if platform.followed[here.start] == 0:
            total += simulated_gain(platform, gain, group)
            continue
        before = path.opening
        for month in range(12):
            left = path.churned[month] / before
            with_title = with_title * (1 - left * kept[month]) + path.gross_adds[month] * lift[month]
            total[month] += (with_title - path.closing[month]).sum(axis=0)
            before = path.closing[month]
    assert total == pytest.approx(gained, rel=1e-6, abs=1)


def simulated_gain(platform, gain, group):
    """What a title adds where no forecast is followed, as tests/test_simulation_members.py has it against a loop."""
    here = group.territories
    lift, kept = 1 + gain.adds[:, here] * gain.window, 1 - gain.kept[:, here] * gain.window
    path = platform.churn.path(group.drivers.lifted(lift), here, np.maximum(kept, 0))
    return (path.closing - group.closing).sum(axis=1)


def test_a_history_and_a_fit_of_it_start_a_scenario_and_neither_sees_what_came_after(tmp_path, capsys):
    """Calibrated parameters with their joint distribution come as a base; members start from the same file."""
    total = find_history("netflix:paid_memberships:region=total", until="2018Q4")
    rows = [f"{period.end_time.date()},{value}" for period, value in total.items()]
    priors = [
        "monthly_churn={lognormal: {p10: 2%, p90: 4.5%}}",
        "potential={lognormal: {p10: 100, p90: 600}}",
        "innovation={lognormal: {p10: 0.003, p90: 0.1}}",
    ]
    results = []
    for name, last in (("one", rows), ("two", [*rows[:-3], *(f"{row.split(',')[0]},9000" for row in rows[-3:])])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "members.csv").write_text("period_end,value\n" + "\n".join(last) + "\n")
        words = [
            "calibrate",
            folder / "members.csv",
            "--model",
            "subscribers",
            "--unit",
            "million",
            "--until",
            "2018-03",
        ]
        words += [word for prior in priors for word in ("--prior", prior)]
        words += ["--audience", "600 million", "--out", folder / "fit.yml"]
        assert run(capsys, *words)[0] == 0
        text = from_file("members.csv, unit: million", "2018-03", 4).partition("  potential:")[0]
        (folder / "scenario.yml").write_text("extends: fit.yml" + text.replace("2017-10", "2018-04"))
        results.append(simulate(load(folder / "scenario.yml"), draws=2000))
    one, two = results
    assert one.outputs["members"].values.tobytes() == two.outputs["members"].values.tobytes()
    fitted = [one.inputs[f"subscribers.{name}"] for name in ("imitation", "monthly_churn")]
    assert abs(np.corrcoef(np.argsort(np.argsort(fitted)))[0, 1]) > 0.2


def test_a_file_is_answered_for_with_its_own_lines(tmp_path):
    (tmp_path / "scenario.yml").write_text(from_file("m.csv", "2017-09", 1))

    def said(*rows):
        (tmp_path / "m.csv").write_text("\n".join(["period_end,value", *rows]) + "\n")
        with pytest.raises(ScenarioError) as error:
            load(tmp_path / "scenario.yml")
        return [str(fault).replace(f"{tmp_path}/", "") for fault in error.value.faults]

    where = "subscribers.opening.all.history.figures"
    assert said("2017Q1,1", "2017Q2,many", "2017Q3,-3") == [
        f"m.csv:3: {where}.2017Q2 must be a number, e.g. 0.031, 2.5% or 80 thousand; found 'many'",
        f"m.csv:4: {where}.2017Q3 must be 0 or more; found -3",
    ]
    assert said("2016Q4,1", "2017Q1,1", "2017Q3,3") == [
        f"m.csv:4: {where}.2017Q3 found 2017Q3 after 2017Q1; next comes 2017Q2"
    ]
    assert said("2017Q1,1", "2017Q1,1") == ["m.csv:3: tells 2017Q1 again, after line 2"]
    assert said("2017Q1,1", "2017Q2,1,300") == [
        "m.csv:3: has more cells than the header; write thousands without a comma"
    ]
    assert said() == ["m.csv:1: there is no row below; a history needs at least one period"]
    (tmp_path / "m.csv").unlink()
    with pytest.raises(ScenarioError, match=r"scenario.yml:14: .*history.file names m.csv, which is not a file"):
        load(tmp_path / "scenario.yml")


def test_a_file_may_be_named_from_outside_and_call_its_columns_what_it_will(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bases").mkdir()
    (tmp_path / "bases" / "m.csv").write_text("members,when\n3,2017Q3\n")
    (tmp_path / "other.csv").write_text("members,when\n5,2017Q3\n")
    history = "{file: m.csv, period_column: when, column: members, unit: million, until: 2017-09, forecast_periods: 0}"
    (tmp_path / "bases" / "base.yml").write_text(SCENARIO.replace("{HISTORY}", history))
    (tmp_path / "scenario.yml").write_text("extends: bases/base.yml\n")
    for overrides, members in (({}, 3e6), ({"subscribers.opening.all.history.file": "other.csv"}, 5e6)):
        found = load("scenario.yml", overrides)
        assert found.subscribers.opening["all"].history.figures == {"2017Q3": members / 1e6}
        assert found.origin.tree.get("subscribers.opening.all.history.figures.2017Q3").line == 2


def test_a_check_of_a_scenario_from_a_history_needs_no_numpy(tmp_path):
    (tmp_path / "members.csv").write_text("period_end,value\n2017-03-31,3\n2017-06-30,4\n2017-09-30,5\n")
    (tmp_path / "s.yml").write_text(from_file("members.csv", "2017-09", 3))
    check = f"from simlib.scenario.load import load; load({str(tmp_path / 's.yml')!r})"
    code = f"import sys; {check}; print(sorted({{'numpy', 'pandas'}} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (loaded.stdout.strip(), loaded.stderr) == ("[]", "")
