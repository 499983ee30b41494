"""A process that collects a filter. Arguments: base URL, key, home folder, filter as JSON. Prints the ids it has."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import bulkjobs as bj


async def main(url: str, key: str, home: str, filters: str) -> None:
    async with bj.Client(key, base_url=url, home=Path(home), rate=50.0) as client:
        collection = await client.collect(bj.JobFilter(**json.loads(filters)), max_credits=1_000_000)
        print(json.dumps(collection.frame()["id"].to_list()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
