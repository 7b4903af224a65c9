"""What lies in a folder of reports: shelves, one for each scenario, notebook or comparison, and the runs on each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

STAMP = "%Y%m%dT%H%M%SZ"
RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
DEEPEST = 3  # a shelf is a scenario's, or below it a cell's of its sweep, or a notebook's
CELLS = "cells.json"  # on a scenario's shelf: the names of the cells that its sweep had last


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
        manifest = _read(shelf / name / "manifest.json")
        if is_sound(manifest):
            yield Run(shelf / name, manifest)


def is_sound(manifest: Any) -> bool:
    """Tell whether a manifest says what a reader of many needs, each in the form that it has.

    >>> is_sound({"status": "done", "scenario": "Night", "started": "2026-01-02T03:04:05Z"}), is_sound({"scenario": 5})
    (True, False)
    """
    if not isinstance(manifest, dict) or not all(isinstance(manifest.get(key), str) for key in ("status", "scenario")):
        return False
    try:
        datetime.fromisoformat(manifest["started"])
    except (KeyError, TypeError, ValueError):
        return False
    forms = {"error": str, "figures": dict, "file": str, "notebook": str, "cell": str, "key": dict, "sha256": dict}
    numbers = (manifest.get("figures") or {}).get("numbers") if isinstance(manifest.get("figures"), dict) else None
    return all(isinstance(manifest.get(key), form | None) for key, form in forms.items()) and (
        numbers is None or (isinstance(numbers, dict) and all(isinstance(said, str) for said in numbers.values()))
    )


def cells_of(shelf: Path) -> set[str] | None:
    """Return the names of the cells that a scenario's sweep had last; None where it never had any."""
    names = _read(shelf / CELLS)
    return {str(name) for name in names} if isinstance(names, list) else None


def shelves(out: Path) -> Iterator[Path]:
    """Yield the folders below a folder of reports that hold runs, in the order of their names.

    Cells that a sweep no longer has are left out.
    """
    yield from _below(out, DEEPEST)


def _below(folder: Path, deep: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return
    kept = cells_of(folder)
    for name in inside:
        shelf = folder / name
        if RUN.fullmatch(name) or (kept is not None and name not in kept and _is_cell(shelf)):
            continue
        if runs(shelf):
            yield shelf
        if deep > 1:
            yield from _below(shelf, deep - 1)


def _is_cell(shelf: Path) -> bool:
    """Tell whether a shelf is that of a cell, or holds such shelves."""
    inside = [shelf, *(child for child in shelf.iterdir() if child.is_dir())]
    return any(run.manifest.get("cell") for place in inside for run in newest(place))


def _read(file: Path) -> Any:
    """Return what a JSON file holds; None where it is not there, or holds none."""
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
