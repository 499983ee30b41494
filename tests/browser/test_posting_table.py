"""The table in JupyterLab: by keyboard, by name and role, and with postings that mean harm."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.jupyter import Book, Server, write

MAKE = """
import polars as pl
from bulkjobs_widgets import PostingTable
frame = pl.DataFrame({
    "id": range(60),
    "title": ["<img src=x onerror='window.harmed=1'>" if row == 1 else f"Nurse {row:02}" for row in range(60)],
    "company_name": [None if row % 2 else "Calm & Co" for row in range(60)],
    "url": ["javascript:window.harmed=1" if row == 1 else f"https://jobs.example/{row}" for row in range(60)],
    "description": [f"<script>window.harmed=1</script> {'long ' * 200} end of {row}" for row in range(60)],
})
table = PostingTable(frame, columns=["title", "company_name", "url", "id"], page_size=10)
"""


def column(form: Locator, place: int) -> Locator:
    return form.locator(f"tbody tr > td:nth-child({place})")


def test_a_table_is_searched_sorted_paged_and_saved(book: Book, server: Server) -> None:
    book.open(write(server, "table.ipynb", MAKE, "table", "print(table.view.shape, table.view['id'][0])"))
    book.run(0, 1)
    form = book.form("posting-table")
    table = form.get_by_role("table")
    status = form.locator(".bj-summary")
    keys = book.page.keyboard

    # names and roles
    expect(form.get_by_role("region", name="Postings")).to_be_visible()
    expect(table.locator("caption")).to_contain_text("60 rows, 4 of 5 columns shown")
    expect(status).to_have_attribute("role", "status")
    expect(status).to_have_text("Rows 1 to 10 of 60")
    expect(table.get_by_role("columnheader")).to_have_count(5)
    expect(table.get_by_role("rowheader")).to_have_count(10)
    expect(table.locator("thead th:not([scope=col]), tbody th:not([scope=row])")).to_have_count(0)
    expect(column(form, 3).nth(1).get_by_role("img", name="not stated")).to_have_text("—")
    expect(column(form, 5).first).to_have_css("text-align", "right")

    # hostile text stays text, and only web pages are links
    expect(column(form, 2).nth(1)).to_have_text("<img src=x onerror='window.harmed=1'>")
    expect(column(form, 4).nth(1)).to_have_text("javascript:window.harmed=1")
    expect(column(form, 4).nth(1).locator("a")).to_have_count(0)
    link = column(form, 4).first.get_by_role("link", name="https://jobs.example/0")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")
    expect(form.locator("img:not([role])")).to_have_count(0)

    # in order, by keyboard; the focus stays
    head = table.get_by_role("columnheader", name="id")
    sort = head.get_by_role("button")
    for wanted, first in (("ascending", "0"), ("descending", "59"), ("none", "0")):
        sort.press("Enter")
        expect(head).to_have_attribute("aria-sort", wanted)
        expect(column(form, 5).first).to_have_text(first)
        expect(sort).to_be_focused()
    sort.press("Enter")
    sort.press("Enter")
    expect(status).to_have_text("Rows 1 to 10 of 60, by id, descending")

    # pages
    forward = form.get_by_role("button", name="Next page")
    expect(form.get_by_role("button", name="First page")).to_have_attribute("aria-disabled", "true")
    forward.press("Enter")
    expect(status).to_have_text("Rows 11 to 20 of 60, by id, descending")
    form.get_by_role("button", name="Last page").click()
    expect(status).to_have_text("Rows 51 to 60 of 60, by id, descending")
    expect(forward).to_have_attribute("aria-disabled", "true")
    forward.press("Enter")
    form.get_by_role("button", name="Previous page").click()
    expect(status).to_have_text("Rows 41 to 50 of 60, by id, descending")
    form.get_by_role("button", name="First page").click()
    expect(status).to_have_text("Rows 1 to 10 of 60, by id, descending")
    form.get_by_role("combobox", name="Rows a page").select_option("50")
    expect(status).to_have_text("Rows 1 to 50 of 60, by id, descending")

    # search, in a column that is not shown too
    search = form.get_by_role("searchbox", name="Search")
    search.press_sequentially("END of 5")
    expect(status).to_have_text("Rows 1 to 11 of 11 (filtered from 60), by id, descending")
    expect(search).to_be_focused()
    expect(search).to_have_value("END of 5")
    book.run(2)
    assert book.printed(2) == "(11, 5) 59"

    # all of a row
    opener = form.get_by_role("button", name="All fields of row 11")
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(opener).to_be_focused()
    opened = form.locator(f"#{opener.get_attribute('aria-controls')}")
    expect(opened.locator("dt")).to_have_text(["title", "company_name", "id", "url", "description"])
    text = opened.get_by_role("region", name="description of row 11")
    expect(text).to_contain_text("<script>window.harmed=1</script> long")
    expect(text).to_contain_text("end of 5")
    book.shot("posting-table-light")
    opener.press("Space")
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(opened).to_have_count(0)

    # columns
    form.locator("summary", has_text="Columns (4 of 5)").press("Enter")
    form.get_by_role("checkbox", name="description").press("Space")
    expect(table.get_by_role("columnheader")).to_have_text(
        [re.compile(rf"^{name}") for name in ("Row", "title", "company_name", "id", "url", "description")]
    )
    expect(form.get_by_role("checkbox", name="description")).to_be_focused()
    expect(column(form, 6).first).to_have_text(re.compile(r"^<script>window.harmed=1</script> .{127}…$"))
    form.get_by_role("button", name="None").click()
    expect(table.get_by_role("columnheader")).to_have_text(["Row"])
    form.get_by_role("button", name="All", exact=True).click()
    expect(table.get_by_role("columnheader")).to_have_count(6)
    form.get_by_role("button", name="Usual").click()
    expect(table.get_by_role("columnheader")).to_have_count(3)

    # save, and replace nothing unasked
    form.locator("summary", has_text="Save as").press("Enter")
    form.get_by_role("textbox", name="File").fill("found.csv")
    keys.press("Enter")
    expect(form.locator(".bj-status")).to_contain_text("Saved 11 rows with 5 columns as ")
    saved = (server.folder / "found.csv").read_bytes()
    assert saved.splitlines()[0] == b"id,title,company_name,url,description"
    search.fill("")
    expect(status).to_have_text("Rows 1 to 50 of 60, by id, descending")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("is there already")
    expect(form.get_by_role("textbox", name="File")).to_be_focused()
    assert (server.folder / "found.csv").read_bytes() == saved
    form.get_by_role("checkbox", name="Replace a file that is there").check()
    form.get_by_role("button", name="Save").click()
    expect(form.locator(".bj-status")).to_contain_text("Saved 60 rows with 5 columns as ")
    expect(form.get_by_role("alert")).to_be_hidden()
    form.get_by_role("textbox", name="File").fill("found2.csv")
    expect(form.get_by_role("checkbox", name="Replace a file that is there")).not_to_be_checked()

    search.fill("nowhere")
    expect(status).to_have_text("No row holds “nowhere”; there are 60.")
    expect(table).to_be_hidden()

    assert book.page.evaluate("window.harmed") is None


def test_what_is_in_the_form_is_saved_though_the_kernel_is_busy(book: Book, server: Server) -> None:
    busy = "import time; time.sleep(4)"
    book.open(write(server, "busy.ipynb", MAKE, "table", busy))
    book.run(0, 1)
    form = book.form("posting-table")
    form.locator("summary", has_text="Save as").click()
    form.get_by_role("textbox", name="File").fill("busy.csv")
    begin = "() => void window.jupyterapp.commands.execute('notebook:run-cell')"
    book.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2; }")
    book.page.evaluate(begin)
    form.get_by_role("searchbox", name="Search").press_sequentially("END of 5")  # all but the first letter is held back
    sort = form.get_by_role("columnheader", name="id").get_by_role("button")
    sort.click()
    sort.click()
    form.get_by_role("button", name="Save").click()
    expect(form.locator(".bj-status")).to_contain_text("Saved ")
    rows = (server.folder / "busy.csv").read_text("utf-8").splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["59", *map(str, range(58, 49, -1)), "5"]
    expect(form.locator(".bj-summary")).to_have_text("Rows 1 to 10 of 11 (filtered from 60), by id, descending")


def test_two_views_of_a_table_show_the_same_and_another_frame_is_shown_in_the_dark(book: Book, dark: Server) -> None:
    more = "table.show(pl.DataFrame({'a': [1, 2], 'title': ['x', None]}), title='Others <b>')"
    fake = """
