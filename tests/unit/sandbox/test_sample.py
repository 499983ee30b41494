"""The generator of postings: repeatable to the byte, and as varied as what the vendor delivers."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice, pairwise
from string import Formatter
from typing import Any, Literal

import pytest

from bulkjobs.sandbox.sample import REFERENCE_DATE, generate
from bulkjobs.sandbox.vocabulary import LANGUAGES
from bulkjobs.sandbox.vocabulary.chance import Draw
from bulkjobs.sandbox.vocabulary.companies import companies_of
from bulkjobs.sandbox.vocabulary.language import Language
from bulkjobs.sandbox.vocabulary.places import COUNTRIES
from bulkjobs.sandbox.vocabulary.sectors import DESK_FIELDS, FUNCTIONS, SECTORS

Posting = dict[str, Any]

# If you mean to change the postings, put the new digest here; every sandbox in the world changes with it.
FIRST_200_OF_SEED_0 = "20e1f920335b9fa4c1e47efb9a5d554c1c670691133a04a594d3f1030c3f0ba8"

_KEYS = (
    "id created last_updated time_posted title description seniority employment_type location url hash company_id "
    "company_name company_url external_url deleted application_active salary applicants_count "
    "professional_network_job_id country last_updated_ux redirected_url redirected_url_hash "
    "job_industry_collection job_functions_collection"
)
CONTRACT_KEYS = tuple(_KEYS.split())
NULL_SHARES = {  # lowest and highest share of postings
    "time_posted": (0.09, 0.16),
    "seniority": (0.04, 0.08),
    "employment_type": (0.025, 0.06),
    "company_id": (0.03, 0.065),
    "company_url": (0.02, 0.045),
    "external_url": (0.40, 0.50),
    "salary": (0.77, 0.83),
    "redirected_url": (0.26, 0.34),
    "redirected_url_hash": (0.26, 0.34),
}


@pytest.fixture(scope="module")
def postings() -> list[Posting]:
    return list(generate(6_000))


@pytest.fixture(scope="module")
def short_postings() -> list[Posting]:
    return list(generate(description="short"))


def lines(records: Iterable[Posting]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def moment(stamp: str) -> datetime:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", stamp)
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


def share(flags: Iterable[object]) -> float:
    answers = [bool(flag) for flag in flags]
    return sum(answers) / len(answers)


def nested(value: object) -> Iterator[object]:
    """Walk through all lists and dicts in `value`, itself included."""
    if isinstance(value, dict | list):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from nested(child)


# The same everywhere


def test_same_arguments_give_the_same_bytes() -> None:
    assert lines(generate(300, seed=7)) == lines(generate(300, seed=7))


def test_first_postings_of_seed_0_are_pinned() -> None:
    assert hashlib.sha256(lines(generate(200))).hexdigest() == FIRST_200_OF_SEED_0


@pytest.mark.parametrize("seed", [1, -1, 2**70])
def test_another_seed_gives_other_postings(seed: int) -> None:
    ours, others = list(generate(100)), list(generate(100, seed=seed))
    for key in ("id", "created", "title", "description", "url"):
        assert [posting[key] for posting in ours] != [posting[key] for posting in others]
    assert lines(generate(100, seed=seed)) != lines(generate(100, seed=abs(seed) + 1))


@pytest.mark.parametrize("other", [6, -5])
def test_a_seed_governs_facts_and_prose(other: int) -> None:
    ours, theirs = list(generate(100, seed=5)), list(generate(100, seed=other))
    assert [posting["id"] for posting in ours] != [posting["id"] for posting in theirs]
    assert ["<p>" in posting["description"] for posting in ours] != [
        "<p>" in posting["description"] for posting in theirs
    ]


@pytest.mark.parametrize("description", ["full", "short"])
def test_a_short_run_is_the_start_of_a_long_one(description: Literal["full", "short"]) -> None:
    long = generate(400, description=description)
    assert lines(generate(150, description=description)) == lines(islice(long, 150))


def test_no_postings_wanted_none_given() -> None:
    assert list(generate(0)) == []


def test_default_is_25_000_postings(short_postings: list[Posting]) -> None:
    assert len(short_postings) == 25_000


def test_nothing_is_shared_between_postings() -> None:
    for schema in ("A", "B"):
        records = list(generate(300, schema=schema))
        parts = [id(part) for record in records for part in nested(record)]
        assert len(parts) == len(set(parts))


@pytest.mark.parametrize(
    "arguments",
    [{"postings": -1}, {"schema": "C"}, {"posting_id_key": "job_id"}, {"description": "none"}],
)
def test_bad_arguments_are_refused_at_once(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        generate(**arguments)


# The record


def test_keys_stand_in_the_order_of_the_contract(postings: list[Posting]) -> None:
    assert all(tuple(posting) == CONTRACT_KEYS for posting in postings)


def test_ids_are_unique_and_rise_with_gaps(postings: list[Posting]) -> None:
    ids = [posting["id"] for posting in postings]
    gaps = {later - earlier for earlier, later in pairwise(ids)}
    assert min(ids) > 100_000_000
    assert min(gaps) >= 1
    assert len(gaps) > 100


def test_network_ids_are_unique_and_large(postings: list[Posting]) -> None:
    numbers = [posting["professional_network_job_id"] for posting in postings]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > 2**31


def test_urls_are_unique_and_hash_is_the_md5_of_the_url(postings: list[Posting]) -> None:
    assert len({posting["url"] for posting in postings}) == len(postings)
    assert all(posting["hash"] == md5(posting["url"]) for posting in postings)


def test_redirected_url_has_its_md5_or_both_are_null(postings: list[Posting]) -> None:
    for posting in postings:
        moved = posting["redirected_url"]
        assert posting["redirected_url_hash"] == (None if moved is None else md5(moved))


def test_urls_are_plain_ascii_under_reserved_domains_and_some_are_escaped_twice(postings: list[Posting]) -> None:
    for key in ("url", "company_url", "external_url", "redirected_url"):
        urls = [posting[key] for posting in postings if posting[key] is not None]
        assert all(re.fullmatch(r"https://[a-z0-9.-]+\.example/[!-~]+", url) for url in urls)
    urls = [posting["url"] for posting in postings]
    assert any("%25E2%2580%2593" in url for url in urls)
    assert 0.03 < share("%25" in url for url in urls) < 0.2
    assert not any(re.search(r"%(?!25)", url) for url in urls)


@pytest.mark.parametrize("key", CONTRACT_KEYS)
def test_null_shares(postings: list[Posting], key: str) -> None:
    low, high = NULL_SHARES.get(key, (0.0, 0.0))
    assert low <= share(posting[key] is None for posting in postings) <= high


def test_seniority_and_employment_type_use_the_contracts_words(postings: list[Posting]) -> None:
    assert {posting["seniority"] for posting in postings} == {
        None,
        "Internship",
        "Entry level",
        "Associate",
        "Mid-Senior level",
        "Director",
        "Executive",
        "Not Applicable",
    }
    assert {posting["employment_type"] for posting in postings} == {
        None,
        "Full-time",
        "Part-time",
        "Contract",
        "Temporary",
        "Internship",
        "Volunteer",
        "Other",
    }


def test_seniority_fits_the_title(postings: list[Posting]) -> None:
    for start, seniority in (("Senior ", "Mid-Senior level"), ("Junior ", "Entry level"), ("Chief ", "Executive")):
        found = {posting["seniority"] for posting in postings if posting["title"].startswith(start)}
        assert found == {seniority, None}


def test_applicants_are_counted_in_text(postings: list[Posting]) -> None:
    counts = [posting["applicants_count"] for posting in postings]
    forms = ("Be among the first 25 applicants", r"\d+ applicants", "Over 200 applicants", r"\d+")
    for form in forms:
        assert any(re.fullmatch(form, count) for count in counts)
    assert all(re.fullmatch("|".join(forms), count) for count in counts)


def test_flags_are_0_or_1_in_all_four_combinations(postings: list[Posting]) -> None:
    flags = Counter((posting["deleted"], posting["application_active"]) for posting in postings)
    assert set(flags) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert min(flags.values()) > 0.1 * len(postings)
    assert all(type(flag) is int for pair in flags for flag in pair)


def test_salaries_come_in_many_notations(postings: list[Posting]) -> None:
    salaries = [posting["salary"] for posting in postings if posting["salary"]]
    for notation in (
        r"\$\d{2,3},000 - \$\d{2,3},000",
        r"USD \d{5,6}-\d{5,6}",
        r"£\d\d,\d{3} to £\d\d,\d{3} a year",
        r"€\d\d\.000 - €\d\d\.000",
        r"¥\d{1,2},\d{3},000 per year",
        r"\$\d+\.00/hr - \$\d+\.50/hr",
        r"年収\d+万円〜\d+万円",
        r"CHF \d+'000 - CHF \d+'000",
        "Competitive",
    ):
        assert any(re.fullmatch(notation, salary) for salary in salaries), notation
    assert not any("{" in salary for salary in salaries)


def test_collections_are_lists_of_the_contracts_shape(postings: list[Posting]) -> None:
    industries = [posting["job_industry_collection"] for posting in postings]
    functions = [posting["job_functions_collection"] for posting in postings]
    for entry in (entry for collection in industries for entry in collection):
        assert list(entry) == ["job_industry_list"]
        assert list(entry["job_industry_list"]) == ["industry"]
        assert isinstance(entry["job_industry_list"]["industry"], str)
    assert {len(collection) for collection in industries} == {0, 1, 2, 3}
    assert {len(collection) for collection in functions} == {0, 1, 2, 3}
    names = [tuple(entry["job_industry_list"]["industry"] for entry in collection) for collection in industries]
    for collection in (*names, *functions):
        assert len(set(collection)) == len(collection)


# Time


def test_no_posting_is_updated_before_it_was_created_or_after_the_reference_date(postings: list[Posting]) -> None:
    for posting in postings:
        assert moment(posting["created"]) <= moment(posting["last_updated"]) <= REFERENCE_DATE


def test_last_updated_ux_is_last_updated_in_seconds_and_now_and_then_in_milliseconds(postings: list[Posting]) -> None:
    factors = Counter(posting["last_updated_ux"] / moment(posting["last_updated"]).timestamp() for posting in postings)
    assert set(factors) == {1.0, 1_000.0}
    assert 0.002 < factors[1_000.0] / len(postings) < 0.03
    assert all(type(posting["last_updated_ux"]) is int for posting in postings)


def test_postings_are_spread_over_three_growing_years(postings: list[Posting]) -> None:
    months = Counter(posting["created"][:7] for posting in postings)
    assert (min(months), max(months), len(months)) == ("2023-11", "2026-10", 36)
    years = [sum(months[month] for month in sorted(months)[start : start + 12]) for start in (0, 12, 24)]
    assert years[0] * 1.2 < years[1]
    assert years[1] * 1.1 < years[2]


def test_weekends_are_quiet(postings: list[Posting]) -> None:
    weekdays = Counter(moment(posting["created"]).weekday() for posting in postings)
    assert max(weekdays[5], weekdays[6]) < 0.4 * min(weekdays[day] for day in range(5))


def test_some_postings_are_created_in_the_same_second(postings: list[Posting]) -> None:
    ties = len(postings) - len({posting["created"] for posting in postings})
    assert 0.01 < ties / len(postings) < 0.06


def test_time_posted_is_the_age_at_the_last_visit(postings: list[Posting]) -> None:
    days = {"day": 1, "week": 7, "month": 30, "year": 365}
    checked = 0
    for posting in postings:
        text = posting["time_posted"] or ""
        age = moment(posting["last_updated"]) - moment(posting["created"])
        if shown := re.fullmatch(r"(\d+) (day|week|month|year)s? ago", text):
            count, unit = int(shown[1]), days[shown[2]]
            assert count * unit <= age.days < (count + 1) * unit
            checked += 1
        else:
            assert re.fullmatch(r"|Just now|\d+ (minute|hour)s? ago|\d+(yr|mo|w|d|h|m)", text)
    assert checked > 0.5 * len(postings)


def test_live_postings_were_visited_within_the_last_day(postings: list[Posting]) -> None:
    live = [posting for posting in postings if posting["application_active"] and not posting["deleted"]]
    assert all((REFERENCE_DATE - moment(posting["last_updated"])).total_seconds() <= 86_400 for posting in live)


# Who and where


def test_companies_keep_their_ids_names_and_pages_across_seeds(postings: list[Posting]) -> None:
    known: dict[int, tuple[str, str]] = {}
    for posting in (*postings, *generate(3_000, seed=1, description="short")):
        if posting["company_id"] is not None:
            page = posting["company_name"], posting["company_url"]
            assert known.setdefault(posting["company_id"], page) == page
    assert len({url for _, url in known.values()}) == len(known) > 1_000


def test_about_1_500_companies_and_the_one_of_the_contract() -> None:
    companies = [company for group in companies_of().values() for company in group]
    assert 1_400 < len(companies) < 1_600
    for names in zip(*((company.id, company.name, company.slug) for company in companies), strict=True):
        assert len(set(names)) == len(companies)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", company.slug) for company in companies)
    example = next(company for company in companies if company.id == 7_300_412)
    assert (example.name, example.url) == (
        "Northwind Tidal",
        "https://www.professional-network.example/company/northwind-tidal",
    )


def test_some_postings_name_no_company(postings: list[Posting]) -> None:
    nameless = [posting for posting in postings if posting["company_name"] == ""]
    assert 0.02 < len(nameless) / len(postings) < 0.045
    assert all(posting["company_id"] is None and posting["company_url"] is None for posting in nameless)
    assert any(posting["company_name"] and posting["company_id"] is None for posting in postings)


def test_countries_come_by_weight(short_postings: list[Posting]) -> None:
    countries = Counter(posting["country"] for posting in short_postings)
    assert set(countries) == {country.name for country in COUNTRIES}
    assert len(countries) > 45
    ranking = [country for country, _ in countries.most_common(5)]
    assert ranking == ["United States", "United Kingdom", "India", "Germany", "France"]
    assert 0.28 < countries["United States"] / len(short_postings) < 0.37
    assert 0.004 < countries["Unknown"] / len(short_postings) < 0.02


def test_locations_are_display_texts(postings: list[Posting]) -> None:
    locations = {posting["location"]: posting["country"] for posting in postings}
    assert locations["Fort Worth, TX"] == "United States"
    assert locations["London, England, United Kingdom"] == "United Kingdom"
    assert locations["Porto, Portugal"] == "Portugal"
    for location, country in locations.items():
        assert country in {"United States", "Unknown"} or location.endswith(f", {country}")


@pytest.mark.parametrize(
    "word", ["C++", "R&D", ".NET", "C#", "Go ", "Nurse", "Electrician", "Data Scientist", "エンジニア"]
)
def test_titles_hold(postings: list[Posting], word: str) -> None:
    assert any(word in posting["title"] for posting in postings)


# Descriptions


def test_full_descriptions_have_1_500_to_6_000_bytes(postings: list[Posting]) -> None:
    sizes = [len(posting["description"].encode()) for posting in postings]
    assert min(sizes) >= 1_500
    assert max(sizes) <= 6_000
    assert max(sizes) - min(sizes) > 3_000
    assert 3_000 < sum(sizes) / len(sizes) < 4_000


def test_full_descriptions_differ(postings: list[Posting]) -> None:
    assert len({posting["description"] for posting in postings}) == len(postings)


@pytest.mark.parametrize(
    ("what", "pattern", "low", "high"),
    [
        ("several lines", r"\n.*\n", 0.9, 1.0),
        ("bullet", r"^• ", 0.2, 0.5),
        ("dash", r"^- ", 0.1, 0.4),
        ("asterisk", r"^\* ", 0.05, 0.3),
        ("tab", r"\t", 0.03, 0.2),
        ("carriage return", r"\r\n", 0.02, 0.15),
        ("accent", r"[àâçéèêíóôõúüñäöß]", 0.15, 0.6),
        ("Japanese", r"[ぁ-んァ-ヴ]{3}", 0.005, 0.05),
        ("Chinese", r"岗位职责", 0.005, 0.05),
        ("German", r"\bund\b", 0.02, 0.12),
        ("French", r"\bavec\b", 0.02, 0.12),
        ("Spanish", r"\by\b", 0.02, 0.12),
        ("Portuguese", r"\bvocê\b|\be\b", 0.01, 0.12),
        ("HTML", r"<p>.*</p>", 0.04, 0.2),
        ("HTML strong", r"<strong>", 0.04, 0.2),
        ("HTML entity", r"&amp;", 0.03, 0.2),
        ("hostile image", r"<img src=x onerror=alert\(1\)>", 0.001, 0.02),
        ("hostile script", r"<script>", 0.001, 0.02),
        ("emoji of the astral plane", r"[\U0001F300-\U0001FAFF]", 0.03, 0.2),
        ("vertical tab", r"\x0b", 0.001, 0.02),
        ("form feed", r"\x0c", 0.001, 0.02),
        ("unit separator", r"\x1f", 0.001, 0.02),
        ("other control character", r"[\x01-\x08\x0e-\x1e]", 0.001, 0.03),
        ("next line", r"\x85", 0.001, 0.02),
        ("line separator", r"\u2028", 0.001, 0.02),
        ("zero width", r"[\u200b\ufeff]", 0.001, 0.02),
        ("right to left", r"\u202e", 0.001, 0.02),
        ("combining accent", r"e\u0301", 0.001, 0.02),
        ("open slot", r"[{}]", 0.0, 0.0),
        ("NUL", r"\x00", 0.0, 0.0),
        ("lone surrogate", r"[\ud800-\udfff]", 0.0, 0.0),
    ],
)
def test_descriptions_hold(postings: list[Posting], what: str, pattern: str, low: float, high: float) -> None:
    found = re.compile(pattern, re.MULTILINE)
    assert low <= share(found.search(posting["description"]) for posting in postings) <= high, what


def test_no_text_holds_nul_or_a_lone_surrogate(postings: list[Posting]) -> None:
    text = lines(postings).decode("utf-8", "strict")
    assert "\\u0000" not in text
    assert not any(unicodedata.category(character) == "Cs" for character in set(text))


@pytest.mark.parametrize(
    ("title", "skills", "foreign"),
    [
        ("Registered Nurse", r"wound care|triage|IV therapy|infection control|care planning", r"Kubernetes|TypeScript"),
        ("Data Engineer", r"Python|SQL|Spark|dbt|Airflow", r"wound care|TIG welding"),
        ("Electrician", r"wiring|TIG welding|fault finding|working at height|soldering", r"Kubernetes|wound care"),
        ("C++ Developer", r"Python|SQL|C\+\+|\.NET|Go|Git", r"wound care|TIG welding"),
    ],
)
def test_skills_fit_the_title(postings: list[Posting], title: str, skills: str, foreign: str) -> None:
    texts = [posting["description"] for posting in postings if title in posting["title"]]
    assert len(texts) > 5
    assert share(re.search(skills, text) for text in texts) > 0.9
    assert not any(re.search(foreign, text) for text in texts)


def test_a_few_titles_are_hostile_too(short_postings: list[Posting]) -> None:
    titles = [posting["title"] for posting in short_postings]
    assert any("<script>" in title for title in titles)
    assert share("<" in title for title in titles) < 0.02


def test_descriptions_name_the_company_and_its_reserved_domain(postings: list[Posting]) -> None:
    for posting in postings:
        assert not re.search(r"@(?![a-z0-9-]+\.example)", posting["description"].replace("href", ""))
    named = [posting for posting in postings if posting["company_name"] and "&" not in posting["company_name"]]
    assert share(posting["company_name"] in posting["description"] for posting in named) > 0.99


# Options


def test_short_descriptions_have_60_to_200_characters(short_postings: list[Posting]) -> None:
    sizes = [len(posting["description"]) for posting in short_postings]
    assert min(sizes) >= 60
    assert max(sizes) <= 200


def test_short_descriptions_leave_the_rest_as_it_is(postings: list[Posting], short_postings: list[Posting]) -> None:
    for full, short in zip(postings, short_postings[: len(postings)], strict=True):
        assert full | {"description": None} == short | {"description": None}
        assert len(short["description"]) < len(full["description"])


def test_linkedin_spelling_changes_the_key_and_nothing_else(postings: list[Posting]) -> None:
    for ours, theirs in zip(postings[:500], generate(500, posting_id_key="linkedin_job_id"), strict=True):
        assert "professional_network_job_id" not in theirs
        assert list(theirs).index("linkedin_job_id") == CONTRACT_KEYS.index("professional_network_job_id")
        theirs["professional_network_job_id"] = theirs.pop("linkedin_job_id")
        assert ours == theirs


@pytest.mark.parametrize("description", ["full", "short"])
def test_schema_b_is_the_same_posting_with_relational_collections(description: Literal["full", "short"]) -> None:
    collections = {"job_industries_collection", "job_functions_collection", "job_status_log_collection"}
    flat = generate(1_000, posting_id_key="linkedin_job_id", description=description)
    for a, b in zip(flat, generate(1_000, schema="B", description=description), strict=True):
        industries = [entry["job_industry_list"]["industry"] for entry in a.pop("job_industry_collection")]
        functions = a.pop("job_functions_collection")
        assert {key: value for key, value in b.items() if key not in collections} == a
        assert set(b) - set(a) == collections
        assert b["job_status_log_collection"] == []
        rows = b["job_industries_collection"]
        assert [row["job_industry_list"]["industry"] for row in rows] == industries
        assert [row["job_function_list"]["function"] for row in b["job_functions_collection"]] == functions


def test_schema_b_knows_one_spelling_of_the_id() -> None:
    default = lines(generate(50, schema="B"))
    assert default == lines(generate(50, schema="B", posting_id_key="linkedin_job_id"))
    assert default == lines(generate(50, schema="B", posting_id_key="professional_network_job_id"))
    assert b"professional_network_job_id" not in default


@pytest.mark.parametrize(
    ("collection", "kind"), [("job_industries_collection", "industry"), ("job_functions_collection", "function")]
)
def test_schema_b_rows_link_postings_to_one_list(collection: str, kind: str) -> None:
    numbers: dict[str, int] = {}
    row_ids = []
    for posting in generate(8_000, schema="B", description="short"):
        for row in posting[collection]:
            row_ids.append(row["id"])
            assert list(row) == [
                "id", "job_id", f"{kind}_id", "deleted", "created", "last_updated", f"job_{kind}_list"
            ]  # fmt: skip
            entry = row[f"job_{kind}_list"]
            assert list(entry) == ["id", "created", "last_updated", kind, "hash"]
            assert (row["job_id"], row["created"]) == (posting["id"], posting["created"])
            assert (row["last_updated"], row["deleted"]) == (posting["last_updated"], 0)
            assert row[f"{kind}_id"] == entry["id"] == numbers.setdefault(entry[kind], entry["id"])
            assert entry["hash"] == md5(entry[kind])
    assert len(set(row_ids)) == len(row_ids)
    assert len(set(numbers.values())) == len(numbers) > 10


# The words


def sentences(language: Language) -> Iterator[str]:
    for part in (language.about, language.role, language.duties, language.needs, language.benefits, language.closings):
        yield from part
    for occupation in language.occupations.values():
        yield from occupation.duties


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_is_complete(code: str) -> None:
    language = LANGUAGES[code]
    slots = {"company", "domain", "title", "place", "skill", "skill2", "skill3"}
    for sentence in sentences(language):
        assert {slot for _, slot, _, _ in Formatter().parse(sentence) if slot is not None} <= slots
    for form in (*(form for form, _ in language.forms), language.remote, language.shift):
        assert form % "x" != form
    for occupation in language.occupations.values():
        assert len(set(occupation.skills)) == len(occupation.skills) >= 6
        assert len(set(occupation.duties)) == len(occupation.duties) >= 3
    assert set(language.occupations) <= set(FUNCTIONS)


def test_english_puts_no_article_before_a_slot() -> None:
    assert not any(re.search(r"\ban? \{", sentence, re.IGNORECASE) for sentence in sentences(LANGUAGES["en"]))


def test_every_field_of_work_can_be_written_in_english() -> None:
    assert set(LANGUAGES["en"].occupations) == set(FUNCTIONS)
    assert {field for sector in SECTORS for field in sector.occupations} == set(FUNCTIONS)
    assert set(FUNCTIONS) > DESK_FIELDS


@pytest.mark.parametrize("size", [1, 2, 7, 10])
@pytest.mark.parametrize("count", [0, 1, 3, 7, 12])
def test_several_never_repeats_itself_and_reaches_every_item(size: int, count: int) -> None:
    draw, pool = Draw("test"), tuple(range(size))
    picks = [draw.several(pool, count) for _ in range(300)]
    assert all(len(pick) == len(set(pick)) == min(size, count) for pick in picks)
    assert {item for pick in picks for item in pick} == (set(pool) if count else set())
