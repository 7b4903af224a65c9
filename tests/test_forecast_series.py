"""The reference histories say what their tables say, and a user's CSV is read or refused line by line."""

import pandas as pd
import pytest

from simlib.data import HISTORIES, read
from simlib.forecast.series import find_history, history
from simlib.scenario.dated import GAPS_STAY, Columns
from simlib.scenario.faults import ScenarioError


@pytest.fixture
def csv_file(tmp_path):
    def write(*lines):
        path = tmp_path / "members.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def faults_of(path, column=None, **more):
    with pytest.raises(ValueError) as caught:
        find_history(str(path), Columns(value=column), **more)
    return [line.removeprefix(str(path)) for line in str(caught.value).splitlines()]


def test_netflix_had_104_million_paid_members_in_the_third_quarter_of_2017():
    members = history("netflix", "paid_memberships", region="total")
    assert members["2017Q3"] == 104.02
    assert len(members) == 54
    assert (str(members.index[0]), str(members.index[-1])) == ("2011Q3", "2024Q4")


def test_what_was_known_ends_with_the_last_period_that_had_ended():
    for until in ("2017Q3", "2017-09", "2017-09-30", "2017-11-30", "2017-12-30"):
        known = history("netflix", "revenue", until=until)
        assert str(known.index[-1]) == "2017Q3"
    assert str(history("netflix", "revenue", until="2017-12-31").index[-1]) == "2017Q4"
    assert str(history("netflix", "revenue", until="2017").index[-1]) == "2017Q4"


def test_a_history_carries_its_unit_its_sources_and_how_sure_each_period_is():
    members = history("netflix", "paid_memberships", region="total")
    assert members.attrs["unit"] == "million"
    assert members.attrs["status"]["unverified"] == ("2012Q2", "2012Q3", "2012Q4")
    assert sum(map(len, members.attrs["status"].values())) == len(members)
    assert "nflx-093017xex991.htm" in members.attrs["source"]
    assert "unverified" not in history("netflix", "paid_memberships", region="total", until="2012Q1").attrs["status"]


def test_the_paying_share_in_china_quadrupled_in_four_years():
    share = history("china", "paying_share_of_online_video_users")
    assert share.tolist() == [0.117, 0.17, 0.355, 0.429, 0.5]
    assert [str(month) for month in share.index] == ["2014-12", "2015-12", "2016-06", "2017-12", "2018-12"]
    assert share.attrs["status"]["lower bound"] == ("2018-12",)


def test_adoption_is_yearly():
    dryers = history("adoption", "adopters", product="clothes dryers, US")
    assert dryers.index.equals(pd.period_range("1949", "1961", freq="Y-DEC"))
    assert dryers["1956"] == 1523


def test_every_figure_of_every_table_is_in_one_history():
    for name, table in HISTORIES.items():
        rows = read(table)
        free = {"region", "entity", "period", "product"} & set(rows[0])
        choices = {(row["metric"], *((column, row[column]) for column in sorted(free))) for row in rows}
        lengths = 0
        for metric, *which in choices:
            series = history(name, metric, **dict(which))
            assert series.index.is_unique
            assert series.index.is_monotonic_increasing
            lengths += len(series)
        assert lengths == len(rows)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"name": "netflicks"}, "there is no history 'netflicks'; the histories are adoption, china, netflix"),
        ({"metric": "members"}, "netflix has no metric 'members'; there is .*paid_memberships"),
        ({}, "netflix paid_memberships has several regions: total, US, .*; choose one, e.g. region='total'"),
        ({"region": "UK"}, "netflix paid_memberships has no region 'UK'; there is total, US, "),
        ({"country": "US"}, "netflix paid_memberships has no column 'country' to choose by; it has region"),
        ({"region": "total", "until": "soon"}, "until is a period, e.g. 2017Q3 or 2017-09-30; found 'soon'"),
        ({"region": "total", "until": "2011Q2"}, "begins with 2011-09-30; nothing was known by 2011Q2"),
        (
            {"name": "china", "metric": "total_revenue", "entity": "iQIYI"},
            "china total_revenue iQIYI has several periods: annual, nine months, quarter; choose one",
        ),
    ],
)
def test_a_wrong_choice_is_answered_with_what_exists(choice, message):
    with pytest.raises(ValueError, match=message):
        history(**{"name": "netflix", "metric": "paid_memberships", **choice})


