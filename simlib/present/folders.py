"""Folders that a report does not tell, and what stands in their place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simlib.present.made import ROOT

# What may stand before a folder's name, for else it is the end of another's: nothing, or a colour as in tracebacks.
BEFORE = r"(^|[^\w.~/-]|\x1b\[[0-9;]*m)"
SEPARATORS = f"[/{re.escape(os.sep)}]*"


def hidden(*folders: Path) -> dict[str, str]:
    """Return the folders that a report does not tell, the longest first, and what stands there instead."""
    told = {str(folder): "." for each in folders for folder in (each, each.resolve())} | {str(ROOT): "."}
    home = os.path.expanduser("~")
    told |= {home: "~"} if len(Path(home).parts) > 1 else {}
    return dict(sorted(told.items(), key=lambda pair: -len(pair[0])))


def hide(content: Any, folders: Mapping[str, str]) -> None:
    """Put other words in the place of folders, in all texts of nested dicts and lists.

    >>> content = {"text": "at last" + chr(10) + "/srv/ann/night/report.py, not /data/srv/ann"}
    >>> hide(content, {"/srv/ann": "~"})
    >>> print(content["text"])
    at last
    ~/night/report.py, not /data/srv/ann
    """
    patterns = {
        folder: (re.compile(BEFORE + re.escape(folder) + r"(?![\w-])" + f"({SEPARATORS})"), instead)
        for folder, instead in folders.items()
    }

    def without(text: str) -> str:
        for folder, (pattern, instead) in patterns.items():
            if folder in text:
                text = pattern.sub(lambda found, instead=instead: found[1] + _from(instead, bool(found[2])), text)
        return text

    _change(content, without)


def _from(instead: str, goes_on: bool) -> str:
    """Return what stands in place of a folder, which a path may go on from."""
    return "" if goes_on and instead == "." else f"{instead}/" if goes_on else instead


def _change(content: Any, change: Callable[[str], str]) -> None:
    """Change every text in place, keys too."""
    for key, value in list(content.items() if isinstance(content, dict) else enumerate(content)):
        if isinstance(value, str):
            content[key] = change(value)
        elif isinstance(value, dict | list):
            _change(value, change)
        if isinstance(key, str) and (other := change(key)) != key:
            content[other] = content.pop(key)
