"""The filter form and the credit preview by themselves, in JupyterLab."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.jupyter import Book, Server, settings, write

SETUP = """
import bulkjobs as bj, bulkjobs_widgets as bw
client = await bj.Client.sandbox(postings=3_000, description="short").start()
"""
FORM = """
form = bw.FilterForm(client, query=bj.JobFilter(title="Nurse", created_at_lte="2026-01-01 12:30:00"))
form
"""
PREVIEW = """
sent = []
def submit(plan, most):
    sent.append((plan.query, plan.limit, most))
preview = bw.CreditPreview(client, threshold=3, on_submit=submit)
await preview.show(bj.JobFilter(title="Nurse"), limit=5)
preview
"""


def test_the_filter_form(book: Book, server: Server) -> None:
    book.open(write(server, "filter.ipynb", SETUP, FORM, "print(form.query, form.limit)"))
    book.run(0, 1)
    form = book.form("filter")
    title, until = form.get_by_label("Title", exact=True), form.get_by_label("Created at to")
    expect(title).to_have_value("Nurse")
    expect(until).to_have_value("2026-01-01T12:30")
    expect(form.locator(".bj-matches")).to_have_text("25 postings match")

    # What is typed stays as it is typed, in every field.
    for label, text in (("Title", "IT Trainer"), ("Location", "Austin, TX"), ("Country", "Tonga")):
        field = form.get_by_label(label, exact=True)
        field.fill("")
        field.press_sequentially(text)
        expect(field).to_have_value(text)
        field.fill("Nurse" if label == "Title" else "")
    expect(form.locator(".bj-matches")).to_have_text("25 postings match")

    # What is wrong is said beside its field, which gets the focus, and the text stays; Enter submits.
    form.get_by_text("More filters").click()
    form.get_by_label("Company id").fill("twelve")
    title.fill("(Nurse")
    title.press("Enter")
    described = """title has an unclosed parenthesis: '(Nurse'. words of the job title; AND, OR, (groups), """
    expect(title).to_have_accessible_description(described + '"exact phrases", prefix*')
    expect(title).to_be_focused()
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Company id")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Company id").fill("")
    title.fill("Nurse OR Engineer")
    expect(title).to_have_attribute("aria-invalid", "false")

    form.get_by_label("Created at from").fill("2024-01-31")
    form.get_by_label("Deleted").select_option("no")
    form.get_by_label("Limit").fill("20")
    expect(form.get_by_text("More filters (1 in use)")).to_be_visible()
    form.get_by_role("button", name="Preview the cost").click()
    badge = form.get_by_text("edited since it was submitted")
    expect(badge).to_be_hidden()
    form.get_by_label("Limit").fill("30")
    expect(badge).to_be_visible()
    form.get_by_text("Show the code").click()
    code = (
        "JobFilter(title='Nurse OR Engineer', created_at_gte='2024-01-31 00:00:00', "
        "created_at_lte='2026-01-01 12:30:00', deleted=False)"
    )
    expect(form.get_by_text(f"query = bj.{code}")).to_be_visible()
    book.run(2)
    assert book.printed(2) == f"{code} 30"

    # After a reload of the page, what stands in the form is what the kernel holds.
    book.save()
    book.page.reload()
    book.ready()
    expect(book.form("filter").get_by_label("Limit")).to_have_value("30")


def test_the_cost_in_the_dark(book: Book, server: Server) -> None:
    settings(server, "JupyterLab Dark")
    book.open(write(server, "cost.ipynb", SETUP, PREVIEW, "sent, client.server.stats()['posts']"))
    book.run(0, 1)
    preview = book.form("preview")
    expect(preview.locator(".bj-headline")).to_have_text("5 credits at most")
    button = preview.get_by_role("button", name="Collect for 5 credits", exact=True)
    button.click()
    group = preview.get_by_role("group", name="This spends up to 5 credits.")
    expect(group.get_by_role("button", name="Not yet")).to_be_focused()
    book.page.keyboard.press("Enter")
    expect(group).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    group.get_by_role("button", name="Yes: collect for 5 credits").dblclick()
    expect(button).to_be_disabled()
    expect(preview.get_by_text("Submitted.")).to_be_visible()
    book.run(2)
    assert book.printed(2) == "([(JobFilter(title='Nurse'), 5, 5)], 0)"
    settings(server)
