"""Reports that the desk was asked for, each with a line of its own, whatever scenario or view is there by then."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from ipywidgets import HTML, VBox

from simlib.present.desk.closing import closed

PAGE = re.compile(r"\S+\.html\b")  # as a command names it


class Reporting:
    """The lines of reports, those under way and those of the last that were asked for."""

    def __init__(self) -> None:
        self.widget = VBox()
        self.widget.add_class("desk-reports")
        self._over: list[HTML] = []

    async def make(self, about: str, command: Sequence[str]) -> None:
        """Make a report by a command, in a process of its own, and say how long it has been at it, then where it is."""
        line, start = self._line(), time.monotonic()
        work = asyncio.ensure_future(asyncio.to_thread(subprocess.run, command, capture_output=True, text=True))
        try:
            while not work.done():
                seconds = time.monotonic() - start
                said = f"The report of {about} is being made, for {seconds:.0f} s so far."
                line.value = f"<p><progress></progress> {escape(said)}</p>"
                await asyncio.wait([work], timeout=1)
            line.value = outcome(about, work.result())
        except Exception as error:
            line.value = f'<p role="status">The report of {escape(about)} could not be made: {escape(str(error))}.</p>'
        finally:
            self._over.append(line)

    def _line(self) -> HTML:
        """Return a new line, which takes the place of those that are over."""
        line = HTML()
        line.add_class("desk-reported")
        self.widget.children = (*(known for known in self.widget.children if known not in self._over), line)
        closed(self._over)
        self._over = []
        return line


def outcome(about: str, done: subprocess.CompletedProcess) -> str:
    """Return the link to a report, or what went wrong in the command's own words."""
    lines = [line for line in (done.stderr if done.returncode else done.stdout).splitlines() if line.strip()]
    head = f'<p role="status">The report of {escape(about)} '
    if not lines:
        return f"{head}was not made: the command said nothing (exit code {done.returncode}).</p>"
    if done.returncode:
        said = escape(" ".join(lines[-3:]))
        return f"{head}was not made: {PAGE.sub(lambda page: _link(page[0], 'what there is of it'), said)}</p>"
    return f"{head}is made: {_link(lines[-1], 'open it')}.</p>"


def _link(page: str, text: str) -> str:
    """Return a link to a page where the server has it, else its name."""
    if address := _address(Path(page)):
        return f'<a href="{escape(address)}" target="_blank" rel="noopener">{text}</a>'
    return f"<code>{escape(page)}</code>"


def _address(page: Path) -> str | None:
    """Return the address of a file on the Jupyter server that started this kernel; None where that serves other folders."""
    from jupyter_core.paths import jupyter_runtime_dir

    file = Path(jupyter_runtime_dir(), f"jpserver-{os.environ.get('JPY_PARENT_PID')}.json")
    try:
        server = json.loads(file.read_text(encoding="utf-8"))
        inside = page.resolve().relative_to(Path(server["root_dir"]).resolve())
    except (OSError, ValueError, KeyError):
        return None
    return f"{server['base_url']}files/{quote(inside.as_posix())}"
