"""Contract sections 2.4 and 5: polls, from acceptance to expiry."""

import uuid
from typing import Any

import pytest

from tests.contract.conftest import DAY, ENGINEERS, EVERYTHING, NOTHING, Api, Connect, Version

MESSAGE = {"message": "Data request is still being processed"}


async def test_pending_then_ready(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    request_id = await api.accepted(ENGINEERS)
    for _ in range(2):
        reply = await api.poll(request_id)
        assert (reply.status, reply.json()) == (202, MESSAGE)
        api.clock.now += 30 - 0.001
    api.clock.now += 0.002
    reply = await api.poll(request_id)
    assert reply.status == 200
    assert list(reply.json()) == ["data_request_files"]
    assert len(reply.json()["data_request_files"]) == 1


@pytest.mark.parametrize(
    ("style", "status", "body"),
    [
        ("202", 202, b'{"message": "Data request is still being processed"}'),
        ("202-empty", 202, b""),
        ("200-empty-list", 200, b'{"data_request_files": []}'),
    ],
)
async def test_styles_of_pending(connect: Connect, version: Version, style: str, status: int, body: bytes) -> None:
    api = await connect(version, latency=60, pending_reply=style)
    reply = await api.poll(await api.accepted(ENGINEERS))
    assert (reply.status, reply.body) == (status, body)


async def test_unknown_id(api: Api) -> None:
    for unknown in (str(uuid.uuid4()), "x", "job_base"):
        reply = await api.poll(unknown)
        assert (reply.status, reply.json()) == (404, {"detail": "Not Found"})


async def test_expiry_after_thirty_days(api: Api) -> None:
    request_id = await api.accepted(ENGINEERS)
    [name] = await api.files(request_id)
    api.clock.now += 30 * DAY - 1
    assert (await api.poll(request_id)).status == 200
    assert (await api.download(request_id, name)).status == 200
    api.clock.now += 1
    for reply in (await api.poll(request_id), await api.download(request_id, name)):
        assert (reply.status, reply.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("latency", [0, 60])
async def test_too_many_matches_show_only_when_polled(connect: Connect, version: Version, latency: float) -> None:
    api = await connect(version, latency=latency)
    posted = await api.post_filter(EVERYTHING)
    assert posted.status in {200, 201}
    assert posted.credits == 50_000
    request_id = posted.json()["request_id"]
    if latency:
        assert (await api.poll(request_id)).status == 202
        api.clock.now += latency
    reply = await api.poll(request_id)
    assert reply.status == 422
    assert reply.json() == {"detail": "Request matched too many IDs. Maximum is 10,000 IDs"}
    assert reply.credits == 50_000


async def test_limit_comes_before_the_ceiling(connect: Connect, version: Version) -> None:
    api = await connect(version)
    assert len(await api.collected(EVERYTHING, limit=10_000)) == 10_000


async def test_limit_may_come_after_the_ceiling(connect: Connect, version: Version) -> None:
    api = await connect(version, limit_before_cap=False)
    reply = await api.poll(await api.accepted(EVERYTHING, limit=10))
    assert reply.status == 422
    assert (await api.poll(await api.accepted(ENGINEERS, limit=10))).status == 200


@pytest.mark.parametrize(("no_match", "status"), [("404", 404), ("422", 422), ("empty-list", 200)])
async def test_no_match(connect: Connect, version: Version, no_match: str, status: int) -> None:
    api = await connect(version, no_match=no_match)
    request_id = await api.accepted(NOTHING)
    for _ in range(2):
        reply = await api.poll(request_id)
        assert reply.status == status
        assert reply.credits == 50_000
    key = "data_request_files" if status == 200 else "detail"
    assert list(reply.json()) == [key]


async def test_no_match_is_404_by_default(api: Api) -> None:
    assert (await api.poll(await api.accepted(NOTHING))).status == 404


async def test_short_of_credits_shows_when_polled(connect: Connect, version: Version) -> None:
    api = await connect(version, credits=24)
    posted = await api.post_filter(ENGINEERS)
    assert posted.status in {200, 201}
    assert posted.credits == 24
    reply = await api.poll(posted.json()["request_id"])
    assert (reply.status, reply.json()) == (402, {"detail": "Insufficient credits"})
    assert reply.credits == 24
    assert len(await api.collected(ENGINEERS, limit=24)) == 24
    assert api.sandbox.stats()["credits_remaining"] == 0


async def test_polls_cost_nothing(api: Api) -> None:
    request_id = await api.accepted(ENGINEERS)
    assert {(await api.poll(request_id)).credits for _ in range(3)} == {50_000 - 25}


@pytest.mark.parametrize("other", ["v1", "v2"])
async def test_one_account_behind_both_trees(api: Api, other: Any) -> None:
    request_id = await api.accepted(ENGINEERS)
    elsewhere = Api(api.sandbox, api.clock, other, api.session)
    assert await elsewhere.files(request_id) == await api.files(request_id)
