"""The table without a browser: what the user chooses comes as a trait, what is pressed as a message."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs import browse
from bulkjobs_widgets import PostingTable, posting_table
from tests.forms import act


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_table, "PAUSE", 0.0)


def postings(rows: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": range(1000, 1000 + rows),
            "description": [f"The number {row} of all." for row in range(rows)],
            "title": ["Nurse" if row % 3 == 0 else f"Baker {row % 7}" for row in range(rows)],
            "salary": [None if row % 2 else row * 1.5 for row in range(rows)],
            "country": ["Norway"] * rows,
        },
        schema_overrides={"id": pl.Int64},
    )


def ids(table: PostingTable) -> list[int]:
    """The ids of the rows that the browser draws."""
    return [int(table.frame["id"][row["at"]]) for row in table.shown["rows"]]


def cells(table: PostingTable, column: str) -> list[Any]:
    at = [head["name"] for head in table.shown["columns"]].index(column)
    return [row["cells"][at] for row in table.shown["rows"]]


async def test_it_shows_one_page_of_the_usual_columns() -> None:
    table = PostingTable(postings(1234))
    assert [head["name"] for head in table.shown["columns"]] == ["title", "country"]
    assert table.names == ["title", "country", "id", "description", "salary"]
    assert table.shown["summary"] == "Rows 1 to 25 of 1,234"
    assert table.shown["caption"].startswith("1,234 rows, 2 of 5 columns shown")
    assert [row["number"] for row in table.shown["rows"]] == list(range(1, 26))
    assert (table.shown["page"], table.shown["pages"]) == (1, 50)
    assert table.view.equals(postings(1234))


async def test_no_more_than_a_page_leaves_the_kernel() -> None:
    table = PostingTable(postings(5000))
    state = json.dumps(table.get_state())
    assert "Baker 1" in state
    assert "The number" not in state  # of a column that is not shown
    assert len(state) < 30_000 + len(json.dumps([table._esm, table._css]))


async def test_pages_turn_and_hold_at_the_ends() -> None:
    table = PostingTable(postings(60))
    table.page = 3
    await table.desk.idle()
    assert ids(table) == list(range(1050, 1060))
    assert table.shown["summary"] == "Rows 51 to 60 of 60"
    table.page = 99
    await table.desk.idle()
    assert (table.page, table.shown["page"]) == (3, 3)
    table.page = -1
    await table.desk.idle()
    assert (table.page, ids(table)[0]) == (1, 1000)
    table.page = 2
    table.page_size = 10
    await table.desk.idle()
    assert (table.page, table.shown["pages"], len(table.shown["rows"])) == (1, 6, 10)


async def test_what_is_sought_is_found_in_all_text_and_said() -> None:
    table = PostingTable(postings(5000))
    table.page = 4
    table.search = " nUrSe "
    await table.desk.idle()
    assert table.shown["summary"] == "Rows 1 to 25 of 1,667 (filtered from 5,000)"
    assert set(cells(table, "title")) == {"Nurse"}
    assert table.view.equals(postings(5000).filter(pl.col("title") == "Nurse"))
    table.search = "number 4999 of"  # in a column that is not shown
    await table.desk.idle()
    assert ids(table) == [5999]
    assert table.shown["summary"] == "Rows 1 to 1 of 1 (filtered from 5,000)"
    table.search = "xyz"
    await table.desk.idle()
    assert table.shown["summary"] == "No row holds “xyz”; there are 5,000."
    assert table.shown["rows"] == []
    table.search = ""
    await table.desk.idle()
    assert table.shown["summary"] == "Rows 1 to 25 of 5,000"


async def test_rows_are_put_in_order_and_nothing_stated_comes_last() -> None:
    table = PostingTable(postings(30), columns=["salary", "id"], page_size=100)
    table.sort, table.descending = "salary", True
    await table.desk.idle()
    assert cells(table, "salary")[:3] == ["42.0", "39.0", "36.0"]
    assert cells(table, "salary")[15:] == [None] * 15
    assert ids(table)[15:] == [1000 + row for row in range(1, 30, 2)]  # as they were
    assert [head["sort"] for head in table.shown["columns"]] == ["descending", "none"]
    assert table.shown["summary"] == "Rows 1 to 30 of 30, by salary, descending"
    table.search = "number 2"
    table.descending = False
    await table.desk.idle()
    assert ids(table)[:3] == [1002, 1020, 1022]
    assert table.view["id"].to_list() == ids(table)
    table.sort = ""
    await table.desk.idle()
    assert ids(table)[:3] == [1002, 1020, 1021]


@given(
    values=st.lists(st.tuples(st.none() | st.integers(0, 3), st.none() | st.text("abÄ", max_size=2)), max_size=30),
    search=st.text("aBä", max_size=2),
    sort=st.sampled_from(["", "number", "text"]),
    descending=st.booleans(),
)
def test_all_pages_together_are_the_view(
    values: list[tuple[int | None, str | None]], search: str, sort: str, descending: bool
) -> None:
    frame = pl.DataFrame(values, schema={"number": pl.Int64, "text": pl.String}, orient="row").with_row_index("id")
    wanted = [row for row in frame.rows(named=True) if not search or search.lower() in (row["text"] or "").lower()]
    if sort:
        stated = [row for row in wanted if row[sort] is not None]
        order: Any = (lambda row: row[sort]) if sort == "number" else (lambda row: row[sort].lower())
        stated.sort(key=order, reverse=descending)
        wanted = [*stated, *(row for row in wanted if row[sort] is None)]

    async def check() -> None:
        table = PostingTable(frame, search=search, sort=sort, descending=descending, page_size=10)
        assert table.view.rows(named=True) == wanted
        seen: list[int] = []
        for page in range(1, table.shown["pages"] + 1):
            table.page = page
            await table.desk.idle()
            seen += ids(table)
        assert seen == [row["id"] for row in wanted]

    asyncio.run(check())


async def test_a_stale_search_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    table = PostingTable(postings(30))
    asked: list[str] = []
    held, begun = threading.Event(), threading.Event()
    find = browse.find

    def slow(frame: pl.DataFrame, text: str) -> pl.Series:
        asked.append(text)
        if text == "Baker":
            begun.set()
            assert held.wait(20)
        return find(frame, text)

    monkeypatch.setattr(browse, "find", slow)
    table.search = "Baker"

    await asyncio.to_thread(begun.wait, 20)
    assert table.busy
    table.search = "Nurse"
    await asyncio.sleep(0)
    held.set()
    await table.desk.idle()
    assert asked == ["Baker", "Nurse"]
    assert (set(cells(table, "title")), table.busy) == ({"Nurse"}, False)


async def test_to_turn_a_page_searches_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    table = PostingTable(postings(100), search="Nurse", sort="title", page_size=10)
    monkeypatch.setattr(browse, "find", None)
    monkeypatch.setattr(browse, "ordered", None)
    worked: list[bool] = []
    table.observe(lambda change: worked.append(change["new"]), "busy")
    table.page = 2
    await table.desk.idle()
    assert worked == []
    assert table.shown["summary"] == "Rows 11 to 20 of 34 (filtered from 100), by title"


async def test_what_is_wrong_is_said_and_goes_away_when_it_is_mended() -> None:
    table = PostingTable(postings(5))
    table.search = "x" * 501
    await table.desk.idle()
    assert "501 characters" in table.notice["text"]
    table.search = "nurse"
    await table.desk.idle()
    assert table.notice == {}
    for wrong in ({"sort": "x"}, {"columns": ["x"]}):
        with pytest.raises(bj.errors.InvalidQuery, match="no column 'x'"):
            PostingTable(postings(5), **wrong)
    with pytest.raises(bj.errors.ConfigError, match="lazy"):
        PostingTable(postings(5).lazy())  # type: ignore[arg-type]
    with pytest.raises(bj.errors.ConfigError, match="list is no polars frame"):
        PostingTable([1])  # type: ignore[arg-type]


async def test_cells_are_shortened_and_read_whole_in_an_opened_row() -> None:
    nested = {"a": [dt.date(2026, 1, 31), None]}
    frame = pl.DataFrame(
        {
            "text": ["x" * 160, "y" * 5000],
            "none": pl.Series([None, "there"]),
            "url": ["https://example.com/" + "z" * 200, "javascript:alert(1)"],
            "names": [["a", "b"], []],
            "nested": [nested, None],
            "number": [1, None],
            "flag": [True, False],
        }
    )
    table = PostingTable(frame, columns=frame.columns)
    first, second = (row["cells"] for row in table.shown["rows"])
    link = {"text": f"https://example.com/{'z' * 140}…", "href": f"https://example.com/{'z' * 200}"}
    assert first == ["x" * 160, None, link, "a, b", '{"a": ["2026-01-31", null]}', "1", "yes"]
    assert second == [f"{'y' * 160}…", "there", "javascript:alert(1)", "", None, None, "no"]
    assert [head["number"] for head in table.shown["columns"]] == [False] * 5 + [True, False]
    await act(table, "open", at=1)
    await act(table, "open", at=7)  # there is none
    await act(table, "open", at="0")
    assert table.opened.keys() == {"1"}
    fields = dict(table.opened["1"])
    assert list(fields) == table.names
    assert (fields["text"], fields["none"], fields["url"]) == ("y" * 5000, "there", "javascript:alert(1)")
    await act(table, "close", at=1)
    assert table.opened == {}


async def test_opened_rows_stay_open_on_their_page_only() -> None:
    table = PostingTable(postings(100), page_size=10)
    await act(table, "open", at=3)
    table.sort, table.descending = "title", True
    await table.desk.idle()
    assert table.opened.keys() == {"3"}  # it is on this page too, on another place
    assert 3 in [row["at"] for row in table.shown["rows"]]
    table.page = 5
    await table.desk.idle()
    assert table.opened == {}


async def test_columns_are_chosen() -> None:
    table = PostingTable(postings(5))
    table.columns = ["salary", "title"]
    await table.desk.idle()
    assert [head["name"] for head in table.shown["columns"]] == ["salary", "title"]
    table.columns = []
    await table.desk.idle()
    assert [row["cells"] for row in table.shown["rows"]] == [[]] * 5
    assert "0 of 5 columns" in table.shown["caption"]


async def test_another_frame_is_shown() -> None:
    table = PostingTable(postings(100), search="nurse", sort="salary", columns=["id"])
    table.page = 2
    await table.desk.idle()
    table.frame = postings(10)
    assert (table.search, table.sort, table.columns, table.page) == ("nurse", "salary", ["id"], 1)
    assert table.shown["summary"] == "Rows 1 to 4 of 4 (filtered from 10), by salary"
    table.show(pl.DataFrame({"a": [1, 2]}), title="Others")
    await table.desk.idle()
    assert (table.title, table.search, table.sort, table.columns) == ("Others", "", "", ["a"])
    assert table.shown["summary"] == "Rows 1 to 2 of 2"
    assert table.view["a"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("frame", "summary"),
    [
        (None, "There is nothing to show yet."),
        (pl.DataFrame({"title": []}), "There is no row."),
    ],
)
async def test_nothing_is_shown_as_nothing(frame: pl.DataFrame | None, summary: str) -> None:
    table = PostingTable(frame)
    assert (table.shown["summary"], table.shown["rows"], table.shown["pages"]) == (summary, [], 1)
    table.search, table.page = "x", 2
    await table.desk.idle()
    assert (table.shown["summary"], table.notice) == (summary, {})
    assert table.view.is_empty()


async def test_all_that_was_found_is_saved_and_no_file_replaced_unasked(tmp_path: Path) -> None:
    table = PostingTable(postings(100), search="nurse", sort="id", descending=True, page_size=10)
    target = tmp_path / "nurses.parquet"
    await act(table, "save", path=f" {target} ", overwrite=False)
    assert table.notice == {"kind": "status", "text": f"Saved 34 rows with 5 columns as {target}."}
    assert pl.read_parquet(target).equals(table.view)
    table.search = ""
    await table.desk.idle()
    await act(table, "save", path=str(target), overwrite=False)
    assert "is there already" in table.notice["text"]
    assert 'tick "Replace a file that is there"' in table.notice["next"]
    assert len(pl.read_parquet(target)) == 34
    await act(table, "save", path=str(target), overwrite="yes")  # no sound message of ours
    assert len(pl.read_parquet(target)) == 34
    await act(table, "save", path=str(target), overwrite=True)
    assert len(pl.read_parquet(target)) == 100
    for path in ("", str(tmp_path / "a.txt"), str(tmp_path / "no" / "a.csv")):
        await act(table, "save", path=path)
        assert (table.notice["kind"], table.busy) == ("alert", False)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["nurses.parquet"]


async def test_the_rows_are_saved_that_were_found_when_it_was_pressed(tmp_path: Path) -> None:
    table = PostingTable(postings(100))
    asked = {"search": "nurse", "sort": "id", "descending": True}
    wanted = PostingTable(postings(100), **asked).view

    def meanwhile(change: Any) -> None:
        table.unobserve(meanwhile, "busy")
        table.search, table.descending = "baker", False
        table.show(postings(3))

    table.observe(meanwhile, "busy")
    # The changes themselves are still on their way: a browser holds them back while the kernel is busy.
    await act(table, "save", path=str(tmp_path / "a.parquet"), state=asked)
    assert pl.read_parquet(tmp_path / "a.parquet").equals(wanted)


async def test_what_was_wrong_with_a_file_stays_said_when_a_search_came_along() -> None:
    table = PostingTable(postings(100))
    await act(table, "save", path="", state={"search": "nurse"})
    assert table.notice["text"] == "The file has no name yet."
    assert table.shown["summary"].startswith("Rows 1 to 25 of 34")


async def test_it_makes_no_client_and_offers_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    def client(*_: object, **__: object) -> None:
        raise AssertionError("a client was made")

    monkeypatch.setattr(bj, "Client", client)
    assert PostingTable(postings(1)).offer == ""


def test_outside_a_notebook_it_says_so() -> None:
    with pytest.raises(bj.errors.ConfigError, match="notebook"):
        PostingTable(postings(1))


async def test_an_export_holds_the_shape_and_ten_rows_escaped() -> None:
    frame = postings(1234).with_columns(
        title=pl.Series(["<script>alert(1)</script>", None, *["z" * 200] * 1232]), country=pl.lit(None)
    )
    bundle = PostingTable(frame)._repr_mimebundle_()
    assert bundle is not None
    html = bundle[0]["text/html"]
    assert "Postings: Rows 1 to 10 of 1,234; 2 of 5 columns" in html
    assert html.count("<tr>") == 11
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert f"{'z' * 160}…<" in html
    assert ">—<" in html
    assert "Rows 1 to 25 of 1,234" in bundle[0]["text/plain"]
