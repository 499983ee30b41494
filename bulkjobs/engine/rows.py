"""`Rows`: postings in one part or many, and sums of them that are taken part by part.

A `Tally` is a sum that can be taken of each part alone, and then of these sums: the same, whatever the parts are. So a
question is asked of a frame in memory, and of a folder of parts that no machine could hold, by the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self

import polars as pl

from .engine import BUCKET, LOCAL, Engine, Workers, bucket, engine_of


@dataclass(frozen=True)
class Rows:
    """Postings in parts, of the same columns.

    Attributes
    ----------
    parts : tuple of LazyFrame
        One at the least.
    engine : Engine
        What works on them.
    """

    parts: tuple[pl.LazyFrame, ...]
    engine: Engine = field(default=LOCAL)

    @classmethod
    def of(cls, given: pl.DataFrame | pl.LazyFrame | Rows) -> Rows:
        """Take a frame as rows in one part."""
        return given if isinstance(given, Rows) else cls((given.lazy(),))

    def on(self, engine: Workers) -> Self:
        """Return the same, for questions to be worked on elsewhere; see `bulkjobs.analysis.prepare` for `engine`."""
        return replace(self, engine=engine_of(engine))

    def map(self, step: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Rows:
        """Do a step on each part, lazily; it must not matter to it which rows are in the part."""
        return Rows(tuple(step(part) for part in self.parts), self.engine)

    def select(self, *columns: Any, **named: Any) -> Rows:
        """Return columns, as `polars.LazyFrame.select` does. They must be made row by row."""
        return self.map(lambda part: part.select(*columns, **named))

    def with_columns(self, *columns: Any, **named: Any) -> Rows:
        """Add columns, as `polars.LazyFrame.with_columns` does. They must be made row by row."""
        return self.map(lambda part: part.with_columns(*columns, **named))

    def filter(self, *where: Any) -> Rows:
        """Keep the rows for which something holds, as `polars.LazyFrame.filter` does."""
        return self.map(lambda part: part.filter(*where))

    def drop_nulls(self, columns: str | Sequence[str]) -> Rows:
        """Leave out rows with nulls in some columns."""
        return self.map(lambda part: part.drop_nulls(columns))

    def collect_schema(self) -> pl.Schema:
        """Return the columns and their types."""
        return self.parts[0].collect_schema()


@dataclass(frozen=True)
class Merge:
    """How sums of parts become the sum of all: by `keys`, the rest as it was made."""

    keys: tuple[str, ...]
    sums: tuple[str, ...]
    least: tuple[str, ...] = ()
    most: tuple[str, ...] = ()

    def __call__(self, sums: pl.DataFrame) -> pl.DataFrame:
        """Merge the sums of some parts, that stand below each other."""
        made = [pl.col(self.sums).sum(), pl.col(self.least).min(), pl.col(self.most).max()]
        return sums.group_by(self.keys).agg(made) if self.keys else sums.select(made)


@dataclass(frozen=True)
class Tally:
    """Sums of rows by keys; see `tally`."""

    rows: Rows
    keys: tuple[str, ...]
    aggregates: Mapping[str, pl.Expr]
    merge: Merge

    def of(self, part: pl.LazyFrame) -> pl.LazyFrame:
        """Return the sums of one part."""
        return part.group_by(self.keys).agg(**self.aggregates) if self.keys else part.select(**self.aggregates)


def tally(
    rows: Rows,
    /,
    *keys: str,
    least: Mapping[str, pl.Expr] | None = None,
    most: Mapping[str, pl.Expr] | None = None,
    **sums: pl.Expr,
) -> Tally:
    """Sum rows up.

    Parameters
    ----------
    rows : Rows
        Of what.
    *keys : str
        Columns; there is a row for each combination of their values. Without: one row.
    least, most : mapping of str to Expr
        Values of which the least, or the most, is wanted.
    **sums : Expr
        Whole numbers that are counted of rows, such as ``pl.len()`` or ``pl.col("deleted").sum()``; as Int64.
    """
    least, most = least or {}, most or {}
    aggregates = {name: made.cast(pl.Int64) for name, made in sums.items()}
    aggregates |= {name: value.min() for name, value in least.items()}
    aggregates |= {name: value.max() for name, value in most.items()}
    return Tally(rows, keys, aggregates, Merge(keys, tuple(sums), tuple(least), tuple(most)))


@dataclass(frozen=True)
class Large:
    """A tally that may have as many keys as there are postings, of which only what is small is wanted.

    Attributes
    ----------
    tally : Tally
        With keys.
    finish : callable
        Makes a small frame of some of the sums: whole ones, of keys that are in no other call. These frames are put
        below each other, in no order.
    """

    tally: Tally
    finish: Callable[[pl.DataFrame], pl.DataFrame]


def collected(*wanted: Tally | Large) -> list[pl.DataFrame]:
    """Take sums of the same postings: of one part in one pass; of many in one pass for small ones, and each large."""
    tallies = [one.tally if isinstance(one, Large) else one for one in wanted]
    rows = tallies[0].rows
    if len(rows.parts) == 1 and rows.engine is LOCAL:
        frames = _taken([one.of(one.rows.parts[0]) for one in tallies])
        return [
            one.finish(frame) if isinstance(one, Large) else frame for one, frame in zip(wanted, frames, strict=True)
        ]
    small = iter(_small([one for one in wanted if isinstance(one, Tally)], rows.engine))
    return [_large(one) if isinstance(one, Large) else next(small) for one in wanted]


def _small(tallies: Sequence[Tally], engine: Engine) -> list[pl.DataFrame]:
    """Take sums of each part, and merge them a few at a time."""
    if not tallies:
        return []
    parts = zip(*(one.rows.parts for one in tallies), strict=True)
    plans = [[one.of(part) for one, part in zip(tallies, together, strict=True)] for together in parts]
    return engine.tree(_taken, plans, partial(_merged, [one.merge for one in tallies]))


def _large(wanted: Large) -> pl.DataFrame:
    """Take sums of each part, and merge those of the same keys only."""
    one = wanted.tally
    plans = [one.of(part) for part in one.rows.parts]
    return pl.concat(one.rows.engine.buckets(partial(_bucketed, one.keys), plans, one.merge, wanted.finish))


def _taken(plans: list[pl.LazyFrame]) -> list[pl.DataFrame]:
    return pl.collect_all(plans, engine="streaming")


def _merged(merges: list[Merge], results: list[list[pl.DataFrame]]) -> list[pl.DataFrame]:
    return [merge(pl.concat(frames)) for merge, frames in zip(merges, zip(*results, strict=True), strict=True)]


def _bucketed(keys: Sequence[str], plan: pl.LazyFrame) -> pl.DataFrame:
    return plan.with_columns(bucket(keys).alias(BUCKET)).collect(engine="streaming")
