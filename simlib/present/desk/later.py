"""Work that goes on later in the kernel's loop, and calls of widgets, none of whose faults is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

_AT_WORK: set[asyncio.Task] = set()


class Calls:
    """What widgets call: each step is taken in the loop in which the desk was made, and its fault is told.

    JupyterLab may call from another thread with a loop of its own (a kernel's subshell); two threads must not move one desk.
    """

    def __init__(self, fault: Callable[[Exception], None]):
        self._fault, self._loop = fault, looping()

    def __call__(self, step: Callable[..., None]) -> Callable[..., None]:
        """Return a step as widgets may call it."""

        def called(*given: Any) -> None:
            if self._loop is None or looping() is self._loop:
                self._taken(step, *given)
            else:
                self._loop.call_soon_threadsafe(self._taken, step, *given)

        return called

    def soon(self, work: Callable[[], Coroutine]) -> asyncio.Task | None:
        """Begin work in the loop; where there is none, do it now."""
        return soon(self._done(work))

    def _taken(self, step: Callable[..., None], *given: Any) -> None:
        try:
            step(*given)
        except Exception as error:  # a strategist gets a sentence, whatever it is
            self._fault(error)

    async def _done(self, work: Callable[[], Coroutine]) -> None:
        try:
            await work()
        except Exception as error:
            self._fault(error)


def looping() -> asyncio.AbstractEventLoop | None:
    """Return the loop in which work can go on later, as in a kernel; None where none runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def soon(work: Coroutine) -> asyncio.Task | None:
    """Begin work in the kernel's loop; where there is none, do it now."""
    if (loop := looping()) is None:
        asyncio.run(work)
        return None
    task = loop.create_task(work)
    _AT_WORK.add(task)  # a loop alone does not keep its tasks
    task.add_done_callback(_AT_WORK.discard)
    return task
