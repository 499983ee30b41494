"""Which currency a sign, a word or a code stands for, and which one a country pays in."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import polars as pl

from .alternatives import any_of

_SIGNS = {
    "AED": "dhs dh درهم",
    "ARS": "ar$",
    "AUD": "a$ au$ aud$",
    "BDT": "৳",
    "BGN": "лв",
    "BRL": "r$ reais real brl$",
    "CAD": "c$ ca$ cad$ cdn$ can$ cdn",
    "CHF": "fr sfr chf. franken stutz",
    "CLP": "clp$",
    "CNY": "rmb cnh cn¥ rmb¥ 人民币 人民幣 yuan renminbi",
    "COP": "cop$ col$",
    "CRC": "₡",
    "CZK": "kč kc korun",
    "EUR": "€ eur. euro euros euroa evro ευρώ евро ユーロ 欧元",
    "GBP": "£ gb£ ukp stg quid sterling",
    "GEL": "₾",
    "GHS": "gh₵ ₵ ghc",
    "HKD": "hk$ hkd$ 港币 港幣",
    "HUF": "ft forint",
    "IDR": "rp rupiah",
    "ILS": "₪ nis",
    "INR": "₹",
    "JPY": "円 jp¥ yen 日元",
    "KES": "ksh kshs",
    "KRW": "₩ 원 won",
    "KZT": "₸",
    "MXN": "mx$ mxn$ mex$",
    "MYR": "rm ringgit",
    "NGN": "₦ naira",
    "NZD": "nz$ nzd$",
    "PEN": "s/ s/. soles",
    "PHP": "₱",
    "PLN": "zł zl pln. złotych złote zloty zlotych",
    "PYG": "₲",
    "RON": "lei",
    "RUB": "₽ руб рублей",
    "ALL": "lek lekë",
    "SEK": "sek. kronor",
    "SGD": "s$ sgd$",
    "THB": "฿ baht บาท",
    "TRY": "₺ tl",
    "TWD": "nt$ ntd ntd$ nt 新台幣 台幣 新臺幣",
    "UAH": "₴ грн",
    "USD": "us$ usd$ $us $usd u$s u$ u$d us-dollar 美元 美金",
    "VND": "₫ vnđ đồng đ",
    "XAF": "fcfa",
    "ZAR": "r rand",
}
_SHARED = {
    "USD": (
        "$ dollar dollars dólares dólar",
        "ARS AUD BBD BMD BND BSD BZD CAD CLP COP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SGD TTD TWD UYU XCD",
    ),
    "GBP": ("pound pounds", "EGP LBP SYP"),
    "INR": ("rs rs. rupee rupees", "LKR MUR NPR PKR SCR"),
    "JPY": ("¥", "CNY"),
    "CNY": ("元 块", "TWD HKD MOP"),
    "": ("kr kr. kroner krónur :-", "SEK NOK DKK ISK"),
    "MXN": ("peso pesos", "ARS CLP COP DOP PHP UYU CUP"),
    "XOF": ("cfa", "XAF"),
    "CHF": ("franc francs", "XOF XAF"),
}
_ENDS = "abcdefghijklmnopqrstuvwxyzłčđώ"
_WORDS = frozenset({"ALL", "TOP"})
"""Codes that are everyday words before a number: left out."""


@cache
def codes() -> tuple[str, ...]:
    """Give the ISO 4217 codes of all money that is legal tender somewhere today, as Unicode CLDR (Babel) lists it."""
    from babel.core import get_global

    return tuple(sorted({code for place in get_global("territory_currencies") for code in _tender(place)}))


def _tender(place: str) -> list[str]:
    from babel.numbers import get_territory_currencies

    return list(get_territory_currencies(place))


@cache
def of_countries() -> dict[str, str]:
    """Give the currency of each country by its English name, and by a few names in common use.

    Codes of two letters are left out: 'CA' in a location is California more often than Canada.
    """
    from babel import Locale

    places = {name: place for place, name in Locale("en").territories.items() if len(place) == 2 and place.isalpha()}
    places |= {"USA": "US", "UK": "GB", "Czech Republic": "CZ", "Turkey": "TR", "Hong Kong": "HK", "Macau": "MO"}
    return {name: tender[0] for name, place in places.items() if (tender := _tender(place))}


def of_country(country: pl.Expr) -> pl.Expr:
    """Give the currency that a country pays in.

    Parameters
    ----------
    country : polars.Expr
        Strings: English names of countries, as the vendor's column ``country`` has them.

    Returns
    -------
    polars.Expr
        Strings: ISO 4217 codes; null for all that is no country.
    """
    known = of_countries()
    return country.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


@cache
def signs() -> dict[str, str]:
    """Give what each sign or word for money means (ISO 4217); for shared ones what it means where nothing else tells.

    Keys are in small letters. An empty text is a sign that means nothing without a country, such as 'kr'.
    """
    own = {sign: code for code, names in _SIGNS.items() for sign in names.split()}
    shared = {sign: code for code, (names, _) in _SHARED.items() for sign in names.split()}
    return own | shared | {code.lower(): code for code in codes() if code not in _WORDS}


@cache
def sharers() -> dict[str, str]:
    """Give the currencies that a shared sign may mean, as one text in which each is found."""
    return {sign: f"{code} {others}" for code, (names, others) in _SHARED.items() for sign in names.split()}


@cache
def pattern() -> str:
    """Give a regular expression of one sign, word or code in small letters, as it stands after a number."""
    names = {*signs(), *sharers()}
    words = {name for name in names if name[-1] in _ENDS}
    return rf"(?:{any_of(names - words)}|{any_of(words)}\b)"


@cache
def pattern_before() -> str:
    """Give the same as it stands before a number, which may follow at once, as in 'R250'."""
    names = {*signs(), *sharers()}
    words = {name for name in names if "a" <= name[0] <= "z"}
    return rf"(?:{any_of(names - words)}|(?-u:\b){any_of(words)})"


@cache
def code_pattern() -> str:
    """Give a regular expression with one group: an ISO 4217 code in small letters that stands alone."""
    return rf"\b({any_of(code.lower() for code in codes() if code not in _WORDS)})\b"


@cache
def purchasing_power() -> dict[str, float]:
    """Give how many units of each currency buy what one dollar buys in the United States, to two digits.

    The World Bank's conversion factors (indicator PA.NUS.PPP, newest year of 2020 to 2024; public domain). They only
    serve to tell an hour's pay from a month's and a year's, so old or rough ones do.
    """
    table = pl.read_csv(files("bulkjobs.analysis.pay").joinpath("data/purchasing_power.csv").read_bytes())
    return dict(table.select("currency", "units").iter_rows())
