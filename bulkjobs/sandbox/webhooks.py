"""Webhooks: telling a URL that a data request ended. What is sent is an invention of the sandbox.

The vendor publishes neither payload nor retries (`api-contract.md` section 9); this follows section 12.11.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .lifecycle import DataRequest
from .settings import is_loopback

_TICK_SECONDS = 0.02
_TIMEOUT_SECONDS = 5.0
_ATTEMPTS = 2

_logger = logging.getLogger(__name__)


class Notifier:
    """Watches data requests that have a webhook, and tells when one is ready or has failed.

    The clock may be a test's own, on which nothing can sleep: it is looked at in short real ticks, and only while
    there is something to watch.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    allow_remote
        Whether targets other than this computer are called too.
    """

    def __init__(self, clock: Callable[[], float], *, allow_remote: bool) -> None:
        self._clock = clock
        self._allow_remote = allow_remote
        self._watched: list[DataRequest] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching = False

    def watch(self, data_request: DataRequest) -> None:
        """Call the webhook of `data_request`, if it has one that may be called, when it ends."""
        url = data_request.webhook_url
        if url is None:
            return
        if not self._allow_remote and not is_loopback(urlsplit(url).hostname or ""):
            _logger.warning("webhook of data request %s is not on this computer: not called", data_request.id)
            return
        self._watched.append(data_request)
        if not self._watching:
            self._watching = True
            self._start(self._watch())

    async def close(self) -> None:
        """Stop watching, and give up calls that are under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        while self._watched:
            now = self._clock()
            for data_request in [one for one in self._watched if not one.is_pending(now)]:
                self._watched.remove(data_request)
                self._start(self._call(data_request))
            await asyncio.sleep(_TICK_SECONDS)
        self._watching = False

    async def _call(self, data_request: DataRequest) -> None:
        status = "failed" if data_request.failure else "ready"
        body = {"request_id": data_request.id, "status": status}
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for _ in range(_ATTEMPTS):
                if await _delivered(session, data_request.webhook_url or "", body):
                    return
        _logger.warning("webhook of data request %s was not delivered", data_request.id)


async def _delivered(session: aiohttp.ClientSession, url: str, body: dict[str, str]) -> bool:
    try:
        # A redirect could lead off this computer.
        async with session.post(url, json=body, allow_redirects=False) as reply:
            return reply.ok
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        _logger.info("webhook failed: %s", type(error).__name__)
        return False
