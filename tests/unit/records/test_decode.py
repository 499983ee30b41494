"""The fast route against the exact one: the same frame, the same report, whatever the file holds."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from bulkjobs.records import LoadReport, load, load_file
from bulkjobs.records.decode import Layout
from bulkjobs.sandbox.sample import generate
from tests.support import record

COMPACT = (",", ":")


def written(path: Path, records: list[Any], separators: tuple[str, str] = COMPACT, **options: Any) -> Path:
    options.setdefault("ensure_ascii", False)
    path.write_text("".join(json.dumps(r, separators=separators, **options) + "\n" for r in records), "utf-8")
    return path


def counted(report: LoadReport) -> dict[str, Any]:
    """All of a report but the examples: which value is the first depends on the route."""
    return {**dataclasses.asdict(report), "examples": sorted(report.examples)}


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pl.DataFrame, LoadReport]:
    """Load by either route, and compare."""
    frame, report = load_file(path)
    with monkeypatch.context() as patched:
        patched.setattr(Layout, "learn", classmethod(lambda cls, lines: None))
        exact, exact_report = load_file(path)
    assert_frame_equal(frame, exact)
    assert counted(report) == counted(exact_report)
    return frame, report


@pytest.fixture
def proven(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the rows that the fast route proves."""
    rows: list[int] = []
    note = Layout.note

    def noting(self: Layout, clean: pl.DataFrame, report: LoadReport) -> None:
        rows.append(len(clean))
        note(self, clean, report)

    monkeypatch.setattr(Layout, "note", noting)
    return rows


@pytest.mark.parametrize("separators", [COMPACT, (", ", ": ")])
@pytest.mark.parametrize("schema", ["A", "B"])
def test_made_up_postings_take_the_fast_route(
    schema: Any, separators: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proven: list[int]
) -> None:
    path = written(tmp_path / "x.json", list(generate(300, schema=schema)), separators)
    frame, report = both(path, monkeypatch)
    assert len(frame) == 300
    assert report.clean
    assert sum(proven) >= 290


def test_a_new_field_of_any_shape_does_not_leave_the_fast_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proven: list[int]
) -> None:
    new = {"deep": [{"x": 1.5, "y": ["\u00e9", None]}], "on": True}
    records = [{"new": new, **r, "rank": n, "none": None} for n, r in enumerate(generate(100))]
    records[50]["rank"] = "fifty"
    frame, report = both(written(tmp_path / "x.json", records), monkeypatch)
    assert sum(proven) > 80
    assert report.unknown_fields == {"new": 100, "none": 100, "rank": 100}
    assert json.loads(frame["extra"][7]) == {"new": new, "none": None, "rank": 7}
    assert json.loads(frame["extra"][50]) == {"new": new, "none": None, "rank": "fifty"}


def test_unknown_keys_inside_of_nested_names_are_told_by_their_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proven: list[int]
) -> None:
    items = [{"job_industry_list": {"industry": "Oceanography", "code": 7}, "weight": 0.5}]
    records = [{**r, "job_industry_collection": items if n % 2 else []} for n, r in enumerate(generate(40))]
    frame, report = both(written(tmp_path / "x.json", records), monkeypatch)
    assert sum(proven) == 40
    assert report.unknown_fields == {
        "job_industry_collection[].weight": 20,
        "job_industry_collection[].job_industry_list.code": 20,
    }
    assert report.examples["job_industry_collection[].job_industry_list.code"] == "7"
    assert json.loads(frame["extra"][1]) == {"job_industry_collection": items}
    assert frame["extra"][0] is None


def test_a_file_that_changes_its_shape_is_learned_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proven: list[int]
) -> None:
    monkeypatch.setattr("bulkjobs.records.lines._LINES", 50)
    records = [*generate(200), *generate(200, schema="B"), *({"x": 1, **r} for r in generate(200))]
    frame, report = both(written(tmp_path / "x.json", records), monkeypatch)
    assert len(frame) == 600
    assert report.schemas == {"A": 400, "B": 200}
    assert sum(proven) > 550


