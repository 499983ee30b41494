"""Commands that look at the library, and keep it in order. They need no key; others may read and write meanwhile."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import click

from ..export import export_parts
from ..records import drift
from ..terminal import NO_MATCH
from .data import import_data
from .engines import chosen, engine_options, progress
from .options import Run, common, main

_keep_days = click.option(
    "--keep-days", default=30, show_default=True, help="How far back old versions shall stay readable."
)


@main.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="FILES|FOLDERS|URLS...")
@engine_options
@click.option("--aside", help="Folder or URL for lines that are no record, instead of bad-lines beside the library.")
@common
def import_(
    run: Run, paths: tuple[str, ...], *, engine: str, workers: int | None, scheduler: str | None, aside: str | None
) -> None:
    """Add result files from elsewhere to the library: old exports of any schema, gzip, Zstandard or plain. Free.

    Each file once, whatever it is called; what was cut off goes on where it was. Of a folder, or of what is below an
    s3://, gs:// or az:// URL, every .json, .ndjson, .jsonl, .gz and .zst.
    """
    shelf = run.client().library
    with chosen(engine, workers, scheduler) as readers, progress(run) as listen:
        done = shelf.add(paths, aside=aside, engine=readers, on_event=listen)
    run.show(repr(done), import_data(done))
    for error in done.failed.values():
        run.fail(error)


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


@library.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--format", "ending", type=click.Choice(["parquet", "csv", "ndjson"]), default="parquet", show_default=True
)
@click.option("--as-of", help="Only what had been added by then (UTC): 2026-01-31, or with a time.")
@click.option("--overwrite", is_flag=True, help="Replace the folder if it is there.")
@engine_options
@common
def export_(
    run: Run, folder: Path, *, ending: str, as_of: str | None, overwrite: bool, engine: str, workers: int | None,
    scheduler: str | None,
) -> None:  # fmt: skip
    """Write the newest version of each posting to files in FOLDER, all of them or none."""
    with chosen(engine, workers, scheduler) as workers_:
        rows = run.client().library.rows(engine=workers_, as_of=as_of)
        written = export_parts(rows, folder, f".{ending}", overwrite=overwrite)
    run.show(f"{len(written):,} files in {folder}", {"files": list(map(str, written))})


@library.command("drift")
@click.option("--before", help="What had been added by then (UTC), to compare with; unless told, the documentation.")
@engine_options
@common
def drift_(run: Run, *, before: str | None, engine: str, workers: int | None, scheduler: str | None) -> None:
    """Show what changed in the vendor's records since a date, or against the documentation."""
    with chosen(engine, workers, scheduler) as workers_:
        shelf = run.client().library
        then = None if before is None else shelf.rows(engine=workers_, as_of=before)
        found = drift(shelf.rows(engine=workers_), then)
    run.show(repr(found), dataclasses.asdict(found))
