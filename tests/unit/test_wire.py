"""The wire: bodies to the letter, evenly spaced requests, replies with a meaning."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.clock import SystemClock
from bulkjobs.config import ApiKey
from bulkjobs.listen import WakeUps
from bulkjobs.sandbox import Fault
from bulkjobs.wire.api import Api
from bulkjobs.wire.pace import LONGEST_PAUSE, Pace
from bulkjobs.wire.replies import Reply, error_of, wanted_pause
from bulkjobs.wire.routes import routes
from bulkjobs.wire.transport import Backoff, Transport
from tests.support import START, ManualClock

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]


def test_bodies_and_paths_to_the_letter() -> None:
    v1, v2 = routes("v1"), routes("v2")
    filters = {"title": "x"}
    assert v2.filter_body(filters, 5) == {"limit": 5, "filters": filters}
    assert v1.filter_body(filters, 5) == {"data_format": "json", "limit": 5, "filters": filters}
    assert v2.file("id/x", "json/part 0.gz") == "v2/data_requests/id%2Fx/files/json/part%200.gz"
    assert v1.files("abc") == "v1/bulk_collect/abc/files"
    assert v2.file("a", "../x") == "v2/data_requests/a/files/../x"  # kept verbatim: the local name is what is made safe


def api_at(url: str, version: str = "v2", key: str = "k") -> Api:
    spoken, clock = routes(version), SystemClock()
    return Api(Transport(URL(url), lambda: ApiKey(key), spoken, pace=Pace(1e6, clock), clock=clock), spoken)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("kind", ["filter", "ids"])
async def test_a_webhook_wakes_who_waits_for_a_data_request(start_sandbox: Start, version: str, kind: str) -> None:
    class Endless(SystemClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    sandbox = await start_sandbox(latency=0.2)
    api = api_at(sandbox.url, version, sandbox.jwt if version == "v1" else sandbox.api_key)
    filters, stop = {"title": "nurse"}, asyncio.Event()
    try:
        async with asyncio.timeout(20), WakeUps() as wake_ups:
            sleep = wake_ups.sleeper(Endless())
            if kind == "filter":
                request_id = await api.submit_filter(filters, limit=5, stop=stop, webhook_url=wake_ups.url)
            else:
                ids = (await api.search(filters, size=5)).ids
                csv = b"".join(b"%d\n" % number for number in ids)
                request_id = await api.submit_ids(csv, stop=stop, webhook_url=wake_ups.url)
            assert await sleep(3600)
            assert await api.files(request_id)
    finally:
        await api.transport.close()


async def test_a_webhook_is_sent_to_the_letter_and_only_when_there_is_one() -> None:
    address, bodies = "https://jobs.example/hooks/a%2Fb?c=d", list[Any]()

    async def handle(request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            bodies.append(await request.json())
        else:
            bodies.append({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
        return web.json_response({"request_id": "r"}, status=201)

    app = web.Application()
    app.router.add_post("/{tail:.*}", handle)
    async with TestServer(app) as server:
        api, stop = api_at(str(server.make_url("/cdapi"))), asyncio.Event()
        for url in (address, None):
            await api.submit_filter({"title": "x"}, limit=5, stop=stop, webhook_url=url)
            await api.submit_ids(b"1\n", stop=stop, webhook_url=url)
        body = {"limit": 5, "filters": {"title": "x"}}
        assert bodies == [{**body, "webhook_url": address}, {"webhook_url": address}, body, {}]
        for bad in ("http://jobs.example/hooks", ""):
            with pytest.raises(errors.ConfigError, match="webhook_url"):
                await api.submit_filter({"title": "x"}, limit=5, stop=stop, webhook_url=bad)
            with pytest.raises(errors.ConfigError, match="webhook_url"):
                await api.submit_ids(b"1\n", stop=stop, webhook_url=bad)
        assert len(bodies) == 4
        await api.transport.close()


@pytest.mark.parametrize("status", [201, 422, 500])
@pytest.mark.parametrize("slash", ["/", "\\/"])
async def test_an_answer_that_repeats_the_webhook_is_not_quoted(
    status: int, slash: str, odd_service: Callable[..., Any]
) -> None:
    address = "https://jobs.example/hooks/secret"
    text = json.dumps({"detail": [{"input": address}]}).replace("/", slash)
    api = api_at(await odd_service(lambda: web.Response(status=status, text=text)))
    more: dict[str, Any] = {"stop": asyncio.Event(), "webhook_url": address}
    for posted in (api.submit_filter({"title": "x"}, limit=5, **more), api.submit_ids(b"1\n", **more)):
        with pytest.raises(errors.BulkJobsError, match=r"\*\*\*") as caught:
            await posted
        assert "secret" not in repr(vars(caught.value)) + str(caught.value) + repr(caught.value)
    await api.transport.close()


async def test_requests_are_evenly_spaced(clock: ManualClock) -> None:
    pace, turns = Pace(5.0, clock), []

    async def one() -> None:
        await pace.turn()
        turns.append(round(clock.now - START, 6))

    await asyncio.gather(*(one() for _ in range(3)))
    await one()
    assert turns[0] == 0.0
    assert clock.sleeps == pytest.approx([0.2, 0.4, 0.0], abs=0.21)
    clock.now += 100
    before = len(clock.sleeps)
    await one()
    assert len(clock.sleeps) == before  # time went by: no wait


async def test_a_pause_is_kept_and_bounded(clock: ManualClock) -> None:
    pace = Pace(5.0, clock)
    await pace.pause(7)
    await pace.turn()
    assert clock.now == START + 7
    await pace.pause(10**9)
    await pace.turn()
    assert clock.now <= START + 7.2 + LONGEST_PAUSE


async def test_the_client_stays_below_the_service_s_limit(start_sandbox: Start, make_client: MakeClient) -> None:
    sandbox = await start_sandbox(rate=50.0)
    client = make_client(sandbox, rate=50.0)
    await asyncio.gather(*(client.count(bj.JobFilter(title="nurse")) for _ in range(70)))
    assert sandbox.stats()["refused"] == {}


def test_backoff_grows_to_its_cap_with_jitter() -> None:
    low = Backoff(first=1.0, factor=2.0, cap=10.0, jitter=lambda: 0.0)
    high = Backoff(first=1.0, factor=2.0, cap=10.0, jitter=lambda: 1.0)
    assert [low.wait(n) for n in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert [high.wait(n) for n in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert high.wait(10_000) == 10.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": "Mon, 21 Sep 2026 14:13:50 GMT"}, 30.0),
        ({"Retry-After": "Mon, 21 Sep 2020 14:13:50 GMT"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
        ({"Retry-After": "Mon, 21 Sep 99999 14:13:50 GMT"}, 0.0),
        ({"Retry-After": "9" * 5_000}, 0.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "3"}, 3.0),
        ({"ratelimit-remaining": "4", "ratelimit-reset": "3"}, 0.0),
        ({"ratelimit-remaining": "0"}, 0.0),
    ],
)
def test_what_the_service_asks_us_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert wanted_pause(headers, START) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, errors.RequestRejected), (401, errors.Unauthorized), (402, errors.InsufficientCredits),
     (403, errors.Unauthorized), (404, errors.NotFound), (409, errors.AlreadyRunning),
     (418, errors.ProtocolError), (422, errors.RequestRejected), (429, errors.RateLimited),
     (500, errors.ServiceUnavailable), (599, errors.ServiceUnavailable)],
)  # fmt: skip
def test_every_status_has_a_type(status: int, kind: type[errors.ServiceError]) -> None:
    for body in (b"", b"<html>", b'{"detail": [1]}', b'{"message": "m"}', b"[]", b"\xff"):
        error = error_of(Reply(status, {}, body))
        assert type(error) is kind
        assert (error.status, error.charged) == (status, "no")
        assert str(error)


def test_the_old_name_of_the_company_field_is_suggested() -> None:
    body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "filters", "company_professional_network_url"]}]}
    error = error_of(Reply(422, {}, json.dumps(body).encode()))
    assert 'company_url_field="company_linkedin_url"' in error.next_step


async def test_the_company_field_can_have_its_old_name(start_sandbox: Start, make_client: MakeClient) -> None:
    sandbox = await start_sandbox(company_url_key="company_linkedin_url")
    query = bj.JobFilter(company_professional_network_url="https://www.professional-network.example/company/x")
    with pytest.raises(errors.RequestRejected, match="company_linkedin_url"):
        await make_client(sandbox).count(query)
    assert await make_client(sandbox, company_url_field="company_linkedin_url").count(query) == 0


async def test_free_requests_are_asked_again_within_their_patience(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock
) -> None:
    client = make_client(sandbox, clock=clock)
    for fault in (Fault("search", "status", times=3, status=503), Fault("search", "reset_before", times=3)):
        sandbox.faults.add(fault)
        assert await client.count(bj.JobFilter(title="nurse")) > 0
    sandbox.faults.add(Fault("search", "status", times=10_000, status=503))
    started = clock.now
    with pytest.raises(errors.ServiceUnavailable):
        await client.count(bj.JobFilter(title="nurse"))
    assert clock.now - started <= 31


@pytest.fixture
async def odd_service() -> AsyncIterator[Callable[..., Any]]:
    """A service that answers every search with one given reply."""
    servers: list[TestServer] = []

    async def start(reply: Callable[[], web.Response]) -> str:
        async def handle(_: web.Request) -> web.Response:
            return reply()

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handle)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/cdapi"))

    yield start
    for server in servers:
        await server.close()


@pytest.mark.parametrize(
    ("reply", "count"),
    [
        (lambda: web.json_response([]), 0),
        (lambda: web.json_response([1], headers={"X-Total-Results": "17"}), 17),
        (lambda: web.json_response([1]), "did not tell"),
        (lambda: web.json_response([1], headers={"x-total-results": "many"}), "did not tell"),
        (lambda: web.json_response({"a": 1}), "no list of ids"),
        (lambda: web.Response(text="<html>"), "no JSON"),
        (lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "302"),
    ],
)
async def test_odd_answers_to_a_count(
    reply: Callable[[], web.Response], count: int | str, odd_service: Callable[..., Any], tmp_path: Any
) -> None:
    async with bj.Client("k", base_url=await odd_service(reply), home=tmp_path, rate=1e6) as client:
        if isinstance(count, int):
            assert await client.count(bj.JobFilter(title="x")) == count
            return
        with pytest.raises(errors.ProtocolError, match=count):
            await client.count(bj.JobFilter(title="x"))


async def test_previews_are_shown_only_where_they_are_free(
    sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter
) -> None:
    plan = await make_client(sandbox).plan(query, limit=5)
    assert len(plan.sample) == 5
    assert str(plan.sample[0]["title"]) in repr(plan)
    assert (await make_client(sandbox, free_preview=False).plan(query, limit=5)).sample == ()
    assert (await make_client(sandbox, api_version="v1").plan(query, limit=5)).sample == ()
    assert sandbox.stats()["previews"] == 1


@pytest.mark.parametrize("last", ["empty", "no cursor", "same cursor", "total"])
async def test_a_search_ends_however_the_last_page_looks(
    last: str, odd_service: Callable[..., Any], tmp_path: Any
) -> None:
    pages = iter([[1, 2], [3, 3], [] if last == "empty" else [4]])

    def reply() -> web.Response:
        ids = next(pages)  # a page too many is a StopIteration, and fails the test
        headers = {"x-next-page-after": f'"2026-01-01 00:00:00",{ids[-1] if ids else 0}'}
        if ids == [4]:
            headers = {"no cursor": {}, "same cursor": {"x-next-page-after": '"2026-01-01 00:00:00",3'}}.get(
                last, headers
            )
        if last == "total":
            headers["x-total-results"] = "4"
        return web.json_response(ids, headers=headers)

    async with bj.Client("k", base_url=await odd_service(reply), home=tmp_path, rate=1e6) as client:
        assert await client.search(bj.JobFilter(title="x")) == ([1, 2, 3] if last == "empty" else [1, 2, 3, 4])


def test_a_header_that_is_no_number_is_no_error() -> None:
    assert Reply(200, {"x-total-results": "9" * 5_000}, b"").integer("x-total-results") is None
    assert Reply(200, {"x-credits-remaining": " 17 "}, b"").balance == 17


def test_one_client_lives_through_two_event_loops(tmp_path: Any) -> None:
    with bj.sync.Client.sandbox(home=tmp_path / "server", postings=50) as twin:
        server = twin._client.server  # type: ignore[attr-defined]
        client = bj.Client(server.api_key, base_url=server.url, home=tmp_path / "home")

        async def count() -> int:
            try:
                return await client.count(bj.JobFilter(deleted=False))
            finally:
                await client.close()

        assert asyncio.run(count()) == asyncio.run(count()) > 0


@pytest.mark.parametrize("query", ["Data Engineer", {"title": "x"}, None, 5])
async def test_what_is_no_query_is_said(query: Any, client: bj.Client) -> None:
    for verb in (client.count, client.plan, client.collect, client.search):
        with pytest.raises(errors.InvalidQuery):
            await verb(query)
    with pytest.raises(errors.InvalidQuery, match="JobFilter"):
        await client.search(bj.JobIds([1]))  # type: ignore[arg-type]
