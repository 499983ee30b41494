"""Reports: the same figures from the same postings, in a page that needs nothing and trusts nobody."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import bulkjobs as bj
from bulkjobs import report
from bulkjobs.analysis import Taxonomy
from bulkjobs.errors import ConfigError, InvalidQuery
from bulkjobs.provenance import Provenance
from tests.conftest import MakeClient
from tests.support import spent

ENGINEERS = bj.JobFilter(title="(engineer) OR (nurse)")


class Frame:
    """Postings that were never bought, as a source of reports."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def scan(self) -> pl.LazyFrame:
        return pl.DataFrame(self.rows, schema=bj.records.POSTING_SCHEMA).lazy()

    def provenance(self) -> Provenance:
        return Provenance(kind="collection", rows=len(self.rows), data_sha256="0" * 64)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, and what it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.handlers: list[str] = []
        self.feed(html)
        self.fetched += re.findall(r"url\((?!#|\"#)([^)]*)\)|@import", html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "srcset", "poster", "action", "data"} and not str(
                value
            ).startswith("#"):
                self.fetched.append(f"{tag} {name}={value}")
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}={value}")


@pytest.fixture
async def engineers(sandbox: bj.Sandbox, make_client: MakeClient) -> bj.Collection:
    return await make_client(sandbox).collect(ENGINEERS, max_credits=2_000)


async def test_the_same_postings_give_the_same_page_to_the_byte(engineers: bj.Collection, sandbox: bj.Sandbox) -> None:
    before = spent(sandbox)
    first, second = (report.labour_market(engineers, period="2025..") for _ in range(2))
    assert first.html() == second.html()
    assert dict(first.facts)["postings"] > 100
    assert spent(sandbox) == before


async def test_what_was_enriched_may_be_kept(engineers: bj.Collection, tmp_path: Path) -> None:
    made = [report.labour_market(engineers, period=when, folder=tmp_path) for when in ("2025", "2025", "2026")]
    assert made[0].document == made[1].document == report.labour_market(engineers, period="2025").document
    assert made[2].figures != made[0].figures
    assert len(list(tmp_path.glob("report-*/part-*.parquet"))) == 2


async def test_a_page_tells_what_a_check_finds_again(engineers: bj.Collection, tmp_path: Path) -> None:
    made = report.labour_market(engineers, title="Engineers", period="2025", country=["US", "Germany"])
    page = made.write(tmp_path / "report.html")
    told = report.read(page)
    assert told.title == "Engineers"
    assert told.provenance == made.provenance
    assert told.figures == made.figures
    found = report.check(page, engineers)
    assert found.matches, found
    assert "matches its data" in repr(found)


async def test_a_check_tells_what_differs(engineers: bj.Collection, tmp_path: Path) -> None:
    made = report.labour_market(engineers)
    page = made.write(tmp_path / "report.html")
    rows = engineers.frame().to_dicts()
    fewer = report.check(page, Frame(rows[1:]))
    assert not fewer.matches
    assert not fewer.same_data
    assert any(text.startswith("facts, row 1, postings: was") for text in fewer.differences)
    told = page.read_text("utf-8").replace(f'"postings": {len(rows)}', '"postings": 7')
    page.write_text(told, "utf-8")
    forged = report.check(page, engineers)
    assert forged.same_data
    assert not forged.matches
    assert f"facts, row 1, postings: was 7, is {len(rows)}" in forged.differences
    assert "does not match its data" in forged._repr_html_()


async def test_a_page_that_was_retouched_is_told(engineers: bj.Collection, tmp_path: Path) -> None:
    page = report.labour_market(engineers, title="Engineers").write(tmp_path / "report.html")
    assert report.check(page, engineers).same_page is True
    told = page.read_text("utf-8")
    page.write_text(told.replace("<h1>Engineers</h1>", "<h1>Everybody</h1>"), "utf-8")
    retouched = report.check(page, engineers)
    assert retouched.same_data
    assert retouched.differences == ()
    assert retouched.same_page is False
    assert not retouched.matches
    page.write_text(told.replace('"polars": "', '"polars": "0.'), "utf-8")
    other = report.check(page, engineers)
    assert other.same_page is None
    assert other.matches
    assert any(text.startswith("polars was 0.") for text in other.versions)


