"""The whole path in JupyterLab: from the forms to a DataFrame in the next cell, by mouse and by keyboard alone."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from bulkjobs.records import POSTING_SCHEMA
from tests.browser.jupyter import SHOTS, Book, Server, write

HOSTILE = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'
# A few hundred postings that anybody may read, and one that means harm in every field that is shown.
SETUP = f"""
import bulkjobs as bj, bulkjobs_widgets as bw
from bulkjobs.sandbox.sample import generate
postings = list(generate(1_500, description="short"))
for posting in postings[:2]:
    posting.update(title={HOSTILE!r} + " Zookeeper", company_name={HOSTILE!r}, location={HOSTILE!r})
    posting.update(country="Germany", url="javascript:alert(1)")
client = await bj.Client.sandbox(data=postings, latency=LATENCY, home=HOME).start()
"""
STATS = "stats = client.server.stats()\nprint(stats['posts'], stats['credits_spent'])"


def setup(name: str, latency: float = 0.5) -> str:
    return SETUP.replace("LATENCY", str(latency)).replace("HOME", repr(f"home-{name}"))


def not_hacked(page: Page) -> bool:
    return page.evaluate("() => window.hacked === undefined")  # type: ignore[no-any-return]


def test_from_a_filter_to_a_frame_by_mouse(book: Book, server: Server) -> None:
    name = write(
        server,
        "mouse.ipynb",
        setup("mouse"),
        "collector = bw.Collector(client, threshold=1)\ncollector",
        "print(collector.frame.shape, collector.collection.state, collector.collection.credits)",
        STATS,
    )
    book.open(name)
    book.run(0, 1)
    form, preview, card = book.form("filter"), book.form("preview"), book.form("status")
    expect(card).to_be_hidden()
    form.get_by_label("Title", exact=True).fill("Zookeeper OR Nurse")
    form.get_by_role("button", name="Preview the cost").click()
    cost = preview.get_by_role("button", name="Collect for")
    expect(cost).to_be_enabled()
    assert not_hacked(book.page)

    # An edit makes the price void; the same filter again makes it good.
    form.get_by_label("Limit").fill("7")
    expect(cost).to_be_disabled()
    form.get_by_label("Limit").press("Enter")
    expect(preview.locator(".bj-headline")).to_have_text("7 credits at most")
    cost.click()
    preview.get_by_role("button", name="Yes: collect for 7 credits").dblclick()
    table = book.form("table")
    expect(table.locator("tbody tr")).to_have_count(7, timeout=30_000)
    expect(table.get_by_text("<img src=x").first).to_be_visible()
    book.run(2, 3)
    assert book.printed(2) == f"(7, {len(POSTING_SCHEMA)}) loaded 7"
    assert book.printed(3) == "1 7"
    assert not_hacked(book.page)
    book.page.screenshot(path=SHOTS / "collector-light.png")

    # What is saved holds text and no state of widgets.
    book.save()
    expect(book.page.locator(".jp-mod-dirty")).to_have_count(0)
    saved = json.loads((server.folder / name).read_text("utf-8"))
    assert "widgets" not in saved["metadata"]
    kinds = {kind for cell in saved["cells"] for output in cell["outputs"] for kind in output.get("data", {})}
    assert {"text/html", "text/plain"} <= kinds
    assert len(json.dumps(saved)) < 50_000
