import json
from typing import Any

import pytest

from bulkjobs.sandbox.id_file import parse_ids
from bulkjobs.sandbox.lifecycle import Version
from bulkjobs.sandbox.parameters import cursor, format_cursor, integer, ranged
from bulkjobs.sandbox.replies import Refusal
from bulkjobs.sandbox.settings import Settings
from bulkjobs.sandbox.validation import BulkQuery, JsonObject, bulk_query, decode, search_filters

SETTINGS = Settings()


def objects(value: dict[str, Any]) -> JsonObject:
    return decode(json.dumps(value).encode(), "application/json")


def bulk(body: dict[str, Any], version: Version = "v2", settings: Settings = SETTINGS) -> BulkQuery:
    return bulk_query(objects(body), version, settings)


def problems(refusal: Refusal) -> list[tuple[str, tuple[str | int, ...]]]:
    assert not isinstance(refusal.detail, str)
    return [(problem.type, problem.loc) for problem in refusal.detail]


def refused(value: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(Refusal) as caught:
        search_filters(objects(value), SETTINGS)
    assert caught.value.status == 422
    return problems(caught.value)


VALID: dict[str, Any] = {
    "created_at_gte": "2025-07-02 00:00:01",
    "created_at_lte": "2023-05-07 00:00:01",
    "last_updated_gte": "2024-02-29 23:59:59",
    "last_updated_lte": "2022-05-26 00:00:01",
    "title": "(Data Engineer) OR nurse",
    "keyword_description": "'IT' OR sql",
    "employment_type": "Full-time",
    "location": "London",
    "company_id": 358313,
    "company_name": "Northwind",
    "company_domain": "example.com",
    "company_exact_website": "https://www.x.com",
    "company_professional_network_url": "https://www.professional-network.example/company/x",
    "deleted": False,
    "application_active": True,
    "country": "United States",
    "industry": "Telecommunications",
}


def test_all_seventeen_filters_pass_unchanged() -> None:
    assert len(VALID) == 17
    assert search_filters(objects(VALID), SETTINGS) == VALID


@pytest.mark.parametrize("key", VALID)
@pytest.mark.parametrize("value", [None, [], {}, 1.5, ["x"]])
def test_no_filter_takes_these_types(key: str, value: object) -> None:
    [(kind, loc)] = refused({key: value})
    assert loc == ("body", key)
    assert kind == {bool: "bool_type", int: "int_type", str: "string_type"}[type(VALID[key])]


@pytest.mark.parametrize("key", [key for key, value in VALID.items() if isinstance(value, str)])
def test_a_text_is_a_text(key: str) -> None:
    assert refused({key: 5}) == [("string_type", ("body", key))]
    assert refused({key: True}) == [("string_type", ("body", key))]


@pytest.mark.parametrize("key", ["seniority", "limit", "sort", "remote", "page", "id", "Title", "filters", ""])
def test_other_keys_are_refused(key: str) -> None:
    assert refused({key: "x"}) == [("extra_forbidden", ("body", key))]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (True, True),
        (False, False),
        ("True", True),
        ("False", False),
        ("true", True),
        ("false", False),
        (1, True),
        (0, False),
    ],
)
def test_booleans_as_real_clients_send_them(sent: object, meant: bool) -> None:
    found = search_filters(objects({"deleted": sent}), SETTINGS)
    assert found == {"deleted": meant}
    assert isinstance(found["deleted"], bool)


@pytest.mark.parametrize("value", ["yes", "1", 2, -1, "T"])
def test_what_is_no_boolean(value: object) -> None:
    assert refused({"deleted": value}) == [("bool_parsing", ("body", "deleted"))]


@pytest.mark.parametrize(
    "value",
    [
        "2025-01-01",
        "2025-01-01T00:00:00",
        "2025-01-01 00:00",
        "2025-01-01 00:00:00Z",
        "2025-02-29 00:00:00",
        "2025-13-01 00:00:00",
        "2025-01-01 24:00:00",
        "2025-1-1 00:00:00",
        " 2025-01-01 00:00:00",
        "2025-01-01 00:00:00\n",
        "٢٠٢٥-01-01 00:00:00",
        "yesterday",
    ],
)
@pytest.mark.parametrize("key", ["created_at_gte", "created_at_lte", "last_updated_gte", "last_updated_lte"])
def test_dates_have_one_form(key: str, value: str) -> None:
    assert refused({key: value}) == [("datetime_parsing", ("body", key))]


