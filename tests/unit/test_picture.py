"""Where a collection stands as a whole: told when it has changed, right at the end, and cheap for many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors, opening, outcomes
from bulkjobs.budget import Budget
from bulkjobs.events import Progress
from bulkjobs.picture import Picture
from tests.support import Listener, ManualClock, in_parts


def told(listener: Listener) -> list[Progress]:
    return [event for event in listener.events if isinstance(event, Progress)]


def stages(picture: Progress) -> tuple[int, int, int, int]:
    return picture.sent, picture.ready, picture.loaded, picture.files


def counting(client: bj.Client) -> list[str]:
    """Note each time that all rows of a collection are read."""
    whole, reads = client.ledger.data_requests, []

    def counted(collection_id: str) -> Any:
        reads.append(collection_id)
        return whole(collection_id)

    client.ledger.data_requests = counted  # type: ignore[method-assign]
    return reads


async def test_one_data_request_step_by_step(client: bj.Client, query: bj.JobFilter) -> None:
    owned = await client.collect(query, limit=5)
    listener = Listener()
    ids = await client.search(query, limit=25)
    collection = await client.collect(bj.JobIds(ids), on_event=listener)
    seen = told(listener)
    assert [stages(one) for one in seen] == [(1, 0, 0, 0), (1, 1, 0, 0), (1, 1, 0, 1), (1, 1, 1, 1)]
    assert [one.records for one in seen] == [owned.records] * 3 + [collection.records]
    assert [(one.requests, one.expected, one.credits) for one in seen] == [(1, 25, 20)] * 4
    assert (seen[0].rate, seen[0].left, seen[-1].left) == (0.0, None, 0.0)
    assert seen[-1].rate == pytest.approx(20 / seen[-1].elapsed)


async def test_the_last_one_of_many_is_right_and_few_rows_are_read(client: bj.Client, query: bj.JobFilter) -> None:
    plan, listener = await in_parts(client, 90, 10, query=query), Listener()
    collection = await client.submit(plan, max_credits=90)
    reads = counting(client)
    await collection.finish(on_event=listener)
    last = told(listener)[-1]
    assert (last.requests, *stages(last)) == (9, 9, 9, 9, 9)
    assert (last.records, last.expected, last.credits, last.left) == (90, 90, 90, 0.0)
    assert all(before != after for before, after in zip(told(listener), told(listener)[1:], strict=False))
    assert len(reads) < 9


async def test_to_post_many_reads_few_rows(client: bj.Client, query: bj.JobFilter) -> None:
    plan, reads = await in_parts(client, 60, 3, query=query), counting(client)
    await client.submit(plan, max_credits=60)
    assert len(reads) < 20


async def test_what_a_row_did_in_silence_is_seen_at_the_end(client: bj.Client, query: bj.JobFilter) -> None:
    listener, clock = Listener(), ManualClock()
    shop = replace(client._shop, clock=clock)
    plan = await in_parts(client, 20, 10, query=query)
    row, _ = await opening.anew(shop, plan, None, Budget(None, bounded=True), fresh=False)
    ledger, (first, second) = shop.ledger, shop.ledger.data_requests(row.id)
    picture = Picture(shop, row.id, [first, second], listener)
    await picture.ended()
    assert told(listener) == []  # nothing has moved in this run
    for request, name in ((first, "one"), (second, "two")):
        ledger.claim(request, account="account", at=clock.now)
        ledger.accepted(request, name, at=clock.now)
    await picture.moved(ledger.data_request(first.id))
    assert [stages(one) for one in told(listener)] == [(1, 0, 0, 0)]
    clock.now += 10
    await picture.moved(ledger.data_request(first.id))
    assert len(told(listener)) == 1  # it is only later
    ledger.ready(second, ["a.gz"], at=clock.now)
    await picture.ended()
    assert [(stages(one), one.credits) for one in told(listener)] == [((1, 0, 0, 0), 10), ((2, 1, 0, 0), 20)]
    await picture.ended()
    assert len(told(listener)) == 2


async def test_a_data_request_that_fails_on_the_way_is_in_the_last_picture(
    client: bj.Client, query: bj.JobFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = await client.submit(await in_parts(client, 20, 10, query=query), max_credits=20)
    await collection.wait()
    lost, listener, download = collection.requests[1], Listener(), client._shop.api.download

    def gone(request_id: str, name: str) -> Any:
        if request_id == lost.request_id:
            raise errors.NotFound("gone", status=404)
        return download(request_id, name)

    monkeypatch.setattr(client._shop.api, "download", gone)
    monkeypatch.setattr(outcomes, "RETENTION", -1.0)
    with pytest.raises(errors.DataRequestExpired):
        await collection.finish(on_event=listener)
    assert [request.state for request in collection.requests] == ["loaded", "failed"]
    last = told(listener)[-1]
    assert (*stages(last), last.credits) == (2, 1, 1, 1, 20)


async def test_what_did_not_come_is_no_longer_expected(client: bj.Client, query: bj.JobFilter) -> None:
    listener, ids = Listener(), await client.search(query, limit=9)
    await client.collect(bj.JobIds([*ids, 2**62]), on_event=listener)
    assert [(one.records, one.expected) for one in told(listener)] == [(0, 10)] * 3 + [(9, 9)]


async def test_what_earlier_runs_loaded_is_no_speed_of_this_one(client: bj.Client, query: bj.JobFilter) -> None:
    listener, clock = Listener(), ManualClock()
    collection = await client.collect(await in_parts(client, 20, 10, query=query), max_credits=20)
    first, second = collection.requests
    picture = Picture(
        replace(client._shop, clock=clock),
        collection.id,
        [first, replace(second, state="fetched", received=None)],
        listener,
    )
    clock.now += 5
    await picture.moved(second)
    (seen,) = told(listener)
    assert (seen.records, seen.rate, seen.left) == (20, 2.0, 0.0)
