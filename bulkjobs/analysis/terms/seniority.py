"""The level of seniority in the vendor's words, from any words for it, and from titles where none is stated."""

from __future__ import annotations

import polars as pl

from ..column import Column, column

LEVELS = ("Internship", "Entry level", "Associate", "Mid-Senior level", "Director", "Executive", "Not Applicable")
"""The vendor's vocabulary (contract section 3)."""

_STATED = {
    "Internship": r"internship|praktik|^stage|stagiaire|prácticas|estágio|tirocinio|インターン|实习",
    "Entry level": r"entry|junior|berufseinst|premier emploi|débutant|principiante|sin experiencia|assistente"
    r"|esordiente"
    r"|instapniveau|początkuj|graduate|初级|初級|エントリー",
    "Associate": r"^associate$|^associé$|mit berufserfahrung|^asociado$|^associado$|^associato$|^medewerker$"
    r"|アソシエイト",
    "Mid-Senior level": r"mid-?senior|^mid|^senior|confirmé|expérimenté|berufserfahren|intermedio|pleno-sênior"
    r"|pleno|sênior"
    r"|livello medio|middenkader|średni|中高级|ミドル",
    "Director": r"direct|direkt|dyrektor|dirett|diret|ディレクター|总监",
    "Executive": r"executive|cadre dirigeant|ejecutivo|executivo|dirigente|geschäftsführ|vorstand|c-level|高管"
    r"|エグゼクティブ",
    "Not Applicable": r"not applicable|nicht zutreffend|non pertinent|no corresponde|não aplicável|non applicabile"
    r"|n/a|不适用|該当なし",
}
_INTERN = (
    r"\b(?:intern|interns|internship|internships|praktikum|praktikant(?:in)?|pflichtpraktikum|werkstudent(?:in)?"
    r"|werkstudium"
    r"|stagiaire|alternance|alternant|alternante|estágio|estagiário|estagiária|estagio|becario|becaria|tirocinio"
    r"|tirocinante"
    r"|stażysta|praktik|co-?op)\b|^stage [^m]|インターン|实习|實習|인턴"
)
_EXECUTIVE = (
    r"\b(?:chief [a-z &.]{2,30} officer|chief (?:executive|of staff)|ceo|cto|cfo|coo|ciso|cio|cpo|svp|evp|avp|vp"
    r"|vice[- ]president|president|managing director|geschäftsführer(?:in)?|vorstand|directeur général"
    r"|directrice générale|director general|diretor executivo|amministratore delegato|prezes)\b|首席|副总裁|代表取締役"
)
_DIRECTOR = (
    r"\b(?:directors?|head of|head,|global head|direktor(?:in)?|directeur|directrice|diretor|diretora|directora"
    r"|direttore"
    r"|direttrice|dyrektor|bereichsleiter(?:in)?|abteilungsleiter(?:in)?|hoofd)\b|总监|總監|部長|本部长"
)
_SENIOR = (
    r"\b(?:senior|sr|snr|lead|leader|principal|staff (?:[a-z/]+ ){0,3}(?:engineer|scientist|developer|designer"
    r"|architect|researcher"
    r"|analyst|manager)|manager|mgr|supervisor|supervisory|middle|superintendent|expert|experienced|confirmé"
    r"|expérimenté|sênior|pleno|especialista"
    r"|teamleiter(?:in)?|chef d'équipe|chef de projet|responsable|gerente|coordinador senior|specialist ii|iii|iv"
    r"|architect"
    r"|starszy|kierownik|mid-?senior|mid[- ]level)\b|高级|高級|资深|資深|シニア|マネージャー|经理|經理|主管|선임"
)
_ENTRY = (
    r"\b(?:junior|jr|júnior|entry[- ]level|graduate|new grads?|trainee|apprentice|apprenticeship|azubi|ausbildung"
    r"|auszubildende[rn]?"
    r"|débutant|débutante|early career|university grad|młodszy|newly qualified|berufseinsteiger|student"
    r"|school leaver)\b"
    r"|初级|初級|新卒|应届|應屆|신입"
)
_ASSOCIATE = (
    r"^(?:associate|assoc\.?)\b|\bassociate (?:engineer|scientist|consultant|analyst|developer|designer|attorney"
    r"|counsel|product|professor)\b"
)
_NOT_SENIOR = (
    r"\b(?:lead generation|executive assistant|assistant to the [a-z]+|office of the [a-z]+|(?:field"
    r"|virtual) c[it]o|associate (?:general counsel|specialist))\b"
)

FIELDS = {"level": pl.String, "level_inferred": pl.Boolean}
"""The fields that `seniority` gives, in order."""


def seniority(stated: Column = "seniority", title: Column | None = "title") -> pl.Expr:
    """Give the level of seniority in the vendor's vocabulary.

    Parameters
    ----------
    stated : str or polars.Expr
        A column of strings: the level as the posting states it, such as 'Mid-Senior level', 'Confirmé' or
        'Berufseinsteiger'.
    title : str or polars.Expr, optional
        A column of strings: titles, read where nothing that is understood is stated. The highest rank that a title
        names counts ('Associate Director' is "Director"), but an internship before all; a manager, a lead and a
        senior are "Mid-Senior level". A title without such a word gives null: nothing is assumed of a plain 'Engineer'.

    Returns
    -------
    polars.Expr
        Structs:

        - ``level`` : string, one of `LEVELS`, or null
        - ``level_inferred`` : boolean, whether it rests on the title; null where ``level`` is
    """
    stated = column(stated)
    words = stated.str.slice(0, 100).str.to_lowercase()
    exact = pl.when(stated.is_in(LEVELS)).then(stated)
    said = pl.coalesce(exact, *(pl.when(words.str.contains(p)).then(pl.lit(name)) for name, p in _STATED.items()))
    told = pl.struct(said=said, title=column(title))
    told = told.struct.with_fields(
        title=pl.when(pl.field("said").is_null()).then(pl.field("title")).str.slice(0, 300).str.to_lowercase()
        .str.replace_all(_NOT_SENIOR, " ")
    ).struct.with_fields(level=pl.coalesce(pl.field("said"), _from_title(pl.field("title"))))  # fmt: skip
    return told.struct.with_fields(
        level_inferred=pl.when(pl.field("level").is_not_null()).then(pl.field("said").is_null())
    ).cast(pl.Struct(FIELDS))


def _from_title(title: pl.Expr) -> pl.Expr:
    ranks = {
        "Internship": _INTERN, "Executive": _EXECUTIVE, "Director": _DIRECTOR, "Mid-Senior level": _SENIOR,
        "Entry level": _ENTRY, "Associate": _ASSOCIATE,
    }  # fmt: skip
    return pl.coalesce(pl.when(title.str.contains(pattern)).then(pl.lit(name)) for name, pattern in ranks.items())
