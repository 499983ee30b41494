"""Contract sections 2.5 and 6: result files."""

import asyncio
import gzip
import json
import re
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from bulkjobs.sandbox.result_files import ResultFiles
from tests.contract.conftest import ENGINEERS, PORTUGAL, Api, Connect, Version, posting, records

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


async def test_raw_gzip_of_one_json_object_a_line(api: Api) -> None:
    request_id = await api.accepted(ENGINEERS)
    [name] = await api.files(request_id)
    reply = await api.download(request_id, name)
    assert reply.status == 200
    assert reply.body[:2] == b"\x1f\x8b"
    assert reply.body[4:8] == bytes(4)  # no time of packing: the same records are the same bytes at any time
    assert "Content-Encoding" not in reply.headers
    assert reply.headers["Content-Type"] == "application/gzip"
    file_name = name.removeprefix("json/")
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{file_name}"'
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    content = gzip.decompress(reply.body)
    assert content.endswith(b"}\n")
    assert [json.loads(line) for line in content.split(b"\n")[:-1]] == [posting(number) for number in range(25)]


async def test_names_of_v2_have_a_folder(v2: Api) -> None:
    [name] = await v2.files(await v2.accepted(ENGINEERS))
    assert re.fullmatch(rf"json/part-00000-{UUID}-h000\.json\.gz", name)


async def test_names_of_v1_have_none(connect: Connect) -> None:
    v1 = await connect("v1")
    [name] = await v1.files(await v1.accepted(ENGINEERS))
    assert re.fullmatch(rf"part-00000-{UUID}-h000\.json\.gz", name)


async def test_many_parts_hold_each_record_once(connect: Connect, version: Version) -> None:
    api = await connect(version, records_per_file=500)
    request_id = await api.accepted(PORTUGAL)
    names = await api.files(request_id)
    assert [name.rpartition("part-")[2][:5] for name in names] == ["00000", "00001", "00002"]
    parts = [records((await api.download(request_id, name)).body) for name in names]
    assert [len(part) for part in parts] == [500, 500, 225]
    ids = [record["id"] for part in parts for record in part]
    assert sorted(ids) == [posting(number)["id"] for number in range(1_225)]


async def test_a_file_is_the_same_however_often_it_is_loaded(connect: Connect, version: Version) -> None:
    api = await connect(version, records_per_file=500, cache_bytes=1)
    request_id = await api.accepted(PORTUGAL)
    names = await api.files(request_id)
    loaded = [[(await api.download(request_id, name)).body for name in names] for _ in range(3)]
    assert loaded[0] == loaded[1] == loaded[2]
    stats = api.sandbox.stats()
    assert stats["downloads"] == stats["requests"][request_id]["downloads"] == 9
    assert stats["credits_spent"] == 1_225


async def test_segments_of_a_name_may_be_percent_encoded(api: Api) -> None:
    request_id = await api.accepted(ENGINEERS)
    [name] = await api.files(request_id)
    plain = (await api.download(request_id, name)).body
    for encoded in (
        "/".join(quote(part, safe="") for part in name.split("/")),
        name.replace("-", "%2D").replace(".", "%2e"),
        "".join(letter if letter == "/" else f"%{ord(letter):02x}" for letter in name),
    ):
        reply = await api.download(request_id, encoded)
        assert (reply.status, reply.body) == (200, plain)


async def test_names_that_are_not_in_the_list(api: Api) -> None:
    request_id = await api.accepted(ENGINEERS)
    [name] = await api.files(request_id)
    other = await api.accepted(PORTUGAL)
    for wrong in (name + "x", "json/", "x", "../files", name.replace("json/", "").replace("part", "json/part", 9)[1:]):
        reply = await api.download(request_id, wrong)
        assert reply.status == 404, wrong
    reply = await api.download(other, name)
    assert (reply.status, reply.json()) == (404, {"detail": "Not Found"})


async def test_nothing_is_sent_before_it_is_ready(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    request_id = await api.accepted(ENGINEERS)
    api.clock.now += 60
    [name] = await api.files(request_id)
    api.clock.now -= 1
    assert (await api.download(request_id, name)).status == 404
    api.clock.now += 1
    assert (await api.download(request_id, name)).status == 200


async def test_a_file_may_be_an_array(connect: Connect, version: Version) -> None:
    api = await connect(version, result_format="array")
    request_id = await api.accepted(ENGINEERS)
    [name] = await api.files(request_id)
    content = json.loads(gzip.decompress((await api.download(request_id, name)).body))
    assert content == [posting(number) for number in range(25)]


@pytest.mark.parametrize("accept", ["application/json", "application/gzip", "*/*"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_what_the_client_accepts_changes_nothing(api: Api, accept: str, encoding: str) -> None:
    request_id = await api.accepted(ENGINEERS)
    [name] = await api.files(request_id)
    headers = {**api.headers, "Accept": accept, "Accept-Encoding": encoding}
    reply = await api.send("GET", api.path("file", request_id, name), headers=headers)
    assert len(records(reply.body)) == 25
    assert "Content-Encoding" not in reply.headers


async def test_a_file_being_read_is_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_bytes(path: Path) -> bytes:
        reading.set()
        assert go_on.wait(10)
        with path.open("rb") as file:
            return file.read()

    reading, go_on = threading.Event(), threading.Event()
    files = ResultFiles(lambda ids: [b"%d" % number for number in ids], "ndjson", most_bytes=1)
    whole = await files.read("first", [1, 2, 3])
    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    again = asyncio.create_task(files.read("first", [1, 2, 3]))
    assert await asyncio.to_thread(reading.wait, 10)
    await files.read("second", [4])  # there is no room for both
    go_on.set()
    assert await again == whole
    files.close()
