"""The list of collections without a browser: what it shows, and what its buttons may spend."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import bulkjobs as bj
from bulkjobs.rows import Intent
from bulkjobs_widgets import CollectionList, Desk, StatusCard
from tests.forms import act
from tests.support import leave_intent, posts

QUERY = bj.JobFilter(deleted=False)


def intent(number: int, *, service: str = "s", title: str = "x") -> Intent:
    query = {"filters": {"title": title}}
    return Intent(
        id=f"20260101-{number:06d}", service=service, key=str(number), query=query, record_limit=None, matched=10,
        made_at=1_790_000_000.0 + number, account="a", balance_before=100, requests=[(query, 10)],
    )  # fmt: skip


def line(found: CollectionList, name: str) -> dict[str, Any]:
    (only,) = [line for line in found.lines if line["id"] == name]
    return dict(only)


async def test_it_shows_what_the_ledger_knows(desk: Desk, client: Any) -> None:
    assert CollectionList(desk).rows() == [("collections", "none yet")]
    bought = await client.collect(QUERY, limit=30)
    waits = await client.submit(bj.JobFilter(title="Nurse"), limit=2)
    found = CollectionList(desk)
    assert [one["id"] for one in found.lines] == [waits.id, bought.id]
    loaded, accepted = line(found, bought.id), line(found, waits.id)
    assert (loaded["state"], loaded["records"], loaded["credits"], loaded["files"]) == ("loaded", 30, 30, "")
    assert (loaded["can_load"], loaded["resume"], loaded["service"]) == (True, "", "")
    assert (accepted["state"], accepted["files"], accepted["can_load"]) == ("accepted", "expire in 29 days", False)
    assert accepted["resume"] == "Resume: no cost"


async def test_twenty_a_page_of_thousands_from_one_read(
    desk: Desk, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.ledger, "overview", _many(client, 3_001))
    found = CollectionList(desk)
    assert (len(found.lines), found.pages, found.total) == (20, 151, 3_001)
    await act(found, "page", page=150)
    assert [one["id"] for one in found.lines] == ["20260101-000000"]
    for page in (-3, 0, 10**9, "1", None):
        await act(found, "page", page=page)
        assert 0 <= found.page < 151
    monkeypatch.undo()
    await act(found, "refresh")  # by now there are none
    assert (found.page, found.pages, found.lines) == (0, 1, [])


def _many(client: Any, count: int) -> Any:
    """Give a ledger so many collections, and read it as often as it is asked."""
    ledger, asked = client.ledger, []
    row, _ = ledger.open(intent(0, service=client.service))
    one = ledger.data_requests(row.id)
    rows = [(dataclasses.replace(row, id=f"20260101-{n:06d}"), tuple(one)) for n in reversed(range(count))]
    with sqlite3.connect(ledger.path) as db:
        db.execute("DELETE FROM data_requests")
        db.execute("DELETE FROM collections")

    def overview() -> Any:
        asked.append(1)
        assert len(asked) == 1
        return rows

    return overview


async def test_a_long_query_is_short_and_can_be_read_whole(desk: Desk, client: Any) -> None:
    client.ledger.open(intent(1, service=client.service, title="Nurse " * 30))
    (only,) = CollectionList(desk).lines
    assert len(only["short"]) == 60
    assert only["asked"].startswith("JobFilter(title='Nurse Nurse")
    assert len(only["asked"]) > 180


async def test_to_open_hands_the_collection_on(desk: Desk, client: Any) -> None:
    bought = await client.submit(QUERY, limit=3)
    heard: list[Any] = []
    found = CollectionList(desk, on_open=heard.append)
    await act(found, "open", id=bought.id)
    assert [one.id for one in heard] == [bought.id]
    assert found.opened is heard[0]
    await act(found, "open", id="nobody's")
    assert found.notice["kind"] == "alert"


async def test_to_load_gives_the_frame(desk: Desk, client: Any) -> None:
    bought = await client.collect(QUERY, limit=30)
    heard: list[pl.DataFrame] = []
    found = CollectionList(desk, on_load=lambda collection, frame: heard.append(frame))
    await act(found, "load", id=bought.id)
    assert found.frame is heard[0]
    assert heard[0].equals(bought.frame())
    waits = await client.submit(bj.JobFilter(title="Nurse"), limit=2)
    await act(found, "load", id=waits.id)
    assert found.notice["kind"] == "alert"
    assert "client.resume(" in found.notice["next"]


async def test_to_resume_says_its_price_and_never_spends_more(desk: Desk, client: Any) -> None:
    name = await leave_intent(client, QUERY, 30)
    found = CollectionList(desk)
    assert line(found, name)["resume"] == "Resume: sends 30 records, 30 credits"
    for said in (29, None, "30"):
        await act(found, "resume", id=name, cost=said)
        assert posts(client.server) == 0
        assert "30 credits" in found.notice["text"]
    found._handle_custom_msg({"action": "resume", "id": name, "cost": 30}, [])  # a double click
    await act(found, "resume", id=name, cost=30)
    assert posts(client.server) == 1
    assert (line(found, name)["state"], line(found, name)["resume"]) == ("loaded", "")
    assert found.notice["text"] == f"{name} is loaded: 30 records."


async def test_what_is_paid_is_received_for_nothing(desk: Desk, client: Any) -> None:
    waits = await client.submit(QUERY, limit=30)
    found = CollectionList(desk)
    await act(found, "resume", id=waits.id, cost=0)
    assert line(found, waits.id)["state"] == "loaded"
    assert posts(client.server) == 1


async def test_a_card_can_take_over_the_resume(desk: Desk, client: Any) -> None:
    waits = await client.submit(QUERY, limit=30)
    card = StatusCard(desk)
    found = CollectionList(desk, on_resume=card.attach)
    await act(found, "resume", id=waits.id, cost=0)
    assert (card.name, card.state) == (waits.id, "done: all of it is here")
    name = await leave_intent(client, bj.JobFilter(title="Nurse"), 2)
    cost = client.attach(name).credits_to_spend
    assert cost
    await act(found, "resume", id=name, cost=cost)
    assert (card.name, card.resume_button["credits"], posts(client.server)) == (name, cost, 1)  # it asks again


async def test_what_another_service_sold_is_shown_and_not_resumed(desk: Desk, client: Any, tmp_path: Path) -> None:
    async with bj.Client.sandbox(postings=50, home=tmp_path / "play", latency=600) as other:
        bought = await other.submit(QUERY, limit=5)
    found = CollectionList(desk)
    assert line(found, bought.id)["service"] == bought.service
    assert line(found, bought.id)["resume"] == ""
    await act(found, "resume", id=bought.id, cost=100)
    assert client.server.stats()["polls"] == 0
    assert bought.service in dict(found.rows())[bought.id]


async def test_another_client_is_another_list(desk: Desk, client: Any) -> None:
    await client.submit(QUERY, limit=5)
    found = CollectionList(desk)
    assert found.total == 1
    await desk.use_sandbox()
    assert found.total == 0
    await desk.client.close()


async def test_hostile_words_stay_text(desk: Desk, client: Any) -> None:
    client.ledger.open(intent(1, service="<script>alert(1)</script>", title="<img src=x>"))
    bundle = CollectionList(desk)._repr_mimebundle_()
    assert bundle is not None
    assert "<script>" not in bundle[0]["text/html"]
    assert "<img" not in bundle[0]["text/html"]
