"""A column as an expression: by its name, or made by the caller."""

from __future__ import annotations

import polars as pl

Column = str | pl.Expr


def column(given: Column | None) -> pl.Expr:
    """Return a column as an expression of String; a column of nulls for None."""
    if given is None:
        return pl.lit(None, pl.String)
    return pl.col(given) if isinstance(given, str) else given
