"""`Report`: a labour market in figures, sentences and charts, made of postings that are here. Costs nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from ..analysis import HOURS_A_YEAR, Prepared, Taxonomy, coverage, default_taxonomy, prepare
from ..disk import whole
from ..display import safe_text
from ..engine import LOCAL, Engine, Workers, collected, engine_of, tally
from ..errors import ConfigError, InvalidQuery
from ..events import Listener
from ..library import Library
from ..library.store import store_at
from ..provenance import Provenance, versions_here
from .chapters import Chapter, chapters
from .scope import Scope
from .source import Postings, Source
from .watched import watched_until
from .wording import asked, reach

FORMAT = 1
"""Of the data that a report carries; a reader refuses what is newer."""


@dataclass(frozen=True)
class Report:
    """What a report says, ready to be shown.

    Attributes
    ----------
    title, subtitle : str
        What it is about.
    summary : tuple of str
        What it found, in sentences.
    facts : tuple of (str, int)
        How many postings, and which of them count.
    chapters : tuple of Chapter
    coverage : DataFrame
        How much of what is stated was understood: see `bulkjobs.analysis.coverage`.
    provenance : Provenance
    settings : mapping
        What it was asked for; `bulkjobs.report.check` makes it anew from them.
    """

    title: str
    subtitle: str
    summary: tuple[str, ...]
    facts: tuple[tuple[str, int], ...]
    chapters: tuple[Chapter, ...]
    coverage: pl.DataFrame
    provenance: Provenance
    settings: Mapping[str, Any]

    @property
    def figures(self) -> dict[str, list[dict[str, Any]]]:
        """All its figures, by the names of the answers: rows of plain data."""
        answers = {name: answer.frame for chapter in self.chapters for name, answer in chapter.answers.items()}
        frames = {**answers, "coverage": self.coverage}
        told = {name: _plain(frame) for name, frame in frames.items()}
        return {"facts": [{"what": what, "postings": count} for what, count in self.facts], **told}

    @property
    def document(self) -> dict[str, Any]:
        """The data that its page carries, JSON-ready."""
        figures = self.figures
        return {
            "format": FORMAT,
            "title": self.title,
            "settings": dict(self.settings),
            "provenance": self.provenance.to_dict(),
            "versions": versions(),
            "figures_sha256": hashlib.sha256(canonical(figures)).hexdigest(),
            "figures": figures,
        }

    def html(self) -> str:
        """Return it as one page that needs nothing else: no script, no internet; the same report gives the same."""
        from .page import page

        return page(self)

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the page, whole or not at all.

        Raises
        ------
        ConfigError
            The file is there already and `overwrite` is False, or can't be written.
        """
        target = Path(path)
        if target.exists() and not overwrite:
            raise ConfigError(f"{target} is there already.", next_step="choose another name, or overwrite=True")
        html = self.html()
        try:
            with whole(target) as part:
                part.write_text(html, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError(f"{target} can't be written ({error}).", next_step="choose another place") from error
        return target

    def __repr__(self) -> str:
        count = dict(self.facts)["postings"]
        return f"<Report {self.title!r}: {count:,} postings, {len(self.chapters)} chapters>"


def versions() -> dict[str, str]:
    """Return the versions of all that figures and pages depend on."""
    drawn = {name: version(name) for name in ("altair", "great-tables", "vl-convert-python")}
    return {**versions_here(), **drawn}


def labour_market(
    source: Postings | Library,
    *,
    title: str | None = None,
    period: str | None = None,
    country: str | Iterable[str] | None = None,
    taxonomy: Taxonomy | None = None,
    as_of: dt.datetime | str | None = None,
    hours_a_year: float = HOURS_A_YEAR,
    engine: Workers = "local",
    folder: str | os.PathLike[str] | None = None,
    on_event: Listener | None = None,
) -> Report:
    """Make a report on the labour market of postings that are here.

    Nothing is bought, and no key is needed. The same postings and settings give the same figures.

    Parameters
    ----------
    source : Collection, Bundle or Library
        Whose postings.
    title : str, optional
        Made out of the query, if not given.
    period : str, optional
        Only postings first seen then: ``2025``, ``2025-03``, ``2025-01..2025-06``; UTC, ends included.
    country : str or iterable of str, optional
        Only postings in these countries, by name or ISO code.
    taxonomy : Taxonomy, optional
        The skills to look for.
    as_of : datetime or str, optional
        Of a library, only what had been added by then; unless told, all that is there now.
    hours_a_year : float
        Hours that make a year's pay of an hour's.
    engine : "local" or dask.distributed.Client
        Where to read and count: in this process, of a library 100,000 postings at a time, or on the workers of a
        cluster. The report does not depend on it.
    folder : path or str, optional
        Where to keep the enriched postings: a folder that all workers see, or a URL in an object store. The same report
        is quick to make again then. A temporary folder unless told.
    on_event : callable, optional
        Is told `bulkjobs.events.Worked` meanwhile.

    Raises
    ------
    InvalidQuery
        `period` or `country` is none; or a cluster has no `folder`.
    LoadFailed, LibraryError
        The postings are not wholly here, or can't be read.
    ConfigError
        The extra ``report`` is not installed.
    """
    scope, title = Scope.of(period, country), None if title is None else safe_text(title)
    skills = taxonomy or default_taxonomy()
    worker = _worker(engine, folder)
    read = Source.of(source, as_of=as_of, engine=worker)
    settings = {
        "title": title, "period": period, "country": list(scope.countries) or None, "taxonomy": skills.fingerprint,
        "as_of": None if read.as_of is None else read.as_of.isoformat(), "hours_a_year": hours_a_year,
    }  # fmt: skip
    subtitle = "; ".join(filter(None, (asked(read.provenance), scope.words)))
    with _workplace(folder, settings, read.provenance.data_sha256) as place:
        postings = prepare(
            read.postings, place, engine=worker, taxonomy=skills, hours_a_year=hours_a_year, where=scope.conditions,
            as_of=read.as_of, on_event=on_event, overwrite=True,  # the place is named by its postings and settings
        )  # fmt: skip
        told = chapters(postings, subtitle, watched_until(postings, read.provenance))
        answers = (answer.sentence for chapter in told for answer in chapter.answers.values())
        found = dict.fromkeys(filter(None, answers)) if postings.postings else ()
        return Report(
            title=title or "Labour-market report",
            subtitle=subtitle,
            summary=(reach(postings), *found),
            facts=_facts(postings),
            chapters=told,
            coverage=coverage(postings),
            provenance=read.provenance,
            settings=settings,
        )


def canonical(data: object) -> bytes:
    """Return data as JSON that is the same for the same data."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _worker(engine: Workers, folder: str | os.PathLike[str] | None) -> Engine:
    """Return the engine, if there is a folder for it to work in."""
    worker = engine_of(engine)
    if folder is None and worker is not LOCAL:
        raise InvalidQuery(
            "The workers of a cluster need a folder to work in.", field="folder",
            next_step="name one that all of them see, or a URL in an object store",
        )  # fmt: skip
    if folder is not None:
        store_at(folder)
    return worker


@contextmanager
def _workplace(folder: str | os.PathLike[str] | None, *known: object) -> Iterator[str]:
    """Give a place to prepare postings in: a temporary folder, or one below that which was named, to be found again."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="bulkjobs-") as made:
            yield f"{made}/report"
    else:
        yield f"{os.fspath(folder).rstrip('/')}/report-{hashlib.sha256(canonical(known)).hexdigest()[:16]}"


def _facts(postings: Prepared) -> tuple[tuple[str, int], ...]:
    """Count the postings that lie within the scope, and without."""
    again = (pl.col("id") != pl.col("canonical_id")).sum()
    (counts,) = collected(tally(postings, again=again))
    outside = ((f"left out, {words}", count) for words, count in postings.left_out.items())
    return ("postings", postings.postings), ("of them put up again", int(counts["again"].item() or 0)), *outside


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows of JSON's own types."""
    times = pl.selectors.temporal().dt.to_string("iso")
    return frame.with_columns(times).to_dicts()
