"""Files that a scenario names, taken into its tree: whatever they hold is then checked, kept and shown as its own."""

from __future__ import annotations

import os

from simlib.scenario.dated import Columns, read_rows, row_faults
from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.reach import Reach
from simlib.scenario.source import scalar
from simlib.scenario.tree import Node, replaced


def with_files(tree: Node, reach: Reach) -> Node:
    """Return a scenario's tree with the figures of CSV files, each with its line, in the place of the files' names.

    Raises ScenarioError for a file that cannot be read, and for a period that it tells twice.
    """
    opening = tree.get("subscribers.opening")
    groups = opening.value if opening and isinstance(opening.value, dict) else {}
    for name in groups:
        steps = ("subscribers", "opening", name, "history")
        history = tree.at(steps)
        named = history.value.get("file") if tree.get(".".join(steps)) and isinstance(history.value, dict) else None
        if named and isinstance(named.value, str) and "figures" not in history.value:
            tree = replaced(tree, steps, _with_figures(history, named, ".".join(steps), reach))
    return tree


def _with_figures(history: Node, named: Node, path: str, reach: Reach) -> Node:
    """Return a history with the figures of its file, and the file's name as their source where it says none."""
    folder = "" if named.file.startswith("--set") else os.path.dirname(named.file)
    file = os.path.normpath(os.path.join(folder, named.value)).replace("\\", "/")
    if not os.path.isfile(file):
        said = f"names {named.value}, which is not a file"
        raise ScenarioError([Fault(named.file, named.line or None, f"{path}.file", said)])
    words = [history.value.get(key) for key in ("period_column", "column")]
    with reach.reading(named, f"{path}.file", file):
        _, rows = read_rows(file, Columns(*(word and str(word.value) for word in words)), reach.read)
    told, wrong = {}, []
    for row in rows:
        if row.period in told:
            wrong.append(Fault(file, row.line, "", f"tells {row.period} again, after line {told[row.period].line}"))
        elif not row.is_whole:
            wrong += (Fault(file, row.line, "", said) for said in row_faults(row))
        told.setdefault(row.period, Node(scalar(row.value.strip()), file, row.line))
    if wrong:
        raise ScenarioError(wrong)
    reach.took(Node(told, file, 1), named)
    said = {key: node for key, node in history.value.items() if key not in ("file", "period_column", "column")}
    origin = {"source": Node(os.path.basename(file), named.file, named.line)}
    return Node({**origin, **said, "figures": Node(told, file, 1)}, history.file, history.line)
