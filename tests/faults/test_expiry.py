"""Files that are paid expire after 30 days: how long is left is shown, the oldest come first, and a loss is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors, events, pipeline
from bulkjobs.collection import Collection
from bulkjobs.sandbox import Fault
from tests.support import START, Listener, ManualClock, in_parts, leave_intent, spent

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
DAY = 86_400.0
pytestmark = pytest.mark.usefixtures("every_ledger")


@pytest.fixture
async def timed(start_sandbox: Start, clock: ManualClock) -> bj.Sandbox:
    """A sandbox whose files expire by the test's clock."""
    started: bj.Sandbox = await start_sandbox(clock=clock)
    return started


async def test_how_long_the_files_stay_is_shown_until_they_are_here(
    timed: bj.Sandbox, make_client: MakeClient, clock: ManualClock
) -> None:
    client = make_client(timed, clock=clock)
    collection = await client.submit(await in_parts(client, 30, 10))
    assert collection.expires_at == pytest.approx(START + 30 * DAY, abs=1.0)
    clock.now = START + 25 * DAY
    assert "3 data requests, 30 records: files expire in 5 days" in repr(collection)
    await collection.wait()
    clock.now = START + 29 * DAY
    assert "files expire in 1 day:" in repr(collection)
    assert collection.id in dict(collection.rows())["expiry"]
    assert "files expire in 1 day:" in collection._repr_html_()
    clock.now += 60
    assert "files expire in less than a day" in repr(collection)
    await collection.fetch()
    assert collection.expires_at is None
    assert "expire" not in repr(collection)


async def test_what_is_lost_and_what_it_cost_is_told(
    timed: bj.Sandbox, make_client: MakeClient, clock: ManualClock
) -> None:
    client = make_client(timed, clock=clock)
    plan = await in_parts(client, 30, 10)
    timed.faults.add(Fault("bulk_id_file", "status", skip=1, times=None, status=402))
    with pytest.raises(errors.InsufficientCredits):
        await client.submit(plan)
    timed.faults.clear()
    clock.now += 31 * DAY
    (collection,) = client.collections()
    assert "1 data request, 10 records: the 30 days of their files are over" in repr(collection)
    with pytest.raises(errors.DataRequestExpired):
        await client.resume(collection.id)
    assert dict(collection.rows())["lost"] == "1 data request, 10 records: files expired; they cost 10 credits"
    assert collection.credits == spent(timed) == 30
    assert collection.records == 20


async def test_the_oldest_data_request_is_fetched_first(
    timed: bj.Sandbox, make_client: MakeClient, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "OPEN_AT_ONCE", 1)
    client = make_client(timed, clock=clock)
    plan = await in_parts(client, 30, 10)
    timed.faults.add(Fault("bulk_id_file", "reset_before"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.submit(plan)
    await client.settle(caught.value.collection_id, arrived=False)
    clock.now += DAY
    collection = await client.submit(plan)
    ages = [round((request.accepted_at or 0.0) - START) for request in collection.requests]
    assert ages == [DAY, 0, 0]
    heard = Listener()
    await client.resume(on_event=heard)
    assert [event.data_request for event in heard.events if isinstance(event, events.Ready)] == [1, 2, 0]


async def test_the_collection_that_expires_first_is_fetched_first(
    timed: bj.Sandbox, make_client: MakeClient, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(timed, clock=clock)
    germany = bj.JobFilter(country="Germany")
    first_made = await leave_intent(client, germany, 5)
    clock.now += 60
    first_sent = await client.submit(bj.JobFilter(country="France"), limit=5)
    clock.now += 60
    await client.submit(germany, limit=5)
    order = []
    finish = Collection.finish

    async def watched(self: Collection, **how: Any) -> Collection:
        order.append(self.id)
        return await finish(self, **how)

    monkeypatch.setattr(Collection, "finish", watched)
    await client.resume()
    assert order == [first_sent.id, first_made]