def test_words_that_no_file_can_hold_are_replaced(tmp_path: Path) -> None:
    page = report.labour_market(Frame([{"id": 1}]), title="Caf\ud800\x00").write(tmp_path / "report.html")
    assert report.read(page).title == "Caf\ufffd\ufffd"
    assert report.check(page, Frame([{"id": 1}])).matches


async def test_every_posting_is_accounted_for(engineers: bj.Collection) -> None:
    whole = len(engineers.frame())
    made = report.labour_market(engineers, period="2025-03..2025-09", country="US")
    facts = dict(made.facts)
    left_out = sum(count for what, count in facts.items() if what.startswith("left out"))
    assert facts["postings"] + left_out == whole
    assert facts["left out, of another time"] > 0
    assert facts["left out, of other countries"] > 0
    levels = pl.DataFrame(made.figures["levels"])
    assert levels["postings"].sum() == facts["postings"] - facts["of them put up again"]


async def test_a_library_keeps_matching_whatever_is_bought_later(
    sandbox: bj.Sandbox, make_client: MakeClient, engineers: bj.Collection, tmp_path: Path
) -> None:
    client = make_client(sandbox)
    page = report.labour_market(client.library).write(tmp_path / "library.html")
    await client.collect(bj.JobFilter(title="teacher"), max_credits=500)
    client.library.compact()
    assert report.check(page, client.library).matches
    assert report.labour_market(client.library).figures != report.read(page).figures


HOSTILE = '</script><script>alert(1)</script><img src="https://example.com/x.png" onerror="alert(2)">\x1b[2J'


def test_texts_of_postings_stay_text() -> None:
    texts = ("title", "description", "company_name", "location", "salary", "seniority", "employment_type")
    rows = [{"id": number, "created": None, **dict.fromkeys(texts, HOSTILE)} for number in range(20)]
    made = report.labour_market(Frame(rows), title=HOSTILE)
    html = made.html()
    page = Page(html)
    assert page.tags.count("script") == 1
    assert page.fetched == []
    assert page.handlers == []
    assert "img" not in page.tags
    assert "\x1b" not in html


async def test_a_page_fetches_nothing_and_says_so_to_the_browser(engineers: bj.Collection) -> None:
    page = Page(html := report.labour_market(engineers).html())
    assert page.fetched == []
    assert "default-src 'none'" in html
    assert page.tags.count("svg") >= 10
    assert html.count("aria-label=") >= 10


@pytest.mark.parametrize("rows", [[], [{"id": 1}], [{"id": None, "title": "x"}]])
def test_few_or_no_postings_are_told_honestly(rows: list[dict[str, Any]]) -> None:
    made = report.labour_market(Frame(rows))
    assert dict(made.facts)["postings"] == len(rows)
    assert made.html().startswith("<!doctype html>")


async def test_another_taxonomy_counts_and_is_asked_for_again(engineers: bj.Collection, tmp_path: Path) -> None:
    mine = Taxonomy.of({"Engineering": ["engineer"]})
    page = report.labour_market(engineers, taxonomy=mine).write(tmp_path / "mine.html")
    assert next(row["value"] for row in report.read(page).figures["skills"]) == "Engineering"
    assert report.check(page, engineers, taxonomy=mine).matches
    with pytest.raises(InvalidQuery, match="another taxonomy"):
        report.check(page, engineers)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html></html>", "is no report"),
        ('<script type="application/json" id="bulkjobs-report">{"format": 99}</script>', "format 99"),
        ('<script type="application/json" id="bulkjobs-report">{"format": 1}</script>', "it lacks 'provenance'"),
        ('<script type="application/json" id="bulkjobs-report">{</script>', "is no report"),
    ],
)
def test_what_is_no_report_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(text)
    with pytest.raises(InvalidQuery, match=said):
        report.read(path)
    with pytest.raises(InvalidQuery, match="is no report"):
        report.read(tmp_path / "missing.html")


async def test_a_page_is_not_written_over_and_never_half(engineers: bj.Collection, tmp_path: Path) -> None:
    made = report.labour_market(engineers)
    page = made.write(tmp_path / "report.html")
    with pytest.raises(ConfigError, match="is there already"):
        made.write(page)
    assert made.write(page, overwrite=True) == page
    assert [path.name for path in tmp_path.glob("*.html*")] == ["report.html"]
    with pytest.raises(ConfigError, match="can't be written"):
        made.write(tmp_path / "nowhere" / "report.html")
