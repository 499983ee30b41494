"""The sandbox: a local server that keeps the vendor's HTTP contract over any dataset of postings."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self, get_args

from aiohttp import web

from .auth import Credentials
from .bulk import BulkEndpoints
from .catalog import Catalog
from .control import FAULTS_PATH, STATS_PATH, ControlEndpoints
from .dataset import read_postings
from .faults import Endpoint as EndpointName
from .faults import FaultPlan
from .gateway import Endpoint, Gateway
from .journal import Journal
from .lifecycle import Account, DataRequests
from .result_files import ResultFiles
from .routes import PREFIX, routes
from .sample import Description, generate
from .search import SearchEndpoints
from .service import Service
from .settings import Settings
from .webhooks import Notifier

Data = str | os.PathLike[str] | Iterable[Mapping[str, Any]] | Catalog | None

# Requests that a fault keeps waiting are not waited for.
_SHUTDOWN_SECONDS = 0.2
_MOST_BODY_BYTES = 1024 * 1024


class Sandbox:
    """The vendor's service on this computer: no key, no internet, and no bill.

    Parameters
    ----------
    data
        The postings: a path of a dataset file, records, a catalogue (which stays open afterwards), or None for
        made-up ones.
    postings, seed
        How many to make up, and from which seed; the seed also makes the credentials.
    credits
        Balance at the start, in credits.
    rate
        Requests a second for each key; None is no limit.
    latency
        Seconds from the acceptance of a data request to its end.
    port
        Where to listen; 0 takes a free port.
    description
        How long made-up descriptions are: ``"full"``, 1.5 to 6 kB as in life, or ``"short"``, 60 to 200 characters,
        for large sandboxes. All else of the postings is the same, but it is another dataset: see `dataset`.
    faults
        What is to go wrong.
    settings
        Anything else of `Settings`, by name.

    Raises
    ------
    ValueError
        For a setting outside its range, an unknown `description`, or a host that is not this computer without
        `allow_remote`.
    TypeError
        For an unknown setting.

    Attributes
    ----------
    settings
        The settings in force.

    Examples
    --------
    >>> async with Sandbox(postings=1_000) as sandbox:
    ...     sandbox.url, sandbox.api_key
    """

    def __init__(
        self,
        data: Data = None,
        postings: int = 25_000,
        seed: int = 0,
        credits: int = 50_000,  # noqa: A002 - the field's own word
        rate: float | None = None,
        latency: float = 0.0,
        port: int = 0,
        *,
        description: Description = "full",
        faults: FaultPlan | None = None,
        **settings: Any,
    ) -> None:
        if description not in get_args(Description):
            raise ValueError(f"description must be one of {', '.join(get_args(Description))}, not {description!r}")
        self.settings = Settings(credits=credits, rate=rate, latency=latency, port=port, **settings)
        self._faults = faults or FaultPlan()
        self._data = data
        self._postings = postings
        self._seed = seed
        self._description: Description = description
        self._credentials = Credentials.made_up(seed, self.settings.clock())
        self._service: Service | None = None
        self._runner: web.AppRunner | None = None

    @property
    def api_key(self) -> str:
        """The key for v2, in the header `apikey`."""
        return self._credentials.api_key

    @property
    def jwt(self) -> str:
        """The token for v1, as `Authorization: Bearer`."""
        return self._credentials.jwt

    @property
    def url(self) -> str:
        """The base URL for a client, such as ``http://127.0.0.1:8080/cdapi``."""
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the sandbox is not running: `async with Sandbox() as sandbox: ...`")
        host, port = self._runner.addresses[0][:2]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
        return f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}{PREFIX}"

    @property
    def faults(self) -> FaultPlan:
        """What is to go wrong: add to it, or clear it, at any time."""
        return self._faults

    @property
    def dataset(self) -> str:
        """The fingerprint of the dataset: the same postings always have the same one."""
        return self._running().catalog.fingerprint

    def stats(self) -> dict[str, Any]:
        """Return what happened so far.

        Returns
        -------
        dict
            `posts` (bulk POSTs accepted), `polls` (of known data requests), `downloads`, `searches`, `previews`,
            `collects` (each as served), `credits_spent`, `credits_remaining`, `refused` (replies by status, from
            400 on), `faults_fired` (by ``"endpoint:kind"``), and `requests`: by request id, `state`, `records`,
            `credits`, `polls` and `downloads`.
        """
        return self._running().stats()

    async def start(self) -> None:
        """Build the dataset, in a thread, and listen.

        Raises
        ------
        RuntimeError
            If it was started before.
        OSError
            If the port is taken.
        """
        if self._service is not None:
            raise RuntimeError("a sandbox is started once: make another one")
        catalog = await asyncio.to_thread(self._build_catalog)
        self._service = self._build_service(catalog)
        app = _application(self._service, self._credentials)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, self.settings.host, self.settings.port).start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop listening, and remove what was kept on disk. Counts can still be read."""
        service, runner = self._service, self._runner
        if service is None or runner is None:
            return
        self._runner = None
        await runner.cleanup()
        await service.notifier.close()
        await asyncio.to_thread(service.files.close)
        if service.catalog is not self._data:
            await asyncio.to_thread(service.catalog.close)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _running(self) -> Service:
        if self._service is None:
            raise RuntimeError("the sandbox is not running: `async with Sandbox() as sandbox: ...`")
        return self._service

    def _build_catalog(self) -> Catalog:
        if isinstance(self._data, Catalog):
            return self._data
        if self._data is None:
            return Catalog.build(generate(self._postings, seed=self._seed, description=self._description))
        if isinstance(self._data, str | os.PathLike):
            return Catalog.build(read_postings(self._data))
        return Catalog.build(self._data)

    def _build_service(self, catalog: Catalog) -> Service:
        settings, account = self.settings, Account(self.settings.credits)
        journal = None if settings.journal is None else Journal(settings.journal, catalog.fingerprint)
        return Service(
            settings=settings,
            catalog=catalog,
            account=account,
            requests=DataRequests(settings, account, journal),
            files=ResultFiles(catalog.lines, settings.result_format, settings.cache_bytes),
            notifier=Notifier(settings.clock, allow_remote=settings.allow_remote),
            faults=self._faults,
        )


def _application(service: Service, credentials: Credentials) -> web.Application:
    gateway = Gateway(service, credentials)
    app = web.Application(middlewares=[gateway.refuse_unrouted], client_max_size=_MOST_BODY_BYTES)
    endpoints = _endpoints(service)
    for route in routes():
        app.router.add_route(route.verb, route.path, gateway.guard(route, endpoints[route.endpoint]))
        app.router.add_route("*", route.path, gateway.guard_wrong_verb(route.version))
    control = ControlEndpoints(service)
    app.router.add_get(STATS_PATH, control.stats)
    app.router.add_get(FAULTS_PATH, control.list_faults)
    app.router.add_post(FAULTS_PATH, control.add_faults)
    app.router.add_delete(FAULTS_PATH, control.clear_faults)
    return app


def _endpoints(service: Service) -> dict[EndpointName, Endpoint]:
    bulk, search = BulkEndpoints(service), SearchEndpoints(service)
    return {
        "bulk_filter": bulk.post_filter,
        "bulk_id_file": bulk.post_id_file,
        "list_files": bulk.list_files,
        "download": bulk.download,
        "search": search.search,
        "preview": search.preview,
        "collect": search.collect,
    }
