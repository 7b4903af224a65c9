"""One scenario through all the models: recomputed by hand, conserved, the same bytes in blocks of any size."""

import json
from dataclasses import replace
from itertools import pairwise
from math import exp, isfinite, log

import numpy as np
import pytest
from accounts_for_tests import RICH
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenarios_for_tests import CHURNS, CONSTANT, EVERYTHING, MEMBERSHIP, PACE

from simlib.data import territories
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads
from simlib.scenario.walk import parts
from simlib.simulation.engine import blocks, simulate
from simlib.simulation.evaluate import Block, Frame

FLAGSHIP = "scenarios/day-and-night.yml"
MONTH, MARKET = 1 / 12, {"TWN": "home", "USA": "world", "DEU": "world"}
INCOME = {"TWN": 2100, "USA": 5000, "DEU": 3700}


# By hand: one draw of MEMBERSHIP, every number from the definitions

STATION = """
  station:
    licensor: youku
    licensee: station
    rights: {media: [free_tv], territories: [TWN, DEU], start: 2018-02, months: 5, exclusive: true}
    exploitation:
      by: viewing
      reach: {pert: {low: 8%, mode: 18%, high: 35%}}
      free_hour: 0.04 USD per hour
      paid_hour: {amount: {by_territory: {TWN: 0.1, DEU: 0.3, default: 9}}, currency: USD, per: hour}
    terms:
      - {clause: distribution_fee, share: 30%}
      - {clause: revenue_share, share: 55%, base: net}
    withholding_tax: 10%
    gross_up: false
    payment_lag_months: 2
packages:
"""
BY_HAND = MEMBERSHIP.replace("\npackages:\n", STATION).replace("netflix: 8%}", "netflix: 8%, station: 9%}")


def users(code):
    germany = territories()["DEU"]
    return {"TWN": 18e6, "USA": 250e6, "DEU": germany.population * germany.internet_share}[code]


def audience_growth(x):
    return {code: 0.06 if code == "TWN" else x["audience.annual_growth.default"] for code in MARKET}


def audience_mean(market, x, values):
    """Mean over a market's territories, weighted by the audience at the start."""
    weights = {code: users(code) * x["audience.video_share"] for code, where in MARKET.items() if where == market}
    return sum(weights[code] * values[code] for code in weights) / sum(weights.values())


def habits_by_hand(x, market):
    """Paying and free shares of a market at each month's end."""
    home = market == "home"
    unlicensed = 0.45 if home else x["habits.opening.unlicensed.world"]
    habitual = 0.06 if home else 0.25
    state = {"U": unlicensed, "P": 0.05, "H": habitual, "L": 0.04}
    state["F"] = 1 - sum(state.values())
    growth = (1 + audience_mean(market, x, audience_growth(x))) ** MONTH
    income = audience_mean(market, x, INCOME)
    affordability = min(1.5, (9 / (0.003 * income)) ** -x["habits.affordability.elasticity"])
    enforcement = 0.06 if home else 0.1
    paying, free = [], []
    for month in range(12):
        size = sum(state.values())
        here = state["U"] + state["F"]
        state["U"], state["F"] = (state[s] + size * (growth - 1) * state[s] / here for s in "UF")
        size = sum(state.values())
        intensity = 0.2 + 0.2 * min(max(month - 2, 0) / 6, 1)  # from 2018-01, for six months
        word_of_mouth = x["habits.imitation"] * (state["P"] + state["H"])
        word_of_mouth += x["habits.unlicensed_word_of_mouth"] * state["U"]
        pay = max(x["habits.innovation"] + word_of_mouth / size, 0) * affordability * (1 + 0.3 * intensity)
        ways = {
            "U": {"F": enforcement},
            "F": {"P": pay, "U": 0.03},
            "P": {"H": x["habits.habit_formation"], "L": -12 * log(1 - x["habits.new_payer_monthly_churn"])},
            "H": {"L": -12 * log(1 - 0.01)},
            "L": {"P": 0.4, "U": 0.08},
        }
        after = dict.fromkeys(state, 0.0)
        for origin, hazards in ways.items():
            total = sum(hazards.values())
            leaving = state[origin] * (1 - exp(-total * MONTH))
            after[origin] += state[origin] - leaving
            for goal, hazard in hazards.items():
                after[goal] += leaving * hazard / total
        state = after
        paying.append((state["P"] + state["H"]) / sum(state.values()))
        free.append(state["F"] / sum(state.values()))
    return paying, free


def hours_each(x, code):
    appeal = x["title.appeal.TWN"] if code == "TWN" else 0.004
    return min(appeal * x["title.hit"], 1) * 24 * x["title.completion"]


def viewed(x, opens, months):
    """Share of lifetime viewing in each month of a window."""

    def within(age):
        return 1 - (1 + min(max(age, 0), months) / x["title.decay.scale_months"]) ** -x["title.decay.tail"]

    return [within(month + 1 - opens) - within(month - opens) for month in range(12)]


def audience(x, code, month):
    """The audience at a month's end."""
    return users(code) * x["audience.video_share"] * (1 + audience_growth(x)[code]) ** ((month + 1) * MONTH)


def served(x, code, shares, first):
    """People of a share of the audience on average over each month: half those at its opening, half those at its end."""
    at_end = [audience(x, code, month) * shares[month] for month in range(12)]
    at_opening = [users(code) * x["audience.video_share"] * first, *at_end[:-1]]
    return [(one + other) / 2 for one, other in zip(at_opening, at_end, strict=True)]


