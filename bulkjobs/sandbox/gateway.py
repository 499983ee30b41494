"""What stands before the application: routes, credentials, the rate limit; and what goes on every reply."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from .auth import Credentials, RateLimiter
from .disruption import disrupt
from .lifecycle import Version
from .replies import Refusal, json_reply, no_route, server_error, too_fast
from .routes import Route
from .service import Service

Endpoint = Callable[[web.Request, Version], Awaitable[web.Response]]

_logger = logging.getLogger(__name__)


class Gateway:
    """Lets a request through to its endpoint, in the order of `api-contract.md` section 12.3.

    Parameters
    ----------
    service
        The sandbox behind it.
    credentials
        What it takes.
    """

    def __init__(self, service: Service, credentials: Credentials) -> None:
        self._service = service
        self._credentials = credentials
        self._limiter = RateLimiter(service.settings.rate, service.settings.clock)

    def guard(self, route: Route, endpoint: Endpoint) -> Handler:
        """Return a handler that lets requests on `route` through to `endpoint`, faults aside."""

        async def answer(request: web.Request) -> web.StreamResponse:
            fault = self._service.faults.take(route.endpoint)
            handle = partial(self._admit, request, route.version, endpoint)
            return self._counted(await disrupt(fault, request, handle))

        return answer

    def guard_wrong_verb(self, version: Version) -> Handler:
        """Return a handler for the other verbs of a known path: 500, and never 405 (sections 10 and 12.10)."""

        async def answer(request: web.Request) -> web.StreamResponse:
            return self._counted(await self._admit(request, version, _wrong_verb))

        return answer

    @web.middleware
    async def refuse_unrouted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer paths that lead nowhere (section 12.1)."""
        if isinstance(request.match_info.http_exception, web.HTTPNotFound):
            return self._counted(no_route())
        return await handler(request)

    async def _admit(self, request: web.Request, version: Version, endpoint: Endpoint) -> web.Response:
        if not self._credentials.accept(version, request.headers):
            return _unauthorized(version)
        admission = self._limiter.admit(version)
        if admission.admitted:
            reply = await self._apply(request, version, endpoint)
            reply.headers["x-credits-remaining"] = str(self._service.account.remaining)
        else:
            reply = too_fast()
            if self._service.settings.retry_after:
                reply.headers["Retry-After"] = admission.retry_after
        if self._service.settings.rate_headers:
            reply.headers.update(admission.headers())
        return reply

    async def _apply(self, request: web.Request, version: Version, endpoint: Endpoint) -> web.Response:
        try:
            return await endpoint(request, version)
        except Refusal as refusal:
            return refusal.reply()
        except web.HTTPRequestEntityTooLarge:
            return json_reply({"detail": "Request body is too large"}, 400)
        except Exception:
            _logger.exception("%s %s failed", request.method, request.path)
            return server_error()

    def _counted(self, reply: web.StreamResponse) -> web.StreamResponse:
        if reply.status >= 400:
            self._service.refused[reply.status] += 1
        return reply


def _unauthorized(version: Version) -> web.Response:
    """Answer as the gateway does on v2 and the application on v1 (section 12.2)."""
    body = {"message": "Unauthorized"} if version == "v2" else {"detail": "Invalid token"}
    return json_reply(body, 401)


async def _wrong_verb(_request: web.Request, _version: Version) -> web.Response:
    return server_error()
