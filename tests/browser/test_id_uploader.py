"""The id uploader in JupyterLab with its default settings: a large file, a bad one, pasted text, a path, keys alone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.jupyter import Book, Server, write

MIB = 1024 * 1024

BEGIN = """\
import bulkjobs as bj
from bulkjobs_widgets import Desk, IdUploader
client = await bj.Client.sandbox(postings=200, home="home-of-ids").start()
bought = await client.collect(bj.JobFilter(deleted=False), limit=20)
bought.frame()["id"].sort().cast(str).to_frame().write_csv("owned.csv", include_header=False)
bought = None
"""
SHOW = """\
handed = []
edits = []
uploader = IdUploader(client, on_submit=lambda ids, limit: handed.append((len(ids), limit)))
uploader.on_edit(lambda: edits.append(uploader.source))
uploader
"""
ASK = """\
try:
    print(len(uploader.ids))
except bj.errors.InvalidQuery as error:
    print(type(error).__name__, error.message[:60])
"""


def fact(form: Locator, label: str) -> Locator:
    return form.locator(f"dt:text-is('{label}') + dd")


def test_files_text_and_paths(book: Book, server: Server, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"".join(b"%d\n" % number for number in range(10**9, 10**9 + 1_400_000)))
    assert large.stat().st_size > 14.5 * MIB  # a default server drops messages above 10 MiB
    bad = tmp_path / "bad <b>.csv"
    bad.write_text("id\n" + "<img src=x onerror=alert(1)>\n" * 24 + "7\n")
    binary = tmp_path / "sheet.csv"
    binary.write_bytes(b"PK\x03\x04\x00\x00\xff\xfe")
    small = tmp_path / "small.txt"
    small.write_text("4\r\n")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as written:
        written.truncate(32 * MIB + 1)

    page = book.page
    book.open(write(server, "ids.ipynb", BEGIN, SHOW, ASK, "print(handed, edits)"))
    book.run(0, 1)
    form = book.form("id-uploader")
    file, paste = form.get_by_label("A file on your computer"), form.get_by_label("Pasted text")
    path, summary = form.get_by_label("A path where Jupyter runs"), form.locator(".bj-summary")
    submit = form.get_by_role("button", name="Preview the cost")

    # a large file, in pieces
    file.set_input_files(large)
    expect(summary).to_have_text("1,400,000 ids from large.csv", timeout=60_000)
    expect(fact(form, "data requests")).to_have_text("140", timeout=30_000)
    expect(form.locator(".bj-source", has_text="A file on your computer").get_by_text("in use")).to_be_visible()
    expect(form.get_by_text("in use").locator("visible=true")).to_have_count(1)
    book.run(2)
    assert book.printed(2) == "1400000"
    book.shot("id-uploader")

    # a bad file: its lines, and nothing of the file before
    file.set_input_files(bad)
    expect(form.get_by_role("alert").locator("visible=true")).to_have_text(
        "bad <b>.csv has 25 lines that are no ids. Line 1 looks like a heading."
    )
    expect(file).to_have_attribute("aria-invalid", "true")
    rows = form.get_by_role("list", name="Correct or delete these lines").get_by_role("listitem")
    expect(rows).to_have_count(21)
    expect(rows.nth(1)).to_have_text("line 2: '<img src=x onerror=alert(1)>'")
    expect(rows.last).to_have_text("and 5 more")
    expect(form.locator("img")).to_have_count(0)
    expect(summary).to_have_text("")
    expect(form.get_by_text("in use").locator("visible=true")).to_have_count(0)
    book.run(2)
    assert book.printed(2).startswith("InvalidIds bad <b>.csv has 25 lines")
    book.shot("id-uploader-bad")

    # one that is no text, and one that is too large, of which nothing is sent
    file.set_input_files(binary)
    expect(form.get_by_role("alert").locator("visible=true")).to_contain_text("is not a text file")
    expect(rows).to_have_count(0)
    page.evaluate("""() => {
        window.slices = 0;
        const slice = Blob.prototype.slice;
        Blob.prototype.slice = function (...given) { window.slices += 1; return slice.apply(this, given); };
    }""")
    file.set_input_files(huge)
    expect(form.get_by_role("alert").locator("visible=true")).to_contain_text("Split it, or put it")
    assert page.evaluate("window.slices") == 0

    # one that takes the place of another on its way
    file.set_input_files(large)
    file.set_input_files(small)
    expect(summary).to_have_text("1 id from small.txt")
    book.run(2)
    assert book.printed(2) == "1"

    # a path, with the keyboard alone
    path.focus()
    page.keyboard.type("owned.csv")
    page.keyboard.press("Enter")
    expect(summary).to_have_text("20 ids from owned.csv")
    expect(fact(form, "owned already")).to_have_text("20")
    expect(fact(form, "data requests")).to_have_text("0")
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Read this file")).to_be_focused()
    page.keyboard.press("Tab")
    expect(submit).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.locator(".bj-edited")).to_be_hidden()

    # pasted text: while it is edited, nothing is current; a submit reads it first
    paste.focus()
    page.keyboard.insert_text("5\n7\n5")
    expect(summary).to_have_text("Edited, and not read yet.")
    expect(form.locator(".bj-edited")).to_be_visible()
    book.run(2)
    assert book.printed(2) == "InvalidQuery There are no ids yet."
    submit.click()
    expect(summary).to_have_text("2 ids from The pasted text")
    expect(fact(form, "duplicates dropped")).to_have_text("1")
    expect(form.locator(".bj-edited")).to_be_hidden()
    form.get_by_text("Show the code").click()
    expect(form.locator(".bj-code")).to_have_text("ids = bj.JobIds([5, 7])")

    # a file that is dropped
    page.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(["11\\n12\\n13\\n"], "dropped.txt", { type: "text/plain" }));
            const target = document.querySelector(".bulkjobs-id-uploader form");
            const how = { dataTransfer: carried, bubbles: true, cancelable: true };
            for (const kind of ["dragover", "drop"]) target.dispatchEvent(new DragEvent(kind, how));
        }"""
    )
    expect(summary).to_have_text("3 ids from dropped.txt")
    expect(paste).to_have_value("5\n7\n5")  # what was typed stays

    book.run(3)
    assert book.printed(3).startswith("[(20, None), (2, None)]")


def test_it_can_be_read_in_a_dark_theme(dark: Server, book: Book, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("id\n7\n")
    book.open(write(dark, "ids-dark.ipynb", BEGIN, SHOW))
    book.run(0, 1)
    form = book.form("id-uploader")
    form.get_by_label("A file on your computer").set_input_files(bad)
    wrong = form.get_by_role("alert").locator("visible=true")
    expect(wrong).to_have_text("bad.csv has 1 line that is no id. Line 1 looks like a heading.")
    expect(wrong).to_have_css("color", "rgb(255, 157, 148)")
