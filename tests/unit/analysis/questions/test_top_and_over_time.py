"""The most frequent values and the postings by period, against sums in plain Python."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkjobs.analysis.questions import SMALL, over_time, top
from bulkjobs.errors import InvalidQuery

from .support import HOSTILE, asked_lazily, day, drawn, postings

DATES = st.none() | st.datetimes(datetime(2024, 12, 20), datetime(2025, 3, 10))
NAMES = st.none() | st.sampled_from(["Alder", "Birch", " Birch ", "", "  ", "not stated", "all others", "é", "E"])
SKILLS = st.none() | st.lists(st.sampled_from(["SQL", "Python", " SQL", "", "R"]) | st.none(), max_size=5)
ROWS = st.lists(st.fixed_dictionaries({"created": DATES, "company_name": NAMES, "skills": SKILLS}), max_size=60)


def cleaned(items: list[str | None] | None) -> set[str]:
    return {item.strip() for item in items or [] if item and item.strip()}


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(1, 6))
def test_each_posting_is_in_one_row_of_the_most_frequent(rows: list[dict[str, Any]], count: int) -> None:
    answer = asked_lazily(lambda frame: top(frame, "company_name", count), postings(*rows))
    stated = [name for row in rows for name in cleaned([row["company_name"]])]
    best = sorted(Counter(stated).items(), key=lambda pair: (-pair[1], pair[0].encode()))

    told = {row["kind"]: row for row in answer.frame.to_dicts() if row["kind"] != "value"}
    assert answer.frame.filter(kind="value").select("value", "postings").rows() == best[:count]
    assert answer.frame["postings"].sum() == len(rows)
    assert told.get("not stated", {"postings": 0})["postings"] == len(rows) - len(stated)
    for row in answer.frame.filter(kind="value").to_dicts():
        assert row["share"] == pytest.approx(row["postings"] / len(stated))
        assert row["share_of_all"] == pytest.approx(row["postings"] / len(rows))
        assert row["small"] is (row["postings"] < SMALL)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_each_item_of_a_list_counts_once_a_posting(rows: list[dict[str, Any]]) -> None:
    answer = asked_lazily(lambda frame: top(frame, "skills"), postings(*rows))
    sets = [cleaned(row["skills"]) for row in rows]
    best = sorted(Counter(item for items in sets for item in items).items(), key=lambda pair: (-pair[1], pair[0]))
    assert answer.frame.filter(kind="value").select("value", "postings").rows() == best
    empty = sum(not items for items in sets)
    assert answer.frame.filter(kind="not stated")["postings"].to_list() == ([empty] if empty else [])


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["day", "week", "month", "year"]))
def test_each_posting_is_in_one_period(rows: list[dict[str, Any]], every: Any) -> None:
    answer = asked_lazily(lambda frame: over_time(frame, every), postings(*rows))
    firsts = {
        "day": lambda at: at,
        "week": lambda at: at - timedelta(days=at.weekday()),
        "month": lambda at: at.replace(day=1),
        "year": lambda at: at.replace(month=1, day=1),
    }
    counted = Counter(firsts[every](row["created"].date()) for row in rows if row["created"])
    told = {row["from"]: row["postings"] for row in answer.frame.to_dicts() if row["from"]}
    assert {at: count for at, count in told.items() if count} == counted
    periods = answer.frame.drop_nulls("from")
    assert periods["to"].to_list()[:-1] == periods["from"].to_list()[1:]  # without a gap
    assert not counted or answer.frame["postings"].sum() == len(rows)


def test_the_first_and_the_last_period_are_marked_where_a_day_of_them_is_left_out() -> None:
    rows = [{"created": day(at)} for at in ("2025-01-02", "2025-02-10", "2025-02-10 12:00", "2025-04-30 23:00")]
    answer = over_time(postings(*rows, {"created": None}), "month", of="welders")
    assert answer.title == "Postings by month, first seen (5 postings): welders"
    assert answer.frame["postings"].to_list() == [1, 2, 0, 1, 1]
    assert answer.frame["partial"].to_list() == [True, False, False, False, False]
    assert answer.sentence.startswith("The month with most postings (first seen) is February 2025: 2 (40\u00a0%).")
    assert "Date not stated: 1 (20\u00a0%)" in answer.note
    assert "Pale: a month that is not covered whole" in drawn(answer)
    columns = answer.chart().chart.to_dict()
    assert [row["pale"] for row in columns["data"]["values"]] == [True, False, False, False]
    told = columns["encoding"]["opacity"]
    assert told["condition"]["value"] < told["value"] == 1


@pytest.mark.parametrize(("days", "unit"), [(10, "day"), (60, "week"), (400, "month"), (9_000, "year")])
def test_the_period_suits_the_time(days: int, unit: str) -> None:
    rows = [{"created": day("2001-01-01") + timedelta(days=at)} for at in (0, days)]
    assert f"by {unit}," in over_time(postings(*rows)).title


def test_other_dates_and_zones_count_in_utc() -> None:
    late = pl.DataFrame({"seen": [datetime(2025, 1, 1, 0, 30)]}).with_columns(
        pl.col("seen").dt.replace_time_zone("Europe/Berlin")
    )
    assert over_time(late, "day", "seen").frame["from"].to_list() == [date(2024, 12, 31)]
    with pytest.raises(InvalidQuery, match="'title' holds String, no dates"):
        over_time(postings({}), by="title")
    with pytest.raises(InvalidQuery, match="every must be one of"):
        over_time(postings({"created": day("2025-01-01")}), "fortnight")  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery, match="31 December 9999"):
        over_time(postings({"created": day("9999-12-31")}))
    with pytest.raises(InvalidQuery, match="too many"):
        over_time(postings({"created": day("0001-01-01")}, {"created": day("2025-01-01")}), "day")


def test_the_change_is_that_of_shares_between_the_halves() -> None:
    early, late = {"created": day("2025-01-01")}, {"created": day("2025-12-31")}
    rows: list[dict[str, Any]] = [{**early, "country": "Chile"}] * 5 + [{**early, "country": "Peru"}] * 15
    rows += [{**late, "country": "Chile"}] * 20 + [{**late, "country": "Peru"}] * 5 + [late] * 5
    first = top(postings(*rows), "country").frame.row(0, named=True)
    assert (first["value"], first["before"], first["after"], first["change"]) == ("Chile", 0.25, 0.8, pytest.approx(55))

    old = [{"created": day("2009-01-01"), "country": "Chile"}]  # half of the years, and one posting
    answer = top(postings(*old, *rows), "country")
    assert answer.frame[0, "before"] == pytest.approx(6 / 21)
    assert "Change: from before 31 Dec 2025 to after" in answer.note
    alone = top(postings(*rows[:20]), "country")
    assert alone.frame["change"].null_count() == 2

    answer = top(postings(*rows), "country", period=(date(2025, 1, 1), date(2025, 2, 1)))
    assert answer.frame["postings"].sum() == 20
    assert answer.frame["change"].null_count() == 2  # nothing in the second half
    assert "first seen 1 Jan 2025 to 31 Jan 2025" in answer.title
    assert "No change is told" in answer.note
    for bad in ((date(2025, 1, 1), date(2025, 1, 1)), ("2025", "2026"), (date(2025, 1, 1),)):
        with pytest.raises(InvalidQuery, match="two dates"):
            top(postings(*rows), "country", period=bad)  # type: ignore[arg-type]


def test_reposts_count_once_where_that_is_asked_for() -> None:
    chain = [
        {"id": 2, "canonical_id": 1, "created": day("2025-02-01"), "title": "Cook!"},
        {"id": 1, "canonical_id": 1, "created": day("2025-01-01"), "title": "Cook"},
        {"id": 7, "canonical_id": 7, "created": day("2025-03-01"), "title": "Cook"},
    ]
    answer = asked_lazily(lambda frame: top(frame, "title", unique=True), postings(*chain))
    assert answer.frame.select("value", "postings").rows() == [("Cook", 2)]
    assert "(2 postings, reposts counted once)" in answer.title
    assert over_time(postings(*chain), "month", unique=True).frame["postings"].to_list() == [1, 0, 1]


def test_text_of_postings_stays_text() -> None:
    answer = top(postings({"company_name": HOSTILE}, {"company_name": "not stated"}, {}), "company_name", of=HOSTILE)
    assert "“not stated”" in drawn(answer)
    page = answer.html()
    assert "<img" not in page
    assert "<script" not in page
    assert "\x1b" not in page + repr(answer) + answer.title


def test_no_postings_and_nothing_stated_are_said() -> None:
    for frame in (postings(), postings().lazy()):
        for answer in (top(frame, "skills"), over_time(frame), top(frame, "title", unique=True)):
            assert answer.frame.is_empty()
            assert answer.sentence == "No postings: there is nothing to count."
            assert answer.sentence in drawn(answer)
    answer = top(postings({}, {}), "skills")
    assert answer.frame.select("kind", "postings").rows() == [("not stated", 2)]
    assert "None of the postings states any skill" in drawn(answer)
    assert "None of the postings has a date" in drawn(over_time(postings({})))
    assert over_time(postings({})).frame["postings"].to_list() == [1]


def test_a_column_that_is_not_there_is_named_with_the_part_that_makes_it() -> None:
    with pytest.raises(InvalidQuery, match="no column 'skills'") as caught:
        top(pl.DataFrame({"id": [1]}), "skills")
    assert caught.value.next_step == 'enrich(frame, only=["skills"])'
    with pytest.raises(InvalidQuery, match="no column 'canonical_id'"):
        top(pl.DataFrame({"title": ["Cook"]}), "title", unique=True)
    with pytest.raises(InvalidQuery, match="can't be counted"):
        top(pl.DataFrame({"odd": [{"a": 1}]}), "odd")
    for count in (0, True, 1.5):
        with pytest.raises(InvalidQuery, match="count"):
            top(postings({}), "title", count)  # type: ignore[arg-type]
