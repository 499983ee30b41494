"""Folders of raw files to the library: each once, nothing read in vain, nothing lost for a bad one."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bulkjobs.cli import main
from bulkjobs.errors import ConfigError, LibraryError
from bulkjobs.events import Event, FileImported, ImportStarted
from bulkjobs.library import Library
from bulkjobs.library.table import Table
from tests.importing.conftest import FILES, RECORDS
from tests.support import record

IMPORTER = Path(__file__).with_name("importer.py")


def check(library: Library) -> None:
    assert library.verify().sound
    assert library.stats().rows == FILES * RECORDS
    assert library.scan().select("id").collect()["id"].sort().to_list() == list(range(FILES * RECORDS))


def test_twice_and_the_second_time_only_hashes_are_read(
    exports: Path, library: Library, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (exports / "README.txt").write_text("not a result file")
    (exports / "_SUCCESS.json").write_text("nor is this")
    (exports / ".hidden").mkdir()
    (exports / ".hidden" / "part.json").write_text("nor this")
    told: list[Event] = []
    done = library.add(exports, on_event=told.append)
    assert (len(done.added), done.known, done.failed) == (FILES, [], {})
    assert done.added == sorted(done.added)
    assert [path.name for path in done.skipped] == ["README.txt", "_SUCCESS.json", "part.json"]
    assert "left out" in repr(done)
    assert len(parsed) == FILES
    assert told[0] == ImportStarted("", FILES, None)
    ends = [event for event in told if isinstance(event, FileImported)]
    assert [event.done for event in ends] == list(range(1, FILES + 1))
    assert {(event.outcome, event.records) for event in ends} == {("added", RECORDS)}
    check(library)
    version = library.stats().version

    parsed.clear()
    monkeypatch.setattr(Table, "found", None)  # nor is the table opened: its log is read once
    monkeypatch.setattr(Table, "write", None)
    (exports / "2022" / "part-00000.json.gz").rename(exports / "renamed.json.gz")
    again = library.add(exports)
    assert parsed == []
    assert (again.added, len(again.known), again.failed) == ([], FILES, {})
    monkeypatch.undo()
    assert library.stats().version == version


async def test_killed_and_run_again_only_what_is_missing_is_read(
    exports: Path, library: Library, parsed: list[str]
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(IMPORTER), library.url, str(exports), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(FILES // 4):
        assert await process.stdout.readline() == b"added\n"
    process.kill()
    await process.wait()
    there = library.stats().sources
    assert FILES // 4 <= there < FILES
    assert library.verify().sound
    done = library.add(exports)
    assert (len(done.added), len(done.known)) == (FILES - there, there)
    assert len(parsed) == FILES - there
    check(library)


def test_what_is_interrupted_leaves_no_file_behind(exports: Path, library: Library) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, FileImported) and event.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.add(exports, on_event=interrupt)
    assert library.stats().sources == 3
    assert len(list(library.path.glob("*.parquet"))) == 3
    library.add(exports)
    check(library)


def test_bad_files_and_bad_lines_stop_nothing_and_are_told(exports: Path, library: Library) -> None:
    torn = exports / "2022" / "torn.json.gz"
    torn.write_bytes(gzip.compress(json.dumps(record(7)).encode())[:-9])
    for year in ("2023", "2024"):
        (exports / year / "odd.json").write_text(f"{json.dumps(record(10**6 + int(year)))}\nno record of {year}\n")
    done = library.add([exports, exports / "missing"])
    assert {path.name for path in done.failed} == {"torn.json.gz", "missing"}
    assert all(path.name in error.message for path, error in done.failed.items())
    assert len(done.added) == FILES + 2
    aside = library.path.parent / "bad-lines"
    for year in ("2023", "2024"):  # the same name, in another folder
        assert (aside / year / "odd.json.bad-lines").read_text() == f"no record of {year}\n"
    assert done.report.bad_count == 2
    assert {bad.file for bad in done.report.bad_lines} == {"2023/odd.json", "2024/odd.json"}
    assert library.verify().sound


def test_lines_of_files_of_the_same_name_are_all_kept(tmp_path: Path, library: Library) -> None:
    for n in range(3):
        folder = tmp_path / f"folder {n}"
        folder.mkdir()
        (folder / "odd.json").write_text(f"no record {min(n, 1)}\n{json.dumps(record(n))}\n")
        library.add([folder / "odd.json"], aside=tmp_path / "aside")
    kept = [path.read_text() for path in (tmp_path / "aside").iterdir()]
    assert sorted(kept) == ["no record 0\n", "no record 1\n", "no record 1\n"]


def test_a_table_that_cannot_be_written_is_told_for_each_file(
    exports: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Table, "write", refuse)
    done = library.add(exports)
    assert len(done.failed) == FILES
    assert all(isinstance(error, LibraryError) for error in done.failed.values())
    monkeypatch.undo()
    assert len(library.add(exports).added) == FILES
    check(library)


def test_an_engine_that_is_none_is_refused(exports: Path, library: Library) -> None:
    with pytest.raises(ConfigError, match="engine"):
        library.add(exports, engine="dask")  # type: ignore[arg-type]


def test_on_the_command_line(exports: Path, library: Library) -> None:
    run = CliRunner().invoke
    done = run(main, ["import", str(exports), "--library-at", library.url, "--json"])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (len(told["added"]), told["records"]) == (FILES, FILES * RECORDS)
    done = run(main, ["import", str(exports / "2022"), str(exports / "none"), "--library-at", library.url])
    assert done.exit_code == 2
    assert "known already" in done.stdout
    for wrong in (["--workers", "2"], ["--engine", "dask", "--workers", "1", "--scheduler", "tcp://127.0.0.1:1"]):
        assert run(main, ["import", str(exports), *wrong]).exit_code == 2
    check(library)
