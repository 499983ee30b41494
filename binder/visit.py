"""Start the server as Binder does, and be its visitor: open the landing notebook and run every cell on its kernel.

`binder/check` runs this, with the Python and in the folder that a visitor would get.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from jupyter_server.services.kernels.connection.base import deserialize_binary_message
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

PATIENCE = 300  # seconds, for the server and for all cells
UPLOAD = 12 * 1024 * 1024  # bytes: more than an unconfigured server takes in one message


class Failed(Exception):
    """What a visitor would have met."""


class Server:
    """A running Jupyter server, as its visitor sees it."""

    def __init__(self, port: int, token: str) -> None:
        self.address = f"127.0.0.1:{port}"
        self.headers = {"Authorization": f"token {token}"}

    def get(self, path: str) -> tuple[str, str]:
        """Return where a path leads to, and what is there."""
        return self._send(Request(f"http://{self.address}{path}", headers=self.headers))

    def post(self, path: str, body: object) -> Any:
        """Send JSON, return the JSON that is the answer."""
        headers = self.headers | {"Content-Type": "application/json"}
        return json.loads(self._send(Request(f"http://{self.address}{path}", json.dumps(body).encode(), headers))[1])

    def _send(self, request: Request) -> tuple[str, str]:
        with urlopen(request, timeout=PATIENCE) as answer:
            return answer.url.removeprefix(f"http://{self.address}"), answer.read().decode()


@contextlib.contextmanager
def started() -> Iterator[Server]:
    """Run `jupyter lab` until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += ["--allow-root"] * (os.geteuid() == 0)
    server = Server(port, token)
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(server, process)
            print(f"server start: {time.monotonic() - began:.1f} s")
            yield server
        except BaseException:
            log.seek(0)
            print(log.read()[-4_000:], file=sys.stderr)
            raise
        finally:
            process.terminate()  # the server ends its kernels
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(PATIENCE * 20):
        with contextlib.suppress(OSError):
            server.get("/api/status")
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise Failed("The server did not start.")


def landing(server: Server) -> str:
    """Open the server's own address; return the path of the notebook that it leads to."""
    where, page = server.get("/")
    shown = re.fullmatch(r"/lab/tree/(.+\.ipynb)", where)
    if not shown:
        raise Failed(f"The landing page is {where}, no notebook.")
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    config = json.loads(found[1]) if found else {}
    settings = json.loads(server.get("/lab/api/settings/@jupyterlab/apputils-extension:notification")[1])
    asks = [settings["schema"]["properties"][name]["default"] for name in ("fetchNews", "checkForUpdates")]
    if asks != ["false", False] or config["news"] != {"disabled": True} or config["extensionManager"]["can_install"]:
        raise Failed("JupyterLab would ask for news, updates or extensions.")
    return shown[1]


async def run(server: Server, path: str) -> None:
    """Run the notebook's cells through the server, then send what an upload would."""
    notebook = json.loads(Path(path).read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    began = time.monotonic()
    asked = {"path": path, "name": Path(path).name, "type": "notebook", "kernel": {"name": "python3"}}
    kernel = server.post("/api/sessions", asked)["kernel"]["id"]
    request = HTTPRequest(f"ws://{server.address}/api/kernels/{kernel}/channels", headers=server.headers)
    connection = await websocket_connect(request, max_message_size=1 << 30)
    with contextlib.closing(connection):
        for number, cell in enumerate(cells, 1):
            error, _ = await execute(connection, "".join(cell["source"]))
            if error and "raises-exception" not in cell["metadata"].get("tags", ()):
                raise Failed(f"Cell {number} of {path}:\n{error}")
        print(f"{path}: {len(cells)} cells in {time.monotonic() - began:.1f} s, the kernel's start included")
        _, shown = await execute(connection, f"print(len('{'.' * UPLOAD}'))")
        if shown.strip() != str(UPLOAD):
            raise Failed(f"{UPLOAD:,} bytes in one message did not arrive: {shown}")


async def execute(connection: WebSocketClientConnection, code: str) -> tuple[str, str]:
    """Run code on the kernel; return its error, if any, and what it printed."""
    header = {"msg_id": uuid4().hex, "msg_type": "execute_request", "username": "", "session": "", "version": "5.4"}
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    error, shown = "", ""
    with contextlib.suppress(WebSocketClosedError):
        await connection.write_message(json.dumps(message))
    while True:
        received = await connection.read_message()
        if received is None:
            raise Failed(f"The server closed the connection on a message of {len(code):,} characters.")
        binary = isinstance(received, bytes)  # a widget's message that carries buffers
        came = deserialize_binary_message(received) if binary else json.loads(received)  # type: ignore[no-untyped-call]
        if came["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        match came["msg_type"], came["content"]:
            case "stream", {"text": text}:
                shown += text
            case "error", {"traceback": traceback}:
                error = "\n".join(traceback)
            case "status", {"execution_state": "idle"}:
                return error, shown


async def main() -> None:
    """Visit, within the time that one has for it."""
    with started() as server:
        async with asyncio.timeout(PATIENCE):
            await run(server, landing(server))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Failed as failure:
        sys.exit(str(failure))
