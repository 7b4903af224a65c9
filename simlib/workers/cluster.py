"""The machines of a Dask cluster."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from simlib.workers import memory
from simlib.workers.alike import check_scheduler, check_workers
from simlib.workers.crew import Crew, CrewError, at_work

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 5  # seconds that a scheduler has to answer, and a worker to join


class Cluster(Crew):
    """The workers of a scheduler, those that join later too.

    A task whose worker dies is given to another by Dask itself, four times in all. `remarks` are sentences worth knowing of
    them, often none.
    """

    def __init__(self, client: Client, address: str, remarks: Sequence[str]):
        self.client, self.address, self.remarks = client, address, remarks
        self.executor = client.get_executor(pure=False)

    @property
    def number(self) -> int:
        """Threads of all workers; raise CrewError where the scheduler has gone."""
        try:
            return max(sum(self.client.nthreads().values()), 1)
        except OSError:
            raise self._gone() from None

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Hand a call over."""
        return self.executor.submit(_with_memory_kept, call, *given)

    def told(self, error: Exception) -> CrewError | None:
        """Return the sentence of an error that a future ended with, none where it is the work's own."""
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            return CrewError(
                f"{error.allowed_failures + 1} workers of {self.address} died over one piece of work; memory may be short: "
                "look into their logs, give each more memory or fewer threads"
            )
        return self._gone() if isinstance(error, CancelledError) else None

    def stop(self) -> None:
        """Give up what waits; what a worker has begun it ends, and nobody takes."""
        self.executor.shutdown(wait=False)
        self.executor = self.client.get_executor(pure=False)

    def tell_all(self, call: Callable[..., Any], *given: Any) -> None:
        """Have every worker that is there make a call at once, beside whatever it is at."""
        with suppress(OSError):
            self.client.run(call, *given, on_error="ignore")

    def _gone(self) -> CrewError:
        return CrewError(f"the scheduler at {self.address} has gone")


def _with_memory_kept(call: Callable[..., Any], *given: Any) -> Any:
    memory.keep()
    return call(*given)


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
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its scheduler's silence is said in a sentence
    with warnings.catch_warnings(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
        warnings.simplefilter("ignore", VersionMismatchWarning)  # which is a fault, below
        with Client(address, timeout=PATIENCE, set_as_default=False) as client:
            workers = Cluster(client, address, list(check_workers(client, address, PATIENCE)))
            try:
                with at_work(workers):
                    yield workers
            except BaseException:
                workers.stop()
                raise
