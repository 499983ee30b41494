"""All that is at hand of real data: through sandbox, files, frame and library it stays what it was."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from backports import zstd
from polars.testing import assert_frame_equal

import bulkjobs as bj
from bulkjobs.library import Library
from bulkjobs.records import load
from bulkjobs.sandbox.catalog import Catalog
from tests.real.conftest import REAL
from tests.real.test_main_job import as_loaded
from tests.support import SHARED, posts, spent

TRAP = REAL.with_name("openings_lone_surrogates.jsonl.zst")


@pytest.mark.no_cover
async def test_all_real_postings_through_sandbox_files_and_library(
    real_catalog: Catalog, source: pl.DataFrame, tmp_path: Path
) -> None:
    ids = source["id"]
    async with (
        bj.Sandbox(real_catalog, credits=200_000) as sandbox,
        bj.Client(sandbox.api_key, base_url=sandbox.url, home=tmp_path / "home", rate=1e6) as client,
    ):
        collections = [
            await client.collect(bj.JobIds(ids[first : first + 10_000]), max_credits=10_000)
            for first in range(0, len(ids), 10_000)
        ]
        assert (posts(sandbox), spent(sandbox)) == (12, 111_825)
        expected = as_loaded(source).sort("id")
        assert_frame_equal(pl.concat(collection.frame() for collection in collections).sort("id"), expected)
        assert_frame_equal(client.library.scan().collect().sort("id"), expected)
        assert_frame_equal(collections[3].scan().collect(), collections[3].frame())
        stats = client.library.stats()
        assert (stats.postings, stats.rows, stats.sources) == (111_825, 111_825, 12)
        client.library.compact()
        assert_frame_equal(client.library.scan().collect().sort("id"), expected)
        assert all(collection.report.clean for collection in collections)


@pytest.mark.no_cover
def test_the_real_file_is_imported_as_it_is(source: pl.DataFrame, tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    done = library.add([REAL])
    assert done.report.clean
    assert done.report.records == 111_825
    assert_frame_equal(library.scan().collect().sort("id"), as_loaded(source).sort("id"))


@pytest.mark.skipif(not TRAP.exists(), reason="the trap file is not at hand")
def test_the_trap_file_loads_and_says_so(tmp_path: Path) -> None:
    with zstd.open(TRAP) as file:
        expected = [json.loads(line) for line in file]
    frame, report = load(TRAP)
    assert len(frame) == report.records == len(expected) == 5
    texts = [value for was in expected for value in was.values() if isinstance(value, str)]
    assert report.lone_surrogates == sum(any("\ud800" <= c <= "\udfff" for c in text) for text in texts) > 0
    assert "half a character" in repr(report)
    assert report.misfits["id"] == 5  # they are no numbers
    assert report.unknown_fields["contentHash"] == 5
    for row, was in zip(frame.iter_rows(named=True), expected, strict=True):
        extra = json.loads(row["extra"])
        for key, value in was.items():
            if key not in extra:
                assert row[key] == value
            else:
                assert extra[key] == value
        assert row["title"] == re.sub("[\ud800-\udfff]", "\ufffd", was["title"])


@pytest.mark.skipif(not (SHARED / "data" / "recorded").is_dir(), reason="the recorded replies are not at hand")
def test_genuine_records_in_the_library(tmp_path: Path) -> None:
    paths = sorted((SHARED / "data" / "recorded").glob("v1_*.json"))
    sources = [json.loads(path.read_text()) for path in paths]
    joined = tmp_path / "genuine.json"
    joined.write_text("\n".join(map(json.dumps, sources)))
    library = Library(tmp_path / "library")
    done = library.add([joined])
    assert not done.report.misfits
    assert done.report.bad_count == 0
    for was in sources:
        (row,) = library.history(was["id"]).iter_rows(named=True)
        for key in ("title", "description", "url", "hash", "location", "company_name", "country", "seniority"):
            assert row[key] == was[key]
        assert row["posting_id"] == was["linkedin_job_id"]
        assert f"{row['created']:%Y-%m-%d %H:%M:%S}" == was["created"]
        assert row["industries"] == [i["job_industry_list"]["industry"] for i in was["job_industry_collection"]]
