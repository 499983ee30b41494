"""How long postings stay open."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import polars as pl

from ...charts import parts, series
from ...display import counted
from ...engine import Rows, Tally, collected, tally
from .answer import NOT_STATED, SMALL, Answer, none, percent, quoted, shaped
from .groups import EVERY, GROUPS, grouped, several
from .lifetimes import CAVEAT, READS, latest, lifetimes
from .scope import Frame, checked, scope
from .survival import days_until, survival
from .values import label, noun

_SCHEMA: dict[str, Any] = {
    "group": pl.String, "kind": pl.String, "postings": pl.Int64, "closed": pl.Int64, "open": pl.Int64,
    "unknown": pl.Int64, "p25": pl.Int64, "median": pl.Int64, "p75": pl.Int64, "small": pl.Boolean,
}  # fmt: skip
_KEYS = ["rank", "group", "kind"]
_QUARTILES = {"p25": 0.25, "median": 0.5, "p75": 0.75}


def time_to_close(
    frame: Frame,
    by: str | None = None,
    *,
    count: int = GROUPS,
    until: dt.date | None = None,
    of: str = "",
    unique: bool = False,
) -> Answer:
    """Estimate after how many days a quarter, a half and three quarters of the postings are closed.

    Postings that are still open count as long as they were watched, so that the estimate (Kaplan and Meier's) is not
    too short. When a posting closed, see `bulkjobs.analysis.questions.lifetimes`.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings.
    by : str, optional
        A column; its most frequent values are told apart.
    count : int, default 6
        How many of them; the chart shows 7 lines at the most.
    until : date or datetime, optional
        When the postings were last looked at (UTC); later ones are left out as not known. Without it: the latest
        ``created`` or ``last_updated``.
    of : str
        Which postings they are, for the title.
    unique : bool
        Take the first of the postings that were put up again, and no other.

    Returns
    -------
    Answer
        A row for each group: ``group``; ``kind`` ("all postings", "value", "all others", "not stated"); ``postings``,
        of which ``closed``, still ``open``, and ``unknown``, without a date or a state; ``p25``, ``median`` and ``p75``
        (whole days from ``created`` on; null where the postings were not watched so long that so many closed);
        ``small`` (fewer than 10 closed).

    Raises
    ------
    InvalidQuery
        `count` is no number, or the frame lacks a column.
    """
    checked(count)
    asked = scope(frame, [*READS, *([by] if by else [])], of, unique)
    end = latest(asked.rows, until)
    lasted = _lasted(grouped(asked.rows, by, count, **lifetimes(asked.rows)), end)
    total, counts = collected(tally(asked.rows, postings=pl.len()), lasted)
    title = asked.title("Days until postings close" + (f", by {noun(by)}" if by else ""), total.item())
    if counts.is_empty():
        return none(title, _SCHEMA)
    by_group = counts.sort(*_KEYS, "days").partition_by(_KEYS, as_dict=True, maintain_order=True)
    curves = {key: survival(part.drop_nulls("days")) for key, part in by_group.items()}
    rows = [_row(key, part, curves[key]) for key, part in by_group.items()]
    found = shaped(pl.DataFrame(rows, schema=_SCHEMA), _SCHEMA)
    told = [(label(key[1], key[2]), curves[key]) for key, row in zip(curves, rows, strict=True)
            if not row["small"] and row["kind"] != NOT_STATED]  # fmt: skip
    draw = partial(_draw, curves=dict(told[: len(parts.COLOURS)]), noun=noun(by) if by else "") if told else None
    return Answer(found, title, _sentence(found), several(asked.rows, by) + _note(found, end), draw)


def _lasted(rows: Rows, end: dt.datetime | None) -> Tally:
    """Count by group and days how many closed or were open still; without days, those of which it is not known."""
    watched = pl.lit(end, pl.Datetime("us"))
    known = (pl.col("known") & (pl.col("opened") <= watched)).fill_null(False)
    ended = (pl.col("closed") <= watched).fill_null(False)
    days = (pl.when(ended).then("closed").otherwise(watched) - pl.col("opened")).dt.total_days()
    each = rows.select(*_KEYS, known=known, ended=ended, days=pl.when(known).then(days))
    return tally(
        each, *_KEYS, "days",
        ended=(pl.col("ended") & pl.col("known")).sum(),
        censored=(~pl.col("ended") & pl.col("known")).sum(),
        unknown=(~pl.col("known")).sum(),
    )  # fmt: skip


def _row(key: Any, counts: pl.DataFrame, curve: pl.DataFrame) -> dict[str, Any]:
    closed, still, unknown = (int(counts[name].sum()) for name in ("ended", "censored", "unknown"))
    quartiles = {name: days_until(curve, share) for name, share in _QUARTILES.items()}
    return {
        "group": key[1], "kind": key[2], "postings": closed + still + unknown, "closed": closed, "open": still,
        "unknown": unknown, **quartiles, "small": closed < SMALL,
    }  # fmt: skip


def _sentence(found: pl.DataFrame) -> str:
    rows = found.filter(pl.col("kind").is_in([EVERY, "value"]) & ~pl.col("small")).to_dicts()
    if not rows:
        return f"Fewer than {SMALL} postings of a kind are closed: too few to tell how long they stay open."
    if rows[0]["kind"] == EVERY:
        return _half(rows[0]["median"], "the postings")
    reached = sorted((row for row in rows if row["median"] is not None), key=lambda row: (row["median"], row["group"]))
    if not reached:
        return "Of no group half of the postings closed while they were watched."
    ends = reached[:1] if len(reached) == 1 else [reached[0], reached[-1]]
    return " ".join(_half(row["median"], f"the postings of {quoted(row['group'])}") for row in ends)


def _half(days: int | None, what: str) -> str:
    if days is None:
        return f"Less than half of {what} closed while they were watched."
    return (
        f"Half of {what} closed in {counted(days, 'whole day')} or less."
        if days
        else f"Half of {what} closed within a day."
    )


def _note(found: pl.DataFrame, end: dt.datetime | None) -> str:
    total, still, unknown = (int(found[name].sum()) for name in ("postings", "open", "unknown"))
    said = [CAVEAT]
    if end:
        said.append(
            f"Those still open on {end:%-d %B %Y} ({percent(still, total)}) count as long as they were watched."
        )
    said.append(f"Not stated when: {unknown:,} ({percent(unknown, total)}).")
    if found.filter(~pl.col("small"))["p75"].null_count():
        said.append("A share that was not reached in that time is left empty, not guessed.")
    return " ".join(said)


def _draw(answer: Answer, *, curves: dict[str, pl.DataFrame], noun: str) -> Any:
    rows: list[dict[str, Any]] = []
    for group, curve in curves.items():
        sure = curve.filter(pl.col("at_risk") >= SMALL).select(x=pl.col("days") + 1, y="lasting")
        points = [{"x": 0, "y": 1.0}, *sure.to_dicts()]
        rows += [{**point, "series": group} for point in points]
    chart = series.steps(rows, x="days since the posting was first seen", y="share still open", noun=noun)
    below = f"Drawn as long as {SMALL} postings or more were watched."
    return chart.properties(title=parts.heading(answer.title, below))
