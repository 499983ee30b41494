"""Postings in the groups that a column makes: the largest, all others, and those that don't state it."""

from __future__ import annotations

from typing import Any

import polars as pl

from ...engine import Rows, collected
from .answer import NOT_STATED, OTHERS
from .frequent import Frequent, frequent
from .values import is_list, value

EVERY = "all postings"
GROUPS = 6
"""Groups that are told apart; more lines or colours are not told apart by the eye."""


def several(rows: Rows, by: str | None) -> str:
    """Return what to bear in mind of groups of a column of lists."""
    return "A posting can be in several groups. " if by is not None and is_list(rows, by) else ""


def grouped(rows: Rows, by: str | None, count: int, where: pl.Expr | None = None, **columns: Any) -> Rows:
    """Put postings in groups.

    Parameters
    ----------
    rows : Rows
        Postings.
    by : str or None
        A column; of a list, a posting is in the group of each item. None: all are in one group.
    count : int
        How many groups, at the most; the others are one group more, but of a list, where they are left out.
    where : Expr, optional
        The postings that decide which groups are the largest; all, if not given.
    **columns : Expr
        What else is wanted of the postings.

    Returns
    -------
    Rows
        ``rank`` (the order of the groups), ``group``, ``kind`` ("all postings", "value", "all others" or "not
        stated"), and `columns`.
    """
    if by is None:
        return rows.select(rank=pl.lit(0), group=pl.lit(EVERY), kind=pl.lit(EVERY), **columns)
    deciding = rows.select(value=value(rows, by) if where is None else pl.when(where).then(value(rows, by)))
    largest = collected(frequent(deciding, count, times=pl.len()))[0]
    names = Frequent.of(largest, count).head["value"].to_list()
    valued = rows.select(value=value(rows, by), **columns)
    if is_list(valued, "value"):
        valued = valued.map(lambda part: part.explode("value", keep_nulls=True))
        valued = valued.filter(pl.col("value").is_in(names) | pl.col("value").is_null())
    label = pl.col("value")
    own = pl.when(label.is_in(names)).then(pl.lit("value")).otherwise(pl.lit(OTHERS))
    kind = pl.when(label.is_null()).then(pl.lit(NOT_STATED)).otherwise(own)
    at = dict(zip(names, range(len(names)), strict=True))
    rank = label.replace_strict(at, default=len(names), return_dtype=pl.Int32) if names else pl.lit(0, pl.Int32)
    return valued.select(
        rank=pl.when(label.is_null()).then(len(names) + 1).otherwise(rank),
        group=pl.when(kind == "value").then(label).otherwise(kind),
        kind=kind,
        **{name: pl.col(name) for name in columns},
    )
