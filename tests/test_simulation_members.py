"""A platform's members under every form of churn, against loops over months and cohorts written from the definitions."""

from math import log

import numpy as np
import pytest
from scenarios_for_tests import CHURNS, CONSTANT, MEMBERSHIP, PACE, SBG

from simlib.models.retention import bdw_survival, sbg_survival
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import loads
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.growth import Platform
from simlib.simulation.markets import Setting
from simlib.simulation.sampling import draw

MONTHS = 12
SCENARIO = """
name: members
currency: USD
horizon: {start: 2019-11, periods: 12, step: month}
simulation: {draws: 5, seed: 2}
territories: {include: [USA, TWN]}
audience:
  internet_users: {by_territory: {USA: 250 million, TWN: 18 million}}
  video_share: 70%
  annual_growth: 3%
  monthly_income: 3000
subscribers:
  platform: netflix
  opening: {all: {territories: [world], members: {uniform: {low: 50 million, high: 60 million}}}}
  potential: {of: audience, share: 60%}
  innovation: {uniform: {low: 0.03, high: 0.06}}
  imitation: 0.4
  CHURN
  seasonality: {"1": 1.2, "7": 0.8}
  churn_seasonality: {"2": 1.15}
  price:
    amount:
      by_territory:
        USA: {steps: {2019-11: 10, 2020-03: 11, 2020-08: 10.5}}
        TWN: {growth: {start: 7, annual: 10%}}
    currency: USD
    per: month
  price_effect:
    reference: {by_territory: {USA: 9.5, TWN: 7.2}}
    adds_elasticity: {uniform: {low: 0.2, high: 0.6}}
    change_coefficient: -0.9
    churn_elasticity: {uniform: {low: 0.5, high: 3}}
  marketing:
    spend: {amount: {steps: {2019-11: 1 million, 2020-02: 1.5 million, 2020-06: 1.2 million}}, currency: USD, per: month}
    change_coefficient: 0.2
  shocks:
    lockdown: {start: 2020-03, months: 3, adds: {uniform: {low: 1.4, high: 2}}, churn: 0.8}
    crackdown: {start: 2020-05, months: 2, churn: {by_territory: {USA: 1.3, TWN: 1}}}
"""
FORMS = {
    "constant": "monthly_churn: {by_territory: {USA: 2%, TWN: 3%}}",
    "sbg": "churn: {sbg: {alpha: {uniform: {low: 0.5, high: 0.9}}, BETA}, opening_tenure_months: 10}",
    "bdw": "churn: {bdw: {alpha: 0.8, BETA, duration_dependence: 1.2}, opening_tenure_months: 10}",
}
FORMS = {name: text.replace("BETA", "beta: {by_territory: {USA: 25, TWN: 12}}") for name, text in FORMS.items()}
PRICES = {"USA": [10.0] * 4 + [11.0] * 5 + [10.5] * 3, "TWN": [7 * 1.1 ** (month / 12) for month in range(MONTHS)]}
SPEND = [1.0] * 3 + [1.5] * 4 + [1.2] * 5
CALENDAR = [11, 12, *range(1, 11)]


def pace_by_hand(x, code):
    """The factor on joining, and the months' worth of churn, month by month."""
    price, effort, most, lifts, months = PRICES[code], 0.0, 0.0, [], []
    reference = {"USA": 9.5, "TWN": 7.2}[code]
    for month in range(MONTHS):
        factor = {1: 1.2, 7: 0.8}.get(CALENDAR[month], 1.0)
        worth = {2: 1.15}.get(CALENDAR[month], 1.0)
        if month in (4, 5, 6):
            factor, worth = factor * x["subscribers.shocks.lockdown.adds"], worth * 0.8
        if month in (6, 7) and code == "USA":
            worth *= 1.3
        before, spent = (price[month - 1], SPEND[month - 1]) if month else (reference, SPEND[0])
        effort += 1 / 12 - 0.9 * log(price[month] / before) + 0.2 * max(log(SPEND[month] / spent), 0)
        factor *= (max(effort - most, 0) * 12) * (price[month] / reference) ** -x[
            "subscribers.price_effect.adds_elasticity"
        ]
        most = max(most, effort)
        worth += max(price[month] / before, 1) ** x["subscribers.price_effect.churn_elasticity"] - 1
        lifts.append(factor)
        months.append(worth)
    return lifts, months


