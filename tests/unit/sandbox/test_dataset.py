"""Reading postings from every kind of file."""

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkjobs.sandbox.dataset import comparable, facts, industries, json_line, read_postings, texts

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SHARED = Path(__file__).resolve().parents[4] / "shared"


def posting(id_: int, **fields: Any) -> dict[str, Any]:
    """A whole posting of schema A, with nothing null but `salary` and `external_url`."""
    return {
        "id": id_,
        "created": "2025-06-02 09:14:55",
        "last_updated": "2025-06-14 07:42:10",
        "time_posted": "1 week ago",
        "title": "Data Platform Engineer",
        "description": 'About us, "Northwind"\n\nYou will\n• run pipelines\n• keep SQL tidy',
        "seniority": "Mid-Senior level",
        "employment_type": "Full-time",
        "location": "Porto, Portugal",
        "url": "https://www.professional-network.example/jobs/view/4011223344",
        "hash": "ce59edeb8d940d2984fd0ef1ad543a70",
        "company_id": 7300412,
        "company_name": "",
        "company_url": "https://www.professional-network.example/company/northwind-tidal",
        "external_url": None,
        "deleted": 0,
        "application_active": 1,
        "salary": None,
        "applicants_count": "41 applicants",
        "professional_network_job_id": 4011223344,
        "country": "Portugal",
        "last_updated_ux": 1749886930,
        "redirected_url": "https://www.professional-network.example/jobs/view/4011223344",
        "job_industry_collection": [
            {"job_industry_list": {"industry": "Software Development"}},
            {"job_industry_list": {"industry": "Oceanography"}},
        ],
        "job_functions_collection": ["Engineering", "Information Technology"],
        **fields,
    }


POSTINGS = [
    posting(2**63 - 1),
    posting(2, title="東京 エンジニア 🚀", company_id=None, seniority=None, deleted=1, application_active=0),
    posting(3, job_industry_collection=[], job_functions_collection=[], description=""),
]
SCHEMA_B = {
    "id": 7,
    "title": "Old",
    "linkedin_job_id": 3_500_000_000,
    "job_industries_collection": [
        {"id": 1, "job_id": 7, "deleted": 0, "job_industry_list": {"id": 4, "industry": "Software", "hash": "f"}}
    ],
    "job_functions_collection": [{"id": 1, "job_function_list": {"function": "Engineering"}}],
    "unheard_of": {"deep": [1, 2.5, None, {"x": "y"}]},
}


def ndjson(postings: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in postings).encode()


def array(postings: list[dict[str, Any]]) -> bytes:
    return json.dumps(postings, ensure_ascii=False, indent=1).encode()


def csv(postings: list[dict[str, Any]]) -> bytes:
    rows = [
        {key: json.dumps(value) if isinstance(value, list) else value for key, value in one.items()} for one in postings
    ]
    return pl.DataFrame(rows, infer_schema_length=None).write_csv().encode()


def plain(content: bytes) -> bytes:
    return content


def read(folder: Path, content: bytes) -> list[dict[str, Any]]:
    path = folder / "postings.dat"
    path.write_bytes(content)
    return list(read_postings(path))


# --- Every format, every compression ---


@pytest.mark.parametrize("compress", [plain, gzip.compress, zstd.compress])
@pytest.mark.parametrize("form", [ndjson, array, csv])
def test_text_formats_round_trip(
    tmp_path: Path, form: Callable[[list[dict[str, Any]]], bytes], compress: Callable[[bytes], bytes]
) -> None:
    assert read(tmp_path, compress(form(POSTINGS))) == POSTINGS


def test_the_name_says_nothing(tmp_path: Path) -> None:
    for name in ("a.json", "a.csv", "a.parquet", "a.zst"):
        (tmp_path / name).write_bytes(gzip.compress(ndjson(POSTINGS)))
        assert list(read_postings(str(tmp_path / name))) == POSTINGS


def test_parquet_of_the_vendor_shape_round_trips(tmp_path: Path) -> None:
    pl.DataFrame(POSTINGS, infer_schema_length=None).write_parquet(tmp_path / "p")
    assert list(read_postings(tmp_path / "p")) == POSTINGS


def test_schema_b_and_unknown_fields_pass_through(tmp_path: Path) -> None:
    assert read(tmp_path, ndjson([SCHEMA_B])) == [SCHEMA_B]
    assert read(tmp_path, array([SCHEMA_B])) == [SCHEMA_B]


def test_schema_b_in_parquet_passes_through(tmp_path: Path) -> None:
    known = {key: value for key, value in SCHEMA_B.items() if key != "unheard_of"}
    pl.DataFrame([known]).write_parquet(tmp_path / "p")
    assert list(read_postings(tmp_path / "p")) == [known]


