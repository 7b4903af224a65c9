"""Files as a report knows them: by the names they have in the project, or from the folder that holds them all."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simlib.present.made import ROOT

if TYPE_CHECKING:
    from simlib.scenario.load import Scenario

INDEX = "index.html"  # over the reports of a folder


def found(file: Path) -> Path:
    """Return a scenario's file, seen from the current folder or else from the project's."""
    return file if file.exists() or not (ROOT / file).exists() else ROOT / file


def layout(files: Iterable[str]) -> dict[str, str]:
    """Return the name of each file, given by its absolute name, in a folder that holds them all as they lie to each other.

    >>> layout(["/a/night/s.yml", "/a/night/../bases/b.yml"])["/a/night/../bases/b.yml"]
    'bases/b.yml'
    """
    files = list(files)
    top = top_of(files)
    return {file: os.path.relpath(os.path.normpath(file), top).replace(os.sep, "/") for file in files}


def top_of(files: Iterable[str]) -> str:
    """Return the project's folder, or else the one that holds all files."""
    whole = os.path.commonpath([os.path.dirname(os.path.normpath(file)) for file in files])
    return str(ROOT) if Path(whole).is_relative_to(ROOT) else whole


def name(path: Path, file: Path) -> str:
    """Return a path from the project's folder, or from the scenario's where it lies elsewhere."""
    whole = path.resolve()
    if whole.is_relative_to(ROOT):
        return whole.relative_to(ROOT).as_posix()
    return Path(os.path.relpath(whole, file.resolve().parent)).as_posix()


def argument(path: Path, file: Path) -> str:
    """Return a path's name as a word of a command, which is not taken for an option.

    >>> argument(Path("/night/-rf.yml"), Path("/night/-rf.yml"))
    './-rf.yml'
    """
    word = name(path, file)
    return f"./{word}" if word.startswith("-") else word


def command_for(scenario: Scenario, verb: str, *files: Path, options: Sequence[str] = ()) -> str:
    """Return the command that makes a report again, of one file or of two, the first the one that others are near."""
    sets = [word for override in scenario.origin.overrides for word in ("--set", f"{override.path}={override.new}")]
    named = [argument(path, files[0]) for path in files]
    return shlex.join(["python3", "run.py", verb, *named, *options, *sets])
