"""The whole path in JupyterLab, from the forms to a DataFrame in the next cell: by mouse, and by keyboard alone."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Locator, expect

from bulkjobs.records import POSTING_SCHEMA
from tests.browser.jupyter import Book, Server, write

HOSTILE = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'
# Made-up postings, and two that mean harm in every field that is shown.
SETUP = f"""
import bulkjobs as bj, bulkjobs_widgets as bw
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.sample import generate
postings = list(generate(1_500, description="short"))
for posting in postings[:2]:
    posting.update(title={HOSTILE!r} + " Zookeeper", company_name={HOSTILE!r}, location={HOSTILE!r})
    posting.update(country="Germany", url="javascript:alert(1)")
client = await bj.Client.sandbox(data=postings, latency=0.5, home="HOME").start()
"""
SHOW = "collector = bw.Collector(client, threshold=5, max_credits=30)\ncollector"
FRAME = "print(collector.frame.shape, collector.collection.state, collector.collection.credits)"
STATS = "stats = client.server.stats()\nprint(stats['posts'], 'POSTs', stats['credits_spent'], 'credits')"


def setup(home: str) -> str:
    return SETUP.replace("HOME", home)


def focused(book: Book) -> str:
    return str(
        book.page.evaluate("() => document.activeElement.innerText || document.activeElement.dataset.name || ''")
    )


def tab_to(book: Book, target: Locator) -> None:
    """Press Tab until a control has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        book.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead there; it is at {focused(book)!r}")


def test_from_a_filter_to_a_frame_by_mouse(book: Book, server: Server) -> None:
    name = write(server, "mouse.ipynb", setup("mouse"), SHOW, FRAME, STATS)
    book.open(name)
    book.run(0, 1)
    form, preview, card, table = (book.form(name) for name in ("filter", "preview", "status", "posting-table"))
    submit, cost = (
        form.get_by_role("button", name="Preview the cost"),
        preview.get_by_role("button", name="Collect for"),
    )
    expect(card).to_be_hidden()

    # More than one click may spend is refused.
    form.get_by_label("Title", exact=True).fill("Zookeeper OR Nurse OR Engineer")
    submit.click()
    expect(preview.get_by_role("alert")).to_contain_text("more than the 30 allowed")
    expect(cost).to_be_disabled()

    # An edit makes the price void; a new preview makes it good.
    form.get_by_label("Title", exact=True).fill("Zookeeper OR Nurse")
    form.get_by_label("Limit").fill("7")
    submit.click()
    expect(preview.locator(".bj-headline")).to_have_text("7 credits at most")
    expect(cost).to_be_enabled()
    form.get_by_label("Limit").fill("8")
    expect(cost).to_be_disabled()
    expect(preview.get_by_text("preview it again")).to_be_visible()
    form.get_by_label("Limit").fill("7")
    submit.click()
    expect(cost).to_be_enabled()

    # A double click on either button is one POST.
    cost.dblclick()
    preview.get_by_role("button", name="Yes: collect for 7 credits").dblclick()
    expect(table.locator("tbody tr")).to_have_count(7, timeout=30_000)
    expect(card.get_by_text("done: all of it is here").first).to_be_visible()
    expect(table.get_by_text("<img src=x").first).to_be_visible()
    book.run(2, 3)
    assert book.printed(2) == f"(7, {len(POSTING_SCHEMA)}) loaded 7"
    assert book.printed(3) == "1 POSTs 7 credits"

    charts = book.form("chart-panel")
    charts.get_by_role("button").first.click()
    expect(charts.get_by_role("img")).to_be_visible(timeout=30_000)
    assert book.page.evaluate("() => window.hacked === undefined")
    book.shot("collector-light")

    # What is saved holds text, and no state of widgets.
    book.save()
    expect(book.page.locator(".jp-mod-dirty")).to_have_count(0)
    saved = json.loads((server.folder / name).read_text("utf-8"))
    assert "widgets" not in saved["metadata"]
    outputs = saved["cells"][1]["outputs"]
    assert {"text/html", "text/plain"} <= outputs[0]["data"].keys()
    assert len(json.dumps(saved)) < 20_000


