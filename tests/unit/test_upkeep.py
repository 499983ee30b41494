"""A library kept in order: compacted, looked through, copied, and read by others as it stands."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dask.dataframe
import duckdb
import polars as pl
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from bulkjobs.cli import main
from bulkjobs.errors import ConfigError, LibraryError
from bulkjobs.library import Library
from bulkjobs.library.marks import marks
from bulkjobs.library.table import Table
from tests.cloud.writer import ROWS, name_of, rows_of

SOURCES = 12  # the log is summed up once in between


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path / "library")
    for n in range(SOURCES):
        made.append(name_of(n), rows_of(n).iter_slices(10), bought_at=1.8e9, hashes=[f"{n:064x}"])
    return made


def run(library: Library, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["library", *arguments, "--library-at", library.url])
    return done.exit_code, done.output


def files_of(library: Library) -> list[Path]:
    return sorted(library.path.glob("*.parquet"))


def test_what_is_empty_is_whole(tmp_path: Path) -> None:
    empty = Library(tmp_path / "none")
    assert empty.verify().sound
    assert empty.verify().version is None
    assert empty.snapshot() is empty.snapshot(tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()


def test_all_sources_are_known_from_one_reading_of_the_log(library: Library) -> None:
    assert list(library.path.glob("_delta_log/*.checkpoint.parquet"))
    expected = {name_of(n) for n in range(SOURCES)} | {f"file:{n:064x}" for n in range(SOURCES)}
    assert marks(library._store) == expected
    library.compact()
    assert marks(library._store) == expected
    (checkpoint,) = library.path.glob("_delta_log/*.checkpoint.parquet")
    checkpoint.rename(checkpoint.with_name(f"{9:020}.checkpoint.{1:010}.{2:010}.parquet"))  # as others write them
    assert marks(library._store) == expected


def test_compaction_changes_no_row_and_forgets_no_source(library: Library) -> None:
    before = library._delta.rows().sort("source", "row").collect()
    moment = before["added_at"].max()
    history = library.history(5)
    library.compact()
    assert library.stats().files == 1
    assert library._delta.rows().sort("source", "row").collect().equals(before)
    assert library.history(5).equals(history)
    assert library.scan(as_of="2020-01-01").collect().is_empty()
    assert isinstance(moment, type(before["added_at"][0]))
    assert library.scan(as_of=moment).collect().height == SOURCES * ROWS
    assert not library.append(name_of(3), [rows_of(3)], bought_at=0)
    assert library.verify().sound


def test_of_two_compactions_at_once_one_gives_way(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have planned the same; delta-rs would let both commit, and double every row."""
    opened, stale = Table.found, [library._delta.found()]
    library.compact()
    library.append(name_of(SOURCES), [rows_of(SOURCES)], bought_at=0)
    monkeypatch.setattr(Table, "found", lambda self, version=None: stale.pop() if stale else opened(self, version))
    library.compact()
    assert not stale
    assert library.verify().sound
    assert library.stats().rows == (SOURCES + 1) * ROWS
    assert library.stats().files == 1
    assert library.vacuum() == []


