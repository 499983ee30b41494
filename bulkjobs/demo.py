"""The main job in one go, on a sandbox: preview, collect, collect again for nothing, then an ID file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from . import config, terminal
from .client import Client
from .local import SandboxClient
from .query import JobFilter, JobIds

LIMIT = 500  # records that the demo buys (no real credits)


async def run(console: Console, query: JobFilter | None, home: Path | None, options: dict[str, Any]) -> None:
    """Show the main job.

    Parameters
    ----------
    console : rich.console.Console
        Where to tell.
    query : JobFilter, optional
        What to ask for; else one that suits the sandbox's own postings, or any dataset.
    home : Path, optional
        Folder of the ledger and the files; else a new one in ``demo`` of the usual home, so that each run shows all.
    options : dict
        For `bulkjobs.Sandbox`.
    """
    home = home or config.home() / "demo" / f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}"
    _step(console, "A sandbox: the same HTTP contract as the real service, on this machine, no key")
    async with Client.sandbox(home=home, **options) as client:
        balance = await client.balance()
        console.print(f"It listens on {client.server.url} and the account holds {balance:,} credits.")
        query = query or await _fitting(client, made_up=options.get("data") is None)
        first = await _buy(console, client, query)
        await _again(console, client, query, first)
        await _by_ids(console, client, first, home)
    _step(console, "Where things are")
    console.print(f"Files and ledger lie in {home}", soft_wrap=True)
    console.print("Try next:")
    for line in (
        ". .venv/bin/activate              puts the command `bulkjobs` on the path",
        "bulkjobs sandbox --port 8765      the sandbox, for your own experiments",
        "bulkjobs count --help             all 17 filters",
        "make lab                          the lessons, in JupyterLab",
    ):
        console.print(f"  {line}", soft_wrap=True)


async def _fitting(client: SandboxClient, *, made_up: bool) -> JobFilter:
    if made_up:
        return JobFilter(title='(Data Engineer) OR "Data Scientist"', country="United States")
    present = JobFilter(deleted=False)
    return present if await client.count(present) else JobFilter(deleted=True)


async def _buy(console: Console, client: SandboxClient, query: JobFilter) -> pl.DataFrame:
    _step(console, "What would it cost? Asking is free")
    plan = await client.plan(query, limit=LIMIT)
    console.print(repr(plan), markup=False, soft_wrap=True)
    _step(console, "Collect it: submit, poll, fetch, load")
    with terminal.progress(console, wanted=True) as listener:
        collection = await client.collect(plan, max_credits=LIMIT, on_event=listener)
    console.print(repr(collection), markup=False, soft_wrap=True)
    frame = collection.frame()
    _table(console, frame)
    return frame


async def _again(console: Console, client: SandboxClient, query: JobFilter, first: pl.DataFrame) -> None:
    _step(console, "The very same collect again, as when a cell is run twice")
    before = client.server.stats()
    collection = await client.collect(query, limit=LIMIT, max_credits=LIMIT)
    after = client.server.stats()
    sent = after["posts"] - before["posts"]
    spent = after["credits_spent"] - before["credits_spent"]
    same = "the same" if collection.frame().equals(first) else "NOT the same"
    console.print(f"It attached to {collection.id}: {sent} POSTs sent, {spent} credits spent, {same} frame.")


async def _by_ids(console: Console, client: SandboxClient, first: pl.DataFrame, home: Path) -> None:
    _step(console, "By an ID file")
    path, owned = home / "ids.csv", set(first["id"])
    found = await client.search(JobFilter(deleted=False), limit=LIMIT + 25)
    others = [number for number in found if number not in owned]  # what is owned would be bought again
    path.write_text("".join(f"{number}\n" for number in (others or found)[:25]))
    ids = JobIds.from_file(path)
    plan = await client.plan(ids)
    collection = await client.collect(plan, max_credits=len(ids))
    console.print(f"{path} holds {len(ids)} ids; {collection.credits} credits bought:", soft_wrap=True)
    _table(console, collection.frame())


def _table(console: Console, frame: pl.DataFrame) -> None:
    console.print(terminal.preview(frame), markup=False, soft_wrap=True)
    console.print(f"({len(frame):,} rows, {frame.width} columns)")


def _step(console: Console, title: str) -> None:
    console.print(f"\n[bold]{title}[/bold]\n{'─' * len(title)}")
