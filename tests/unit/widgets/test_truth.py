"""What a card says of a collection by the ledger's rows alone."""

from __future__ import annotations

from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs.sandbox import Fault
from bulkjobs_widgets.truth import Truth
from tests.support import in_parts

QUERY = bj.JobFilter(deleted=False)
DAY = 86_400.0


async def test_it_stays_what_it_was_when_it_was_read(client: Any) -> None:
    found = await client.submit(QUERY, limit=5)
    truth = Truth.of(found)
    at = truth.requests[0].accepted_at
    assert at is not None
    expire = f"client.resume({found.id!r}) fetches them"
    assert truth.remarks(at) == [["expiry", f"1 data request, 5 records: files expire in 30 days: {expire}"]]
    assert truth.remarks(at + DAY)[0][1].endswith(f"expire in 29 days: {expire}")
    await found.finish()
    assert (truth.state, truth.mood, truth.cost) == ("accepted", "open", 0)
    assert truth.resume == {"label": "Resume: receives what was bought, at no cost", "credits": 0}
    now = Truth.of(found)
    assert (now.state, now.mood, now.resume, now.remarks(at)) == ("loaded", "good", {}, [])


async def test_what_is_done_in_part_took_no_time_yet_and_a_stranger_sends_no_rest(client: Any) -> None:
    client.server.faults.add(Fault("bulk_id_file", "status", skip=2, times=None, status=402))
    with pytest.raises(bj.errors.InsufficientCredits):
        await client.collect(await in_parts(client, 30, 10, query=QUERY))
    (found,) = client.collections()
    truth = Truth.of(found)
    assert sorted(request.state for request in truth.requests) == ["loaded", "loaded", "refused"]
    assert (truth.times, truth.cost) == ({}, 10)
    assert [words for _, words in truth.moments].count("done: all of it is here") == 0
    assert truth.retry(foreign=False) == {
        "label": "Retry: sends what failed, 10 credits", "credits": 10, "enabled": True, "why": "",
    }  # fmt: skip
    assert truth.retry(foreign=True)["enabled"] is False


async def test_what_differs_from_what_was_promised_is_a_remark(client: Any) -> None:
    found = await client.collect(QUERY, limit=3)
    client.ledger.reconciled(found.id, {"differences": ["3 records were expected, 2 came"]})
    assert Truth.of(found).remarks(0.0) == [["difference", "3 records were expected, 2 came"]]