@pytest.mark.parametrize(
    ("periods", "frequency"),
    [
        (["2016", "2017", "2018"], "Y-DEC"),
        (["2017Q3", "2017Q4", "2018Q1"], "Q-DEC"),
        (["2017-11", "2017-12", "2018-01"], "M"),
        (["2016-12-31", "2017-12-31", "2018-12-31"], "Y-DEC"),
        (["2017-09-30", "2017-12-31", "2018-03-31"], "Q-DEC"),
        (["2017-11-30", "2017-12-31", "2018-01-31"], "M"),
    ],
)
def test_a_users_periods_may_be_years_quarters_or_months(csv_file, periods, frequency):
    path = csv_file("period,members", *(f"{period},{10 + at}.5" for at, period in enumerate(periods)))
    series = find_history(str(path))
    assert series.index.freqstr == frequency
    assert series.tolist() == [10.5, 11.5, 12.5]
    assert series.name == "members"


def test_a_user_says_which_of_several_columns_to_read(csv_file):
    path = csv_file("period,members,revenue", "2017Q3,104.02,2985", "2017Q4,110.64,3286")
    assert find_history(str(path), Columns(value="revenue")).tolist() == [2985, 3286]
    assert faults_of(path) == [":1: does not say which column to read; beside 'period' there are: members, revenue"]
    assert faults_of(path, "churn") == [":1: has no column 'churn'; beside 'period' there are: members, revenue"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("value,period_end", Columns()),
        ("when,members", Columns()),
        ("members,when", Columns("when")),
        ("members,when", Columns("when", "members")),
        ("value,when", Columns()),
        ("members,note,period_end", Columns(value="members")),
        ("note,value,period_end", Columns()),
    ],
)
def test_columns_stand_in_any_order_and_have_any_name(csv_file, header, columns):
    cells = {"when": ["2016", "2017"], "period_end": ["2016", "2017"], "note": ["few", "many"]}
    rows = [[cells.get(name, ["1500", "2500"])[at] for name in header.split(",")] for at in range(2)]
    series = find_history(str(csv_file(header, *map(",".join, rows))), columns)
    assert (series.tolist(), series.index.astype(str).tolist()) == ([1500, 2500], ["2016", "2017"])


def test_a_column_that_is_not_there_is_answered_with_those_that_are(csv_file):
    path = str(csv_file("period,members", "2017Q3,1"))
    with pytest.raises(ValueError, match="has no column 'quarter'; there are: period, members"):
        find_history(path, Columns("quarter"))


@pytest.mark.parametrize(
    ("days", "frequency", "last"),
    [
        (["2016-06-30", "2017-06-30"], "Y-JUN", "2017-06-30"),
        (["2017-05-31", "2017-08-31", "2017-11-30"], "Q-NOV", "2017-11-30"),
        (["2017-03-31", "2017-06-30"], "Q-DEC", "2017-06-30"),
        (["2017-01-31", "2017-02-28"], "M", "2017-02-28"),
    ],
)
def test_a_period_ends_on_the_day_that_is_written(csv_file, days, frequency, last):
    series = find_history(str(csv_file("period_end,value", *(f"{day},1" for day in days))))
    assert series.index.freqstr == frequency
    assert series.index[-1].end_time.date().isoformat() == last


