"""How soon the forms are there in JupyterLab: what a user waits for, in seconds, on an idle machine.

Needs Chromium, and the extra `dev`. The kernel is warm: its start is no matter of ours.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.browser.jupyter import Book, browser, lab, write

IMPORT = """
import time, sys
began = time.perf_counter()
import bulkjobs as bj
import bulkjobs_widgets as bw
took = time.perf_counter() - began
print(f"{took:.2f}", "altair" in sys.modules)
"""
FORM = "collector = bw.Collector(client)\ncollector"
SANDBOX = "client = await bj.Client.sandbox(postings=10_000).start()"


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as server, browser() as page:
        book = Book(page, server.url)
        book.open(write(server, "forms.ipynb", IMPORT, SANDBOX, FORM))
        book.run(0)
        imports, altair = book.printed(0).split()
        book.run(1)
        began = time.perf_counter()
        page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2; }")
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
        book.form("filter").get_by_label("Title", exact=True).wait_for()
        first = time.perf_counter() - began
        book.form("collections").get_by_role("button", name="Refresh").wait_for()
        last = time.perf_counter() - began
    print(f"imports of the cell: {imports} s (altair among them: {altair})")
    print(f"run of the cell to the first form that can be filled in: {first:.2f} s; to the last one: {last:.2f} s")


if __name__ == "__main__":
    main()
