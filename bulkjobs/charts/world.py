"""A map of the world with a disc for each country, as large as its number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from .figure import INK, MARK, drawing
from .parts import PALE, line

_LARGEST = 2_400  # square pixels of the square around the largest disc
_LABELLED, _OF = 5, 12  # labels, and the largest discs that may have one
_ROOM = {"latitude": 7, "longitude": 45}  # degrees that a label takes


@cache
def shapes() -> str:
    """Return the outlines of the countries as TopoJSON, without the Antarctic.

    It is text, so that Altair neither checks nor copies ten thousands of numbers whenever a chart is put together.

    Natural Earth's at 1:110 million (public domain), as world-atlas 2.0.2 packs them (ISC; its text lies beside).
    They serve to see where one is: small countries are not among them, and discs need none.
    """
    found: dict[str, Any] = json.loads(files("bulkjobs.charts").joinpath("data/countries-110m.json").read_bytes())
    del found["objects"]["land"]
    countries = found["objects"]["countries"]
    countries["geometries"] = [shape for shape in countries["geometries"] if shape.get("id") != "010"]
    return json.dumps(found, separators=(",", ":"))


def world(rows: Sequence[Mapping[str, Any]], *, unit: str = "postings") -> Any:
    """Return a map in Equal Earth's projection, which keeps areas; the area of a disc is its number.

    Parameters
    ----------
    rows : sequence of mapping
        ``label``, ``latitude`` and ``longitude`` in degrees, ``number``, and ``pale``, whether it is few.
    unit : str
        What the numbers count.
    """
    altair, _ = drawing()
    shown = sorted(
        ({**row, "label": line(row["label"])} for row in rows), key=lambda row: (-row["number"], row["label"])
    )
    land = altair.Chart(altair.Data(values=shapes(), format=altair.DataFormat(type="topojson", mesh="countries")))
    land = land.mark_geoshape(filled=False, stroke=INK, strokeOpacity=0.4, strokeWidth=0.5)
    most = max((row["number"] for row in shown), default=1)
    place = {"longitude": "longitude:Q", "latitude": "latitude:Q"}
    size = altair.Size(
        "number:Q", title=unit, scale={"domain": [0, most], "range": [0, _LARGEST]},
        legend=altair.Legend(format=",d", values=_ticks(most), symbolFillColor=MARK, symbolStrokeWidth=0),
    )  # fmt: skip
    discs = altair.Chart(altair.Data(values=shown)).mark_circle(color=MARK, stroke=MARK, strokeWidth=1)
    faint = altair.condition("datum.pale", altair.value(PALE), altair.value(0.75))
    discs = discs.encode(**place, size=size, opacity=faint)
    names = [
        altair.Chart(altair.Data(values=[row]))
        .mark_text(color=INK, align="left", dx=4 + math.sqrt(_LARGEST * row["number"] / most) / 2, fontSize=11)
        .encode(**place, text="label:N")
        for row in _apart(shown)
    ]
    return altair.layer(land, discs, *names).properties(width=640, height=320).project(type="equalEarth")


def _ticks(most: int) -> list[int]:
    """Return three round numbers up to the largest."""
    top = 10 ** (len(str(most)) - 1)
    top *= most // top
    return sorted({max(top // 10, 1), max(top // 2, 1), top})


def _apart(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the largest whose labels don't lie on each other."""
    kept: list[Mapping[str, Any]] = []
    for row in rows[:_OF]:
        if not any(all(abs(row[name] - other[name]) < room for name, room in _ROOM.items()) for other in kept):
            kept.append(row)
    return kept[:_LABELLED]