table.shown = {**table.shown, "rows": [{"number": 1, "at": 0, "cells": [{"text": "no page", "href": "javascript:1"}]}]}
"""
    book.open(write(dark, "table.ipynb", MAKE, "table", "table", more, fake))
    book.run(0, 1, 2)
    forms = book.page.locator(".bulkjobs-posting-table")
    forms.first.get_by_role("searchbox").fill("nurse 3")
    for form in forms.all():
        expect(form.locator(".bj-summary")).to_have_text("Rows 1 to 10 of 10 (filtered from 60)")
        expect(form.get_by_role("searchbox")).to_have_value("nurse 3")
    forms.first.get_by_role("button", name="All fields of row 2", exact=True).click()
    expect(forms.last.locator(".bj-opened")).to_have_count(1)
    book.shot("posting-table-dark")
    book.run(3)
    for form in forms.all():
        expect(form.get_by_role("heading")).to_have_text("Others <b>")
        expect(form.locator(".bj-summary")).to_have_text("Rows 1 to 2 of 2")
        expect(form.get_by_role("searchbox")).to_have_value("")
        expect(form.locator("summary").first).to_have_text("Columns (1 of 2)")
        expect(form.locator(".bj-opened")).to_have_count(0)
    book.run(4)  # the browser trusts no address either
    expect(column(forms.last, 2).first).to_have_text("no page")
    expect(forms.last.locator("a")).to_have_count(0)
