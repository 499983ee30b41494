"""A seeded stream of realistic postings: the sandbox's own dataset (`api-contract.md` 7.1, 7.2 and 12).

Nothing depends on the clock, on the order of a set, or on how many postings are asked for. Facts and prose are drawn
apart, so that postings with short descriptions are otherwise the same as those with full ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from .vocabulary import LANGUAGES
from .vocabulary.chance import Draw, repeated
from .vocabulary.companies import Company, companies_of
from .vocabulary.language import Language, Occupation
from .vocabulary.layouts import HOSTILE, LAYOUTS, RESIDUES, Layout
from .vocabulary.pay import CURRENCIES
from .vocabulary.places import COUNTRIES, Country
from .vocabulary.sectors import DESK_FIELDS, FUNCTION_NUMBERS, FUNCTIONS, INDUSTRY_NUMBERS, SECTORS, Sector

Posting = dict[str, Any]
Schema = Literal["A", "B"]
PostingIdKey = Literal["professional_network_job_id", "linkedin_job_id"]
Description = Literal["full", "short"]

REFERENCE_DATE = datetime(2026, 10, 31, tzinfo=UTC)
"""The sandbox's today: no posting was visited later."""

_NETWORK = "https://www.professional-network.example"
_DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1)
_FIRST_DAY = (date(2023, 11, 1) - _EPOCH).days
_LAST_MOMENT = int(REFERENCE_DATE.timestamp())
_TWO_DIGITS = [f"{number:02}" for number in range(60)]
_DATES = [str(_EPOCH + timedelta(days=day)) for day in range(_FIRST_DAY, _LAST_MOMENT // _DAY + 1)]


def generate(
    postings: int = 25_000,
    *,
    seed: int = 0,
    schema: Schema = "A",
    posting_id_key: PostingIdKey = "professional_network_job_id",
    description: Description = "full",
) -> Iterator[Posting]:
    """Generate realistic, invented job postings.

    The same arguments give the same postings on every machine and Python version, and the first postings of a long
    run are those of a shorter one.

    Parameters
    ----------
    postings : int, default 25_000
        How many to generate.
    seed : int, default 0
        Each seed gives other postings, of the same companies.
    schema : {"A", "B"}, default "A"
        Record shape: that of Collect and Bulk (`api-contract.md` 7.1), or the older relational one (7.2).
    posting_id_key : {"professional_network_job_id", "linkedin_job_id"}
        How schema A spells the network's own posting id. Schema B knows only ``linkedin_job_id``.
    description : {"full", "short"}, default "full"
        Descriptions of 1.5 to 6 kB as in life, or of 60 to 200 characters to save memory.

    Returns
    -------
    iterator of dict of str to Any
        The postings, with ``id`` rising from each to the next. No list or dict is shared between two of them.

    Raises
    ------
    ValueError
        If an argument is none of the values above.
    """
    if postings < 0:
        raise ValueError(f"postings must be 0 or more, not {postings}")
    for name, value, known in (
        ("schema", schema, ("A", "B")),
        ("posting_id_key", posting_id_key, ("professional_network_job_id", "linkedin_job_id")),
        ("description", description, ("full", "short")),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    stream = _Stream(seed, "linkedin_job_id" if schema == "B" else posting_id_key, _DESCRIPTIONS[description])
    records = (stream.posting() for _ in range(postings))
    return map(_relational, records) if schema == "B" else records


class _Stream:
    """Postings one after the other; each takes up where the last one left off."""

    def __init__(self, seed: int, posting_id_key: str, describe: _Describe) -> None:
        self._facts = Draw(f"facts {seed}")
        self._prose = Draw(f"prose {seed}")
        self._posting_id_key = posting_id_key
        self._describe = describe
        self._id = 400_000_000
        self._number = 3_600_000_000  # the network's own ids are larger than 2**31
        self._created = _LAST_MOMENT - _DAY

    def posting(self) -> Posting:
        """Give the next posting."""
        draw = self._facts
        self._id += 1 + draw.below(900)
        self._number += 1 + draw.below(2_000)
        country = draw.pick(_COUNTRIES)
        company = _company(draw, country)
        role = _role(draw, country, company.sector)
        location = draw.pick(_LOCATIONS[country.name])
        life = _life(draw, self._created)
        self._created = life.created
        url = _job_url(role.title, company, self._number)
        moved_url = None if draw.chance(0.3) else f"{_NETWORK}/jobs/view/{self._number}"
        return {
            "id": self._id,
            "created": _stamp(life.created),
            "last_updated": _stamp(life.updated),
            "time_posted": None if draw.chance(0.12) else _age(life.updated - life.created, draw.chance(0.08)),
            "title": role.title,
            "description": self._describe(self._prose, role, company, location),
            "seniority": None if draw.chance(0.06) else role.seniority,
            "employment_type": None if draw.chance(0.04) else _employment_type(draw, role),
            "location": location,
            "url": url,
            "hash": _md5(url),
            "company_id": None if company is _NOBODY or draw.chance(0.015) else company.id,
            "company_name": company.name,
            "company_url": None if company is _NOBODY else company.url,
            "external_url": _external_url(draw, company, self._number),
            "deleted": int(life.deleted),
            "application_active": int(life.active),
            "salary": _salary(draw, country),
            "applicants_count": _applicants(draw),
            self._posting_id_key: self._number,
            "country": country.name,
            # A few come in milliseconds, as in the vendor's own sample.
            "last_updated_ux": life.updated * 1_000 if draw.chance(0.01) else life.updated,
            "redirected_url": moved_url,
            "redirected_url_hash": moved_url and _md5(moved_url),
            "job_industry_collection": [
                {"job_industry_list": {"industry": industry}}
                for industry in draw.several(company.sector.industries, draw.pick(_INDUSTRY_COUNTS))
            ],
            "job_functions_collection": list(draw.several(FUNCTIONS[role.field], draw.pick(_FUNCTION_COUNTS))),
        }


# Who advertises what, and where

_COUNTRIES = repeated({country: country.weight for country in COUNTRIES})
_LOCATIONS = {country.name: country.locations() for country in COUNTRIES}
_TONGUES = {country.name: [LANGUAGES[code] for code in country.languages.split()] for country in COUNTRIES}
_HEADQUARTERS = ("United States", "United States", "United Kingdom", "Germany", "France", "Japan")
_NOBODY = Company(0, "", "", SECTORS[0])  # the vendor could not tell who advertises
_EMPLOYMENT_TYPES = repeated(
    {"Full-time": 78, "Part-time": 9, "Contract": 8, "Temporary": 3, "Volunteer": 1, "Other": 1}
)
_INDUSTRY_COUNTS = repeated({0: 6, 1: 10, 2: 3, 3: 1})
_FUNCTION_COUNTS = repeated({0: 1, 1: 12, 2: 12, 3: 5})


class _Role(NamedTuple):
    title: str
    seniority: str
    field: str
    language: Language
    words: Occupation


def _company(draw: Draw, country: Country) -> Company:
    if draw.chance(0.03):
        return _NOBODY
    home = country.name if draw.chance(0.85) else draw.pick(_HEADQUARTERS)
    companies = companies_of()[home]
    return companies[int(draw.unit() * draw.unit() * len(companies))]  # the first ones hire most


def _role(draw: Draw, country: Country, sector: Sector) -> _Role:
    field = draw.pick(sector.occupations)
    language = draw.pick(_TONGUES[country.name])
    if field not in language.occupations:
        language = LANGUAGES["en"]
    words = language.occupations[field]
    if words.leaders and draw.chance(0.05):
        title = draw.pick(words.leaders)
        seniority = "Executive" if title.startswith(("Chief", "VP")) else "Director"
        return _Role(title, seniority, field, language, words)
    form, seniority = draw.pick(language.forms)
    title = form % draw.pick(words.titles)
    if draw.chance(0.07):
        title = (language.remote if field in DESK_FIELDS else language.shift) % title
    return _Role(title, seniority, field, language, words)


def _employment_type(draw: Draw, role: _Role) -> str:
    return "Internship" if role.seniority == "Internship" else draw.pick(_EMPLOYMENT_TYPES)


def _applicants(draw: Draw) -> str:
    share = draw.unit()
    if share < 0.38:
        return "Be among the first 25 applicants"
    if share < 0.80:
        return f"{26 + draw.below(174)} applicants"
    return "Over 200 applicants" if share < 0.95 else str(1 + draw.below(250))


# Addresses


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@cache
def _title_slug(title: str) -> str:
    """Spell a title as the network does: escaped, and then escaped again (``%25E2``)."""
    words = re.sub(r"[^\w+#–]+", "-", title.lower()).strip("-")
    return quote(quote(words))


def _job_url(title: str, company: Company, number: int) -> str:
    employer = f"-at-{company.slug}" if company.slug else ""
    return f"{_NETWORK}/jobs/view/{_title_slug(title)}{employer}-{number}"


def _external_url(draw: Draw, company: Company, number: int) -> str | None:
    if draw.chance(0.45):
        return None
    if company is _NOBODY or draw.chance(0.2):
        return f"https://apply.talent-portal.example/job?ref={number}&source=network&utm_medium=organic"
    return f"https://careers.{company.domain}/jobs/{number}"


# Dates

# Each year brings more postings than the last, and few are put up at the weekend.
_WEEKDAYS = (6, 7, 7, 6, 5, 1, 1)
_ARRIVALS = repeated(
    {
        _FIRST_DAY + day: _WEEKDAYS[date.fromisoformat(iso).weekday()] * (2 + 3 * day // len(_DATES))
        for day, iso in enumerate(_DATES[:-1])
    }
)
_AGES = (
    (365 * _DAY, "year", "yr"),
    (30 * _DAY, "month", "mo"),
    (7 * _DAY, "week", "w"),
    (_DAY, "day", "d"),
    (3_600, "hour", "h"),
    (60, "minute", "m"),
)


class _Life(NamedTuple):
    created: int  # unix seconds, like `updated`
    updated: int
    deleted: bool
    active: bool


def _life(draw: Draw, last_created: int) -> _Life:
    # Boards are read in batches: now and then two postings are first seen in the same second.
    created = last_created if draw.chance(0.03) else _arrival(draw)
    longest = 1_100 if draw.chance(0.3) else 200  # days; some postings are put up again and again
    closed = created + int(draw.unit() * draw.unit() * longest * _DAY)
    if closed >= _LAST_MOMENT:  # still open: visited at some time of the last day
        return _Life(created, max(created, _LAST_MOMENT - draw.below(_DAY)), deleted=False, active=True)
    deleted = draw.chance(0.6)
    # A page that vanished between two visits still counts as open.
    return _Life(created, closed, deleted, active=deleted and draw.chance(0.45))


def _arrival(draw: Draw) -> int:
    noonish = (draw.unit() + draw.unit() + draw.unit()) / 3
    return draw.pick(_ARRIVALS) * _DAY + int(noonish * _DAY)


def _stamp(moment: int) -> str:
    """Write unix seconds as the vendor writes dates: ``2025-06-02 09:14:55``."""
    day, second = divmod(moment, _DAY)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{_DATES[day - _FIRST_DAY]} {_TWO_DIGITS[hour]}:{_TWO_DIGITS[minute]}:{_TWO_DIGITS[second]}"


def _age(seconds: int, short: bool) -> str:
    for length, word, letters in _AGES:
        count = seconds // length
        if count:
            return f"{count}{letters}" if short else f"{count} {word}{'s' if count > 1 else ''} ago"
    return "Just now"


# Pay

_VAGUE_PAY = ("Competitive", "Negotiable", "DOE", "Competitive salary + benefits", "Minimum wage")


def _salary(draw: Draw, country: Country) -> str | None:
    if draw.chance(0.8):
        return None
    if draw.chance(0.05):
        return draw.pick(_VAGUE_PAY)
    currency = CURRENCIES[country.currency]
    low = currency.floor + currency.step * draw.below(currency.steps)
    high = low + currency.step * (1 + draw.below(currency.steps // 3))
    return currency.write(draw.pick(currency.notations), low, high)


# Descriptions


def _full_text(draw: Draw, role: _Role, company: Company, location: str) -> str:
    layout = draw.pick(LAYOUTS)
    parts = _parts(draw, layout, role)
    if draw.chance(0.06):
        parts.insert(1 + draw.below(len(parts)), draw.pick(RESIDUES))
    if draw.chance(0.03):
        parts.insert(1 + draw.below(len(parts)), draw.pick(HOSTILE))
    text = layout.gap.join(parts).format_map(_slots(draw, role, company, location))
    return text.replace("&", "&amp;") if layout.escaped else text


def _parts(draw: Draw, layout: Layout, role: _Role) -> list[str]:
    """Choose the sentences of a description and set them, with their slots still open."""
    language, words = role.language, role.words
    room = draw.below(5)
    own = draw.several(words.duties, 3 + room)
    duties = own + draw.several(language.duties, 7 + 2 * room - len(own))
    lists = (
        (language.headings.duties, duties),
        (language.headings.needs, draw.several(language.needs, 6 + room)),
        (language.headings.benefits, draw.several(language.benefits, 4 + room)),
    )
    parts = [
        layout.heading % language.headings.about,
        layout.paragraph % language.stop.join(draw.several(language.about, 3 + room)),
        layout.paragraph % language.stop.join(draw.several(language.role, 1 + room)),
    ]
    for heading, items in lists:
        parts.append(layout.heading % heading)
        parts.append(layout.opening + layout.between.join(items) + layout.closing)
    parts.append(layout.paragraph % " · ".join(draw.several(words.skills, 5 + room)))
    parts.append(layout.paragraph % language.stop.join(draw.several(language.closings, 1 + room)))
    return parts


def _short_text(draw: Draw, role: _Role, company: Company, location: str) -> str:
    language = role.language
    sentences = (
        draw.pick(language.role),
        draw.pick(language.about),
        " · ".join(draw.several(role.words.skills, 5)),
    )
    return language.stop.join(sentences).format_map(_slots(draw, role, company, location))[:200]


def _slots(draw: Draw, role: _Role, company: Company, location: str) -> dict[str, str]:
    skill, skill2, skill3 = draw.several(role.words.skills, 3)
    return {
        "company": company.name or role.language.anonymous,
        "domain": company.domain if company.slug else "talent-portal.example",
        "title": role.title,
        "place": location,
        "skill": skill,
        "skill2": skill2,
        "skill3": skill3,
    }


_Describe = Callable[[Draw, _Role, Company, str], str]
_DESCRIPTIONS: dict[str, _Describe] = {"full": _full_text, "short": _short_text}


# Schema B

_LISTED = "2020-08-01 00:00:00"  # when the vendor drew up its lists of industries and functions
_NUMBERS = {"industry": INDUSTRY_NUMBERS, "function": FUNCTION_NUMBERS}


def _relational(record: Posting) -> Posting:
    """Turn a posting of schema A into one of schema B."""
    industries = [entry["job_industry_list"]["industry"] for entry in record.pop("job_industry_collection")]
    functions = record.pop("job_functions_collection")
    record["job_industries_collection"] = _links(record, "industry", industries)
    record["job_functions_collection"] = _links(record, "function", functions)
    record["job_status_log_collection"] = []
    return record


def _links(record: Posting, kind: Literal["industry", "function"], names: list[str]) -> list[Posting]:
    """Write the rows that tie a posting to the vendor's list of industries or functions."""
    dates = {"created": record["created"], "last_updated": record["last_updated"]}
    return [
        {
            "id": record["id"] * 10 + turn,
            "job_id": record["id"],
            f"{kind}_id": _NUMBERS[kind][name],
            "deleted": 0,
            **dates,
            f"job_{kind}_list": {
                "id": _NUMBERS[kind][name],
                "created": _LISTED,
                "last_updated": _LISTED,
                kind: name,
                "hash": _md5(name),
            },
        }
        for turn, name in enumerate(names)
    ]
