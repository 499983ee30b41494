"""`JobFilter`: typed, checked before any request, canonical."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs.errors import BulkJobsError, InvalidQuery
from bulkjobs.query import FIELDS, query_from_dict

EVERYTHING: dict[str, Any] = {
    "title": '(Data Engineer) OR "Data Scientist"',
    "keyword_description": "python AND (sql OR spark*)",
    "country": "United States",
    "location": "San Francisco, CA",
    "employment_type": "Full-time",
    "industry": "(Information Technology & Services)",
    "created_at_gte": "2025-01-01 00:00:00",
    "created_at_lte": "2025-12-31 23:59:59",
    "last_updated_gte": "2025-02-01 00:00:00",
    "last_updated_lte": "2025-12-31 00:00:00",
    "application_active": True,
    "deleted": False,
    "company_name": "Northwind",
    "company_id": 358313,
    "company_domain": "example.com",
    "company_exact_website": "https://www.example.com",
    "company_professional_network_url": "https://www.professional-network.example/company/northwind",
}


def test_all_17_fields_go_through_untouched() -> None:
    query = bj.JobFilter(**EVERYTHING)
    assert len(FIELDS) == len(EVERYTHING) == 17
    assert query.filters == EVERYTHING
    assert query.to_dict() == {"filters": EVERYTHING}
    assert query_from_dict(query.to_dict()) == query
    assert eval(repr(query), {"JobFilter": bj.JobFilter}) == query


def test_only_set_fields_are_sent() -> None:
    assert bj.JobFilter(deleted=False, title="x").filters == {"title": "x", "deleted": False}


NOON = dt.datetime(2026, 1, 31, 12, 0, 0, 500_000)


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        ("created_at_gte", "2026-01-31", "2026-01-31 00:00:00"),
        ("created_at_lte", "2026-01-31", "2026-01-31 23:59:59"),
        ("created_at_gte", dt.date(2026, 1, 31), "2026-01-31 00:00:00"),
        ("last_updated_lte", dt.date(2026, 1, 31), "2026-01-31 23:59:59"),
        ("created_at_gte", " 2026-01-31 12:30:00 ", "2026-01-31 12:30:00"),
        ("created_at_gte", "2026-01-31T12:30:00Z", "2026-01-31 12:30:00"),
        ("created_at_gte", "2026-01-31T12:30:00+02:00", "2026-01-31 10:30:00"),
        ("created_at_lte", dt.datetime(2026, 1, 31, 1, tzinfo=ZoneInfo("Asia/Tokyo")), "2026-01-30 16:00:00"),
        # records have whole seconds: from half past twelve on means from the next whole second on
        ("created_at_gte", NOON, "2026-01-31 12:00:01"),
        ("created_at_lte", NOON, "2026-01-31 12:00:00"),
        ("created_at_gte", dt.datetime(999, 1, 1), "0999-01-01 00:00:00"),
    ],
)
def test_dates_are_sent_in_one_format(field: str, value: Any, sent: str) -> None:
    assert bj.JobFilter(**{field: value}).filters == {field: sent}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, None, "empty"),
        ({"title": ""}, "title", "empty"),
        ({"title": "  "}, "title", "empty"),
        ({"title": 5}, "title", "must be text"),
        ({"title": "(data"}, "title", "unclosed parenthesis"),
        ({"title": "data)"}, "title", "not opened"),
        ({"title": ")data("}, "title", "not opened"),
        ({"country": 'a "b'}, "country", "double quote"),
        ({"industry": "AND x"}, "industry", "operator"),
        ({"title": "x OR"}, "title", "operator"),
        ({"title": "x NOT"}, "title", "operator"),
        ({"title": "\ud83d"}, "title", "surrogate"),
        ({"titel": "x"}, "titel", "Did you mean 'title'"),
        ({"company_linkedin_url": "x"}, "company_linkedin_url", "company_professional_network_url"),
        ({"salary": 1}, "salary", "not a filter field"),
        ({"limit": 1}, "limit", "not a filter field"),
        ({"deleted": 1}, "deleted", "True or False"),
        ({"deleted": "False"}, "deleted", "True or False"),
        ({"company_id": "5"}, "company_id", "whole number"),
        ({"company_id": True}, "company_id", "whole number"),
        ({"company_id": 0}, "company_id", "whole number"),
        ({"company_id": 2**63}, "company_id", "whole number"),
        ({"company_id": 1.0}, "company_id", "whole number"),
        ({"created_at_gte": "yesterday"}, "created_at_gte", "must be a date"),
        ({"created_at_gte": 20250101}, "created_at_gte", "must be a date"),
        ({"created_at_gte": "0001-01-01T00:00+05:00"}, "created_at_gte", "beyond the years"),
        ({"created_at_gte": "9999-12-31 23:59:59.5"}, "created_at_gte", "beyond the years"),
        ({"created_at_gte": "2025-13-01"}, "created_at_gte", "must be a date"),
        ({"created_at_gte": "2025-02-02", "created_at_lte": "2025-02-01"}, "created_at_gte", "after"),
        ({"last_updated_gte": "2025-02-02", "last_updated_lte": "2025-02-01"}, "last_updated_gte", "after"),
        ({"company_professional_network_url": "northwind"}, "company_professional_network_url", "full address"),
        ({"company_professional_network_url": "https://["}, "company_professional_network_url", "full address"),
        ({"company_domain": "two words"}, "company_domain", "spaces"),
    ],
)
def test_bad_input_names_its_field(fields: dict[str, Any], field: str | None, words: str) -> None:
    with pytest.raises(InvalidQuery, match="Nothing was charged") as caught:
        bj.JobFilter(**fields)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, BulkJobsError)


@pytest.mark.parametrize(
    "text",
    ["C++", "R&D", ".NET", "and or not", 'a \\" b', "\\(x", "'information technology' OR 'IT'", "(a) OR (b c)", '"("'],
)
def test_good_text_goes_through(text: str) -> None:
    assert bj.JobFilter(title=text).filters == {"title": text}


def test_a_range_of_one_second_is_fine() -> None:
    bj.JobFilter(created_at_gte="2025-01-01 00:00:00", created_at_lte="2025-01-01 00:00:00")


def test_fingerprint_names_the_query_whatever_the_order() -> None:
    one = bj.JobFilter(title="x", country="y")
    assert one.fingerprint == bj.JobFilter(country="y", title="x").fingerprint
    assert one.fingerprint != bj.JobFilter(title="y", country="x").fingerprint
    assert one.fingerprint != bj.JobFilter(title="x", country="y", deleted=False).fingerprint
    # pinned: a changed fingerprint would make every user buy again what they own
    assert one.fingerprint == "d8aedfd6ab64c0f3eca19cbfe727ba1bc950daba8177310e7ec08b6484583616"


def test_a_filter_does_not_change() -> None:
    query = bj.JobFilter(title="x")
    with pytest.raises(AttributeError):
        query.title = "y"  # type: ignore[misc]
    assert len({query, bj.JobFilter(title="x")}) == 1


@given(st.text(), st.sampled_from(list(FIELDS)))
def test_any_text_is_taken_or_refused_with_its_field(text: str, name: str) -> None:
    try:
        query = bj.JobFilter(**{name: text})  # type: ignore[arg-type]  # any text, in any field
    except InvalidQuery as error:
        refused = error
    else:
        assert query_from_dict(query.to_dict()) == query
        return
    assert refused.field == name
