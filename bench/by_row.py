"""The other way: what `bulkjobs.analysis` does, as one writes it with pandas and a Python function a row.

Each function takes a frame and gives a column or more. Regular expressions are ours where Python knows their syntax, so
that both look for the same; compiled once, and the dicts are made before the clock starts.
"""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

from bulkjobs.analysis import default_taxonomy
from bulkjobs.analysis.places import gazetteer

Frame = Any  # a pandas.DataFrame: pandas has no types here
Part = Callable[[Frame], Any]


def _module(name: str) -> Any:
    """Give a module, where its package binds a function to its name."""
    return import_module(f"bulkjobs.analysis.{name}")


def _pattern(rust: str) -> re.Pattern[str]:
    return re.compile(rust.replace(r"(?-u:\b)", r"\b"))


@cache
def _patterns(module: str, *names: str) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(getattr(_module(module), name)) for name in names)


AMOUNT = re.compile(r"[0-9]+(?:[.,' ][0-9]{3})*(?:[.,][0-9]+)?")
SIGN = re.compile(r"\b(?:GBP|USD|EUR|CHF|CAD|AUD|INR|JPY|SEK|NOK|DKK|PLN|BRL|CNY)\b|[£$€¥₹]")
SIGNS = {"£": "GBP", "$": "USD", "€": "EUR", "¥": "JPY", "₹": "INR"}
PERIOD = re.compile(r"\b(hour|hr|day|week|month|year|annum|annual|an|mois|heure|jahr|monat|stunde|año|mes|hora)", re.I)
PERIODS = {"hr": "hour", "annum": "year", "annual": "year", "an": "year", "mois": "month", "heure": "hour",
           "jahr": "year", "monat": "month", "stunde": "hour", "año": "year", "mes": "month",
           "hora": "hour"}  # fmt: skip
YEARLY = {"hour": 2_080, "day": 260, "week": 52, "month": 12, "year": 1}


def _pay(text: str | None) -> tuple[Any, ...]:
    if not text:
        return (None,) * 6
    amounts = [float(re.sub(r"[,' ]|\.(?=[0-9]{3}\b)", "", found)) for found in AMOUNT.findall(text[:300])[:2]]
    sign, word = SIGN.search(text), PERIOD.search(text)
    period = PERIODS.get(word[1].lower(), word[1].lower()) if word else None
    if not amounts:
        return (None,) * 6
    low, high, factor = min(amounts), max(amounts), YEARLY.get(period or "year", 1)
    return low, high, SIGNS.get(sign[0], sign[0]) if sign else None, period, low * factor, high * factor


def salary(frame: Frame) -> Any:
    return frame["salary"].map(_pay)


def applicants(frame: Frame) -> Any:
    least, most = _patterns("terms.applicants", "_AT_LEAST", "_AT_MOST")

    def read(text: str | None) -> tuple[int | None, str | None]:
        number = AMOUNT.search(text.lower()) if text else None
        if not text or not number:
            return None, None
        bound = "at least" if least.search(text.lower()) else "at most" if most.search(text.lower()) else "exact"
        return int(re.sub(r"[^0-9]", "", number[0])), bound

    return frame["applicants_count"].map(read)


def _first(words: str, kinds: dict[str, re.Pattern[str]]) -> str | None:
    return next((kind for kind, pattern in kinds.items() if pattern.search(words)), None)


def employment(frame: Frame) -> Any:
    names = "_INTERN _VOLUNTEER _CONTRACT _TEMPORARY _PART _FULL".split()
    kinds = dict(zip(
        ("Internship", "Volunteer", "Contract", "Temporary", "Part-time", "Full-time"),
        _patterns("terms.employment", *names), strict=True,
    ))  # fmt: skip
    known = set(_module("terms.employment").TYPES)

    def read(row: Any) -> str | None:
        if row.employment_type in known:
            return str(row.employment_type)
        stated = _first((row.employment_type or "").lower(), kinds)
        return stated or _first((row.title or "").lower(), kinds)

    return frame[["employment_type", "title"]].apply(read, axis=1)


def seniority(frame: Frame) -> Any:
    names = "_INTERN _EXECUTIVE _DIRECTOR _SENIOR _ENTRY _ASSOCIATE".split()
    kinds = dict(zip(
        ("Internship", "Executive", "Director", "Mid-Senior level", "Entry level", "Associate"),
        _patterns("terms.seniority", *names), strict=True,
    ))  # fmt: skip
    return frame["title"].map(lambda title: _first((title or "").lower(), kinds))


def work_mode(frame: Frame) -> Any:
    remote, hybrid, onsite, sure, some, office, any_remote = _patterns(
        "terms.work_mode", "_REMOTE", "_HYBRID", "_ONSITE",
        "_TEXT_SURELY_REMOTE", "_TEXT_HYBRID", "_TEXT_ONSITE", "_TEXT_REMOTE",
    )  # fmt: skip
    short = {"hybrid": hybrid, "remote": remote, "on-site": onsite}
    long = (("remote", sure), ("hybrid", some), ("on-site", office), ("remote", any_remote))

    def read(row: Any) -> str | None:
        found = _first((row.location or "").lower(), short) or _first((row.title or "").lower(), short)
        if found or not row.description:
            return found
        words = row.description[:20_000].lower()
        return next((mode for mode, pattern in long if pattern.search(words)), None)

    return frame[["location", "title", "description"]].apply(read, axis=1)


