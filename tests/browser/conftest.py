"""One JupyterLab for all browser tests of a process; a page of its own for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.jupyter import CHROMIUM, Book, Server, browser, lab, settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave them out where no Chromium is; not where it was promised."""
    if CHROMIUM is None and not os.environ.get("BULKJOBS_NEEDS_CHROMIUM"):
        skip = pytest.mark.skip(reason="no Chromium: install the package chromium of your system")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def dark(server: Server) -> Iterator[Server]:
    """The server, with pages in a dark theme."""
    settings(server, "JupyterLab Dark")
    yield server
    settings(server)


@pytest.fixture
def book(server: Server, request: pytest.FixtureRequest) -> Iterator[Book]:
    """A page on which a notebook can be opened; it must reach nothing outside, and raise nothing."""
    with browser() as page:
        book = Book(page, server.url)
        try:
            yield book
            assert book.outside == []
            assert book.errors == []
        finally:
            book.shot(request.node.name)