def present(cash, rate):
    return sum(amount / (1 + rate) ** ((month + 0.5) * MONTH) for month, amount in enumerate(cash))


def members_by_hand(x):
    """Members, gross adds without and with the title, and hours of it: {territory: one of each per month}."""
    paying = {market: habits_by_hand(x, market)[0] for market in ("home", "world")}
    window, found = viewed(x, opens=2, months=8), {}

    def potential(code, month):
        beside = INCOME[code] / audience_mean(MARKET[code], x, INCOME)
        rich = min(beside ** x["subscribers.potential.income.elasticity"], 1.01)
        payers = audience(x, code, month) * paying[MARKET[code]][month]
        return payers * x["subscribers.potential.share"] * rich

    abroad = potential("USA", 0) + potential("DEU", 0)
    opening = {code: 55e6 * potential(code, 0) / abroad for code in ("USA", "DEU")}
    opening["TWN"] = x["subscribers.opening.home.members"]
    for code in MARKET:
        each = hours_each(x, code) if code in ("TWN", "USA") else 0
        for title in (False, True):
            members, path, joined, hours = opening[code], [], [], []
            for month in range(12):
                pull = each * window[month] / 42 if title else 0
                kept = 0.9 if code == "TWN" else x["subscribers.title_effect.churn_elasticity.default"]
                churn = 0.03 if code == "TWN" else x["subscribers.monthly_churn.default"]
                churn *= max(1 - kept * pull, 0)
                lift = 1 + x["subscribers.title_effect.adds_elasticity"] * pull
                lift *= {2: 1.2, 8: 0.8}.get(month, 1)  # January and July
                most = potential(code, month)
                imitation = 0.3 if code == "USA" else x["subscribers.imitation.default"]
                hazard = (x["subscribers.innovation"] + imitation * members / most) * lift
                joined.append(max(most - members, 0) * (1 - exp(-hazard * MONTH)))
                before, members = members, members + joined[-1] - churn * members
                path.append(members)
                hours.append((before + members) / 2 * each * window[month])
            found[code, title] = path, joined, hours
    return found


def netflix_by_hand(x):
    """NPV of licensee and licensor, members and what the title adds to them."""
    found = members_by_hand(x)
    without = [sum(found[code, False][0][month] for code in MARKET) for month in range(12)]
    gained = [sum(found[code, True][0][month] for code in MARKET) - without[month] for month in range(12)]
    platform, licensor = [0.0] * 12, [0.0] * 12
    hours = 0.0
    for code in MARKET:
        (path, joined, _), (with_path, with_joined, viewing) = found[code, False], found[code, True]
        more = [0, *(w - o for w, o in zip(with_path, path, strict=True))]
        for month in range(12):
            price = 8 * 1.04 ** (month / 12) if code == "TWN" else 10
            platform[month] += price * (more[month] + more[month + 1]) / 2
            platform[month] -= 0.01 * viewing[month] + 5 * (with_joined[month] - joined[month])
        hours += sum(viewing)
    platform[2] -= x["platform.costs.content"] + 2400
    licensor[2] -= x["deals.netflix.licensor_cost.amount"]
    fee = 32 * x["deals.netflix.terms.flat_fee.amount"]
    for month, share in ((2, 0.5), (8, 0.4)):
        platform[month] -= fee * share
        licensor[month] += fee * share * (1 - x["deals.netflix.withholding_tax"])
    return {
        "members": without,
        "gained": gained,
        "hours": hours,
        "licensee_npv": present(platform, 0.08),
        "licensor_npv": present(licensor, x["discount_rates.youku"]),
        "beyond": 0.1 * fee,
    }


def station_by_hand(x):
    """NPV, hours and what falls due after the end of a deal by viewing."""
    window, cash, due, hours = viewed(x, opens=3, months=5), [0.0] * 12, [0.0] * 14, 0.0
    for code, paid_hour in (("TWN", 0.1), ("DEU", 0.3)):
        paying, free = habits_by_hand(x, MARKET[code])
        pay_first = 0.11 if MARKET[code] == "home" else 0.30
        free_first = 0.85 - (0.45 if MARKET[code] == "home" else x["habits.opening.unlicensed.world"] + 0.19)
        pays, watches_free = served(x, code, paying, pay_first), served(x, code, free, free_first)
        for month in range(12):
            each = x["deals.station.exploitation.reach"] * hours_each(x, code) * window[month]
            receipts = each * (0.04 * watches_free[month] + paid_hour * pays[month])
            hours += each * (watches_free[month] + pays[month])
            cash[month] += receipts
            due[month + 2] += 0.55 * 0.7 * receipts
    for month in range(12):
        cash[month] -= due[month]
    return {"licensee_npv": present(cash, 0.09), "hours": hours, "beyond": sum(due[12:])}


@pytest.fixture(scope="module")
def by_hand():
    outcome = simulate(loads(BY_HAND))
    picked = [0, 7, 39]
    return outcome, [(which, {name: float(draws[which]) for name, draws in outcome.inputs.items()}) for which in picked]


def test_paying_ratios_are_those_by_hand(by_hand):
    outcome, picked = by_hand
    for which, x in picked:
        for market in ("home", "world"):
            path = outcome.paths[f"paying_ratio.{market}"].values[:, which]
            assert path.tolist() == pytest.approx(habits_by_hand(x, market)[0], rel=1e-10)


