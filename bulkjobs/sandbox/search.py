"""Search, preview and collect (`api-contract.md` sections 2.6, 2.7 and 2.9)."""

import json
import math

from aiohttp import web

from .lifecycle import Version
from .parameters import cursor, format_cursor, integer, ranged
from .replies import json_reply, not_found
from .service import Service
from .validation import Filters, read_json, search_filters

_MOST_ITEMS = 1_000
_PREVIEW_ITEMS = 20
_BODY = ("body",)


class SearchEndpoints:
    """Looking before buying, and buying one posting.

    Parameters
    ----------
    service
        The sandbox they work on.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def search(self, request: web.Request, version: Version) -> web.Response:
        """Answer a page of ids, sorted by last update and id (sections 2.6 and 12.9).

        Raises
        ------
        Refusal
            422 for a body or a parameter that is not right, 402 if the balance does not cover its price.
        """
        service, price = self._service, self._service.settings.search_credits
        filters = await self._filters(request)
        size = ranged(request.query, "items_per_page", default=_MOST_ITEMS, highest=_MOST_ITEMS)
        after = cursor(request.query["after"]) if "after" in request.query else None
        total = await service.ask(_BODY, service.catalog.count, filters)
        # One more than the page tells whether another follows.
        found = await service.ask(_BODY, service.catalog.page, filters, after=after, size=size + 1)
        service.charge(price)
        service.counts["searches"] += 1
        page = found[:size]
        reply = json_reply([posting_id for _, posting_id in page])
        reply.headers["x-total-results"] = str(total)
        reply.headers["x-total-pages"] = str(math.ceil(total / size))
        if len(found) > size:
            reply.headers["x-next-page-after"] = format_cursor(*page[-1])
        return reply

    async def preview(self, request: web.Request, version: Version) -> web.Response:
        """Answer up to 20 short postings (section 2.7).

        Raises
        ------
        Refusal
            422 for a body that is not right and for a page beyond `Settings.preview_pages`, 402 if the balance
            does not cover its price.
        """
        service, settings = self._service, self._service.settings
        filters = await self._filters(request)
        number = ranged(request.query, "page", default=1, highest=settings.preview_pages)
        offset = (number - 1) * _PREVIEW_ITEMS
        total = await service.ask(_BODY, service.catalog.count, filters)
        shown = await service.ask(_BODY, service.catalog.preview, filters, offset=offset, size=_PREVIEW_ITEMS)
        service.charge(settings.preview_credits)
        service.counts["previews"] += 1
        reply = json_reply(shown)
        reply.headers["x-total-results"] = str(total)
        return reply

    async def collect(self, request: web.Request, version: Version) -> web.Response:
        """Answer one posting, whole or only the fields that `?fields=` names (section 2.9).

        Raises
        ------
        Refusal
            404 for an unknown id, 422 for one that is no number, 402 if the balance does not cover its price.
        """
        service, price = self._service, self._service.settings.collect_credits
        posting_id = integer(request.match_info["job_id"], ("path", "job_id"))
        record = await service.ask(_BODY, service.catalog.record, posting_id)
        if record is None:
            raise not_found()
        service.charge(price)
        service.counts["collects"] += 1
        fields = _fields(request)
        if fields:
            kept = {name: value for name, value in json.loads(record).items() if name in fields}
            return json_reply(kept)
        return web.Response(body=record, content_type="application/json")

    async def _filters(self, request: web.Request) -> Filters:
        return search_filters(await read_json(request), self._service.settings)


def _fields(request: web.Request) -> set[str]:
    """Read `?fields=a&fields=b`, and `?fields=a,b`: clients send both (recorded behaviour)."""
    return {name for value in request.query.getall("fields", []) for name in value.split(",") if name}
