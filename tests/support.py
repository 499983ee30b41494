"""What the tests of the client share: a clock of their own, and ways to look at what happened."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bulkjobs as bj
from bulkjobs import opening
from bulkjobs.budget import Budget
from bulkjobs.events import Event
from bulkjobs.plan import PlannedRequest
from bulkjobs.sandbox import Sandbox

SHARED = Path(__file__).resolve().parents[2] / "shared"
START = 1_790_000_000.0  # 2026-09-21


class ManualClock:
    """A clock that stands still until somebody sleeps on it; a sleep takes no real time.

    The real event loop gets a turn at each sleep, so that sockets and other tasks move on.
    """

    def __init__(self, start: float = START) -> None:
        self.now = start
        self.sleeps: list[float] = []

    def time(self) -> float:
        return self.now

    def __call__(self) -> float:  # the sandbox takes a callable
        return self.now

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Listener:
    """Keeps the events it hears."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


async def leave_intent(client: bj.Client, query: bj.JobFilter, limit: int) -> str:
    """What is left when a process ends between its intent and its POST."""
    plan = await client.plan(query, limit=limit)
    row, made = await opening.anew(client._shop, plan, limit, Budget(None, bounded=True), fresh=plan.fresh)
    assert made
    return row.id


async def in_parts(client: bj.Client, records: int, size: int, *, query: bj.JobFilter | None = None) -> bj.Plan:
    """A plan of many small data requests: id lists of `size` postings each."""
    found = await client.search(query or bj.JobFilter(application_active=True), limit=records)
    plan = await client.plan(bj.JobIds(found))
    chunks = [bj.JobIds(found[start : start + size]) for start in range(0, records, size)]
    return dataclasses.replace(plan, requests=tuple(PlannedRequest(chunk, len(chunk)) for chunk in chunks))


def states(collection: bj.Collection) -> dict[str, int]:
    """How many data requests of a collection are in which state."""
    return dict(Counter(request.state for request in collection.requests))


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until something is true."""
    while not condition():
        await asyncio.sleep(0.001)


def posts(sandbox: Sandbox) -> int:
    return int(sandbox.stats()["posts"])


def spent(sandbox: Sandbox) -> int:
    return int(sandbox.stats()["credits_spent"])


def record(number: int, **fields: Any) -> dict[str, Any]:
    """A small posting in the service's shape (schema A)."""
    return {
        "id": number,
        "created": "2026-01-02 03:04:05",
        "last_updated": "2026-02-03 04:05:06",
        "title": f"Posting {number}",
        "description": "Text",
        "country": "Portugal",
        "deleted": 0,
        "application_active": 1,
        "job_industry_collection": [{"job_industry_list": {"industry": "Oceanography"}}],
        "job_functions_collection": ["Engineering"],
        **fields,
    }
