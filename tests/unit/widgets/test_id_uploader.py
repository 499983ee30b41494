"""The id uploader without a browser: a file comes in pieces, each after the one before was received."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs.errors import InvalidIds, InvalidQuery
from bulkjobs_widgets import Desk, IdUploader
from tests.forms import act

PIECE = 1024


class Browser:
    """The other side: sends what it is asked for."""

    def __init__(self, uploader: IdUploader, monkeypatch: pytest.MonkeyPatch) -> None:
        self.uploader = uploader
        self.told: list[dict[str, Any]] = []
        self.made = 0
        monkeypatch.setattr(uploader, "send", lambda content, buffers=None: self.told.append(content))

    async def begin(self, size: int, *, name: str = "ids.csv", source: str = "file") -> str:
        self.made += 1
        upload = f"upload-{self.made}"
        await act(self.uploader, "begin", upload=upload, source=source, name=name, size=size)
        return upload

    async def piece(self, upload: str, data: bytes, at: int) -> None:
        await act(self.uploader, "chunk", upload=upload, at=at, buffers=[data])

    async def upload(self, data: bytes, **more: str) -> int:
        """Send a whole file; returns how many pieces it took."""
        upload, pieces = await self.begin(len(data), **more), 0
        while self.told[-1] == {"upload": upload, "have": pieces * PIECE}:
            await self.piece(upload, data[pieces * PIECE :][:PIECE], pieces * PIECE)
            pieces += 1
        assert self.told[-1] == {"upload": upload, "done": True}
        return pieces


@pytest.fixture
def uploader(desk: Desk) -> IdUploader:
    return IdUploader(desk)


@pytest.fixture
def browser(uploader: IdUploader, monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(uploader, monkeypatch)


def shown(uploader: IdUploader) -> list[object]:
    """All that a user could take for a list of ids."""
    state = uploader.get_state()
    return [state[name] for name in ("source", "name", "summary", "facts", "code")]


NOTHING = ["", "", "", [], ""]


async def test_a_file_comes_in_pieces_and_is_counted(uploader: IdUploader, browser: Browser, client: Any) -> None:
    collection = await client.collect(bj.JobFilter(deleted=False), limit=30)
    owned = collection.frame()["id"].to_list()
    numbers = [*owned, *range(10**9, 10**9 + 12_000), *owned[:7]]
    spent = client.server.stats()
    data = "\r\n".join(map(str, numbers)).encode("utf-8-sig")
    assert await browser.upload(data) == len(data) // PIECE + 1
    assert uploader.ids == bj.JobIds(numbers)
    assert (uploader.source, uploader.name, uploader.summary) == ("file", "ids.csv", "12,030 ids from ids.csv")
    assert uploader.facts == [
        ["ids", "12,030"],
        ["duplicates dropped", "7"],
        ["owned already", "30"],
        ["to buy, at most", "12,000"],
        ["data requests", "2"],
    ]
    assert client.server.stats() == spent  # no network
    assert dict(uploader.rows())["from"] == "ids.csv"
    assert "12,030" in repr(uploader)


async def test_text_that_was_pasted(uploader: IdUploader, browser: Browser) -> None:
    await browser.upload(b"5\n7\n", source="paste", name="<anything>")
    assert list(uploader.ids) == [5, 7]
    assert (uploader.source, uploader.summary) == ("paste", "2 ids from The pasted text")


async def test_a_path(uploader: IdUploader, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "some ids.txt"
    file.write_text("5\n7\n5\n")
    await act(uploader, "path", upload="p", path=f" {file} ")
    assert browser.told == [{"upload": "p", "done": True}]
    assert (uploader.source, list(uploader.ids)) == ("path", [5, 7])
    assert uploader.code == f"ids = bj.JobIds.from_file({str(file)!r})"


@pytest.mark.parametrize(
    ("path", "words"),
    [("missing.csv", "No such file"), ("", "Give the path"), (".", "is no file"), ("a\0b", "can't be read"),
     ("~nobody-of-that-name/x", "can't be read")],
)  # fmt: skip
async def test_a_path_that_is_wrong(
    uploader: IdUploader, browser: Browser, path: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await browser.upload(b"1\n")
    await act(uploader, "path", upload="p", path=path)
    assert words in uploader.errors["path"]
    assert shown(uploader) == NOTHING
    assert browser.told[-1] == {"upload": "p", "done": True}
    with pytest.raises(InvalidQuery):
        _ = uploader.ids


@pytest.mark.parametrize(
    ("data", "words", "lines"),
    [
        (b"id\n1\nx\n", "2 lines that are no ids. Line 1 looks like a heading.", [[1, "'id'"], [3, "'x'"]]),
        (b"PK\x03\x04\xff\xfe", "is not a text file", []),
        (b"", "holds no ids", []),
        ("1\n\u202e2\n".encode(), "1 line that is no id.", [[2, "'\\u202e2'"]]),
        (b"<b>\n" * 50, "50 lines", [[line, "'<b>'"] for line in range(1, 21)]),
    ],
)
async def test_a_bad_file_never_leaves_the_one_before_in_sight(
    uploader: IdUploader, browser: Browser, data: bytes, words: str, lines: list[object]
) -> None:
    await browser.upload(b"1\n2\n", name="good.csv")
    await browser.upload(data, name="bad.csv")
    assert words in uploader.errors["file"]
    assert shown(uploader) == NOTHING
    assert uploader.bad == lines
    assert uploader.bad_more == (30 if len(lines) == 20 else 0)
    assert "good.csv" not in repr(uploader)
    with pytest.raises(InvalidIds, match=r"bad\.csv"):
        _ = uploader.ids
    await browser.upload(b"3\n", name="good.csv")
    assert list(uploader.ids) == [3]
    assert (uploader.errors, uploader.bad, uploader.bad_more) == ({}, [], 0)


async def test_from_its_first_moment_on_an_upload_hides_the_list_before(uploader: IdUploader, browser: Browser) -> None:
    await browser.upload(b"1\n2\n")
    await browser.begin(10)
    assert shown(uploader) == NOTHING
    with pytest.raises(InvalidQuery, match="still being read"):
        _ = uploader.ids


async def test_what_is_too_large_is_refused_before_any_of_it_is_sent(uploader: IdUploader, browser: Browser) -> None:
    assert uploader.most == 32 * 1024 * 1024
    await browser.upload(b"1\n2\n")
    upload = await browser.begin(32 * 1024 * 1024 + 1, name="huge.csv")
    assert browser.told[-1] == {"upload": upload, "done": True}  # not asked for
    assert "at most 32 MiB" in uploader.errors["file"]
    assert "path" in uploader.errors["file"]
    assert shown(uploader) == NOTHING
    with pytest.raises(InvalidQuery, match="nothing was sent"):
        _ = uploader.ids
    await browser.begin(32 * 1024 * 1024)
    assert uploader.errors == {}


async def test_a_browser_that_sends_more_than_it_said_is_stopped(uploader: IdUploader, browser: Browser) -> None:
    upload = await browser.begin(3)
    await browser.piece(upload, b"1\n2\n3\n", 0)
    assert browser.told[-1] == {"upload": upload, "done": True}
    assert "can't be read" in uploader.errors["file"]


async def test_a_second_upload_replaces_one_that_runs(uploader: IdUploader, browser: Browser) -> None:
    first = await browser.begin(6)
    await browser.piece(first, b"1\n", 0)
    second = await browser.begin(4)
    assert {"upload": first, "done": True} in browser.told
    await browser.piece(first, b"1\n", 0)
    await browser.piece(first, b"2\n3\n", 2)
    await browser.piece(second, b"8\n9\n", 0)
    await browser.piece(second, b"8\n9\n", 0)  # once more, too late
    assert list(uploader.ids) == [8, 9]


async def test_what_is_read_slowly_does_not_replace_what_came_after_it(
    uploader: IdUploader, browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go, read = threading.Event(), bj.JobIds.from_file

    def slow(path: Path) -> bj.JobIds:
        go.wait(30)
        return read(path)

    monkeypatch.setattr(bj.JobIds, "from_file", slow)
    (tmp_path / "slow.csv").write_text("1\n")
    uploader._handle_custom_msg({"action": "path", "upload": "slow", "path": str(tmp_path / "slow.csv")}, [])
    uploader._handle_custom_msg({"action": "begin", "upload": "b", "source": "file", "name": "b.csv", "size": 2}, [])
    uploader._handle_custom_msg({"action": "chunk", "upload": "b", "at": 0}, [memoryview(b"2\n")])
    while {"upload": "b", "done": True} not in browser.told:
        await asyncio.sleep(0)
    go.set()
    await uploader.desk.idle()
    assert (list(uploader.ids), uploader.name) == ([2], "b.csv")


@pytest.mark.parametrize(("why", "words"), [("many", "one file"), ("unreadable", "can't be read")])
async def test_what_the_browser_can_not_read(uploader: IdUploader, browser: Browser, why: str, words: str) -> None:
    await browser.upload(b"1\n")
    await act(uploader, "broken", upload="x", name="folder", why=why)
    assert words in uploader.errors["file"]
    assert shown(uploader) == NOTHING


async def test_edits_are_told_and_a_submit_hands_the_ids_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    edits: list[str] = []

    async def take(ids: bj.JobIds, limit: int | None) -> None:
        heard.append((list(ids), limit))

    uploader = IdUploader(desk, on_submit=take, submit_label="Go on")
    browser = Browser(uploader, monkeypatch)
    uploader.on_edit(lambda: edits.append(uploader.summary))
    await act(uploader, "submit")
    assert "no ids yet" in uploader.errors["file"]
    assert browser.told == [{"focus": "file"}]
    await browser.upload(b"1\n2\n")
    assert edits == ["", "2 ids from ids.csv"]
    await act(uploader, "submit")
    assert heard == [([1, 2], None)]
    assert not uploader.edited
    await act(uploader, "clear")
    assert uploader.edited
    assert edits[-1] == ""
    await act(uploader, "submit")
    assert len(heard) == 1
    await browser.upload(b"2\n1\n", source="paste")
    assert not uploader.edited  # the same ids again
    await browser.upload(b"3\n")
    assert uploader.edited


async def test_a_bad_list_is_not_handed_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    uploader = IdUploader(desk, on_submit=lambda *given: heard.append(given))
    browser = Browser(uploader, monkeypatch)
    await act(uploader, "path", upload="p", path="missing.csv")
    await act(uploader, "submit")
    assert (heard, browser.told[-1]) == ([], {"focus": "path"})
    assert "No such file" in uploader.errors["path"]


async def test_the_code_of_a_short_list_runs_and_of_a_long_one_names_a_file(
    uploader: IdUploader, browser: Browser
) -> None:
    await browser.upload(b"5\n7\n")
    space: dict[str, Any] = {"bj": bj}
    exec(uploader.code, space)
    assert space["ids"] == uploader.ids
    await browser.upload("\n".join(map(str, range(1, 22))).encode(), name="x\nimport os'\"#.csv")
    assert len(uploader.ids) == 21
    compile(uploader.code, "cell", "exec")
    assert "first save the list" in uploader.code
    assert "\nimport" not in uploader.code
    assert uploader.code.endswith("""from_file('x\\nimport os\\'"#.csv')""")


