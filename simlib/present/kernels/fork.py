"""The process that kernels are forked from, and one such kernel, as seen from the process that asked for them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

NUMBER = struct.Struct("!i")  # a pid, or an exit code
SECONDS_TO_START = 60  # as long as papermill waits for a kernel
SECONDS_TO_END = 5


class Fork:
    """A kernel that was forked, to be looked after like a subprocess.Popen though it is no child of this process.

    It is held by a socket: what goes out are signals, what comes back is its pid and, once it has ended, its exit code.
    Whoever holds the other end kills the kernel when this end is gone. No signal can meet another process of the same pid.
    """

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket):
        self._line, self.returncode = line, None
        line.settimeout(SECONDS_TO_START)
        told = line.recv(NUMBER.size)
        if not told:
            raise OSError("no kernel could be forked")
        (self.pid,) = NUMBER.unpack(told)

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._ended(0)

    def wait(self) -> int:
        """Return the exit code once it has ended."""
        return self._ended(None)

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            self._line.settimeout(seconds)
            try:
                told = self._line.recv(NUMBER.size)
            except BlockingIOError:
                return None
            except ConnectionError:
                told = b""
            # Nothing: what it was forked from is gone, and so is it within a second, for it watches its parent.
            self.returncode = NUMBER.unpack(told)[0] if told else -signal.SIGKILL
            self._line.close()
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send a signal to it and the processes it has started; none where it has ended."""
        if self.returncode is None:
            with contextlib.suppress(OSError):
                self._line.send(bytes([signum]))

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The process that kernels are forked from: started when the first is asked for, and again if it was killed."""

    def __init__(self) -> None:
        self._lock, self._over, self._has_forked = threading.Lock(), False, False
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None

    def begin(self, cwd: str, env: Mapping[str, str]) -> None:
        """Start the process in a folder and an environment, and wait for nothing."""
        with self._lock:
            self._see_to_it(cwd, env)

    def fork(self, arguments: Sequence[str], cwd: str, env: Mapping[str, str]) -> Fork:
        """Return a kernel with the arguments of ipykernel_launcher, a folder, and an environment; OSError if there is none.

        The libraries that it finds imported were imported where `begin` said, or else the first kernel.
        """
        order = {"arguments": list(arguments), "cwd": cwd, "env": dict(env)}
        with self._lock:
            self._see_to_it(cwd, env)
            self._has_forked = True
            ours, theirs = socket.socketpair()
            with theirs:
                socket.send_fds(self._control, [b"."], [theirs.fileno()])
        try:
            ours.sendall(json.dumps(order).encode() + b"\n")
            return Fork(ours)
        except OSError:
            ours.close()
            raise

    def _see_to_it(self, cwd: str, env: Mapping[str, str]) -> None:
        """Start the process if there is none, or it was killed; OSError if it is to be no more, or has ended by itself."""
        code = self._process.poll() if self._process else -signal.SIGKILL
        if self._over or (code is not None and code >= 0):  # where it ended by itself it has said why
            raise OSError("no kernels are forked")
        if code is not None:
            if self._control:
                self._control.close()
            self._start(cwd, env)

    def _start(self, cwd: str, env: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "simlib.present.kernels.zygote", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the process that asked, which then ends this one
            )

    def end(self) -> None:
        """End the process and every kernel that was forked from it; none is forked any more."""
        with self._lock:
            self._over = True
            if self._process:
                self._control.close()
                if not self._has_forked and self._process.poll() is None:
                    os.killpg(self._process.pid, signal.SIGKILL)  # with the copy on which it tries linear algebra
                try:
                    self._process.wait(SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    self._process.kill()  # what it has forked sees that within a second
                    self._process.wait()
