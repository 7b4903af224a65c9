"""Pieces of work, one after the other here or several at once elsewhere; results come in the order of the pieces."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

MOST_DEATHS = 3  # of workers, with no result between them: by then it is the work that kills them
PIECES_AHEAD = 3  # for each worker: one in hand, one to go on with, one done that waits for its turn
WORKS_KEPT = 4  # that a worker remembers


class CrewError(Exception):
    """What keeps workers from working, as a sentence."""


class Crew(ABC):
    """Workers outside this process; `number` is how many pieces they work on at the same time."""

    number: int

    @abstractmethod
    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Hand a call over; return what will hold its result."""

    @abstractmethod
    def died(self, error: BaseException) -> bool:
        """Tell whether an error is a worker's death, so that the same call may well succeed."""

    @abstractmethod
    def told(self, error: BaseException) -> BaseException:
        """Return what to raise for an error that stays: a CrewError where it is the workers', else the error itself."""

    @abstractmethod
    def stop(self) -> None:
        """End at once whatever they are at."""


_AT_WORK: ContextVar[Crew | None] = ContextVar("at work", default=None)


@contextmanager
def at_work(crew: Crew | None) -> Iterator[None]:
    """Give what is worked on inside the block to a crew, or to this process alone; an error ends what is under way."""
    before = _AT_WORK.set(crew)
    try:
        yield
    except BaseException:
        if crew:
            crew.stop()
        raise
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
    under_way: deque[tuple[Piece, Future[Result]]] = deque()
    deaths = 0
    try:
        while True:
            for piece in islice(pieces, max(PIECES_AHEAD * crew.number - len(under_way), 1)):
                under_way.append((piece, crew.submit(_done, packed, piece)))
            if not under_way:
                return
            error = _error(under_way[0][1])
            if error is None:
                deaths = 0
                yield under_way.popleft()[1].result()
                continue
            deaths += 1
            if not crew.died(error) or deaths == MOST_DEATHS:
                raise crew.told(error) from error
            for place, (piece, future) in enumerate(under_way):
                if not future.done() or _error(future):
                    under_way[place] = piece, crew.submit(_done, packed, piece)
    finally:
        for _, future in under_way:
            future.cancel()


def _error(future: Future[Any]) -> BaseException | None:
    """Return the error that a future ends with, once it has ended."""
    try:
        return future.exception()
    except CancelledError as error:
        return error


def _done(packed: bytes, piece: Any) -> Any:
    return _unpacked(packed)(piece)


@lru_cache(maxsize=WORKS_KEPT)
def _unpacked(packed: bytes) -> Callable[[Any], Any]:
    """Return what work is, read once by each worker: a scenario's frame is larger than the pieces of a quick one."""
    return pickle.loads(packed)
