"""Boxes: where the middle half and the middle four fifths of something lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .figure import INK, MARK, drawing
from .parts import line, names


def boxes(rows: Sequence[Mapping[str, Any]], *, noun: str, unit: str) -> Any:
    """Return boxes that lie below each other: a line from p10 to p90, a box from p25 to p75, a stroke at the median.

    Parameters
    ----------
    rows : sequence of mapping
        ``label``, ``text`` (behind the box), and ``p10``, ``p25``, ``median``, ``p75``, ``p90``; without the latter
        only the text is drawn.
    noun, unit : str
        What the labels are, and the unit of the numbers.
    """
    altair, _ = drawing()
    shown = [{**row, "label": line(row["label"]), "text_at": row.get("p90", 0)} for row in rows]
    base = altair.Chart(altair.Data(values=shown), width=420, height=altair.Step(26)).encode(
        y=names([row["label"] for row in shown], noun)
    )
    drawn = base.transform_filter("isValid(datum.median)")
    low = altair.X("p10:Q", title=unit, scale={"zero": True}, axis={"format": ",d", "tickCount": 5})
    reach = drawn.mark_rule(color=INK, opacity=0.7).encode(x=low, x2="p90:Q")
    half = drawn.mark_bar(color=MARK, height=14).encode(x=altair.X("p25:Q"), x2="p75:Q")
    middle = drawn.mark_tick(color="white", thickness=2, size=14).encode(x="median:Q")
    text = base.mark_text(align="left", dx=6, color=INK).encode(x="text_at:Q", text="text:N")
    return reach + half + middle + text
