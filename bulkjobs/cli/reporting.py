"""The command that makes reports, and tells whether they still match their data. Needs no key, and buys nothing."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import click

from ..bundle import open_bundle
from ..provenance import Provenance
from ..terminal import NO_MATCH
from .engines import chosen, engine_options, progress
from .options import Run, common, main


@main.command()
@click.argument("source", required=False)
@click.option("--library", "whole", is_flag=True, help="Of the whole library, instead of SOURCE.")
@click.option("--as-of", help="Of the library only what had been added by then (UTC): 2026-01-31, or with a time.")
@click.option("--title", help="Of the report.")
@click.option("--period", help="Only postings first seen then: 2025, 2025-03, 2025-01..2025-06.")
@click.option("--country", multiple=True, help="Only postings of this country: a name or an ISO code. Repeatable.")
@click.option(
    "--taxonomy",
    "skills",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Skills to look for: a CSV of your own, of ESCO, or of O*NET.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The page to write.")
@click.option("--overwrite", is_flag=True, help="Replace the page if it is there.")
@click.option("--folder", help="Folder or URL to keep the enriched postings in, which all workers see.")
@engine_options
@click.option("--check", "page", type=click.Path(path_type=Path), help="Tell whether this page still matches its data.")
@common
def report(
    run: Run, source: str | None, *, whole: bool, skills: Path | None, out: Path | None, overwrite: bool,
    page: Path | None, folder: str | None, engine: str, workers: int | None, scheduler: str | None, **asked: Any,
) -> None:  # fmt: skip
    """Make a report of what was bought: one page that opens and prints anywhere. Needs no key; costs nothing.

    SOURCE is the id of a collection, or a bundle (.zip). With --check, the page itself tells it, unless it is a bundle.
    """
    from ..analysis import read_taxonomy

    taxonomy = None if skills is None else read_taxonomy(skills)
    if page is None and out is None:
        raise click.UsageError("Name the page to write: --out report.html")
    with chosen(engine, workers, scheduler) as workers_, progress(run) as listen:
        work: dict[str, Any] = {"engine": workers_, "folder": folder, "on_event": listen, "taxonomy": taxonomy}
        if page is not None:
            _check(run, page, source, whole=whole, **work)
        elif out is not None:
            _make(run, _postings(run, source, whole=whole), out, overwrite=overwrite, **work, **asked)


def _make(run: Run, postings: Any, out: Path, *, overwrite: bool, **asked: Any) -> None:
    from ..report import labour_market

    made = labour_market(postings, **asked)
    written = made.write(out, overwrite=overwrite)
    told = made.document
    data = {"file": str(written), **{name: told[name] for name in ("figures_sha256", "settings", "provenance")}}
    run.show(f"{made!r}\n{written}", data)


def _check(run: Run, page: Path, source: str | None, *, whole: bool, **work: Any) -> None:
    from ..report import check, read

    told = read(page).provenance
    if source is None and not whole:
        source, whole = _told_by(told, page)
    found = check(page, _postings(run, source, whole=whole), **work)
    run.show(repr(found), {"matches": found.matches, **dataclasses.asdict(found)})
    sys.exit(0 if found.matches else NO_MATCH)


def _told_by(known: Provenance, page: Path) -> tuple[str | None, bool]:
    if known.kind == "bundle":
        raise click.UsageError(f"{page} was made of a bundle. Name it: bulkjobs report study.zip --check {page}")
    return known.collection_id, known.kind == "library"


def _postings(run: Run, source: str | None, *, whole: bool) -> Any:
    if whole and source:
        raise click.UsageError("Either SOURCE or --library, not both.")
    if whole:
        return run.client().library
    if source is None:
        raise click.UsageError("Of what? Name a collection or a bundle, or give --library.")
    return open_bundle(source) if source.endswith(".zip") else run.client().attach(source)
