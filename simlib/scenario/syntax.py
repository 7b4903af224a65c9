"""What keeps a text from being YAML, as a sentence about the line that is to be mended."""

from __future__ import annotations

import re

import yaml

from simlib.scenario.faults import Fault

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


def syntax_fault(error: yaml.YAMLError, text: str, shown: str) -> Fault:
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
