"""The half of `enrich` that reads places and texts: a frame in, the same rows with more columns out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from .language import language
from .places import PLACE, place
from .plain import plain
from .reposts import reposts
from .skills import skills
from .taxonomy import Taxonomy

COLUMNS = (*PLACE.to_schema(), "language", "description_plain", "skills", "canonical_id", "reposts")
"""What `enrich_places` adds."""


def enrich_places(
    frame: pl.LazyFrame, *, taxonomy: Taxonomy | None = None, days: int = 180, same: Sequence[str] = ()
) -> pl.LazyFrame:
    """Add `COLUMNS`; no row is dropped, added or moved.

    Parameters
    ----------
    frame : LazyFrame
        Of `bulkjobs.records.POSTING_SCHEMA`.
    taxonomy : Taxonomy, optional
        For `bulkjobs.analysis.skills.skills`.
    days : int, default 180
        For `bulkjobs.analysis.reposts.reposts`.
    same : sequence of str
        For `bulkjobs.analysis.reposts.reposts`.

    Returns
    -------
    LazyFrame
    """
    added = frame.with_columns(
        place().alias("__place"),
        language().alias("language"),
        plain().alias("description_plain"),
        skills(taxonomy=taxonomy),
    )
    read = added.with_columns(pl.col("__place").struct.unnest()).drop("__place")
    return reposts(read, days=days, same=same).select(pl.exclude(COLUMNS), *COLUMNS)


def understood(frame: pl.DataFrame) -> pl.DataFrame:
    """Count what is known: a row for each of `COLUMNS` in the frame, with ``known`` and ``unknown`` postings.

    Returns
    -------
    DataFrame
        ``column``, ``known`` and ``unknown``; unknown is null, of `skills` an empty list too.
    """
    names = [name for name in COLUMNS if name in frame.columns]
    unknown = [
        (pl.col(name).is_null() | (pl.col(name).list.len() == 0) if name == "skills" else pl.col(name).is_null()).sum()
        for name in names
    ]
    counts = frame.select(count.alias(name) for count, name in zip(unknown, names, strict=True)).row(0)
    table = pl.DataFrame({"column": names, "unknown": counts}, schema={"column": pl.String, "unknown": pl.Int64})
    return table.select("column", known=frame.height - pl.col("unknown"), unknown="unknown")
