"""The main job over real postings equals what an independent polars expression picks from the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import bulkjobs as bj
from bulkjobs.sandbox.catalog import Catalog
from tests.support import posts, spent

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]


def words(column: str, *wanted: str) -> pl.Expr:
    """Rows whose text holds all these words, in any order and any case. A Chinese character is a word of its own."""
    text = pl.col(column).str.to_lowercase()
    edge = r"[^\p{L}\p{N}]|\p{Han}"
    return pl.all_horizontal(text.str.contains(f"(?:^|{edge})(?:{word})(?:$|{edge})") for word in wanted)


def phrase(column: str, *wanted: str) -> pl.Expr:
    """Rows whose text holds these words side by side."""
    return words(column, r"[^\p{L}\p{N}]+".join(wanted))


def as_loaded(rows: pl.DataFrame) -> pl.DataFrame:
    """Translate the source's columns to the documented frame, with polars alone."""
    moment = "%Y-%m-%d %H:%M:%S"
    return rows.select(
        "id",
        pl.col("created").str.to_datetime(moment),
        pl.col("last_updated").str.to_datetime(moment),
        pl.col("time_posted").cast(pl.String),
        "title",
        "description",
        pl.col("seniority").cast(pl.String),
        "employment_type",
        "location",
        "url",
        "hash",
        "company_id",
        "company_name",
        "company_url",
        "external_url",
        pl.col("deleted") == 1,
        pl.col("application_active") == 1,
        "salary",
        pl.col("applicants_count").cast(pl.String),
        posting_id=pl.col("professional_network_job_id"),
        country="country",
        last_updated_ux=pl.from_epoch("last_updated_ux").cast(pl.Datetime("us")),
        redirected_url=pl.col("redirected_url").cast(pl.String),
        redirected_url_hash=pl.col("redirected_url_hash").cast(pl.String),
        industries=pl.col("job_industry_collection").list.eval(
            pl.element().struct.field("job_industry_list").struct.field("industry")
        ),
        functions="job_functions_collection",
        extra=pl.lit(None, pl.String),
    )


@pytest.fixture
async def real_client(
    real_catalog: Catalog, start_sandbox: Start, make_client: MakeClient
) -> tuple[bj.Client, bj.Sandbox]:
    sandbox = await start_sandbox(real_catalog, credits=200_000)
    return make_client(sandbox), sandbox


SINCE = dt.datetime(2025, 1, 1)
FILTERS = {
    "two words and a country": (
        bj.JobFilter(title="Data Engineer", country="United States"),
        words("title", "data", "engineer") & words("country", "united", "states"),
    ),
    "groups and a phrase": (
        bj.JobFilter(title='(Data Engineer) OR "Software Engineer" OR nurs*', application_active=True),
        (
            words("title", "data", "engineer")
            | phrase("title", "software", "engineer")
            | words("title", r"nurs[\p{L}\p{N}]*")
        )
        & (pl.col("application_active") == 1),
    ),
    "accents": (bj.JobFilter(country="france", title="ingenieur"), words("country", "france")
        & pl.col("title").str.to_lowercase().str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
        .str.contains(r"(?:^|[^\p{L}\p{N}])ingenieur(?:$|[^\p{L}\p{N}])")),
    "description and dates": (
        bj.JobFilter(keyword_description="python AND sql", created_at_gte=SINCE, created_at_lte="2026-08-01"),
        words("description", "python", "sql")
        & pl.col("created").is_between(pl.lit("2025-01-01 00:00:00"), pl.lit("2026-08-01 23:59:59")),
    ),
    "employment and company": (
        bj.JobFilter(employment_type="Part-time", company_name="CVS Health"),
        phrase("employment_type", "part", "time") & words("company_name", "cvs", "health"),
    ),
    "industry and range of updates": (
        bj.JobFilter(industry="Healthcare", last_updated_lte="2026-08-31", location="London"),
        pl.col("job_industry_collection").list.eval(
            pl.element().struct.field("job_industry_list").struct.field("industry") == "Healthcare"
        ).list.any() & (pl.col("last_updated") <= "2026-08-31 23:59:59") & words("location", "london"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
async def test_filter_collect_equals_the_source(
    name: str, real_client: tuple[bj.Client, bj.Sandbox], source: pl.DataFrame
) -> None:
    client, sandbox = real_client
    query, picked = FILTERS[name]
    expected = as_loaded(source.filter(picked))
    assert 10 < len(expected) <= 10_000
    plan = await client.plan(query)
    assert (plan.matched, plan.credits) == (len(expected), len(expected))
    collection = await client.collect(plan, max_credits=len(expected))
    assert_frame_equal(collection.frame(), expected, check_row_order=False)
    assert (posts(sandbox), spent(sandbox)) == (1, len(expected))
    assert (collection.reconciliation or {})["differences"] == []
    assert collection.report.bad_count == collection.report.duplicate_ids == 0
    assert not collection.report.misfits


async def test_id_file_collect_equals_the_source(
    real_client: tuple[bj.Client, bj.Sandbox], source: pl.DataFrame, tmp_path: Path
) -> None:
    client, sandbox = real_client
    chosen = source.sample(9_000, seed=7)
    path = tmp_path / "ids.csv"
    path.write_bytes(
        b"\xef\xbb\xbf" + "".join(f"{number},\r\n" for number in [*chosen["id"], chosen["id"][0]]).encode()
    )
    ids = bj.JobIds.from_file(path)
    assert (len(ids), ids.duplicates) == (9_000, 1)
    collection = await client.collect(ids, max_credits=9_000)
    assert_frame_equal(collection.frame(), as_loaded(chosen), check_row_order=False)
    assert (posts(sandbox), spent(sandbox)) == (1, 9_000)


async def test_paged_search_equals_the_source(real_client: tuple[bj.Client, bj.Sandbox], source: pl.DataFrame) -> None:
    client, sandbox = real_client
    query = bj.JobFilter(title="manager OR engineer OR nurse", deleted=False)
    expected = source.filter(
        (words("title", "manager") | words("title", "engineer") | words("title", "nurse")) & (pl.col("deleted") == 0)
    )
    found = await client.search(query)
    assert len(found) == await client.count(query)
    assert len(found) > 5_000
    assert sorted(found) == sorted(expected["id"])
    assert sandbox.stats()["searches"] == -(-len(expected) // 1_000) + 1  # each page once, and the count
    assert await client.search(query, limit=1_500) == found[:1_500]
    assert spent(sandbox) == 0


@pytest.mark.no_cover  # tracing a hundred thousand records takes a minute and tells nothing new
async def test_every_real_record_loads_as_it_is(real_catalog: Catalog, source: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "all.ndjson"
    ids = source["id"].to_list()
    path.write_bytes(b"\n".join(real_catalog.lines(ids)))
    frame, report = bj.records.load(path)
    assert_frame_equal(frame, as_loaded(source))
    assert report.records == 111_825
    assert not report.unknown_fields
    text = frame["description"].str.join("")
    assert text.str.contains("[\U0001f300-\U0001faff]").any()  # emoji came through
    assert text.str.contains("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]|\u2028|\u00a0").any()
