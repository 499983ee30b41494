"""The whole path without a browser: the forms together, as they hand on what was typed, priced, bought and opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs_widgets import Collector, Desk, filter_form
from tests.forms import act

NURSE = bj.JobFilter(title="Nurse")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_form, "PAUSE", 0.0)


@pytest.fixture
async def slow(tmp_path: Path, catalog: Catalog) -> AsyncIterator[Any]:
    """A client of a sandbox that takes its time."""
    async with bj.Client.sandbox(data=catalog, latency=3_600, home=tmp_path / "slow") as client:
        yield client


def in_sight(collector: Collector) -> set[str]:
    return {type(view).__name__ for view in collector._in_sight()}


async def press(collector: Collector, **state: Any) -> None:
    """Fill the filter in, preview, and collect."""
    await act(collector.filter_form, "submit", state={"values": state})
    preview = collector.preview
    await act(preview, "submit", token=preview.token, confirmed=preview.confirm)


async def test_from_a_filter_to_a_frame(desk: Desk, client: Any) -> None:
    collector = Collector(desk)
    assert in_sight(collector) == {"Header", "FilterForm", "CreditPreview", "CollectionList"}
    with pytest.raises(bj.errors.BulkJobsError, match="Nothing is collected yet"):
        collector.frame  # noqa: B018
    await press(collector, title="Nurse", limit="5")
    assert collector.done
    assert collector.frame.equals(collector.collection.frame())
    assert collector.frame.height == 5
    assert client.server.stats()["posts"] == 1
    assert in_sight(collector) >= {"StatusCard", "PostingTable", "ChartPanel"}
    assert collector.table.frame.height == 5
    assert collector.list.total == 1


async def test_the_same_again_is_opened_for_nothing(desk: Desk, client: Any) -> None:
    first = Collector(desk)
    await press(first, title="Nurse", limit="5")
    again = Collector(desk)
    await press(again, title="Nurse", limit="5")
    assert again.collection.id == first.collection.id
    assert (client.server.stats()["posts"], client.server.stats()["credits_spent"]) == (1, 5)


async def test_what_was_edited_after_the_preview_is_not_bought(desk: Desk, client: Any) -> None:
    collector = Collector(desk)
    await act(collector.filter_form, "submit", state={"values": {"title": "Nurse", "limit": "5"}})
    shown = collector.preview.token
    collector.filter_form.values = {"title": "Nurse", "limit": "500"}
    await act(collector.preview, "submit", token=shown, confirmed="")
    assert client.server.stats()["posts"] == 0
    assert collector.preview.state == "stale"


async def test_another_source_makes_the_price_void(desk: Desk) -> None:
    collector = Collector(desk)
    await collector.preview.show(NURSE, 5)
    collector.header.source = "ids"
    assert collector.preview.state == "stale"
    assert in_sight(collector) == {"Header", "IdUploader", "CreditPreview", "CollectionList"}


async def test_from_ids_to_a_frame(desk: Desk, client: Any) -> None:
    ids = await client.search(NURSE, limit=4)
    collector = Collector(desk)
    collector.header.source = "ids"
    data = "\n".join(map(str, ids)).encode()
    await act(collector.id_uploader, "begin", upload="1", source="file", name="ids.csv", size=len(data))
    await act(collector.id_uploader, "chunk", upload="1", at=0, buffers=[data])
    assert collector.id_uploader.ids == bj.JobIds(ids)
    await act(collector.id_uploader, "submit")
    await act(collector.preview, "submit", token=collector.preview.token, confirmed="")
    assert sorted(collector.frame["id"]) == sorted(ids)
    await desk.idle()
    assert dict(collector.id_uploader.facts)["owned already"] == "4"


async def test_from_code(desk: Desk, client: Any) -> None:
    collector = Collector(desk)
    collection = await collector.collect(NURSE, limit=5, max_credits=5)
    assert collector.collection is collection
    assert collector.filter_form.query == NURSE
    assert collector.filter_form.limit == 5
    with pytest.raises(bj.errors.BudgetExceeded):
        await collector.collect(bj.JobFilter(title="Engineer"), limit=5, max_credits=4)
    assert client.server.stats()["posts"] == 1


async def test_from_code_the_button_does_not_wait_for_a_second_click(desk: Desk, client: Any) -> None:
    collector = Collector(desk)
    await collector.collect(NURSE, limit=5, max_credits=5)
    assert collector.preview.state == "sent"
    await act(collector.preview, "submit", token=collector.preview.token, confirmed="")
    assert client.server.stats()["posts"] == 1


async def test_from_code_its_own_collection_comes_whatever_else_is_opened(desk: Desk, client: Any) -> None:
    other = await client.collect(bj.JobFilter(country="Germany"), limit=3)
    collector = Collector(desk)
    work = asyncio.create_task(collector.collect(NURSE, limit=5, max_credits=5))
    while not collector.status.running:
        await _turn()
    collector.list._handle_custom_msg({"action": "load", "id": other.id}, [])
    found = await work
    assert found.query == NURSE
    await desk.idle()


async def test_one_that_is_closed_takes_nothing_up_any_longer(desk: Desk, slow: Any) -> None:
    closed, heard = Collector(desk), len(desk._changed)
    closed.close()
    assert len(desk._changed) < heard
    await slow.submit(NURSE, limit=5)
    desk.use(slow)
    assert not closed.status.running


async def test_an_unknown_outcome_is_in_the_list_and_its_alert_stays(desk: Desk, client: Any) -> None:
    bought = await client.collect(bj.JobFilter(country="Germany"), limit=3)
    client.server.faults.add(Fault("bulk_filter", "status", status=503))
    collector = Collector(desk)
    await press(collector, title="Nurse", limit="5")
    assert [line["state"] for line in collector.list.lines] == ["unknown", "loaded"]
    said = collector.status.notice
    assert "not known" in said["charged"]
    await act(collector.list, "load", id=bought.id)
    assert collector.frame.height == 3
    assert collector.status.notice == said


async def test_while_one_is_under_way_no_other_is_begun(slow: Any) -> None:
    collector = Collector(slow)
    plan = await slow.plan(NURSE, limit=5)
    collector.status.run(plan, max_credits=5)
    await collector.preview.show(bj.JobFilter(title="Engineer"), 3)
    preview = collector.preview
    preview._handle_custom_msg({"action": "submit", "token": preview.token, "confirmed": ""}, [])
    while preview.notice.get("kind") != "alert":
        await _turn()
    assert "running already" in preview.notice["text"]
    assert preview.state == "bound"
    await act(collector.status, "stop")
    assert slow.server.stats()["posts"] <= 1


async def test_after_a_restart_it_takes_up_what_was_under_way_and_sends_nothing(slow: Any) -> None:
    submitted = await slow.submit(NURSE, limit=5)
    collector = Collector(slow)
    assert collector.status.name == submitted.id
    assert "StatusCard" in in_sight(collector)
    assert collector.status.running
    await _turn()
    await act(collector.status, "stop")
    assert slow.server.stats()["posts"] == 1


async def test_a_collection_of_the_list_is_opened_with_its_query(desk: Desk, client: Any) -> None:
    bought = await client.collect(NURSE, limit=5)
    collector = Collector(desk)
    collector.header.source = "ids"
    await act(collector.list, "open", id=bought.id)
    assert collector.header.source == "filter"
    assert (collector.filter_form.query, collector.filter_form.limit) == (NURSE, 5)
    assert collector.frame.height == 5
    assert collector.collection.id == bought.id


async def test_with_no_key_one_form_offers_the_sandbox_and_all_use_it() -> None:
    collector = Collector()
    assert [type(view).__name__ for view in collector._views if view.offer] == ["Header"]
    assert "ApiKeyField" in in_sight(collector)
    await act(collector.header, "sandbox")
    assert "ApiKeyField" not in in_sight(collector)
    await press(collector, title="Nurse", limit="3")
    assert collector.frame.height == 3
    await collector.desk.client.close()


async def test_a_blocking_client_gets_a_blocking_collection(tmp_path: Path, catalog: Catalog) -> None:
    client = bj.sync.Client.sandbox(data=catalog, home=tmp_path / "blocking").start()
    collector = Collector(client)
    await press(collector, title="Nurse", limit="3")
    assert isinstance(collector.collection, bj.sync.Collection)
    assert collector.frame.height == 3
    client.close()


async def test_exports_hold_what_was_in_sight(desk: Desk) -> None:
    collector = Collector(desk)
    await press(collector, title="Nurse", limit="3")
    bundle = collector._repr_mimebundle_()
    assert bundle["text/html"].count("<caption") >= 5
    assert "done: all of it is here" in bundle["text/plain"]


async def _turn() -> None:
    await asyncio.sleep(0.01)
