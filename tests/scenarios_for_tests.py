"""Small scenarios: one that a loop can recompute by hand, one with everything in it, and pieces to vary them."""

from pydantic import TypeAdapter

from simlib.scenario.quantity import Quantity

FRAME = """
name: frame
currency: USD
horizon: {start: 2017-11, periods: 8, step: month}
simulation: {draws: 6, seed: 3}
territories:
  include: [TWN, HKG, USA, DEU]
  groups: {chinese_language: [TWN, HKG], islands: [TWN]}
"""

# One platform in three territories over twelve months, without and with a title that it licenses.
MEMBERSHIP = """
name: membership
currency: USD
horizon: {start: 2017-11, periods: 12, step: month}
simulation: {draws: 40, seed: 5}
territories: {include: [TWN, USA, DEU], groups: {home: [TWN]}}
audience:
  internet_users: {by_territory: {TWN: 18 million, USA: 250 million, default: {fact: internet_users}}}
  video_share: {pert: {low: 60%, mode: 70%, high: 80%}}
  annual_growth: {by_territory: {TWN: 6%, default: {uniform: {low: 1%, high: 4%}}}}
  monthly_income: {by_territory: {TWN: 2100, USA: 5000, DEU: 3700}}
habits:
  markets: [home, world]
  opening:
    unlicensed: {by_territory: {home: 45%, world: {pert: {low: 15%, mode: 20%, high: 30%}}}}
    new_payer: 5%
    habitual: {by_territory: {home: 6%, world: 25%}}
    lapsed: 4%
  enforcement: {by_territory: {home: 0.06, world: 0.1}}
  innovation: {pert: {low: 0.01, mode: 0.03, high: 0.06}}
  imitation: {pert: {low: 0.15, mode: 0.35, high: 0.6}}
  unlicensed_word_of_mouth: {uniform: {low: -0.02, high: 0.04}}
  habit_formation: {pert: {low: 0.5, mode: 1.0, high: 2.0}}
  new_payer_monthly_churn: {pert: {low: 3.5%, mode: 5.3%, high: 8%}}
  habitual_monthly_churn: 1%
  win_back: 0.4
  free_relapse: 0.03
  lapsed_relapse: 0.08
  affordability: {monthly_price: 9, reference_share: 0.3%, elasticity: {uniform: {low: 0.3, high: 1}}, most: 1.5}
  content: {lift: 0.3, intensity: {ramp: {from: 20%, to: 40%, start: 2018-01, months: 6}}}
subscribers:
  platform: netflix
  opening:
    home: {territories: [TWN], members: {uniform: {low: 200 thousand, high: 400 thousand}}}
    abroad: {territories: [USA, DEU], members: 55 million}
  potential:
    of: payers
    share: {pert: {low: 0.75, mode: 0.9, high: 1.15}}
    income: {elasticity: {uniform: {low: 0.2, high: 0.8}}, most: 1.01}
  innovation: {pert: {low: 0.03, mode: 0.06, high: 0.1}}
  imitation: {by_territory: {USA: 0.3, default: {pert: {low: 0.3, mode: 0.5, high: 0.7}}}}
  monthly_churn: {by_territory: {TWN: 3%, default: {pert: {low: 1.4%, mode: 2.2%, high: 3.8%}}}}
  seasonality: {"1": 1.2, "7": 0.8}
  title_effect:
    adds_elasticity: {pert: {low: 0.1, mode: 0.5, high: 1.2}}
    churn_elasticity: {by_territory: {TWN: 0.9, default: {pert: {low: 0.1, mode: 0.5, high: 1.2}}}}
    monthly_hours_per_member: 42
title:
  name: Day and Night
  tier: online
  episodes: 32
  hours: 24
  completion: {pert: {low: 30%, mode: 50%, high: 75%}}
  appeal: {by_territory: {TWN: {lognormal: {p10: 4%, p90: 14%}}, default: 0.4%}}
  hit: {lognormal: {p10: 0.4, p90: 2.5}}
  decay: {scale_months: {pert: {low: 1, mode: 2.5, high: 6}}, tail: {pert: {low: 0.6, mode: 1, high: 1.6}}}
deals:
  netflix:
    licensor: youku
    licensee: netflix
    rights: {media: [SVOD], territories: [TWN, USA], start: 2018-01, months: 8, exclusive: true}
    exploitation: {by: membership}
    terms:
      - clause: flat_fee
        amount: {amount: {lognormal: {p10: 10 thousand, p90: 50 thousand}}, currency: USD, per: episode}
        schedule: {2018-01: 50%, 2018-07: 40%, 2019-02: 10%}
    withholding_tax: {discrete: {0%: 40%, 10%: 60%}}
    gross_up: false
    payment_lag_months: 0
    licensor_cost: {amount: {lognormal: {p10: 30 thousand, p90: 100 thousand}}}
packages:
  worldwide: {label: Worldwide, deals: [netflix]}
platform:
  revenue:
    member_payment:
      {amount: {by_territory: {TWN: {growth: {start: 8, annual: 4%}}, default: 10}}, currency: USD, per: subscriber_month}
  costs:
    bandwidth: {amount: 0.01, currency: USD, per: hour}
    marketing: {amount: 5, currency: USD, per: gross_add}
    content: {amount: {lognormal: {p10: 80 thousand, p90: 320 thousand}}, currency: USD}
    other: 2400 USD
discount_rates: {youku: {pert: {low: 8%, mode: 12%, high: 16%}}, netflix: 8%}
"""

