"""The dataset of the stand-in server: every filter, order, page and record against plain Python."""

import gc
import json
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkjobs.sandbox import catalog as catalog_module
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.dataset import read_postings
from bulkjobs.sandbox.grammar import FilterSyntaxError

REAL = Path(__file__).resolve().parents[4] / "shared/data/real/jobs_real.ndjson.zst"
NETWORK = "https://www.professional-network.example/company/"

Record = dict[str, Any]


def industries(*names: str) -> list[Record]:
    return [{"job_industry_list": {"industry": name}} for name in names]


def posting(id_: int, **fields: Any) -> Record:
    return {"id": id_, "created": "2025-01-01 00:00:00", "last_updated": "2025-06-01 00:00:00"} | fields


POSTINGS = [
    posting(
        40,
        last_updated="2025-06-02 00:00:00",
        title="Senior Data Engineer",
        description="Python and SQL, on a big team.",
        employment_type="Full-time",
        location="Porto, Portugal",
        company_name="Northwind Tidal",
        company_id=7,
        company_url=NETWORK + "northwind-tidal",
        country="Portugal",
        deleted=0,
        application_active=1,
        seniority="Director",
        job_industry_collection=industries("Software Development", "Information Technology & Services"),
    ),
    posting(
        10,
        created="2025-01-02 00:00:00",
        last_updated="2025-06-02 00:00:00",
        title="Data Scientist",
        description="SQL. No snakes here",
        employment_type="Part-time",
        location="São Paulo, Brazil",
        company_name="Ünal & Söhne",
        company_id=8,
        company_url="https://WWW.Professional-Network.example/company/Unal/",
        company_website="https://www.unal.example.com/",
        country="Brazil",
        deleted=1,
        application_active=1,
        job_industry_collection=industries("Information Services", "Technology"),
    ),
    posting(
        2**63 - 1,
        created="2024-12-31 23:59:59",
        last_updated="2025-05-31 23:59:59",
        title="エンジニア (C++)",
        description="東京都勤務",
        employment_type="Contract",
        location="London",
        company_name="",
        company_id=8,
        company_url=NETWORK + "unal",
        country="United Kingdom",
        deleted=1,
        application_active=0,
        job_industries_collection=[{"id": 1, "job_industry_list": {"id": 2, "industry": "Telecommunications"}}],
    ),
    posting(
        30,
        title="Nurse \ud83d",
        country="United States",
        deleted=0,
        application_active=0,
        company_website="http://care.org/jobs",
    ),
    {"id": -5, "title": None, "description": None, "job_industry_collection": [], "created": None},
]
BY_ID = {record["id"]: record for record in POSTINGS}


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    with_all = Catalog.build(POSTINGS)
    yield with_all
    with_all.close()


def build(*records: Mapping[str, Any]) -> Catalog:
    return Catalog.build(records)


# --- The oracle ---


def in_order(records: list[Record]) -> list[int]:
    return [record["id"] for record in sorted(records, key=lambda one: (one.get("last_updated") or "", one["id"]))]


def words(text: object) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", str(text or "").lower()) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain)


def has_all(*wanted: str) -> Callable[[object], bool]:
    return lambda text: text is not None and set(wanted) <= set(words(text))


# --- Each of the 17 filters ---

