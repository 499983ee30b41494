"""A webhook of our own: any call of it only wakes those who poll; polling stays the truth (contract section 9)."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from yarl import URL

from .clock import Clock, SystemClock, until_set
from .config import is_loopback_host, webhook_address
from .errors import ConfigError

log = logging.getLogger("bulkjobs.listen")

MIN_GAP = 1.0  # seconds between two wake-ups, however many calls come: who learns the address can't make us poll faster
LINGERING = 5.0  # seconds in which the rest of a body is read, and thrown away, so that its sender sees our answer
BUFFER = 16_384  # bytes of a body that are held at a time

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")
_SILENT = logging.Logger("bulkjobs.listen.http", level=logging.CRITICAL + 1)  # aiohttp's quotes what it can't parse

Sleep = Callable[[float], Coroutine[Any, Any, bool]]


class WakeUps:
    """A small HTTP server whose one address wakes all who sleep on it.

    The service publishes neither method nor body nor signature of its calls (contract section 9). So every request
    to the address is a call, whatever it says; its body is not read; it is answered at once with an empty 200.
    Every other path is an empty 404.

    Parameters
    ----------
    host, port : str, int
        Where to listen; port 0 takes a free one.
    public_url : str, optional
        Where a tunnel or reverse proxy takes calls for us. What comes to ``<public_url>/<token>`` must arrive here at
        ``/<token>``. Needed when the service is not on this machine.
    token : str, optional
        The last segment of the address, to keep it over a restart: at least 32 letters, digits, ``-`` or ``_`` that
        nobody can guess. Made up when not given.
    on_call : callable, optional
        Called without arguments at each wake-up.
    clock : Clock, optional
        Measures the `MIN_GAP` seconds between wake-ups.

    Raises
    ------
    ConfigError
        A bad `public_url` or `token`, or a `host` that others reach only in plain http; on entering, that nothing
        can listen there.

    Examples
    --------
    >>> async with WakeUps() as wake_ups:
    ...     sleep = wake_ups.sleeper(clock)  # before the first poll
    ...     while not await api.files(request_id):
    ...         await sleep(30.0)
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str | None = None,
        token: str | None = None,
        on_call: Callable[[], object] | None = None,
        clock: Clock | None = None,
    ) -> None:
        usable = token is None or _TOKEN.fullmatch(token)
        self._path = f"/{token or secrets.token_urlsafe(32)}".encode()
        del token  # a traceback may show this frame
        if not usable:
            raise ConfigError(
                "token must be at least 32 letters, digits, '-' or '_'.", next_step="use secrets.token_urlsafe(32)"
            )
        if public_url is not None:
            webhook_address(public_url, name="public_url")
            if "?" in public_url:
                raise ConfigError("public_url must not hold a query.", next_step="pass what stands before the '?'")
        elif not is_loopback_host(host):
            raise ConfigError(
                f"Calls to {host} would show the secret address in plain http.",
                next_step='put a tunnel or reverse proxy before it: public_url="https://..."',
            )
        self._host, self._port, self._public_url = host, port, public_url
        self._on_call, self._clock = on_call, clock or SystemClock()
        self._runner: web.ServerRunner | None = None
        self._ringing: asyncio.Task[None] | None = None
        self._called, self._bell, self._rings = asyncio.Event(), asyncio.Event(), 0

    def __repr__(self) -> str:
        return f"<WakeUps on {self._host}{'' if self._runner else ', not listening'}>"

    @property
    def url(self) -> str:
        """The address to hand to the service. It is a secret; its repr shows nothing.

        Raises
        ------
        RuntimeError
            If nothing listens.
        """
        if self._runner is None:
            raise RuntimeError("nobody listens: `async with WakeUps() as wake_ups: ...`")
        host, port = self._runner.addresses[0][:2]
        base = URL(self._public_url) if self._public_url else URL.build(scheme="http", host=host, port=port)
        return webhook_address(str(base / self._path[1:].decode()))

    def sleeper(self, clock: Clock) -> Sleep:
        """Make a sleep that a call cuts short, to take the place of `clock.sleep` in one poll loop.

        Each loop needs one of its own, made before its first poll: it remembers which calls that loop has heard of,
        so that one that comes while it polls ends its next sleep at once, and one loop takes none from another.

        Parameters
        ----------
        clock : Clock
            On which is slept when no call comes.

        Returns
        -------
        callable
            ``await sleep(seconds)``: True when a call ended it, False when the seconds went by.
        """
        heard = self._rings

        async def sleep(seconds: float) -> bool:
            nonlocal heard
            if heard == self._rings:
                await until_set(self._bell, clock.sleep(seconds))
            woken = heard != self._rings
            heard = self._rings
            return woken

        return sleep

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        server = web.Server(
            self._answer,
            request_factory=lambda message, payload, protocol, writer, task: _Request(
                message, payload, protocol, writer, task, loop
            ),
            access_log=None,
            logger=_SILENT,
            lingering_time=LINGERING,
            read_bufsize=BUFFER,
            auto_decompress=False,  # nobody reads it: a small body must not grow
        )
        runner = web.ServerRunner(server, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except (OSError, OverflowError) as error:
            await runner.cleanup()
            raise ConfigError(
                f"Nothing can listen on {self._host}, port {self._port} ({getattr(error, 'strerror', None) or error}).",
                next_step="choose another port, or port=0 for a free one",
            ) from error
        self._runner = runner
        self._ringing = asyncio.create_task(self._ring())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, ringing = self._runner, self._ringing
        self._runner = self._ringing = None
        if ringing is not None:
            ringing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ringing
        if runner is not None:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        known = hmac.compare_digest(request.path.encode("utf-8", "surrogatepass"), self._path)
        if known:
            self._called.set()
        answer = web.Response(status=200 if known else 404)
        answer.force_close()  # a caller comes once; others are not to keep connections open
        return answer

    async def _ring(self) -> None:
        """Wake all, once for all calls since the last time; the first call at once, the next no sooner than the gap."""
        while True:
            await self._called.wait()
            self._called.clear()
            self._rings += 1
            self._bell.set()  # wakes who waits now; who comes later waits for the next one
            self._bell = asyncio.Event()
            try:
                if self._on_call is not None:
                    self._on_call()
            except Exception:
                log.exception("the on_call callback failed")
            await self._clock.sleep(MIN_GAP)


class _Request(web.BaseRequest):
    """A request whose answer does not tell which versions run here, not even when it could not be parsed."""

    async def _prepare_hook(self, resp: web.StreamResponse) -> None:  # of aiohttp, for what is known to no application
        resp.headers.pop("Server", None)
