"""Pay in one currency: its quantiles, and all that is left out of them."""

from __future__ import annotations

import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkjobs.analysis.questions import salaries
from bulkjobs.errors import InvalidQuery

from .support import asked_lazily, drawn, postings

AMOUNT = st.none() | st.integers(20_000, 200_000).map(float)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"salary_year_min": AMOUNT, "salary_year_max": AMOUNT, "currency": st.sampled_from([None, "EUR", "GBP", "USD"]),
         "skills": st.none() | st.lists(st.sampled_from(["R", "SQL"]), max_size=2),
         "level": st.sampled_from([None, "Entry level", "Director", "Executive"])}
    ), max_size=50,
)  # fmt: skip


def paid(low: float | None, high: float | None = None, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    return {"salary_year_min": low, "salary_year_max": high, "currency": currency, **more}


def middle(row: dict[str, Any]) -> float | None:
    ends = [row[name] for name in ("salary_year_min", "salary_year_max") if row[name] is not None]
    return sum(ends) / len(ends) if ends else None


@settings(max_examples=80, deadline=None)
@given(ROWS, st.sampled_from(["EUR", "GBP", None]))
def test_the_quantiles_are_those_of_one_currency(rows: list[dict[str, Any]], currency: str | None) -> None:
    answer = asked_lazily(lambda frame: salaries(frame, "level", currency, count=2), postings(*rows))
    stated = {
        code: sum(row["currency"] == code and middle(row) is not None for row in rows) for code in ("EUR", "GBP", "USD")
    }
    code = currency or max(stated, key=lambda name: (stated[name], -ord(name[0])))
    assert (answer.frame["postings"].sum() or 0) == len(rows)
    assert (answer.frame["stated"].sum() or 0) == stated[code]
    for row in answer.frame.filter(kind="value").to_dicts():
        own = [middle(posting) for posting in rows if (posting["level"], posting["currency"]) == (row["group"], code)]
        pay = sorted(amount for amount in own if amount is not None)
        assert row["stated"] == len(pay)
        assert row["small"] is (len(pay) < 10)
        if pay:
            assert row["median"] == pytest.approx(statistics.median(pay))
        if len(pay) > 1:
            deciles = statistics.quantiles(pay, n=20, method="inclusive")
            found = [row[name] for name in ("p10", "p25", "p75", "p90")]
            assert found == pytest.approx([deciles[at] for at in (1, 4, 14, 17)])


def test_what_is_left_out_is_counted() -> None:
    rows = [paid(40_000, 60_000) for _ in range(12)] + [paid(None, 50_000), paid(50_000)]
    rows += [paid(2_000), paid(2_000_000, 3_000_000), paid(0), paid(-5), paid(float("nan")), paid(float("inf"))]
    rows += [paid(1, currency="USD"), paid(9, currency="GBP"), {**paid(7), "currency": None}, {}, {"currency": "EUR"}]
    answer = asked_lazily(salaries, postings(*rows))
    assert answer.title == "Pay in EUR a year (25 postings)"
    assert answer.frame.select("postings", "stated", "p10", "median", "p90").row(0) == (25, 14, 50_000, 50_000, 50_000)
    assert "Of 25 postings, 14 (56\u00a0%) are told of." in answer.note
    assert "Not stated, or not read as pay of a year: 4 (16\u00a0%)." in answer.note
    assert "Left out: 2 in 2 other currencies. Left out: 1 in a currency that is not known." in answer.note
    assert "Left out as misread: 4 below 2,500 or above 1,000,000" in answer.note
    assert "Of those that state pay in EUR, half pay 50,000 a year or less" in answer.sentence


def test_groups_of_few_are_marked_and_not_drawn_as_boxes() -> None:
    rows = [paid(1_000 * at, level="Director") for at in range(40, 60)] + [paid(30_000, level="Executive")] * 9
    answer = salaries(postings(*rows, {"level": "Internship"}), "level")
    told = answer.frame.select("group", "stated", "small").rows()
    assert told[:2] == [("Director", 20, False), ("Executive", 9, True)]
    assert answer.sentence == "“Director” pays most: 49,500 EUR a year in the median."
    text = drawn(answer)
    assert "n = 20" in text
    assert "n = 9, too few" in text
    drawn_of = answer.chart().chart.to_dict()["data"]["values"]
    boxes = [row for row in drawn_of if "median" in row]
    assert [row["label"] for row in boxes] == ["Director"]


def test_the_groups_are_those_with_most_pay_stated() -> None:
    rows = [{"level": "Director"}] * 5 + [paid(30_000, level="Executive")] * 3 + [paid(9, currency="USD")] * 2
    told = salaries(postings(*rows), "level", "EUR", count=1).frame.select("group", "postings", "stated").rows()
    assert told == [("Executive", 3, 3), ("all others", 5, 0), ("not stated", 2, 0)]
    assert "A posting can be in several groups." in salaries(postings(*rows), "skills").note


def test_how_much_is_inferred_is_said() -> None:
    rows = [paid(30_000, currency_inferred=True), paid(30_000, period_inferred=True), paid(30_000), paid(None)]
    rows.append(paid(9, currency="USD", currency_inferred=True))  # is not told of
    assert "is inferred in 2 (67\u00a0%)" in salaries(postings(*rows)).note
    assert "is inferred" not in salaries(postings(*rows).drop("currency_inferred", "period_inferred")).note


def test_nothing_is_no_pay() -> None:
    assert salaries(postings(paid(0), paid(-1))).frame["stated"].to_list() == [0]


def test_none_is_said() -> None:
    cases: list[list[dict[str, Any]]] = [[], [{}], [paid(5, level="Director")], [paid(None)]]
    for rows in cases:
        drawn(salaries(postings(*rows)))
        drawn(salaries(postings(*rows), "level", "chf"))
    assert salaries(postings()).frame.is_empty()
    assert salaries(postings({})).sentence == "None of the postings states pay."
    other = salaries(postings(paid(5)), currency="chf")
    assert other.sentence == "None of the postings states pay in CHF."
    assert other.frame.row(0, named=True)["postings"] == 1
    assert "too few to tell" in salaries(postings(paid(5))).sentence
    with pytest.raises(InvalidQuery, match="currency must be"):
        salaries(postings(), currency="€")
    with pytest.raises(InvalidQuery, match="no column 'salary_year_min'") as caught:
        salaries(postings().drop("salary_year_min"))
    assert caught.value.next_step == 'enrich(frame, only=["salary"])'
    with pytest.raises(InvalidQuery, match="count must be"):
        salaries(postings(), "level", count=0)
