"""The stock of live postings, and how long they stay open, with those that are open still."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkjobs.analysis.questions import live, time_to_close
from bulkjobs.analysis.questions.survival import days_until, survival
from bulkjobs.errors import InvalidQuery

from .support import asked_lazily, day, drawn, postings

START = datetime(2025, 1, 1)
FLAG = st.none() | st.booleans()
MOMENT = st.none() | st.integers(0, 40 * 24).map(lambda hours: START + timedelta(hours=hours))
ROWS = st.lists(
    st.fixed_dictionaries(
        {"created": MOMENT, "last_updated": MOMENT, "deleted": FLAG, "application_active": FLAG,
         "country": st.sampled_from([None, "Chile", "Peru"])}
    ), max_size=40,
)  # fmt: skip


def lifetime(row: dict[str, Any]) -> tuple[datetime, datetime | None] | None:
    """When a posting opened and closed, or None where that can't be told."""
    closed = row["deleted"] is True or row["application_active"] is False
    told = row["deleted"] is not None or row["application_active"] is not None
    if row["created"] is None or not told or (closed and row["last_updated"] is None):
        return None
    return row["created"], max(row["created"], row["last_updated"]) if closed else None


def open_for(days: int, *, closed: bool, **more: Any) -> dict[str, Any]:
    ends = START + timedelta(days=days) if closed else START
    created = START if closed else day("2026-01-01") - timedelta(days=days)
    return {"created": created, "last_updated": ends, "deleted": False, "application_active": not closed, **more}


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["day", "week", "month"]))
def test_the_stock_is_what_opened_and_has_not_closed(rows: list[dict[str, Any]], every: Any) -> None:
    answer = asked_lazily(lambda frame: live(frame, every), postings(*rows))
    known = [life for life in map(lifetime, rows) if life]
    for row in answer.frame.drop_nulls("from").to_dicts():
        before = datetime.combine(row["to"], datetime.min.time())
        lived = [1 for opened, closed in known if opened < before and (closed is None or closed >= before)]
        assert row["live"] == len(lived)
    assert (answer.frame["opened"].sum() or 0) == len(rows)
    assert (answer.frame["closed"].sum() or 0) == sum(closed is not None for _, closed in known)


def test_when_the_postings_were_looked_at_last_can_be_told() -> None:
    frame = postings(
        open_for(10, closed=True), open_for(3, closed=True), open_for(0, closed=True),
        {"created": day("2025-01-08"), "last_updated": day("2025-01-08"), "deleted": False},
    )  # fmt: skip
    answer = live(frame, "day", until=date(2025, 1, 5))
    assert answer.frame["live"].to_list() == [2, 2, 2, 1, 1, None]
    assert answer.frame["opened"].to_list() == [3, 0, 0, 0, 0, 1]
    assert answer.sentence.startswith("On 5 January 2025, 1 of 3 postings were live")
    drawn(answer)
    berlin = timezone(timedelta(hours=1))
    assert live(frame, "day", until=datetime(2025, 1, 5, 1, tzinfo=berlin)).frame.equals(answer.frame)
    told = time_to_close(frame, until=date(2025, 1, 5)).frame.row(0, named=True)
    assert (told["closed"], told["open"], told["unknown"]) == (2, 1, 1)
    with pytest.raises(InvalidQuery, match="until must be a date"):
        live(frame, until="2025")  # type: ignore[arg-type]


