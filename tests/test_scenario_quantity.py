"""A number in all its forms: each is understood, each impossible one is answered with what was found and what is allowed."""

import math
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from simlib.data import territories
from simlib.scenario import quantity
from simlib.scenario.quantity import (
    FORMS,
    MoneyQuantity,
    Quantity,
    months_between,
    parse_month,
    parse_number,
    per_unit,
    span,
)

QUANTITY, MONEY = TypeAdapter(Quantity), TypeAdapter(MoneyQuantity)


def refusal(kind, value):
    """What is said about a value that is not of a kind."""
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return " / ".join(item["msg"] for item in error.value.errors())


# Numbers


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (0.031, 0.031), (32, 32.0), ("32", 32.0), ("2.5%", 0.025), ("2.5 %", 0.025),
        ("-3%", -0.03), ("+1", 1.0), (".5", 0.5),
        ("1e6", 1e6), ("1_000", 1000.0), ("80 thousand", 80_000.0), ("52.68 million", 52_680_000.0), ("1 billion", 1e9),
        ("2 trillion", 2e12), (" 7 ", 7.0),
    ],
)  # fmt: skip
def test_a_number_may_be_written_in_digits_in_words_or_as_a_share(written, number):
    assert parse_number(written) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    "written",
    [
        "", "most", "12,000", "0,4", "1.2.3", "5 millions", "5million", "10k", "$9",
        "9 USD", "5 million %", "2 %%", "--1", "٣", "1e", None, True, False, [1], {"a": 1}, b"1",
    ],
)  # fmt: skip
def test_what_is_no_number_is_answered_with_examples_and_what_was_found(written):
    said = refusal(quantity.Number, written)
    assert said.startswith("must be a number, e.g. 0.031, 2.5% or 80 thousand; found ")


@pytest.mark.parametrize(
    "written", [math.inf, -math.inf, math.nan, 1e31, 10**400, "1e400", "9" * 5000, "1e30 million", -1e300]
)
def test_a_number_beyond_all_trade_is_refused(written):
    assert refusal(quantity.Number, written).startswith("must be a finite number, at most 1e+30; found ")


@given(st.floats(-1e30, 1e30))
def test_a_share_is_a_hundredth_of_its_number(number):
    assert parse_number(f"{number!r}%") == number / 100


@pytest.mark.parametrize(
    "written",
    ["2017-1", "2017", "2017-13", "2017-00", "1817-05", "17-05", "2017/05", "2017-05-01", "May 2017", 2017, None],
)
def test_what_is_no_month_is_refused(written):
    assert "must be a month, e.g. 2017-12; found " in refusal(quantity.Month, written)


@given(st.integers(1900, 2199), st.integers(1, 12), st.integers(0, 600))
def test_months_between_undoes_counting_months_on(year, month, later):
    end = year * 12 + month - 1 + later
    if end // 12 <= 2199:
        start, end = f"{year}-{month:02d}", f"{end // 12}-{end % 12 + 1:02d}"
        assert months_between(parse_month(start), parse_month(end)) == later
        assert months_between(end, start) == -later


# Forms


FORMS_WRITTEN = {
    "normal": [{"mean": "4%", "sd": "1%"}, {"p10": -1, "p90": 2}],
    "lognormal": [{"p10": "2%", "p90": "5%"}, {"mean": 3, "sd": 2}],
    "triangular": [{"low": 1, "mode": 2, "high": 4}, {"low": 1, "mode": 1, "high": 4}],
    "pert": [{"low": 1, "mode": 2, "high": 4}, {"low": -4, "mode": -1, "high": -1}],
    "beta": [{"mean": "30%", "sd": "5%"}],
    "uniform": [{"low": "-2%", "high": "4%"}],
    "discrete": [{"0.5": "30%", "1.0": "70%"}, {"10 thousand": 1}, {"0%": 0.4, "10%": 0.6}],
    "ramp": [{"from": "10%", "to": {"uniform": {"low": 0.2, "high": 0.4}}, "start": "2018-01", "months": 36}],
    "steps": [{"2017-12": 9.99, "2019-01": {"value": 10.99, "source": "a price list"}}],
    "growth": [{"start": 9.99, "annual": {"normal": {"mean": 0.04, "sd": 0.01}}}],
    "random_walk": [{"start": 30, "annual_volatility": "5%"}],
    "by_territory": [{"USA": 13.99, "LATAM": {"steps": {"2018-01": 8.99, "2019-01": 9.99}}, "default": 9.99}],
    "fact": ["population", "internet_users", "monthly_income"],
    "value": [3, {"value": {"pert": {"low": 1, "mode": 2, "high": 3}}}],
}  # fmt: skip


