"""Fixtures of all tests: one catalogue for all sandboxes, and clients with homes of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import keyring
import pytest
from hypothesis import settings

import bulkjobs as bj
from bulkjobs import config
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.sample import generate
from tests.support import ManualClock

MakeClient = Callable[..., bj.Client]

settings.register_profile("patient", deadline=None)  # how long an example takes says nothing on a busy machine
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CORESIGNAL_API_KEY", "BULKJOBS_BASE_URL", "BULKJOBS_API_VERSION", "BULKJOBS_RATE",
                 "BULKJOBS_WEBHOOK_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULKJOBS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # the user's own is left alone


@pytest.fixture
def use_keyring(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Give the system a keyring."""
    monkeypatch.setattr(config, "_found", {})
    return lambda backend: monkeypatch.setattr(keyring, "get_keyring", lambda: backend)


@pytest.fixture(scope="session")
def catalog() -> Iterator[Catalog]:
    """2,000 generated postings."""
    made = Catalog.build(generate(2_000))
    yield made
    made.close()


@pytest.fixture
async def start_sandbox(catalog: Catalog) -> AsyncIterator[Callable[..., Any]]:
    """Start sandboxes over the shared catalogue, with any settings."""
    async with AsyncExitStack() as stack:

        async def start(data: Any = None, **settings: Any) -> bj.Sandbox:
            return await stack.enter_async_context(bj.Sandbox(catalog if data is None else data, **settings))

        yield start


@pytest.fixture
async def sandbox(start_sandbox: Callable[..., Any]) -> bj.Sandbox:
    """A sandbox with the defaults."""
    started: bj.Sandbox = await start_sandbox()
    return started


@pytest.fixture
async def make_client(tmp_path: Path) -> AsyncIterator[MakeClient]:
    """Make clients of a sandbox; they share a home unless told otherwise, and are closed after the test."""
    async with AsyncExitStack() as stack:

        def make(sandbox: bj.Sandbox, **settings: Any) -> bj.Client:
            version = settings.get("api_version", "v2")
            key = sandbox.jwt if version == "v1" else sandbox.api_key
            chosen = {"home": tmp_path / "home", "rate": 1e6, "base_url": sandbox.url, **settings}
            client = bj.Client(chosen.pop("api_key", key), **chosen)
            stack.push_async_callback(client.close)
            return client

        yield make


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test owns."""
    return ManualClock()


@pytest.fixture
def client(make_client: MakeClient, sandbox: bj.Sandbox) -> bj.Client:
    """A client of the default sandbox."""
    return make_client(sandbox)


@pytest.fixture
def query() -> bj.JobFilter:
    """A filter that matches some hundred of the shared catalogue's postings."""
    return bj.JobFilter(country="United States", application_active=True)
