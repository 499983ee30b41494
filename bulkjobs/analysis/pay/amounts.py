"""Amounts of money in running text: where one or a range of two stands, and what number each is."""

from __future__ import annotations

from functools import cache

import polars as pl

from . import currency

LONGEST = 300
"""Characters of a text that are read: pay stands at the start or nowhere."""

_THOUSANDS = {
    1e3: "k mil tys tys. tsd tsd. thousand тыс тыс. 千 천 rb ribu",
    1e4: "万 萬 만",
    1e5: "lakh lakhs lac lacs lpa l",
    1e6: "m mn mio mio. million millions juta jt tr triệu",
    1e7: "cr crore crores",
    1e8: "億",
}
_TIMES = {word: factor for factor, words in _THOUSANDS.items() for word in words.split()}
_NUMBER = (
    r"(?:[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]{1,2})?|[0-9]+(?:[.,'’ ][0-9]{3})*(?:[.,][0-9]+)?)(?:[.,][-–—]+)?"
)
_TIMES_WORD = (
    r"(?:(?:mil|tys\.?|tsd\.?|thousand|тыс\.?|lakhs?|lacs?|lpa|mn|mio\.?|millions?|juta|jt|triệu|tr|ribu|rb|crores?"
    r"|cr)\b"
    r"|[ml]\b|k|[千천万萬만億])"
)
_TO = (
    r"(?:-{1,2}|[–—−~〜〰→/]|\.{2,3}|(?:up to|upto|jusqu['’]à|to|bis|à|a|até|ate|hasta|do|till|til|tot|al|and|und|y"
    r"|et|e|en"
    r"|och|og|i|rising to)\b|から|至|到|부터)"
)
_PER = (
    r"(?:\((?:[^()0-9]{0,20})\)|/ ?\p{L}{1,8}\.?|(?:(?:per|an?|pro|par|por|al|im|na|i|om) )?"
    r"(?:hour|hr|h|day|week|wk|month|mo|year|yr|annum|stunde|std|tag|woche|monat|jahr|heure|jour|semaine|mois|an"
    r"|hora|día|dia"
    r"|semana|mes|mês|año|ano|ora|giorno|mese|anno|uur|dag|maand|jaar|godz|miesiąc|rok|timme|tim|mån|månad|måned"
    r"|år)\b\.?"
    r"|\b(?:gross|brutto|bruto|bruts?|brute|net|netto|neto|nets|pa|ph|pd|pw|pcm|p\.a\.)|每月|/月)"
)


def plain(text: pl.Expr) -> pl.Expr:
    """Bring a text to one spelling of letters, blanks and digits.

    Parameters
    ----------
    text : polars.Expr
        Strings.

    Returns
    -------
    polars.Expr
        Strings in small letters: at most `LONGEST` characters of the text.
    """
    text = text.str.slice(0, LONGEST).str.normalize("NFKC").str.to_lowercase()
    return text.str.replace_all(r"[\s\\*_\u200b\u200e\u200f\u00ad]+", " ").str.strip_chars(" ")


def clean(text: pl.Expr) -> pl.Expr:
    """Take out numbers that are no pay: percentages, hours of work, counts of days to years, and one-off payments.

    Parameters
    ----------
    text : polars.Expr
        Strings, as `plain` gives them.

    Returns
    -------
    polars.Expr
        Strings with a blank for each of them.
    """
    text = text.str.replace_all(_counts(), " ")
    bonus = pl.when(text.str.contains(_ONE_OFF)).then(text).str.replace_all(_one_off(), " ")
    return pl.coalesce(bonus, text)


_ONE_OFF = r"sign(?:ing)?[- ]?on|signing|joining|welcome|golden hello|relocation|referral|retention"


@cache
def _counts() -> str:
    week = (
        r"week|wk|woche|semaine|semana|settimana|vecka|tydzień|tygodniowo|wöchentlich|weekly|hebdo\w*|pw|w|month"
        r"|mois|mes|mês"
    )
    hour = r"hours?|hrs?|std\.?|stunden|wochenstunden|heures?|horas|ore|uur|timmar|godzin|h"
    return (
        r"(?-u:\b)[0-9]+(?:[.,][0-9]+)?(?: ?%"
        rf"|(?: ?(?:-|–|to) ?[0-9]+)?[ -]*(?:(?:{hour})[ -]?(?:(?:/|per|an?|pro|par|por|p\.|in der|je|na|w|i|in"
        rf"|de travail)[ -]?)?"
        rf"(?:{week})\b|(?:hours|hrs|stunden|heures|horas|godzin|timmar|days?|jours|tage|días|dias|giorni|dagen"
        rf"|weeks?|years?|"
        r"yrs|ans|jahre|años|anos|anni|months?|mois|monat\w*|meses|mesi|mensilità|maanden|pagas|payments|miesięcy"
        r"|salaires|"
        r"gehälter)\b)|薪| ?(?:个月|個月|か月|ヶ月|ヵ月|개월))|\b401 ?\(?k\)?|[x×·] ?1[2-8]\b"
    )


@cache
def _one_off() -> str:
    amount = rf"(?:{currency.pattern()} ?)?{_NUMBER} ?k?(?: ?{currency.pattern()})?"
    between = r"(?: ?(?:bonus|payment|package|of|up to|:|-|–))* ?"
    return rf"{amount} (?:{_ONE_OFF})\b|(?:{_ONE_OFF}){between}{amount}"


