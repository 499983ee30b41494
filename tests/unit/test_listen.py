"""The webhook of our own: one secret address, and wake-ups that nobody can make too many of."""

from __future__ import annotations

import asyncio
import logging
import socket
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bulkjobs.config import webhook_address
from bulkjobs.errors import ConfigError
from bulkjobs.listen import MIN_GAP, Sleep, WakeUps
from tests.support import START, until

TOKEN = "kept-over-restarts_0123456789-ABCDEF"


class HeldClock:
    """A clock on which a sleep ends only when a test moves it."""

    def __init__(self) -> None:
        self.now = START
        self.naps: list[tuple[float, asyncio.Event]] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        nap = (self.now + seconds, asyncio.Event())
        self.naps.append(nap)
        try:
            await nap[1].wait()
        finally:
            self.naps.remove(nap)

    def move(self, seconds: float) -> None:
        self.now += seconds
        for end, over in self.naps:
            if end <= self.now:
                over.set()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def wake_ups(clock: HeldClock) -> AsyncIterator[WakeUps]:
    async with WakeUps(token=TOKEN, clock=clock) as started:
        yield started


async def call(url: str, method: str = "POST", **more: Any) -> tuple[int, bytes, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, URL(url, encoded=True), allow_redirects=False, **more) as reply,
    ):
        return reply.status, await reply.read(), reply.headers


async def asleep(clock: HeldClock, sleep: Sleep, seconds: float = 30.0) -> asyncio.Task[bool]:
    """Start a sleep, and return when it is one."""
    before = len(clock.naps)
    task = asyncio.ensure_future(sleep(seconds))
    await until(lambda: len(clock.naps) > before)
    return task


async def gap_begun(clock: HeldClock) -> None:
    """Return when a wake-up is over, and the gap after it holds back the next."""
    await until(lambda: any(end == clock.now + MIN_GAP for end, _ in clock.naps))


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PURGE"])
async def test_whatever_comes_to_the_address_is_a_call(method: str, wake_ups: WakeUps, clock: HeldClock) -> None:
    task = await asleep(clock, wake_ups.sleeper(clock))
    status, body, headers = await call(f"{wake_ups.url}?status=ready", method, data=b"\xff{" * 100)
    assert (status, body) == (200, b"")
    assert "Server" not in headers
    assert await task is True


async def test_no_other_path_is_told_anything(wake_ups: WakeUps, clock: HeldClock) -> None:
    rings: list[None] = []
    wake_ups._on_call = lambda: rings.append(None)
    root = wake_ups.url.removesuffix(TOKEN)
    others = ("", TOKEN[:-1], f"{TOKEN}x", f"{TOKEN}/", f"{TOKEN}/x", f"/{TOKEN}", f"x/{TOKEN}", TOKEN.lower(),
              f"?{TOKEN}", "%F0%9F%A6%94", "%ff", "%ED%A0%80", "%00")  # fmt: skip
    for path in others:
        status, body, headers = await call(root + path)
        assert (status, body, "Server" in headers) == (404, b"", False), path
    assert not wake_ups._called.is_set()
    await call(wake_ups.url)
    await gap_begun(clock)
    assert len(rings) == 1


