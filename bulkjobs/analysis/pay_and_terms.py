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
        `work_mode` as columns.
    """
    title, place = pl.col("title"), pl.col("location")
    parts = (
        salary(pl.col("salary"), pl.col("country"), hours_a_year=hours_a_year),
        applicants(pl.col("applicants_count")),
        employment(pl.col("employment_type"), title),
        seniority(pl.col("seniority"), title),
        work_mode(place, title, pl.col("description")),
    )
    names = [f"_part{number}" for number in range(len(parts))]
    return frame.with_columns(part.alias(name) for name, part in zip(names, parts, strict=True)).unnest(names)
