"""All draws are taken aside, in a process of its own, so that the desk answers meanwhile; the last job asked for counts.

The two talk in pickles: the scenario first, then jobs as (number, values to set) one way; progress and results the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from queue import SimpleQueue
from typing import Any, BinaryIO, NamedTuple

from simlib.decide.difference import Comparison
from simlib.present.desk import figures, pictures
from simlib.present.desk.answers import Answers, Stopped
from simlib.present.desk.ranking import ranked
from simlib.scenario.load import Scenario

UNKNOWN = "This cannot be worked out ({name}: {error}); all else goes on working."
ENDED = "All draws could not be taken: the process that takes them was ended by {how}; the next move begins another."
COURTESY = 5  # by how much a job gives way to whoever moves a lever


class Shown(NamedTuple):
    """What a comparison looks like: key figures, sentences, and each picture by its name, as HTML; what matters most."""

    draws: int
    figures: str
    sentences: str
    pictures: dict[str, str]
    most: tuple[str, ...]


def shown(comparison: Comparison) -> Shown:
    """Return what a comparison looks like."""
    drawn = {each.name: pictures.drawn(each, comparison) for each in pictures.suiting(comparison.one.scenario)}
    in_words = figures.html(comparison), figures.sentences(comparison)
    return Shown(comparison.one.draws, *in_words, drawn, ranked(comparison.one))


def sentences(error: Exception) -> str:
    """Return what went wrong as a strategist reads it: faults as they are, anything else in one sentence.

    >>> sentences(KeyError("members"))
    "This cannot be worked out (KeyError: 'members'); all else goes on working."
    """
    return str(error) if isinstance(error, ValueError) else UNKNOWN.format(name=type(error).__name__, error=error)


class Aside:
    """The process that works aside; what it says comes to `hear` in the kernel's loop: a share done, Shown, or a fault."""

    def __init__(self, scenario: Scenario, hear: Callable[[float | Shown | str], None]):
        self._say, self._number, self._loop, self._scenario = hear, 0, asyncio.get_running_loop(), scenario
        self._begin()

    def ask(self, overrides: Mapping[str, Any] | None) -> None:
        """Ask for a comparison on all draws in place of the one asked for before; None asks for nothing.

        A process that has ended is begun anew.
        """
        if self._process.poll() is not None:
            self._outbox.put(None)
            self._begin()
        self._number += 1
        self._outbox.put((self._number, overrides))

    def close(self) -> None:
        """End the process."""
        self._say = lambda said: None
        self._process.kill()
        self._process.wait()
        self._outbox.put(None)

    def _begin(self) -> None:
        command = [sys.executable, "-c", f"from {__name__} import main; main()"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process, self._outbox = subprocess.Popen(command, **pipes), SimpleQueue()
        self._outbox.put(self._scenario)
        for work in (partial(self._send, self._process, self._outbox), partial(self._listen, self._process)):
            threading.Thread(target=work, daemon=True, name="simlib aside").start()

    def _send(self, process: subprocess.Popen, outbox: SimpleQueue) -> None:
        """Send what is put out: in a thread, for a pipe is soon full and its reader may be busy with its imports."""
        with contextlib.suppress(OSError), process.stdin:  # that it has ended is heard of by whoever listens
            while (message := outbox.get()) is not None:
                pickle.dump(message, process.stdin)
                process.stdin.flush()

    def _listen(self, process: subprocess.Popen) -> None:
        with (
            process.stdout,
            contextlib.suppress(Exception),
        ):  # half a pickle may raise anything when a process is killed
            while True:
                self._loop.call_soon_threadsafe(self._hear, *pickle.load(process.stdout))
        code = process.wait()
        with contextlib.suppress(RuntimeError):  # the kernel's loop has ended
            self._loop.call_soon_threadsafe(lambda: self._say(ENDED.format(how=_how(code))))

    def _hear(self, number: int, said: float | Shown | str) -> None:
        if number == self._number:
            self._say(said)


def _how(code: int) -> str:
    """Return what ended a process.

    >>> _how(-9), _how(1)
    ('signal 9, as when memory runs out', 'exit code 1')
    """
    return f"exit code {code}" if code >= 0 else f"signal {-code}" + ", as when memory runs out" * (code == -9)


class _Jobs:
    """The jobs that come in, the last of which counts."""

    def __init__(self, inbox: BinaryIO):
        self._inbox, self.last, self._come = inbox, (0, None), threading.Condition()

    def listen(self) -> None:
        """Take jobs in until nobody can ask any more, and then end the process at once."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                job = pickle.load(self._inbox)
                with self._come:
                    self.last = job
                    self._come.notify()
        os._exit(0)

    def after(self, number: int) -> tuple[int, Mapping[str, Any] | None]:
        """Return the last job once there is one after a number."""
        with self._come:
            self._come.wait_for(lambda: self.last[0] > number)
            return self.last


def work(inbox: BinaryIO, outbox: BinaryIO) -> None:
    """Do the jobs that come in, each dropped when the next comes."""
    answers, jobs, number = Answers(pickle.load(inbox)), _Jobs(inbox), 0
    threading.Thread(target=jobs.listen, daemon=True).start()

    def say(what: float | Shown | str) -> None:
        pickle.dump((number, what), outbox)
        outbox.flush()

    while True:
        number, overrides = jobs.after(number)
        if overrides is None:
            continue
        try:
            say(shown(answers.fully(overrides, lambda: jobs.last[0] != number, say)))  # noqa: B023
        except Stopped:
            continue
        except Exception as error:  # the next job may be a better one
            say(sentences(error))


def main() -> None:
    """Work for whoever started this process, until nobody can ask any more."""
    if hasattr(os, "nice"):
        os.nice(COURTESY)
    out, sys.stdout = sys.stdout.buffer, sys.stderr  # what a library prints must not come between two pickles
    work(sys.stdin.buffer, out)
