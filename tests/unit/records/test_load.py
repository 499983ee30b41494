"""Records to a frame: both schemas, both spellings, and nothing lost in silence."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from bulkjobs.errors import LoadFailed
from bulkjobs.records import POSTING_SCHEMA, LoadReport, load, normalise
from bulkjobs.sandbox.sample import generate
from tests.support import SHARED, record


def write(path: Path, *lines: str | bytes | dict[str, Any]) -> Path:
    texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    path.write_bytes(b"\n".join(text.encode() if isinstance(text, str) else text for text in texts))
    return path


def test_schema_a_is_typed(tmp_path: Path) -> None:
    source = {
        **record(412207731, created="2025-06-02 09:14:55", last_updated="2025-06-14 07:42:10", title="Engineer"),
        "time_posted": "1 week ago",
        "description": "About us\n\u2022 run\x0b batch \U0001f680 pipelines\t<b>",
        "seniority": None,
        "company_id": 7300412,
        "salary": "$20,000 - $40,000",
        "applicants_count": "Over 200 applicants",
        "professional_network_job_id": 4011223344,
        "last_updated_ux": 1749886930,
        "deleted": 1,
        "application_active": 1,
    }
    frame, report = load(write(tmp_path / "a.json", source))
    assert frame.schema == POSTING_SCHEMA
    row = frame.row(0, named=True)
    assert row["id"] == 412207731
    assert row["created"] == dt.datetime(2025, 6, 2, 9, 14, 55)
    assert row["last_updated"] == dt.datetime(2025, 6, 14, 7, 42, 10)
    assert row["last_updated_ux"] == dt.datetime(2025, 6, 14, 7, 42, 10)
    assert (row["deleted"], row["application_active"]) == (True, True)
    assert row["posting_id"] == 4011223344
    assert row["industries"] == ["Oceanography"]
    assert row["functions"] == ["Engineering"]
    assert row["description"] == source["description"]
    assert (row["salary"], row["seniority"], row["extra"]) == ("$20,000 - $40,000", None, None)
    assert report.missing_fields["external_url"] == 1
    assert not report.unknown_fields
    assert not report.misfits


def test_both_schemas_and_both_spellings_give_the_same_postings(tmp_path: Path) -> None:
    a, _ = load(write(tmp_path / "a.json", *generate(60)))
    b, report = load(write(tmp_path / "b.json", *generate(60, schema="B")))
    linked, _ = load(write(tmp_path / "l.json", *generate(60, posting_id_key="linkedin_job_id")))
    assert_frame_equal(linked, a)
    assert_frame_equal(b.drop("extra"), a.drop("extra"))
    assert not report.unknown_fields
    assert report.other_fields == {"job_status_log_collection": 60}
    assert report.schemas == {"B": 60}
    # what schema B says besides the names is kept
    row = next(row for row in b.iter_rows(named=True) if row["industries"])
    kept = json.loads(row["extra"])["job_industries_collection"]
    assert [item["job_industry_list"]["industry"] for item in kept] == row["industries"]
    assert {"id", "job_id", "industry_id"} <= kept[0].keys()


def test_unknown_fields_are_kept_and_counted(tmp_path: Path) -> None:
    nested = {"deep": [1, {"x": "\u00e9"}]}
    lines = [record(1, new=nested), record(2, new=None, extra="mine"), record(3)]
    frame, report = load(write(tmp_path / "x.json", *lines))
    assert [json.loads(text) if text else None for text in frame["extra"]] == [
        {"new": nested},
        {"new": None, "extra": "mine"},
        None,
    ]
    assert report.unknown_fields["new"] == 2
    assert "new: 2" in repr(report)


@pytest.mark.parametrize(
    ("field", "column", "value"),
    [
        ("id", "id", "5"),
        ("id", "id", 2**63),
        ("id", "id", True),
        ("company_id", "company_id", 1.5),
        ("created", "created", "2025-06-02T09:14:55"),
        ("created", "created", "2025-02-30 00:00:00"),
        ("last_updated", "last_updated", 17),
        ("deleted", "deleted", 2),
        ("deleted", "deleted", "1"),
        ("title", "title", 7),
        ("title", "title", {"text": "x"}),
        ("last_updated_ux", "last_updated_ux", 10**30),
        ("last_updated_ux", "last_updated_ux", 2**62),
        ("job_industry_collection", "industries", {}),
        ("job_industry_collection", "industries", [{"other": 1}]),
        ("job_industry_collection", "industries", [None]),
        ("job_functions_collection", "functions", "Engineering"),
        ("job_functions_collection", "functions", [5]),
    ],
)
def test_a_value_that_does_not_fit_is_kept_beside(field: str, column: str, value: object, tmp_path: Path) -> None:
    frame, report = load(write(tmp_path / "x.json", record(1, **{field: value})))
    assert frame[column][0] is None
    assert json.loads(frame["extra"][0]) == {field: value}
    assert report.misfits == {field: 1}
    assert field in repr(report)


def test_unix_times_in_seconds_and_milliseconds(tmp_path: Path) -> None:
    frame, _ = load(
        write(tmp_path / "x.json", *(record(n, last_updated_ux=v) for n, v in ((1, 1749886930), (2, 1749886930123))))
    )
    assert frame["last_updated_ux"].to_list() == [
        dt.datetime(2025, 6, 14, 7, 42, 10),
        dt.datetime(2025, 6, 14, 7, 42, 10, 123_000),
    ]


def test_a_record_with_both_spellings_keeps_both(tmp_path: Path) -> None:
    lines = [
        record(1, linkedin_job_id=5, professional_network_job_id=5),
        record(2, linkedin_job_id=5, professional_network_job_id=6),
    ]
    frame, _ = load(write(tmp_path / "x.json", *lines))
    assert frame["posting_id"].to_list() == [5, 6]
    assert frame["extra"].to_list() == [None, '{"linkedin_job_id":5}']


def test_bad_lines_are_set_aside_and_the_rest_is_loaded(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.json",
        record(1),
        '{"id": 2, "ti',
        b'{"id": 3, "title": "\xff"}',
        "",
        "[1]",
        record(4),
        "{}{}",
        "7",
    )
    frame, report = load(path)
    assert frame["id"].to_list() == [1, 4]
    assert report.bad_count == len(report.bad_lines) == 5
    assert report.bad_lines[0].text == '{"id": 2, "ti'
    assert "UTF-8" in report.bad_lines[1].reason
    assert {bad.file for bad in report.bad_lines} == {"x.json"}
    assert "lines set aside" in repr(report)


def test_only_the_first_bad_lines_are_quoted_and_all_are_counted(tmp_path: Path) -> None:
    _, report = load(write(tmp_path / "x.json", *(["x"] * 250)))
    assert (report.bad_count, len(report.bad_lines), report.records) == (250, 100, 0)


def test_lone_surrogates_are_replaced_counted_and_kept(tmp_path: Path) -> None:
    line = '{"id": 1, "title": "half \\ud83d", "job_functions_collection": ["\\udc80"]}'
    frame, report = load(write(tmp_path / "x.json", line))
    assert frame["title"][0] == "half \ufffd"
    assert frame["functions"][0].to_list() == ["\ufffd"]
    assert json.loads(frame["extra"][0])["title"] == "half \ud83d"
    assert report.lone_surrogates == 2


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("form", ["lines", "array", "pretty array", "one object", "bom", "crlf"])
def test_every_form_of_a_file(form: str, compress: bool, tmp_path: Path) -> None:
    records = [record(1, description="a\nb"), record(2)]
    text = {
        "lines": "\n".join(map(json.dumps, records)) + "\n",
        "array": json.dumps(records),
        "pretty array": "\n " + json.dumps(records, indent=1),
        "one object": json.dumps(records[0]),
        "bom": "\ufeff" + "\n".join(map(json.dumps, records)),
        "crlf": "\r\n\r\n".join(map(json.dumps, records)),
    }[form]
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(text.encode()) if compress else text.encode())
    frame, report = load(path)
    assert frame["id"].to_list() == ([1] if form == "one object" else [1, 2])
    assert frame["description"][0] == "a\nb"
    assert report.bad_count == 0


def test_files_are_concatenated_in_order_and_duplicates_counted(tmp_path: Path) -> None:
    one = write(tmp_path / "1.json", record(3), record(1))
    two = write(tmp_path / "2.json", record(3), record(2))
    frame, report = load([two, one])
    assert frame["id"].to_list() == [3, 2, 3, 1]
    assert (report.files, report.records, report.duplicate_ids) == (2, 4, 1)
    empty, report = load([])
    assert (empty.schema, len(empty), report.files) == (POSTING_SCHEMA, 0, 0)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for content in (None, b"\x1f\x8b\x08cut"):
        path = tmp_path / "x.gz"
        if content:
            path.write_bytes(content)
        with pytest.raises(LoadFailed, match=r"x\.gz"):
            load(path)


def test_html_of_a_report_is_escaped() -> None:
    report = LoadReport(records=1, files=1)
    report.unknown_fields["<img onerror=alert(1)>"] += 1
    assert "<img" not in report._repr_html_()
    assert "&lt;img" in report._repr_html_()


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (SHARED / "data" / "recorded").glob("v1_*.json")) or [None]
)
def test_genuine_records_of_the_service(name: str | None) -> None:
    if name is None:
        pytest.skip("the recorded replies are not at hand")
    source = json.loads((SHARED / "data" / "recorded" / name).read_text())
    row = normalise(source, report := LoadReport())
    assert not report.misfits
    assert not report.unknown_fields
    assert row["posting_id"] == source["linkedin_job_id"]
    assert row["description"] == source["description"]
    assert row["industries"] == [i["job_industry_list"]["industry"] for i in source["job_industry_collection"]]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = (
    st.sampled_from([*POSTING_SCHEMA, "linkedin_job_id", "job_industry_collection", "job_functions_collection"])
    | st.text()
)


@settings(max_examples=200)
@given(st.dictionaries(KEYS, JSON_VALUES, max_size=8))
@example({"industries": {}, "job_industry_collection": {}})
def test_no_value_is_ever_lost(source: dict[str, Any]) -> None:
    """Every value of any record is in its column, or in `extra`."""
    row = normalise(json.loads(json.dumps(source)), LoadReport())
    frame = pl.DataFrame([row], schema=POSTING_SCHEMA)
    extra = json.loads(frame["extra"][0] or "{}")
    direct = {"professional_network_job_id": "posting_id", "linkedin_job_id": "posting_id"}
    for key, value in source.items():
        column = direct.get(key, key)
        if key in extra:
            assert extra[key] == value
        elif value is not None and key not in {"job_industry_collection", "job_functions_collection"}:
            found = frame[column][0]
            if isinstance(found, dt.datetime):
                continue
            assert (found.to_list() if isinstance(found, pl.Series) else found) == value
