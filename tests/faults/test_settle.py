"""POSTs of unknown outcome in collections of many data requests: settled one by one, with what support told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.sandbox import Fault
from tests.support import ManualClock, in_parts, posts, spent, states

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
pytestmark = pytest.mark.usefixtures("every_ledger")


def request_id_of(sandbox: bj.Sandbox, client: bj.Client, collection: bj.Collection, number: int) -> str:
    """What support would tell: the id under which the service took a data request."""
    query = client.ledger.query(collection.requests[number])
    assert isinstance(query, bj.JobIds)
    wanted = set(query)
    (found,) = (one.id for one in sandbox._running().requests.all() if set(one.ids) == wanted)
    return found


async def two_in_question(sandbox: bj.Sandbox, client: bj.Client, kind: Any) -> tuple[bj.Collection, list[int]]:
    """A collection of four data requests, two of them in question."""
    sandbox.faults.add(Fault("bulk_id_file", kind, skip=1, times=2))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.collect(await in_parts(client, 40, 10))
    (collection,) = client.collections()
    asked = [request.number for request in collection.requests if request.state == "unknown"]
    assert (states(collection), collection.state) == ({"loaded": 2, "unknown": 2}, "unknown")
    assert f"client.settle({collection.id!r}, request_id=..., number={asked[0]})" in caught.value.next_step
    assert f"client.settle({collection.id!r}, arrived=False, number={asked[0]})" in caught.value.next_step
    return collection, asked


async def test_each_is_settled_by_its_number(sandbox: bj.Sandbox, client: bj.Client) -> None:
    collection, (one, two) = await two_in_question(sandbox, client, "reset_after")
    ids = {number: request_id_of(sandbox, client, collection, number) for number in (one, two)}
    with pytest.raises(errors.InvalidQuery, match=f"in question: {one}, {two}") as caught:
        await client.settle(collection.id, request_id=ids[one])
    assert f"number={one}" in caught.value.next_step
    loaded = next(request for request in collection.requests if request.state == "loaded")
    with pytest.raises(errors.InvalidQuery, match=f"data request {loaded.number}"):
        await client.settle(collection.id, request_id=str(loaded.request_id), number=one)
    with pytest.raises(errors.UnknownCollection, match=f"Data request {loaded.number} .* not in question"):
        await client.settle(collection.id, request_id=ids[one], number=loaded.number)
    with pytest.raises(errors.OutcomeUnknown):  # the other one is in question still
        await client.settle(collection.id, request_id=ids[one], number=one)
    assert states(collection) == {"loaded": 3, "unknown": 1}
    done = await client.settle(collection.id, request_id=ids[two])  # the only one: no number is needed
    assert len(done.frame()) == 40
    assert done.frame()["id"].n_unique() == 40
    assert (posts(sandbox), spent(sandbox), done.credits) == (4, 40, 40)


async def test_what_never_arrived_is_planned_again_and_sent_by_resume(sandbox: bj.Sandbox, client: bj.Client) -> None:
    collection, (one, two) = await two_in_question(sandbox, client, "reset_before")
    with pytest.raises(errors.InvalidQuery, match="in question"):
        await client.settle(collection.id, arrived=False)
    with pytest.raises(errors.InvalidQuery, match="Either"):
        await client.settle(collection.id, number=one)
    with pytest.raises(errors.InvalidQuery, match="Either"):
        await client.settle(collection.id, number=one, request_id="x", arrived=False)
    for number in (one, two):
        assert posts(sandbox) == 2
        await client.settle(collection.id, number=number, arrived=False)
    assert states(collection) == {"loaded": 2, "planned": 2}
    assert (posts(sandbox), collection.error) == (2, None)
    with pytest.raises(errors.UnknownCollection):
        await client.settle(collection.id, number=one, arrived=False)
    (done,) = await client.resume()
    assert len(done.frame()) == 40
    assert (posts(sandbox), spent(sandbox)) == (4, 40)


async def test_support_takes_its_time(sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock) -> None:
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("bulk_filter", "reset_before"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.collect(bj.JobFilter(country="Germany"), limit=10)
    clock.now += 3 * 86_400
    left = await client.settle(caught.value.collection_id, arrived=False)
    assert left.state == "planned"
    assert [one.state for one in await client.resume()] == ["planned"]  # long ago: only by its name
    assert posts(sandbox) == 0
    (done,) = await client.resume(left.id)
    assert (done.id, done.state, posts(sandbox)) == (left.id, "loaded", 1)


async def test_a_409_shows_that_it_did_arrive(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock
) -> None:
    sandbox = await start_sandbox(latency=60.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("bulk_filter", "reset_after"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.collect(bj.JobFilter(country="Germany"), limit=10)
    collection = await client.settle(caught.value.collection_id, arrived=False)
    with pytest.raises(errors.OutcomeUnknown, match="did arrive"):
        await client.resume(collection.id)
    assert (collection.state, posts(sandbox)) == ("unknown", 1)
    clock.now += 120
    with pytest.raises(errors.OutcomeUnknown):  # it has ended by now, and is not bought a second time
        await client.resume(collection.id)
    assert posts(sandbox) == 1


async def test_what_is_accepted_beside_one_in_question_is_brought_here(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock
) -> None:
    sandbox = await start_sandbox(clock=clock)
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("bulk_id_file", "reset_after"))
    with pytest.raises(errors.OutcomeUnknown):
        await client.submit(await in_parts(client, 30, 10))
    (collection,) = client.collections()
    assert states(collection) == {"unknown": 1, "accepted": 2}
    (left,) = await client.resume()
    assert (left.id, left.state, states(left)) == (collection.id, "unknown", {"unknown": 1, "loaded": 2})