def test_a_membership_deal_is_worth_what_it_is_by_hand(by_hand):
    outcome, picked = by_hand
    for which, x in picked:
        expected = netflix_by_hand(x)
        assert outcome.paths["members"].values[:, which].tolist() == pytest.approx(expected["members"], rel=1e-9)
        gained = outcome.paths["deals.netflix.members_gained"].values[:, which].tolist()
        assert gained == pytest.approx(expected["gained"], rel=1e-9, abs=1e-6)  # differences of 50 million members
        assert outcome["deals.netflix.licensee_npv"][which] == pytest.approx(expected["licensee_npv"], rel=1e-9)
        assert outcome["packages.worldwide.licensor_npv"][which] == pytest.approx(expected["licensor_npv"], rel=1e-9)
        assert outcome["deals.netflix.hours"][which] == pytest.approx(expected["hours"], rel=1e-9)
        assert outcome["deals.netflix.beyond_horizon"][which] == pytest.approx(expected["beyond"], rel=1e-9)


def test_a_viewing_deal_is_worth_what_it_is_by_hand(by_hand):
    outcome, picked = by_hand
    for which, x in picked:
        expected = station_by_hand(x)
        assert outcome["deals.station.licensee_npv"][which] == pytest.approx(expected["licensee_npv"], rel=1e-9)
        assert outcome["deals.station.hours"][which] == pytest.approx(expected["hours"], rel=1e-9)
        assert outcome["deals.station.beyond_horizon"][which] == pytest.approx(expected["beyond"], rel=1e-9)


def test_a_fee_for_each_member_and_month_counts_the_members_of_the_window_where_rights_are_granted():
    fee = "      - {clause: per_subscriber, amount: 0.001 USD per subscriber_month}\n    withholding_tax"
    text = MEMBERSHIP.replace("    withholding_tax", fee, 1)
    outcome = simulate(loads(text))
    paid = next(flow.mean for flow in outcome.flows if flow.clause == "per_subscriber" and flow.payee == "youku")
    before = next(flow.mean for flow in simulate(loads(MEMBERSHIP)).flows if flow.clause == "flat_fee")
    assert before.shape == paid.shape == (12,)
    expected = np.zeros(12)
    for which in range(outcome.draws):
        x = {name: float(draws[which]) for name, draws in outcome.inputs.items()}
        found = members_by_hand(x)
        for code in ("TWN", "USA"):
            path = found[code, True][0]
            for month in range(2, 10):
                tax = x["deals.netflix.withholding_tax"]
                expected[month] += 0.001 * (path[month - 1] + path[month]) / 2 * (1 - tax) / outcome.draws
    np.testing.assert_allclose(paid, expected, rtol=1e-9)


# The same bytes


def assert_same_bytes(one, other):
    assert one.outputs.keys() == other.outputs.keys()
    for name in one.outputs:
        assert np.array_equal(one[name], other[name], equal_nan=True), name
    for kind in ("paths", "by_territory", "inputs"):
        ours, theirs = getattr(one, kind), getattr(other, kind)
        assert ours.keys() == theirs.keys()
        for name in ours:
            left, right = (getattr(kept[name], "values", kept[name]) for kept in (ours, theirs))
            assert np.array_equal(left, right), (kind, name)
    for ours, theirs in zip(one.flows, other.flows, strict=True):
        assert replace(ours, mean=None) == replace(theirs, mean=None)
        assert np.array_equal(ours.mean, theirs.mean), ours


def test_a_scenario_with_everything_gives_the_same_bytes_in_blocks_of_any_size():
    scenario = loads(EVERYTHING)
    whole = simulate(scenario, draws=130)
    for size in (1, 7, 64, 1000):
        assert_same_bytes(whole, simulate(scenario, draws=130, block=size))


@pytest.mark.parametrize("churn", CHURNS.values(), ids=CHURNS)
def test_every_form_of_churn_gives_the_same_bytes_in_blocks_of_any_size(churn):
    scenario = loads(MEMBERSHIP.replace(CONSTANT, churn + PACE))
    whole = simulate(scenario, draws=130)
    for size in (1, 7, 64):
        assert_same_bytes(whole, simulate(scenario, draws=130, block=size))


def test_accounts_of_every_kind_give_the_same_bytes_in_blocks_of_any_size():
    scenario = loads(RICH)
    whole = simulate(scenario, draws=65)
    for size in (1, 7, 64):
        assert_same_bytes(whole, simulate(scenario, draws=65, block=size))


@pytest.mark.parametrize(("draws", "size"), [(2, 1), (7, 3), (9, 4), (64, 64), (65, 64), (130, 64)])
def test_blocks_hold_every_draw_once_and_none_is_alone(draws, size):
    found = list(blocks(Block(Frame(loads(MEMBERSHIP), 1), 0, draws, {"x": np.arange(draws)}), size))
    assert np.concatenate([block.inputs["x"] for block in found]).tolist() == list(range(draws))
    assert min(block.draws for block in found) >= 2


def test_blocks_may_cut_those_of_the_shocks():
    scenario = loads(EVERYTHING)
    whole = simulate(scenario, draws=2100)
    for size in (300, 1000, 1024):
        assert_same_bytes(whole, simulate(scenario, draws=2100, block=size))


def test_the_flagship_gives_the_same_bytes_in_blocks_of_any_size():
    scenario = load(FLAGSHIP)
    whole = simulate(scenario, draws=20)
    for size in (1, 7, 64, 1000):
        assert_same_bytes(whole, simulate(scenario, draws=20, block=size))


