"""Raw files that lie in an object store, to a library in another bucket, and to a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bulkjobs.errors import LibraryError
from bulkjobs.library import Library, importing
from bulkjobs.library.store import store_at
from tests.cloud.server import ObjectStore
from tests.support import record


def put(url: str, name: str, text: str) -> None:
    store_at(url).write(name, lambda file: file.write(text.encode()))


def test_what_is_below_a_url_is_imported_once(
    bucket: str, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        put(f"{bucket}/exports", f"{2022 + n % 2}/part-{n // 2}.json", json.dumps(record(n)))
    put(f"{bucket}/exports", "2022/odd.json", f"no record\n{json.dumps(record(6))}")
    put(f"{bucket}/exports", "notes.txt", "for nobody")
    done = library.add(f"{bucket}/exports/")
    assert (len(done.added), done.failed) == (7, {})
    assert str(done.added[0]) == f"{bucket}/exports/2022/odd.json"
    assert [path.name for path in done.skipped] == ["notes.txt"]
    assert store_at(f"{bucket}/team/bad-lines").read("2022/odd.json.bad-lines") == b"no record\n"
    assert library.verify().sound
    assert library.scan().collect()["id"].sort().to_list() == list(range(7))
    bought = library.history(3)["bought_at"][0]
    assert bought <= library.history(3)["added_at"][0]  # an imported file: its own date
    with monkeypatch.context() as patched:
        patched.setattr(importing, "read", None)
        again = library.add([f"{bucket}/exports/2022", f"{bucket}/exports/2023/part-0.json"])
    assert (again.added, len(again.known)) == ([], 5)
    folder = Library(tmp_path / "library")
    assert len(folder.add(f"{bucket}/exports").added) == 7
    assert folder.snapshot(f"{bucket}/copy") is not None
    copy = Library(f"{bucket}/copy")
    assert copy.verify().sound
    assert len(copy.add(f"{bucket}/exports").known) == 7


def test_what_is_not_there_stops_nothing(objects: ObjectStore, bucket: str, library: Library, tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text(json.dumps(record(1)))
    done = library.add([f"{bucket}/none", f"{bucket}/none.json", "s3://no-such-bucket/exports", bucket, good])
    assert len(done.failed) == 4
    assert done.added == [good]
    objects.behave(conditional=False)
    assert library.add([good]).known == [good]


def test_a_store_that_keeps_no_writers_apart_is_told(objects: ObjectStore, library: Library, tmp_path: Path) -> None:
    objects.behave(conditional=False)
    (tmp_path / "good.json").write_text(json.dumps(record(1)))
    done = library.add([tmp_path / "good.json"])
    (error,) = done.failed.values()
    assert isinstance(error, LibraryError)
    assert "If-None-Match" in error.message
    assert library.stats().version is None
