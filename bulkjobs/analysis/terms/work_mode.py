"""Where one works: remote, hybrid or on site, from a posting's location, title and text."""

from __future__ import annotations

import polars as pl

from ..column import Column, column

MODES = ("remote", "hybrid", "on-site")

_REMOTE = (
    r"\b(?:remote|remotely|remoto|remota|remotos|remotamente|work(?:ing)? (?:from|at) home|wfh|home[ -]?based"
    r"|work from anywhere|anywhere"
    r"|télétravail|teletravail|à distance|home[ -]?office|homeoffice|mobiles arbeiten|teletrabajo|teletrabalho"
    r"|trabajo a distancia"
    r"|a distancia|smart working|telelavoro|da remoto|thuiswerk\w*|op afstand|praca zdalna|zdaln\w+|distansarbete"
    r"|på distans|etätyö"
    r"|telework|telecommut\w+|virtual|удал[её]нн?\w*|đi từ xa|từ xa)\b|リモート|在宅|フルリモート|远程|遠端|遠程"
    r"|居家|재택|원격"
)
_HYBRID = (
    r"\b(?:hybrid|hybride|hybrides|hybrydow\w+|híbrid[oa]s?|hibrid[oa]s?|ibrid[oa]|remote[ -]hybrid"
    r"|teilweise (?:remote|homeoffice))\b"
    r"|ハイブリッド|混合办公|混合辦公|하이브리드"
)
_ONSITE = (
    r"\b(?:on[ -]?site|in[ -]office|in[ -]person|office[ -]based|presencial|présentiel|vor ort|in sede|op locatie"
    r"|stacjonarn\w+"
    r"|på plats|không remote)\b|出社|现场|現場|坐班|オンサイト|상주"
)
_NOT_REMOTE = (
    r"\b(?:not? (?:a |fully |eligible for |open to )?remote|non[- ]remote|no (?:remote|telework)|remote sensing"
    r"|remote monitoring"
    r"|remote access|sem remoto|pas de télétravail|kein home ?office|not? hybrid|não remoto|no remoto"
    r"|virtual (?:reality|assistant|machines?)"
    r"|remote (?:operations|sites?|areas?|communit\w+|support|hands)|hybrid (?:cloud|infrastructure|it|mobile|apps?"
    r"|vehicles?|data))\b"
)

_B = r"(?-u:\b)"  # of ASCII letters: with others the matcher is twenty times slower on long texts
_HEADING = (
    r"(?:local|location|localização|alocação|modalidade|modalidad|regime d[eo] trabalho|location type"
    r"|workplace type|làm việc)[\s#*:>-]{1,8}"
)
_TEXT_SURELY_REMOTE = (
    rf"(?:fully|100 ?%|completely|entirely|permanently|full[- ]time)[ -]remote{_B}|remote[ -]full[- ]?time"
    rf"|full remote|#li-remote"
    r"|100 ?% (?:en )?(?:télétravail|remot[oa]|home ?-?office)|télétravail (?:complet|total|à 100)"
)
_TOOLS = r"(?:outils de|accès|pour le) télétravail"  # what one works with, not where
_TEXT_HYBRID = (
    rf"#li-hybrid|{_HEADING}hybrid|hybrid(?: |-)(?:work|remote|role|position|schedule|model|office|arrangement"
    rf"|environment|setting"
    rf"|policy|approach|basis|opportunity|format|style|and flexible|workplace|set[- ]?up|mode{_B})"
    rf"|(?:work|working|role|position|this is a|we are|we're|type|modality)[:*]*\** hybrid{_B}"
    r"|days? (?:a|per|each) week (?:in|at|from|on)[ -](?:the |our |your )?(?:office|site|home|person)"
    r"|office (?:at least )?(?:[1-4]|one|two|three|four)(?:-[1-4])? (?:days|times)"
    r"|(?:ability|able|option|opportunity|opportunities|possibility|flexible|flexibility|occasionally)(?: to| for)? "
    r"(?:be able to )?(?:work(?:ing)? from home|work(?:ing)? remotely|remote work)|proportion of remote working"
    r"|télétravail|travail hybride|mode hybride|format hybride|teilweise (?:im )?home ?office|home ?office möglich"
    r"|möglichkeit (?:zum|zu) (?:home ?office|mobile[mn])|hybrides arbeiten|híbrido|híbrida|hibrido"
    r"|[(\[]hybrid[)\]]|lavoro ibrido"
    r"|hybride werken|praca hybrydowa|hybridarbete|ハイブリッド|混合办公|每周最多可居家"
)
_TEXT_ONSITE = (
    rf"#li-onsite|pas de télétravail|{_HEADING}(?:on-?site|in-office|presencial)|\((?:on-?site|in-office"
    rf"|presencial)\)|full[- ]time,? on-?site"
    rf"|(?:role|position|job|work|strictly|must be|must work|fully"
    rf"|100 ?%)[:*]*\** (?:is )?(?:an? )?(?:fully )?(?:on-?site|in-office|in-person){_B}"
    rf"|{_B}(?:on-?site|in-office) (?:role|position|only|presence){_B}|remote but on-?site"
    r"|(?:5|five) days (?:a|per|/) ?week (?:in|at|on|from)[ -](?:the |our )?(?:office|site)|(?:100 ?%|modalidad"
    r"|modelo|_trabalho|trabajo) presencial"
    r"|not (?:a remote|eligible for remote|remote eligible)|no remote work|telework eligible: no|remote work is not"
    r"|präsenz vor ort|出社|坐班"
)
_TEXT_REMOTE = (
    rf"{_B}remote(?: |-)(?:role|position|job|opportunity|first|based|only|eligible|friendly|option|within){_B}"
    rf"|work(?:ing)?[ -](?:from|at)[ -]home (?:role|position|job|opportunity|initially)|be working from home"
    rf"|work remotely (?:with|from|for)"
    rf"|{_HEADING}(?:100 ?% )?(?:remot[eoa]|home ?-?office){_B}|(?:position|role|this is a"
    rf"|workplace)[:*]*\** (?:is )?remote{_B}"
    rf"|currently home-based|location: [a-z ,]{{1,30}}/ ?remote{_B}|[(\[]remot[eo][)\]]|{_B}or remote{_B}"
    rf"|telework eligible: yes|- remoto[\s.]"
    r"|trabalho (?:100% )?remoto|trabajo remoto|teletrabajo|teletrabalho|vaga remota|local\** remoto|#remoto"
    r"|da remoto|volledig thuis"
    r"|praca zdalna|zdalnie|distansarbete|リモートワーク|フルリモート|在宅勤務|remote 工作|远程办公|遠端工作"
    r"|远程工作|居家办公|재택근무"
)

