"""Pay in its many notations: against labels, against the sandbox's own notations, and against any text at all."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkjobs.analysis import coverage, salary
from bulkjobs.analysis.pay import periods
from bulkjobs.analysis.pay.amounts import number
from bulkjobs.analysis.pay.salary import FIELDS
from bulkjobs.sandbox.vocabulary.pay import CURRENCIES

LABELS = Path(__file__).parent / "labels" / "salary.csv"


def read(*texts: str | None, country: str | None = None) -> list[dict[str, object]]:
    frame = pl.DataFrame({"text": texts, "country": [country] * len(texts)}, {"text": pl.String, "country": pl.String})
    return [row["pay"] for row in frame.select(pay=salary("text")).to_dicts()]


@pytest.fixture(scope="module")
def labelled() -> pl.DataFrame:
    names = {"min": "least", "max": "most", "currency": "money", "period": "paid"}
    frame = pl.read_csv(LABELS, schema_overrides={"min": pl.Float64, "max": pl.Float64}).rename(names)
    frame = frame.with_columns(pay=salary("text")).unnest("pay")
    pairs = (("least", "salary_min"), ("most", "salary_max"), ("money", "currency"), ("paid", "period"))
    return frame.with_columns(right=pl.all_horizontal(pl.col(want).eq_missing(pl.col(got)) for want, got in pairs))


@pytest.mark.parametrize(
    ("source", "least", "rows"),
    [("salary", 0.98, 250), ("description", 0.95, 120), ("written", 0.98, 140), ("second", 0.95, 90)]
)  # fmt: skip
def test_labels_are_met(labelled: pl.DataFrame, source: str, least: float, rows: int) -> None:
    drawn = labelled.filter(pl.col("source") == source)
    assert drawn.height >= rows
    wrong = drawn.filter(~pl.col("right")).select("text", "least", "salary_min", "most", "salary_max", "paid", "period")
    assert drawn["right"].mean() >= least, wrong.to_dicts()  # type: ignore[operator]


def test_the_vendors_own_forms() -> None:
    pairs = [(low, high) for low in range(15_000, 90_000, 137) for high in (low, low + 4_321)]
    forms = ("GBP {}-{}", "£{:,} to £{:,} a year", "${:,} - ${:,}", "USD {}-{}", "EUR {}-{}")
    found = read(*(form.format(*pair) for form in forms for pair in pairs))
    for (low, high), pay in zip(pairs * len(forms), found, strict=True):
        assert (pay["salary_min"], pay["salary_max"], pay["period"]) == (low, high, "year"), pay
        assert pay["currency"] in {"GBP", "USD", "EUR"}


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_the_sandboxs_notations(code: str) -> None:
    country = {"EUR": "Germany", "MXN": "Mexico", "SEK": "Sweden", "JPY": "Japan", "CNY": "China"}.get(code)
    made = CURRENCIES[code]
    lows = [made.floor + made.step * step for step in range(made.steps)]
    cases = [(notation, low, low + 4 * made.step) for notation in made.notations for low in lows]
    texts = [made.write(*case) for case in cases]
    for text, (notation, low, high), pay in zip(texts, cases, read(*texts, country=country), strict=True):
        assert pay["currency"] == code, (text, pay)
        end, yearly = (low, pay["salary_year_min"]) if "{high" not in notation else (high, pay["salary_year_max"])
        assert pay["period"] is not None, (text, pay)
        coarse = any(measure in notation for measure in ("_k", "_10", "_hour"))  # they leave out what is below a unit
        assert isinstance(yearly, float), (text, pay)
        assert math.isclose(yearly, end, rel_tol=0.2 if coarse else 0.001), (text, pay)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", 1234), ("1.234", 1234), ("1 234", 1234), ("1'234", 1234), ("1’234", 1234), ("1,50,000", 150_000),
        ("12,50", 12.5), ("12.5", 12.5), ("1.234,50", 1234.5), ("1,234.50", 1234.5), ("38000.0", 38_000),
        ("1.234.567", 1_234_567), ("40000,00", 40_000), ("2.500,-", 2500), ("x", None), ("1,2,3", None), ("", None),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float | None) -> None:
    found = pl.DataFrame({"text": [text]}).select(number(pl.col("text"))).item()
    assert found == value or (text == "1,2,3" and found is not None)


@pytest.mark.parametrize(
    ("country", "code"),
    [("Canada", "CAD"), ("Mexico", "MXN"), ("Singapore", "SGD"), ("Vietnam", "USD"), (None, "USD"), ("Nowhere", "USD"),
     ("CA", "USD")],
)  # fmt: skip
def test_a_shared_sign_is_the_countrys(country: str | None, code: str) -> None:
    (pay,) = read("$50,000 - $60,000", country=country)
    assert (pay["currency"], pay["currency_inferred"]) == (code, True)


def test_kroner_of_nowhere_are_unknown() -> None:
    (pay,) = read("35 000 kr per month")
    assert (pay["salary_min"], pay["currency"], pay["period"]) == (35_000, None, "month")


@pytest.mark.parametrize(("text", "yearly"), [
    ("$20 per hour", 41_600), ("$160 per day", 41_600), ("$800 per week", 41_600), ("$3,000 per month", 36_000),
    ("€1.830 par mois sur 13 mois", 23_790), ("€1.400 al mes en 14 pagas", 19_600), ("$36,000 a year", 36_000),
])  # fmt: skip
def test_a_year_of_it(text: str, yearly: float) -> None:
    (pay,) = read(text)
    assert pay["salary_year_max"] == yearly


def test_hours_a_year_can_be_chosen() -> None:
    frame = pl.DataFrame({"text": ["20 EUR/h", "160 EUR per day"]})
    made = frame.select(salary("text", None, hours_a_year=1_600).struct.field("salary_year_max"))
    assert made["salary_year_max"].to_list() == [32_000, 32_000]


def test_a_stated_period_is_not_inferred_and_a_missing_one_is() -> None:
    stated, missing, neither = read("£30,000 a year", "£30,000", "£200")
    assert (stated["period"], stated["period_inferred"]) == ("year", False)
    assert (missing["period"], missing["period_inferred"]) == ("year", True)
    assert (neither["salary_min"], neither["period"], neither["period_inferred"]) == (200, None, None)


def test_what_is_no_pay_stays_null_and_is_counted() -> None:
    texts = ["£30,000", "Competitive", "  ", None, "35 000 kr per month", "3-5 years of experience"]
    frame = pl.LazyFrame({"salary": texts}, {"salary": pl.String})
    told = coverage(frame.with_columns(salary(country=None).struct.unnest()))
    assert told.drop("read", "postings").rows() == [
        ("pay", 4, 2, 2, None), ("currency", 4, 1, 3, 0), ("period", 4, 2, 2, 1),
    ]  # fmt: skip
    assert told["postings"].to_list() == [6, 6, 6]


def test_every_word_for_a_period_is_read_as_it() -> None:
    words = [(word, period) for period, text in periods._WORDS.items() for word in periods._split(text)]
    frame = pl.DataFrame({"text": [f"5 {word} x" for word, _ in words], "want": [period for _, period in words]})
    wrong = frame.with_columns(got=periods.read(pl.col("text"))).filter(~pl.col("got").eq_missing(pl.col("want")))
    assert wrong.is_empty(), wrong.to_dicts()


ANY = st.lists(
    st.one_of(
        st.none(),
        st.text(max_size=60),
        st.text(alphabet="0123456789.,'’ -–/€$£kK万m%aàtoEURGBP年月hx+()", max_size=40),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(ANY)
def test_no_text_raises_or_changes_the_rows(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"text": texts, "country": texts}, {"text": pl.String, "country": pl.String})
    made = frame.select(pay=salary("text"))
    assert made.height == len(texts)
    assert made.schema["pay"] == pl.Struct(FIELDS)
    lazy = frame.lazy().select(pay=salary("text"))
    assert made.equals(lazy.collect())
    assert made.equals(lazy.collect(engine="streaming"))
    flat = made.unnest("pay").filter(pl.col("salary_min") > pl.col("salary_max"))
    assert flat.is_empty()


def test_a_long_hostile_text_is_read_in_part() -> None:
    texts = ["1" * 100_000, "$" * 100_000, "1,1," * 30_000, "a 1 to " * 20_000, "€ 1 - " * 20_000, "\0" * 50_000]
    assert len(read(*texts)) == len(texts)
    near, far = read("x " * 140 + "£30,000", "x " * 150 + "£30,000")
    assert (near["salary_min"], far["salary_min"]) == (30_000, None)
