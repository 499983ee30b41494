"""Contract sections 2.3, 4 and 12.4: the bulk POST by ID file."""

import uuid

import aiohttp
import pytest

from tests.contract.conftest import FIRST_ID, POSTINGS, Api, Connect, Version, form, records

TOO_MANY = {"detail": "File contains too many IDs. Maximum is 10,000 IDs"}


def lines(*ids: int) -> bytes:
    return "".join(f"{number}\n" for number in ids).encode()


async def test_v2_answers_201_and_a_location(v2: Api) -> None:
    reply = await v2.post_ids(form(lines(FIRST_ID)))
    request_id = reply.json()["request_id"]
    assert reply.status == 201
    assert uuid.UUID(request_id)
    assert reply.headers["Location"] == f"/v2/data_requests/{request_id}/files"


async def test_v1_answers_200_and_no_location(connect: Connect) -> None:
    reply = await (await connect("v1")).post_ids(form(lines(FIRST_ID)))
    assert reply.status == 200
    assert "Location" not in reply.headers


@pytest.mark.parametrize("name", ["ids.csv", "ids.txt", "IDS.CSV"])
async def test_the_postings_named_are_delivered(api: Api, name: str) -> None:
    wanted = [FIRST_ID + 7, FIRST_ID, FIRST_ID + 3]
    reply = await api.post_ids(form(lines(*wanted), name=name))
    assert reply.credits == 50_000 - 3
    request_id = reply.json()["request_id"]
    [file] = await api.files(request_id)
    assert [record["id"] for record in records((await api.download(request_id, file)).body)] == wanted


async def test_the_last_line_end_is_optional(api: Api) -> None:
    assert (await api.post_ids(form(b"%d\n%d" % (FIRST_ID, FIRST_ID + 1)))).credits == 50_000 - 2


async def test_unknown_ids_are_left_out_in_silence(api: Api) -> None:
    reply = await api.post_ids(form(lines(5, FIRST_ID, 6)))
    assert reply.credits == 50_000 - 1
    [name] = await api.files(reply.json()["request_id"])
    found = records((await api.download(reply.json()["request_id"], name)).body)
    assert [record["id"] for record in found] == [FIRST_ID]


async def test_nothing_but_unknown_ids_is_404_when_polled(api: Api) -> None:
    reply = await api.post_ids(form(lines(5, 6)))
    assert reply.status in {200, 201}
    polled = await api.poll(reply.json()["request_id"])
    assert polled.status == 404
    assert polled.credits == 50_000


@pytest.mark.parametrize(
    "content",
    [b"", b"id\n1\n", b"1\nx\n", b"1,2\n", b"1\r\n2\r\n", b"\xef\xbb\xbf1\n", b"1\n\n2\n", b"\n", b"\xff\xfe1\x00"],
)
async def test_a_file_that_breaks_the_rules_is_400_and_creates_nothing(api: Api, content: bytes) -> None:
    reply = await api.post_ids(form(content))
    assert reply.status == 400
    assert isinstance(reply.json()["detail"], str)
    stats = api.sandbox.stats()
    assert (stats["posts"], stats["requests"], stats["refused"]) == (0, {}, {400: 1})


async def test_a_file_of_another_kind_is_400(api: Api) -> None:
    assert (await api.post_ids(form(lines(1), name="ids.xlsx"))).status == 400


async def test_ten_thousand_ids_pass(api: Api) -> None:
    reply = await api.post_ids(form(lines(*range(FIRST_ID, FIRST_ID + 10_000))))
    assert reply.status in {200, 201}
    assert reply.credits == 40_000


@pytest.mark.parametrize("status", [400, 422])
async def test_one_more_is_refused_at_the_post(connect: Connect, version: Version, status: int) -> None:
    api = await connect(version, too_many_ids_status=status)
    reply = await api.post_ids(form(lines(*range(FIRST_ID, FIRST_ID + 10_001))))
    assert (reply.status, reply.json()) == (status, TOO_MANY)
    assert api.sandbox.stats()["requests"] == {}


async def test_too_many_is_400_by_default(api: Api) -> None:
    assert (await api.post_ids(form(lines(*range(POSTINGS))))).status == 400


