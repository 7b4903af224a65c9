"""Whether a cluster is there, and whether it would come to the same results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simlib.workers.crew import CrewError
from simlib.workers.ground import LIBRARIES, arithmetic, sources

if TYPE_CHECKING:
    from distributed import Client

REMEDY = "install the same simlib and requirements.lock on every machine"
EXAMPLE = "tcp://10.0.0.1:8786"


def check_scheduler(address: str, patience: float) -> None:
    """Raise CrewError unless a scheduler of the same version answers.

    It is asked before a client is made: that of another version understands no other word, and a client that finds nobody
    lingers, and speaks of it as it goes.
    """
    from distributed import Security
    from distributed.core import rpc
    from distributed.utils import LoopRunner
    from distributed.versions import get_versions

    async def asked() -> Mapping[str, Any]:
        known = Security().get_connection_args("client")  # what Dask's own settings say of TLS
        async with rpc(address, timeout=patience, connection_args=known) as scheduler:
            return await asyncio.wait_for(
                scheduler.versions(packages=[]), patience
            )  # others may listen, and say nothing

    loop = LoopRunner()
    loop.start()
    try:
        there = loop.run_sync(asked)["packages"]
    except (TypeError, ValueError) as error:  # of the address, or of what TLS needs
        raise CrewError(f"{address} cannot be asked: {error}; write e.g. {EXAMPLE}") from error
    except Exception as error:  # whatever listens there may answer with anything
        raise CrewError(f"no scheduler answers at {address} within {patience} seconds; write e.g. {EXAMPLE}") from error
    finally:
        loop.stop()
    _alike(f"the scheduler at {address}", there, get_versions()["packages"], ("distributed",))


def check_workers(client: Client, address: str, patience: float) -> Iterator[str]:
    """Raise CrewError where a worker's results could be others than ours; yield a sentence where a last digit could."""
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        raise CrewError(f"the scheduler at {address} has no worker; start one with dask worker {address}") from None
    there = client.get_versions(packages=[*LIBRARIES, "simlib"])
    ours = there["client"]["packages"]
    for worker, found in there["workers"].items():
        _alike(f"the worker at {worker}", found["packages"], ours, ("simlib", "distributed", *LIBRARIES))
    for worker, found in _answers(client, sources).items():
        if found != sources():
            raise CrewError(f"the worker at {worker} has other files of simlib than there are here; {REMEDY}")
    others = [worker for worker, found in _answers(client, arithmetic).items() if found != arithmetic()]
    if others:
        yield (
            f"{len(others)} of {len(there['workers'])} workers, first {others[0]}, calculate otherwise in the last digits "
            "than this machine: results may differ there"
        )


def _answers(client: Client, question: Callable[[], str]) -> dict[str, Any]:
    """Return what each worker answers, an error of its own where it fails; one that has gone meanwhile is left out."""
    told = client.run(question, on_error="return")
    return {worker: answer for worker, answer in told.items() if not isinstance(answer, OSError)}


def _alike(who: str, there: Mapping[str, str | None], here: Mapping[str, str | None], names: Iterable[str]) -> None:
    """Raise CrewError unless Python and libraries of some names are of the same version there as here."""
    python = [".".join(found["python"].split(".")[:2]) for found in (there, here)]
    pairs = [("Python", *python), *((name, there[name], here[name]) for name in names)]
    for name, theirs, own in pairs:
        if theirs is None:
            raise CrewError(f"{who} has no {name}; {REMEDY}")
        if theirs != own:
            raise CrewError(f"{who} has {name} {theirs}, here is {own}; {REMEDY}")
