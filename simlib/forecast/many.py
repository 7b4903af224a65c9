"""Many histories at once, on all cores of one machine or on a cluster's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pandas as pd

from simlib.forecast.ensemble import Forecast, forecast

PATIENCE = 5  # seconds that a scheduler has to answer


def forecasts(
    histories: Mapping[str, pd.Series],
    horizon: int,
    seed: int = 0,
    jobs: int = -1,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Forecast | ValueError]:
    """Return the forecast of each history by its name, as `forecast` makes it, or the error that stands in its way.

    `jobs` processes, all cores with -1, give what one gives, and so do a cluster's inside `with on_cluster(address)`.
    `progress` is told how many are done.
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


@contextmanager
def on_cluster(address: str) -> Iterator[None]:
    """Send what joblib works on to the Dask cluster whose scheduler has an address, e.g. tcp://10.0.0.1:8786.

    Its workers need simlib installed. Raises ValueError where Dask is missing, no scheduler answers or it has no worker.
    """
    from joblib import parallel_config

    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ValueError("a cluster needs Dask: pip install 'simlib[cluster]'") from None
    _answers(address)
    client = Client(address, timeout=PATIENCE)
    with client:
        if not client.scheduler_info()["workers"]:
            raise ValueError(f"the scheduler at {address} has no worker; start one with dask worker {address}")
        with parallel_config("dask"):
            yield


def _answers(address: str) -> None:
    """Raise ValueError unless a scheduler answers; a client that finds none lingers, and speaks of it as it goes."""
    from distributed.comm import connect
    from distributed.utils import LoopRunner

    async def knock() -> None:
        comm = await connect(address, timeout=PATIENCE)
        await comm.close()

    loop = LoopRunner()
    loop.start()
    try:
        loop.run_sync(knock)
    except Exception as error:  # whatever listens there may answer with anything
        said = f"no scheduler answers at {address} within {PATIENCE} seconds; write e.g. tcp://10.0.0.1:8786"
        raise ValueError(said) from error
    finally:
        loop.stop()


def _forecast(history: pd.Series, horizon: int, seed: int) -> Forecast | ValueError:
    try:
        return forecast(history, horizon, seed)
    except ValueError as error:
        return error
