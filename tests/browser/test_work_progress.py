"""The progress of a long work in JupyterLab: drawn while the cell runs."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.jupyter import Book, Server, write

MAKE = """
import os, time
from pathlib import Path
from bulkjobs.events import Worked
from bulkjobs_widgets import WorkProgress
progress = WorkProgress(title="A library of 250,000 postings")
progress
"""

WORK = """
for done in range(1, 4):
    progress(Worked("", "enrich", done, 3, None))
progress(Worked("", "reposts", 1, 2, "javascript:window.harmed=1"))
while not Path("go-on").exists():
    time.sleep(0.05)
progress(Worked("", "reposts", 2, 2, "http://127.0.0.1:1/status"))
"""


def test_it_is_drawn_while_the_cell_runs(book: Book, server: Server) -> None:
    book.open(write(server, "work.ipynb", MAKE, WORK))
    book.run(0)
    form = book.form("work")
    expect(form).to_contain_text("It has not begun.")
    book.page.get_by_label("Cells").get_by_text("for done in range").click()
    book.page.keyboard.press("Shift+Enter")
    expect(form).to_contain_text("1 of 2 files")  # the cell goes on
    bars = [form.get_by_role("progressbar", name=name) for name in ("Enriching", "Looking for what was put up again")]
    for bar, place in zip(bars, (1, 0.5), strict=True):
        expect(bar).to_have_js_property("position", place)
    expect(form).to_contain_text("javascript:window.harmed=1")
    expect(form.get_by_role("link")).to_have_count(0)
    (server.folder / "go-on").touch()
    expect(form).to_contain_text("2 of 2 files")
    expect(form.get_by_role("link")).to_have_attribute("href", "http://127.0.0.1:1/status")
    book.shot("work-progress-light")
