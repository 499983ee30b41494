"""The command line: the same verbs. Results go to standard output, all else to standard error."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import io
import json
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from . import books, terminal
from .client import Client
from .collection import Collection
from .display import safe_text
from .errors import BudgetExceeded, BulkJobsError
from .events import Event, Listener, Loaded
from .export import check_target
from .follow import FollowRun
from .library import ImportReport
from .outcomes import saved
from .plan import Plan
from .query import FIELDS, JobFilter, JobIds, Query
from .rows import HERE, UNFINISHED

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_EPILOG = "The key is taken from CORESIGNAL_API_KEY.\n\n\b\nExit codes:\n" + "\n".join(
    f"  {code:>3}  {text}" for code, text in terminal.EXIT_CODES.items()
)
_KINDS: dict[str, Any] = {"integer": int}


class Run:
    """How this call was asked to behave: which service and home, for a person or for a machine."""

    def __init__(self, *, home: Path | None, base_url: str | None, api_version: str | None, as_json: bool) -> None:
        self.home = home
        self._base_url = base_url
        self._api_version = api_version
        self.as_json = as_json
        self.out = terminal.console(sys.stdout)
        self.err = terminal.console(sys.stderr)

    def client(self) -> Client:
        """Make the client."""
        return Client(home=self.home, base_url=self._base_url, api_version=self._api_version)

    def show(self, text: object, data: object) -> None:
        """Print a result: rich text (or a plain string as it is) for a person, or one JSON document."""
        if self.as_json:
            click.echo(json.dumps(data, default=str))
        elif isinstance(text, str):
            click.echo(safe_text(text))
        else:
            self.out.print(text, soft_wrap=True)

    def say(self, error: BulkJobsError) -> None:
        """Print an error on standard error."""
        if self.as_json:
            click.echo(json.dumps({"error": saved(error)}), err=True)
        else:
            click.secho(f"Error: {terminal.said(error)}", err=True, fg="red")

    def fail(self, error: BulkJobsError) -> NoReturn:
        """End with the error's words and its exit code."""
        self.say(error)
        sys.exit(terminal.exit_code(error))


def _common(command: F) -> F:
    """Give a command the options that all share; it gets a `Run`, and its errors end the process politely."""

    @click.option(
        "--home", type=click.Path(path_type=Path), help="Folder of the ledger and the files.  [env: BULKJOBS_HOME]"
    )
    @click.option("--base-url", help="Where the service is.  [env: BULKJOBS_BASE_URL]")
    @click.option("--api-version", type=click.Choice(["v1", "v2"]), help="Which tree of the service to speak to.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for machines.")
    @functools.wraps(command)
    def wrapped(
        *args: Any, home: Path | None, base_url: str | None, api_version: str | None, as_json: bool, **options: Any
    ) -> Any:
        run = Run(home=home, base_url=base_url, api_version=api_version, as_json=as_json)
        try:
            result = command(run, *args, **options)
            if isinstance(result, Coroutine):
                asyncio.run(result)
        except BulkJobsError as error:
            run.fail(error)
        except ExceptionGroup as group:  # `resume` of several
            known, others = group.split(BulkJobsError)
            if known is None or others is not None:
                raise
            *first, last = (failure for failure in known.exceptions if isinstance(failure, BulkJobsError))
            for failure in first:
                run.say(failure)
            run.fail(last)
        except KeyboardInterrupt:
            run.err.print("Interrupted. What was sent goes on; `bulkjobs resume` finishes it. Nothing else is sent.")
            sys.exit(130)

    return wrapped  # type: ignore[return-value]


def _filters(command: F) -> F:
    """Give a command an option for each of the 17 filter fields."""
    for field in reversed(FIELDS.values()):
        flag = f"--{field.name.replace('_', '-')}"
        if field.kind == "boolean":
            declared = click.option(f"{flag}/--no{flag[1:]}", field.name, default=None, help=field.help)
        else:
            declared = click.option(flag, field.name, type=_KINDS.get(field.kind, str), help=field.help)
        command = declared(command)
    return command


