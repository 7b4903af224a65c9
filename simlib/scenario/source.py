"""One YAML file → a tree of nodes that remember their file and line; nothing in the file can run.

The scanner is PyYAML's (libyaml where it is built in); the meaning of plain scalars is YAML 1.2's core schema: `NO` is
Norway, `1e6` a number, `2017-12` a word. Tags are refused, and so is what would make reading slow or deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simlib.scenario.faults import MOST_FAULTS, Fault, ScenarioError, found
from simlib.scenario.files import Read, content

MEANT = "a scenario is a page or two of YAML, e.g. night.yml"
MOST_NODES = 40_000  # the largest scenario that ships has 2,000; aliases count each time: an alias bomb stops here
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
_SYNTAX = {  # what the scanner says: what we say, and whether the fault lies where a bracket or a quote was opened
    "',' or '}'": ("the { on this line is not closed, or a comma is missing inside", True),
    "',' or ']'": ("the [ on this line is not closed, or a comma is missing inside", True),
    "end of stream": ("the quotes on this line are not closed", True),
    "mapping values are not allowed": (
        "a colon too many, or one missing above; put text with a colon in quotes, check the indentation",
        False,
    ),
    "expected ':'": ("a key needs a colon and a space after it", True),
    "expected key": ("does not fit the lines above; check the indentation and what follows a quote or bracket", False),
    "block end": ("does not fit the lines above; check the indentation and what follows a quote or bracket", False),
    "sequence entries are not allowed": ("a list with - begins on a line of its own, indented below its key", False),
    "cannot start any token": ("a value that begins with @, ` or % must stand in quotes", False),
    "alphabetic or numeric": ("a value that begins with * or & must stand in quotes", False),
    "unknown escape": ("a \\ in double quotes has a meaning of its own; use single quotes", False),
    "document start": ("goes on after the end of the scenario; a file holds one", False),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the place it was written: a scalar, a dict of nodes, or a list of nodes."""

    value: Any
    file: str
    line: int

    def plain(self) -> Any:
        """Return the value without its places."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> Node:
        """Return the deepest node on a path; steps that are not there are passed over."""
        node = self
        for step in path:
            if node.holds(step):
                node = node.value[step]
        return node

    def holds(self, step: str | int) -> bool:
        """Tell whether a step leads on from here: a key of a mapping, a place in a list."""
        if isinstance(self.value, dict):
            return step in self.value
        return isinstance(self.value, list) and isinstance(step, int) and step < len(self.value)

    def get(self, path: str) -> Node | None:
        """Return the node at a dotted path, or None."""
        node = self
        for step in path.split("."):
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[step]
            elif isinstance(node.value, list) and step.isdecimal() and int(step) < len(node.value):
                node = node.value[int(step)]
            else:
                return None
        return node


def spelled(tree: Node) -> dict[str, tuple[tuple[str | int, ...], Node]]:
    """Return every node below a tree with the steps to it, by dotted path.

    A clause goes by its place in the list and by its word, a second one of that word by its count.

    >>> sorted(spelled(parse("terms: [{clause: flat_fee, amount: 5}]", "night.yml")))[-3:]
    ['terms.flat_fee', 'terms.flat_fee.amount', 'terms.flat_fee.clause']
    """
    known: dict[str, tuple[tuple[str | int, ...], Node]] = {}
    for steps, words, node in _below(tree, (), ()):
        known[".".join(map(str, steps))] = known[".".join(words)] = (steps, node)
    return known


def _below(
    node: Node, steps: tuple[str | int, ...], words: tuple[str, ...]
) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...], Node]]:
    """Yield every node below a node, the steps to it, and how people spell them."""
    for step, word, child in children(node):
        yield (*steps, step), (*words, word), child
        yield from _below(child, (*steps, step), (*words, word))


def children(node: Node) -> Iterator[tuple[str | int, str, Node]]:
    """Yield what a node is made of: the step to it, the word that people say for it, the child."""
    if isinstance(node.value, dict):
        yield from ((key, key, child) for key, child in node.value.items())
    seen: dict[str, int] = {}
    for index, child in enumerate(node.value) if isinstance(node.value, list) else ():
        clause = child.value.get("clause") if isinstance(child.value, dict) else None
        word = clause.value if clause and isinstance(clause.value, str) else str(index)
        seen[word] = seen.get(word, 0) + 1
        yield index, word if seen[word] == 1 else f"{word}{seen[word]}", child


def replaced(node: Node, steps: tuple[str | int, ...], new: Node) -> Node:
    """Return a tree with another node where the steps lead.

    >>> replaced(parse("title: {episodes: 32}", "night.yml"), ("title", "episodes"), Node(24, "", 0)).plain()
    {'title': {'episodes': 24}}
    """
    if not steps:
        return new
    inside = dict(node.value) if isinstance(node.value, dict) else list(node.value)
    inside[steps[0]] = replaced(inside[steps[0]], steps[1:], new)
    return Node(inside, node.file, node.line)


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
        raise ScenarioError([*builder.faults, _syntax(error, text, shown)]) from None
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


def _syntax(error: yaml.YAMLError, text: str, shown: str) -> Fault:
    """Return a syntax error as a sentence: where it was seen, or where what was left open began."""
    problem = getattr(error, "problem", None) or ""
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    lines = ["", *re.split("\r\n|\n|\r", text), ""]
    seen = min(mark.line + 1 if mark else 1, len(lines) - 2)  # what is left open at the end is seen after the last line
    if re.match(" *\t", lines[seen]):
        return Fault(shown, seen, "", "a tab stands in the indentation; YAML indents with spaces")
    for line in (seen, seen - 1):
        if wide := re.search("[：，｛｝［］\u3000\xa0\ufeff]", lines[line]):
            said = (
                f"{wide[0]!r} (U+{ord(wide[0]):04X}) is not YAML's; type the plain character, or put the text in quotes"
            )
            return Fault(shown, line, "", said)
    for words, (sentence, at_opening) in _SYNTAX.items():
        if words in problem:
            return Fault(shown, opened.line + 1 if at_opening and opened else seen, "", sentence)
    return Fault(shown, seen, "", f"not YAML: {problem or 'it cannot be read'}; check this line and the line above")


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


def extent(node: Node) -> tuple[int, int]:
    """Return how many values a node holds and how deep it is nested, stopping once it is too many."""
    total, deepest, waiting = 0, 0, [(node, 0)]
    while waiting and total <= MOST_NODES:
        (node, above) = waiting.pop()
        total += 1
        if isinstance(node.value, dict | list):
            total += len(node.value) if isinstance(node.value, dict) else 0  # keys are values of their own
            children = node.value.values() if isinstance(node.value, dict) else node.value
            waiting.extend((child, above + 1) for child in children)
            deepest = max(deepest, above + 1)
    return total, deepest
