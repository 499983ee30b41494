"""JupyterLab and Voila on loopback, driven in Debian's Chromium: what the browser tests stand on."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build" / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",  # of the browser itself: in a container one is root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
UP = 90.0  # seconds in which a server must answer
TIMEOUT = 60_000  # milliseconds that the page may take for anything


@dataclass
class Server:
    """A Jupyter server, and the folder that it serves."""

    url: str
    folder: Path
    environment: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(server: Server, theme: str = "JupyterLab Light") -> None:
    """Write the user's settings, which a page reads when it is opened: the theme, and no news."""
    folder = Path(server.environment["JUPYTERLAB_SETTINGS_DIR"])
    for name, values in {
        "notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
        "themes": {"theme": theme, "adaptive-theme": False},
    }.items():
        file = folder / "@jupyterlab" / "apputils-extension" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), "utf-8")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of the user's Jupyter, or of an earlier test, is seen."""
    own = {
        name: str(folder / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
            "BULKJOBS_HOME",
        )
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CORESIGNAL", "BULKJOBS"))}
    path = os.pathsep.join([str(ROOT), str(ROOT / "widgets"), os.environ.get("PYTHONPATH", "")])
    nobody = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}  # the user's own keyring is left alone
    return {**inherited, "PYTHONPATH": path, **nobody, **own, **more}


@contextlib.contextmanager
def serving(command: Sequence[str], probe: str, log: Path, variables: dict[str, str]) -> Iterator[None]:
    """Run a server until the end of the block; it is ours, and ends with us."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=variables)
    try:
        until = time.monotonic() + UP
        while True:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[2]} does not answer: {log.read_text('utf-8')[-2000:]}")
            with contextlib.suppress(OSError):
                with contextlib.suppress(urllib.error.HTTPError):  # an answer, too
                    urllib.request.urlopen(probe, timeout=UP).read()
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def lab(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Serve a folder with JupyterLab."""
    quiet = "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    shown = "--LabApp.expose_app_in_browser=True"
    return jupyter(folder, "jupyterlab", quiet, shown, "--LabApp.extension_manager=readonly")


def notebook7(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Serve a folder with Jupyter Notebook 7."""
    return jupyter(folder, "notebook", "--JupyterNotebookApp.expose_app_in_browser=True")


@contextlib.contextmanager
def jupyter(folder: Path, module: str, *options: str) -> Iterator[Server]:
    """Serve a folder with one of Jupyter's applications."""
    served = folder / "served"
    served.mkdir()
    variables = environment(folder)
    port = free_port()
    command = [
        *(sys.executable, "-m", module, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={served}"),
        *options,
    ]
    server = Server(f"http://127.0.0.1:{port}", served, variables)
    settings(server)
    with serving(command, f"{server.url}/api/status", folder / f"{module}.log", variables):
        yield server


@contextlib.contextmanager
def voila(folder: Path, notebook: Path) -> Iterator[Server]:
    """Serve one notebook with Voila."""
    variables = environment(folder)
    port = free_port()
    command = [sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    with serving(command, f"{url}/voila/api/", folder / "voila.log", variables):
        yield Server(url, notebook.parent, variables)


@dataclass
class Tab:
    """A page of the browser, which reaches nothing but one server on this machine."""

    page: Page
    base: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        def route(asked: Route) -> None:
            if asked.request.url.startswith((self.base, "data:", "blob:")):
                asked.continue_()
            else:
                self.outside.append(asked.request.url)
                asked.abort()

        self.page.context.route("**/*", route)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)[:300]))

    def shot(self, name: str) -> None:
        """Keep a picture of the page, to be looked at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def form(self, name: str) -> Locator:
        """Find a form of ours, as it is drawn in the output of a cell."""
        return self.page.locator(f".bulkjobs-{name}").last


class Book(Tab):
    """A notebook that is open in JupyterLab."""

    def open(self, path: str, *, view: str = "doc/tree") -> None:
        self.page.goto(f"{self.base}/{view}/{path}?reset")
        self.page.wait_for_selector(".jp-NotebookPanel", timeout=TIMEOUT)
        self.ready()

    def ready(self) -> None:
        """Wait for the kernel."""
        self.page.wait_for_function(
            """() => {
                const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
                const kernel = context?.session?.kernel;
                return context?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
            }""",
            timeout=TIMEOUT,
        )

    def run(self, *cells: int) -> None:
        """Run cells, by their place in the document, each to its end."""
        for cell in cells:
            self.page.evaluate(
                """async (cell) => {
                    window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
                    await window.jupyterapp.commands.execute('notebook:run-cell');
                }""",
                cell,
            )

    def printed(self, cell: int) -> str:
        """Return what a cell printed or returned, as text."""
        outputs: list[dict[str, Any]] = self.page.evaluate(
            "(cell) => window.jupyterapp.shell.currentWidget.content.widgets[cell].model.outputs.toJSON()", cell
        )
        parts = []
        for output in outputs:
            text = output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain", "")
            parts.append(text if isinstance(text, str) else "".join(text))
        return "\n".join(parts).strip()

    def restart(self) -> None:
        """Restart the kernel, as the menu does after its question."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        self.ready()

    def save(self) -> None:
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


def write(server: Server, name: str, *cells: str) -> str:
    """Write a notebook of code cells to what a server serves."""
    written: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{at:02}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": cell,
        }
        for at, cell in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (server.folder / name).write_text(json.dumps(book), "utf-8")
    return name


@contextlib.contextmanager
def browser(width: int = 1200, height: int = 2400) -> Iterator[Page]:
    """Open a page in Chromium."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            page = started.new_context(viewport={"width": width, "height": height}).new_page()
            page.set_default_timeout(20_000)
            expect.set_options(timeout=20_000)  # a busy machine draws a chart in more than the usual 5 s
            yield page
        finally:
            started.close()
