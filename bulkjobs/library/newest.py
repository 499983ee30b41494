"""The newest version of each posting, in parts that one worker can hold: for work on a library of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from ..engine import Engine, Rows
from ..engine.engine import BUCKET, as_they_are, bucket

NEWEST = ("last_updated", "bought_at", "added_at", "source", "row")
"""What makes one version of a posting newer than another, first things first."""

_ROWS = 100_000  # of a unit, at the most
_UNITS = 1_000  # of more rows than these times `_ROWS`, units are larger
_AT, _UNIT = "__at", "__unit"


def units(files: Iterable[tuple[pl.LazyFrame, int, bool]]) -> Iterator[pl.LazyFrame]:
    """Put small files together, and cut large ones.

    Parameters
    ----------
    files : iterable of (LazyFrame, int, bool)
        Rows, how many, and whether they must stay together.
    """
    files = list(files)
    most = max(_ROWS, -(-sum(rows for _, rows, _ in files) // _UNITS))
    waiting: list[pl.LazyFrame] = []
    held = 0
    for scan, rows, whole in files:
        step = max(rows, 1) if whole else most
        for start in range(0, max(rows, 1), step):
            size = min(step, rows - start)
            if held and held + size > most:
                yield pl.concat(waiting)
                waiting, held = [], 0
            waiting.append(scan.slice(start, size) if size < rows else scan)
            held += size
    if waiting:
        yield pl.concat(waiting)


def newest(scans: Sequence[pl.LazyFrame], engine: Engine) -> Rows:
    """Leave out the older versions of postings, of rows of `bulkjobs.library.LIBRARY_SCHEMA` in units.

    The ids fall into buckets by a hash, each of which is looked through alone: never are all of them in one place.
    """
    found = pl.concat(engine.buckets(_versions, list(enumerate(scans)), as_they_are, _older))
    gone = dict(found.explode(_AT).group_by(_UNIT).agg(_AT).iter_rows())
    return Rows(tuple(_without(scan, gone.get(number)) for number, scan in enumerate(scans)), engine)


def _versions(unit: tuple[int, pl.LazyFrame]) -> pl.DataFrame:
    """Return what tells versions of postings apart, with `BUCKET`, and where each row is."""
    number, rows = unit
    keys = rows.with_row_index(_AT).filter(pl.col("id").is_not_null())  # without an id, nobody can tell
    made = keys.select("id", *NEWEST, _AT, bucket(["id"]).alias(BUCKET), pl.lit(number, pl.UInt32).alias(_UNIT))
    return made.collect(engine="streaming")


def _older(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep where older versions are, of all rows with the same ids: the unit, and the places in it."""
    several = rows.filter(pl.col("id").is_duplicated()).sort(NEWEST)
    return several.filter(~pl.col("id").is_last_distinct()).group_by(_UNIT).agg(_AT)


def _without(rows: pl.LazyFrame, places: Sequence[int] | None) -> pl.LazyFrame:
    if not places:
        return rows
    gone = pl.Series(places, dtype=pl.UInt32).implode()
    return rows.with_row_index(_AT).filter(~pl.col(_AT).is_in(gone)).drop(_AT)