async def raw(wake_ups: WakeUps, sent: bytes) -> bytes:
    """Send bytes, and read the answer to its end without saying that ours has come."""
    url = URL(wake_ups.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return head


async def test_the_answer_does_not_wait_for_the_body(wake_ups: WakeUps) -> None:
    head = await asyncio.wait_for(
        raw(wake_ups, b"POST /%b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n{" % TOKEN.encode()), 5
    )
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nContent-Length: 0\r\n" in head
    assert b"\r\nConnection: close\r\n" in head


async def test_a_large_body_is_never_in_memory(wake_ups: WakeUps) -> None:
    async def large() -> AsyncIterator[bytes]:
        piece = bytes(65_536)
        for _ in range(256):  # 16 MiB
            yield piece

    tracemalloc.start()
    try:
        assert (await call(wake_ups.url, data=large()))[0] == 200
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


async def test_garbage_is_refused_without_a_banner_or_a_log_line(
    wake_ups: WakeUps, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    head = await raw(wake_ups, b"POST /%b HTTP/9.x\r\n\r\n" % TOKEN.encode())
    assert head.startswith(b"HTTP/1.0 400 ")
    assert b"Server" not in head
    assert not caplog.records


async def test_the_address_is_shown_nowhere(
    wake_ups: WakeUps, clock: HeldClock, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    def broken() -> None:
        raise KeyError("broken")

    wake_ups._on_call = broken
    await call(wake_ups.url)
    await gap_begun(clock)
    assert "the on_call callback failed" in caplog.text
    written = capsys.readouterr()
    shown = (repr(wake_ups), str(wake_ups), repr(wake_ups.url), repr([wake_ups.sleeper(clock)]), caplog.text, *written)
    assert not any(TOKEN in text for text in shown)
    assert wake_ups.url.endswith(f"/{TOKEN}")  # and yet it is there
    task = await asleep(clock, wake_ups.sleeper(clock))
    await call(wake_ups.url)
    clock.move(MIN_GAP)
    assert await task  # a fault of the callback stops nothing


async def test_all_who_sleep_wake_at_one_call(wake_ups: WakeUps, clock: HeldClock) -> None:
    tasks = [await asleep(clock, wake_ups.sleeper(clock)) for _ in range(50)]
    await call(wake_ups.url)
    assert await asyncio.gather(*tasks) == [True] * 50
    await gap_begun(clock)
    assert len(clock.naps) == 1  # no sleep goes on: the gap only


async def test_without_a_call_a_sleep_takes_its_time(wake_ups: WakeUps, clock: HeldClock) -> None:
    task = await asleep(clock, wake_ups.sleeper(clock), 30.0)
    clock.move(29.9)
    await call(wake_ups.url.removesuffix(TOKEN))
    assert not task.done()
    clock.move(0.1)
    assert await task is False


async def test_a_call_while_nobody_sleeps_is_not_lost_and_heard_once_by_each(
    wake_ups: WakeUps, clock: HeldClock
) -> None:
    one, other = wake_ups.sleeper(clock), wake_ups.sleeper(clock)
    await call(wake_ups.url)
    await gap_begun(clock)
    late = wake_ups.sleeper(clock)  # it has yet to poll: the call tells it nothing
    assert await one(30.0) is True
    assert await other(30.0) is True
    tasks = [await asleep(clock, sleep) for sleep in (one, other, late)]
    clock.move(30.0)
    assert await asyncio.gather(*tasks) == [False] * 3


async def test_a_flood_wakes_once_a_gap_and_its_last_call_is_heard(clock: HeldClock) -> None:
    rings: list[float] = []
    async with WakeUps(clock=clock, on_call=lambda: rings.append(clock.now - START)) as wake_ups:
        sleep = wake_ups.sleeper(clock)
        await call(wake_ups.url)
        await gap_begun(clock)
        assert await sleep(30.0)
        task = await asleep(clock, sleep)
        for _ in range(20):
            await call(wake_ups.url)
        clock.move(MIN_GAP - 0.01)
        await call(wake_ups.url)
        assert not task.done()
        clock.move(0.01)
        assert await task is True
        await gap_begun(clock)
        clock.move(MIN_GAP)
        await until(lambda: not clock.naps)
    assert rings == [0.0, MIN_GAP]


async def test_a_sleep_that_is_cancelled_leaves_nothing(wake_ups: WakeUps, clock: HeldClock) -> None:
    task = await asleep(clock, wake_ups.sleeper(clock))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not clock.naps


async def test_the_address() -> None:
    async with WakeUps() as one, WakeUps() as other:
        url = URL(one.url)
        assert (url.scheme, url.host) == ("http", "127.0.0.1")
        assert len(url.path) > 40
        assert url.path != URL(other.url).path
    with pytest.raises(RuntimeError, match="nobody listens"):
        _ = one.url
    for public in ("https://jobs.example/hooks", "https://jobs.example/hooks/"):
        async with WakeUps(public_url=public, host="0.0.0.0", token=TOKEN) as wake_ups:
            assert wake_ups.url == f"https://jobs.example/hooks/{TOKEN}"


async def test_a_restart_keeps_the_address(clock: HeldClock) -> None:
    async with WakeUps(token=TOKEN) as before:
        url = before.url
    async with WakeUps(token=TOKEN, port=URL(url).port or 0, clock=clock) as after:
        assert after.url == url
        task = await asleep(clock, after.sleeper(clock))
        await call(url)
        assert await task


async def test_it_may_be_gone_while_somebody_sleeps(clock: HeldClock) -> None:
    before = asyncio.all_tasks()
    async with WakeUps(clock=clock) as wake_ups:
        url = wake_ups.url
        task = await asleep(clock, wake_ups.sleeper(clock))
    with pytest.raises(aiohttp.ClientConnectorError):
        await call(url)
    clock.move(30.0)
    assert await task is False
    await until(lambda: asyncio.all_tasks() <= before)  # nothing goes on behind our back


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match=r"Nothing can listen on 127\.0\.0\.1, port \d+ .* port=0") as caught:
            await WakeUps(port=taken.getsockname()[1], token=TOKEN).__aenter__()
    assert TOKEN not in str(caught.value)
    with pytest.raises(ConfigError, match="port 65536"):
        await WakeUps(port=65_536).__aenter__()


@pytest.mark.parametrize("token", ["", "x" * 31, "x" * 40 + "/", "x" * 40 + "\n", "é" * 40, "../" * 20])
def test_a_token_that_can_be_guessed_or_is_no_segment_is_refused(token: str) -> None:
    with pytest.raises(ConfigError, match="at least 32") as caught:
        WakeUps(token=token)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "jobs.example", "a/b"])
