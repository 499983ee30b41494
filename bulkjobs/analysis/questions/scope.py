"""What a question is asked of: the postings and columns that it reads, and how that is said in a title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ...display import safe_text
from ...engine import Rows
from ...errors import InvalidQuery
from ..enrich import PARTS

Frame = pl.DataFrame | pl.LazyFrame | Rows
"""What a question is asked of."""


@dataclass(frozen=True)
class Scope:
    """Postings that a question is asked of.

    Attributes
    ----------
    rows : Rows
        The postings, with the columns that the question reads.
    of : str
        Which postings they are, in words.
    unique : bool
        Whether a posting that was put up again counts once.
    """

    rows: Rows
    of: str
    unique: bool

    def title(self, what: str, postings: int, more: str = "") -> str:
        """Return a title: what is asked, of how many postings, and of which."""
        once = ", reposts counted once" if self.unique else ""
        count = f"{postings:,} posting{'' if postings == 1 else 's'}"
        return f"{what} ({count}{once}{more})" + (f": {self.of}" if self.of else "")


def scope(frame: Frame, columns: Sequence[str], of: str = "", unique: bool = False) -> Scope:
    """Take the columns that a question reads out of a frame.

    Raises
    ------
    InvalidQuery
        The frame lacks one of them.
    """
    given = Rows.of(frame)
    names = given.collect_schema().names()
    needed = list(dict.fromkeys([*columns, *(("canonical_id", "created", "id") if unique else ())]))
    for name in needed:
        if name not in names:
            raise _lacking(name)
    rows = given.select(needed)
    return Scope(rows.map(_first_ones) if unique else rows, " ".join(safe_text(of).split()), unique)


def checked(count: int) -> int:
    """Return how many rows are asked for.

    Raises
    ------
    InvalidQuery
        It is no whole number from 1 on.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InvalidQuery(f"count must be a whole number from 1 on, not {count!r}.", field="count")
    return count


def dtype(rows: Rows, column: str) -> pl.DataType:
    """Return the type of a column."""
    return rows.collect_schema()[column]


def moment(rows: Rows, column: str) -> pl.Expr:
    """Return a column of dates or times as times in UTC, without a zone.

    Raises
    ------
    InvalidQuery
        It holds no dates.
    """
    kind = dtype(rows, column)
    if kind == pl.Null or kind == pl.Date:
        return pl.col(column).cast(pl.Datetime("us"))
    if not isinstance(kind, pl.Datetime):
        raise InvalidQuery(f"The column {column!r} holds {kind}, no dates.", field=column, next_step='by="created"')
    zoned = pl.col(column).dt.convert_time_zone("UTC") if kind.time_zone else pl.col(column)
    return zoned.dt.replace_time_zone(None).cast(pl.Datetime("us"))


def _first_ones(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Keep the first posting of each chain that is there; one without a chain is its own."""
    ordered = rows.sort("canonical_id", "created", "id", maintain_order=True)
    first = pl.col("canonical_id") != pl.col("canonical_id").shift(1)
    return ordered.filter(first.fill_null(True))


def _lacking(name: str) -> InvalidQuery:
    part = next((part for part, of in PARTS.items() if name in of.adds), None)
    step = f'enrich(frame, only=["{part}"])' if part else "see frame.columns; enrich(frame, only=[...]) adds more"
    return InvalidQuery(f"The frame has no column {name!r}.", field=name, next_step=step)