# How MEMBERSHIP's members leave, and other ways; what may stand beside them.
CONSTANT = "  monthly_churn: {by_territory: {TWN: 3%, default: {pert: {low: 1.4%, mode: 2.2%, high: 3.8%}}}}\n"
SBG = (
    "  churn: {sbg: {alpha: {uniform: {low: 0.6, high: 0.9}}, beta: {by_territory: {TWN: 12, default: 30}}}, "
    "opening_tenure_months: 24}\n"
)
BDW = (
    "  churn: {bdw: {alpha: 0.8, beta: {uniform: {low: 20, high: 40}}, duration_dependence: 0.9}, "
    "opening_tenure_months: {uniform: {low: 3, high: 24}}}\n"
)
CHURNS = {"constant": CONSTANT, "sbg": SBG, "bdw": BDW}
PACE = """  churn_seasonality: {"1": 1.1}
  price: {amount: {steps: {2017-11: 9.99, 2018-02: 10.99}}, currency: USD, per: month}
  price_effect:
    reference: 9.99
    adds_elasticity: 0.4
    change_coefficient: -0.5
    churn_elasticity: {uniform: {low: 0.3, high: 1}}
  marketing: {spend: {amount: {growth: {start: 1 million, annual: 20%}}, currency: USD, per: month}, change_coefficient: 0.2}
  shocks: {lockdown: {start: 2018-03, months: 2, adds: {uniform: {low: 1.4, high: 2}}, churn: 0.8}}
"""

