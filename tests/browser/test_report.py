"""A report as its readers meet it: a file opened from a disk, in a wide and a narrow window, and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import bulkjobs as bj
from bulkjobs import report
from tests.browser.jupyter import SHOTS, browser

WIDTHS = {"wide": 1200, "narrow": 390}
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"


def test_a_report_opens_with_nothing_around_it(tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(postings=1_000, home=tmp_path / "home") as client:
        nurses = client.collect(bj.JobFilter(title="(nurse) OR (engineer)"), max_credits=1_000)
        file = report.labour_market(nurses, title="Nurses and engineers").write(tmp_path / "report.html")
    SHOTS.mkdir(parents=True, exist_ok=True)
    with browser() as page:
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        for name, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(file.as_uri())
            assert page.evaluate(TOO_WIDE) <= 0, name
            assert page.get_by_role("heading", level=1).inner_text() == "Nurses and engineers"
            assert page.get_by_role("img").count() >= 12
            page.screenshot(path=SHOTS / f"report-{name}.png", full_page=True)
        page.get_by_text("The figures as a table").first.click()
        assert page.locator("details[open] tbody tr").count() > 5
        page.emulate_media(media="print")
        assert not page.locator("details").first.is_visible()
        paper = page.pdf(prefer_css_page_size=True)
        assert set(asked) == {file.as_uri()}
        assert said == []
    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 20
