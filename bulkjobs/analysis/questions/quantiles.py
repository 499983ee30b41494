"""Quantiles of values of which each was counted: exact, and no column of all values is ever in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl


def quantiles(counts: pl.DataFrame, keys: Sequence[str], at: Mapping[str, float]) -> pl.DataFrame:
    """Return quantiles by groups, between two values in proportion, as ``polars.Expr.quantile(..., "linear")`` does.

    Parameters
    ----------
    counts : DataFrame
        `keys`, ``number`` (Float64; rows without one are left out) and ``times``, how often it came in that group. Its
        size is that of the different values: their error is nothing, their cost is not bounded by the number of rows.
    keys : sequence of str
        The columns that make a group.
    at : mapping of str to float
        Names of columns, and the quantiles from 0 to 1 that are wanted.
    """
    ordered = (
        counts.drop_nulls("number").sort("number").with_columns(pl.col("times").cum_sum().over(keys).alias("__to"))
    )
    last = (pl.col("times").sum() - 1).cast(pl.Float64)
    return ordered.group_by(keys).agg(**{name: _between(last * share) for name, share in at.items()})


def _between(position: pl.Expr) -> pl.Expr:
    """Return the value at a position among all, which may lie between two."""
    lower, upper = (
        pl.col("number").filter(pl.col("__to") > place).first() for place in (position.floor(), position.ceil())
    )
    between = (position - position.floor()) * (upper - lower) + lower
    return pl.when(lower == upper).then(lower).otherwise(between)
