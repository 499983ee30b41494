"""Contract sections 2.6, 2.7, 2.9 and 3: search, preview, collect."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.conftest import (
    CEILING,
    ENGINEERS,
    EVERYTHING,
    FIRST_ID,
    NOTHING,
    PORTUGAL,
    POSTINGS,
    TOTALS,
    Api,
    Connect,
    Version,
    posting,
)

SORTED_PORTUGAL = [
    found["id"]
    for found in sorted((posting(number) for number in range(1_225)), key=lambda p: (p["last_updated"], p["id"]))
]


@pytest.mark.parametrize(("filters", "total"), TOTALS)
async def test_totals_are_in_the_headers(api: Api, filters: dict[str, Any], total: int) -> None:
    reply = await api.search(filters, "?items_per_page=1")
    assert reply.status == 200
    assert reply.headers["x-total-results"] == reply.headers["x-total-pages"] == str(total)
    assert len(reply.json()) == min(total, 1)


@pytest.mark.parametrize(("size", "pages"), [(1, 1_225), (500, 3), (612, 3), (613, 2), (1_000, 2)])
async def test_pages_are_counted_at_their_size(api: Api, size: int, pages: int) -> None:
    reply = await api.search(PORTUGAL, f"?items_per_page={size}")
    assert reply.headers["x-total-pages"] == str(pages)
    assert reply.json() == SORTED_PORTUGAL[:size]


async def test_a_thousand_by_default(api: Api) -> None:
    assert (await api.search(EVERYTHING)).headers["x-total-pages"] == "11"
    assert (await api.search(PORTUGAL)).json() == SORTED_PORTUGAL[:1_000]


async def test_an_empty_body_object_asks_for_everything(api: Api) -> None:
    assert (await api.search({})).headers["x-total-results"] == str(POSTINGS)


@pytest.mark.parametrize("spelling", ["encoded", "raw"])
async def test_cursors_lead_through_all_pages(api: Api, spelling: str) -> None:
    found, query = [], "?items_per_page=100"
    for _ in range(13):
        reply = await api.search(PORTUGAL, query)
        found += reply.json()
        cursor = reply.headers.get("x-next-page-after")
        if cursor is None:
            break
        assert cursor.startswith('"2025-06-')
        assert cursor.endswith(f'",{reply.json()[-1]}')
        # Raw is what a client sends that puts the header into the URL as it is: its library escapes the space.
        after = quote(cursor, safe="") if spelling == "encoded" else cursor.replace(" ", "%20")
        query = f"?items_per_page=100&after={after}"
    assert len(found) == 1_225
    assert found == SORTED_PORTUGAL


async def test_a_cursor_with_a_plus_for_the_space(api: Api) -> None:
    cursor = (await api.search(PORTUGAL, "?items_per_page=10")).headers["x-next-page-after"]
    reply = await api.search(PORTUGAL, f"?items_per_page=10&after={cursor.replace(' ', '+')}")
    assert reply.json() == SORTED_PORTUGAL[10:20]


@pytest.mark.parametrize("size", [25, 1_000])
async def test_the_last_page_has_no_cursor_even_if_it_is_full(api: Api, size: int) -> None:
    reply = await api.search(ENGINEERS, f"?items_per_page={size}")
    assert len(reply.json()) == 25
    assert "x-next-page-after" not in reply.headers
    assert "x-next-page-after" in (await api.search(ENGINEERS, "?items_per_page=24")).headers


async def test_beyond_the_end_is_empty(api: Api) -> None:
    after = quote('"2099-01-01 00:00:00",1')
    reply = await api.search(PORTUGAL, f"?after={after}")
    assert (reply.status, reply.json()) == (200, [])
    assert reply.headers["x-total-results"] == "1225"
    assert "x-next-page-after" not in reply.headers


async def test_no_match_is_an_empty_list(api: Api) -> None:
    reply = await api.search(NOTHING)
    assert (reply.status, reply.json()) == (200, [])
    assert reply.headers["x-total-results"] == reply.headers["x-total-pages"] == "0"


@pytest.mark.parametrize("size", ["0", "1001", "-1", "x", "1.5", ""])
async def test_page_sizes_outside_their_range(api: Api, size: str) -> None:
    reply = await api.search(ENGINEERS, f"?items_per_page={size}")
    assert reply.status == 422
    assert [place for _, place in reply.problems] == [["query", "items_per_page"]]


@pytest.mark.parametrize("after", ["x", "5", "%22%22", "%22a%22,%22b%22", ""])
async def test_what_is_no_cursor(api: Api, after: str) -> None:
    reply = await api.search(ENGINEERS, f"?after={after}")
    assert (reply.status, reply.problems) == (422, [("value_error", ["query", "after"])])


@pytest.mark.parametrize(
    ("filters", "kind", "key"),
    [
        ({"filters": ENGINEERS}, "extra_forbidden", "filters"),
        ({"limit": 5}, "extra_forbidden", "limit"),
        ({"title": []}, "string_type", "title"),
        ({"deleted": "maybe"}, "bool_parsing", "deleted"),
        ({"last_updated_lte": "2025-01-01T00:00:00"}, "datetime_parsing", "last_updated_lte"),
        ({"title": "(a"}, "value_error", "title"),
    ],
)
async def test_a_bad_filter_is_named(api: Api, filters: dict[str, Any], kind: str, key: str) -> None:
    replies = [await api.search(filters)]
    if api.version == "v2":
        replies.append(await api.send("POST", api.path("preview"), json=filters))
    for reply in replies:
        assert (reply.status, reply.problems) == (422, [(kind, ["body", key])])


@pytest.mark.parametrize(
    ("filters", "total"),
    [
        ({"title": "(Data Engineer) OR Nurse"}, 1_225),
        ({"title": "engineer data"}, 25),
        ({"title": '"Engineer Data"'}, 0),
        ({"country": "United States", "title": "Nurse"}, 0),
        ({"company_id": 78}, 50),
        ({"created_at_gte": "2025-05-01 10:00:00", "title": "data"}, 25),
        ({"created_at_gte": "2025-05-01 10:00:01"}, 0),
        ({"created_at_lte": "2025-05-01 10:00:00", "title": "data"}, 25),
        ({"created_at_lte": "2025-05-01 09:59:59"}, 0),
        ({"last_updated_lte": "2025-06-01 00:00:00", "title": "data"}, 4),
        ({"last_updated_gte": "2025-06-01 00:00:01", "title": "data"}, 21),
        ({"keyword_description": '"look for you"'}, POSTINGS),
        ({"employment_type": "full-time", "title": "data"}, 25),
        ({"industry": "oceanography", "title": "data"}, 25),
        ({"title": "Data Engineer", "location": ""}, 25),
        ({"deleted": True}, 0),
    ],
)
async def test_filters_find_what_they_say(api: Api, filters: dict[str, Any], total: int) -> None:
    assert (await api.search(filters)).headers["x-total-results"] == str(total)


async def test_search_finds_what_bulk_delivers(api: Api) -> None:
    found = await api.collected(ENGINEERS)
    assert sorted(record["id"] for record in found) == sorted((await api.search(ENGINEERS)).json())


async def test_search_is_free_by_default(api: Api) -> None:
    for _ in range(3):
        assert (await api.search(CEILING)).credits == 50_000


async def test_search_may_cost_even_with_no_match(connect: Connect, version: Version) -> None:
    api = await connect(version, search_credits=1, credits=2)
    assert (await api.search({"x": 1})).credits == 2
    assert (await api.search(NOTHING)).credits == 1
    assert (await api.search(ENGINEERS)).credits == 0
    reply = await api.search(ENGINEERS)
    assert (reply.status, reply.json()) == (402, {"detail": "Insufficient credits"})
    stats = api.sandbox.stats()
    assert (stats["searches"], stats["credits_spent"], stats["refused"]) == (2, 2, {422: 1, 402: 1})


async def test_search_with_no_price_needs_no_balance(connect: Connect, version: Version) -> None:
    assert (await (await connect(version, credits=0)).search(ENGINEERS)).status == 200


async def test_preview_shows_twenty_in_short(v2: Api) -> None:
    reply = await v2.send("POST", v2.path("preview"), json=ENGINEERS)
    assert reply.status == 200
    assert len(reply.json()) == 20
    for shown in reply.json():
        assert shown.keys() == {
            "id", "created", "title", "seniority", "location", "company_name", "_score"
        }  # fmt: skip
        assert isinstance(shown["_score"], float)
        assert shown["title"] == "Data Engineer"


async def test_preview_has_two_headers_and_no_more(v2: Api) -> None:
    reply = await v2.send("POST", v2.path("preview"), json=ENGINEERS)
    assert {name.lower() for name in reply.headers if name.lower().startswith("x-")} == {
        "x-total-results",
        "x-credits-remaining",
    }
    assert reply.headers["x-total-results"] == "25"


async def test_preview_pages(v2: Api) -> None:
    pages = [(await v2.send("POST", v2.path("preview") + f"?page={page}", json=ENGINEERS)).json() for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 5, 0]
    assert len({shown["id"] for page in pages for shown in page}) == 25


@pytest.mark.parametrize(("depth", "page", "status"), [(50, 50, 200), (50, 51, 422), (5, 5, 200), (5, 6, 422)])
async def test_preview_depth(connect: Connect, depth: int, page: int, status: int) -> None:
    v2 = await connect("v2", preview_pages=depth)
    assert (await v2.send("POST", v2.path("preview") + f"?page={page}", json={})).status == status


@pytest.mark.parametrize("page", ["0", "x", "-1"])
async def test_preview_pages_outside_their_range(v2: Api, page: str) -> None:
    reply = await v2.send("POST", v2.path("preview") + f"?page={page}", json={})
    assert [place for _, place in reply.problems] == [["query", "page"]]


async def test_preview_may_cost(connect: Connect) -> None:
    v2 = await connect("v2", preview_credits=10, credits=15)
    replies = [await v2.send("POST", v2.path("preview"), json=ENGINEERS) for _ in range(2)]
    assert [(reply.status, reply.credits) for reply in replies] == [(200, 5), (402, 5)]
    assert v2.sandbox.stats()["previews"] == 1


async def test_collect_gives_one_posting_for_one_credit(api: Api) -> None:
    reply = await api.send("GET", api.path("collect", FIRST_ID + 3))
    assert (reply.status, reply.json()) == (200, posting(3))
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.credits == 49_999
    assert api.sandbox.stats()["collects"] == 1


async def test_collect_of_an_unknown_id_is_free(api: Api) -> None:
    for unknown in (1, 0, -5, FIRST_ID + POSTINGS, 2**63 - 1):
        reply = await api.send("GET", api.path("collect", unknown))
        assert (reply.status, reply.json()) == (404, {"detail": "Not Found"})
        assert reply.credits == 50_000


@pytest.mark.parametrize("job_id", ["x", "1.5", 2**63, "%31x"])
async def test_collect_of_what_is_no_id(api: Api, job_id: object) -> None:
    reply = await api.send("GET", api.path("collect", job_id))
    assert (reply.status, reply.problems) == (422, [("int_parsing", ["path", "job_id"])])


@pytest.mark.parametrize("query", ["?fields=id&fields=title&fields=nothing", "?fields=id,title"])
async def test_collect_of_some_fields(api: Api, query: str) -> None:
    reply = await api.send("GET", api.path("collect", FIRST_ID) + query)
    assert reply.json() == {"id": FIRST_ID, "title": "Data Engineer"}
    assert reply.credits == 49_999


async def test_collect_without_credits(connect: Connect, version: Version) -> None:
    api = await connect(version, credits=3)
    calls = (api.send("GET", api.path("collect", FIRST_ID)) for _ in range(8))
    replies = await asyncio.gather(*calls)
    assert sorted(reply.status for reply in replies) == [200] * 3 + [402] * 5
    assert api.sandbox.stats()["credits_remaining"] == 0