@pytest.fixture
def _tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_tokyo")
def test_normalised_parquet_becomes_schema_a_again(tmp_path: Path) -> None:
    moment = datetime(2025, 6, 14, 7, 42, 10)
    pl.DataFrame(
        {
            "id": [1, 2],
            "created": [moment, None],
            "last_updated": [moment, moment],
            "title": ["a", "b"],
            "deleted": [True, None],
            "application_active": [False, True],
            "posting_id": [4011223344, None],
            "last_updated_ux": [moment.replace(tzinfo=UTC), None],
            "industries": [["Software Development", "Oceanography"], []],
            "functions": [["Engineering"], None],
            "extra": ['{"job_status_log_collection": [{"status": 1}], "note": "\\ud83d"}', None],
        },
        schema_overrides={"last_updated_ux": pl.Datetime("us", "UTC")},
    ).write_parquet(tmp_path / "p")
    first, second = read_postings(tmp_path / "p")
    assert (type(first["deleted"]), type(first["application_active"])) == (int, int)
    assert [first, second] == [
        {
            "id": 1,
            "created": "2025-06-14 07:42:10",
            "last_updated": "2025-06-14 07:42:10",
            "title": "a",
            "deleted": 1,
            "application_active": 0,
            "professional_network_job_id": 4011223344,
            "last_updated_ux": 1749886930,
            "job_industry_collection": [
                {"job_industry_list": {"industry": "Software Development"}},
                {"job_industry_list": {"industry": "Oceanography"}},
            ],
            "job_functions_collection": ["Engineering"],
            "job_status_log_collection": [{"status": 1}],
            "note": "\ud83d",
        },
        {
            "id": 2,
            "created": None,
            "last_updated": "2025-06-14 07:42:10",
            "title": "b",
            "deleted": None,
            "application_active": 1,
            "professional_network_job_id": None,
            "last_updated_ux": None,
            "job_industry_collection": [],
            "job_functions_collection": None,
        },
    ]


def test_csv_cells_get_their_types_back(tmp_path: Path) -> None:
    content = (
        "id,title,company_id,deleted,application_active,salary,description,job_functions_collection,own\n"
        '10,,77.0,true,FALSE,,,,007\n"11",x,,0,1,"","two\nlines","[""a""]",\n'
    )
    assert read(tmp_path, content.encode("utf-8-sig")) == [
        {
            "id": 10, "title": "", "company_id": 77, "deleted": 1, "application_active": 0, "salary": None,
            "description": None, "job_functions_collection": [], "own": "007",
        },
        {
            "id": 11, "title": "x", "company_id": None, "deleted": 0, "application_active": 1, "salary": "",
            "description": "two\nlines", "job_functions_collection": ["a"], "own": None,
        },
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"\n \n", b"[]", b" [ ] ", gzip.compress(b"", mtime=0), zstd.compress(b"\n")])
def test_a_file_may_be_empty(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == []


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\n\n  "])
@pytest.mark.parametrize("content", [b'{"id": 1}\r\n\r\n \n{"id": 2}', b'[{"id": 1},\n{"id": 2}]\n'])
def test_marks_blanks_and_line_ends_do_not_matter(tmp_path: Path, mark: bytes, content: bytes) -> None:
    assert read(tmp_path, mark + content) == [{"id": 1}, {"id": 2}]


def test_lone_surrogates_survive(tmp_path: Path) -> None:
    assert read(tmp_path, b'{"id": 1, "title": "x\\ud83d y", "ok": "\\ud83d\\ude80"}') == [
        {"id": 1, "title": "x\ud83d y", "ok": "🚀"}
    ]


def test_lines_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(b'{"id": 1}\n{"id": 2}\nnonsense\n')
    postings = read_postings(path)
    assert [next(postings), next(postings)] == [{"id": 1}, {"id": 2}]
    with pytest.raises(ValueError, match="line 3"):
        next(postings)


# --- Bad files ---


def test_a_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(read_postings(tmp_path / "none"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"id": 1}\n{"id": 2\n', "line 2: Expecting"),
        (b'{"id": 1}\n\n[2]\n', "line 3: a posting is a JSON object, not list"),
        (b'{"id": 1}\n"\xff"\n', "line 2: 'utf-8' codec can't decode"),
        (b'{"id": NaN}\n', "line 1: NaN is not JSON"),
        (b'{"id": ' + b"[" * 100_000 + b"\n", "line 1: maximum recursion depth"),
        (b'[{"id": 1},\n{"id": 2]', "line 2: Expecting"),
        (b'[{"id": 1},\n7]', "item 2: a posting is a JSON object, not int"),
        (b'["\xff"]', "line 1: 'utf-8' codec can't decode"),
        (b"id,deleted\n1,0\n2,maybe\n", "row 2: deleted is not an integer: 'maybe'"),
        (b"id,job_functions_collection\n1,[\n", "row 1: job_functions_collection is not JSON"),
        (b"hello\nworld\n", "line 1: this is neither JSON nor CSV with a column 'id'"),
        (b"\x00\x01\x02", "line 1: this is neither JSON nor CSV"),
        (b"PAR1 but no more", "row 1: this is no Parquet file"),
        (gzip.compress(b'{"id": 1}\n' * 9, mtime=0)[:-12], "line [0-9]+: the file is damaged"),
        (zstd.compress(b'{"id": 1}\n' * 9)[:-3], "line [0-9]+: the file is damaged"),
        (gzip.compress(b'[{"id": 1}]', mtime=0)[:-9], "line 1: "),
    ],
)
def test_a_bad_file_is_named_with_the_line_and_the_reason(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"postings[.]dat, {message}"):
        read(tmp_path, content)


def test_a_bad_extra_is_named_with_its_row(tmp_path: Path) -> None:
    pl.DataFrame({"id": [1, 2], "posting_id": [1, 2], "extra": ["{}", "[]"]}).write_parquet(tmp_path / "p")
    with pytest.raises(ValueError, match="row 2: extra is not a JSON object"):
        list(read_postings(tmp_path / "p"))


# --- Real files ---


def test_the_recorded_postings_are_read() -> None:
    files = sorted(SHARED.glob("data/recorded/v1_job_collect_*.json"))
    if not files:
        pytest.skip("the recorded replies of the service are not here")
    for file in files:
        whole = json.loads(file.read_bytes())
        assert json.loads(json_line(whole)) == whole
        assert industries(whole) == [
            entry["job_industry_list"]["industry"] for entry in whole["job_industry_collection"]
        ]


def test_real_text_with_lone_surrogates_is_read() -> None:
    path = SHARED / "data/real/openings_lone_surrogates.jsonl.zst"
    if not path.exists():
        pytest.skip("the public job openings with lone surrogates are not here")
    postings = list(read_postings(path))
    assert postings == [json.loads(line) for line in zstd.decompress(path.read_bytes()).splitlines()]
    assert any("\\ud" in ascii(one) for one in postings)


# --- One posting ---


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=5), st.booleans())
def test_a_posting_is_one_line_of_equal_json(record: dict[str, Any], has_surrogate: bool) -> None:
    record |= {"broken": "\ud83d!"} if has_surrogate else {}
    line = json_line(record)
    assert b"\n" not in line
    assert json.loads(line.decode()) == record


