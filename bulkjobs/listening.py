"""Being called by the service: a webhook of our own, and somebody who receives what was bought at each call."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from .errors import BulkJobsError, ConfigError, StillRunning
from .events import Listener
from .listen import Sleep, WakeUps
from .pipeline import RECEIVE, carry_out
from .rows import IN_FLIGHT
from .workshop import Workshop, written

log = logging.getLogger("bulkjobs.listening")

LOOK = 60.0  # seconds between two looks while nobody calls: calls may get lost, and nothing depends on them
TOKEN_FILE = "webhook-token"  # noqa: S105 - its name; in the home folder, so that the address survives a restart


class Listening:
    """Receives what this home has bought from a service, whichever process bought it; for ``async with``.

    At the beginning, at each call and once a minute it asks for all data requests that are on their way, and fetches
    and loads those that are ready. It sends nothing that spends. While it runs, what this very client waits for is
    asked for at each call, too, and what it submits names the address, unless the client has a `webhook_url`.

    Parameters
    ----------
    shop : Workshop
        The client's.
    host, port, public_url
        As for `bulkjobs.listen.WakeUps`.
    on_event : callable, optional
        Told of everything that happens while it receives.

    Raises
    ------
    ConfigError
        There is no key; or the service is elsewhere and there is no `public_url`; or as for `WakeUps`.
    """

    def __init__(
        self, shop: Workshop, *, host: str, port: int, public_url: str | None, on_event: Listener | None
    ) -> None:
        if public_url is None and not shop.local:
            raise ConfigError(
                "The service can't call this machine by itself.",
                next_step='put a tunnel or reverse proxy before it: public_url="https://..."',
            )
        shop.account()  # without a key nothing could be received
        self._shop, self._listener = shop, on_event
        self._wake_ups = WakeUps(host=host, port=port, public_url=public_url, token=_token(shop.home), clock=shop.clock)
        self._receiving: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Listening, {self._wake_ups!r}>"

    @property
    def url(self) -> str:
        """The address to configure as ``webhook_url``. It is a secret; its repr shows nothing."""
        return self._wake_ups.url

    async def __aenter__(self) -> Self:
        await self._wake_ups.__aenter__()
        self._shop.wake_ups.append(self._wake_ups)
        self._receiving = asyncio.create_task(self._receive(self._wake_ups.sleeper(self._shop.clock)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shop.wake_ups.remove(self._wake_ups)
        if self._receiving is not None:
            self._receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._receiving
        await self._wake_ups.__aexit__(kind, error, trace)

    async def _receive(self, sleep: Sleep) -> None:
        while True:
            try:
                await self._look()
            except Exception:  # whatever it was, the next look may do better
                log.exception("what is on its way could not be looked at")
            await sleep(LOOK)

    async def _look(self) -> None:
        """Ask once for all that is on its way; what another task or process holds is left to it."""
        shop = self._shop
        for row in reversed(await written(shop.ledger.collections)):
            if row.service != shop.service:
                continue
            if not any(request.state in IN_FLIGHT for request in await written(shop.ledger.data_requests, row.id)):
                continue
            try:
                await carry_out(shop, row, self._listener, steps=RECEIVE, deadline=0.0)
            except StillRunning:
                pass
            except BulkJobsError as error:
                log.warning("collection %s: %s", row.id, error)


def _token(home: Path) -> str:
    """Return the last segment of the address; it is made up once, and only this user can read it."""
    path = home / TOKEN_FILE
    try:
        with (
            contextlib.suppress(FileExistsError),
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
        ):
            file.write(secrets.token_urlsafe(32))
        return path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be used ({type(error).__name__}).", next_step="delete it") from None
