"""What a scenario reads from elsewhere than its own place, as its report tells it."""

from __future__ import annotations

import os
from pathlib import Path

from simlib.scenario.load import Scenario


def outside(scenario: Scenario) -> list[dict[str, str | int | None]]:
    """Return each file from elsewhere: where it is named (file, line, key), and its path from the scenario's folder."""
    folder = Path(os.path.realpath(scenario.origin.file)).parent
    return [
        {"file": _from(folder, read.file), "line": read.line, "key": read.key, "reads": _from(folder, read.path)}
        for read in scenario.origin.outside
    ]


def sentence(read: dict[str, str | int | None]) -> str:
    """Return where a file from elsewhere is named, and what it is, in words.

    >>> sentence({"file": "night.yml", "line": 3, "key": "extends", "reads": "../../etc/base.yml"})
    '../../etc/base.yml, by extends in night.yml:3'
    """
    where = f"{read['file']}:{read['line']}" if read["line"] else read["file"]
    return f"{read['reads']}, by {read['key']} in {where}"


def _from(folder: Path, file: str | Path) -> str:
    """Return a path without the names of folders that are nobody's business; an option stays as it is.

    Where the way there goes down into other folders than the scenario's, they may be somebody's home.
    """
    if str(file).startswith("--set"):
        return str(file)
    real = Path(os.path.realpath(file))
    if real.is_relative_to(folder) or real.parent in folder.parents:
        return Path(os.path.relpath(real, folder)).as_posix()
    return f"{real.name}, elsewhere"
