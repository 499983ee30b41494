"""Commands that plan, buy, follow and resume."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from .. import terminal
from ..client import Client
from ..errors import BudgetExceeded
from ..events import Listener
from ..export import check_target
from ..follow import FollowRun
from ..plan import Plan
from ..query import FIELDS, JobFilter, JobIds, Query
from ..rows import UNFINISHED
from .data import collection_data, plan_data, run_data
from .options import Run, buying, common, filters, main, planning

T = TypeVar("T")


@main.command()
@filters
@common
async def count(run: Run, **fields: Any) -> None:
    """Count the postings that a filter matches. Free."""
    query = JobFilter(**fields)
    async with run.client() as client:
        matched = await client.count(query)
    run.show(str(matched), {"matched": matched, "filters": query.filters})


@main.command()
@click.option("--ids", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Plan an ID file instead.")
@click.option("--save", type=click.Path(path_type=Path), help="Also write it as JSON, for `collect-plan`.")
@planning
@filters
@common
async def plan(run: Run, *, ids: Path | None, save: Path | None, **options: Any) -> None:
    """Show what it would cost to collect a filter or an ID file, and how it is split. Free."""
    fields = {name: options.pop(name) for name in FIELDS}
    if ids and any(value is not None for value in fields.values()):
        raise click.UsageError("--ids and filters can't be planned together.")
    query: Query = JobIds.from_file(ids) if ids else JobFilter(**fields)
    async with run.client() as client:
        made = await client.plan(query, **options)
    if save is not None:
        made.save(save)
    run.show(repr(made), plan_data(made))


@main.command()
@filters
@planning
@buying
@common
def collect(run: Run, **options: Any) -> None:
    """Buy what a filter matches: submit, poll, fetch, load. Spends credits."""
    fields = {name: options.pop(name) for name in FIELDS}
    bought = {name: options.pop(name) for name in ("max_credits", "out", "overwrite")}
    _collect(run, lambda client: client.plan(JobFilter(**fields), **options), **bought)


@main.command("collect-ids")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@planning
@buying
@common
def collect_ids(run: Run, file: Path, **options: Any) -> None:
    """Buy the postings of an ID file (.csv or .txt, one a line). Spends credits."""
    bought = {name: options.pop(name) for name in ("max_credits", "out", "overwrite")}
    ids = JobIds.from_file(file)
    _collect(run, lambda client: client.plan(ids, **options), **bought)


@main.command("collect-plan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--first", type=click.IntRange(min=1), help="Only so many of its data requests.")
@buying
@common
def collect_plan(run: Run, file: Path, *, first: int | None, **options: Any) -> None:
    """Buy what a plan that was saved asks for; what was bought since is not bought again. Spends credits."""
    saved = Plan.load(file)

    async def made(client: Client) -> Plan:
        return saved.first(first) if first else saved

    _collect(run, made, **options)


def _collect(
    run: Run,
    plan: Callable[[Client], Coroutine[Any, Any, Plan]],
    *,
    max_credits: int | None,
    out: Path | None,
    overwrite: bool,
) -> None:
    if out is not None:
        check_target(out, overwrite=overwrite)
    client = run.client()
    made = asyncio.run(_closing(client, plan(client)))
    if max_credits is None and made.credits:
        _confirm(run, made)  # outside the event loop, which would keep Ctrl-C from ending the question
    with terminal.progress(run.err, wanted=not run.as_json) as listener:
        work = client.collect(made, max_credits=max_credits, on_event=listener)
        collection = asyncio.run(_closing(client, work))
    lines = [
        repr(collection),
        f"  spent now  {made.credits:,} credits at most" if made.credits else "  spent now  0 credits",
    ]
    if out is not None:
        lines.append(f"  written    {collection.export(out, overwrite=overwrite)}")
    run.show("\n".join(lines), {**collection_data(collection), "attached": not made.is_new})


async def _closing(client: Client, work: Coroutine[Any, Any, T]) -> T:
    async with client:
        return await work


def _confirm(run: Run, made: Plan | FollowRun) -> None:
    """Ask a person before spending; where nobody can answer, a budget must be given."""
    if run.as_json or not sys.stdin.isatty():
        raise BudgetExceeded(
            f"This would cost up to {made.credits:,} credits, and nobody is here to confirm it.",
            next_step=f"give --max-credits {made.credits}",
        )
    click.echo(repr(made), err=True)
    try:
        agreed = click.confirm(f"Spend up to {made.credits:,} credits?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise BudgetExceeded("Declined: nothing was sent.")


@main.command()
@click.argument("name")
@filters
@click.option("--max-credits", type=click.IntRange(min=0), help="Spend at most this, without asking.")
@click.option("--dry-run", is_flag=True, help="Only tell what it would cost.")
@common
def follow(run: Run, name: str, *, max_credits: int | None, dry_run: bool, **fields: Any) -> None:
    """Buy what is new or changed since the last run of NAME; the first run buys all. Spends credits.

    Safe to be called again and again, as by cron: nothing new is exit code 0, and costs nothing.
    """
    query, client = JobFilter(**fields), run.client()

    def called(listener: Listener | None = None, **options: Any) -> FollowRun:
        return asyncio.run(_closing(client, client.follow(query, name=name, on_event=listener, **options)))

    if dry_run or max_credits is None:
        done = called(dry_run=True)
        if not dry_run and done.credits:
            _confirm(run, done)
        max_credits = done.credits
    if not dry_run:
        with terminal.progress(run.err, wanted=not run.as_json) as listener:
            done = called(listener, max_credits=max_credits)
    run.show(repr(done), run_data(done))


@main.command()
@click.argument("collection_id", required=False)
@click.option("--request-id", help="Request id of a POST whose outcome was unknown.")
@click.option("--never-arrived", is_flag=True, help="Plan a POST again whose outcome was unknown: support knows none.")
@click.option("--number", type=click.IntRange(min=0), help="Which data request, where several are in question.")
@common
async def resume(
    run: Run, collection_id: str | None, *, request_id: str | None, never_arrived: bool, number: int | None
) -> None:
    """Finish what was cut off. Nothing that was sent is sent again; nothing that was not confirmed is bought."""
    settles = bool(request_id or never_arrived)
    if settles and not collection_id:
        raise click.UsageError("--request-id and --never-arrived need the collection's id: `bulkjobs resume ID ...`.")
    if number is not None and not settles:
        raise click.UsageError("--number goes with --request-id or --never-arrived.")
    async with run.client() as client:
        with terminal.progress(run.err, wanted=not run.as_json) as listener:
            if collection_id and settles:
                settled = await client.settle(
                    collection_id, request_id=request_id, number=number, arrived=not never_arrived
                )
                done = [settled]
            else:
                done = await client.resume(collection_id, on_event=listener)
    if not done and not run.as_json:
        elsewhere = {known.service for known in client.collections() if known.state in UNFINISHED} - {client.service}
        run.show(f"Nothing is unfinished{''.join(f', but for what was bought from {url}' for url in elsewhere)}.", None)
        return
    run.show(terminal.collection_table(done), [collection_data(collection) for collection in done])
    for collection in done:
        if collection.error is not None:
            run.fail(collection.error)
