"""Where a posting is: the country's codes, its continent, the state and the city, out of ``location`` and ``country``.

A frame repeats its places, so each distinct pair is read once a batch: cut at its commas, and its parts joined to the
tables of `bulkjobs.analysis.gazetteer`. What the tables don't know stays null.
"""

from __future__ import annotations

import polars as pl

from ..column import Column, column
from ..text.plain import unescaped
from . import gazetteer
from .gazetteer import fold

PLACE = pl.Struct(
    {
        "country_iso_2": pl.String,
        "country_iso_3": pl.String,
        "region": pl.String,
        "state": pl.String,
        "city": pl.String,
    }
)
"""What `place` gives."""

_NO_PLACE = (
    r"(?i)\b(?:(?:fully |100% )?remote|hybrid|on-?site|in[- ]office|telework|télétravail|wfh|home[- ]?(?:based|office)"
    r"|work(?:ing)? (?:at|from) home|home ?working|virtual|distributed|field|anywhere(?: in)?|flexible|headquarters?|hq"
    r"|global|worldwide|emea|apac|latam|amer|inc|llc|ltd|plc)\b"
)
_LAST = r"\s+(USA|UAE|[A-Z]{2}|United (?:States|Kingdom))\s*$"
_CODE = r"(^|,)\s*([A-Z]{2,3})[-.]"  # US-CA-Menlo Park
_CUTS = r"\s+[-–—]+\s*|\s*[-–—]+\s+|[()\[\]/•·:\n]|\s+(?:or|and|&|ou|und|oder)\s+|\s+(?:in|from)\s+"
_POSTCODE = (
    r"\s+\d{5}(?:-\d{4})?$|^[A-Z]{0,2}-?\d{4,5}\s+|\s+(?i:cedex)(?:\s+\d+)?$"
    r"|\s+\d{1,2}(?:er?|e|ème)?(?:\s+(?i:arrondissement))?$"
)
_AROUND = (
    r"^(?:the|greater|metro(?:politan)?|city of|downtown) |(?: bay)?(?: metropolitan| metro| city)?"
    r" (?:area|region|metro|metropolitan|municipality|prefecture|district|office|warehouse|county)$"
)
_PROVINCES = ("ON", "QC", "BC", "AB", "MB", "NS", "NB")  # Canada's that are no country's code
_TOWN, _LARGE, _DOMINANT = 15_000, 50_000, 2.5  # people, people, times as many


def place(location: Column = "location", country: Column | None = "country") -> pl.Expr:
    """Return where postings are.

    Of several places the first counts, as the page put it first. A country in the column `country` goes before what
    the location says; then come the names and codes of countries in it, those of states, and cities so much larger
    than their namesakes abroad (`London`, not `Cambridge`) that no other can be meant.

    Parameters
    ----------
    location, country : str or polars.Expr
        Columns of strings: the place as displayed, and the country's name; any text, or null.

    Returns
    -------
    Expr of Struct
        ``country_iso_2`` and ``country_iso_3`` (ISO 3166-1), ``region`` (the continent's English name; known without
        a country for ``Europe``), ``state`` (ISO 3166-2, such as ``US-CA``) and ``city`` (GeoNames' name; 1,000 people
        and more). Each String, null where it is not known. Elementwise: Python is called once a batch.

    Raises
    ------
    ConfigError
        When it runs: the extra ``analysis`` is not installed.
    """
    pair = pl.struct(column(location).alias("location"), column(country).alias("country"))
    return pair.map_batches(_located, return_dtype=PLACE, is_elementwise=True)


def _located(pairs: pl.Series) -> pl.Series:
    frame = pairs.struct.unnest().cast(pl.String)
    distinct = frame.unique(maintain_order=True).with_row_index("at")
    parts = _parts(distinct)
    found = _placed(distinct.select("at"), parts, _cities_named(parts))
    read = distinct.join(found, on="at", how="left", maintain_order="left")
    whole = frame.join(read, on=["location", "country"], how="left", nulls_equal=True, maintain_order="left")
    return whole.select(pl.struct(list(PLACE.to_schema())).alias(pairs.name)).to_series()


