"""Many data requests, faults at every endpoint, many kills: each is bought once, and all is here."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.plan import PlannedRequest
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.faults import FaultPlan
from tests.conftest import MakeClient
from tests.support import posts, spent

BUYER = Path(__file__).with_name("chaos_buyer.py")
EACH = 8
Start = Callable[..., Any]


async def buyer(sandbox: bj.Sandbox, home: Path, plan: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(BUYER), sandbox.url, sandbox.api_key, str(home), str(plan),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def accepted(sandbox: bj.Sandbox) -> list[tuple[str, frozenset[int]]]:
    """Request id and ids of each data request that the sandbox has accepted."""
    assert sandbox._service is not None
    return [(request.id, frozenset(request.ids)) for request in sandbox._service.requests.all()]


async def ask_support(client: bj.Client, sandbox: bj.Sandbox, collection: bj.Collection) -> int:
    """Settle each POST whose outcome is unknown, as the service's support would tell it; return how many there were."""
    unknown = [request for request in collection.requests if request.state == "unknown"]
    arrived = {ids: request_id for request_id, ids in accepted(sandbox)}
    for request in unknown:
        query = client.ledger.query(request)
        assert isinstance(query, bj.JobIds)
        ids = frozenset(query)
        with contextlib.suppress(errors.BulkJobsError):  # it goes on with the rest, and meets the next fault
            if request_id := arrived.get(ids):
                await client.settle(collection.id, number=request.number, request_id=request_id)
            else:
                await client.settle(collection.id, number=request.number, arrived=False)
    return len(unknown)


@pytest.mark.timeout(600)
async def test_whatever_happens_each_data_request_is_bought_once(
    every_ledger: str, start_sandbox: Start, make_client: MakeClient, tmp_path: Path
) -> None:
    count, most = (200, 20) if every_ledger == "sqlite" else (60, 6)  # data requests and kills: fewer the second time
    faults = FaultPlan.random(11, 0.15)
    sandbox = await start_sandbox(credits=1_000_000, latency=0.05, faults=faults)
    client, chance = make_client(sandbox), random.Random(5)
    ids = await client.search(bj.JobFilter(created_at_lte="2030-01-01"), limit=count * EACH)
    plan = await client.plan(bj.JobIds(ids))
    parts = [bj.JobIds(ids[start : start + EACH]) for start in range(0, len(ids), EACH)]
    plan = replace(plan, requests=tuple(PlannedRequest(part, EACH) for part in parts))
    saved = plan.save(tmp_path / "plan.json")
    kinds = ["reset_after", "reset_before", "status_after"]
    faults.add(*(Fault("bulk_id_file", kinds[n % 3], skip=count * (n + 1) * 3 // 40) for n in range(6)))  # type: ignore[arg-type]

    kills, unknown = 0, 0
    for _ in range(150):
        process = await buyer(sandbox, client.home, saved)
        if kills < most:
            before = posts(sandbox)
            wanted = before + chance.randrange(1, 2 * count // most)
            while process.returncode is None and posts(sandbox) < wanted:
                await asyncio.sleep(0.002)
            await asyncio.sleep(chance.random() * 0.1)  # where it is hit is left to chance
            if process.returncode is None:
                process.kill()
                kills += 1
        await process.wait()
        (collection,) = client.collections()
        if {request.state for request in collection.requests} <= {"loaded", "unknown"}:
            break
    while collection.state != "loaded":
        unknown += await ask_support(client, sandbox, collection)
        with contextlib.suppress(errors.BulkJobsError):
            await client.resume(collection.id)
    assert kills >= most / 2
    assert unknown >= 3
    assert posts(sandbox) == count
    assert sorted(sorted(ids) for _, ids in accepted(sandbox)) == sorted(sorted(part) for part in parts)
    assert spent(sandbox) == collection.credits == client.ledger.credits_booked(client.service, 0, 4e9) == len(ids)
    frame = collection.frame()
    assert sorted(frame["id"]) == sorted(ids)
    assert client.library.stats().rows == client.library.scan().select(pl.len()).collect().item() == len(ids)
    with pytest.raises(errors.UnknownCollection):
        await client.settle(collection.id, request_id="x")
