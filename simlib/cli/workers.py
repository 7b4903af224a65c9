"""Who works on a command: this process, processes of this machine, or a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from simlib.cli.shared import Fault, say
from simlib.workers.alike import EXAMPLE
from simlib.workers.asked import ASKED
from simlib.workers.crew import CrewError
from simlib.workers.here import ALL_CORES, processes

if TYPE_CHECKING:
    from simlib.workers.cluster import Cluster

LONG = 50_000  # draws; below, one process is done before others have started


def processes_asked(_: click.Context, __: click.Parameter, jobs: int | None) -> int | None:
    """Return the processes of --jobs, checked."""
    if jobs is not None and (jobs == 0 or jobs < ALL_CORES):
        raise click.BadParameter(f"write how many processes, or {ALL_CORES} for one a core; found {jobs}")
    return jobs


def scheduler_asked(_: click.Context, __: click.Parameter, address: str | None) -> str | None:
    """Return the address of --cluster with its protocol.

    >>> scheduler_asked(None, None, "10.0.0.1:8786")
    'tcp://10.0.0.1:8786'
    """
    if address is not None and not address.strip():
        raise click.BadParameter(f"write the scheduler's address, e.g. {EXAMPLE}; found nothing")
    return address if address is None or "://" in address else f"tcp://{address}"


cluster_option = click.option(
    "--cluster",
    metavar="ADDRESS",
    callback=scheduler_asked,
    help=f"Work on a Dask cluster, by its scheduler's address: {EXAMPLE}.",
)


def worker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that simulates the options that say who works on it."""
    for option in (
        cluster_option,
        click.option(
            "--jobs",
            type=int,
            callback=processes_asked,
            help=f"Processes, -1 for one a core; if left out one, and from {LONG:,} draws on one a core.",
        ),
    ):
        command = option(command)
    return command


def jobs_for(draws: int) -> int:
    """Return the processes for a simulation of so many draws, where nobody has said.

    >>> jobs_for(10_000), jobs_for(1_000_000)
    (1, -1)
    """
    return ALL_CORES if draws >= LONG else 1


@contextmanager
def working(jobs: int | None, address: str | None, otherwise: int) -> Iterator[None]:
    """Work inside the block on a cluster where there is an address, else on `jobs` processes, `otherwise` if None.

    What keeps them from it is a fault.
    """
    if address:
        with on_cluster(address, jobs):
            yield
        return
    try:
        with processes(otherwise if jobs is None else jobs):
            yield
    except CrewError as error:
        raise Fault(f"--jobs: {error}") from None


@contextmanager
def on_cluster(address: str, jobs: int | None) -> Iterator[Cluster]:
    """Work inside the block on a cluster; what keeps it from that is a fault, and so is a number of jobs."""
    if jobs is not None:
        raise click.UsageError("--jobs goes without --cluster, which has as many workers as were started")
    from simlib.workers.cluster import cluster

    try:
        with cluster(address) as crew:
            for remark in crew.remarks:
                say(f"--cluster: {remark}")
            yield crew
    except CrewError as error:
        raise Fault(f"--cluster: {error}") from None


@contextmanager
def with_kernels_at_work(jobs: int | None, address: str | None, otherwise: int) -> Iterator[None]:
    """Have the kernels that are started inside the block work on a cluster or on processes, as `working` says."""
    if address:
        with on_cluster(address, jobs):
            pass  # what is wrong with it is said before a kernel is started
    before = os.environ.get(ASKED)
    os.environ[ASKED] = address or str(otherwise if jobs is None else jobs)
    try:
        yield
    finally:
        os.environ.pop(ASKED)
        os.environ.update({} if before is None else {ASKED: before})
