"""The key is in no log, repr, traceback, ledger, exception or file, whatever goes wrong."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import config, errors
from bulkjobs.sandbox import Fault
from bulkjobs.wire.transport import Timeouts
from tests.support import Listener, ManualClock

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]


class Haystack:
    """All text that a person or a program could see."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, *things: object) -> None:
        for thing in things:
            self.texts += [repr(thing), str(thing), json.dumps(thing, default=repr)]
            if hasattr(thing, "_repr_html_"):
                self.texts.append(thing._repr_html_())
            self.texts.append(repr(getattr(thing, "__dict__", None)))
            if isinstance(thing, BaseException):
                shown = traceback.TracebackException.from_exception(thing, capture_locals=True)
                mine = [frame for frame in shown.stack if frame.filename != __file__]  # this test's locals hold the key
                shown.stack = traceback.StackSummary.from_list(mine)
                self.texts += shown.format()
                self.add(*thing.args)

    def holds(self, needle: str) -> list[str]:
        return [text[:300] for text in self.texts if needle in text]


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_the_key_is_nowhere(
    version: str,
    sandbox: bj.Sandbox,
    make_client: MakeClient,
    query: bj.JobFilter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    key = sandbox.jwt if version == "v1" else sandbox.api_key
    client = make_client(sandbox, api_version=version, clock=ManualClock(), timeouts=Timeouts(spend=0.4, answer=0.4))
    hay, listener = Haystack(), Listener()

    plan = await client.plan(query, limit=20)
    collection = await client.collect(plan, on_event=listener)
    hay.add(client, client._shop, client._transport, client._shop.api, plan, collection, collection.report)
    hay.add(*listener.events, *collection.requests, config.ApiKey(key), [config.ApiKey(key)])

    kinds = ("status_after", "reset_after", "late_reply", "status")
    for number, kind in enumerate(kinds):
        extra: dict[str, Any] = (
            {"seconds": 2.0} if kind == "late_reply" else {"status": 502} if "status" in kind else {}
        )
        sandbox.faults.add(Fault("bulk_filter", kind, **extra))  # type: ignore[arg-type]
        with pytest.raises(errors.BulkJobsError) as caught:
            await client.collect(query, limit=30 + number, fresh=True)
        hay.add(caught.value)
    for endpoint, fault in (("search", "reset_before"), ("search", "status"), ("download", "cut_length")):
        extra = {"status": 401} if fault == "status" else {}
        sandbox.faults.add(Fault(endpoint, fault, times=1_000, **extra))  # type: ignore[arg-type]
        with pytest.raises(errors.BulkJobsError) as caught:
            await (client.count(query) if endpoint == "search" else client.collect(query, limit=50, fresh=True))
        hay.add(caught.value)
        sandbox.faults.clear()

    sandbox.faults.add(Fault("search", "delay", seconds=5.0))
    task = asyncio.create_task(client.count(query))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:  # its traceback runs through aiohttp's own frames
        await task
    hay.add(cancelled.value)

    hay.texts += [record.getMessage() + repr(record.__dict__) for record in caplog.records]
    assert any("bulkjobs.wire" in text for text in hay.texts)
    for path in client.home.rglob("*"):
        if path.is_file():
            hay.texts.append(path.read_bytes().decode("latin-1"))
    assert hay.holds(key) == []
    assert hay.holds(key[:12]) == []


def test_an_api_key_can_be_looked_at_and_not_seen() -> None:
    secret = "S3cretS3cretS3cretS3cretS3cret12"
    key = config.ApiKey(f" {secret}\n")
    header = key.header("Bearer")
    shown = [repr(key), str(key), f"{key}", f"{key!r:>40}", repr({"h": header}), repr([key.header()]), key.account]
    assert not [text for text in shown if secret in text]
    assert header == f"Bearer {secret}"
    assert len(key.account) == 8
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not written"):
            write(key)
    with pytest.raises(TypeError):
        json.dumps(key)


@pytest.mark.parametrize("bad", ["", "  ", "two words", "line\nbreak", "k\u00e9y", "a\tb"])
def test_what_is_no_key_is_refused_and_not_echoed(bad: str) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        config.ApiKey(bad)
    assert not bad.strip() or bad not in str(caught.value)


async def test_no_key_is_an_error_with_a_next_step_and_only_where_one_is_needed(
    sandbox: bj.Sandbox, tmp_path: Path
) -> None:
    async with bj.Client(base_url=sandbox.url, home=tmp_path) as client:
        assert client.collections() == []
        with pytest.raises(errors.ConfigError, match="CORESIGNAL_API_KEY"):
            await client.count(bj.JobFilter(title="x"))


@pytest.mark.parametrize("url", [
    "http://api.example/cdapi", "http://127.evil.example/cdapi", "http://localhost.evil.example/", "https://[",
    "ftp://127.0.0.1/", "https://user:pass@api.example/cdapi", "", "api.example", "https://",
])  # fmt: skip
def test_a_base_url_that_would_show_the_key_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        bj.Client("k" * 32, base_url=url, home=tmp_path)
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize("where", ["file", "environment", "argument"])
def test_a_constructor_that_fails_does_not_show_the_key(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, hay = "S3cretS3cretS3cretS3cretS3cret12", Haystack()
    argument, rate = None, -1.0
    if where == "file":
        (tmp_path / "config.toml").write_text(f'api_key = "{secret}"\n')
        (tmp_path / "config.toml").chmod(0o600)
    elif where == "environment":
        monkeypatch.setenv("CORESIGNAL_API_KEY", secret)
    else:
        argument = config.ApiKey(secret)
    with pytest.raises(errors.ConfigError) as caught:
        bj.Client(argument, home=tmp_path, rate=rate)
    hay.add(caught.value)
    with pytest.raises(errors.ConfigError) as caught:
        config.ApiKey(f"{secret} typo")
    hay.add(caught.value)
    assert hay.holds(secret) == []


async def test_a_preview_is_asked_for_only_with_the_key_of_a_sandbox(
    sandbox: bj.Sandbox, make_client: MakeClient
) -> None:
    """A proxy on loopback may lead to the real service, where previews may be charged."""
    assert not make_client(sandbox, api_key="A" * 32)._preview_is_free()
    assert make_client(sandbox)._preview_is_free()