@pytest.mark.parametrize("value", ["358313", True, 5.0, "x"])
def test_a_company_id_is_an_integer(value: object) -> None:
    assert refused({"company_id": value}) == [("int_type", ("body", "company_id"))]


@pytest.mark.parametrize(("value", "fits"), [(2**63 - 1, True), (-(2**63), True), (2**63, False)])
def test_a_company_id_has_64_bits(value: int, fits: bool) -> None:
    if fits:
        assert search_filters(objects({"company_id": value}), SETTINGS) == {"company_id": value}
    else:
        assert refused({"company_id": value}) == [("int_parsing_size", ("body", "company_id"))]


def test_half_a_surrogate_pair_is_no_text() -> None:
    assert refused({"title": "\ud83d"}) == [("string_unicode", ("body", "title"))]
    assert search_filters(objects({"title": "\U0001f600"}), SETTINGS) == {"title": "\U0001f600"}


@pytest.mark.parametrize("key", VALID)
def test_an_empty_text_is_a_filter_not_used(key: str) -> None:
    assert search_filters(objects({key: ""}), SETTINGS) == {}


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert refused({"title": 1, "deleted": "x", "sort": 1}) == [
        ("extra_forbidden", ("body", "sort")),
        ("string_type", ("body", "title")),
        ("bool_parsing", ("body", "deleted")),
    ]


@pytest.mark.parametrize(
    ("setting", "known"),
    [
        ("company_professional_network_url", {"company_professional_network_url"}),
        ("company_linkedin_url", {"company_linkedin_url"}),
        ("both", {"company_professional_network_url", "company_linkedin_url"}),
    ],
)
@pytest.mark.parametrize("key", ["company_professional_network_url", "company_linkedin_url"])
def test_the_company_page_filter_is_known_as_set(setting: Any, known: set[str], key: str) -> None:
    settings, body = Settings(company_url_key=setting), objects({key: "https://x.example/c"})
    if key in known:
        found = search_filters(body, settings)
        assert found == {"company_professional_network_url": "https://x.example/c"}
        return
    with pytest.raises(Refusal) as caught:
        search_filters(body, settings)
    assert problems(caught.value) == [("extra_forbidden", ("body", key))]


def test_the_company_page_is_filtered_once() -> None:
    both = {"company_professional_network_url": "a", "company_linkedin_url": "b"}
    assert refused(both) == [("extra_forbidden", ("body", "company_linkedin_url"))]


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"", "application/json", "missing"),
        (b"{}", "text/plain", "model_attributes_type"),
        (b"{}", "application/x-www-form-urlencoded", "model_attributes_type"),
        (b"[]", "application/json", "model_attributes_type"),
        (b'"title"', "application/json", "model_attributes_type"),
        (b"null", "application/json", "model_attributes_type"),
        (b"{", "application/json", "json_invalid"),
        (b"{'title': 1}", "application/json", "json_invalid"),
        (b'{"title": "x"} x', "application/json", "json_invalid"),
        (b'{"title": "\xff"}', "application/json", "json_invalid"),
        (b'{"company_id": NaN}', "application/json", "json_invalid"),
        (b'{"company_id": Infinity}', "application/json", "json_invalid"),
        (b'{"company_id": 1e999}', "application/json", "json_invalid"),
        (b'{"company_id": ' + b"9" * 5_000 + b"}", "application/json", "json_invalid"),
        (b'{"a":' * 100_000, "application/json", "json_invalid"),
        (b'\xef\xbb\xbf{"title": "x"}', "application/json", "json_invalid"),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes, content_type: str, kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        decode(body, content_type)
    assert caught.value.status == 422
    assert [entry for entry, _ in problems(caught.value)] == [kind]
    assert caught.value.reply().status == 422


def test_no_content_type_counts_as_json() -> None:
    assert decode(b'{"title": "x"}', "") == {"title": "x"}


def test_a_key_that_stands_twice_is_refused_where_it_stands() -> None:
    body = decode(b'{"filters": {"title": "a", "title": "b"}, "limit": 1, "limit": 1}', "application/json")
    with pytest.raises(Refusal) as caught:
        bulk_query(body, "v2", SETTINGS)
    assert problems(caught.value) == [
        ("duplicate_key", ("body", "limit")),
        ("duplicate_key", ("body", "filters", "title")),
    ]


