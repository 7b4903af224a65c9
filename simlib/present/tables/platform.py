"""The accounts of the whole platform as tidy tables: lines by year, when it breaks even, how many must pay."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from simlib.decide.levers import broke_even
from simlib.decide.levers import pulled as levers_pulled
from simlib.decide.value import standard_error
from simlib.present.spans import each, spanned, summed
from simlib.present.tables.growth import fans, history
from simlib.present.tables.once import once
from simlib.simulation.outcome import Outcome, Output

LINES = ("platform.revenue.", "platform.costs.")
RATIOS = {"platform.paying_ratio": "It has", "platform.paying_ratio_needed": "It needs"}


@once
def lines(outcome: Outcome) -> pd.DataFrame:
    """Return every line of revenue, then of costs, as `a_year` does; `side` says which, `each` of what period."""
    table = a_year(outcome, "platform")
    table = table[table.series.str.startswith(LINES)]
    return table.assign(side=table.series.str.split(".").str[1], each=each(outcome))


@once
def totals(outcome: Outcome) -> pd.DataFrame:
    """Return revenue and costs, as `a_year` does."""
    table = a_year(outcome, "platform")
    return table[table.series.isin(["platform.revenue", "platform.costs"])]


@once
def a_year(outcome: Outcome, name: str) -> pd.DataFrame:
    """Return flows by year as `fans` does, each `at` its own year: what came in 2015 stands at 2015."""
    return _at_its_year(outcome, fans(outcome, name))


@once
def past(outcome: Outcome, name: str) -> pd.DataFrame:
    """Return what was seen beside flows by year as `history` does, each `at` its own year."""
    return _at_its_year(outcome, history(outcome, name))


def _at_its_year(outcome: Outcome, table: pd.DataFrame) -> pd.DataFrame:
    by_year = table.series.map(lambda series: outcome.paths[series].is_flow and spanned(outcome, series) == 12)
    return table.assign(at=table["at"] - by_year.astype(float))


def faster(outcome: Outcome) -> pd.DataFrame:
    """Return by how much revenue and costs grow: year, the median growth of each in money and as a share of the year before,
    and the share of draws in which costs grow by more money. Nothing where flows are not told by year.
    """
    columns = ["year", "revenue", "costs", "revenue_share", "costs_share", "faster"]
    if "platform.revenue" not in outcome.paths or each(outcome) != "year":
        return pd.DataFrame(columns=columns)
    (_, ends, revenue), (_, _, costs) = (summed(outcome, f"platform.{side}") for side in ("revenue", "costs"))
    grown = [np.diff(own, axis=0) for own in (revenue, costs)]
    shares = [np.diff(own, axis=0) / own[:-1] for own in (revenue, costs)]
    medians = [np.median(own, axis=1) for own in (*grown, *shares)]
    told = (ends[1:].round().astype(int) - 1, *medians, (grown[1] > grown[0]).mean(axis=1))
    return pd.DataFrame(dict(zip(columns, told, strict=True)))


@once
def chances(outcome: Outcome) -> pd.DataFrame:
    """Return the share of draws that are in profit for good by the end of each period: `at` (in years), probability.

    It begins with the first whole year, and is nothing where the horizon ends with it.
    """
    if "platform.break_even" not in outcome.outputs:
        return pd.DataFrame(columns=["at", "probability"])
    dates, ends = outcome["platform.break_even"], fans(outcome, "platform.cash")["at"].to_numpy(float)
    start = ends[0] - (ends[1] - ends[0] if len(ends) > 1 else 1)
    ends = ends[ends >= start + 1 - 1e-9]
    ends = ends if len(ends) > 1 else ends[:0]
    return pd.DataFrame({"at": ends, "probability": [float(np.mean(dates <= end + 1e-9)) for end in ends]})


@once
def first_profit(outcome: Outcome) -> pd.DataFrame:
    """Return the year from which the history of the platform's profit shows no loss, and what the draws gave it.

    `probability` is the share of draws in profit for good by its end; empty where no history says so, or none.
    """
    columns = ["at", "value", "known", "probability"]
    past = history(outcome, "platform.profit")
    losses = past[past.value < 0]
    good = past[past["at"] > losses["at"].max()] if len(losses) else past
    if good.empty:
        return pd.DataFrame(columns=columns)
    first, dates = good.iloc[0], outcome["platform.break_even"]
    chance = float(np.mean(dates <= first["at"] + 1e-9))
    return pd.DataFrame([(first["at"], first.value, bool(first.known), chance)], columns=columns)


@once
def paying(outcome: Outcome) -> pd.DataFrame:
    """Return which share of the audience are members in the last year, and which it would need to break even.

    `missing` is the share of draws in which no number of members would do.
    """
    columns = ["output", "label", "p10", "p50", "p90", "missing"]
    rows = []
    for name, label in RATIOS.items():
        if name in outcome.outputs:
            values = outcome[name]
            there = values[np.isfinite(values)]
            told = np.quantile(there, (0.1, 0.5, 0.9)) if there.size else (np.nan,) * 3
            rows.append((name, label, *told, 1 - there.size / values.size))
    return pd.DataFrame(rows, columns=columns)


def pulled(outcome: Outcome) -> pd.DataFrame:
    """Return the platform's results as drawn, and with each lever weak and strong; nothing without levers.

    lever (empty as drawn), label, end, `chance` of breaking even by the end of the horizon, the median `date` where it does
    (with a lever, over the draws in which it does at both its ends), mean `profit` of the last year with its `error`,
    medians of the share of the audience who are members (`has`) and who would have to be (`needs`, if a number would do).
    """
    columns = ["lever", "label", "end", "chance", "date", "profit", "error", "has", "needs"]
    found = levers_pulled(outcome)
    if not found:
        return pd.DataFrame(columns=columns)
    rows = [("", "As the scenario has it", "", *_told(outcome.outputs, np.isfinite(outcome["platform.break_even"])))]
    for pull in found:
        both = np.isfinite(broke_even(found, pull.lever)).all(axis=0)
        rows.append((pull.lever, outcome.scenario.levers[pull.lever].label, pull.end, *_told(pull.outputs, both)))
    return pd.DataFrame(rows, columns=columns)


def _told(outputs: Mapping[str, Output], dated: np.ndarray) -> tuple[float, ...]:
    """Return the chance of breaking even, the median date of the draws that are dated, profit and its error, ratios."""
    dates, profit, has, needs = (
        outputs[f"platform.{name}"].values
        for name in ("break_even", "profit_last_year", "paying_ratio", "paying_ratio_needed")
    )
    date = np.median(dates[dated]) if dated.any() else np.nan
    would = needs[np.isfinite(needs)]
    needed = np.median(would) if would.size else np.nan
    return np.isfinite(dates).mean(), date, profit.mean(), standard_error(profit), np.median(has), needed
