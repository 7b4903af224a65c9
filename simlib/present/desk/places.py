"""Where scenarios and reports lie for who works in a notebook: in the folders beside it, or else in the project's."""

from __future__ import annotations

import os
import re
from pathlib import Path

from simlib.present.made import ROOT

NAME = re.compile(r"^name: *(.+?) *$", re.MULTILINE)


def found(scenario: str) -> Path:
    """Return a scenario's file as named from here, from the folder above, or from the project.

    >>> found("no/such.yml").as_posix()
    'no/such.yml'
    """
    for folder in (Path(), Path(os.pardir), ROOT):
        if (folder / scenario).is_file():
            return folder / scenario
    return Path(scenario)


def shelf(scenario: Path) -> list[tuple[str, Path]]:
    """Return the name and the file of every scenario in a folder, by name."""
    files = sorted(scenario.parent.glob("*.yml"))
    return sorted(((_name(file), file) for file in files), key=lambda pair: pair[0].casefold())


def reports(scenario: Path) -> Path:
    """Return the folder of reports that goes with a scenario's folder."""
    folder = scenario.resolve().parent
    return folder.parent / "reports" if folder.name == "scenarios" else folder / "reports"


def _name(file: Path) -> str:
    """Return what a scenario is called, by a look at its text; its file's name where it does not say."""
    try:
        match = NAME.search(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        match = None
    return match[1].strip("\"'") if match else file.stem
