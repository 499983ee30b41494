"""Calls of the service: they shorten what polling would find out anyway, and spend nothing."""

from __future__ import annotations

import asyncio
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import bulkjobs as bj
from bulkjobs import errors, opening
from bulkjobs.budget import Budget
from bulkjobs.listen import WakeUps
from bulkjobs.listening import LOOK, TOKEN_FILE
from bulkjobs.planner import id_files
from tests.support import ManualClock, leave_intent, posts

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]

SECRET = "https://jobs.example/secret"


class NoPatience:
    """The real time, on which nobody ever wakes from a sleep of half a second or more: only calls help."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await (asyncio.sleep(seconds) if seconds < 0.5 else asyncio.Event().wait())


def sleepless(make: MakeClient, sandbox: bj.Sandbox, **settings: Any) -> bj.Client:
    return make(sandbox, clock=NoPatience(), jitter=lambda: 1.0, **settings)


async def reached(collection: bj.Collection, state: str) -> None:
    async with asyncio.timeout(20):
        while collection.state != state:
            await asyncio.sleep(0.01)


async def test_a_poll_loop_wakes_at_a_call(start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter) -> None:
    sandbox = await start_sandbox(latency=0.3)
    client = sleepless(make_client, sandbox)
    async with WakeUps() as wake_ups:
        client._shop.wake_ups.append(wake_ups)
        async with asyncio.timeout(20):
            collection = await client.collect(query, limit=20)
    assert len(collection.frame()) == 20
    assert sandbox.stats()["polls"] == 2


async def test_what_this_client_buys_names_the_address_and_is_received(
    start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=0.3)
    client = sleepless(make_client, sandbox)
    async with client.listen() as listening:
        async with asyncio.timeout(20):
            collection = await client.collect(query, limit=20)
        assert len(collection.frame()) == 20
    assert client._shop.webhook() is None
    with pytest.raises(RuntimeError, match="nobody listens"):
        _ = listening.url


@pytest.mark.parametrize("by_ids", [True, False])
async def test_what_another_process_bought_is_received_at_a_call(
    by_ids: bool, start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=0.3)
    heard: list[str] = []
    one = sleepless(make_client, sandbox)
    async with one.listen(on_event=lambda event: heard.append(type(event).__name__)) as listening:
        other = make_client(sandbox, webhook_url=listening.url)
        what = bj.JobIds(await other.search(query, limit=20)) if by_ids else query
        collection = await other.submit(what, max_credits=20, limit=20)
        await reached(collection, "loaded")
        assert len(collection.frame()) == 20
    assert "Fetched" in heard


async def test_lost_calls_lose_nothing(start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter) -> None:
    clock = ManualClock()
    sandbox = await start_sandbox(latency=0.3)
    client = make_client(sandbox)
    collection = await client.submit(query, limit=20)  # names no address
    async with make_client(sandbox, clock=clock).listen():
        await reached(collection, "loaded")
    assert LOOK in clock.sleeps
    assert posts(sandbox) == 1


async def test_a_listener_spends_nothing(sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter) -> None:
    clock = ManualClock()
    client = make_client(sandbox, clock=clock)
    planned = await leave_intent(client, query, 20)
    paid = await client.submit(query, limit=30)
    async with client.listen():
        await reached(paid, "loaded")
        while clock.sleeps.count(LOOK) < 3:
            await asyncio.sleep(0.01)
    assert (client.attach(planned).state, posts(sandbox)) == ("planned", 1)


async def test_a_listener_leaves_the_rest_of_a_collection_unsent(
    sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter
) -> None:
    clock = ManualClock()
    client = make_client(sandbox, clock=clock)
    ids = pl.Series(await client.search(query, limit=20), dtype=pl.Int64)
    plan = replace(await client.plan(bj.JobIds(ids)), requests=tuple(id_files(ids, 10)))
    row, _ = await opening.anew(client._shop, plan, None, Budget(None, bounded=True), fresh=False)
    first, _ = client.ledger.data_requests(row.id)  # the process ends between its two POSTs
    assert client.ledger.claim(first, account=client._shop.account(), at=clock.time()).won
    request_id = await client._shop.api.submit_ids(bj.JobIds(ids.head(10)).to_csv(), stop=asyncio.Event())
    client.ledger.accepted(first, request_id, at=clock.time())
    async with client.listen():
        while clock.sleeps.count(LOOK) < 3:
            await asyncio.sleep(0.01)
    assert [request.state for request in client.attach(row.id).requests] == ["loaded", "planned"]
    assert posts(sandbox) == 1


async def test_a_failing_look_is_not_the_last(
    sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(sandbox, clock=ManualClock())
    collection = await client.submit(query, limit=20)
    whole, calls = client.ledger.collections, 0

    def broken() -> Any:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise errors.LedgerError("away") if calls == 1 else ValueError("odd")
        return whole()

    client.ledger.collections = broken  # type: ignore[method-assign]
    async with client.listen():
        await reached(collection, "loaded")
    assert caplog.text.count("could not be looked at") == 2


async def test_the_setting(
    sandbox: bj.Sandbox, make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_client(sandbox)._shop.webhook() is None
    (tmp_path / "home" / "config.toml").write_text(f'webhook_url = "{SECRET}/file"')
    assert make_client(sandbox)._shop.webhook() == f"{SECRET}/file"
    monkeypatch.setenv("BULKJOBS_WEBHOOK_URL", f"{SECRET}/environment")
    assert make_client(sandbox)._shop.webhook() == f"{SECRET}/environment"
    client = make_client(sandbox, webhook_url=f"{SECRET}/argument")
    assert client._shop.webhook() == f"{SECRET}/argument"
    assert "secret" not in repr(client._shop)
    async with client.listen():  # what the user said counts
        assert client._shop.webhook() == f"{SECRET}/argument"
    with pytest.raises(errors.ConfigError, match="webhook_url uses plain http") as caught:
        make_client(sandbox, webhook_url="http://jobs.example/secret")
    assert "example" not in str(caught.value)


async def test_the_address_stays_for_this_home_and_is_nobody_elses(
    sandbox: bj.Sandbox, make_client: MakeClient, tmp_path: Path
) -> None:
    urls = []
    for _ in range(2):
        async with make_client(sandbox).listen(public_url="https://jobs.example/hooks") as listening:
            urls.append(listening.url)
            token = listening.url.rpartition("/")[2]
            assert token not in repr(listening) + repr(listening.url)
    assert urls[0] == urls[1]
    file = tmp_path / "home" / TOKEN_FILE
    assert file.read_text() == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with make_client(sandbox, home=tmp_path / "other").listen() as listening:
        assert token not in listening.url
    file.write_text("short")
    with pytest.raises(errors.ConfigError, match="at least 32"):
        make_client(sandbox).listen()


async def test_who_can_t_be_called_is_told(tmp_path: Path) -> None:
    async with bj.Client("k", home=tmp_path) as client:
        with pytest.raises(errors.ConfigError, match="public_url"):
            client.listen()
    async with bj.Client(home=tmp_path) as client:
        with pytest.raises(errors.ConfigError, match="No API key"):
            client.listen(public_url="https://jobs.example")


def test_the_command_line(tmp_path: Path) -> None:
    sandbox = bj.Sandbox(postings=300, latency=0.3)
    bj.sync._LOOP.run(sandbox.start())
    words = [sys.executable, "-m", "bulkjobs", "listen", "--home", str(tmp_path), "--base-url", sandbox.url]
    environment = {"CORESIGNAL_API_KEY": sandbox.api_key, "BULKJOBS_RATE": "1000", "PATH": ""}
    process = subprocess.Popen(
        words, env={**environment, "PYTHONPATH": ":".join(sys.path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        name, _, url = process.stdout.readline().strip().removeprefix("export ").partition("=")
        assert name == "BULKJOBS_WEBHOOK_URL"
        assert "secret" in process.stdout.readline()
        settings = {"base_url": sandbox.url, "home": tmp_path, "rate": 1e6, "webhook_url": url}
        with bj.sync.Client(sandbox.api_key, **settings) as client:
            collection = client.submit(bj.JobFilter(country="United States"), limit=5)
            assert process.stderr.readline() == f"collection {collection.id}: 5 postings are here\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stdout.read() + process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()
        bj.sync._LOOP.run(sandbox.stop())


def test_blocking(tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(home=tmp_path, postings=300, latency=0.2) as client:
        with client.listen() as listening:
            assert listening.url.startswith("http://127.0.0.1:")
            assert len(client.collect(bj.JobFilter(country="United States"), limit=5).frame()) == 5
        assert client._client._shop.wake_ups == []