def _options(*declared: Callable[[F], F]) -> Callable[[F], F]:
    """Bundle options that several commands share."""

    def add(command: F) -> F:
        for option in declared:
            command = option(command)
        return command

    return add


_buying = _options(
    click.option("--overwrite", is_flag=True, help="Replace the file of --out if it is there."),
    click.option("--out", type=click.Path(path_type=Path), help="Also write .parquet, .csv or .ndjson."),
    click.option("--max-credits", type=click.IntRange(min=0), help="Spend at most this, without asking."),
)
_planning = _options(
    click.option("--limit", type=int, help="The most records wanted."),
    click.option("--fresh", is_flag=True, help="Buy, and pay, again what was bought before."),
    click.option(
        "--strategy",
        type=click.Choice(["auto", "windows", "ids"]),
        default="auto",
        show_default=True,
        help="How to split what one data request can't carry.",
    ),
    click.option("--refresh-after", help="Copies older than this do not count as owned: 30d, 12h, 2w."),
)
_sandbox_options = _options(
    click.option("--data", type=click.Path(exists=True, dir_okay=False), help="NDJSON, JSON, CSV or Parquet."),
    click.option("--postings", default=25_000, show_default=True, help="How many to make up, without --data."),
    click.option("--seed", default=0, show_default=True, help="Same seed, same postings."),
    click.option(
        "--description",
        type=click.Choice(["full", "short"]),
        default="full",
        show_default=True,
        help="Length of the descriptions made up; short ones suit a million postings.",
    ),
    click.option("--credits", default=50_000, show_default=True, help="Balance at the start."),
    click.option("--latency", default=0.0, show_default=True, help="Seconds to prepare a data request."),
)


@click.group(epilog=_EPILOG, context_settings={"max_content_width": 110})
@click.version_option(package_name="bulkjobs")
def main() -> None:
    """Buy job postings in bulk, without ever paying twice."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe of an old code page must not end a paid collection
            stream.reconfigure(errors="replace")


@main.command()
@_filters
@_common
async def count(run: Run, **fields: Any) -> None:
    """Count the postings that a filter matches. Free."""
    query = JobFilter(**fields)
    async with run.client() as client:
        matched = await client.count(query)
    run.show(str(matched), {"matched": matched, "filters": query.filters})


@main.command()
@click.option("--ids", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Plan an ID file instead.")
@click.option("--save", type=click.Path(path_type=Path), help="Also write it as JSON, for `collect-plan`.")
@_planning
@_filters
@_common
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
    run.show(repr(made), _plan_data(made))


@main.command()
@_filters
@_planning
@_buying
@_common
def collect(run: Run, **options: Any) -> None:
    """Buy what a filter matches: submit, poll, fetch, load. Spends credits."""
    fields = {name: options.pop(name) for name in FIELDS}
    bought = {name: options.pop(name) for name in ("max_credits", "out", "overwrite")}
    _collect(run, lambda client: client.plan(JobFilter(**fields), **options), **bought)


@main.command("collect-ids")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_planning
@_buying
@_common
def collect_ids(run: Run, file: Path, **options: Any) -> None:
    """Buy the postings of an ID file (.csv or .txt, one a line). Spends credits."""
    bought = {name: options.pop(name) for name in ("max_credits", "out", "overwrite")}
    ids = JobIds.from_file(file)
    _collect(run, lambda client: client.plan(ids, **options), **bought)


@main.command("collect-plan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--first", type=click.IntRange(min=1), help="Only so many of its data requests.")
@_buying
@_common
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
    run.show("\n".join(lines), {**_collection_data(collection), "attached": not made.is_new})


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
@_filters
@click.option("--max-credits", type=click.IntRange(min=0), help="Spend at most this, without asking.")
@click.option("--dry-run", is_flag=True, help="Only tell what it would cost.")
@_common
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
    run.show(repr(done), _run_data(done))


@main.command()
@_common
def collections(run: Run) -> None:
    """List every collection that the ledger knows, newest first. Needs no key."""
    known = run.client().collections()
    if not known and not run.as_json:
        run.show("No collections yet. `bulkjobs demo` makes one on the sandbox.", None)
        return
    run.show(terminal.collection_table(known), [_collection_data(collection) for collection in known])


@main.command()
@click.argument("collection_id")
@click.option("--rows", default=10, show_default=True, help="How many postings to show.")
@_common
def show(run: Run, collection_id: str, *, rows: int) -> None:
    """Show one collection, its data requests, and its first postings. Needs no key."""
    collection = run.client().attach(collection_id)
    data = _collection_data(collection)
    text = repr(collection)
    for request in collection.requests:
        text += f"\n  request {request.number:<3} {request.request_id or '-'}  {request.state}"
        text += f"  {request.records:,} records promised"
    if collection.state in HERE:
        frame = collection.frame()
        text += f"\n{collection.report!r}\n{terminal.preview(frame, rows)}"
    run.show(text, data)


@main.command()
@click.argument("collection_id")
@click.argument("before", required=False)
@_common
def drift(run: Run, collection_id: str, before: str | None) -> None:
    """Show what changed in the vendor's records since collection BEFORE, or the documentation. Needs no key."""
    client = run.client()
    found = client.attach(collection_id).drift(client.attach(before) if before else None)
    run.show(repr(found), dataclasses.asdict(found))


