"""Many histories at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from simlib.forecast.ensemble import Forecast, forecast
from simlib.workers.crew import each


def forecasts(
    histories: Mapping[str, pd.Series], horizon: int, seed: int = 0, progress: Callable[[int], None] | None = None
) -> dict[str, Forecast | ValueError]:
    """Return the forecast of each history by its name, as `forecast` makes it, or the error that stands in its way.

    Whoever is at work makes them, and they are the same. `progress` is told how many are done.
    """
    found = {}
    made = each(partial(_forecast, horizon, seed), histories.values())
    for done, (name, ahead) in enumerate(zip(histories, made, strict=True), 1):
        found[name] = ahead
        if progress:
            progress(done)
    return found


def _forecast(horizon: int, seed: int, history: pd.Series) -> Forecast | ValueError:
    try:
        return forecast(history, horizon, seed)
    except ValueError as error:
        return error
