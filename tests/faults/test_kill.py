"""`kill -9` at every step: `resume` ends in the same frame, with no POST that was not promised."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.catalog import Catalog
from tests.faults.victim import LIMIT, QUERY
from tests.support import posts, spent

VICTIM = Path(__file__).with_name("victim.py")
Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
pytestmark = pytest.mark.usefixtures("every_ledger")


async def run_victim(sandbox: bj.Sandbox, home: Path, step: str, verb: str = "collect") -> tuple[int, str]:
    words = (str(VICTIM), sandbox.url, sandbox.api_key, str(home), step, verb)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.fixture
def expected(catalog: Catalog, tmp_path: Path) -> pl.DataFrame:
    """The frame, straight from the dataset."""
    path = tmp_path / "expected.ndjson"
    path.write_bytes(b"\n".join(catalog.lines(catalog.ids(QUERY.filters, LIMIT))))
    return bj.records.load(path)[0]


@pytest.mark.parametrize(
    "step", ["intent", "post", "poll", "file", "renamed", "fetched", "load", "shelf", "shelved", "loaded"]
)
async def test_resume_after_a_kill_completes_with_one_post(
    step: str, start_sandbox: Start, make_client: MakeClient, tmp_path: Path, expected: pl.DataFrame
) -> None:
    sandbox = await start_sandbox(latency=1.5 if step == "poll" else 0.0)
    if step == "file":
        sandbox.faults.add(Fault("download", "slow", seconds=0.02, chunk=4096))
    code, _ = await run_victim(sandbox, tmp_path / "home", step)
    assert code == -signal.SIGKILL
    assert posts(sandbox) == (0 if step == "intent" else 1)

    client = make_client(sandbox)
    resumed = await client.resume()
    collection = client.collections()[0]
    assert [done.id for done in resumed] == ([] if step == "loaded" else [collection.id])
    assert_frame_equal(collection.frame(), expected)
    assert_frame_equal(collection.scan().collect(), expected)
    assert_frame_equal(client.library.scan().collect().sort("id"), expected.sort("id"))
    assert collection.state == "loaded"
    assert (posts(sandbox), spent(sandbox)) == (1, LIMIT)
    assert not list((tmp_path / "home").rglob("*.part"))
    assert sandbox.stats()["downloads"] == (2 if step == "file" else 1)  # what was whole is not fetched again
    again = await client.collect(QUERY, limit=LIMIT)
    assert again.id == collection.id
    assert posts(sandbox) == 1
    assert (again.reconciliation or {})["differences"] == []


async def test_kill_before_the_answer_is_written_down_is_an_unknown_outcome(
    sandbox: bj.Sandbox, make_client: MakeClient, tmp_path: Path, expected: pl.DataFrame
) -> None:
    code, _ = await run_victim(sandbox, tmp_path / "home", "answer")
    assert code == -signal.SIGKILL
    client = make_client(sandbox)
    with pytest.raises(errors.OutcomeUnknown):
        await client.resume()
    assert client.collections()[0].state == "unknown"
    with pytest.raises(errors.OutcomeUnknown):
        await client.collect(QUERY, limit=LIMIT)
    assert posts(sandbox) == 1
    (request_id,) = sandbox.stats()["requests"]
    collection = await client.settle(client.collections()[0].id, request_id=request_id)
    assert_frame_equal(collection.frame(), expected)
    assert posts(sandbox) == 1


async def test_two_processes_at_once_are_one_post(
    start_sandbox: Start, make_client: MakeClient, tmp_path: Path, expected: pl.DataFrame
) -> None:
    sandbox = await start_sandbox(latency=0.5)
    ends = await asyncio.gather(*(run_victim(sandbox, tmp_path / "home", "none") for _ in range(3)))
    assert [code for code, _ in ends] == [0, 0, 0]
    assert len({output for _, output in ends}) == 1
    assert (posts(sandbox), spent(sandbox)) == (1, LIMIT)
    assert_frame_equal(make_client(sandbox).collections()[0].frame(), expected)


async def test_a_process_that_waits_takes_over_from_one_that_is_killed(
    start_sandbox: Start, make_client: MakeClient, tmp_path: Path, expected: pl.DataFrame
) -> None:
    sandbox = await start_sandbox(latency=1.5)
    waiting = asyncio.create_task(run_victim(sandbox, tmp_path / "home", "none"))
    killed, _ = await run_victim(sandbox, tmp_path / "home", "poll")
    code, _ = await waiting
    assert code == 0
    assert killed in {0, -signal.SIGKILL}  # whichever of the two came first did the polling
    assert posts(sandbox) == 1
    assert_frame_equal(make_client(sandbox).collections()[0].frame(), expected)


@pytest.mark.parametrize(
    "step", ["unnamed", "begun", "intent", "post", "poll", "fetched", "shelf", "shelved", "loaded", "unnoted"]
)
async def test_a_run_that_was_killed_is_finished_by_the_next_one_with_one_post(
    step: str, start_sandbox: Start, make_client: MakeClient, tmp_path: Path, catalog: Catalog
) -> None:
    sandbox = await start_sandbox(latency=1.5 if step == "poll" else 0.0)
    code, _ = await run_victim(sandbox, tmp_path / "home", step, "follow")
    assert code == -signal.SIGKILL
    unsent = step in {"unnamed", "begun", "intent"}
    assert posts(sandbox) == (0 if unsent else 1)

    client = make_client(sandbox)
    wanted = catalog.ids(QUERY.filters)
    done = await client.follow(QUERY, name="us", max_credits=len(wanted) if unsent else 0)
    assert sorted(done.frame()["id"]) == sorted(wanted)
    assert (done.new, done.changed, done.credits) == (len(wanted), 0, len(wanted))
    assert (posts(sandbox), spent(sandbox)) == (1, len(wanted))
    assert client.runs("us")["finished_at"].null_count() == 0
    assert (await client.follow(QUERY, name="us")).credits == 0


async def test_processes_that_follow_at_once_buy_once(
    start_sandbox: Start, make_client: MakeClient, tmp_path: Path, catalog: Catalog
) -> None:
    sandbox, wanted = await start_sandbox(latency=0.5), len(catalog.ids(QUERY.filters))
    ends = await asyncio.gather(*(run_victim(sandbox, tmp_path / "home", "none", "follow") for _ in range(3)))
    assert sorted(output.split() for _, output in ends) == [["0", "0"], ["0", "0"], [str(wanted)] * 2]
    assert (posts(sandbox), spent(sandbox)) == (1, wanted)
    assert len(make_client(sandbox).runs("us")) == 3
