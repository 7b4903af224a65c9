"""How results were made: versions, and the commit of the code; no path, no name of a user."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import simlib
from simlib.workers.ground import LIBRARIES

ROOT = Path(simlib.__file__).resolve().parents[1]
COMMIT, NONE_YET = "# branch.oid ", "(initial)"  # as git says it


def made() -> dict[str, Any]:
    """Return versions by name, the commit of the code (None where there is none), and whether it was changed since.

    >>> sorted(made())
    ['commit', 'dirty', 'versions']
    """
    told = _git("status", "--porcelain=v2", "--branch", "--untracked-files=no").splitlines()
    commit = next((line.removeprefix(COMMIT) for line in told if line.startswith(COMMIT)), NONE_YET)
    if commit == NONE_YET:
        return {"versions": versions(), "commit": None, "dirty": None}
    return {"versions": versions(), "commit": commit, "dirty": any(not line.startswith("#") for line in told)}


def versions() -> dict[str, str]:
    """Return the versions of simlib, of Python and of the packages that results rest on.

    >>> versions()["simlib"] == simlib.__version__
    True
    """
    own = {"simlib": simlib.__version__, "python": platform.python_version()}
    return own | {name: found for name in LIBRARIES if (found := _version(name))}


@cache
def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(*words: str) -> str:
    """Return what git says of the project's folder; nothing where it is no work tree of its own, or git is not there."""
    if not (ROOT / ".git").exists():
        return ""
    try:
        told = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""
