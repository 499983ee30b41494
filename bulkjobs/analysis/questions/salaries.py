"""What postings pay in a year."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import polars as pl

from ...charts import boxes, parts
from ...engine import Rows, collected, tally
from ...errors import InvalidQuery
from .answer import NOT_STATED, SMALL, Answer, none, percent, quoted, shaped
from .groups import EVERY, grouped, several
from .quantiles import quantiles
from .scope import Frame, checked, scope
from .values import label, noun

PLAUSIBLE = 20
"""Times the median, up or down, beyond which pay is taken to be misread or a mistake, and left out."""

_QUANTILES = {"p10": 0.1, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9}
_SCHEMA: dict[str, Any] = {
    "group": pl.String, "kind": pl.String, "postings": pl.Int64, "stated": pl.Int64,
    **dict.fromkeys(_QUANTILES, pl.Float64), "small": pl.Boolean,
}  # fmt: skip
_INFERRED = ("currency_inferred", "period_inferred")
_KEYS = ["rank", "group", "kind"]
_YEAR = ("salary_year_min", "salary_year_max")
_MIDDLE = pl.mean_horizontal(_YEAR).cast(pl.Float64)
_PAY = pl.when(_MIDDLE.is_finite()).then(_MIDDLE)
_STATED = pl.col("times").filter(pl.col("number").is_not_null()).sum()


def salaries(
    frame: Frame,
    by: str | None = None,
    currency: str | None = None,
    *,
    count: int = 10,
    of: str = "",
    unique: bool = False,
) -> Answer:
    """Tell how the pay of a year is spread, in one currency.

    The pay of a posting is the middle between its least and its most; where it states one of them only, that one.
    Currencies are never mixed nor converted. What is nothing or less, or more than 20 times above or below the median
    of all postings in that currency, is left out as misread, and the note says how much that was.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings with ``currency``, ``salary_year_min`` and ``salary_year_max``: ``enrich(frame, only=["salary"])``.
    by : str, optional
        A column; its values with most pay stated are told apart.
    currency : str, optional
        ISO 4217, such as ``"EUR"``; without it the most frequent one, by code among equals.
    count : int, default 10
        How many values of `by`.
    of : str
        Which postings they are, for the title.
    unique : bool
        Count a posting that was put up again once, as it was put up first.

    Returns
    -------
    Answer
        A row for each group: ``group``; ``kind`` ("all postings", "value", "all others", "not stated"); ``postings``;
        ``stated``, those with plausible pay in that currency, of which are ``p10``, ``p25``, ``median``, ``p75`` and
        ``p90`` (units of the currency a year; between two values in proportion); ``small`` (fewer than 10 stated).

    Raises
    ------
    InvalidQuery
        `count` is no number, or the frame lacks a column, or `currency` is no code of three letters.
    """
    if currency is not None and not (isinstance(currency, str) and re.fullmatch("[A-Za-z]{3}", currency)):
        raise InvalidQuery(f"currency must be a code such as 'EUR', not {currency!r}.", field="currency")
    checked(count)
    frame = Rows.of(frame)
    inferred = [name for name in _INFERRED if name in frame.collect_schema().names()]
    asked = scope(frame, ["currency", *_YEAR, *inferred, *([by] if by else [])], of, unique)
    sums = _by_currency(asked.rows)
    total = int(sums["len"].sum())
    code = currency.upper() if currency else _most_frequent(sums)
    what = f"Pay{' in ' if code else ''}{code} a year" + (f", by {noun(by)}" if by else "")
    if not total:
        return none(asked.title(what, total), _SCHEMA)
    bounds = _plausible(sums, code)
    used = (pl.col("currency") == code).fill_null(False) & _PAY.is_between(*bounds) & (_PAY > 0)
    guessed = used & pl.any_horizontal(pl.lit(False), *(pl.col(name).fill_null(False) for name in inferred))
    groups = grouped(asked.rows, by, count, used, number=pl.when(used).then(_PAY))
    counts, known = collected(
        tally(groups, *_KEYS, "number", times=pl.len()), tally(asked.rows, used=used.sum(), guessed=guessed.sum())
    )
    table, (kept, guesses) = shaped(_table(counts), _SCHEMA), known.row(0)
    note = several(asked.rows, by) + _note(sums, code, kept, bounds)
    if guesses:
        note += f" Its currency or period is inferred in {guesses:,} ({percent(guesses, kept)})."
    draw = partial(_draw, unit=f"{code} a year", noun=noun(by) if by else "") if kept else None
    return Answer(table, asked.title(what, total), _sentence(table, code, kept), note, draw)


def _plausible(sums: pl.DataFrame, code: str) -> tuple[float, float]:
    middle = next((row["middle"] for row in sums.to_dicts() if row["currency"] == code), None) or 0.0
    return middle / PLAUSIBLE, middle * PLAUSIBLE


def _most_frequent(sums: pl.DataFrame) -> str:
    found = sums.filter(pl.col("currency").is_not_null() & (pl.col("stated") > 0))
    return "" if found.is_empty() else str(found[0, "currency"])


def _by_currency(rows: Rows) -> pl.DataFrame:
    """Count by currency, the most frequent first: ``len``, ``stated`` and the median of what is more than nothing."""
    counts = collected(tally(rows.select("currency", number=_PAY), "currency", "number", times=pl.len()))[0]
    sums = counts.group_by("currency").agg(len=pl.col("times").sum(), stated=_STATED)
    middle = quantiles(counts.filter(pl.col("number") > 0), ["currency"], {"middle": 0.5})
    sums = sums.join(middle, on="currency", how="left", nulls_equal=True)
    return sums.sort("stated", "currency", descending=[True, False], nulls_last=True)


def _table(counts: pl.DataFrame) -> pl.DataFrame:
    made = counts.group_by(_KEYS).agg(postings=pl.col("times").sum(), stated=_STATED)
    made = made.join(quantiles(counts, _KEYS, _QUANTILES), on=_KEYS, how="left")
    return made.with_columns(small=pl.col("stated") < SMALL).sort("rank", "group")


def _sentence(table: pl.DataFrame, code: str, kept: int) -> str:
    if not kept:
        return f"None of the postings states pay in {code}." if code else "None of the postings states pay."
    rows = table.filter(pl.col("kind").is_in([EVERY, "value"]) & ~pl.col("small")).to_dicts()
    if not rows:
        return f"Fewer than {SMALL} postings of a kind state pay in {code}: too few to tell."
    if rows[0]["kind"] == EVERY:
        low, half, high = (f"{rows[0][name]:,.0f}" for name in ("p25", "median", "p75"))
        return f"Of those that state pay in {code}, half pay {half} a year or less; the middle half {low} to {high}."
    rows = sorted(rows, key=lambda row: (-row["median"], row["group"]))
    said = f"{quoted(rows[0]['group'])} pays most: {rows[0]['median']:,.0f} {code} a year in the median"
    return said + (f"; {quoted(rows[-1]['group'])} least: {rows[-1]['median']:,.0f}." if len(rows) > 1 else ".")


def _note(sums: pl.DataFrame, code: str, kept: int, bounds: tuple[float, float]) -> str:
    total, stated = int(sums["len"].sum()), int(sums["stated"].sum())
    own = int(sums.filter(pl.col("currency") == code)["stated"].sum())
    no_code = int(sums.filter(pl.col("currency").is_null())["stated"].sum())
    said = [f"Of {total:,} postings, {kept:,} ({percent(kept, total)}) are told of. Not stated, or not read as pay of a"
            f" year: {total - stated:,} ({percent(total - stated, total)})."]  # fmt: skip
    if stated - own - no_code:
        others = len(
            sums.filter(pl.col("currency").is_not_null() & (pl.col("currency") != code) & (pl.col("stated") > 0))
        )
        said.append(f"Left out: {stated - own - no_code:,} in {others} other {_plural('currency', others)}.")
    if no_code:
        said.append(f"Left out: {no_code:,} in a currency that is not known.")
    if own - kept:
        said.append(
            f"Left out as misread: {own - kept:,} below {bounds[0]:,.0f} or above {bounds[1]:,.0f}"
            f" ({PLAUSIBLE} times the median, down or up)."
        )
    return " ".join([*said, "Pay is the middle between the least and the most that is stated."])


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun[:-1]}ies"


def _draw(answer: Answer, *, unit: str, noun: str) -> Any:
    rows = []
    for row in answer.frame.filter(pl.col("kind") != NOT_STATED).iter_rows(named=True):
        told = {} if row["small"] else {name: row[name] for name in _QUANTILES}
        text = f"n = {row['stated']:,}" + (", too few" if row["small"] else "")
        rows.append({"label": label(row["group"], row["kind"]), "text": text, **told})
    below = "Line: the middle four fifths. Box: the middle half. White stroke: the median."
    return boxes.boxes(rows, noun=noun, unit=unit).properties(title=parts.heading(answer.title, below))