def test_a_seed_gives_the_same_bytes_again_and_another_gives_others():
    scenario = loads(EVERYTHING)
    assert_same_bytes(simulate(scenario), simulate(scenario))
    assert_same_bytes(simulate(scenario, seed=0), simulate(loads(EVERYTHING, {"simulation.seed": 0})))
    one, other = simulate(scenario, seed=0), simulate(scenario, seed=1)
    assert not np.array_equal(one["members"], other["members"])
    assert not np.array_equal(one["deals.station.licensee_npv"], other["deals.station.licensee_npv"])


def test_progress_is_told_up_to_the_last_draw():
    told = []
    simulate(load(FLAGSHIP), draws=2000, progress=told.append)
    assert told == [1024, 2000]


def test_one_draw_is_too_few():
    with pytest.raises(ValueError, match="2 draws"):
        simulate(loads(MEMBERSHIP), draws=1)


def test_an_outcome_names_the_outputs_that_it_has():
    with pytest.raises(KeyError, match=r"deals\.netflix\.licensee_npv"):
        simulate(loads(MEMBERSHIP), draws=4)["licensee_npv"]


# Common random numbers


def test_scenarios_that_differ_in_one_number_differ_only_where_it_matters():
    text, fee = EVERYTHING.partition("\ncorrelations:")[0], "deals.netflix.terms.0.amount.amount"
    one, other = simulate(loads(text)), simulate(loads(text, {fee: "30 thousand"}))
    moved = {name for name in one.outputs if not np.array_equal(one[name], other[name], equal_nan=True)}
    theirs = {"deals.netflix.licensee_npv", "negotiation.fee"}
    assert moved - {"deals.netflix.licensee_irr", "deals.netflix.licensee_payback"} == theirs | {
        "packages.worldwide.licensor_npv",
        "packages.worldwide.licensee_npv",
        "negotiation.licensor_npv_without_fee",
        "negotiation.licensee_npv_without_fee",
    }
    for side in ("licensor", "licensee"):  # but for the fee nothing has changed beyond rounding
        name = f"negotiation.{side}_npv_without_fee"
        np.testing.assert_allclose(one[name], other[name], rtol=1e-9, atol=1e-3)
    assert np.array_equal(one.paths["members"].values, other.paths["members"].values)
    gain = other["deals.netflix.licensee_npv"] - one["deals.netflix.licensee_npv"]
    less = one["negotiation.fee"] - 32 * 30_000
    np.testing.assert_allclose(gain, less * one["negotiation.licensee_pv_per_fee"], rtol=1e-6, atol=1e-3)


# A number in another form is the same number

FORMS = {
    "by_territory": lambda number: {"by_territory": {"default": number}},
    "per_territory": lambda number: {"discrete": {repr(number): 1}, "per_territory": True},
    "discrete": lambda number: {"discrete": {repr(number): 1}},
    "steps": lambda number: {"steps": {"2017-11": number, "2018-05": number}},
    "ramp": lambda number: {"ramp": {"from": number, "to": number, "start": "2017-12", "months": 3}},
    "growth": lambda number: {"growth": {"start": number, "annual": 0}},
    "value": lambda number: {"value": number, "source": "the same"},
}


@pytest.mark.parametrize("rewrite", FORMS.values(), ids=FORMS.keys())
def test_a_number_in_another_form_is_the_same_number_or_refused(rewrite):
    plain = loads(EVERYTHING)
    numbers = {
        part.dotted: rewrite(part.value)
        for section in type(plain).model_fields
        if section not in ("origin", "correlations")
        for part in parts(getattr(plain, section), section, (section,))
        if isinstance(part.value, float) and not {"schedule", "seasonality"} & {*part.path}
    }
    refused = set()
    for path in list(numbers):
        try:
            loads(EVERYTHING, {path: numbers[path]})
        except ScenarioError:
            refused.add(path)
    taken = {path: form for path, form in numbers.items() if path not in refused}
    assert len(taken) > 20
    one, other = simulate(plain, draws=8), simulate(loads(EVERYTHING, taken), draws=8)
    for name in one.outputs:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-9, atol=1e-6, err_msg=name)


# Conservation, over random scenarios

CODES = ("TWN", "HKG", "USA", "DEU", "BRA", "IND")


HABIT_RATES = (
    "enforcement",
    "innovation",
    "imitation",
    "habit_formation",
    "win_back",
    "free_relapse",
    "lapsed_relapse",
)


