"""Run by papermill, the explorer leaves still figures beside the widgets that nobody can move."""

import os
from pathlib import Path

import papermill
import pytest

from simlib.present.explore import explore

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "explore.ipynb"


def shown(tmp_path, **parameters):
    ran = papermill.execute_notebook(NOTEBOOK, tmp_path / "out.ipynb", parameters, progress_bar=False, cwd=os.getcwd())
    return next(output["data"] for cell in ran.cells for output in cell.get("outputs", []) if "data" in output)


@pytest.mark.filterwarnings("default")  # of papermill's own libraries
def test_papermill_leaves_still_figures(tmp_path):
    parameters = {
        "scenario": "scenarios/payment-habit-china.yml",
        "overrides": {"habits.imitation": {"lognormal": {"p10": 0.5, "p90": 1.4}}},
    }
    found = shown(tmp_path, **parameters)
    assert found.keys() >= {"text/html", "application/vnd.jupyter.widget-view+json"}
    assert '<img src="data:image/svg+xml' in found["text/html"]
    assert "1,000 draws" in found["text/html"]
    assert 'class="moves"' in found["text/html"] or "class=moves" in found["text/html"]


def test_a_fault_is_a_sentence_there_too(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert "is not a file" in explore("no/such.yml")._repr_mimebundle_()["text/html"]


def test_a_jupyterlab_that_shows_the_widgets_is_spared_the_still_figures(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/explore.ipynb")
    assert "text/html" not in explore("no/such.yml")._repr_mimebundle_()
