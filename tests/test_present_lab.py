"""JupyterLab as run.py opens it: for this machine only, with its token, whatever arguments and settings say."""

import os
import subprocess
import sys

import pytest

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
