"""How long each step of the main job takes, as ratios to a floor that is measured in the same run.

Collects 10,000 made-up postings from a sandbox, and compares each step with merely inflating the same files.
Prints a table, and writes ``bench/results/main_job.json``.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import bulkjobs as bj
from bulkjobs import fetch, records
from bulkjobs.events import Event

RECORDS = 10_000
ROUNDS = 3


class Stopwatch:
    """Notes when each kind of event came first."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.at: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Note the time."""
        self.at[type(event).__name__] = time.perf_counter() - self.started


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


async def collect(home: Path) -> tuple[dict[str, float], list[Path]]:
    """Collect once; return seconds since the start at each event, and the files."""
    started = time.perf_counter()
    async with bj.Client.sandbox(home=home, postings=RECORDS + 2_000) as client:
        ready, watch = time.perf_counter() - started, Stopwatch()
        await client.collect(bj.JobFilter(created_at_gte="2020-01-01"), limit=RECORDS, on_event=watch)
        return {"sandbox ready": ready, **watch.at}, sorted((home / "files").rglob("*.gz"))


def main() -> None:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory() as folder:
        at, paths = asyncio.run(collect(Path(folder)))
        floor = best(lambda: [zlib.decompress(path.read_bytes(), wbits=31) for path in paths])
        seconds = {
            "floor: inflate only (zlib)": floor,
            "check (CRC, hash, count)": best(lambda: [fetch.check(path) for path in paths]),
            "load to a frame": best(lambda: records.load(paths)),
            "collect, POST to frame": at["Loaded"],
            "start the sandbox": at["sandbox ready"],
        }
    print(f"{RECORDS:,} records, {len(paths)} file(s)\n")
    print(f"{'step':32}{'seconds':>10}{'x floor':>10}")
    for step, taken in seconds.items():
        print(f"{step:32}{taken:>10.2f}{taken / floor:>10.1f}")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "main_job.json").write_text(json.dumps({"records": RECORDS, "seconds": seconds}, indent=2) + "\n")


if __name__ == "__main__":
    main()
