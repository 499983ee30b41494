"""How long it takes to buy more than one data request can carry: ours beside other ways, each in a fresh process.

Every way buys the same postings of the same sandbox, itself a process of its own, with a rate limit and a time that a
data request takes to be ready. Ours counts, plans, and ends in the library, files and credits on disk and checked. The
others are given its windows, and end in a frame in memory: a script as tutorials have it, one request after the other;
and all windows at once, each waiting longer after each refusal.

The floor is what rate limit and preparation leave no way around: each count of the plan, and a POST, a poll and a
download for each window, one after the other at the rate, and the preparation of the last. A burst that the service
lets through can come in under it. Prints tables, and writes ``bench/results/collect.json``. Read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from measuring import Run, machine, save, timed

# Nothing that is large is imported here: on Linux, what this process takes would count for those it starts.

OURS, SCRIPT, GATHER = "ours", "script, one by one", "gather, no limit"
SINCE = "2020-01-01"  # all that the sandbox makes up is younger
POLL_EVERY = 1.0  # seconds, of the other ways
LONGEST_WAIT = 30.0  # seconds, after a 429
KINDS = ("searches", "posts", "polls", "downloads", "previews")


@dataclass
class Task:
    """What is to be bought, where, and how fast one may ask.

    Attributes
    ----------
    windows : list of dict
        Filters and records of each data request, as our plan has them; for the other ways.
    told : dict
        What a way has to say besides its time.
    """

    url: str
    key: str
    rate: float
    windows: list[Run] = field(default_factory=list)
    told: Run = field(default_factory=dict)


# --- the ways ---------------------------------------------------------------------------------------------
# What they yield when, `timed` tells.


def ours(task: Task) -> Iterator[int | None]:
    """Plan, and collect the plan."""
    import polars as pl

    import bulkjobs as bj

    async def collect() -> bj.Collection:
        client = bj.Client(task.key, base_url=task.url, home=Path.cwd() / "home", rate=task.rate)
        async with client:
            started = time.perf_counter()
            plan = await client.plan(bj.JobFilter(created_at_gte=SINCE))
            task.told["plan_s"] = time.perf_counter() - started
            task.told["counts"] = plan.counts + plan.pages
            task.windows = [
                {"filters": one.query.filters, "limit": one.records}
                for one in plan.requests
                if isinstance(one.query, bj.JobFilter)
            ]
            return await client.collect(plan, max_credits=plan.credits, on_event=lambda _: None)

    yield None
    collection = asyncio.run(collect())
    yield None
    yield int(collection.scan().select(pl.len()).collect().item())


def script(task: Task) -> Iterator[int | None]:
    """Go through the windows as the vendor's pages show it for one."""
    import gzip

    import polars as pl

    def call(path: str, body: Run | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(
            f"{task.url}/v2/data_requests/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"apikey": task.key, "Content-Type": "application/json", "accept": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            return response.status, response.read()

    def bought(window: Run) -> Iterator[Any]:
        request_id = json.loads(call("job_base/filter", window)[1])["request_id"]
        while (answer := call(f"{request_id}/files"))[0] != 200:
            time.sleep(POLL_EVERY)
        for name in json.loads(answer[1])["data_request_files"]:
            yield from map(json.loads, gzip.decompress(call(f"{request_id}/files/{name}")[1]).splitlines())

    yield None
    records = [record for window in task.windows for record in bought(window)]
    frame = pl.DataFrame(records, infer_schema_length=None)
    yield None
    yield len(frame)


def gather(task: Task) -> Iterator[int | None]:
    """Send everything at once; who is refused waits, each time up to twice as long."""
    import gzip

    import aiohttp
    import polars as pl

    async def call(session: aiohttp.ClientSession, path: str, body: Run | None = None) -> tuple[int, bytes]:
        tries = 0
        while True:
            url, method = f"{task.url}/v2/data_requests/{path}", "GET" if body is None else "POST"
            async with session.request(method, url, json=body) as response:
                if response.status != 429:
                    response.raise_for_status()
                    return response.status, await response.read()
            await asyncio.sleep(min(2.0**tries, LONGEST_WAIT) * random.random())
            tries += 1

    async def bought(session: aiohttp.ClientSession, window: Run) -> list[Any]:
        request_id = json.loads((await call(session, "job_base/filter", window))[1])["request_id"]
        status, answer = await call(session, f"{request_id}/files")
        while status != 200:
            await asyncio.sleep(POLL_EVERY)
            status, answer = await call(session, f"{request_id}/files")
        names = json.loads(answer)["data_request_files"]
        bodies = await asyncio.gather(*(call(session, f"{request_id}/files/{name}") for name in names))
        return [json.loads(line) for _, body in bodies for line in gzip.decompress(body).splitlines()]

    async def everything() -> pl.DataFrame:
        async with aiohttp.ClientSession(headers={"apikey": task.key}) as session:
            parts = await asyncio.gather(*(bought(session, window) for window in task.windows))
        return pl.DataFrame([record for part in parts for record in part], infer_schema_length=None)

    yield None
    frame = asyncio.run(everything())
    yield None
    yield len(frame)


WAYS: dict[str, Callable[[Task], Iterator[int | None]]] = {OURS: ours, SCRIPT: script, GATHER: gather}


# --- measuring --------------------------------------------------------------------------------------------


def measure(way: str, task: Task) -> Run:
    """Go one way, here."""
    run = timed(WAYS[way](task))
    return {**run, **task.told, "windows": task.windows}


def measured(way: str, task: Task, options: argparse.Namespace, postings: int) -> Run:
    """Go one way in a process of its own; fails where it gives another number of rows than there are."""
    before = stats(task)
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, str(Path(__file__).resolve()), "--measure", way]
        done = subprocess.run(command, cwd=scratch, input=json.dumps(asdict(task)).encode(), stdout=-1, check=True)
    run: Run = json.loads(done.stdout)
    if run["rows"] != postings:
        raise SystemExit(f"{way}: {run['rows']:,} rows of {postings:,}")
    after = stats(task)
    task.windows = run.pop("windows")
    requests = {kind: after[kind] - before[kind] for kind in KINDS}
    refused = after["refused"].get("429", 0) - before["refused"].get("429", 0)
    unavoidable = run.get("counts", 0) + 3 * len(task.windows)
    floor = unavoidable / task.rate + options.latency
    made = sum(requests.values()) + refused
    return {
        **run,
        "floor_s": floor,
        "x_floor": run["wall_s"] / floor,
        "requests": made,
        "of": requests,
        "429s": refused,
    }


def stats(task: Task) -> Run:
    """Ask the sandbox what it was asked for so far."""
    with urllib.request.urlopen(task.url.removesuffix("/cdapi") + "/_sandbox/stats") as response:
        told: Run = json.load(response)
    return told


@contextlib.contextmanager
def sandbox(postings: int, rate: float, latency: float) -> Iterator[Task]:
    """Start a sandbox in a process of its own, and stop it at the end."""
    command = f"-m bulkjobs sandbox --postings {postings} --description short --rate {rate} --latency {latency}"
    credits_of_all = f"--credits {postings * len(WAYS)} --json"
    with subprocess.Popen(
        [sys.executable, *command.split(), *credits_of_all.split()], stdout=subprocess.PIPE
    ) as server:
        try:
            assert server.stdout is not None
            told = json.loads(server.stdout.readline())
            yield Task(told["url"], told["api_key"], rate)
        finally:
            server.send_signal(signal.SIGTERM)


# --- telling ----------------------------------------------------------------------------------------------


def compare(rate: float, options: argparse.Namespace) -> dict[str, Run]:
    """Go all ways at one rate, ours first: it finds the windows."""
    with sandbox(options.postings, rate, options.latency) as task:
        return {way: measured(way, task, options, options.postings) for way in WAYS}


def alone(postings: int, options: argparse.Namespace) -> Run:
    """Buy so many our way, at the highest rate."""
    with sandbox(postings, max(options.rates), options.latency) as task:
        return measured(OURS, task, options, postings)


HEADING = "".join(
    f"{name:>{width}}"
    for name, width in (("wall s", 9), ("plan s", 8), ("floor s", 9), ("x floor", 9), ("requests", 10), ("429s", 7),
                        ("CPU s", 8), ("peak MB", 9))
)  # fmt: skip


def line(what: str, run: Run) -> str:
    plan = f"{run['plan_s']:.1f}" if "plan_s" in run else "-"
    return (
        f"{what:20}{run['wall_s']:>9.1f}{plan:>8}{run['floor_s']:>9.1f}{run['x_floor']:>9.2f}{run['requests']:>10,}"
        f"{run['429s']:>7,}{run['cpu_s']:>8.1f}{run['peak_rss_mb']:>9,.0f}"
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rates", type=float, nargs="+", default=[5.0, 100.0], help="requests a second")
    parser.add_argument("--postings", type=int, default=200_000, help="to compare the ways with")
    parser.add_argument("--latency", type=float, default=2.0, help="seconds that a data request takes to be ready")
    parser.add_argument(
        "--memory", type=int, nargs="+", default=[50_000, 200_000], help="postings, for the peak of ours"
    )
    parser.add_argument("--large", action="store_true", help="and the peak for 1,000,000")
    parser.add_argument("--quick", action="store_true", help="little of everything: to see that it runs")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "collect.json")
    parser.add_argument("--measure", help=argparse.SUPPRESS)  # one run of a way, with the task on stdin
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, Task(**json.load(sys.stdin)))))
        return
    if options.quick:
        options.rates, options.postings, options.latency, options.memory = [100.0], 12_000, 0.2, [12_000]
    rates = {}
    for rate in options.rates:
        rates[rate] = compare(rate, options)
        windows = rates[rate][OURS]["of"]["posts"]
        print(f"\n{options.postings:,} postings, {windows} data requests, {rate:g} requests a second\n")
        print(f"{'way':20}{HEADING}", *(line(way, run) for way, run in rates[rate].items()), sep="\n", flush=True)
    sizes = [*options.memory, *([1_000_000] if options.large else [])]
    memory = {size: alone(size, options) for size in sizes}
    print(f"\nours at {max(options.rates):g} requests a second\n\n{'postings':20}{HEADING}")
    print(*(line(f"{size:,}", run) for size, run in memory.items()), sep="\n")
    where = machine(("bulkjobs", "polars", "aiohttp", "deltalake"))
    print("", ", ".join(f"{name} {what}" for name, what in where.items()), sep="\n")
    save(options.results, {"machine": where, "latency_s": options.latency, "rates": rates, "memory": memory})


if __name__ == "__main__":
    main()