def test_kaplan_and_meier_as_in_the_textbook() -> None:
    """Weeks of remission with 6-MP, Freireich et al. 1963, as in Collett, and in Klein and Moeschberger."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    counts = pl.DataFrame([(at, 1, 0) for at in ended] + [(at, 0, 1) for at in censored],
                          schema=["days", "ended", "censored"], orient="row")  # fmt: skip
    curve = survival(counts)
    told = {row["days"]: (row["at_risk"], round(row["lasting"], 3)) for row in curve.to_dicts() if row["ended"]}
    assert told == {6: (21, 0.857), 7: (17, 0.807), 10: (15, 0.753), 13: (12, 0.690), 16: (11, 0.627),
                    22: (7, 0.538), 23: (6, 0.448)}  # fmt: skip
    assert [days_until(curve, share) for share in (0.25, 0.5, 0.75)] == [13, 23, None]

    frame = postings(*(open_for(at, closed=True) for at in ended), *(open_for(at, closed=False) for at in censored))
    row = time_to_close(frame, until=date(2026, 1, 1)).frame.row(0, named=True)
    assert (row["closed"], row["open"], row["p25"], row["median"], row["p75"]) == (9, 12, 13, 23, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_where_all_have_ended_it_is_the_share_that_lasts(days: list[int]) -> None:
    curve = survival(pl.DataFrame({"days": days, "ended": 1, "censored": 0}))
    for row in curve.to_dicts():
        assert row["lasting"] == pytest.approx(sum(at > row["days"] for at in days) / len(days))
    assert days_until(curve, 0.5) == sorted(days)[(len(days) + 1) // 2 - 1]


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_each_posting_is_closed_open_or_unknown_in_one_group(rows: list[dict[str, Any]]) -> None:
    answer = asked_lazily(lambda frame: time_to_close(frame, "country", count=1), postings(*rows))
    assert (answer.frame["postings"].sum() or 0) == len(rows)
    sums = answer.frame.select(pl.sum_horizontal("closed", "open", "unknown")).to_series()
    assert sums.to_list() == answer.frame["postings"].to_list()
    known = [life for life in map(lifetime, rows) if life]
    assert (answer.frame["unknown"].sum() or 0) == len(rows) - len(known)


def test_the_groups_are_told_and_drawn_apart() -> None:
    fast = [open_for(at % 5, closed=True, country="Chile") for at in range(20)]
    slow = [open_for(50, closed=at < 12, country="all others") for at in range(15)]
    few = [open_for(3, closed=True) for _ in range(9)]
    rare = [open_for(3, closed=True, country="Peru")] * 9
    answer = time_to_close(postings(*fast, *slow, *few, *rare), "country", of="cooks")
    assert answer.title == "Days until postings close, by country (53 postings): cooks"
    assert answer.frame.select("group", "kind", "median", "small").rows() == [
        ("Chile", "value", 2, False), ("all others", "value", 50, False), ("Peru", "value", 3, True),
        ("not stated", "not stated", 3, True),
    ]  # fmt: skip
    assert answer.sentence == (
        "Half of the postings of “Chile” closed in 2 whole days or less."
        " Half of the postings of “all others” closed in 50 whole days or less."
    )
    assert "““" not in drawn(answer)
    assert "Peru" not in drawn(answer)
    assert "“all others”" in drawn(answer)


def test_no_more_lines_are_drawn_than_the_eye_tells_apart() -> None:
    rows = [open_for(at, closed=True, company_name=name) for name in "ABCDEFGHI" for at in range(10)]
    answer = time_to_close(postings(*rows), "company_name", count=9)
    assert answer.frame["group"].to_list() == list("ABCDEFGHI")
    spec = answer.chart().chart.to_dict()
    assert spec["encoding"]["color"]["scale"]["domain"] == list("ABCDEFG")
    assert len(set(spec["encoding"]["color"]["scale"]["range"])) == 7


def test_too_few_and_none_are_said() -> None:
    for ask in (live, time_to_close):
        assert ask(postings()).frame.is_empty()
        assert "No postings" in drawn(ask(postings()))
        assert ask(postings({}, {})).frame.height == 1  # nothing is known of them, but they are there
        drawn(ask(postings({}, {})))
        drawn(ask(postings(open_for(3, closed=True))))
        with pytest.raises(InvalidQuery, match="no column 'deleted'"):
            ask(postings().drop("deleted"))
    assert "too few to tell" in time_to_close(postings(open_for(3, closed=True))).sentence
    still = time_to_close(postings(*(open_for(at, closed=at < 10) for at in range(60))), until=date(2026, 1, 1))
    assert still.frame["median"].to_list() == [None]
    assert still.sentence == "Less than half of the postings closed while they were watched."
    assert "left empty, not guessed" in still.note