@st.composite
def scenarios(draw_from):
    """Any small scenario: some of the sections, numbers in any form, deals of any clauses."""

    def some(*choices):
        return draw_from(st.sampled_from(choices))

    def number(low, high, moving=True, places=True):
        value = draw_from(st.floats(low, high))
        other = min(value + 0.2 * (high - low), high)
        spread = {"uniform": {"low": low, "high": high}}
        forms = [value, value, {"uniform": {"low": value, "high": other + 1e-6}}] if other < high else [value, spread]
        if moving:
            forms += [{"ramp": {"from": value, "to": other, "start": "2018-01", "months": 5}}]
            forms += [{"steps": {"2017-11": value, "2018-02": spread}}]
        if places:
            forms += [{"by_territory": {"home": value, "default": other}}, spread | {"per_territory": True}]
        return some(*forms)

    def share(most=1.0, **kind):
        return number(0, most, **kind)

    def sum_of(high, per=None):
        amount = {"amount": number(0, high, moving=False, places=False), "currency": some("USD", "EUR")}
        return amount | ({"per": per} if per else {})

    def schedule():
        months = draw_from(st.sets(st.sampled_from(["2017-11", "2018-01", "2018-12", "2022-01"]), min_size=1))
        return {month: 1 / len(months) for month in sorted(months)}

    def leaving():
        fixed = {"moving": False}
        shape = {"alpha": number(0.05, 5, **fixed), "beta": number(0.05, 60, **fixed)}
        form = some(None, {"sbg": shape}, {"bdw": shape | {"duration_dependence": number(0.2, 3, **fixed)}})
        if form is None:
            return {"monthly_churn": share()}
        return {"churn": form | {"opening_tenure_months": number(1, 40, **fixed)}}

    def moved():
        effects = {"adds_elasticity": (0, 3), "change_coefficient": (-3, 0), "churn_elasticity": (0, 5)}
        later = "2017-12" if step == "month" and periods < 4 else "2018-02"  # within the horizon
        shock = {"start": some("2017-11", later), "months": draw_from(st.integers(1, 8))}
        return {
            "seasonality": {"1": 0, "12": 3},
            "churn_seasonality": {"2": 5, "3": 0},
            "price": {"amount": number(5, 15), "currency": some("USD", "EUR")},
            "price_effect": {"reference": number(5, 15, moving=False)}
            | {name: number(*ends, moving=False) for name, ends in effects.items()},
            "marketing": {"spend": number(1, 9), "change_coefficient": number(0, 2, moving=False)},
            "shocks": {"one": shock | {side: number(0, 9, moving=False) for side in ("adds", "churn")}},
        }

    step, periods, codes = (
        some("month", "quarter", "year"),
        draw_from(st.integers(2, 9)),
        ["TWN", *draw_from(st.sets(st.sampled_from(CODES[1:]), min_size=1))],
    )
    written = {
        "name": "any",
        "currency": "USD",
        "horizon": {"start": "2017-11", "periods": periods, "step": step},
        "simulation": {"draws": draw_from(st.integers(2, 9)), "seed": draw_from(st.integers(0, 99))},
        "territories": {"include": codes, "groups": {"home": ["TWN"]}},
        "fx": {"EUR": {"random_walk": {"start": 0.85, "annual_volatility": 0.1}}},
        "audience": {
            "internet_users": {"fact": "internet_users"},
            "video_share": number(0.1, 0.9, moving=False),
            "annual_growth": number(-0.1, 0.1),
            "monthly_income": some({"fact": "monthly_income"}, number(100, 5000)),
        },
    }
    whole, parts_of = (
        (True, True, True),
        [(True, False, True), (False, True, True), (True, False, False), (False, True, False)],
    )
    with_markets, with_members, with_title = some(whole, whole, whole, *parts_of)
    rate = {"moving": True, "places": False}
    if with_markets:
        written["habits"] = {
            "markets": ["home", "world"],
            "opening": {
                name: share(0.25, moving=False, places=False)
                for name in ("unlicensed", "new_payer", "habitual", "lapsed")
            },
            "affordability": {
                "monthly_price": number(1, 20, **rate),
                "reference_share": number(0.001, 0.02, **rate),
                "elasticity": number(0, 2, **rate),
                "most": number(0.5, 3, **rate),
            },
            "content": {"lift": number(0, 1, **rate), "intensity": share(**rate)},
            "unlicensed_word_of_mouth": number(-0.5, 0.5, **rate),
            "new_payer_monthly_churn": share(0.9, **rate),
            "habitual_monthly_churn": share(0.9, **rate),
        } | {name: number(0, 3, **rate) for name in HABIT_RATES}
    if with_members:
        written["subscribers"] = {
            "platform": "netflix",
            "opening": {"all": {"territories": ["world"], "members": number(0, 1e7, moving=False, places=False)}},
            "potential": {
                "of": some("audience", *(["payers"] * with_markets)),
                "share": some(0, number(1e-6, 1.2, moving=False)),  # of less, members are more than numbers can be
                "income": some(None, {"elasticity": number(0, 2, moving=False), "most": number(1, 3, moving=False)}),
            },
            "innovation": number(0, 0.5),
            "imitation": number(0, 2),
            "title_effect": {name: number(0, 5, moving=False) for name in ("adds_elasticity", "churn_elasticity")}
            | {"monthly_hours_per_member": number(5, 60, moving=False)},
        }
        written["subscribers"] |= leaving() | (moved() if draw_from(st.booleans()) else {})
        lines = ("subscriber_month", "gross_add", "hour", "title")
        written["platform"] = {
            "revenue": {"member_payment": sum_of(20, "subscriber_month"), "derivatives": sum_of(2, some(*lines))},
            "costs": {
                "bandwidth": sum_of(0.1, "hour"),
                "marketing": sum_of(9, "gross_add"),
                "sales_tax": {"of_revenue": share(moving=False, places=False)},
                "other": sum_of(9, some(*lines)),
            },
        }
    deals = {}
    if with_title:
        written["title"] = {
            "name": "any",
            "tier": "online",
            "episodes": 12,
            "hours": number(1, 40, moving=False),
            "completion": share(moving=False),
            "appeal": share(0.5, moving=False),
            "hit": number(0, 5, moving=False),
            "decay": {name: number(0.01, 5, moving=False, places=False) for name in ("scale_months", "tail")},
        }
        by = [way for way, has in (("viewing", with_markets), ("membership", with_members)) if has]
        for index in range(draw_from(st.integers(1, 2))):
            way = some(*by)
            builders = {
                "flat_fee": lambda: {"amount": sum_of(1e6, some(None, "episode")), "schedule": schedule()},
                "per_hour": lambda: {"amount": sum_of(0.1, "hour")},
            }
            builders |= {
                "membership": {"per_subscriber": lambda: {"amount": sum_of(0.1, "subscriber_month")}},
                "viewing": {
                    "minimum_guarantee": lambda: {"amount": sum_of(1e5), "schedule": schedule()},
                    "revenue_share": lambda: {
                        "share": some(0.1, {"uniform": {"low": 0.2, "high": 0.5}}),
                        "base": "net",
                    },
                    "distribution_fee": lambda: {"share": some(0.3, {"uniform": {"low": 0.1, "high": 0.4}})},
                    "expenses": lambda: {"amount": sum_of(1e5), "cap": sum_of(1e5)},
                },
            }[way]
            words = draw_from(st.permutations(list(builders)))[: draw_from(st.integers(1, len(builders)))]
            if "minimum_guarantee" in words and "revenue_share" not in words:
                words.append("revenue_share")
            viewing = {
                "by": "viewing",
                "reach": share(moving=False),
                "free_hour": sum_of(0.1, "hour"),
                "paid_hour": sum_of(1, "hour"),
            }
            deals[f"deal{index}"] = {
                "licensor": "youku",
                "licensee": "netflix" if way == "membership" else f"station{index}",
                "rights": {
                    "media": ["SVOD"],
                    "territories": codes[: draw_from(st.integers(1, len(codes)))],
                    "start": some("2017-11", "2017-12"),
                    "months": draw_from(st.integers(1, 30)),
                    "exclusive": False,
                },
                "exploitation": viewing if way == "viewing" else {"by": way},
                "terms": [{"clause": word} | builders[word]() for word in words],
                "withholding_tax": share(0.5, places=False, moving=False),
                "gross_up": draw_from(st.booleans()),
                "payment_lag_months": draw_from(st.integers(0, 5)),
                "licensor_cost": {"amount": sum_of(1e5)},
            }
    if deals:
        written |= {"deals": deals, "discount_rates": {"youku": 0.12, "default": 0.08}}
        written["packages"] = {"all": {"label": "All", "deals": list(deals)}}
    return written


