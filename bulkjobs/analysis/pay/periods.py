"""How often pay is paid: the words for it, what an amount without a word means, and what each makes in a year."""

from __future__ import annotations

from functools import cache

import polars as pl

from .alternatives import any_of
from .currency import purchasing_power

PERIODS = ("hour", "day", "week", "month", "year")

HOURS_A_YEAR = 2_080.0
"""Full-time hours a year (52 weeks of 40 hours): a convention, the same for all countries."""

_WORDS = {
    "hour": """hour|hours|hourly|hr|hrs|p/h|ph|p.h|an hour
        stunde|std|stündlich|stundenlohn|je stunde|heure|horaire|taux horaire|l'heure|hora|horas|por hora|ora
        oraria|orario|all'ora
        uur|uurloon|per uur|godz|godzinę|godzina|godzinowa|timme|tim|timlön|timen|timelønn|timeløn|pr. time
        pr time|tunti
        hod|hodinu|hodinová|час|óra|saatlik|giờ|jam""",
    "day": """day|daily|per diem|p/d|pd|tag|täglich|tagessatz|tageshonorar|jour|journalier|tjm|día|dia|diario
        diária|diaria
        giorno|giornata|giornaliero|dag|dagtarief|per dag|dzień|dziennie|om dagen|päivä|день|gün|ngày|hari""",
    "week": """week|weekly|wk|p/w|pw|woche|wöchentlich|wochenlohn|semaine|hebdomadaire|hebdo|semana|semanal
        settimana
        settimanale|wekelijks|tydzień|tygodniowo|vecka|veckan|uge|uke|неделя|неделю|tuần|minggu""",
    "month": """month|months|monthly|mo|mth|pcm|pm|p.m|monat|monatlich|mtl|monatsgehalt|monatslohn|mois
        mensuel|mensuelle
        mensuels|mensuellement|mes|mensual|mensuales|mensuais|mensal|mensais|mês|mese|mensile|mensili|maand
        maandelijks|bruto per maand|p.m
        miesiąc|mies|miesięcznie|mc|m-c|mån|månad|månaden|månadslön|måned|måneden|månedlig|md|mnd|kk|kuukausi
        kuukaudessa
        měsíc|měsíčně|mesiac|месяц|мес|hó|havi|aylık|tháng|bulan|lună|luna|lunar""",
    "year": """year|yearly|yr|yrs|annum|per annum|annual|annually|p.a|pa|p/a|annualised|annualized|lpa|ctc
        jahr|jährlich|jahresgehalt|jahreslohn|per anno|par an|l'an|annuel|annuelle|annuels|annuellement
        brut/an|bruts/an
        año|anual|anuales|anuais|ano|annuo|annua|annui|annuale|anno|ral|jaar|jaarlijks|jaarsalaris
        rok|rocznie|roczne|per år|om året|året|årslön|årlig|vuosi|vuodessa|ročně|год|év|évi|yıllık|năm|tahun""",
}
_SLASHED = {"hour": "h u t", "day": "d j", "week": "w s", "month": "m", "year": "y a j."}
_SIGNS = {
    "hour": "時給 时薪 時薪 每小时 每小時 /小时 /小時 /时 /時 시급 시간당 บาท/ชม",
    "day": "日給 日薪 每天 每日 /天 /日 일급",
    "week": "週給 周薪 週薪 每周 每週 /周 /週 주급",
    "month": "月給 月収 月額 月薪 每月 每个月 每個月 /月 월급 เดือน شهري",
    "year": "年収 年俸 年薪 每年 /年 연봉 سنوي",
}
_BLOCKERS = (
    r"(?:/ ?|per |a |an |par |pro |por )(?:session|visit|shift|project|word|page|class|lesson|hearing|assignment|"
    r"sitting|article|vacation|séance|vacation|schicht|projeto|proyecto)\b"
)

_HOURLY, _MONTHLY, _YEARLY = (3.0, 120.0), (700.0, 8_000.0), (9_500.0, 1_000_000.0)
_BY_MONTH = (450.0, 14_000.0)
_PAID_BY_MONTH = [
    "AED",
    "ARS",
    "BRL",
    "CLP",
    "CNY",
    "COP",
    "CZK",
    "DKK",
    "HUF",
    "IDR",
    "ISK",
    "JPY",
    "MXN",
    "MYR",
    "NOK",
    "PEN",
    "PHP",
    "PLN",
    "RON",
    "RUB",
    "SAR",
    "SEK",
    "SGD",
    "THB",
    "TRY",
    "TWD",
    "UAH",
    "VND",
]
_WIDEST = 10.0


