"""Which postings a report counts."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from bulkjobs.errors import InvalidQuery
from bulkjobs.report.scope import Scope


def day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2025", "2025-01-01", "2025-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025-03-31", "2025-03-31", "2025-03-31"),
        ("2025-01..2025-06", "2025-01-01", "2025-06-30"),
        (" 2025-01 .. 2025-06-15 ", "2025-01-01", "2025-06-15"),
        ("2025-11..", "2025-11-01", None),
        ("..2025-11", None, "2025-11-30"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_periods_as_people_write_them(period: str | None, first: str | None, last: str | None) -> None:
    scope = Scope.of(period)
    assert (scope.first, scope.last) == (day(first), day(last))


@pytest.mark.parametrize(
    "period", ["last year", "2025-13", "2025-02-30", "..", "0000", "2025..x", "2025-1", "2025-06..2025-01"]
)
def test_what_is_no_period_is_told(period: str) -> None:
    with pytest.raises(InvalidQuery) as told:
        Scope.of(period)
    assert told.value.field == "period"


def test_countries_by_name_and_by_code() -> None:
    assert Scope.of(country=["Deutschland", "de", "DEU", "Portugal"]).countries == ("DE", "PT")
    assert Scope.of(country="United Kingdom").countries == ("GB",)
    assert Scope.of(country=()).countries == Scope.of(country="").countries == ()
    with pytest.raises(InvalidQuery, match="'Ruritania' is no country"):
        Scope.of(country="Ruritania")


def test_in_words() -> None:
    assert Scope.of("2025", "PT").words == "Portugal, 1 January 2025 to 31 December 2025"
    assert Scope.of("2025-11..").words == "from 1 November 2025"
    assert Scope.of().words == ""


def test_whole_days_count_and_what_is_not_known_is_neither_in_nor_out() -> None:
    frame = pl.DataFrame({
        "created": [
            dt.datetime(2025, 1, 1), dt.datetime(2025, 1, 31, 23, 59, 59, 999_999), dt.datetime(2025, 2, 1), None,
        ],
        "country_iso_2": ["PT", "DE", None, "PT"],
    })  # fmt: skip
    scope = Scope.of("2025-01", "Portugal")
    told = frame.select(**scope.conditions)
    assert told.to_dict(as_series=False) == {
        "without a date": [True, True, True, False],
        "of another time": [True, True, False, None],
        "without a country": [True, True, False, True],
        "of other countries": [True, False, None, True],
    }
    assert Scope().conditions == {}