def months(text: pl.Expr) -> pl.Expr:
    """Find how many monthly payments a year are stated: 'sur 13 mois', 'en 14 pagas', 'x 13', '14薪'.

    Parameters
    ----------
    text : polars.Expr
        Strings, as `plain` gives them.

    Returns
    -------
    polars.Expr
        Floats from 12 to 18, or null.
    """
    pattern = (
        r"(?:\b(?:sur|en|in|auf|over|x) |[x×·*] ?)(1[2-8])(?:[.,]0)?(?:\b|薪)(?: ?(?:mois|months?|monat\w*|meses"
        r"|mesi|mensilità|"
        r"pagas|payments|maanden))?|\b(1[2-8])(?:薪| ?(?:pagas|mensilità|salaires|gehälter|monatsgehälter|payments)\b)"
    )
    groups = text.str.extract_groups(pattern)
    return pl.coalesce(groups.struct.field("1"), groups.struct.field("2")).cast(pl.Float64)


@cache
def with_currency() -> str:
    """Give a regular expression of pay whose currency stands before or after it, as groups.

    ``head`` and ``tail`` (or ``tail_``) are what surrounds it. ``before``, ``low``, ``unit``, ``before2``, ``high``,
    ``unit2`` are its pieces where a currency stands before the first number, and ``low_``, ``unit_``, ``high_``,
    ``unit2_`` where it stands after the last.
    """
    money = currency.pattern()
    sign = currency.pattern_before()
    last = rf"(?:{money}|{_TIMES_WORD} ?{money})"
    unit = rf"(?:{last}|{_TIMES_WORD})"
    to = rf" ?{_PER}? ?\+? ?{_TO} ?"
    first = (
        rf"(?P<before>(?:{sign} ?){{1,2}}):? ?(?P<low>{_NUMBER}) ?(?P<unit>{unit})?"
        rf"(?:{to}(?P<before2>(?:{sign} ?){{1,2}})?(?P<high>{_NUMBER}) ?(?P<unit2>{unit})?)?"
    )
    after = rf"(?-u:\b)(?P<low_>{_NUMBER}) ?(?:(?P<unit_>{unit})?{to}(?P<high_>{_NUMBER}) ?)?(?P<unit2_>{last})"
    return rf"^(?P<head>.*?)(?:{first}(?P<tail>.*)|{after}(?P<tail_>(?: ?[^0-9 ].*)?))$"  # '5' in '5 £20' is no pay


@cache
def without_currency() -> str:
    """Give a regular expression of pay without a currency: a range, or one number after a word that leads to it."""
    to = rf" ?{_PER}? ?\+? ?{_TO} ?"
    lead = (
        r"(?:^|\b(?:salary|pay|rate|wage|compensation|from|up to|upto|fino a|max|da|salaire|gehalt|salario|salário"
        r"|ab|bis|de|à|until|circa|ca\.?|c\.|"
        r"总包|月薪|年薪|月給|時給|年収|연봉|월급|시급)[ :~-]*)"
    )
    return (
        rf"^(?P<head>.*?)(?:(?:{lead}"
        rf"|(?-u:\b))(?P<low>{_NUMBER}) ?(?P<unit>{_TIMES_WORD})?{to}(?P<high>{_NUMBER}) ?(?P<unit2>{_TIMES_WORD})?"
        rf"|(?P<lead>{lead})(?P<low_>{_NUMBER}) ?(?P<unit_>{_TIMES_WORD})?)(?P<tail>.*)$"
    )


def number(text: pl.Expr) -> pl.Expr:
    """Read a number that may have marks of thousands and decimals, in any country's way.

    A mark is a decimal one when one or two digits follow the last, or four and more; or three where another kind of
    mark stands before, or where what stands before is too long for a group. So '1.802' and '1,802' are 1802, '12,50'
    is 12.5, '1.234,5' is 1234.5 and '1,50,000' is 150000.

    Parameters
    ----------
    text : polars.Expr
        Strings.

    Returns
    -------
    polars.Expr
        Floats; null for what is no number.
    """
    bare = text.str.replace_all(r"['’ ]|[.,][-–—]+$", "")
    parts = bare.str.extract_groups(
        r"^(?:([0-9]+)|([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3})"
        r"|([0-9.,]*[0-9])[.,]([0-9]+))$"
    )

    def bare_of(name: str) -> pl.Expr:
        return pl.field(name).str.replace_all("[.,]", "")

    whole = parts.struct.with_fields(whole=pl.coalesce(pl.field("1"), bare_of("2"), bare_of("3")))
    decimal = pl.format("{}.{}", pl.field("whole"), pl.field("4"))
    text = pl.when(pl.field("4").is_null()).then(pl.field("whole")).otherwise(decimal)
    return whole.struct.with_fields(value=text.cast(pl.Float64, strict=False)).struct.field("value")


def times(unit: pl.Expr) -> pl.Expr:
    """Read what a number is counted in: 'k', 'mil', 'LPA', '万' and the like.

    Parameters
    ----------
    unit : polars.Expr
        Strings that begin with such a word, if there is one.

    Returns
    -------
    polars.Expr
        Floats, such as 1000; null where there is none.
    """
    money = unit.str.strip_chars().is_in(list(currency.signs()) + list(currency.sharers()))  # 'kr' is no thousand
    word = pl.when(~money).then(unit).str.extract(rf"^({_TIMES_WORD})", 1)
    return word.replace_strict(list(_TIMES), list(_TIMES.values()), default=None, return_dtype=pl.Float64)
