"""How many postings came up when."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from ...charts import parts
from ...engine import collected, tally
from . import periods
from .answer import Answer, none, percent, shaped
from .periods import Every, Unit
from .scope import Frame, moment, scope

_SCHEMA: dict[str, Any] = {
    "from": pl.Date, "to": pl.Date, "postings": pl.Int64, "share": pl.Float64, "partial": pl.Boolean,
}  # fmt: skip


def over_time(
    frame: Frame,
    every: Every = "auto",
    by: str = "created",
    *,
    of: str = "",
    unique: bool = False,
) -> Answer:
    """Count postings by day, week, month or year.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings.
    every : {"auto", "day", "week", "month", "year"}
        By what; ``"auto"``: what gives about 30 columns or more.
    by : str, default "created"
        The column of dates that counts. For the stock of live postings see `live`.
    of : str
        Which postings they are, for the title.
    unique : bool
        Count a posting that was put up again once, when it was put up first.

    Returns
    -------
    Answer
        A row for each period, empty ones too: ``from`` and ``to`` (dates in UTC, `to` not included), ``postings``,
        ``share`` (of all), ``partial`` (the first or the last period, where the dates leave out a day of it or more).
        A last row without dates holds the postings without one, if there are any.

    Raises
    ------
    InvalidQuery
        The frame lacks the column, it holds no dates, or there would be more than 10,000 periods.
    """
    asked = scope(frame, [by], of, unique)
    at = asked.rows.select(at=moment(asked.rows, by))
    ends = tally(at, total=pl.len(), least={"first": pl.col("at")}, most={"last": pl.col("at")})
    total, first, last = collected(ends)[0].row(0)
    if not total:
        return none(asked.title(f"Postings over time, {_word(by)}", total), _SCHEMA)
    if first is None:
        return _undated(asked.title(f"Postings over time, {_word(by)}", total), total)
    unit = periods.unit_of(every, first, last)
    starts = at.drop_nulls("at").select(periods.starts(pl.col("at"), unit).alias("from"))
    counted = collected(tally(starts, "from", postings=pl.len()))[0]
    made = periods.filled(periods.grid(first, last, unit), counted)
    undated = total - made["postings"].sum()
    if undated:
        made = pl.concat([made, pl.DataFrame({"postings": [undated], "partial": [False]})], how="diagonal_relaxed")
    found = shaped(made.with_columns(share=pl.col("postings") / total), _SCHEMA)
    title = asked.title(f"Postings by {unit}, {_word(by)}", total)
    note = _note(found, unit, undated, total)
    return Answer(found, title, _sentence(found, unit, by), note, partial(_draw, unit=unit, by=by))


def _undated(title: str, total: int) -> Answer:
    row = pl.DataFrame([{"postings": total, "share": 1.0, "partial": False}], schema=_SCHEMA)
    return Answer(row, title, "None of the postings has a date: there is nothing to count by.", "")


def _word(by: str) -> str:
    return {"created": "first seen", "last_updated": "last updated"}.get(by, f"by {by}")


def _sentence(found: pl.DataFrame, unit: Unit, by: str) -> str:
    dated = found.drop_nulls("from")
    most = dated.sort("postings", "from", descending=[True, False]).row(0, named=True)
    said = (
        f"The {unit} with most postings ({_word(by)}) is {periods.name(most['from'], unit)}: {most['postings']:,}"
        f" ({percent(most['share'])})."
    )
    ordinary = dated.filter(~pl.col("partial"))["postings"].cast(pl.Float64)
    median = ordinary.quantile(0.5, "linear")
    return said + (f" An ordinary {unit} has {median:,.0f} (the median)." if len(ordinary) > 1 else "")


def _note(found: pl.DataFrame, unit: Unit, undated: int, total: int) -> str:
    ends = [periods.name(day, unit) for day in found.filter("partial")["from"]]
    said = ["Days, weeks (from Monday) and months are those of UTC."]
    if ends:
        said.append(f"Not covered whole, so perhaps too low: {' and '.join(ends)}.")
    said.append(f"Date not stated: {undated:,} ({percent(undated, total)}).")
    return " ".join(said)


def _draw(answer: Answer, *, unit: Unit, by: str) -> Any:
    rows = answer.frame.drop_nulls("from").iter_rows(named=True)
    columns = parts.columns(
        [
            {"from": periods.iso(row["from"]), "to": periods.iso(row["to"]), "number": row["postings"],
             "pale": row["partial"]}
            for row in rows
        ],
        noun=f"{unit}, {_word(by)} (UTC)",
    )  # fmt: skip
    pale = f"Pale: a {unit} that is not covered whole." if answer.frame["partial"].any() else ""
    return columns.properties(title=parts.heading(answer.title, pale))
