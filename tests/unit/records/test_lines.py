"""Files cut into batches: every line and every item once, in order, wherever the pieces end."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkjobs.inflate import Undecodable, inflated, pieces
from bulkjobs.records import LoadReport, load, load_file, split_records
from bulkjobs.records.lines import batches
from tests.support import record


class Dribble(io.BytesIO):
    """Gives little at a time, as a decompressor may."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        return super().readinto(memoryview(buffer)[:7])


def taken(data: bytes, size: int = 50) -> list[tuple[int, bytes]]:
    return [line for batch in batches(Dribble(data), size) for line in batch.lines()]


@settings(max_examples=200)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n[\ufeff"), max_size=120), max_size=12),
    st.booleans(),
)
def test_lines_are_what_split_gives(lines: list[str], ended: bool) -> None:
    data = "\n".join(lines).encode() + b"\n" * ended
    found = taken(data)
    expected = [line for line in data.split(b"\n") if line.strip()]
    assert [line for _, line in found if line.strip()] == expected
    assert all(data[offset:].startswith(line) for offset, line in found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.lists(JSON, max_size=8), st.sampled_from([None, 0, 2]), st.booleans(), st.sampled_from(["", "\n", "\n 7\n"]))
def test_items_of_an_array_are_what_json_gives(items: list[object], indent: int | None, bom: bool, after: str) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=False)
    data = b"\xef\xbb\xbf" * bom + (text + after).encode("utf-8", "surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        return  # half characters of the made-up text
    found = [line for line in taken(data) if line[1].strip()]
    assert [json.loads(line) for _, line in found] == items + [7] * ("7" in after)
    assert all(data[offset:].startswith(line) for offset, line in found)


def test_an_array_with_garbage_keeps_what_comes_before_and_sets_the_rest_aside(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(f"[{json.dumps(record(1))},\n{json.dumps(record(2))},\nnot json,\n{json.dumps(record(3))}]")
    frame, report = load(path)
    assert frame["id"].to_list() == [1, 2]
    assert report.bad_count == 2
    assert "not json" in "".join(bad.text for bad in report.bad_lines)


def test_a_huge_item_is_not_parsed_over_and_over() -> None:
    item = {"description": "x" * 3_000_000}
    found = list(split_records(json.dumps([item, item]).encode()))
    assert [json.loads(text) for text in found] == [item, item]


def test_a_line_larger_than_a_batch(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    long = record(2, description="\u00e9\n" * 6_000_000)  # 40 MB of JSON
    path.write_text("\n".join(json.dumps(r) for r in (record(1), long, record(3))))
    frame, report = load(path)
    assert frame["id"].to_list() == [1, 2, 3]
    assert frame["description"][1] == long["description"]
    assert report.bad_count == 0


def test_numbers_and_offsets_of_bad_lines_across_batches(tmp_path: Path) -> None:
    lines = [json.dumps(record(n, description="x" * 5_000)) for n in range(3_000)]
    places = [0, 700, 1_500, 2_999]
    for place in places:
        lines[place] = f"bad {place}"
    data = "\n".join(lines).encode()
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(data, 1))
    frame, report = load_file(path, aside=tmp_path)
    assert len(frame) == 3_000 - len(places)
    assert [bad.line - 1 for bad in report.bad_lines] == places
    assert all(data[bad.offset :].startswith(bad.text.encode() + b"\n"[: bad.line < 3_000]) for bad in report.bad_lines)
    side = (tmp_path / "x.json.gz.bad-lines").read_bytes()
    assert side == b"".join(f"bad {place}\n".encode() for place in places)
    assert not list(tmp_path.glob(".*"))


def test_no_side_file_without_need(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(record(1)))
    load(tmp_path / "x.json", aside=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "tail"])
@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_damaged_files_are_refused(kind: str, damage: str, tmp_path: Path) -> None:
    data = "\n".join(json.dumps(record(n)) for n in range(500)).encode()
    packed = bytearray(gzip.compress(data) if kind == "gzip" else zstd.compress(data))
    if damage == "cut":
        packed = packed[:-5]
    if damage == "flipped":
        packed[len(packed) // 2] ^= 0xFF
    if damage == "tail":
        packed += b"garbage"
    path = tmp_path / "x"
    path.write_bytes(packed)
    with pytest.raises(Undecodable), inflated(path) as content:
        list(pieces(content))


def test_several_members_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(b"".join(gzip.compress(json.dumps(record(n)).encode() + b"\n") for n in range(5)))
    frame, _ = load(path)
    assert frame["id"].to_list() == list(range(5))


def test_reports_add_up(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.json").write_text(f"{json.dumps(record(n // 2, new=n))}\nbad\n")
    _, report = load([tmp_path / f"{n}.json" for n in range(3)])
    assert (report.files, report.records, report.bad_count, report.duplicate_ids) == (3, 3, 3, 1)
    assert report.unknown_fields == {"new": 3}
    assert report.examples == {"new": "0"}
    assert [bad.file for bad in report.bad_lines] == ["0.json", "1.json", "2.json"]
    assert isinstance(report.parts[2], LoadReport)
    assert report.parts[2].records == 1
