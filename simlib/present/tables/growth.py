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

    `name` keeps one series, or those below it (`paying_ratio`).
    """
    closes = ends(outcome)
    tables = [
        pd.DataFrame(
            {"series": series, "label": path.label, "unit": path.unit, "period": outcome.periods, "at": closes}
            | {"mean": path.values.mean(axis=1)}
            | dict(zip(POINTS, np.quantile(path.values, list(POINTS.values()), axis=1), strict=True))
        )
        for series, path in outcome.paths.items()
        if name in (None, series, series.partition(".")[0])
    ]
    columns = ["series", "label", "unit", "period", "at", "mean", *POINTS]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def history(outcome: Outcome, series: str | None = None) -> pd.DataFrame:
    """Return what was seen beside the scenario's series: series, period, `at`, value, `known`, status, source.

    `known` tells what had happened when the horizon began, or by the month until which the history says it was known; the
    rest happened after and is no input of anything.
    `series` keeps one, or those below it.
    """
    columns = ["series", "period", "at", "value", "known", "status", "source"]
    start = pd.Period(outcome.scenario.horizon.start, "M") - 1
    tables = [
        _seen(name, reference(chosen.table, chosen.metric, **chosen.which), pd.Period(chosen.known_until or start, "M"))
        for name, chosen in outcome.scenario.histories.items()
        if series in (None, name, name.partition(".")[0])
    ]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _seen(name: str, figures: pd.Series, known: pd.Period) -> pd.DataFrame:
    """Return one reference history as rows; its figures are counted one by one, not in millions."""
    ends = figures.index.end_time
    status = {period: how for how, periods in figures.attrs["status"].items() for period in periods}
    told = {"series": name, "period": figures.index.astype(str), "at": ends.year + ends.month / 12}
    told |= {
        "value": figures.to_numpy() * MULTIPLES.get(figures.attrs["unit"].split()[-1], 1.0),
        "known": ends <= known.end_time,
    }
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


def ends(outcome: Outcome) -> np.ndarray:
    """Return the end of each period as a year and its fraction: the end of October 2017 is 2017.83."""
    months = MONTHS[outcome.scenario.horizon.step]
    return np.array([int(label[:4]) + (int(label[5:]) - 1 + months) / 12 for label in outcome.periods])
