"""Reports made by the workers of a cluster; their files come back, and are put in place here."""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from threading import Lock
from typing import NamedTuple

from simlib.present.kernels import Kernels
from simlib.present.making import Job, Made, making
from simlib.workers.cluster import Cluster

AHEAD = 2  # reports for each worker: one in hand, one to go on with


class Batch(NamedTuple):
    """A batch as its workers know it: where kernels come from, and the seconds that a notebook may take."""

    name: str
    engine: str
    seconds: float | None


class Away:
    """Workers of a cluster, each report in a kernel beside the worker that makes it."""

    def __init__(self, crew: Cluster, engine: str, seconds: float | None):
        self.crew, self.batch = crew, Batch(secrets.token_hex(8), engine, seconds)

    @property
    def number(self) -> int:
        """How many reports may be under way."""
        return AHEAD * self.crew.number

    def submit(self, job: Job) -> Future[Made]:
        """Return the files of a job's report, when they will be there."""
        return self.crew.submit(_made, job, self.batch)

    def told(self, error: Exception) -> str:
        """Return the sentence of what kept a report from being made."""
        return str(self.crew.told(error) or f"simlib itself failed: {type(error).__name__}: {error}")

    def stop(self) -> None:
        """End what runs, on every worker, and leave nothing behind."""
        self.crew.stop()
        self.crew.tell_all(_end, self.batch)


_KERNELS: dict[Batch, Kernels] = {}
_ONE_AT_A_TIME = Lock()


def _made(job: Job, batch: Batch) -> Made:
    return making(job, _kernels(batch))


def _end(batch: Batch) -> None:
    _kernels(batch).stop()


def _kernels(batch: Batch) -> Kernels:
    """Return the kernels that all reports of a batch share in a worker; once they were stopped none of it is begun."""
    with _ONE_AT_A_TIME:
        return _KERNELS.setdefault(batch, Kernels(batch.engine, batch.seconds))
