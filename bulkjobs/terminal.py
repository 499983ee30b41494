"""What a person sees in a terminal: progress from events, tables of collections, and how a run ends."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TextIO

import polars as pl
from rich.console import Console, Group
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from . import errors, events
from .clock import as_datetime
from .collection import Collection
from .display import counted, safe_text
from .errors import BulkJobsError, Charged
from .events import Event, Listener

_NUMBERS = {"no.", "records", "received", "credits"}
SHOWN = ["id", "created", "title", "company_name", "country"]  # the columns of a preview
NO_MATCH = 7
EXIT_CODES = {
    0: "done",
    1: "an unexpected error (please report it)",
    2: "bad input: nothing was sent",
    3: "the service refused or could not be reached: nothing was charged",
    4: "the outcome of a POST is not known: credits may have been spent; see the message",
    5: "stopped by a budget or the balance, or declined: nothing was charged for what was not sent",
    6: "paid, but not finished: run `bulkjobs resume`, which costs nothing",
    NO_MATCH: "`report --check`: the postings no longer give what the report tells; `library verify`: faults",
    130: "interrupted: what was sent goes on; run `bulkjobs resume`",
}


def exit_code(error: BulkJobsError) -> int:
    """Return the exit code for an error; see `EXIT_CODES`."""
    if isinstance(error, errors.BudgetExceeded):
        return 5
    if isinstance(error, (errors.InvalidQuery, errors.ConfigError, errors.PlanRefused, errors.UnknownCollection)):
        return 2
    if isinstance(error, (errors.LoadFailed, errors.LibraryError)) and error.charged is Charged.NO:
        return 2
    return {Charged.NO: 3, Charged.UNKNOWN: 4, Charged.YES: 6}[error.charged]


# How a next step that is written in Python is said on the command line.
_SAID = (
    (r"client\.settle\('([^']+)', arrived=False, number=(\d+)\)", r"`bulkjobs resume \1 --never-arrived --number \2`"),
    (r"client\.settle\('([^']+)', arrived=False\)", r"`bulkjobs resume \1 --never-arrived`"),
    (
        r"client\.settle\('([^']+)', request_id='?([^'),]+?)'?, number=(\d+)\)",
        r"`bulkjobs resume \1 --request-id \2 --number \3`",
    ),
    (r"client\.settle\('([^']+)', request_id='?([^')]+?)'?\)", r"`bulkjobs resume \1 --request-id \2`"),
    (r"client\.settle\(\.\.\., number=(\d+)\)", r"--number \1"),
    (r"client\.settle\(\.\.\., arrived=False\)", "--never-arrived"),
    (r"client\.resume\('([^']+)'\)", r"`bulkjobs resume \1`"),
    (r"client\.collections\(\)", "`bulkjobs collections`"),
    (r"client\.count\(\.\.\.\)", "`bulkjobs count`"),
    (r"(?:collect|follow)\(\.\.\., max_credits=(\d+)\)", r"--max-credits \1"),
    (r"collect\(\.\.\., fresh=True\)", "--fresh"),
    (r"limit=([\d_]+)", r"--limit \1"),
    (r"overwrite=True", "--overwrite"),
    (r"follow\(query, name=\.\.\.\)", "`bulkjobs follow`"),
)


def said(error: BulkJobsError) -> str:
    """Return an error's words with its next step as one types it in a terminal."""
    text = str(error).replace(" Next: ", "\nNext: ")
    for pattern, command in _SAID:
        text = re.sub(pattern, command, text)
    return safe_text(text)


_PARTS = (events.Submitting, events.Submitted, events.Polled, events.Ready)


class _Bytes(DownloadColumn):
    """Bytes of a file; nothing for what is no file."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        return super().render(task) if task.fields.get("file") else Text()


class ProgressView:
    """Draws one line of progress from events; a context manager and a listener. It begins with what is `first` done."""

    def __init__(self, screen: Console, first: str = "asking the service") -> None:
        self._first = first
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _Bytes(),
            TimeElapsedColumn(),
            console=screen,
            transient=True,
        )
        self._step: TaskID | None = None
        self._files: dict[str, TaskID] = {}
        self._whole = False  # many data requests: one picture, not what happens to each

    def __enter__(self) -> Self:
        self._progress.start()
        self._step = self._progress.add_task(self._first, total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Show what happened."""
        if isinstance(event, events.Fetching):
            if event.file not in self._files:
                self._files[event.file] = self._progress.add_task(
                    event.file.rpartition("/")[2][:16], total=event.size, file=True
                )
            self._progress.update(self._files[event.file], completed=event.received)
        elif isinstance(event, events.Fetched) and event.file in self._files:
            self._progress.remove_task(self._files.pop(event.file))  # hundreds of files don't fit a screen
        elif isinstance(event, events.Progress) and self._step is not None:
            self._whole = event.requests > 1
            if self._whole:
                self._progress.update(
                    self._step, description=_words(event), total=event.expected or 1, completed=event.records
                )
        elif isinstance(event, events.FileImported) and self._step is not None:
            self._progress.update(self._step, description=_words(event), total=event.files, completed=event.done)
        elif isinstance(event, events.Worked) and self._step is not None:
            self._progress.update(self._step, description=_words(event), total=event.of, completed=event.done)
        elif self._step is not None and not (self._whole and isinstance(event, _PARTS)):
            self._progress.update(self._step, description=_words(event))


