"""Series over time as tidy tables: fans by period, history to their left, territories at the end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simlib.forecast.series import history as reference
from simlib.scenario.fields import MONTHS
from simlib.simulation.outcome import Outcome

POINTS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}
REFERENCES = {"netflix": {"metric": "paid_memberships", "region": "total"}}
UNITS = {"million": 1e6, "thousand": 1e3}


def fans(outcome: Outcome, name: str | None = None) -> pd.DataFrame:
    """Return every path by period: series, label, unit, period, `at` (its end, in years), mean and P10 to P90.

    `name` keeps one series, or those below it (`paying_ratio`).
    """
    ends = _ends(outcome)
    tables = [
        pd.DataFrame(
            {"series": series, "label": path.label, "unit": path.unit, "period": outcome.periods, "at": ends}
            | {"mean": path.values.mean(axis=1)}
            | dict(zip(POINTS, np.quantile(path.values, list(POINTS.values()), axis=1), strict=True))
        )
        for series, path in outcome.paths.items()
        if name in (None, series, series.partition(".")[0])
    ]
    columns = ["series", "label", "unit", "period", "at", "mean", *POINTS]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def history(outcome: Outcome) -> pd.DataFrame:
    """Return what was known of the platform's members at the start: series, period, `at`, value, source."""
    columns = ["series", "period", "at", "value", "source"]
    section = outcome.scenario.subscribers
    chosen = REFERENCES.get(section.history) if section and section.history else None
    if chosen is None:
        return pd.DataFrame(columns=columns)
    before = pd.Period(outcome.scenario.horizon.start, "M") - 1
    try:
        known = reference(section.history, **chosen, until=str(before))
    except ValueError:  # nothing was known by then
        return pd.DataFrame(columns=columns)
    ends = known.index.end_time
    at = ends.year + ends.month / 12
    values = known.to_numpy() * UNITS.get(known.attrs["unit"], 1.0)
    told = {"series": "members", "period": known.index.astype(str), "at": at, "value": values}
    return pd.DataFrame(told | {"source": known.attrs["source"]}, columns=columns)


def outputs(outcome: Outcome) -> pd.DataFrame:
    """Return every output: mean, spread and Monte Carlo error; `missing` is the share of draws without a number."""
    from simlib.present.summary import told

    return pd.DataFrame([{"output": name, **told(output)} for name, output in outcome.outputs.items()])


def _ends(outcome: Outcome) -> np.ndarray:
    """Return the end of each period as a year and its fraction: the end of October 2017 is 2017.83."""
    months = MONTHS[outcome.scenario.horizon.step]
    return np.array([int(label[:4]) + (int(label[5:]) - 1 + months) / 12 for label in outcome.periods])