def test_only_what_utf8_cannot_say_is_escaped() -> None:
    assert json_line({"id": 1, "title": "東京 é"}) == '{"id":1,"title":"東京 é"}'.encode()
    assert json_line({"id": 1, "title": "é\ud83d"}) == b'{"id":1,"title":"\\u00e9\\ud83d"}'


def test_facts_of_a_posting() -> None:
    assert facts(posting(1)) == (
        "2025-06-02 09:14:55",
        "2025-06-14 07:42:10",
        7300412,
        "https://www.professional-network.example/company/northwind-tidal",
        "northwind-tidal.example",
        "northwind-tidal.example",
        0,
        1,
    )
    assert facts({"id": 1}) == ("", "", None, None, None, None, None, None)
    strange = dict.fromkeys(posting(1), "\ud83d") | {"company_id": 2**63, "deleted": 7}
    assert facts(strange) == ("?", "?", None, "?", None, None, None, None)


def test_a_website_of_its_own_wins_over_the_invented_one() -> None:
    assert facts(posting(1, company_website="http://WWW.Tidal.io/jobs/"))[4:6] == ("tidal.io/jobs", "tidal.io")
    assert facts(posting(1, company_website=""))[5] == "northwind-tidal.example"
    assert facts(posting(1, company_url="https://x.example/company/AbC/about?x=1"))[5] == "abc.example"
    assert facts(posting(1, company_url="https://x.example/school/abc"))[5] is None


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("company_domain", "https://www.X.com:443/a?b", "x.com"),
        ("company_domain", "jobs.x.com", "jobs.x.com"),
        ("company_exact_website", "x.com", "x.com"),
        ("company_exact_website", "www.x.com", "x.com"),
        ("company_exact_website", " https://www.x.com/ ", "x.com"),
        ("company_exact_website", "https://x.com/Careers", "x.com/Careers"),
        ("company_professional_network_url", "https://WWW.N.example/company/A/", "https://www.n.example/company/A"),
        ("company_professional_network_url", "http://[", "http://["),
        ("created_at_gte", "2025-01-01 00:00:00", "2025-01-01 00:00:00"),
        ("created_at_gte", "\ud83d", "?"),
        ("company_id", 2**63 - 1, 2**63 - 1),
        ("company_id", 2**63, None),
        ("deleted", True, 1),
    ],
)
def test_a_filter_value_takes_the_form_of_the_facts(name: str, value: object, form: object) -> None:
    assert comparable(name, value) == form


@pytest.mark.parametrize(
    ("collection", "expected"),
    [
        (POSTINGS[0]["job_industry_collection"], ["Software Development", "Oceanography"]),
        ([], []),
        (None, []),
        ([{}, None, "x", {"job_industry_list": None}, {"job_industry_list": {"industry": None}}], []),
    ],
)
def test_industries_of_a_posting(collection: Any, expected: list[str]) -> None:
    assert industries({"job_industry_collection": collection}) == expected


def test_industries_of_schema_b() -> None:
    assert industries(SCHEMA_B) == ["Software"]
    assert industries({}) == []


def test_texts_of_a_field() -> None:
    assert texts("a") == ["a"]
    assert texts(["a", 1, "b"]) == ["a", "b"]
    assert texts(None) == texts(7) == []
