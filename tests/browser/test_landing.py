"""The landing notebook as a visitor meets it: in JupyterLab to the letter, and as a page of Voila."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.jupyter import ROOT, Book, Server, Tab, browser, notebook7, voila

LANDING = ROOT / "notebooks" / "01-collector.ipynb"


def test_four_clicks_lead_to_a_frame(book: Book, server: Server) -> None:
    shutil.copy(LANDING, server.folder / "landing.ipynb")
    book.open("landing.ipynb")
    cells = book.page.locator(".jp-CodeCell")
    run = book.page.locator("[data-command='notebook:run-cell-and-select-next']").first
    cells.nth(0).locator(".cm-content").click()
    run.click()  # the first
    form, preview, table = (book.form(name) for name in ("filter", "preview", "posting-table"))
    title = form.get_by_label("Title", exact=True)
    title.fill('Nurse OR "Data Engineer"')
    form.get_by_role("button", name="Preview the cost").click()  # the second
    preview.get_by_role("button", name="Collect for 200 credits").click()  # the third
    expect(table.locator("tbody tr")).to_have_count(10, timeout=30_000)
    expect(table.get_by_text("Rows 1 to 10 of 200")).to_be_visible()
    cells.nth(1).locator(".cm-content").click()
    run.click()  # the fourth
    expect(cells.nth(1).locator(".jp-OutputArea-output")).to_have_text("200 postings for 200 credits\n")
    book.run(*range(4, 11))
    everything = book.page.locator(".jp-OutputArea-output").all_inner_texts()
    assert "the same collection: True\ncredits spent by the second run: 0\n" in everything
    assert not [text for text in everything if "Traceback" in text]


def test_in_notebook_7(tmp_path: Path) -> None:
    with notebook7(tmp_path) as server, browser() as page:
        shutil.copy(LANDING, server.folder / "landing.ipynb")
        book = Book(page, server.url)
        book.open("landing.ipynb", view="notebooks")
        book.run(1, 3)
        expect(book.form("posting-table").get_by_text("Rows 1 to 10 of")).to_be_visible()
        assert book.printed(3).endswith(" credits")
        book.shot("notebook7")
        assert book.outside == []
        # Notebook misses a schema of its own when it starts, with or without forms.
        assert [error for error in book.errors if "(reading 'schema')" not in error] == []


def test_as_a_page_of_voila(tmp_path: Path) -> None:
    notebook = tmp_path / "landing.ipynb"
    shutil.copy(LANDING, notebook)
    with voila(tmp_path, notebook) as server, browser() as page:
        tab = Tab(page, server.url)
        page.goto(server.url, timeout=120_000)  # Voila answers when all cells have run
        form, table = tab.form("filter"), tab.form("posting-table")
        # All cells have run: the second one collected.
        expect(table.get_by_text("Rows 1 to 10 of")).to_be_visible(timeout=60_000)
        title = form.get_by_label("Title", exact=True)
        title.fill("(Nurse")
        title.press("Enter")
        expect(title).to_have_attribute("aria-invalid", "true")
        tab.shot("voila")
        # Voila's own template asks for icons; nothing of ours is asked for outside.
        assert [url for url in tab.outside if "awesome" not in url] == []
        assert tab.errors == []
