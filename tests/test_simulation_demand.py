"""A title in a simulation: how viewing starts and fades, what a hit carries along, one story made in several ways."""

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

WAYS = Path(__file__).parent / "broken" / "ways.yml"
CERTAIN = """
name: one title, all certain but its hit
currency: USD
horizon: {start: 2018-01, periods: 36, step: month}
simulation: {draws: 4000, seed: 11}
territories: {include: [TWN]}
audience: {internet_users: 20 million, video_share: 50%, annual_growth: 0%, monthly_income: 2000}
habits:
  markets: [TWN]
  opening: {unlicensed: 0%, new_payer: 0%, habitual: 40%, lapsed: 0%}
  enforcement: 0
  innovation: 0
  imitation: 0
  unlicensed_word_of_mouth: 0
  habit_formation: 0
  new_payer_monthly_churn: 0%
  habitual_monthly_churn: 0%
  win_back: 0
  free_relapse: 0
  lapsed_relapse: 0
  affordability: {monthly_price: 9, reference_share: 1%, elasticity: 0, most: 1}
  content: {lift: 0, intensity: 0%}
subscribers:
  platform: harbour
  opening: {all: {territories: [TWN], members: 300 thousand}}
  potential: {of: payers, share: 0.5}
  innovation: 0.1
  imitation: 0.4
  monthly_churn: 3%
  title_effect: {adds_elasticity: 0.5, churn_elasticity: 0.5, monthly_hours_per_member: 40}
title:
  name: A night
  tier: online
  episodes: 10
  hours: 8
  completion: 50%
  appeal: 1%
  hit: {lognormal: {p10: 0.5, p90: 2}}
  decay: {scale_months: 2, tail: 1}
deals:
  station:
    licensor: studio
    licensee: station
    rights: {media: [free_tv], territories: [TWN], start: 2018-04, months: 18, exclusive: true}
    exploitation: {by: viewing, reach: 30%, free_hour: 0.2, paid_hour: 0.5}
    terms: [{clause: revenue_share, share: 40%, base: gross}]
    withholding_tax: 0%
    gross_up: false
    payment_lag_months: 0
  harbour:
    licensor: studio
    licensee: harbour
    rights: {media: [SVOD], territories: [TWN], start: 2018-04, months: 18, exclusive: true}
    exploitation: {by: membership}
    terms: [{clause: flat_fee, amount: 5 thousand USD per episode, schedule: {opening: 100%}}]
    withholding_tax: 0%
    gross_up: false
    payment_lag_months: 0
packages:
  both: {label: Both, deals: [station, harbour]}
platform:
  revenue:
    member_payment: 8 USD per subscriber_month
    content_marketing: 0.1 USD per hour
    derivatives: 40 thousand USD
  costs: {bandwidth: 0.02 USD per hour}
discount_rates: {default: 8%}
"""
SLOW = CERTAIN.replace("{scale_months: 2, tail: 1}", "{decide_months: 4, act_months: 1.5}")
SPOKEN_OF = CERTAIN.replace("tail: 1}\n", "tail: 1}\n  word_of_mouth: {derivatives: 1.2, content_marketing: 0.5}\n")
AUDIENCE, REACH, HOURS_EACH, APPEAL = 10e6, 0.3, 4, 0.01


def paid(outcome, payer, payee, clause):
    """Mean cash (period,) under one clause."""
    return sum(flow.mean for flow in outcome.flows if (flow.payer, flow.payee, flow.clause) == (payer, payee, clause))


def stepped(text, step, periods):
    return text.replace("periods: 36, step: month", f"periods: {periods}, step: {step}")


@pytest.mark.parametrize(("step", "periods"), [("month", 36), ("quarter", 12), ("year", 3)])
def test_a_window_of_a_slow_starter_is_worth_those_who_decide_and_act_within_it_whatever_the_step(step, periods):
    """By the definition: somebody decides at s and acts in time, both waits exponential, over the window of 18 months."""
    outcome = simulate(loads(stepped(SLOW, step, periods)), draws=50)
    within, _ = quad(lambda s: np.exp(-s / 4) / 4 * (1 - np.exp(-(18 - s) / 1.5)), 0, 18)
    hit = np.minimum(APPEAL * outcome.inputs["title.hit"], 1)
    np.testing.assert_allclose(outcome["deals.station.hours"], AUDIENCE * REACH * HOURS_EACH * hit * within, rtol=1e-9)


def test_a_slow_starter_is_viewed_most_after_its_first_month_and_a_heavy_tail_in_it():
    slow, heavy = (
        paid(simulate(loads(text), draws=50), "audience", "station", "member_payment") for text in (SLOW, CERTAIN)
    )
    assert slow.argmax() == 3 + 2  # the density of both waits peaks at ln(4 ÷ 1.5) ÷ (1 ÷ 1.5 − 1 ÷ 4) = 2.4 months
    assert heavy.argmax() == 3


def test_mean_and_spread_of_the_hit_go_through_to_hours():
    """Hours are proportional to the hit where nothing else is uncertain: log-normal, mean exp(σ² ÷ 2), σ = ln 2 ÷ 1.2816."""
    outcome, sigma = simulate(loads(CERTAIN)), np.log(2) / 1.2815515655446004
    certain = AUDIENCE * REACH * HOURS_EACH * APPEAL * (1 - (1 + 18 / 2) ** -1.0)
    logs = np.log(outcome["deals.station.hours"] / certain)
    assert logs.mean() == pytest.approx(0, abs=4 * sigma / np.sqrt(4000))
    assert logs.std() == pytest.approx(sigma, rel=4 / np.sqrt(2 * 4000))
    spread = np.sqrt(np.exp(sigma**2) * (np.exp(sigma**2) - 1) / 4000)
    assert outcome["deals.station.hours"].mean() / certain == pytest.approx(np.exp(sigma**2 / 2), abs=4 * spread)


