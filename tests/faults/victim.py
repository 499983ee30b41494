"""A process that collects, or follows, and is killed at one step. Arguments: base URL, key, home, step, verb."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bulkjobs as bj
from bulkjobs import events, library, pipeline, receive
from bulkjobs.events import Event

QUERY = bj.JobFilter(country="United States", application_active=True)
LIMIT = 120


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killing_before(function: Callable[..., Any], *, calls: int = 1) -> Callable[..., Any]:
    """Wrap a function so that its n-th call is the end."""
    count = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count == calls:
            die()
        return function(*args, **kwargs)

    return wrapped


def at_step(step: str, client: bj.Client) -> Callable[[Event], None]:
    """Arrange for the end at a step."""
    if step == "intent":
        pipeline.send = killing_before(pipeline.send)  # type: ignore[attr-defined]
    if step == "answer":  # the service has answered, and nothing of it is written down
        client.ledger.accepted = killing_before(client.ledger.accepted)  # type: ignore[method-assign]
    if step == "renamed":  # the file has its name, and the ledger does not know
        client.ledger.fetched = killing_before(client.ledger.fetched)  # type: ignore[method-assign]
    if step == "load":
        library.table.Table.write = killing_before(library.table.Table.write)  # type: ignore[method-assign]
    if step == "shelf":  # the rows are on disk, and no commit tells of them
        library.table.Table.commit = killing_before(library.table.Table.commit)  # type: ignore[method-assign]
    if step == "shelved":  # they are in the library, and the ledger does not know
        client.ledger.loaded = killing_before(client.ledger.loaded)  # type: ignore[method-assign]
    if step == "unnamed":  # what is followed is priced, and no run is written down
        client.ledger.run_begun = killing_before(client.ledger.run_begun)  # type: ignore[method-assign]
    if step == "begun":  # the run is written down, and no intent
        client.ledger.open = killing_before(client.ledger.open)  # type: ignore[method-assign]
    if step == "unnoted":  # all is here, and the run does not say so
        client.ledger.run_noted = killing_before(client.ledger.run_noted)  # type: ignore[method-assign]
    if step == "loaded":
        receive.reconcile = killing_before(receive.reconcile)

    def listener(event: Event) -> None:
        match event:
            case events.Submitted() if step == "post":
                die()
            case events.Polled() if step == "poll":
                die()
            case events.Fetching(received=received, size=size) if step == "file" and size and received < size:
                die()
            case events.Fetched() if step == "fetched":
                die()

    return listener


async def main(url: str, key: str, home: str, step: str, verb: str = "collect") -> None:
    async with bj.Client(key, base_url=url, home=Path(home), rate=1e6) as client:
        listener = at_step(step, client)
        if verb == "follow":
            run = await client.follow(QUERY, name="us", max_credits=10_000, on_event=listener)
            print(run.credits, len(run.frame()))
            return
        collection = await client.collect(QUERY, limit=LIMIT, on_event=listener)
        print(collection.id, len(collection.frame()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
