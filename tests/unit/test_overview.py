"""The list of all collections says what each collection says, from one read of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs.sandbox import Fault
from tests.support import in_parts, leave_intent


async def test_entries_say_what_collections_say(
    client: bj.Client, sandbox: bj.Sandbox, query: bj.JobFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.faults.add(Fault("list_files", "status", status=402))
    with pytest.raises(bj.errors.OutOfCredits):
        await client.collect(bj.JobFilter(application_active=False), limit=3)
    await client.collect(query, limit=30)
    await leave_intent(client, bj.JobFilter(title="Nurse"), 5)
    await client.submit(bj.JobFilter(deleted=False), limit=40)
    found = await client.search(query, limit=100)
    await client.submit(bj.JobIds(found[40:]))
    reads = 0
    reading = client.ledger._reading

    def counted(*args: Any) -> Any:
        nonlocal reads
        reads += 1
        return reading(*args)

    monkeypatch.setattr(client.ledger, "_reading", counted)
    entries = client.overview()
    assert reads == 1
    collections = client.collections()
    assert [entry.id for entry in entries] == [collection.id for collection in collections]
    for entry, collection in zip(entries, collections, strict=True):
        for name in ("service", "made_at", "state", "records", "credits", "credits_to_spend", "files_left"):
            assert getattr(entry, name) == getattr(collection, name), name
        if isinstance(collection.query, bj.JobFilter):
            assert entry.asked == collection.asked
    assert [entry.state for entry in entries] == ["accepted", "accepted", "planned", "loaded", "failed"]
    assert entries[0].asked == "60 ids"
    assert [entry.credits_to_spend for entry in entries] == [0, 0, 4, 0, 0]
    assert [entry.is_unfinished for entry in entries] == [True, True, True, False, False]


async def test_the_numbers_of_a_collection_are_those_that_were_told_last(
    start_sandbox: Callable[..., Any], make_client: Callable[..., bj.Client]
) -> None:
    sandbox = await start_sandbox()
    client = make_client(sandbox)
    told: list[bj.events.Progress] = []
    plan = await in_parts(client, 30, 10)
    collection = await client.collect(
        plan, on_event=lambda event: told.append(event) if isinstance(event, bj.events.Progress) else None
    )
    now = collection.progress
    assert (now.requests, now.sent, now.ready, now.loaded, now.files) == (3, 3, 3, 3, 3)
    assert (now.records, now.expected, now.credits) == (30, 30, 30)
    names = ("requests", "sent", "ready", "loaded", "files", "records", "expected", "credits")
    assert [getattr(told[-1], name) for name in names] == [getattr(now, name) for name in names]
