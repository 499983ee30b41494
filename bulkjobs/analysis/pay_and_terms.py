"""Pay, applicants, employment, seniority and the place of work, added to a frame of postings."""

from __future__ import annotations

import polars as pl

from .applicants import applicants
from .employment import employment
from .periods import HOURS_A_YEAR
from .remote import work_mode
from .salary import salary
from .seniority import seniority


def _enrich_salary(frame: pl.LazyFrame, *, hours_a_year: float = HOURS_A_YEAR) -> pl.LazyFrame:
    """Add the columns of this part to postings.

    Parameters
    ----------
    frame : polars.LazyFrame
        Postings of `bulkjobs.records.POSTING_SCHEMA`.
    hours_a_year : float
        Hours that make a year's pay of an hour's.

    Returns
    -------
    polars.LazyFrame
        The same rows in the same order, with the fields of `salary`, `applicants`, `employment`, `seniority` and
        `work_mode` as columns. A source that is scanned is read twice, the second time for the two columns of pay only.
    """
    title, place = pl.col("title"), pl.col("location")
    parts = (
        applicants(pl.col("applicants_count")),
        employment(pl.col("employment_type"), title),
        seniority(pl.col("seniority"), title),
        work_mode(place, title, pl.col("description")),
    )
    paid = ["salary", "country"]  # each distinct text is read once: few are stated, and the same ones again and again
    texts = frame.select(paid).drop_nulls("salary").unique()
    pay = texts.with_columns(_pay=salary(pl.col("salary"), pl.col("country"), hours_a_year=hours_a_year)).unnest("_pay")
    frame = frame.join(pay, on=paid, how="left", nulls_equal=True, maintain_order="left")
    names = [f"_part{number}" for number in range(len(parts))]
    return frame.with_columns(part.alias(name) for name, part in zip(names, parts, strict=True)).unnest(names)
