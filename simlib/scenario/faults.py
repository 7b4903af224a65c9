"""A fault in a file: where it is, what was found, what is allowed."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import takewhile
from operator import eq
from textwrap import shorten
from unicodedata import category

MOST_COMPARED = 1_000  # names that a misspelt one is compared with, for that takes time
MOST_LETTERS = 40  # of a name that are compared
MOST_PAIRS = (
    5_000_000  # of letters compared for one scenario, half a second: a few long names among many, or hundreds of fields
)
_PAIRS_LEFT: ContextVar[float] = ContextVar("pairs of letters left", default=math.inf)
_SUGGESTED = re.compile(r"; (did you mean|allowed:) .*", re.DOTALL)
MOST_FAULTS = 200  # of one kind; more than anybody mends at once


@dataclass(frozen=True, order=True)
class Fault:
    """One mistake, said so that it can be mended without opening the manual.

    >>> print(Fault("night.yml", 14, "subscribers.immitation", "is not a field here; did you mean imitation?"))
    night.yml:14: subscribers.immitation is not a field here; did you mean imitation?
    """

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        """Return the line that a compiler would print."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        said = cut(self.message, 1_000)
        return legible(f"{where}: {cut(self.path, 200)} {said}" if self.path else f"{where}: {said}")

    def bare(self) -> Fault:
        """Return the fault without the names that were suggested."""
        return replace(self, message=_SUGGESTED.sub("", self.message))


class ScenarioError(ValueError):
    """A scenario that cannot be run; `faults` holds every mistake that was found."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(sorted(set(faults), key=lambda f: (f.file, f.line or 0, f.path, f.message)))
        super().__init__("\n".join(map(str, self.faults)))

    def __reduce__(self) -> tuple[type, tuple[tuple[Fault, ...]]]:
        """Return what a copy in another process is made from."""
        return type(self), (self.faults,)


@contextmanager
def bounded_suggestions() -> Iterator[None]:
    """Compare misspelt names inside the block as long as that takes a moment, and suggest none after it."""
    before = _PAIRS_LEFT.set(MOST_PAIRS)
    try:
        yield
    finally:
        _PAIRS_LEFT.reset(before)


def legible(text: str) -> str:
    """Return a text on one line, what a terminal would obey or nobody would see written as in Python.

    >>> print(legible("Day\x1b[2J and\u202e Night\u202f2"))
    Day\\x1b[2J and\\u202e Night\u202f2
    """
    if text.isprintable():
        return text
    return "".join(letter if category(letter) == "Zs" or letter.isprintable() else escaped(letter) for letter in text)


def escaped(letter: str) -> str:
    """Return a letter by its number.

    >>> print(escaped("\x1b"))
    \\x1b
    """
    return letter.encode("unicode_escape").decode()


def cut(text: str, most: int) -> str:
    """Return a text of at most so many letters.

    >>> cut("subscribers", 8)
    'subscri…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def closest(word: object, known: Iterable[object]) -> str | None:
    """Return the known word that was probably meant, or None.

    >>> closest("immitation", ["innovation", "imitation"]), closest("USX", ["UZS", "USD"])
    ('imitation', 'USD')
    """
    if _PAIRS_LEFT.get() <= 0:
        return None
    sought = str(word).casefold()[:MOST_LETTERS]
    names = {str(name).casefold()[:MOST_LETTERS]: str(name) for name in known}
    if len(names) > MOST_COMPARED:  # what begins alike is likelier meant than what does not
        names = {name: names[name] for name in sorted(names, key=lambda name: name[:3] != sought[:3])[:MOST_COMPARED]}
    _PAIRS_LEFT.set(_PAIRS_LEFT.get() - len(sought) * sum(map(len, names)))

    def likeness(name: str) -> tuple[float, int]:
        return difflib.SequenceMatcher(None, name, sought).ratio(), sum(takewhile(bool, map(eq, name, sought)))

    near = difflib.get_close_matches(sought, sorted(names), n=8, cutoff=0.6)
    return names[max(sorted(near), key=likeness)] if near else None


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" for the nearest known word, or the words that are known.

    >>> nearest("immitation", ["innovation", "imitation"])
    '; did you mean imitation?'
    >>> nearest("zzz", ["price", "churn"])
    '; allowed: churn, price'
    """
    names = sorted({str(name) for name in known})
    if meant := closest(word, names):
        return f"; did you mean {meant}?"
    return shorten("; allowed: " + ", ".join(names[:240]), 240, placeholder=" …") if names else ""


def found(value: object) -> str:
    """Return a value as a message quotes it: short, in YAML's words.

    >>> found(True), found("a" * 100), found({"p10": 1})
    ('true', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'", '{p10: 1}')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(cut(value, 38))
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {found(item)}" for key, item in list(value.items())[:4]) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(map(found, value[:4])) + "]"
    else:
        text = str(value)
    return cut(text, 80)


Faults = Iterator[Fault]
Say = Callable[..., Fault]  # (path, message) → the fault with its file and line
