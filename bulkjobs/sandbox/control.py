"""The sandbox's own paths, outside the contract: counts and faults, for the curious and for other processes."""

import json

from aiohttp import web

from .faults import Fault
from .replies import json_reply
from .service import Service

STATS_PATH = "/_sandbox/stats"
FAULTS_PATH = "/_sandbox/faults"


class ControlEndpoints:
    """Reads counts; lists, adds and clears faults. None of it needs a key.

    Parameters
    ----------
    service
        The sandbox they work on.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def stats(self, _request: web.Request) -> web.Response:
        """Answer what `Sandbox.stats` returns."""
        return json_reply(self._service.stats())

    async def list_faults(self, _request: web.Request) -> web.Response:
        """Answer the faults to come, and how often each kind fired."""
        return self._faults()

    async def add_faults(self, request: web.Request) -> web.Response:
        """Add a fault, or a list of them, given as JSON objects with the parameters of `Fault`.

        The content type must be JSON: a web page elsewhere cannot send that to this computer unasked.
        """
        if request.content_type != "application/json":
            return json_reply({"detail": "send application/json"}, 415)
        try:
            given = json.loads(await request.read())
            faults = [Fault.from_json(one) for one in (given if isinstance(given, list) else [given])]
        except (ValueError, RecursionError) as error:
            return json_reply({"detail": str(error)}, 400)
        self._service.faults.add(*faults)
        return self._faults()

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Forget every fault to come."""
        self._service.faults.clear()
        return self._faults()

    def _faults(self) -> web.Response:
        plan = self._service.faults
        return json_reply({"pending": [fault.to_json() for fault in plan.pending], "fired": plan.fired})