@main.command()
@click.option("--days", type=click.IntRange(min=0), help="Only what was sent in the last days, or not at all yet.")
@_common
def ledger(run: Run, *, days: int | None) -> None:
    """List every data request, newest first, and what each day and project cost. Needs no key."""
    table = books.since(run.client().ledger.frame(), days, time.time())
    sums = books.sums(table)
    run.show(terminal.ledger_text(table, sums), {"data_requests": table.to_dicts(), "sums": sums.to_dicts()})


@main.command()
@click.argument("collection_id", required=False)
@click.option("--request-id", help="Request id of a POST whose outcome was unknown.")
@click.option("--never-arrived", is_flag=True, help="Plan a POST again whose outcome was unknown: support knows none.")
@click.option("--number", type=click.IntRange(min=0), help="Which data request, where several are in question.")
@_common
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
    run.show(terminal.collection_table(done), [_collection_data(collection) for collection in done])
    for collection in done:
        if collection.error is not None:
            run.fail(collection.error)


@main.command()
@click.argument("collection_id")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@_common
def export(run: Run, collection_id: str, file: Path, *, overwrite: bool) -> None:
    """Write a collection's postings to FILE: .parquet, .csv or .ndjson. Needs no key."""
    written = run.client().attach(collection_id).export(file, overwrite=overwrite)
    run.show(str(written), {"file": str(written)})


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_common
def import_(run: Run, files: tuple[Path, ...]) -> None:
    """Add result files from elsewhere to the library: old exports of any schema, gzip, Zstandard or plain. Free."""
    done = run.client().library.add(files)
    run.show(repr(done), _import_data(done))
    for error in done.failed.values():
        run.fail(error)


@main.command()
@click.option("--compact", is_flag=True, help="First make few large files of many small ones.")
@click.option("--vacuum", is_flag=True, help="Then delete files that no version of the last --keep-days needs.")
@click.option("--keep-days", default=30, show_default=True, help="How far back old versions shall stay readable.")
@_common
def library(run: Run, *, compact: bool, vacuum: bool, keep_days: int) -> None:
    """Show what the library holds: every posting that was bought or imported. Needs no key."""
    shelf = run.client().library
    if compact:
        shelf.compact()
    removed = shelf.vacuum(keep_days=keep_days) if vacuum else []
    stats = shelf.stats()
    told = f"\n  removed           {len(removed):,} files" if vacuum else ""
    run.show(f"{stats!r}{told}", {"path": str(shelf.path), **dataclasses.asdict(stats), "removed": len(removed)})


