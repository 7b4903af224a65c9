"""Every form of a quantity, nested as deep as one likes, against a slow evaluator of one number at a time."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scenarios_for_tests import EVERYTHING, FRAME, form

from simlib.data import territories
from simlib.scenario.load import loads
from simlib.scenario.quantity import MoneyQuantity
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.sampling import draw, quantiles, shocks, stratified, walk

HERE = ("TWN", "HKG", "USA", "DEU")  # the territories of FRAME, in the order of the file
WIDER = {
    "TWN": ["TWN", "TW", "chinese_language", "islands", "APAC"],
    "HKG": ["HKG", "HK", "chinese_language", "APAC"],
    "USA": ["USA", "US", "UCAN"],
    "DEU": ["DEU", "DE", "EMEA"],
}  # the names of a place, the narrowest first; of groups, the one given first
GROUPS = {"chinese_language", "islands"}
DRAWS, SEED, NAME = 6, 3, "audience.annual_growth"


def months_from(start, month):
    """Months from one month to another, counted one by one."""
    year, of_year = map(int, start.split("-"))
    count, step = 0, 1 if month >= start else -1
    while f"{year}-{of_year:02d}" != month:
        of_year += step
        year, of_year = (year + 1, 1) if of_year == 13 else (year - 1, 12) if of_year == 0 else (year, of_year)
        count += step
    return count


def block_of(text=FRAME, step="month", inputs=None, first=0, last=DRAWS, periods=8):
    scenario = loads(text, {"horizon.step": step, "horizon.periods": periods})
    kept = {name: values[first:last] for name, values in (inputs or {}).items()}
    return Block(Frame(scenario, SEED), first, last, kept)


def inputs_of(written, places=HERE):
    """Draws of the distributions in a quantity, by the names that they go by."""

    def walk_through(value, name):
        if not isinstance(value, dict) or "fact" in value:
            return
        forms = {"normal", "lognormal", "uniform", "pert", "triangular", "beta", "discrete"} & value.keys()
        if forms:
            names = [f"{name}[{place}]" for place in places] if value.get("per_territory") else [name]
            found.update({key: quantiles(form(value), stratified(SEED, key, DRAWS)) for key in names})
        elif "value" in value:
            walk_through(value["value"], name)
        elif "ramp" in value:
            walk_through(value["ramp"]["from"], f"{name}.from")
            walk_through(value["ramp"]["to"], f"{name}.to")
        elif "growth" in value:
            walk_through(value["growth"]["start"], f"{name}.start")
            walk_through(value["growth"]["annual"], f"{name}.annual")
        else:
            for key, child in (value.get("steps") or value.get("by_territory")).items():
                walk_through(child, f"{name}.{key}")

    found = {}
    walk_through(written, NAME)
    return found


def slowly(value, month, place, which, inputs, name=NAME, start="2017-11", months_per_period=1):
    """One number: a quantity as it is written, in the period that starts `month` months on, one place, one draw."""

    def inner(child, part, at=month):
        return slowly(child, at, place, which, inputs, f"{name}.{part}", start, months_per_period)

    if not isinstance(value, dict):
        return float(value)
    if "value" in value:
        return slowly(value["value"], month, place, which, inputs, name, start, months_per_period)
    if "ramp" in value:
        ramp = value["ramp"]
        low, high = inner(ramp["from"], "from"), inner(ramp["to"], "to")
        begins = months_from(start, ramp["start"])
        if month <= begins:
            return low
        if month >= begins + ramp["months"]:
            return high
        return low + (high - low) * (month - begins) / ramp["months"]
    if "steps" in value:
        current = next(iter(value["steps"]))
        for date in value["steps"]:
            if months_from(start, date) <= month:
                current = date
        return inner(value["steps"][current], current)
    if "growth" in value:
        grown = 1.0
        for before in range(0, month, months_per_period):  # each period grows at its own rate
            grown *= (1 + inner(value["growth"]["annual"], "annual", before)) ** (months_per_period / 12)
        return inner(value["growth"]["start"], "start") * grown
    if "by_territory" in value:
        given_names = list(value["by_territory"])
        codes = [name for name in given_names if name in WIDER[place] and name.isupper() and len(name) < 4]
        groups = [name for name in given_names if name in WIDER[place] and name in GROUPS]
        regions = [name for name in given_names if name == WIDER[place][-1]]
        chosen = (codes + groups + regions + ["default"])[0]
        return inner(value["by_territory"][chosen], chosen)
    if "fact" in value:
        known = territories()[place]
        return {
            "population": known.population,
            "internet_users": known.population * known.internet_share,
            "monthly_income": known.gdp_usd / known.population / 12,
        }[value["fact"]]
    return inputs[f"{name}[{place}]" if value.get("per_territory") else name][which]


def evaluated(written, block):
    """The quantity as an array of every period, territory and draw."""
    value = form(written)
    array = block.number(value, NAME)
    assert array.ndim == 3
    return np.broadcast_to(array, (block.frame.periods, len(HERE), block.draws))


def assert_as_written(written, step="month", periods=8):
    inputs = inputs_of(written)
    block = block_of(step=step, inputs=inputs, periods=periods)
    length = {"month": 1, "quarter": 3, "year": 12}[step]
    found = evaluated(written, block)
    for place, code in enumerate(block.frame.territories):
        for period in range(periods):
            for which in range(DRAWS):
                expected = slowly(written, period * length, code, which, inputs, months_per_period=length)
                assert found[period, place, which] == pytest.approx(expected, rel=1e-12, abs=1e-12)


WRITTEN = {
    "a number": 0.031,
    "a share": {"value": 0.025, "source": "a letter", "note": "twice read"},
    "a distribution": {"lognormal": {"p10": 0.02, "p90": 0.05}},
    "a distribution for each territory": {"uniform": {"low": 0, "high": 1}, "per_territory": True},
    "a fact": {"fact": "internet_users"},
    "income": {"fact": "monthly_income"},
    "a ramp within the horizon": {"ramp": {"from": 1, "to": 4, "start": "2018-01", "months": 3}},
    "a ramp that began before": {"ramp": {"from": 1, "to": 4, "start": "2016-01", "months": 24}},
    "a ramp that is over": {"ramp": {"from": 1, "to": 4, "start": "2010-01", "months": 24}},
    "a ramp yet to come": {"ramp": {"from": 1, "to": 4, "start": "2030-01", "months": 24}},
    "steps": {"steps": {"2017-11": 9.99, "2018-02": 10.99, "2018-05": 12.99}},
    "steps that began before": {"steps": {"2010-01": 1, "2016-05": 2, "2018-01": 3, "2040-01": 4}},
    "growth": {"growth": {"start": 9.99, "annual": 0.04}},
    "growth at an uncertain rate": {"growth": {"start": 9.99, "annual": {"normal": {"mean": 0.04, "sd": 0.02}}}},
    "growth that stops": {"growth": {"start": 100, "annual": {"steps": {"2017-11": 0.12, "2018-02": 0}}}},
    "a ramp to an uncertain value": {
        "ramp": {"from": 1, "to": {"uniform": {"low": 2, "high": 4}}, "start": "2017-12", "months": 5}
    },
    "steps to a ramp": {
        "steps": {"2017-11": 1, "2018-01": {"ramp": {"from": 2, "to": 6, "start": "2018-01", "months": 4}}}
    },
    "steps to a place's own": {"steps": {"2017-11": 1, "2018-01": {"by_territory": {"TWN": 2, "default": 3}}}},
    "a place's own ramp": {
        "by_territory": {
            "UCAN": {"ramp": {"from": 2, "to": 6, "start": "2018-01", "months": 4}},
            "TWN": {"uniform": {"low": 0, "high": 1}},
            "default": {"beta": {"mean": 0.3, "sd": 0.1}, "per_territory": True},
        }
    },
}


@pytest.mark.parametrize("step", ["month", "quarter", "year"])
@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_quantity_is_what_its_words_say(written, step):
    assert_as_written(written, step, periods=5 if step == "month" else 3)


def distributions():
    low = st.floats(0, 5)
    return st.builds(
        lambda low, width, form, places: form(low, low + width) | places,
        low,
        st.floats(0.1, 5),
        st.sampled_from(
            [
                lambda low, high: {"uniform": {"low": low, "high": high}},
                lambda low, high: {"lognormal": {"p10": low + 0.1, "p90": high + 0.1}},
                lambda low, high: {"pert": {"low": low, "mode": low, "high": high}},
                lambda low, high: {"discrete": {repr(low): 0.25, repr(high): 0.75}},
            ]
        ),
        st.sampled_from([{}, {"per_territory": True}]),
    )


MONTHS = st.sampled_from(["2017-09", "2017-11", "2017-12", "2018-03", "2018-06", "2019-02"])
PLACES = st.sets(st.sampled_from(["TWN", "HK", "US", "DEU", "islands", "chinese_language", "APAC", "UCAN"]), max_size=4)


def nested(inner):
    """Forms that hold other quantities."""
    ramps = st.builds(
        lambda low, high, start, months: {"ramp": {"from": low, "to": high, "start": start, "months": months}},
        inner, inner, MONTHS, st.integers(1, 30),
    )  # fmt: skip
    steps = st.builds(
        lambda first, later: {"steps": {"2017-11": first, **dict(sorted(later.items()))}},
        inner,
        st.dictionaries(st.sampled_from(["2017-12", "2018-01", "2018-04", "2020-01"]), inner, max_size=3),
    )
    places = PLACES.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys([*names, "default"], inner)))
    growths = st.builds(
        lambda start, annual: {"growth": {"start": start, "annual": annual}}, distributions() | st.floats(0, 9), inner
    )
    sourced = inner.map(lambda value: {"value": value, "note": "a guess"})
    return ramps | steps | places.map(lambda by: {"by_territory": by}) | growths | sourced


QUANTITIES = st.recursive(st.floats(0, 9) | distributions(), nested, max_leaves=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(QUANTITIES, st.sampled_from(["month", "quarter"]))
@example({"by_territory": {"chinese_language": 1, "islands": 2, "default": 3}}, "month")
@example({"by_territory": {"islands": 2, "chinese_language": 1, "HK": 4, "default": 3}}, "month")
def test_quantities_nest(written, step):
    assert_as_written(written, step, periods=3)


def test_the_narrowest_name_of_a_place_wins():
    given_names = {"default": 1, "APAC": 2, "chinese_language": 3, "TW": 4}
    block = block_of()
    order = list(block.frame.territories)

    def value_in(code, names):
        by = {"by_territory": {name: given_names[name] for name in names}}
        return evaluated(by, block)[0, order.index(code), 0]

    assert value_in("TWN", ["default", "APAC", "chinese_language", "TW"]) == 4
    assert value_in("TWN", ["default", "APAC", "chinese_language"]) == 3
    assert value_in("TWN", ["default", "APAC"]) == 2
    assert value_in("TWN", ["default"]) == 1
    assert value_in("HKG", ["default", "APAC", "chinese_language", "TW"]) == 3
    assert value_in("USA", ["default", "APAC", "chinese_language", "TW"]) == 1


def test_a_quantity_is_no_larger_than_it_varies():
    inputs = inputs_of({"uniform": {"low": 0, "high": 1}})
    block = block_of(inputs=inputs)
    assert block.number(0.5, NAME).shape == (1, 1, 1)
    assert block.number(form({"uniform": {"low": 0, "high": 1}}), NAME).shape == (1, 1, DRAWS)


def test_a_share_stays_between_0_and_1_and_an_amount_above_0():
    written = form({"normal": {"mean": 0.5, "sd": 1}})
    inputs = {NAME: np.array([-0.3, 0.2, 1.4])}
    block = block_of(inputs=inputs, last=3)
    assert block.share(written, NAME).ravel().tolist() == [0, 0.2, 1]
    assert block.amount(written, NAME).ravel().tolist() == [0, 0.2, 1.4]


# The frame


def test_periods_are_labelled_by_their_first_month():
    assert Frame(loads(FRAME), 0).labels[:4] == ("2017-11", "2017-12", "2018-01", "2018-02")
    quarters = Frame(loads(FRAME, {"horizon.step": "quarter", "horizon.periods": 3}), 0)
    assert (quarters.labels, quarters.step) == (("2017-11", "2018-02", "2018-05"), 0.25)
    assert Frame(loads(FRAME, {"horizon.step": "year", "horizon.periods": 2}), 0).labels == ("2017-11", "2018-11")


# Money

MONEY = (
    FRAME
    + """
