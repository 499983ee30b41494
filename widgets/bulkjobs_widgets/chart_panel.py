"""`ChartPanel`: a quick chart of a frame of postings, drawn when it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import polars as pl
import traitlets

from bulkjobs import charts
from bulkjobs.display import Rows

from .posting_table import as_frame
from .view import View, front

CHARTS: dict[str, tuple[str, Callable[[pl.DataFrame], charts.Figure]]] = {
    "time": ("Postings over time", charts.over_time),
    "companies": ("Top companies", lambda frame: charts.top(frame, "company_name")),
    "places": ("Top places", lambda frame: charts.top(frame, "location")),
}


class ChartPanel(View):
    """Charts of postings, one at a time. Nothing is drawn, nor what draws it imported, before a chart is chosen.

    Parameters
    ----------
    frame : polars.DataFrame, optional
        Postings. Without one, `show` does so later.
    title : str, optional
        What it is called.

    Examples
    --------
    >>> panel = ChartPanel(collection.frame())
    >>> panel  # choose a chart; then, in the next cell:
    >>> panel.figure.chart
    """

    needs_client: ClassVar[bool] = False
    _esm, _css = front("chart_panel")

    kinds: Any = traitlets.List([[name, label] for name, (label, _) in CHARTS.items()]).tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)  # the one that is shown, if any
    drawing = traitlets.Dict().tag(sync=True)  # its svg, and its alt
    hint = traitlets.Unicode().tag(sync=True)  # what to do while nothing is drawn

    def __init__(self, frame: pl.DataFrame | None = None, **traits: Any) -> None:
        self._frame = as_frame(frame)
        self._figures: dict[str, charts.Figure] = {}
        self._drawing: asyncio.Task[None] | None = None
        self._wanted = ""  # what was chosen last, drawn or not
        traits.setdefault("title", "Charts")
        super().__init__(None, **traits)
        self._clear()

    @property
    def frame(self) -> pl.DataFrame:
        """What is drawn."""
        return self._frame

    @frame.setter
    def frame(self, frame: pl.DataFrame) -> None:
        self.show(frame)

    @property
    def figure(self) -> charts.Figure | None:
        """The chart that is shown, to change it or to show it again; None before one is chosen."""
        return self._figures.get(self.kind)

    def show(self, frame: pl.DataFrame, *, title: str | None = None) -> None:
        """Draw another frame from now on; the chart that is shown is drawn anew.

        Parameters
        ----------
        frame : polars.DataFrame
            Postings.
        title : str, optional
            What it is called.
        """
        self._frame = as_frame(frame)
        if title is not None:
            self.title = title
        self._clear()
        if self._wanted and self.frame.width:
            self.desk.start(self, lambda: self._draw(self._wanted))

    def rows(self) -> Rows:
        """Return what the charts that were drawn show, in words."""
        return [(CHARTS[kind][0], figure.alt) for kind, figure in self._figures.items()] or [("charts", self.hint)]

    async def do_draw(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Draw a chart, unless it was drawn already."""
        kind = content.get("kind")
        if isinstance(kind, str) and kind in CHARTS and self.frame.width:
            self._wanted = kind
            await self._draw(kind)

    async def _draw(self, kind: str) -> None:
        if self._drawing is not None:
            self._drawing.cancel()  # only the last one that was chosen is wanted
        self._drawing = asyncio.current_task()
        await asyncio.sleep(0)
        self.notice = {}
        frame, figures = self._frame, self._figures
        with self.working():
            figure, svg = await asyncio.to_thread(_drawn, figures.get(kind), CHARTS[kind][1], frame)
        if figures is not self._figures:
            return  # another frame is shown by now
        figures[kind] = figure
        self.kind, self.drawing = kind, {"svg": svg, "alt": figure.alt}

    def _clear(self) -> None:
        self._figures = {}  # a new one: what is still being drawn belongs to the old frame
        self.kind, self.drawing = "", {}
        self.hint = "Choose a chart." if self.frame.width else "There is nothing to draw yet."


def _drawn(
    known: charts.Figure | None, make: Callable[[pl.DataFrame], charts.Figure], frame: pl.DataFrame
) -> tuple[charts.Figure, str]:
    figure = known or make(frame)
    return figure, figure.svg()