@main.command()
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Where to listen; any free port unless told.")
@click.option("--rate", type=float, help="Requests a second that it allows.")
@_sandbox_options
@_common
async def sandbox(run: Run, **options: Any) -> None:
    """Serve the service's HTTP contract on this machine, until interrupted."""
    from .local import started_sandbox

    server = await started_sandbox(**options)
    try:
        lines = (
            f"export BULKJOBS_BASE_URL={server.url}",
            f"export CORESIGNAL_API_KEY={server.api_key}    # of the sandbox; spends nothing",
            f"# what was bought: {server.url.removesuffix('/cdapi')}/_sandbox/stats",
            f"# faults, to try: {server.url.removesuffix('/cdapi')}/_sandbox/faults",
        )
        run.show("\n".join(lines), {"url": server.url, "api_key": server.api_key, "jwt": server.jwt})
        sys.stdout.flush()
        await _until_told_to_stop()
    finally:
        await server.stop()


async def _until_told_to_stop() -> None:
    """Return at Ctrl-C or a polite kill: the end of a server is no failure."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: there Ctrl-C interrupts
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Where to listen; any free port unless told.")
@click.option("--public-url", help="Where a tunnel or reverse proxy takes calls for it.")
@_common
async def listen(run: Run, **options: Any) -> None:
    """Receive what was bought as soon as the service calls, until interrupted. Spends nothing.

    Calls may get lost, so it also looks by itself now and then.
    """

    def told(event: Event) -> None:
        if isinstance(event, Loaded):
            run.err.print(f"collection {event.collection_id}: {event.records:,} postings are here", markup=False)

    async with run.client() as client, client.listen(**options, on_event=told) as listening:
        lines = (
            f"export BULKJOBS_WEBHOOK_URL={listening.url}",
            "# for all that buy; who knows this address can call it, so it is a secret, and shown this once",
        )
        run.show("\n".join(lines), {"webhook_url": listening.url})
        sys.stdout.flush()
        await _until_told_to_stop()


@main.command()
@_sandbox_options
@_filters
@_common
async def demo(run: Run, **options: Any) -> None:
    """Show the main job on a sandbox: no key, no network, no real credits."""
    fields = {name: value for name in FIELDS if (value := options.pop(name)) is not None}
    from . import demo as demonstration

    await demonstration.run(run.out, JobFilter(**fields) if fields else None, run.home, options)


def _plan_data(made: Plan) -> dict[str, Any]:
    return {
        "query": made.query.to_dict(),
        "limit": made.limit,
        "matched": made.matched,
        "records": made.records,
        "owned": made.owned,
        "credits": made.credits,
        "balance": made.balance,
        "data_requests": made.posts,
        "attaches_to": made.attaches_to,
        "strategy": made.strategy,
        "why": list(made.why),
        "sample": list(made.sample),
    }


def _run_data(done: FollowRun) -> dict[str, Any]:
    return {
        **{name: getattr(done, name) for name in ("name", "since", "new", "changed", "credits", "dry_run", "notes")},
        "collections": [one.id for one in (done.earlier, done.collection) if one is not None],
    }


def _import_data(done: ImportReport) -> dict[str, Any]:
    return {
        "added": list(map(str, done.added)),
        "known": list(map(str, done.known)),
        "failed": {str(path): saved(error) for path, error in done.failed.items()},
        "records": done.report.records,
        "bad_lines": done.report.bad_count,
        "unknown_fields": done.report.unknown_fields,
        "misfits": done.report.misfits,
    }


def _collection_data(collection: Collection) -> dict[str, Any]:
    error = collection.error
    return {
        "id": collection.id,
        "state": collection.state,
        "query": collection.query.to_dict(),
        "limit": collection.limit,
        "made_at": collection.made_at,
        "records": collection.records,
        "credits": collection.credits,
        "expires_at": collection.expires_at,
        "request_ids": [request.request_id for request in collection.requests],
        "reconciliation": collection.reconciliation,
        "error": saved(error) if error else None,
    }