def test_every_form_is_tried_here():
    assert FORMS_WRITTEN.keys() == FORMS.keys()


@pytest.mark.parametrize(
    ("form", "inside"), [(form, inside) for form, all_ in FORMS_WRITTEN.items() for inside in all_]
)
def test_each_form_is_understood_and_frozen(form, inside):
    value = QUANTITY.validate_python({form: inside})
    assert type(value) is FORMS[form]
    with pytest.raises(ValidationError, match="frozen"):
        setattr(value, form, None)
    assert QUANTITY.validate_python(value) == value
    low, high = span(value)
    assert low <= high


@pytest.mark.parametrize("form", [form for form in FORMS if issubclass(FORMS[form], quantity.Distribution)])
def test_a_distribution_is_one_draw_for_all_unless_it_says_per_territory(form):
    inside = FORMS_WRITTEN[form][0]
    assert not QUANTITY.validate_python({form: inside}).per_territory
    assert QUANTITY.validate_python({form: inside, "per_territory": True}).per_territory


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"normal": {"p10": 5, "p90": 4}}, "p10 must be below p90; found p10 = 5, p90 = 4"),
        ({"normal": {"p10": 5, "p90": 5}}, "p10 must be below p90; found p10 = 5, p90 = 5"),
        ({"normal": {"mean": 1, "sd": 0}}, "sd must be above 0; found 0"),
        ({"normal": {"mean": 1}}, "takes p10 and p90, or mean and sd; found mean"),
        ({"normal": {"mean": 1, "sd": 1, "p10": 0}}, "takes p10 and p90, or mean and sd; found mean, p10, sd"),
        ({"lognormal": {}}, "takes p10 and p90, or mean and sd; found neither"),
        ({"lognormal": {"p10": 0, "p90": 4}}, "a lognormal is above 0; found 0"),
        ({"lognormal": {"mean": -2, "sd": 4}}, "a lognormal is above 0; found -2"),
        ({"lognormal": {"mean": 1, "sd": 1001}}, "sd must be at most 1,000 times the mean; found 1, 1001"),
        ({"triangular": {"low": 1, "mode": 5, "high": 4}}, "must be low ≤ mode ≤ high with low below high"),
        ({"pert": {"low": 4, "mode": 4, "high": 4}}, "found low = 4, high = 4, mode = 4"),
        ({"uniform": {"low": 2, "high": 1}}, "found low = 2, high = 1"),
        ({"beta": {"mean": 0, "sd": 0.1}}, "mean must lie between 0 and 1"),
        ({"beta": {"mean": 0.5, "sd": 0.5}}, "sd between 0 and 0.5; found 0.5, 0.5"),
        ({"beta": {"mean": 0.5, "sd": 0}}, "found 0.5, 0"),
        ({"discrete": {"1": 0.5, "2": 0.6}}, "must be 0 or more and sum to 1; found a sum of 1.1"),
        ({"discrete": {"1": 1.5, "2": -0.5}}, "must be 0 or more and sum to 1; found a sum of 1"),
        ({"discrete": {"many": 1}}, "must be a number, e.g. 0.031, 2.5% or 80 thousand; found 'many'"),
        ({"steps": {"2019-01": 1, "2018-01": 2}}, "dates must be in order; found 2019-01, 2018-01"),
        ({"growth": {"start": 1, "annual": -1}}, "must be more than -1; found -1"),
        ({"growth": {"start": 1, "annual": {"normal": {"mean": 0, "sd": 0.5}}}}, "found -1.54512 to 1.54512"),
        ({}, "is not a quantity: write a number, or one of normal, lognormal"),
        ({"normall": {"mean": 1, "sd": 1}}, "is not a quantity"),
    ],
)  # fmt: skip
def test_an_impossible_form_is_answered_with_what_was_found_and_what_is_allowed(written, said):
    assert said in refusal(Quantity, written)


@pytest.mark.parametrize(
    "written",
    [
        {"uniform": {"low": 1, "high": 2}, "pert": {"low": 1, "mode": 2, "high": 3}},
        {"uniform": {"low": 1, "mode": 2, "high": 3}},
        {"normal": {"mean": {"normal": {"mean": 0, "sd": 1}}, "sd": 1}},
        {"discrete": {}},
        {"discrete": 3},
        {"steps": {}},
        {"steps": [1, 2]},
        {"by_territory": {}},
        {"ramp": {"from": 1, "to": 2, "start": "2018-01", "months": 0}},
        {"ramp": {"from": 1, "to": 2, "start": "2018-01", "months": 2.5}},
        {"ramp": {"from": 1, "to": 2, "months": 2}},
        {"random_walk": {"start": 1, "annual_volatility": 0}},
        {"random_walk": {"start": 1, "annual_volatility": {"uniform": {"low": 0, "high": 1}}}},
        {"fact": "happiness"},
        {"value": None},
        {"value": 3, "source": 2018},
        {"source": "a report"},
        {"amount": 3, "currency": "USD"},
        [1, 2],
        None,
    ],
    ids=str,
)
def test_what_no_form_allows_is_refused(written):
    assert refusal(Quantity, written)