def cash_of(outcome, deals, party):
    """Mean cash of a party by period, from the ledger."""
    flows = [flow for flow in outcome.flows if flow.deal in deals]
    received = sum((flow.mean for flow in flows if flow.payee == party), start=np.zeros(len(outcome.periods)))
    return received - sum((flow.mean for flow in flows if flow.payer == party), start=0)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_people_and_money_are_conserved_and_everything_is_finite(written):
    scenario = loads(json.dumps(written))
    outcome = simulate(scenario)
    for name, output in outcome.outputs.items():
        assert name.endswith(("irr", "payback")) or np.isfinite(output.values).all(), name
    for name, series in outcome.paths.items():
        assert np.isfinite(series.values).all(), name
        if name.startswith("paying_ratio"):
            assert -1e-12 <= series.values.min() <= series.values.max() <= 1 + 1e-12, name
    if scenario.subscribers:
        path, opened = outcome.paths["members"].values, outcome.inputs.get("subscribers.opening.all.members")
        start = opened if opened is not None else scenario.subscribers.opening["all"].members
        people = sum(territories()[code].population for code in outcome.territories)
        growth = 1.1 ** (len(outcome.periods) * {"month": 1, "quarter": 3, "year": 12}[scenario.horizon.step] / 12)
        most = np.maximum(start, 1.2 * 3 * people * max(growth, 1))  # share, income, audience
        assert (path >= -1e-9 * most).all()
        assert (path <= most * (1 + 1e-12)).all()
        for name in ("gross_adds", "churned"):
            assert (outcome.paths[name].values >= -1e-9 * most).all(), name
        assert (abs(outcome.paths["retention"].values - 0.5) <= 0.5 + 1e-9).all()
        np.testing.assert_allclose(
            outcome.by_territory["members"].values.sum(), outcome["members"].mean(), rtol=1e-9, atol=1e-6
        )
    assert_ledger_explains_the_values(scenario, outcome)


def assert_ledger_explains_the_values(scenario, outcome):
    """Discounted cash of the ledger is the NPV shown, and all parties together have what came from nowhere else."""
    step = {"month": 1, "quarter": 3, "year": 12}[scenario.horizon.step] / 12

    def worth(cash, rate):
        return float(sum(amount / (1 + rate) ** ((period + 0.5) * step) for period, amount in enumerate(cash)))

    for name, deal in scenario.deals.items():
        parties = {deal.licensor, deal.licensee, "audience", "suppliers", "tax_authority"}
        assert {party for flow in outcome.flows if flow.deal == name for party in (flow.payer, flow.payee)} <= parties
        moved = sum(abs(flow.mean).max() for flow in outcome.flows if flow.deal == name)
        balance = sum(cash_of(outcome, [name], party) for party in parties)
        assert abs(balance).max() <= 1e-9 * (1 + moved)
        assert all(flow.mean.min() >= -1e-6 * (1 + moved) for flow in outcome.flows if flow.payee == deal.licensor)
        expected = worth(cash_of(outcome, [name], deal.licensee), 0.08)
        assert outcome[f"deals.{name}.licensee_npv"].mean() == pytest.approx(expected, rel=1e-9, abs=1e-9 * (1 + moved))
    for name, package in scenario.packages.items():
        moved = sum(abs(flow.mean).sum() for flow in outcome.flows)
        expected = worth(cash_of(outcome, package.deals, "youku"), 0.12)
        assert outcome[f"packages.{name}.licensor_npv"].mean() == pytest.approx(
            expected, rel=1e-9, abs=1e-9 * (1 + moved)
        )
        parties = {scenario.deals[deal].licensee for deal in package.deals}
        theirs = sum(worth(cash_of(outcome, package.deals, party), 0.08) for party in parties)
        assert outcome[f"packages.{name}.licensee_npv"].mean() == pytest.approx(
            theirs, rel=1e-9, abs=1e-9 * (1 + moved)
        )
        received = cash_of(outcome, package.deals, "youku").sum()
        last = outcome.paths[f"packages.{name}.licensor_cash"].values[-1].mean()
        assert last == pytest.approx(received, rel=1e-9, abs=1e-9 * (1 + moved))