FILTERS: list[tuple[Record, Callable[[Record], bool]]] = [
    ({"created_at_gte": "2025-01-01 00:00:00"}, lambda r: (r["created"] or "") >= "2025-01-01 00:00:00"),
    ({"created_at_lte": "2025-01-01 00:00:00"}, lambda r: bool(r["created"]) and r["created"] <= "2025-01-01 00:00:00"),
    ({"last_updated_gte": "2025-06-01 00:00:00"}, lambda r: r.get("last_updated", "") >= "2025-06-01 00:00:00"),
    (
        {"last_updated_lte": "2025-06-01 00:00:00"},
        lambda r: "last_updated" in r and r["last_updated"] <= "2025-06-01 00:00:00",
    ),
    ({"title": "data"}, lambda r: has_all("data")(r["title"])),
    ({"title": "engineer OR scientist"}, lambda r: {"engineer", "scientist"} & set(words(r["title"])) != set()),
    ({"title": "NOT data"}, lambda r: r["title"] is not None and "data" not in words(r["title"])),
    ({"title": "エンジ"}, lambda r: "エンジ" in (r["title"] or "")),
    ({"keyword_description": "sql"}, lambda r: has_all("sql")(r.get("description"))),
    ({"keyword_description": "東京"}, lambda r: "東京" in (r.get("description") or "")),
    ({"keyword_description": "NOT sql"}, lambda r: r.get("description") == "東京都勤務"),
    ({"employment_type": "full-time"}, lambda r: r.get("employment_type") == "Full-time"),
    ({"employment_type": "time NOT full"}, lambda r: r.get("employment_type") == "Part-time"),
    ({"employment_type": "Contract OR Part-time"}, lambda r: r.get("employment_type") in {"Contract", "Part-time"}),
    ({"location": "sao paulo"}, lambda r: has_all("sao", "paulo")(r.get("location"))),
    ({"location": "Porto, Portugal"}, lambda r: has_all("porto", "portugal")(r.get("location"))),
    ({"company_id": 8}, lambda r: r.get("company_id") == 8),
    ({"company_id": 2**63}, lambda r: False),
    ({"company_name": "unal & söhne"}, lambda r: has_all("unal", "sohne")(r.get("company_name"))),
    ({"company_name": "NOT unal"}, lambda r: r.get("company_name") in {"Northwind Tidal", ""}),
    ({"company_domain": "northwind-tidal.example"}, lambda r: r["id"] == 40),
    ({"company_domain": "unal.example"}, lambda r: r["id"] == 2**63 - 1),
    ({"company_domain": "unal.example.com"}, lambda r: r["id"] == 10),
    ({"company_domain": "care.org"}, lambda r: r["id"] == 30),
    ({"company_domain": "northwind"}, lambda r: False),
    ({"company_exact_website": "northwind-tidal.example"}, lambda r: r["id"] == 40),
    ({"company_exact_website": "www.northwind-tidal.example"}, lambda r: r["id"] == 40),
    ({"company_exact_website": "https://www.northwind-tidal.example"}, lambda r: r["id"] == 40),
    ({"company_exact_website": "https://www.unal.example.com/"}, lambda r: r["id"] == 10),
    ({"company_exact_website": "care.org"}, lambda r: False),
    ({"company_exact_website": "care.org/jobs"}, lambda r: r["id"] == 30),
    ({"company_professional_network_url": NETWORK + "northwind-tidal"}, lambda r: r["id"] == 40),
    ({"company_professional_network_url": NETWORK + "northwind-tidal/"}, lambda r: r["id"] == 40),
    ({"company_professional_network_url": NETWORK.upper() + "unal"}, lambda r: False),
    ({"company_professional_network_url": NETWORK + "Unal"}, lambda r: r["id"] == 10),
    ({"company_professional_network_url": NETWORK + "northwind"}, lambda r: False),
    ({"deleted": True}, lambda r: r.get("deleted") == 1),
    ({"deleted": False}, lambda r: r.get("deleted") == 0),
    ({"application_active": True}, lambda r: r.get("application_active") == 1),
    ({"application_active": False}, lambda r: r.get("application_active") == 0),
    ({"country": "United States"}, lambda r: r.get("country") == "United States"),
    ({"country": "(united)"}, lambda r: has_all("united")(r.get("country"))),
    ({"industry": "Telecommunications"}, lambda r: r["id"] == 2**63 - 1),
    (
        {"industry": "(Information Technology & Services) OR Telecommunications"},
        lambda r: r["id"] in {40, 10, 2**63 - 1},
    ),
    ({"industry": '"Information Technology"'}, lambda r: r["id"] == 40),
    ({"industry": '"Services Technology"'}, lambda r: False),
    ({"industry": "services AND technology"}, lambda r: r["id"] in {40, 10}),
    ({"industry": "NOT services"}, lambda r: r["id"] == 2**63 - 1),
]


@pytest.mark.parametrize(
    ("filters", "matches"), FILTERS, ids=lambda value: str(value) if isinstance(value, dict) else ""
)
def test_filter(catalog: Catalog, filters: Record, matches: Callable[[Record], bool]) -> None:
    expected = in_order([record for record in POSTINGS if matches(record)])
    assert catalog.ids(filters) == expected
    assert catalog.count(filters) == len(expected)
    assert [id_ for _, id_ in catalog.page(filters)] == expected
    assert sorted(hit["id"] for hit in catalog.preview(filters, offset=0)) == sorted(expected)


def test_the_filters_above_are_all_seventeen() -> None:
    assert len({name for filters, _ in FILTERS for name in filters}) == 17


