"""The machines of a Dask cluster."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from simlib.workers.crew import Crew, CrewError, at_work
from simlib.workers.ground import LIBRARIES, arithmetic, sources

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 5  # seconds that a scheduler has to answer
REMEDY = "install the same simlib and requirements.lock on every machine"
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
LARGE = 32 * 2**20  # bytes; the most that glibc takes, and comes to by itself
EXAMPLE = "tcp://10.0.0.1:8786"


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

    def died(self, error: BaseException) -> bool:
        """Dask has tried again already."""
        return False

    def told(self, error: BaseException) -> BaseException:
        """Return a sentence for workers that die every time, and for a scheduler that has gone."""
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            return CrewError(
                f"{error.allowed_failures + 1} workers of {self.address} died over one piece of work; memory may be short: "
                "look into their logs, give each more memory or fewer threads"
            )
        return self._gone() if isinstance(error, CancelledError) else error

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
    _keep_memory()
    return call(*given)


@cache
def _keep_memory() -> None:
    """Let a worker keep the memory of an array that is gone for the next one, as a process does that Dask has not started.

    Dask has its workers and what they start give it back at once, and a block of draws is made of hundreds of arrays: it
    takes two thirds longer.
    """
    from ctypes import CDLL

    os.environ.pop("MALLOC_TRIM_THRESHOLD_", None)

    if sys.platform == "linux" and hasattr(CDLL(None), "mallopt"):
        CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
        CDLL(None).mallopt(M_TRIM_THRESHOLD, 2 * LARGE)


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
    _knock(address)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its scheduler's silence is said in a sentence
    with warnings.catch_warnings(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
        warnings.simplefilter("ignore", VersionMismatchWarning)  # which is a fault, below
        with Client(address, timeout=PATIENCE, set_as_default=False) as client:
            workers = Cluster(client, address, list(_checked(client, address)))
            with at_work(workers):
                yield workers


def _knock(address: str) -> None:
    """Raise CrewError unless a scheduler answers; a client that finds none lingers, and speaks of it as it goes."""
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
        raise CrewError(f"no scheduler answers at {address} within {PATIENCE} seconds; write e.g. {EXAMPLE}") from error
    finally:
        loop.stop()


def _checked(client: Client, address: str) -> Iterator[str]:
    """Raise CrewError for a cluster whose results could be others than ours; yield a sentence where a last digit could."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise CrewError(f"the scheduler at {address} has no worker; start one with dask worker {address}") from None
    there = client.get_versions(packages=[*LIBRARIES, "simlib"])
    ours = there["client"]["packages"]
    _alike(f"the scheduler at {address}", there["scheduler"]["packages"], ours, ("distributed",))
    for worker, found in there["workers"].items():
        _alike(f"the worker at {worker}", found["packages"], ours, ("simlib", "distributed", *LIBRARIES))
    for worker, found in client.run(sources, on_error="return").items():
        if found != sources():
            raise CrewError(f"the worker at {worker} has other files of simlib than there are here; {REMEDY}")
    others = [worker for worker, found in client.run(arithmetic).items() if found != arithmetic()]
    if others:
        yield (
            f"{len(others)} of {len(there['workers'])} workers, first {others[0]}, calculate otherwise in the last digits "
            "than this machine: results may differ there"
        )


def _alike(who: str, there: Mapping[str, str | None], here: Mapping[str, str | None], names: Iterable[str]) -> None:
    """Raise CrewError unless Python and libraries of some names are of the same version there as here."""
    python = [".".join(found["python"].split(".")[:2]) for found in (there, here)]
    pairs = [("Python", *python), *((name, there[name], here[name]) for name in names)]
    for name, theirs, own in pairs:
        if theirs is None:
            raise CrewError(f"{who} has no {name}; {REMEDY}")
        if theirs != own:
            raise CrewError(f"{who} has {name} {theirs}, here is {own}; {REMEDY}")