def members_by_hand(x, code, form):
    """Members, those who join and those who leave, month by month, cohort by cohort."""
    users = {"USA": 250e6, "TWN": 18e6}
    audience = [users[code] * 0.7 * 1.03 ** ((month + 1) / 12) for month in range(MONTHS)]
    opening = x["subscribers.opening.all.members"] * users[code] / sum(users.values())
    lifts, months = pace_by_hand(x, code)
    beta = {"USA": 25, "TWN": 12}[code]

    def survival(age):
        if form == "constant":
            return (1 - {"USA": 0.02, "TWN": 0.03}[code]) ** age
        if form == "sbg":
            return sbg_survival(age, x["subscribers.churn.sbg.alpha"], beta)
        return bdw_survival(age, 0.8, beta, 1.2)

    # a cohort: its age in months, its age in months' worth of churn, and what is left of it
    cohorts = [[age, float(age), survival(age)] for age in range(10)]
    scale = opening / sum(left for *_, left in cohorts)
    cohorts = [[age, worth, scale * left] for age, worth, left in cohorts]
    path = [], [], []
    for month in range(MONTHS):
        members, most = sum(left for *_, left in cohorts), 0.6 * audience[month]
        hazard = (x["subscribers.innovation"] + 0.4 * members / most) * lifts[month]
        joined = max(most - members, 0) * (1 - np.exp(-hazard / 12))
        for cohort in cohorts:
            age, worth, _ = cohort
            if form == "bdw":  # the cohort's own hazard is multiplied
                cohort[2] *= (survival(age + 1) / survival(age)) ** months[month]
            else:  # everybody's own hazard is
                cohort[2] *= survival(worth + months[month]) / survival(worth)
            cohort[:2] = age + 1, worth + months[month]
        left = members - sum(left for *_, left in cohorts)
        cohorts.append([0, 0.0, joined])
        for series, value in zip(path, (members - left + joined, joined, left), strict=True):
            series.append(value)
    return np.array(path)


@pytest.mark.parametrize("form", FORMS)
def test_members_joiners_and_leavers_are_those_a_loop_over_cohorts_counts(form):
    outcome = simulate(loads(SCENARIO.replace("CHURN", FORMS[form])))
    for which in range(outcome.draws):
        x = {name: values[which] for name, values in outcome.inputs.items()}
        by_hand = sum(members_by_hand(x, code, form) for code in ("USA", "TWN"))
        for name, expected in zip(("members", "gross_adds", "churned"), by_hand, strict=True):
            found = outcome.paths[name].values[:, which]
            np.testing.assert_allclose(found, expected, rtol=1e-6 if form == "sbg" else 1e-9, err_msg=name)