def test_every_pair_of_filters_is_joined_with_and(catalog: Catalog) -> None:
    for first, first_matches in FILTERS:
        for second, second_matches in FILTERS:
            if first.keys() != second.keys():
                expected = [record for record in POSTINGS if first_matches(record) and second_matches(record)]
                assert catalog.ids(first | second) == in_order(expected), (first, second)


def test_no_filter_and_unused_filters_match_everything(catalog: Catalog) -> None:
    unused = {name: "" for filters, _ in FILTERS for name in filters}
    assert catalog.ids({}) == catalog.ids(unused) == in_order(POSTINGS)
    assert catalog.ids(unused | {"company_id": 7}) == [40]
    assert len(catalog) == len(POSTINGS)


def test_a_filter_without_words_matches_nothing(catalog: Catalog) -> None:
    assert catalog.ids({"title": "&"}) == []
    assert catalog.preview({"title": "--", "country": "Portugal"}, offset=0) == []


def test_a_fault_names_its_filter(catalog: Catalog) -> None:
    with pytest.raises(FilterSyntaxError, match="never closed") as caught:
        catalog.count({"title": "fine", "keyword_description": "(a"})
    assert caught.value.field == "keyword_description"


def test_there_are_no_other_filters(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="'seniority'"):
        catalog.count({"seniority": "Director"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=st.dictionaries(
    st.sampled_from(sorted({name for filters, _ in FILTERS for name in filters})),
    st.text(st.characters(exclude_categories=())) | st.sampled_from(['"', "(", "a OR", "http://[", "//", "%", "\x00"]),
    max_size=4,
))  # fmt: skip
def test_no_text_breaks_a_search(catalog: Catalog, filters: dict[str, str]) -> None:
    try:
        found = catalog.ids(filters)
    except FilterSyntaxError as error:
        assert error.field in filters  # noqa: PT017 -- what else is raised must not be caught
        return
    assert catalog.count(filters) == len(found)
    assert {hit["id"] for hit in catalog.preview(filters, offset=0)} == set(found)


# --- Order and pages ---


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "2025-01-01 00:00:00", "2025-01-02 00:00:00"]), st.integers(-9, 9)), max_size=20
    ),
    st.integers(1, 7),
)
@settings(deadline=None, max_examples=50)
def test_pages_put_together_are_the_whole_in_order(rows: list[tuple[str, int]], size: int) -> None:
    latest = {id_: moment for moment, id_ in rows}
    expected = sorted((moment, id_) for id_, moment in latest.items())
    catalog = build(*(posting(id_, last_updated=moment) for moment, id_ in rows))
    try:
        found: list[tuple[str, int]] = []
        while page := catalog.page({}, after=found[-1] if found else None, size=size):
            assert len(page) <= size
            assert not found or page[0] > found[-1]
            found += page
        assert found == catalog.page({}) == expected
        assert catalog.ids({}) == [id_ for _, id_ in expected]
        assert catalog.ids({}, size) == [id_ for _, id_ in expected[:size]]
        assert catalog.duplicates == len(rows) - len(latest)
    finally:
        catalog.close()


def test_pages_of_a_search(catalog: Catalog) -> None:
    filters = {"title": "data OR nurse"}
    first = catalog.page(filters, size=2)
    assert first == [("2025-06-01 00:00:00", 30), ("2025-06-02 00:00:00", 10)]
    assert catalog.page(filters, after=first[-1], size=2) == [("2025-06-02 00:00:00", 40)]


@pytest.mark.parametrize("after", [("2025-06-02 00:00:00", 2**70), ("9", 0), ("\ud83d", 0)])
def test_a_cursor_past_the_end_gives_nothing(catalog: Catalog, after: tuple[str, int]) -> None:
    assert catalog.page({}, after=after) == []


def test_a_limit_of_none_gives_all_and_of_zero_none(catalog: Catalog) -> None:
    assert len(catalog.ids({}, None)) == len(POSTINGS)
    assert catalog.ids({}, 0) == []