def test_others_reach_it_only_by_way_of_a_proxy(host: str) -> None:
    with pytest.raises(ConfigError, match="public_url"):
        WakeUps(host=host)
    WakeUps(host=host, public_url="https://jobs.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_no_proxy(host: str) -> None:
    WakeUps(host=host)


BAD = {
    "/secret": "absolute",
    "jobs.example/secret": "absolute",
    "ftp://jobs.example/secret": "absolute",
    "https:///secret": "absolute",
    "https://jobs.example:99999/secret": "absolute",
    "https://[::1/secret": "absolute",
    "https://me:word@jobs.example/secret": "user name",
    "https://me@jobs.example/secret": "user name",
    "https://jobs.example/secret#part": "fragment",
    "https://jobs.example/secret#": "fragment",
    "http://jobs.example/secret": "plain http",
    "http://localhost.jobs.example/secret": "plain http",
    "https://jobs.example/secret\n": "plain letters",
    "https://jobs.example/secret word": "plain letters",
    "https://jobs.example/sécret": "plain letters",
    "": "absolute",
    None: "plain letters",
    b"https://jobs.example/secret": "plain letters",
}


@pytest.mark.parametrize(("value", "words"), BAD.items())
def test_a_bad_address_is_refused_and_not_quoted(value: Any, words: str) -> None:
    for check, name in ((webhook_address, "webhook_url"), (lambda url: WakeUps(public_url=url), "public_url")):
        if value is None and name == "public_url":
            continue
        with pytest.raises(ConfigError, match=f"^{name} .*{words}") as caught:
            check(value)
        assert "secret" not in str(caught.value).replace("the secret address", "")
        assert "https://..." in caught.value.next_step


def test_a_public_url_has_no_query() -> None:
    for url in ("https://jobs.example/?a=b", "https://jobs.example/?"):
        with pytest.raises(ConfigError, match="query"):
            WakeUps(public_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://jobs.example/%7Esecret?key=a%2Fb",
        "http://127.0.0.1:8080/secret",
        "http://[::1]:8/s",
        "http://localhost/s",
    ],
)
def test_a_good_address_is_kept_to_the_letter(url: str) -> None:
    assert webhook_address(url) == url
    assert repr(webhook_address(url)) == "'***'"
