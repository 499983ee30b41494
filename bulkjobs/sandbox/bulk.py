"""The bulk endpoints: POST by filter and by ID file, list files, download (`api-contract.md` section 2)."""

from collections.abc import Sequence

from aiohttp import hdrs, web

from .id_file import read_id_file
from .lifecycle import DataRequest, DuplicateRunningError, State, Version
from .replies import PENDING_MESSAGE, Refusal, json_reply, not_found
from .service import Service
from .validation import BulkQuery, bulk_query, read_json

_FILTERS = ("body", "filters")


class BulkEndpoints:
    """Data requests, from the POST to the download.

    Parameters
    ----------
    service
        The sandbox they work on.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def post_filter(self, request: web.Request, version: Version) -> web.Response:
        """Accept a bulk POST by filter (section 2.2).

        Raises
        ------
        Refusal
            422 for a body that is not right, 409 if the same filters are being collected already.
        """
        body = await read_json(request)
        query = bulk_query(body, version, self._service.settings)
        ids = await self._match(query)
        return self._accept(ids, version, query.webhook_url, query.canonical)

    async def post_id_file(self, request: web.Request, version: Version) -> web.Response:
        """Accept a bulk POST by ID file (section 2.3). Unknown ids are left out in silence (section 4).

        Raises
        ------
        Refusal
            400 or 422 for a file or a form that is not right.
        """
        id_file = await read_id_file(request, version, self._service.settings)
        ids = await self._service.ask(("body",), self._service.catalog.existing, id_file.ids)
        return self._accept(ids, version, id_file.webhook_url)

    async def list_files(self, request: web.Request, version: Version) -> web.Response:
        """Answer a poll (sections 2.4 and 5).

        Raises
        ------
        Refusal
            404 for an unknown or expired data request; the status of its failure for one that failed.
        """
        found = self._find(request)
        found.polls += 1
        self._service.counts["polls"] += 1
        if found.is_pending(self._service.settings.clock()):
            return self._pending()
        if found.failure is not None:
            raise Refusal(found.failure.status, found.failure.detail)
        return json_reply({"data_request_files": found.files})

    async def download(self, request: web.Request, version: Version) -> web.Response:
        """Send a result file: gzip as the payload, without a Content-Encoding (sections 2.5 and 12.7).

        Raises
        ------
        Refusal
            404 for an unknown or expired data request, for one that is not ready, and for an unknown name.
        """
        found, name = self._find(request), request.match_info["file_name"]
        is_ready = found.state(self._service.settings.clock()) is State.READY
        if not is_ready or name not in found.files:
            raise not_found()
        part, size = found.files.index(name), self._service.settings.records_per_file
        ids = found.ids[part * size : (part + 1) * size]
        content = await self._service.files.read(f"{found.id}-{part}", ids)
        found.downloads += 1
        self._service.counts["downloads"] += 1
        disposition = f'attachment; filename="{name.rpartition("/")[2]}"'
        headers = {hdrs.CONTENT_DISPOSITION: disposition}
        return web.Response(body=content, content_type="application/gzip", headers=headers)

    async def _match(self, query: BulkQuery) -> Sequence[int] | None:
        """Find what a query delivers; None if that is too much (sections 5 and 11.6)."""
        service, ceiling = self._service, self._service.settings.max_records
        if not service.settings.limit_before_cap:
            matches = await service.ask(_FILTERS, service.catalog.count, query.filters)
            if matches > ceiling:
                return None
        # One more than the ceiling is enough to know that there are too many.
        most = ceiling + 1 if query.limit is None else query.limit
        ids = await service.ask(_FILTERS, service.catalog.ids, query.filters, most)
        return None if len(ids) > ceiling else ids

    def _accept(
        self, ids: Sequence[int] | None, version: Version, webhook_url: str | None, query: str | None = None
    ) -> web.Response:
        try:
            accepted = self._service.requests.accept(ids, version=version, query=query, webhook_url=webhook_url)
        except DuplicateRunningError as error:
            raise Refusal(409, "Identical data request is already in progress.") from error
        self._service.counts["posts"] += 1
        self._service.notifier.watch(accepted)
        reply = json_reply({"request_id": accepted.id})
        if version == "v2":
            reply.set_status(self._service.settings.post_status)
            # Without the prefix /cdapi, as documented (section 1).
            reply.headers[hdrs.LOCATION] = f"/v2/data_requests/{accepted.id}/files"
        return reply

    def _find(self, request: web.Request) -> DataRequest:
        found = self._service.requests.find(request.match_info["data_request_id"])
        if found is None:
            raise not_found()
        return found

    def _pending(self) -> web.Response:
        style = self._service.settings.pending_reply
        if style == "200-empty-list":
            return json_reply({"data_request_files": []})
        if style == "202-empty":
            return web.Response(status=202)
        return json_reply({"message": PENDING_MESSAGE}, 202)