def test_a_search_in_text_is_carried_out_once_for_all_its_pages_and_ranges() -> None:
    catalog = build(*(posting(id_, title="nurse" if id_ % 3 else "clerk") for id_ in range(1, 31)))
    asked: list[str] = []
    catalog._connection.set_trace_callback(asked.append)
    try:
        assert catalog.count({"title": "nurse"}) == 20
        assert asked
        asked.clear()
        found = catalog.page({"title": "nurse"}, size=7)
        while page := catalog.page({"title": "nurse"}, after=found[-1], size=7):
            found += page
        assert [id_ for _, id_ in found] == [id_ for id_ in range(1, 31) if id_ % 3]
        assert catalog.count({"title": "nurse", "created_at_gte": "2025-01-02 00:00:00"}) == 0
        assert not asked
    finally:
        catalog.close()


def test_only_so_many_answers_are_kept_the_last_ones_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_module, "_MASKS", 4)
    catalog = build(*(posting(id_, title=f"nurse w{id_}") for id_ in range(1, 31)))
    asked: list[str] = []
    catalog._connection.set_trace_callback(asked.append)
    try:
        for id_ in range(1, 31):
            assert catalog.ids({"title": f"w{id_}"}) == [id_]
            assert catalog.count({"title": "nurse"}) == 30
            assert len(catalog._masks) <= 4
        assert catalog.ids({"title": "w1"}) == [1]
        assert sum("nurse" in sql for sql in asked) == 1
        assert sum('"w1"' in sql for sql in asked) == 2
    finally:
        catalog.close()


# --- Preview ---


def test_preview_objects_have_the_fields_of_the_contract(catalog: Catalog) -> None:
    (hit,) = catalog.preview({"company_id": 7}, offset=0)
    assert hit == {
        "id": 40,
        "created": "2025-01-01 00:00:00",
        "title": "Senior Data Engineer",
        "seniority": "Director",
        "location": "Porto, Portugal",
        "company_name": "Northwind Tidal",
        "_score": 1.0,
    }


def test_preview_without_text_goes_in_the_order_of_pages(catalog: Catalog) -> None:
    everything = [hit["id"] for hit in catalog.preview({}, offset=0)]
    assert everything == in_order(POSTINGS)
    assert [hit["id"] for hit in catalog.preview({}, offset=1, size=2)] == everything[1:3]
    assert catalog.preview({}, offset=5) == []


def test_preview_of_a_search_has_the_most_relevant_first() -> None:
    filler = [posting(id_, title="warehouse associate", description="boxes") for id_ in range(100, 130)]
    catalog = build(
        posting(1, title="engineer of very many other things besides", description="rust"),
        posting(2, title="rust engineer, rust", description="boxes"),
        posting(3, title="engineer", description="rust rust rust"),
        *filler,
    )
    try:
        title = catalog.preview({"title": "rust OR engineer"}, offset=0)
        assert [hit["id"] for hit in title] == [2, 3, 1]
        both = catalog.preview({"title": "engineer", "keyword_description": "rust"}, offset=0)
        assert [hit["id"] for hit in both] == [3, 1]
        for hits in (title, both, catalog.preview({"title": "NOT engineer"}, offset=0, size=50)):
            scores = [hit["_score"] for hit in hits]
            assert all(score > 0 for score in scores)
            assert scores == sorted(scores, reverse=True)
        alone = {hit["id"]: hit["_score"] for hit in catalog.preview({"title": "engineer"}, offset=0)}
        assert both[0]["_score"] > alone[3]
        ties = [hit["id"] for hit in catalog.preview({"title": "warehouse"}, offset=5, size=3)]
        assert ties == [105, 106, 107]
    finally:
        catalog.close()


# --- Records ---


def test_records_are_given_back_unchanged(catalog: Catalog) -> None:
    for id_, record in BY_ID.items():
        line = catalog.record(id_)
        assert line is not None
        assert b"\n" not in line
        assert json.loads(line.decode("utf-8")) == record
    assert catalog.record(41) is None
    assert catalog.record(2**80) is None


def test_lines_keep_the_given_order_however_many() -> None:
    numbers = range(3_500)
    catalog = build(*(posting(id_) for id_ in numbers))
    try:
        wanted = [*reversed(numbers), 9_999, 5, 5]
        found = [json.loads(line)["id"] for line in catalog.lines(wanted)]
        assert found == [*reversed(numbers), 5, 5]
        assert list(catalog.lines([])) == []
        assert len(list(catalog.lines(numbers))) == len(numbers)
    finally:
        catalog.close()


def test_existing_ids_come_once_and_in_the_given_order(catalog: Catalog) -> None:
    assert catalog.existing([30, 7, 2**63 - 1, 10, 30, 2**63, -5, 10**30]) == [30, 2**63 - 1, 10, -5]
    assert catalog.existing([]) == []
    assert catalog.existing([*range(100_000), -5]) == [10, 30, 40, -5]


