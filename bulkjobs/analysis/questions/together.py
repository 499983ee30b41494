"""Skills that postings ask for together."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, get_args

import polars as pl

from ...charts import parts
from ...engine import Large, collected, tally
from ...errors import InvalidQuery
from .answer import SMALL, Answer, none, percent, quoted, shaped
from .scope import Frame, checked, dtype, scope
from .values import each, is_list, noun, value

Order = Literal["both", "lift"]

_SCHEMA: dict[str, Any] = {
    "first": pl.String, "second": pl.String, "both": pl.Int64, "share": pl.Float64, "lift": pl.Float64,
    "small": pl.Boolean,
}  # fmt: skip


def together(
    frame: Frame,
    count: int = 15,
    *,
    column: str = "skills",
    order: Order = "both",
    of: str = "",
    unique: bool = False,
) -> Answer:
    """Count the pairs of skills that stand in the same posting.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings.
    count : int, default 15
        How many pairs, at the most.
    column : str, default "skills"
        A column of lists.
    order : {"both", "lift"}
        The most frequent pairs first, or those that come together most above chance; of the latter only pairs in 10
        postings or more.
    of : str
        Which postings they are, for the title.
    unique : bool
        Count a posting that was put up again once, as it was put up first.

    Returns
    -------
    Answer
        By `order`, and by name among equals: ``first`` and ``second``, in the order of the alphabet; ``both``, the
        postings that state both; ``share``, of those that state any skill; ``lift``, how many times as often as by
        chance, were the two independent; ``small`` (fewer than 10 postings). Postings with one skill or none are in no
        pair.

    Raises
    ------
    InvalidQuery
        The frame lacks the column, it holds no lists, or `count` or `order` make no sense.
    """
    checked(count)
    if order not in get_args(Order):
        raise InvalidQuery(f"order must be 'both' or 'lift', not {order!r}.", field="order")
    asked = scope(frame, [column], of, unique)
    rows = asked.rows
    if dtype(rows, column) == pl.Null:
        rows = rows.select(pl.col(column).cast(pl.List(pl.String)))
    if not is_list(rows, column):
        raise InvalidQuery(f"The column {column!r} holds no lists.", field=column,
                           next_step=f'frame.with_columns(pl.col("{column}").str.split(","))')  # fmt: skip
    valued = rows.select(value=value(rows, column))
    several = (pl.col("value").list.len() > 1).sum()
    totals, single = collected(
        tally(valued, total=pl.len(), stated=pl.col("value").count(), several=several),
        tally(each(valued), "value", times=pl.len()),
    )
    total, stated, more = totals.row(0)
    title = asked.title(f"Pairs of {noun(column)}s that come together{_ORDERS[order]}", total)
    if not total:
        return none(title, _SCHEMA)
    pairs = tally(valued.map(_pairs), "first", "second", both=pl.len())
    first = partial(_table, single=single, stated=stated, order=order, count=count)
    found = collected(Large(pairs, first))[0]
    table = _ordered(found, order).head(count)
    note = (
        f"None stated: {total - stated:,} ({percent(total - stated, total)} of all); several stated: {more:,}."
        " Lift: how many times as often as by chance; 1 is chance."
    )
    said = _sentence(table, noun(column))
    return Answer(table, title, said, note, _draw if len(table) else None)


_ORDERS = {"both": "", "lift": ", most above chance"}


def _pairs(valued: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row for each two values that stand in one posting, in the order of the alphabet."""
    both = valued.drop_nulls("value").select(first="value", second="value")
    return both.explode("first").explode("second").filter(pl.col("first") < pl.col("second"))


def _table(both: pl.DataFrame, single: pl.DataFrame, stated: int, order: Order, count: int) -> pl.DataFrame:
    """Return the first ones of some pairs."""
    table = both.join(single.rename({"value": "first", "times": "a"}), on="first")
    table = table.join(single.rename({"value": "second", "times": "b"}), on="second")
    times = {name: pl.col(name).cast(pl.Float64) for name in ("both", "a", "b")}
    table = table.with_columns(
        share=pl.col("both") / stated,
        lift=times["both"] * stated / (times["a"] * times["b"]),
        small=pl.col("both") < SMALL,
    )
    if order == "lift":
        table = table.filter(~pl.col("small"))
    return shaped(_ordered(table, order).head(count), _SCHEMA)


def _ordered(table: pl.DataFrame, order: Order) -> pl.DataFrame:
    return table.sort(order, "first", "second", descending=[True, False, False])


def _sentence(table: pl.DataFrame, noun: str) -> str:
    if table.is_empty():
        return f"No two {noun}s come together often enough to tell."
    row = table.row(0, named=True)
    return (
        f"{quoted(row['first'])} and {quoted(row['second'])} come together in {row['both']:,} postings:"
        f" {percent(row['share'])} of those that state any {noun}, {row['lift']:,.1f} times as often as by chance."
    )


def _draw(answer: Answer) -> Any:
    rows = [
        {"label": f"{row['first']} + {row['second']}", "number": row["both"], "pale": row["small"],
         "text": f"{row['both']:,} (lift {row['lift']:,.1f})" + (" few" if row["small"] else "")}
        for row in answer.frame.iter_rows(named=True)
    ]  # fmt: skip
    below = "Postings that state both. Lift: how many times as often as by chance."
    return parts.bars(rows, noun="pair").properties(title=parts.heading(answer.title, below))