async def test_another_client_owns_other_postings(uploader: IdUploader, browser: Browser, tmp_path: Path) -> None:
    await browser.upload(b"1\n2\n")
    async with bj.Client.sandbox(postings=50, home=tmp_path / "other") as other:
        collection = await other.collect(bj.JobFilter(deleted=False), limit=5)
        await browser.upload("\n".join(map(str, collection.frame()["id"])).encode())
        assert ["owned already", "0"] in uploader.facts
        uploader.desk.use(other)
        await uploader.desk.idle()
        assert ["owned already", "5"] in uploader.facts
        assert ["data requests", "0"] in uploader.facts


async def test_ownership_that_can_not_be_told_leaves_the_ids_as_they_are(
    uploader: IdUploader, browser: Browser, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def owned(ids: bj.JobIds) -> None:
        raise bj.errors.LibraryError("The library can't be read.")

    monkeypatch.setattr(client, "owned", owned)
    await browser.upload(b"1\n2\n")
    assert list(uploader.ids) == [1, 2]
    assert uploader.facts == [["ids", "2"], ["duplicates dropped", "0"]]
    assert uploader.notice["text"] == "The library can't be read."


async def test_what_is_left_in_an_export_is_escaped(uploader: IdUploader, browser: Browser) -> None:
    await browser.upload(b"x\n", name="<script>.csv")
    bundle = uploader._repr_mimebundle_()
    assert bundle is not None
    assert "<script>" not in bundle[0]["text/html"]
    assert "&lt;script&gt;.csv has 1 line that is no id" in bundle[0]["text/html"]
