"""Where the postings of a library come from: see `bulkjobs.provenance`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from ..errors import InvalidQuery
from ..origins import Snapshot
from ..provenance import Provenance
from ..rowhash import RowsHash, batches


def of_library(
    rows: pl.LazyFrame,
    where: pl.Expr | None,
    snapshot: Snapshot,
    collect: Callable[[pl.LazyFrame], pl.DataFrame],
) -> Provenance:
    """Tell where rows of `LIBRARY_SCHEMA` come from.

    Parameters
    ----------
    rows : polars.LazyFrame
        What is read; each posting once.
    where : polars.Expr, optional
        Only those for which this holds.
    snapshot : Snapshot
        What was read, as far as it is known.
    collect : callable
        Reads a part of them.

    Raises
    ------
    InvalidQuery
        `where` can't be asked of them.
    """
    if where is not None:
        rows = rows.filter(where)
        try:
            rows.head(0).collect()
        except pl.exceptions.PolarsError as error:
            raise InvalidQuery(f"{where} can't be asked of postings ({error}).", field="where") from error
    read = RowsHash()
    for frame in batches(rows):
        read.add(frame)
    sources = collect(rows.select(pl.col("source").unique().sort()))["source"]
    return Provenance(
        kind="library",
        rows=read.rows,
        data_sha256=read.hexdigest(),
        library=replace(
            snapshot,
            where=None if where is None else str(where),
            collections=_named(sources, r"^request:(.+)/\d+$"),
            imported=_named(sources, r"^file:(.+)$"),
        ),
    )


def _named(sources: pl.Series, pattern: str) -> tuple[str, ...]:
    return tuple(sources.str.extract(pattern).drop_nulls().unique().sort())
