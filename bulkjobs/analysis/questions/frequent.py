"""The most frequent values of a column, of which there may be as many as there are postings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from ...engine import Large, Rows, tally
from .values import each

_VALUES = "__values"


@dataclass(frozen=True)
class Frequent:
    """What is frequent, and what is left.

    Attributes
    ----------
    head : DataFrame
        ``value`` and its sums; the most frequent first, by name among equals.
    others : DataFrame
        One row: the sums of all other values.
    distinct : int
        How many values there are.
    """

    head: pl.DataFrame
    others: pl.DataFrame
    distinct: int

    @classmethod
    def of(cls, kept: pl.DataFrame, count: int) -> Frequent:
        """Read what `frequent` kept."""
        names = [name for name in kept.columns if name not in ("value", _VALUES)]
        found = kept.drop_nulls("value").sort(names[0], "value", descending=[True, False])
        left = pl.concat([kept.filter(pl.col("value").is_null()), found.slice(count)])
        return cls(found.head(count).drop(_VALUES), left.select(pl.col(names).sum()), int(kept[_VALUES].sum()))


def frequent(valued: Rows, count: int, **sums: Any) -> Large:
    """Find the most frequent values, exactly; `Frequent.of` reads what was found.

    Parameters
    ----------
    valued : Rows
        With ``value`` of `bulkjobs.analysis.questions.values.value`.
    count : int
        How many are wanted.
    **sums : Expr
        What is summed up of each value; the first one decides which are most frequent.
    """
    return Large(tally(each(valued), "value", **sums), partial(_kept, list(sums), count))


def _kept(names: list[str], count: int, sums: pl.DataFrame) -> pl.DataFrame:
    """Keep the head of some values, and a row of nulls for the rest."""
    sums = sums.sort(names[0], "value", descending=[True, False])
    head = sums.head(count).with_columns(pl.lit(1, pl.Int64).alias(_VALUES))
    rest = sums.slice(count).select(
        pl.lit(None, pl.String).alias("value"), pl.col(names).sum(), pl.len().cast(pl.Int64).alias(_VALUES)
    )
    return pl.concat([head, rest])
