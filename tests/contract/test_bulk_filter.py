"""Contract sections 2.2, 3 and 5: the bulk POST by filter."""

import asyncio
import io
import json
import uuid
from typing import Any

import pytest

from tests.contract.conftest import (
    CEILING,
    ENGINEERS,
    EVERYTHING,
    NOTHING,
    PORTUGAL,
    TOTALS,
    Api,
    Connect,
    Version,
)

IDENTICAL = {"detail": "Identical data request is already in progress."}
PAGE = "https://www.professional-network.example/company/c7"


async def test_v2_answers_201_and_a_location_without_the_prefix(v2: Api) -> None:
    reply = await v2.post_filter(ENGINEERS)
    assert reply.status == 201
    assert list(reply.json()) == ["request_id"]
    request_id = reply.json()["request_id"]
    assert uuid.UUID(request_id).version == 4
    assert reply.headers["Location"] == f"/v2/data_requests/{request_id}/files"


async def test_v1_answers_200_and_no_location(connect: Connect) -> None:
    reply = await (await connect("v1")).post_filter(ENGINEERS)
    assert reply.status == 200
    assert list(reply.json()) == ["request_id"]
    assert "Location" not in reply.headers


async def test_v2_may_answer_200_as_it_once_did(connect: Connect) -> None:
    assert (await (await connect("v2", post_status=200)).post_filter(ENGINEERS)).status == 200


@pytest.mark.parametrize(("filters", "total"), [pair for pair in TOTALS if pair[0] not in (EVERYTHING, NOTHING)])
async def test_a_credit_a_record_at_acceptance(api: Api, filters: dict[str, Any], total: int) -> None:
    reply = await api.post_filter(filters)
    assert reply.credits == 50_000 - total
    assert api.sandbox.stats()["credits_spent"] == total
    names = await api.files(reply.json()["request_id"])
    assert len(names) == 1


async def test_exactly_the_ceiling_is_delivered(api: Api) -> None:
    assert len(await api.collected(CEILING)) == 10_000


@pytest.mark.parametrize("limit", [1, 24, 25, 26, 10_000])
async def test_limit_is_what_is_delivered_and_charged(api: Api, limit: int) -> None:
    found = await api.collected(ENGINEERS, limit=limit)
    assert len(found) == min(limit, 25)
    assert {record["title"] for record in found} == {"Data Engineer"}
    assert api.sandbox.stats()["credits_spent"] == min(limit, 25)


@pytest.mark.parametrize("limit", [0, -1, 10_001, "5", True, 1.5, None])
async def test_limit_outside_its_bounds(api: Api, limit: object) -> None:
    reply = await api.post_filter(ENGINEERS, limit=limit)
    assert reply.status == 422
    assert [place for _, place in reply.problems] == [["body", "limit"]]


async def test_data_format_is_refused_by_v2_and_taken_by_v1(connect: Connect) -> None:
    refused = await (await connect("v2")).post_filter(ENGINEERS, data_format="json")
    assert refused.status == 422
    assert refused.problems == [("extra_forbidden", ["body", "data_format"])]
    v1 = await connect("v1")
    assert (await v1.post_filter(ENGINEERS, data_format="json")).status == 200
    assert (await v1.post_filter(PORTUGAL, data_format="csv")).status == 422


async def test_the_list_of_a_422_is_fastapis(api: Api) -> None:
    reply = await api.post_filter({"seniority": "SAP"})
    assert reply.status == 422
    assert reply.json() == {
        "detail": [
            {
                "type": "extra_forbidden",
                "loc": ["body", "filters", "seniority"],
                "msg": "Extra inputs are not permitted",
                "input": "SAP",
            }
        ]
    }


@pytest.mark.parametrize(
    ("filters", "kind", "key"),
    [
        ({"sort": "id"}, "extra_forbidden", "sort"),
        ({"title": 5}, "string_type", "title"),
        ({"company_id": "5"}, "int_type", "company_id"),
        ({"deleted": "maybe"}, "bool_parsing", "deleted"),
        ({"created_at_gte": "2025-01-01"}, "datetime_parsing", "created_at_gte"),
        ({"title": '"never closed'}, "value_error", "title"),
        ({"title": "(a"}, "value_error", "title"),
        ({"country": "Portugal", "industry": "OR"}, "value_error", "industry"),
    ],
)
async def test_a_bad_filter_is_named(api: Api, filters: dict[str, Any], kind: str, key: str) -> None:
    reply = await api.post_filter(filters)
    assert reply.status == 422
    assert reply.problems == [(kind, ["body", "filters", key])]


@pytest.mark.parametrize("body", [{}, {"limit": 5}, {"filters": {}}, {"filters": {"title": ""}}, {"title": "x"}])
async def test_filters_must_be_there_and_nested(api: Api, body: dict[str, Any]) -> None:
    reply = await api.send("POST", api.path("bulk_filter"), json=body)
    assert reply.status == 422
    assert ["body", "filters"] in [place for _, place in reply.problems]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"filters": {"title": "a", "title": "b"}}',
        b'{"filters": {"title": "a"}, "filters": {"title": "a"}}',
    ],
)
async def test_a_body_that_is_not_right_json(api: Api, body: bytes) -> None:
    headers = {**api.headers, "Content-Type": "application/json"}
    reply = await api.send("POST", api.path("bulk_filter"), data=body, headers=headers)
    assert reply.status == 422
    assert reply.problems


