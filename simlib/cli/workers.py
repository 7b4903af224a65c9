"""Who works on a command: this process, processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from simlib.cli.shared import Fault, say
from simlib.workers.here import ALL_CORES

LONG = 50_000  # draws; below, one process is done before others have started


def processes_asked(_: click.Context, __: click.Parameter, jobs: int | None) -> int | None:
    """Return the processes of --jobs, checked."""
    if jobs is not None and (jobs == 0 or jobs < ALL_CORES):
        raise click.BadParameter(f"write how many processes, or {ALL_CORES} for one a core; found {jobs}")
    return jobs


def worker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that simulates the options that say who works on it."""
    for option in (
        click.option("--cluster", metavar="ADDRESS", help="Work on a Dask cluster, e.g. tcp://10.0.0.1:8786."),
        click.option(
            "--jobs",
            type=int,
            callback=processes_asked,
            help=f"Processes, -1 for one a core; if left out one, and from {LONG:,} draws on one a core.",
        ),
    ):
        command = option(command)
    return command


def jobs_for(jobs: int | None, draws: int) -> int:
    """Return the processes for a simulation of so many draws.

    >>> jobs_for(None, 10_000), jobs_for(None, 1_000_000), jobs_for(3, 10)
    (1, -1, 3)
    """
    return jobs if jobs is not None else ALL_CORES if draws >= LONG else 1


@contextmanager
def working(jobs: int, address: str | None) -> Iterator[None]:
    """Work inside the block on processes, or on a cluster where there is an address; what keeps them from it is a fault."""
    from simlib.workers.cluster import cluster
    from simlib.workers.crew import CrewError
    from simlib.workers.here import processes

    try:
        if address is None:
            with processes(jobs):
                yield
        else:
            with cluster(address) as remarks:
                for remark in remarks:
                    say(f"--cluster: {remark}")
                yield
    except CrewError as error:
        raise Fault(f"--{'cluster' if address else 'jobs'}: {error}") from None
