"""Ready charts: a frame of postings in, a chart and its text in figures out."""

from __future__ import annotations

import datetime as dt
from typing import cast

import polars as pl

from ..display import safe_text
from ..errors import InvalidQuery
from .figure import Figure, show
from .parts import bars, columns, sentence

NOT_STATED = "not stated"
_WEEKS = 26  # spans up to this many weeks are shown by week, longer ones by month
_LONGEST = 60  # characters of a name in the alternative text


def over_time(frame: pl.DataFrame) -> Figure:
    """Show how many postings were first seen when: by week, or where they span more than half a year by month.

    Parameters
    ----------
    frame : polars.DataFrame
        Postings with a column ``created``.
    """
    created = _column(frame, "created").drop_nulls()
    if created.is_empty():
        return _nothing("dates" if len(frame) else "")
    first, last = cast("dt.datetime", created.min()), cast("dt.datetime", created.max())
    short = last - first <= dt.timedelta(weeks=_WEEKS)
    unit, every, name = ("week", "1w", "%-d %b %Y") if short else ("month", "1mo", "%b %Y")
    counted = (
        created.dt.truncate(every).rename("from").to_frame().group_by("from").len("postings").sort("from")
    ).with_columns(to=pl.col("from").dt.offset_by(every))
    undated = len(frame) - len(created)
    most = counted.sort("postings", "from", descending=[True, False]).row(0, named=True)
    alt = (
        f"Postings by {unit} of first sight, {first:%-d %B %Y} to {last:%-d %B %Y}: {len(created):,} in all; "
        f"most in the {unit} {'of ' if short else ''}{most['from']:{name}}, {most['postings']:,}"
        + (f"; {undated:,} without a date." if undated else ".")
    )
    rows = counted.with_columns(pl.col("from", "to").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).rename({"postings": "number"})
    return show(columns(rows.to_dicts(), noun=f"{unit} of first sight (UTC)"), alt=alt)


def top(frame: pl.DataFrame, column: str, count: int = 10) -> Figure:
    """Show the most frequent values of a column, the most frequent first; what is empty counts as "not stated".

    Parameters
    ----------
    frame : polars.DataFrame
        Postings, or anything else.
    column : str
        Which; of a column of lists, each item counts once a posting.
    count : int
        How many bars, at the most.
    """
    values = _column(frame, column)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InvalidQuery(f"count must be a whole number from 1 on, not {count!r}.", field="count")
    if values.is_empty():
        return _nothing()
    if values.dtype == pl.List:
        values = values.list.unique(maintain_order=True).explode(empty_as_null=True)
    stated = pl.col(column).cast(pl.String).str.strip_chars()
    counted = (
        values.rename(column).to_frame()
        .select(value=pl.when(stated != "").then(stated).otherwise(pl.lit(NOT_STATED)))
        .group_by("value").len("postings").sort("postings", "value", descending=[True, False])
    )  # fmt: skip
    shown = [{**row, "value": safe_text(row["value"])} for row in counted.head(count).to_dicts()]
    words = ", ".join(f"{_short(row['value'])} {row['postings']:,}" for row in shown)
    which = f"the {len(shown)} most frequent of {len(counted):,} values" if len(counted) > len(shown) else "all values"
    noun = column.replace("_", " ")
    rows = [{"label": row["value"], "number": row["postings"], "text": f"{row['postings']:,}"} for row in shown]
    return show(bars(rows, noun=noun), alt=f"Postings by {noun}, {which}: {words}; {len(frame):,} postings in all.")


def _nothing(what: str = "") -> Figure:
    said = f"No {what or 'postings'}: there is nothing to draw."
    return show(sentence(said), alt=said)


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        raise InvalidQuery(f"The frame has no column {name!r}.", field=name, next_step="see frame.columns")
    return frame[name]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
