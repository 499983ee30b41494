"""One session to the service: pace, retries, redaction. Asking is repeated; spending never is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import aiohttp
from yarl import URL

from ..clock import Clock, until_set
from ..config import ApiKey, is_loopback
from ..errors import (
    ConnectionFailed,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
)
from .pace import NORMAL, SPEND, Pace
from .replies import Reply, error_of, wanted_pause
from .routes import Routes

log = logging.getLogger("bulkjobs.wire")

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
SPEND_TRIES = 6
LOCAL_PATIENCE = 3.0  # seconds; a server on this machine that is not there will not come by waiting
# Worth asking again, for what costs nothing (contract section 11, rows 29 and 30). A 500 may mean a wrong path.
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
# Raised by aiohttp while the connection is being opened: no byte of the request has left.
NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each phase of a request may take.

    Attributes
    ----------
    connect : float
        Opening a connection, TLS included.
    answer : float
        From sending a request that costs nothing to its whole answer.
    spend : float
        The same for a spending POST: patient, for giving up means not knowing.
    silence : float
        Between two pieces of a download.
    """

    connect: float = 20.0
    answer: float = 60.0
    spend: float = 180.0
    silence: float = 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between tries: exponential, with jitter, up to a cap (all in seconds)."""

    first: float = 0.5
    factor: float = 2.0
    cap: float = 30.0
    jitter: Callable[[], float] = random.random

    def wait(self, tries: int) -> float:
        """Seconds before the next try, after `tries` failed ones: between half and all of the exponential step."""
        step = min(self.cap, self.first * self.factor ** min(tries, 60))
        return step * (0.5 + 0.5 * self.jitter())


class Transport:
    """One aiohttp session with the service's manners.

    Parameters
    ----------
    url : yarl.URL
        Base URL, such as ``https://api.coresignal.com/cdapi``.
    key : callable returning ApiKey
        Asked at the first request, so that work from the ledger alone needs no key.
    routes : Routes
        Which version is spoken.
    pace : Pace
        The speed limit: what spends goes first, polls last.
    clock : Clock
        Time.
    """

    def __init__(
        self,
        url: URL,
        key: Callable[[], ApiKey],
        routes: Routes,
        *,
        pace: Pace,
        clock: Clock,
        timeouts: Timeouts | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.url = url
        self.backoff = backoff or Backoff()
        self._key = key
        self._routes = routes
        self._pace = pace
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # --- what costs nothing: asked again while it is worth it ---------------------------------------------

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        patience: float = 30.0,
        priority: int = NORMAL,
    ) -> Reply:
        """Send a request that costs nothing, again and again for `patience` seconds while the trouble may pass.

        Each try waits for its turn; of those that wait, the lowest `priority` number goes first.

        Raises
        ------
        ServiceError
            The typed error of the last answer, `ConnectionFailed` or `ServiceUnavailable`.
        """
        started, tries = self._clock.time(), 0
        while True:
            answer = await self._try(method, path, priority, params=params, json=json)
            if isinstance(answer, Reply) and answer.status < 300:
                return answer
            error = error_of(answer) if isinstance(answer, Reply) else answer
            transient = answer is error or error.status in TRANSIENT
            wait = self.backoff.wait(tries)
            if isinstance(answer, ConnectionFailed) and is_loopback(self.url):
                patience = min(patience, LOCAL_PATIENCE)
            if not transient or self._clock.time() + wait - started > patience:
                raise error
            log.debug("%s %s: %s; again in %.1f s", method, path, type(error).__name__, wait)
            await self._clock.sleep(wait)
            tries += 1

    async def _try(
        self, method: str, path: str, priority: int, *, params: Mapping[str, str] | None, json: object
    ) -> Reply | ServiceError:
        # Errors are returned, not raised: aiohttp's exceptions hold the request, and so the key; none is chained.
        await self._pace.turn(priority)
        try:
            return await self._exchange(method, path, self._timeouts.answer, params=params, json=json)
        except NEVER_SENT as error:
            return self._never_sent(error)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return ServiceUnavailable(f"No answer came from the service ({_words(error)}).")

    # --- what spends: sent once ---------------------------------------------------------------------------

    async def spend(
        self,
        path: str,
        *,
        stop: asyncio.Event,
        json: object = None,
        form: Callable[[], aiohttp.FormData] | None = None,
        secret: str | None = None,
    ) -> Reply:
        """Send a spending POST. It is sent again only where it provably did not arrive or was refused with 429.

        Parameters
        ----------
        path : str
            Where to.
        stop : asyncio.Event
            Set when nobody waits for it any more: what has not left by then is not sent.
        json, form
            The body; a form is made anew for each try.
        secret : str, optional
            What no error may quote, though the service may: a refusal can repeat what it refuses.

        Returns
        -------
        Reply
            A 2xx reply.

        Raises
        ------
        ServiceError
            The service refused it (4xx), or no connection could be opened: nothing was charged.
        OutcomeUnknown
            It was sent, and a time-out, a reset, a 5xx or a redirect came back.
        """
        refused: ServiceError = ConnectionFailed("It was called off before it was sent.", next_step="collect it again")
        for tries in range(1, SPEND_TRIES + 1):
            await until_set(stop, self._pace.turn(SPEND))
            if stop.is_set():
                raise refused
            try:
                reply = await self._exchange("POST", path, self._timeouts.spend, json=json, form=form)
                reply = reply.without(secret) if secret else reply
            except NEVER_SENT as error:
                refused = self._never_sent(error)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                unknown = OutcomeUnknown(f"The POST was sent and no answer came back ({_words(error)}).")
                break
            else:
                if reply.status < 300:
                    return reply
                if reply.status == 408 or not 400 <= reply.status < 500:
                    unknown = OutcomeUnknown(f"The POST was sent and answered with {reply.status} ({reply.detail}).")
                    break
                refused = error_of(reply)
            if not isinstance(refused, (ConnectionFailed, RateLimited)) or tries == SPEND_TRIES:
                raise refused
            wait = self.backoff.wait(tries)
            log.debug("POST %s did not arrive (%s); again in %.1f s", path, type(refused).__name__, wait)
            await until_set(stop, self._clock.sleep(wait))
        raise unknown  # outside the handler: aiohttp's exception, which holds the request, is not chained to it

    # --- downloads ----------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def download(self, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a download: redirects are followed, without the key once they leave the service's origin.

        Yields
        ------
        aiohttp.ClientResponse
            A 200 response whose body has not been read.

        Raises
        ------
        ServiceError
            The service refused it.
        aiohttp.ClientError, TimeoutError
            The connection failed; the caller decides about another try.
        """
        url = self._at(path)
        for _ in range(MAX_REDIRECTS + 1):
            await self._pace.turn(NORMAL)
            timeout = aiohttp.ClientTimeout(sock_connect=self._timeouts.connect, sock_read=self._timeouts.silence)
            headers = self._auth() if url.origin() == self.url.origin() else {}
            async with self._open().get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
                if response.status in REDIRECTS:
                    url = self._redirected(url, response.headers.get("Location", ""))
                    continue
                if response.status != 200:
                    reply = Reply(response.status, response.headers, await response.content.read(65_536))
                    await self._heed(reply)
                    raise error_of(reply)
                yield response
                return
        raise ProtocolError(f"A download was redirected more than {MAX_REDIRECTS} times.")

    def _redirected(self, url: URL, location: str) -> URL:
        try:
            target = url.join(URL(location, encoded=True))  # as it came: a signed address is good to the letter
        except ValueError:
            raise ProtocolError("A download was redirected to something that is no address.") from None
        local = target.scheme == "http" and is_loopback(target) and is_loopback(self.url)
        safe = target.scheme == "https" or local
        if not location or not target.host or not safe:
            raise ProtocolError(f"A download was redirected to {target.scheme}://{target.host}: not followed.")
        return target

    # --- the session --------------------------------------------------------------------------------------

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:  # a second asyncio.run() has a loop of its own
            self._loop = loop
            self._session = aiohttp.ClientSession(
                # Idle connections are given up early: one that the service has just closed is how POSTs get lost.
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=4.0),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # result files are gzip payloads: they are checked as they came
                trust_env=not is_loopback(self.url),
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "User-Agent": f"bulkjobs/{version('bulkjobs')}",
                },
            )
        return self._session

    async def _exchange(
        self,
        method: str,
        path: str,
        seconds: float,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> Reply:
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=self._timeouts.connect)
        more: dict[str, Any] = {"json": json} if json is not None else {}
        if form is not None:
            more["data"] = form()
        async with self._open().request(
            method,
            self._at(path),
            params=params,
            headers=self._auth(),
            timeout=timeout,
            allow_redirects=False,  # the key goes nowhere else, and a POST arrives once
            **more,
        ) as response:
            reply = Reply(response.status, response.headers, await response.read())
        log.debug("%s %s -> %d", method, path, reply.status)
        await self._heed(reply)
        return reply

    async def _heed(self, reply: Reply) -> None:
        pause = wanted_pause(reply.headers, self._clock.time())
        if pause:
            await self._pace.pause(pause)

    def _auth(self) -> dict[str, str]:
        return {self._routes.auth_header: self._key().header(self._routes.auth_scheme)}

    def _never_sent(self, error: Exception) -> ConnectionFailed:
        return ConnectionFailed(
            f"No connection to {self.url.origin()} could be opened ({_words(error)}).",
            next_step="check the network, and base_url or BULKJOBS_BASE_URL; then do the same again",
        )

    def _at(self, path: str) -> URL:
        return URL(f"{self.url}/{path}", encoded=True)


def _words(error: Exception) -> str:
    """Name an aiohttp error without its repr, which may print request headers."""
    cause = getattr(error, "os_error", None)
    return f"{type(error).__name__}: {cause.strerror or cause}" if cause is not None else type(error).__name__
