"""What people are shown of a forecast is what it holds: the fan, what happened, the tables of the notebook."""

import pytest
from test_notebooks import NOTEBOOKS, cells, source

from simlib.forecast.backtest import backtest
from simlib.forecast.ensemble import interval
from simlib.present import charts, foretold, outlook
from simlib.present.page import figure

NAME = "netflix:paid_memberships:region=EMEA"


@pytest.fixture(scope="module")
def told():
    return outlook.told(NAME, "2022Q4", 6, [], 0)


def test_the_fan_starts_at_the_last_observation_and_widens(told):
    history, ahead = told
    fan = foretold.anchored(ahead)
    assert fan.iloc[0][["period", "p10", "mean", "p90"]].tolist() == ["2022Q4", *[history["2022Q4"]] * 3]
    low, high = interval(ahead, 0.8)
    assert fan.p10.tolist()[1:] == low.tolist()
    assert fan.p90.tolist()[1:] == high.tolist()
    assert fan["at"].tolist()[:3] == [2023, 2023.25, 2023.5]


def test_what_came_after_is_shown_apart_from_what_was_known(told):
    history, ahead = told
    past = foretold.past(history, ahead)
    assert past.known.sum() == 20
    assert past.value.tolist() == history.tolist()
    low, high = interval(ahead, 0.8)
    after = history["2023Q1":"2024Q2"].to_numpy()
    inside = sum((low <= after) & (after <= high))
    assert (
        f"Of 6 figures that came after, which the forecast never saw, four fifths hold {inside}."
        in outlook.fan_seen(history, ahead)
    )
    assert "came after" not in outlook.fan_seen(history["2018":"2022"], ahead)


def test_the_notebook_shows_fan_table_and_scores(told):
    history, ahead = told
    opening = outlook.opening("<b>", ahead)
    assert "&lt;b&gt;" in opening
    assert "<b>" not in opening
    assert "In 2024Q2" in opening
    assert outlook.table(ahead).count("<tr>") == 1 + 6
    shown = figure(charts.fan, foretold.anchored(ahead), foretold.past(history, ahead), title="Fan", seen="Seen")
    assert "image/svg+xml" in shown
    test = backtest(ahead.history, 2, 18)
    assert "3 forecasts from 2022Q2 to 2022Q3, scored" in outlook.scores(test)
    assert outlook.by_horizon(test).count("<tr>") == 1 + 5
    assert outlook.verdicts(test).count("<li>") >= 4


def test_the_notebook_calls_what_there_is():
    notebook = next(path for path in NOTEBOOKS if path.stem == "forecast")
    called = {
        word
        for cell in cells(notebook, "code")
        for word in source(cell).replace("(", " ").split()
        if "outlook." in word
    }
    assert len(called) >= 6
    for word in called:
        assert callable(getattr(outlook, word.split("outlook.")[1])), word