def test_from_a_filter_to_a_frame_by_keyboard_alone_in_the_dark(book: Book, dark: Server) -> None:
    book.open(write(dark, "keyboard.ipynb", setup("keyboard"), SHOW, FRAME, STATS))
    book.run(0, 1)
    form, preview, table = (book.form(name) for name in ("filter", "preview", "posting-table"))
    keys = book.page.keyboard
    title = form.get_by_label("Title", exact=True)
    expect(title).to_be_visible()
    book.form("header").get_by_role("radio", name="by a filter").focus()
    tab_to(book, title)
    keys.type("(Nurse")
    keys.press("Enter")
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_be_focused()
    keys.press("Home")
    keys.press("Delete")
    tab_to(book, form.get_by_label("Limit"))
    keys.type("6")
    keys.press("Enter")
    cost = preview.get_by_role("button", name="Collect for 6 credits", exact=True)
    expect(preview.locator(".bj-headline")).to_be_focused()  # to be read out; Enter, held or pressed again, is nothing
    keys.press("Enter")
    expect(cost).to_be_enabled()
    tab_to(book, cost)
    keys.press("Enter")
    expect(preview.get_by_role("button", name="Not yet")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(table.locator("tbody tr")).to_have_count(6, timeout=30_000)
    tab_to(book, table.get_by_role("searchbox"))
    keys.type("no such text")
    expect(table.locator("tbody tr:visible")).to_have_count(0)
    book.run(2, 3)
    assert book.printed(2).startswith("(6, ")
    assert book.printed(3) == "1 POSTs 6 credits"
    book.shot("collector-dark")

    # What a screen reader is told: each form is a region with a name, each control has one, and the roles are right.
    told = book.page.locator(".bulkjobs-collector").aria_snapshot()
    for region in ("Collect job postings", "Filter", "Cost", "Collection", "6 postings of", "Charts", "Collections"):
        assert re.search(rf"""- '?region "{region}""", told), region
    for part in (
        "radio",
        "textbox",
        "combobox",
        "button",
        "progressbar",
        "status",
        "table",
        "columnheader",
        "searchbox",
    ):
        assert re.search(rf"- '?{part}\b", told), part
    nameless = re.findall(
        r"^\s*- '?(?:button|textbox|combobox|searchbox|radio|checkbox|progressbar)(?::|$).*", told, re.M
    )
    assert nameless == []


def test_from_an_id_file_to_a_frame(book: Book, server: Server) -> None:
    find = (
        'ids = await client.search(bj.JobFilter(title="Nurse"), limit=5)\n'
        'open("ids.csv", "w").writelines(f"{posting}\\n" for posting in ids)'
    )
    book.open(write(server, "ids.ipynb", setup("ids"), SHOW, FRAME, STATS, find))
    book.run(0, 4, 1)
    header, uploader, preview = (book.form(name) for name in ("header", "id-uploader", "preview"))
    header.get_by_role("radio", name="by their ids").check()
    expect(uploader).to_be_visible()
    expect(book.form("filter")).to_be_hidden()

    good, bad = server.folder / "ids.csv", server.folder / "bad.csv"
    file, submit = uploader.locator("input[type=file]"), uploader.get_by_role("button", name="Preview the cost")
    file.set_input_files(good)
    expect(uploader.get_by_text("5 ids from ids.csv")).to_be_visible()
    submit.click()
    cost = preview.get_by_role("button", name="Collect for 5 credits", exact=True)
    expect(cost).to_be_enabled()

    # A file that is refused leaves nothing of the one before it that could be bought.
    bad.write_text("job_id\n1\n")
    file.set_input_files(bad)
    expect(uploader.get_by_text("line 1").first).to_be_visible()
    expect(uploader.get_by_text("5 ids from ids.csv")).to_be_hidden()
    expect(cost).to_be_disabled()
    file.set_input_files(good)
    expect(uploader.get_by_text("5 ids from ids.csv")).to_be_visible()
    submit.click()
    expect(cost).to_be_enabled()
    cost.click()
    expect(book.form("posting-table").locator("tbody tr")).to_have_count(5, timeout=30_000)
    book.run(2, 3)
    assert book.printed(2) == f"(5, {len(POSTING_SCHEMA)}) loaded 5"
    assert book.printed(3) == "1 POSTs 5 credits"


def test_what_fails_is_stopped_or_is_cut_off_is_in_sight_and_bought_once(book: Book, server: Server) -> None:
    fault = 'client.server.faults.add(Fault("bulk_filter", "status", status=503, times=1))'
    slow = setup("restart").replace("latency=0.5", "latency=4")
    count = (
        'print(client.ledger.frame()["state"].to_list(), client.ledger.frame()["sent_at"].is_not_null().sum(), "sent")'
    )
    book.open(write(server, "restart.ipynb", slow, SHOW, fault, FRAME, count))
    book.run(0, 1, 2)
    form, preview, card, table = (book.form(name) for name in ("filter", "preview", "status", "posting-table"))
    cost = preview.get_by_role("button", name="Collect for")

    # A POST without a usable answer: said, and never sent again by itself.
    form.get_by_label("Title", exact=True).fill("Engineer")
    form.get_by_label("Limit").fill("3")
    form.get_by_role("button", name="Preview the cost").click()
    cost.click()
    expect(card.get_by_role("alert")).to_contain_text("Whether it was charged is not known")
    expect(card.get_by_role("alert")).to_contain_text("client.settle(")
    book.run(4)
    assert book.printed(4) == "['unknown'] 1 sent"

    # The next one is stopped, then cut off by a restart of the kernel; the same cells take it up, at no cost.
    form.get_by_label("Title", exact=True).fill("Nurse")
    form.get_by_role("button", name="Preview the cost").click()
    expect(cost).to_be_enabled()
    cost.click()
    expect(card.get_by_text("waiting for the service").first).to_be_visible()
    card.get_by_role("button", name="Stop waiting").click()
    expect(card.get_by_text("Stopped waiting.")).to_be_visible()
    book.restart()
    book.run(0, 1)
    expect(card.get_by_text("done: all of it is here").first).to_be_visible(timeout=30_000)
    expect(table.locator("tbody tr")).to_have_count(3)
    book.run(3, 4)
    assert book.printed(3) == f"(3, {len(POSTING_SCHEMA)}) loaded 3"
    assert book.printed(4) == "['loaded', 'unknown'] 2 sent"