_STEMS = [
    "remot",
    "hybrid",
    "híbrid",
    "HÍBRID",
    "hibrid",
    "ibrid",
    "hybryd",
    "on-site",
    "onsite",
    "in-office",
    "in-person",
    "office",
    "télétravail",
    "TÉLÉTRAVAIL",
    "home",
    "week in",
    "week at",
    "week from",
    "week on",
    "week/in",
    "möglichkeit",
    "MÖGLICHKEIT",
    "presencial",
    "präsenz",
    "PRÄSENZ",
    "telework",
    "teletra",
    "thuis",
    "zdaln",
    "distans",
    "リモート",
    "在宅",
    "ハイブリッド",
    "混合",
    "居家",
    "远程",
    "遠端",
    "坐班",
    "出社",
    "재택",
    "#li-",
]
"""One of these is in every text that the expressions above match; most texts have none."""

FIELDS = {"work_mode": pl.String, "work_mode_source": pl.String}
"""The fields that `work_mode` gives, in order."""

LONGEST = 20_000
"""Characters of a description that are read."""


def work_mode(
    location: Column = "location", title: Column | None = "title", text: Column | None = "description"
) -> pl.Expr:
    """Tell where one works.

    The location counts before the title, and that before the text. Of several modes in a location or title, as in
    'New York; Remote - US', the one that leaves most freedom counts; but 'hybrid remote', and 'remote' beside
    'hybrid' in one phrase, are hybrid. In a text only phrases count that speak of the work ('remote position', not
    'remote sensing'): first those that leave no doubt of a remote one ('100% remote'), then those of a hybrid mode,
    of work on site, and of any remote one.

    Parameters
    ----------
    location : str or polars.Expr
        A column of strings: places as the page shows them, such as 'Remote - US' or 'Porto, Portugal'.
    title : str or polars.Expr, optional
        A column of strings: titles.
    text : str or polars.Expr, optional
        A column of strings: descriptions; their first 20,000 characters are read.

    Returns
    -------
    polars.Expr
        Structs:

        - ``work_mode`` : string, "remote", "hybrid" or "on-site"; null where nothing tells, which is not "on-site"
        - ``work_mode_source`` : string, "location", "title" or "text"; null where ``work_mode`` is
    """
    told: pl.Expr = pl.struct(place=_plain(column(location)), title=column(title), text=column(text))
    told = told.struct.with_fields(where=_shown(pl.field("place")))
    told = told.struct.with_fields(title=_plain(pl.when(pl.field("where").is_null()).then(pl.field("title"))))
    told = told.struct.with_fields(title=_shown(pl.field("title")))
    unknown = pl.field("where").is_null() & pl.field("title").is_null()
    speaks = pl.field("text").str.contains_any(_STEMS, ascii_case_insensitive=True)
    # Blank, not null: what is masked as null would be lowered and matched all the same.
    words = pl.when(unknown & speaks).then(pl.field("text")).otherwise(pl.lit("")).str.slice(0, LONGEST)
    told = told.struct.with_fields(text=words.str.to_lowercase().str.replace_all(_TOOLS, " "))
    told = told.struct.with_fields(text=_written(pl.field("text")))
    sources = {"where": "location", "title": "title", "text": "text"}
    return told.struct.with_fields(
        work_mode=pl.coalesce(pl.field("where"), pl.field("title"), pl.field("text")),
        work_mode_source=pl.coalesce(
            pl.when(pl.field(field).is_not_null()).then(pl.lit(name)) for field, name in sources.items()
        ),
    ).cast(pl.Struct(FIELDS))


def _plain(short: pl.Expr) -> pl.Expr:
    return short.str.slice(0, 500).str.to_lowercase().str.replace_all(_NOT_REMOTE, " ")


def _shown(words: pl.Expr) -> pl.Expr:
    remote, hybrid = words.str.contains(_REMOTE), words.str.contains(_HYBRID)
    apart = words.str.contains(r"[;|].*\bremote\b|\bremote\b.*[;|]")
    return (
        pl.when(hybrid & ~(remote & apart)).then(pl.lit("hybrid"))
        .when(remote).then(pl.lit("remote"))
        .when(words.str.contains(_ONSITE)).then(pl.lit("on-site"))
    )  # fmt: skip


def _written(words: pl.Expr) -> pl.Expr:
    return (
        pl.when(words.str.contains(_TEXT_SURELY_REMOTE)).then(pl.lit("remote"))
        .when(words.str.contains("pas de télétravail", literal=True)).then(pl.lit("on-site"))
        .when(words.str.contains(_TEXT_HYBRID)).then(pl.lit("hybrid"))
        .when(words.str.contains(_TEXT_ONSITE)).then(pl.lit("on-site"))
        .when(words.str.contains(_TEXT_REMOTE)).then(pl.lit("remote"))
    )  # fmt: skip
