"""Applicants, employment, seniority and the place of work: against labels, and against any text at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from bulkjobs.analysis import applicants, employment, seniority, work_mode
from bulkjobs.analysis.terms.employment import TYPES
from bulkjobs.analysis.terms.seniority import LEVELS

LABELS = Path(__file__).parent / "labels"
Terms = Callable[[], pl.Expr]


def labels(name: str) -> pl.DataFrame:
    return pl.read_csv(LABELS / name, infer_schema_length=0)


def wrong(frame: pl.DataFrame, made: pl.Expr, got: str, want: str) -> pl.DataFrame:
    return frame.with_columns(made=made).unnest("made").filter(~pl.col(got).cast(pl.String).eq_missing(pl.col(want)))


def test_applicants() -> None:
    named = {"applicants": "number", "bound": "kind"}
    frame, made = labels("applicants.csv").rename(named), applicants("text")
    assert wrong(frame, made, "applicants", "number").is_empty(), wrong(frame, made, "applicants", "number").to_dicts()
    assert wrong(frame, made, "applicants_bound", "kind").is_empty()
    read = frame.select(made=made).unnest("made").drop_nulls("applicants")
    assert read.filter(pl.col("applicants_capped") != (pl.col("applicants_bound") != "exact")).is_empty()


def test_the_vendors_own_forms_of_applicants() -> None:
    frame = pl.DataFrame({"number": range(2_000)})
    text = pl.format("{} applicants", "number")
    read = frame.with_columns(made=applicants(text)).unnest("made")
    assert read.filter(pl.col("applicants") != pl.col("number")).is_empty()
    assert read["applicants_bound"].unique().to_list() == ["exact"]
    bare = frame.with_columns(made=applicants(pl.col("number").cast(pl.String))).unnest("made")
    assert bare["applicants"].equals(frame["number"].rename("applicants"))


@pytest.mark.parametrize(("source", "least", "rows"), [("real", 0.95, 190), ("written", 1.0, 25)])
def test_seniority(source: str, least: float, rows: int) -> None:
    frame = labels("seniority.csv").filter(pl.col("source") == source).rename({"level": "want"})
    missed = wrong(frame, seniority("stated", "title"), "level", "want")
    assert len(frame) >= rows
    assert 1 - len(missed) / len(frame) >= least, missed.select("title", "stated", "want", "level").to_dicts()


@pytest.mark.parametrize(("source", "least", "rows"), [("real", 0.95, 120), ("written", 1.0, 45), ("fresh", 0.95, 90)])
def test_employment(source: str, least: float, rows: int) -> None:
    frame = labels("employment.csv").filter(pl.col("source") == source)
    missed = wrong(frame, employment("stated", "title"), "employment", "type")
    assert len(frame) >= rows
    assert 1 - len(missed) / len(frame) >= least, missed.select("title", "stated", "type", "employment").to_dicts()


@pytest.mark.parametrize(
    ("source", "least", "rows"),
    [("location", 0.98, 120), ("title", 0.98, 40), ("text", 0.93, 180), ("second", 0.85, 80), ("fresh", 0.9, 100)],
)
def test_work_mode(source: str, least: float, rows: int) -> None:
    frame = labels("work_mode.csv").filter(pl.col("source") == source)
    made = work_mode("location", "title", "text")
    missed = wrong(frame, made, "work_mode", "mode")
    assert len(frame) >= rows
    assert 1 - len(missed) / len(frame) >= least, missed.select(
        "location", "title", "text", "mode", "work_mode"
    ).to_dicts()


def test_the_vendors_vocabularies_are_kept() -> None:
    frame = pl.DataFrame({"type": TYPES, "level": LEVELS})
    told = frame.select(
        employment("type", None).struct.field("employment", "employment_inferred"),
        seniority("level", None).struct.field("level", "level_inferred"),
    )
    assert told["employment"].to_list() == list(TYPES)
    assert told["level"].to_list() == list(LEVELS)
    assert not told["employment_inferred"].any()
    assert not told["level_inferred"].any()


def test_what_is_stated_counts_before_the_title() -> None:
    frame = pl.DataFrame({"type": ["Full-time", None], "level": ["Director", None], "title": ["Marketing Intern"] * 2})
    told = frame.select(
        employment("type", "title").struct.field("employment", "employment_inferred"),
        seniority("level", "title").struct.field("level", "level_inferred"),
    )
    assert told["employment"].to_list() == ["Full-time", "Internship"]
    assert told["level"].to_list() == ["Director", "Internship"]
    assert told["employment_inferred"].to_list() == told["level_inferred"].to_list() == [False, True]


def test_the_source_of_the_mode_is_told() -> None:
    frame = pl.DataFrame({
        "location": ["Remote - US", "Porto", "Porto", "Porto"],
        "title": ["Engineer (hybrid)", "Engineer (hybrid)", "Engineer", "Engineer"],
        "text": ["This is an on-site role."] * 3 + ["We sense remotely sensed data."],
    })  # fmt: skip
    told = frame.select(made=work_mode("location", "title", "text")).unnest("made")
    assert told.rows() == [("remote", "location"), ("hybrid", "title"), ("on-site", "text"), (None, None)]
