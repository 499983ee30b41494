"""Pay as a posting shows it, as numbers: least and most, currency, period, and what it makes in a year."""

from __future__ import annotations

from functools import partial

import polars as pl

from ..column import Column, column
from . import amounts, currency, figures, periods

_INDIAN = r"\b(?:lpa|lakhs?|lacs?|crores?)\b"
_HINTS = {"JPY": "年収|月給|時給|年俸|月収|日給|月額", "KRW": "연봉|월급|시급|만", "CNY": "[年月时日]薪|薪|每[月年天]"}

FIELDS = {
    "salary_min": pl.Float64,
    "salary_max": pl.Float64,
    "currency": pl.String,
    "currency_inferred": pl.Boolean,
    "period": pl.String,
    "period_inferred": pl.Boolean,
    "salary_year_min": pl.Float64,
    "salary_year_max": pl.Float64,
}
"""The fields that `salary` gives, in order."""

_f = pl.field


def salary(
    text: Column = "salary", country: Column | None = "country", *, hours_a_year: float = periods.HOURS_A_YEAR
) -> pl.Expr:
    """Read pay from its text.

    The first amount or range is read: one with a currency before one without. Ends are put in order. Where the lower
    end lacks the thousands that the upper one has ('30-40k', 'USD 130-170000'), it gets them. 'Up to' leaves the
    least null, and 'from' the most; a single amount is both.

    Parameters
    ----------
    text : str or polars.Expr
        A column of strings such as 'GBP 24907-30615' or '£24,907 to £30,615 a year'. Their first 300 characters are
        read.
    country : str or polars.Expr, optional
        A column of strings: the country's English name. It decides what '$', 'kr' and other shared signs mean, and
        what an amount without a currency is in. Without it '$' is USD, '¥' is JPY, and 'kr' unknown.
    hours_a_year : float
        Hours that make a year's pay of an hour's: see `bulkjobs.analysis.periods.times_a_year`.

    Returns
    -------
    polars.Expr
        Structs, whose fields are null for what is not stated or not understood:

        - ``salary_min``, ``salary_max`` : float, in units of `currency` a `period`, as stated
        - ``currency`` : string, ISO 4217
        - ``currency_inferred`` : boolean, whether it rests on the country, or on a default for a shared sign
        - ``period`` : string, "hour", "day", "week", "month" or "year"
        - ``period_inferred`` : boolean, whether it rests on the amount: see `bulkjobs.analysis.periods.infer`
        - ``salary_year_min``, ``salary_year_max`` : float, in units of `currency` a year
    """
    stage: pl.Expr = pl.struct(raw=amounts.plain(column(text)), local=currency.of_country(column(country)))
    by_year = partial(_by_year, hours_a_year)
    own = (_is_paid, _signs, _near, _money, _period, _period_elsewhere, _period_inferred, by_year)
    for step in (*figures.STEPS, *own):
        stage = stage.struct.with_fields(**step())
    return stage.cast(pl.Struct(FIELDS))


def _signs() -> dict[str, pl.Expr]:
    code = _paid("signs").str.extract(r"(?:\b|k)([a-z]{3})\b", 1)
    known, shared = currency.signs(), currency.sharers()
    sign: pl.Expr = pl.when(~code.is_in(list(known)).fill_null(False)).then(_paid("signs"))
    sign = sign.str.extract(f"({currency.pattern()})", 1)
    return {
        "code": _means(code, known),
        "sign": _means(sign, known),
        "shared": _means(sign, shared),
    }


def _means(word: pl.Expr, meanings: dict[str, str]) -> pl.Expr:
    return word.replace_strict(list(meanings), list(meanings.values()), default=None, return_dtype=pl.String)


def _near() -> dict[str, pl.Expr]:
    shared = _f("shared").is_not_null()
    text = pl.when(_f("code").is_null()).then(_f("text"))
    near = pl.when(shared).then(_f("raw")).str.extract(currency.code_pattern(), 1).str.to_uppercase()
    indian = pl.when(text.str.contains(_INDIAN)).then(pl.lit("INR"))
    return {
        "stated": pl.coalesce(_f("code"), near, pl.when(~shared).then(pl.coalesce(_f("sign"), indian))),
        "hint": pl.coalesce(pl.when(text.str.contains(words)).then(pl.lit(code)) for code, words in _HINTS.items()),
    }


def _money() -> dict[str, pl.Expr]:
    no_sign = _f("sign").is_null()
    local = pl.when(no_sign | _f("shared").str.contains(_f("local"), literal=True)).then(_f("local"))
    hint = pl.when(no_sign | _f("shared").str.contains(_f("hint"), literal=True)).then(_f("hint"))
    usual = pl.when(_f("sign") != "").then(_f("sign"))
    found = pl.coalesce(_f("stated"), local, hint, usual)
    return {"currency": pl.when(_f("is_paid")).then(found)}


def _period() -> dict[str, pl.Expr]:
    tail = _paid("tail")
    word = pl.coalesce(periods.read(piece) for piece in (tail.str.slice(0, 28), _paid("head")))
    return {
        "currency_inferred": pl.when(_f("currency").is_not_null()).then(_f("stated").is_null()),
        "months": amounts.months(pl.when(_f("is_paid") & _f("text").is_not_null()).then(_f("raw"))),
        "period": word,
    }


def _period_elsewhere() -> dict[str, pl.Expr]:
    text = pl.when(_f("is_paid") & _f("period").is_null()).then(_f("text"))
    return {
        "period": pl.coalesce(_f("period"), periods.read(text), pl.when(_f("months") > 12).then(pl.lit("month"))),
        "by_piece": periods.by_piece(text).fill_null(False),
    }


def _period_inferred() -> dict[str, pl.Expr]:
    guess = periods.infer(_f("salary_min"), _f("salary_max"), _f("currency"))
    inferred = pl.when(_f("period").is_null() & ~_f("by_piece")).then(guess)
    found = pl.coalesce(_f("period"), inferred)
    return {"period": found, "period_inferred": pl.when(found.is_not_null()).then(_f("period").is_null())}


def _paid(field: str) -> pl.Expr:
    return pl.when(_f("is_paid")).then(_f(field))


def _is_paid() -> dict[str, pl.Expr]:
    return {"is_paid": _f("salary_min").is_not_null() | _f("salary_max").is_not_null()}


def _by_year(hours: float) -> dict[str, pl.Expr]:
    factor = periods.times_a_year(_f("period"), _f("months"), hours)
    return {"salary_year_min": _f("salary_min") * factor, "salary_year_max": _f("salary_max") * factor}