def test_word_of_mouth_lifts_each_line_by_hit_to_its_elasticity_and_leaves_the_others():
    """Advertising by the hour carries the hit once with its hours: hit × hit^0.5; a plain sum only by word of mouth."""
    plain, spoken_of = (simulate(loads(text)) for text in (CERTAIN, SPOKEN_OF))
    hit = plain.inputs["title.hit"]
    np.testing.assert_array_equal(hit, spoken_of.inputs["title.hit"])
    assert paid(spoken_of, "audience", "harbour", "derivatives").sum() == pytest.approx(40e3 * np.mean(hit**1.2))
    before, after = (paid(way, "audience", "station", "content_marketing") for way in (plain, spoken_of))
    np.testing.assert_allclose(after, before * np.mean(hit * hit**0.5) / np.mean(hit), rtol=1e-9)
    for line in (
        ("audience", "station", "member_payment"),
        ("audience", "harbour", "member_payment"),
        ("harbour", "suppliers", "bandwidth"),
    ):
        np.testing.assert_array_equal(paid(spoken_of, *line), paid(plain, *line))
    for name in ("deals.station.hours", "deals.harbour.hours", "members"):
        np.testing.assert_array_equal(spoken_of[name], plain[name])


def test_a_licensor_shares_in_what_word_of_mouth_brings_and_money_is_conserved():
    outcome = simulate(loads(SPOKEN_OF))
    receipts = [paid(outcome, "audience", "station", line).sum() for line in ("content_marketing", "member_payment")]
    assert paid(outcome, "station", "studio", "revenue_share").sum() == pytest.approx(0.4 * sum(receipts))
    worth = outcome.by_territory["deals.station.contribution"].values.sum()
    kept = outcome["deals.station.licensee_npv"].mean()
    assert kept == pytest.approx(0.6 * worth, rel=1e-9)


def test_an_elasticity_of_nothing_is_to_the_last_bit_no_word_of_mouth():
    nothing = SPOKEN_OF.replace("derivatives: 1.2, content_marketing: 0.5", "derivatives: 0, content_marketing: 0")
    without, zero = (simulate(loads(text), draws=200) for text in (CERTAIN, nothing))
    for name, output in without.outputs.items():
        np.testing.assert_array_equal(output.values, zero[name], err_msg=name)


def made_in_one_way():
    """The same title as a story of which nothing is uncertain, made in one way."""
    head, rest = CERTAIN.split("title:\n  name: A night\n")
    fields, rest = rest.split("deals:\n", 1)
    inner = "".join(f"    {line}\n" for line in fields.splitlines())
    story = "title:\n  name: A night\n  hit: 1\n  made_as:\n    short:\n" + inner
    return head + story + "deals:\n" + rest.replace("    licensor:", "    made_as: short\n    licensor:")


def test_a_story_that_adds_nothing_made_in_one_way_is_that_title():
    title = simulate(loads(CERTAIN), draws=300)
    inputs = {"title.made_as.short.hit": title.inputs["title.hit"]}
    story = simulate(loads(made_in_one_way()), draws=300, inputs=inputs)
    for name, output in story.outputs.items():
        np.testing.assert_array_equal(output.values, title[name], err_msg=name)


def test_ways_of_making_a_story_share_its_hit_and_each_has_a_spread_of_its_own():
    """Hours of either way are proportional to the story's hit times its own, all else being certain but how it fades."""
    outcome = simulate(load(WAYS), draws=2000)
    story, own = outcome.inputs["title.hit"], outcome.inputs["title.made_as.television.hit"]
    hours = np.log(outcome["deals.channel.hours"]) - np.log(story) - np.log(own)
    assert np.ptp(hours) < 1e-9
    one, other = (np.log(outcome[f"deals.{deal}.hours"]) for deal in ("channel", "shared"))
    shared, television, online = (np.log(ends) / 1.2815515655446004 for ends in (2, 1 / 0.7, 1 / 0.3))
    expected = shared**2 / np.sqrt((shared**2 + television**2) * (shared**2 + online**2))
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(expected, abs=0.06)  # 3 standard errors, less than 1 ÷ √2000


def test_each_deal_counts_the_episodes_and_the_cost_of_its_own_way():
    outcome = simulate(load(WAYS), draws=50)
    assert paid(outcome, "satellite", "studio", "flat_fee").sum() == pytest.approx(46 * 4e6)
    assert paid(outcome, "youku", "studio", "cost_plus").sum() == pytest.approx(0.3 * 24 * 0.8e6)
    for package, cost in (("as_television", 46 * 3e6), ("as_online", 24 * 0.8e6)):
        (spent,) = [flow.mean.sum() for flow in outcome.flows_of(package) if flow.clause == "production_cost"]
        assert spent == pytest.approx(cost)


def test_ways_of_making_a_story_are_the_same_in_any_block():
    scenario = load(WAYS)
    whole, parts = simulate(scenario, draws=60), simulate(scenario, draws=60, block=7)
    for name, output in whole.outputs.items():
        np.testing.assert_array_equal(output.values, parts[name], err_msg=name)
