"""Which postings are the same one, put up again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from bulkjobs import records
from bulkjobs.analysis.reposts import _sketches, reposts
from bulkjobs.records import POSTING_SCHEMA
from tests.support import SHARED

REAL = SHARED / "data" / "real" / "jobs_real.ndjson.zst"

NURSE = (
    "We are looking for a registered nurse who works with us on ward {0}, in a friendly team of people who care. You"
    " plan the care of patients with their families, give medicines, write down what you did and learn each day."
    " We pay for your training, for your travel and for lunch in the canteen; shifts are known eight weeks ahead."
)
COOK = (
    "Our kitchen feeds two hundred guests a day, and needs somebody for the soups. You buy at the market, taste"
    " everything, keep your knives sharp and your station clean. Evenings are free, Sundays too, and the boss sings."
)
DAY = datetime(2026, 1, 1)


def posted(*rows: dict[str, Any]) -> pl.LazyFrame:
    usual = {"title": "Nurse", "company_id": 7, "company_name": "Ward", "description": NURSE.format(1), "created": DAY}
    frame = pl.DataFrame([{"id": at, **usual, **row} for at, row in enumerate(rows, start=1)])
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in POSTING_SCHEMA.items()
    ).lazy()


def chains(*rows: dict[str, Any], **how: Any) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = reposts(posted(*rows), **how).select("canonical_id", "reposts").collect().rows()
    return found


def days(number: int) -> dict[str, datetime]:
    return {"created": DAY + timedelta(days=number)}


def test_the_same_text_again_is_a_repost_of_the_first_one() -> None:
    assert chains(days(60), days(0), days(30)) == [(2, 2), (2, 2), (2, 2)]


@pytest.mark.parametrize(
    "row",
    [
        {"description": NURSE.format("217, ref. 4711-B!")},
        {"description": NURSE.format(1).upper()},
        {"description": f"<p>{NURSE.format(1)}</p>"},
        {"description": NURSE.format(1).replace("canteen", "cafeteria")},
        {"title": "  NURSE "},
        {"company_name": "another name of 7"},
        {"location": "elsewhere"},
    ],
)
def test_a_small_difference_is_none(row: dict[str, Any]) -> None:
    assert chains({}, row) == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    "row",
    [
        {"description": COOK},
        {"description": None},
        {"description": "Nurse wanted."},
        {"title": "Head Nurse"},
        {"company_id": 8},
    ],
)
def test_another_job_is_no_repost(row: dict[str, Any]) -> None:
    assert chains({}, row) == [(1, 0), (2, 0)]


def test_nobodys_postings_are_not_joined() -> None:
    nobody = {"company_id": None, "company_name": ""}
    assert chains(nobody, nobody) == [(1, 0), (2, 0)]


def test_short_texts_say_too_little() -> None:
    assert chains({"description": "Nurse wanted."}, {"description": "Nurse wanted."}) == [(1, 0), (2, 0)]


def test_a_chain_ends_where_it_pauses() -> None:
    assert chains(days(0), days(30), days(60), days(100), days=35) == [(1, 2), (1, 2), (1, 2), (4, 0)]


def test_places_may_be_told_apart() -> None:
    rows = ({"location": "Leeds"}, {"location": "York"}, {"location": "Leeds"})
    assert chains(*rows, same=["location"]) == [(1, 1), (2, 0), (1, 1)]


def test_two_jobs_of_one_title_are_told_apart_though_they_alternate() -> None:
    cook = {"description": COOK}
    assert chains({}, cook, {}, cook) == [(1, 1), (2, 1), (1, 1), (2, 1)]


def test_the_order_of_the_rows_changes_nothing() -> None:
    words = NURSE.format(1).split()
    texts = []
    for at in range(40):  # each a little further away from the first
        for step in range(4):
            words[(at * 7 + step * 13) % len(words)] = f"w{'abcdefghij'[at % 10]}{'abcd'[at // 10]}"
        texts.append(" ".join(words))
    frame = posted(*({"description": text, **days(at)} for at, text in enumerate(texts))).collect()
    found = [
        reposts(frame.sample(fraction=1, shuffle=True, seed=seed).lazy()).collect().sort("id")
        for seed in range(6)
    ]  # fmt: skip
    assert found[0].filter(pl.col("reposts") > 0).height > 10
    assert found[0]["canonical_id"].n_unique() > 2
    for other in found[1:]:
        assert_frame_equal(other, found[0])


def test_rows_stay_in_their_order_in_both_engines() -> None:
    frame = posted(*({"description": NURSE.format(at) if at % 3 else COOK, **days(-at)} for at in range(300)))
    memory, streamed = (reposts(frame).collect(engine=engine) for engine in ("in-memory", "streaming"))
    assert memory["id"].to_list() == list(range(1, 301))
    assert_frame_equal(memory, streamed)
    assert_frame_equal(memory.drop("canonical_id", "reposts"), frame.collect())


def test_a_text_is_sketched_the_same_whatever_follows_it() -> None:
    nurses = [pl.DataFrame({"text": [NURSE, *after]}).lazy() for after in ([], [COOK], [COOK.upper() + " x"])]
    key = pl.select(pl.lit(NURSE).hash()).item()
    sketches = [_sketches(texts).filter(pl.col("key") == key).collect().row(0) for texts in nurses]
    assert len(set(sketches)) == 1


def test_rows_that_come_in_another_order_each_time_keep_their_chains(tmp_path: Path) -> None:
    """A library is read in no order: `semi` joins are streamed as their pieces come."""
    count, copies = 40_000, 4
    rows = posted({}).collect().select(pl.all().repeat_by(count).explode()).with_columns(
        id=pl.int_range(count, dtype=pl.Int64),
        company_id=pl.int_range(count, dtype=pl.Int64) % (count // copies),
        created=pl.lit(DAY) + pl.duration(days=pl.int_range(count) // (count // copies)),
    )  # fmt: skip
    rows.write_parquet(tmp_path / "rows.parquet", row_group_size=500)
    scanned = pl.scan_parquet(tmp_path / "rows.parquet")
    unordered = scanned.join(scanned.select("id"), on="id", how="semi", maintain_order="none")
    for _ in range(3):
        made = reposts(unordered).collect(engine="streaming")
        assert made.filter(pl.col("canonical_id") != pl.col("id") % (count // copies)).is_empty()
        assert made["reposts"].unique().to_list() == [copies - 1]


def test_real_pairs_are_told_apart_as_labelled() -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL.name} is not at hand")
    labels = pl.read_csv(Path(__file__).parent / "labels" / "reposts.csv")
    chained = reposts(records.load(REAL)[0].lazy()).select("id", "canonical_id").collect()
    pairs = labels.join(chained, on="id").join(chained, left_on="other", right_on="id")
    found, same = pl.col("canonical_id") == pl.col("canonical_id_right"), pl.col("same") == 1
    assert pairs.height == labels.height >= 200
    assert pairs.select((found == same).mean()).item() >= 0.88
    assert pairs.select(same.filter(found).mean()).item() >= 0.8
