"""Processes of this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

from simlib.workers import memory
from simlib.workers.crew import Crew, CrewError, at_work
from simlib.workers.process import Died, Process

ALL_CORES = -1
MOST_DEATHS = 3  # of processes over one call: by then it is the call that kills them


class Processes(Crew):
    """Processes that are started when they are first needed; a thread here waits for each."""

    def __init__(self, number: int):
        self.number, self._threads, self._own = number, ThreadPoolExecutor(number), local()
        self._lock, self._all, self._stopped = Lock(), list[Process](), False

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Hand a call over."""
        return self._threads.submit(self._ask, call, given)

    def told(self, error: Exception) -> CrewError | None:
        """Return the sentence of an error that a future ended with, none where it is the work's own."""
        return error if isinstance(error, CrewError) else None

    def stop(self) -> None:
        """Kill the processes, whatever they are at."""
        with self._lock:
            self._stopped = True
            mine = [*self._all]
        for process in mine:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in mine:
            process.close()

    def _ask(self, call: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        """Return what a call comes to, in this thread's process, or in a new one where that dies."""
        for _ in range(MOST_DEATHS):
            process = self._process()
            try:
                return process.ask(call, given)
            except Died as died:
                code = died.code
                self._bury(process)
        why = (
            "memory may be short: write fewer"
            if code == -signal.SIGKILL
            else f"exit code {code}: with one process it may say why"
        )
        raise CrewError(f"of {self.number} processes {MOST_DEATHS} died over one piece of work; {why}")

    def _process(self) -> Process:
        with self._lock:
            if self._stopped:
                raise CancelledError
            if getattr(self._own, "process", None) is None:
                try:
                    self._own.process = Process()
                except OSError as error:
                    started = f"{len(self._all)} of {self.number} processes could be started"
                    raise CrewError(f"{started}: {error.strerror}; write fewer") from None
                self._all.append(self._own.process)
            return self._own.process

    def _bury(self, process: Process) -> None:
        with self._lock:
            self._own.process = None
            self._all.remove(process)
        process.close()


@contextmanager
def processes(jobs: int) -> Iterator[None]:
    """Work inside the block on as many processes of this machine, one a core with ALL_CORES; with 1 in this one."""
    number = cores() if jobs == ALL_CORES else jobs
    if number == 1:
        memory.keep()
        with at_work(None):
            yield
        return
    crew = Processes(number)
    try:
        with at_work(crew):
            yield
    finally:
        crew.stop()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
