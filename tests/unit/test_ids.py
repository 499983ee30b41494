"""`JobIds`: every file that a person may have, and a line number for what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs.errors import InvalidIds
from bulkjobs.query import ids as module
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
    assert caught.value.summary.startswith("The upload has 50 lines that are no ids. ")


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


# --- millions of ids -------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [b"1", b"2", b"10", b"\n", b"\n", b"\n"]  # mostly clean, or nothing would ever be read the fast way
    + [b"\r\n", b"\r", b" ", b"\t", b",", b'"', b"+", b"-", b"0", b"_", b"#", b"\0", b"\xff", b"\xef\xbb\xbf"]
    + [b"1.0", b"1e3", b"0x1", b"id", b"null", b"9223372036854775807", b"9223372036854775808", b"1" * 20]
    + [text.encode() for text in ("\u0661", "\u00a0", "\u0085", "\u2028", "\v", "\f")]
)
ITEMS = st.sampled_from([1, 2, 10, 2**63 - 1, 2**63, 2**200, 0, -1, True, 2.0, None, "1", " 2,", '"10"', "1\n2", "x"])


def outcome(source: bytes | list[Any] | pl.Series, *, step: int, fast: bool = True) -> object:
    """All that can be seen of reading some ids: the same for any step, fast way or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STEP", step)
        if not fast:
            patch.setattr(module, "_strict", lambda items: None)
        try:
            ids = bj.JobIds.from_bytes(source) if isinstance(source, bytes) else bj.JobIds(source)
        except InvalidIds as error:
            return str(error), error.bad_lines, error.bad_count
        return list(ids), ids.series.dtype, ids.series.name, ids.duplicates, ids.fingerprint, ids.to_csv(), repr(ids)


@given(st.lists(PIECES).map(b"".join), st.integers(1, 9))
@example(b"1\n2\n3\n2", 2)
@example(b"1\n\n+2\n", 100)
@example("1\n2\n".encode("utf-16"), 1)
def test_the_fast_way_reads_a_file_as_the_tolerant_one(data: bytes, step: int) -> None:
    assert outcome(data, step=step) == outcome(data, step=10**6, fast=False)


@given(st.lists(ITEMS), st.integers(1, 4))
@example([1, True], 2)
@example([1, 2, None], 2)
def test_the_fast_way_reads_a_list_as_the_tolerant_one(items: list[Any], step: int) -> None:
    assert outcome(items, step=step) == outcome(items, step=10**6, fast=False)


@given(
    st.lists(st.one_of(st.none(), st.integers(-2, 100))),
    st.sampled_from([pl.Int8, pl.Int32, pl.Int64, pl.Int128, pl.UInt8, pl.UInt64, pl.String]),
    st.integers(1, 4),
)
def test_a_series_is_read_as_the_list_of_its_items(items: list[Any], dtype: Any, step: int) -> None:
    series = pl.Series(items, dtype=pl.Int64).cast(dtype, strict=False)
    assert outcome(series, step=step) == outcome(series.to_list(), step=10**6, fast=False)


@pytest.mark.parametrize("dtype", [pl.UInt64, pl.Int128])
def test_an_integer_too_large_is_quoted(dtype: Any) -> None:
    with pytest.raises(InvalidIds, match="item 2: '9223372036854775808'"):
        bj.JobIds(pl.Series([1, 2**63], dtype=dtype))


@pytest.mark.parametrize("text", ["7", "1234567890", str(2**63 - 1)])
def test_what_is_clean_takes_the_fast_way(text: str) -> None:
    assert module._strict(pl.Series([text, "1"])) is not None


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "+7", "07", " 7", "7 ", "7,", '"7"', "7.0", "7e1", "\u0667", str(2**63)]
)
def test_what_is_not_clean_is_left_to_the_tolerant_way(text: str) -> None:
    assert module._strict(pl.Series(["1", text])) is None


@pytest.mark.parametrize("text", ["1\n22\n3\n", "1\n22\n3"])
def test_a_clean_file_is_clean_in_all_its_pieces(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP", 2)
    pieces = [module._strict(lines) for lines in module._lines(text)]
    assert [piece is not None and piece.to_list() for piece in pieces] == [[1, 22], [3]]


def test_what_is_bad_is_quoted_as_it_stands() -> None:
    with pytest.raises(InvalidIds, match="line 2: ' x ,'"):
        bj.JobIds.from_bytes(b"1\n x ,\n")
    with pytest.raises(InvalidIds, match=r"item 1: '\[1\]'"):
        bj.JobIds(pl.Series([[1]]))


def test_bad_lines_of_many_pieces_are_shown_as_those_of_one() -> None:
    data = b"1\n" + b"x" * 100 + b"\ny\n" * 30
    shown, whole = outcome(data, step=7), outcome(data, step=10**6)
    assert shown == whole
    assert repr("x" * 80) in str(whole)
    assert repr("x" * 81) not in str(whole)
    assert "and 11 more" in str(whole)


def test_ids_do_not_change_with_the_array_they_came_from() -> None:
    array = pytest.importorskip("numpy").array([5, 3, 4])
    ids = bj.JobIds(pl.Series(array))
    array[0] = 99
    assert list(ids) == [5, 3, 4]


def test_a_bad_line_after_many_good_ones_is_named() -> None:
    many = b"".join(b"%d\r\n" % number for number in range(1, 400_001))
    with pytest.raises(InvalidIds) as caught:
        bj.JobIds.from_bytes(b"\xef\xbb\xbf" + many + b"oops\r\n7\r\n")
    assert list(caught.value.bad_lines) == [(400_001, "oops")]
    with pytest.raises(InvalidIds) as caught:
        bj.JobIds(number if number < 1_234_567 else str(-number) for number in range(1, 1_234_569))
    assert list(caught.value.bad_lines) == [(1_234_567, "-1234567"), (1_234_568, "-1234568")]


@pytest.mark.parametrize(
    ("numbers", "digest"),
    [
        (
            [10**power for power in range(19)] + [2**63 - 1, 7, 7],
            "cf876761cf03cd647c027a696c86426777d1d2d91a4f8f95628c0767cecc3de8",
        ),
        (range(1_100_000, 0, -1), "60ae96610a335af69483770428259933c4d67c4b8df144ffd047ae4e611d60b9"),
    ],
)
def test_fingerprints_stay_what_they_were(numbers: Iterable[int], digest: str) -> None:
    # Pinned: written down from the code that joined Python strings, before ids were worked on some at a time.
    ids = bj.JobIds(numbers)
    assert ids.fingerprint == digest
    assert ids.to_csv() == "".join(f"{number}\n" for number in dict.fromkeys(numbers)).encode()