# --- Building ---


def test_of_duplicates_the_last_one_wins_everywhere() -> None:
    catalog = build(
        posting(1, title="first", description="alpha", country="Portugal", deleted=0),
        posting(2, title="other"),
        posting(1, title="second", description="beta", deleted=1, last_updated="2025-07-01 00:00:00"),
    )
    try:
        assert (len(catalog), catalog.duplicates) == (2, 1)
        assert json.loads(catalog.record(1) or b"")["title"] == "second"
        assert catalog.ids({"title": "second"}) == catalog.ids({"keyword_description": "beta"}) == [1]
        assert catalog.ids({"deleted": True}) == [1]
        for gone in ({"title": "first"}, {"keyword_description": "alpha"}, {"country": "Portugal"}, {"deleted": False}):
            assert catalog.ids(gone) == []
        assert catalog.ids({}) == [2, 1]
    finally:
        catalog.close()


def test_the_fingerprint_is_that_of_the_records(catalog: Catalog) -> None:
    shuffled = build(*POSTINGS[::-1], POSTINGS[0])
    other = build(*POSTINGS[:-1], POSTINGS[-1] | {"new": 1})
    try:
        assert re.fullmatch("[0-9a-f]{64}", catalog.fingerprint)
        assert shuffled.fingerprint == catalog.fingerprint == catalog.fingerprint
        assert other.fingerprint != catalog.fingerprint
    finally:
        shuffled.close()
        other.close()


@pytest.mark.parametrize("id_", [None, "7", 7.0, True, 2**63, -(2**63) - 1])
def test_a_record_needs_an_integer_id(id_: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f"record 3 of the dataset has no integer id of 64 bits: {id_!r}")):
        build(posting(1), posting(2), {"id": id_})


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes"])
def test_a_record_has_to_be_json(value: object) -> None:
    with pytest.raises(ValueError, match=r"record 2 of the dataset \(id 9\) is not JSON"):
        build(posting(1), posting(9, salary=value))


def test_an_empty_dataset_is_a_dataset() -> None:
    catalog = build()
    try:
        assert len(catalog) == catalog.count({"title": "a", "keyword_description": "a"}) == 0
        assert catalog.page({}) == []
        assert catalog.preview({}, offset=0) == []
    finally:
        catalog.close()


# --- Disk and threads ---


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_close_gives_back_the_disk(disk: Path) -> None:
    catalog = build(*POSTINGS)
    catalog.count({"keyword_description": "sql"})
    assert list(disk.rglob("*.db"))
    catalog.close()
    assert list(disk.iterdir()) == []
    catalog.close()


def test_a_forgotten_catalogue_gives_back_the_disk(disk: Path) -> None:
    catalog = build(*POSTINGS)
    assert list(disk.iterdir())
    del catalog
    gc.collect()
    assert list(disk.iterdir()) == []


def test_a_failed_build_leaves_nothing(disk: Path) -> None:
    with pytest.raises(ValueError, match="record 1") as caught:
        build({})
    assert caught.tb is not None  # and so the catalogue in it is not yet forgotten
    assert list(disk.iterdir()) == []


def test_any_thread_may_search() -> None:
    catalog = build(*(posting(id_, title=f"t{id_ % 7}", description=f"d{id_ % 5}") for id_ in range(700)))
    try:
        with ThreadPoolExecutor(8) as pool:
            counts = pool.map(
                lambda n: (
                    catalog.count({"title": f"t{n % 7}"}),
                    catalog.count({"keyword_description": f"d{n % 5}"}),
                    len(list(catalog.lines(catalog.ids({}, 50)))),
                ),
                range(64),
            )
            assert set(counts) == {(100, 140, 50)}
    finally:
        catalog.close()


def test_other_searches_go_on_while_the_descriptions_are_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    started, go_on = threading.Event(), threading.Event()
    build_body = catalog_module._build_body

    def slow(folder: Path) -> None:
        started.set()
        assert go_on.wait(30)
        build_body(folder)

    monkeypatch.setattr(catalog_module, "_build_body", slow)
    catalog = build(*POSTINGS)
    try:
        with ThreadPoolExecutor(1) as pool:
            described = pool.submit(catalog.count, {"keyword_description": "sql"})
            assert started.wait(30)
            assert catalog.count({"title": "data"}) == 2
            assert not described.done()
            go_on.set()
            assert described.result(30) == 2
    finally:
        catalog.close()