def test_a_day_within_a_month_and_days_out_of_any_step_are_told(csv_file):
    assert faults_of(csv_file("period_end,value", "2017-09-01,1", "2017-10-01,2")) == [
        f":{line}: found '2017-{month}-01', which is no last day of a month, for a period; "
        "write 2017, 2017Q3, 2017-09 or its last day, 2017-09-30"
        for line, month in ((2, "09"), (3, "10"))
    ]
    path = csv_file("period_end,value", "2016-12-31,1", "2017-03-31,2", "2017-07-31,3", "2017-09-30,4", "2017-12-31,5")
    assert faults_of(path) == [
        ":4: found 2017-07 after 2017Q1; next comes 2017Q2",
        ":5: found 2017Q3 after 2017-07; next comes 2017-10",
    ]


def test_where_gaps_stay_periods_are_as_long_as_all_their_ends_allow(csv_file):
    path = csv_file("period_end,value", "2014-12-31,1", "2015-12-31,2", "2016-06-30,3", "2017-12-31,4")
    series = find_history(str(path), order=GAPS_STAY)
    assert series.index.astype(str).tolist() == ["2014Q4", "2015Q4", "2016Q2", "2017Q4"]
    path = csv_file("period_end,value", "2017-12-31,4", "2015-12-31,2", "2015-12-31,2")
    assert faults_of(path, order=GAPS_STAY) == [
        ":3: found 2015 after 2017; next comes 2018",
        ":4: found 2015 again after 2015; next comes 2016",
    ]


def test_every_fault_in_a_users_file_is_told_with_its_line(csv_file):
    path = csv_file("period,members", "2017Q5,1", "2017Q3,many", "2017-02-30,", "2017Q4,nan", "2018Q1,5")
    assert [fault.split(":")[1] for fault in faults_of(path)] == ["2", "3", "4", "4", "5"]
    assert "found '2017Q5' for a period; write 2017, 2017Q3, 2017-09" in faults_of(path)[0]
    assert "found 'many' for a number" in faults_of(path)[1]


def test_a_missing_or_misplaced_period_is_told_with_its_line(csv_file):
    path = csv_file("period,members", "2017Q1,1", "2017Q2,2", "2017Q4,4", "2017Q3,3")
    assert faults_of(path) == [
        ":4: found 2017Q4 after 2017Q2; next comes 2017Q3",
        ":5: found 2017Q3 after 2017Q4; next comes 2018Q1",
    ]
    path = csv_file("date,members", "2016-12-31,1", "2017-03-31,2", "2017-09-30,4", "2017-12-31,5", "2018-03-31,6")
    assert faults_of(path) == [":4: found 2017Q3 after 2017Q1; next comes 2017Q2"]


def test_periods_written_in_two_ways_are_refused(csv_file):
    path = csv_file("period,members", "2017Q1,1", "2017-06,2")
    assert faults_of(path) == [
        ":3: found 2017-06; it stands among periods written another way, as 2017Q1; write all periods the same way"
    ]


def test_a_file_without_rows_or_without_text_is_refused(csv_file, tmp_path):
    assert faults_of(csv_file("period,members")) == [":1: there is no row below; a history needs at least one period"]
    assert faults_of(csv_file("period")) == [":1: does not say which column to read; beside 'period' there are: none"]
    assert faults_of(csv_file("")) == [":1: the file is empty; a history needs a header and its periods"]
    assert "cannot be read as CSV" in faults_of(tmp_path / "nowhere.csv")[0]
    (tmp_path / "picture.csv").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as CSV" in faults_of(tmp_path / "picture.csv")[0]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_columns_may_be_parted_as_spreadsheets_part_them(tmp_path, mark):
    path = tmp_path / "members.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"period_end{mark}value\r\n2016Q4{mark}5.5\r\n2017Q1{mark}6,5\r\n".encode())
    with pytest.raises(ScenarioError) as error:
        find_history(str(path))
    assert [(fault.line, "found '6,5' for a number" in fault.message) for fault in error.value.faults] == [(3, True)]
    path.write_text(path.read_text(encoding="utf-8").replace("6,5", "6.5"), encoding="utf-8")
    assert find_history(str(path)).tolist() == [5.5, 6.5]
