"""What workers do to prepare postings: pure functions of files, each of which leaves one whole file, or none.

The texts are read once, where they lie. A unit of postings becomes a piece: enriched but for reposts, without the long
texts but with a sketch of each, sorted by the part to which its company belongs. Then the rows of one part are taken
out of all pieces, and it is found which of them were put up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..disk import whole
from ..library.library import NEWEST
from .engine import BUCKET, bucket
from .enrich import PARTS, enrich
from .reposts import company, reposts_of_sketches, sketch
from .text import Taxonomy

_AT, _PART, _UNIT = "__at", "__part", "__unit"
_SKETCH = "sketch"
_GROUP = 1_000  # rows of a Parquet file that are skipped or read together, at the least


@dataclass(frozen=True)
class Settings:
    """How postings are enriched: see `bulkjobs.analysis.enrich`, and `prepare` for `texts`."""

    only: tuple[str, ...]
    taxonomy: Taxonomy | None
    hours_a_year: float
    days: int
    same: tuple[str, ...]
    texts: bool

    @property
    def known(self) -> dict[str, Any]:
        """The same, JSON-ready."""
        skills = self.taxonomy.fingerprint if self.taxonomy and "skills" in self.only else None
        return {
            "only": list(self.only), "taxonomy": skills, "hours_a_year": self.hours_a_year, "days": self.days,
            "same": list(self.same), "texts": self.texts,
        }  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A unit that is to become a piece.

    Attributes
    ----------
    rows : LazyFrame
        The unit.
    columns : tuple of str
        Those of postings.
    older : Series or None
        The places of rows in it that are older versions of postings.
    path : Path
        The file to write.
    """

    rows: pl.LazyFrame
    columns: tuple[str, ...]
    older: pl.Series | None
    path: Path


def versions(unit: tuple[int, pl.LazyFrame]) -> pl.DataFrame:
    """Return what tells versions of postings apart, with `BUCKET`, and where each row is."""
    number, rows = unit
    keys = rows.with_row_index(_AT).filter(pl.col("id").is_not_null())
    made = keys.select("id", *NEWEST, _AT, bucket(["id"]).alias(BUCKET), pl.lit(number, pl.UInt32).alias(_UNIT))
    return made.collect(engine="streaming")


def older(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep where older versions are, of all rows with the same ids: the unit, and the places in it."""
    several = rows.filter(pl.col("id").is_duplicated()).sort(NEWEST)
    return several.filter(~pl.col("id").is_last_distinct()).group_by(_UNIT).agg(_AT)


def places(found: pl.DataFrame) -> dict[int, pl.Series]:
    """Return the places of older versions by unit."""
    by_unit = found.explode(_AT).group_by(_UNIT).agg(_AT)
    return dict(zip(by_unit[_UNIT], by_unit[_AT], strict=True))


def make_piece(how: Settings, parts: int, piece: Piece) -> int:
    """Enrich a unit, put its rows in the order of their parts, and write it, unless it is there; return its rows."""
    if piece.path.exists():
        return rows_of(piece.path)
    rows = piece.rows
    if piece.older is not None:
        rows = rows.with_row_index(_AT).filter(~pl.col(_AT).is_in(piece.older.implode())).drop(_AT)
    made = enrich(
        rows.select(piece.columns), only=[part for part in how.only if part != "reposts"], taxonomy=how.taxonomy,
        hours_a_year=how.hours_a_year,
    )  # fmt: skip
    if "reposts" in how.only:
        made = made.with_columns(sketch().alias(_SKETCH))
    made = made.with_columns(_part(made.collect_schema().names(), parts).alias(_PART))
    if not how.texts and "description" in piece.columns:
        stated = pl.col("description").str.strip_chars() != ""
        made = made.with_columns(description=pl.when(stated).then(pl.lit("…")))
    frame = made.collect(engine="streaming").sort(_PART, maintain_order=True)
    _write(frame, piece.path, len(frame) // parts)
    return len(frame)


def make_part(how: Settings, pieces: Sequence[Path], part: tuple[int, Path]) -> int:
    """Take a part out of all pieces, find its reposts, and write it, unless it is there; return its rows."""
    number, path = part
    if path.exists():
        return rows_of(path)
    rows = pl.scan_parquet(list(pieces)).filter(pl.col(_PART) == number).drop(_PART).collect(engine="streaming")
    if "reposts" in how.only:
        added = [name for part in PARTS if part in how.only for name in PARTS[part].adds]
        own = [name for name in rows.columns if name not in (*added, _SKETCH)]
        found = reposts_of_sketches(rows.lazy(), days=how.days, same=how.same)
        rows = found.select(*own, *added).collect(engine="streaming")
    _write(rows, path, _LARGE)
    return len(rows)


_LARGE = 50_000  # rows that readers of a part hold at once


def rows_of(path: Path) -> int:
    """Return how many rows a file has."""
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _part(names: Sequence[str], parts: int) -> pl.Expr:
    """Return to which part a row belongs: that of its company, or any, where that is not known."""
    own = [name for name in ("id", "created", "title") if name in names]
    alone = pl.struct(own or names[:1]).hash(3)
    if not {"company_id", "company_name"} <= set(names):
        return (alone % parts).cast(pl.UInt32)
    known = company()
    return (pl.when(known != "").then(known.hash(3)).otherwise(alone) % parts).cast(pl.UInt32)


def _write(rows: pl.DataFrame, path: Path, group: int) -> None:
    with whole(path) as unfinished:
        rows.write_parquet(unfinished, compression="zstd", compression_level=1, row_group_size=max(group, _GROUP))
