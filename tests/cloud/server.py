"""An object store on this machine: moto's S3, with what a store has and moto lacks, and with faults on demand.

It runs in a process of its own: what reads tables may hold the interpreter while it waits for an answer.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

Environ = dict[str, Any]
_CONTROL = "/_control"


class ObjectStore:
    """An S3 server."""

    def __enter__(self) -> Self:
        command = [sys.executable, str(Path(__file__))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # it ends when its input does

    def make_bucket(self, name: str) -> None:
        """Make a bucket."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/{name}", method="PUT")) as answer:
            assert answer.status == 200

    def behave(self, *, conditional: bool = True, **fault: Any) -> None:
        """Begin anew, and do so from now on.

        Parameters
        ----------
        conditional : bool
            Whether it heeds ``If-None-Match``; a store that is too old does not.
        fault
            What shall happen to a PUT whose path has this ``part`` and ``ending``, once: ``kill`` a process (its id),
            before it is carried out or, with ``arrived``, afterwards; or give it an answer of this ``status`` though
            it was carried out. With ``gone``, everything that comes later is refused.
        """
        self._control({"conditional": conditional, "fault": fault})

    def happened(self) -> bool:
        """Tell whether the fault has come about."""
        return bool(self._control(None)["happened"])

    def sent(self, method: str, ending: str) -> int:
        """Count the requests of a kind, since `behave`."""
        return sum(made == method and path.endswith(ending) for made, path in self._control(None)["requests"])

    def _control(self, said: Any) -> Any:
        data = json.dumps(said).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + _CONTROL, data, method="POST")) as answer:
            return json.load(answer)


class _Server:
    def __init__(self, app: Any) -> None:
        self._app = app
        self._one_put = threading.Lock()
        self._behave({"conditional": True, "fault": {}})

    def _behave(self, said: Any) -> None:
        self._conditional, self._fault = said["conditional"], said["fault"]
        self._requests: list[tuple[str, str]] = []
        self._happened = self._gone = False

    def __call__(self, environ: Environ, start: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == _CONTROL:
            said = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            if said is not None:
                self._behave(said)
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"requests": self._requests, "happened": self._happened}).encode()]
        self._requests.append((method, path))
        if self._gone:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _refused(environ, start, 403)
        if not self._conditional:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        if method != "PUT":
            return self._app(environ, start)  # type: ignore[no-any-return]
        with self._one_put:  # a store looks and puts in one step; moto does it in two
            return self._put(environ, start, path)

    def _put(self, environ: Environ, start: Any, path: str) -> Iterable[bytes]:
        fault = self._fault
        hit = (
            bool(fault)
            and not self._happened
            and fault.get("part", "") in path
            and path.endswith(fault.get("ending", ""))
        )
        self._happened |= hit
        if hit and "kill" in fault and not fault.get("arrived"):
            os.kill(fault["kill"], signal.SIGKILL)
            return []
        kept: list[Any] = []
        body = b"".join(self._app(environ, lambda *told: kept.extend(told)))
        if hit and "kill" in fault:
            os.kill(fault["kill"], signal.SIGKILL)
        if hit and "status" in fault:
            self._gone = bool(fault.get("gone"))
            return _refused(environ, start, fault["status"])
        start(*kept)
        return [body]


def _refused(environ: Environ, start: Any, status: int) -> Iterable[bytes]:
    # A store may well quote what it was asked with.
    words = f"<Error><Code>No</Code><Message>{environ.get('HTTP_AUTHORIZATION', '')}</Message></Error>".encode()
    start(f"{status} said so", [("Content-Type", "application/xml"), ("Content-Length", str(len(words)))])
    return [words]


def main() -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = _Server(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
