"""The table that filters are compared with: against a plain Python reading of the contract."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkjobs.sandbox.columns import Columns

Row = tuple[Any, ...]

MOMENTS = ("", "2025-01-01 00:00:00", "2025-01-01 00:00:01", "2025-06-30 23:59:59", "2026-01-01 00:00:00")


def row(id_: int, updated: str = MOMENTS[1], created: str = MOMENTS[1], flag: int | None = 0) -> Row:
    return (id_, created, updated, 7, "https://x.example/company/a", "a.example", "a.example", flag, 1)


rows_of_any_kind = st.lists(
    st.builds(
        row, st.integers(1, 20), st.sampled_from(MOMENTS), st.sampled_from(MOMENTS), st.sampled_from([0, 1, None])
    ),
    max_size=25,
)


def sorted_rows(rows: list[Row]) -> list[Row]:
    """Keep the last row of each id, in the order of results."""
    return sorted({row[0]: row for row in rows}.values(), key=lambda row: (row[2], row[0]))


def ids(columns: Columns, **filters: object) -> list[int]:
    return [id_ for _, id_ in columns.rows(columns.comparing(filters), 0, None)]


@given(rows_of_any_kind, st.sampled_from(MOMENTS[1:]), st.sampled_from(MOMENTS[1:]))
def test_ranges_of_dates_are_closed_and_leave_out_what_has_no_date(rows: list[Row], first: str, last: str) -> None:
    columns, expected = Columns([rows]), sorted_rows(rows)
    created = [row[0] for row in expected if row[1] and first <= row[1] <= last]
    updated = [row[0] for row in expected if row[2] and first <= row[2] <= last]
    assert ids(columns, created_at_gte=first, created_at_lte=last) == created
    assert ids(columns, last_updated_gte=first, last_updated_lte=last) == updated
    assert ids(columns, created_at_lte=last) == [row[0] for row in expected if row[1] and row[1] <= last]


@given(rows_of_any_kind)
def test_an_unknown_value_matches_neither_flag(rows: list[Row]) -> None:
    columns, expected = Columns([rows]), sorted_rows(rows)
    assert ids(columns) == [row[0] for row in expected]
    for flag in (False, True):
        assert ids(columns, deleted=flag) == [row[0] for row in expected if row[7] == flag]


@given(rows_of_any_kind, st.sampled_from(MOMENTS), st.integers(-1, 21))
def test_a_cursor_need_not_be_a_row(rows: list[Row], moment: str, id_: int) -> None:
    columns, expected = Columns([rows]), sorted_rows(rows)
    assert columns.after(moment, id_) == sum((row[2], row[0]) <= (moment, id_) for row in expected)


@given(rows_of_any_kind, st.integers(0, 26), st.integers(0, 26))
def test_rows_from_a_position_on(rows: list[Row], start: int, size: int) -> None:
    columns = Columns([rows])
    expected = [(row[2], row[0]) for row in sorted_rows(rows)[start:] if row[7] == 1]
    assert columns.rows(columns.comparing({"deleted": True}), start, size) == expected[:size]


def test_of_two_rows_with_an_id_the_later_is_kept_in_whichever_part() -> None:
    columns = Columns([[row(1, flag=0), row(2)], [row(1, flag=1)]])
    assert ids(columns, deleted=True) == [1]
    assert (len(columns), columns.duplicates) == (2, 1)


def test_no_rows_at_all() -> None:
    columns = Columns()
    assert (len(columns), columns.duplicates, ids(columns), ids(columns, company_id=7)) == (0, 0, [], [])
    assert columns.after(MOMENTS[1], 5) == 0
    assert columns.among([1]) == []


@pytest.mark.parametrize(
    ("name", "value"), [("company_id", 2**63), ("company_id", "7"), ("deleted", "no"), ("created_at_gte", 7)]
)
def test_a_value_that_no_posting_can_have_matches_nothing(name: str, value: object) -> None:
    columns = Columns([[row(1)]])
    assert ids(columns, application_active=True, company_id=7, deleted=False, created_at_gte=MOMENTS[1]) == [1]
    assert ids(columns, application_active=True, **{name: value}) == []


def test_ids_that_there_are() -> None:
    columns = Columns([[row(2, MOMENTS[3]), row(3, MOMENTS[1]), row(-(2**63))]])
    assert columns.among([2, 4, 3, 2**70, -(2**63), 2]) == [-(2**63), 3, 2]


def test_the_best_are_those_with_the_highest_sum_then_the_first_in_order() -> None:
    columns = Columns([[row(1, MOMENTS[3]), row(2), row(3), row(4)]])
    everything = columns.comparing({})
    scores = [(1, 1.0), (2, 2.5), (4, 1.0), (3, 9.0), (1, 1.5), (99, 50.0)]
    assert list(columns.best(everything, scores, 0, 9).items()) == [(3, 9.0), (2, 2.5), (1, 2.5), (4, 1.0)]
    assert list(columns.best(everything, scores, 1, 2)) == [2, 1]
    assert list(columns.best(columns.holding([2, 4]), scores, 0, 9)) == [2, 4]
