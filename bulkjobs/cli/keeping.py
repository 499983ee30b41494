"""Commands that look at the library, and keep it in order. They need no key; others may read and write meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

import click

from ..errors import ConfigError
from ..events import Event, ImportStarted
from ..terminal import NO_MATCH, ProgressView
from .data import import_data
from .options import Run, common, main

_keep_days = click.option(
    "--keep-days", default=30, show_default=True, help="How far back old versions shall stay readable."
)


@main.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="FILES|FOLDERS|URLS...")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="Who reads.")
@click.option("--workers", type=click.IntRange(min=1), help="With dask: processes on this machine.")
@click.option("--scheduler", help="With dask: address of the cluster that is there: tcp://host:8786.")
@click.option("--aside", help="Folder or URL for lines that are no record, instead of bad-lines beside the library.")
@common
def import_(
    run: Run, paths: tuple[str, ...], *, engine: str, workers: int | None, scheduler: str | None, aside: str | None
) -> None:
    """Add result files from elsewhere to the library: old exports of any schema, gzip, Zstandard or plain. Free.

    Each file once, whatever it is called; what was cut off goes on where it was. Of a folder, or of what is below an
    s3://, gs:// or az:// URL, every .json, .ndjson, .jsonl, .gz and .zst.
    """
    if engine == "local" and (workers or scheduler):
        raise click.UsageError("--workers and --scheduler go with --engine dask.")
    if workers and scheduler:
        raise click.UsageError("Either --workers or --scheduler, not both.")
    shelf = run.client().library
    with _readers(engine, workers, scheduler) as readers, ProgressView(run.err) as view:

        def listen(event: Event) -> None:
            if isinstance(event, ImportStarted) and event.dashboard:
                run.err.print(f"The cluster's dashboard: {event.dashboard}")
            view(event)

        done = shelf.add(paths, aside=aside, engine=readers, on_event=listen)
    run.show(repr(done), import_data(done))
    for error in done.failed.values():
        run.fail(error)


@contextlib.contextmanager
def _readers(engine: str, workers: int | None, scheduler: str | None) -> Iterator[Any]:
    """Give what reads: this process, or a cluster, which is started unless its scheduler is named."""
    if engine == "local":
        yield engine
        return
    try:
        from dask.distributed import Client as Cluster
    except ImportError as error:
        raise ConfigError("Dask is not installed.", next_step="pip install 'bulkjobs[cluster]'") from error
    where = {"address": scheduler} if scheduler else {"n_workers": workers, "threads_per_worker": 1}
    try:
        cluster = Cluster(**where)
    except (OSError, ValueError) as error:
        raise ConfigError(f"No cluster could be reached ({error}).", next_step="check --scheduler") from error
    with cluster:
        yield cluster


@main.group(invoke_without_command=True)
@click.option("--compact", is_flag=True, help="First make few large files of many small ones.")
@click.option("--vacuum", is_flag=True, help="Then delete files that no version of the last --keep-days needs.")
@_keep_days
@common
def library(run: Run, *, compact: bool, vacuum: bool, keep_days: int) -> None:
    """Show what the library holds: every posting that was bought or imported. Needs no key.

    Options of a command below stand after it: bulkjobs library verify --json
    """
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        given = [
            name
            for name in context.params
            if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
        ]
        if given:
            raise click.UsageError(f"Write the options after {context.invoked_subcommand!r}.")
        return
    shelf = run.client().library
    if compact:
        shelf.compact()
    removed = shelf.vacuum(keep_days=keep_days) if vacuum else []
    _stats(run, f"\n  removed           {len(removed):,} files" if vacuum else "", removed=len(removed))


@library.command("compact")
@common
def compact_(run: Run) -> None:
    """Make few large files of many small ones; old versions stay."""
    run.client().library.compact()
    _stats(run)


@library.command("vacuum")
@_keep_days
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted.")
@common
def vacuum_(run: Run, *, keep_days: int, dry_run: bool) -> None:
    """Delete files that no version of the last --keep-days needs."""
    removed = run.client().library.vacuum(keep_days=keep_days, dry_run=dry_run)
    told = [*removed, f"{len(removed):,} files {'would be' if dry_run else 'were'} removed"]
    run.show("\n".join(told), {"removed": removed, "dry_run": dry_run})


@library.command()
@common
def verify(run: Run) -> None:
    """Read every file of the newest version, and tell what is wrong: exit code 7 if something is."""
    found = run.client().library.verify()
    run.show(repr(found), {"sound": found.sound, **dataclasses.asdict(found)})
    sys.exit(0 if found.sound else NO_MATCH)


@library.command()
@click.option("--out", help="Copy it to this folder, or s3://, gs:// or az:// URL, as a library of its own.")
@common
def snapshot(run: Run, *, out: str | None) -> None:
    """Tell what the newest version consists of, with a hash of its files; and copy it."""
    made = run.client().library.snapshot(out)
    data: dict[str, Any] | None = None if made is None else {**dataclasses.asdict(made), "copy": out}
    copied = "" if out is None else f"\n{out}"
    run.show("Nothing was added to the library yet." if made is None else f"{made!r}{copied}", data)


def _stats(run: Run, told: str = "", **more: Any) -> None:
    shelf = run.client().library
    stats = shelf.stats()
    run.show(f"{stats!r}{told}", {"path": shelf.url, **dataclasses.asdict(stats), **more})
