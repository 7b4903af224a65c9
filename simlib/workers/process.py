"""A process that works for another: the one that asks, and what it runs.

Each has pipes of its own. A pool whose processes share a queue waits forever for the rest of what one of them was writing
when it was killed.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

from simlib.workers import memory

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    ),
    "1",
)  # as many processes as cores: threads of linear algebra besides would trip over one another

MOMENT = 1.0  # seconds that a process whose pipes are closed has to end by itself


class Died(Exception):
    """The process has ended before it answered, with an exit code."""

    def __init__(self, code: int):
        self.code = code


class Process:
    """A new process that makes calls, one after the other, in an interpreter of its own; it ends when this one has."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "simlib.workers.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C is for the process that asks, which then kills this one
        )

    def ask(self, call: Callable[..., Any], given: Sequence[Any]) -> Any:
        """Return what a call comes to, or raise what it raises; raise Died where the process ends instead."""
        order = pickle.dumps((call, given), pickle.HIGHEST_PROTOCOL)
        try:
            pickle.dump(order, self._process.stdin)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):  # it may have ended in the middle of a message
            raise Died(self._ended()) from None
        result, error = pickle.loads(answer)
        if error is not None:
            raise error
        return result

    def _ended(self) -> int:
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(MOMENT)
        self._process.kill()
        return self._process.wait()

    def kill(self) -> None:
        """End it at once, whoever is waiting for its answer."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it, and let go of its pipes."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Make the calls that come, for as long as there is somebody to take the answers."""
    waiting: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_take_in, args=(orders, waiting), daemon=True).start()
    with suppress(BrokenPipeError):
        while True:
            pickle.dump(_answer(waiting.get()), answers)
            answers.flush()


def _take_in(orders: BinaryIO, waiting: SimpleQueue[bytes]) -> None:
    """Put what is asked in the queue; end this process, whatever it is at, once nobody is left to ask."""
    with suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            waiting.put(pickle.load(orders))
    os._exit(1)


def _answer(order: bytes) -> bytes:
    """Return the result of a call and no error, or none and its error, which notes where in the process it came from."""
    try:
        call, given = pickle.loads(order)
        return pickle.dumps((call(*given), None), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        told = f"In a worker:\n{traceback.format_exc()}"
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # not every error can be sent
            error = RuntimeError(f"{type(error).__name__}: {error}")
        error.add_note(told)
        return pickle.dumps((None, error))


def main() -> None:
    """Work for the process at the other ends of stdin and stdout; what is printed meanwhile goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory.keep()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)
    os._exit(0)  # an answer that nobody takes would be flushed, in vain


if __name__ == "__main__":
    main()