def test_a_failed_index_of_descriptions_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(value: object) -> list[str]:
        raise OSError("disk full")

    catalog = build(*POSTINGS)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(catalog_module, "texts", fail)
            with pytest.raises(OSError, match="disk full"):
                catalog.count({"keyword_description": "sql"})
        assert catalog.count({"keyword_description": "sql"}) == 2
    finally:
        catalog.close()


# --- Real postings, against regular expressions ---


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[Catalog, pl.DataFrame]]:
    if not REAL.exists():
        pytest.skip("the public dataset of real postings is not here")
    records = [record for number, record in enumerate(read_postings(REAL)) if number % 6 == 0]
    table = pl.DataFrame(
        {name: [record[name] for record in records] for name in REAL_COLUMNS}
        | {"industry": [[e["job_industry_list"]["industry"] for e in r["job_industry_collection"]] for r in records]},
        infer_schema_length=None,
    )
    catalog = Catalog.build(records)
    yield catalog, table
    catalog.close()


REAL_COLUMNS = (
    "id",
    "created",
    "last_updated",
    "title",
    "description",
    "location",
    "company_name",
    "country",
    "employment_type",
)


def has(column: str, pattern: str) -> pl.Expr:
    """Whether a column has a run of words, by a regular expression; each space is any run of other characters."""
    gap = pattern.replace(" ", r"[^\p{L}\p{N}]+")
    return pl.col(column).str.contains(rf"(?i)(^|[^\p{{L}}\p{{N}}])({gap})($|[^\p{{L}}\p{{N}}])")


REAL_QUERIES: list[tuple[Record, pl.Expr]] = [
    ({"title": "Software Engineer"}, has("title", "software") & has("title", "engineer")),
    ({"title": '"Software Engineer"'}, has("title", "software engineer")),
    ({"title": '(Data Engineer) OR "Data Scientist"'},
     (has("title", "data") & has("title", "engineer")) | has("title", "data scientist")),
    ({"title": "engineer NOT senior NOT software"},
     has("title", "engineer") & ~has("title", "s[eê]nior") & ~has("title", "software")),
    ({"title": "NOT (engineer OR manager)"}, ~has("title", "engineer|manager")),
    ({"title": "nurs*"}, has("title", r"nurs[\p{L}\p{N}]*")),
    ({"title": "full-stack"}, has("title", "full stack")),
    ({"title": "R&D"}, has("title", "r d")),
    ({"title": "(C++ OR .NET) AND developer"}, has("title", "c|net") & has("title", "developer")),
    ({"title": "ingenieur OR développeur"}, has("title", "ing[eé]nieur|d[eé]veloppeur")),
    ({"location": "São Paulo"}, has("location", "s[aã]o") & has("location", "paulo")),
    ({"location": "San Francisco, CA"}, has("location", "san") & has("location", "francisco") & has("location", "ca")),
    ({"country": "(United Kingdom)", "employment_type": "full-time"},
     has("country", "united") & has("country", "kingdom") & has("employment_type", "full time")),
    ({"company_name": "bank OR capital"}, has("company_name", "bank|capital")),
    ({"keyword_description": "python AND (sql OR spark) NOT java"},
     has("description", "python") & has("description", "sql|spark") & ~has("description", "java")),
    ({"keyword_description": '"machine learning"', "title": "engineer"},
     has("description", "machine learning") & has("title", "engineer")),
    ({"industry": "activites informatiques OR health*"}, pl.col("industry").list.eval(
        (has("", "activit[eé]s") & has("", "informatiques")) | has("", r"health[\p{L}\p{N}]*")).list.any()),
    ({"created_at_gte": "2026-06-01 00:00:00", "created_at_lte": "2026-07-01 00:00:00", "title": "manager"},
     pl.col("created").is_between(pl.lit("2026-06-01 00:00:00"), pl.lit("2026-07-01 00:00:00"))
     & has("title", "manager")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "expression"), REAL_QUERIES, ids=lambda value: str(value) if isinstance(value, dict) else ""
)
def test_real_postings(real: tuple[Catalog, pl.DataFrame], filters: Record, expression: pl.Expr) -> None:
    catalog, table = real
    expected = table.filter(expression).sort("last_updated", "id")["id"].to_list()
    assert expected
    assert len(expected) < len(table)
    assert catalog.ids(filters) == expected
