"""How an audience learns to pay, as tidy tables: both measures, where people stand, what each lever does."""

from __future__ import annotations

import pandas as pd

from simlib.decide.sensitivity import tornado
from simlib.present import names
from simlib.present.tables.growth import ends, fans
from simlib.present.tables.once import once
from simlib.simulation.outcome import Outcome

MEASURES = {"paid_half_year": "Paid within half a year", "paying_ratio": "Pay on a given day"}
STATES = {
    "unlicensed": "Watch unlicensed copies",
    "free": "Watch free",
    "lapsed": "Have stopped paying",
    "new_payer": "Pay, not yet of habit",
    "habitual": "Pay out of habit",
}
LEVERS = {
    "habits.enforcement": "Enforcement",
    "habits.affordability": "Price and income",
    "audience.monthly_income": "Price and income",
    "habits.content": "Exclusive titles",
    "habits.training": "Training",
}
ENOUGH = 40  # draws, for two in each band of a lever


@once
def measures(outcome: Outcome, market: str) -> pd.DataFrame:
    """Return the fans of both measures of a market, the flow first, each with what people call it in `said`.

    A measure that the scenario does not ask for is left out.
    """
    found = [fans(outcome, name) for measure in MEASURES if (name := f"{measure}.{market}") in outcome.paths]
    table = pd.concat(found, ignore_index=True) if found else fans(outcome, "paid_half_year").iloc[:0]
    return table.assign(said=table.series.map(lambda series: MEASURES[series.partition(".")[0]]))


@once
def standing(outcome: Outcome, market: str) -> pd.DataFrame:
    """Return where people stand: state, what people call it (`said`), period, `at` (its end, in years), mean share.

    Nothing where the scenario has no such market.
    """
    if market not in outcome.standing:
        return pd.DataFrame(columns=["state", "said", "period", "at", "share"])
    tables = [
        pd.DataFrame({"state": state, "said": said, "period": outcome.periods, "at": ends(outcome)}).assign(
            share=outcome.standing[market][state]
        )
        for state, said in STATES.items()
    ]
    return pd.concat(tables, ignore_index=True)


def levers(outcome: Outcome, market: str) -> pd.DataFrame:
    """Return what each uncertain number of a lever does to the paying ratio at the end, the widest swing first.

    What is correlated is left out: near its P10 and P90 its companions are elsewhere too, and the swing would be theirs.
    lever, input, label, its P10 and P90 (`at_p10`, `at_p90`), the mean paying ratio near them (`low`, `high`), `swing` and
    the `error` of it.
    """
    together = {name for pair in outcome.scenario.correlations for name in pair[:2]}
    inputs = {
        name: values
        for name, values in outcome.inputs.items()
        if name.startswith(tuple(LEVERS)) and name not in together and outcome.draws >= ENOUGH
    }
    bars = pd.DataFrame(
        tornado(inputs, outcome[f"paying_ratio.{market}"]),
        columns=["input", "at_p10", "at_p90", "low", "high", "swing", "error"],
    )
    bars["lever"] = [next(said for head, said in LEVERS.items() if name.startswith(head)) for name in bars.input]
    return bars.assign(label=bars.input.map(names.label))