title:
  {name: t, tier: online, episodes: 32, hours: 24, completion: 1, appeal: 1, hit: 1, decay: {scale_months: 1, tail: 1}}
fx:
  TWD: {random_walk: {start: {uniform: {low: 29, high: 31}}, annual_volatility: 20%}}
  EUR: {steps: {2017-11: 0.8, 2018-02: 0.9}}
"""
)


def money(written, text=MONEY, name="deals.a.terms.flat_fee.amount"):
    scenario = loads(text)
    block = Block(Frame(scenario, SEED), 0, DRAWS, draw(scenario, HERE, DRAWS, SEED))
    value = TypeAdapter(MoneyQuantity).validate_python(written)
    return block.money(value, name), block.cash(value, name)


def test_plain_money_is_in_the_scenarios_currency():
    for written in (80_000, "80 thousand USD", {"amount": 80_000, "currency": "USD"}, {"value": "80_000 USD"}):
        (amount, rate), cash = money(written)
        assert amount.item() == cash.item() == 80_000
        assert rate.item() == 1


def test_money_per_episode_is_for_all_episodes():
    (amount, _), cash = money({"value": {"value": "80 thousand USD per episode"}, "source": "press"})
    assert amount.item() == cash.item() == 32 * 80_000
    (amount, _), _ = money("80 thousand USD per title")
    assert amount.item() == 80_000


def test_another_currency_is_divided_by_its_units_for_one_of_ours():
    (amount, rate), cash = money("90 EUR per hour")
    assert amount.item() == 90
    assert rate.ravel().tolist() == [0.8] * 3 + [0.9] * 5
    assert cash.ravel().tolist() == pytest.approx([112.5] * 3 + [100] * 5)


def test_a_rate_of_exchange_wanders_from_its_own_start():
    (_, rate), cash = money("1 million TWD per episode")
    start = quantiles(form({"uniform": {"low": 29, "high": 31}}), stratified(SEED, "fx.TWD.start", DRAWS))
    wandering = form({"random_walk": {"start": 1, "annual_volatility": 0.2}})
    factor = walk(wandering, shocks(SEED, "fx.TWD", 8, 0, DRAWS), 1 / 12)
    assert rate.shape == (8, 1, DRAWS)
    np.testing.assert_allclose(rate[:, 0], start * factor, rtol=1e-15)
    np.testing.assert_allclose(cash[:, 0], 32e6 / (start * factor), rtol=1e-14)


# Markets


def test_a_market_takes_its_own_value_or_the_default():
    scenario = loads(EVERYTHING)
    codes = ("TWN", "HKG", "USA", "DEU", "BRA")
    block = Block(Frame(scenario, SEED), 0, DRAWS, draw(scenario, codes, DRAWS, SEED)).by_market()
    assert block.number(scenario.habits.enforcement, "habits.enforcement").ravel().tolist() == [0.06, 0.1]
    states = block.number(scenario.habits.opening.unlicensed, "habits.opening.unlicensed")
    assert states.shape == (1, 2, DRAWS)
    assert (states[0, 0] == 0.45).all()
    assert np.array_equal(states[0, 1], block.inputs["habits.opening.unlicensed.world"])
    other = form({"by_territory": {"world": 1, "default": 2}})
    assert block.number(other, "habits.win_back").ravel().tolist() == [2, 1]


def test_a_draw_for_each_market_is_one_for_each_market():
    text = EVERYTHING.replace("win_back: 0.4", "win_back: {uniform: {low: 0, high: 1}, per_territory: true}")
    scenario = loads(text)
    inputs = draw(scenario, ("TWN", "HKG", "USA", "DEU", "BRA"), DRAWS, SEED)
    block = Block(Frame(scenario, SEED), 0, DRAWS, inputs).by_market()
    found = block.number(scenario.habits.win_back, "habits.win_back")
    assert found.shape == (1, 2, DRAWS)
    for market, row in zip(("home", "world"), found[0], strict=True):
        np.testing.assert_array_equal(row, stratified(SEED, f"habits.win_back[{market}]", DRAWS))


def test_a_territory_belongs_to_the_first_market_that_has_it():
    frame = Frame(loads(EVERYTHING), 0)
    markets = dict(zip(frame.territories, frame.market_of.tolist(), strict=True))
    assert markets == {"TWN": 0, "HKG": 0, "USA": 1, "DEU": 1, "BRA": 1}


def test_a_fact_in_dollars_is_turned_into_the_scenarios_currency():
    dollars, euros = block_of(FRAME), block_of(FRAME.replace("currency: USD", "currency: EUR") + "fx: {USD: 1.25}\n")
    income, population = ({"fact": name} for name in ("monthly_income", "population"))
    np.testing.assert_allclose(dollars.number(form(income), "x"), 1.25 * euros.number(form(income), "x"))
    np.testing.assert_array_equal(dollars.number(form(population), "x"), euros.number(form(population), "x"))
