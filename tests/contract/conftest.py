"""A sandbox over a small dataset whose counts are known, a clock that only tests move, and a caller for each tree."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import aiohttp
import pytest
import yarl

from bulkjobs.sandbox import Sandbox
from bulkjobs.sandbox.catalog import Catalog
from tests.support import ManualClock

Version = Literal["v1", "v2"]

# What is in the dataset.
ENGINEERS = {"title": "Data Engineer"}  # 25, in Portugal
PORTUGAL = {"country": "Portugal"}  # 1,225
CEILING = {"company_id": 77}  # 10,000
EVERYTHING = {"deleted": False}  # 10,050
NOTHING = {"title": "Astronaut"}
TOTALS = [(ENGINEERS, 25), (PORTUGAL, 1_225), (CEILING, 10_000), (EVERYTHING, 10_050), (NOTHING, 0)]

FIRST_ID = 400_000_001
DAY = 86_400.0


def posting(number: int) -> dict[str, Any]:
    """Return the posting of this number, from 0 on. Groups of four share one `last_updated`."""
    updated = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=number // 4 * 37 % 9_000)
    page = f"https://www.professional-network.example/company/c{number % 100}"
    return {
        "id": FIRST_ID + number,
        "created": "2025-05-01 10:00:00",
        "last_updated": f"{updated:%Y-%m-%d %H:%M:%S}",
        "time_posted": "1 week ago",
        "title": "Data Engineer" if number < 25 else "Nurse" if number < 1_225 else "Clerk",
        "description": f"We look for you.\nNumber {number}, café, 東京",
        "seniority": "Associate",
        "employment_type": "Full-time",
        "location": "Porto, Portugal",
        "company_id": 77 if number < 10_000 else 78,
        "company_name": "Northwind Tidal",
        "company_url": page,
        "deleted": 0,
        "application_active": number % 2,
        "country": "Portugal" if number < 1_225 else "United States",
        "linkedin_job_id": 4_000_000_000 + number,
        "job_industry_collection": [{"job_industry_list": {"industry": "Oceanography"}}],
        "job_functions_collection": ["Engineering"],
    }


POSTINGS = 10_050


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def credits(self) -> int:
        return int(self.headers["x-credits-remaining"])

    @property
    def problems(self) -> list[tuple[str, list[str | int]]]:
        """Kinds and places of a 422 list."""
        return [(entry["type"], entry["loc"]) for entry in self.json()["detail"]]


def form(content: bytes, *, name: str = "ids.csv", **fields: str) -> aiohttp.FormData:
    """Return a form with an ID file, and other fields."""
    data = aiohttp.FormData(default_to_multipart=True)
    data.add_field("ids_file", io.BytesIO(content), filename=name, content_type="text/csv")
    for key, value in fields.items():
        data.add_field(key, value)
    return data


def records(packed: bytes) -> list[dict[str, Any]]:
    """Unpack a result file."""
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


@dataclass
class Api:
    """A caller of one tree of a sandbox."""

    sandbox: Sandbox
    clock: ManualClock
    version: Version
    session: aiohttp.ClientSession
    entity: str = "professional_network/job"
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        key, bearer = self.sandbox.api_key, f"Bearer {self.sandbox.jwt}"
        self.headers = {"apikey": key} if self.version == "v2" else {"Authorization": bearer}

    def path(self, endpoint: str, *parts: object) -> str:
        """Return the path of an endpoint, from /v1 or /v2 on."""
        v1 = {
            "bulk_filter": f"/v1/{self.entity}/bulk_collect/filter",
            "bulk_id_file": f"/v1/{self.entity}/bulk_collect/id_file",
            "files": "/v1/bulk_collect/{}/files",
            "file": "/v1/bulk_collect/{}/files/{}",
            "search": f"/v1/{self.entity}/search/filter",
            "collect": f"/v1/{self.entity}/collect/{{}}",
        }
        v2 = {
            "bulk_filter": "/v2/data_requests/job_base/filter",
            "bulk_id_file": "/v2/data_requests/job_base/id_file",
            "files": "/v2/data_requests/{}/files",
            "file": "/v2/data_requests/{}/files/{}",
            "search": "/v2/job_base/search/filter",
            "preview": "/v2/job_base/search/filter/preview",
            "collect": "/v2/job_base/collect/{}",
        }
        return (v1 if self.version == "v1" else v2)[endpoint].format(*parts)

    async def send(self, verb: str, path: str, **options: Any) -> Reply:
        """Send a request as it stands: the path is not encoded any further."""
        options.setdefault("headers", self.headers)
        return await self._send(verb, self.sandbox.url + path, options)

    async def send_elsewhere(self, verb: str, path: str, **options: Any) -> Reply:
        """Send a request, without a key, to a path that does not begin with /cdapi."""
        return await self._send(verb, self.sandbox.url.removesuffix("/cdapi") + path, options)

    async def _send(self, verb: str, address: str, options: dict[str, Any]) -> Reply:
        url = yarl.URL(address, encoded=True)
        async with self.session.request(verb, url, allow_redirects=False, **options) as reply:
            return Reply(reply.status, reply.headers, await reply.read())

    async def post_filter(self, filters: Any, **options: Any) -> Reply:
        body = {"filters": filters, **options}
        return await self.send("POST", self.path("bulk_filter"), json=body)

    async def post_ids(self, data: Any) -> Reply:
        return await self.send("POST", self.path("bulk_id_file"), data=data)

    async def accepted(self, filters: Any, **options: Any) -> str:
        reply = await self.post_filter(filters, **options)
        assert reply.status in {200, 201}, reply.body
        return str(reply.json()["request_id"])

    async def poll(self, request_id: str) -> Reply:
        return await self.send("GET", self.path("files", request_id))

    async def files(self, request_id: str) -> list[str]:
        reply = await self.poll(request_id)
        assert reply.status == 200, reply.body
        return list(reply.json()["data_request_files"])

    async def download(self, request_id: str, name: str) -> Reply:
        return await self.send("GET", self.path("file", request_id, name))

    async def collected(self, filters: Any, **options: Any) -> list[dict[str, Any]]:
        """Collect at once and return all records."""
        request_id = await self.accepted(filters, **options)
        found = []
        for name in await self.files(request_id):
            found += records((await self.download(request_id, name)).body)
        return found

    async def search(self, filters: Any, query: str = "") -> Reply:
        return await self.send("POST", self.path("search") + query, json=filters)


Connect = Callable[..., Awaitable[Api]]


@pytest.fixture(scope="session")
def catalog() -> Iterator[Catalog]:
    built = Catalog.build(posting(number) for number in range(POSTINGS))
    yield built
    built.close()


@pytest.fixture(params=["v1", "v2"])
def version(request: pytest.FixtureRequest) -> Version:
    chosen: Version = request.param
    return chosen


@pytest.fixture
async def connect(catalog: Catalog, clock: ManualClock) -> AsyncIterator[Connect]:
    """Start a sandbox with the settings given and return a caller of the tree named first."""
    async with AsyncExitStack() as stack:
        # A decoder of the client's own would hide a Content-Encoding.
        session = await stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))

        async def connect(version: Version, **settings: Any) -> Api:
            settings = {"data": catalog, "clock": clock, **settings}
            sandbox = await stack.enter_async_context(Sandbox(**settings))
            return Api(sandbox, clock, version, session)

        yield connect


@pytest.fixture
async def api(connect: Connect, version: Version) -> Api:
    """A caller of each tree, of a sandbox with its default settings."""
    return await connect(version)


@pytest.fixture
async def v2(connect: Connect) -> Api:
    """A caller of v2, for what does not differ between the trees."""
    return await connect("v2")


async def run(*command: str) -> bytes:
    """Run a command to its end and return what it wrote."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    written, _ = await process.communicate()
    assert process.returncode == 0, command
    return written
