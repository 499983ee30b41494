"""What is most frequent: companies, titles, places, skills, or any other column."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from ...charts import parts
from ...display import counted
from ...engine import Rows, collected, tally
from .answer import NOT_STATED, OTHERS, SMALL, Answer, none, percent, quoted, shaped, signed
from .frequent import Frequent, frequent
from .halves import Halves, Period, halves
from .scope import Frame, checked, moment, scope
from .values import is_list, label, noun, value

_MOVED = 0.5  # percentage points; less is no news
_SCHEMA: dict[str, Any] = {
    "value": pl.String, "kind": pl.String, "postings": pl.Int64, "share": pl.Float64, "share_of_all": pl.Float64,
    "before": pl.Float64, "after": pl.Float64, "change": pl.Float64, "small": pl.Boolean,
}  # fmt: skip
_COUNTS: dict[str, Any] = {
    "postings": pl.len(),
    "before": (pl.col("half") == 0).sum(),
    "after": (pl.col("half") == 1).sum(),
}


def top(
    frame: Frame,
    column: str,
    count: int = 10,
    period: Period | None = None,
    *,
    of: str = "",
    unique: bool = False,
) -> Answer:
    """Count the most frequent values of a column, and how their shares changed from the earlier half to the later.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings.
    column : str
        Any, such as ``"company_name"`` or ``"skills"``. Of a list, each item counts once a posting.
    count : int, default 10
        How many values, at the most.
    period : (date, date), optional
        Ask only of postings that were first seen from the one day on and before the other (UTC). Without it: of all.
    of : str
        Which postings they are, for the title.
    unique : bool
        Count a posting that was put up again once, as it was put up first.

    Returns
    -------
    Answer
        The most frequent first, by name among equals: ``value``; ``kind`` ("value"; "all others" for the sum of the
        other values, of a column that is no list; "not stated" for blank, empty and null); ``postings``; ``share`` (of
        those that state any; null in the row of those that don't); ``share_of_all``; ``before`` and ``after`` (the
        share in the earlier and the later half of the postings by ``created``, or in both halves of `period`);
        ``change`` (from one to the other, in percentage points); ``small`` (fewer than 10 postings). Where a half has
        fewer than 10 postings that state any, its shares and the change are null; so they are without a column
        ``created``.

    Raises
    ------
    InvalidQuery
        The frame lacks the column, or `count` or `period` make no sense.
    """
    checked(count)
    frame = Rows.of(frame)
    dated = period is not None or "created" in frame.collect_schema().names()
    asked = scope(frame, [column, *(["created"] if dated else [])], of, unique)
    cut = halves(asked.rows, period) if dated else None
    half = cut.of(moment(asked.rows, "created")) if cut else pl.lit(None, pl.Int8)
    valued = asked.rows.select(half=half, value=value(asked.rows, column))
    if period:
        valued = valued.drop_nulls("half")
    sums, of_stated, kept = collected(
        tally(valued, **_COUNTS), tally(valued.drop_nulls("value"), **_COUNTS), frequent(valued, count, **_COUNTS)
    )
    found = Frequent.of(kept, count)
    title = asked.title(
        _what(column, count, found.distinct), sums[0, "postings"], f", {cut.during}" if period and cut else ""
    )
    if not sums[0, "postings"]:
        return none(title, _SCHEMA)
    listed = is_list(valued, "value")
    table = _table(found, sums, of_stated, others=not listed)
    draw = partial(_draw, column=column, cut=cut) if found.distinct else None
    return Answer(table, title, _sentence(table, column), _note(table, listed, cut), draw)


def _what(column: str, count: int, distinct: int) -> str:
    if distinct > count:
        return f"Postings by {noun(column)}, the {count} most frequent of {distinct:,} values"
    return f"Postings by {noun(column)}, all values"


def _table(found: Frequent, sums: pl.DataFrame, stated: pl.DataFrame, *, others: bool) -> pl.DataFrame:
    counts = list(_COUNTS)
    shown = found.head.with_columns(kind=pl.lit("value"))
    rest = found.others.with_columns(value=pl.lit(OTHERS), kind=pl.lit(OTHERS))
    left = (sums - stated).with_columns(value=pl.lit(NOT_STATED), kind=pl.lit(NOT_STATED))
    rows = [
        shown,
        *([rest] if others and found.distinct > len(found.head) else []),
        *([left] if left[0, "postings"] else []),
    ]
    table = pl.concat(rows, how="diagonal_relaxed")
    is_stated = pl.col("kind") != NOT_STATED
    base = dict(zip(counts, stated.row(0), strict=True))
    halves = {
        name: pl.when(is_stated).then(pl.col(name) / base[name])
        if min(base["before"], base["after"]) >= SMALL
        else None
        for name in ("before", "after")
    }
    table = table.with_columns(
        share=pl.when(is_stated).then(pl.col("postings") / base["postings"]),
        share_of_all=pl.col("postings") / sums[0, "postings"],
        small=pl.col("postings") < SMALL,
        **halves,
    )
    return shaped(table.with_columns(change=100 * (pl.col("after") - pl.col("before"))), _SCHEMA)


def _sentence(table: pl.DataFrame, column: str) -> str:
    rows = table.filter(pl.col("kind") == "value").to_dicts()
    if not rows:
        return f"None of the postings states any {noun(column)}."
    first = rows[0]
    said = (
        f"The most frequent {noun(column)} is {quoted(first['value'])}: {counted(first['postings'], 'posting')},"
        f" {percent(first['share'])} of those that state any."
    )
    moved = [row for row in rows if row["change"] is not None and not row["small"] and abs(row["change"]) >= _MOVED]
    if moved:
        most = max(moved, key=lambda row: (abs(row["change"]), row["value"]))
        change = f"from {percent(most['before'])} to {percent(most['after'])}"
        said += f" The share of {quoted(most['value'])} changed most: {change}."
    return said


def _note(table: pl.DataFrame, listed: bool, cut: Halves | None) -> str:
    said = [_missing(table)]
    if listed:
        said.append("A posting can count for several values.")
    if cut and table["change"].null_count() < len(table):
        said.append(f"Change: {cut.words}, in percentage points of the postings that state any.")
    elif cut:
        said.append(f"No change is told: one half has fewer than {SMALL} postings that state any.")
    few = table.filter(pl.col("small") & (pl.col("kind") == "value")).height
    return " ".join(said + ([f"Fewer than {SMALL} postings: {few} of the values."] if few else []))


def _missing(table: pl.DataFrame) -> str:
    left = table.filter(pl.col("kind") == NOT_STATED)
    postings, share = left.select("postings", "share_of_all").row(0) if len(left) else (0, 0.0)
    return f"Not stated: {postings:,} ({percent(share)} of all)."


def _draw(answer: Answer, *, column: str, cut: Halves | None) -> Any:
    rows = answer.frame.filter(pl.col("kind") == "value").to_dicts()
    shown = [
        {"label": label(row["value"]), "number": row["postings"], "text": _text(row), "pale": row["small"]}
        for row in rows
    ]
    told = any(row["change"] is not None for row in rows)
    below = "Postings, and their share of those that state any"
    below += f"; change in percentage points, {cut.words}" if cut and told else ""
    below += f". {_missing(answer.frame)}"
    return parts.bars(shown, noun=noun(column)).properties(title=parts.heading(answer.title, below))


def _text(row: dict[str, Any]) -> str:
    change = f", {signed(row['change'])}" if row["change"] is not None else ""
    return f"{row['postings']:,} ({percent(row['share'])}{change})" + (" few" if row["small"] else "")
