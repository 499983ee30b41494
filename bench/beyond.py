"""Collect a quarter of a large dataset by either strategy, and compare with what plain polars says it is.

The same is tested on 60,000 postings (tests/faults/test_beyond.py); this is for a million: `python bench/beyond.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

import bulkjobs as bj
from bulkjobs.planner import Strategy
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.sample import generate

COUNTRIES = ["United States", "Germany"]


def dataset(postings: int) -> pl.Series:
    """Find the ids that match, by an independent expression over the made-up postings."""
    rows = ((one["id"], one["country"]) for one in generate(postings, description="short"))
    return pl.DataFrame(rows, schema=["id", "country"], orient="row").filter(pl.col("country").is_in(COUNTRIES))["id"]


async def collect(catalog: Catalog, ids: pl.Series, strategy: Strategy, owned: float, home: Path) -> dict[str, Any]:
    """Plan and collect all of it, a share of it owned before; the figures of the last plan."""
    sandbox = bj.Sandbox(catalog, credits=10**8)
    await sandbox.start()
    query = bj.JobFilter(country=" OR ".join(COUNTRIES))
    async with bj.Client(sandbox.api_key, base_url=sandbox.url, home=home, rate=1e6) as client:
        before = 0
        if owned:
            share = await client.search(query, limit=int(owned * len(ids)))
            before = (await client.collect(bj.JobIds(share))).credits
        started = time.perf_counter()
        plan = await client.plan(query, strategy=strategy)
        planned = time.perf_counter()
        collection = await client.collect(plan, max_credits=plan.credits)
        done = time.perf_counter()
        got = collection.scan().select("id").collect(engine="streaming")["id"]
        stats = sandbox.stats()
        assert got.sort().equals(ids.sort())
        assert plan.credits == collection.credits == len(ids) - before
        assert stats["credits_spent"] == len(ids)
    await sandbox.stop()
    least = math.ceil(plan.credits / 10_000)
    return {
        "strategy": plan.strategy,
        "records": len(got),
        "owned": before,
        "data requests": len(plan.requests),
        "over the least": round(len(plan.requests) / least, 3),
        "counts": plan.counts,
        "pages": plan.pages,
        "plan s": round(planned - started, 1),
        "collect s": round(done - planned, 1),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--results", type=Path, default=Path("bench/results/beyond.json"))
    options = parser.parse_args()
    ids = dataset(options.postings)
    started = time.perf_counter()
    catalog = Catalog.build(generate(options.postings, description="short"))
    print(f"{options.postings:,} postings ready in {time.perf_counter() - started:.0f} s; {len(ids):,} match")
    runs: list[dict[str, Any]] = []
    ways: list[tuple[Strategy, float]] = [("windows", 0.0), ("ids", 0.0), ("auto", 0.4)]
    for strategy, owned in ways:
        with TemporaryDirectory() as home:
            runs.append(asyncio.run(collect(catalog, ids, strategy, owned, Path(home))))
        print(runs[-1], flush=True)
    catalog.close()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps(runs, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
