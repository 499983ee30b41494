"""Strict loads, the vendor's own shape, the data dictionary, and drift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import bulkjobs as bj
from bulkjobs.engine import Rows
from bulkjobs.errors import Charged, LoadFailed
from bulkjobs.records import COLUMNS, POSTING_SCHEMA, data_dictionary, drift, load
from bulkjobs.sandbox.sample import generate
from tests.support import record


def written(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records))
    return path


@pytest.mark.parametrize(
    "dirty",
    [
        "no record",
        record(1, new=1),
        record(1, company_id="7"),
        record(1, title="half \ud83d"),
        '{"id": 1, "id": 1}',
        '{"id": 1, "title": "\x0b"}',
        record(0),
    ],
)
def test_strict_raises_where_anything_is_odd(dirty: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "x.json", record(0), dirty)
    _, report = load(path)
    assert not report.clean
    with pytest.raises(LoadFailed) as caught:
        load(path, strict=True)
    assert caught.value.report == report
    assert caught.value.charged is Charged.NO
    assert "Load report" in str(caught.value)


def test_strict_takes_what_is_clean(tmp_path: Path) -> None:
    frame, report = load(written(tmp_path / "x.json", *generate(50)), strict=True)
    assert report.clean
    assert len(frame) == 50


def test_raw_gives_the_vendors_own_shape(tmp_path: Path) -> None:
    records = [*generate(20, schema="B"), *generate(20), record(1, score=1.5, mixed=1), record(2, mixed="x", big=2**70)]
    frame, report = load(written(tmp_path / "x.json", *records, "bad"), raw=True, aside=tmp_path)
    assert frame.columns == list(dict.fromkeys(key for r in records for key in r))
    assert frame["created"].dtype == pl.String
    assert frame["job_industry_collection"].dtype == pl.List(
        pl.Struct({"job_industry_list": pl.Struct({"industry": pl.String})})
    )
    for row, was in zip(frame.drop("mixed", "big").iter_rows(named=True), records, strict=True):
        for key, value in was.items():
            if key not in {"mixed", "big"} and not isinstance(value, list):
                assert row[key] == value
    assert frame["mixed"].to_list()[-2:] == ["1", '"x"']
    assert frame["big"][-1] == str(2**70)
    assert (report.records, report.bad_count) == (42, 1)
    assert report.misfits == {"mixed": 1, "big": 1, "job_functions_collection": 1}  # names, and in schema B more
    assert (tmp_path / "x.json.bad-lines").read_text() == "bad\n"


def test_every_column_is_documented() -> None:
    frame = data_dictionary()
    assert frame["column"].to_list() == POSTING_SCHEMA.names() == [column.name for column in COLUMNS]
    assert all(len(meaning) > 10 for meaning in frame["meaning"])
    assert frame.filter(pl.col("column") == "posting_id")["source"].item() == (
        "professional_network_job_id, linkedin_job_id, source_id"
    )
    assert frame.filter(pl.col("column") == "created")["unit"].item() == "UTC"


def test_both_spellings_of_every_redacted_name_of_schema_c(tmp_path: Path) -> None:
    c = {
        "id": 5,
        "source_id": 77,
        "created_at": "2026-01-01T02:03:04.125Z",
        "updated_at": "2026-02-01 00:00:00",
        "industries": ["Oceanography"],
        "functions": [],
        "country_iso_2": "PT",
        "recruiter": {"profile_url": None},
    }
    frame, report = load(written(tmp_path / "c.json", c))
    (row,) = frame.iter_rows(named=True)
    assert (row["posting_id"], row["industries"], row["functions"]) == (77, ["Oceanography"], [])
    assert row["created"].isoformat() == "2026-01-01T02:03:04.125000"
    assert json.loads(row["extra"]) == {"country_iso_2": "PT", "recruiter": {"profile_url": None}}
    assert report.schemas == {"C": 1}
    assert not report.unknown_fields
    assert report.clean


def frames(tmp_path: Path, *sets: list[dict[str, Any]]) -> list[pl.DataFrame]:
    return [load(written(tmp_path / f"{n}.json", *records))[0] for n, records in enumerate(sets)]


def in_parts(frame: pl.DataFrame) -> Rows:
    return Rows(tuple(frame[at : at + 31].lazy() for at in range(0, len(frame), 31)))


def test_no_drift_between_the_same(tmp_path: Path) -> None:
    one, two = frames(tmp_path, list(generate(300)), list(generate(300)))
    found = drift(two, one)
    assert not found
    assert "none" in repr(found)


def test_drift_between_two_collections(tmp_path: Path) -> None:
    before = [{**r, "seniority": "Director", "old": 1} for r in generate(200)]
    now = [
        {**r, "seniority": "Executive" if n % 2 else None, "company_id": "7", "pay": {"min": n}}
        for n, r in enumerate(generate(200))
    ]
    for r in now:
        del r["redirected_url_hash"]
    one, two = frames(tmp_path, before, now)
    found = drift(two, one)
    assert found
    assert found == drift(in_parts(two), in_parts(one)) == drift(two.lazy(), in_parts(one))
    assert found.new_fields == {"pay": 200}
    assert found.gone_fields.keys() == {"old", "redirected_url_hash", "company_id"}
    assert found.misfits == {"company_id": (0, 200)}
    assert [(rate.column, rate.before, rate.now) for rate in found.null_rates] == [("seniority", 0.0, 0.5)]
    (values,) = [change for change in found.values if change.column == "seniority"]
    assert (values.new, values.gone) == (("Executive",), ("Director",))
    assert "pay" in repr(found)
    assert "<table" in found._repr_html_()


def test_a_null_rate_that_chance_explains_is_no_drift(tmp_path: Path) -> None:
    def some(empty: int) -> list[dict[str, Any]]:
        return [record(n, salary=None if n < empty else "10") for n in range(20)]

    one, two = frames(tmp_path, some(10), some(13))
    assert drift(two, one).null_rates == []
    one, two = frames(tmp_path, some(0), some(13))
    assert [rate.column for rate in drift(two, one).null_rates] == ["salary"]


def test_drift_from_the_documentation(tmp_path: Path) -> None:
    odd = [{**r, "title": None if n < 10 else "x", "pay": 1, "deleted": "no"} for n, r in enumerate(generate(100))]
    (frame,) = frames(tmp_path, odd)
    found = drift(frame)
    assert found == drift(in_parts(frame))
    assert found.records_before is None
    assert found.new_fields == {"pay": 100}
    assert found.misfits == {"deleted": (0, 100)}
    assert "deleted" in found.gone_fields
    assert [(rate.column, rate.now) for rate in found.null_rates] == [("title", 0.1)]
    assert not drift(pl.DataFrame(schema=POSTING_SCHEMA))


async def test_drift_of_collections(client: bj.Client, query: bj.JobFilter) -> None:
    one = await client.collect(query, limit=60)
    assert one.drift().records == 60
    assert one.drift(one).records_before == 60
    assert not one.drift(one)