def test_the_ledger_explains_the_values_of_a_scenario_with_everything():
    text = EVERYTHING.replace(
        "{youku: {pert: {low: 8%, mode: 12%, high: 16%}}, default: 8%}", "{youku: 12%, default: 8%}"
    )
    assert text != EVERYTHING
    scenario = loads(text)
    assert_ledger_explains_the_values(scenario, simulate(scenario))


@pytest.mark.parametrize(("step", "months"), [("month", 1), ("quarter", 3)])
def test_what_each_territory_adds_sums_to_what_the_licensee_earns_but_for_fixed_sums(step, months):
    text = MEMBERSHIP.replace("other: 2400 USD", "other: 0 USD")
    outcome = simulate(loads(text, {"horizon.step": step, "horizon.periods": 12 // months}))
    fee = 32 * outcome.inputs["deals.netflix.terms.flat_fee.amount"]
    fixed = -outcome["deals.netflix.licensee_npv"]
    for month, amount in ((2, 0.5 * fee + outcome.inputs["platform.costs.content"]), (8, 0.4 * fee)):
        fixed -= amount / 1.08 ** ((month // months + 0.5) * months / 12)
    added = outcome.by_territory["deals.netflix.contribution"].values
    assert added.sum() == pytest.approx(-fixed.mean(), rel=1e-9)
    assert added[list(outcome.territories).index("DEU")] == 0  # nothing is granted there


# Steps


def stepped(step, periods):
    text = (
        MEMBERSHIP.replace("2017-11, periods: 12", "2018-01, periods: 12")
        .replace('  seasonality: {"1": 1.2, "7": 0.8}\n', "")
        .replace("start: 2018-01, months: 8", "start: 2018-01, months: 24")
        .replace("{2018-01: 50%, 2018-07: 40%, 2019-02: 10%}", "{2018-01: 50%, 2019-01: 50%}")
        .replace("start: 2018-01, months: 6}", "start: 2018-01, months: 24}")
    )
    return simulate(loads(text, {"horizon.step": step, "horizon.periods": periods}))


def test_months_quarters_and_years_agree_to_the_order_of_the_step():
    """An error in proportion to the step makes year − quarter 4.5 times quarter − month, one in its square 17 times."""
    month, quarter, year = stepped("month", 36), stepped("quarter", 12), stepped("year", 3)
    for name, within in {
        "paying_ratio.home": 0.005,
        "paying_ratio.world": 0.005,
        "members": 0.006,
        "deals.netflix.members_gained": 0.04,
        "deals.netflix.licensee_npv": 0.015,
        "packages.worldwide.licensor_npv": 0.015,
    }.items():
        fine, coarse, coarsest = (outcome[name].mean() for outcome in (month, quarter, year))
        assert abs(coarse - fine) < within * abs(fine), name
        assert 3 < (coarsest - coarse) / (coarse - fine) < 9, name


# Limits


NO_TITLE_COSTS = {"platform.costs.bandwidth.amount": 0, "platform.costs.marketing.amount": 0}


def npv_of_fixed_sums(outcome):
    """What the fee, the dubbing and the other sum cost the licensee in MEMBERSHIP."""
    fee = 32 * outcome.inputs["deals.netflix.terms.flat_fee.amount"]
    paid = [fee * 0 for _ in range(12)]
    paid[2] = paid[2] + 0.5 * fee + outcome.inputs["platform.costs.content"] + 2400
    paid[8] = paid[8] + 0.4 * fee
    return -present(paid, 0.08)


@pytest.mark.parametrize(
    "changes",
    [
        {"title.appeal": 0},
        {"title.hit": 0},
        {"title.completion": 0},
        {"subscribers.title_effect.adds_elasticity": 0, "subscribers.title_effect.churn_elasticity": 0}
        | NO_TITLE_COSTS,
    ],
)
def test_a_title_that_nobody_watches_or_that_moves_nobody_adds_exactly_nothing(changes):
    outcome = simulate(loads(MEMBERSHIP, changes))
    assert not outcome.paths["deals.netflix.members_gained"].values.any()
    assert not outcome["deals.netflix.members_gained"].any()
    assert not outcome.by_territory["deals.netflix.contribution"].values.any()
    np.testing.assert_allclose(outcome["deals.netflix.licensee_npv"], npv_of_fixed_sums(outcome), rtol=1e-12)


def test_more_appeal_never_lowers_the_licensees_gain():
    outcomes = [
        simulate(loads(MEMBERSHIP, NO_TITLE_COSTS | {"title.appeal": appeal}))
        for appeal in (0, 0.0025, 0.005, 0.01, 0.02, 0.5)
    ]
    for less, more in pairwise(outcomes):
        assert (more["deals.netflix.licensee_npv"] > less["deals.netflix.licensee_npv"]).all()
        assert (more["deals.netflix.members_gained"] > less["deals.netflix.members_gained"]).all()


def test_a_hit_reaches_everybody_and_not_more():
    hit = simulate(loads(MEMBERSHIP, {"title.appeal": 0.5, "title.hit": 3}))
    everybody = simulate(loads(MEMBERSHIP, {"title.appeal": 1, "title.hit": 1}))
    assert np.array_equal(hit["deals.netflix.hours"], everybody["deals.netflix.hours"])


def test_a_title_can_keep_every_member_and_not_more():
    effect = "subscribers.title_effect."
    whole = {"title.appeal": 1, f"{effect}churn_elasticity": 20, f"{effect}adds_elasticity": 0}
    few = f"{effect}monthly_hours_per_member"
    strong, stronger = (simulate(loads(MEMBERSHIP, whole | {few: hours})) for hours in (1e-3, 1e-4))
    assert np.array_equal(strong["deals.netflix.members_gained"], stronger["deals.netflix.members_gained"])


def test_a_quarters_season_is_the_mean_of_its_months():
    """The quarters begin in November, February, May and August."""
    even, one = '{"11": 1.2, "12": 1.2, "1": 1.2, "5": 0.7, "6": 0.7, "7": 0.7}', '{"1": 1.6, "6": 0.1}'
    paths = []
    for season in (even, one, "{}"):
        text = MEMBERSHIP.replace('{"1": 1.2, "7": 0.8}', season)
        outcome = simulate(loads(text, {"horizon.step": "quarter", "horizon.periods": 4}))
        paths.append(outcome.paths["members"].values)
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-13)
    assert (paths[0][0] > paths[2][0]).all()


def test_what_a_small_title_adds_is_in_proportion_to_its_appeal():
    one, two = (simulate(loads(MEMBERSHIP, {"title.appeal": appeal})) for appeal in (1e-5, 2e-5))
    np.testing.assert_allclose(two["deals.netflix.members_gained"], 2 * one["deals.netflix.members_gained"], rtol=1e-3)


def test_a_window_of_a_quarter_opened_in_its_last_month_has_one_month():
    """Nobody joins and nobody leaves, so that a fee for each member and month is the same every month."""
    fee = "      - {clause: per_subscriber, amount: 0.001 USD per subscriber_month}\n    withholding_tax"
    text = MEMBERSHIP.replace("start: 2018-01, months: 8", "start: 2018-01, months: 4")
    text = text.replace("    withholding_tax", fee, 1)
    still = {f"subscribers.{rate}": 0 for rate in ("innovation", "imitation", "monthly_churn")}
    monthly = None
    for step, periods, expected in (("month", 12, [0, 0, 1, 1, 1, 1] + [0] * 6), ("quarter", 4, [1, 3, 0, 0])):
        outcome = simulate(loads(text, {"horizon.step": step, "horizon.periods": periods} | still))
        paid = next(flow.mean for flow in outcome.flows if flow.clause == "per_subscriber" and flow.payee == "youku")
        monthly = paid[2] if monthly is None else monthly
        assert paid.tolist() == pytest.approx([monthly * months for months in expected])
        assert monthly > 0


# Parts of a scenario


def without(*sections):
    """MEMBERSHIP less some sections, each from its name to the next."""
    lines, kept = MEMBERSHIP.splitlines(), []
    keep = True
    for line in lines:
        if line[:1].isalpha():
            keep = line.partition(":")[0] not in sections
        kept += [line] * keep
    return "\n".join(kept)


def test_a_scenario_without_deals_gives_members_and_habits_only():
    outcome = simulate(loads(without("deals", "packages", "platform", "title", "discount_rates")))
    measures = {f"{measure}.{market}" for measure in ("paying_ratio", "habit_share") for market in ("home", "world")}
    assert set(outcome.outputs) == {"members", *measures}
    assert outcome.flows == ()
    whole = simulate(loads(MEMBERSHIP))
    assert np.array_equal(outcome["members"], whole["members"])


def test_a_scenario_of_habits_alone_gives_what_it_gives_among_other_sections():
    outcome = simulate(loads(without("deals", "packages", "platform", "title", "discount_rates", "subscribers")))
    whole = simulate(loads(MEMBERSHIP))
    assert len(outcome.outputs) == 4
    assert all(np.array_equal(outcome[name], whole[name]) for name in outcome.outputs)


def test_members_of_an_audience_need_no_habits():
    text = without("deals", "packages", "platform", "title", "discount_rates", "habits").replace(
        "of: payers", "of: audience"
    )
    assert set(simulate(loads(text)).outputs) == {"members"}


def test_a_market_without_territories_spoils_nothing():
    text = without("deals", "packages", "platform", "title", "discount_rates")
    outcome = simulate(loads(text.replace("groups: {home: [TWN]}", "groups: {home: [HKG]}")))
    for name, output in outcome.outputs.items():
        assert all(map(isfinite, output.values)), name


def test_an_audience_that_is_the_same_everywhere_may_be_written_as_one_number():
    one = {"audience.internet_users": 20_000_000, "audience.monthly_income": 3000, "audience.video_share": 0.7}
    each = {name: {"by_territory": dict.fromkeys(("TWN", "USA", "DEU"), value)} for name, value in one.items()}
    plain, spelt = (simulate(loads(MEMBERSHIP, changes)) for changes in (one, each))
    np.testing.assert_allclose(plain["members"], spelt["members"], rtol=1e-12)
