"""The charts without a browser: what is drawn when, and of which frame."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
import threading

import polars as pl
import pytest

import bulkjobs as bj
from bulkjobs import charts
from bulkjobs_widgets import ChartPanel, chart_panel
from tests.forms import act

FRAME = pl.DataFrame(
    {
        "created": [dt.datetime(2026, 1, day) for day in (5, 6, 20)],
        "company_name": ["<b>Bold</b>", "<b>Bold</b>", "Calm"],
        "location": ["Oslo", "Bergen", "Oslo"],
    }
)


async def test_a_chart_is_drawn_when_it_is_chosen_and_only_once() -> None:
    panel = ChartPanel(FRAME)
    assert (panel.kind, panel.drawing, panel.figure, panel.hint) == ("", {}, None, "Choose a chart.")
    await act(panel, "draw", kind="companies")
    assert panel.kind == "companies"
    assert panel.figure is not None
    assert panel.drawing == {"svg": panel.figure.svg(), "alt": panel.figure.alt}
    assert "<b>Bold</b> 2, Calm 1" in panel.drawing["alt"]
    assert "<b>" not in panel.drawing["svg"]
    assert not panel.busy
    first = panel.figure
    await act(panel, "draw", kind="places")
    assert "Oslo 2, Bergen 1" in panel.drawing["alt"]
    await act(panel, "draw", kind="time")
    assert "Postings by week" in panel.drawing["alt"]
    await act(panel, "draw", kind="nonsense")
    assert panel.kind == "time"
    await act(panel, "draw", kind="companies")
    assert panel.figure is first
    assert [label for label, _ in panel.rows()] == ["Top companies", "Top places", "Postings over time"]


async def test_another_frame_is_drawn_anew() -> None:
    panel = ChartPanel(FRAME)
    await act(panel, "draw", kind="places")
    panel.show(FRAME.head(1), title="One")
    await panel.desk.idle()
    assert (panel.title, panel.kind) == ("One", "places")
    assert "Oslo 1; 1 postings" in panel.drawing["alt"]
    panel.frame = pl.DataFrame()
    await panel.desk.idle()
    assert (panel.kind, panel.drawing, panel.hint) == ("", {}, "There is nothing to draw yet.")
    await act(panel, "draw", kind="places")
    assert panel.drawing == {}


@pytest.mark.parametrize("then", ["frame", "kind", "nothing"])
async def test_what_is_drawn_of_an_older_choice_is_dropped(then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held, begun = threading.Event(), threading.Event()

    def slow(frame: pl.DataFrame) -> charts.Figure:
        if frame.height == FRAME.height:
            begun.set()
            assert held.wait(20)
        return charts.over_time(frame)

    monkeypatch.setitem(chart_panel.CHARTS, "time", ("Slow", slow))
    panel = ChartPanel(FRAME)
    panel._handle_custom_msg({"action": "draw", "kind": "time"}, [])
    await asyncio.to_thread(begun.wait, 20)
    assert panel.busy
    if then == "frame":
        panel.show(FRAME.head(1))
    elif then == "nothing":
        panel.show(pl.DataFrame())
    else:
        panel._handle_custom_msg({"action": "draw", "kind": "places"}, [])
    await asyncio.sleep(0)
    held.set()
    await panel.desk.idle()
    wanted = {"frame": "Postings by week of first sight, 5 January 2026 to 5 January", "kind": "Oslo 2", "nothing": ""}
    assert wanted[then] in panel.drawing.get("alt", "")
    assert bool(panel.drawing) == bool(panel.kind) == (then != "nothing")
    assert not panel.busy


async def test_what_can_not_be_drawn_says_why_and_the_last_chart_stays() -> None:
    panel = ChartPanel(FRAME.drop("location"))
    await act(panel, "draw", kind="companies")
    before = panel.drawing
    await act(panel, "draw", kind="places")
    assert "no column 'location'" in panel.notice["text"]
    assert (panel.kind, panel.drawing, panel.busy) == ("companies", before, False)
    await act(panel, "draw", kind="companies")
    assert panel.notice == {}


async def test_it_makes_no_client_and_offers_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    def client(*_: object, **__: object) -> None:
        raise AssertionError("a client was made")

    monkeypatch.setattr(bj, "Client", client)
    assert ChartPanel(FRAME).offer == ""


def test_what_draws_is_not_imported_before_it_is_needed() -> None:
    code = """
import asyncio, sys
import polars as pl
from bulkjobs_widgets import ChartPanel

async def main():
    panel = ChartPanel(pl.DataFrame({"location": ["Oslo"]}))
    panel._repr_mimebundle_()
    assert not {"altair", "vl_convert"} & sys.modules.keys()
    panel._handle_custom_msg({"action": "draw", "kind": "places"}, [])
    await panel.desk.idle()
    assert {"altair", "vl_convert"} <= sys.modules.keys()

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


async def test_an_export_holds_the_words_of_what_was_drawn() -> None:
    panel = ChartPanel(FRAME)
    bundle = panel._repr_mimebundle_()
    assert bundle is not None
    assert "Choose a chart." in bundle[0]["text/html"]
    await act(panel, "draw", kind="companies")
    bundle = panel._repr_mimebundle_()
    assert bundle is not None
    assert "&lt;b&gt;Bold&lt;/b&gt; 2, Calm 1" in bundle[0]["text/html"]
    assert "<b>Bold</b> 2" in bundle[0]["text/plain"]
