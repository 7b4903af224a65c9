"""One YAML file → a tree of nodes that remember their file and line; nothing in the file can run.

The scanner is PyYAML's (libyaml where it is built in); the meaning of plain scalars is YAML 1.2's core schema: `NO` is
Norway, `1e6` a number, `2017-12` a word. Tags are refused, and so is what would make reading slow or deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from simlib.scenario.faults import MOST_FAULTS, Fault, ScenarioError, found
from simlib.scenario.files import Read, content
from simlib.scenario.syntax import syntax_fault
from simlib.scenario.tree import MOST_NODES, Node, extent

MEANT = "a scenario is a page or two of YAML, e.g. night.yml"
MOST_DEPTH = 40

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NOT_TEXT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WORDS = {"null": None, "Null": None, "NULL": None, "~": None, "": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def scalar(text: str) -> Any:
    """Return what a plain scalar means under YAML 1.2's core schema.

    >>> scalar("NO"), scalar("1e6"), scalar("0031"), scalar("0o17"), scalar("2017-12"), scalar("~"), scalar("yes")
    ('NO', 1000000.0, 31, 15, '2017-12', None, 'yes')
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 40 else float(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", "").lower())
    return text


def read(path: Path, shown: str, reading: Read = content) -> Node:
    """Return the tree of a YAML file; raise ScenarioError for what cannot be read.

    `shown` is the name that faults give the file.
    """
    return parse(_text(path, shown, reading), shown)


def parse(text: str, shown: str) -> Node:
    """Return the tree of a YAML text; raise ScenarioError with file and line.

    >>> parse("title: {episodes: 32}", "night.yml").plain()
    {'title': {'episodes': 32}}
    """
    if bad := _NOT_TEXT.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise ScenarioError([Fault(shown, line, "", _refused(bad[0]))])
    builder = _Builder(shown)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.YAMLError as error:
        raise ScenarioError([*builder.faults, syntax_fault(error, text, shown)]) from None
    if builder.faults:
        raise ScenarioError(builder.faults)
    if builder.root is None or builder.root.value is None:
        raise ScenarioError([Fault(shown, 1, "", "the file is empty; a scenario needs at least a name")])
    if not isinstance(builder.root.value, dict):
        raise ScenarioError(
            [Fault(shown, builder.root.line, "", "a scenario is a mapping of sections, e.g. `name: …`")]
        )
    return builder.root


def _refused(letter: str) -> str:
    return f"holds a control character (U+{ord(letter):04X}); take it out"


def _text(path: Path, shown: str, reading: Read) -> str:
    """Return a file's text, refusing what is no scenario before it costs anything."""
    try:
        raw = reading(path, MEANT)
        if bad := _NOT_A_NAME.search(shown):
            raise ValueError(f"has a name that {_refused(bad[0])}")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError([Fault(shown, line, "", "is not UTF-8; save the file as UTF-8")]) from None
    except ValueError as error:
        raise ScenarioError([Fault(shown, None, "", str(error))]) from None


def _events(text: str) -> Iterator[Any]:
    """Yield the events of libyaml, or of PyYAML's own scanner where libyaml is missing."""
    loader = _Loader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


class _Builder:
    """Puts events together without recursion, so that depth is a number and not a stack."""

    def __init__(self, file: str):
        self.file = file
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.stack: list[tuple[Any, int, list[Any]]] = []  # (container, line, [pending key, its line])
        self.anchors: dict[str, Node | None] = {}
        self.open_anchors: list[str | None] = []
        self.nodes = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            if self.root is not None:
                self._stop(line, "a second document begins here; a file holds one scenario")
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor, line)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event, line)
            if event.style == '"' and (bad := _NOT_TEXT.search(event.value)):
                self._stop(line, _refused(bad[0]))
            plain = not event.style and event.implicit[0]
            self._place(Node(scalar(event.value) if plain else event.value, self.file, line), event.anchor)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._refuse_tag(event, line)
            if len(self.stack) >= MOST_DEPTH:
                self._stop(line, f"nested deeper than {MOST_DEPTH} levels")
            if event.anchor:
                self.anchors[event.anchor] = None
            self.open_anchors.append(event.anchor)
            self.stack.append(({} if isinstance(event, yaml.MappingStartEvent) else [], line, [None, 0]))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            container, start, _ = self.stack.pop()
            self._place(Node(container, self.file, start), self.open_anchors.pop())

    def _place(self, node: Node, anchor: str | None) -> None:
        self._count(1, node.line)
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        container, _, pending = self.stack[-1]
        if isinstance(container, list):
            container.append(node)
        elif pending[1] == 0:
            self._key(node, container, pending)
        else:
            key, line = pending
            pending[:] = [None, 0]
            container.setdefault(key, Node(node.value, self.file, line))

    def _key(self, node: Node, container: dict[Any, Node], pending: list[Any]) -> None:
        key = node.value
        if isinstance(key, dict | list):
            self._stop(node.line, "a key must be a word or a number")
        if isinstance(key, str) and not key.isprintable():
            hidden = next(letter for letter in key if not letter.isprintable())
            self.faults.append(
                Fault(self.file, node.line, "", f"the key {found(key)} holds an invisible U+{ord(hidden):04X}")
            )
        key = (
            key
            if isinstance(key, str)
            else ("null" if key is None else f"{key}".lower() if key in (True, False) else f"{key}")
        )
        if len(self.faults) >= MOST_FAULTS:
            raise ScenarioError(self.faults)
        if key in container:
            first = container[key].line
            self.faults.append(Fault(self.file, node.line, key, f"is given twice; the first is on line {first}"))
        pending[:] = [key, node.line]

    def _alias(self, anchor: str, line: int) -> None:
        target = self.anchors.get(anchor)
        if target is None:
            self._stop(line, f"*{anchor} refers to nothing before it, or to itself")
        nodes, depth = extent(target)
        self._count(nodes, line)
        if len(self.stack) + depth > MOST_DEPTH:
            self._stop(line, f"nested deeper than {MOST_DEPTH} levels")
        self._place(Node(target.value, self.file, line), None)

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag is not None:
            self._stop(line, f"the tag {event.tag} is refused; a scenario holds values only")

    def _count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            self._stop(line, f"holds more than {MOST_NODES:,} values (aliases counted each time they are used)")

    def _stop(self, line: int, message: str) -> None:
        raise ScenarioError([*self.faults, Fault(self.file, line, "", message)])
