"""Contract sections 1, 8, 10 and 12: credentials, routes, verbs, rate limit, and the headers of every reply."""

import asyncio
import base64
import json
import string
import uuid
from typing import Any

import pytest

from tests.contract.conftest import ENGINEERS, NOTHING, Api, Connect, Version, form
from tests.support import ManualClock

LETTERS_AND_DIGITS = set(string.ascii_letters + string.digits)
ENDPOINTS = [
    ("POST", "bulk_filter"),
    ("POST", "bulk_id_file"),
    ("GET", "files"),
    ("GET", "file"),
    ("POST", "search"),
    ("POST", "preview"),
    ("GET", "collect"),
]


# v1 has no preview.
EVERYWHERE = [
    (version, *pair) for version in ("v1", "v2") for pair in ENDPOINTS if (version, pair[1]) != ("v1", "preview")
]


async def test_the_key_has_the_vendors_shape(v2: Api) -> None:
    assert len(v2.sandbox.api_key) == 32
    assert set(v2.sandbox.api_key) <= LETTERS_AND_DIGITS
    assert v2.sandbox.api_key.startswith("Sandbox")


async def test_the_jwt_has_the_vendors_shape(v2: Api) -> None:
    parts = [base64.urlsafe_b64decode(part + "===") for part in v2.sandbox.jwt.split(".")]
    assert len(parts) == 3
    header, claims = json.loads(parts[0]), json.loads(parts[1])
    assert header.keys() == {"alg", "kid"}
    assert header["alg"] == "EdDSA"
    assert claims["exp"] - claims["iat"] == 31_556_952
    assert claims["iat"] <= v2.clock.now < claims["exp"]
    assert claims["userinfo"]["scopes"] == "cdapi"
    assert claims.keys() == {
        "aud", "exp", "iat", "iss", "namespace", "preferred_username", "sub", "userinfo"
    }  # fmt: skip


async def test_credentials_are_the_same_for_the_same_seed(connect: Connect) -> None:
    first, again, other = [(await connect("v2", seed=seed)).sandbox for seed in (1, 1, 2)]
    assert (first.api_key, first.jwt) == (again.api_key, again.jwt)
    assert first.api_key != other.api_key
    assert first.jwt != other.jwt


@pytest.mark.parametrize(("tree", "verb", "endpoint"), EVERYWHERE)
async def test_every_endpoint_asks_for_credentials(connect: Connect, tree: Version, verb: str, endpoint: str) -> None:
    api = await connect(tree)
    wanted = {"v2": {"message": "Unauthorized"}, "v1": {"detail": "Invalid token"}}[api.version]
    key, jwt = api.sandbox.api_key, api.sandbox.jwt
    for headers in (
        {},
        {"apikey": key[:-1]},
        {"apikey": f"Bearer {key}"},
        {"apikey": "schlüssel"},
        {"apikey": key, "Authorization": jwt} if api.version == "v1" else {"Authorization": f"Bearer {key}"},
        {"apikey": key} if api.version == "v1" else {"Authorization": f"Bearer {jwt}"},
    ):
        reply = await api.send(verb, api.path(endpoint, 1, "json/x"), headers=headers)
        assert (reply.status, reply.json()) == (401, wanted), headers
        assert "x-credits-remaining" not in reply.headers


async def test_the_key_may_also_stand_in_other_case(v2: Api) -> None:
    reply = await v2.send("POST", v2.path("search"), headers={"ApiKey": v2.sandbox.api_key}, json={})
    assert reply.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v2",
        "/v3/job_base/search/filter",
        "/v2/job_base/search/filter/",
        "/v2/data_requests/job_base/es_dsl",
        "/v2/data_requests/job_base/ids",
        "/v2/job_base/search/es_dsl",
        "/v2/job_multi_source/search/es_dsl",
        "/v2/multi_source_jobs/search/filter",
        "/v2/data_requests",
        "/v2/data_requests/x",
        "/v1/professional_network/job/search/filter/preview",
        "/v1/data_requests/x/files",
        "/v1/professional_network/job/bulk_collect/x/files",
    ],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_paths_that_lead_nowhere(v2: Api, verb: str, path: str) -> None:
    reply = await v2.send(verb, path)
    assert reply.status == 404
    assert reply.json()["message"] == "no Route matched with those values"
    assert reply.json().keys() == {"message", "request_id"}
    assert "x-credits-remaining" not in reply.headers


async def test_other_prefixes_lead_nowhere_and_need_no_key(v2: Api) -> None:
    for path in ("/dbapi/v1/search", "/v2/job_base/search/filter", "/"):
        reply = await v2.send_elsewhere("POST", path)
        assert (reply.status, reply.json()["message"]) == (404, "no Route matched with those values")
    assert v2.sandbox.stats()["refused"] == {404: 3}


