"""The head of a form: which service it is."""

from __future__ import annotations

from pathlib import Path

import bulkjobs as bj
from bulkjobs_widgets import Desk
from bulkjobs_widgets.header import Header


async def test_the_sandbox_is_called_so_and_no_other_service_is(desk: Desk, tmp_path: Path) -> None:
    header = Header(desk)
    assert header.service == "the sandbox: made-up postings, no real credits"
    for address in ("https://api.coresignal.com/cdapi", "https://sandbox.example/cdapi", "http://127.0.0.1:1/cdapi"):
        async with bj.Client("SomeKey", base_url=address, home=tmp_path / "other") as client:
            desk.use(client)
            assert header.service == client.service == address
            assert dict(header.rows())["service"] == address


async def test_without_a_key_no_service_is_named() -> None:
    header = Header()
    assert header.service == ""
    assert dict(header.rows())["service"] == "No API key is set."
