"""Looking through a frame: the rows that hold a text, in what order, and each value as a person reads it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import polars as pl

from .errors import InvalidQuery

LONGEST = 500  # characters of a search; to prepare a regular expression of many more takes long
_NO_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f<>\"\\]")


def find(frame: pl.DataFrame, text: str) -> pl.Series:
    """Return the numbers of the rows, from 0, that hold a text in any of the columns of text or of lists of text.

    Parameters
    ----------
    frame : polars.DataFrame
        Any.
    text : str
        Sought as it stands, whatever its capitals; blanks around it do not count. An empty one is in all rows.

    Raises
    ------
    InvalidQuery
        The text has more than 500 characters.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise InvalidQuery(f"The text has {len(text):,} characters; at most {LONGEST} are sought.", field="search")
    if not text:
        return pl.int_range(len(frame), dtype=pl.get_index_type(), eager=True)
    sought = "(?i)" + pl.escape_regex(text)  # ten times as fast as to write all of the frame in small letters first
    spelt = (_spelt(name, kind) for name, kind in frame.schema.items())
    held = [column.str.contains(sought) for column in spelt if column is not None]
    if not held or frame.is_empty():
        return pl.Series([], dtype=pl.get_index_type())
    return frame.select(pl.arg_where(pl.any_horizontal(held))).to_series()


def ordered(frame: pl.DataFrame, rows: pl.Series, column: str, *, descending: bool = False) -> pl.Series:
    """Return numbers of rows in the order of a column, text whatever its capitals.

    Rows that are equal there stay in the order in which they are; those without a value come last, either way.

    Raises
    ------
    InvalidQuery
        There is no such column, or its values have no order.
    """
    if column not in frame.columns:
        raise InvalidQuery(f"The frame has no column {column!r}.", field="sort", next_step="see frame.columns")
    if not has_order(frame.schema[column]):
        raise InvalidQuery(f"The values of {column!r} have no order.", field="sort")
    spelt = _spelt(column, frame.schema[column])
    key = pl.col(column) if spelt is None else spelt.str.to_lowercase()
    keys = frame.select(key=key.fill_nan(None) if frame.schema[column].is_float() else key)
    sought = pl.DataFrame({"key": keys["key"].gather(rows), "at": rows})
    return sought.sort("key", descending=descending, nulls_last=True, maintain_order=True)["at"]


def has_order(kind: pl.DataType) -> bool:
    """Tell whether a column of this type can be put in order."""
    return not isinstance(kind, pl.Object)


def _spelt(name: str, kind: pl.DataType) -> pl.Expr | None:
    """Return a column as text, if that is what it holds."""
    if kind == pl.String:
        return pl.col(name)
    if isinstance(kind, (pl.Categorical, pl.Enum)):
        return pl.col(name).cast(pl.String)
    if isinstance(kind, pl.List) and kind.inner == pl.String:
        return pl.col(name).list.join(", ", ignore_nulls=True)
    return None


def as_read(value: object) -> str | None:
    """Return a value of a frame as a person reads it, whole: lists joined, what is nested as JSON; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, pl.Series):
        value = value.to_list()
    if isinstance(value, Sequence) and not any(
        isinstance(item, (Sequence, dict)) and not isinstance(item, str) for item in value
    ):
        return ", ".join("null" if item is None else str(as_read(item)) for item in value)
    if isinstance(value, (Sequence, dict)):
        return json.dumps(value, ensure_ascii=False, default=_told)
    return str(value)


def _told(value: object) -> object:
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else as_read(value)


def web_address(value: object) -> str | None:
    """Return a text if the whole of it is the address of a web page, to be made a link; else None.

    Only http and https: a link to ``javascript:`` in a posting would run in the notebook of whoever clicks on it.
    """
    if not isinstance(value, str) or not value[:8].lower().startswith(("http://", "https://")):
        return None
    if _NO_ADDRESS.search(value):
        return None
    try:
        return value if urlsplit(value).hostname else None
    except ValueError:
        return None
