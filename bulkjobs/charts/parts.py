"""Parts that charts are made of: titles, bars and columns, in colours that the colour-blind tell apart."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ..display import safe_text
from .figure import INK, MARK, drawing

GREY = "#8A8A8A"  # over 3:1 on white and on black
COLOURS = (MARK, "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", GREY)
"""Colours of series: those of Okabe and Ito that are seen in light and in dark pages, and a grey."""

PALE = 0.5
"""Opacity of what is too few, or not whole."""

_FEW = 6  # up to which each number has a tick
_WEEK, _MONTH = 7, 31  # days
_TICKED, _TICKS = 12, 6  # periods, up to which the ticks are ours, and how many there are
_WIDE = 78  # characters of a title that fit over a chart
_LONGEST = 400  # characters of a title


def line(text: str) -> str:
    """Return text in one line, safe to show; what must not be torn apart stays together."""
    return re.sub(r"[^\S\u00a0]+", " ", safe_text(text)).strip()


def heading(title: str, subtitle: str = "") -> Any:
    """Return a title of an Altair chart, and a smaller one below, cut in lines that fit."""
    altair, _ = drawing()
    lines = [
        textwrap.wrap(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…", wide)
        for text, wide in ((line(title), _WIDE), (line(subtitle), _WIDE + 12))
    ]
    look = {"anchor": "start", "frame": "bounds", "fontSize": 14, "subtitleFontSize": 12, "offset": 12}
    return altair.TitleParams(lines[0] or [""], **look, **({"subtitle": lines[1]} if lines[1] else {}))


def names(order: Sequence[str], title: str) -> Any:
    """Return the axis of bars that lie: names in their order, and room for long ones."""
    altair, _ = drawing()
    return altair.Y("label:N", sort=list(order), title=title or None, axis={"maxExtent": 300})


def whole(most: int | None) -> dict[str, Any]:
    """Return settings of an axis of counts: no halves of a posting."""
    few = {"values": list(range(most + 1))} if most is not None and most <= _FEW else {}
    return {"format": ",d", **few}


def times(rows: Sequence[Mapping[str, Any]], title: str) -> Any:
    """Return the axis of periods: of a few, it has a tick where one begins, and none between."""
    altair, _ = drawing()
    begin = [dt.datetime.fromisoformat(row["from"]) for row in rows]
    own: dict[str, Any] = {"labelOverlap": True, "labelSeparation": 6}
    days = (dt.datetime.fromisoformat(rows[0]["to"]) - begin[0]).days if rows else 0
    if begin and (days <= _WEEK or len(set(begin)) <= _TICKED):  # Vega's own weeks begin on Sunday
        written = "%-d %b %Y" if days <= _WEEK else "%b %Y" if days <= _MONTH else "%Y"
        ticks = list(dict.fromkeys(begin))
        own |= {"values": [at.timestamp() * 1000 for at in ticks[:: -(-len(ticks) // _TICKS)]], "format": written}
    return altair.X("from:T", bin="binned", scale={"type": "utc"}, title=title, axis=own)


def bars(rows: Sequence[Mapping[str, Any]], *, noun: str, unit: str = "postings", width: int = 420) -> Any:
    """Return bars that lie, from zero on, each with its text behind it.

    Parameters
    ----------
    rows : sequence of mapping
        ``label``, ``number``, ``text``; and ``pale``, whether it is too few to rely on.
    noun, unit : str
        What the labels are, and what the numbers count.
    width : int
        In pixels.
    """
    altair, _ = drawing()
    shown = [{"pale": False, **row, "label": line(row["label"])} for row in rows]
    chart = altair.Chart(altair.Data(values=shown), width=width, height=altair.Step(24)).encode(
        x=altair.X("number:Q", axis=None, scale={"zero": True}, title=unit),
        y=names([row["label"] for row in shown], noun),
    )
    numbers = chart.mark_text(align="left", dx=5, color=INK).encode(text="text:N")
    return chart.mark_bar(color=MARK).encode(opacity=_pale(altair)) + numbers


def columns(rows: Sequence[Mapping[str, Any]], *, noun: str, unit: str = "postings", **size: Any) -> Any:
    """Return columns that stand on zero, side by side in time.

    Parameters
    ----------
    rows : sequence of mapping
        ``from`` and ``to``, ISO dates in UTC; ``number``; and ``pale``, whether the time is not covered whole.
    noun, unit : str
        What the times are, and what the numbers count.
    """
    altair, _ = drawing()
    shown = [{"pale": False, **row} for row in rows]
    most = max((row["number"] for row in shown), default=0)
    width = size.get("width", 560)
    many = len(shown) * 6 > width
    look = {"binSpacing": 0, "stroke": MARK} if many else {"binSpacing": 2}  # between many there is no room
    joint = altair.condition("datum.number > 0", altair.value(0.6), altair.value(0))
    return (
        altair.Chart(altair.Data(values=shown), **{"width": width, "height": 200, **size})
        .mark_bar(color=MARK, **look)
        .encode(
            x=times(shown, noun),
            x2="to:T",
            y=altair.Y("number:Q", axis=whole(most), title=unit),
            opacity=_pale(altair),
            strokeWidth=joint if many else altair.Undefined,
        )
    )


def sentence(text: str) -> Any:
    """Return a chart that says in words why nothing is drawn."""
    altair, _ = drawing()
    chart = altair.Chart(altair.Data(values=[{}]), width=420, height=60).mark_text(color=INK, fontSize=13)
    return chart.encode(text=altair.value(line(text)))


def _pale(altair: Any) -> Any:
    return altair.condition("datum.pale", altair.value(PALE), altair.value(1))