@cache
def words() -> dict[str, str]:
    """Give the period that each word means, in small letters and without spaces."""
    found = {word.strip().replace(" ", ""): period for period, text in _WORDS.items() for word in _split(text)}
    found |= {f"/{word}": period for period, text in _SLASHED.items() for word in text.split()}
    return found | {sign: period for period, text in _SIGNS.items() for sign in text.split()}


def _split(text: str) -> list[str]:
    return [word for line in text.splitlines() for word in line.strip().split("|")]


@cache
def pattern() -> str:
    """Give a regular expression with one group: a word for a period in small letters, with its boundaries."""
    slashed = "".join(sorted({word[0] for text in _SLASHED.values() for word in text.split()}))
    signs = any_of(sign for text in _SIGNS.values() for sign in text.split())
    return rf"(/ ?[{slashed}]\b|\b{any_of(word for text in _WORDS.values() for word in _split(text))}\b|{signs})"


def read(text: pl.Expr) -> pl.Expr:
    """Find the first word for a period in a text.

    Parameters
    ----------
    text : polars.Expr
        Strings in small letters.

    Returns
    -------
    polars.Expr
        Strings: one of `PERIODS`, or null.
    """
    word = text.str.extract(pattern(), 1).str.replace_all(" ", "", literal=True)
    known = words()
    return word.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def by_piece(text: pl.Expr) -> pl.Expr:
    """Tell whether pay is for a piece of work, such as 'per session', so that no period is to be inferred."""
    return text.str.contains(_BLOCKERS)


def infer(low: pl.Expr, high: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Infer the period from the size of an amount, where its purchasing power leaves one only that is plausible.

    The middle of the range, in dollars of the United States by purchasing power (`purchasing_power`), is an hour's pay
    from 3 to 120, a month's from 700 to 8,000 and a year's from 9,500 to 1,000,000. In currencies of countries that
    state pay by the month, a month's is from 450 to 14,000, and a year's begins there. Nothing is inferred in the gaps,
    without a currency, or for a range whose ends differ more than tenfold; a day's or week's pay is never inferred.

    Parameters
    ----------
    low, high : polars.Expr
        Floats: the ends of the range in units of `currency`; one may be null.
    currency : polars.Expr
        Strings: ISO 4217 codes.

    Returns
    -------
    polars.Expr
        Strings: "hour", "month", "year" or null.
    """
    known = purchasing_power()
    units = currency.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Float64)
    middle = pl.mean_horizontal(low, high) / units
    by_month = currency.is_in(_PAID_BY_MONTH)
    narrow = (high <= low * _WIDEST).fill_null(True)  # one end only is no range
    monthly = pl.when(by_month).then(middle.is_between(*_BY_MONTH)).otherwise(middle.is_between(*_MONTHLY))
    yearly = middle.is_between(*_YEARLY)
    return (
        pl.when(~narrow).then(None)
        .when(middle.is_between(*_HOURLY)).then(pl.lit("hour"))
        .when(monthly).then(pl.lit("month"))
        .when(yearly).then(pl.lit("year"))
    )  # fmt: skip


def times_a_year(period: pl.Expr, months: pl.Expr, hours_a_year: float = HOURS_A_YEAR) -> pl.Expr:
    """Give how often a period's pay is paid in a year.

    Parameters
    ----------
    period : polars.Expr
        Strings: one of `PERIODS`.
    months : polars.Expr
        Floats: monthly payments a year where stated ('sur 13 mois', '14 pagas'), else null, which counts as 12.
    hours_a_year : float
        Hours a year; a day is 8 hours of them and a week is a 52nd.

    Returns
    -------
    polars.Expr
        Floats: `hours_a_year` for "hour", an eighth of it for "day", 52 for "week", 12 or as stated for "month", 1 for
        "year".
    """
    return (
        pl.when(period == "year").then(pl.lit(1.0))
        .when(period == "month").then(months.fill_null(12.0))
        .when(period == "hour").then(pl.lit(hours_a_year))
        .when(period == "day").then(pl.lit(hours_a_year / 8))
        .when(period == "week").then(pl.lit(52.0))
    )  # fmt: skip