def _parts(distinct: pl.DataFrame) -> pl.DataFrame:
    """Cut places into parts, one row each: where it stands, its text and key, and what it may be."""
    text = unescaped(pl.coalesce("location", "country")).str.replace_all(_NO_PLACE, " ")
    first = text.str.extract(r"([^;|]*\p{L}[^;|]*)").str.replace(_LAST, ",$1").str.replace_all(_CUTS, ",")
    first = first.str.replace_all(_CODE, "$1$2,").str.replace_all(_CODE, "$1$2,").str.split(",")
    given = distinct.select(
        "at", part=pl.concat_list(first.fill_null([]), pl.concat_list(pl.col("country").fill_null("")))
    )
    # The column `country` comes along as the last part of each, at 99.
    rows = given.explode("part").with_columns(pos=pl.int_range(pl.len()).over("at"), many=pl.len().over("at"))
    rows = rows.with_columns(
        part=pl.col("part").str.strip_chars().str.replace_all(_POSTCODE, "").str.strip_chars(" .-–"),
        pos=pl.when(pl.col("pos") == pl.col("many") - 1).then(99).otherwise("pos"),
    )
    key = fold(pl.col("part"))
    rows = rows.with_columns(key=key).with_columns(key=pl.col("key").str.replace_all(_AROUND, ""))
    known = gazetteer.countries()
    parts = gazetteer.states().filter(pl.col("iso_2") == "US")
    codes = parts["state"].str.slice(3)
    two, three = known["iso_2"], known["iso_3"]
    part = pl.col("part")
    named = rows.join(gazetteer.country_names().rename({"iso_2": "named"}), on="key", how="left", maintain_order="left")
    return named.with_columns(
        coded=pl.when(part.is_in(two.implode())).then(part).otherwise(
            part.replace_strict(three, two, default=None, return_dtype=pl.String)
        ),
        us=pl.when(part.is_in(codes.implode())).then("US-" + part).otherwise(
            pl.col("key").replace_strict(parts["name"], parts["state"], default=None, return_dtype=pl.String)
        ),
    )  # fmt: skip


def _cities_named(parts: pl.DataFrame) -> pl.DataFrame:
    """Return each city that a part may mean, one row each, with ``us_pair``: its state stands beside it."""
    keys = parts.filter(pl.col("pos") < 99).select("at", "pos", "key")
    shorter = keys.with_columns(pl.col("key").str.replace(r" (?:city|town|ku)$", ""))  # Taipei City
    asked = pl.concat([keys, shorter]).select("key").unique()
    known = gazetteer.cities().join(asked, on="key", how="semi")  # few: else each join would hash all cities
    whole = keys.join(known, on="key")
    shorter = shorter.join(whole.select("at", "pos"), on=["at", "pos"], how="anti")
    found = pl.concat([whole, shorter.join(known, on="key")])
    beside = parts.filter(pl.col("us").is_not_null() & (pl.col("pos") < 99)).select("at", state="us", other="pos")
    pairs = found.join(beside, on=["at", "state"]).filter(pl.col("pos") != pl.col("other"))
    pairs = pairs.select("at", "pos", "state").unique().with_columns(us_pair=True)
    return found.join(pairs, on=["at", "pos", "state"], how="left").with_columns(pl.col("us_pair").fill_null(False))


def _placed(every: pl.DataFrame, parts: pl.DataFrame, cities: pl.DataFrame) -> pl.DataFrame:
    claims = _claims(parts, cities)
    best = (
        claims.sort("at", "rank", "order", "iso_2")
        .unique("at", keep="first", maintain_order=True)
        .select("at", "iso_2")
    )
    states = _states_of(parts, best)
    chosen = _city_of(parts, cities, best, states)
    known = gazetteer.countries().select("iso_2", "iso_3", "region")
    continents = known.select(key=fold(pl.col("region")), continent="region").unique()
    alone = parts.join(continents, on="key").unique("at", keep="first", maintain_order=True).select("at", "continent")
    table = every.join(best, on="at", how="left").join(known, on="iso_2", how="left").join(alone, on="at", how="left")
    table = table.join(states, on="at", how="left").join(chosen, on="at", how="left")
    return table.select(
        "at",
        pl.col("iso_2").alias("country_iso_2"),
        pl.col("iso_3").alias("country_iso_3"),
        pl.coalesce("region", pl.when(pl.col("iso_2").is_null()).then("continent")).alias("region"),
        pl.coalesce("state", "city_state").alias("state"),
        "city",
    )


def _claims(parts: pl.DataFrame, cities: pl.DataFrame) -> pl.DataFrame:
    """Return what speaks for which country: the least ``rank`` counts, and among those the least ``order``."""
    pairs = cities.filter("us_pair").select("at", "pos").unique().with_columns(paired=True)
    parts = parts.join(pairs, on=["at", "pos"], how="left").with_columns(pl.col("paired").fill_null(False))
    given, last = pl.col("pos") == 99, -pl.col("pos").cast(pl.Int64)
    # Atlanta, Georgia; Columbia, PA: it is Colombia in Romanian
    georgia = (pl.col("us").is_not_null() & pl.col("paired").any().over("at")) | pl.col("paired")
    ambiguous = pl.col("us").is_not_null()
    code = pl.col("coded").is_not_null()

    def claim(rows: pl.DataFrame, rank: int, iso_2: pl.Expr, order: pl.Expr) -> pl.DataFrame:
        return rows.select("at", iso_2.alias("iso_2"), rank=pl.lit(rank), order=order.cast(pl.Int64))

    named = parts.filter(pl.col("named").is_not_null() & ~georgia)
    codes = parts.filter(code & ambiguous & ~given).select("at", iso_2="coded")
    abroad = cities.filter(pl.col("population") >= _TOWN).join(codes, on=["at", "iso_2"])
    us = parts.filter(ambiguous)
    provinces = parts.filter(pl.col("part").is_in(_PROVINCES))
    return pl.concat(
        [
            claim(named.filter(given), 0, pl.col("named"), pl.lit(0)),
            claim(named.filter(~given), 1, pl.col("named"), last),
            claim(cities.filter("us_pair"), 2, pl.lit("US"), pl.lit(0)),
            claim(abroad, 3, pl.col("iso_2"), pl.lit(0)),
            claim(parts.filter(code & ~ambiguous), 4, pl.col("coded"), last),
            claim(us, 5, pl.lit("US"), pl.lit(0)),
            claim(provinces, 5, pl.lit("CA"), pl.lit(-1)),  # CA (BC and ON only) is no California
            claim(_only_states(parts), 6, pl.col("iso_2"), pl.col("pos")),
            claim(_dominant(cities), 7, pl.col("iso_2"), pl.col("pos")),
        ]
    )


