"""`PostingTable`: a frame to search, put in order and turn the pages of; no more than a page leaves the kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import traitlets

from bulkjobs import browse
from bulkjobs.display import Rows, as_grid, counted
from bulkjobs.errors import ConfigError, InvalidQuery
from bulkjobs.export import export

from .view import View, front

USUAL = ("title", "company_name", "location", "country", "created", "employment_type")  # shown at the beginning
SIZES = (10, 25, 50, 100)  # rows a page
LONGEST = 160  # characters of a cell; the whole of it is in the opened row
PREVIEW = 10  # rows in an export
KNOWN = 4  # searches and orders that are kept
PAUSE = 0.25  # seconds without a key, after which is searched
REPLACE = "Replace a file that is there"
_ANEW = {"search", "sort", "descending", "page_size"}  # after these, the first page is shown

_Asked = tuple[str, str, bool]  # what is sought, the column that gives the order, whether it falls
Cell = str | None | dict[str, str]


class PostingTable(View):
    """A table of postings, or of any other frame.

    Parameters
    ----------
    frame : polars.DataFrame, optional
        What to show. Without one, `show` does so later.
    title, search, sort, descending, page, page_size, columns : optional
        What to begin with: what the user else chooses. `sort` and `columns` are names of columns.

    Raises
    ------
    InvalidQuery
        The frame has no such column.

    Examples
    --------
    >>> table = PostingTable(collection.frame())
    >>> table  # search and sort; then, in the next cell:
    >>> table.view
    """

    needs_client: ClassVar[bool] = False
    _esm, _css = front("posting_table")

    search = traitlets.Unicode().tag(sync=True)
    sort = traitlets.Unicode().tag(sync=True)  # the column that gives the order, if any
    descending = traitlets.Bool(default_value=False).tag(sync=True)
    page = traitlets.Int(1).tag(sync=True)
    page_size = traitlets.Enum(SIZES, default_value=25).tag(sync=True)
    columns: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)  # those that are shown

    names: Any = traitlets.List().tag(sync=True)  # all columns, the usual ones first
    usual: Any = traitlets.List().tag(sync=True)
    sizes: Any = traitlets.List(list(SIZES)).tag(sync=True)
    replace_label = traitlets.Unicode(REPLACE).tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)  # one page, and what there is to say of it
    opened = traitlets.Dict().tag(sync=True)  # number of a row in the frame -> all of its fields

    def __init__(self, frame: pl.DataFrame | None = None, **traits: Any) -> None:
        self._sight = _Sight(as_frame(frame))
        self._refreshing: asyncio.Task[None] | None = None
        self._sought = ""
        traits.setdefault("title", "Postings")
        super().__init__(None, **traits)
        self._list(columns=traits.get("columns"))
        self._draw()
        self.observe(self._changed, [*_ANEW, "page", "columns"])

    # --- what is in it ------------------------------------------------------------------------------------

    @property
    def frame(self) -> pl.DataFrame:
        """All that the table is of."""
        return self._sight.frame

    @frame.setter
    def frame(self, frame: pl.DataFrame) -> None:
        self.show(frame)

    def show(self, frame: pl.DataFrame, *, title: str | None = None) -> None:
        """Show another frame.

        Where it has the same columns, what is searched for, the order and the choice of columns stay.

        Parameters
        ----------
        frame : polars.DataFrame
            What to show from now on.
        title : str, optional
            What it is called.
        """
        same = as_frame(frame).columns == self.frame.columns
        self._sight = _Sight(frame)
        if title is not None:
            self.title = title
        if not same:
            self.search, self.sort, self.descending = "", "", False
            self._list()
        self.page, self.opened = 1, {}
        self._draw()

    @property
    def view(self) -> pl.DataFrame:
        """The rows that were found, in the order in which they are shown, with all columns.

        Raises
        ------
        InvalidQuery
            The order is that of a column that is not there.
        """
        return self.frame[self._rows()]

    def rows(self) -> Rows:
        """Return what of the frame is shown."""
        return [
            ("rows", self.shown["summary"]),
            ("columns", f"{self._part()}: {', '.join(self._chosen())}"),
        ]

    # --- from the browser ---------------------------------------------------------------------------------

    def do_open(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Show all fields of a row."""
        at = content.get("at")
        if isinstance(at, int) and 0 <= at < len(self.frame):
            values = self.frame.row(at)
            read = dict(zip(self.frame.columns, values, strict=True))
            self.opened = {**self.opened, str(at): [[name, _whole(read[name])] for name in self.names]}

    def do_close(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Show a row in one line again."""
        self.opened = {at: fields for at, fields in self.opened.items() if at != str(content.get("at"))}

    async def do_save(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Save the rows that were found when it was pressed, with all columns."""
        sight, asked = self._sight, self._asked()  # while it is saved, something else may be sought or shown
        path = str(content.get("path", "")).strip()
        if not path:
            self.focus_on("path")
            raise ConfigError(
                "The file has no name yet.", next_step="type one that ends with .parquet, .csv or .ndjson"
            )
        with self.working():
            try:
                said = await asyncio.to_thread(_saved, sight, asked, path, overwrite=content.get("overwrite") is True)
            except ConfigError as error:
                self.focus_on("path")
                error.next_step = error.next_step.replace("give overwrite=True", f'tick "{REPLACE}"')
                raise
        self.say(said)

    # --- to the browser -----------------------------------------------------------------------------------

    def _changed(self, change: Mapping[str, Any]) -> None:
        if change["name"] in _ANEW:
            self.page = 1
        self.desk.start(self, self._refresh)

    async def _refresh(self) -> None:
        """Show what is asked for now, unless something else is asked for meanwhile."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        self._refreshing = asyncio.current_task()
        said = self.notice
        await asyncio.sleep(PAUSE if self.search != self._sought else 0)
        if not self._sight.knows(self._asked()):
            with self.working():
                await asyncio.to_thread(self._rows)
        if self.notice is said and said.get("kind") == "alert":  # that was of something else
            self.notice = {}
        self._draw()

    def _asked(self) -> _Asked:
        return self.search.strip(), self.sort, self.descending

    def _rows(self) -> pl.Series:
        return self._sight.rows(self._asked())

    def _list(self, columns: Sequence[str] | None = None) -> None:
        """Offer the columns of the frame, the usual ones first."""
        there = self.frame.columns
        usual = [name for name in USUAL if name in there] or there[: len(USUAL)]
        self.names = [*usual, *(name for name in there if name not in usual)]
        self.usual = usual
        self.columns = usual if columns is None else list(columns)

    def _chosen(self) -> list[str]:
        unknown = set(self.columns) - set(self.names)
        if unknown:
            raise InvalidQuery(
                f"The frame has no column {sorted(unknown)[0]!r}.", field="columns", next_step="see frame.columns"
            )
        return list(dict.fromkeys(self.columns))

    def _draw(self) -> None:
        rows, chosen = self._rows(), self._chosen()
        self._sought = self.search
        pages = max(1, -(-len(rows) // self.page_size))
        self.page = min(max(1, self.page), pages)
        first = (self.page - 1) * self.page_size
        here = rows.slice(first, self.page_size)
        self.opened = {at: fields for at, fields in self.opened.items() if int(at) in set(here.to_list())}
        self.shown = {
            "columns": [self._head(name) for name in chosen],
            "rows": [
                {"number": number, "at": at, "cells": [_cell(value) for value in cells]}
                for number, (at, cells) in enumerate(
                    zip(here.to_list(), self._cells(here, chosen), strict=True), first + 1
                )
            ],
            "caption": f"{counted(len(self.frame), 'row')}, {self._part()} shown. "
            "Long values are shortened: open a row to read all of it.",
            "summary": self._summary(len(rows), first, len(here)),
            "page": self.page,
            "pages": pages,
        }

    def _cells(self, here: pl.Series, chosen: Sequence[str]) -> list[tuple[Any, ...]]:
        return self.frame.select(chosen)[here].rows() if chosen else [()] * len(here)

    def _head(self, name: str) -> dict[str, object]:
        kind = self.frame.schema[name]
        direction = "descending" if self.descending else "ascending"
        return {
            "name": name,
            "number": kind.is_numeric(),
            "sort": (direction if name == self.sort else "none") if browse.has_order(kind) else "",
        }

    def _part(self) -> str:
        return f"{len(self._chosen()):,} of {counted(self.frame.width, 'column')}"

    def _summary(self, found: int, first: int, here: int) -> str:
        everything = len(self.frame)
        if not everything:
            return "There is no row." if self.frame.width else "There is nothing to show yet."
        if not found:
            return f"No row holds “{self.search.strip()}”; there are {everything:,}."
        order = f", by {self.sort}{', descending' if self.descending else ''}" if self.sort else ""
        whole = f" (filtered from {everything:,})" if self.search.strip() else ""
        return f"Rows {first + 1:,} to {first + here:,} of {found:,}{whole}{order}"

    def static_html(self) -> str:
        """Return what is left of it where no widgets are drawn: its shape and its first rows; everything is escaped."""
        rows, chosen = self._rows(), self._chosen()
        here = rows.head(PREVIEW)
        title = f"{self.title}: {self._summary(len(rows), 0, len(here))}; {self._part()}"
        cells = (
            [_cut("\N{EM DASH}" if (read := browse.as_read(cell)) is None else read) for cell in row]
            for row in self._cells(here, chosen)
        )
        return as_grid(title, chosen, list(cells))


class _Sight:
    """A frame, and which of its rows were asked for of late: to turn a page searches nothing again.

    Threads may ask at the same time: each adds what it found, under what was asked.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame.clone()  # no copy of the data; what is done to the other in place does not reach it
        self._found: dict[str, pl.Series] = {}
        self._ordered: dict[_Asked, pl.Series] = {}

    def knows(self, asked: _Asked) -> bool:
        return asked in self._ordered

    def rows(self, asked: _Asked) -> pl.Series:
        rows = self._ordered.get(asked)
        if rows is None:
            search, sort, descending = asked
            found = self._found.get(search)
            if found is None:
                found = _kept(self._found, search, browse.find(self.frame, search))
            rows = browse.ordered(self.frame, found, sort, descending=descending) if sort else found
            _kept(self._ordered, asked, rows)
        return rows


def _saved(sight: _Sight, asked: _Asked, path: str, *, overwrite: bool) -> str:
    view = sight.frame[sight.rows(asked)]
    saved = export(view, Path(path).expanduser(), overwrite=overwrite)
    return f"Saved {counted(len(view), 'row')} with {counted(view.width, 'column')} as {saved.resolve()}."


def _kept(known: dict[Any, pl.Series], asked: object, rows: pl.Series) -> pl.Series:
    known[asked] = rows
    for old in list(known)[:-KNOWN]:
        known.pop(old, None)
    return rows


def as_frame(frame: object) -> pl.DataFrame:
    """Return a frame, or one without columns for none.

    Raises
    ------
    ConfigError
        It is something else.
    """
    if frame is None:
        return pl.DataFrame()
    if isinstance(frame, pl.LazyFrame):
        raise ConfigError("A lazy frame has no rows yet.", next_step="give frame.collect()")
    if not isinstance(frame, pl.DataFrame):
        raise ConfigError(f"{type(frame).__name__} is no polars frame.", next_step="give pl.DataFrame(...)")
    return frame


def _cell(value: object) -> Cell:
    """Return a value as it is shown in a row."""
    read = _whole(value)
    if isinstance(read, dict):
        return {**read, "text": _cut(read["text"])}
    return None if read is None else _cut(read)


def _whole(value: object) -> Cell:
    """Return a value as it is shown in an opened row: its text, with its address if it is one of a web page."""
    address = browse.web_address(value)
    return browse.as_read(value) if address is None else {"text": address, "href": address}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\N{HORIZONTAL ELLIPSIS}"
