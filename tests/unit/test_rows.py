"""Sums that are the same, however the postings are cut into parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from bulkjobs.analysis import Rows, coverage, questions
from bulkjobs.analysis.questions.quantiles import quantiles
from bulkjobs.engine import Large, collected, tally
from bulkjobs.engine.engine import LOCAL
from tests.unit.analysis.questions.support import SCHEMA

DAY = datetime(2026, 1, 1)
NAMES = st.sampled_from([None, "", " ", "a", "b", "c", "not stated"])
TIMES = st.none() | st.integers(0, 2_000).map(lambda hours: DAY + timedelta(hours=hours))

ASKED: dict[str, Callable[[Any], Any]] = {
    "top": lambda rows: questions.top(rows, "company_name", 2),
    "top of lists": lambda rows: questions.top(rows, "skills", 1),
    "top of a period": lambda rows: questions.top(rows, "title", period=(DAY.date(), datetime(2026, 2, 1).date())),
    "top, unique": lambda rows: questions.top(rows, "company_name", unique=True),
    "over time": lambda rows: questions.over_time(rows, "week", unique=True),
    "live": questions.live,
    "time to close": lambda rows: questions.time_to_close(rows, "company_name", count=2),
    "salaries": questions.salaries,
    "salaries by skill": lambda rows: questions.salaries(rows, "skills", count=1, unique=True),
    "together": lambda rows: questions.together(rows, 2),
    "together by lift": lambda rows: questions.together(rows, order="lift"),
    "remote share": questions.remote_share,
    "remote share by": lambda rows: questions.remote_share(rows, by="title", count=1),
    "by country": lambda rows: questions.by_country(rows, unique=True),
}


@st.composite
def postings(draw: st.DrawFn) -> pl.DataFrame:
    """Enriched postings, some of them put up again, and in ``part`` where each one lies: reposts in one part."""
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "created": TIMES,
                    "last_updated": TIMES,
                    "deleted": st.sampled_from([None, True, False]),
                    "company_name": NAMES,
                    "title": NAMES,
                    "description": NAMES,
                    "country_iso_2": st.sampled_from([None, "PT", "DE", "XX"]),
                    "work_mode": st.sampled_from([None, "remote", "hybrid"]),
                    "skills": st.none() | st.lists(NAMES, max_size=4),
                    "currency": st.sampled_from([None, "EUR", "GBP"]),
                    "currency_inferred": st.booleans(),
                    "salary_year_min": st.sampled_from([None, 0.0, 3e4, 3.1e4, 1e9, float("nan")]),
                    "canonical_id": st.none() | st.integers(0, 6),
                }
            ),
            min_size=1,
            max_size=25,
        )
    )
    frame = pl.DataFrame([{"id": at, **row} for at, row in enumerate(rows)], schema=SCHEMA)
    where = draw(st.lists(st.integers(0, 3), min_size=7, max_size=7))
    of_chain = pl.col("canonical_id").replace_strict(range(7), where, default=None, return_dtype=pl.Int64)
    return frame.with_columns(part=pl.coalesce(of_chain, pl.col("id") % 4))


def in_parts(frame: pl.DataFrame) -> Rows:
    return Rows(tuple(frame.filter(part=at).drop("part").lazy() for at in range(4)))


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@given(postings())
@settings(max_examples=12, deadline=None)
def test_an_answer_is_the_same_of_postings_in_parts(ask: Callable[[Any], Any], frame: pl.DataFrame) -> None:
    whole, cut = ask(frame.drop("part")), ask(in_parts(frame))
    assert_frame_equal(whole.frame, cut.frame)
    assert (whole.title, whole.sentence, whole.note) == (cut.title, cut.sentence, cut.note)


@given(postings())
@settings(max_examples=10, deadline=None)
def test_coverage_is_the_same_of_postings_in_parts(frame: pl.DataFrame) -> None:
    assert_frame_equal(coverage(frame.drop("part")), coverage(in_parts(frame)))


@given(
    st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.none() | st.integers(-9, 9)), min_size=1),
    st.integers(1, 40),
)
@settings(max_examples=30, deadline=None)
def test_a_tally_is_the_same_of_any_parts(rows: list[tuple[str | None, int | None]], size: int) -> None:
    frame = pl.DataFrame(rows, schema={"key": pl.String, "number": pl.Int64}, orient="row")
    made = Rows(tuple(frame[at : at + size].lazy() for at in range(0, len(frame), size)), LOCAL)
    number = pl.col("number")
    keyed, single, large = collected(
        tally(made, "key", sum=number.sum(), least={"least": number}, most={"most": number}),
        tally(made, rows=pl.len(), known=number.count()),
        Large(tally(made, "key", "number", times=pl.len()), lambda sums: sums.filter(pl.col("times") > 1)),
    )
    expected = frame.group_by("key").agg(sum=number.sum(), least=number.min(), most=number.max())
    assert_frame_equal(keyed, expected, check_row_order=False)
    assert single.row(0) == (len(frame), frame["number"].count())
    several = frame.group_by("key", "number").len("times").cast({"times": pl.Int64}).filter(pl.col("times") > 1)
    assert_frame_equal(large, several, check_row_order=False)


def test_rows_of_many_keys_are_merged_a_few_buckets_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bulkjobs.engine.engine._ROWS", 100)
    parts = tuple(pl.LazyFrame({"key": range(at, at + 500)}) for at in (0, 250, 500))
    seen: list[int] = []

    def finish(sums: pl.DataFrame) -> pl.DataFrame:
        seen.append(len(sums))
        return sums.filter(pl.col("times") > 1)

    found = collected(Large(tally(Rows(parts), "key", times=pl.len()), finish))[0]
    assert sorted(found["key"]) == list(range(250, 750))
    assert sum(seen) == 1_000
    assert max(seen) < 200


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.none() | st.floats(-1e9, 1e9, allow_nan=False)),
        min_size=1,
        max_size=40,
    ),
    st.floats(0, 1),
)
@settings(deadline=None)
def test_quantiles_of_counts_are_those_of_the_values(rows: list[tuple[str, float | None]], at: float) -> None:
    frame = pl.DataFrame(rows, schema={"key": pl.String, "number": pl.Float64}, orient="row")
    counts = frame.group_by("key", "number").len("times")
    expected = frame.drop_nulls().group_by("key").agg(found=pl.col("number").quantile(at, "linear"))
    assert_frame_equal(quantiles(counts, ["key"], {"found": at}), expected, check_row_order=False, check_exact=True)
