"""JupyterLab for this machine only: it opens on the start page, keeps its token, and asks nobody for news.

What a strategist only runs is saved as it was: the start page and the desk have nothing to keep of a run, for their outputs
are about the moment, and a checkout in which they differ has been changed by somebody who meant it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp

from simlib.present.made import ROOT

HERE_ONLY = ("127.0.0.1", "localhost", "::1")
SETTINGS = Path(__file__).parent / "templates" / "jupyter"
RUN_ONLY = [ROOT / "notebooks" / name for name in ("start_here.ipynb", "explore.ipynb")]
KERNEL = {  # whatever is told of the Python that ran it
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
OURS = {
    "ServerApp.ip": "127.0.0.1",
    "ServerApp.root_dir": str(ROOT),
    "LabApp.default_url": "/lab/tree/notebooks/start_here.ipynb",
    "LabApp.news_url": "None",
    "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
}


class OwnServer(ServerApp):
    """A server that does not start where anybody else could use it, whatever the arguments and the user's settings say."""

    def init_configurables(self) -> None:
        """Make the parts of the server; what it saves of notebooks that are only run is how they were before."""
        super().init_configurables()
        self.contents_manager.register_pre_save_hook(as_not_run)

    def init_httpserver(self) -> None:
        """Listen, unless that would be for others than who started it."""
        if self.ip not in HERE_ONLY:
            sys.exit(f"lab: listens to this machine only; found ip = {self.ip or '*'}, leave it out")
        if not self.identity_provider.auth_enabled:
            sys.exit(
                "lab: keeps its token, for without one every user of this machine could run code as you; "
                "leave out the empty token, here and in the files that `jupyter --paths` lists under config"
            )
        super().init_httpserver()


def as_not_run(model: dict[str, Any], path: str, contents_manager: Any) -> None:
    """Take out of a notebook that is about to be saved what running it has left, where that is worth nothing later."""
    if model["type"] != "notebook" or Path(contents_manager.root_dir, path).resolve() not in RUN_ONLY:
        return
    notebook = model["content"]
    notebook["metadata"] |= KERNEL
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        for left in ("execution", "scrolled", "collapsed"):
            cell["metadata"].pop(left, None)


def arguments(words: Sequence[str]) -> list[str]:
    """Return JupyterLab's arguments: the user's, and ours where the user's say nothing.

    >>> arguments(["--no-browser", "--ServerApp.root_dir=elsewhere"])[0]
    '--ServerApp.ip=127.0.0.1'
    >>> len(arguments(["--ServerApp.root_dir=elsewhere"])) == len(OURS)
    True
    """
    given = {word.partition("=")[0].lstrip("-").rpartition(".")[2] for word in words}
    return [f"--{name}={value}" for name, value in OURS.items() if name.rpartition(".")[2] not in given] + [*words]


def main(words: Sequence[str]) -> None:
    """Start JupyterLab and stay until it ends; its default settings are those of the folder SETTINGS."""
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([*([others] if others else []), str(SETTINGS)])
    LabApp.serverapp_class = OwnServer
    LabApp.launch_instance(arguments(words))


if __name__ == "__main__":
    main(sys.argv[1:])
