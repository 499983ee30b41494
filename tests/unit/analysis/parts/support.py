"""What the tests of postings in parts share: a library with older versions, reposts and gaps, and what one asks."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from distributed import Client, LocalCluster
from polars.testing import assert_frame_equal

from bulkjobs import records
from bulkjobs.analysis import Rows, coverage, enrich, questions
from bulkjobs.library import Library
from bulkjobs.sandbox.sample import generate

ONLY = ("salary", "seniority", "work_mode", "skills", "reposts")  # places take seconds to be read in each process
DAY = dt.date(2026, 10, 31)

ASKED: dict[str, Callable[[Any], questions.Answer]] = {
    "companies": lambda rows: questions.top(rows, "company_name", unique=True),
    "titles": lambda rows: questions.top(rows, "title", period=(dt.date(2026, 1, 1), DAY)),
    "industries": lambda rows: questions.top(rows, "industries", 3, unique=True),
    "new": lambda rows: questions.over_time(rows, unique=True),
    "live": lambda rows: questions.live(rows, until=DAY),
    "open": lambda rows: questions.time_to_close(rows, "level"),
    "pay": lambda rows: questions.salaries(rows, unique=True),
    "pay by skill": lambda rows: questions.salaries(rows, "skills"),
    "together": questions.together,
    "lift": lambda rows: questions.together(rows, order="lift", unique=True),
    "remote": questions.remote_share,
    "remote by level": lambda rows: questions.remote_share(rows, by="level"),
    "countries": lambda rows: questions.by_country(rows.with_columns(country_iso_2=pl.col("country").str.slice(0, 2))),
}


@contextmanager
def two_workers() -> Iterator[Client]:
    """Two workers of a cluster, in processes of their own, on loopback alone."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def postings(folder: Path, count: int) -> pl.DataFrame:
    """Generated postings; of some it is not known whose they are, or what their text is."""
    path = folder / "made-up.json"
    path.write_text("\n".join(json.dumps(one) for one in generate(count, description="short")))
    frame, _ = records.load(path)
    nth = pl.int_range(pl.len())
    unknown = pl.when(nth % 9 > 0)
    return frame.with_columns(unknown.then(name).alias(name) for name in ("company_id", "company_name")).with_columns(
        description=pl.when(nth % 7 > 0).then("description"),
        id=pl.when(nth % 301 > 0).then("id"),
    )


def fill(library: Library, frame: pl.DataFrame) -> None:
    """Put postings in, then some of them again: as newer and as older versions, and as reposts with other ids."""
    soon = pl.col("created") + pl.duration(days=20)
    newer = frame[::5].with_columns(
        pl.col("last_updated") + pl.duration(days=1), title=pl.col("title") + " (new)", company_id=pl.lit(7, pl.Int64)
    )
    older = frame[1::5].with_columns(pl.col("last_updated") - pl.duration(days=1), title=pl.lit("old"))
    again = frame[2::3].with_columns(pl.col("id") + 10_000_000_000, created=soon)
    for at, part in enumerate((frame, newer, older, again)):
        library.append(f"request:made/{at:05}", [part], bought_at=1e9 + at)


def enriched(library: Library, **how: Any) -> pl.DataFrame:
    """The postings of a library as `enrich` makes them of one frame, without the texts."""
    made = enrich(library.scan().collect(), **how)
    stated = pl.col("description").str.strip_chars() != ""
    return made.with_columns(description=pl.when(stated).then(pl.lit("…")))


def assert_same_rows(made: Rows, frame: pl.DataFrame) -> None:
    found = pl.concat([part.collect() for part in made.parts])
    order = ["id", "created", "last_updated", "title", "url"]
    assert_frame_equal(found.sort(order), frame.sort(order))


def assert_same_answers(made: Rows, frame: pl.DataFrame) -> None:
    """Each question has the same answer, in its figures and its words."""
    for name, ask in ASKED.items():
        found, expected = ask(made), ask(frame)
        assert_frame_equal(found.frame, expected.frame)
        assert repr(found) == repr(expected), name
        assert len(found.frame), name
    assert_frame_equal(coverage(made), coverage(frame))


def files(folder: Path) -> dict[str, int]:
    """The files of a folder and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def parts_of(folder: Path) -> list[int]:
    """The numbers of the parts in a folder, in whose names stands what they were made of, too."""
    return sorted(int(path.stem.rpartition("-")[2]) for path in folder.glob("part-*.parquet"))
