"""Several processes, killed at any instant: each purchase is in the library exactly once."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import bulkjobs as bj
from bulkjobs.library import Library
from bulkjobs.records import load
from tests.support import record

LOADER = Path(__file__).with_name("loader.py")
FILES, RECORDS = 12, 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(FILES):
        records = (record(number * RECORDS + n) for n in range(RECORDS))
        (tmp_path / f"{number}.json").write_text("\n".join(map(json.dumps, records)))
    return tmp_path


async def start(library: Library, folder: Path, first: int, last: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(LOADER), str(library.path), str(folder), str(first), str(last),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


def check(library: Library, folder: Path) -> None:
    rows = pl.concat(library.history(number) for number in (0, RECORDS - 1, RECORDS))
    assert len(rows) == 3
    stored = library.scan(sources=[f"request:made/{number:05d}" for number in range(FILES)]).collect()
    expected, _ = load([folder / f"{number}.json" for number in range(FILES)])
    assert_frame_equal(stored, expected)
    assert library.stats().rows == library.stats().postings == FILES * RECORDS


async def test_killed_at_random_instants_each_source_is_there_once(folder: Path) -> None:
    chance = random.Random(7)
    library = Library(folder / "library")
    kills = 0
    for _ in range(50):
        process = await start(library, folder, 0, FILES)
        assert process.stdout is not None
        done = [await process.stdout.readline() for _ in range(chance.randrange(FILES))]
        if all(done):
            await asyncio.sleep(chance.random() * 0.05)  # where in its next file it is hit is left to chance
            if process.returncode is None:
                process.kill()
                kills += 1
        await process.wait()
        if sum(1 for number in range(FILES) if library.has(f"request:made/{number:05d}")) == FILES:
            library.path.rename(folder / f"full-{time.monotonic_ns()}")  # start over, so that there is work to kill
    assert kills >= 40
    process = await start(library, folder, 0, FILES)
    assert await process.wait() == 0
    check(library, folder)
    for full in folder.glob("full-*"):
        check(Library(full), folder)


async def test_two_processes_append_at_once(folder: Path) -> None:
    library = Library(folder / "library")
    for first in range(0, FILES, 2):
        both = [await start(library, folder, 0, first + 2), await start(library, folder, first, FILES)]
        assert [await process.wait() for process in both] == [0, 0]
    check(library, folder)


async def test_twenty_rounds_of_two_writers_lose_no_commit(tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    records = [record(n) for n in range(40)]
    for n, made in enumerate(records):
        (tmp_path / f"{n}.json").write_text(json.dumps(made))
    both = [await start(library, tmp_path, 0, 20), await start(library, tmp_path, 20, 40)]
    assert [await process.wait() for process in both] == [0, 0]
    assert sorted(library.scan().collect()["id"]) == list(range(40))
    assert library.stats().version == 40
    assert library.versions()["source"].drop_nulls().n_unique() == 40


async def test_the_event_loop_is_not_blocked_while_loading(client: bj.Client, query: bj.JobFilter) -> None:
    """The longest time between two turns of the loop, measured in the same run: far below what loading takes.

    The best of three: on a busy machine the loop may wait for the processor; one that is blocked is so each time.
    """
    collection = await client.submit(query, limit=400)
    await collection.wait()
    await collection.fetch()
    assert min([await blocked_share(collection) for _ in range(3)]) < 0.5


async def blocked_share(collection: bj.Collection) -> float:
    longest, running = 0.0, True

    async def beat() -> None:
        nonlocal longest
        last = time.perf_counter()
        while running:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    beating = asyncio.create_task(beat())
    started = time.perf_counter()
    await collection.load()
    taken = time.perf_counter() - started
    running = False
    await beating
    return longest / taken
