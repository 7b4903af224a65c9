"""Notebooks tell, the package computes: short cells, no definitions, no outputs, no number typed in prose."""

import ast
import io
import json
import re
import tokenize
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def test_there_is_a_deal_report():
    assert "deal_report" in {path.stem for path in NOTEBOOKS}


@each
def test_it_is_kept_without_outputs(path):
    for cell in cells(path, "code"):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)


@each
def test_a_cell_has_six_lines_at_most_and_defines_nothing(path):
    for cell in cells(path, "code"):
        assert len([line for line in source(cell).splitlines() if line.strip()]) <= 6, source(cell)
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.For | ast.While), source(cell)


@each
def test_one_cell_holds_the_parameters_as_literals_each_with_its_comment(path):
    tagged = [cell for cell in cells(path, "code") if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    text = source(tagged[0])
    statements = ast.parse(text).body
    for statement in statements:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
    comments = [
        token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT
    ]
    assert [token.start[0] for token in comments] == [statement.lineno for statement in statements]


def test_the_deal_report_takes_a_scenario_and_overrides():
    report = next(path for path in NOTEBOOKS if path.stem == "deal_report")
    parameters = next(cell for cell in cells(report, "code") if cell["metadata"].get("tags") == ["parameters"])
    assert [statement.targets[0].id for statement in ast.parse(source(parameters)).body] == ["scenario", "overrides"]


@each
def test_no_number_is_typed_in_prose(path):
    for cell in cells(path, "markdown"):
        assert not re.search(r"\d", source(cell)), source(cell)


@each
def test_it_runs_on_any_python_kernel(path):
    spec = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]
    assert (spec["name"], spec["language"]) == ("python3", "python")