# How far a quantity reaches: all but 1 in 1,000 draws on each side


@pytest.mark.parametrize(
    ("written", "scipy"),
    [
        ({"normal": {"mean": 4, "sd": 2}}, stats.norm(4, 2)),
        ({"normal": {"p10": -1, "p90": 3}}, stats.norm(1, 2 / stats.norm.ppf(0.9))),
        ({"lognormal": {"p10": 2, "p90": 8}}, stats.lognorm(math.log(2) / stats.norm.ppf(0.9), scale=4)),
        ({"beta": {"mean": 0.3, "sd": 0.1}}, stats.beta(6, 14)),
    ],
)
def test_a_span_holds_all_but_1_in_1000_draws_on_each_side(written, scipy):
    value = QUANTITY.validate_python(written)
    assert span(value) == pytest.approx((scipy.ppf(0.001), scipy.ppf(0.999)), rel=1e-9)


def test_a_lognormal_with_a_mean_and_an_sd_has_them():
    mu, sigma = QUANTITY.validate_python({"lognormal": {"mean": 3, "sd": 2}}).moments()
    scipy = stats.lognorm(sigma, scale=math.exp(mu))
    assert (scipy.mean(), scipy.std()) == pytest.approx((3, 2))


def test_a_beta_with_a_mean_and_an_sd_has_them():
    scipy = stats.beta(*QUANTITY.validate_python({"beta": {"mean": 0.3, "sd": 0.1}}).shape())
    assert (scipy.mean(), scipy.std()) == pytest.approx((0.3, 0.1))


@pytest.mark.parametrize(
    ("written", "reach"),
    [
        (5, (5, 5)),
        ({"pert": {"low": 1, "mode": 2, "high": 4}}, (1, 4)),
        ({"discrete": {"3": 0.5, "-1": 0.5}}, (-1, 3)),
        ({"value": {"value": 2}}, (2, 2)),
        ({"ramp": {"from": 3, "to": {"uniform": {"low": 0, "high": 1}}, "start": "2018-01", "months": 3}}, (0, 3)),
        ({"steps": {"2018-01": 4, "2019-01": 2, "2020-01": 3}}, (2, 4)),
        ({"by_territory": {"USA": 1, "default": {"triangular": {"low": 2, "mode": 3, "high": 9}}}}, (1, 9)),
        ({"random_walk": {"start": 30, "annual_volatility": 0.1}}, (30, 30)),
    ],
)
def test_the_span_of_a_whole_covers_its_parts(written, reach):
    assert span(QUANTITY.validate_python(written)) == reach


def test_every_fact_is_above_1_as_its_span_says():
    low, high = span(QUANTITY.validate_python({"fact": "population"}))
    for place in territories().values():
        facts = (place.population, place.population * place.internet_share, place.gdp_usd / place.population / 12)
        assert all(low < fact < high for fact in facts)


# Ranges that a field allows


@pytest.mark.parametrize(
    "written", [0, 1, "50%", {"uniform": {"low": 0, "high": 1}}, {"beta": {"mean": 0.5, "sd": 0.4}}]
)
def test_a_share_lies_between_0_and_1(written):
    low, high = quantity.span(TypeAdapter(quantity.Share).validate_python(written))
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (1.2, "must be between 0 and 1; found 1.2"),
        ("-1%", "must be between 0% and 100%; found -1%"),
        ({"value": {"uniform": {"low": "50%", "high": "120%"}}}, "must be between 0% and 100%; found 50% to 120%"),
        ({"growth": {"start": 2, "annual": "3%"}}, "must be between 0 and 1; found 2"),
        ({"normal": {"mean": 0.9, "sd": 0.1}}, "found 0.590977 to 1.20902 (all but 1 in 1,000 draws on each side)"),
        ({"steps": {"2018-01": 0.5, "2019-01": 1.5}}, "found 0.5 to 1.5"),
        ({"fact": "population"}, "found 1 to inf"),
        ({"value": {"by_territory": {"USA": 2, "default": 0.5}}}, "found 0.5 to 2"),
    ],
)
def test_what_reaches_beyond_a_share_is_answered_with_how_far_as_it_was_written(written, found):
    assert found in refusal(quantity.Share, written)