async def test_a_body_that_is_far_too_large(api: Api) -> None:
    body = io.BytesIO(json.dumps({"filters": {"title": "x" * 2_000_000}}).encode())
    headers = {**api.headers, "Content-Type": "application/json"}
    reply = await api.send("POST", api.path("bulk_filter"), data=body, headers=headers)
    assert reply.status == 400


async def test_whatever_is_refused_creates_and_costs_nothing(api: Api) -> None:
    await api.post_filter({"title": 5})
    await api.post_filter({"title": "(a"})
    await api.post_filter(ENGINEERS, limit=0)
    stats = api.sandbox.stats()
    assert (stats["posts"], stats["credits_spent"], stats["requests"]) == (0, 0, {})
    assert stats["refused"] == {422: 3}


@pytest.mark.parametrize(
    "same",
    [
        {"filters": {"title": "Data Engineer", "deleted": False}},
        {"filters": {"deleted": "False", "title": "Data Engineer"}},
        {"filters": {"deleted": 0, "title": "Data Engineer", "country": ""}},
        {"filters": {"title": "Data Engineer", "deleted": False}, "limit": 3},
        {"filters": {"title": "Data Engineer", "deleted": False}, "webhook_url": "http://127.0.0.1:1/"},
    ],
)
async def test_the_same_filters_while_they_run_are_409(
    connect: Connect, version: Version, same: dict[str, Any]
) -> None:
    api = await connect(version, latency=60)
    await api.accepted({"title": "Data Engineer", "deleted": False})
    for tree in ("v1", "v2"):
        caller = Api(api.sandbox, api.clock, tree, api.session)
        reply = await caller.send("POST", caller.path("bulk_filter"), json=same)
        assert (reply.status, reply.json()) == (409, IDENTICAL)
    stats = api.sandbox.stats()
    assert (stats["posts"], stats["credits_spent"], stats["refused"]) == (1, 25, {409: 2})


async def test_other_filters_may_run_at_the_same_time(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    await api.accepted(ENGINEERS)
    await api.accepted({**ENGINEERS, "deleted": False})


async def test_a_replay_after_the_end_is_new_and_charged(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    first = await api.accepted(ENGINEERS)
    api.clock.now += 60
    second = await api.accepted(ENGINEERS)
    assert first != second
    assert api.sandbox.stats()["credits_spent"] == 50


async def test_of_many_at_once_one_is_accepted(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    replies = await asyncio.gather(*(api.post_filter(ENGINEERS) for _ in range(12)))
    statuses = sorted(reply.status for reply in replies)
    assert statuses[1:] == [409] * 11
    assert api.sandbox.stats()["credits_spent"] == 25


async def test_validation_comes_before_the_duplicate(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    await api.accepted(ENGINEERS)
    assert (await api.post_filter(ENGINEERS, limit=0)).status == 422


async def test_a_duplicate_comes_before_the_charge(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60, credits=25)
    await api.accepted(ENGINEERS)
    assert (await api.post_filter(ENGINEERS)).status == 409


async def test_the_company_page_in_both_spellings(api: Api) -> None:
    for key in ("company_professional_network_url", "company_linkedin_url"):
        found = await api.collected({key: PAGE, "country": "Portugal"})
        assert {record["company_url"] for record in found} == {PAGE}
        assert len(found) == 13


async def test_the_company_page_in_one_spelling(connect: Connect, version: Version) -> None:
    api = await connect(version, company_url_key="company_linkedin_url")
    reply = await api.post_filter({"company_professional_network_url": PAGE})
    assert reply.problems == [("extra_forbidden", ["body", "filters", "company_professional_network_url"])]


@pytest.mark.parametrize("value", [True, "True", "true", 1])
async def test_booleans_as_real_clients_send_them(api: Api, value: object) -> None:
    found = await api.collected({"application_active": value, **ENGINEERS})
    assert [record["id"] % 2 for record in found] == [0] * 12


@pytest.mark.parametrize("entity", ["professional_network/job", "linkedin/job"])
async def test_both_aliases_of_v1(connect: Connect, entity: str) -> None:
    api = await connect("v1")
    api.entity = entity
    assert len(await api.collected(ENGINEERS)) == 25
    assert (await api.search(ENGINEERS)).headers["x-total-results"] == "25"


async def test_what_matched_is_fixed_at_acceptance(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=60)
    request_id = await api.accepted(ENGINEERS)
    assert api.sandbox.stats()["requests"][request_id]["records"] == 25


async def test_a_json_subtype_of_content_is_read(api: Api) -> None:
    headers = {**api.headers, "Content-Type": "application/json; charset=utf-8"}
    body = json.dumps({"filters": ENGINEERS})
    reply = await api.send("POST", api.path("bulk_filter"), data=body, headers=headers)
    assert reply.status in {200, 201}