def test_bulk_takes_filters_limit_and_webhook() -> None:
    query = bulk({"filters": {"title": "x"}, "limit": 5, "webhook_url": "http://127.0.0.1:1/x"})
    assert query == BulkQuery({"title": "x"}, 5, "http://127.0.0.1:1/x")


def test_bulk_needs_filters_alone() -> None:
    assert bulk({"filters": {"title": "x"}}) == BulkQuery({"title": "x"}, None, None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("missing", ("body", "filters"))),
        ({"filters": {}}, ("too_short", ("body", "filters"))),
        ({"filters": {"title": "", "deleted": ""}}, ("too_short", ("body", "filters"))),
        ({"filters": []}, ("model_attributes_type", ("body", "filters"))),
        ({"filters": None}, ("model_attributes_type", ("body", "filters"))),
        ({"filters": {"title": 1}}, ("string_type", ("body", "filters", "title"))),
        ({"filters": {"seniority": "x"}}, ("extra_forbidden", ("body", "filters", "seniority"))),
        ({"filters": {"deleted": "x"}}, ("bool_parsing", ("body", "filters", "deleted"))),
        ({"filters": {"created_at_gte": "x"}}, ("datetime_parsing", ("body", "filters", "created_at_gte"))),
    ],
)
def test_bulk_filters_are_checked(body: dict[str, Any], problem: tuple[str, tuple[str, ...]]) -> None:
    with pytest.raises(Refusal) as caught:
        bulk(body)
    assert problems(caught.value) == [problem]


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("limit", 0, "greater_than_equal"),
        ("limit", -1, "greater_than_equal"),
        ("limit", 10_001, "less_than_equal"),
        ("limit", "5", "int_type"),
        ("limit", True, "int_type"),
        ("limit", 5.0, "int_type"),
        ("limit", None, "int_type"),
        ("webhook_url", 5, "string_type"),
        ("webhook_url", None, "string_type"),
        ("webhook_url", "", "url_parsing"),
        ("webhook_url", "ftp://x.example", "url_parsing"),
        ("webhook_url", "http://", "url_parsing"),
        ("webhook_url", "http://[", "url_parsing"),
        ("title", "x", "extra_forbidden"),
        ("es_dsl_query", {}, "extra_forbidden"),
        ("data_format", "json", "extra_forbidden"),
    ],
)
def test_bulk_options_are_checked(key: str, value: object, kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        bulk({"filters": {"title": "x"}, key: value})
    assert problems(caught.value) == [(kind, ("body", key))]


@pytest.mark.parametrize("limit", [1, 10_000])
def test_limit_at_its_ends(limit: int) -> None:
    assert bulk({"filters": {"title": "x"}, "limit": limit}).limit == limit


def test_data_format_is_known_to_v1_as_json_only() -> None:
    assert bulk({"filters": {"title": "x"}, "data_format": "json"}, "v1").filters == {"title": "x"}
    with pytest.raises(Refusal) as caught:
        bulk({"filters": {"title": "x"}, "data_format": "csv"}, "v1")
    assert problems(caught.value) == [("literal_error", ("body", "data_format"))]


@pytest.mark.parametrize(
    "other",
    [
        {"deleted": "False", "company_linkedin_url": "u", "title": "x"},
        {"title": "x", "deleted": 0, "company_professional_network_url": "u", "country": ""},
    ],
)
def test_queries_that_mean_the_same_have_one_canonical_form(other: dict[str, Any]) -> None:
    first = bulk({"filters": {"title": "x", "deleted": False, "company_professional_network_url": "u"}, "limit": 3})
    assert bulk({"filters": other}).canonical == first.canonical
    assert bulk({"filters": {"title": "y"}}).canonical != first.canonical


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (b"1", (1,)),
        (b"1\n", (1,)),
        (b"3\n1\n2", (3, 1, 2)),
        (b"007\n", (7,)),
        (b"0\n", (0,)),
        (b"9223372036854775807\n", (2**63 - 1,)),
        (b"0" * 30 + b"5\n", (5,)),
    ],
)
def test_id_files_that_are_right(content: bytes, ids: tuple[int, ...]) -> None:
    assert parse_ids("ids.csv", content, SETTINGS) == ids


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"id\n1\n",
        b"1\n\n2\n",
        b"\n1\n",
        b"1\n\n",
        b"1,2\n",
        b"1\r\n2\r\n",
        b"1 \n",
        b"-1\n",
        b"+1\n",
        b"1.0\n",
        b"1e3\n",
        b'"1"\n',
        b"\xef\xbb\xbf1\n",
        "\u0663\n".encode(),
        b"1\x00\n",
        b"9223372036854775808\n",
        b"1" * 40,
    ],
)
def test_id_files_that_are_wrong(content: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        parse_ids("ids.csv", content, SETTINGS)
    assert caught.value.status == 400


@pytest.mark.parametrize(("name", "known"), [("a.csv", True), ("a.TXT", True), ("a.json", False), ("csv", False)])
def test_id_files_by_name(name: str, known: bool) -> None:
    if known:
        assert parse_ids(name, b"1\n", SETTINGS) == (1,)
        return
    with pytest.raises(Refusal) as caught:
        parse_ids(name, b"1\n", SETTINGS)
    assert caught.value.status == 400


def test_an_id_file_over_the_size_is_refused() -> None:
    small = Settings(max_file_bytes=4)
    assert parse_ids("a.csv", b"123\n", small) == (123,)
    with pytest.raises(Refusal) as caught:
        parse_ids("a.csv", b"1234\n", small)
    assert (caught.value.status, caught.value.detail) == (400, "File is too large")


@pytest.mark.parametrize("status", [400, 422])
def test_ten_thousand_ids_pass_and_one_more_does_not(status: Any) -> None:
    settings = Settings(too_many_ids_status=status)
    lines = [b"%d" % number for number in range(10_001)]
    assert len(parse_ids("a.csv", b"\n".join(lines[:10_000]), settings)) == 10_000
    with pytest.raises(Refusal) as caught:
        parse_ids("a.csv", b"\n".join(lines), settings)
    assert caught.value.status == status
    assert caught.value.detail == "File contains too many IDs. Maximum is 10,000 IDs"


def test_ids_that_stand_twice() -> None:
    with pytest.raises(Refusal) as caught:
        parse_ids("a.csv", b"1\n2\n01\n", SETTINGS)
    assert caught.value.status == 422
    assert parse_ids("a.csv", b"2\n1\n02\n", Settings(duplicate_ids="merge")) == (2, 1)


@pytest.mark.parametrize("text", ['"2025-03-19 13:39:50",340784135', '"2025-03-19 13:39:50", 340784135'])
def test_a_cursor_is_read_with_and_without_a_space(text: str) -> None:
    assert cursor(text) == ("2025-03-19 13:39:50", 340784135)


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert format_cursor("2025-03-19 13:39:50", 5) == '"2025-03-19 13:39:50",5'
    for date in ("2025-03-19 13:39:50", "", 'a"b\n', "\u00e9"):
        assert cursor(format_cursor(date, 5)) == (date, 5)
        assert format_cursor(date, 5).isascii()
        assert format_cursor(date, 5).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "5",
        "2025-03-19 13:39:50,5",
        '"2025-03-19 13:39:50"',
        '"2025-03-19 13:39:50",true',
        '"2025-03-19 13:39:50",5,6',
        '"2025-03-19 13:39:50",5],[1',
        '"2025-03-19 13:39:50",9223372036854775808',
    ],
)
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        cursor(text)
    assert problems(caught.value) == [("value_error", ("query", "after"))]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", "greater_than_equal"),
        ("1001", "less_than_equal"),
        ("x", "int_parsing"),
        ("", "int_parsing"),
        ("1.0", "int_parsing"),
    ],
)
def test_parameters_outside_their_range(text: str, kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        ranged({"n": text}, "n", default=7, highest=1000)
    assert problems(caught.value) == [(kind, ("query", "n"))]


def test_parameters_inside_their_range() -> None:
    found = [ranged(values, "n", default=7, highest=1000) for values in ({}, {"n": "1"}, {"n": "1000"})]
    assert found == [7, 1, 1000]


@pytest.mark.parametrize("text", ["x", "", "9223372036854775808", "1" * 30, "٣", "1_0"])
def test_what_is_no_integer(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        integer(text, ("path", "job_id"))
    assert problems(caught.value) == [("int_parsing", ("path", "job_id"))]
