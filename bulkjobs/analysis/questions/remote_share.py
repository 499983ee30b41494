"""How many postings may be worked from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl

from ...charts import parts, series
from ...engine import Rows, collected, tally
from ...errors import InvalidQuery
from . import periods
from .answer import NOT_STATED, SMALL, Answer, none, percent, shaped
from .groups import grouped, several
from .periods import Every, Unit
from .scope import Frame, checked, moment, scope
from .values import label, noun

MODES = ("remote", "hybrid", "on-site", NOT_STATED)
"""Modes of work, in order."""

_COUNTS: dict[str, Any] = {
    "mode": pl.String, "postings": pl.Int64, "share": pl.Float64, "small": pl.Boolean,
}  # fmt: skip
_BY_TIME: dict[str, Any] = {"from": pl.Date, "to": pl.Date, **_COUNTS, "partial": pl.Boolean}
_BY_GROUP: dict[str, Any] = {"group": pl.String, "kind": pl.String, **_COUNTS}


def remote_share(
    frame: Frame,
    every: Every = "auto",
    by: str | None = None,
    *,
    count: int = 10,
    of: str = "",
    unique: bool = False,
) -> Answer:
    """Tell the shares of remote, hybrid and on-site postings, over time or by the values of a column.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings with ``work_mode``: ``enrich(frame, only=["work_mode"])``.
    every : {"auto", "day", "week", "month", "year"}
        By what time of first sight, without `by`.
    by : str, optional
        A column; its most frequent values are told apart, over all the time.
    count : int, default 10
        How many of them.
    of : str
        Which postings they are, for the title.
    unique : bool
        Count a posting that was put up again once, as it was put up first.

    Returns
    -------
    Answer
        Four rows for each period or group, one a ``mode`` ("remote", "hybrid", "on-site", "not stated"): ``from`` and
        ``to`` (dates in UTC; null for postings without one), or ``group`` and ``kind`` ("value", "all others", "not
        stated"); ``postings``; ``share``, of all of the period or group (null of none); ``small`` (the period or group
        has fewer than 10); and ``partial`` of periods that are not covered whole.

    Raises
    ------
    InvalidQuery
        `count` is no number, or the frame lacks a column, or both `every` and `by` are asked for.
    """
    if by is not None and every != "auto":
        raise InvalidQuery("Shares are told over time or by a column, not by both.", field="every",
                           next_step=f"remote_share(frame, by={by!r})")  # fmt: skip
    checked(count)
    asked = scope(frame, ["work_mode", by or "created"], of, unique)
    stated = pl.col("work_mode").cast(pl.String)
    mode = pl.when(stated.is_in(MODES)).then(stated).otherwise(pl.lit(NOT_STATED))
    counts = collected(tally(asked.rows.select(mode=mode), "mode", postings=pl.len()))[0]
    of_mode = {name: dict(counts.iter_rows()).get(name, 0) for name in MODES}
    total = sum(of_mode.values())
    table, what, draw = _by_time(asked.rows, mode, every) if by is None else _by_group(asked.rows, mode, by, count)
    title = asked.title(f"Remote, hybrid and on-site postings by {what}", total)
    if not total:
        return none(title, table.schema)
    note = several(asked.rows, by) + _note(of_mode, table, total)
    return Answer(table, title, _sentence(of_mode, total), note, draw)


Made = tuple[pl.DataFrame, str, Callable[[Answer], Any] | None]


def _by_time(rows: Rows, mode: pl.Expr, every: Every) -> Made:
    at = rows.select(at=moment(rows, "created"), mode=mode)
    first, last = collected(tally(at, least={"first": pl.col("at")}, most={"last": pl.col("at")}))[0].row(0)
    unit = periods.unit_of(every, first, last) if first else "day"
    times = at.select(periods.starts(pl.col("at"), unit).alias("from"), "mode")
    counted = collected(tally(times, "from", "mode", postings=pl.len()))[0]
    grid = periods.grid(first, last, unit) if first else pl.DataFrame(schema=_BY_TIME).select("from", "to", "partial")
    if counted["from"].null_count():
        grid = pl.concat([grid, pl.DataFrame({"partial": [False]})], how="diagonal_relaxed")
    table = shaped(_shares(grid, counted, ["from"]), _BY_TIME)
    return table, f"{unit} of first sight" if first else "time", partial(_draw_time, unit=unit) if first else None


def _by_group(rows: Rows, mode: pl.Expr, by: str, count: int) -> Made:
    groups = grouped(rows, by, count, mode=mode)
    counted = collected(tally(groups, "rank", "group", "kind", "mode", postings=pl.len()))[0]
    keys = counted.select("rank", "group", "kind").unique().sort("rank")
    return shaped(_shares(keys, counted, ["rank"]), _BY_GROUP), noun(by), partial(_draw_groups, noun=noun(by))


def _shares(keys: pl.DataFrame, counted: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    modes = pl.DataFrame({"mode": MODES})
    counted = counted.select(*on, "mode", "postings")
    rows = keys.join(modes, how="cross", maintain_order="left_right")
    rows = rows.join(counted, on=[*on, "mode"], how="left", nulls_equal=True, maintain_order="left")
    rows = rows.with_columns(pl.col("postings").fill_null(0))
    all_of_it = pl.col("postings").sum().over(on)
    return rows.with_columns(share=pl.when(all_of_it > 0).then(pl.col("postings") / all_of_it), small=all_of_it < SMALL)


def _sentence(of_mode: dict[str, int], total: int) -> str:
    told = total - of_mode[NOT_STATED]
    if not told:
        return "None of the postings states where one works."
    words = ", ".join(f"{of_mode[name]:,} are {name} ({percent(of_mode[name], told)})" for name in MODES[:-1])
    return f"Of the {told:,} postings that state where one works, {words}."


def _note(of_mode: dict[str, int], table: pl.DataFrame, total: int) -> str:
    missing = of_mode[NOT_STATED]
    said = [f"Not stated: {missing:,} ({percent(missing, total)} of all); postings rarely say that they are on-site."]
    if "from" in table.columns:
        undated = int(table.filter(pl.col("from").is_null())["postings"].sum())
        said.append(f"Date not stated: {undated:,} ({percent(undated, total)}).")
    if table["small"].any():
        said.append(f"Marked as small: fewer than {SMALL} postings.")
    return " ".join(said)


def _draw_time(answer: Answer, *, unit: Unit) -> Any:
    dated = answer.frame.drop_nulls(["from", "share"])
    rows = [
        {"name": row["mode"], "share": row["share"], "from": periods.iso(row["from"]), "to": periods.iso(row["to"]),
         "pale": row["small"] or row["partial"]}
        for row in dated.iter_rows(named=True)
    ]  # fmt: skip
    pale = f"Pale: fewer than {SMALL} postings, or a {unit} not covered whole." if any(r["pale"] for r in rows) else ""
    chart = series.shares(rows, MODES, across=f"{unit} of first sight (UTC)", time=True)
    return chart.properties(title=parts.heading(answer.title, pale))


def _draw_groups(answer: Answer, *, noun: str) -> Any:
    rows = [
        {"name": row["mode"], "share": row["share"], "label": label(row["group"], row["kind"]), "pale": row["small"]}
        for row in answer.frame.iter_rows(named=True)
    ]
    pale = f"Pale: fewer than {SMALL} postings." if answer.frame["small"].any() else ""
    return series.shares(rows, MODES, across=noun, time=False).properties(title=parts.heading(answer.title, pale))
