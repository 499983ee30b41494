"""How many postings were live at a time: the stock."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import polars as pl

from ...charts import parts
from ...engine import Rows, Tally, collected, tally
from . import periods
from .answer import Answer, none, percent, shaped
from .lifetimes import CAVEAT, READS, latest, lifetimes
from .periods import Every, Unit
from .scope import Frame, scope

_SCHEMA: dict[str, Any] = {
    "from": pl.Date, "to": pl.Date, "opened": pl.Int64, "closed": pl.Int64, "live": pl.Int64, "partial": pl.Boolean,
}  # fmt: skip


def live(
    frame: Frame,
    every: Every = "auto",
    *,
    until: dt.date | None = None,
    of: str = "",
    unique: bool = False,
) -> Answer:
    """Count the postings that were live at the end of each day, week, month or year.

    A posting is live from ``created`` until it closes; when that is, see `bulkjobs.analysis.questions.lifetimes`.
    What opened before the first posting of the frame is not in it, so the stock begins at nothing.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings.
    every : {"auto", "day", "week", "month", "year"}
        By what.
    until : date or datetime, optional
        When the postings were last looked at (UTC); later ones are left out, and those that closed later were live.
        Without it: the latest ``created`` or ``last_updated``.
    of : str
        Which postings they are, for the title.
    unique : bool
        Take the first of the postings that were put up again, and no other.

    Returns
    -------
    Answer
        A row for each period, empty ones too: ``from`` and ``to`` (dates in UTC, `to` not included), ``opened`` and
        ``closed`` in it, ``live`` at its end, or at `until` where that is earlier, ``partial`` (the first or the last
        one, not covered whole). A last row without dates holds in ``opened`` what can't be placed, if there is any.

    Raises
    ------
    InvalidQuery
        The frame lacks a column, or there would be more than 10,000 periods.
    """
    asked = scope(frame, READS, of, unique)
    end = latest(asked.rows, until)
    rows = asked.rows.select(**lifetimes(asked.rows))
    if end is not None:
        closed = pl.when(pl.col("closed") <= end).then("closed")
        rows = rows.with_columns(closed=closed, known=pl.col("known") & (pl.col("opened") <= end))
    known = rows.filter("known")
    first = pl.when("known").then("opened")
    sums = collected(tally(rows, total=pl.len(), known=pl.col("known").sum(), least={"first": first}))[0]
    total, placed, start = sums.row(0)
    if end is None or not placed:
        title = asked.title("Live postings", total)
        why = ("None of the postings can be placed in time.",) if total else ()
        return _unplaced(title, total, *why) if total else none(title, _SCHEMA)
    unit = periods.unit_of(every, start, end)
    found = _table(known, periods.grid(start, end, unit), unit)
    if total > placed:
        found = pl.concat([found, pl.DataFrame([{"opened": total - placed, "partial": False}], schema=_SCHEMA)])
    title = asked.title(f"Live postings at the end of each {unit}", total)
    note = f"{CAVEAT} All others count as live up to {end:%-d %B %Y}. What opened before these postings is not in it."
    note += f" Not stated when: {total - placed:,} ({percent(total - placed, total)})."
    return Answer(found, title, _sentence(found, unit, end), note, partial(_draw, unit=unit))


def _table(known: Rows, grid: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    opened, closed = collected(_by_start(known, "opened", unit), _by_start(known, "closed", unit))
    found = periods.filled(periods.filled(grid, opened), closed)
    return shaped(found.with_columns(live=(pl.col("opened") - pl.col("closed")).cum_sum()), _SCHEMA)


def _by_start(known: Rows, name: str, unit: Unit) -> Tally:
    starts = known.drop_nulls(name).select(periods.starts(pl.col(name), unit).alias("from"))
    counts: dict[str, Any] = {name: pl.len()}
    return tally(starts, "from", **counts)


def _unplaced(title: str, total: int, why: str) -> Answer:
    return Answer(pl.DataFrame([{"opened": total, "partial": False}], schema=_SCHEMA), title, why, CAVEAT)


def _sentence(found: pl.DataFrame, unit: Unit, end: dt.datetime) -> str:
    dated = found.drop_nulls("from")
    last, opened = int(dated["live"][-1]), int(dated["opened"].sum())
    most = dated.sort("live", "from", descending=[True, False]).row(0, named=True)
    return (
        f"On {end:%-d %B %Y}, {last:,} of {opened:,} postings were live ({percent(last, opened)})."
        f" The stock was largest at the end of {periods.name(most['from'], unit)}: {most['live']:,}."
    )


def _draw(answer: Answer, *, unit: Unit) -> Any:
    rows = [
        {"from": periods.iso(row["from"]), "to": periods.iso(row["to"]), "number": row["live"], "pale": row["partial"]}
        for row in answer.frame.drop_nulls("from").iter_rows(named=True)
    ]
    chart = parts.columns(rows, noun=f"{unit} (UTC)", unit=f"live at the end of the {unit}")
    pale = f"Pale: a {unit} that is not covered whole." if answer.frame["partial"].any() else ""
    return chart.properties(title=parts.heading(answer.title, pale))