def test_a_positive_quantity_stays_above_0():
    positive = TypeAdapter(quantity.Positive)
    positive.validate_python({"lognormal": {"p10": 0.01, "p90": 1}})
    positive.validate_python({"beta": {"mean": 0.1, "sd": 0.1}})
    for none in (0, {"discrete": {"0": 0.1, "5": 0.9}}, {"by_territory": {"USA": 0, "default": 2}}, -1):
        assert "must be more than 0; found " in refusal(quantity.Positive, none)


def test_what_may_not_be_negative_is_said_without_an_upper_bound():
    assert refusal(quantity.NonNegative, -2) == "must be 0 or more; found -2"


# Money


@pytest.mark.parametrize(
    ("written", "amount", "currency", "unit"),
    [
        ("80 thousand USD per episode", 80_000, "USD", "episode"),
        ("9 USD per month", 9, "USD", "month"),
        ("0.3 TWD per subscriber_month", 0.3, "TWD", "subscriber_month"),
        ("1.5 million EUR", 1_500_000, "EUR", None),
        (" 5 USD ", 5, "USD", None),
        ({"amount": 80000, "currency": "USD", "per": "episode"}, 80_000, "USD", "episode"),
        ({"value": "9 USD per month", "source": "a price list"}, 9, "USD", "month"),
        ({"value": {"value": {"amount": 9, "currency": "USD"}}, "note": "a guess"}, 9, "USD", None),
    ],
)
def test_money_is_an_amount_a_currency_and_what_it_is_paid_for(written, amount, currency, unit):
    value = MONEY.validate_python(written)
    assert per_unit(value) == unit
    assert span(value) == (amount, amount)
    while not isinstance(value, quantity.Money):
        value = value.value
    assert value.currency == currency


def test_a_plain_quantity_is_money_in_the_currency_of_the_scenario():
    for written in (5, "5 million", {"pert": {"low": 1, "mode": 2, "high": 3}}):
        value = MONEY.validate_python(written)
        assert per_unit(value) is None
        assert not isinstance(value, quantity.Money)


@pytest.mark.parametrize(
    "written", ["$9", "9 usd", "USD 9", "9USD", "9 USD a month", "9 USD per", "9,000 USD", "9 euros", "a lot", ""]
)
def test_what_is_no_money_is_answered_with_an_example(written):
    assert "must be money, e.g. 80 thousand USD per episode, or a number; found " in refusal(MoneyQuantity, written)


@pytest.mark.parametrize(
    "written",
    [
        {"amount": 3},
        {"amount": 3, "currency": "dollars"},
        {"amount": 3, "currency": "usd"},
        {"amount": 3, "currency": "USD", "per": "fortnight"},
        {"amount": {"amount": 3, "currency": "USD"}, "currency": "USD"},
        {"amount": "3 USD", "currency": "USD"},
        {"value": 3, "currency": "USD"},
        "9 USD per fortnight",
    ],
    ids=str,
)
def test_money_of_a_wrong_shape_is_refused(written):
    assert refusal(MoneyQuantity, written)


def test_what_is_paid_for_something_else_is_answered_with_what_was_found_and_what_is_allowed():
    hourly = Annotated[MoneyQuantity, quantity.paid_per(None, "hour")]
    assert refusal(hourly, "9 USD per episode") == "must be a plain sum or per hour; found per episode"
    monthly = Annotated[MoneyQuantity, quantity.paid_per("subscriber_month")]
    assert refusal(monthly, 9) == "must be per subscriber_month; found a plain sum"
    for right in ("9 USD per hour", "9 USD", 9, {"value": "9 USD per hour", "note": "a guess"}):
        TypeAdapter(hourly).validate_python(right)


@pytest.mark.parametrize(
    ("bounds", "sd", "good"), [("Positive", 0.32, False), ("Positive", 0.12, True), ("GrowthRate", 0.26, False)]
)
def test_what_something_is_divided_by_is_above_its_bound_in_every_draw_and_not_in_999_of_1000(bounds, sd, good):
    kind = TypeAdapter(getattr(quantity, bounds))
    normal = {"normal": {"mean": 1.0 if bounds == "Positive" else 0.0, "sd": sd}}
    if good:
        assert kind.validate_python(normal).normal.sd == sd
    else:
        with pytest.raises(ValidationError, match=r"in every draw; found a normal that reaches .*: use a lognormal"):
            kind.validate_python(normal)
