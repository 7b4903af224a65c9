"""Scenarios with accounts to state: one to work out by head, one with every kind of account."""

from scenarios_for_tests import EVERYTHING

BY_HEAD = """
name: by head
currency: USD
horizon: {start: 2018-01, periods: 6, step: month}
simulation: {draws: 2, seed: 1}
territories: {include: [TWN]}
audience:
  {internet_users: 1000, video_share: 50%, annual_growth: 0%, monthly_income: 900}
habits:
  markets: [world]
  opening: {unlicensed: 20%, new_payer: 5%, habitual: 5%, lapsed: 5%}
  enforcement: 0.1
  innovation: 0.03
  imitation: 0.3
  unlicensed_word_of_mouth: 0
  habit_formation: 1
  new_payer_monthly_churn: 5%
  habitual_monthly_churn: 1%
  win_back: 0.4
  free_relapse: 0.03
  lapsed_relapse: 0.08
  affordability: {monthly_price: 9, reference_share: 0.3%, elasticity: 0.5, most: 1.5}
  content: {lift: 0.3, intensity: 20%}
title:
  name: A play
  tier: online
  episodes: 10
  hours: 8
  completion: 50%
  appeal: 5%
  hit: 1
  decay: {scale_months: 2, tail: 1}
deals:
  station:
    licensor: owner
    licensee: station
    rights: {media: [free_tv], territories: [TWN], start: 2018-01, months: 6, exclusive: true}
    exploitation: {by: viewing, reach: 10%, free_hour: 1 USD per hour, paid_hour: 1 USD per hour}
    terms:
      - {clause: distribution_fee, share: 20%}
      - {clause: minimum_guarantee, amount: 100, schedule: {2018-01: 75%, 2018-08: 25%}, note: kept if never earned}
      - {clause: revenue_share, share: 50%, base: net}
    withholding_tax: 10%
    gross_up: false
    payment_lag_months: 2
packages: {only: {label: Only, deals: [station]}}
discount_rates: {default: 10%}
"""

# Pools, years, tops, waterfalls, shared cost: what the small statement above does not have.
PRODUCED = "tier: online\n  production: {cost: 90 thousand USD, schedule: {2017-11: 60%, 2018-03: 30%, 2030-01: 10%}}"
RATES = "discount_rates: {youku: {pert: {low: 8%, mode: 12%, high: 16%}}, default: 8%}\n"
BEFORE, _, REST = EVERYTHING.replace("tier: online", PRODUCED).replace(RATES, "").partition("packages:")
RICH = (
    BEFORE
    + """
  hong_kong:
    licensor: youku
    licensee: station
    rights: {media: [pay_tv], territories: [HKG], start: 2018-01, months: 8, exclusive: true}
    exploitation: {by: viewing, reach: 20%, free_hour: 1 USD per hour, paid_hour: 2 USD per hour}
    terms:
      - {clause: minimum_guarantee, amount: 30 thousand TWD, schedule: {2018-01: 100%}}
      - {clause: revenue_share, tiers: [{share: 40%, up_to: 30 thousand TWD}, {share: 55%}], base: gross}
    withholding_tax: 5%
    gross_up: true
    payment_lag_months: 2
  yearly:
    licensor: youku
    licensee: airline
    rights: {media: [SVOD], territories: [USA, DEU], start: 2017-11, months: 20, exclusive: false}
    exploitation: {by: viewing, reach: 1%, free_hour: 0.5 USD per hour, paid_hour: 0.5 USD per hour}
    accounts_by_territory: true
    terms:
      - clause: minimum_guarantee
        amount: {amount: {by_territory: {USA: 40 thousand, default: 900}}, currency: USD}
        every: contract_year
        carried_over: false
      - {clause: revenue_share, share: 50%, base: net}
      - {clause: revenue_share, share: 5%, base: net, territories: [DEU]}
    withholding_tax: {by_territory: {USA: 30%, default: 0%}}
    gross_up: false
    payment_lag_months: 1
  off_the_top:
    licensor: youku
    licensee: distributor
    rights: {media: [free_tv], territories: [BRA, USA], start: 2018-01, months: 9, exclusive: true}
    exploitation: {by: viewing, reach: 5%, free_hour: 0.2 USD per hour, paid_hour: 0.5 USD per hour}
    terms:
      - {clause: distribution_fee, share: 25%}
      - {clause: expenses, amount: 2000 USD}
      - clause: minimum_guarantee
        amount: 9000 USD
        schedule: {opening: 100%}
        recouped_from: receipts
        recouped_share: 120%
      - {clause: revenue_share, share: 70%, base: net}
      - {clause: bonus, on: hours, threshold: 20 thousand, amount: 500 USD}
    withholding_tax: 15%
    gross_up: false
    payment_lag_months: 2
  topped_up:
    licensor: youku
    licensee: network
    rights: {media: [free_tv], territories: [DEU], start: 2018-01, months: 9, exclusive: true}
    exploitation: {by: viewing, reach: 5%, free_hour: 0.2 USD per hour, paid_hour: 0.5 USD per hour}
    terms:
      - {clause: minimum_guarantee, amount: 6000 EUR, due: shortfall}
      - {clause: revenue_share, share: 30%, base: gross}
      - {clause: cost_plus, markup: -95%}
    withholding_tax: 0%
    gross_up: false
    payment_lag_months: 2
packages:
  worldwide: {label: Worldwide, deals: [netflix]}
  together:
    label: All together
    deals: [station, hong_kong, yearly, off_the_top, topped_up, open_platform]
    cross_collateralised: [[station, hong_kong]]
    cost_shares: {youku: 55%, bank: 25%, station: 20%}
    waterfall:
      agent: {party: agent, share: 10%, base: gross}
      loan: {party: bank, share: 80%, base: net, until_cost: 110%}
      director: {party: director, share: 3%, base: net, after: loan}
"""
    + RATES
    + "platform:"
    + REST.partition("\nplatform:")[2]
)
