"""The type of employment in the vendor's words, from any words for it, and from titles where none is stated."""

from __future__ import annotations

import polars as pl

from ..column import Column, column

TYPES = ("Full-time", "Part-time", "Contract", "Temporary", "Internship", "Volunteer", "Other")
"""The vendor's vocabulary (contract section 3)."""

_INTERN = (
    r"\b(?:intern|interns|internship|internships|praktikum|praktikant(?:in)?|pflichtpraktikum|werkstudent(?:in)?"
    r"|werkstudium"
    r"|stagiaire|alternance|alternant|alternante|apprentissage|estágio|estagiário|estagiária|estagio|prácticas"
    r"|practicante"
    r"|becario|becaria|tirocinio|tirocinante|stagista|praktyki|stażysta|praktik|trainee-?ship|placement student"
    r"|co-?op)\b"
    r"|インターン|实习|實習|인턴"
)
_VOLUNTEER = (
    r"\b(?:volunt(?:eer|ary|eering|ariado|ário|ariat)s?|bénévol(?:e|at)s?|ehrenamt(?:lich)?|vrijwilliger"
    r"|wolontari\w+)\b|志愿|ボランティア"
)
_PART = (
    r"\b(?:part[ -]?time|teilzeit|temps partiel|mi-temps|tiempo parcial|media jornada|tempo parcial|meio período"
    r"|part time"
    r"|deeltijd|deltid|niepełny etat|część etatu|minijob|450-euro)\b|パート|アルバイト|兼职|兼職|파트타임|parttime"
)
_TEMPORARY = (
    r"\b(?:temporary|temp|temporaire|temporal|temporário|temporär|tijdelijk|tillfällig|intérim|interim worker"
    r"|interimaire"
    r"|intérimaire|zeitarbeit|befristet(?:e|er|es)?|seasonal|saisonnier|saisonnière|saisonal|fixed[ _-]?term"
    r"|maternity cover"
    r"|locum|cdd|casual|bank staff|elternzeitvertretung|tymczasow\w+)\b|^bank\b|派遣|临时|臨時|期間限定|fixed_term"
)
_CONTRACT = (
    r"\b(?:independent contractor|contractor|freelanc\w*|self[ -]employed|freiberuflich\w*|indépendant|autónomo"
    r"|umowa zlecenie|contratista|zzp)\b|業務委託|自由职业|프리랜서|外包"
)
_CONTRACT_TITLE = (
    r"[(\[–—|-] ?(?:[0-9]+[ -]?months? )?contract ?(?:$|[)\]|–—-])|\bcontract (?:role|position|job|to hire)\b"
    r"|\b[0-9]+[ -]months? contract\b|\bftc\b"
)
_FULL = (
    r"\b(?:full[ -]?time|vollzeit|temps plein|temps complet|plein temps|tiempo completo|jornada completa"
    r"|tempo integral|tempo pieno"
    r"|período integral|fulltime|voltijd|heltid|pełny etat|festanstellung|cdi)\b|正社員|全职|全職|정규직|fulltime"
)
_STATED_ONLY = {
    "Contract": r"\bcontract\b|\bcontractual\b|\bvertrag\b",
    "Other": r"^other$|^andere?$|^autre$|^otro$|^outro$|^altro$|^その他$|^其他$",
}

FIELDS = {"employment": pl.String, "employment_inferred": pl.Boolean}
"""The fields that `employment` gives, in order."""


def employment(stated: Column = "employment_type", title: Column | None = "title") -> pl.Expr:
    """Give the type of employment in the vendor's vocabulary.

    The kind of contract counts before the hours: 'fulltime_fixed_term' is "Temporary". 'Permanent' alone says neither
    hours nor a type that the vendor knows, so it stays null.

    Parameters
    ----------
    stated : str or polars.Expr
        A column of strings: the type as the posting states it, such as 'Full-time', 'CDI' or 'Temp Full-time'.
    title : str or polars.Expr, optional
        A column of strings: titles, read where nothing that is understood is stated ('Data Engineer (Praktikum)').

    Returns
    -------
    polars.Expr
        Structs:

        - ``employment`` : string, one of `TYPES`, or null
        - ``employment_inferred`` : boolean, whether it rests on the title; null where ``employment`` is
    """
    stated = column(stated)
    words = stated.str.slice(0, 100).str.to_lowercase().str.replace_all("_", " ", literal=True)
    said = pl.coalesce(
        _exact(stated), _type(words), *(pl.when(words.str.contains(p)).then(pl.lit(t)) for t, p in _STATED_ONLY.items())
    )
    told = pl.struct(said=said, title=column(title))
    told = told.struct.with_fields(
        title=pl.when(pl.field("said").is_null()).then(pl.field("title")).str.slice(0, 300).str.to_lowercase()
    )
    contract = pl.when(pl.field("title").str.contains(_CONTRACT_TITLE)).then(pl.lit("Contract"))
    told = told.struct.with_fields(employment=pl.coalesce(pl.field("said"), _type(pl.field("title")), contract))
    return told.struct.with_fields(
        employment_inferred=pl.when(pl.field("employment").is_not_null()).then(pl.field("said").is_null())
    ).cast(pl.Struct(FIELDS))


def _exact(stated: pl.Expr) -> pl.Expr:
    return pl.when(stated.is_in(TYPES)).then(stated)


def _type(words: pl.Expr) -> pl.Expr:
    kinds = {
        "Internship": _INTERN, "Volunteer": _VOLUNTEER, "Contract": _CONTRACT, "Temporary": _TEMPORARY,
        "Part-time": _PART, "Full-time": _FULL,
    }  # fmt: skip
    return pl.coalesce(pl.when(words.str.contains(pattern)).then(pl.lit(name)) for name, pattern in kinds.items())
