"""Reports made by the workers of a cluster; their files come back, and are put in place here."""

from __future__ import annotations

import secrets
from collections import Counter
from concurrent.futures import CancelledError, Future
from functools import partial
from threading import Lock, Timer
from typing import NamedTuple

from simlib.present.kernels import Kernels, Stopped
from simlib.present.making import Job, Made, making
from simlib.workers.cluster import Cluster

AHEAD = 2  # reports for each worker: one in hand, one to go on with


IDLE = 60.0  # seconds after which a worker's kernels end where nobody has said that the batch is over


class Batch(NamedTuple):
    """A batch as its workers know it: where kernels come from, and the seconds that a notebook may take."""

    name: str
    engine: str
    seconds: float | None


class Away:
    """Workers of a cluster, each report in a kernel beside the worker that makes it."""

    def __init__(self, crew: Cluster, engine: str, seconds: float | None):
        self.crew, self.batch, self.stopped = crew, Batch(secrets.token_hex(8), engine, seconds), False

    @property
    def number(self) -> int:
        """How many reports may be under way."""
        return AHEAD * self.crew.number

    def submit(self, job: Job) -> Future[Made]:
        """Return the files of a job's report, when they will be there."""
        made: Future[Made] = Future()
        self.crew.submit(_made, job, self.batch).add_done_callback(partial(self._hand_on, made))
        return made

    def _hand_on(self, made: Future[Made], done: Future[Made]) -> None:
        """Hand on how it ended; what was given up though nobody asked for it is the cluster's fault."""
        if done.cancelled():
            made.set_exception(Stopped() if self.stopped else self.crew.told(CancelledError()))
        elif error := done.exception():
            made.set_exception(error)
        else:
            made.set_result(done.result())

    def told(self, error: Exception) -> str:
        """Return the sentence of what kept a report from being made."""
        return str(self.crew.told(error) or f"simlib itself failed: {type(error).__name__}: {error}")

    def stop(self) -> None:
        """End what runs, on every worker, and leave nothing behind."""
        self.stopped = True
        self.crew.stop()
        self.crew.tell_all(_end, self.batch)


_KERNELS: dict[Batch, Kernels] = {}  # which all reports of a batch share in a worker
_BEGUN: Counter[Batch] = Counter()
_UNDER_WAY: Counter[Batch] = Counter()
_ONE_AT_A_TIME = Lock()


def _made(job: Job, batch: Batch) -> Made:
    with _ONE_AT_A_TIME:
        kernels = _KERNELS.setdefault(batch, Kernels(batch.engine, batch.seconds))
        _BEGUN[batch] += 1
        _UNDER_WAY[batch] += 1
    try:
        return making(job, kernels)
    finally:
        with _ONE_AT_A_TIME:
            _UNDER_WAY[batch] -= 1
            idle = Timer(IDLE, _end_if_idle, (batch, _BEGUN[batch]))
        idle.daemon = True
        idle.start()


def _end_if_idle(batch: Batch, begun: int) -> None:
    """End the kernels of a batch of which no report was begun since then: whoever asked for them may have been killed."""
    with _ONE_AT_A_TIME:
        if not _UNDER_WAY[batch] and _BEGUN[batch] == begun and not _KERNELS[batch].stopped:
            _KERNELS.pop(batch).stop()


def _end(batch: Batch) -> None:
    """End the kernels of a batch; none of its reports is begun any more."""
    with _ONE_AT_A_TIME:
        kernels = _KERNELS.setdefault(batch, Kernels(batch.engine, batch.seconds))
    kernels.stop()
