"""Charts: drawn offline, the same to the byte each time, safe whatever a posting holds, and told in words."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import altair
import polars as pl
import pytest

from bulkjobs import charts, errors
from bulkjobs.charts import parts, world
from bulkjobs.records import POSTING_SCHEMA

HOSTILE = (
    "<img src=x onerror=alert(1)></svg><script>alert('1')</script>\x1b[31m id=\"clip0\" url(#clip0)"
    "\x00\uffff\ufffe"  # at which vl-convert ends the process
)


@pytest.fixture(autouse=True)
def _drawings() -> Iterator[None]:
    charts.use("svg")
    yield
    charts.use("svg")


def postings(**columns: list[Any]) -> pl.DataFrame:
    (count,) = {len(values) for values in columns.values()}
    empty = dict.fromkeys(POSTING_SCHEMA, [None] * count)
    return pl.DataFrame({**empty, **columns}, schema=POSTING_SCHEMA)


def days(*dates: str) -> pl.DataFrame:
    return postings(created=[dt.datetime.fromisoformat(date) for date in dates])


def clipped(value: float = 1.0, **more: Any) -> altair.Chart:
    """A line that is cut off at the edge, which takes an id."""
    line: altair.Chart = altair.Chart(pl.DataFrame({"x": [0, 1], "y": [0.0, value]}), **more).mark_line(clip=True)
    return line.encode(x="x:Q", y="y:Q")


def test_a_chart_is_a_drawing_with_a_text_and_needs_nothing_from_elsewhere() -> None:
    bundle = charts.show(clipped(), alt="A line that <rises>")._repr_mimebundle_()
    assert bundle["text/plain"] == "A line that <rises>"
    svg = bundle["text/html"]
    root = ET.fromstring(svg)
    assert (root.get("role"), root.get("aria-label")) == ("img", "A line that <rises>")
    assert set(re.findall(r"https?://[^\"]*", svg)) == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in svg


def test_the_colours_follow_the_page() -> None:
    svg = charts.top(postings(country=["Portugal", "Chile"]), "country").svg()
    texts = re.findall(r"<text [^>]*>", svg)
    assert texts
    assert all('fill="currentColor"' in text for text in texts)
    assert not re.search(r'class="background"[^>]*fill="(?!none)', svg)
    assert set(re.findall(r'fill="([^"]*)"', svg)) <= {"none", "currentColor", charts.MARK}


def test_the_colour_of_marks_is_seen_on_white_and_on_black() -> None:
    parts = [int(charts.MARK[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert 1.05 / (luminance + 0.05) > 4.5  # WCAG asks for 3 of what is no text
    assert (luminance + 0.05) / 0.05 > 4.0


@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_a_text_is_a_must(alt: Any) -> None:
    with pytest.raises(errors.InvalidQuery, match="text"):
        charts.show(clipped(), alt=alt)


def test_text_of_postings_can_do_nothing() -> None:
    figure = charts.top(postings(company_name=[HOSTILE, HOSTILE, "A & B"]), "company_name")
    svg = figure.svg()
    root = ET.fromstring(svg)  # well-formed, so nothing broke out
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "text", "line", "defs", "clipPath", "rect"}
    assert not [name for element in root.iter() for name in element.keys() if name.startswith("on")]  # noqa: SIM118
    assert "\x1b" not in svg + figure.alt
    (label,) = (element.text for element in root.iter() if element.text and element.text.startswith("<img"))
    assert label.startswith("<img src=x onerror=alert(1)></svg><script>")
    titled = charts.show(clipped(title=f"{HOSTILE}\ud83d"), alt=HOSTILE).svg()
    assert "<script" not in titled
    assert 'id="clip0" url(#clip0)' in "".join(ET.fromstring(titled).itertext())  # text is no reference


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://example.com/a.png"])
def test_pictures_and_odd_links_are_refused(address: str) -> None:
    data = pl.DataFrame({"at": [address]})
    pictures = altair.Chart(data).mark_image().encode(url="at:N")
    with pytest.raises(errors.InvalidQuery, match="chart"):
        charts.show(pictures, alt="Pictures").svg()
    links = altair.Chart(data).mark_point().encode(href="at:N")
    if address.startswith("javascript"):
        with pytest.raises(errors.InvalidQuery, match="chart"):
            charts.show(links, alt="Links").svg()
    assert "<image" not in charts.show(clipped(), alt="A line").svg()  # the next chart is the one asked for


def test_data_from_elsewhere_is_refused() -> None:
    chart = altair.Chart("https://example.com/data.json").mark_point().encode(x="x:Q")
    with pytest.raises(errors.InvalidQuery, match="not allowed"):
        charts.show(chart, alt="Points").svg()


def test_several_drawings_in_a_page_share_no_name_and_each_is_the_same_again() -> None:
    one, two = charts.show(clipped(1.0), alt="One"), charts.show(clipped(2.0), alt="Two")
    first, other = one.svg(), two.svg()
    names = [re.findall(r' id="([^"]*)"', svg) for svg in (first, other)]
    assert names[0]
    assert names[1]
    assert not set(names[0]) & set(names[1])
    assert set(names[0]) == set(re.findall(r"url\(#([^)]*)\)", first))
    assert one.svg() == first
    assert charts.show(clipped(1.0), alt="One").svg() == first


def test_the_bytes_are_the_same_in_another_process() -> None:
    code = (
        "import altair; from bulkjobs import charts;"
        "d = altair.Data(values=[{'x': 1}]);"
        "c = altair.Chart(d).mark_point(clip=True).encode(x='x:Q');"
        "[charts.show(c, alt='Other').svg() for _ in range({times})]; print(charts.show(c, alt='Dot').svg())"
    )
    runs = [[sys.executable, "-c", code.replace("{times}", str(times))] for times in (0, 1)]
    first, second = (subprocess.run(run, capture_output=True, text=True, check=True).stdout for run in runs)
    assert first == second
    assert "<svg" in first


def test_live_is_altairs_own_with_the_text_kept() -> None:
    charts.use("live")
    bundle, _ = charts.show(clipped(), alt="A line")._repr_mimebundle_(None, None)
    assert bundle["text/plain"] == "A line"
    assert "application/vnd.jupyter.widget-view+json" in bundle
    with pytest.raises(errors.ConfigError, match="png"):
        charts.use("png")  # type: ignore[arg-type]


def test_what_draws_is_imported_when_it_draws_and_its_absence_is_told() -> None:
    code = (
        "import sys, polars; from bulkjobs import charts; assert 'altair' not in sys.modules;"
        "sys.modules['altair'] = None; charts.top(polars.DataFrame({'country': ['x']}), 'country')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ConfigError" in done.stderr
    assert 'pip install "bulkjobs[charts]"' in done.stderr


# --- ready charts -----------------------------------------------------------------------------------------


def test_over_time_goes_by_week_and_counts_what_has_no_date() -> None:
    frame = pl.concat([days("2026-03-02", "2026-03-08 23:59:59", "2026-03-09"), postings(created=[None])])
    figure = charts.over_time(frame)
    assert figure.alt == (
        "Postings by week of first sight, 2 March 2026 to 9 March 2026: 3 in all; "
        "most in the week of 2 Mar 2026, 2; 1 without a date."
    )
    assert "<svg" in figure.svg()


def test_over_time_goes_by_month_where_it_is_long() -> None:
    figure = charts.over_time(days("2025-01-31", "2025-12-01", "2025-12-31"))
    assert "by month of first sight, 31 January 2025 to 31 December 2025: 3 in all" in figure.alt
    assert figure.alt.endswith("most in the month Dec 2025, 2.")


def test_top_counts_nulls_and_empty_texts_as_not_stated() -> None:
    figure = charts.top(postings(country=["Chile", None, None, "", "Chile", "Peru"]), "country", 2)
    assert figure.alt == (
        "Postings by country, the 2 most frequent of 3 values: not stated 3, Chile 2; 6 postings in all."
    )
    values = figure.chart.to_dict()["data"]["values"]
    assert [(row["label"], row["number"]) for row in values] == [("not stated", 3), ("Chile", 2)]


def test_top_takes_lists_flags_and_numbers() -> None:
    frame = postings(
        industries=[["Fishing", "Fishing"], ["Fishing", "Mining"], [], None],
        deleted=[True, False, False, None],
        company_id=[7, 7, 8, None],
    )
    assert "all values: Fishing 2, not stated 2, Mining 1; 4 postings" in charts.top(frame, "industries").alt
    assert "all values: false 2, not stated 1, true 1;" in charts.top(frame, "deleted").alt
    assert "by company id, all values: 7 2, 8 1, not stated 1;" in charts.top(frame, "company_id").alt


def test_top_tells_what_it_can_not_do() -> None:
    with pytest.raises(errors.InvalidQuery, match="no column 'nonsense'"):
        charts.top(postings(country=["Chile"]), "nonsense")
    with pytest.raises(errors.InvalidQuery, match="count"):
        charts.top(postings(country=["Chile"]), "country", 0)


def test_no_postings_is_said() -> None:
    nothing = pl.DataFrame(schema=POSTING_SCHEMA)
    for figure in (charts.over_time(nothing), charts.top(nothing, "country")):
        assert figure.alt == "No postings: there is nothing to draw."
        assert ">No postings: there is nothing to draw.<" in figure.svg()
    assert charts.over_time(postings(created=[None])).alt == "No dates: there is nothing to draw."


# --- parts ------------------------------------------------------------------------------------------------


def test_long_titles_are_cut_in_lines_that_fit_and_shares_stay_whole() -> None:
    heading = parts.heading("word " * 60, "as much as 12\u00a0% " * 20).to_dict()
    assert max(map(len, heading["text"])) <= 78
    assert len(heading["text"]) > 3
    assert not any(line.startswith("%") for line in heading["subtitle"])
    assert len("".join(parts.heading("x" * 5_000).to_dict()["text"])) == 401


@pytest.mark.parametrize(
    ("step", "count", "labels"),
    [
        (1, 2, ["3 Mar 2025", "4 Mar 2025"]),
        (7, 14, ["3 Mar 2025", "24 Mar 2025", "14 Apr 2025", "5 May 2025", "26 May 2025"]),
    ],
)
def test_a_few_periods_have_a_tick_where_they_begin(step: int, count: int, labels: list[str]) -> None:
    begin = [dt.datetime(2025, 3, 3, tzinfo=dt.UTC) + dt.timedelta(days=step * at) for at in range(count + 1)]
    rows = [{"from": a.isoformat(), "to": b.isoformat(), "number": 1} for a, b in pairwise(begin)]
    told = "".join(ET.fromstring(charts.show(parts.columns(rows, noun="day"), alt="x").svg()).itertext())
    assert [label for label in labels if label in told] == labels
    assert ":00" not in told
    assert " AM" not in told


def test_the_area_of_a_disc_is_its_number() -> None:
    row = {"latitude": 10.0, "longitude": 10.0, "pale": False}
    rows = [{**row, "label": "A", "number": 400}, {**row, "label": "B", "number": 100, "latitude": -40.0}]
    svg = charts.show(world.world(rows), alt="x").svg()
    discs = [float(found) for found in re.findall(r'd="M([\d.]+),0A\1,\1,', svg)][:2]  # then those of the legend
    assert discs[0] ** 2 / discs[1] ** 2 == pytest.approx(4, rel=0.01)
