"""One coroutine an endpoint: typed values in, typed replies out (contract section 2)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from ..config import webhook_address
from ..errors import OutcomeUnknown, ProtocolError
from .pace import POLL
from .replies import Reply
from .routes import Routes
from .transport import Transport

COMPANY_URL_FIELD = "company_professional_network_url"


@dataclass(frozen=True, slots=True)
class Count:
    """How many records a filter matches, and the credits left where the service tells."""

    total: int
    balance: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search: record ids, and the opaque cursor of the next page (None at the end)."""

    ids: list[int]
    after: str | None
    total: int | None
    balance: int | None


class Api:
    """The endpoints of one version.

    Parameters
    ----------
    transport : Transport
        The session.
    routes : Routes
        The version's routes.
    company_url_field : str
        The name under which the service takes the company page filter; the documents of v2 and older
        clients differ (contract section 11, row 14).
    """

    def __init__(self, transport: Transport, routes: Routes, *, company_url_field: str = COMPANY_URL_FIELD) -> None:
        self.transport = transport
        self.routes = routes
        self._company_url_field = company_url_field

    async def count(self, filters: Mapping[str, Any]) -> Count:
        """Count the records that a filter matches: a search of one item a page, for its header (contract section 2.6).

        Free in the plans of 2026; an older contract charges a search credit for it (contract section 8).

        Raises
        ------
        ServiceError
            The service refused it, or could not be reached.
        """
        reply = await self._search(filters, {"items_per_page": "1"})
        total = reply.integer("x-total-results")
        if total is None:
            if _ids(reply):
                raise ProtocolError("The service did not tell how many records match (no x-total-results).")
            total = 0
        return Count(total, reply.balance)

    async def search(self, filters: Mapping[str, Any], *, after: str | None = None, size: int = 1000) -> Page:
        """Read one page of matching record ids; free (contract section 2.6).

        Parameters
        ----------
        filters : mapping
            The filter object.
        after : str, optional
            Cursor of the page before.
        size : int
            Ids a page, 1 to 1,000.
        """
        cursor = {"after": after} if after is not None else {}
        reply = await self._search(filters, {"items_per_page": str(size), **cursor})
        following = reply.headers.get("x-next-page-after") or None
        return Page(_ids(reply), following, reply.integer("x-total-results"), reply.balance)

    async def preview(self, filters: Mapping[str, Any], *, page: int = 1) -> list[dict[str, Any]]:
        """Read up to 20 short records (contract section 2.7). May be charged by the account's plan.

        Returns
        -------
        list of dict
            Empty where this version has no preview.
        """
        if self.routes.preview is None:
            return []
        body = self._named(filters)
        reply = await self.transport.ask("POST", self.routes.preview, params={"page": str(page)}, json=body)
        rows = reply.json()
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    async def submit_filter(
        self, filters: Mapping[str, Any], *, limit: int, stop: asyncio.Event, webhook_url: str | None = None
    ) -> str:
        """Buy up to `limit` records that match (contract section 2.2). Spends credits; see `Transport.spend`.

        Parameters
        ----------
        filters : mapping
            The filter object.
        limit : int
            Records.
        stop : asyncio.Event
            Calls off what has not left.
        webhook_url : str, optional
            What the service is to call when the data request is ready or failed (contract section 9).

        Returns
        -------
        str
            The request id.

        Raises
        ------
        ConfigError
            A bad `webhook_url`; nothing was sent.
        """
        body = {**self.routes.filter_body(self._named(filters), limit), **_webhook(webhook_url)}
        reply = await self.transport.spend(self.routes.bulk_filter, json=body, stop=stop, secret=webhook_url)
        return _request_id(reply)

    async def submit_ids(self, csv: bytes, *, stop: asyncio.Event, webhook_url: str | None = None) -> str:
        """Buy the records of an id file (contract section 2.3). Spends credits; see `Transport.spend`.

        Parameters
        ----------
        csv : bytes
            The id file.
        stop, webhook_url
            As for `submit_filter`.

        Returns
        -------
        str
            The request id.

        Raises
        ------
        ConfigError
            A bad `webhook_url`; nothing was sent.
        """
        fields = {**self.routes.bulk_extra, **_webhook(webhook_url)}

        def form() -> aiohttp.FormData:  # made anew for each try: a form is read once
            data = aiohttp.FormData(fields)
            data.add_field("ids_file", csv, filename="ids.csv", content_type="text/csv")
            return data

        reply = await self.transport.spend(self.routes.bulk_ids, form=form, stop=stop, secret=webhook_url)
        return _request_id(reply)

    async def files(self, request_id: str) -> list[str]:
        """Ask once for the result files (contract section 2.4). Ready means status 200 and a list that is not empty.

        Returns
        -------
        list of str
            Names of the files, each once; none while the data request is still running.

        Raises
        ------
        ServiceError
            Typed by status; what it means for the data request depends on its age (contract section 5).
        """
        reply = await self.transport.ask("GET", self.routes.files(request_id), patience=0, priority=POLL)
        if reply.status != 200:
            return []
        body = reply.json()
        names = body.get("data_request_files") if isinstance(body, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            names = []  # an empty or missing list is "still running" too (contract section 11, row 3)
        return list(dict.fromkeys(names))

    @contextlib.asynccontextmanager
    async def download(self, request_id: str, name: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open the download of one result file (contract section 2.5); see `Transport.download`."""
        async with self.transport.download(self.routes.file(request_id, name)) as response:
            yield response

    async def balance(self) -> int | None:
        """Credits left, where the service tells: a free search of one item, for its header."""
        return (await self._search({"deleted": False}, {"items_per_page": "1"})).balance

    async def _search(self, filters: Mapping[str, Any], params: Mapping[str, str]) -> Reply:
        return await self.transport.ask("POST", self.routes.search, params=params, json=self._named(filters))

    def _named(self, filters: Mapping[str, Any]) -> dict[str, Any]:
        return {self._company_url_field if name == COMPANY_URL_FIELD else name: filters[name] for name in filters}


def _webhook(url: str | None) -> dict[str, str]:
    return {} if url is None else {"webhook_url": webhook_address(url)}


def _ids(reply: Reply) -> list[int]:
    ids = reply.json()
    if not isinstance(ids, list) or not all(isinstance(item, int) for item in ids):
        raise ProtocolError("The service answered a search with something that is no list of ids.")
    return ids


def _request_id(reply: Reply) -> str:
    """Read the request id of an accepted POST: from the body, else from ``Location`` (contract section 11, 1 and 2)."""
    try:
        body = reply.json()
    except ProtocolError:
        body = None
    request_id = body.get("request_id") if isinstance(body, dict) else None
    if not request_id:
        parts = reply.headers.get("Location", "").strip("/").split("/")
        request_id = parts[-2] if len(parts) >= 2 and parts[-1] == "files" else None
    if not request_id:
        raise OutcomeUnknown(f"The service accepted the POST ({reply.status}) but gave no request id: {reply.detail}")
    return str(request_id)
