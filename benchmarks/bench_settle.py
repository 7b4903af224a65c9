"""What settling a package of many deals costs beside writing and summing the same arrays once, as a ratio in one run.

python benchmarks/bench_settle.py
"""

from __future__ import annotations

import json

import numpy as np
from bench_engine import ratio

from simlib.models.licensing import balances
from simlib.scenario.load import loads
from simlib.simulation.dues import Earnings
from simlib.simulation.engine import block_size
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.packages import sign
from simlib.simulation.sampling import draw
from simlib.simulation.settle import settle

DEALS, PERIODS, DRAWS = 60, 60, 10_000
HEAD = f"""
name: many deals
currency: USD
horizon: {{start: 2018-01, periods: {PERIODS}, step: month}}
simulation: {{draws: {DRAWS}, seed: 1}}
territories: {{include: [TWN]}}
audience: {{internet_users: 18 million, video_share: 70%, annual_growth: 0, monthly_income: 2000}}
habits:
  markets: [world]
  opening: {{unlicensed: 40%, new_payer: 5%, habitual: 10%, lapsed: 5%}}
  enforcement: 0.1
  innovation: 0.03
  imitation: 0.3
  unlicensed_word_of_mouth: 0
  habit_formation: 1
  new_payer_monthly_churn: 5%
  habitual_monthly_churn: 1%
  win_back: 0.4
  free_relapse: 0.03
  lapsed_relapse: 0.1
  affordability: {{monthly_price: 9, reference_share: 0.3%, elasticity: 0.5, most: 1.5}}
  content: {{lift: 0.3, intensity: 20%}}
title:
  {{name: many, tier: online, episodes: 30, hours: 24, completion: 50%, appeal: 1%,
   hit: 1, decay: {{scale_months: 3, tail: 1}}}}
discount_rates: {{default: 10%}}
fx: {{TWD: {{random_walk: {{start: 30, annual_volatility: 5%}}}}}}
"""
DEAL = {
    "licensor": "owner",
    "rights": {"media": ["free_tv"], "territories": ["TWN"], "start": "2018-02", "months": 48, "exclusive": False},
    "exploitation": {
        "by": "viewing",
        "reach": "10%",
        "free_hour": "0.05 USD per hour",
        "paid_hour": "0.1 USD per hour",
    },
    "terms": [
        {"clause": "distribution_fee", "share": "30%"},
        {"clause": "expenses", "amount": "20 thousand USD", "cap": "30 thousand USD"},
        {"clause": "minimum_guarantee", "amount": "2 million TWD", "schedule": {"opening": "100%"}},
        {"clause": "revenue_share", "share": {"uniform": {"low": "40%", "high": "60%"}}, "base": "net"},
        {"clause": "flat_fee", "amount": "9 thousand USD", "schedule": {"opening": "50%", "2018-12": "50%"}},
    ],
    "withholding_tax": "10%",
    "gross_up": False,
    "payment_lag_months": 3,
    "licensor_cost": {"amount": "2 thousand USD"},
}


def main() -> None:
    """Print the ratio of both, and how many arrays the ledger has."""
    deals = {f"deal{number}": {**DEAL, "licensee": f"station{number}"} for number in range(DEALS)}
    packages = {"all": {"label": "All", "deals": list(deals)}}
    scenario = loads(f"{HEAD}\ndeals: {json.dumps(deals)}\npackages: {json.dumps(packages)}\n")
    frame = Frame(scenario, 1)
    inputs = draw(scenario, frame.territories, DRAWS, 1)
    random = np.random.default_rng(1)
    lines = [random.gamma(2, 4000, (PERIODS, 1, DRAWS)) for _ in range(3)]

    def settled() -> int:
        size, count = block_size(frame), 0
        for first in range(0, DRAWS, size):
            last = min(first + size, DRAWS)
            block = Block(frame, first, last, {name: values[first:last] for name, values in inputs.items()})
            one, two, hours = (line[:, :, first:last] for line in lines)
            earnings = dict.fromkeys(
                scenario.deals, Earnings({"advertising": one, "payments": two}, {}, {"hour": hours})
            )
            found = {}
            for name, deal in scenario.deals.items():
                found |= settle({name: deal}, earnings, block)
            signed = sign("all", found, earnings, block)
            balances(signed.postings())
            count = sum(1 for _ in signed.postings())
        return count

    count = settled()

    def written_and_summed() -> None:
        for first in range(0, DRAWS, block_size(frame)):
            here = lines[0][:, :, first : first + block_size(frame)]
            ledger, total = [here.copy() for _ in range(count)], np.zeros(here.shape)
            for amount in ledger:
                total += amount

    bare, ours, times = ratio(written_and_summed, settled, 7)
    print(
        f"{DEALS} deals x {PERIODS} months x {DRAWS:,} draws, {count} arrays: written and summed {bare:.2f} s, ", end=""
    )
    print(f"settled {ours:.2f} s, {times:.1f} times")


if __name__ == "__main__":
    main()