_STEPS = {"enrich": "enriching", "reposts": "looking for what was put up again"}


def _words(event: Event) -> str:
    match event:
        case events.Attached():
            return "already bought: nothing is sent"
        case events.Progress() if event.requests > 1:
            left = "" if event.left is None else f", {event.left:,.0f} s left"
            return (
                f"{event.loaded} of {event.requests} data requests, {event.sent} sent, {event.ready} ready; "
                f"{event.records:,} of {event.expected:,} records, {event.credits:,} credits{left}"
            )
        case events.Waiting():
            return f"collection {event.other} may bring the same postings: waiting for it"
        case events.Held():
            return "another process is at it: waiting"
        case events.Submitting():
            return f"buying {event.records:,} records"
        case events.Submitted():
            return f"accepted as {event.request_id}"
        case events.Polled():
            return f"waiting; next look in {event.next_poll:.0f} s" + (f" ({event.trouble})" if event.trouble else "")
        case events.Ready():
            return f"{counted(event.files, 'file')} ready"
        case events.FetchRetried():
            return f"trying again: {event.trouble}"
        case events.Loaded():
            return f"loaded {event.records:,} postings"
        case events.Worked():
            return f"{_STEPS[event.step]}: {event.done:,} of {counted(event.of, 'file')}"
        case events.ImportStarted():
            watched = f"; watch it at {event.dashboard}" if event.dashboard else ""
            return f"{counted(event.files, 'file')} to import{watched}"
        case events.FileImported():
            return f"{event.done:,} of {event.files:,} files; {event.outcome}: {event.file.rpartition('/')[2]}"
        case _:
            return "finishing"


@contextlib.contextmanager
def progress(screen: Console, *, wanted: bool) -> Iterator[Listener | None]:
    """Give a listener that draws progress on a terminal, or None where nobody looks."""
    if not (wanted and screen.is_terminal):
        yield None
        return
    with ProgressView(screen) as view:
        yield view


def collection_table(collections: list[Collection]) -> Table:
    """Return collections as a table, newest first."""
    table = Table(box=None, header_style="bold")
    for head in ("collection", "made (UTC)", "state"):
        table.add_column(head, no_wrap=True)
    for head in ("records", "credits"):
        table.add_column(head, no_wrap=True, justify="right")
    table.add_column("files")
    table.add_column("query")
    for collection in collections:
        table.add_row(
            collection.id,
            f"{as_datetime(collection.made_at):%Y-%m-%d %H:%M}",
            collection.state,
            f"{collection.records:,}",
            f"{collection.credits:,}",
            collection.files_left,
            Text(collection.asked),
        )
    return table


def ledger_text(requests: pl.DataFrame, sums: pl.DataFrame) -> Group:
    """Return all data requests as a table, and below what each day and project cost."""
    listed = Table(box=None, header_style="bold")
    for head in ("sent (UTC)", "collection", "no.", "project", "state", "records", "received", "credits", "query"):
        listed.add_column(head, no_wrap=head != "query", justify="right" if head in _NUMBERS else "left")
    for row in requests.iter_rows(named=True):
        sent = f"{row['sent_at']:%Y-%m-%d %H:%M}" if row["sent_at"] else "-"
        credits_ = "?" if row["credits"] is None else f"{row['credits']:,}"
        received = "-" if row["received"] is None else f"{row['received']:,}"
        cells = (sent, row["collection"], str(row["number"]), row["project"] or "-", row["state"])
        listed.add_row(*map(_plain, (*cells, f"{row['records']:,}", received, credits_, row["query"])))
    summed = Table(box=None, header_style="bold")
    for head in ("day (UTC)", "project", "data requests", "received", "credits", "in question"):
        summed.add_column(head, no_wrap=True, justify="left" if head in {"day (UTC)", "project"} else "right")
    for row in sums.iter_rows(named=True):
        counts = (row["data_requests"], row["received"], row["credits"], row["in_question"])
        summed.add_row(str(row["day"]), _plain(row["project"] or "-"), *(f"{count:,}" for count in counts))
    total = Text(f"{sums['credits'].sum():,} credits, {sums['in_question'].sum():,} more in question")
    return Group(listed, "", summed, total)


def _plain(text: str) -> Text:
    """Return text that neither steers the terminal nor is taken for markup."""
    return Text(safe_text(text))


def preview(frame: pl.DataFrame, rows: int = 5) -> str:
    """Return the first rows and the most telling columns as text, a line each."""
    with pl.Config(tbl_rows=rows, tbl_hide_dataframe_shape=True, fmt_str_lengths=24, tbl_width_chars=120):
        return safe_text(str(frame.select(SHOWN).head(rows)))


def console(stream: TextIO) -> Console:
    """Return a console; where nobody looks (a pipe, a file), lines are long rather than broken, and nothing moves.

    Whatever ``FORCE_COLOR`` says: notebook kernels set it, and show the codes that move a cursor.
    """
    watched = stream.isatty()
    return Console(file=stream, highlight=False, force_terminal=watched, width=None if watched else 240)
