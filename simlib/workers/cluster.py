"""The machines of a Dask cluster."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from simlib.workers import memory
from simlib.workers.alike import REMEDY, check_scheduler, check_workers
from simlib.workers.crew import Crew, CrewError, at_work
from simlib.workers.ground import ground

if TYPE_CHECKING:
    from distributed import Client

MOMENT = 1.0  # seconds for which the workers that were counted stay as many
MOST_UNDER_WAY = 10_000  # pieces that are waited for at a time
PATIENCE = 5  # seconds that a scheduler has to answer, and a worker to join


class Cluster(Crew):
    """The workers of a scheduler, those that join later too.

    A task whose worker dies is given to another by Dask itself, four times in all. A thread here waits for each: Dask's
    own executor waits forever for a result that was on its way when the scheduler went. `remarks` are sentences worth
    knowing of the workers, often none.
    """

    def __init__(self, client: Client, address: str, remarks: Sequence[str]):
        self.client, self.address, self.remarks = client, address, remarks
        self._waiting, self._asked = ThreadPoolExecutor(MOST_UNDER_WAY), WeakSet[Any]()
        self._threads, self._counted = 1, -MOMENT

    @property
    def number(self) -> int:
        """Threads of all workers, counted now and then; raise CrewError where the scheduler has gone."""
        if time.monotonic() - self._counted > MOMENT:
            try:
                self._threads = max(sum(self.client.nthreads().values()), 1)
            except OSError:
                raise self._gone() from None
            self._counted = time.monotonic()
        return self._threads

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Hand a call over."""
        asked = self.client.submit(_at_a_worker, ground(), call, *given, pure=False)
        self._asked.add(asked)
        return self._waiting.submit(asked.result)

    def told(self, error: Exception) -> CrewError | None:
        """Return the sentence of an error that a future ended with, none where it is the work's own."""
        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        if isinstance(error, KilledWorker):
            return CrewError(
                f"{error.allowed_failures + 1} workers of {self.address} died over one piece of work; memory may be short: "
                "look into their logs, give each more memory or fewer threads"
            )
        if isinstance(error, CrewError):
            return error
        return self._gone() if isinstance(error, CancelledError | CommClosedError) else None

    def stop(self) -> None:
        """Give up what waits; what a worker has begun it ends, and nobody takes."""
        with suppress(OSError):
            self.client.cancel(list(self._asked))

    def leave(self) -> None:
        """Take in nothing any more."""
        self._waiting.shutdown(wait=False)

    def tell_all(self, call: Callable[..., Any], *given: Any) -> None:
        """Have every worker that is there make a call at once, beside whatever it is at."""
        with suppress(OSError):
            self.client.run(call, *given, on_error="ignore")

    def _gone(self) -> CrewError:
        return CrewError(f"the scheduler at {self.address} has gone")


def _at_a_worker(wanted: str, call: Callable[..., Any], *given: Any) -> Any:
    """Make a call where it comes to what it would come to on the ground that is wanted; others may have joined since."""
    if ground() != wanted:
        from distributed import get_worker

        raise CrewError(
            f"the worker at {get_worker().address} has other files or libraries than there are here; {REMEDY}"
        )
    memory.keep()
    return call(*given)


@contextmanager
def _silence() -> Iterator[None]:
    """Have Dask say nothing inside the block: what goes wrong is said in a sentence."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """Work inside the block on a Dask cluster by its scheduler's address.

    Raises CrewError where Dask is missing, no scheduler answers or it has no worker, and where a worker has another
    simlib, Python or library, so that its results could be others.
    """
    try:
        import dask
        from distributed import Client
        from distributed.versions import VersionMismatchWarning
    except ModuleNotFoundError:
        raise CrewError("a cluster needs Dask: pip install 'simlib[cluster]'") from None
    check_scheduler(address, PATIENCE)
    large = {"distributed.admin.large-graph-warning-threshold": "1 GiB"}
    with _silence(), warnings.catch_warnings(), dask.config.set(large):
        warnings.simplefilter("ignore", VersionMismatchWarning)  # which is a fault, below
        with Client(address, timeout=PATIENCE, set_as_default=False) as client:
            workers = Cluster(client, address, list(check_workers(client, address, PATIENCE)))
            try:
                with at_work(workers):
                    yield workers
            except BaseException:
                workers.stop()
                raise
            finally:
                workers.leave()
