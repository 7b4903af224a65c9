"""Numbers, dates and names as people write them."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlib.present import names, values, words

MULTIPLES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}


def read_back(text):
    """The number that a reader understands."""
    number, *word = text.replace(words.MINUS, "-").replace(",", "").split(words.GAP)
    return float(number) * MULTIPLES.get(word[0] if word else "", 1)


@given(st.floats(1e-3, 9e14) | st.floats(-9e14, -1e-3))
def test_a_count_reads_back_within_half_a_unit_of_its_last_digit(value):
    assert read_back(words.count(value, digits=3)) == pytest.approx(value, rel=0.0051)


@given(st.floats(1e-3, 9e14))
def test_no_number_has_a_thousand_of_its_own_multiple(value):
    number = float(words.count(value).split(words.GAP)[0].replace(",", ""))
    assert number < 10_000
    assert number < 1000 or words.GAP not in words.count(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (999_600, "1 million"),
        (9_999, "10 thousand"),
        (1_207_849, "1.2 million"),
        (0, "0"),
        (-0.0, "0"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_rounding_may_carry_into_the_next_multiple(value, said):
    assert words.count(value, digits=2).replace(words.GAP, " ") == said


def test_a_mean_is_told_no_finer_than_its_monte_carlo_error():
    told = [words.money(1_234_567, "USD", error, digits=4) for error in (100_000, 10_000, 1_000)]
    assert [text.replace(words.GAP, " ") for text in told] == [
        "USD 1.2 million",
        "USD 1.23 million",
        "USD 1.235 million",
    ]


def test_a_number_and_its_word_do_not_part_at_the_end_of_a_line():
    assert " " not in words.money(1_207_849, "USD") + words.percent(0.024) + words.count(104_030_000)


def test_negative_numbers_carry_a_true_minus():
    said = [words.money(-17_409, "USD"), words.percent(-0.02), words.count(-5), words.short(-690_000)]
    assert all(words.MINUS in text and "-" not in text for text in said)


def test_a_range_says_a_shared_multiple_once():
    assert words.span(172_403, 360_503, "USD").count("thousand") == 1
    assert words.span(229_226, 1_374_167, "USD").count("thousand") == 1
    assert words.span(0, 360_503, "USD").count("0") > 0


def test_nothing_is_certain_that_was_not_in_every_draw():
    assert words.chance(0.9999).startswith("over 99")
    assert words.chance(0.0001).startswith("under 1")
    assert (words.chance(1.0), words.chance(0.0)) == (words.percent(1), words.percent(0))


def test_the_months_of_a_year_have_their_names():
    said = [words.month(f"2018-{number:02d}") for number in range(1, 13)]
    assert (said[0], said[-1], len(set(said))) == ("January 2018", "December 2018", 12)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("deals.taiwan.terms.minimum_guarantee.amount", "Taiwan: minimum guarantee"),
        ("title.appeal.UCAN", "Title: appeal, United States and Canada"),
        ("title.appeal.TWN", "Title: appeal, Taiwan"),
        ("title.appeal.north_east_asia", "Title: appeal, North East Asia"),
        ("title.completion[NOR]", "Title: completion, Norway"),
        ("platform.revenue.member_payment.USA.annual", "Platform: member payment growth a year, United States"),
        ("deals.netflix.terms.flat_fee.schedule.2018-06", "Netflix: flat fee schedule, June 2018"),
        ("deals.taiwan.terms.revenue_share.share", "Taiwan: revenue share"),
        ("fx.TWD", "Exchange rate: TWD"),
    ],
)
def test_a_path_becomes_words(path, label):
    assert names.label(path, ["north_east_asia"]) == label


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("30 thousand USD", "30 thousand"),
        ("9 USD per month", "9"),
        (-0.02, "−0.02"),
        (1e6, "1,000,000"),
        ({"discrete": {"0%": "40%", "10%": "60%"}}, "0 % (40 %) and 10 % (60 %)"),
        ({"uniform": {"low": -0.02, "high": 0.04}}, "anywhere from −0.02 to 0.04"),
        ({"value": {"normal": {"mean": 0, "sd": 1}}}, "normal, mean 0, sd 1"),
        ({"ramp": {"from": 1, "to": 2, "start": "2017-12", "months": 48}}, "1 until December 2017, then to 2 in 48 months"),
        ({"steps": {"2017-12": 9.99, "2019-01": 10.99}}, "9.99 from December 2017, 10.99 from January 2019"),
        ({"growth": {"start": 10, "annual": "4%"}}, "10 at the start, growing a year by: 4 %"),
        ({"random_walk": {"start": 30, "annual_volatility": "5%"}}, "30 at the start, then a random walk of 5 % a year"),
    ],
)  # fmt: skip
def test_a_value_is_told_as_the_file_writes_it(written, said):
    assert values.said(written).replace(words.GAP, " ") == said


def test_an_amount_keeps_the_currency_in_which_it_is_written():
    assert re.sub(r"\s", " ", values.in_unit(120_000, "TWD per episode")) == "TWD 120 thousand per episode"