@cache
def _gazetteer() -> tuple[dict[str, str], dict[str, str], dict[str, tuple[str, str]]]:
    countries = dict(gazetteer.country_names().iter_rows())
    states = {state[3:]: state for state, land, _ in gazetteer.states().iter_rows() if land == "US"}
    cities: dict[str, tuple[str, str]] = {}
    for row in gazetteer.cities().sort("population", descending=True).iter_rows(named=True):
        cities.setdefault(row["key"], (row["city"], row["iso_2"]))
    return countries, states, cities


def place(frame: Frame) -> Any:
    countries, states, cities = _gazetteer()

    def read(row: Any) -> tuple[str | None, str | None, str | None]:
        parts = [part.strip() for part in re.split(r"[,;|/()-]", html.unescape(row.location or "")) if part.strip()]
        keys = [part.lower() for part in parts]
        country = countries.get((row.country or "").lower()) or next(
            (countries[k] for k in keys if k in countries), None
        )
        state = next((states[part] for part in parts if part in states), None)
        city = next((cities[key] for key in keys if key in cities), None)
        return country or ("US" if state else city[1] if city else None), state, city[0] if city else None

    return frame[["location", "country"]].apply(read, axis=1)


@cache
def _small_words() -> dict[str, list[str]]:
    words = defaultdict(list)
    for line in _module("text.language")._WORDS.read_text().splitlines()[1:]:
        code, word, _ = line.split(",")
        words[word].append(code)
    return dict(words)


def language(frame: Frame) -> Any:
    small = _small_words()

    def read(text: str | None) -> str | None:
        counts = Counter(code for word in (text or "")[:1_000].lower().split() for code in small.get(word, ()))
        best = counts.most_common(1)
        return best[0][0] if best and best[0][1] >= 3 else None

    return frame["description"].map(read)


def plain(frame: Frame) -> Any:
    names = (("_HIDDEN", ""), ("_ITEM", "\n• "), ("_BLOCK", "\n"), ("_TAG", ""))
    marks = [(_pattern(getattr(_module("text.plain"), name)), text) for name, text in names]

    def read(text: str | None) -> str | None:
        if text is None:
            return None
        text = html.unescape(text)
        for pattern, instead in marks:
            text = pattern.sub(instead, text)
        return re.sub(
            r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", re.sub(r"[ \t\xa0]+", " ", html.unescape(text)))
        ).strip()

    return frame["description"].map(read)


@cache
def _skills() -> dict[str, re.Pattern[str]]:
    patterns = defaultdict(set)
    for pattern, skill in default_taxonomy().patterns.drop_nulls("skill").iter_rows():
        patterns[skill].add(re.escape(pattern))
    return {skill: re.compile(rf"(?<!\w)(?:{'|'.join(sorted(some, key=len, reverse=True))})(?![\w+#])")
            for skill, some in patterns.items()}  # fmt: skip


def skills(frame: Frame) -> Any:
    taxonomy = _skills().items()

    def read(row: Any) -> list[str]:
        text = f"{row.title or ''}\n{row.description or ''}"
        return [skill for skill, pattern in taxonomy if pattern.search(text)]

    return frame[["title", "description"]].apply(read, axis=1)


def reposts(frame: Frame) -> Any:
    """Compare all texts of a company and title with one another: the fewer rows, the fewer pairs."""
    word = re.compile(r"[^\W\d_]+")

    def chained(group: Any) -> Iterator[tuple[int, int]]:
        pairs: list[tuple[int, set[tuple[str, str]]]] = []
        for row in group.itertuples():
            words = word.findall(re.sub(r"&\w+;|<[^<>]*>", " ", row.description.lower()))
            mine = set(pairwise(words))
            alike = (first for first, other in pairs if len(mine & other) >= 0.8 * max(len(mine | other), 1))
            yield row.id, next(alike, row.id)
            pairs.append((row.id, mine))

    rows = frame.dropna(subset=["description"]).sort_values("created")
    keys = [rows["company_id"].fillna(0), rows["title"].str.lower().str.strip()]
    return [pair for _, group in rows.groupby(keys) if len(group) > 1 for pair in chained(group)]


PARTS: dict[str, Part] = {
    "salary": salary, "applicants": applicants, "employment": employment, "seniority": seniority,
    "work_mode": work_mode, "place": place, "language": language, "plain": plain, "skills": skills, "reposts": reposts,
}  # fmt: skip


def warm() -> None:
    """Make the tables and the patterns."""
    _gazetteer()
    _small_words()
    _skills()
