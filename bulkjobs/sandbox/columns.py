"""What the filters of a search compare, in memory: a table with a row for each posting, in the order of results.

A million postings take some 160 MB, a hundredth of a second to compare, and no sorting for a page of a search.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from .dataset import INT64, comparable, storable

SCHEMA = pl.Schema(
    {
        "id": pl.Int64(),
        "created": pl.String(),
        "last_updated": pl.String(),
        "company_id": pl.Int64(),
        "company_url": pl.String(),
        "website": pl.String(),
        "website_host": pl.String(),
        "deleted": pl.Int8(),
        "application_active": pl.Int8(),
    }
)
"""The id of a posting, and its `facts`."""

COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "created_at_gte": ("created", operator.ge),
    "created_at_lte": ("created", operator.le),
    "last_updated_gte": ("last_updated", operator.ge),
    "last_updated_lte": ("last_updated", operator.le),
    "company_id": ("company_id", operator.eq),
    "company_domain": ("website_host", operator.eq),
    "company_exact_website": ("website", operator.eq),
    "company_professional_network_url": ("company_url", operator.eq),
    "deleted": ("deleted", operator.eq),
    "application_active": ("application_active", operator.eq),
}
"""The filters that are no search in text: a column, and how a posting's value there compares to the filter's."""

Mask = pl.Series
"""A bit for each row, in the order of the table. Null, where a posting lacks a value, is no match."""


class Columns:
    """The table, sorted by ``last_updated`` and ``id`` (contract section 12.9).

    Parameters
    ----------
    parts : iterable of sequences
        Its rows, in pieces; each as `SCHEMA` says. Of two with the same id, the later one is kept.

    Attributes
    ----------
    frame : polars.DataFrame
        The rows that were kept.
    duplicates : int
        Rows that were not.
    """

    def __init__(self, parts: Iterable[Sequence[tuple[object, ...]]] = ()) -> None:
        frames = (pl.DataFrame(part, schema=SCHEMA, orient="row") for part in parts)
        read = pl.concat([SCHEMA.to_frame(), *frames])
        self.frame = read.unique("id", keep="last").sort("last_updated", "id")
        self.duplicates = read.height - self.frame.height

    def __len__(self) -> int:
        return self.frame.height

    def comparing(self, filters: Mapping[str, object]) -> Mask:
        """Find the rows that match all filters; each is one of `COMPARISONS`."""
        if not filters:
            return pl.repeat(value=True, n=len(self), eager=True)
        tests = (_test(name, comparable(name, value)) for name, value in filters.items())
        return self.frame.select(pl.repeat(value=True, n=pl.len()) & pl.all_horizontal(tests)).to_series()

    def holding(self, ids: Sequence[int]) -> Mask:
        """Find the rows of these ids."""
        known = [id_ for id_ in ids if id_ in INT64]
        return self.frame["id"].is_in(pl.Series(known, dtype=pl.Int64).implode())

    def among(self, ids: Sequence[int]) -> list[int]:
        """List those of these ids that there are, in the order of the table."""
        return self.frame["id"].filter(self.holding(ids)).to_list()

    def after(self, last_updated: str, id: int) -> int:  # noqa: A002 -- the field's own name
        """Count the rows up to and with this one, which need not be there."""
        dates, text = self.frame["last_updated"], storable(last_updated)
        first, end = dates.search_sorted(text, side="left"), dates.search_sorted(text, side="right")
        same_date = self.frame["id"].slice(first, end - first)
        return first + same_date.search_sorted(max(INT64[0], min(id, INT64[-1])), side="right")

    def rows(self, found: Mask, start: int, size: int | None) -> list[tuple[str, int]]:
        """List ``last_updated`` and ``id`` of the first `size` rows found, or of all, from the row `start` on."""
        positions = found.slice(start).arg_true().head(len(found) if size is None else size) + start
        return self.frame.select("last_updated", "id")[positions].rows()

    def best(self, found: Mask, scores: Iterable[tuple[int, float]], offset: int, size: int) -> dict[int, float]:
        """Give id and score of some of the rows found, the best first; several scores of an id are added up."""
        scored = pl.DataFrame(scores, schema={"id": pl.Int64, "score": pl.Float64}, orient="row")
        total = scored.group_by("id").agg(pl.col("score").sum())
        hits = self.frame.select("id").with_row_index("row").filter(found).join(total, on="id")
        ranked = hits.sort("score", "row", descending=[True, False]).slice(offset, size)
        return dict(ranked.select("id", "score").rows())


def _test(name: str, value: object) -> pl.Expr:
    column, compare = COMPARISONS[name]
    if not isinstance(value, str if SCHEMA[column] == pl.String else int):
        return pl.lit(value=False)  # an integer of more than 64 bits, for one
    test: pl.Expr = compare(pl.col(column), value)
    # Dates are text that sorts as time. No date is "", before any time: "until" has to exclude it.
    return test & (pl.col(column) > "") if compare is operator.le else test