@pytest.mark.parametrize(("tree", "verb", "endpoint"), EVERYWHERE)
async def test_a_wrong_verb_is_500_and_never_405(connect: Connect, tree: Version, verb: str, endpoint: str) -> None:
    api = await connect(tree)
    for wrong in {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"} - {verb}:
        reply = await api.send(wrong, api.path(endpoint, 1, "json/x"))
        assert reply.status == 500, wrong
        assert reply.credits == 50_000


async def test_a_wrong_verb_needs_credentials_too(api: Api) -> None:
    assert (await api.send("GET", api.path("search"), headers={})).status == 401


async def test_every_reply_of_the_application_tells_the_balance(api: Api) -> None:
    request_id = await api.accepted(ENGINEERS, limit=10)
    [name] = await api.files(request_id)
    replies = [
        await api.post_filter(ENGINEERS, limit=0),
        await api.poll(request_id),
        await api.poll("unknown"),
        await api.download(request_id, name),
        await api.search(NOTHING),
        await api.search({"x": 1}),
        await api.send("GET", api.path("collect", 1)),
        await api.post_ids(form(b"")),
        await api.post_filter(ENGINEERS, limit=5),
    ]
    assert [reply.credits for reply in replies] == [49_990] * 8 + [49_985]


async def test_the_order_of_checks(connect: Connect, version: Version) -> None:
    """Auth, then rate, then validation, then duplicates (section 12.3)."""
    api = await connect(version, rate=1, latency=60)
    assert (await api.send("POST", api.path("bulk_filter"), headers={}, data=b"{")).status == 401
    await api.accepted(ENGINEERS)
    assert (await api.post_filter(ENGINEERS, limit=0)).status == 429
    api.clock.now += 1
    assert (await api.post_filter(ENGINEERS, limit=0)).status == 422
    api.clock.now += 1
    assert (await api.post_filter(ENGINEERS)).status == 409


async def test_too_fast(connect: Connect, version: Version) -> None:
    api = await connect(version, rate=3)
    replies = [await api.search(ENGINEERS) for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].json() == {"message": "API rate limit exceeded"}
    assert "x-credits-remaining" not in replies[-1].headers
    assert "Retry-After" not in replies[-1].headers
    assert not [name for name in replies[0].headers if name.lower().startswith("ratelimit")]
    api.clock.now += 0.34
    assert [(await api.search(ENGINEERS)).status for _ in range(2)] == [200, 429]
    assert api.sandbox.stats()["refused"] == {429: 3}


async def test_one_limit_over_all_endpoints(connect: Connect, version: Version) -> None:
    api = await connect(version, rate=2)
    request_id = await api.accepted(ENGINEERS)
    await api.poll(request_id)
    assert (await api.search({})).status == 429
    assert (await api.poll(request_id)).status == 429
    assert (await api.send("GET", api.path("search"))).status == 429


async def test_a_limit_for_each_key(connect: Connect) -> None:
    api = await connect("v2", rate=1)
    other = Api(api.sandbox, api.clock, "v1", api.session)
    assert (await api.search({})).status == 200
    assert (await other.search({})).status == 200
    assert (await api.search({})).status == 429


async def test_strangers_do_not_use_up_the_limit(connect: Connect, version: Version) -> None:
    api = await connect(version, rate=1)
    for _ in range(3):
        assert (await api.send("POST", api.path("search"), headers={})).status == 401
    assert (await api.search({})).status == 200


async def test_a_rate_below_one_a_second(connect: Connect, clock: ManualClock) -> None:
    api = await connect("v2", rate=0.5)
    assert (await api.search({})).status == 200
    clock.now += 1.9
    assert (await api.search({})).status == 429
    clock.now += 0.2
    assert (await api.search({})).status == 200


async def test_a_clock_set_back_does_not_block(connect: Connect, clock: ManualClock) -> None:
    api = await connect("v2", rate=2)
    assert (await api.search({})).status == 200
    clock.now -= 1_000
    assert (await api.search({})).status == 200


async def test_headers_of_the_limit_if_asked_for(connect: Connect, version: Version) -> None:
    api = await connect(version, rate=2, retry_after=True, rate_headers=True)
    replies = [await api.search({}) for _ in range(3)]
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    found = [tuple(reply.headers[name] for name in names) for reply in replies]
    assert found == [("2", "1", "0"), ("2", "0", "1"), ("2", "0", "1")]
    assert [reply.headers.get("Retry-After") for reply in replies] == [None, None, "1"]
    api.clock.now += int(replies[-1].headers["Retry-After"])
    assert (await api.search({})).status == 200


async def test_no_limit_by_default(api: Api) -> None:
    replies = await asyncio.gather(*(api.search(NOTHING) for _ in range(60)))
    assert {reply.status for reply in replies} == {200}


@pytest.mark.parametrize("answer", ["x", uuid.uuid4()])
async def test_a_fault_of_our_own_is_500(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise LookupError(answer)

    monkeypatch.setattr("bulkjobs.sandbox.catalog.Catalog.count", broken)
    reply = await api.search(ENGINEERS)
    assert (reply.status, reply.json()) == (500, {"detail": "Internal Server Error"})
    assert "LookupError" in caplog.text
