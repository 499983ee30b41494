"""What the ledger keeps, as frozen rows, and what they say together about a collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

# planned: the intent is on disk, nothing was sent   sending: the POST may be on its way   accepted: has a request id
# ready: its files are known   fetched: they are on disk   loaded: they were read and counted
# refused: provably not accepted, nothing charged   failed: accepted, but ended without files
# unknown: sent, and no usable answer came back; never sent again
State = Literal["planned", "sending", "accepted", "ready", "fetched", "loaded", "refused", "failed", "unknown"]
PATH: tuple[State, ...] = ("planned", "sending", "accepted", "ready", "fetched", "loaded")
UNFINISHED = frozenset(PATH[:-1])
HERE: frozenset[State] = frozenset({"fetched", "loaded"})  # its files are on disk
CREDITS_A_RECORD = 1  # contract section 8
BOUGHT: frozenset[State] = frozenset({"accepted", "ready", "fetched", "loaded"})


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection as the ledger knows it. Times are seconds since the epoch."""

    id: str
    service: str
    key: str
    query: dict[str, Any]
    record_limit: int | None
    matched: int | None
    made_at: float
    account: str
    balance_before: int | None
    reconciliation: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class DataRequestRow:
    """One POST of a collection: what was promised, what was answered, what was received."""

    id: int
    collection_id: str
    number: int
    query: dict[str, Any]
    records: int
    state: State
    account: str | None
    request_id: str | None
    sent_at: float | None
    accepted_at: float | None
    ready_at: float | None
    loaded_at: float | None
    received: int | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """One result file. `path` is relative to the home folder, and None until the file is whole."""

    data_request_id: int
    number: int
    name: str
    path: str | None
    size: int | None
    sha256: str | None
    records: int | None
    fetched_at: float | None


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be bought: written down, and synced to disk, before any POST.

    Attributes
    ----------
    key : str
        Names query and limit; the same key attaches.
    requests : sequence of (dict, int)
        Query and promised records of each data request.
    """

    id: str
    service: str
    key: str
    query: dict[str, Any]
    record_limit: int | None
    matched: int | None
    made_at: float
    account: str
    balance_before: int | None
    requests: Sequence[tuple[dict[str, Any], int]]


def overall(requests: Sequence[DataRequestRow]) -> State:
    """State of a collection: the worst end of any of its data requests, else the least advanced of them."""
    states = {request.state for request in requests}
    for ended in ("unknown", "failed", "refused"):
        if ended in states:
            return ended
    return min(states, key=PATH.index, default="loaded")


def is_void(requests: Sequence[DataRequestRow]) -> bool:
    """Whether nothing was bought, and provably so: the same query may be collected anew without asking."""
    return all(
        request.state == "refused" or (request.state == "failed" and (request.error or {}).get("charged") == "no")
        for request in requests
    )


def bought(requests: Sequence[DataRequestRow]) -> int:
    """Sum the records of all data requests that were accepted and did not fail: received, or promised until then."""
    return sum(
        request.records if request.received is None else request.received
        for request in requests
        if request.state in BOUGHT
    )


def unsent(requests: Sequence[DataRequestRow]) -> int:
    """Sum the records of all data requests that were planned and never sent: sending them will spend."""
    return sum(request.records for request in requests if request.state == "planned")
