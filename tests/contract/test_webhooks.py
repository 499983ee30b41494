"""Contract sections 9 and 12.11: webhooks, as the sandbox invents them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.contract.conftest import ENGINEERS, EVERYTHING, FIRST_ID, NOTHING, Api, Connect, Version, form

PATIENCE_SECONDS = 10


class Listener:
    """Somebody's webhook: keeps what it hears, and answers with the statuses given."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[tuple[str, str, Any]] = asyncio.Queue()
        self.statuses: list[int] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.put_nowait((request.method, request.content_type, await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def heard(self) -> tuple[str, str, Any]:
        return await asyncio.wait_for(self.calls.get(), PATIENCE_SECONDS)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", listener.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook/a1b2"
    yield listener
    await runner.cleanup()


async def test_it_is_told_when_it_is_ready(connect: Connect, version: Version, listener: Listener) -> None:
    api = await connect(version, latency=60)
    first = await api.accepted(ENGINEERS, webhook_url=listener.url)
    other = await api.accepted(NOTHING)
    api.clock.now += 60
    wanted = ("POST", "application/json", {"request_id": first, "status": "ready"})
    assert await listener.heard() == wanted
    last = await api.accepted(ENGINEERS, webhook_url=listener.url)
    api.clock.now += 60
    assert (await listener.heard())[2]["request_id"] == last
    assert other not in {first, last}


async def test_it_is_not_told_before(connect: Connect, listener: Listener) -> None:
    api = await connect("v2", latency=60)
    slow = await api.accepted(ENGINEERS, webhook_url=listener.url)
    api.clock.now += 59
    quick = await connect("v2")
    sooner = await quick.accepted(ENGINEERS, webhook_url=listener.url)
    # The second sandbox is heard first, though its data request came later.
    assert (await listener.heard())[2]["request_id"] == sooner
    api.clock.now += 1
    assert (await listener.heard())[2]["request_id"] == slow


@pytest.mark.parametrize(("filters", "settings"), [(EVERYTHING, {}), (NOTHING, {}), (ENGINEERS, {"credits": 0})])
async def test_it_is_told_of_failure_too(
    connect: Connect, version: Version, listener: Listener, filters: dict[str, Any], settings: dict[str, Any]
) -> None:
    api = await connect(version, **settings)
    request_id = await api.accepted(filters, webhook_url=listener.url)
    assert (await listener.heard())[2] == {"request_id": request_id, "status": "failed"}


async def test_id_files_have_webhooks_too(api: Api, listener: Listener) -> None:
    reply = await api.post_ids(form(b"%d\n" % FIRST_ID, webhook_url=listener.url))
    wanted = {"request_id": reply.json()["request_id"], "status": "ready"}
    assert (await listener.heard())[2] == wanted


async def test_a_call_that_fails_is_made_once_more_and_no_more(v2: Api, listener: Listener) -> None:
    listener.statuses = [500, 500, 200]
    first = await v2.accepted(ENGINEERS, webhook_url=listener.url)
    second = ""
    calls = []
    while second not in calls:
        calls.append((await listener.heard())[2]["request_id"])
        if calls.count(first) == 2 and not second:
            # Were there a third call, it would come before that of a data request made only now.
            second = await v2.accepted(NOTHING, webhook_url=listener.url)
    assert calls == [first, first, second]


async def test_a_webhook_that_nobody_answers_does_no_harm(
    v2: Api, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    await v2.accepted(NOTHING, webhook_url="http://127.0.0.1:1/secret-path")
    request_id = await v2.accepted(ENGINEERS, webhook_url=listener.url)
    assert (await listener.heard())[2]["request_id"] == request_id
    assert (await v2.poll(request_id)).status == 200
    assert "secret-path" not in caplog.text


@pytest.mark.parametrize("url", ["http://example.com/hook", "https://10.0.0.1/", "http://127.0.0.1.example.com/"])
async def test_other_computers_are_not_called(
    v2: Api, listener: Listener, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    refused = await v2.accepted(NOTHING, webhook_url=url)
    assert f"webhook of data request {refused} is not on this computer" in caplog.text
    request_id = await v2.accepted(ENGINEERS, webhook_url=listener.url)
    assert (await listener.heard())[2]["request_id"] == request_id


async def test_a_redirect_is_not_followed(v2: Api, listener: Listener) -> None:
    async def redirect(_request: web.Request) -> web.Response:
        redirected.set()
        return web.Response(status=307, headers={"Location": listener.url})

    redirected = asyncio.Event()
    app = web.Application()
    app.router.add_post("/", redirect)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await v2.accepted(NOTHING, webhook_url=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    await asyncio.wait_for(redirected.wait(), PATIENCE_SECONDS)
    request_id = await v2.accepted(ENGINEERS, webhook_url=listener.url)
    assert (await listener.heard())[2]["request_id"] == request_id
    await runner.cleanup()


async def test_stopping_gives_up_what_is_watched(connect: Connect, listener: Listener) -> None:
    before = asyncio.all_tasks()
    api = await connect("v2", latency=60)
    await api.accepted(ENGINEERS, webhook_url=listener.url)
    watching = [task for task in asyncio.all_tasks() - before if "Notifier" in repr(task.get_coro())]
    assert len(watching) == 1
    await api.sandbox.stop()
    assert watching[0].done()
