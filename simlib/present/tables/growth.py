"""Series over time as tidy tables: fans by period, and what was seen beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simlib.decide.causes import causes
from simlib.forecast.series import history as reference
from simlib.present.spans import summed
from simlib.present.tables.once import once
from simlib.scenario.fields import MONTHS
from simlib.scenario.histories import last_known
from simlib.scenario.quantity import MULTIPLES
from simlib.simulation.outcome import Outcome

POINTS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}


@once
def fans(outcome: Outcome, name: str | None = None, by_step: bool = False) -> pd.DataFrame:
    """Return every path by period: series, label, unit, period, `at` (its end, in years), mean and P10 to P90.

    A flow is summed over the years or quarters that `spanned` says, unless it is wanted `by_step`.
    `name` keeps one series, or those below it (`paying_ratio`).
    """
    tables = [
        _fan(outcome, series, by_step) for series in outcome.paths if name in (None, series, series.partition(".")[0])
    ]
    columns = ["series", "label", "unit", "period", "at", "mean", *POINTS]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


@once
def _fan(outcome: Outcome, series: str, by_step: bool) -> pd.DataFrame:
    """Return one path by period."""
    path = outcome.paths[series]
    kept = outcome.periods, ends(outcome), path.values
    periods, closes, values = kept if by_step else summed(outcome, series)
    told = {"series": series, "label": path.label, "unit": path.unit, "period": periods, "at": closes}
    points = dict(zip(POINTS, np.quantile(values, list(POINTS.values()), axis=1), strict=True))
    return pd.DataFrame(told | {"mean": values.mean(axis=1)} | points)


@once
def flows(outcome: Outcome) -> pd.DataFrame:
    """Return who joins and who leaves in each period, as `fans`."""
    tables = [fans(outcome, name, by_step=True) for name in ("gross_adds", "churned") if name in outcome.paths]
    found = pd.concat(tables, ignore_index=True) if tables else fans(outcome, "gross_adds", by_step=True)
    return found.assign(unit=f"members a {outcome.scenario.horizon.step}")


def half_life(outcome: Outcome) -> pd.DataFrame:
    """Return in one row after how many months half of those who join at the start have left: P10, P50, P90.

    `ends` is the share of draws in which that comes within the horizon, `left` the mean share left after a year, where
    the horizon has one, and `last` that at the end; a percentile that the horizon does not hold is infinite. Nothing
    without members.
    """
    columns = ["p10", "p50", "p90", "ends", "left", "last"]
    if "retention" not in outcome.paths:
        return pd.DataFrame(columns=columns)
    staying, step = outcome.paths["retention"].values, MONTHS[outcome.scenario.horizon.step]
    before = np.concatenate([np.ones_like(staying[:1]), staying[:-1]])
    ends, draw = (staying < 0.5).any(axis=0), np.arange(staying.shape[1])
    at = (staying < 0.5).argmax(axis=0)
    first, then = before[at, draw], staying[at, draw]
    with np.errstate(divide="ignore", invalid="ignore"):
        months = np.where(ends, step * (at + np.log(first / 0.5) / np.log(first / then)), np.inf)
    told = np.quantile(months, [0.1, 0.5, 0.9], method="lower")  # so that none lies between a number and infinity
    year = 12 // step - 1
    left = staying[year].mean() if year < len(staying) else np.nan
    return pd.DataFrame([[*told, ends.mean(), left, staying[-1].mean()]], columns=columns)


@once
def moved(outcome: Outcome) -> pd.DataFrame:
    """Return what each cause does to members: with it less without it on the same draws, at the end and at most.

    Columns: cause, kind, p10, p50, p90 and mean at the end, `most` (the largest mean) and its period.
    """
    columns = ["cause", "kind", "p10", "p50", "p90", "mean", "most", "period"]
    rows = []
    for cause in causes(outcome):
        means = cause.members.mean(axis=1)
        at = abs(means).argmax()
        told = [*np.quantile(cause.members[-1], [0.1, 0.5, 0.9]), means[-1], means[at], outcome.periods[at]]
        rows.append([cause.name, cause.kind, *told])
    return pd.DataFrame(rows, columns=columns)


@once
def history(outcome: Outcome, series: str | None = None) -> pd.DataFrame:
    """Return what was seen beside the scenario's series: series, period, `at`, value, `known`, status, source.

    `known` tells what the scenario may rest on: what had happened when the horizon began, or until the month that it or the
    history says; the rest happened after and is no input of anything.
    `series` keeps one, or those below it.
    """
    columns = ["series", "period", "at", "value", "known", "status", "source"]
    horizon = outcome.scenario.horizon
    tables = [
        _seen(name, reference(chosen.table, chosen.metric, **chosen.which), last_known(horizon, chosen))
        for name, chosen in outcome.scenario.histories.items()
        if series in (None, name, name.partition(".")[0])
    ]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _seen(name: str, figures: pd.Series, last: str) -> pd.DataFrame:
    """Return one reference history as rows; its figures are counted one by one, not in millions."""
    ends = figures.index.end_time
    status = {period: how for how, periods in figures.attrs["status"].items() for period in periods}
    told = {"series": name, "period": figures.index.astype(str), "at": ends.year + ends.month / 12}
    told |= {"value": figures.to_numpy() * MULTIPLES.get(figures.attrs["unit"].split()[-1], 1.0)}
    told |= {"known": ends <= pd.Period(last, "M").end_time}
    return pd.DataFrame(told | {"status": [status[str(p)] for p in figures.index], "source": figures.attrs["source"]})


@once
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
