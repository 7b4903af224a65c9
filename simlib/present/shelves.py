"""What lies in a folder of reports: shelves, one for each scenario, notebook or comparison, and the runs on each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

STAMP = "%Y%m%dT%H%M%SZ"
RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
DEEPEST = 3  # a shelf is a scenario's, or below it a cell's of its sweep, or a notebook's


class Run(NamedTuple):
    """A run: its folder, and what it says of itself."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def page(self) -> Path:
        """Its page."""
        return self.folder / "report.html"

    @property
    def figures(self) -> Mapping[str, Any]:
        """What it found, in the few numbers that an index shows."""
        return self.manifest.get("figures") or {}

    @property
    def is_done(self) -> bool:
        """Tell whether it came to its end and its page is still there."""
        return self.manifest["status"] == "done" and self.page.exists()


def runs(shelf: Path) -> list[str]:
    """Return the names of the runs on a shelf, the last one last; none where there is no shelf."""
    try:
        return sorted(name for name in os.listdir(shelf) if RUN.fullmatch(name))
    except (FileNotFoundError, NotADirectoryError):
        return []


def newest(shelf: Path) -> Iterator[Run]:
    """Yield the runs on a shelf, the last one first; folders that are no report are passed over."""
    for name in reversed(runs(shelf)):
        try:
            manifest = json.loads((shelf / name / "manifest.json").read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(manifest, dict) and {"status", "scenario", "started"} <= manifest.keys():
            yield Run(shelf / name, manifest)


def shelves(out: Path) -> Iterator[Path]:
    """Yield the folders below a folder of reports that hold runs, in the order of their names."""
    yield from _below(out, DEEPEST)


def _below(folder: Path, deep: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return
    for name in inside:
        if RUN.fullmatch(name):
            continue
        shelf = folder / name
        if runs(shelf):
            yield shelf
        if deep > 1:
            yield from _below(shelf, deep - 1)
