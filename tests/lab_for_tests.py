"""JupyterLab as users get it, on a copy of the project, and a real browser that notes whatever it asks for."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
COPIED = ("simlib", "notebooks", "scenarios", "docs", "run.py")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # a name that a page asks for leads nowhere
]
# What a user's own settings may say; run.py lab listens to this machine only and asks for no news all the same
THEIRS = "c.ServerApp.ip = '0.0.0.0'\nc.LabApp.news_url = '{}/feed.xml'\n"
PATIENCE = 120  # seconds; a machine that has more to do is slow
RUN_ALL = ".lm-Menu [data-command='runmenu:run-all']"

# Texts whose contrast with what lies behind them is less than WCAG 2.2 asks (4.5 to 1, or 3 to 1 for large ones), as
# [text, contrast]. What is not to be seen, or cannot be used now, need not be read.
HARD_TO_READ = """
root => {
  const channels = colour => (colour.match(/[0-9.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > .5) return colour;
    }
    return [255, 255, 255];
  };
  const hard = [];
  for (const element of root.querySelectorAll('*')) {
    const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join(' ').trim();
    if (!text || !element.checkVisibility() || element.closest('style, option, :disabled')) continue;
    const style = getComputedStyle(element), inSvg = element instanceof SVGElement;
    const pair = [light(channels(inSvg ? style.fill : style.color)), light(behind(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + .05) / (pair[1] + .05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) hard.push([text.slice(0, 40), Math.round(contrast * 10) / 10]);
  }
  return hard;
}
"""
# Boxes that hold more than they show and cannot be scrolled, as [class, width that is lacking, height that is lacking]; a
# few pixels of height are a line's own leading
CUT_OFF = """
root => [root, ...root.querySelectorAll('*')].filter(box => box.clientWidth && box.checkVisibility()).map(box => {
  const style = getComputedStyle(box), hides = side => ['hidden', 'clip'].includes(style['overflow' + side]);
  const wide = box.scrollWidth - box.clientWidth, high = box.scrollHeight - box.clientHeight;
  return [box.className, hides('X') && wide > 1 ? wide : 0, hides('Y') && high > 4 ? high : 0];
}).filter(([name, wide, high]) => wide || high)
"""


class Lab(NamedTuple):
    """A JupyterLab that runs: the copy of the project, its address and token, and what tried to leave this machine."""

    root: Path
    url: str
    token: str
    left: list[str]


@contextlib.contextmanager
def served(room: Path) -> Iterator[Lab]:
    """Serve a copy of the project with the command of `run.py lab`, in folders that are thrown away."""
    root, runtime = room / "project", room / "runtime"
    root.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            )
        else:
            shutil.copy(ROOT / name, root)
    folders = {f"JUPYTER_{kind.upper()}_DIR": str(room / kind) for kind in ("config", "data", "runtime")}
    (room / "config").mkdir()
    with outside() as (left, proxies):
        (room / "config" / "jupyter_server_config.py").write_text(THEIRS.format(proxies["http_proxy"]))
        environment = os.environ | folders | proxies | {"IPYTHONDIR": str(room / "ipython"), "PYTHONPATH": str(root)}
        with (room / "log").open("w") as log:
            process = subprocess.Popen(command(root), cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            about = awaited(process, runtime, room / "log")
            yield Lab(root, about["url"], about["token"], left)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def command(root: Path) -> list[str]:
    """Return the command that run.py becomes, on a port that is free and without opening a browser of its own."""
    spec = importlib.util.spec_from_file_location("run_of_lab", root / "run.py")
    launcher = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(launcher)
    as_root = ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    (_, *words), folder = launcher.command_for(["lab", "--no-browser", "--port=0", *as_root])
    assert folder == root
    return [sys.executable, *words]


def awaited(process: subprocess.Popen, runtime: Path, log: Path) -> dict[str, Any]:
    """Return what a server says of itself once it listens."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(StopIteration, json.JSONDecodeError):
            return json.loads(next(runtime.glob("jpserver-*.json")).read_text())
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab does not come up:\n{log.read_text()}")


@contextlib.contextmanager
def outside() -> Iterator[tuple[list[str], dict[str, str]]]:
    """Stand for all the world beyond this machine: a proxy that notes who asks for what, and answers nothing."""
    asked: list[str] = []

    class Note(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().decode(errors="replace").strip())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Note) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        names = {f"{kind}_proxy": address for kind in ("http", "https", "all")} | {"no_proxy": "127.0.0.1,localhost"}
        yield asked, names | {name.upper(): value for name, value in names.items()}
        server.shutdown()


class Watched:
    """A page of a browser, and what it asked for and complained of since it was opened."""

    def __init__(self, browser: Any, width: int = 1280, height: int = 800):
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(1000 * PATIENCE)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.context.on("request", lambda request: self.asked.append(request.url))
        self.also(self.page)

    def also(self, page: Any) -> Any:
        """Return a page, which is watched from now on."""
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(f"{error.name}: {error.message}"))
        page.on("console", self._heard)
        return page

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, lab: Lab, notebook: str) -> None:
        """Open JupyterLab on a notebook, and wait for its kernel."""
        self.page.goto(f"{lab.url}lab/tree/notebooks/{notebook}?token={lab.token}")
        self.kernel(lab, notebook)

    def kernel(self, lab: Lab, notebook: str) -> None:
        """Wait for a notebook's idle kernel; before there is one the toolbar says idle too, and Run All asks for one."""
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook").wait_for()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            sessions = self.page.request.get(f"{lab.url}api/sessions").json()
            if any(notebook in one["path"] and one["kernel"]["execution_state"] == "idle" for one in sessions):
                break
            self.page.wait_for_timeout(100)
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()

    def run_all(self) -> None:
        """Choose Run ▸ Run All Cells in the menu."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator(RUN_ALL).click()

    def theme(self, name: str) -> None:
        """Choose a theme in the menu."""
        self.page.get_by_role("menuitem", name="Settings", exact=True).click()
        self.page.locator(".lm-Menu-item", has_text="Theme").first.hover()
        self.page.locator("[data-command='apputils:change-theme']").get_by_text(name, exact=True).click()
        self.page.locator(f"body[data-jp-theme-name='{name}']").wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def tab(self, name: str) -> None:
        """Go to a tab that is open."""
        self.page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel").get_by_text(name, exact=True).click()

    def picture(self, name: str, page: Any = None) -> None:
        """Leave a picture of the page in the folder SIMLIB_PICTURES, where one is asked for."""
        if folder := os.environ.get("SIMLIB_PICTURES"):
            (page or self.page).screenshot(path=Path(folder) / f"{name}.png")
