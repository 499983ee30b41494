"""Small frames as HTML tables: numbers with units, marks for small counts, and words for what is missing."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from ..display import safe_text

MARK = "†"
"""Stands beside what rests on few postings."""

NOT_STATED = "not stated"
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)  # the page has one style for all tables
_UNSHOWN = ("kind", "share_of_all", "before", "after")  # the chart's words and the data of the page have them
_HEADS = {"value": "", "group": "", "change": "change, points", "p10": "10 % below", "p25": "25 % below",
          "p75": "75 % below", "p90": "90 % below"}  # fmt: skip
_MONEY = ("salary", "p10", "p25", "median", "p75", "p90")


def table(frame: pl.DataFrame, name: str) -> str:
    """Return a frame as an HTML table.

    Parameters
    ----------
    frame : DataFrame
        Columns of text, numbers, dates, and ``small``, a flag that becomes `MARK`. Shares are named ``share...``, and
        changes in percentage points ``change...``.
    name : str
        Of the element; the same for the same table, so that a page is the same to the byte.
    """
    from great_tables import GT

    shown = frame.drop(_UNSHOWN, strict=False)
    shown = shown.with_columns(pl.col(pl.String).map_elements(safe_text, return_dtype=pl.String))
    if "small" in shown.columns:
        first = pl.col(shown.columns[0])
        mark = pl.when(pl.col("small").fill_null(value=False)).then(pl.lit(f" {MARK}")).otherwise(pl.lit(""))
        shown = shown.with_columns(pl.concat_str(first.cast(pl.String).fill_null(NOT_STATED), mark)).drop("small")
    heads: Any = {column: _HEADS.get(column, column.replace("_", " ")) for column in shown.columns}
    made = GT(shown, id=name).cols_label(**heads)
    for column, kind in shown.schema.items():
        if column.startswith("share"):
            made = made.fmt_percent(column, decimals=1)
        elif column.startswith("change"):
            made = made.fmt_number(column, decimals=1, force_sign=True)
        elif kind.is_integer() or column.startswith(_MONEY):
            made = made.fmt_integer(column)
        elif kind.is_float():
            made = made.fmt_number(column, decimals=1)
        elif kind.is_temporal():
            made = made.fmt_date(column, date_style="iso")
    made = made.sub_missing(missing_text="–")
    return _STYLE.sub("", made.as_raw_html())
