"""Series over time as tidy tables: fans by period, and what was seen beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simlib.forecast.series import history as reference
from simlib.scenario.fields import MONTHS
from simlib.simulation.outcome import Outcome

POINTS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}
MULTIPLES = {"thousand": 1e3, "million": 1e6}


def fans(outcome: Outcome, name: str | None = None) -> pd.DataFrame:
    """Return every path by period: series, label, unit, period, `at` (its end, in years), mean and P10 to P90.

    A flow is summed over whole years, or over the quarters of the history beside it. `name` keeps one series, or those
    below it (`paying_ratio`).
    """
    tables = []
    for series, path in outcome.paths.items():
        if name in (None, series, series.partition(".")[0]):
            periods, ends, values = summed(outcome, series)
            told = {"series": series, "label": path.label, "unit": path.unit, "period": periods, "at": ends}
            points = dict(zip(POINTS, np.quantile(values, list(POINTS.values()), axis=1), strict=True))
            tables.append(pd.DataFrame(told | {"mean": values.mean(axis=1)} | points))
    columns = ["series", "label", "unit", "period", "at", "mean", *POINTS]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def summed(outcome: Outcome, series: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the first months of a series' periods, their ends in years, and its values there (period, draw).

    A flow is summed over whole years, or over the quarters of the history beside it.
    """
    path = outcome.paths[series]
    step = MONTHS[outcome.scenario.horizon.step]
    span = max(spanned(outcome, series), step) if path.is_flow else step
    starts = np.array([int(label[:4]) * 12 + int(label[5:]) - 1 for label in outcome.periods])
    whole = [first for first in range(len(starts)) if starts[first] % span == 0 or span == step]
    whole = [first for first in whole if first + span // step <= len(starts)]
    values = [path.values[first : first + span // step].sum(axis=0) for first in whole]
    periods, ends = [outcome.periods[first] for first in whole], (starts[whole] + span) / 12
    return periods, ends, np.reshape(values, (len(whole), -1))


def spanned(outcome: Outcome, series: str) -> int:
    """Return over how many months a flow is summed."""
    beside = outcome.scenario.histories.get(series)
    return 3 if beside and (beside.table == "netflix" or beside.which.get("period") == "quarter") else 12


def history(outcome: Outcome, series: str | None = None) -> pd.DataFrame:
    """Return what was seen beside the scenario's series: series, period, `at`, value, `known`, status, source.

    `known` tells what the scenario may rest on: what had happened when the horizon began, or until the month that it says;
    the rest happened after and is no input of anything.
    `series` keeps one, or those below it.
    """
    columns = ["series", "period", "at", "value", "known", "status", "source"]
    horizon = outcome.scenario.horizon
    last = pd.Period(horizon.known_until, "M") if horizon.known_until else pd.Period(horizon.start, "M") - 1
    tables = [
        _seen(name, reference(chosen.table, chosen.metric, **chosen.which), last.end_time)
        for name, chosen in outcome.scenario.histories.items()
        if series in (None, name, name.partition(".")[0])
    ]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _seen(name: str, figures: pd.Series, last: pd.Timestamp) -> pd.DataFrame:
    """Return one reference history as rows; its figures are counted one by one, not in millions."""
    ends = figures.index.end_time
    status = {period: how for how, periods in figures.attrs["status"].items() for period in periods}
    told = {"series": name, "period": figures.index.astype(str), "at": ends.year + ends.month / 12}
    told |= {"value": figures.to_numpy() * MULTIPLES.get(figures.attrs["unit"].split()[-1], 1.0), "known": ends <= last}
    return pd.DataFrame(told | {"status": [status[str(p)] for p in figures.index], "source": figures.attrs["source"]})


def against(outcome: Outcome, series: str | None = None) -> pd.DataFrame:
    """Return what happened after the start beside the fan of its month: series, period, value, p10, p50, p90, `inside`.

    A lower bound lies inside unless it is above P90.
    """
    fan, seen = fans(outcome, series), history(outcome, series)
    fan, seen = (table.assign(month=(table["at"].astype(float) * 12).round()) for table in (fan, seen))
    both = seen[~seen.known.astype(bool)].merge(fan[["series", "month", "p10", "p50", "p90"]], on=["series", "month"])
    inside = (both.value <= both.p90) & ((both.value >= both.p10) | (both.status == "lower bound"))
    return both.assign(inside=inside)[["series", "period", "at", "value", "status", "p10", "p50", "p90", "inside"]]


def outputs(outcome: Outcome) -> pd.DataFrame:
    """Return every output: mean, spread and Monte Carlo error; `missing` is the share of draws without a number."""
    from simlib.present.summary import told

    return pd.DataFrame([{"output": name, **told(output)} for name, output in outcome.outputs.items()])
