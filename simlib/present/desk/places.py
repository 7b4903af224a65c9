"""Where scenarios and reports lie for who works in a notebook: in the folders beside it, or else in the project's."""

from __future__ import annotations

import os
import re
from pathlib import Path

from simlib.present.made import ROOT
from simlib.scenario.files import content
from simlib.scenario.source import parse

NAME = re.compile(r"^name:.*(?:\n[ \t]+.*)*", re.MULTILINE)  # with the lines that go on with it


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
    files = sorted(file for file in scenario.parent.glob("*.yml") if not file.name.startswith("."))
    return sorted(((_name(file), file) for file in files), key=lambda pair: pair[0].casefold())


def reports(scenario: Path) -> Path:
    """Return the folder of reports that goes with a scenario's folder."""
    folder = scenario.resolve().parent
    return folder.parent / "reports" if folder.name == "scenarios" else folder / "reports"


def _name(file: Path) -> str:
    """Return what a scenario is called, of which no more is read; its file's name where it does not say."""
    try:
        match = NAME.search(content(file, "").decode())
        return str(parse(match[0], file.name).value["name"].value) if match else file.stem
    except ValueError:  # each fault in a file is one
        return file.stem
