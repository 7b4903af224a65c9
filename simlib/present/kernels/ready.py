"""Kernels that are ready, and ended, as soon as they are; jupyter_client waits for 0.2 s of silence and looks each 0.1 s."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.provisioning import LocalProvisioner

LOOKS_EACH = 0.005  # seconds
SECONDS_FOR_AN_ANSWER, SECONDS_TO_END = 1, 5


class Client(AsyncKernelClient):
    """What talks to a kernel, and knows from the end of its first answer that it is ready."""

    def _context_default(self) -> Any:
        context = super()._context_default()
        context.reconnect_ivl = round(1000 * LOOKS_EACH)  # milliseconds; for the kernel does not listen at once
        return context

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask until an answer has come with all that belongs to it; RuntimeError where the kernel dies or takes too long."""
        ends = time.monotonic() + (timeout or float("inf"))
        while not await self._answered(self.kernel_info()):
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > ends:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")

    async def _answered(self, question: str) -> bool:
        """Tell whether a question was answered, and was heard to be done: without that, its outputs are not heard yet."""
        with suppress(Empty):
            self._handle_kernel_info_reply(await self._to(question, self.shell_channel))
            while (await self._to(question, self.iopub_channel))["content"].get("execution_state") != "idle":
                pass
            return True
        return False

    async def _to(self, question: str, channel: Any) -> dict[str, Any]:
        """Return the next message that answers a question; raise Empty where none comes in time."""
        while True:
            message = await channel.get_msg(timeout=SECONDS_FOR_AN_ANSWER)
            if message["parent_header"].get("msg_id") == question:
                return message


class Provisioner(LocalProvisioner):
    """What starts a kernel's process, and sees its end when it comes."""

    async def kill(self, restart: bool = False) -> None:
        """End it, and be back when it has ended."""
        await super().kill(restart)
        ends = time.monotonic() + SECONDS_TO_END
        while await self.poll() is None and time.monotonic() < ends:
            await asyncio.sleep(LOOKS_EACH)
