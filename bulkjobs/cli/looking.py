"""Commands that look at what was bought, and keep it in order. They need no key."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import click

from .. import books, terminal
from ..rows import HERE
from .data import collection_data
from .options import Run, common, main


@main.command()
@common
def collections(run: Run) -> None:
    """List every collection that the ledger knows, newest first. Needs no key."""
    known = run.client().collections()
    if not known and not run.as_json:
        run.show("No collections yet. `bulkjobs demo` makes one on the sandbox.", None)
        return
    run.show(terminal.collection_table(known), [collection_data(collection) for collection in known])


@main.command()
@click.argument("collection_id")
@click.option("--rows", default=10, show_default=True, help="How many postings to show.")
@common
def show(run: Run, collection_id: str, *, rows: int) -> None:
    """Show one collection, its data requests, and its first postings. Needs no key."""
    collection = run.client().attach(collection_id)
    data = collection_data(collection)
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
@common
def drift(run: Run, collection_id: str, before: str | None) -> None:
    """Show what changed in the vendor's records since collection BEFORE, or the documentation. Needs no key."""
    client = run.client()
    found = client.attach(collection_id).drift(client.attach(before) if before else None)
    run.show(repr(found), dataclasses.asdict(found))


@main.command()
@click.option("--days", type=click.IntRange(min=0), help="Only what was sent in the last days, or not at all yet.")
@common
def ledger(run: Run, *, days: int | None) -> None:
    """List every data request, newest first, and what each day and project cost. Needs no key."""
    table = books.since(run.client().ledger.frame(), days, time.time())
    sums = books.sums(table)
    run.show(terminal.ledger_text(table, sums), {"data_requests": table.to_dicts(), "sums": sums.to_dicts()})


@main.command()
@click.argument("collection_id")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@common
def export(run: Run, collection_id: str, file: Path, *, overwrite: bool) -> None:
    """Write a collection's postings to FILE: .parquet, .csv or .ndjson. Needs no key."""
    written = run.client().attach(collection_id).export(file, overwrite=overwrite)
    run.show(str(written), {"file": str(written)})


@main.command()
@click.argument("collection_id")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--title", help="Of the study.")
@click.option("--note", help="For whoever opens it.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@common
def bundle(run: Run, collection_id: str, file: Path, **options: Any) -> None:
    """Write a collection and where it comes from to FILE (.zip), to be read with no account. Needs no key."""
    written = run.client().attach(collection_id).bundle(file, **options)
    run.show(str(written), {"file": str(written)})
