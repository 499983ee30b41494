"""The library in an object store: each source once, whoever writes at the same time, dies, or gets no answer."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from bulkjobs.errors import ConfigError, LibraryError
from bulkjobs.library import Library
from tests.cloud.conftest import SECRETS
from tests.cloud.server import ObjectStore
from tests.cloud.writer import ROWS, name_of, rows_of

WRITER = Path(__file__).with_name("writer.py")


def add(library: Library, source: int) -> bool:
    return library.append(name_of(source), [rows_of(source)], bought_at=1.8e9)


async def start(library: Library, first: int, last: int, deed: str = "add") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(WRITER), library.url, str(first), str(last), deed, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip


async def added_by(process: asyncio.subprocess.Process) -> int:
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().split().count("True")


def check(library: Library, sources: int) -> None:
    """No row is lost, and none is there twice."""
    for source in range(sources):
        rows = library._delta.rows().filter(source=name_of(source)).sort("row").collect()
        assert rows["id"].to_list() == rows_of(source)["id"].to_list()
        assert rows["row"].to_list() == list(range(ROWS))
    assert library.stats().rows == sources * ROWS
    assert library.scan().collect()["id"].sort().to_list() == list(range(sources * ROWS))


def data_files(library: Library) -> set[str]:
    return {file.name for file in library._store.files() if file.name.endswith((".parquet", ".part"))} - {
        file.name for file in library._store.files("_delta_log")
    }


def test_a_library_in_a_bucket_is_as_one_in_a_folder(library: Library, tmp_path: Path) -> None:
    folder = Library(tmp_path / "library")
    assert library.stats().version is None
    for one in (library, folder):
        assert [add(one, n) for n in (0, 1, 1, 2)] == [True, True, False, True]
        assert one.append("request:empty/00000", [], bought_at=0)
        assert one.has(name_of(2))
        one.compact()
    assert library.scan(sources=[name_of(1)]).collect().equals(folder.scan(sources=[name_of(1)]).collect())
    for told in ("postings", "rows", "sources", "files", "version"):
        assert getattr(library.stats(), told) == getattr(folder.stats(), told)
    assert library.versions().drop("at").equals(folder.versions().drop("at"))
    assert library.owned([3, 4])["id"].to_list() == [3, 4]
    assert library.scan(version=1).collect().height == ROWS
    assert library.vacuum() == []
    check(library, 3)
    with pytest.raises(ConfigError, match=r"library\.url"):
        library.path  # noqa: B018


async def test_two_processes_append_at_once(library: Library) -> None:
    both = [await start(library, 0, 9), await start(library, 3, 12)]
    assert sum([await added_by(process) for process in both]) == 12
    check(library, 12)
    assert len(data_files(library)) == library.stats().files  # the losers left nothing


async def test_compacted_while_others_read_and_write(library: Library) -> None:
    add(library, 0)
    deeds = [await start(library, 1, 7, "compact"), await start(library, 7, 13, "compact")]
    ended = asyncio.gather(*map(added_by, deeds))
    looks = 0
    while not ended.done():
        rows = await asyncio.to_thread(library.scan(sources=[name_of(0)]).collect)
        assert rows["id"].to_list() == list(range(ROWS))
        seen = await asyncio.to_thread(library._delta.rows().select("source", "row").collect)
        assert not seen.is_duplicated().any()
        assert seen.height % ROWS == 0
        looks += 1
    assert list(await ended) == [6, 6]
    assert looks >= 3
    check(library, 13)
    assert "OPTIMIZE" in library.versions()["operation"].to_list()


@pytest.mark.parametrize("arrived", [False, True])
async def test_a_writer_killed_in_the_middle_of_its_commit(
    objects: ObjectStore, library: Library, arrived: bool
) -> None:
    """By SIGKILL, before the store has made the commit, or after that and before its answer."""
    for n in (0, 1):
        add(library, n)
    victim = await start(library, 0, 6)
    objects.behave(kill=victim.pid, arrived=arrived, part="_delta_log/", ending=".json")
    out, _ = await victim.communicate()
    assert victim.returncode == -signal.SIGKILL
    assert out.decode().split() == ["False", "False"]
    assert objects.happened()
    check(library, 3 if arrived else 2)
    assert await added_by(await start(library, 0, 6)) == (3 if arrived else 4)
    check(library, 6)


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_commit_whose_answer_is_lost_is_found_and_its_files_stay(
    objects: ObjectStore, library: Library, status: int
) -> None:
    add(library, 0)
    objects.behave(status=status, part="_delta_log/", ending=".json")
    assert add(library, 1)
    assert objects.happened()
    check(library, 2)


def test_a_commit_that_nobody_knows_the_end_of_loses_no_file(objects: ObjectStore, library: Library) -> None:
    """The put is carried out, its answer is lost, and then the store is gone for a while."""
    add(library, 0)
    objects.behave(status=403, gone=True, part="_delta_log/", ending=".json")
    with pytest.raises(LibraryError):
        add(library, 1)
    assert objects.happened()
    objects.behave()
    assert not add(library, 1)
    check(library, 2)


def test_a_store_that_lets_two_writers_be_the_first_is_refused(objects: ObjectStore, library: Library) -> None:
    objects.behave(conditional=False)
    with pytest.raises(LibraryError, match="If-None-Match"):
        add(library, 0)
    assert not list(library._store.files())  # nor is the probe left behind
    assert library.stats().version is None  # reading needs no probe
    objects.behave()
    assert add(library, 0)


def test_a_store_is_probed_once(objects: ObjectStore, library: Library) -> None:
    for n in range(3):
        add(library, n)
    assert objects.sent("PUT", ".part") == 2
    assert not [name for name in data_files(library) if name.endswith(".part")]


@pytest.mark.parametrize("setting", ["AWS_S3_ALLOW_UNSAFE_RENAME", "AWS_S3_LOCKING_PROVIDER"])
@pytest.mark.parametrize("given", [False, True])
def test_settings_that_keep_no_writers_apart_are_refused(
    setting: str, given: bool, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "true" if "UNSAFE" in setting else "dynamodb"
    if given:
        library = Library(library.url, storage_options={setting.lower(): value})
    else:
        monkeypatch.setenv(setting, value)
    with pytest.raises(LibraryError, match=setting):
        add(library, 0)


def test_a_conditional_put_of_another_kind_is_refused(library: Library) -> None:
    with pytest.raises(LibraryError, match="conditional_put"):
        add(Library(library.url, storage_options={"conditional_put": "disabled"}), 0)


def test_a_failure_in_the_middle_leaves_nothing(
    library: Library, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulkjobs.library.library._ROWS_A_FILE", 10)
    add(library, 0)
    before = data_files(library)

    def failing() -> Any:
        yield rows_of(1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        library.append(name_of(1), failing(), bought_at=0)
    assert objects.sent("PUT", ".parquet") == 2
    assert data_files(library) == before


def test_no_credential_is_shown(library: Library, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"access_key_id": "AKGIVENTOIT", "secret_access_key": "given words that nobody must see"}
    for name in SECRETS:
        monkeypatch.delenv(name)
    mine = Library(library.url, storage_options=given)
    add(mine, 0)
    assert mine.scan().collect().height == ROWS
    objects.behave(status=403, gone=True, ending=".parquet")  # and it quotes the key
    with pytest.raises(LibraryError) as caught:
        add(mine, 1)
    with pytest.raises(LibraryError) as also:
        mine.stats()
    monkeypatch.setattr("bulkjobs.library.bucket._proven", set())
    with pytest.raises(LibraryError) as probed:
        add(mine, 1)
    shown = [repr(mine), mine.url, repr(mine._store), str(mine._store), repr(mine._store.options), repr(vars(mine))]
    for error in (caught.value, also.value, probed.value):
        assert error.__traceback__ is not None
        ours = error.with_traceback(error.__traceback__.tb_next)  # not the locals of this test, which made them up
        shown += [str(ours), *traceback.TracebackException.from_exception(ours, capture_locals=True).format()]
        assert "***" in str(error)
    for text in shown:
        for secret in given.values():
            assert secret not in text
    assert pickle.loads(pickle.dumps(mine._store)).options == mine._store.options  # to a worker it goes


@pytest.mark.parametrize("url", [
    "s3://key:secret@bucket/library", "s3://bucket/library?sig=secret", "s3://bucket/library#secret", "s3://bucket",
    "ftp://secret/library", "s3:///library",
])  # fmt: skip
def test_an_address_that_makes_no_sense_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Library(url)
    assert "secret" not in str(caught.value)
    assert caught.value.next_step


def test_what_reads_object_stores_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.exceptions", None)
    with pytest.raises(ConfigError, match="not installed") as caught:
        Library("gs://bucket/library")
    assert "bulkjobs[cloud]" in caught.value.next_step
