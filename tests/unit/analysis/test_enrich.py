"""The whole of it: any text, no row lost, the same in all engines."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from bulkjobs import analysis
from bulkjobs.analysis import COLUMNS, PARTS, Taxonomy, coverage, enrich
from bulkjobs.errors import InvalidQuery
from bulkjobs.records import POSTING_SCHEMA
from bulkjobs.sandbox.sample import generate

PIECES = st.sampled_from(
    ["US", "CA", " - ", ", ", "|", ";", "London", "Georgia", "&amp;", "&lt;p&gt;", "<li>", "C++", ".", "R", "の",
     " the ", "\x00", "\ufeff", "é", "\U0001f680", "12345", "(", "&#", "&#x110000;", "<!--", "-->", "İ", "ß", "€",
     "k", "%", "年", "remote", "1.000", " to ", "Praktikum", "Over "]
)  # fmt: skip
TEXT = st.none() | st.text(max_size=40) | st.lists(PIECES, max_size=12).map("".join)
NAMES = sorted({name for part in PARTS.values() for name in part.reads if POSTING_SCHEMA[name] == pl.String})


def postings(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=POSTING_SCHEMA)


def made_up(count: int) -> pl.DataFrame:
    rows = [{key: value for key, value in row.items() if key in POSTING_SCHEMA} for row in generate(count)]
    return pl.DataFrame(rows, infer_schema_length=None).select(
        (pl.col(name).cast(dtype) if name in NAMES or name == "id" else pl.lit(None, dtype)).alias(name)
        for name, dtype in POSTING_SCHEMA.items()
    )


@settings(max_examples=25, deadline=None)  # a plan costs more than its rows: few, of many
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, TEXT)), max_size=16))
def test_any_text_is_enriched_and_no_row_lost(rows: list[dict[str, Any]]) -> None:
    frame = postings([{"id": at, **row} for at, row in enumerate(rows)])

    eager, streamed = enrich(frame), enrich(frame.lazy()).collect(engine="streaming")

    assert_frame_equal(eager, streamed)
    assert_frame_equal(eager.select(frame.columns), frame)
    assert eager.drop(frame.columns).schema == COLUMNS


def test_many_postings_are_the_same_in_pieces_and_streamed() -> None:
    frame = made_up(1_500)
    memory, streamed = (enrich(frame.lazy()).collect(engine=engine) for engine in ("in-memory", "streaming"))
    eager = enrich(frame)
    pieces = pl.concat(enrich(frame[at : at + 100]) for at in range(0, 1_500, 100))

    assert_frame_equal(memory, streamed)
    assert_frame_equal(memory, eager)
    assert_frame_equal(memory.drop("canonical_id", "reposts"), pieces.drop("canonical_id", "reposts"))
    assert memory.filter(pl.col("country") != "Unknown")["country_iso_2"].null_count() == 0


def test_only_the_parts_that_are_wanted_are_made_of_the_columns_that_they_read() -> None:
    whole = enrich(made_up(60))
    for part, of in PARTS.items():
        alone = enrich(made_up(60).select(of.reads), only=[part])
        assert alone.columns == [*of.reads, *of.adds]
        assert_frame_equal(alone, whole.select(alone.columns))
    assert enrich(made_up(5), only=[]).columns == list(POSTING_SCHEMA)


def test_enriching_again_makes_the_columns_anew() -> None:
    once = enrich(made_up(60))
    assert_frame_equal(enrich(once), once)
    assert enrich(once, only=["skills"], taxonomy=Taxonomy.of({"none": ["=\x01"]}))["skills"].list.len().sum() == 0


def test_choices_reach_the_parts() -> None:
    frame = postings([{"id": 1, "salary": "20 EUR an hour", "title": "Cook", "description": "Pots and pans"}])
    made = enrich(frame, hours_a_year=1_000, taxonomy=Taxonomy.of({"pots": ["pots"]}))
    assert made.select("salary_year_max", "skills").row(0) == (20_000, ["pots"])


def test_reposts_may_agree_in_a_column_that_is_made() -> None:
    text = "We look for a nurse who works with us on the ward and writes down what was done"
    row = {"company_id": 1, "title": "Nurse", "description": text}
    towns = [{"id": at, "location": town, **row} for at, town in enumerate(("Porto, Portugal", "Porto", "Leeds, UK"))]
    once = enrich(postings(towns).with_columns(created=pl.datetime(2026, 1, 1)))
    again = enrich(once, same=["city"])
    assert (once["reposts"].to_list(), again["reposts"].to_list()) == ([2, 2, 2], [1, 1, 0])


@pytest.mark.parametrize("only", ["place", ["place"], ("salary", "place")])
def test_a_column_that_is_not_there_is_named(only: Any) -> None:
    with pytest.raises(InvalidQuery, match="no column location, which the part 'place' reads"):
        enrich(pl.LazyFrame({"country": ["Portugal"], "salary": ["1"]}), only=only)


def test_a_part_that_is_not_known_is_named() -> None:
    with pytest.raises(InvalidQuery, match="'salaries'"):
        enrich(made_up(1), only=["salaries"])


def test_what_is_known_is_counted() -> None:
    row = {"id": 1, "location": "Porto, Portugal", "title": "Python", "seniority": "Director"}
    frame = enrich(postings([row, {"id": 2, "location": "3 Locations", "title": "Junior cook"}]))

    told = coverage(frame)
    counted = {what: tuple(counts) for what, _, _, *counts in told.iter_rows()}

    assert counted["country"] == counted["city"] == (2, 1, 1, None)
    assert counted["skills"] == (0, 1, 0, None)
    assert counted["level"] == (1, 2, 0, 1)
    assert counted["language"] == (0, 0, 0, None)
    assert coverage(frame.lazy()).equals(told)
    assert coverage(frame.select("location", "city"))["what"].to_list() == ["city"]
    assert coverage(pl.DataFrame()).is_empty()


def test_everything_public_is_documented() -> None:
    assert all(getattr(analysis, name).__doc__ for name in analysis.__all__ if callable(getattr(analysis, name)))
