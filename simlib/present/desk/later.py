"""Work that goes on later in the kernel's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

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
