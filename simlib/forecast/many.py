"""Many histories at once, on all cores, or on a cluster where joblib has been told of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from simlib.forecast.ensemble import Forecast, forecast


def forecasts(
    histories: Mapping[str, pd.Series],
    horizon: int,
    seed: int = 0,
    jobs: int = -1,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Forecast | ValueError]:
    """Return the forecast of each history by its name, as `forecast` makes it, or the error that stands in its way.

    `jobs` processes, all cores with -1, give what one gives. Inside `joblib.parallel_config("dask")` the histories go to
    that cluster. `progress` is told how many are done.
    """
    from joblib import Parallel, delayed

    work = Parallel(n_jobs=jobs, return_as="generator")
    found = {}
    made = work(delayed(_forecast)(history, horizon, seed) for history in histories.values())
    for done, (name, ahead) in enumerate(zip(histories, made, strict=True), 1):
        found[name] = ahead
        if progress:
            progress(done)
    return found


def _forecast(history: pd.Series, horizon: int, seed: int) -> Forecast | ValueError:
    try:
        return forecast(history, horizon, seed)
    except ValueError as error:
        return error
