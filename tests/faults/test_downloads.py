"""Bodies that are cut, corrupt, hostile or elsewhere: no file bears its name before it is whole."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import bulkjobs as bj
from bulkjobs import errors, fetch
from bulkjobs.sandbox import Fault
from bulkjobs.wire.transport import Timeouts
from tests.support import Listener, ManualClock, posts, record

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
pytestmark = pytest.mark.usefixtures("every_ledger")

CUTS = ["cut_length", "cut_chunked", "cut_close", "gzip_truncated", "gzip_corrupt", "not_gzip", "reset_before"]


@pytest.mark.parametrize("kind", CUTS)
async def test_cut_body_is_fetched_again(
    kind: str, sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client, listener = make_client(sandbox, clock=clock), Listener()
    sandbox.faults.add(Fault("download", kind, times=2))  # type: ignore[arg-type]
    collection = await client.collect(query, limit=150, on_event=listener)
    assert len(collection.frame()) == 150
    if kind != "reset_before":  # aiohttp itself repeats a GET on a connection that was kept and is found dead
        assert listener.names().count("FetchRetried") == 2
    assert sum(sandbox.stats()["faults_fired"].values()) == 2
    assert posts(sandbox) == 1


@pytest.mark.parametrize("kind", CUTS)
async def test_body_cut_for_ever_is_an_error_and_no_file(
    kind: str, sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("download", kind, times=10_000))  # type: ignore[arg-type]
    with pytest.raises(errors.FetchFailed) as caught:
        await client.collect(query, limit=150)
    assert caught.value.charged == "yes"
    assert "resume" in str(caught.value)
    assert [path for path in (client.home / "files").rglob("*") if path.is_file()] == []
    sandbox.faults.clear()
    (collection,) = await client.resume()
    assert len(collection.frame()) == 150
    assert posts(sandbox) == 1


async def test_silent_download_is_given_up_and_fetched_again(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client, listener = make_client(sandbox, clock=clock, timeouts=Timeouts(silence=0.2)), Listener()
    sandbox.faults.add(Fault("download", "slow", seconds=5.0, chunk=100))
    collection = await client.collect(query, limit=20, on_event=listener)
    assert len(collection.frame()) == 20
    assert listener.names().count("FetchRetried") == 1


# --- redirects --------------------------------------------------------------------------------------------


@pytest.fixture
async def storage() -> AsyncIterator[tuple[TestServer, list[web.Request]]]:
    """An object store at another origin."""
    seen: list[web.Request] = []

    async def serve(request: web.Request) -> web.Response:
        seen.append(request)
        line = json.dumps(record(1)).encode()
        return web.Response(body=gzip.compress(line), content_type="application/gzip")

    app = web.Application()
    app.router.add_get("/{tail:.*}", serve)
    server = TestServer(app)
    async with server:
        yield server, seen


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_redirect_to_another_origin_is_followed_without_the_key(
    version: str, storage: tuple[TestServer, list[web.Request]], sandbox: bj.Sandbox, make_client: MakeClient
) -> None:
    server, seen = storage
    client = make_client(sandbox, api_version=version)
    sandbox.faults.add(
        Fault("download", "redirect", location=f"http://127.0.0.1:{server.port}/bucket/part-0.json.gz?sig=a%2Fb")
    )
    collection = await client.collect(bj.JobFilter(title="engineer"), limit=5)
    assert collection.frame()["id"].to_list() == [1]
    (request,) = seen
    assert request.raw_path == "/bucket/part-0.json.gz?sig=a%2Fb"
    secrets = (sandbox.api_key, sandbox.jwt)
    assert not [value for value in request.headers.values() if any(secret in value for secret in secrets)]
    assert (collection.reconciliation or {})["differences"][0] == "5 records were expected, 1 came"


@pytest.mark.parametrize("location", ["http://files.example/part", "ftp://127.0.0.1/part", "http://["])
async def test_redirect_to_an_unsafe_place_is_not_followed(
    location: str, sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock
) -> None:
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("download", "redirect", times=10_000, location=location))
    with pytest.raises(errors.ProtocolError, match="redirected"):
        await client.collect(bj.JobFilter(title="engineer"), limit=5)


async def test_redirects_in_a_circle_end(sandbox: bj.Sandbox, make_client: MakeClient) -> None:
    client = make_client(sandbox)
    sandbox.faults.add(Fault("download", "redirect", times=10_000, location="."))
    with pytest.raises(errors.ProtocolError, match="more than"):
        await client.collect(bj.JobFilter(title="engineer"), limit=5)


async def test_a_post_is_never_redirected(
    storage: tuple[TestServer, list[web.Request]], sandbox: bj.Sandbox, client: bj.Client
) -> None:
    server, seen = storage
    headers = {"Location": str(server.make_url("/"))}
    sandbox.faults.add(Fault("bulk_filter", "status", status=307, headers=headers))
    with pytest.raises(errors.OutcomeUnknown):
        await client.collect(bj.JobFilter(title="engineer"), limit=5)
    assert seen == []


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "json/../../x.gz",
        "..%2f..%2fx.gz",
        "%252e%252e%252fx.gz",
        "C:\\windows\\x.gz",
        "a\x00b",
        "..",
        ".hidden",
        "x" * 400,
        "é\udc80",
        "json//part.gz",
    ],
)
def test_a_name_never_leaves_its_folder(name: str, tmp_path: Path) -> None:
    local = fetch.local_name(name)
    assert (tmp_path / local).resolve().parent == tmp_path.resolve()
    assert not local.startswith(".")
    assert len(local) < 200
    assert local.isascii()
    (tmp_path / local).touch()


def test_names_stay_readable_and_apart() -> None:
    assert fetch.local_name("json/part-00000-ab-h000.json.gz") == "json__part-00000-ab-h000.json.gz"
    names = ["json/part-0.gz", "json__part-0.gz", "json\\part-0.gz", "./json/part-0.gz", "json/part-0 .gz", "..", "."]
    assert len({fetch.local_name(name) for name in names}) == len(names)


# --- the check of a file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"", 0),
        (b"\n\n \r\n", 0),
        (b'{"id": 1}', 1),
        (b'{"id": 1}\n\n{"id": 2}\n', 2),
        (b'\xef\xbb\xbf\n [{"id": 1},\n{"id": 2}]', 2),
        (b'{"id": 1}\r\n{"id": 2}\r\n', 2),
        (b"x" * 3_000_000 + b"\n" + b"y" * 3_000_000, 2),
    ],
)
def test_check_counts_records(content: bytes, records: int, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(content))
    checked = fetch.check(path)
    assert (checked.records, checked.size) == (records, path.stat().st_size)
    _, report = bj.records.load(path)
    assert report.records + report.bad_count == records


def test_check_reads_all_members_and_every_piece_size(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    lines = [json.dumps(record(number)).encode() + b"\n" for number in range(5_000)]
    path.write_bytes(b"".join(gzip.compress(b"".join(lines[n : n + 700])) for n in range(0, 5_000, 700)))
    assert fetch.check(path).records == 5_000
    path.write_bytes(gzip.compress(b" " * (8 * fetch.PIECE)))  # a bomb's shape: output limits are hit exactly
    assert fetch.check(path).records == 0


def test_check_refuses_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * 50_000_000))
    with pytest.raises(errors.CorruptFile, match="inflates to more than"):
        fetch.check(path, max_inflated=10_000_000)


@pytest.mark.parametrize("content", [b"", b"{", b'{"id": 1}', b"PK\x03\x04", b"\x1f"])
def test_check_says_what_is_no_gzip_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(errors.CorruptFile, match="is no gzip file" if content else "is empty"):
        fetch.check(path)


@pytest.mark.parametrize("cut", [1, 2, 5, 12, -9, -8, -4, -1])
def test_check_refuses_any_cut(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(b'{"id": 1}\n' * 100)[:cut])
    with pytest.raises(errors.CorruptFile):
        fetch.check(path)


def test_check_refuses_any_flipped_byte(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b'{"id": %d}\n' % number for number in range(50)), mtime=0)
    path = tmp_path / "file.gz"
    for position in range(10, len(whole)):  # the first ten bytes are a header that no sum covers
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(errors.CorruptFile):
            fetch.check(path)


async def test_deleted_file_is_fetched_again(sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter) -> None:
    collection = await client.collect(query, limit=20)
    (path,) = (path for path in (client.home / "files").rglob("*.gz"))
    path.unlink()
    again = await client.collect(query, limit=20)
    assert again.frame().equals(collection.frame())
    assert posts(sandbox) == 1


@pytest.mark.parametrize("change", ["shorter", "same count", "corrupt", "cut"])
async def test_changed_file_is_never_taken_for_the_purchase(
    change: str, sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    frame = (await client.collect(query, limit=20)).frame()
    (path,) = (path for path in (client.home / "files").rglob("*.gz"))
    whole = path.read_bytes()
    others = {"shorter": 19, "same count": 20}
    if change in others:
        path.write_bytes(gzip.compress(b"\n".join(json.dumps(record(n)).encode() for n in range(others[change]))))
    else:
        path.write_bytes(whole[:-20] if change == "cut" else whole[:60] + bytes([whole[60] ^ 4]) + whole[61:])
    with pytest.raises(errors.LoadFailed, match="not the file that was fetched"):
        client.collections()[0].frame()
    again = await client.collect(query, limit=20)  # the file is fetched again: it was paid for
    assert again.frame().equals(frame)
    assert path.read_bytes() == whole
    assert posts(sandbox) == 1


async def test_files_that_are_listed_late_are_fetched_too(
    start_sandbox: Start, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = await start_sandbox(data=[record(n) for n in range(1, 31)], records_per_file=10)
    client = make_client(sandbox)
    listed, polls = client._shop.api.files, 0

    async def one_at_first(request_id: str) -> list[str]:
        nonlocal polls
        polls += 1
        names = await listed(request_id)
        return names[:1] if polls == 1 else names

    monkeypatch.setattr(client._shop.api, "files", one_at_first)
    collection = await client.collect(bj.JobFilter(country="Portugal"), limit=30)
    assert sorted(collection.frame()["id"]) == list(range(1, 31))
    assert (collection.reconciliation or {})["differences"] == []
