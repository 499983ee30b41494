"""A process with a sandbox of its own. Arguments: home, verb (collect: it is killed at a poll; or resume)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import bulkjobs as bj
from bulkjobs import events
from bulkjobs.events import Event

QUERY = bj.JobFilter(deleted=False)
LIMIT = 120
POSTINGS = 400


def die_at_poll(event: Event) -> None:
    if isinstance(event, events.Polled):
        os.kill(os.getpid(), signal.SIGKILL)


async def main(home: str, verb: str) -> None:
    latency = 3.0 if verb == "collect" else 0.0
    async with bj.Client.sandbox(home=home, postings=POSTINGS, latency=latency) as client:
        if verb == "collect":
            await client.collect(QUERY, limit=LIMIT, on_event=die_at_poll)
        (collection,) = await client.resume()
        ids = collection.frame()["id"].to_list()
        sys.stdout.write(json.dumps({"posts": client.server.stats()["posts"], "ids": ids}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
