"""`JobIds`: every file that a person may have, and a line number for what is wrong with it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs.errors import InvalidIds
from bulkjobs.query import query_from_dict


@pytest.mark.parametrize(
    "data",
    [
        b"1\n2\n3\n",
        b"1\n2\n3",
        b"\xef\xbb\xbf1\r\n2\r\n3\r\n",
        b"1,\n2,\n3,\n",
        b"1,,\n\n 2 \n\t3\t\n\n",
        b'"1"\n"2"\n"3",\n',
        b"1\r2\r3\r",
        "1\n2\n3\n".encode("utf-16"),
        b"1\n2\n3\n2\n1\n",
        b"01\n2\n3\n",
    ],
)
def test_files_are_read_as_people_save_them(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(data)
    for ids in (bj.JobIds.from_file(path), bj.JobIds.from_bytes(data), bj.JobIds.from_bytes(memoryview(data))):
        assert list(ids) == [1, 2, 3]
        assert ids.to_csv() == b"1\n2\n3\n"
        assert ids.duplicates == (2 if data.startswith(b"1\n2\n3\n2") else 0)


@pytest.mark.parametrize(
    ("data", "bad"),
    [
        (b"id\n1\n2\n", [(1, "id")]),
        (b"1\n\nx\n2,3\n-4\n5.0\n", [(3, "x"), (4, "2,3"), (5, "-4"), (6, "5.0")]),
        (b"0\n", [(1, "0")]),
        (b"9223372036854775808\n", [(1, "9223372036854775808")]),
        ("1\n\u0661\u0662\n".encode(), [(2, "\u0661\u0662")]),
        (b"1\n1e5\n+7\n", [(2, "1e5"), (3, "+7")]),
    ],
)
def test_bad_lines_are_named(data: bytes, bad: list[tuple[int, str]]) -> None:
    with pytest.raises(InvalidIds, match="Nothing was charged") as caught:
        bj.JobIds.from_bytes(data, name="ids.csv")
    assert list(caught.value.bad_lines) == bad
    assert caught.value.bad_count == len(bad)
    for line, text in bad:
        assert f"line {line}: {text!r}" in str(caught.value)
    assert ("heading" in str(caught.value)) == (bad[0][1] == "id")


def test_many_bad_lines_are_counted_and_twenty_shown() -> None:
    with pytest.raises(InvalidIds, match="and 30 more") as caught:
        bj.JobIds.from_bytes(b"x\n" * 50)
    assert (len(caught.value.bad_lines), caught.value.bad_count) == (20, 50)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b",,\n"])
def test_no_ids_at_all(data: bytes) -> None:
    with pytest.raises(InvalidIds, match="no ids"):
        bj.JobIds.from_bytes(data)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04\xff\xfe", b"1\n\xff\n", b"1\0\n"])
def test_what_is_no_text_is_said(data: bytes) -> None:
    with pytest.raises(InvalidIds, match="not a text file"):
        bj.JobIds.from_bytes(data)


def test_from_python_values() -> None:
    assert list(bj.JobIds([3, 1, 2, 3])) == [3, 1, 2]
    assert list(bj.JobIds(["3", " 1 "])) == [3, 1]
    assert list(bj.JobIds(number for number in (1, 2))) == [1, 2]
    assert list(bj.JobIds(pl.Series([2**62, 5]))) == [2**62, 5]
    assert list(bj.JobIds(pl.Series(["7"]))) == [7]
    assert bj.JobIds([1, 1, 1]).duplicates == 2
    assert bj.JobIds([3, 1, 2]).head(2) == bj.JobIds([1, 3])


@pytest.mark.parametrize(
    "values", [[1, None], [1, 2.0], [True], [1, "x"], [-1], [], "123", 5, None, pl.Series([1.5]), [[1]]]
)
def test_bad_python_values(values: Any) -> None:
    with pytest.raises(InvalidIds):
        bj.JobIds(values)


def test_item_numbers_are_said() -> None:
    with pytest.raises(InvalidIds, match="item 2: 'None'"):
        bj.JobIds(pl.Series([1, None]))


def test_fingerprint_and_round_trip() -> None:
    ids = bj.JobIds([3, 1, 2])
    assert query_from_dict(ids.to_dict()) == ids
    assert ids == bj.JobIds([1, 2, 3])
    assert hash(ids) == hash(bj.JobIds([1, 2, 3]))
    assert ids != bj.JobIds([12, 3])
    assert bj.JobIds([1, 23]) != bj.JobIds([12, 3])
    assert (
        ids.fingerprint == "fad60759120a4872520c2867f92cd0556cb8354fa46da4338dae5055a68b0d3e"
    )  # pinned: a changed one would make every user buy again what they own
    assert repr(bj.JobIds([1, 2, 3, 4, 4])) == "<JobIds: 4 ids (1, 2, 3, ...); 1 duplicates dropped>"


@given(st.lists(st.integers(min_value=1, max_value=2**63 - 1), min_size=1))
def test_what_is_written_is_read(numbers: list[int]) -> None:
    ids = bj.JobIds(numbers)
    assert list(ids) == list(dict.fromkeys(numbers))
    assert list(bj.JobIds.from_bytes(ids.to_csv())) == list(ids)
    assert io.BytesIO(ids.to_csv()).readlines() == [b"%d\n" % number for number in ids]


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        ids = bj.JobIds.from_bytes(data)
    except InvalidIds:
        return
    assert len(ids) > 0
