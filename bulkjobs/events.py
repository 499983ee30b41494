"""What happened, as frozen dataclasses. Progress bars, widgets and logs only listen; the core never prints."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger("bulkjobs.events")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a collection.

    Attributes
    ----------
    collection_id : str
        The collection concerned.
    """

    collection_id: str


@dataclass(frozen=True, slots=True)
class Attached(Event):
    """The same query was bought before: this collection is that one, at no new cost."""

    records: int


@dataclass(frozen=True, slots=True)
class Held(Event):
    """Another task or process is carrying this collection out; waiting for it, spending nothing."""


@dataclass(frozen=True, slots=True)
class Waiting(Event):
    """Another collection is buying what may be the same postings: it is waited for, so that none is bought twice."""

    data_request: int
    other: str


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """Where a collection stands as a whole.

    Attributes
    ----------
    requests, sent, ready, loaded : int
        Its data requests: all, and how many have come so far.
    files : int
        Result files that are here.
    records, expected : int
        Records in the library by now, and in the end.
    credits : int
        Credits spent on it.
    elapsed : float
        Seconds since this run began.
    rate : float
        Records a second in this run.
    left : float or None
        Seconds that the rest will take at this rate; None as long as that can't be told.
    """

    requests: int
    sent: int
    ready: int
    loaded: int
    files: int
    records: int
    expected: int
    credits: int
    elapsed: float
    rate: float
    left: float | None


@dataclass(frozen=True, slots=True)
class Submitting(Event):
    """The intent is on disk and the POST is about to be sent."""

    data_request: int
    records: int


@dataclass(frozen=True, slots=True)
class Submitted(Event):
    """The service accepted the data request."""

    data_request: int
    request_id: str


@dataclass(frozen=True, slots=True)
class Polled(Event):
    """The service says that the data request is still running (``trouble`` tells why a poll got no answer)."""

    data_request: int
    elapsed: float
    next_poll: float
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Ready(Event):
    """The result files are listed."""

    data_request: int
    files: int


@dataclass(frozen=True, slots=True)
class Fetching(Event):
    """Bytes of a result file arrived (``size`` is None where the service gave no length)."""

    file: str
    received: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Fetched(Event):
    """A result file is on disk, whole and checked."""

    file: str
    size: int
    records: int


@dataclass(frozen=True, slots=True)
class FetchRetried(Event):
    """A download failed and is tried again."""

    file: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Loaded(Event):
    """All result files were read into a frame."""

    records: int


@dataclass(frozen=True, slots=True)
class Reconciled(Event):
    """Promised, paid and received were compared (``differences`` is empty when all agree)."""

    promised: int
    received: int
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportStarted(Event):
    """Raw files are read into the library (``collection_id`` is empty).

    Attributes
    ----------
    files : int
        How many there are.
    dashboard : str or None
        Where one can watch the cluster that reads them.
    """

    files: int
    dashboard: str | None


@dataclass(frozen=True, slots=True)
class FileImported(Event):
    """A raw file is in the library, was there already, or can't be read; so many of all are done by now."""

    file: str
    outcome: Literal["added", "known", "failed"]
    records: int
    done: int
    files: int


@dataclass(frozen=True, slots=True)
class Worked(Event):
    """A piece of a long work on many postings is done; it is of no collection, and `collection_id` is empty.

    Attributes
    ----------
    step : str
        What is being done: ``"enrich"``, then ``"reposts"``.
    done, of : int
        Files: how many are done by now, and in the end.
    dashboard : str or None
        Where the work of a cluster can be watched.
    """

    step: str
    done: int
    of: int
    dashboard: str | None


Listener = Callable[[Event], object]
"""Told of each event; a plain function, whose result is not used."""


def notify(listener: Listener | None, event: Event) -> None:
    """Tell a listener; its own faults are logged and never stop a paid collection."""
    log.debug("%s", event)
    if listener is None:
        return
    try:
        result = listener(event)
        if inspect.iscoroutine(result):
            result.close()
            log.error("the on_event callback is a coroutine function: it must be a plain one")
    except Exception:
        log.exception("the on_event callback failed on %s", type(event).__name__)
