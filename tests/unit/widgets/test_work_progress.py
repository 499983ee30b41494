"""The progress of long works, without a browser."""

from __future__ import annotations

from bulkjobs.events import FileImported, ImportStarted, Worked
from bulkjobs_widgets import WorkProgress


async def test_it_draws_what_it_is_told() -> None:
    progress = WorkProgress()
    assert progress.rows() == [("state", "not begun; it is drawn while the work goes on")]
    for done in range(1, 4):
        progress(Worked("", "enrich", done, 3, None))
    assert progress.steps == [["Enriching", 3, 3]]
    progress(Worked("", "reposts", 1, 1, "http://127.0.0.1:8787/status"))
    assert progress.steps == [["Enriching", 3, 3], ["Looking for what was put up again", 1, 1]]
    assert progress.dashboard == "http://127.0.0.1:8787/status"
    assert progress.rows()[1:] == [
        ("Looking for what was put up again", "1 of 1 file"), ("dashboard", "http://127.0.0.1:8787/status"),
    ]  # fmt: skip
    assert "http://127.0.0.1:8787/status" in progress.static_html()


async def test_another_work_begins_anew() -> None:
    progress = WorkProgress(title="<b>Mine</b>")
    for step in ("enrich", "reposts", "enrich"):
        progress(Worked("", step, 1, 2, None))
    assert progress.steps == [["Enriching", 1, 2]]
    progress(ImportStarted("", 5, None))
    progress(FileImported("", "a.json", "added", 10, 1, 5))
    assert progress.steps == [["Enriching", 1, 2], ["Reading files", 1, 5]]
    progress(ImportStarted("", 6, None))
    assert progress.steps == [["Reading files", 0, 6]]
    assert "<b>" not in progress.static_html()
