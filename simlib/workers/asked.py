"""Who is to work in a process that has no command line of its own, as the kernel of a notebook."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

from simlib.workers.cluster import cluster
from simlib.workers.crew import CrewError
from simlib.workers.here import ALL_CORES, processes

ASKED = "SIMLIB_WORKERS"  # in the environment: a number of processes, or a scheduler's address


def asked() -> AbstractContextManager[Any]:
    """Work inside the block with whom the environment asks for; with nobody else where it does not.

    >>> with asked():
    ...     pass
    """
    who = os.environ.get(ASKED, "1")
    if ":" in who:
        return cluster(who)
    try:
        number = int(who)
    except ValueError:
        number = 0
    if number < 1 and number != ALL_CORES:
        raise CrewError(f"{ASKED} is a number of processes, {ALL_CORES} for one a core, or an address; found {who!r}")
    return processes(number)