def test_the_slower_reader_is_only_taken_where_something_must_be_located(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slower(Exception):
        pass

    def refuse(path: Path) -> Any:
        raise Slower

    monkeypatch.setattr("bulkjobs.records.loading._batches", refuse)
    records = [*generate(50), {"id": "no number", "new": 1}]
    frame, _ = load_file(written(tmp_path / "x.json", records))
    assert len(frame) == 51
    for odd in ("no record", "", "[1]"):
        (tmp_path / "x.json").write_text("\n".join([*map(json.dumps, records), odd, json.dumps(record(1))]))
        if not odd:
            assert len(load_file(tmp_path / "x.json")[0]) == 52
            continue
        with pytest.raises(Slower):
            load_file(tmp_path / "x.json")


@pytest.mark.parametrize("last", ["two objects", "no object"])
def test_a_last_batch_of_one_odd_line(last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bulkjobs.records.lines._LINES", 2)
    lines = [json.dumps(r, separators=COMPACT) for r in generate(4)]
    lines.append(f"{lines[0]},{lines[1]}" if last == "two objects" else "null")
    (tmp_path / "x.json").write_text("\n".join(lines))
    frame, report = both(tmp_path / "x.json", monkeypatch)
    assert (len(frame), report.bad_count) == (4, 1)
    assert report.bad_lines[0].line == 5


DIRTY: dict[str, Callable[[str], str | bytes]] = {
    "unknown key": lambda line: line.replace('"title"', '"new":1,"title"'),
    "renamed key": lambda line: line.replace('"salary"', '"paying"'),
    "missing key": lambda line: line.replace('"salary":null,', ""),
    "key twice": lambda line: line.replace('"title"', '"title":"first","title"'),
    "key twice, nested": lambda line: line.replace(
        '"job_industry_collection":[',
        '"job_industry_collection":[{"job_industry_list":{"industry":"a","industry":"b"}}' + "," * ("[{" in line),
    ),
    "other order": lambda line: json.dumps(dict(reversed(json.loads(line).items())), separators=COMPACT),
    "two objects": lambda line: f"{line},{line}",
    "two objects, no comma": lambda line: line + line,
    "cut": lambda line: line[:100],
    "garbage": lambda line: "<html>",
    "null": lambda line: "null",
    "array": lambda line: "[1]",
    "number": lambda line: "5",
    "blank": lambda line: "  ",
    "empty object": lambda line: "{}",
    "no number": lambda line: line.replace('"id":', '"id":"').replace(',"created"', '","created"', 1),
    "fraction": lambda line: line.replace(',"created"', '.0,"created"', 1),
    "exponent": lambda line: line.replace(',"created"', 'e0,"created"', 1),
    "true as number": lambda line: line.replace('"company_id":7', '"company_id":true'),
    "large integer": lambda line: line.replace('"company_id":7', '"company_id":9223372036854775808'),
    "larger integer": lambda line: line.replace('"company_id":7', '"company_id":18446744073709551616'),
    "minus zero": lambda line: line.replace('"company_id":7', '"company_id":-0'),
    "number as text": lambda line: line.replace('"salary":null', '"salary":1.50'),
    "flag as text": lambda line: line.replace('"salary":null', '"salary":true'),
    "object as text": lambda line: line.replace('"salary":null', '"salary":{"min":1}'),
    "array as text": lambda line: line.replace('"salary":null', '"salary":["a"]'),
    "object as list": lambda line: line.replace('"job_functions_collection":', '"job_functions_collection":{},"x":'),
    "null in a list": lambda line: line.replace('"job_functions_collection":[', '"job_functions_collection":[null,'),
    "flag of 2": lambda line: line.replace('"deleted":0', '"deleted":2'),
    "no such day": lambda line: re.sub(r'"created":"[^"]*"', '"created":"2025-02-30 00:00:00"', line),
    "short date": lambda line: re.sub(r'"created":"[^"]*"', '"created":"2025-2-3 4:5:6"', line),
    "leap second": lambda line: re.sub(r'"created":"[^"]*"', '"created":"2025-06-30 23:59:60"', line),
    "year 0": lambda line: re.sub(r'"created":"[^"]*"', '"created":"0000-01-01 00:00:00"', line),
    "time after all": lambda line: re.sub(r'"last_updated_ux":[0-9]+', '"last_updated_ux":9999999999999999', line),
    "milliseconds": lambda line: re.sub(r'"last_updated_ux":[0-9]+', '"last_updated_ux":1749886930123', line),
    "lone surrogate": lambda line: line.replace('"description":"', '"description":"\\ud83d'),
    "lone surrogate in a list": lambda line: line.replace('_collection":[', '_collection":["\\udc80",'),
    "escaped pair": lambda line: line.replace('"description":"', '"description":"\\ud83d\\ude80'),
    "escaped NUL": lambda line: line.replace('"description":"', '"description":"\\u0000'),
    "raw NUL": lambda line: line.replace('"description":"', '"description":"\0'),
    "raw control character": lambda line: line.replace('"description":"', '"description":"\x0b'),
    "raw tab": lambda line: line.replace('"description":"', '"description":"\t'),
    "delete, line separator": lambda line: line.replace('"description":"', '"description":"\x7f\u2028'),
    "escaped slash": lambda line: line.replace("https://", "https:\\/\\/"),
    "invalid escape": lambda line: line.replace('"description":"', '"description":"\\x'),
    "NaN": lambda line: line.replace('"company_id":7', '"company_id":NaN'),
    "carriage return": lambda line: line + "\r",
    "spaces around": lambda line: f"  {line} ",
    "spaces inside": lambda line: json.dumps(json.loads(line), ensure_ascii=False),
    "deep": lambda line: line.replace('"salary":null', '"salary":' + "[" * 3000 + "]" * 3000),
    "invalid UTF-8": lambda line: line.encode().replace(b'"description":"', b'"description":"\xff'),
    "half a character in UTF-8": lambda line: line.encode().replace(b'"title":"', b'"title":"\xed\xa0\xbd'),
    "both spellings": lambda line: line.replace('"country"', '"linkedin_job_id":5,"country"'),
}


def with_numbers(number: int) -> dict[str, Any]:
    made = next(iter(generate(1, seed=number)))
    return {**made, "id": number, "company_id": 7, "salary": None, "deleted": 0}


@pytest.mark.parametrize("kind", DIRTY)
@pytest.mark.parametrize("place", [0, 5, 9])
def test_a_dirty_record_among_clean_ones(
    kind: str, place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str | bytes] = [
        json.dumps(with_numbers(n), ensure_ascii=False, separators=COMPACT) for n in range(1, 11)
    ]
    clean = str(lines[place])
    lines[place] = DIRTY[kind](clean)
    assert lines[place] != clean, "the case does nothing"
    raw = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    path = tmp_path / "x.json"
    path.write_bytes(raw)
    frame, report = both(path, monkeypatch)
    blank = kind == "blank"
    assert report.records + report.bad_count == 10 - blank
    untouched = [n for n in range(1, 11) if n != place + 1]
    assert frame.filter(pl.col("id").is_in(untouched))["id"].to_list() == untouched
    if report.bad_count:
        (bad,) = report.bad_lines
        assert bad.line == place + 1
        text = raw.split(b"\n")[place][:50]
        begins_an_array = kind == "array" and place == 0  # what looks like one is read as one
        assert raw[bad.offset :].startswith(text[begins_an_array:])


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.sampled_from([0, 1, 2, 1749886930, 1749886930123])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["2025-06-02 09:14:55", "2025-06-02T09:14:55.123456Z", "2025-02-30 00:00:00", "\ud83d", "\0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["job_industry_list", "industry", "id", "x"]) | st.text(max_size=3), inner)
        | inner.map(lambda value: [{"job_industry_list": {"industry": value}}])
    ),
    max_leaves=6,
)
SHAPES = st.sampled_from([record(1), next(iter(generate(1))), next(iter(generate(1, schema="B")))])
KEYS = st.sampled_from(
    "id created created_at title deleted last_updated_ux industries functions linkedin_job_id state new extra "
    "job_industry_collection job_industries_collection job_functions_collection".split()
) | st.text(max_size=4)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=SHAPES,
    common=st.dictionaries(KEYS, JSON_VALUES, max_size=3),
    changes=st.lists(st.dictionaries(KEYS, JSON_VALUES, max_size=2), min_size=1, max_size=6),
    separators=st.sampled_from([COMPACT, (", ", ": "), (" ,", ":  ")]),
    escaped=st.booleans(),
)
@example(shape={}, common={"*": 1, "^i.*$": 2}, changes=[{}], separators=COMPACT, escaped=False)
@example(shape={}, common={}, changes=[{}], separators=COMPACT, escaped=False)
def test_any_records_are_the_same_by_either_route(
    shape: dict[str, Any],
    common: dict[str, Any],
    changes: list[dict[str, Any]],
    separators: tuple[str, str],
    escaped: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = [{**shape, **common, **(changes[n] if n < len(changes) else {}), "id": n} for n in range(8)]
    text = "".join(json.dumps(r, separators=separators, ensure_ascii=True) + "\n" for r in records)
    if not escaped:
        text = "".join(
            json.dumps(json.loads(line), separators=separators, ensure_ascii=False) + "\n" for line in text.splitlines()
        )
    path = tmp_path / "x.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    _, report = both(path, monkeypatch)
    assert report.records + report.bad_count == 8


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.integers(0, 2),
    at=st.integers(0, 10_000),
    cut=st.integers(0, 6),
    put=st.binary(max_size=6) | st.sampled_from([b"\n", b'"', b"\\", b",", b"}", b"\\u", b"\x00", b"\xff", b"1", b" "]),
)
def test_any_damage_is_the_same_by_either_route(
    place: int, at: int, cut: int, put: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [json.dumps({**record(n), "job_industry_collection": []}, separators=COMPACT).encode() for n in range(1, 4)]
    at %= len(lines[place])
    lines[place] = lines[place][:at] + put + lines[place][at + cut :]
    # What begins so is compressed, or one JSON array, which has no lines to be counted.
    assume(not lines[0].lstrip().startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"[")))
    path = tmp_path / "x.json"
    path.write_bytes(b"\n".join(lines))
    _, report = both(path, monkeypatch)
    there = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    assert report.records + report.bad_count == len(there)


def test_several_files_give_a_chunk_each(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{n}.json", list(generate(30, seed=n))) for n in range(3)]
    frame, report = load(paths)
    assert frame["id"].n_chunks() in {3, 4}  # an empty one tells the schema
    assert [part.source for part in report.parts] == ["0.json", "1.json", "2.json"]
    assert report.records == len(frame) == 90
