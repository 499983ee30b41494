"""The library: each source once, the newest version of each posting, and every version that ever was."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from backports import zstd
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

import bulkjobs as bj
from bulkjobs.errors import ConfigError, LibraryError
from bulkjobs.library import LIBRARY_SCHEMA, Library
from bulkjobs.records import POSTING_SCHEMA, load
from bulkjobs.sandbox.sample import generate
from tests.support import START, record


def frame_of(tmp_path: Path, *records: dict[str, Any]) -> pl.DataFrame:
    path = tmp_path / "records.json"
    path.write_text("\n".join(map(json.dumps, records)))
    return load(path)[0]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    return lambda *records: frame_of(tmp_path, *records)


def test_its_folder_may_have_any_name(tmp_path: Path, made: Callable[..., pl.DataFrame]) -> None:
    library = Library(tmp_path / "with space, ü, 100%, #1" / "library")
    library.append("request:a/00000", [made({"id": 1})], bought_at=START)
    assert library.scan().collect()["id"].to_list() == [1]
    assert [file.scan.collect()["id"].to_list() for file in library.files()] == [[1]]
    library.append("request:b/00000", [made({"id": 2})], bought_at=START)
    library.compact()
    assert library.verify().faults == ()
    assert sorted(library.scan().collect()["id"]) == [1, 2]


def test_what_is_empty_is_empty(library: Library) -> None:
    assert library.scan().collect().schema == POSTING_SCHEMA
    assert len(library.scan().collect()) == len(library.history(1)) == len(library.owned([1, 2])) == 0
    assert library.stats().version is None
    assert library.versions().is_empty()
    assert not library.has("request:x/00000")
    assert library.vacuum() == []
    library.compact()
    assert not library.path.exists()
    assert "none yet" in repr(library.stats())


def test_each_source_is_added_once(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    frame = made(record(1), record(2))
    assert library.append("request:a/00000", [frame], bought_at=START)
    assert not library.append("request:a/00000", [frame], bought_at=START)
    assert library.append("request:b/00000", [made(record(2), record(3))], bought_at=START)
    assert library.scan().collect()["id"].sort().to_list() == [1, 2, 3]
    assert library.scan(sources=["request:a/00000"]).collect().equals(frame)
    stats = library.stats()
    assert (stats.postings, stats.rows, stats.sources, stats.files) == (3, 4, 2, 2)
    assert stats.size == sum(path.stat().st_size for path in library.path.glob("*.parquet"))
    assert stats.version == 2
    assert library.versions()["source"].to_list() == ["request:b/00000", "request:a/00000", None]
    assert library.versions()["records"].to_list() == [2, 2, None]


def test_what_a_collection_takes_stays_the_same_whatever_is_bought_later(
    library: Library, made: Callable[..., pl.DataFrame]
) -> None:
    library.append("request:a/00000", [made(*(record(n, title="first") for n in (3, 1, 2)))], bought_at=START)
    now = time.time()
    later = "2026-09-01 00:00:00"
    library.append("request:b/00000", [made(record(1, title="new", last_updated=later), record(9))], bought_at=START)
    library.append("request:c/00000", [made(record(9, title="newer", last_updated=later))], bought_at=START)
    ids = pl.Series("id", [2, 9, 1, 3, 77])
    taken = library.taken(ids, as_of=now).collect()
    assert taken.schema == POSTING_SCHEMA
    assert taken["id"].to_list() == [2, 9, 1, 3]  # in the order asked for; what is not here is left out
    assert taken["title"].to_list() == ["first", "Posting 9", "first", "first"]
    assert library.taken(ids, as_of=time.time()).collect()["title"].to_list() == ["first", "newer", "new", "first"]
    assert library.taken(ids, as_of=now, except_collections=["a"]).collect()["id"].to_list() == [9, 1]
    assert library.owned(ids, except_collections=["b", "c"])["id"].to_list() == [1, 2, 3]
    assert library.owned(ids, sources=["request:c/00000"])["id"].to_list() == [9]


@pytest.mark.parametrize(("bounds", "held"), [
    ({}, True),
    ({"created_at_gte": "2026-01-02 03:04:05"}, True),
    ({"created_at_gte": "2026-01-02 03:04:06"}, False),
    ({"created_at_lte": "2026-01-02 03:04:05"}, True),
    ({"created_at_lte": "2026-01-02 03:04:04"}, False),
    ({"created_at_gte": "2025-01-01", "created_at_lte": "2025-12-31"}, False),
])  # fmt: skip
def test_whether_a_filter_may_match_what_is_here(
    bounds: dict[str, Any], held: bool, library: Library, made: Callable[..., pl.DataFrame]
) -> None:
    query = bj.JobFilter(title="nothing is called that", **bounds)  # only times of creation never change
    assert not library.may_hold(query)
    library.append("request:a/00000", [made(record(1))], bought_at=START)
    assert library.may_hold(query) is held
    library.append("request:b/00000", [made(record(2, created=None))], bought_at=START)
    assert library.may_hold(query)


def test_the_newest_version_of_a_posting_wins_and_all_are_kept(
    library: Library, made: Callable[..., pl.DataFrame]
) -> None:
    old, new = "2026-01-01 00:00:00", "2026-03-01 00:00:00"
    library.append("request:1/00000", [made(record(1, last_updated=new, title="new"))], bought_at=START)
    library.append("request:2/00000", [made(record(1, last_updated=old, title="old"))], bought_at=START + 10)
    library.append("request:3/00000", [made(record(1, last_updated=new, title="newer copy"))], bought_at=START + 5)
    assert library.scan().collect()["title"].to_list() == ["newer copy"]
    assert library.history(1)["title"].to_list() == ["old", "new", "newer copy"]
    assert library.history(1).schema == LIBRARY_SCHEMA
    assert library.history(1)["bought_at"][1] == dt.datetime.fromtimestamp(START, dt.UTC).replace(tzinfo=None)
    owned = library.owned(bj.JobIds([5, 1]))
    assert owned.rows() == [
        (1, dt.datetime(2026, 3, 1), dt.datetime.fromtimestamp(START + 5, dt.UTC).replace(tzinfo=None))
    ]
    assert library.owned(pl.Series([1, 1, 9]))["id"].to_list() == [1]
    assert library.owned([]).is_empty()


def test_postings_without_an_id_or_a_date_are_not_lost(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    odd = [{"title": "no id"}, {"title": "no id"}, record(1, last_updated=None, title="undated"), record(1)]
    library.append("request:1/00000", [made(*odd)], bought_at=START)
    titles = library.scan().collect()["title"].to_list()
    assert sorted(titles) == ["Posting 1", "no id", "no id"]
    assert library.stats().postings == 3


def test_time_travel(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    library.append("request:1/00000", [made(record(1))], bought_at=START)
    between = dt.datetime.now(dt.UTC)
    time.sleep(0.002)
    library.append("request:2/00000", [made(record(2))], bought_at=START)
    assert library.scan(version=1).collect()["id"].to_list() == [1]
    library.compact()
    assert library.stats().files == 1
    for as_of in (between, between.replace(tzinfo=None).isoformat(), between.isoformat()):
        assert library.scan(as_of=as_of).collect()["id"].to_list() == [1]
    assert library.scan(as_of="2020-01-01").collect().is_empty()
    assert library.scan(version=1).collect()["id"].to_list() == [1]
    assert sorted(library.scan().collect()["id"]) == [1, 2]
    with pytest.raises(LibraryError):
        library.scan(version=99).collect()
    with pytest.raises(ConfigError, match="as_of"):
        library.scan(as_of="yesterday")


def test_vacuum_takes_nothing_that_is_needed(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    for n in range(3):
        library.append(f"request:{n}/00000", [made(record(n + 1))], bought_at=START)
    library.compact()
    assert library.vacuum(dry_run=True) == library.vacuum() == []
    with pytest.raises(ConfigError, match="keep_days"):
        library.vacuum(keep_days=0)
    assert library.scan(version=1).collect()["id"].to_list() == [1]
    assert sorted(library.scan().collect()["id"]) == [1, 2, 3]


def test_a_failure_in_the_middle_leaves_nothing(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    frame = made(record(1))

    def failing() -> Any:
        yield pl.concat([frame] * 20_000)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        library.append("request:1/00000", failing(), bought_at=START)
    assert not list(library.path.glob("*.par*"))
    assert library.append("request:1/00000", [frame], bought_at=START)
    assert library.scan().collect()["id"].to_list() == [1]


def test_many_frames_are_gathered_to_few_files_in_one_commit(
    library: Library, made: Callable[..., pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulkjobs.library.library._ROWS_A_FILE", 25)
    frame = pl.concat([made(record(n)) for n in range(60)])
    library.append("request:1/00000", frame.iter_slices(10), bought_at=START)
    assert library.stats().files == 2
    assert library.stats().version == 1
    assert library.scan(sources=["request:1/00000"]).collect().equals(frame)
    assert library.history(59)["row"].to_list() == [59]
    assert library.append("request:2/00000", [], bought_at=START)
    assert library.has("request:2/00000")


def test_the_log_is_summed_up_every_ten_versions(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    for n in range(22):
        library.append(f"request:{n}/00000", [made(record(n))], bought_at=START)
    summed_up = [path.name[:20] for path in (library.path / "_delta_log").glob("*.checkpoint.parquet")]
    assert sorted(map(int, summed_up)) == [9, 19]
    assert library.has("request:0/00000")
    assert library.stats().rows == 22
    assert len(library.versions()) == 23


def test_a_log_that_cannot_be_summed_up_loses_nothing(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    library.append("request:0/00000", [made(record(0))], bought_at=START)
    in_the_way = library.path / "_delta_log" / f"{9:020}.checkpoint.parquet"
    in_the_way.mkdir()
    (in_the_way / "file").touch()
    for n in range(1, 12):
        assert library.append(f"request:{n}/00000", [made(record(n))], bought_at=START)
    assert library.scan().collect().height == library.stats().files == 12


def test_threads_that_add_the_same_and_others_at_once(library: Library, made: Callable[..., pl.DataFrame]) -> None:
    frames = {n: made(record(n)) for n in range(8)}

    def add(n: int) -> bool:
        return library.append(f"request:{n % 8}/00000", [frames[n % 8]], bought_at=START)

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(add, range(24)))
    assert sum(added) == 8
    assert sorted(library.scan().collect()["id"]) == list(range(8))
    assert library.stats().rows == 8
    assert library.stats().files == len(list(library.path.glob("*.parquet")))  # the losers left nothing


def test_other_readers_see_the_same_rows(library: Library) -> None:
    folder = library.path.parent
    for n in range(3):
        (folder / f"{n}.json").write_text("\n".join(map(json.dumps, generate(200, seed=n))))
    library.add(folder / f"{n}.json" for n in range(3))
    library.compact()
    files = DeltaTable(library.path).file_uris()
    chosen = "SELECT id, title, description, created, industries FROM read_parquet(?)"
    rows = duckdb.execute(chosen, [files]).fetchall()
    ours = library.scan().select("id", "title", "description", "created", "industries").collect()
    assert sorted(ours.rows()) == sorted(rows)


# --- import -----------------------------------------------------------------------------------------------


def test_import_of_every_schema_and_compression(library: Library, tmp_path: Path) -> None:
    lines = {
        kind: "\n".join(map(json.dumps, records)).encode()
        for kind, records in {
            "a": generate(50, seed=1),
            "b": generate(50, seed=2, schema="B"),
            "c": [
                {"id": n, "created_at": "2026-01-01 00:00:00", "updated_at": "2026-02-01T10:00:00.5Z", "city": "Porto"}
                for n in range(1, 51)
            ],
        }.items()
    }
    (tmp_path / "a.json").write_bytes(lines["a"])
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(lines["b"]))
    (tmp_path / "c.json.zst").write_bytes(zstd.compress(lines["c"]))
    (tmp_path / "same as a").write_bytes(lines["a"])
    paths = [tmp_path / name for name in ("a.json", "b.json.gz", "c.json.zst")]
    done = library.add(paths)
    assert done.added == paths
    assert done.report.schemas == {"A": 50, "B": 50, "C": 50}
    assert library.stats().rows == 150
    assert library.history(7)["last_updated"].to_list() == [dt.datetime(2026, 2, 1, 10, 0, 0, 500_000)]
    again = library.add([*paths, tmp_path / "same as a"])
    assert (again.added, len(again.known)) == ([], 4)
    assert library.stats().rows == 150


def test_import_of_a_bad_file_stops_no_other(library: Library, tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(json.dumps(record(1)).encode())[:-9])
    (tmp_path / "good.json").write_text(f"{json.dumps(record(2))}\nthis is no record\n")
    done = library.add([tmp_path / "cut.gz", tmp_path / "good.json", tmp_path / "missing"])
    assert sorted(path.name for path in done.failed) == ["cut.gz", "missing"]
    assert done.report.bad_count == 1
    assert (tmp_path / "bad-lines" / "good.json.bad-lines").read_text() == "this is no record\n"
    assert library.scan().collect()["id"].to_list() == [2]
    assert not list(library.path.glob("*.part"))
    assert "cut.gz" in repr(done)
    assert "cut.gz" in done._repr_html_()


async def test_a_result_file_is_known_when_it_is_imported(client: bj.Client, query: bj.JobFilter) -> None:
    collection = await client.collect(query, limit=40)
    done = client.library.add((client.home / "files").rglob("*.gz"))
    assert (done.added, len(done.known)) == ([], 1)
    assert_frame_equal(collection.scan().collect(), collection.frame())
    await client.collect(query, limit=40, fresh=True)  # the very same bytes, bought again, are a purchase of their own
    assert client.library.stats().rows == 80
    assert client.library.stats().postings == 40


async def test_a_library_that_is_lost_is_made_again_from_the_files(client: bj.Client, query: bj.JobFilter) -> None:
    collection = await client.collect(query, limit=40)
    client.library.path.rename(client.home / "away")
    assert_frame_equal(collection.scan().collect(), collection.frame())
    assert client.library.stats().rows == 40


async def test_a_library_that_cannot_be_written_is_said_and_resumed(client: bj.Client, query: bj.JobFilter) -> None:
    collection = await client.submit(query, limit=40)
    client.library.path.write_text("in the way")
    with pytest.raises(LibraryError) as caught:
        await client.plan(query, limit=50)  # what is owned can't be told: nothing is bought
    assert caught.value.charged == "no"
    with pytest.raises(LibraryError) as caught:
        await collection.finish()
    assert caught.value.charged == "yes"
    assert "client.resume" in caught.value.next_step
    client.library.path.unlink()
    (resumed,) = await client.resume()
    assert client.library.stats().rows == len(resumed.frame()) == 40


async def test_the_frame_of_a_large_collection_is_made_when_it_is_asked_for(
    client: bj.Client, query: bj.JobFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulkjobs.pipeline.FRAME_KEPT", 0)
    collection = await client.collect(query, limit=40)
    assert collection._frame is None
    assert (collection.report.records, collection.report.duplicate_ids) == (40, 0)
    assert_frame_equal(collection.frame(), collection.scan().collect())
