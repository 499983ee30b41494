"""Looking through a frame: what is found, in what order, and how values read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkjobs.browse import as_read, find, ordered, web_address
from bulkjobs.errors import InvalidQuery

FRAME = pl.DataFrame(
    {
        "title": ["Nurse", "Straßenbauer (m/w)", None, "senior nurse", "100% .* [x]"],
        "kind": pl.Series(["a", "b", "a", None, "Nurse"], dtype=pl.Categorical),
        "functions": [["Sales", None], [], None, ["Health", "Sales"], ["IT"]],
        "number": [3, 1, None, 3, 2],
        "share": [0.5, float("nan"), None, 0.1, 0.9],
        "nested": [{"nurse": 1}] * 5,
    }
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("nurse", [0, 3, 4]),
        ("  NURSE ", [0, 3, 4]),
        ("STRAßE", [1]),
        (".*", [4]),
        ("[x", [4]),
        ("100%", [4]),
        ("(M/W)", [1]),
        ("sales", [0, 3]),
        ("health, sales", [3]),
        ("nobody", []),
        ("", [0, 1, 2, 3, 4]),
        ("   ", [0, 1, 2, 3, 4]),
    ],
)
def test_text_is_found_as_it_stands_in_all_columns_of_text(text: str, rows: list[int]) -> None:
    assert find(FRAME, text).to_list() == rows


@given(st.lists(st.none() | st.text("aAbB.*[(\\ \nß-", max_size=4), max_size=6), st.text("aAbB.*[(\\ß-", max_size=3))
def test_what_is_found_is_what_python_finds(values: list[str | None], text: str) -> None:
    frame = pl.DataFrame({"text": pl.Series(values, dtype=pl.String), "number": pl.Series(range(len(values)))})
    wanted = [at for at, value in enumerate(values) if not text or text.lower() in (value or "").lower()]
    assert find(frame, text).to_list() == wanted


def test_nothing_is_found_where_there_is_no_text() -> None:
    assert find(pl.DataFrame({"number": [1, 2]}), "1").to_list() == []
    assert find(pl.DataFrame(), "x").to_list() == []
    assert find(FRAME.clear(), "x").to_list() == []
    assert find(FRAME.clear(), "").to_list() == []


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="501"):
        find(FRAME, "x" * 501)
    assert find(FRAME, "[" * 500).to_list() == []


@pytest.mark.parametrize(
    ("column", "rising", "falling"),
    [
        ("title", [4, 0, 3, 1, 2], [1, 3, 0, 4, 2]),
        ("kind", [0, 2, 1, 4, 3], [4, 1, 0, 2, 3]),
        ("number", [1, 4, 0, 3, 2], [0, 3, 4, 1, 2]),
        ("share", [3, 0, 4, 1, 2], [4, 0, 3, 1, 2]),
        ("functions", [1, 3, 4, 0, 2], [0, 4, 3, 1, 2]),
        ("nested", [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]),
    ],
)
def test_equal_rows_stay_as_they_are_and_those_without_a_value_come_last(
    column: str, rising: list[int], falling: list[int]
) -> None:
    rows = find(FRAME, "")
    assert ordered(FRAME, rows, column).to_list() == rising
    assert ordered(FRAME, rows, column, descending=True).to_list() == falling


@pytest.mark.parametrize("descending", [False, True])
def test_many_equal_rows_stay_as_they_are(descending: bool) -> None:
    values = [(at * 7919) % 5 or None for at in range(20_000)]
    rows = pl.Series(reversed(range(20_000)), dtype=pl.get_index_type())
    stated = [at for at in rows if values[at] is not None]
    wanted = sorted(stated, key=lambda at: values[at] or 0, reverse=descending)
    wanted += [at for at in rows if values[at] is None]
    assert ordered(pl.DataFrame({"number": values}), rows, "number", descending=descending).to_list() == wanted


def test_only_the_rows_that_were_found_are_put_in_order() -> None:
    assert ordered(FRAME, find(FRAME, "nurse"), "number").to_list() == [4, 0, 3]


def test_what_can_not_be_put_in_order_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="no column 'x'"):
        ordered(FRAME, find(FRAME, ""), "x")
    things = pl.DataFrame({"thing": pl.Series([object()], dtype=pl.Object)})
    with pytest.raises(InvalidQuery, match="no order"):
        ordered(things, find(things, ""), "thing")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        ("a\nb", "a\nb"),
        (True, "yes"),
        (False, "no"),
        (400_000_123, "400000123"),
        (0.1, "0.1"),
        (dt.datetime(2026, 1, 31, 12), "2026-01-31 12:00:00"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (["a", None, "b"], "a, null, b"),
        ([], ""),
        ([[1], [2]], "[[1], [2]]"),
        ({"ä": [dt.date(2026, 1, 31), None, b"\x01"]}, '{"ä": ["2026-01-31", null, "01"]}'),
        (b"\x00\xff", "00ff"),
    ],
)
def test_values_read_well_and_whole(value: object, text: str | None) -> None:
    assert as_read(value) == text


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("https://example.com/a?b=c#d", True),
        ("HTTP://example.com", True),
        ("javascript:alert(1)", False),
        (" https://example.com", False),
        ("https://example.com and more", False),
        ("https://exam\nple.com", False),
        ("https://", False),
        ("https://[", False),
        ("data:text/html,x", False),
        ("//example.com", False),
        ("httpsx://example.com", False),
        (None, False),
        (1, False),
    ],
)
def test_only_the_address_of_a_web_page_becomes_a_link(value: Any, is_one: bool) -> None:
    assert web_address(value) == (value if is_one else None)
