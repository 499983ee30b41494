"""The values of a column, as text that can be counted: of a scalar one a posting, of a list any number."""

from __future__ import annotations

import polars as pl

from ...display import safe_text
from ...engine import Rows
from ...errors import InvalidQuery
from .answer import NOT_STATED, OTHERS
from .scope import dtype

_NOUNS = {
    "company_name": "company", "country_iso_2": "country", "country_iso_3": "country", "title": "job title",
    "employment": "type of employment", "employment_type": "type of employment", "functions": "function",
    "industries": "industry", "skills": "skill", "work_mode": "mode of work",
}  # fmt: skip


def noun(column: str) -> str:
    """Return what one value of a column is, in words."""
    return _NOUNS.get(column, " ".join(safe_text(column).replace("_", " ").split()))


def label(value: str, kind: str = "value") -> str:
    """Return a value for a chart, so that none looks like a row of our own."""
    return f"“{value}”" if kind == "value" and value in (NOT_STATED, OTHERS) else value


def is_list(rows: Rows, column: str) -> bool:
    """Tell whether a posting has any number of values in a column."""
    return isinstance(dtype(rows, column), pl.List)


def value(rows: Rows, column: str) -> pl.Expr:
    """Return a column as String, or List(String) with each item once; null where nothing is stated.

    Blanks around a value don't count, and a blank text states nothing.

    Raises
    ------
    InvalidQuery
        It holds structures or bytes, which can't be counted as text.
    """
    kind = dtype(rows, column)
    inner = kind.inner if isinstance(kind, pl.List) else kind
    if inner.is_nested() or inner in (pl.Binary, pl.Object):
        raise InvalidQuery(f"The column {column!r} holds {kind}: its values can't be counted.", field=column,
                           next_step=f'frame.with_columns(pl.col("{column}").<what counts>)')  # fmt: skip
    if not isinstance(kind, pl.List):
        return _text(pl.col(column))
    items = pl.col(column).list.eval(_text(pl.element())).list.drop_nulls().list.unique(maintain_order=True)
    return pl.when(items.list.len() > 0).then(items)


def each(valued: Rows) -> Rows:
    """Return one row a posting and value, without postings that state none. Has ``value`` of `value`."""
    stated = valued.drop_nulls("value")
    if not is_list(valued, "value"):
        return stated
    return stated.map(lambda part: part.explode("value", empty_as_null=False))


def _text(given: pl.Expr) -> pl.Expr:
    text = given.cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)
