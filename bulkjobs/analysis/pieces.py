"""What workers do to prepare postings: pure functions of files, each of which leaves one whole file, or none.

The texts are read once, where they lie. A unit of postings becomes a piece: enriched but for reposts, without the long
texts but with a sketch of each, sorted by the part to which its company belongs. Then the rows of one part are taken
out of all pieces, and it is found which of them were put up again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import polars as pl

from .enrich import PARTS, enrich
from .files import ParquetFile, scan_all
from .reposts import company, reposts_of_sketches, sketch
from .text import Taxonomy

_PART = "__part"
_SKETCH = "sketch"


@dataclass(frozen=True)
class Settings:
    """How postings are enriched: see `bulkjobs.analysis.enrich`, and `prepare` for `texts` and `where`."""

    only: tuple[str, ...]
    taxonomy: Taxonomy | None
    hours_a_year: float
    days: int
    same: tuple[str, ...]
    texts: bool
    where: Mapping[str, pl.Expr]

    @property
    def first(self) -> list[str]:
        """The parts of `enrich` that `where` asks for."""
        asked = {name for condition in self.where.values() for name in condition.meta.root_names()}
        return [part for part in self.only if asked & set(PARTS[part].adds)]

    @property
    def rest(self) -> list[str]:
        """The other ones that look at each posting alone."""
        return [part for part in self.only if part != "reposts" and part not in self.first]

    @property
    def unmet(self) -> pl.Expr:
        """Which of the conditions is the first that a posting does not meet; null where it meets all."""
        return pl.coalesce(
            *(pl.when(~met.fill_null(value=False)).then(pl.lit(words)) for words, met in self.where.items()),
            pl.lit(None, pl.String),
        )

    @property
    def known(self) -> dict[str, Any]:
        """The same, JSON-ready."""
        skills = self.taxonomy.fingerprint if self.taxonomy and "skills" in self.only else None
        return {
            "only": list(self.only), "taxonomy": skills, "hours_a_year": self.hours_a_year, "days": self.days,
            "same": list(self.same), "texts": self.texts,
            "where": [[words, sha256(met.meta.serialize()).hexdigest()] for words, met in self.where.items()],
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
    file : ParquetFile
        What it becomes.
    """

    rows: pl.LazyFrame
    columns: tuple[str, ...]
    file: ParquetFile


def make_piece(how: Settings, parts: int, piece: Piece) -> int:
    """Enrich a unit, put its rows in the order of their parts, and write it, unless it is there; return its rows."""
    if piece.file.exists():
        return piece.file.rows
    rows = _enriched(piece.rows.select(piece.columns), how.first, how)
    unmet: dict[str, int] = {}
    if how.where:
        counts = rows.group_by(how.unmet.alias("unmet")).len().drop_nulls("unmet").collect(engine="streaming")
        unmet = dict(counts.iter_rows())
        rows = rows.filter(how.unmet.is_null())
    made = _enriched(rows, how.rest, how)
    if "reposts" in how.only:
        made = made.with_columns(sketch().alias(_SKETCH))
    made = made.with_columns(_part(made.collect_schema().names(), parts).alias(_PART))
    if not how.texts and "description" in piece.columns:
        stated = pl.col("description").str.strip_chars() != ""
        made = made.with_columns(description=pl.when(stated).then(pl.lit("…")))
    frame = made.collect(engine="streaming").sort(_PART, maintain_order=True)
    piece.file.write(frame, len(frame) // parts, left_out=json.dumps(unmet))
    return len(frame)


def _enriched(rows: pl.LazyFrame, parts: Sequence[str], how: Settings) -> pl.LazyFrame:
    return enrich(rows, only=parts, taxonomy=how.taxonomy, hours_a_year=how.hours_a_year) if parts else rows


def left_out(pieces: Sequence[ParquetFile]) -> dict[str, int]:
    """Return how many postings do not meet a condition, of those that meet the ones before it."""
    counts: Counter[str] = Counter()
    for piece in pieces:
        counts.update(json.loads(piece.note("left_out")))
    return dict(counts)


def make_part(how: Settings, pieces: Sequence[ParquetFile], part: tuple[int, ParquetFile]) -> int:
    """Take a part out of all pieces, find its reposts, and write it, unless it is there; return its rows."""
    number, file = part
    if file.exists():
        return file.rows
    rows = scan_all(pieces).filter(pl.col(_PART) == number).drop(_PART).collect(engine="streaming")
    added = [name for part in PARTS if part in how.only for name in PARTS[part].adds]
    own = [name for name in rows.columns if name not in (*added, _SKETCH)]
    found = rows.lazy()
    if "reposts" in how.only:
        found = reposts_of_sketches(found, days=how.days, same=how.same)
    rows = found.select(*own, *added).collect(engine="streaming")
    file.write(rows, _LARGE)
    return len(rows)


_LARGE = 50_000  # rows that readers of a part hold at once


def _part(names: Sequence[str], parts: int) -> pl.Expr:
    """Return to which part a row belongs: that of its company, or any, where that is not known."""
    own = [name for name in ("id", "created", "title") if name in names]
    alone = pl.struct(own or names[:1]).hash(3)
    if not {"company_id", "company_name"} <= set(names):
        return (alone % parts).cast(pl.UInt32)
    known = company()
    return (pl.when(known != "").then(known.hash(3)).otherwise(alone) % parts).cast(pl.UInt32)
