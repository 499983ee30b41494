"""A process that collects a saved plan. Arguments: base URL, key, home folder, plan."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import bulkjobs as bj
from bulkjobs.errors import BulkJobsError
from bulkjobs.plan import Plan


async def main(url: str, key: str, home: str, plan: str) -> None:
    async with bj.Client(key, base_url=url, home=Path(home), rate=1e4) as client:
        with contextlib.suppress(BulkJobsError):  # the ledger tells how it went
            await client.collect(Plan.load(plan), max_credits=1_000_000)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
