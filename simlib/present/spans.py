"""Over how many months a series that flows is told: by year, by quarter where figures beside it are, or by step."""

from __future__ import annotations

import numpy as np

from simlib.scenario.fields import MONTHS
from simlib.simulation.outcome import Outcome

EACH = {1: "month", 3: "quarter", 12: "year"}  # what a flow of so many months is told by


def summed(outcome: Outcome, series: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the first months of a series' periods, their ends in years, and its values there (period, draw).

    A flow is summed over the years or quarters that `spanned` says.
    """
    path = outcome.paths[series]
    step = MONTHS[outcome.scenario.horizon.step]
    span = spanned(outcome, series) if path.is_flow else step
    starts, whole = _months(outcome), _whole(outcome, span)
    values = [path.values[first : first + span // step].sum(axis=0) for first in whole]
    periods, ends = [outcome.periods[first] for first in whole], (starts[whole] + span) / 12
    return periods, ends, np.reshape(values, (len(whole), path.values.shape[1]))


def spanned(outcome: Outcome, series: str) -> int:
    """Return over how many months a flow is summed.

    They are those of a year, or of a quarter where a history beside it is told by quarter, or one beside any series of the
    same accounts; never fewer than a step has, and those of a step where the horizon holds no whole year or quarter.
    """
    step, whose = MONTHS[outcome.scenario.horizon.step], series.partition(".")[0]
    beside = [
        told for name, told in outcome.scenario.histories.items()
        if name == series or whose == name.partition(".")[0] == "platform"
    ]  # fmt: skip
    by_quarter = any(told.table == "netflix" or told.which.get("period") == "quarter" for told in beside)
    spans = [max(span, step) for span in ((3,) if by_quarter else (12, 3))]
    return next((span for span in spans if _whole(outcome, span)), step)


def _months(outcome: Outcome) -> np.ndarray:
    """Return the first month of each period, counted from the year 0."""
    return np.array([int(label[:4]) * 12 + int(label[5:]) - 1 for label in outcome.periods])


def _whole(outcome: Outcome, span: int) -> list[int]:
    """Return the periods with which a span of months begins that lies within the horizon."""
    starts, step = _months(outcome), MONTHS[outcome.scenario.horizon.step]
    whole = [first for first in range(len(starts)) if starts[first] % span == 0 or span == step]
    return [first for first in whole if first + span // step <= len(starts)]


def each(outcome: Outcome) -> str:
    """Return what the flows of the accounts are told by: year, quarter or month."""
    return EACH[spanned(outcome, "platform.revenue")]
