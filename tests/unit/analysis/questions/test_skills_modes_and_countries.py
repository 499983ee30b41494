"""Pairs of skills, modes of work and the map, against sums in plain Python."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkjobs.analysis import questions
from bulkjobs.analysis.places import gazetteer
from bulkjobs.analysis.questions import by_country, over_time, remote_share, salaries, together
from bulkjobs.analysis.questions.remote_share import MODES
from bulkjobs.errors import InvalidQuery

from .support import HOSTILE, asked_lazily, day, drawn, postings
from .test_top_and_over_time import DATES, SKILLS, cleaned

ROWS = st.lists(
    st.fixed_dictionaries(
        {"created": DATES, "skills": SKILLS,
         "work_mode": st.sampled_from([None, "remote", "hybrid", "on-site", "moon"]),
         "country_iso_2": st.sampled_from([None, "DE", "CL", "", "QQ"])}
    ), max_size=50,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_pairs_come_with_their_lift(rows: list[dict[str, Any]]) -> None:
    answer = asked_lazily(together, postings(*rows))
    sets = [cleaned(row["skills"]) for row in rows]
    single = Counter(skill for skills in sets for skill in skills)
    pairs = Counter(pair for skills in sets for pair in combinations(sorted(skills), 2))
    stated = sum(bool(skills) for skills in sets)
    expected = sorted(((-count, *pair) for pair, count in pairs.items()))
    assert answer.frame.select("both", "first", "second").rows() == [(-count, *pair) for count, *pair in expected]
    for row in answer.frame.to_dicts():
        chance = single[row["first"]] * single[row["second"]] / stated
        assert (row["share"], row["lift"]) == pytest.approx((row["both"] / stated, row["both"] / chance))


def test_pairs_above_chance_are_not_those_of_few_postings() -> None:
    rows = [{"skills": ["R", "SQL"]}] * 12 + [{"skills": ["SQL"]}] * 50 + [{"skills": ["Go", "Rust"]}] * 2
    assert together(postings(*rows)).frame["both"].to_list() == [12, 2]
    answer = together(postings(*rows), order="lift")
    assert answer.frame.select("first", "second", "small").rows() == [("R", "SQL", False)]
    assert "R + SQL" in drawn(answer)
    with pytest.raises(InvalidQuery, match="holds no lists"):
        together(postings(), column="title")
    assert together(pl.DataFrame({"skills": [None, None]})).title == "Pairs of skills that come together (2 postings)"
    with pytest.raises(InvalidQuery, match="order"):
        together(postings(), order="none")  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery, match="count"):
        together(postings(), 0)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["day", "week", "month"]))
def test_each_posting_has_one_mode_in_one_period(rows: list[dict[str, Any]], every: Any) -> None:
    answer = asked_lazily(lambda frame: remote_share(frame, every), postings(*rows))
    modes = Counter(row["work_mode"] if row["work_mode"] in MODES else "not stated" for row in rows)
    told = {name: answer.frame.filter(mode=name)["postings"].sum() or 0 for name in MODES}
    assert told == {name: modes[name] for name in MODES}
    sums = answer.frame.group_by("from").agg(pl.col("share").sum(), pl.col("postings").sum())
    assert all(row["share"] == pytest.approx(1) for row in sums.to_dicts() if row["postings"])
    counted = over_time(postings(*rows), every).frame
    by_time = answer.frame.group_by("from", maintain_order=True).agg(pl.col("postings").sum())
    assert by_time.rows() == counted.select("from", "postings").rows()


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_each_posting_has_one_mode_in_one_group(rows: list[dict[str, Any]]) -> None:
    answer = asked_lazily(lambda frame: remote_share(frame, by="country_iso_2", count=1), postings(*rows))
    assert (answer.frame["postings"].sum() or 0) == len(rows)
    for key, group in answer.frame.group_by("group", "kind"):
        assert group["mode"].to_list() == list(MODES), key
        assert group["share"].sum() == pytest.approx(1)


def test_a_posting_of_several_skills_is_in_several_groups_and_one_of_none_is_not_lost() -> None:
    frame = postings({"skills": ["R", "SQL"], "work_mode": "remote"}, {"skills": ["SQL", "Go"]}, {"skills": []}, {})
    answer = remote_share(frame, by="skills", count=2)
    sums = answer.frame.group_by("group", "kind", maintain_order=True).agg(pl.col("postings").sum()).rows()
    assert sums == [("SQL", "value", 2), ("Go", "value", 1), ("not stated", "not stated", 2)]
    assert answer.note.startswith("A posting can be in several groups.")


def test_shares_are_told_over_time_or_by_a_column() -> None:
    rows = [{"work_mode": "remote", "country": "Chile", "created": day("2025-01-01")}] * 12
    rows += [{"country": "not stated", "created": day("2025-01-03")}] * 3
    over = remote_share(postings(*rows), "day", of="cooks")
    assert over.title == "Remote, hybrid and on-site postings by day of first sight (15 postings): cooks"
    assert over.frame.filter(mode="remote")["share"].to_list() == [1, None, 0]
    assert over.sentence.startswith("Of the 12 postings that state where one works, 12 are remote (100\u00a0%)")
    drawn(over)
    grouped = remote_share(postings(*rows), by="country")
    assert grouped.frame.filter(mode="remote").select("group", "postings", "small").rows() == [
        ("Chile", 12, False), ("not stated", 0, True),
    ]  # fmt: skip
    assert "“not stated”" in drawn(grouped)
    with pytest.raises(InvalidQuery, match="not by both"):
        remote_share(postings(*rows), "day", "country")


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_each_posting_is_in_one_country_or_none(rows: list[dict[str, Any]]) -> None:
    answer = asked_lazily(by_country, postings(*rows))
    counted = Counter(row["country_iso_2"] or None for row in rows)
    assert dict(answer.frame.select("country_iso_2", "postings").rows()) == counted
    assert (answer.frame["share_of_all"].sum() or 0) == pytest.approx(1 if rows else 0)
    if counted["QQ"]:
        assert f"Not on the map: {counted['QQ']} of QQ." in answer.note


def test_the_map_places_a_disc_for_each_country() -> None:
    frame = postings(*[{"country_iso_2": code} for code in ["DE"] * 30 + ["us", "US", "SG", "FJ", None]])
    answer = by_country(frame)
    assert answer.frame.select("country", "postings").rows() == [
        ("Germany", 30), ("United States", 2), ("Fiji", 1), ("Singapore", 1), ("not stated", 1),
    ]  # fmt: skip
    assert answer.sentence.startswith("The postings are of 4 countries: Germany (88\u00a0%)")
    text = drawn(answer)
    assert "Germany" in text
    assert len(answer.chart().svg()) < 200_000
    places = {row["iso_2"]: row for row in gazetteer.centres().to_dicts()}
    assert 36 < places["US"]["latitude"] < 40
    assert -97 < places["US"]["longitude"] < -88
    assert abs(places["FJ"]["longitude"]) > 170  # the mean of 179 and -179 is no 0


def test_each_question_has_an_answer_for_nothing_at_all() -> None:
    for name in ("by_country", "live", "over_time", "remote_share", "salaries", "time_to_close", "together"):
        ask = getattr(questions, name)
        for rows, unique in ((0, False), (1, True), (3, False)):
            answer = ask(postings(*({} for _ in range(rows))).lazy(), of=HOSTILE, unique=unique)
            assert ("reposts counted once" in answer.title) is unique
            drawn(answer)
            assert "<script" not in answer.html()
            assert answer.sentence
    top_of_nulls = questions.top(pl.DataFrame({"a": pl.Series([None, None])}), "a")
    assert top_of_nulls.frame["postings"].to_list() == [2]
    assert all(getattr(questions, name).__doc__ for name in questions.__all__)


def test_hostile_text_is_shown_as_text_by_all_that_shows_text() -> None:
    rows = [{"skills": [HOSTILE, "SQL"], "company_name": HOSTILE, "work_mode": "remote", "country_iso_2": HOSTILE,
             "currency": "EUR", "salary_year_min": 5.0, "created": day("2025-01-01"), "deleted": True,
             "last_updated": day("2025-01-02")}] * 12  # fmt: skip
    frame = postings(*rows)
    for answer in (
        together(frame), remote_share(frame, by="company_name"), by_country(frame), salaries(frame, "company_name"),
        questions.time_to_close(frame, "company_name"), questions.top(frame.rename({"title": HOSTILE}), HOSTILE),
    ):  # fmt: skip
        drawn(answer)
        assert "<img" not in answer.html()
        assert "\x1b" not in answer.html() + repr(answer)
