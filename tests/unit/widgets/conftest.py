"""What the tests of the forms share: clients that they work with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import bulkjobs as bj
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.sample import generate
from bulkjobs_widgets import Desk


@pytest.fixture(autouse=True)
def _nobody_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, and a home folder of its own."""
    for name in ("CORESIGNAL_API_KEY", "BULKJOBS_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULKJOBS_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.build(generate(1_500))


@pytest.fixture
async def client(tmp_path: Path, catalog: Catalog) -> AsyncIterator[bj.Client]:
    """A client of a small sandbox."""
    async with bj.Client.sandbox(data=catalog, home=tmp_path / "play") as client:
        yield client


@pytest.fixture
async def desk(client: bj.Client) -> Desk:
    return Desk(client)
