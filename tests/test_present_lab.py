"""JupyterLab as run.py opens it: for this machine only, with its token; what is only run is saved as it was."""

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from simlib.present import lab
from simlib.present.made import ROOT

NOTEBOOKS = ROOT / "notebooks"
AS_ROOT = ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else []


def started(room, *words, settings=""):
    """A JupyterLab that refuses to start, with a user's settings of its own."""
    (room / "config").mkdir()
    (room / "config" / "jupyter_server_config.py").write_text(settings)
    folders = {f"JUPYTER_{kind}_DIR": str(room / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    return subprocess.run(
        [sys.executable, "-m", "simlib.present.lab", "--no-browser", "--port=0", *AS_ROOT, *words],
        env=os.environ | folders, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "settings", "sentence"),
    [
        (["--ip=0.0.0.0"], "", "lab: listens to this machine only; found ip = 0.0.0.0, leave it out"),
        (["--IdentityProvider.token="], "", "lab: keeps its token"),
        ([], "c.ServerApp.token = ''", "lab: keeps its token"),
    ],
)
def test_it_does_not_start_where_others_could_use_it(tmp_path, words, settings, sentence):
    refused = started(tmp_path, *words, settings=settings)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in refused.stderr


def as_run(name):
    """A notebook of the project as JupyterLab gives it to be saved, once its cells have been run."""
    notebook = nbformat.read(NOTEBOOKS / name, 4)
    told = {"codemirror_mode": {"name": "ipython", "version": 3}, "name": "python", "version": "3.13.1"}
    notebook.metadata |= {"language_info": told}
    notebook.metadata.kernelspec.display_name = "Python 3 (ipykernel)"
    shown = nbformat.v4.new_output("stream", text="a long list")
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell |= {"outputs": [shown], "execution_count": number}
            cell.metadata |= {"execution": {"iopub.status.busy": "2026-01-02T03:04:05Z"}, "scrolled": True}
    return {"type": "notebook", "format": "json", "content": notebook}


def saved(model):
    """The bytes that a notebook is saved as."""
    file = io.StringIO()
    nbformat.write(nbformat.from_dict(model["content"]), file)
    return file.getvalue().encode()


@pytest.mark.parametrize("name", ["start_here.ipynb", "explore.ipynb"])
def test_a_notebook_that_was_only_run_is_saved_as_it_was_and_one_that_was_edited_is_not(name):
    model, files = as_run(name), SimpleNamespace(root_dir=str(ROOT))
    assert saved(model) != (NOTEBOOKS / name).read_bytes()
    lab.as_not_run(model=model, path=f"notebooks/{name}", contents_manager=files)
    assert saved(model) == (NOTEBOOKS / name).read_bytes()
    model["content"]["cells"][0]["source"] += " And more."
    lab.as_not_run(model=model, path=f"notebooks/{name}", contents_manager=files)
    assert b"And more." in saved(model)


def test_what_any_other_notebook_shows_is_saved_with_it():
    files = SimpleNamespace(root_dir=str(ROOT))
    for name in ("notebooks/deal_report.ipynb", "elsewhere/explore.ipynb"):
        model = as_run("explore.ipynb")
        lab.as_not_run(model=model, path=name, contents_manager=files)
        assert model == as_run("explore.ipynb")