def test_a_compaction_and_an_append_at_once_both_count(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, stale = Table.found, [library._delta.found()]
    library.append(name_of(SOURCES), [rows_of(SOURCES)], bought_at=0)
    monkeypatch.setattr(Table, "found", lambda self, version=None: stale.pop() if stale else opened(self, version))
    library.compact()
    assert library.verify().sound
    assert (library.stats().rows, library.stats().files) == ((SOURCES + 1) * ROWS, 2)
    assert library.owned([0, 5])["id"].to_list() == [0, 5]  # the statistics are those of all
    assert library.versions()["operation"][0] == "OPTIMIZE"


def test_threads_that_compact_at_once(library: Library) -> None:
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            list(pool.map(lambda _: library.compact(), range(4)))
            number = library.stats().sources
            library.append(name_of(number), [rows_of(number)], bought_at=0)
    assert library.verify().sound
    assert library.stats().rows == (SOURCES + 3) * ROWS
    assert not list(library.path.rglob("*.part"))


def test_a_table_of_a_form_that_is_not_known_is_not_compacted(library: Library) -> None:
    DeltaTable(library.path).alter.set_table_properties({"delta.enableChangeDataFeed": "true"})
    with pytest.raises(LibraryError, match="not compacted"):
        library.compact()


def test_large_files_are_left_alone(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    size = max(path.stat().st_size for path in files_of(library))
    monkeypatch.setattr("bulkjobs.library.compaction.TARGET", 4 * size)
    monkeypatch.setattr("bulkjobs.library.compaction._LARGE", 2 * size)
    library.compact()
    assert library.stats().files == 3
    version = library.stats().version
    monkeypatch.setattr("bulkjobs.library.compaction._LARGE", size // 2)
    library.compact()  # nothing to do is no commit
    assert library.stats().version == version
    assert library.verify().sound


def test_a_sound_library(library: Library) -> None:
    found = library.verify()
    assert (found.sound, found.files, found.rows, found.sources) == (True, SOURCES, SOURCES * ROWS, SOURCES)
    assert found.version == SOURCES
    assert "every row once" in repr(found)
    assert "every row once" in found._repr_html_()
    code, told = run(library, "verify", "--json")
    assert code == 0
    assert json.loads(told)["sound"]


def test_each_damage_is_told_by_its_file(library: Library) -> None:
    gone, short, torn, *_ = files = files_of(library)
    rows = files[3]
    gone.unlink()
    short.write_bytes(short.read_bytes()[:-1])
    torn.write_bytes(bytes(torn.stat().st_size))
    other = pl.read_parquet(rows).head(ROWS - 1)
    for padding in range(2_000):  # until it has the size that the log says
        other.write_parquet(rows, compression="uncompressed", metadata={"pad": "x" * padding})
        break
    found = library.verify()
    told = {fault.where: fault.what for fault in found.faults}
    assert told[gone.name] == "it is not there"
    assert "bytes" in told[short.name]
    assert "can't be read" in told[torn.name]
    assert rows.name in told
    assert sum("rows were added; 0 are here" in what for what in told.values()) == 4
    code, printed = run(library, "verify")
    assert code == 7
    for file in (gone, short, torn):
        assert file.name in printed


def test_rows_that_are_lost_or_doubled_are_told_by_their_source(library: Library) -> None:
    frame = pl.concat([
        library._delta.rows().filter(source=name_of(0)).head(ROWS - 5).collect(),  # without its last rows
        library._delta.rows().filter(source=name_of(1)).filter(pl.col("row") != 7).collect(),
        library._delta.rows().filter(source=name_of(2)).collect(),
        library._delta.rows().filter(source=name_of(2)).head(1).collect(),
    ])  # fmt: skip
    kept = library._delta.rows().filter(~pl.col("source").is_in([name_of(n) for n in range(3)])).collect()
    pl.concat([frame, kept]).write_delta(library.path, mode="overwrite")
    told = {(fault.where, fault.what) for fault in library.verify().faults}
    assert told == {
        (name_of(0), f"{ROWS} rows were added; {ROWS - 5} are here"),
        (name_of(1), f"its {ROWS - 1} rows are not row 0 to row {ROWS - 2}, once each"),
        (name_of(1), f"{ROWS} rows were added; {ROWS - 1} are here"),
        (name_of(2), f"its {ROWS + 1} rows are not row 0 to row {ROWS}, once each"),
        (name_of(2), f"{ROWS} rows were added; {ROWS + 1} are here"),
    }


def test_a_snapshot_is_a_library_of_its_own(library: Library, tmp_path: Path) -> None:
    made = library.snapshot()
    assert made is not None
    assert (made.version, made.files, made.rows, made.sources) == (SOURCES, SOURCES, SOURCES * ROWS, SOURCES)
    assert made.size == sum(path.stat().st_size for path in files_of(library))
    assert made == library.snapshot()
    code, told = run(library, "snapshot", "--out", str(tmp_path / "copy"), "--json")
    assert code == 0
    assert json.loads(told)["sha256"] == made.sha256
    copy = Library(tmp_path / "copy")
    assert copy.verify().sound
    assert copy.scan().sort("id").collect().equals(library.scan().sort("id").collect())
    assert copy.owned([7]).equals(library.owned([7]))  # the statistics came along, by which files are skipped
    assert not copy.append(name_of(1), [rows_of(1)], bought_at=0)
    assert marks(library._store) <= marks(copy._store)
    assert library.append("request:new/00000", [rows_of(40)], bought_at=0)
    later = library.snapshot()
    assert later is not None
    assert later.sha256 != made.sha256
    with pytest.raises(ConfigError, match="already"):
        library.snapshot(tmp_path / "copy")
    assert "SHA-256" in repr(made)
    assert made.sha256 in made._repr_html_()


def test_on_the_command_line(library: Library) -> None:
    left = library.path / "part-left-behind.parquet"
    left.write_bytes(b"by a process that was killed")
    old = time.time() - 40 * 86_400
    os.utime(left, (old, old))
    code, told = run(library, "compact", "--json")
    assert (code, json.loads(told)["files"]) == (0, 1)
    code, told = run(library, "vacuum", "--dry-run")
    assert (code, left.name in told, left.exists()) == (0, True, True)
    code, told = run(library, "vacuum", "--json")
    assert (code, json.loads(told)["removed"], left.exists()) == (0, [left.name], False)
    assert library.verify().sound
    assert CliRunner().invoke(main, ["library", "--json", "verify"]).exit_code == 2
    assert "Snapshot" in run(library, "snapshot")[1]


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # Dask's own, of pandas
def test_duckdb_and_dask_read_the_same_rows(library: Library) -> None:
    library.append("request:made/later", [rows_of(3)], bought_at=0)  # the log knows which files count
    library.compact()
    library.append(name_of(50), [rows_of(50)], bought_at=0)
    ours = library._delta.rows().select("source", "row", "id", "title").sort("source", "row").collect()
    assert len(list(library.path.glob("*.parquet"))) > library.stats().files
    files = DeltaTable(library.path).file_uris()
    theirs = duckdb.execute(
        "SELECT source, row, id, title FROM read_parquet(?) ORDER BY source, row", [files]
    ).fetchall()
    assert theirs == ours.rows()
    frame = dask.dataframe.read_parquet(files, columns=["source", "row", "id", "title"])
    assert frame.npartitions == len(files)
    dasks = frame.compute(scheduler="sync").sort_values(["source", "row"])
    assert dasks.to_dict("list") == ours.to_dict(as_series=False)


def test_it_is_exported_and_compared_by_the_command_line(library: Library, tmp_path: Path) -> None:
    code, told = run(library, "export", str(tmp_path / "out"), "--format", "ndjson")
    assert (code, "1 files" in told) == (0, True)
    lines = (tmp_path / "out/part-00000.ndjson").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(library.scan().collect()["id"])
    assert run(library, "export", str(tmp_path / "out"))[0] == 2
    code, told = run(library, "export", str(tmp_path / "out"), "--as-of", "2000-01-01", "--overwrite")
    assert pl.read_parquet(tmp_path / "out").is_empty()
    code, told = run(library, "drift")
    assert (code, "with the documentation" in told) == (0, True)
    code, told = run(library, "drift", "--before", "2100-01-01")
    assert (code, told.rstrip().endswith("none")) == (0, True)
    code, told = run(library, "export", str(tmp_path / "x"), "--workers", "2")
    assert (code, "--engine dask" in told) == (2, True)
