"""JupyterLab for this machine only: it opens on the start page, keeps its token, and asks nobody for news."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp

from simlib.present.made import ROOT

HERE_ONLY = ("127.0.0.1", "localhost", "::1")
SETTINGS = Path(__file__).parent / "templates" / "jupyter"
OURS = {
    "ServerApp.ip": "127.0.0.1",
    "ServerApp.root_dir": str(ROOT),
    "LabApp.default_url": "/lab/tree/notebooks/start_here.ipynb",
    "LabApp.news_url": "None",
    "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
}


class OwnServer(ServerApp):
    """A server that does not start where anybody else could use it, whatever the arguments and the user's settings say."""

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
