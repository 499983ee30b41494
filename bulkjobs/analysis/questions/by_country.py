"""Postings by country, on a map."""

from __future__ import annotations

from typing import Any

import polars as pl

from ...charts import parts, world
from ...engine import collected, tally
from ..places import gazetteer
from .answer import NOT_STATED, SMALL, Answer, none, percent, shaped
from .scope import Frame, scope
from .values import value

_SCHEMA: dict[str, Any] = {
    "country_iso_2": pl.String, "country": pl.String, "kind": pl.String, "postings": pl.Int64, "share": pl.Float64,
    "share_of_all": pl.Float64, "small": pl.Boolean,
}  # fmt: skip


def by_country(frame: Frame, *, of: str = "", unique: bool = False) -> Answer:
    """Count postings by country.

    Parameters
    ----------
    frame : DataFrame, LazyFrame or Rows
        Postings with ``country_iso_2``: ``enrich(frame, only=["place"])``.
    of : str
        Which postings they are, for the title.
    unique : bool
        Count a posting that was put up again once, as it was put up first.

    Returns
    -------
    Answer
        The most frequent first, by code among equals: ``country_iso_2``; ``country``, its English name (the code, where
        it has none); ``kind`` ("value", or "not stated" for the last row, if there is one); ``postings``; ``share``, of
        those that state any; ``share_of_all``; ``small`` (fewer than 10). Its chart is a map: a disc stands at the
        centre of each country's people, and its area is the number.

    Raises
    ------
    InvalidQuery
        The frame lacks the column.
    ConfigError
        The extra ``analysis`` is not installed.
    """
    asked = scope(frame, ["country_iso_2"], of, unique)
    code = value(asked.rows, "country_iso_2").str.to_uppercase()
    counted = collected(tally(asked.rows.select(country_iso_2=code), "country_iso_2", postings=pl.len()))[0]
    total, stated = (int(part["postings"].sum()) for part in (counted, counted.drop_nulls("country_iso_2")))
    title = asked.title("Postings by country", total)
    if not total:
        return none(title, _SCHEMA)
    names = gazetteer.countries().select(country_iso_2="iso_2", country="name")
    is_stated = pl.col("country_iso_2").is_not_null()
    table = counted.join(names, on="country_iso_2", how="left").with_columns(
        country=pl.when(is_stated).then(pl.coalesce("country", "country_iso_2")).otherwise(pl.lit(NOT_STATED)),
        kind=pl.when(is_stated).then(pl.lit("value")).otherwise(pl.lit(NOT_STATED)),
        share=pl.when(is_stated).then(pl.col("postings") / stated),
        share_of_all=pl.col("postings") / total,
        small=pl.col("postings") < SMALL,
    )
    table = shaped(table.sort(~is_stated, -pl.col("postings").cast(pl.Int64), "country_iso_2"), _SCHEMA)
    return Answer(table, title, _sentence(table), _note(table, total), _draw if stated else None)


def _sentence(table: pl.DataFrame) -> str:
    rows = table.filter(kind="value")
    if rows.is_empty():
        return "None of the postings states any country."
    words = ", ".join(f"{row['country']} ({percent(row['share'])})" for row in rows.head(3).to_dicts())
    more = " and others" if len(rows) > 3 else ""
    return f"The postings are of {len(rows):,} countr{'y' if len(rows) == 1 else 'ies'}: {words}{more}."


def _note(table: pl.DataFrame, total: int) -> str:
    missing = int(table.filter(kind=NOT_STATED)["postings"].sum())
    few = table.filter(pl.col("small") & (pl.col("kind") == "value"))
    said = [f"Not stated: {missing:,} ({percent(missing, total)} of all).", _unplaced(table)]
    if len(few):
        said.append(f"Fewer than {SMALL} postings: {len(few):,} of the countries, marked as small.")
    return " ".join(part for part in said if part)


def _unplaced(table: pl.DataFrame) -> str:
    lost = table.filter(kind="value").join(gazetteer.centres(), left_on="country_iso_2", right_on="iso_2", how="anti")
    return f"Not on the map: {int(lost['postings'].sum()):,} of {', '.join(lost['country'])}." if len(lost) else ""


def _draw(answer: Answer) -> Any:
    placed = answer.frame.join(gazetteer.centres(), left_on="country_iso_2", right_on="iso_2", maintain_order="left")
    rows = placed.select("latitude", "longitude", label="country", number="postings", pale="small").to_dicts()
    missing = int(answer.frame.filter(kind=NOT_STATED)["postings"].sum())
    below = f"The area of a disc is the number of postings; pale: fewer than {SMALL}. Not stated: {missing:,}"
    below += f" ({percent(missing, int(answer.frame['postings'].sum()))} of all)."
    return world.world(rows).properties(title=parts.heading(answer.title, below))
