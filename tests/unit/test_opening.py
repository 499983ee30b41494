"""Opening a collection: what is refused before anything is written down, and what is told of an earlier one."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.events import Attached
from tests.support import Listener, posts


async def test_a_plan_made_for_another_service_is_not_bought(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    plan = await client.plan(query, limit=5)
    with pytest.raises(errors.ConfigError, match="plan it again"):
        await client.submit(replace(plan, service="https://elsewhere.example/cdapi"))
    assert (posts(sandbox), client.collections()) == (0, [])


async def test_who_attaches_is_told_of_all_postings_those_of_the_library_too(
    client: bj.Client, query: bj.JobFilter
) -> None:
    await client.collect(query, limit=5)
    ids, listener = bj.JobIds(await client.search(query, limit=25)), Listener()
    collection = await client.collect(ids)
    assert collection.owned == 5
    await client.collect(ids, on_event=listener)
    assert listener.events[0] == Attached(collection.id, 25)
