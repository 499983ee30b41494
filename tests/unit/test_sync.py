"""The blocking twin: in a script, in a running loop, in a thread, and when it is interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import bulkjobs as bj
from bulkjobs import errors

QUERY = bj.JobFilter(country="United States")


def test_main_job_without_a_loop(tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(home=tmp_path, postings=800) as client:
        assert client.count(QUERY) > 50
        plan = client.plan(QUERY, limit=30)
        collection = client.collect(plan, max_credits=30)
        assert len(collection.frame()) == 30
        assert client.collect(QUERY, limit=30).id == collection.id
        assert client.balance() == 50_000 - 30
        assert [found.id for found in client.collections()] == [collection.id]
        assert client.attach(collection.id).state == "loaded"
        mine = collection.frame()["id"]
        assert client.owned(bj.JobIds([*mine[5:2:-1], 999_999_999_999])).to_list() == mine[5:2:-1].to_list()
        steps = client.submit(QUERY, limit=31).wait().fetch()
        assert len(steps.load()) == 31
        assert client.resume() == []
        assert len(client.ledger.collections()) == 2
        assert repr(collection) in repr(client.attach(collection.id))
        assert "<table>" in collection._repr_html_()
        with pytest.raises(errors.BudgetExceeded):
            client.collect(QUERY, max_credits=1)
        with pytest.raises(errors.UnknownCollection):
            client.settle(collection.id, request_id="x")
        with pytest.raises(errors.UnknownCollection, match="Data request 0"):
            client.settle(collection.id, number=0, arrived=False)
        assert len(client.attach(collection.id).finish().frame()) == 30
    with bj.sync.Client(home=tmp_path) as offline:  # no key, no network: what was bought is there
        assert len(offline.attach(collection.id).frame()) == 30


async def test_main_job_inside_a_running_loop(tmp_path: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    task = asyncio.create_task(tick())
    await asyncio.sleep(0)
    with bj.sync.Client.sandbox(home=tmp_path, postings=300) as client:  # as in a notebook's cell
        frame = client.collect(QUERY, limit=5).frame()
    assert len(frame) == 5
    task.cancel()


def test_two_threads_share_one_loop(tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(home=tmp_path, postings=300) as client:
        done: list[int] = []
        threads = [
            threading.Thread(target=lambda: done.append(len(client.collect(QUERY, limit=7).frame()))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert done == [7, 7, 7]
        assert len(client.collections()) == 1


def test_plain_script(tmp_path: Path) -> None:
    script = (
        "import bulkjobs as bj\n"
        f"with bj.sync.Client.sandbox(home={str(tmp_path)!r}, postings=300) as client:\n"
        "    print(len(client.collect(bj.JobFilter(country='United States'), limit=5).frame()))\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("5\n", "", 0)


def test_interrupt_cancels_the_wait_and_leaves_the_collection_resumable(tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(home=tmp_path, postings=300, latency=1.2) as client:
        interrupted: list[float] = []

        def interrupt(event: object) -> None:
            if type(event).__name__ == "Polled" and not interrupted:
                interrupted.append(time.monotonic())
                os.kill(os.getpid(), signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            client.collect(QUERY, limit=5, on_event=interrupt)
        assert client.collections()[0].state == "accepted"
        (collection,) = client.resume()
        assert len(collection.frame()) == 5


def test_a_blocking_verb_in_a_callback_is_an_error_not_a_deadlock(tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(home=tmp_path, postings=300) as client:
        refused: list[str] = []

        def asks(event: object) -> None:
            if not refused:
                with pytest.raises(errors.BulkJobsError) as caught:
                    client.balance()
                refused.append(str(caught.value))

        client.collect(QUERY, limit=5, on_event=asks)
        assert "on_event" in refused[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_loop_of_its_own(tmp_path: Path) -> None:
    script = (
        "import os, sys, bulkjobs as bj\n"
        # The child asks the parent's sandbox: polars, which serves it, can't be used in a forked process.
        f"client = bj.sync.Client.sandbox(home={str(tmp_path)!r}, postings=50).start()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try:\n"
        "        key, url = client._client.server.api_key, client._client.server.url\n"
        f"        with bj.sync.Client(key, base_url=url, home={str(tmp_path / 'child')!r}) as child:\n"
        "            os._exit(0 if child.count(bj.JobFilter(deleted=False)) else 1)\n"
        "    finally:\n"
        "        os._exit(2)\n"
        "_, status = os.waitpid(pid, 0)\n"
        "client.close()\n"
        "sys.exit(os.waitstatus_to_exitcode(status))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_a_sandbox_that_is_not_started_says_so(tmp_path: Path) -> None:
    client = bj.sync.Client.sandbox(home=tmp_path)
    with pytest.raises(errors.ConfigError, match="not running yet"):
        client.collections()
    assert not hasattr(client._client, "_repr_html_")  # what a notebook asks first
    client.close()
