"""The status card and the list of collections in JupyterLab: a run, a stop, a failure, a restart; one POST each."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.jupyter import Book, Server, write

LONG = 30_000  # milliseconds
START = """\
import bulkjobs as bj
from bulkjobs.sandbox import Fault
from bulkjobs_widgets import CollectionList, StatusCard
client = await bj.Client.sandbox(postings=600, latency={latency}, home="{home}").start()
"""
RUN = """\
card = StatusCard(client)
card.run(await client.plan(bj.JobFilter(deleted=False), limit=120), max_credits=120)
card
"""
LEDGER = """\
table = client.ledger.frame()
print(table["state"].to_list(), table["sent_at"].is_not_null().sum(), "sent,", client.server.stats()["posts"], "here")
"""
ALL = [
    "checking the plan",
    "sending",
    "waiting for the service",
    "files are ready",
    "fetching files",
    "adding to the library",
    "settling the books",
    "done: all of it is here",
]


def state(card: Locator) -> Locator:
    return card.locator(".bj-line [role=status]")


def history(card: Locator) -> list[str]:
    expect(card.get_by_role("list", name="History")).to_be_visible()
    return [re.sub(r"^\S+\s+", "", text) for text in card.get_by_role("listitem").all_inner_texts()]


def test_a_run_a_stop_and_a_failure(server: Server, book: Book) -> None:
    name = write(
        server,
        "card.ipynb",
        START.format(latency=2.0, home="card"),
        RUN,
        "left = StatusCard(client)\n"
        'left.run(await client.plan(bj.JobFilter(title="Engineer"), limit=4), max_credits=4)\nleft',
        LEDGER,
        'client.server.faults.add(Fault("list_files", "status", status=402))\n'
        'bad = StatusCard(client, title="<b>hostile</b>")\n'
        'bad.run(await client.plan(bj.JobFilter(title="Nurse"), limit=3), max_credits=3)\nbad',
        "found = CollectionList(client)\nfound",
    )
    book.open(name)
    book.run(0, 1)
    card = book.form("status")
    bar = card.get_by_role("progressbar", name=re.compile(r"^Records: "))
    expect(card.locator(".bj-poll")).to_have_text(re.compile(r"^next poll in \d+ s|polling$"))
    expect(card.locator(".bj-elapsed")).to_have_text("elapsed 0:01")  # the browser counts
    expect(card.get_by_role("button", name=re.compile("^Stop waiting: the request goes on"))).to_be_visible()
    assert bar.get_attribute("value") is None  # nothing has come: nobody can tell how much
    expect(state(card)).to_have_text(ALL[-1], timeout=LONG)
    assert history(card) == ALL
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == ("120", "120")
    expect(bar).to_have_accessible_name("Records: 120 of 120")
    expect(card.locator("dd")).to_have_text(["1 sent, 1 ready, 1 loaded of 1", "1", "120"])
    expect(card.locator(".bj-elapsed")).to_have_text(re.compile(r"^took 0:0\d$"))
    expect(card.get_by_role("button")).to_have_count(0)

    book.run(2)  # stop waiting, by keyboard; then go on
    card = book.form("status")
    expect(state(card)).to_have_text("waiting for the service", timeout=LONG)
    stop = card.get_by_role("button", name=re.compile("^Stop waiting"))
    stop.focus()
    book.page.keyboard.press("Enter")
    expect(state(card)).to_have_text("the service is at work, and nobody waits for it here")
    expect(card.get_by_text(re.compile(r"^Stopped waiting\. Later: client\.resume\('"))).to_be_visible()
    resume = card.get_by_role("button", name="Resume: receives what was bought, at no cost")
    expect(resume).to_be_focused()
    book.run(3)
    assert book.printed(3) == "['accepted', 'loaded'] 2 sent, 2 here"
    resume.press("Enter")
    expect(state(card)).to_have_text(ALL[-1], timeout=LONG)
    assert "stopped waiting" in history(card)
    book.run(3)
    assert book.printed(3) == "['loaded', 'loaded'] 2 sent, 2 here"

    book.run(4)
    card = book.form("status")
    expect(state(card)).to_have_text("failed", timeout=LONG)
    alert = card.get_by_role("alert")
    expect(alert).to_contain_text("Nothing was charged.")
    expect(alert.locator("code")).to_contain_text("add credits, or collect with a smaller limit")
    expect(card.get_by_role("button", name="Retry")).to_be_disabled()
    expect(card.get_by_role("heading", name="<b>hostile</b>")).to_be_visible()

    book.run(5)
    found = book.form("collections")
    expect(found.get_by_role("row")).to_have_count(4)
    expect(found.get_by_role("columnheader")).to_have_count(8)
    expect(found.get_by_role("rowheader")).to_have_count(3)
    expect(found.locator("caption")).to_have_text("3 collections in this home, newest first")
    found.get_by_role("button", name=re.compile(r"^Load \S+: JobFilter\(deleted=False\)")).focus()
    book.page.keyboard.press("Enter")
    expect(found.get_by_text("120 postings loaded. It is in .frame.")).to_be_visible()
    found.get_by_role("button", name=re.compile(r"^Open \S+: JobFilter\(title='Nurse'\)")).click()
    expect(found.get_by_text(re.compile(r"^It is in \.opened"))).to_be_visible()
    found.get_by_role("button", name="Refresh").click()
    expect(found.locator(".bj-status")).to_have_text("3 collections.")


def test_after_a_restart_in_mid_poll_the_same_cell_goes_on_with_one_post(dark: Server, book: Book) -> None:
    name = write(
        dark,
        "restart.ipynb",
        START.format(latency=6.0, home="restarted"),
        RUN,
        LEDGER,
        "StatusCard(client, client.overview()[0].id)",
        "from tests.support import leave_intent\n"
        'await leave_intent(client, bj.JobFilter(title="Nurse"), 2)\n'
        "found = CollectionList(client, on_resume=card.attach)\nfound",
    )
    book.open(name)
    book.run(0, 1)
    card = book.form("status")
    expect(state(card)).to_have_text("waiting for the service", timeout=LONG)
    book.restart()
    # What is drawn belongs to a kernel that is gone: it says that it may be old.
    expect(card.get_by_text("The kernel does not answer")).to_be_visible(timeout=LONG)
    book.run(0, 1)
    card = book.form("status")
    expect(state(card)).to_have_text(ALL[-1], timeout=LONG)
    assert any(text.startswith("attached to what was bought before") for text in history(card))
    facts = card.locator("dd").all_inner_texts()  # and that the new sandbox has all of its credits again
    assert facts[:3] == ["1 sent, 1 ready, 1 loaded of 1", "1", "120"]
    book.run(2)
    assert book.printed(2) == "['loaded'] 1 sent, 0 here"
    book.run(3)
    card = book.form("status")
    expect(state(card)).to_have_text(ALL[-1])
    assert history(card) == ["written down", "sent", "accepted", "files are ready", ALL[-1]]
    book.run(4)
    found = book.form("collections")
    found.get_by_role("button", name=re.compile(r"^Show, to resume: sends 1 record, 1 credit \S+: ")).click()
    first = book.page.locator(".bulkjobs-status").first
    expect(first.get_by_role("button", name="Resume: sends the rest, 1 credit")).to_be_visible()
    first.get_by_role("button", name="Resume: sends the rest, 1 credit").click()
    expect(state(first)).to_have_text(ALL[-1], timeout=LONG)
    book.run(2)
    assert book.printed(2) == "['loaded', 'loaded'] 2 sent, 1 here"
