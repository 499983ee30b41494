"""A process of a team. Arguments: base URL, key, home, rate, filter as JSON. Prints the ids that it has, or null."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import bulkjobs as bj
from bulkjobs.errors import BudgetExceeded


async def main(url: str, key: str, home: str, rate: str, filters: str) -> None:
    async with bj.Client(key, base_url=url, home=Path(home), rate=float(rate)) as client:
        sys.stdin.readline()  # all begin at once
        try:
            collection = await client.collect(bj.JobFilter(**json.loads(filters)), max_credits=1_000_000)
        except BudgetExceeded:
            print(json.dumps(None))
        else:
            print(json.dumps(collection.frame()["id"].to_list()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