async def test_an_oversized_file_is_400_and_is_told_so(connect: Connect, version: Version) -> None:
    api = await connect(version, max_file_bytes=200_000)
    reply = await api.post_ids(form(b"1\n" * 1_000_000))
    assert (reply.status, reply.json()) == (400, {"detail": "File is too large"})


async def test_ids_that_stand_twice_are_refused(api: Api) -> None:
    reply = await api.post_ids(form(lines(FIRST_ID, FIRST_ID)))
    assert reply.status == 422
    assert api.sandbox.stats()["credits_spent"] == 0


async def test_ids_that_stand_twice_may_be_merged(connect: Connect, version: Version) -> None:
    api = await connect(version, duplicate_ids="merge")
    assert (await api.post_ids(form(lines(FIRST_ID, FIRST_ID)))).credits == 50_000 - 1


async def test_the_same_file_again_is_no_duplicate(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    for _ in range(2):
        assert (await api.post_ids(form(lines(FIRST_ID)))).status in {200, 201}
    assert api.sandbox.stats()["credits_spent"] == 2


async def test_short_of_credits_shows_when_polled(connect: Connect, version: Version) -> None:
    api = await connect(version, credits=1)
    reply = await api.post_ids(form(lines(FIRST_ID, FIRST_ID + 1)))
    assert reply.status in {200, 201}
    assert (await api.poll(reply.json()["request_id"])).status == 402


@pytest.mark.parametrize(
    ("fields", "kind", "key"),
    [
        ({"limit": "5"}, "extra_forbidden", "limit"),
        ({"x": "5"}, "extra_forbidden", "x"),
        ({"webhook_url": "nowhere"}, "url_parsing", "webhook_url"),
    ],
)
async def test_other_fields_are_refused(api: Api, fields: dict[str, str], kind: str, key: str) -> None:
    reply = await api.post_ids(form(lines(FIRST_ID), **fields))
    assert reply.status == 422
    assert reply.problems == [(kind, ["body", key])]


async def test_data_format_is_refused_by_v2_and_taken_by_v1(connect: Connect) -> None:
    refused = await (await connect("v2")).post_ids(form(lines(FIRST_ID), data_format="json"))
    assert refused.problems == [("extra_forbidden", ["body", "data_format"])]
    taken = await (await connect("v1")).post_ids(form(lines(FIRST_ID), data_format="json"))
    assert taken.status == 200


async def test_the_file_must_be_there(api: Api) -> None:
    data = aiohttp.FormData({"webhook_url": "http://127.0.0.1:1/"}, default_to_multipart=True)
    reply = await api.post_ids(data)
    assert (reply.status, reply.problems) == (422, [("missing", ["body", "ids_file"])])


async def test_the_file_must_be_a_file(api: Api) -> None:
    reply = await api.post_ids(aiohttp.FormData({"ids_file": "1\n2\n"}, default_to_multipart=True))
    assert (reply.status, reply.problems) == (422, [("value_error", ["body", "ids_file"])])


async def test_the_file_must_be_one_file(api: Api) -> None:
    data = form(lines(FIRST_ID))
    data.add_field("ids_file", lines(FIRST_ID + 1), filename="more.csv", content_type="text/csv")
    reply = await api.post_ids(data)
    assert (reply.status, reply.problems) == (422, [("duplicate_key", ["body", "ids_file"])])


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "application/x-www-form-urlencoded"])
async def test_the_body_must_be_a_form(api: Api, content_type: str) -> None:
    headers = {**api.headers, "Content-Type": content_type}
    reply = await api.send("POST", api.path("bulk_id_file"), data=b"1\n", headers=headers)
    assert (reply.status, reply.problems) == (422, [("missing", ["body", "ids_file"])])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"1\n"),
        ("multipart/form-data; boundary=x", b"1\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=ids_file\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense\r\n\r\n1\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
            b"--y\r\n\r\n1\r\n--y--\r\n--x--\r\n",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=webhook_url\r\n\r\n\xff\r\n--x--\r\n",
        ),
    ],
)
async def test_a_broken_form_is_refused(api: Api, content_type: str, body: bytes) -> None:
    headers = {**api.headers, "Content-Type": content_type}
    reply = await api.send("POST", api.path("bulk_id_file"), data=body, headers=headers)
    assert reply.status in {400, 422}
    assert api.sandbox.stats()["posts"] == 0
