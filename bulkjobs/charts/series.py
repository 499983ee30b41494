"""Charts of several series: lines in steps, and shares that add up to all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .figure import drawing
from .parts import COLOURS, GREY, PALE, line, times
from .parts import names as parts_names

_FAINT = 0.4  # opacity of what is not stated: often most, and the least interesting
_DASHES = ([1, 0], [6, 2], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3], [10, 3])


def steps(rows: Sequence[Mapping[str, Any]], *, x: str, y: str, noun: str = "") -> Any:
    """Return lines in steps of shares, from 0 to 100 %, told apart by colour and dashes.

    Parameters
    ----------
    rows : sequence of mapping
        ``x`` (a number from 0 on), ``y`` (a fraction of 1) and ``series``; at most 7 series.
    x, y : str
        Titles of the axes.
    noun : str
        What the series are; no legend without it.
    """
    altair, _ = drawing()
    shown = [{**row, "series": line(row["series"])} for row in rows]
    names = list(dict.fromkeys(row["series"] for row in shown))
    legend = altair.Legend(title=noun, labelLimit=200, symbolSize=300) if noun else None
    own = {"sort": names, "legend": legend}
    return (
        altair.Chart(altair.Data(values=shown), width=460, height=260)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=altair.X("x:Q", title=x, scale={"zero": True, "nice": False}, axis={"grid": False, "format": ",d"}),
            y=altair.Y("y:Q", title=y, scale={"domain": [0, 1]}, axis={"format": ".0%"}),
            color=altair.Color("series:N", scale={"domain": names, "range": list(COLOURS[: len(names)])}, **own),
            strokeDash=altair.StrokeDash(
                "series:N", scale={"domain": names, "range": list(_DASHES[: len(names)])}, **own
            ),
        )
    )


def shares(rows: Sequence[Mapping[str, Any]], names: Sequence[str], *, across: str, time: bool) -> Any:
    """Return bars of the same length, cut into shares; the last name is grey, what is not stated.

    Parameters
    ----------
    rows : sequence of mapping
        ``name`` and ``share``, a fraction of 1; ``from`` and ``to``, ISO dates in UTC, or a ``label``; and ``pale``.
    names : sequence of str
        In the order in which they are put together.
    across : str
        What the bars are.
    time : bool
        Whether they stand side by side in time, or lie below each other.
    """
    altair, _ = drawing()
    shown = [
        {
            **row,
            **({} if time else {"label": line(row["label"])}),
            "at": names.index(row["name"]),
            "opacity": (PALE if row["pale"] else 1) * (_FAINT if row["name"] == names[-1] else 1),
        }
        for row in rows
    ]
    colours = [*COLOURS[: len(names) - 1], GREY]
    scale = {"domain": list(names), "range": colours}
    size: dict[str, Any] = {"width": 460, "height": 220} if time else {"width": 420, "height": altair.Step(24)}
    share = {"title": "share of the postings", "stack": "zero", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    chart = altair.Chart(altair.Data(values=shown), **size).mark_bar(**({"binSpacing": 1} if time else {}))
    chart = chart.encode(
        color=altair.Color("name:N", scale=scale, sort=list(names), legend={"title": None}),
        order="at:Q",
        opacity=altair.Opacity("opacity:Q", scale=None, legend=None),
    )
    if time:
        return chart.encode(x=times(shown, across), x2="to:T", y=altair.Y("share:Q", **share))
    order = list(dict.fromkeys(row["label"] for row in shown))
    return chart.encode(x=altair.X("share:Q", **share), y=parts_names(order, across))
