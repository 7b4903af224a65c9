"""A scenario that extends another and holds only what differs: its text, and putting it in place whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from simlib.scenario.bases import is_section
from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.load import Scenario, load, overriding
from simlib.scenario.overrides import flow
from simlib.scenario.tree import Node, spelled

HELD = {"correlations", "levers", "sweep"}  # the sections that move values which stand elsewhere
SCHEMA = Path("docs", "scenario.schema.json")
WIDTH = 120  # letters of a line


def saved(name: str, base: Scenario, overrides: Mapping[str, Any], file: Path) -> str:
    """Return the text of a scenario that is `base` with values set, for a file: the nearest whole value around each.

    A list, and a quantity in all its parts, is replaced whole where one scenario extends another, and so is written whole.
    Beside each stands what it was, and where. Raises ScenarioError where the base may not say so.

    >>> base = load("scenarios/day-and-night.yml")
    >>> print(saved("Half", base, {"title.completion": {"value": "25%", "note": "a trial"}}, Path("scenarios/half.yml")))
    # yaml-language-server: $schema=../docs/scenario.schema.json
    # “Day and Night” in all that is not said here.
    name: Half
    extends: day-and-night.yml
    title:
      completion: {value: 25%, note: a trial} # was {pert: {low: 30%, mode: 50%, high: 75%}} (day-and-night.yml:16)
    <BLANKLINE>
    """
    old, new = base.origin.tree, overriding(base, overrides).origin.tree
    known, left = spelled(old), spelled(new)
    written: dict[str, Any] = {}
    for path in overrides:
        steps, node = known[path]
        if path not in left:
            continue  # it is of a lever that has nothing left to pull
        depth = _depth(old, steps)
        told = f"{'.'.join(path.split('.')[depth:])} was {_was(node, file)}".strip()
        _put(written, steps[:depth], new.at(steps[:depth]).plain(), told)
    _put_held(written, old, new)
    extends = Path(os.path.relpath(Path(base.origin.file).resolve(), file.resolve().parent)).as_posix()
    head = [modeline(file), f"# “{base.name}” in all that is not said here."]
    frame = yaml.safe_dump({"name": name, "extends": extends}, sort_keys=False, allow_unicode=True, width=WIDTH)
    return "\n".join([*(line for line in head if line), frame + "\n".join(_lines(written, 0))]) + "\n"


def put(text: str, file: Path) -> None:
    """Put the text of a scenario in the place of a file, whole or not at all, once it was found sound.

    Raises ScenarioError for what a check finds and for a file that the text itself extends, and OSError where nothing can
    be written.
    """
    aside = file.with_name(f".{file.stem}-{os.getpid()}.yml")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        if is_of(load(aside), file):
            raise ScenarioError([Fault(file.name, None, "", "is what the new scenario extends; choose another name")])
        aside.replace(file)  # the last step that can fail
    finally:
        aside.unlink(missing_ok=True)


def is_of(scenario: Scenario, file: Path) -> bool:
    """Tell whether a file is one of those that a scenario is made of: its own, or a base."""
    return file.resolve() in {Path(known).resolve() for known in scenario.origin.files}


def modeline(file: Path) -> str | None:
    """Return the line by which an editor finds the schema, where there is one above a file."""
    here = file.resolve().parent
    for folder in (here, *here.parents):
        if (folder / SCHEMA).is_file():
            return f"# yaml-language-server: $schema={Path(os.path.relpath(folder / SCHEMA, here)).as_posix()}"
    return None


class _Whole:
    """A value that is written whole, and what is said beside it."""

    def __init__(self, value: Any):
        self.value, self.told = value, []


def _depth(tree: Node, steps: tuple[str | int, ...]) -> int:
    """Return how many steps lead to the value that is replaced whole where one scenario extends another."""
    for depth in range(1, len(steps)):
        if not is_section(tree.at(steps[:depth])):
            return depth
    return len(steps)


def _put(written: dict[str, Any], steps: tuple[str, ...], value: Any, told: str) -> None:
    """Add a whole value to what is written."""
    for step in steps[:-1]:
        written = written.setdefault(step, {})
    written.setdefault(steps[-1], _Whole(value)).told.append(told)


def _put_held(written: dict[str, Any], old: Node, new: Node, above: tuple[str, ...] = ()) -> None:
    """Add what no longer moves a value that is set now: it was left out when the value was set from outside."""
    for name in old.value if above else [name for name in old.value if name in HELD]:
        steps, before, after = (*above, name), old.value[name], new.value.get(name)
        if after is None:
            _put(written, steps, None, "without what is set now nothing is left of it")
        elif is_section(before):
            _put_held(written, before, after, steps)
        elif isinstance(before.value, list) and before.plain() != after.plain():
            _put(written, steps, after.plain(), "without what is set now")


def _lines(written: Mapping[str, Any], indent: int) -> list[str]:
    lines = []
    for key, value in written.items():
        head = f"{' ' * indent}{_key(key)}:"
        if isinstance(value, _Whole):
            lines += _whole(head, value, indent)
        else:
            lines += [head, *_lines(value, indent + 2)]
    return lines


def _whole(head: str, whole: _Whole, indent: int) -> list[str]:
    """Return the lines of a value; one comment stands beside its key, several above it."""
    if not isinstance(whole.value, dict | list) or not whole.value:
        body = yaml.safe_dump(whole.value, allow_unicode=True, width=10**6).removesuffix("...\n").strip()
        return [f"{head} {body} # {whole.told[0]}"]
    text = yaml.safe_dump(whole.value, default_flow_style=None, sort_keys=False, allow_unicode=True, width=WIDTH)
    body = [f"{' ' * (indent + 2)}{line}" if line else "" for line in text.splitlines()]
    if len(whole.told) == 1 and len(body) == 1 and body[0].lstrip()[0] in "{[":
        return [f"{head} {body[0].strip()} # {whole.told[0]}"]
    if len(whole.told) == 1:
        return [f"{head} # {whole.told[0]}", *body]
    return [*(f"{' ' * indent}# {told}" for told in whole.told), head, *body]


def _key(key: str) -> str:
    return yaml.safe_dump(key, allow_unicode=True, width=10**6).removesuffix("...\n").strip()


def _was(node: Node, file: Path) -> str:
    """Return what a value was, without its origin, and where it stood, seen from a file."""
    value = node.plain()
    while isinstance(value, dict) and "value" in value:
        value = value["value"]
    if not node.line:
        return flow(value)
    return f"{flow(value)} ({Path(os.path.relpath(node.file, file.parent)).as_posix()}:{node.line})"
