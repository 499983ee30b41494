"""The charts in JupyterLab: drawn when chosen, and harmless whatever the drawing says."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree

import polars as pl
from playwright.sync_api import expect

from bulkjobs import charts
from tests.browser.jupyter import Book, Server, write

MAKE = """
import datetime as dt, sys
import polars as pl
from bulkjobs_widgets import ChartPanel
frame = pl.DataFrame({
    "created": [dt.datetime(2026, 1, 5) + dt.timedelta(days=day) for day in range(60)],
    "company_name": ["<b onclick='window.harmed=1'>Bold</b>" if day % 3 else "Calm" for day in range(60)],
})
panel = ChartPanel(frame)
"""

FRAME = pl.DataFrame(
    {
        "created": [dt.datetime(2026, 1, 5) + dt.timedelta(days=day) for day in range(60)],
        "company_name": ["Bold" if day % 3 else "Calm" for day in range(60)],
    }
)
NAMES = "(svg) => [svg, ...svg.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"
NEEDLESS = {"class", "style", "version", "role", "aria-label", "aria-hidden", "aria-roledescription"}

HARM = '''
panel.drawing = {"alt": "what it shows", "svg": """
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="80" height="40"
     onload="window.harmed=1" class="jp-Dialog" style="position: fixed; inset: 0; z-index: 9999" viewBox="0 0 80 40"
     tabindex="0" data-jp-item-name="x">
  <script>window.harmed=1</script>
  <style>* { background: url(https://outside.example/style) !important }</style>
  <defs><clipPath id="clip-of-harm"><rect width="80" height="40"/></clipPath>
    <linearGradient id="shade" xlink:href="https://outside.example/gradient#a"/></defs>
  <foreignObject>
    <body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="window.harmed=1"/></body>
  </foreignObject>
  <image href="https://outside.example/image"/>
  <use xlink:href="https://outside.example/use#a"/>
  <a href="javascript:window.harmed=1"><text>press</text></a>
  <g xmlns:h="http://www.w3.org/1999/xhtml"><h:iframe src="javascript:window.parent.harmed=1"/></g>
  <rect id="one" width="30" height="30" fill="url(https://outside.example/fill)" clip-path="url(#clip-of-harm)"
        ONCLICK="window.harmed=1" style="filter: url(https://outside.example/filter)"/>
  <rect id="two" width="30" height="30" style="fill: u\\\\72l(https://outside.example/escaped)">
    <set attributeName="onclick" to="window.harmed=1"/>
  </rect>
  <text>kept text</text>
</svg>"""}
'''


def test_charts_are_drawn_when_chosen_and_harmless(book: Book, server: Server) -> None:
    again = "print('altair' in sys.modules, panel.figure)"
    wrong = "panel.drawing = {'alt': 'words', 'svg': '<html><script>window.harmed=1</script></html>'}"
    book.open(write(server, "charts.ipynb", MAKE, "panel", again, again, HARM, wrong))
    book.run(0, 1, 2)
    form = book.form("chart-panel")
    assert book.printed(2) == "False None"
    group = form.get_by_role("group", name="Charts")
    buttons = group.get_by_role("button")
    expect(buttons).to_have_text(["Postings over time", "Top companies", "Top places"])
    expect(form.get_by_text("Choose a chart.")).to_be_visible()
    expect(form.locator("figure")).to_be_hidden()

    for name, words, draw in (
        ("Postings over time", "Postings by week", charts.over_time),
        ("Top companies", "Calm 20; 60 postings", lambda frame: charts.top(frame, "company_name")),
    ):
        button = group.get_by_role("button", name=name)
        button.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(group.locator("[aria-pressed=true]")).to_have_count(1)
        expect(button).to_be_focused()
        caption = form.locator("figcaption")
        expect(caption).to_contain_text(words)
        expect(form.get_by_role("img", name=caption.inner_text(), exact=True)).to_be_visible()
        expect(form.locator("svg path").first).to_be_attached()
        drawn = form.locator("svg").evaluate(NAMES)
        assert set(drawn) - {"role", "aria-label"} == _names(draw(FRAME).svg()) - NEEDLESS
    expect(form.locator("svg text", has_text="<b onclick='window.harmed=1'>Bold</b>")).to_be_visible()
    expect(form.locator("section > .bj-help")).to_be_hidden()
    book.shot("chart-panel-light")
    book.run(3)
    assert book.printed(3).startswith("True Postings by company name")

    group.get_by_role("button", name="Top places").click()
    expect(form.get_by_role("alert")).to_contain_text("no column 'location'")
    expect(group.get_by_role("button", name="Top companies")).to_have_attribute("aria-pressed", "true")

    book.run(4)
    expect(form.get_by_role("img", name="what it shows")).to_be_visible()
    svg = form.locator("svg")
    names = svg.evaluate("(svg) => [...svg.querySelectorAll('*')].map((one) => one.localName)")
    assert names == ["defs", "clipPath", "rect", "linearGradient", "g", "rect", "rect", "text"]
    attributes = "(one) => Object.fromEntries([...one.attributes].map(({ name, value }) => [name, value]))"
    assert svg.evaluate(attributes).keys() == {
        "width",
        "height",
        "viewBox",
        "role",
        "aria-label",
    }
    assert svg.evaluate("(one) => getComputedStyle(one).position") == "static"
    assert svg.locator("#shade").evaluate(attributes) == {"id": "shade"}
    size = {"width": "30", "height": "30"}
    assert svg.locator("#one").evaluate(attributes) == {"id": "one", **size, "clip-path": "url(#clip-of-harm)"}
    assert svg.locator("#two").evaluate(attributes) == {"id": "two", **size}
    svg.locator("#one").dispatch_event("click")

    book.run(5)
    expect(form.locator("figcaption")).to_have_text("words")
    expect(form.locator(".bj-picture > *")).to_have_count(0)
    assert book.page.evaluate("window.harmed") is None


def _names(svg: str) -> set[str]:
    """The names of all attributes of a drawing as it was made."""
    return {name for element in ElementTree.fromstring(svg).iter() for name in element.attrib}
