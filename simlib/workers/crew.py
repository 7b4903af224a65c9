"""Pieces of work, one after the other here or several at once elsewhere; results come in the order of the pieces."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

PIECES_AHEAD = 3  # for each worker: one in hand, one to go on with, one done that waits for its turn
WORKS_KEPT = 4  # that a worker remembers


class CrewError(Exception):
    """What keeps workers from working, as a sentence."""


class Crew(ABC):
    """Workers outside this process; `number` is how many pieces they work on at the same time.

    What a worker was at when it died is done again by another.
    """

    number: int

    @abstractmethod
    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Hand a call over; return what will hold its result."""

    @abstractmethod
    def told(self, error: Exception) -> CrewError | None:
        """Return the sentence of an error that a future ended with, none where it is the work's own."""

    @abstractmethod
    def stop(self) -> None:
        """End at once whatever they are at."""


_AT_WORK: ContextVar[Crew | None] = ContextVar("at work", default=None)


@contextmanager
def at_work(crew: Crew | None) -> Iterator[None]:
    """Give what is worked on inside the block to a crew, or to this process alone."""
    before = _AT_WORK.set(crew)
    try:
        yield
    finally:
        _AT_WORK.reset(before)


def number_at_work() -> int:
    """Return how many pieces are worked on at the same time.

    >>> number_at_work()
    1
    """
    crew = _AT_WORK.get()
    return crew.number if crew else 1


def each(work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
    """Return the result of each piece, in the order of the pieces, made by whoever is at work.

    Work, pieces and results must pickle. A worker's death costs what was under way, no more. Raises what `work` raises,
    and CrewError where workers die of a piece every time or are out of reach.

    >>> list(each(str.upper, ["ab", "c"]))
    ['AB', 'C']
    """
    crew = _AT_WORK.get()
    return map(work, pieces) if crew is None else _by(crew, work, iter(pieces))


def _by(crew: Crew, work: Callable[[Piece], Result], pieces: Iterator[Piece]) -> Iterator[Result]:
    packed = pickle.dumps(work)
    under_way: deque[Future[Result]] = deque()
    try:
        while True:
            room = max(PIECES_AHEAD * crew.number - len(under_way), 0)
            under_way.extend(crew.submit(_done, packed, piece) for piece in islice(pieces, room))
            if not under_way:
                return
            try:
                result = under_way[0].result()
            except Exception as error:
                if sentence := crew.told(error):
                    raise sentence from error
                raise
            under_way.popleft()
            yield result
    finally:
        for future in under_way:
            future.cancel()


def _done(packed: bytes, piece: Any) -> Any:
    return _unpacked(packed)(piece)


@lru_cache(maxsize=WORKS_KEPT)
def _unpacked(packed: bytes) -> Callable[[Any], Any]:
    """Return what work is, read once by each worker: a scenario's frame is larger than the pieces of a quick one."""
    return pickle.loads(packed)