def _only_states(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the parts that name a state of one country only, and no large city elsewhere."""
    states = gazetteer.states().filter(pl.col("iso_2").n_unique().over("name") == 1)
    large = gazetteer.cities().filter(pl.col("population") >= 6 * _LARGE)
    clash = states.join(large, left_on="name", right_on="key").filter(pl.col("iso_2") != pl.col("iso_2_right"))
    states = states.join(clash, on="name", how="anti").unique("name")
    return parts.filter(pl.col("pos") < 99).join(states.select("iso_2", key="name"), on="key")


def _dominant(cities: pl.DataFrame) -> pl.DataFrame:
    """Return the cities that are so much larger than their namesakes abroad that they are meant."""
    large = (pl.col("main") & (pl.col("population") >= _LARGE)).any().over("at", "pos")
    # Istanbul was a new Rome, too: other names count where none is a large city's own.
    known = cities.filter(pl.when(large).then("main").otherwise(pl.col("population") >= 2 * _LARGE))
    sizes = known.group_by("at", "pos", "iso_2").agg(pl.col("population").max())
    largest = pl.col("population").max().over("at", "pos")
    second = pl.col("population").sort(descending=True).get(1, null_on_oob=True).over("at", "pos").fill_null(0)
    return sizes.filter((pl.col("population") == largest) & (largest >= _LARGE) & (largest >= _DOMINANT * second))


def _states_of(parts: pl.DataFrame, best: pl.DataFrame) -> pl.DataFrame:
    """Return the state of each place, by its code or its name; the last one that is named."""
    inside = parts.filter(pl.col("pos") < 99).join(best, on="at")
    inside = inside.filter(pl.col("named").is_null() | (pl.col("named") != pl.col("iso_2")))  # Mexico is a state, too
    named = inside.join(gazetteer.states(), left_on=["iso_2", "key"], right_on=["iso_2", "name"])
    codes = gazetteer.states().select("state").unique()
    coded = inside.with_columns(state=pl.col("iso_2") + "-" + pl.col("part")).join(codes, on="state", how="semi")
    both = pl.concat([table.select("at", "pos", "state") for table in (named, coded)])
    both = both.filter(pl.col("state") != "GB-LND")  # the City, a square mile: who says London means the whole
    return both.sort("at", "pos", "state", descending=[False, True, False]).unique("at", keep="first").drop("pos")


def _city_of(parts: pl.DataFrame, cities: pl.DataFrame, best: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Return the city of each place within its country, and its state where that is beyond doubt."""
    own = pl.col("named").is_not_null() & (pl.col("named") == pl.col("iso_2"))
    what = parts.filter(pl.col("pos") < 99).select("at", "pos", "named").join(best, on="at")
    what = what.with_columns(own=own, twice=own.sum().over("at") > 1)
    named = gazetteer.states().select("iso_2", key="name", region_name=True).unique()
    inside = cities.join(what, on=["at", "pos", "iso_2"]).join(named, on=["iso_2", "key"], how="left")
    inside = inside.join(states.rename({"state": "stated"}), on="at", how="left")
    inside = inside.join(gazetteer.people(), on="iso_2", how="left")
    # Mexico is the country, though its city is called so too; Singapore is both, as is half of Luxembourg, Luxembourg.
    both = (2 * pl.col("population") >= pl.col("people")) | (pl.col("twice") & pl.col("main"))
    inside = inside.filter(~pl.col("own") | both)
    agrees = pl.col("state").is_null() | pl.col("stated").is_null() | (pl.col("state") == pl.col("stated"))
    inside = inside.filter(agrees)
    doubt = pl.col("population").sort(descending=True).get(1, null_on_oob=True).fill_null(0).over("at", "pos")
    inside = inside.with_columns(sure=pl.col("population") >= _DOMINANT * doubt)
    inside = inside.sort("at", pl.col("region_name").fill_null(False), "pos", -pl.col("population"), "city")
    inside = inside.unique("at", keep="first", maintain_order=True)
    return inside.select("at", "city", city_state=pl.when("sure").then("state"))
