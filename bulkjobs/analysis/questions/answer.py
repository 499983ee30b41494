"""`Answer`: what a question found, as a small frame, in words, and as a chart."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from ...charts import Figure, parts, show
from ...display import as_grid, safe_text
from ...errors import ConfigError

if TYPE_CHECKING:
    import altair as alt

SMALL = 10
"""Postings; a count of fewer is marked as small, and nothing is drawn or compared that rests on it alone."""

NOT_STATED, OTHERS = "not stated", "all others"
"""Labels of the rows that hold no value of their own; their ``kind`` is the same, that of others is "value"."""

_LONGEST = 80  # characters of a value in a sentence
_ROWS = 30  # of a frame that are shown
_SHARES = ("share", "share_of_all", "before", "after")


@dataclass(frozen=True, eq=False)
class Answer:
    """What a question found. Shows itself in a notebook: words, table and chart.

    Attributes
    ----------
    frame : polars.DataFrame
        Small and tidy; the question says what its columns are. Shares are fractions of 1.
    title : str
        The question, how many postings it was asked of, and which.
    sentence : str
        What was found, in a plain sentence or two.
    note : str
        What to bear in mind: what is not stated, what is left out, what is small.
    """

    frame: pl.DataFrame
    title: str
    sentence: str
    note: str
    draw: Callable[[Answer], alt.TopLevelMixin] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("title", "sentence", "note"):  # values of postings stand in them
            object.__setattr__(self, name, safe_text(getattr(self, name)))

    def chart(self) -> Figure:
        """Return a chart of it, with its words as alternative text.

        Raises
        ------
        ConfigError
            Altair or vl-convert is not installed.
        """
        drawn = self.draw(self) if self.draw else parts.sentence(self.sentence)
        return show(drawn, alt=f"{self.title}. {self.sentence}")

    def __repr__(self) -> str:
        return "\n".join(text for text in (self.title, self.sentence, self.note) if text)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": repr(self)}

    def html(self) -> str:
        """Return words, chart and table as HTML to stand in a page; texts of postings are escaped."""
        said, note = (f"<p>{html.escape(text)}</p>" if text else "" for text in (self.sentence, self.note))
        try:
            drawn = self.chart().svg() if self.draw else ""
        except ConfigError as error:  # the table says it, too
            drawn = f"<p>{html.escape(error.message)}</p>"
        return f"<div>{said}{drawn}{self._table()}{note}</div>"

    def _table(self) -> str:
        told = [name for name in self.frame.columns if name != "kind" and not self._is_never(name)]
        rows = [[_cell(name, row[name]) for name in told] for row in self.frame.head(_ROWS).to_dicts()]
        more = len(self.frame) - len(rows)
        heads = [name.replace("_", " ") for name in told]
        return as_grid(self.title, heads, rows) + (f"<p>… and {more:,} more rows in .frame</p>" if more > 0 else "")

    def _is_never(self, name: str) -> bool:
        """Tell whether a mark is on no row."""
        return self.frame[name].dtype == pl.Boolean and not self.frame[name].any()


NOTHING = "No postings: there is nothing to count."


def none(title: str, schema: dict[str, Any], why: str = NOTHING) -> Answer:
    """Return the answer where there is nothing to ask."""
    return Answer(pl.DataFrame(schema=schema), title, why, "")


def shaped(frame: pl.DataFrame, schema: dict[str, Any]) -> pl.DataFrame:
    """Give a frame the columns and types of an answer."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def percent(part: float | None, whole: float | None = 1) -> str:
    """Return a share in words: such as ``12 %``, ``1.2 %``; ``–`` of nothing."""
    if part is None or not whole:
        return "–"
    share = 100 * part / whole
    return f"{share:.1f}\u00a0%" if 0 < share < 9.95 else f"{share:.0f}\u00a0%"


def signed(points: float) -> str:
    """Return a change in words, with a sign."""
    rounded = round(points, 1) + 0.0  # of minus zero, zero
    return f"{rounded:+.1f}".replace("-", "\u2212") if rounded else "0.0"


def quoted(text: str) -> str:
    """Return a value of a posting for a sentence: in one line, shortened, and marked as its words."""
    short = parts.line(text)
    return f"“{short if len(short) <= _LONGEST else short[: _LONGEST - 1] + '…'}”"


def _cell(name: str, value: Any) -> str | None:
    if value is None or value is False:
        return None
    if value is True:
        return "yes"
    if isinstance(value, dt.date):
        return value.isoformat()
    if name in _SHARES:
        return percent(value)
    if name == "change":
        return f"{signed(value)} points"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else safe_text(str(value))
