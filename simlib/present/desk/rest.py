"""Work done while the strategist's hands rest: one job at a time, dropped at once when they move again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from simlib.present.desk.answers import Stopped

_AT_WORK: set[asyncio.Task] = set()


def is_looping() -> bool:
    """Tell whether a loop runs in which work can go on later, as in a kernel."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def soon(work: Coroutine) -> asyncio.Task | None:
    """Begin work in the kernel's loop; where there is none, do it now."""
    if not is_looping():
        asyncio.run(work)
        return None
    task = asyncio.get_running_loop().create_task(work)
    _AT_WORK.add(task)  # a loop alone does not keep its tasks
    task.add_done_callback(_AT_WORK.discard)
    return task


class Rest:
    """A thread that works while the kernel answers; what it finds is handed over in the kernel's own loop."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def drop(self) -> None:
        """Let the job that is under way stop at its next look."""
        self._stop.set()
        self._stop = threading.Event()

    async def work(self, job: Callable[[threading.Event], Any]) -> Any:
        """Return what a job finds, which looks now and then whether to stop; None where it was dropped."""
        self.drop()
        stop, loop = self._stop, asyncio.get_running_loop()
        done: asyncio.Future = loop.create_future()

        def hand_over(found: Any, fault: BaseException | None) -> None:
            if done.cancelled():
                return
            done.set_exception(fault) if fault else done.set_result(None if stop.is_set() else found)

        def run() -> None:
            found = fault = None
            try:
                found = job(stop)
            except Stopped:
                stop.set()
            except Exception as error:  # told to whoever waits
                fault = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(hand_over, found, fault)

        threading.Thread(target=run, daemon=True, name="simlib at rest").start()
        return await done