# Deals of every kind, currencies that wander, draws for each territory, correlations, a fee on the table.
EVERYTHING = (
    MEMBERSHIP.partition("deals:")[0]
    .replace("name: membership", "name: everything")
    .replace("periods: 12", "periods: 14")
    .replace("[TWN, USA, DEU], groups: {home: [TWN]}", "[TWN, HKG, USA, DEU, BRA], groups: {home: [TWN, HKG]}")
    .replace("DEU: 3700", "DEU: 3700, HKG: 3800, BRA: {normal: {mean: 800, sd: 50}}")
    .replace("[USA, DEU], members", "{include: [world], exclude: [TWN, HKG]}, members")
    .replace("default: 0.4%", "default: {beta: {mean: 0.5%, sd: 0.2%}, per_territory: true}")
    + """
deals:
  netflix:
    licensor: youku
    licensee: netflix
    rights: {media: [SVOD], territories: {include: [world], exclude: [DEU]}, start: 2018-01, months: 9, exclusive: true}
    exploitation: {by: membership}
    terms:
      - clause: flat_fee
        amount: {amount: {lognormal: {p10: 10 thousand, p90: 50 thousand}}, currency: USD, per: episode}
        schedule: {2018-01: 50%, 2018-07: 40%, 2018-10: 10%}
      - {clause: flat_fee, amount: 100 thousand EUR, schedule: {2018-02: 60%, 2019-02: 40%}}
      - {clause: per_hour, amount: {amount: {uniform: {low: 0.01, high: 0.02}}, currency: USD, per: hour}}
    withholding_tax: {discrete: {0%: 40%, 10%: 60%}}
    gross_up: true
    payment_lag_months: 1
    licensor_cost: {amount: {lognormal: {p10: 30 thousand, p90: 100 thousand}}}
  station:
    licensor: youku
    licensee: station
    rights: {media: [free_tv], territories: [home], start: 2018-02, months: 6, exclusive: true}
    exploitation:
      by: viewing
      reach: {pert: {low: 8%, mode: 18%, high: 35%}, per_territory: true}
      free_hour: {amount: {pert: {low: 0.4, mode: 1.2, high: 2}}, currency: TWD, per: hour}
      paid_hour: {amount: {by_territory: {HKG: 0.2, default: {growth: {start: 0.1, annual: 5%}}}}, currency: USD, per: hour}
    terms:
      - {clause: distribution_fee, share: 30%}
      - {clause: expenses, amount: 20 thousand USD, cap: 15 thousand USD}
      - clause: minimum_guarantee
        amount: {amount: {lognormal: {p10: 4 thousand, p90: 20 thousand}}, currency: TWD, per: episode}
        schedule: {2018-02: 50%, 2018-09: 50%}
      - {clause: revenue_share, share: {uniform: {low: 40%, high: 60%}}, base: net}
    withholding_tax: 20%
    gross_up: false
    payment_lag_months: 3
    licensor_cost: {amount: 12 thousand USD}
  open_platform:
    licensor: youku
    licensee: open_platform
    rights: {media: [AVOD], territories: [world], start: 2017-11, months: 60, exclusive: false}
    exploitation: {by: viewing, reach: 10%, free_hour: 0.02 USD per hour, paid_hour: 0.05 USD per hour}
    terms: [{clause: revenue_share, share: 55%, base: gross}]
    withholding_tax: 0%
    gross_up: false
    payment_lag_months: 9
packages:
  worldwide: {label: Worldwide, deals: [netflix]}
  piecemeal: {label: Piece by piece, deals: [station, open_platform]}
negotiation: {package: worldwide, deal: netflix, bargaining_power: 50%}
platform:
  revenue:
    member_payment:
      {amount: {by_territory: {TWN: {growth: {start: 8, annual: 4%}}, default: 10}}, currency: USD, per: subscriber_month}
  costs:
    bandwidth: {amount: 0.01, currency: EUR, per: hour}
    marketing: {amount: 5, currency: USD, per: gross_add}
    content: {amount: {lognormal: {p10: 80 thousand, p90: 320 thousand}}, currency: USD}
    other: 2400 USD
discount_rates: {youku: {pert: {low: 8%, mode: 12%, high: 16%}}, default: 8%}
fx:
  TWD: {random_walk: {start: {uniform: {low: 29, high: 31}}, annual_volatility: 5%}}
  EUR: {random_walk: {start: 0.85, annual_volatility: 8%}}
correlations:
  - [title.hit, title.completion, 0.5]
  - [title.hit, deals.netflix.terms.flat_fee.amount, 0.3]
"""
)


def form(written):
    """A quantity as a strategist writes it."""
    return TypeAdapter(Quantity).validate_python(written)