@pytest.mark.parametrize("form", FORMS)
def test_joiners_at_the_start_stay_as_a_cohort_of_their_own_would(form):
    outcome = simulate(loads(SCENARIO.replace("CHURN", FORMS[form])))
    x = {name: values[0] for name, values in outcome.inputs.items()}
    expected = np.zeros(MONTHS)
    for code, weight in (("USA", 250 / 268), ("TWN", 18 / 268)):
        months, beta = np.array(pace_by_hand(x, code)[1]), {"USA": 25, "TWN": 12}[code]
        if form == "constant":
            left = (1 - {"USA": 0.02, "TWN": 0.03}[code]) ** np.cumsum(months)
        elif form == "sbg":
            left = sbg_survival(np.cumsum(months), x["subscribers.churn.sbg.alpha"], beta)
        else:
            known = bdw_survival(np.arange(MONTHS + 1), 0.8, beta, 1.2)
            left = np.cumprod((known[1:] / known[:-1]) ** months)
        expected += weight * left
    np.testing.assert_allclose(outcome.paths["retention"].values[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_people_are_conserved_in_every_territory_period_and_draw(form):
    scenario = loads(SCENARIO.replace("CHURN", FORMS[form]))
    frame = Frame(scenario, 2)
    block = Block(frame, 0, 5, draw(scenario, frame.territories, 5, 2))
    for group in Platform(Setting(block)).groups():
        path = group.path
        before = np.concatenate([path.opening[np.newaxis], path.closing[:-1]])
        np.testing.assert_allclose(before + path.gross_adds - path.churned, path.closing, rtol=1e-12)
        assert path.gross_adds.min() >= -1e-6
        assert path.churned.min() > 0
        assert (path.churned < before).all()


def test_the_price_of_the_whole_moves_when_one_number_is_set():
    text = MEMBERSHIP.replace(CONSTANT, CONSTANT + PACE)
    assert "of_price" not in text
    of_price = text.partition("    member_payment:")[0] + "    member_payment: {of_price: 92%}\n  costs:"
    of_price += text.partition("  costs:")[2]
    dearer = simulate(loads(of_price, {"subscribers.price": 11.99}))
    in_money = simulate(
        loads(
            of_price,
            {"subscribers.price": 11.99, "platform.revenue.member_payment": "11.0308 USD per subscriber_month"},
        )
    )
    np.testing.assert_allclose(dearer["deals.netflix.licensee_npv"], in_money["deals.netflix.licensee_npv"], rtol=1e-9)
    as_before = simulate(loads(of_price, {"subscribers.price": 9.99}))
    assert (dearer["members"] < as_before["members"]).all()
    silent = PACE[: PACE.index("  price_effect:")] + PACE[PACE.index("  marketing:") :]
    text = of_price.replace(PACE, silent).replace("{steps: {2017-11: 9.99, 2018-02: 10.99}}", "9.99")
    unmoved = simulate(loads(text))
    np.testing.assert_array_equal(as_before["members"], unmoved["members"])  # the price of before moves nobody


def test_a_share_of_the_price_differs_by_territory_as_its_parts_do():
    text = (
        MEMBERSHIP.partition("    member_payment:")[0]
        + "    member_payment: {of_price: {by_territory: {DEU: 80%, default: 90%}}}"
    )
    text += "\n  costs:" + MEMBERSHIP.partition("  costs:")[2]
    text = text.replace(
        CONSTANT, CONSTANT + "  price: {amount: {by_territory: {TWN: 8, default: 10}}, currency: USD}\n"
    )
    by_hand = MEMBERSHIP.replace(
        "{TWN: {growth: {start: 8, annual: 4%}}, default: 10}", "{TWN: 7.2, DEU: 8, default: 9}"
    )
    one, other = (simulate(loads(each))["deals.netflix.licensee_npv"] for each in (text, by_hand))
    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_share_of_a_price_that_is_not_there_is_refused():
    before, _, after = MEMBERSHIP.partition("    member_payment:")
    text = before + "    member_payment: {of_price: 92%}\n  costs:" + after.partition("  costs:")[2]
    with pytest.raises(ScenarioError, match=r"member_payment\.of_price is a share of subscribers\.price; add it"):
        loads(text)


def test_what_is_left_out_has_no_effect():
    plain = simulate(loads(MEMBERSHIP))
    nothing = """  price: {amount: {steps: {2017-11: 9.99, 2018-02: 12}}, currency: USD, per: month}
  price_effect: {reference: 9, adds_elasticity: 0, change_coefficient: 0, churn_elasticity: 0}
  marketing: {spend: {amount: {growth: {start: 5, annual: 40%}}, currency: USD}, change_coefficient: 0}
  shocks: {quiet: {start: 2018-01, months: 4, adds: 1, churn: 1}}
  churn_seasonality: {"3": 1}
"""
    other = simulate(loads(MEMBERSHIP.replace(CONSTANT, CONSTANT + nothing)))
    for name in plain.outputs:
        np.testing.assert_allclose(other[name], plain[name], rtol=1e-12, err_msg=name)


NOBODY_JOINS = {"subscribers.innovation": 0, "subscribers.imitation": 0}
SHOCKED = """  shocks:
    crackdown: {start: 2018-05, months: 2, churn: 3}
    strike: {start: 2018-12, months: 7, adds: 0.5, churn: 0.5}
  churn_seasonality: {"1": 2, "6": 0.7}
  price: {amount: {steps: {2018-01: 10, 2018-07: 12}}, currency: USD}
  price_effect: {reference: 10, adds_elasticity: 0.5, change_coefficient: -0.4, churn_elasticity: 4}
"""


def stepped(churn, pace, step, periods, overrides):
    """MEMBERSHIP from the start of a year, in months, quarters or years."""
    text = (
        MEMBERSHIP.replace("2017-11, periods: 12", "2018-01, periods: 12")
        .replace('  seasonality: {"1": 1.2, "7": 0.8}\n', "")
        .replace("start: 2018-01, months: 8", "start: 2018-01, months: 24")
        .replace("{2018-01: 50%, 2018-07: 40%, 2019-02: 10%}", "{2018-01: 50%, 2019-01: 50%}")
        .replace(CONSTANT, churn + pace)
    )
    return simulate(loads(text, {"horizon.step": step, "horizon.periods": periods, **overrides}))


@pytest.mark.parametrize("churn", [CONSTANT, SBG], ids=["constant", "sbg"])
def test_a_year_holds_the_survival_of_its_months_shocks_and_seasons_and_rises_in_price_in_part_of_it(churn):
    month, quarter, year = (
        stepped(churn, SHOCKED, step, periods, NOBODY_JOINS)
        for step, periods in (("month", 24), ("quarter", 8), ("year", 2))
    )
    np.testing.assert_allclose(quarter["members"], month["members"], rtol=1e-9)
    # by the year, a price that rises in July is seen in the next January
    np.testing.assert_allclose(year["members"], month["members"], rtol=1e-9)
    np.testing.assert_allclose(year.paths["retention"].values[-1], month.paths["retention"].values[-1], rtol=1e-9)


@pytest.mark.parametrize("churn", CHURNS.values(), ids=CHURNS)
def test_months_quarters_and_years_agree_to_the_order_of_the_step(churn):
    month, quarter, year = (
        stepped(churn, "", step, periods, {}) for step, periods in (("month", 36), ("quarter", 12), ("year", 3))
    )
    fine, coarse, coarsest = (outcome["members"].mean() for outcome in (month, quarter, year))
    assert abs(coarse - fine) < 0.01 * fine
    assert 2.5 < (coarsest - coarse) / (coarse - fine) < 9
    gained = "deals.netflix.members_gained"
    assert quarter[gained].mean() == pytest.approx(month[gained].mean(), rel=0.06)


def test_members_who_hardly_differ_are_those_of_one_churn_with_and_without_a_title():
    alike = CONSTANT.split(":")[0] + ": 3%\n"
    one = simulate(loads(MEMBERSHIP.replace(CONSTANT, alike)))
    for form in ("sbg: {alpha: 30000, beta: 970000}", "bdw: {alpha: 30000, beta: 970000, duration_dependence: 1}"):
        churn = f"  churn: {{{form}, opening_tenure_months: 5}}\n"
        other = simulate(loads(MEMBERSHIP.replace(CONSTANT, churn)))
        for name in one.outputs:
            if not name.endswith(("irr", "payback")):  # which exist or not by a hair
                np.testing.assert_allclose(other[name], one[name], rtol=1e-4, err_msg=name)


def test_without_duration_dependence_bdw_is_sbg_but_for_whom_a_title_keeps():
    form = (
        "{alpha: 0.8, beta: {uniform: {low: 20, high: 40}}%s}, opening_tenure_months: {uniform: {low: 3, high: 24}}}\n"
    )
    texts = ("  churn: {sbg: " + form % "", "  churn: {bdw: " + form % ", duration_dependence: 1")
    inputs, found = {}, []
    for kind, text in zip(("sbg", "bdw"), texts, strict=True):
        scenario = loads(MEMBERSHIP.replace(CONSTANT, text))
        names = Frame(scenario, 5).territories
        drawn = draw(scenario, names, 40, 5)
        beta = f"subscribers.churn.{kind}.beta"
        inputs.setdefault("beta", drawn[beta])
        found.append(simulate(scenario, inputs=drawn | {beta: inputs["beta"]}))
    one, other = found
    for name in ("members", "gross_adds", "churned", "retention"):
        np.testing.assert_allclose(one.paths[name].values, other.paths[name].values, rtol=1e-6, err_msg=name)
    gained = (
        "deals.netflix.members_gained"  # those kept are quick to leave; cohorts take them for members like the rest
    )
    assert (one[gained] < other[gained]).all()
    assert (one[gained] > 0.85 * other[gained]).all()


@pytest.mark.parametrize("churn", CHURNS.values(), ids=CHURNS)
def test_a_title_that_moves_nobody_gains_nobody(churn):
    still = {f"subscribers.title_effect.{name}": 0 for name in ("adds_elasticity", "churn_elasticity")}
    outcome = simulate(loads(MEMBERSHIP.replace(CONSTANT, churn), still))
    assert abs(outcome.paths["deals.netflix.members_gained"].values).max() < 1e-6 * outcome["members"].min()
    moved = simulate(loads(MEMBERSHIP.replace(CONSTANT, churn)))
    assert moved["deals.netflix.members_gained"].min() > 0


DEARER = """  price: {amount: 12, currency: USD, per: month}
  price_effect: {reference: 9, adds_elasticity: 2, change_coefficient: 0, churn_elasticity: 0}
"""


def test_a_price_that_deters_joiners_all_the_while_deters_those_whom_a_title_wins_too():
    still = {f"subscribers.title_effect.{name}": 0 for name in ("adds_elasticity", "churn_elasticity")}
    text = MEMBERSHIP.replace('  seasonality: {"1": 1.2, "7": 0.8}\n', "").replace(CONSTANT, CONSTANT + DEARER)
    outcome = simulate(loads(text, still))
    assert abs(outcome.paths["deals.netflix.members_gained"].values).max() < 1e-6 * outcome["members"].min()
    as_shock = text.replace(DEARER, f"  shocks: {{dearer: {{start: 2017-11, months: 12, adds: {(12 / 9) ** -2}}}}}\n")
    gained = "deals.netflix.members_gained"
    np.testing.assert_allclose(simulate(loads(text))[gained], simulate(loads(as_shock))[gained], rtol=1e-6)


@pytest.mark.parametrize("churn", CHURNS.values(), ids=CHURNS)
def test_where_few_draws_react_to_price_and_marketing_a_draw_has_the_same_bits_in_any_block(churn):
    rarely = PACE.replace("change_coefficient: -0.5", "change_coefficient: {discrete: {0: 90%, -0.5: 10%}}").replace(
        "change_coefficient: 0.2", "change_coefficient: {discrete: {0: 90%, 0.2: 10%}}"
    )
    scenario = loads(MEMBERSHIP.replace(CONSTANT, churn + rarely))
    whole, parted = simulate(scenario, draws=60), simulate(scenario, draws=60, block=3)
    for name in ("members", "deals.netflix.members_gained"):
        np.testing.assert_array_equal(whole[name], parted[name])


@pytest.mark.parametrize("form", FORMS)
def test_where_a_share_of_members_pays_the_path_of_those_who_pay_is_that_share_of_all(form):
    """Bass with churn has no unit: with opening and potential times a share, so is every flow."""
    text = SCENARIO.replace("CHURN", FORMS[form]).replace(
        "{uniform: {low: 50 million, high: 60 million}}", "50 million"
    )
    every = simulate(loads(text))
    paid = text.replace("members: 50 million", "members: 46 million").replace("share: 60%}", "share: 60%, paid: 92%}")
    some = simulate(loads(paid))
    for name in ("members", "gross_adds", "churned"):
        np.testing.assert_allclose(some.paths[name].values, 0.92 * every.paths[name].values, rtol=1e-12)


def test_the_share_that_pays_may_differ_by_territory():
    text = SCENARIO.replace("CHURN", FORMS["constant"])
    paid = {
        "subscribers.potential": {"of": "audience", "share": 0.6, "paid": {"by_territory": {"USA": 0.5, "TWN": 0.9}}}
    }
    frames = [Frame(loads(text, given), 2) for given in ({}, paid)]
    most = []
    for frame in frames:
        block = Block(frame, 0, 5, draw(frame.scenario, frame.territories, 5, 2))
        most.append(Platform(Setting(block))._potential[0])
    share = {"USA": 0.5, "TWN": 0.9}
    for place, code in enumerate(frames[0].territories):
        np.testing.assert_allclose(most[1][place], share[code] * most[0][place])


def test_members_that_are_counted_stay_where_there_is_no_room_for_more():
    """Nobody may join; whoever is counted leaves by churn alone."""
    outcome = simulate(loads(MEMBERSHIP, {"subscribers.potential.share": 0}))
    opening = 55e6 + outcome.inputs["subscribers.opening.home.members"]
    members, left = (outcome.paths[name].values for name in ("members", "churned"))
    np.testing.assert_allclose(members[0] + left[0], opening, rtol=1e-12)
    assert (np.abs(outcome.paths["gross_adds"].values) < 1e-6).all()


def test_before_there_are_members_joiners_stay_as_long_as_they_would_anywhere():
    nobody = {f"subscribers.opening.{group}.members": 0 for group in ("home", "abroad")}
    outcome = simulate(loads(MEMBERSHIP, nobody))
    months = np.arange(1, MONTHS + 1).reshape(-1, 1)
    abroad = (1 - outcome.inputs["subscribers.monthly_churn.default"]) ** months
    low, high = np.sort([abroad, np.broadcast_to(0.97**months, abroad.shape)], axis=0)
    stays = outcome.paths["retention"].values
    assert (stays >= low - 1e-12).all()
    assert (stays <= high + 1e-12).all()
