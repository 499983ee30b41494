"""How much of what postings state is understood, so that what is not is known."""

from __future__ import annotations

from typing import Any

import polars as pl

from ..engine import Rows, Tally, collected, tally

_MADE = (
    ("pay", "salary", ("salary_min", "salary_max"), None),  # 'up to' has no least, 'from' no most
    ("currency", "salary", ("currency",), "currency_inferred"),
    ("period", "salary", ("period",), "period_inferred"),
    ("applicants", "applicants_count", ("applicants",), None),
    ("employment", "employment_type", ("employment",), "employment_inferred"),
    ("level", "seniority", ("level",), "level_inferred"),
    ("work_mode", "location", ("work_mode",), None),
    ("country", "location", ("country_iso_2",), None),
    ("state", "location", ("state",), None),
    ("city", "location", ("city",), None),
    ("language", "description", ("language",), None),
    ("skills", "description", ("skills",), None),
)
"""What is counted; the column that it is read out of, before all; the columns that tell it; and whether it is inferred.

Levels, types of employment and modes of work are told by titles, too.
"""

_SCHEMA: dict[str, Any] = {
    "what": pl.String,
    "read": pl.String,
    "postings": pl.Int64,
    "stated": pl.Int64,
    "known": pl.Int64,
    "unread": pl.Int64,
    "inferred": pl.Int64,
}


def coverage(frame: pl.DataFrame | pl.LazyFrame | Rows) -> pl.DataFrame:
    """Count what is stated, and what of it is understood.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Enriched postings.

    Returns
    -------
    DataFrame
        A row for each thing that `bulkjobs.analysis.enrich` reads out of texts, as far as the frame has it: ``what``;
        ``read``, the column that it is read out of; ``postings``; ``stated``, where `read` is not blank; ``known``;
        ``unread``, stated but not known; ``inferred``, known by something else than that text, or null where that is
        not kept. `known` may be more than `stated`, since some look at titles as well.
    """
    rows = Rows.of(frame)
    names = set(rows.collect_schema().names())
    told = [one for one in _MADE if {one[1], *one[2]} <= names]
    counts = collected(*(_counted(rows, read, made, inferred) for _, read, made, inferred in told)) if told else []
    found = [
        frame.select(pl.lit(what).alias("what"), pl.lit(read).alias("read"), pl.all())
        for frame, (what, read, *_) in zip(counts, told, strict=True)
    ]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *found], how="diagonal")


def _counted(rows: Rows, read: str, made: tuple[str, ...], inferred: str | None) -> Tally:
    kept: dict[str, Any] = {"inferred": pl.col(inferred).sum()} if inferred else {}
    return tally(
        rows, postings=pl.len(), stated=_stated(read).sum(), known=_known(made).sum(),
        unread=(_stated(read) & ~_known(made)).sum(), **kept,
    )  # fmt: skip


def _stated(read: str) -> pl.Expr:
    return (pl.col(read).str.strip_chars() != "").fill_null(False)


def _known(made: tuple[str, ...]) -> pl.Expr:
    if made == ("skills",):
        return (pl.col("skills").list.len() > 0).fill_null(False)
    return pl.any_horizontal(pl.col(name).is_not_null() for name in made)
